/* SPDX-License-Identifier: MIT */
/*
 * Rows: gathered and aligned for people, JSON or CSV for programs. For people the last column is
 * not padded; control characters of servers are not sent to a terminal.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "tool/tool.h"
#include "util/alloc.h"
#include "util/buf.h"
#include "util/log.h"
#include "wire/text/json.h"

#define MOST_COLUMNS 12
#define LEAST_WIDTH ((size_t)8)  /* of a column that gives way */
#define MOST_SHOWN ((size_t)200) /* of a cell, in the table */

struct cell {
    char *text, *json;
};

struct tool_table {
    enum tool_format format;
    const char *const *columns;
    size_t width;
    struct cell *cells;        /* rows × width */
    size_t count, room, shown; /* cells; rows already shown */
    bool began;
};

bool tool_flush(void)
{
    static bool said;
    int why;

    if (fflush(stdout) == 0 && !ferror(stdout))
        return true;
    why = errno;
    if (!said && why != EPIPE) /* a reader who has gone has seen enough */
        tool_usage("Cannot write to standard output: %s", strerror(why));
    said = true;
    return false;
}

char *tool_plain(const char *text, bool keeps_lines)
{
    size_t room = 4 * strlen(text) + 1, used = 0;
    char *plain = osm_alloc(room);

    for (;;) {
        size_t length = keeps_lines ? strcspn(text, "\n") : strlen(text);

        used += osm_log_escape(plain + used, room - used, text, length);
        if (!text[length])
            return plain;
        plain[used++] = '\n';
        text += length + 1;
    }
}

void tool_put_json(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)text[i];
        unsigned char next = i + 1 < length ? (unsigned char)text[i + 1] : 0;

        if (byte == 0xC2 && next >= 0x80 && next < 0xA0)
            printf("\\u00%02x", (unsigned char)text[++i]);
        else if (byte == 0x7F)
            fputs("\\u007f", stdout);
        else
            putchar(byte);
    }
}

void tool_say(FILE *stream, const char *format, ...)
{
    _cleanup_(osm_freep) char *plain = NULL, *text = NULL;
    va_list args;
    int length;

    va_start(args, format);
    length = vasprintf(&text, format, args);
    va_end(args);
    if (length < 0) {
        text = NULL;
        return;
    }
    plain = tool_plain(text, true);
    fputs(plain, stream);
}

struct tool_table *tool_table_new(enum tool_format format, const char *const *columns)
{
    struct tool_table *table = osm_alloc(sizeof(*table));

    table->format = format;
    table->columns = columns;
    while (columns[table->width])
        table->width++;
    osm_assert(table->width > 0 && table->width <= MOST_COLUMNS);
    return table;
}

void tool_table_cell(struct tool_table *table, const char *text, const char *json)
{
    if (table->count == table->room) {
        table->room = table->room ? 2 * table->room : 64;
        table->cells = osm_alloc_resize(table->cells, table->room * sizeof(*table->cells));
    }
    table->cells[table->count++] =
        (struct cell){text ? osm_strdup(text) : NULL, json ? osm_strdup(json) : NULL};
}

void tool_table_number(struct tool_table *table, long long number)
{
    char text[32];

    snprintf(text, sizeof(text), "%lld", number);
    tool_table_cell(table, text, text);
}

/* ---- forms ---------------------------------------------------------------------------------- */

/* Characters, as far as a terminal has one column for each. */
static size_t columns_of(const char *text)
{
    size_t count = 0;

    for (; *text; text++)
        count += ((unsigned char)*text & 0xC0) != 0x80;
    return count;
}

static void shown_text(char *target, size_t size, const char *text)
{
    size_t length = text ? strlen(text) : 0;

    osm_log_escape(target, size, text ? text : "", length);
}

/* What standard output is: a terminal has a width, and colours unless they are not wanted. */
struct paper {
    size_t columns; /* 0 = any number */
    bool colour;
};

static struct paper look_at_paper(void)
{
    const char *plain = getenv("NO_COLOR"), *kind = getenv("TERM");
    struct paper paper = {0};
    struct winsize size;

    if (!isatty(STDOUT_FILENO))
        return paper;
    paper.colour = !(plain && *plain) && kind && strcmp(kind, "dumb") != 0;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
        paper.columns = size.ws_col;
    return paper;
}

/* The colour of a cell; NULL = none. */
static const char *colour_of(const char *column, const char *text)
{
    static const struct {
        const char *column, *begins, *colour;
    } colours[] = {{"status", "Bad", "\033[31m"},
                   {"status", "Uncertain", "\033[33m"},
                   {"state", "active, una", "\033[31m"},
                   {"state", "active", "\033[33m"}};

    for (size_t i = 0; text && i < OSM_ARRAY_SIZE(colours); i++) {
        if (strcmp(colours[i].column, column) == 0 &&
            strncmp(text, colours[i].begins, strlen(colours[i].begins)) == 0)
            return colours[i].colour;
    }
    return NULL;
}

