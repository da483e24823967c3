/* SPDX-License-Identifier: MIT */
/*
 * Answers of the console: a table, written row by row into the reply, or what an action has done.
 *
 *   {"columns":[…],"rows":[[…],…],"next":<offset or null>}
 *   {"message":"…"}
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/console/console_internal.h"
#include "util/alloc.h"
#include "util/log.h"

/* --- actions ------------------------------------------------------------------------------- */

static void log_call(const struct osm_console_call *call, const char *result)
{
    const struct osm_grant *grant = call->request->grant;
    _cleanup_(osm_buf_deinit) struct osm_buf peer = {0};
    char token[48] = "the daemon's token, or none";

    call->console->ops->peer(call->console->context, call->request, &peer);
    if (grant)
        (void)snprintf(token, sizeof(token), "token of line %u", grant->terms.line);
    osm_log_info("Console: %s (%s, %s): %s", call->line, osm_buf_text(&peer), token, result);
}

void osm_console_done(struct osm_console_call *call, const char *format, ...)
{
    _cleanup_(osm_freep) char *text = NULL;
    struct osm_json *json;
    va_list args;

    va_start(args, format);
    if (vasprintf(&text, format, args) < 0)
        abort();
    va_end(args);
    if (call->command->acts)
        log_call(call, text);
    json = osm_request_reply_begin(call->request);
    osm_json_object_begin(json);
    osm_json_key(json, "message");
    osm_json_cstring(json, text);
    osm_json_object_end(json);
    osm_request_reply_end(call->request);
}

void osm_console_fail(struct osm_console_call *call, enum osm_fault_type type, const char *format,
                      ...)
{
    _cleanup_(osm_freep) char *text = NULL;
    va_list args;

    va_start(args, format);
    if (vasprintf(&text, format, args) < 0)
        abort();
    va_end(args);
    if (call->command && call->command->acts)
        log_call(call, text);
    osm_request_failf(call->request, type, "%s", text);
}

/* --- tables: what is asked for ------------------------------------------------------------- */

/* LIMIT and OFFSET: a word and a number. */
static bool take_bound(struct osm_console_table *table, size_t *i)
{
    struct osm_console_call *call = table->call;
    const char *word = call->words[*i];
    bool is_limit = osm_console_matches("limit", word);

    if (!is_limit && !osm_console_matches("offset", word))
        return false;
    if (call->words[*i + 1] &&
        osm_console_number(call->words[*i + 1], is_limit ? &table->limit : &table->offset)) {
        ++*i;
        return true;
    }
    osm_console_fail(call, OSM_FAULT_INVALID_ARGUMENT, "%s takes a number",
                     is_limit ? "LIMIT" : "OFFSET");
    return true;
}

static bool take_filter(struct osm_console_table *table, char *word)
{
    const char *const *columns = table->call->command->columns;
    char *sign = strpbrk(word, "=!");
    struct osm_console_filter *filter = &table->filters[table->filter_count];

    if (!sign || (*sign == '!' && sign[1] != '='))
        return false;
    filter->differs = *sign == '!';
    filter->pattern = sign + 1 + filter->differs;
    *sign = '\0';
    for (filter->column = 0; columns[filter->column]; filter->column++)
        if (strcasecmp(columns[filter->column], word) == 0) {
            table->filter_count++;
            return true;
        }
    return false;
}

bool osm_console_table_begin(struct osm_console_table *table, struct osm_console_call *call)
{
    const char *const *columns = call->command->columns;
    struct osm_json *json;

    *table = (struct osm_console_table){.call = call, .limit = OSM_CONSOLE_SCAN};
    while (columns[table->columns])
        table->columns++;
    osm_assert(table->columns <= OSM_CONSOLE_COLUMNS);
    for (size_t i = 0; i < call->count; i++) {
        if (take_bound(table, &i)) {
            if (call->request->finished)
                return false;
        } else if (!take_filter(table, call->words[i])) {
            osm_console_fail(call, OSM_FAULT_INVALID_ARGUMENT,
                             "\"%s\" is no column of %s, nor LIMIT or OFFSET: HELP %s tells them",
                             call->words[i], call->command->words, call->command->words);
            return false;
        }
    }
    json = table->json = osm_request_reply_begin(call->request);
    osm_json_object_begin(json);
    osm_json_key(json, "columns");
    osm_json_array_begin(json);
    for (size_t i = 0; i < table->columns; i++)
        osm_json_cstring(json, columns[i]);
    osm_json_array_end(json);
    osm_json_key(json, "rows");
    osm_json_array_begin(json);
    return true;
}

