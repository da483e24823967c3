/* SPDX-License-Identifier: MIT */
/*
 * The library's event loop, on libuv. open62541 only ever registers timers and delayed callbacks
 * here; sockets go through tcp.c. Nothing in this file waits: el->run(), which the library calls
 * when it wants to block until something happens, tells it of the connections that have closed
 * and refuses, so that even UA_Client_delete returns at once in every state.
 *
 * Order within a turn of the loop: libuv reads → (check) deferred work → everything corked goes
 * out. Timers and close callbacks are followed by the same in `prepare`, before the loop sleeps.
 */
#include <utlist.h>

#include "rim/pki/own_cert.h"
#include "rim/ua/ua_internal.h"
#include "util/alloc.h"
#include "util/log.h"

/* The client's housekeeping only renews the channel (at 75 % of its life) and checks time-outs we
 * do not use. On an unsecured channel the life can be read (an hour, as a rule), and a long one
 * need not be looked at every second; on a secured one nobody but the library knows it, and it
 * may be seconds. A timer for each client would wake the process for every one of them: they
 * share one. */
#define OSM_HOUSEKEEPING_MS 1000
#define OSM_LONG_LIFE_MS 60000
#define OSM_LONG_LIFE_TURNS 5
#define OSM_LIBRARY_HOUSEKEEPING_MS 1000.0

struct cyclic {
    uv_timer_t *timer; /* NULL: it is in ua->housekeeping */
    struct cyclic *prev, *next;
    struct osm_ua *ua;
    UA_Callback callback;
    void *application;
    void *data;
};

static struct osm_ua *ua_of(UA_EventLoop *el)
{
    return osm_container_of(el, struct osm_ua, el);
}

void osm_ua_handle_closed(struct osm_ua *ua)
{
    osm_assert(ua->handles > 0);
    if (--ua->handles > 0 || !ua->done)
        return;
    ua->done(ua->done_context);
    osm_own_cert_free(ua->own_cert);
    osm_policy_set_free(ua->plain);
    free(ua->rx);
    free(ua->tx.data);
    free(ua);
}

/* --- deferred work ------------------------------------------------------------------------- */

void osm_ua_defer(struct osm_ua *ua, struct osm_ua_deferred *deferred)
{
    if (deferred->queued)
        return;
    deferred->queued = true;
    deferred->next = NULL;
    *ua->deferred_last = deferred;
    ua->deferred_last = &deferred->next;
}

void osm_ua_undefer(struct osm_ua *ua, struct osm_ua_deferred *deferred)
{
    struct osm_ua_deferred **link = &ua->deferred_first;

    if (!deferred->queued)
        return;
    while (*link != deferred)
        link = &(*link)->next;
    *link = deferred->next;
    if (ua->deferred_last == &deferred->next)
        ua->deferred_last = link;
    deferred->queued = false;
}

static void run_delayed(struct osm_ua *ua)
{
    UA_DelayedCallback *delayed = ua->delayed;

    ua->delayed = NULL;
    while (delayed) {
        UA_DelayedCallback *next = delayed->next;

        delayed->callback(delayed->application, delayed->context);
        delayed = next;
    }
}

static void run_first_deferred(struct osm_ua *ua)
{
    struct osm_ua_deferred *deferred = ua->deferred_first;

    if (!deferred)
        return;
    ua->deferred_first = deferred->next;
    if (!ua->deferred_first)
        ua->deferred_last = &ua->deferred_first;
    deferred->queued = false;
    deferred->run(deferred);
}

/* Everything that was put off during this turn, and what that puts off in its turn. */
static void end_of_turn(struct osm_ua *ua)
{
    while (ua->delayed || ua->closing || ua->deferred_first || ua->corked) {
        run_delayed(ua);
        osm_tcp_tell_closed(ua);
        run_first_deferred(ua);
        if (!ua->deferred_first)
            osm_tcp_flush_all(ua);
    }
}

static void on_prepare(uv_prepare_t *handle)
{
    end_of_turn(handle->data);
}

static void on_check(uv_check_t *handle)
{
    end_of_turn(handle->data);
}

/* --- what the library calls ---------------------------------------------------------------- */

static UA_StatusCode el_start(UA_EventLoop *el)
{
    return UA_STATUSCODE_GOOD;
}

