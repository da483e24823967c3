/* SPDX-License-Identifier: MIT */
/*
 * What good Publish responses bring to a session that publishes on its own account: each goes to
 * its subscription's track, or is parked until the subscription is known. CreateSubscription may
 * be answered later than the Publish that brings the first message.
 */
#include <open62541/types_generated_handling.h>
#include <utlist.h>

#include "core/subscription/notification.h"
#include "core/subscription/publisher_internal.h"
#include "port/service.h"
#include "port/status_code.h"
#include "util/alloc.h"
#include "util/log.h"

/* A response for a subscription we do not know (yet). */
struct osm_publish_parked {
    struct osm_publish_stored stored;
    osm_msec until;
    size_t bytes; /* it takes in the budget */
    struct osm_publish_parked *prev, *next;
};

static struct osm_publish_engine *engine_of(struct osm_publisher *publisher)
{
    return &publisher->engine;
}

/* --- responses for whom? ------------------------------------------------------------------- */

static void free_parked(struct osm_publisher *publisher, struct osm_publish_parked *parked)
{
    struct osm_publish_engine *engine = engine_of(publisher);

    osm_assert(engine->parked);
    DL_DELETE(engine->parked, parked);
    engine->parked_count--;
    osm_publish_budget_return(publisher->all->budget, parked->bytes);
    osm_publish_stored_clear(&parked->stored);
    free(parked);
}

static void park(struct osm_publisher *publisher, const UA_PublishResponse *response)
{
    struct osm_publish_engine *engine = engine_of(publisher);
    struct osm_publish_parked *parked = osm_alloc(sizeof(*parked));

    if (engine->parked_count == OSM_PUBLISH_PARKED)
        free_parked(publisher, engine->parked);
    osm_publish_store(&parked->stored, response, &publisher->arriving);
    parked->until = osm_link_now(publisher->link) + OSM_PUBLISH_PARKED_MS;
    parked->bytes = osm_publish_stored_bytes(&parked->stored);
    osm_publish_budget_take(publisher->all->budget, parked->bytes);
    DL_APPEND(engine->parked, parked);
    engine->parked_count++;
    engine->counters.parked++;
    osm_link_arm(publisher->link, parked->until);
}

static void discarded(void *context, const struct osm_ua_result *result)
{
    struct osm_publisher *publisher = context;

    osm_link_speaks(publisher->link);
    engine_of(publisher)->discard = NULL;
    if (result->outcome != OSM_UA_LOST && osm_status_code_is_loss(result->service_result))
        osm_link_drop_status(publisher->link, result->service_result);
}

/* Nobody has come to know the subscription: who asked for it had gone when it was made. On the
 * server it would go on for ever, as we publish. */
static void discard(struct osm_publisher *publisher, uint32_t server_id)
{
    struct osm_publish_engine *engine = engine_of(publisher);
    UA_DeleteSubscriptionsRequest request;

    if (engine->discard || publisher->link->state != OSM_LINK_UP ||
        osm_subscription_find_server(publisher->all, server_id))
        return;
    UA_DeleteSubscriptionsRequest_init(&request);
    request.subscriptionIds = &server_id;
    request.subscriptionIdsSize = 1;
    engine->discard = osm_link_call(publisher->link, &osm_service_delete_subscriptions, &request,
                                    publisher->link->timeout, discarded, publisher);
    engine->counters.discarded += engine->discard != NULL;
    osm_log_warning("Session %s: deleting subscription %u on the server, nobody here knows it",
                    publisher->id, server_id);
}

/* More has come of it since: it is not just the last words of one that was deleted. */
static bool goes_on(const struct osm_publish_engine *engine, uint32_t server_id, osm_msec now)
{
    const struct osm_publish_parked *parked;

    DL_FOREACH (engine->parked, parked)
        if (parked->stored.response->subscriptionId == server_id && parked->until > now)
            return true;
    return false;
}

osm_msec osm_publish_parked_tick(struct osm_publisher *publisher, osm_msec now)
{
    struct osm_publish_engine *engine = engine_of(publisher);

    while (engine->parked && now >= engine->parked->until) {
        uint32_t server_id = engine->parked->stored.response->subscriptionId;

        free_parked(publisher, engine->parked);
        if (goes_on(engine, server_id, now))
            discard(publisher, server_id);
    }
    return engine->parked ? engine->parked->until : OSM_MSEC_NEVER;
}

/* --- answers ------------------------------------------------------------------------------- */

/* A server that lists what it has is asked for nothing else when much is missing. */
static void note_gap(struct osm_publisher *publisher, struct osm_subscription *subscription,
                     const UA_PublishResponse *response)
{
    struct osm_sequence *track = &subscription->track;

    engine_of(publisher)->counters.gaps++;
    osm_log_warning("Session %s: subscription %u: message %u is missing, asking for it",
                    publisher->id, subscription->id, track->expected);
    osm_sequence_note_available(track, response->availableSequenceNumbers,
                                response->availableSequenceNumbersSize);
}

