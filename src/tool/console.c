/* SPDX-License-Identifier: MIT */
/*
 * uactl console: lines of the operator's console (docs/console.md), one from the command line, or
 * from standard input until its end. On a terminal with editing, history (in memory only: a line
 * may hold a secret) and completion, whose words come from the daemon's HELP.
 */
#include <editline/readline.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <yyjson.h>

#include "tool/tool.h"
#include "util/alloc.h"
#include "util/buf.h"
#include "util/macros.h"
#include "wire/text/json.h"

#define PROMPT "uactl> "
#define MOST_COLUMNS 16
/* OPC UA's clock: 100 ns since 1601. */
#define TICKS_PER_SECOND 10000000.0
#define TICKS_TO_1970 INT64_C(116444736000000000)

static bool ask(struct tool *tool, const char *line, yyjson_doc **doc)
{
    _cleanup_(osm_buf_deinit) struct osm_buf members = {0};
    struct osm_json writer;
    char *json;

    osm_json_init(&writer, &members);
    osm_json_object_begin(&writer);
    osm_json_key(&writer, "line");
    osm_json_cstring(&writer, line);
    osm_json_object_end(&writer);
    if (!opcua_command(tool->client, "console", osm_buf_text(&members), &json, &tool->error))
        return false;
    *doc = yyjson_read(json, strlen(json), YYJSON_READ_NOFLAG);
    free(json);
    return true;
}

/* ---- answers -------------------------------------------------------------------------------- */

static bool is_time(const char *column)
{
    static const char *const times[] = {"since", "lastUsed", "nextRetry", "time", "lastErrorAt"};

    for (size_t i = 0; i < OSM_ARRAY_SIZE(times); i++)
        if (strcmp(times[i], column) == 0)
            return true;
    return false;
}

static void add_cell(struct tool *tool, struct tool_table *table, const char *column,
                     yyjson_val *value)
{
    _cleanup_(osm_freep) char *json = NULL, *text = NULL;

    if (yyjson_is_null(value) || !value) {
        tool_table_cell(table, NULL, NULL);
        return;
    }
    json = yyjson_val_write(value, YYJSON_WRITE_NOFLAG, NULL);
    if (yyjson_is_str(value))
        text = osm_strdup(yyjson_get_str(value));
    else if (is_time(column))
        text = tool_show_time(TICKS_TO_1970 + (int64_t)(yyjson_get_num(value) * TICKS_PER_SECOND),
                              tool->options.utc);
    else
        text = osm_strdup(json);
    tool_table_cell(table, text, json);
}

/* Adds the rows; how many those were. */
static size_t add_rows(struct tool *tool, struct tool_table *table, yyjson_val *answer,
                       const char *const *columns)
{
    yyjson_val *rows = yyjson_obj_get(answer, "rows"), *row;
    size_t i, count;

    yyjson_arr_foreach(rows, i, count, row)
    {
        for (size_t k = 0; columns[k]; k++)
            add_cell(tool, table, columns[k], yyjson_arr_get(row, k));
    }
    return yyjson_arr_size(rows);
}

/* What the line says behind LIMIT, or SIZE_MAX. */
static size_t limit_of(const char *line)
{
    const char *at = line;
    size_t limit = SIZE_MAX;

    for (; *at; at++)
        if (strncasecmp(at, "limit ", 6) == 0 && (at == line || at[-1] == ' '))
            limit = strtoul(at + 6, NULL, 10);
    return limit;
}

/* Without a ';' at its end, so that more can follow. */
static size_t bare_length(const char *line)
{
    size_t length = strlen(line);

    while (length && strchr("; \t\r\n", line[length - 1]))
        length--;
    return length;
}

