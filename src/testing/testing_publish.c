/* SPDX-License-Identifier: MIT */
/* What a server answers to Publish and Republish (testing_publish.h). */
#include "testing/testing_publish.h"

struct osm_session *test_publishing(struct test_world *world)
{
    struct osm_session *session = test_session_open(world, "{}");

    osm_publisher_switch_on(osm_session_publisher(session));
    return session;
}

struct osm_subscription *test_subscribe(struct osm_session *session, uint32_t id)
{
    const struct osm_subscription_params params = {0};
    struct osm_subscription *subscription;
    UA_CreateSubscriptionResponse created;

    UA_CreateSubscriptionResponse_init(&created);
    created.subscriptionId = id;
    created.revisedPublishingInterval = 500;
    created.revisedMaxKeepAliveCount = 10;
    subscription = osm_subscription_add(osm_session_subscriptions(session), &params, &created);
    osm_publisher_subscribed(osm_session_publisher(session), subscription);
    return subscription;
}

void test_unsubscribe(struct osm_session *session, uint32_t id)
{
    struct osm_subscription *subscription =
        osm_subscription_find(osm_session_subscriptions(session), id);

    assert_non_null(subscription);
    osm_publisher_forget(osm_session_publisher(session), subscription);
    osm_subscription_remove(osm_session_subscriptions(session), subscription);
    osm_publisher_go(osm_session_publisher(session));
}

/* --- what the server has got ----------------------------------------------------------------- */

/* Its oldest or newest request of that type that waits for an answer, or NULL. */
static struct osm_ua_call *test_find_call(struct test_world *world, const UA_DataType *request,
                                          bool newest)
{
    struct osm_ua_call *call, *found = NULL;

    DL_FOREACH (world->server.calls, call)
        if (!call->over && call->service->request == request && (newest || !found))
            found = call;
    return found;
}

static struct osm_ua_call *test_find_publish(struct test_world *world, bool newest)
{
    struct osm_ua_call *call = test_find_call(world, &UA_TYPES[UA_TYPES_PUBLISHREQUEST], newest);

    assert_non_null(call);
    return call;
}

/* "subscription:number …" */
static void test_acks_are(const struct osm_ua_call *call, const char *expected)
{
    const UA_PublishRequest *request = call->request;
    struct osm_buf out = {0};

    for (size_t i = 0; i < request->subscriptionAcknowledgementsSize; i++)
        osm_buf_printf(&out, "%s%u:%u", i ? " " : "",
                       request->subscriptionAcknowledgements[i].subscriptionId,
                       request->subscriptionAcknowledgements[i].sequenceNumber);
    assert_string_equal(osm_buf_text(&out), expected);
    osm_buf_deinit(&out);
}

void test_newest_acks_are(struct test_world *world, const char *expected)
{
    test_acks_are(test_find_publish(world, true), expected);
}

void test_oldest_acks_are(struct test_world *world, const char *expected)
{
    test_acks_are(test_find_publish(world, false), expected);
}

static struct osm_ua_call *test_find_republish(struct test_world *world)
{
    return test_find_call(world, &UA_TYPES[UA_TYPES_REPUBLISHREQUEST], false);
}

void test_republish_is(struct test_world *world, uint32_t id, uint32_t number)
{
    struct osm_ua_call *call = test_find_republish(world);
    const UA_RepublishRequest *request;

    if (!call) {
        fail_msg("no Republish");
        abort(); /* not reached; the compiler does not know */
    }
    request = call->request;
    assert_int_equal(request->subscriptionId, id);
    assert_int_equal(request->retransmitSequenceNumber, number);
}

void test_no_republish(struct test_world *world)
{
    assert_null(test_find_republish(world));
}

void test_discard_is(struct test_world *world, uint32_t id)
{
    struct osm_ua_call *call =
        test_find_call(world, &UA_TYPES[UA_TYPES_DELETESUBSCRIPTIONSREQUEST], false);
    const UA_DeleteSubscriptionsRequest *request;

    if (!call) {
        fail_msg("no DeleteSubscriptions");
        abort(); /* not reached; the compiler does not know */
    }
    request = call->request;
    assert_int_equal(request->subscriptionIdsSize, 1);
    assert_int_equal(request->subscriptionIds[0], id);
    test_answer(call, UA_DeleteSubscriptionsResponse_new());
    test_turn(world);
}

