/* SPDX-License-Identifier: MIT */
/* Publish requests on their way; see publisher_internal.h. */
#include "core/subscription/publisher_internal.h"

#include <utlist.h>

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
    struct osm_publisher *publisher = call->publisher;

    for (size_t i = 0; i < call->acks_size; i++) {
        const struct osm_sent_ack *sent = &call->acks[i];

        if (osm_subscription_server_id(publisher->all, sent->ack.subscriptionId) == sent->server_id)
            osm_acks_add(&publisher->acks, &sent->ack, 1);
    }
}

/* --- answers ------------------------------------------------------------------------------- */

static void detach(struct osm_publish_request *call)
{
    struct osm_publisher *publisher = call->publisher;

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
static void take_loss(struct osm_publisher *publisher, const struct osm_ua_result *result)
{
    osm_publish_strand_all(publisher);
    if (result->outcome != OSM_UA_LOST) /* else the connection tells of the loss itself */
        osm_link_drop_status(publisher->link, result->service_result);
}

static bool is_own(const struct osm_publisher *publisher)
{
    return osm_publisher_is_on(publisher) && !publisher->waiters;
}

static void hand_on(struct osm_publisher *publisher, UA_PublishResponse *response)
{
    publisher->owner->arrived(publisher->context, response);
    if (is_own(publisher))
        osm_publisher_answer(publisher, response);
    else
        osm_publish_take_answer(publisher, response);
}

static void hand_on_fault(struct osm_publish_request *call, const struct osm_ua_result *result)
{
    if (is_own(call->publisher))
        osm_publisher_fault(call->publisher, call, result);
    else
        osm_publish_take_fault(call->publisher, result);
}

/* A large one, only now. */
static void arrive(void *context, UA_PublishResponse *response)
{
    struct osm_publish_request *call = context;

    osm_link_speaks(call->publisher->link);
    detach(call);
    hand_on(call->publisher, response);
    free_call(call);
}

static void not_arriving(void *context)
{
    struct osm_publish_request *call = context;

    detach(call);
    osm_publish_strand_all(call->publisher);
    free_call(call);
}

/* It is as good as outstanding until it arrives. */
static bool arrives_later(struct osm_publish_request *call, const struct osm_ua_result *result)
{
    static const struct osm_publish_large_ops ops = {arrive, not_arriving};
    const struct osm_env *env = call->publisher->link->env;

    if (result->outcome == OSM_UA_LOST || !result->response ||
        !osm_ua_answer_is_large(env->ua_ops, env->ua, result->response))
        return false;
    call->call = NULL;
    osm_publish_large_begin(call->publisher, result->response, &ops, call);
    return true;
}

static void answered(void *context, const struct osm_ua_result *result)
{
    struct osm_publish_request *call = context;
    bool lost = result->outcome == OSM_UA_LOST || osm_status_code_is_loss(result->service_result);

    osm_link_speaks(call->publisher->link);
    if (arrives_later(call, result))
        return;
    detach(call);
    if (lost || (!result->response && !is_of_no_subscription(result->service_result)))
        take_acks_back(call);
    if (lost)
        take_loss(call->publisher, result);
    else if (result->response)
        hand_on(call->publisher, result->response);
    else
        hand_on_fault(call, result);
    free_call(call);
}

/* --- requests ------------------------------------------------------------------------------ */

static void take_acks(struct osm_publish_request *call, UA_SubscriptionAcknowledgement *wire)
{
    struct osm_publisher *publisher = call->publisher;
    const struct osm_publish_acks *acks = &publisher->acks;

    call->acks_size = acks->ready_size;
    call->acks = osm_alloc(acks->ready_size * sizeof(*call->acks));
    for (size_t i = 0; i < acks->ready_size; i++) {
        wire[i] = acks->ready[i];
        wire[i].subscriptionId = osm_subscription_server_id(publisher->all, wire[i].subscriptionId);
        call->acks[i] = (struct osm_sent_ack){acks->ready[i], wire[i].subscriptionId};
    }
}

bool osm_publish_send(struct osm_publisher *publisher)
{
    struct osm_publish_request *call = osm_alloc(sizeof(*call));
    UA_SubscriptionAcknowledgement wire[OSM_PUBLISH_ACKS];
    UA_PublishRequest request;

    call->publisher = publisher;
    call->epoch = publisher->engine.epoch;
    call->sent_at = osm_link_now(publisher->link);
    take_acks(call, wire);
    UA_PublishRequest_init(&request);
    request.subscriptionAcknowledgements = wire;
    request.subscriptionAcknowledgementsSize = call->acks_size;
    call->call = publisher->link->env->ua_ops->call(publisher->link->conn, &osm_service_publish,
                                                    &request, answered, call);
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

void osm_publish_requests_stop(struct osm_publisher *publisher)
{
    struct osm_publish_request *call, *next;

    DL_FOREACH_SAFE (publisher->outstanding, call, next) {
        publisher->link->env->ua_ops->call_abandon(call->call);
        detach(call);
        free_call(call);
    }
}