/* A long table comes in pieces: asks for the next ones until there are none. */
static int show_table(struct tool *tool, const char *line, yyjson_doc *doc)
{
    yyjson_val *answer = yyjson_doc_get_root(doc), *names = yyjson_obj_get(answer, "columns");
    const char *columns[MOST_COLUMNS + 1] = {NULL};
    size_t limit = limit_of(line), got;
    struct tool_table *table;
    yyjson_doc *piece = doc;
    int code = TOOL_OK;

    for (size_t i = 0; i < MOST_COLUMNS && i < yyjson_arr_size(names); i++)
        columns[i] = yyjson_get_str(yyjson_arr_get(names, i));
    if (!columns[0]) {
        tool_say(stderr, "uactl: The daemon's answer is neither a table nor a message\n");
        return TOOL_NO_DAEMON;
    }
    table = tool_table_new(tool->format, columns);
    got = add_rows(tool, table, answer, columns);
    while (got < limit && yyjson_is_uint(yyjson_obj_get(answer, "next"))) {
        _cleanup_(osm_freep) char *more =
            osm_printf("%.*s LIMIT %zu OFFSET %llu", (int)bare_length(line), line,
                       limit == SIZE_MAX ? 2000 : limit - got,
                       (unsigned long long)yyjson_get_uint(yyjson_obj_get(answer, "next")));

        if (piece != doc)
            yyjson_doc_free(piece);
        piece = doc;
        if (!ask(tool, more, &piece)) {
            code = tool_fail(tool, NULL);
            break;
        }
        answer = yyjson_doc_get_root(piece);
        got += add_rows(tool, table, answer, columns);
    }
    if (piece != doc)
        yyjson_doc_free(piece);
    return tool_table_end(table) ? code : TOOL_USAGE;
}

static int run_line(struct tool *tool, const char *line)
{
    yyjson_val *answer, *message;
    yyjson_doc *doc;
    int code = TOOL_OK;

    if (!ask(tool, line, &doc))
        return tool_fail(tool, NULL);
    answer = yyjson_doc_get_root(doc);
    message = yyjson_obj_get(answer, "message");
    if (!message) {
        code = show_table(tool, line, doc);
    } else if (tool->format == TOOL_JSON || tool->format == TOOL_JSON_LINES) {
        char *json = yyjson_val_write(answer, YYJSON_WRITE_NOFLAG, NULL);

        tool_put_json(json, strlen(json));
        putchar('\n');
        free(json);
    } else if (tool->format != TOOL_QUIET) {
        tool_say(stdout, "%s\n", yyjson_is_str(message) ? yyjson_get_str(message) : "");
    }
    fflush(stdout);
    yyjson_doc_free(doc);
    return code;
}

/* ---- completion ----------------------------------------------------------------------------- */

/* The daemon's HELP, as long as the console lasts; readline's functions have no context. */
static yyjson_doc *help;
static struct tool *completing;

static const char *cell(yyjson_val *row, size_t column)
{
    const char *text = yyjson_get_str(yyjson_arr_get(row, column));

    return text ? text : "";
}

struct words {
    char **list;
    size_t size;
};

static void add_word(struct words *words, const char *text, size_t length, const char *beginning,
                     const char *end)
{
    if (strncasecmp(text, beginning, strlen(beginning)) != 0 || length < strlen(beginning))
        return;
    words->list = osm_alloc_resize(words->list, (words->size + 2) * sizeof(*words->list));
    words->list[words->size++] = osm_printf("%.*s%s", (int)length, text, end);
    words->list[words->size] = NULL;
}

/* The first column of a table is what things are called by. */
static void add_names(struct words *words, const char *table, const char *beginning)
{
    yyjson_doc *doc;
    yyjson_val *row;
    size_t i, count;

    if (!ask(completing, table, &doc))
        return;
    yyjson_arr_foreach(yyjson_obj_get(yyjson_doc_get_root(doc), "rows"), i, count, row)
    {
        yyjson_val *name = yyjson_arr_get(row, 0);

        if (yyjson_is_str(name))
            add_word(words, yyjson_get_str(name), yyjson_get_len(name), beginning, "");
    }
    yyjson_doc_free(doc);
}

/* Columns of a table stand in HELP as "a, b, c". */
static void add_columns(struct words *words, const char *columns, const char *beginning)
{
    while (*columns) {
        size_t length = strcspn(columns, ",");

        add_word(words, columns, length, beginning, "=");
        columns += length + strspn(columns + length, ", ");
    }
    add_word(words, "LIMIT", 5, beginning, "");
}

