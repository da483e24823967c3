/* SPDX-License-Identifier: MIT */
/* See walk.h. */
#include "serve/command/walk.h"

#include <string.h>

#include "util/clock.h"

uint64_t osm_walk_piece = 4000;

/* Between two pieces, milliseconds. Not 0: libuv fires a timer that is started so in a timer's own
 * callback before it looks at anybody else. */
#define BREAK 1

/* --- the filter ---------------------------------------------------------------------------- */

static bool refuse(struct osm_request *request, const char *what)
{
    osm_request_failf(request, OSM_FAULT_INVALID_ARGUMENT, "filter: %s", what);
    return false;
}

static bool take_text(struct osm_request *request, yyjson_val *value, const char **out)
{
    if (!yyjson_is_str(value))
        return refuse(request, "session, state and name are texts");
    *out = yyjson_get_str(value);
    return true;
}

static bool is_state(const char *name)
{
    if (strcmp(name, "degraded") == 0)
        return true;
    for (int state = 0; state < OSM_SESSION_STATE_COUNT_; state++)
        if (strcmp(name, osm_session_state_name((enum osm_session_state)state)) == 0)
            return true;
    return false;
}

static bool take_member(struct osm_request *request, const char *key, yyjson_val *value,
                        struct osm_walk_filter *filter)
{
    if (strcmp(key, "session") == 0)
        return take_text(request, value, &filter->session);
    if (strcmp(key, "name") == 0)
        return take_text(request, value, &filter->name);
    if (strcmp(key, "members") == 0) {
        filter->members = value;
        return yyjson_is_arr(value) || refuse(request, "members is a list of names");
    }
    if (strcmp(key, "state") != 0)
        return refuse(request, "its members are session, state, name and members");
    return take_text(request, value, &filter->state) &&
           (is_state(filter->state) || refuse(request, "there is no such state"));
}

bool osm_walk_take_filter(struct osm_request *request, struct osm_walk_filter *filter)
{
    yyjson_val *value = osm_request_get(request, OSM_REQUEST_filter), *key;
    yyjson_obj_iter members = yyjson_obj_iter_with(value);

    *filter = (struct osm_walk_filter){0};
    if (value && !yyjson_is_null(value) && !yyjson_is_obj(value))
        return refuse(request, "it is an object");
    while ((key = yyjson_obj_iter_next(&members)))
        if (!take_member(request, yyjson_get_str(key), yyjson_obj_iter_get_val(key), filter))
            return false;
    request->keeps_json = true;
    return true;
}

static bool is_in_state(const struct osm_session *session, const char *state)
{
    if (osm_session_state(session) == OSM_SESSION_ACTIVE &&
        (strcmp(state, "degraded") == 0 || strcmp(state, "active") == 0))
        return osm_session_view(session).degraded == (*state == 'd');
    return strcmp(osm_session_state_name(osm_session_state(session)), state) == 0;
}

static bool fits(const struct osm_walk *walk, const struct osm_session *session)
{
    const struct osm_walk_filter *filter = &walk->filter;

    return osm_grant_reaches(walk->request->grant, osm_session_endpoint_url(session)) &&
           (!filter->session || strcmp(filter->session, osm_session_id(session)) == 0) &&
           (!filter->state || is_in_state(session, filter->state)) &&
           (!filter->name || strstr(osm_session_endpoint_url(session), filter->name) ||
            osm_status_labels_have(&walk->labels, session, filter->name));
}

/* It has begun to close since: its place was in a list that has been walked, or is about to go. */
static bool has_moved(const struct osm_walk *walk, struct osm_session *session)
{
    return osm_session_state(session) == OSM_SESSION_CLOSING &&
           osm_session_seat(session)->closes > walk->closes;
}

/* --- the walk ------------------------------------------------------------------------------ */

static struct osm_session *next_session(struct osm_walk *walk)
{
    struct osm_session *session;

    while (!(session = osm_registry_cursor_next(&walk->cursor))) {
        osm_registry_cursor_end(&walk->cursor);
        if (++walk->list == walk->size)
            return NULL;
        osm_registry_cursor_begin(&walk->cursor, walk->manager, walk->lists[walk->list]);
    }
    return session;
}

