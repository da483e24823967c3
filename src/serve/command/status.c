/* SPDX-License-Identifier: MIT */
/*
 * status (extensions.md §5): everything an operator asks when something is slow or silent, from
 * memory. What the parts count comes from their own tables (core/manager/counters.h). No secret and
 * no value of a server is in it.
 */
#include "serve/command/status.h"

#include <unistd.h>

#include "core/link/op.h"
#include "core/manager/counters.h"
#include "core/manager/sink_status.h"
#include "serve/command/command_internal.h"
#include "serve/command/ready.h"
#include "serve/command/walk.h"
#include "serve/request/sanitise.h"

void osm_status_time(struct osm_json *json, const char *key, double seconds)
{
    osm_json_key(json, key);
    if (seconds > 0)
        osm_json_time(json, seconds);
    else
        osm_json_null(json);
}

void osm_status_code_message(struct osm_json *json, const char *key, const char *message)
{
    struct osm_buf text = {0};

    osm_json_key(json, key);
    if (message) {
        osm_sanitise(&text, message, strlen(message));
        osm_json_text(json, text.data, text.length);
    } else {
        osm_json_null(json);
    }
    osm_buf_deinit(&text);
}

void osm_status_at(struct osm_json *json, const char *key, const struct osm_status_now *now,
                   osm_msec at)
{
    osm_status_time(json, key,
                    at == OSM_MSEC_NEVER || !at ? 0
                    : at > now->now             ? now->wall + (double)(at - now->now) / 1000.0
                                                : now->wall);
}

static void print_int(struct osm_json *json, const char *key, int64_t value)
{
    osm_json_key(json, key);
    osm_json_int(json, value);
}

/* --- the daemon ---------------------------------------------------------------------------- */

static void print_version(struct osm_json *json, const char *key, const struct osm_status *status)
{
    (void)status;
    osm_json_key(json, key);
    osm_json_cstring(json, OSM_VERSION);
}

static void print_pid(struct osm_json *json, const char *key, const struct osm_status *status)
{
    (void)status;
    print_int(json, key, getpid());
}

static void print_time(struct osm_json *json, const char *key, const struct osm_status *status)
{
    osm_status_time(json, key, status->now.wall);
}

static void print_uptime(struct osm_json *json, const char *key, const struct osm_status *status)
{
    osm_json_key(json, key);
    osm_json_double(json, (double)osm_manager_uptime(status->manager) / 1000.0);
}

static void print_ready(struct osm_json *json, const char *key, const struct osm_status *status)
{
    osm_json_key(json, key);
    osm_json_bool(json, status->reasons == 0);
}

static void print_limits(struct osm_json *json, const char *key, const struct osm_status *status)
{
    const struct osm_manager_config *config = osm_manager_config(status->manager);

    osm_json_key(json, key);
    osm_json_object_begin(json);
    print_int(json, "maxSessions", config->max_sessions);
    print_int(json, "timeout", config->session_timeout);
    print_int(json, "cleanupInterval", config->cleanup_interval);
    print_int(json, "operationsRunning", OSM_OPS_RUNNING);
    print_int(json, "operationsWaiting", OSM_OPS_WAITING);
    print_int(json, "subscriptions", OSM_SUBSCRIPTIONS_TRACKED);
    print_int(json, "monitoredItems", OSM_MONITORED_ITEMS_TRACKED);
    osm_json_object_end(json);
}

/* --- counters ------------------------------------------------------------------------------ */

struct counters {
    struct osm_json *json;
    const struct osm_counter_group *group; /* whose object is open */
};

static void print_counter(void *context, const struct osm_counter_group *group,
                          const struct osm_counter *row, uint64_t value)
{
    struct counters *counters = context;

    if (group != counters->group) {
        if (counters->group)
            osm_json_object_end(counters->json);
        osm_json_key(counters->json, group->name);
        osm_json_object_begin(counters->json);
        counters->group = group;
    }
    osm_json_key(counters->json, row->name);
    osm_json_uint(counters->json, value);
}

static void print_counters(struct osm_json *json, const char *key, const struct osm_status *status)
{
    struct counters counters = {.json = json};

    osm_json_key(json, key);
    osm_json_object_begin(json);
    osm_counters_each(osm_manager_counters(status->manager), print_counter, &counters);
    if (counters.group)
        osm_json_object_end(json);
    osm_json_object_end(json);
}

/* --- sinks --------------------------------------------------------------------------------- */

