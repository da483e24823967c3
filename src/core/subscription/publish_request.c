/* SPDX-License-Identifier: MIT */
/* Publish requests; see publish_call.h. */
#include "core/subscription/publish_request.h"

#include <utlist.h>

#include "core/cache/value_cache.h"
#include "core/subscription/auto_publish.h"
#include "core/subscription/publish.h"
#include "core/subscription/publish_engine.h"
#include "port/status_code.h"
#include "util/alloc.h"

/* As it went out: should the subscription be made anew meanwhile, it is nobody's any more. */
struct osm_sent_ack {
    UA_SubscriptionAcknowledgement ack; /* with the caller's id */
    uint32_t server_id;
};

/* --- acknowledgements that were sent ------------------------------------------------------- */

static bool is_of_no_subscription(UA_StatusCode status)
{
    return status == UA_STATUSCODE_BADNOSUBSCRIPTION ||
           status == UA_STATUSCODE_BADSUBSCRIPTIONIDINVALID;
}

static void take_acks_back(struct osm_publish_request *call)
{
    struct osm_session *session = call->session;

    for (size_t i = 0; i < call->acks_size; i++) {
        const struct osm_sent_ack *sent = &call->acks[i];

        if (osm_subscription_server_id(&session->subscriptions, sent->ack.subscriptionId) ==
            sent->server_id)
            osm_acks_add(&session->publisher.acks, &sent->ack, 1);
    }
}

/* --- answers ------------------------------------------------------------------------------- */

static void detach(struct osm_publish_request *call)
{
    struct osm_publisher *publisher = &call->session->publisher;

    osm_assert(publisher->outstanding);
    DL_DELETE(publisher->outstanding, call);
    publisher->outstanding_count--;
}

static void free_call(struct osm_publish_request *call)
{
    free(call->acks);
    free(call);
}

/* The connection is gone, or the server says so: callers wait for the recovery. */
static void take_loss(struct osm_session *session, const struct osm_ua_result *result)
{
    osm_publish_strand_all(&session->publisher);
    if (result->outcome != OSM_UA_LOST) /* else the connection tells of the loss itself */
        osm_session_drop_status(session, result->service_result);
}

static void hand_on(struct osm_publish_request *call, const struct osm_ua_result *result)
{
    struct osm_session *session = call->session;
    bool own = osm_session_auto_publishes(session) && !session->publisher.waiters;

    if (result->response)
        osm_value_cache_keep_published(session, result->response);
    if (result->response && own)
        osm_publish_engine_answer(session, result->response);
    else if (result->response)
        osm_publish_take_answer(session, result->response);
    else if (own)
        osm_publish_engine_fault(session, call, result->service_result);
    else
        osm_publish_take_fault(session, result->service_result);
}

static void answered(void *context, const struct osm_ua_result *result)
{
    struct osm_publish_request *call = context;
    bool lost = result->outcome == OSM_UA_LOST || osm_status_code_is_loss(result->service_result);

    detach(call);
    if (lost || (!result->response && !is_of_no_subscription(result->service_result)))
        take_acks_back(call);
    if (lost)
        take_loss(call->session, result);
    else
        hand_on(call, result);
    free_call(call);
}

/* --- requests ------------------------------------------------------------------------------ */

static void take_acks(struct osm_publish_request *call, UA_SubscriptionAcknowledgement *wire)
{
    struct osm_session *session = call->session;
    const struct osm_publish_acks *acks = &session->publisher.acks;

    call->acks_size = acks->ready_size;
    call->acks = osm_alloc(acks->ready_size * sizeof(*call->acks) + 1);
    for (size_t i = 0; i < acks->ready_size; i++) {
        wire[i] = acks->ready[i];
        wire[i].subscriptionId =
            osm_subscription_server_id(&session->subscriptions, wire[i].subscriptionId);
        call->acks[i] = (struct osm_sent_ack){acks->ready[i], wire[i].subscriptionId};
    }
}

bool osm_publish_send(struct osm_session *session)
{
    struct osm_publisher *publisher = &session->publisher;
    struct osm_publish_request *call = osm_alloc(sizeof(*call));
    UA_SubscriptionAcknowledgement wire[OSM_PUBLISH_ACKS];
    UA_PublishRequest request;

    call->session = session;
    call->epoch = publisher->engine.epoch;
    call->sent_at = osm_session_now(session);
    take_acks(call, wire);
    UA_PublishRequest_init(&request);
    request.subscriptionAcknowledgements = wire;
    request.subscriptionAcknowledgementsSize = call->acks_size;
    call->call = session->link.env->ua_ops->call(session->link.conn, &osm_service_publish, &request,
                                                 answered, call);
    if (!call->call) {
        free_call(call);
        return false;
    }
    publisher->acks.ready_size = 0;
    DL_APPEND(publisher->outstanding, call);
    publisher->outstanding_count++;
    publisher->engine.counters.requests++;
    return true;
}

void osm_publish_requests_stop(struct osm_session *session)
{
    struct osm_publish_request *call, *next;

    DL_FOREACH_SAFE (session->publisher.outstanding, call, next) {
        session->link.env->ua_ops->call_abandon(call->call);
        detach(call);
        free_call(call);
    }
}
