/* SPDX-License-Identifier: MIT */
/*
 * The back-end in this process: the daemon's own commands on the project's own core and OPC UA
 * stack, without a socket between. A request line is dispatched as a connection of the daemon
 * would; its reply, and lines of streams, are gathered in `lines` and told from process.
 *
 * The loop is libuv's, one per client; its descriptor stands for all of it. There is no other
 * thread: what the daemon gives to its pool is done here in turns of its own (rim/io/loop.h), and
 * names are looked up by names.c.
 *
 * What the stack logs goes to the client whose turn it is (util/log.h); what its log function sends
 * is begun when the turn is over. A connection that breaks while it is written to raises no
 * signal: SIGPIPE is held back during the turn.
 */
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>
#include <uv.h>

#include "client/back_end.h"
#include "client/failure.h"
#include "client/names.h"
#include "core/manager/manager.h"
#include "rim/io/loop.h"
#include "rim/ua/ua.h"
#include "serve/command/command.h"
#include "serve/request/push.h"
#include "util/alloc.h"
#include "util/log.h"
#include "util/sigpipe.h"

/* Lines of streams that may wait for the caller's next turn. */
#define MOST_PUSHED ((size_t)4 << 20)
/* Requests made by a log function may wait for the end of the turn. */
#define MOST_WAITING ((size_t)4 << 20)
#define END_LIMIT ((osm_msec)1000)

struct direct;

struct direct_request {
    struct osm_request request;
    struct direct *direct;
    struct direct_request *prev, *next;
    bool answered, dispatching;
};

struct direct {
    struct osm_back_end base;
    uv_loop_t loop;
    struct osm_io_loop io;
    struct osm_ua *ua;
    struct osm_manager *manager;
    struct osm_push channel;
    struct direct_request *requests;
    struct osm_buf lines;   /* to be told */
    struct osm_buf waiting; /* requests made from inside a turn */
    bool in_turn, sessions_closed;
    struct osm_log_target log;
};

/* ---- a turn --------------------------------------------------------------------------------- */

struct turn {
    struct osm_log_target *log;
    struct osm_sigpipe pipe;
};

static void turn_begin(struct direct *direct, struct turn *turn)
{
    osm_sigpipe_hold(&turn->pipe);
    turn->log = osm_log_here(&direct->log);
    direct->in_turn = true;
    /* Deadlines count from now, not from when the loop ran last: the caller may have rested. */
    uv_update_time(&direct->loop);
}

static void turn_end(struct direct *direct, struct turn *turn)
{
    direct->in_turn = false;
    osm_log_here(turn->log);
    osm_sigpipe_release(&turn->pipe);
}

static void on_log(struct osm_log_target *target, enum osm_log_level level, const char *text)
{
    struct direct *direct = osm_container_of(target, struct direct, log);

    /* RFC 5424 counts the other way round. */
    direct->base.user->log(direct->base.user, OSM_LOG_EMERGENCY - (int)level, text);
}

/* ---- requests ------------------------------------------------------------------------------- */

static void request_free(struct direct_request *request)
{
    DL_DELETE(request->direct->requests, request);
    osm_request_deinit(&request->request);
    free(request);
}

static void on_done(struct osm_request *done)
{
    struct direct_request *request = done->owner;

    request->answered = true;
    osm_buf_add(&request->direct->lines, done->out.data, done->out.length);
}

/* Commands may still have an answered request on their stack until the turn is over. */
static void sweep(struct direct *direct)
{
    struct direct_request *request, *next;

    DL_FOREACH_SAFE (direct->requests, request, next) {
        if (request->answered && !request->dispatching)
            request_free(request);
    }
}

static void dispatch(struct direct *direct, const char *line, size_t length)
{
    struct direct_request *request = osm_alloc(sizeof(*request));
    struct osm_fault fault = {0};
    struct turn turn;

    turn_begin(direct, &turn);
    request->direct = direct;
    osm_request_init(&request->request, on_done, request);
    request->request.channel = &direct->channel;
    DL_APPEND(direct->requests, request);
    request->dispatching = true;
    if (osm_request_parse(&request->request, line, length - 1, &fault))
        osm_command_dispatch(direct->manager, &request->request);
    else
        osm_request_fail(&request->request, &fault);
    request->dispatching = false;
    turn_end(direct, &turn);
}

static bool direct_send(struct osm_back_end *back_end, const char *line, size_t length,
                        struct opcua_error *error)
{
    struct direct *direct = osm_container_of(back_end, struct direct, base);

    if (direct->in_turn && direct->waiting.length + length > MOST_WAITING)
        return osm_failure(error, OPCUA_SOURCE_HERE, "ConfigurationException", NULL,
                           "Too much is asked from one log function (4 MiB)");
    if (direct->in_turn)
        osm_buf_add(&direct->waiting, line, length);
    else
        dispatch(direct, line, length);
    return true;
}

static void dispatch_waiting(struct direct *direct)
{
    struct osm_buf waiting = direct->waiting;
    const char *at = waiting.data, *end;

    osm_buf_init(&direct->waiting);
    for (size_t left = waiting.length; left && (end = memchr(at, '\n', left)); at = end + 1) {
        left -= (size_t)(end + 1 - at);
        dispatch(direct, at, (size_t)(end + 1 - at));
    }
    osm_buf_deinit_secret(&waiting);
}

static bool has_room(struct osm_push *channel)
{
    return osm_container_of(channel, struct direct, channel)->lines.length < MOST_PUSHED;
}