static void take_keep_alive(struct osm_publisher *publisher, struct osm_subscription *subscription,
                            UA_PublishResponse *response)
{
    struct osm_sequence *track = &subscription->track;
    bool was_complete = !osm_sequence_is_incomplete(track);

    engine_of(publisher)->counters.keep_alives++;
    if (!osm_sequence_keep_alive(track, response->notificationMessage.sequenceNumber) &&
        was_complete)
        note_gap(publisher, subscription, response);
    (void)osm_publish_deliver(publisher, subscription, response);
}

/* With notifications, in order or not. */
static void take_message(struct osm_publisher *publisher, struct osm_subscription *subscription,
                         UA_PublishResponse *response)
{
    uint32_t number = response->notificationMessage.sequenceNumber;
    struct osm_sequence *track = &subscription->track;
    bool was_complete = !osm_sequence_is_incomplete(track);

    if (number == 0) { /* a server that does not count */
        (void)osm_publish_deliver(publisher, subscription, response);
    } else if (!osm_sequence_take(track, response, &publisher->arriving)) {
        engine_of(publisher)->counters.duplicates++;
        osm_publish_acknowledge(publisher, subscription, number);
    } else if (was_complete && number != track->expected && track->held) {
        note_gap(publisher, subscription, track->held->stored.response);
    }
}

static void take(struct osm_publisher *publisher, struct osm_subscription *subscription,
                 UA_PublishResponse *response)
{
    uint32_t id = subscription->id;

    subscription->track.heard = osm_link_now(publisher->link);
    subscription->silent_since = 0;
    osm_publish_tell_unreadable(publisher, subscription, &response->notificationMessage);
    if (response->notificationMessage.notificationDataSize)
        take_message(publisher, subscription, response);
    else
        take_keep_alive(publisher, subscription, response);
    if (osm_subscription_find(publisher->all, id) == subscription)
        osm_publish_settle(publisher, subscription);
}

/* Its sequence cannot hold it: it is the old one still, or the server does not count. */
static bool has_to_park(const struct osm_publisher *publisher,
                        const struct osm_subscription *subscription,
                        const UA_PublishResponse *response)
{
    return osm_publish_is_ending(publisher, subscription) ||
           (!response->notificationMessage.sequenceNumber &&
            osm_publish_has_to_wait(publisher, subscription));
}

void osm_publish_take_in(struct osm_publisher *publisher, UA_PublishResponse *response)
{
    struct osm_subscription *subscription =
        osm_subscription_find_server(publisher->all, response->subscriptionId);

    if (subscription && !has_to_park(publisher, subscription, response))
        take(publisher, subscription, response);
    else
        park(publisher, response);
    osm_publish_fit(publisher);
}

/* While messages that were missed are being asked for, later ones wait behind them. */
static bool waits_its_turn(struct osm_publisher *publisher, struct osm_subscription *subscription,
                           const UA_PublishResponse *response)
{
    const UA_NotificationMessage *message = &response->notificationMessage;

    return message->sequenceNumber && message->notificationDataSize &&
           osm_sequence_is_incomplete(&subscription->track) &&
           osm_sequence_take(&subscription->track, response, &publisher->arriving);
}

void osm_publish_take_answer(struct osm_publisher *publisher, UA_PublishResponse *response)
{
    struct osm_subscription *subscription =
        osm_subscription_find_server(publisher->all, response->subscriptionId);

    if (subscription)
        osm_publish_tell_unreadable(publisher, subscription, &response->notificationMessage);
    if (subscription && waits_its_turn(publisher, subscription, response)) {
        osm_publish_settle(publisher, subscription);
    } else {
        if (subscription)
            osm_sequence_pass(&subscription->track, &response->notificationMessage);
        (void)osm_publish_deliver_out(publisher, response);
    }
    osm_publish_fit(publisher);
    osm_publish_ask_on(publisher);
}

void osm_publish_unpark(struct osm_publisher *publisher, uint32_t server_id)
{
    struct osm_publish_engine *engine = engine_of(publisher);
    struct osm_publish_parked *parked, *next;

    DL_FOREACH_SAFE (engine->parked, parked, next) {
        struct osm_subscription *subscription =
            osm_subscription_find_server(publisher->all, server_id);
        struct osm_publish_large *before;

        if (!subscription || parked->stored.response->subscriptionId != server_id ||
            has_to_park(publisher, subscription, parked->stored.response))
            continue;
        engine->counters.unparked++;
        before = osm_publish_offer(publisher, &parked->stored);
        take(publisher, subscription, parked->stored.response);
        osm_publish_offer_end(publisher, &parked->stored, before);
        free_parked(publisher, parked);
    }
}

void osm_publish_parked_clear(struct osm_publisher *publisher)
{
    struct osm_publish_engine *engine = engine_of(publisher);

    publisher->link->env->ua_ops->call_abandon(osm_steal(engine->discard));
    while (engine->parked)
        free_parked(publisher, engine->parked);
}

bool osm_publish_parked_drop(struct osm_publisher *publisher)
{
    struct osm_publish_parked *oldest = engine_of(publisher)->parked;

    if (!oldest)
        return false;
    osm_log_warning("Session %s: no room for message %u of subscription %u, which nobody here "
                    "knows yet",
                    publisher->id, oldest->stored.response->notificationMessage.sequenceNumber,
                    oldest->stored.response->subscriptionId);
    free_parked(publisher, oldest);
    return true;
}
