/* SPDX-License-Identifier: MIT */
/* Gaps: Republish requests and what follows from their answers; see publisher_internal.h. */
#include "core/subscription/publisher_internal.h"

#include <utlist.h>

#include "port/service.h"
#include "port/status_code.h"
#include "util/alloc.h"
#include "util/log.h"

/* A Republish on its way. */
struct osm_publish_ask {
    struct osm_publisher *publisher;
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
    struct osm_publish_engine *engine = &ask->publisher->engine;

    osm_assert(engine->asks);
    DL_DELETE(engine->asks, ask);
    engine->ask_count--;
    free(ask);
}

/* The subscription that waits for it, or NULL. */
static struct osm_subscription *asker(const struct osm_publish_ask *ask)
{
    struct osm_subscription *subscription =
        osm_subscription_find(ask->publisher->all, ask->subscription);

    return subscription && subscription->track.asked == ask->number ? subscription : NULL;
}

/* False when it cannot be sent: a loss follows. */
static bool send_ask(struct osm_publish_ask *ask, uint32_t server_id)
{
    struct osm_publisher *publisher = ask->publisher;
    UA_RepublishRequest request = {.subscriptionId = server_id,
                                   .retransmitSequenceNumber = ask->number};

    ask->attempts++;
    ask->deadline = osm_link_now(publisher->link) + publisher->link->timeout;
    ask->call = osm_link_call(publisher->link, &osm_service_republish, &request,
                              publisher->link->timeout, answered, ask);
    if (ask->call)
        osm_link_arm(publisher->link, ask->deadline);
    return ask->call != NULL;
}