static void push(struct osm_push *channel, const struct osm_rope_part *parts, size_t count)
{
    struct direct *direct = osm_container_of(channel, struct direct, channel);

    for (size_t i = 0; i < count; i++)
        osm_buf_add(&direct->lines, parts[i].data, parts[i].length);
}

static const struct osm_push_ops push_ops = {has_room, push, MOST_PUSHED};

/* ---- the loop ------------------------------------------------------------------------------- */

static int direct_fd(const struct osm_back_end *back_end)
{
    return uv_backend_fd(&((const struct direct *)back_end)->loop);
}

static short direct_events(const struct osm_back_end *back_end)
{
    (void)back_end;
    return POLLIN;
}

/* libuv tells the kernel of a new watcher only when it is about to wait: until the loop has run
 * once more, its descriptor does not stand for that one. */
static bool has_new_watchers(const uv_loop_t *loop)
{
    const void *queue = &loop->watcher_queue;

    return *(void *const *)queue != queue;
}

static int direct_timeout(struct osm_back_end *back_end)
{
    struct direct *direct = osm_container_of(back_end, struct direct, base);

    if (direct->lines.length || direct->waiting.length || has_new_watchers(&direct->loop) ||
        osm_ua_is_due(direct->ua))
        return 0;
    uv_update_time(&direct->loop);
    return uv_backend_timeout(&direct->loop);
}

/* Told from a buffer of their own: who is told may send. */
static void tell_lines(struct direct *direct)
{
    struct osm_buf lines = direct->lines;
    char *at = lines.data, *end;

    osm_buf_init(&direct->lines);
    for (size_t left = lines.length; left && (end = memchr(at, '\n', left)); at = end + 1) {
        *end = '\0';
        left -= (size_t)(end + 1 - at);
        direct->base.user->line(direct->base.user, at, (size_t)(end - at));
    }
    osm_buf_deinit(&lines);
}

static bool direct_process(struct osm_back_end *back_end, struct opcua_error *error)
{
    struct direct *direct = osm_container_of(back_end, struct direct, base);
    struct turn turn;

    (void)error;
    turn_begin(direct, &turn);
    (void)uv_run(&direct->loop, UV_RUN_NOWAIT);
    sweep(direct);
    turn_end(direct, &turn);
    dispatch_waiting(direct);
    tell_lines(direct);
    turn_begin(direct, &turn);
    if (direct->channel.users && has_room(&direct->channel))
        osm_push_tell_room(&direct->channel);
    turn_end(direct, &turn);
    return true;
}

/* ---- life ----------------------------------------------------------------------------------- */

static void on_sessions_closed(void *context)
{
    struct direct *direct = context;

    direct->sessions_closed = true;
}

static void on_ua_gone(void *context)
{
    struct direct *direct = context;

    direct->ua = NULL;
}

static void direct_free(struct osm_back_end *back_end)
{
    struct direct *direct = osm_container_of(back_end, struct direct, base);
    struct turn turn;

    turn_begin(direct, &turn);
    osm_push_tell_gone(&direct->channel);
    osm_manager_shutdown(direct->manager, 0, END_LIMIT, on_sessions_closed, direct);
    while (!direct->sessions_closed)
        (void)uv_run(&direct->loop, UV_RUN_ONCE);
    direct->manager = osm_manager_free(direct->manager);
    osm_ua_free(direct->ua, on_ua_gone, direct);
    (void)uv_run(&direct->loop, UV_RUN_DEFAULT);
    osm_assert(!direct->ua);
    sweep(direct);
    osm_assert(!direct->requests);
    if (uv_loop_close(&direct->loop) < 0)
        osm_assert(!"somebody has forgotten a handle");
    turn_end(direct, &turn);
    osm_buf_deinit_secret(&direct->waiting);
    osm_buf_deinit(&direct->lines);
    free(direct);
}

static const struct osm_back_end_ops direct_ops = {
    .send = direct_send,
    .fd = direct_fd,
    .events = direct_events,
    .timeout = direct_timeout,
    .process = direct_process,
    .free = direct_free,
};

struct osm_back_end *osm_direct_new(const struct osm_direct_options *options,
                                    struct osm_back_end_user *user, struct opcua_error *error)
{
    /* Sessions end with their client, not by lack of use. */
    static const struct osm_manager_config config = {
        .session_timeout = INT64_C(1000000000000),
        .cleanup_interval = 3600,
        .cache = {.kind = OSM_CACHE_IN_MEMORY, .ttl = 300},
    };
    struct direct *direct = osm_alloc(sizeof(*direct));
    struct turn turn;
    int r;

    direct->base = (struct osm_back_end){&direct_ops, user};
    direct->channel.ops = &push_ops;
    direct->log.write = options->logs ? on_log : NULL;
    direct->log.threshold =
        (enum osm_log_level)(OSM_LOG_EMERGENCY - OSM_MIN(options->log_severity, 7));
    r = uv_loop_init(&direct->loop);
    if (r < 0) {
        free(direct);
        osm_failure(error, OPCUA_SOURCE_HERE, "RuntimeException", NULL, "Cannot make a loop: %s",
                    uv_strerror(r));
        return NULL;
    }
    turn_begin(direct, &turn);
    osm_io_loop_init_threadless(&direct->io, &direct->loop);
    direct->ua = osm_ua_new(&direct->io, &osm_names_here, options->state_dir);
    direct->manager = osm_manager_new(&config, &direct->io.loop, osm_ua_ops(), direct->ua);
    turn_end(direct, &turn);
    return &direct->base;
}