static void el_stop(UA_EventLoop *el)
{
}

static UA_StatusCode el_run(UA_EventLoop *el, UA_UInt32 timeout)
{
    osm_tcp_tell_closed(ua_of(el));
    return UA_STATUSCODE_BADINVALIDSTATE;
}

static UA_StatusCode el_free(UA_EventLoop *el)
{
    return UA_STATUSCODE_GOOD;
}

static UA_DateTime el_now(UA_EventLoop *el)
{
    return UA_DateTime_now();
}

static UA_DateTime el_monotonic(UA_EventLoop *el)
{
    return UA_DateTime_nowMonotonic();
}

static UA_Int64 el_utc_offset(UA_EventLoop *el)
{
    return UA_DateTime_localTimeUtcOffset();
}

static UA_DateTime el_next_cyclic(UA_EventLoop *el)
{
    return UA_INT64_MAX;
}

static void call(const struct cyclic *cyclic)
{
    cyclic->callback(cyclic->application, cyclic->data);
}

static void cyclic_fire(uv_timer_t *timer)
{
    call(timer->data);
}

/* Its channel is known to live so long that a few seconds do not matter. */
static bool can_wait(const struct cyclic *cyclic)
{
    const struct osm_ua_conn *conn = osm_conn_of(cyclic->application);

    if (conn->secure && osm_secure_is_secured(conn->secure))
        return false;
    return conn->peek.channel_lifetime >= OSM_LONG_LIFE_MS;
}

/* A callback may remove any of them, itself too. */
static void housekeeping_fire(uv_timer_t *timer)
{
    struct osm_ua *ua = timer->data;

    bool everybody = ++ua->housekeeping_turn % OSM_LONG_LIFE_TURNS == 0;

    ua->housekeeping_next = ua->housekeeping;
    while (ua->housekeeping_next) {
        struct cyclic *cyclic = ua->housekeeping_next;

        ua->housekeeping_next = cyclic->next;
        if (everybody || !can_wait(cyclic))
            call(cyclic);
    }
}

static void join_housekeeping(struct cyclic *cyclic)
{
    struct osm_ua *ua = cyclic->ua;

    if (!ua->housekeeping)
        uv_timer_start(&ua->housekeeper, housekeeping_fire, OSM_HOUSEKEEPING_MS,
                       OSM_HOUSEKEEPING_MS);
    DL_APPEND(ua->housekeeping, cyclic);
}

static void leave_housekeeping(struct cyclic *cyclic)
{
    struct osm_ua *ua = cyclic->ua;

    if (ua->housekeeping_next == cyclic)
        ua->housekeeping_next = cyclic->next;
    DL_DELETE(ua->housekeeping, cyclic);
    if (!ua->housekeeping)
        uv_timer_stop(&ua->housekeeper);
}

static void timer_closed(uv_handle_t *handle)
{
    struct osm_ua *ua = handle->data;

    free(handle);
    osm_ua_handle_closed(ua);
}

static void close_timer(struct cyclic *cyclic)
{
    cyclic->timer->data = cyclic->ua;
    uv_close((uv_handle_t *)osm_steal(cyclic->timer), timer_closed);
}

/* A timer of its own: what the library does not ask for today. */
static void start_timer(struct cyclic *cyclic, UA_Double interval)
{
    uint64_t every = interval < 1.0 ? 1 : (uint64_t)interval;

    if (!cyclic->timer) {
        cyclic->timer = osm_alloc(sizeof(*cyclic->timer));
        uv_timer_init(cyclic->ua->loop, cyclic->timer);
        cyclic->ua->handles++;
        cyclic->timer->data = cyclic;
    }
    uv_timer_start(cyclic->timer, cyclic_fire, every, every);
}

static void stop(struct cyclic *cyclic)
{
    if (cyclic->timer)
        close_timer(cyclic);
    else
        leave_housekeeping(cyclic);
}

static void start(struct cyclic *cyclic, UA_Double interval)
{
    if (interval == OSM_LIBRARY_HOUSEKEEPING_MS)
        join_housekeeping(cyclic);
    else
        start_timer(cyclic, interval);
}

