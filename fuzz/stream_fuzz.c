/* SPDX-License-Identifier: MIT */
/*
 * Requests about streams, one a line, on one connection: each gets exactly one reply, every line
 * that is pushed is JSON, and nothing is left when the connection ends. A line that begins with
 * '!' is an event, '-' fills the connection, '+' makes room. Other commands are not run: they
 * need a server.
 */
#include <string.h>

#include "core/event/event_fields.h"
#include "core/manager/registry.h"
#include "fuzz.h"
#include "serve/command/command.h"
#include "serve/request/push.h"
#include "util/alloc.h"

/* --- a loop with one timer's worth of patience ---------------------------------------------- */

struct osm_timer {
    osm_timer_fn *fire;
    void *context;
    bool due;
    struct osm_timer *next;
};

static struct osm_timer *timers;

static struct osm_timer *timer_new(void *loop, osm_timer_fn *fire, void *context)
{
    struct osm_timer *timer = osm_alloc(sizeof(*timer));

    (void)loop;
    *timer = (struct osm_timer){.fire = fire, .context = context, .next = timers};
    timers = timer;
    return timer;
}

static void timer_start(struct osm_timer *timer, osm_msec delay)
{
    timer->due = delay == 0;
}

static void timer_stop(struct osm_timer *timer)
{
    timer->due = false;
}

static void timer_free(struct osm_timer *timer)
{
    struct osm_timer **at = &timers;

    if (!timer)
        return;
    while (*at != timer)
        at = &(*at)->next;
    *at = timer->next;
    free(timer);
}

static void turn(void)
{
    for (struct osm_timer *timer = timers; timer; timer = timer->next)
        if (timer->due) {
            timer->due = false;
            timer->fire(timer->context);
        }
}

/* --- a connection ---------------------------------------------------------------------------- */

static bool full;

static bool has_room(struct osm_push *channel)
{
    (void)channel;
    return !full;
}

static void check_line(const char *text, size_t length)
{
    yyjson_doc *doc = yyjson_read(text, length, YYJSON_READ_BIGNUM_AS_RAW);

    osm_assert(doc && yyjson_is_obj(yyjson_doc_get_root(doc)));
    yyjson_doc_free(doc);
}

static void push(struct osm_push *channel, const struct osm_rope_part *parts, size_t count)
{
    struct osm_buf line = {0};

    osm_assert(!full && channel->user_count > 0);
    for (size_t i = 0; i < count; i++)
        osm_buf_add(&line, parts[i].data, parts[i].length);
    check_line(line.data, line.length);
    osm_buf_deinit(&line);
}

static void done(struct osm_request *request)
{
    unsigned *replies = request->owner;

    check_line(request->out.data, request->out.length);
    ++*replies;
}

/* --- a session that never connects ------------------------------------------------------------ */

struct osm_ua_conn {
    char unused;
};

static struct osm_ua_conn *conn_new(struct osm_ua *ua, const struct osm_ua_params *params,
                                    const struct osm_ua_events *events, void *context,
                                    struct osm_arena *arena, struct osm_fault *fault)
{
    static struct osm_ua_conn conn;

    (void)ua, (void)params, (void)events, (void)context, (void)arena, (void)fault;
    return &conn;
}

static void conn_free(struct osm_ua_conn *conn)
{
    (void)conn;
}

static void call_abandon(struct osm_ua_call *call)
{
    osm_assert(!call);
}

static struct osm_session *session_new(struct osm_manager *manager)
{
    struct osm_config config = {0};
    struct osm_arena arena;
    struct osm_fault fault;
    struct osm_session *session;

    osm_arena_init(&arena);
    session = osm_registry_add(manager, "opc.tcp://b", &config, NULL, &arena, &fault);
    osm_assert(session);
    osm_arena_deinit(&arena);
    return session;
}

/* --- lines ----------------------------------------------------------------------------------- */

static bool is_ours(const struct osm_request *request)
{
    static const char *const names[] = {"stream", "credit", "unstream"};
    yyjson_val *command = osm_request_get(request, OSM_REQUEST_command);

    for (size_t i = 0; i < OSM_ARRAY_SIZE(names); i++)
        if (yyjson_equals_str(command, names[i]))
            return request->has_id;
    return false;
}

static void take_request(struct osm_manager *manager, struct osm_push *channel, const char *line,
                         size_t length)
{
    unsigned replies = 0;
    struct osm_request request;
    struct osm_fault fault = {0};

    osm_request_init(&request, done, &replies);
    if (osm_request_parse(&request, line, length, &fault) && is_ours(&request)) {
        request.channel = channel;
        osm_command_dispatch(manager, &request);
        osm_assert(replies == 1);
    }
    osm_request_deinit(&request);
}

static void emit(struct osm_session *session)
{
    osm_tell(session, OSM_EVENT_CACHE_HIT, osm_field_text("key", "k"));
}

static void take_line(struct osm_session *session, struct osm_push *channel, const char *line,
                      size_t length)
{
    if (length && *line == '!') {
        emit(session);
    } else if (length && (*line == '-' || *line == '+')) {
        full = *line == '-';
        if (!full && channel->awaited)
            osm_push_tell_room(channel);
    } else {
        take_request(osm_registry_manager(session), channel, line, length);
    }
    turn();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct osm_loop_ops ops = {.timer_new = timer_new,
                                            .timer_start = timer_start,
                                            .timer_stop = timer_stop,
                                            .timer_free = timer_free};
    static const struct osm_push_ops channel_ops = {
        .has_room = has_room, .push = push, .bytes = 500};
    const struct osm_loop loop = {.ops = &ops, .clock = osm_clock_system()};
    struct osm_push channel = {.ops = &channel_ops};
    static const struct osm_ua_ops ua_ops = {
        .conn_new = conn_new, .conn_free = conn_free, .call_abandon = call_abandon};
    static const struct osm_manager_config config = {
        .session_timeout = 3600, .cleanup_interval = 60, .event_buffer = 4};
    struct osm_manager *manager = osm_manager_new(&config, &loop, &ua_ops, NULL);
    struct osm_session *session = session_new(manager);
    const char *at = (const char *)data, *end = at + size;

    full = false;
    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));

        stop = stop ? stop : end;
        take_line(session, &channel, at, (size_t)(stop - at));
        at = stop + 1;
    }
    osm_push_tell_gone(&channel);
    osm_assert(osm_bus_stats(osm_manager_bus(manager)).readers == 0);
    osm_manager_free(manager);
    osm_assert(!timers);
    return 0;
}