void osm_publish_ask(struct osm_publisher *publisher, struct osm_subscription *subscription,
                     uint32_t number)
{
    struct osm_publish_engine *engine = &publisher->engine;
    struct osm_publish_ask *ask;

    if (subscription->track.asked || subscription->track.gone ||
        engine->ask_count >= OSM_PUBLISH_ASKS || publisher->link->state != OSM_LINK_UP)
        return; /* later */
    if (!osm_publisher_is_on(publisher) && publisher->kept_count >= OSM_PUBLISH_WAITING) {
        subscription->track.catching_up = false; /* callers do not keep up */
        return;
    }
    ask = osm_alloc(sizeof(*ask));
    ask->publisher = publisher;
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

/* --- answers ------------------------------------------------------------------------------- */

static void unavailable(struct osm_publisher *publisher, struct osm_subscription *subscription,
                        uint32_t number)
{
    osm_sequence_unavailable(&subscription->track, number);
    osm_publish_settle(publisher, subscription);
}

static void take_message(struct osm_publisher *publisher, struct osm_subscription *subscription,
                         uint32_t number, UA_PublishResponse *response)
{
    if (response->notificationMessage.sequenceNumber != number) {
        unavailable(publisher, subscription, number);
        return;
    }
    response->subscriptionId = subscription->server_id;
    osm_publish_tell_unreadable(publisher, subscription, &response->notificationMessage);
    if (osm_sequence_take_again(&subscription->track, response, &publisher->arriving)) {
        publisher->engine.counters.republished++;
        osm_log_debug("Republished sequence %u for subscription %u", number, subscription->id);
    }
    osm_publish_settle(publisher, subscription);
}

static void take_refusal(struct osm_publisher *publisher, struct osm_subscription *subscription,
                         uint32_t number, UA_StatusCode status)
{
    if (status == UA_STATUSCODE_BADSUBSCRIPTIONIDINVALID ||
        status == UA_STATUSCODE_BADNOSUBSCRIPTION)
        osm_publisher_gone(publisher, subscription, "the server does not know it any more");
    else
        unavailable(publisher, subscription, number);
}

/* The one that waited for it, or NULL. */
static struct osm_subscription *end_asking(struct osm_publish_ask *ask)
{
    struct osm_subscription *subscription = asker(ask);

    osm_link_speaks(ask->publisher->link);
    end_ask(ask);
    if (subscription)
        subscription->track.asked = 0;
    return subscription;
}

static void arrive(void *context, UA_PublishResponse *response)
{
    struct osm_publish_ask *ask = context;
    struct osm_publisher *publisher = ask->publisher;
    uint32_t number = ask->number;
    struct osm_subscription *subscription = end_asking(ask);

    if (subscription)
        take_message(publisher, subscription, number, response);
    osm_publish_settle_all(publisher);
    osm_publish_fit(publisher);
}

static void not_arriving(void *context)
{
    (void)end_asking(context);
}

/* At once, or, a large one, when it can be read. */
static void take_answer(struct osm_publish_ask *ask, const UA_RepublishResponse *answer)
{
    static const struct osm_publish_large_ops ops = {arrive, not_arriving};
    const struct osm_env *env = ask->publisher->link->env;
    UA_PublishResponse response;

    UA_PublishResponse_init(&response);
    response.notificationMessage = answer->notificationMessage; /* borrowed */
    if (!osm_ua_answer_is_large(env->ua_ops, env->ua, answer)) {
        arrive(ask, &response);
        return;
    }
    ask->call = NULL;
    ask->deadline = OSM_MSEC_NEVER;
    osm_publish_large_begin(ask->publisher, &response, &ops, ask);
}

static void answered(void *context, const struct osm_ua_result *result)
{
    struct osm_publish_ask *ask = context;
    struct osm_publisher *publisher = ask->publisher;
    struct osm_subscription *subscription;
    uint32_t number = ask->number;

    if (result->outcome != OSM_UA_LOST && result->response) {
        take_answer(ask, result->response);
        return;
    }
    subscription = end_asking(ask);
    if (result->outcome == OSM_UA_LOST)
        return; /* the connection tells of the loss itself */
    if (osm_status_code_is_loss(result->service_result)) {
        osm_link_drop_status(publisher->link, result->service_result);
        return;
    }
    if (subscription)
        take_refusal(publisher, subscription, number, result->service_result);
    osm_publish_settle_all(publisher);
    osm_publish_fit(publisher);
}

/* --- lateness ------------------------------------------------------------------------------ */

static void ask_again(struct osm_publish_ask *ask)
{
    struct osm_publisher *publisher = ask->publisher;
    struct osm_subscription *subscription = asker(ask);
    uint32_t number = ask->number;
    bool again = subscription && ask->attempts < OSM_PUBLISH_ASK_ATTEMPTS;

    publisher->link->env->ua_ops->call_abandon(osm_steal(ask->call));
    if (again && send_ask(ask, subscription->server_id))
        return;
    end_ask(ask);
    if (!subscription)
        return;
    subscription->track.asked = 0;
    if (again)
        return; /* the loss that follows is no refusal: it is asked for after it */
    osm_log_warning("Session %s: the server does not answer Republish of message %u of "
                    "subscription %u",
                    publisher->id, number, subscription->id);
    unavailable(publisher, subscription, number);
}

osm_msec osm_publish_asks_tick(struct osm_publisher *publisher, osm_msec now)
{
    struct osm_publish_engine *engine = &publisher->engine;
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
    ask->publisher->link->env->ua_ops->call_abandon(ask->call);
    osm_publish_large_forget(ask->publisher, ask);
    end_ask(ask);
}

void osm_publish_asks_forget(struct osm_publisher *publisher,
                             const struct osm_subscription *subscription)
{
    struct osm_publish_ask *ask, *next;

    DL_FOREACH_SAFE (publisher->engine.asks, ask, next)
        if (ask->subscription == subscription->id)
            abandon(ask);
}

void osm_publish_asks_stop(struct osm_publisher *publisher)
{
    struct osm_publish_ask *ask, *next;

    DL_FOREACH_SAFE (publisher->engine.asks, ask, next)
        abandon(ask);
}