/* Bytes of the first so many characters. */
static size_t bytes_of(const char *text, size_t columns)
{
    size_t at = 0;

    while (text[at] && (columns || ((unsigned char)text[at] & 0xC0) == 0x80)) {
        columns -= ((unsigned char)text[at] & 0xC0) != 0x80;
        at++;
    }
    return at;
}

/* A number, with its unit if it has one, loses digits rather than its end. */
static void round_to(char *shown, size_t size, size_t width)
{
    char *end, number[32];
    const double value = strtod(shown, &end);
    const size_t unit = strlen(end);

    if (end == shown || (*end && *end != ' ') || !memchr(shown, '.', (size_t)(end - shown)))
        return;
    for (int digits = 15; digits > 3; digits--) {
        const size_t length = (size_t)snprintf(number, sizeof(number), "%.*g", digits, value);

        if (length + columns_of(end) > width || length + unit >= size)
            continue;
        memmove(shown + length, end, unit + 1);
        memcpy(shown, number, length);
        return;
    }
}

/* The last column is as long as it is, unless the terminal ends before. */
static void print_padded(const char *text, size_t width, bool last, const struct paper *paper,
                         const char *colour)
{
    char shown[4 * MOST_SHOWN];
    size_t used;

    shown_text(shown, last ? sizeof(shown) : MOST_SHOWN, text);
    if (columns_of(shown) > width && paper->columns)
        round_to(shown, sizeof(shown), width);
    used = columns_of(shown);
    if (paper->colour && colour)
        fputs(colour, stdout);
    if (used > width && (!last || paper->columns)) {
        printf("%.*s…", (int)bytes_of(shown, width - 1), shown);
        used = width;
    } else {
        fputs(shown, stdout);
    }
    if (paper->colour && colour)
        fputs("\033[0m", stdout);
    for (; !last && used < width + 2; used++)
        putchar(' ');
}

static bool is_one_of(const char *text, const char *const *list)
{
    while (*list && strcmp(*list, text) != 0)
        list++;
    return *list;
}

/* What a row is called by gives way last, since it is what one would copy. */
static bool is_name(const char *column)
{
    return is_one_of(column, (const char *const[]){"node", "session", "url", "server", NULL});
}

static bool is_time(const char *column)
{
    return is_one_of(column, (const char *const[]){"time", "Time", "since", "lastUsed", "nextRetry",
                                                   "lastErrorAt", NULL});
}

static size_t width_of_all(const struct tool_table *table, const size_t widths[])
{
    size_t all = 2 * (table->width - 1);

    for (size_t i = 0; i < table->width; i++)
        all += widths[i];
    return all;
}

/* The widest columns give way until a line fits, or none has more than the least. */
static void shrink(const struct tool_table *table, size_t widths[], size_t columns, size_t least,
                   bool names, bool times)
{
    for (size_t all = width_of_all(table, widths); all > columns; all--) {
        size_t widest = table->width;

        for (size_t i = 0; i < table->width; i++) {
            if ((names || !is_name(table->columns[i])) && (times || !is_time(table->columns[i])) &&
                widths[i] > least && (widest == table->width || widths[i] > widths[widest]))
                widest = i;
        }
        if (widest == table->width)
            return;
        widths[widest]--;
    }
}

#define TIME_OF_DAY ((size_t)12) /* 12:34:56.789 */
#define WHOLE_TIME ((size_t)23)  /* 2026-01-31 12:34:56.789, and a zone */

/* Times of today need no date where there is little room; all rows have one or none has. */
static void drop_dates(struct tool_table *table, size_t first, size_t widths[])
{
    const time_t now = time(NULL);
    char today[16] = "";
    struct tm parts;

    for (size_t k = 0; k < table->width; k++) {
        bool all = is_time(table->columns[k]) && localtime_r(&now, &parts) &&
                   strftime(today, sizeof(today), "%Y-%m-%d ", &parts);

        for (size_t i = first + k; all && i < table->count; i += table->width) {
            const char *text = table->cells[i].text;

            all = !text || !*text || (strlen(text) > WHOLE_TIME && strncmp(text, today, 11) == 0);
        }
        for (size_t i = first + k; all && i < table->count; i += table->width) {
            char *text = table->cells[i].text;

            if (text && *text) {
                memmove(text, text + 11, TIME_OF_DAY);
                text[TIME_OF_DAY] = '\0';
            }
        }
        if (all)
            widths[k] = TIME_OF_DAY;
    }
}

static void fit(struct tool_table *table, size_t first, size_t widths[], size_t columns)
{
    if (width_of_all(table, widths) > columns)
        drop_dates(table, first, widths);
    shrink(table, widths, columns, 2 * LEAST_WIDTH, false, false);
    shrink(table, widths, columns, TIME_OF_DAY, false, false);
    shrink(table, widths, columns, LEAST_WIDTH, true, true);
}

