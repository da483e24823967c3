/* SPDX-License-Identifier: MIT */
/* Republish requests and what follows from their answers; see publish_repair.h. */
#include "core/subscription/publish_repair.h"

#include <utlist.h>

#include "core/subscription/auto_publish.h"
#include "core/subscription/publish.h"
#include "core/subscription/publish_engine.h"
#include "port/service.h"
#include "port/status_code.h"
#include "util/alloc.h"
#include "util/log.h"

/* A Republish on its way. */
struct osm_publish_ask {
    struct osm_session *session;
    struct osm_ua_call *call;
    uint32_t subscription; /* callers' id */
    uint32_t number;
    unsigned attempts;
    osm_msec deadline;
    struct osm_publish_ask *prev, *next;
};

static void answered(void *context, const struct osm_ua_result *result);

/* --- asking -------------------------------------------------------------------------------- */

static void end_ask(struct osm_publish_ask *ask)
{
    struct osm_publish_engine *engine = &ask->session->publisher.engine;

    osm_assert(engine->asks);
    DL_DELETE(engine->asks, ask);
    engine->ask_count--;
    free(ask);
}

/* The subscription that waits for it, or NULL. */
static struct osm_subscription *asker(const struct osm_publish_ask *ask)
{
    struct osm_subscription *subscription =
        osm_subscription_find(&ask->session->subscriptions, ask->subscription);

    return subscription && subscription->track.asked == ask->number ? subscription : NULL;
}

/* False when it cannot be sent: a loss follows. */
static bool send_ask(struct osm_publish_ask *ask, uint32_t server_id)
{
    struct osm_session *session = ask->session;
    UA_RepublishRequest request;

    UA_RepublishRequest_init(&request);
    request.subscriptionId = server_id;
    request.retransmitSequenceNumber = ask->number;
    ask->attempts++;
    ask->deadline = osm_session_now(session) + osm_session_timeout(session);
    ask->call = session->link.env->ua_ops->call(session->link.conn, &osm_service_republish,
                                                &request, answered, ask);
    if (ask->call)
        osm_session_arm(session, ask->deadline);
    return ask->call != NULL;
}

static void ask_for(struct osm_session *session, struct osm_subscription *subscription,
                    uint32_t number)
{
    struct osm_publish_engine *engine = &session->publisher.engine;
    struct osm_publish_ask *ask;

    if (subscription->track.asked || subscription->track.gone ||
        engine->ask_count >= OSM_PUBLISH_ASKS || session->state != OSM_SESSION_ACTIVE)
        return; /* later */
    if (!osm_session_auto_publishes(session) &&
        session->publisher.kept_count >= OSM_PUBLISH_WAITING) {
        subscription->track.catching_up = false; /* callers do not keep up */
        return;
    }
    ask = osm_alloc(sizeof(*ask));
    ask->session = session;
    ask->subscription = subscription->id;
    ask->number = number;
    DL_APPEND(engine->asks, ask);
    engine->ask_count++;
    subscription->track.asked = number;
    if (!send_ask(ask, subscription->server_id)) {
        subscription->track.asked = 0;
        end_ask(ask);
    }
}

/* --- settling ------------------------------------------------------------------------------ */

/* False when nothing more is to be done with the subscription for now. */
static bool settle_step(struct osm_session *session, struct osm_subscription *subscription)
{
    struct osm_sequence_move move = osm_sequence_move_next(&subscription->track);
    bool goes_on = false;

    switch (move.step) {
    case OSM_SEQUENCE_DELIVER:
        goes_on = osm_publish_deliver(session, subscription, &move.message->response);
        osm_sequence_message_free(move.message);
        break;
    case OSM_SEQUENCE_LOST:
        osm_publish_lost(session, subscription, move.from, move.to);
        goes_on = true;
        break;
    case OSM_SEQUENCE_ASK:
        ask_for(session, subscription, move.from);
        break;
    case OSM_SEQUENCE_REST:
        break;
    }
    return goes_on;
}

void osm_publish_settle(struct osm_session *session, struct osm_subscription *subscription)
{
    while (settle_step(session, subscription))
        ;
}

void osm_publish_settle_all(struct osm_session *session)
{
    struct osm_subscription *subscription, *next;

    HASH_ITER (hh, session->subscriptions.by_id, subscription, next)
        if (!subscription->track.gone && osm_sequence_is_incomplete(&subscription->track))
            osm_publish_settle(session, subscription);
}