static void print_sink(struct osm_json *json, const struct osm_sink_status *sink)
{
    osm_json_object_begin(json);
    osm_json_key(json, "name");
    osm_json_cstring(json, sink->name);
    osm_json_key(json, "working");
    osm_json_bool(json, sink->working);
#define X(id, name, meaning)                                                                       \
    osm_json_key(json, name);                                                                      \
    osm_json_uint(json, sink->id);
    OSM_SINK_COUNTERS(X)
#undef X
    osm_status_code_message(json, "lastError", *sink->last_error ? sink->last_error : NULL);
    osm_status_time(json, "lastErrorAt", sink->last_error_at);
    osm_json_object_end(json);
}

static void print_sinks(struct osm_json *json, const char *key, const struct osm_status *status)
{
    const struct osm_sink_status *sink;

    osm_json_key(json, key);
    osm_json_array_begin(json);
    for (size_t n = 0; (sink = osm_sink_source_look(osm_manager_sinks(status->manager), n)); n++)
        print_sink(json, sink);
    osm_json_array_end(json);
}

/* --- lists that may take several turns ------------------------------------------------------- */

static void begin_list(struct osm_json *json, const char *key, const struct osm_status *status)
{
    (void)status;
    osm_json_key(json, key);
    osm_json_array_begin(json);
}

/* The reply as far as it is. */
struct reply {
    struct osm_status status;
    const struct osm_status_member *member; /* that comes next, NULL = the first … */
    bool within;                            /* … or whose rows are being written */
    struct osm_ready_reason *reasons;       /* status.reasons; in the arena */
    size_t row;                             /* of these */
};

static void note_reason(void *context, const struct osm_ready_reason *reason)
{
    struct reply *reply = context;
    size_t count = reply->status.reasons++;
    struct osm_arena *arena = reply->status.arena;

    reply->reasons = osm_arena_room(arena, reply->reasons, count, sizeof(*reply->reasons));
    reply->reasons[count] = (struct osm_ready_reason){
        .what = reason->what,
        .name = osm_arena_text(arena, reason->name, strlen(reason->name)),
        .state = reason->state,
        .reason =
            reason->reason ? osm_arena_text(arena, reason->reason, strlen(reason->reason)) : NULL};
}

/* `ready` and `reasons` are of one look, however many turns the reply takes. */
static void look_at_connection(struct osm_walk *walk,
                               const struct osm_connection_status *connection)
{
    struct reply *reply = walk->context;

    osm_ready_connection(connection, reply->status.grant, note_reason, reply);
}

static bool print_reason(struct osm_walk *walk)
{
    struct reply *reply = walk->context;

    if (reply->row == reply->status.reasons)
        return false;
    osm_ready_print(&walk->request->json, &reply->reasons[reply->row++]);
    return true;
}

static void visit_connection(void *arg, const struct osm_connection_status *connection)
{
    struct osm_walk *walk = arg;
    const struct reply *reply = walk->context;

    osm_status_connection(&walk->request->json, &reply->status, connection);
}

static bool print_connection(struct osm_walk *walk)
{
    return osm_walk_connection(walk, visit_connection, walk);
}

static void print_session(struct osm_walk *walk, struct osm_session *session)
{
    osm_status_session(&walk->request->json, session, &walk->labels, &walk->now);
}

/* --- the table ----------------------------------------------------------------------------- */

const struct osm_status_member osm_status_members[] = {
    {"version", "of the daemon", print_version, NULL},
    {"pid", "its process", print_pid, NULL},
    {"time", "its clock", print_time, NULL},
    {"uptime", "seconds since it has started", print_uptime, NULL},
    {"ready",
     "whether data flows: every connection of the configuration file is `kept`, every sink works, "
     "and the daemon is not about to end",
     print_ready, NULL},
    {"reasons",
     "what is not so: `connection`, `sink` or `daemon` with its name, `state`, and `reason` or "
     "null",
     begin_list, print_reason},
    {"notices",
     "what will fail unless somebody does something: `kind`, `object`, `since`, `text`, `next` "
     "(the "
     "next step); of the daemon itself for `admin` only",
     osm_status_notices, NULL},
    {"limits",
     "`--max-sessions`, `--timeout`, `--cleanup-interval` as they count now, and what a session "
     "takes",
     print_limits, NULL},
    {"counters", "an object for each part of the daemon, a number for each row of its table",
     print_counters, NULL},
    {"sinks",
     "`name`, `working`, `delivered`, `dropped`, `retries`, `waiting`, `position`, `lastError`, "
     "`lastErrorAt`",
     print_sinks, NULL},
    {"tokens",
     "of the token file; for others than `admin` their own one: its `line` there, its `role`, for "
     "each quota what is `used` and the `limit` (null: none), requests that still run though their "
     "callers have gone (`abandoned`), and how often a quota has `refused` something",
     osm_status_tokens, NULL},
    {"connections",
     "of the configuration file: `label`, `endpointUrl`, `state` (`waiting`, `opening`, `building` "
     "– its session is not connected, or being put right –, `degraded` – as its session is –, "
     "`kept`, `removing`), `sessionId`, the last `error`, `failures` in a row, `nextRetry`, and "
     "`subscriptions`: the same objects as in "
     "`sessions`, with `id` null until the server has made it",
     begin_list, print_connection},
    {"sessions", "those that are opening or closing included", NULL, NULL},
    {NULL, NULL, NULL, NULL},
};

