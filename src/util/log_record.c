/* SPDX-License-Identifier: MIT */
/* See log_record.h. */
#include "util/log_record.h"

#include <ctype.h>
#include <string.h>
#include <time.h>

#include "util/alloc.h"

/* What names of status codes are made of. */
#define LOG_WORD "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"
/* Longest value of a field, with its NUL; longer ones are cut. */
#define LOG_FIELD 256
/* A time, and a level, as members. */
#define LOG_SHORT 64

static const char *const log_fields[] = {
#define X(id, name) [OSM_LOG_FIELD_##id] = name,
    OSM_LOG_FIELDS(X)
#undef X
};

bool osm_log_wants_fields;

/* What the messages of this thread are about. */
static _Thread_local char log_about[OSM_LOG_FIELD_COUNT][LOG_FIELD];

const char *osm_log_field_name(enum osm_log_field field)
{
    osm_assert(field < OSM_LOG_FIELD_COUNT);
    return log_fields[field];
}

void osm_log_note(enum osm_log_field field, const char *text)
{
    osm_log_escape(log_about[field], LOG_FIELD, text ? text : "", text ? strlen(text) : 0);
}

void osm_log_about_nothing(void)
{
    for (size_t i = 0; osm_log_wants_fields && i < OSM_LOG_FIELD_COUNT; i++)
        log_about[i][0] = '\0';
}

/* The first status code a message names: Bad… or Uncertain…, or a number as 0x80350000. */
static void note_code(const char *message)
{
    for (const char *at = message; *at; at += strspn(at, LOG_WORD) + !strspn(at, LOG_WORD)) {
        size_t length = strspn(at, LOG_WORD);
        bool name = (!strncmp(at, "Bad", 3) && isupper((unsigned char)at[3])) ||
                    (!strncmp(at, "Uncertain", 9) && isupper((unsigned char)at[9])) ||
                    (!strncmp(at, "0x", 2) && length == 10);

        if (length && name) {
            osm_log_escape(log_about[OSM_LOG_FIELD_CODE], LOG_FIELD, at, length);
            return;
        }
    }
    log_about[OSM_LOG_FIELD_CODE][0] = '\0';
}

void osm_log_record_init(struct osm_log_record *record, enum osm_log_level level, const char *text)
{
    *record = (struct osm_log_record){.level = level, .text = text};
    note_code(text);
    for (size_t i = 0; i < OSM_LOG_FIELD_COUNT; i++)
        record->fields[i] = log_about[i];
}

/* The text is escaped, so that quotes and backslashes are all that JSON still minds. */
static size_t put_json(char *line, size_t size, const char *name, const char *text)
{
    size_t used = (size_t)snprintf(line, size, "%s\"%s\":\"", *name == '{' ? "" : ",",
                                   *name == '{' ? name + 1 : name);

    for (; *text && used + 8 < size; text++) {
        if (*text == '"' || *text == '\\')
            line[used++] = '\\';
        line[used++] = *text;
    }
    while (*text && used && ((unsigned char)line[used - 1] & 0x80)) /* cut at a character */
        used--;
    line[used++] = '"';
    return used;
}

size_t osm_log_record_json(const struct osm_log_record *record, char line[OSM_LOG_LINE])
{
    /* Each part leaves room for those after it. */
    const size_t room = OSM_LOG_LINE - OSM_LOG_FIELD_COUNT * (2 * LOG_FIELD + 16) - 4;
    char stamp[LOG_SHORT], zone[8];
    struct timespec now;
    struct tm local;
    size_t length;

    clock_gettime(CLOCK_REALTIME, &now);
    localtime_r(&now.tv_sec, &local);
    length = strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S", &local);
    strftime(zone, sizeof(zone), "%z", &local);
    (void)snprintf(stamp + length, sizeof(stamp) - length, ".%06ld%.3s:%.2s", now.tv_nsec / 1000,
                   zone, zone + 3);
    line[0] = '{';
    length = 1 + put_json(line + 1, LOG_SHORT, "{time", stamp);
    length += put_json(line + length, LOG_SHORT, "level", osm_log_level_name(record->level));
    length += put_json(line + length, room - length, "message", record->text);
    for (size_t i = 0; i < OSM_LOG_FIELD_COUNT; i++)
        if (record->fields[i] && *record->fields[i])
            length += put_json(line + length, 2 * LOG_FIELD + 16, log_fields[i], record->fields[i]);
    line[length++] = '}';
    line[length++] = '\n';
    return length;
}
