/* SPDX-License-Identifier: MIT */
/* Automatic publishing: when to ask, what to do with answers; see publish_engine.h. */
#include "core/subscription/publish_engine.h"

#include <open62541/types_generated_handling.h>
#include <utlist.h>

#include "core/subscription/auto_publish.h"
#include "core/subscription/publish.h"
#include "core/subscription/publish_repair.h"
#include "core/subscription/publish_request.h"
#include "port/status_code.h"
#include "util/alloc.h"
#include "util/log.h"

/* A Publish the server refuses after so long has only been waiting: no reason to pause. */
#define OSM_PUBLISH_LONG_MS 60000
/* A subscription that is silent for so many keep-alive times is looked after. */
#define OSM_PUBLISH_SILENCE 3

static struct osm_publish_engine *engine_of(struct osm_session *session)
{
    return &session->publisher.engine;
}

/* --- the switch ---------------------------------------------------------------------------- */

bool osm_session_is_publishing(const struct osm_session *session)
{
    return osm_session_auto_publishes(session) && session->subscriptions.by_id;
}

/* --- states -------------------------------------------------------------------------------- */

enum event { NEED, NO_NEED, GOOD, ERROR, DUE, LOST, ONLINE, EVENT_COUNT };

const char *osm_publish_state_name(enum osm_publish_state state)
{
    static const char *const names[] = {
#define X(id, name) name,
        OSM_PUBLISH_STATES(X)
#undef X
    };

    osm_assert(state < OSM_PUBLISH_STATE_COUNT_);
    return names[state];
}

static enum osm_publish_state state_after(enum osm_publish_state state, enum event event)
{
    enum {
        IDLE = OSM_PUBLISH_IDLE,
        RUN = OSM_PUBLISH_RUNNING,
        PAUSE = OSM_PUBLISH_PAUSED,
        OFF = OSM_PUBLISH_OFFLINE
    };
    static const unsigned char table[OSM_PUBLISH_STATE_COUNT_][EVENT_COUNT] = {
        /*                    NEED  NO_NEED GOOD  ERROR DUE   LOST ONLINE */
        [OSM_PUBLISH_IDLE] = {RUN, IDLE, IDLE, IDLE, IDLE, OFF, IDLE},
        [OSM_PUBLISH_RUNNING] = {RUN, IDLE, RUN, PAUSE, RUN, OFF, RUN},
        [OSM_PUBLISH_PAUSED] = {PAUSE, IDLE, RUN, PAUSE, RUN, OFF, PAUSE},
        [OSM_PUBLISH_OFFLINE] = {OFF, OFF, OFF, OFF, OFF, OFF, IDLE},
    };

    return table[state][event];
}

/* The one function that changes the state. */
static void happen(struct osm_session *session, enum event event)
{
    struct osm_publish_engine *engine = engine_of(session);
    enum osm_publish_state old = engine->state;

    engine->state = state_after(old, event);
    if (engine->state == old)
        return;
    osm_log_debug("Session %s: publishing %s -> %s", session->id, osm_publish_state_name(old),
                  osm_publish_state_name(engine->state));
    if (engine->state == OSM_PUBLISH_RUNNING && !engine->announced)
        osm_log_info("Auto-publish started for session %s", session->id);
    if (event == NO_NEED && engine->announced)
        osm_log_info("Auto-publish stopped for session %s", session->id);
    engine->announced = event == NEED || (engine->announced && event != NO_NEED);
}

/* --- asking -------------------------------------------------------------------------------- */

/* How many requests should be outstanding. */
static unsigned need(const struct osm_session *session)
{
    const struct osm_subscription *subscription;
    unsigned limit = session->publisher.engine.limit, count = 0;

    if (session->state != OSM_SESSION_ACTIVE || !osm_session_auto_publishes(session))
        return 0;
    for (subscription = session->subscriptions.by_id; subscription && count < OSM_PUBLISH_MOST;
         subscription = subscription->hh.next)
        count += !subscription->track.gone;
    if (!count)
        return 0;
    return OSM_MIN(OSM_MIN(count + 1, OSM_PUBLISH_MOST), limit ? limit : OSM_PUBLISH_MOST);
}

static osm_msec silence(const struct osm_session *session,
                        const struct osm_subscription *subscription)
{
    double quiet = subscription->revised_interval * subscription->revised_keep_alive;

    if (subscription->adopted || subscription->track.gone || quiet > 1e12)
        return OSM_MSEC_NEVER;
    return (osm_msec)quiet * OSM_PUBLISH_SILENCE + osm_session_timeout(session);
}