static void print_aligned(struct tool_table *table, size_t first)
{
    const struct paper paper = look_at_paper();
    size_t widths[MOST_COLUMNS] = {0};
    char shown[MOST_SHOWN];

    osm_assert(table->width > 0);
    for (size_t i = 0; i < table->width; i++)
        widths[i] = columns_of(table->columns[i]);
    for (size_t i = first; i < table->count; i++) {
        shown_text(shown, sizeof(shown), table->cells[i].text);
        widths[i % table->width] = OSM_MAX(widths[i % table->width], columns_of(shown));
    }
    if (paper.columns)
        fit(table, first, widths, paper.columns);
    for (size_t i = 0; !table->began && i < table->width; i++)
        print_padded(table->columns[i], widths[i], i + 1 == table->width, &paper, "\033[1m");
    if (!table->began)
        putchar('\n');
    table->began = true;
    for (size_t i = first; i < table->count; i++) {
        const char *column = table->columns[i % table->width], *text = table->cells[i].text;

        print_padded(text, widths[i % table->width], (i + 1) % table->width == 0, &paper,
                     colour_of(column, text));
        if ((i + 1) % table->width == 0)
            putchar('\n');
    }
}

static void print_json_row(const struct tool_table *table, const struct cell *row)
{
    _cleanup_(osm_buf_deinit) struct osm_buf out = {0};
    struct osm_json json;

    osm_json_init(&json, &out);
    osm_json_object_begin(&json);
    for (size_t i = 0; i < table->width; i++) {
        osm_json_key_text(&json, table->columns[i], strlen(table->columns[i]));
        if (row[i].json)
            osm_json_raw(&json, row[i].json, strlen(row[i].json));
        else if (row[i].text)
            osm_json_cstring(&json, row[i].text);
        else
            osm_json_null(&json);
    }
    osm_json_object_end(&json);
    tool_put_json(out.data, out.length);
}

/* RFC 4180. */
static void print_csv_cell(const char *given)
{
    _cleanup_(osm_freep) char *plain =
        given && isatty(STDOUT_FILENO) ? tool_plain(given, true) : NULL;
    const char *text = plain ? plain : given;

    if (!text || !text[strcspn(text, ",\"\r\n")]) {
        fputs(text ? text : "", stdout);
        return;
    }
    putchar('"');
    for (; *text; text++) {
        if (*text == '"')
            putchar('"');
        putchar(*text);
    }
    putchar('"');
}

static void print_csv_row(const struct tool_table *table, const struct cell *row)
{
    for (size_t i = 0; i < table->width; i++) {
        print_csv_cell(row ? row[i].text : table->columns[i]);
        fputs(i + 1 < table->width ? "," : "\r\n", stdout);
    }
}

/* Of quiet output the column called "value", else the first, is all there is. */
static void print_quiet_row(const struct tool_table *table, const struct cell *row)
{
    size_t at = 0;

    for (size_t i = 0; i < table->width; i++) {
        if (strcmp(table->columns[i], "value") == 0)
            at = i;
    }
    if (isatty(STDOUT_FILENO))
        tool_say(stdout, "%s\n", row[at].text ? row[at].text : "");
    else
        puts(row[at].text ? row[at].text : "");
}

void tool_table_flush(struct tool_table *table)
{
    size_t first = table->shown * table->width;

    if (table->format == TOOL_TABLE) {
        print_aligned(table, first);
        table->shown = table->count / table->width;
    }
    if (table->format == TOOL_CSV && !table->began)
        print_csv_row(table, NULL);
    for (; table->shown < table->count / table->width; table->shown++) {
        const struct cell *row = &table->cells[table->shown * table->width];

        if (table->format == TOOL_JSON)
            fputs(table->began ? ",\n" : "[", stdout);
        if (table->format == TOOL_JSON || table->format == TOOL_JSON_LINES)
            print_json_row(table, row);
        if (table->format == TOOL_JSON_LINES)
            putchar('\n');
        if (table->format == TOOL_CSV)
            print_csv_row(table, row);
        if (table->format == TOOL_QUIET)
            print_quiet_row(table, row);
        table->began = true;
    }
    table->began = true;
    (void)tool_flush();
    for (size_t i = 0; i < table->count; i++) {
        free(table->cells[i].text);
        free(table->cells[i].json);
    }
    table->count = table->shown = 0;
}

bool tool_table_end(struct tool_table *table)
{
    bool was_empty = !table->began && table->count == 0;

    if (table->format == TOOL_JSON && was_empty)
        putchar('[');
    if (!was_empty || table->format == TOOL_CSV)
        tool_table_flush(table);
    if (table->format == TOOL_JSON)
        puts("]");
    if (table->format == TOOL_TABLE && was_empty && isatty(STDOUT_FILENO))
        puts("(none)");
    free(table->cells);
    free(table);
    return tool_flush();
}
