/* SPDX-License-Identifier: MIT */
/* See auto_service.h. */
#include "auto/auto_service.h"

#include <open62541/nodeids.h>

#include "core/link/op.h"
#include "core/session/session.h"
#include "port/status_code.h"

static void finish(struct osm_op *op)
{
    osm_json_null(osm_request_reply_begin(osm_request_of(op->caller)));
    osm_op_finish(op);
}

/* --- ModifySubscription -------------------------------------------------------------------- */

struct modify {
    uint32_t id;
    struct osm_subscription_params params;
};

static void modify_step(struct osm_op *op, void *response)
{
    const UA_ModifySubscriptionResponse *answer = response;
    const struct modify *modify = op->state;
    struct osm_subscription *subscription =
        osm_subscription_find(&osm_session_of(op->link)->subscriptions, modify->id);

    if (subscription) {
        subscription->params = modify->params;
        subscription->revised_interval = answer->revisedPublishingInterval;
        subscription->revised_lifetime = answer->revisedLifetimeCount;
        subscription->revised_keep_alive = answer->revisedMaxKeepAliveCount;
    }
    finish(op);
}

static void modify_start(struct osm_op *op)
{
    const struct modify *modify = op->state;
    UA_ModifySubscriptionRequest request;

    UA_ModifySubscriptionRequest_init(&request);
    request.subscriptionId =
        osm_subscription_server_id(&osm_session_of(op->link)->subscriptions, modify->id);
    request.requestedPublishingInterval = modify->params.publishing_interval;
    request.requestedLifetimeCount = modify->params.lifetime_count;
    request.requestedMaxKeepAliveCount = modify->params.keep_alive_count;
    request.maxNotificationsPerPublish = modify->params.max_notifications;
    request.priority = modify->params.priority;
    osm_op_send(op, &osm_service_modify_subscription, &request, modify_step);
}

void osm_auto_modify_subscription(struct osm_session *session, struct osm_request *request,
                                  uint32_t id, const struct osm_desired_subscription *wanted)
{
    struct modify *modify = osm_arena_alloc(&request->arena, sizeof(*modify));

    modify->id = id;
    modify->params =
        (struct osm_subscription_params){.publishing_interval = wanted->publishing_interval,
                                         .lifetime_count = wanted->lifetime_count,
                                         .keep_alive_count = wanted->max_keep_alive_count,
                                         .max_notifications = wanted->max_notifications_per_publish,
                                         .publishing_enabled = true,
                                         .priority = (uint8_t)wanted->priority};
    osm_op_submit(session->ops, &request->caller, "modifySubscription", 0, modify_start, modify);
}

/* --- ConditionRefresh ---------------------------------------------------------------------- */

static void refresh_step(struct osm_op *op, void *response)
{
    const UA_CallResponse *answer = response;
    UA_StatusCode status =
        answer->resultsSize ? answer->results[0].statusCode : UA_STATUSCODE_BADUNEXPECTEDERROR;

    /* Another refresh is at work: its events come to us as well. */
    if (UA_StatusCode_isBad(status) && status != UA_STATUSCODE_BADREFRESHINPROGRESS)
        osm_op_failf(op, OSM_FAULT_SERVICE, "ConditionRefresh failed: %s",
                     osm_status_code_name(status, osm_op_arena(op)));
    else
        finish(op);
}

static void refresh_start(struct osm_op *op)
{
    UA_UInt32 *id = op->state;
    UA_CallMethodRequest method;
    UA_CallRequest request;
    UA_Variant argument;

    UA_Variant_init(&argument);
    UA_Variant_setScalar(&argument, id, &UA_TYPES[UA_TYPES_UINT32]);
    UA_CallMethodRequest_init(&method);
    method.objectId = UA_NODEID_NUMERIC(0, UA_NS0ID_CONDITIONTYPE);
    method.methodId = UA_NODEID_NUMERIC(0, UA_NS0ID_CONDITIONTYPE_CONDITIONREFRESH);
    method.inputArguments = &argument;
    method.inputArgumentsSize = 1;
    UA_CallRequest_init(&request);
    request.methodsToCall = &method;
    request.methodsToCallSize = 1;
    osm_op_send(op, &osm_service_call, &request, refresh_step);
}

void osm_auto_condition_refresh(struct osm_session *session, struct osm_request *request,
                                uint32_t server_id)
{
    UA_UInt32 *id = osm_arena_alloc(&request->arena, sizeof(*id));

    *id = server_id;
    osm_op_submit(session->ops, &request->caller, "conditionRefresh", OSM_OP_READS, refresh_start,
                  id);
}