/* When the subscription will have been silent for too long. */
static osm_msec silent_at(const struct osm_session *session,
                          const struct osm_subscription *subscription)
{
    osm_msec limit = silence(session, subscription);

    return limit == OSM_MSEC_NEVER ? limit : subscription->track.heard + limit;
}

void osm_publish_engine_go(struct osm_session *session)
{
    struct osm_publisher *publisher = &session->publisher;
    unsigned wanted;

    if (session->state == OSM_SESSION_CLOSING)
        return;
    if (session->state == OSM_SESSION_ACTIVE && publisher->engine.state == OSM_PUBLISH_OFFLINE) {
        happen(session, ONLINE);
        osm_publish_settle_all(session);
    }
    if (osm_session_is_publishing(session))
        osm_publish_hand_over(session);
    wanted = need(session);
    happen(session, wanted ? NEED : NO_NEED);
    if (publisher->engine.state != OSM_PUBLISH_RUNNING)
        return;
    while (publisher->outstanding_count < wanted && osm_publish_send(session))
        ;
}

/* --- answers ------------------------------------------------------------------------------- */

void osm_publish_engine_answer(struct osm_session *session, UA_PublishResponse *response)
{
    struct osm_publish_engine *engine = engine_of(session);

    engine->counters.responses++;
    engine->last_publish = osm_session_wall(session);
    engine->failures = 0;
    osm_session_touch(session);
    osm_publish_take_in(session, response);
    happen(session, GOOD);
    osm_publish_engine_go(session);
}

/* --- refusals ------------------------------------------------------------------------------ */

static void pause(struct osm_session *session, UA_StatusCode status)
{
    static const osm_msec seconds[] = {1, 2, 5, 10, 20, 30, 60};
    struct osm_publish_engine *engine = engine_of(session);
    size_t step = OSM_MIN(engine->failures, OSM_ARRAY_SIZE(seconds) - 1);

    if (engine->state != OSM_PUBLISH_RUNNING)
        return; /* the pause has begun */
    engine->failures++;
    engine->retry_at = osm_session_now(session) + seconds[step] * 1000;
    osm_log_warning("Auto-publish error for session %s (%u/unlimited): %s, trying again in %d s",
                    session->id, engine->failures, UA_StatusCode_name(status), (int)seconds[step]);
    happen(session, ERROR);
    osm_session_arm(session, engine->retry_at);
}

/* The server wants fewer requests: remembered as long as the session lives. */
static void too_many(struct osm_session *session)
{
    struct osm_publisher *publisher = &session->publisher;

    publisher->engine.limit = publisher->outstanding_count;
    osm_log_info("Session %s: the server takes no more than %u Publish requests at a time",
                 session->id, publisher->outstanding_count);
}

static void all_gone(struct osm_session *session)
{
    struct osm_subscription *subscription, *next;

    HASH_ITER (hh, session->subscriptions.by_id, subscription, next)
        osm_publish_gone(session, subscription, "the server knows none of this session");
}

void osm_publish_engine_fault(struct osm_session *session, const struct osm_publish_request *call,
                              UA_StatusCode status)
{
    struct osm_publish_engine *engine = engine_of(session);

    engine->counters.errors++;
    if (status == UA_STATUSCODE_BADTOOMANYPUBLISHREQUESTS && session->publisher.outstanding_count)
        too_many(session);
    else if (status != UA_STATUSCODE_BADNOSUBSCRIPTION &&
             status != UA_STATUSCODE_BADSUBSCRIPTIONIDINVALID &&
             (status != UA_STATUSCODE_BADTIMEOUT ||
              osm_session_now(session) - call->sent_at < OSM_PUBLISH_LONG_MS))
        pause(session, status);
    else if (status != UA_STATUSCODE_BADTIMEOUT && call->epoch == engine->epoch)
        all_gone(session);
    osm_publish_engine_go(session);
}

/* --- told by others ------------------------------------------------------------------------ */

static void watch_silence(struct osm_session *session, struct osm_subscription *subscription)
{
    osm_msec at;

    subscription->track.heard = osm_session_now(session);
    at = silent_at(session, subscription);
    if (at != OSM_MSEC_NEVER)
        osm_session_arm(session, at);
}

void osm_publish_engine_subscribed(struct osm_session *session,
                                   struct osm_subscription *subscription)
{
    engine_of(session)->epoch++;
    subscription->track.asked = 0;
    watch_silence(session, subscription);
    osm_publish_unpark(session, subscription->server_id);
    osm_publish_engine_go(session);
}

