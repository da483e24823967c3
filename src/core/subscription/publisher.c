/* SPDX-License-Identifier: MIT */
/* When to ask, what to do with answers; see publisher.h. */
#include "core/subscription/publisher_internal.h"

#include <math.h>

#include <open62541/types_generated_handling.h>
#include <utlist.h>

#include "port/status_code.h"
#include "util/alloc.h"
#include "util/log.h"

/* A Publish the server refuses after so long has only been waiting: no reason to pause. */
#define OSM_PUBLISH_LONG_MS 60000
/* A subscription that is silent for so many keep-alive times is looked after. */
#define OSM_PUBLISH_SILENCE 3

static struct osm_publish_engine *engine_of(struct osm_publisher *publisher)
{
    return &publisher->engine;
}

/* --- life ---------------------------------------------------------------------------------- */

struct osm_publisher *osm_publisher_new(const struct osm_publisher_setup *setup)
{
    struct osm_publisher *publisher = osm_alloc(sizeof(*publisher));

    publisher->id = setup->id;
    publisher->link = setup->link;
    publisher->all = setup->subscriptions;
    publisher->observer = setup->observer;
    publisher->owner = setup->owner;
    publisher->context = setup->context;
    publisher->on_for_all = setup->on_for_all;
    return publisher;
}

struct osm_publisher *osm_publisher_free(struct osm_publisher *publisher)
{
    if (!publisher)
        return NULL;
    osm_publish_large_forget(publisher, NULL);
    osm_publish_tellings_stop(publisher, NULL);
    osm_publish_requests_stop(publisher);
    osm_publish_asks_stop(publisher);
    osm_publish_parked_clear(publisher);
    osm_publish_kept_clear(publisher);
    osm_publish_endings_stop(publisher, NULL);
    osm_acks_clear(&publisher->acks);
    free(publisher);
    return NULL;
}

void osm_publish_counters_add(struct osm_publish_counters *sum,
                              const struct osm_publish_counters *more)
{
    uint64_t *to = (uint64_t *)sum;
    const uint64_t *from = (const uint64_t *)more;

    for (size_t i = 0; i < sizeof(*sum) / sizeof(*to); i++)
        to[i] += from[i];
}

struct osm_publisher_status osm_publisher_status(const struct osm_publisher *publisher)
{
    return (struct osm_publisher_status){
        .automatic = osm_publisher_is_on(publisher),
        .state = publisher->engine.state,
        .last = publisher->engine.last_publish,
        .outstanding = publisher->outstanding_count,
        .most_outstanding = publisher->engine.limit,
        .acks_waiting = publisher->acks.ready_size,
        .acks_withheld = publisher->acks.withheld_size,
        .acks_dropped = publisher->acks.dropped,
        .withheld_dropped = publisher->acks.withheld_dropped,
        .waiting_bytes = publisher->all->budget ? publisher->all->budget->bytes : 0,
        .counters = publisher->engine.counters};
}

/* --- the switch ---------------------------------------------------------------------------- */

void osm_publisher_switch_on(struct osm_publisher *publisher)
{
    publisher->on = true;
    osm_publisher_go(publisher);
}

bool osm_publisher_is_on(const struct osm_publisher *publisher)
{
    return publisher->on || *publisher->on_for_all;
}

