/* SPDX-License-Identifier: MIT */
/* SHOW CLIENTS, SINKS, NOTICES, LIMITS, CONFIG, STATS, MEMORY, ERRORS: the daemon itself. */
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "admin/console/console_internal.h"
#include "core/manager/caller_source.h"
#include "core/manager/counters.h"
#include "core/manager/notices.h"
#include "core/manager/sink_status.h"
#include "util/log_recent.h"

/* --- clients ------------------------------------------------------------------------------- */

static void add_client(void *arg, const struct osm_console_client *client)
{
    struct osm_console_table *table = arg;
    char token[32] = "";

    if (!osm_console_row(table))
        return;
    if (client->grant)
        (void)snprintf(token, sizeof(token), "line %u", client->grant->terms.line);
    osm_console_uint(table, client->id);
    osm_console_text(table, client->peer);
    osm_console_text(table, *token ? token : NULL);
    osm_console_text(table, client->grant ? osm_grant_role_name(client->grant->terms.role) : NULL);
    osm_console_text(table, client->persistent ? "persistent" : "one request");
    osm_console_text(table, client->state);
    osm_console_uint(table, client->in_flight);
    osm_console_uint(table, client->held);
    osm_console_uint(table, client->unsent);
    osm_console_row_end(table);
}

void osm_console_show_clients(struct osm_console_call *call)
{
    struct osm_console_table table;

    if (!osm_console_table_begin(&table, call))
        return;
    call->console->ops->each_client(call->console->context, add_client, &table);
    osm_console_table_end(&table);
}

/* --- sinks --------------------------------------------------------------------------------- */

void osm_console_show_sinks(struct osm_console_call *call)
{
    const struct osm_sink_source *source = osm_manager_sinks(call->console->manager);
    const struct osm_sink_status *sink;
    struct osm_console_table table;

    if (!osm_console_table_begin(&table, call))
        return;
    for (size_t n = 0; (sink = osm_sink_source_look(source, n)); n++) {
        if (!osm_console_row(&table))
            continue;
        osm_console_text(&table, sink->name);
        osm_console_bool(&table, sink->working);
#define X(id, name, meaning) osm_console_uint(&table, sink->id);
        OSM_SINK_COUNTERS(X)
#undef X
        osm_console_time(&table, sink->last_error_at);
        osm_console_text(&table, *sink->last_error ? sink->last_error : NULL);
        osm_console_row_end(&table);
    }
    osm_console_table_end(&table);
}

/* --- notices ------------------------------------------------------------------------------- */

void osm_console_show_notices(struct osm_console_call *call)
{
    const struct osm_notice *notice;
    struct osm_console_table table;

    if (!osm_console_table_begin(&table, call))
        return;
    for (notice = osm_notices_first(osm_manager_notices(call->console->manager)); notice;
         notice = notice->next) {
        if (!osm_console_row(&table))
            continue;
        osm_console_text(&table, osm_notice_kind_name(notice->kind));
        osm_console_text(&table, notice->object);
        osm_console_time(&table, notice->since);
        osm_console_text(&table, notice->text);
        osm_console_text(&table, osm_notice_kind_next(notice->kind));
        osm_console_row_end(&table);
    }
    osm_console_table_end(&table);
}

/* --- limits -------------------------------------------------------------------------------- */

static void add_limit(struct osm_console_table *table, const char *name, uint64_t used,
                      uint64_t most)
{
    if (!osm_console_row(table))
        return;
    osm_console_text(table, name);
    osm_console_uint(table, used);
    if (most)
        osm_console_uint(table, most);
    osm_console_row_end(table);
}

static void add_quotas(struct osm_console_table *table, const struct osm_grant *grant)
{
    for (int i = 0; i < OSM_QUOTA_COUNT_; i++) {
        char name[64];

        (void)snprintf(name, sizeof(name), "token of line %u: %s", grant->terms.line,
                       osm_grant_quota_name((enum osm_quota)i));
        add_limit(table, name,
                  i == OSM_QUOTA_SESSIONS
                      ? osm_registry_made_by(table->call->console->manager, grant->id)
                      : grant->used[i],
                  grant->terms.limits[i]);
    }
}