static UA_StatusCode el_add_cyclic(UA_EventLoop *el, UA_Callback callback, void *application,
                                   void *data, UA_Double interval, UA_DateTime *base,
                                   UA_TimerPolicy policy, UA_UInt64 *id)
{
    struct cyclic *cyclic = osm_alloc(sizeof(*cyclic));

    *cyclic = (struct cyclic){
        .ua = ua_of(el), .callback = callback, .application = application, .data = data};
    start(cyclic, interval);
    if (id)
        *id = (UA_UInt64)(uintptr_t)cyclic;
    return UA_STATUSCODE_GOOD;
}

static UA_StatusCode el_modify_cyclic(UA_EventLoop *el, UA_UInt64 id, UA_Double interval,
                                      UA_DateTime *base, UA_TimerPolicy policy)
{
    struct cyclic *cyclic = (struct cyclic *)(uintptr_t)id;

    if (!cyclic)
        return UA_STATUSCODE_BADNOTFOUND;
    stop(cyclic);
    start(cyclic, interval);
    return UA_STATUSCODE_GOOD;
}

static void el_remove_cyclic(UA_EventLoop *el, UA_UInt64 id)
{
    struct cyclic *cyclic = (struct cyclic *)(uintptr_t)id;

    if (!cyclic)
        return;
    stop(cyclic);
    free(cyclic);
}

/* The client has no one-shot timers; should a later release use one, it says so in the log. */
static UA_StatusCode el_add_timed(UA_EventLoop *el, UA_Callback callback, void *application,
                                  void *data, UA_DateTime date, UA_UInt64 *id)
{
    osm_log_error("open62541 asked for a one-shot timer, which this daemon does not offer");
    return UA_STATUSCODE_BADNOTSUPPORTED;
}

static void el_add_delayed(UA_EventLoop *el, UA_DelayedCallback *delayed)
{
    struct osm_ua *ua = ua_of(el);

    delayed->next = ua->delayed;
    ua->delayed = delayed;
}

static void el_remove_delayed(UA_EventLoop *el, UA_DelayedCallback *delayed)
{
    UA_DelayedCallback **link = &ua_of(el)->delayed;

    while (*link && *link != delayed)
        link = &(*link)->next;
    if (*link)
        *link = delayed->next;
}

static UA_StatusCode el_no_source(UA_EventLoop *el, UA_EventSource *source)
{
    return UA_STATUSCODE_BADNOTSUPPORTED;
}

void osm_ua_loop_init(struct osm_ua *ua)
{
    UA_EventLoop el = {
        .logger = &ua->logger,
        .state = UA_EVENTLOOPSTATE_STARTED,
        .start = el_start,
        .stop = el_stop,
        .run = el_run,
        .free = el_free,
        .dateTime_now = el_now,
        .dateTime_nowMonotonic = el_monotonic,
        .dateTime_localTimeUtcOffset = el_utc_offset,
        .nextCyclicTime = el_next_cyclic,
        .addCyclicCallback = el_add_cyclic,
        .modifyCyclicCallback = el_modify_cyclic,
        .removeCyclicCallback = el_remove_cyclic,
        .addTimedCallback = el_add_timed,
        .addDelayedCallback = el_add_delayed,
        .removeDelayedCallback = el_remove_delayed,
        .registerEventSource = el_no_source,
        .deregisterEventSource = el_no_source,
    };

    memcpy(&ua->el, &el, sizeof(el)); /* `state` is const for readers */
    ua->deferred_last = &ua->deferred_first;
    uv_prepare_init(ua->loop, &ua->prepare);
    uv_check_init(ua->loop, &ua->check);
    uv_timer_init(ua->loop, &ua->housekeeper);
    ua->prepare.data = ua;
    ua->check.data = ua;
    ua->housekeeper.data = ua;
    ua->handles += 3;
    uv_prepare_start(&ua->prepare, on_prepare);
    uv_check_start(&ua->check, on_check);
    uv_unref((uv_handle_t *)&ua->prepare);
    uv_unref((uv_handle_t *)&ua->check);
}

static void handle_closed(uv_handle_t *handle)
{
    osm_ua_handle_closed(handle->data);
}

void osm_ua_loop_close(struct osm_ua *ua)
{
    end_of_turn(ua);
    uv_close((uv_handle_t *)&ua->prepare, handle_closed);
    uv_close((uv_handle_t *)&ua->check, handle_closed);
    uv_close((uv_handle_t *)&ua->housekeeper, handle_closed);
}