bool osm_publisher_is_publishing(const struct osm_publisher *publisher)
{
    return publisher && osm_publisher_is_on(publisher) && publisher->all->by_id;
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
static void happen(struct osm_publisher *publisher, enum event event)
{
    struct osm_publish_engine *engine = engine_of(publisher);
    enum osm_publish_state old = engine->state;

    engine->state = state_after(old, event);
    if (engine->state == old)
        return;
    osm_log_debug("Session %s: publishing %s -> %s", publisher->id, osm_publish_state_name(old),
                  osm_publish_state_name(engine->state));
    if (engine->state == OSM_PUBLISH_RUNNING && !engine->announced)
        osm_log_info("Auto-publish started for session %s", publisher->id);
    if (event == NO_NEED && engine->announced)
        osm_log_info("Auto-publish stopped for session %s", publisher->id);
    engine->announced = event == NEED || (engine->announced && event != NO_NEED);
}

/* --- asking -------------------------------------------------------------------------------- */

/* How many requests should be outstanding. */
static unsigned need(const struct osm_publisher *publisher)
{
    const struct osm_subscription *subscription;
    unsigned limit = publisher->engine.limit, count = 0;

    if (publisher->link->state != OSM_LINK_UP || !osm_publisher_is_on(publisher))
        return 0;
    for (subscription = publisher->all->by_id; subscription && count < OSM_PUBLISH_MOST;
         subscription = subscription->hh.next)
        count += !subscription->track.gone;
    if (!count)
        return 0;
    return OSM_MIN(OSM_MIN(count + 1, OSM_PUBLISH_MOST), limit ? limit : OSM_PUBLISH_MOST);
}

static osm_msec silence(const struct osm_publisher *publisher,
                        const struct osm_subscription *subscription)
{
    double quiet = subscription->revised_interval * subscription->revised_keep_alive;

    if (subscription->adopted || subscription->track.gone || quiet > 1e12)
        return OSM_MSEC_NEVER;
    return (osm_msec)quiet * OSM_PUBLISH_SILENCE + publisher->link->timeout;
}

/* When the subscription will have been silent for too long. */
static osm_msec silent_at(const struct osm_publisher *publisher,
                          const struct osm_subscription *subscription)
{
    osm_msec limit = silence(publisher, subscription);

    return limit == OSM_MSEC_NEVER ? limit : subscription->track.heard + limit;
}

void osm_publisher_go(struct osm_publisher *publisher)
{
    unsigned wanted;

    if (!publisher || publisher->link->state == OSM_LINK_CLOSING)
        return;
    if (publisher->link->state == OSM_LINK_UP && publisher->engine.state == OSM_PUBLISH_OFFLINE) {
        happen(publisher, ONLINE);
        osm_publish_settle_all(publisher);
    }
    if (osm_publisher_is_publishing(publisher)) { /* what is kept for callers becomes events */
        osm_publish_refuse_all(publisher);
        osm_publish_tell_kept(publisher);
    } else {
        osm_publish_serve(publisher);
    }
    wanted = need(publisher);
    happen(publisher, wanted ? NEED : NO_NEED);
    if (publisher->engine.state != OSM_PUBLISH_RUNNING)
        return;
    while (publisher->outstanding_count < wanted && !osm_publish_is_full(publisher) &&
           osm_publish_send(publisher))
        ;
}

/* --- answers ------------------------------------------------------------------------------- */

void osm_publisher_answer(struct osm_publisher *publisher, UA_PublishResponse *response)
{
    struct osm_publish_engine *engine = engine_of(publisher);

    engine->counters.responses++;
    engine->last_publish = osm_link_wall(publisher->link);
    engine->failures = 0;
    engine->refusal = UA_STATUSCODE_GOOD;
    publisher->owner->heard(publisher->context);
    osm_publish_take_in(publisher, response);
    happen(publisher, GOOD);
    osm_publisher_go(publisher);
    publisher->owner->health(publisher->context);
}

/* --- refusals ------------------------------------------------------------------------------ */

static void pause(struct osm_publisher *publisher, const struct osm_ua_result *result)
{
    static const osm_msec seconds[] = {1, 2, 5, 10, 20, 30, 60};
    struct osm_publish_engine *engine = engine_of(publisher);
    size_t step = OSM_MIN(engine->failures, OSM_ARRAY_SIZE(seconds) - 1);

    if (engine->state != OSM_PUBLISH_RUNNING)
        return; /* the pause has begun */
    engine->failures++;
    engine->retry_at = osm_link_now(publisher->link) + seconds[step] * 1000;
    osm_log_warning("Auto-publish error for session %s (%u/unlimited): %s, trying again in %d s",
                    publisher->id, engine->failures,
                    result->fault ? result->fault->message
                                  : UA_StatusCode_name(result->service_result),
                    (int)seconds[step]);
    happen(publisher, ERROR);
    osm_link_arm(publisher->link, engine->retry_at);
}

/* The server wants fewer requests: remembered as long as the session lives. */
static void too_many(struct osm_publisher *publisher)
{
    publisher->engine.limit = publisher->outstanding_count;
    osm_log_info("Session %s: the server takes no more than %u Publish requests at a time",
                 publisher->id, publisher->outstanding_count);
}

static void all_gone(struct osm_publisher *publisher)
{
    size_t size;
    _cleanup_(osm_freep) uint32_t *ids = osm_subscriptions_ids(publisher->all, &size);

    for (size_t i = 0; i < size; i++) {
        struct osm_subscription *subscription = osm_subscription_find(publisher->all, ids[i]);

        if (subscription)
            osm_publisher_gone(publisher, subscription, "the server knows none of this session");
    }
}

/* A server that wants fewer requests, or has let one wait in vain, still answers others; one that
 * leaves none refuses them all. */
static void note_refusal(struct osm_publisher *publisher, const struct osm_ua_result *result)
{
    UA_StatusCode status = result->service_result;
    bool lasts =
        status == UA_STATUSCODE_BADTOOMANYPUBLISHREQUESTS
            ? !publisher->outstanding_count
            : status != UA_STATUSCODE_BADTIMEOUT || publisher->engine.state == OSM_PUBLISH_PAUSED;

    if (!lasts)
        return;
    publisher->engine.refusal = status;
    publisher->engine.unreadable = result->fault != NULL;
}

void osm_publisher_fault(struct osm_publisher *publisher, const struct osm_publish_request *call,
                         const struct osm_ua_result *result)
{
    struct osm_publish_engine *engine = engine_of(publisher);
    UA_StatusCode status = result->service_result;
    bool none = status == UA_STATUSCODE_BADNOSUBSCRIPTION ||
                status == UA_STATUSCODE_BADSUBSCRIPTIONIDINVALID;
    bool outdated = none && call->epoch != engine->epoch;

    engine->counters.errors++;
    if (status == UA_STATUSCODE_BADTOOMANYPUBLISHREQUESTS && publisher->outstanding_count)
        too_many(publisher);
    else if (!none && (status != UA_STATUSCODE_BADTIMEOUT ||
                       osm_link_now(publisher->link) - call->sent_at < OSM_PUBLISH_LONG_MS))
        pause(publisher, result);
    else if (none && !outdated)
        all_gone(publisher);
    if (!outdated)
        note_refusal(publisher, result);
    osm_publisher_go(publisher);
    publisher->owner->health(publisher->context);
}

const char *osm_publisher_ailment(const struct osm_publisher *publisher, struct osm_arena *arena)
{
    const struct osm_publish_engine *engine;
    const struct osm_subscription *subscription, *next;

    if (!osm_publisher_is_publishing(publisher))
        return NULL;
    engine = &publisher->engine;
    if (engine->refusal != UA_STATUSCODE_GOOD)
        return osm_arena_printf(arena, "%s: %s",
                                engine->unreadable ? "The server's answer to Publish is of no use"
                                                   : "The server refuses Publish",
                                UA_StatusCode_name(engine->refusal));
    HASH_ITER (hh, publisher->all->by_id, subscription, next)
        if (subscription->silent_since) /* no running time: another text is news (health.c) */
            return osm_arena_printf(
                arena,
                "Neither values nor keep-alives of subscription %u come, one is due each %.0f s",
                subscription->id,
                ceil(subscription->revised_interval * subscription->revised_keep_alive / 1000.0));
    return NULL;
}

/* --- told by others ------------------------------------------------------------------------ */

void osm_publish_watch_silence(struct osm_publisher *publisher,
                               struct osm_subscription *subscription)
{
    osm_msec at;

    subscription->track.heard = osm_link_now(publisher->link);
    subscription->silent_since = 0;
    at = silent_at(publisher, subscription);
    if (at != OSM_MSEC_NEVER)
        osm_link_arm(publisher->link, at);
}

void osm_publisher_subscribed(struct osm_publisher *publisher,
                              struct osm_subscription *subscription)
{
    engine_of(publisher)->epoch++;
    subscription->track.asked = 0;
    osm_publish_watch_silence(publisher, subscription);
    osm_publish_unpark(publisher, subscription->server_id);
    osm_publisher_go(publisher);
}

void osm_publisher_deleting(struct osm_publisher *publisher)
{
    engine_of(publisher)->epoch++;
}

void osm_publisher_forget(struct osm_publisher *publisher,
                          const struct osm_subscription *subscription)
{
    engine_of(publisher)->epoch++;
    osm_publish_tellings_stop(publisher, subscription);
    osm_publish_endings_stop(publisher, subscription);
    osm_publish_asks_forget(publisher, subscription);
    osm_acks_forget(&publisher->acks, subscription->id);
    osm_publish_forget(publisher, subscription->server_id);
}

void osm_publisher_release_acks(struct osm_publisher *publisher, uint64_t until)
{
    osm_acks_release(&publisher->acks, until);
}

void osm_publisher_resumed(struct osm_publisher *publisher)
{
    struct osm_subscription *subscription;

    if (!publisher || !engine_of(publisher)->counters.requests)
        return; /* nothing was on its way */
    for (subscription = publisher->all->by_id; subscription; subscription = subscription->hh.next) {
        subscription->track.heard = osm_link_now(publisher->link);
        subscription->silent_since = 0;
        if (!subscription->track.gone && !osm_publish_is_ending(publisher, subscription))
            osm_sequence_catch_up(&subscription->track);
    }
    osm_publish_settle_all(publisher);
}

void osm_publisher_transferred(struct osm_publisher *publisher,
                               struct osm_subscription *subscription, const uint32_t *numbers,
                               size_t size)
{
    engine_of(publisher)->epoch++;
    subscription->track.asked = 0;
    subscription->track.gone = false;
    osm_publish_watch_silence(publisher, subscription);
    if (!osm_publish_is_ending(publisher, subscription))
        osm_sequence_transferred(&subscription->track, numbers, size);
    osm_publish_settle(publisher, subscription);
}

/* --- for the session ----------------------------------------------------------------------- */

void osm_publisher_lost(struct osm_publisher *publisher, const struct osm_fault *fault)
{
    struct osm_publish_engine *engine;

    if (!publisher)
        return;
    engine = engine_of(publisher);
    osm_publish_large_lost(publisher);
    osm_publish_parked_clear(publisher); /* never acknowledged: it can be had again */
    if (engine->announced)
        osm_log_warning("Auto-publish connection error for session %s: %s", publisher->id,
                        fault->message);
    happen(publisher, LOST);
}

/* A subscription that says nothing may be gone, or its messages may have been lost: asking for
 * the next one tells. */
static osm_msec silence_tick(struct osm_publisher *publisher, osm_msec now)
{
    size_t size;
    _cleanup_(osm_freep) uint32_t *ids = osm_subscriptions_ids(publisher->all, &size);
    osm_msec next = OSM_MSEC_NEVER;

    for (size_t i = 0; i < size; i++) {
        struct osm_subscription *subscription = osm_subscription_find(publisher->all, ids[i]);
        osm_msec at = subscription ? silent_at(publisher, subscription) : OSM_MSEC_NEVER;

        if (at != OSM_MSEC_NEVER && now >= at) {
            osm_log_warning("Session %s: subscription %u has not been heard of for %lld s",
                            publisher->id, subscription->id,
                            (long long)(now - subscription->track.heard) / 1000);
            if (!subscription->silent_since)
                subscription->silent_since = subscription->track.heard;
            subscription->track.heard = now;
            at = silent_at(publisher, subscription);
            osm_sequence_catch_up(&subscription->track);
            osm_publish_settle(publisher, subscription);
        }
        next = OSM_MIN(next, at);
    }
    return next;
}

osm_msec osm_publisher_tick(struct osm_publisher *publisher, osm_msec now)
{
    struct osm_publish_engine *engine;
    osm_msec next;

    if (!publisher)
        return OSM_MSEC_NEVER;
    engine = engine_of(publisher);
    next = osm_publish_parked_tick(publisher, now);
    osm_publish_refreshed(publisher);
    if (publisher->link->state != OSM_LINK_UP)
        return next;
    next = OSM_MIN(next, osm_publish_asks_tick(publisher, now));
    if (engine->state == OSM_PUBLISH_PAUSED && now >= engine->retry_at) {
        happen(publisher, DUE);
        osm_publisher_go(publisher);
    }
    if (engine->state == OSM_PUBLISH_PAUSED)
        next = OSM_MIN(next, engine->retry_at);
    if (engine->state == OSM_PUBLISH_RUNNING)
        next = OSM_MIN(next, silence_tick(publisher, now));
    return next;
}

void osm_publisher_stop(struct osm_publisher *publisher)
{
    if (!publisher)
        return;
    osm_publish_large_forget(publisher, NULL);
    osm_publish_tellings_stop(publisher, NULL);
    osm_publish_requests_stop(publisher);
    osm_publish_asks_stop(publisher);
    osm_publish_parked_clear(publisher);
    happen(publisher, NO_NEED);
}