/* --- tables: rows -------------------------------------------------------------------------- */

bool osm_console_skip(struct osm_console_table *table, uint64_t rows)
{
    if (!table->full && table->at + rows > table->offset)
        return false;
    table->at += table->full ? 0 : rows;
    return true;
}

bool osm_console_row(struct osm_console_table *table)
{
    if (table->full)
        return false;
    if (table->at < table->offset) {
        table->at++;
        return false;
    }
    if (table->written >= table->limit || table->at - table->offset >= OSM_CONSOLE_SCAN) {
        table->full = true;
        return false;
    }
    table->at++;
    osm_buf_reset(&table->text, OSM_CONSOLE_LINE);
    osm_buf_reset(&table->cell_json, OSM_CONSOLE_LINE);
    osm_json_init(&table->cell, &table->cell_json);
    table->cells = 0;
    return true;
}

/* The cell's JSON has been written; its text is there as well, or is the JSON. */
static void end_cell(struct osm_console_table *table, const char *text)
{
    size_t begin = table->cells ? table->ends[table->cells - 1].json : 0;

    osm_assert(table->cells < table->columns);
    table->cell.comma = false;
    if (text)
        osm_buf_add_text(&table->text, text);
    else
        osm_buf_add(&table->text, table->cell_json.data + begin, table->cell_json.length - begin);
    osm_buf_add_byte(&table->text, '\0');
    table->ends[table->cells].text = table->text.length;
    table->ends[table->cells++].json = table->cell_json.length;
}

void osm_console_text(struct osm_console_table *table, const char *text)
{
    if (text)
        osm_json_cstring(&table->cell, text);
    else
        osm_json_null(&table->cell);
    end_cell(table, text ? text : "");
}

void osm_console_uint(struct osm_console_table *table, uint64_t number)
{
    osm_json_uint(&table->cell, number);
    end_cell(table, NULL);
}

void osm_console_double(struct osm_console_table *table, double number)
{
    osm_json_double(&table->cell, number);
    end_cell(table, NULL);
}

void osm_console_bool(struct osm_console_table *table, bool value)
{
    osm_json_bool(&table->cell, value);
    end_cell(table, NULL);
}

void osm_console_time(struct osm_console_table *table, double seconds)
{
    if (seconds > 0)
        osm_json_time(&table->cell, seconds);
    else
        osm_json_null(&table->cell);
    end_cell(table, seconds > 0 ? NULL : "");
}

static bool is_wanted(const struct osm_console_table *table)
{
    for (size_t i = 0; i < table->filter_count; i++) {
        const struct osm_console_filter *filter = &table->filters[i];
        size_t begin = filter->column ? table->ends[filter->column - 1].text : 0;

        if (osm_console_matches(filter->pattern, table->text.data + begin) == filter->differs)
            return false;
    }
    return true;
}

void osm_console_row_end(struct osm_console_table *table)
{
    size_t begin = 0;

    while (table->cells < table->columns)
        osm_console_text(table, NULL);
    if (!is_wanted(table))
        return;
    osm_json_array_begin(table->json);
    for (size_t i = 0; i < table->columns; i++) {
        osm_json_raw(table->json, table->cell_json.data + begin, table->ends[i].json - begin);
        begin = table->ends[i].json;
    }
    osm_json_array_end(table->json);
    table->written++;
}

void osm_console_table_end(struct osm_console_table *table)
{
    osm_json_array_end(table->json);
    osm_json_key(table->json, "next");
    if (table->full)
        osm_json_uint(table->json, table->at);
    else
        osm_json_null(table->json);
    osm_json_object_end(table->json);
    osm_buf_deinit(&table->text);
    osm_buf_deinit(&table->cell_json);
    osm_request_reply_end(table->call->request);
}