/* Of the bounds that are options: what is used stands in the counters. */
static void add_bound(void *arg, const struct osm_console_option *option)
{
    struct osm_console_table *table = arg;
    const struct osm_manager *manager = table->call->console->manager;
    uint64_t most;

    if (strncmp(option->name, "max-", 4) != 0 || !option->value ||
        !osm_console_number(option->value, &most))
        return;
    if (strcmp(option->name, "max-sessions") == 0) {
        add_limit(table, option->name, osm_registry_count(manager), most);
    } else if (osm_console_row(table)) {
        osm_console_text(table, option->name);
        osm_console_text(table, NULL);
        osm_console_uint(table, most);
        osm_console_row_end(table);
    }
}

void osm_console_show_limits(struct osm_console_call *call)
{
    const struct osm_console *console = call->console;
    const struct osm_caller_source *source = osm_manager_callers(console->manager);
    const struct osm_grant *grant;
    struct osm_console_table table;

    if (!osm_console_table_begin(&table, call))
        return;
    console->ops->each_option(console->context, add_bound, &table);
    add_limit(&table, "paused servers", console->pause_count, OSM_CONSOLE_PAUSES);
    for (size_t n = 0; source->look && (grant = source->look(source->context, n)); n++)
        add_quotas(&table, grant);
    osm_console_table_end(&table);
}

/* --- options ------------------------------------------------------------------------------- */

static void add_option(void *arg, const struct osm_console_option *option)
{
    struct osm_console_table *table = arg;

    if (!osm_console_row(table))
        return;
    osm_console_text(table, option->name);
    osm_console_text(table, option->value);
    osm_console_text(table, option->fallback);
    osm_console_bool(table, option->reloadable);
    osm_console_row_end(table);
}

void osm_console_show_config(struct osm_console_call *call)
{
    struct osm_console_table table;

    if (!osm_console_table_begin(&table, call))
        return;
    call->console->ops->each_option(call->console->context, add_option, &table);
    osm_console_table_end(&table);
}

/* --- counters ------------------------------------------------------------------------------ */

static void add_counter(void *arg, const struct osm_counter_group *group,
                        const struct osm_counter *row, uint64_t value)
{
    struct osm_console_table *table = arg;

    if (!osm_console_row(table))
        return;
    osm_console_text(table, group->name);
    osm_console_text(table, row->name);
    osm_console_uint(table, value);
    osm_console_text(table, row->kind == OSM_GAUGE ? "now" : "since the start");
    osm_console_text(table, row->help);
    osm_console_row_end(table);
}

void osm_console_show_stats(struct osm_console_call *call)
{
    struct osm_console_table table;

    if (!osm_console_table_begin(&table, call))
        return;
    osm_counters_each(osm_manager_counters(call->console->manager), add_counter, &table);
    osm_console_table_end(&table);
}

static void add_bytes(struct osm_console_table *table, const char *what, uint64_t bytes)
{
    if (!osm_console_row(table))
        return;
    osm_console_text(table, what);
    osm_console_uint(table, bytes);
    osm_console_row_end(table);
}

/* Budgets are the gauges that count bytes. */
static void add_budget(void *arg, const struct osm_counter_group *group,
                       const struct osm_counter *row, uint64_t value)
{
    char what[128];

    if (row->kind != OSM_GAUGE || !strstr(row->name, "bytes"))
        return;
    (void)snprintf(what, sizeof(what), "%s: %s", group->name, row->help);
    add_bytes(arg, what, value);
}

void osm_console_show_memory(struct osm_console_call *call)
{
    const struct mallinfo2 heap = mallinfo2();
    struct osm_console_table table;
    struct rusage usage = {0};

    if (!osm_console_table_begin(&table, call))
        return;
    (void)getrusage(RUSAGE_SELF, &usage);
    add_bytes(&table, "process: most ever resident", (uint64_t)usage.ru_maxrss * 1024);
    add_bytes(&table, "heap: in use", heap.uordblks + heap.hblkhd);
    add_bytes(&table, "heap: taken from the system", heap.arena + heap.hblkhd);
    osm_counters_each(osm_manager_counters(call->console->manager), add_budget, &table);
    osm_console_table_end(&table);
}

/* --- errors -------------------------------------------------------------------------------- */

static void add_error(void *arg, const struct osm_log_recent *entry)
{
    struct osm_console_table *table = arg;

    if (!osm_console_row(table))
        return;
    osm_console_time(table, entry->time);
    osm_console_text(table, osm_log_level_name(entry->level));
    osm_console_text(table, entry->text);
    osm_console_row_end(table);
}

void osm_console_show_errors(struct osm_console_call *call)
{
    struct osm_console_table table;

    if (!osm_console_table_begin(&table, call))
        return;
    osm_log_recent_each(add_error, &table);
    osm_console_table_end(&table);
}