static bool step_session(struct osm_walk *walk)
{
    struct osm_session *session = next_session(walk);

    if (session && !has_moved(walk, session) && fits(walk, session)) {
        walk->print(walk, session);
        walk->printed++;
    }
    return session;
}

static bool begin_sessions(struct osm_walk *walk)
{
    if (!walk->size)
        return false;
    walk->closes = osm_registry_counts(walk->manager)->entered[OSM_SESSION_CLOSING];
    osm_registry_cursor_begin(&walk->cursor, walk->manager, walk->lists[0]);
    walk->step = step_session;
    return true;
}

static bool step_before(struct osm_walk *walk)
{
    return (walk->before && walk->before(walk)) || begin_sessions(walk);
}

bool osm_walk_connection(struct osm_walk *walk, osm_connection_fn *visit, void *arg)
{
    return osm_connections_next(&walk->source, &walk->connections, visit, arg);
}

static void look_at_connection(void *arg, const struct osm_connection_status *connection)
{
    struct osm_walk *walk = arg;

    osm_status_labels_add(&walk->labels, connection);
    if (walk->look)
        walk->look(walk, connection);
}

/* All have been looked at: from the first one again, for `before`. */
static void end_look(struct osm_walk *walk)
{
    osm_status_labels_sort(&walk->labels);
    osm_connections_end(&walk->source, &walk->connections);
    osm_connections_begin(&walk->source, &walk->connections);
    walk->step = step_before;
}

static bool step_connection(struct osm_walk *walk)
{
    if (!osm_walk_connection(walk, look_at_connection, walk))
        end_look(walk);
    return true;
}

/* --- pieces -------------------------------------------------------------------------------- */

static void on_turn(void *context);

/* The manager must outlast the time between two turns. */
static void put_off(struct osm_walk *walk)
{
    if (!walk->timer)
        walk->timer = osm_loop_timer(&walk->loop, on_turn, walk);
    osm_registry_work_begin(walk->manager);
    walk->loop.ops->timer_start(walk->timer, BREAK);
}

static void write_piece(struct osm_walk *walk)
{
    /* Others that are in pieces have theirs in the same turn. */
    const uint64_t share = osm_walk_piece / (osm_registry_works(walk->manager) + 1);
    const uint64_t began = osm_clock_fine(walk->loop.clock);

    while (walk->step(walk))
        if (osm_clock_fine(walk->loop.clock) - began >= share) {
            put_off(walk);
            return;
        }
    osm_connections_end(&walk->source, &walk->connections);
    walk->loop.ops->timer_free(walk->timer);
    walk->end(walk);
}

static void on_turn(void *context)
{
    struct osm_walk *walk = context;

    if (osm_registry_work_end(walk->manager)) {
        write_piece(walk);
        return;
    }
    osm_connections_end(&walk->source, &walk->connections);
    walk->loop.ops->timer_free(walk->timer);
    osm_request_count_as(walk->request, NULL); /* tallies are the manager's */
    osm_request_failf(walk->request, OSM_FAULT_CONNECTION, "The daemon is shutting down");
}

struct osm_walk *osm_walk_new(struct osm_manager *manager, struct osm_request *request,
                              const struct osm_walk_filter *filter)
{
    struct osm_walk *walk = osm_arena_alloc(&request->arena, sizeof(*walk));
    const struct osm_env *env = osm_manager_env(manager);

    walk->manager = manager;
    walk->request = request;
    walk->filter = *filter;
    walk->loop = env->loop;
    walk->source = *osm_manager_connections(manager);
    walk->now =
        (struct osm_status_now){osm_clock_now(env->loop.clock), osm_clock_wall(env->loop.clock)};
    walk->labels.arena = &request->arena;
    return walk;
}

void osm_walk_start(struct osm_walk *walk)
{
    osm_connections_begin(&walk->source, &walk->connections);
    walk->step = step_connection;
    write_piece(walk);
}
