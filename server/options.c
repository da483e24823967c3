/* SPDX-License-Identifier: MIT */
/* The options as a table: parser, ranges and --help all read it. A new option is a new row
 * and a field in struct osm_options. */
#include "options.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROGRAM "opcua-demo-server"

enum option_kind { OPTION_FLAG, OPTION_NUMBER, OPTION_GENERATE, OPTION_TEXT };

struct option_row {
    const char *name;
    const char *argument; /* what --help calls it, NULL for a flag */
    const char *help;
    enum option_kind kind;
    size_t offset;
    uint32_t preset, min, max;
};

#define NUMBER(name, argument, field, preset, min, max, help)                                      \
    {                                                                                              \
        name, argument, help, OPTION_NUMBER, offsetof(struct osm_options, field), preset, min, max \
    }
#define TEXT(name, argument, field, help)                                                          \
    {                                                                                              \
        name, argument, help, OPTION_TEXT, offsetof(struct osm_options, field), 0, 0, 0            \
    }
#define FLAG(name, field, help)                                                                    \
    {                                                                                              \
        name, NULL, help, OPTION_FLAG, offsetof(struct osm_options, field), 0, 0, 1                \
    }

/* 60000 sessions: below the library's UInt16 with room for channels without a session. */
static const struct option_row rows[] = {
    NUMBER("--port", "<n>", port, 4840, 0, 65535, "port on 127.0.0.1; 0 takes a free one"),
    FLAG("--limits", limits, "small operation limits, as a small PLC has them"),
    NUMBER("--max-sessions", "<n>", max_sessions, 10000, 1, 60000, "sessions at the same time"),
    NUMBER("--session-timeout", "<ms>", session_timeout, 3600000, 100, 86400000,
           "longest session timeout granted"),
    NUMBER("--event-period", "<ms>", event_period, 0, 0, 86400000,
           "fire an event every so often; 0 fires none"),
    NUMBER("--alarm-period", "<ms>", alarm_period, 0, 0, 86400000,
           "the level of the alarms swings once in so long; 0 stands"),
    {"--generate", "<items>@<rate>", "counters that count so many times a second", OPTION_GENERATE,
     offsetof(struct osm_options, generate), 0, 1, 100000},
    FLAG("--security", security, "encrypted endpoints of every policy as well"),
    TEXT("--certificate", "<file>", certificate, "the server's certificate; generated without it"),
    TEXT("--key", "<file>", key, "the key of --certificate"),
    NUMBER("--token-lifetime", "<ms>", token_lifetime, 600000, 1000, 86400000,
           "longest life of a channel's keys"),
    FLAG("--no-anonymous", no_anonymous, "refuse sessions without a user"),
    FLAG("--verbose", verbose, "log what happens, not only warnings"),
    FLAG("--help", help, "this text"),
    FLAG("--version", version, "the version"),
};
#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

static void print_help(void)
{
    printf("Usage: " PROGRAM " [option]...\n\n"
           "A plant on the loopback to try and to test an OPC UA client against.\n\n");
    for (size_t i = 0; i < N_ROWS; i++) {
        const struct option_row *row = &rows[i];
        char left[40];
        snprintf(left, sizeof(left), "%s%s%s", row->name, row->argument ? " " : "",
                 row->argument ? row->argument : "");
        printf("  %-26s %s", left, row->help);
        if (row->kind == OPTION_NUMBER)
            printf(" (default %u)", row->preset);
        printf("\n");
    }
    printf("\nUsers: operator/operator, viewer/viewer, and anonymous.\n"
           "Ends with SIGINT or SIGTERM. The address space: docs/demo-server.md\n");
}

static const struct option_row *find_row(const char *argument, size_t length)
{
    for (size_t i = 0; i < N_ROWS; i++) {
        if (strlen(rows[i].name) == length && strncmp(rows[i].name, argument, length) == 0)
            return &rows[i];
    }
    return NULL;
}

static int complain(const char *what, const char *object, const char *next)
{
    fprintf(stderr, PROGRAM ": %s %s; %s\n", what, object, next);
    return -EINVAL;
}

/* Reads a number from `*at` on and moves `*at` behind it. */
static bool scan_number(const char **at, uint32_t max, uint32_t *out)
{
    char *end = NULL;
    if (**at < '0' || **at > '9')
        return false;
    errno = 0;
    unsigned long value = strtoul(*at, &end, 10);
    if (errno != 0 || value < 1 || value > max)
        return false;
    *at = end;
    *out = (uint32_t)value;
    return true;
}

static int set_generate(struct osm_options *options, const struct option_row *row, const char *text)
{
    struct osm_generate found;
    const char *at = text;
    if (text == NULL || !scan_number(&at, row->max, &found.items) || *at++ != '@' ||
        !scan_number(&at, 1000, &found.rate) || *at != '\0')
        return complain(text ? "bad value for" : "no value after", row->name,
                        "it takes items@rate, as 100@10: to 100000 items, 1000 times a second");
    options->generate = found;
    return 0;
}

static int set_number(struct osm_options *options, const struct option_row *row, const char *text)
{
    char next[80];
    snprintf(next, sizeof(next), "it takes a number from %u to %u", row->min, row->max);
    if (text == NULL)
        return complain("no value after", row->name, next);
    char *end = NULL;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || text[0] == '-' || value < row->min ||
        value > row->max)
        return complain("bad value for", row->name, next);
    *(uint32_t *)(void *)((char *)options + row->offset) = (uint32_t)value;
    return 0;
}

static int set_text(struct osm_options *options, const struct option_row *row, const char *text)
{
    if (text == NULL)
        return complain("no value after", row->name, "it takes a path");
    *(const char **)(void *)((char *)options + row->offset) = text;
    return 0;
}

/* `*at` is the argument to read; it is moved on when the value is an argument of its own. */
static int parse_one(struct osm_options *options, int argc, char **argv, int *at)
{
    const char *argument = argv[*at];
    const char *equals = strchr(argument, '=');
    size_t length = equals ? (size_t)(equals - argument) : strlen(argument);
    const struct option_row *row = find_row(argument, length);
    if (row == NULL)
        return complain("unknown option", argument, "see --help");
    if (row->kind != OPTION_FLAG) {
        const char *value = equals ? equals + 1 : *at + 1 < argc ? argv[++*at] : NULL;
        if (row->kind == OPTION_TEXT)
            return set_text(options, row, value);
        return row->kind == OPTION_NUMBER ? set_number(options, row, value)
                                          : set_generate(options, row, value);
    }
    if (equals)
        return complain("a value after", row->name, "it takes none");
    *((bool *)options + row->offset) = true;
    return 0;
}

int osm_options_parse(struct osm_options *options, int argc, char **argv)
{
    *options = (struct osm_options){0};
    for (size_t i = 0; i < N_ROWS; i++) {
        if (rows[i].kind == OPTION_NUMBER)
            *(uint32_t *)(void *)((char *)options + rows[i].offset) = rows[i].preset;
    }
    for (int at = 1; at < argc; at++) {
        int r = parse_one(options, argc, argv, &at);
        if (r < 0)
            return r;
    }
    if (options->help)
        print_help();
    else if (options->version)
        printf(PROGRAM " " OSM_VERSION "\n");
    return options->help || options->version ? OSM_OPTIONS_ANSWERED : OSM_OPTIONS_RUN;
}