static void write_member(void *context, const char *key, const char *meaning)
{
    osm_buf_printf(context, "| `%s` | %s |\n", key, meaning);
}

void osm_status_write_markdown(struct osm_buf *out)
{
    osm_buf_printf(out, "# Status\n\n"
                        "<!-- Generated from the tables of members (target `docs`). -->\n\n"
                        "What `{\"command\":\"status\"}` answers, from memory, whatever the "
                        "servers do; no secret is in it. URLs and\npaths in messages are replaced "
                        "as in errors. Times are seconds since 1970 or null.\n\n"
                        "| Member | Meaning |\n|---|---|\n");
    for (const struct osm_status_member *member = osm_status_members; member->key; member++)
        write_member(out, member->key, member->meaning);
    osm_buf_printf(out, "\n## A session\n\n| Member | Meaning |\n|---|---|\n");
    osm_status_each_of_session(write_member, out);
    osm_status_write_notices(out);
}

/* Whether the caller wants to know: everything, unless he says what. */
static bool is_wanted(const struct osm_walk_filter *filter, const char *key)
{
    size_t i, count;
    yyjson_val *name;

    if (!filter->members)
        return true;
    yyjson_arr_foreach(filter->members, i, count, name)
    {
        if (yyjson_equals_str(name, key))
            return true;
    }
    return false;
}

/* The next member, or a row of it. */
static bool print_next(struct osm_walk *walk)
{
    struct reply *reply = walk->context;
    const struct osm_status_member *member = reply->member ? reply->member : osm_status_members;
    struct osm_json *json = &walk->request->json;

    if (!reply->member)
        osm_ready_rest(reply->status.manager, note_reason, reply);
    if (reply->within) {
        reply->within = member->row(walk);
        if (!reply->within) {
            osm_json_array_end(json);
            reply->member = member + 1;
        }
        return true;
    }
    while (member->print && !is_wanted(&walk->filter, member->key))
        member++;
    reply->member = member;
    if (!member->print) {
        if (walk->size)
            begin_list(json, member->key, &reply->status);
        return false;
    }
    member->print(json, member->key, &reply->status);
    reply->within = member->row;
    if (!member->row)
        reply->member = member + 1;
    return true;
}

static void end_reply(struct osm_walk *walk)
{
    if (walk->size)
        osm_json_array_end(&walk->request->json);
    osm_json_object_end(&walk->request->json);
    osm_request_reply_end(walk->request);
}

void osm_command_status(struct osm_manager *manager, struct osm_request *request)
{
    static const enum osm_registry_list lists[] = {OSM_REGISTRY_STORED, OSM_REGISTRY_OPENING,
                                                   OSM_REGISTRY_CLOSING};
    struct reply *reply = osm_arena_alloc(&request->arena, sizeof(*reply));
    struct osm_walk_filter filter;
    struct osm_walk *walk;

    if (!osm_walk_take_filter(request, &filter))
        return;
    walk = osm_walk_new(manager, request, &filter);
    *reply = (struct reply){.status = {.manager = manager,
                                       .grant = request->grant,
                                       .arena = &request->arena,
                                       .now = walk->now}};
    walk->context = reply;
    walk->look = look_at_connection;
    walk->before = print_next;
    walk->lists = lists;
    walk->size = is_wanted(&filter, "sessions") ? OSM_ARRAY_SIZE(lists) : 0;
    walk->print = print_session;
    walk->end = end_reply;
    osm_json_object_begin(osm_request_reply_begin(request));
    osm_walk_start(walk);
}