static void add_arguments(struct words *words, yyjson_val *row, const char *beginning)
{
    static const struct {
        const char *kind, *table;
    } tables[] = {
        {"session", "SHOW SESSIONS"}, {"server", "SHOW CONNECTIONS"}, {"server", "SHOW SESSIONS"},
        {"option", "SHOW CONFIG"},    {"certificate", "SHOW TRUST"},  {"command", "HELP"},
    };
    const char *kind = cell(row, 4);

    if (strcmp(kind, "column") == 0)
        add_columns(words, cell(row, 3), beginning);
    for (size_t i = 0; i < OSM_ARRAY_SIZE(tables); i++)
        if (strcmp(tables[i].kind, kind) == 0)
            add_names(words, tables[i].table, beginning);
}

/* Whether the text before the word is that command and a blank. */
static bool follows(const char *before, size_t length, const char *command)
{
    size_t size = strlen(command);

    return length > size && strncasecmp(before, command, size) == 0 && before[size] == ' ';
}

static char **complete(const char *word, int start, int end)
{
    yyjson_val *rows = yyjson_obj_get(yyjson_doc_get_root(help), "rows"), *row;
    const char *before = rl_line_buffer;
    struct words words = {0};
    size_t i, count;

    (void)end;
    rl_attempted_completion_over = 1;
    add_word(&words, "", 0, "", ""); /* readline's first: what all have in common */
    yyjson_arr_foreach(rows, i, count, row)
    {
        const char *command = cell(row, 0), *second = strchr(command, ' ');
        size_t first = second ? (size_t)(second - command) : strlen(command);

        if (start == 0)
            add_word(&words, command, first, word, "");
        else if (follows(before, (size_t)start, command))
            add_arguments(&words, row, word);
        else if (second && (size_t)start == first + 1 && strncasecmp(before, command, first) == 0)
            add_word(&words, second + 1, strlen(second + 1), word, "");
    }
    if (words.size == 1) {
        free(words.list[0]);
        free(words.list);
        return NULL;
    }
    free(words.list[0]);
    words.list[0] = osm_strdup(words.size == 2 ? words.list[1] : word);
    return words.list;
}

/* ---- lines ---------------------------------------------------------------------------------- */

static bool is_end(const char *line)
{
    static const char *const ends[] = {"quit", "exit", "\\q"};
    size_t length = bare_length(line);

    for (size_t i = 0; i < OSM_ARRAY_SIZE(ends); i++)
        if (strlen(ends[i]) == length && strncasecmp(ends[i], line, length) == 0)
            return true;
    return false;
}

/* Whether the daemon has gone, so that no line would be answered any more. */
static bool is_gone(struct tool *tool)
{
    return opcua_process(tool->client, &tool->error) < 0;
}

static int edit_lines(struct tool *tool)
{
    int code = TOOL_OK;
    bool gone = false;
    char *line = NULL;

    signal(SIGINT, SIG_DFL);
    if (!ask(tool, "HELP", &help))
        return tool_fail(tool, NULL);
    completing = tool;
    rl_readline_name = "uactl";
    rl_attempted_completion_function = complete;
    using_history();
    while (!gone && (line = readline(PROMPT)) && !is_end(line)) {
        if (bare_length(line)) {
            add_history(line);
            code = run_line(tool, line);
        }
        free(osm_steal(line));
        gone = code != TOOL_OK && is_gone(tool);
    }
    if (!line && !gone)
        putchar('\n');
    free(line);
    yyjson_doc_free(help);
    return gone ? code : TOOL_OK;
}

/* A script: the first that fails ends it. */
static int read_lines(struct tool *tool)
{
    int code = TOOL_OK;
    char *line = NULL;
    size_t room = 0;

    while (code == TOOL_OK && getline(&line, &room, stdin) >= 0 && !is_end(line))
        if (bare_length(line) && *line != '#')
            code = run_line(tool, line);
    free(line);
    return code == TOOL_OK && tool_stopped ? TOOL_USAGE : code;
}

int tool_console(struct tool *tool, int argc, char **argv)
{
    _cleanup_(osm_buf_deinit) struct osm_buf line = {0};

    for (int i = 0; i < argc; i++)
        osm_buf_printf(&line, "%s%s", i ? " " : "", argv[i]);
    if (argc > 0)
        return run_line(tool, osm_buf_text(&line));
    return isatty(STDIN_FILENO) ? edit_lines(tool) : read_lines(tool);
}