void osm_publish_engine_forget(struct osm_session *session,
                               const struct osm_subscription *subscription)
{
    engine_of(session)->epoch++;
    osm_publish_asks_forget(session, subscription);
    osm_acks_forget(&session->publisher.acks, subscription->id);
    osm_publish_forget(&session->publisher, subscription->server_id);
}

void osm_publish_engine_resumed(struct osm_session *session)
{
    struct osm_subscription *subscription;

    if (!engine_of(session)->counters.requests)
        return; /* nothing was on its way */
    for (subscription = session->subscriptions.by_id; subscription;
         subscription = subscription->hh.next) {
        subscription->track.heard = osm_session_now(session);
        if (!subscription->track.gone)
            osm_sequence_catch_up(&subscription->track);
    }
    osm_publish_settle_all(session);
}

void osm_publish_engine_transferred(struct osm_session *session,
                                    struct osm_subscription *subscription, const uint32_t *numbers,
                                    size_t size)
{
    engine_of(session)->epoch++;
    subscription->track.asked = 0;
    subscription->track.gone = false;
    watch_silence(session, subscription);
    osm_sequence_transferred(&subscription->track, numbers, size);
    osm_publish_settle(session, subscription);
}

void osm_publish_engine_recreated(struct osm_session *session,
                                  struct osm_subscription *subscription, const char *reason)
{
    uint32_t expected = subscription->track.expected;

    engine_of(session)->epoch++;
    osm_publish_asks_forget(session, subscription);
    osm_acks_forget(&session->publisher.acks, subscription->id);
    if (!osm_publish_drain(session, subscription))
        return;
    osm_sequence_begin(&subscription->track);
    osm_log_warning("Session %s: subscription %u begins anew (%s): what happened after message %u "
                    "of the old one may be lost",
                    session->id, subscription->id, reason, expected ? expected - 1 : 0);
    osm_observe(&session->observer, notifications_lost, subscription->id, expected, 0,
                OSM_OBSERVED_UNKNOWN, reason);
    watch_silence(session, subscription);
    osm_publish_unpark(session, subscription->server_id);
}

/* --- for the session ----------------------------------------------------------------------- */

void osm_publish_engine_lost(struct osm_session *session, const struct osm_fault *fault)
{
    struct osm_publish_engine *engine = engine_of(session);

    osm_publish_parked_clear(session); /* never acknowledged: it can be had again */
    if (engine->announced)
        osm_log_warning("Auto-publish connection error for session %s: %s", session->id,
                        fault->message);
    happen(session, LOST);
}

/* A subscription that says nothing may be gone, or its messages may have been lost: asking for
 * the next one tells. */
static osm_msec silence_tick(struct osm_session *session, osm_msec now)
{
    struct osm_subscription *subscription, *after;
    osm_msec next = OSM_MSEC_NEVER;

    HASH_ITER (hh, session->subscriptions.by_id, subscription, after) {
        osm_msec at = silent_at(session, subscription);

        if (at != OSM_MSEC_NEVER && now >= at) {
            osm_log_warning("Session %s: subscription %u has not been heard of for %lld s",
                            session->id, subscription->id,
                            (long long)(now - subscription->track.heard) / 1000);
            subscription->track.heard = now;
            at = silent_at(session, subscription);
            osm_sequence_catch_up(&subscription->track);
            osm_publish_settle(session, subscription);
        }
        next = OSM_MIN(next, at);
    }
    return next;
}

osm_msec osm_publish_engine_tick(struct osm_session *session, osm_msec now)
{
    struct osm_publish_engine *engine = engine_of(session);
    osm_msec next = osm_publish_parked_tick(session, now);

    if (session->state != OSM_SESSION_ACTIVE)
        return next;
    next = OSM_MIN(next, osm_publish_asks_tick(session, now));
    if (engine->state == OSM_PUBLISH_PAUSED && now >= engine->retry_at) {
        happen(session, DUE);
        osm_publish_engine_go(session);
    }
    if (engine->state == OSM_PUBLISH_PAUSED)
        next = OSM_MIN(next, engine->retry_at);
    if (engine->state == OSM_PUBLISH_RUNNING)
        next = OSM_MIN(next, silence_tick(session, now));
    return next;
}

void osm_publish_engine_stop(struct osm_session *session)
{
    osm_publish_requests_stop(session);
    osm_publish_asks_stop(session);
    osm_publish_parked_clear(session);
    happen(session, NO_NEED);
}

void osm_publish_engine_clear(struct osm_session *session)
{
    osm_publish_requests_stop(session);
    osm_publish_asks_stop(session);
    osm_publish_parked_clear(session);
}