/* --- what it answers ------------------------------------------------------------------------- */

/* A message with so many data changes; none = nothing, a keep-alive. */
static void test_message_fill(UA_NotificationMessage *message, uint32_t number, size_t values)
{
    UA_DataChangeNotification *changes;

    message->sequenceNumber = number;
    if (!values)
        return;
    changes = UA_DataChangeNotification_new();
    changes->monitoredItems = UA_Array_new(values, &UA_TYPES[UA_TYPES_MONITOREDITEMNOTIFICATION]);
    changes->monitoredItemsSize = values;
    for (size_t i = 0; i < values; i++) {
        changes->monitoredItems[i].clientHandle = (UA_UInt32)i + 1;
        changes->monitoredItems[i].value.hasValue = true;
        (void)UA_Variant_setScalarCopy(&changes->monitoredItems[i].value.value, &number,
                                       &UA_TYPES[UA_TYPES_UINT32]);
    }
    message->notificationData = UA_ExtensionObject_new();
    message->notificationDataSize = 1;
    UA_ExtensionObject_setValue(message->notificationData, changes,
                                &UA_TYPES[UA_TYPES_DATACHANGENOTIFICATION]);
}

void test_publish_answer(struct test_world *world, UA_PublishResponse *response)
{
    test_answer(test_find_publish(world, false), response);
}

UA_PublishResponse *test_publish_response(uint32_t id, uint32_t number, size_t values)
{
    UA_PublishResponse *response = UA_PublishResponse_new();

    response->subscriptionId = id;
    test_message_fill(&response->notificationMessage, number, values);
    return response;
}

void test_bring(struct test_world *world, uint32_t id, uint32_t number, size_t values)
{
    test_publish_answer(world, test_publish_response(id, number, values));
    test_turn(world);
}

void test_bring_status(struct test_world *world, uint32_t id, uint32_t number, UA_StatusCode status)
{
    UA_PublishResponse *response = UA_PublishResponse_new();
    UA_StatusChangeNotification *change = UA_StatusChangeNotification_new();

    change->status = status;
    response->subscriptionId = id;
    response->notificationMessage.sequenceNumber = number;
    response->notificationMessage.notificationData = UA_ExtensionObject_new();
    response->notificationMessage.notificationDataSize = 1;
    UA_ExtensionObject_setValue(response->notificationMessage.notificationData, change,
                                &UA_TYPES[UA_TYPES_STATUSCHANGENOTIFICATION]);
    test_answer(test_find_publish(world, false), response);
    test_turn(world);
}

void test_refuse(struct test_world *world, UA_StatusCode status)
{
    test_answer_fault(test_find_publish(world, false), status);
    test_turn(world);
}

void test_bring_nonsense(struct test_world *world)
{
    test_answer_unreadable(test_find_publish(world, false));
    test_turn(world);
}

void test_republish_answer(struct test_world *world, uint32_t number)
{
    UA_RepublishResponse *response = UA_RepublishResponse_new();

    assert_non_null(test_find_republish(world));
    test_message_fill(&response->notificationMessage, number, 1);
    test_answer(test_find_republish(world), response);
}

void test_republish(struct test_world *world, uint32_t number)
{
    test_republish_answer(world, number);
    test_turn(world);
}

void test_refuse_republish(struct test_world *world, UA_StatusCode status)
{
    assert_non_null(test_find_republish(world));
    test_answer_fault(test_find_republish(world), status);
    test_turn(world);
}

/* --- losses ---------------------------------------------------------------------------------- */

static void test_nobody_told(struct osm_session_waiter *waiter, const struct osm_fault *fault)
{
}

void test_recover(struct test_world *world, struct osm_session *session)
{
    struct osm_session_waiter waiter = {.ready = test_nobody_told};

    osm_session_wait(session, &waiter);
    test_turn(world);
    assert_int_equal(osm_session_state(session), OSM_SESSION_ACTIVE);
}

void test_lose_and_resume(struct test_world *world, struct osm_session *session)
{
    world->server.new_session = false;
    test_lose_now(world, session);
    if (osm_session_state(session) == OSM_SESSION_FAILED)
        test_recover(world, session);
    assert_int_equal(osm_session_state(session), OSM_SESSION_ACTIVE);
}