/* --- answers ------------------------------------------------------------------------------- */

static void unavailable(struct osm_session *session, struct osm_subscription *subscription,
                        uint32_t number)
{
    osm_sequence_unavailable(&subscription->track, number);
    osm_publish_settle(session, subscription);
}

static void take_message(struct osm_session *session, struct osm_subscription *subscription,
                         uint32_t number, UA_RepublishResponse *answer)
{
    UA_PublishResponse response;

    if (answer->notificationMessage.sequenceNumber != number) {
        unavailable(session, subscription, number);
        return;
    }
    UA_PublishResponse_init(&response);
    response.subscriptionId = subscription->server_id;
    response.notificationMessage = answer->notificationMessage; /* borrowed */
    if (osm_sequence_take(&subscription->track, &response)) {
        session->publisher.engine.counters.republished++;
        osm_log_debug("Republished sequence %u for subscription %u", number, subscription->id);
    }
    osm_publish_settle(session, subscription);
}

static void take_refusal(struct osm_session *session, struct osm_subscription *subscription,
                         uint32_t number, UA_StatusCode status)
{
    if (status == UA_STATUSCODE_BADSUBSCRIPTIONIDINVALID ||
        status == UA_STATUSCODE_BADNOSUBSCRIPTION)
        osm_publish_gone(session, subscription, "the server does not know it any more");
    else
        unavailable(session, subscription, number);
}

static void answered(void *context, const struct osm_ua_result *result)
{
    struct osm_publish_ask *ask = context;
    struct osm_session *session = ask->session;
    struct osm_subscription *subscription = asker(ask);
    uint32_t number = ask->number;

    end_ask(ask);
    if (subscription)
        subscription->track.asked = 0;
    if (result->outcome == OSM_UA_LOST)
        return; /* the connection tells of the loss itself */
    if (osm_status_code_is_loss(result->service_result)) {
        osm_session_drop_status(session, result->service_result);
        return;
    }
    if (subscription && result->response)
        take_message(session, subscription, number, result->response);
    else if (subscription)
        take_refusal(session, subscription, number, result->service_result);
    osm_publish_settle_all(session);
}

/* --- lateness ------------------------------------------------------------------------------ */

static void ask_again(struct osm_publish_ask *ask)
{
    struct osm_session *session = ask->session;
    struct osm_subscription *subscription = asker(ask);
    uint32_t number = ask->number;

    session->link.env->ua_ops->call_abandon(osm_steal(ask->call));
    if (subscription && ask->attempts < OSM_PUBLISH_ASK_ATTEMPTS &&
        send_ask(ask, subscription->server_id))
        return;
    end_ask(ask);
    if (!subscription)
        return;
    subscription->track.asked = 0;
    osm_log_warning("Session %s: the server does not answer Republish of message %u of "
                    "subscription %u",
                    session->id, number, subscription->id);
    unavailable(session, subscription, number);
}

osm_msec osm_publish_asks_tick(struct osm_session *session, osm_msec now)
{
    struct osm_publish_engine *engine = &session->publisher.engine;
    struct osm_publish_ask *ask, *after;
    osm_msec next = OSM_MSEC_NEVER;

    DL_FOREACH_SAFE (engine->asks, ask, after)
        if (now >= ask->deadline)
            ask_again(ask);
    DL_FOREACH (engine->asks, ask)
        next = OSM_MIN(next, ask->deadline);
    return next;
}

/* --- the end ------------------------------------------------------------------------------- */

static void abandon(struct osm_publish_ask *ask)
{
    struct osm_subscription *subscription = asker(ask);

    if (subscription)
        subscription->track.asked = 0;
    ask->session->link.env->ua_ops->call_abandon(ask->call);
    end_ask(ask);
}

void osm_publish_asks_forget(struct osm_session *session,
                             const struct osm_subscription *subscription)
{
    struct osm_publish_ask *ask, *next;

    DL_FOREACH_SAFE (session->publisher.engine.asks, ask, next)
        if (ask->subscription == subscription->id)
            abandon(ask);
}

void osm_publish_asks_stop(struct osm_session *session)
{
    struct osm_publish_ask *ask, *next;

    DL_FOREACH_SAFE (session->publisher.engine.asks, ask, next)
        abandon(ask);
}
