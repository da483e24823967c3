/* SPDX-License-Identifier: MIT */
/* What the subscription methods send and remember (methods.md §2.14–2.23; M1–M3, R11, R12). */
#include "testing/testing_events.h"
#include "testing/testing_item.h"
#include "testing/testing_publish.h"

/* --- createSubscription --------------------------------------------------------------------- */

static void test_create_casts_and_defaults(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    const UA_CreateSubscriptionRequest *request;

    (void)test_run_query(session, &osm_method_createSubscription, "[]");
    request = test_last_request(world, &osm_service_create_subscription);
    assert_true(request->requestedPublishingInterval == 500.0 && request->publishingEnabled);
    assert_int_equal(request->requestedLifetimeCount, 2400);
    assert_int_equal(request->requestedMaxKeepAliveCount, 10);
    assert_int_equal(request->maxNotificationsPerPublish, 0);
    assert_int_equal(request->priority, 0);
    test_answer_last(world, UA_CreateSubscriptionResponse_new());

    (void)test_run_query(session, &osm_method_createSubscription, "['abc','30',3.9,1,'0',260]");
    request = test_last_request(world, &osm_service_create_subscription);
    assert_true(request->requestedPublishingInterval == 0.0 && !request->publishingEnabled);
    assert_int_equal(request->requestedLifetimeCount, 30);
    assert_int_equal(request->requestedMaxKeepAliveCount, 3);
    assert_int_equal(request->maxNotificationsPerPublish, 1);
    assert_int_equal(request->priority, 4);
    test_answer_last(world, UA_CreateSubscriptionResponse_new());
}

static void test_create_is_not_repeated(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *test = test_run_query(session, &osm_method_createSubscription, "[]");

    test_lose_now(world, session);
    test_fault_is(test, "ConnectionException", "Connection closed by remote");
    assert_int_equal(test_calls(world), 1);
}

static UA_DeleteSubscriptionsResponse *deleted(UA_StatusCode status)
{
    UA_DeleteSubscriptionsResponse *response = UA_DeleteSubscriptionsResponse_new();

    response->results = UA_Array_new(1, &UA_TYPES[UA_TYPES_STATUSCODE]);
    response->results[0] = status;
    response->resultsSize = 1;
    return response;
}

static void delete_subscription(struct test_world *world, struct osm_session *session,
                                UA_StatusCode status, const char *reply)
{
    struct test_request *test = test_run_query(session, &osm_method_deleteSubscription, "['7']");

    test_answer_last(world, deleted(status));
    test_reply_is(test, reply);
}

static void test_only_good_untracks(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open_subscribed(world);

    delete_subscription(world, session, UA_STATUSCODE_BADSUBSCRIPTIONIDINVALID,
                        "{'success':true,'data':2150105088}");
    assert_non_null(osm_subscription_find(osm_session_subscriptions(session), 7));
    delete_subscription(world, session, UA_STATUSCODE_GOOD, "{'success':true,'data':0}");
    assert_null(osm_subscription_find(osm_session_subscriptions(session), 7));
}

static void test_what_is_not_known_is_deleted_at_the_server(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open_subscribed(world);
    struct test_request *test = test_run_query(session, &osm_method_deleteSubscription, "[9]");

    test_answer_last(world, deleted(UA_STATUSCODE_GOOD));
    test_reply_is(test, "{'success':true,'data':0}");
    assert_non_null(osm_subscription_find(osm_session_subscriptions(session), 7));
}

/* The server has lost it: it would be made anew, and is not. */
static void test_what_the_server_has_lost_is_deleted_without_it(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open_subscribed(world);
    struct osm_subscriptions *all = osm_session_subscriptions(session);
    size_t calls = test_calls(world);

    osm_subscription_lose(all, osm_subscription_find(all, 7));
    test_reply_is(test_run_query(session, &osm_method_deleteSubscription, "[7]"),
                  "{'success':true,'data':0}");
    assert_null(osm_subscription_find(all, 7));
    assert_int_equal(test_calls(world), calls);
}

/* The server refuses what waits there before it says that the last one is deleted: were that taken
 * for a loss, the subscription would be made anew, and nobody would ever delete that one. */
static void test_what_is_being_deleted_is_not_made_anew(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open_subscribed(world);
    struct osm_ua_call *asked;
    struct test_request *test;
    size_t calls;

    osm_publisher_switch_on(osm_session_publisher(session));
    test = test_run_query(session, &osm_method_deleteSubscription, "[7]");
    calls = test_calls(world);
    asked = test_call(world, calls - 1);
    assert_ptr_equal(asked->service, &osm_service_delete_subscriptions);
    test_refuse(world, UA_STATUSCODE_BADNOSUBSCRIPTION);
    test_refuse(world, UA_STATUSCODE_BADNOSUBSCRIPTION);
    assert_false(osm_subscription_find(osm_session_subscriptions(session), 7)->track.gone);
    while (calls < test_calls(world))
        assert_ptr_equal(test_call(world, calls++)->service, &osm_service_publish);
    test_answer(asked, deleted(UA_STATUSCODE_GOOD));
    test_turn(world);
    test_reply_is(test, "{'success':true,'data':0}");
}

/* --- transfer, triggering, republish -------------------------------------------------------- */

static void answer_transferred(struct test_world *world, UA_StatusCode status)
{
    UA_TransferSubscriptionsResponse *response = UA_TransferSubscriptionsResponse_new();

    response->results = UA_Array_new(1, &UA_TYPES[UA_TYPES_TRANSFERRESULT]);
    response->results[0].statusCode = status;
    response->resultsSize = 1;
    test_answer_last(world, response);
}

/* Each of several for itself; a session that has one already keeps what it knows of it. */
static void test_transfers_side_by_side(void **state)
{
    struct test_world *world = *state;
    struct osm_session *one = test_open_subscribed(world), *two = test_session_open(world, "{}");
    UA_TransferSubscriptionsResponse *response = UA_TransferSubscriptionsResponse_new();
    const UA_TransferSubscriptionsRequest *request;
    static struct test_ear ear;
    const char *heard;

    (void)test_run_query(one, &osm_method_createMonitoredItems, "[7,[{'nodeId':'i=1'}]]");
    test_answer_created(world, 50, 1);
    (void)test_run_query(two, &osm_method_transferSubscriptions, "[[8,7,9]]");
    request = test_last_request(world, &osm_service_transfer_subscriptions);
    assert_int_equal(request->subscriptionIdsSize, 3);
    response->results = UA_Array_new(3, &UA_TYPES[UA_TYPES_TRANSFERRESULT]);
    response->results[0].statusCode = UA_STATUSCODE_BADSUBSCRIPTIONIDINVALID;
    response->resultsSize = 3;
    test_ear_begin(&ear, world);
    test_answer_last(world, response);
    heard = test_ear_hears(&ear);
    for (size_t i = 0; i < 3; i++) {
        heard = strstr(heard, "SubscriptionTransferred {");
        assert_non_null(heard++);
    }
    assert_null(strstr(heard, "SubscriptionTransferred {"));
    test_ear_end(&ear);
    assert_null(osm_subscription_find(osm_session_subscriptions(two), 8));
    assert_int_equal(osm_subscription_find(osm_session_subscriptions(two), 7)->item_count, 1);
    assert_true(osm_subscription_find(osm_session_subscriptions(two), 9)->adopted);
    (void)test_run_query(two, &osm_method_transferSubscriptions, "[[7]]");
    answer_transferred(world, UA_STATUSCODE_GOOD);
    assert_int_equal(osm_subscription_find(osm_session_subscriptions(two), 7)->item_count, 1);
}

/* The session that has it now asks for its messages, where sessions publish themselves. */
static void test_what_was_transferred_is_published(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    size_t calls;

    osm_manager_auto_publish_on(world->manager);
    (void)test_run_query(session, &osm_method_transferSubscriptions, "[[8]]");
    calls = test_calls(world);
    answer_transferred(world, UA_STATUSCODE_GOOD);
    assert_true(test_calls(world) > calls);
    assert_ptr_equal(test_call(world, calls)->service, &osm_service_publish);
}

/* Made anew meanwhile by the session that had it: what the server gave is another one. */
static void test_transfer_of_what_was_made_anew(void **state)
{
    struct test_world *world = *state;
    struct osm_session *one = test_open_subscribed(world), *two = test_session_open(world, "{}");
    struct osm_subscriptions *all = osm_session_subscriptions(one);
    const UA_CreateSubscriptionResponse anew = {.subscriptionId = 70};

    (void)test_run_query(two, &osm_method_transferSubscriptions, "[[7]]");
    osm_subscription_lose(all, osm_subscription_find(all, 7));
    osm_subscription_made(all, osm_subscription_find(all, 7), &anew, 0);
    answer_transferred(world, UA_STATUSCODE_GOOD);
    assert_int_equal(osm_subscription_find(all, 7)->server_id, 70);
    assert_non_null(osm_subscription_find_server(osm_session_subscriptions(two), 7));
}

static void test_transfer_takes_the_knowledge_along(void **state)
{
    struct test_world *world = *state;
    struct osm_session *one = test_open_subscribed(world), *two = test_session_open(world, "{}");
    struct test_request *test;

    (void)test_run_query(one, &osm_method_createMonitoredItems, "[7,[{'nodeId':'i=1'}]]");
    test_answer_created(world, 50, 1);
    test = test_run_query(two, &osm_method_transferSubscriptions, "[[7],true]");
    answer_transferred(world, UA_STATUSCODE_BADUSERACCESSDENIED);
    test_reply_has(test, "2149515264");
    assert_non_null(osm_subscription_find(osm_session_subscriptions(one), 7));
    test = test_run_query(two, &osm_method_transferSubscriptions, "[[7],true]");
    answer_transferred(world, UA_STATUSCODE_GOOD);
    test_data_is(test, "[{'statusCode':0,'availableSequenceNumbers':[]}]");
    assert_null(osm_subscription_find(osm_session_subscriptions(one), 7));
    assert_int_equal(osm_session_subscriptions(two)->item_count, 1);
}

/* The old session has been told of it out of order: that word is not for the new one. */
static void test_transfer_with_the_word_of_it_held_back(void **state)
{
    struct test_world *world = *state;
    struct osm_session *one = test_open_subscribed(world), *two = test_session_open(world, "{}");
    UA_TransferSubscriptionsResponse *response = UA_TransferSubscriptionsResponse_new();

    osm_manager_auto_publish_on(world->manager);
    test_bring_status(world, 7, 30, UA_STATUSCODE_GOODSUBSCRIPTIONTRANSFERRED);
    assert_int_equal(osm_subscription_find(osm_session_subscriptions(one), 7)->track.held_count, 1);
    (void)test_run_query(two, &osm_method_transferSubscriptions, "[[7],true]");
    response->results = UA_Array_new(1, &UA_TYPES[UA_TYPES_TRANSFERRESULT]);
    response->results[0].availableSequenceNumbers = UA_Array_new(1, &UA_TYPES[UA_TYPES_UINT32]);
    response->results[0].availableSequenceNumbers[0] = 31;
    response->results[0].availableSequenceNumbersSize = 1;
    response->resultsSize = 1;
    test_answer_last(world, response);
    assert_null(osm_subscription_find(osm_session_subscriptions(one), 7));
    assert_non_null(osm_subscription_find(osm_session_subscriptions(two), 7));
    assert_int_equal(osm_session_owner(one)->publish_budget.bytes, 0);
}

static void test_transfer_from_strangers(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");

    (void)test_run_query(session, &osm_method_transferSubscriptions, "[[8]]");
    answer_transferred(world, UA_STATUSCODE_GOOD);
    assert_true(osm_subscription_find(osm_session_subscriptions(session), 8)->adopted);
}

static const struct osm_trigger_link *link_to(const struct osm_session *session, uint32_t item)
{
    const struct osm_trigger_link *link;

    DL_FOREACH (osm_subscription_find(osm_session_subscriptions(session), 7)->links, link)
        if (link->item == item)
            return link;
    return NULL;
}

static void set_triggering(struct test_world *world, struct osm_session *session,
                           const char *params, size_t added, const UA_StatusCode *add,
                           size_t removed, const UA_StatusCode *gone)
{
    UA_SetTriggeringResponse *response = UA_SetTriggeringResponse_new();
    struct test_request *test = test_run_query(session, &osm_method_setTriggering, params);

    assert_int_equal(
        UA_Array_copy(add, added, (void **)&response->addResults, &UA_TYPES[UA_TYPES_STATUSCODE]),
        0);
    assert_int_equal(UA_Array_copy(gone, removed, (void **)&response->removeResults,
                                   &UA_TYPES[UA_TYPES_STATUSCODE]),
                     0);
    response->addResultsSize = added;
    response->removeResultsSize = removed;
    test_answer_last(world, response);
    test_reply_has(test, "'success':true");
}

/* Of each link what the server has said of it; of a subscription nobody knows, nothing. */
static void test_links_follow_their_results(void **state)
{
    static const UA_StatusCode results[] = {0, UA_STATUSCODE_BADMONITOREDITEMIDINVALID, 0};
    struct test_world *world = *state;
    struct osm_session *session = test_open_subscribed(world);
    const struct osm_subscription *subscription =
        osm_subscription_find(osm_session_subscriptions(session), 7);

    set_triggering(world, session, "[7,1,[2,3,4]]", 3, results, 0, NULL);
    assert_int_equal(subscription->link_count, 2);
    assert_true(link_to(session, 2) && link_to(session, 4) && !link_to(session, 3));
    set_triggering(world, session, "[7,1,[],[2,4]]", 0, NULL, 2, results);
    assert_int_equal(subscription->link_count, 1);
    assert_non_null(link_to(session, 4));
    set_triggering(world, session, "[9,1,[2],[4]]", 1, results, 1, results);
    assert_int_equal(subscription->link_count, 1);
}

static void test_triggering_is_remembered(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open_subscribed(world);
    UA_SetTriggeringResponse *response = UA_SetTriggeringResponse_new();
    struct test_request *test = test_run_query(session, &osm_method_setTriggering, "[7,1,[2,3]]");

    response->addResults = UA_Array_new(2, &UA_TYPES[UA_TYPES_STATUSCODE]);
    response->addResults[1] = UA_STATUSCODE_BADMONITOREDITEMIDINVALID;
    response->addResultsSize = 2;
    test_answer_last(world, response);
    test_data_is(test, "{'addResults':[0,2151809024],'removeResults':[]}");
    assert_int_equal(osm_subscription_find(osm_session_subscriptions(session), 7)->link_count, 1);
}

static void test_republish_returns_the_notifications(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open_subscribed(world);
    UA_RepublishResponse *response = UA_RepublishResponse_new();
    UA_DataChangeNotification *change = UA_DataChangeNotification_new();
    struct test_request *test = test_run_query(session, &osm_method_republish, "[7,5]");

    change->monitoredItems = UA_Array_new(1, &UA_TYPES[UA_TYPES_MONITOREDITEMNOTIFICATION]);
    change->monitoredItemsSize = 1;
    change->monitoredItems[0].clientHandle = 4;
    response->notificationMessage.sequenceNumber = 5;
    response->notificationMessage.notificationData = UA_ExtensionObject_new();
    response->notificationMessage.notificationDataSize = 1;
    UA_ExtensionObject_setValue(response->notificationMessage.notificationData, change,
                                &UA_TYPES[UA_TYPES_DATACHANGENOTIFICATION]);
    test_answer_last(world, response);
    test_data_is(test, "{'sequenceNumber':5,'publishTime':null,'notifications':[{'type':"
                       "'DataChange','clientHandle':4,'dataValue':" TEST_EMPTY_VALUE "}]}");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        test_in_world(test_create_casts_and_defaults),
        test_in_world(test_create_is_not_repeated),
        test_in_world(test_only_good_untracks),
        test_in_world(test_what_is_not_known_is_deleted_at_the_server),
        test_in_world(test_what_the_server_has_lost_is_deleted_without_it),
        test_in_world(test_transfers_side_by_side),
        test_in_world(test_transfer_of_what_was_made_anew),
        test_in_world(test_what_was_transferred_is_published),
        test_in_world(test_links_follow_their_results),
        test_in_world(test_what_is_being_deleted_is_not_made_anew),
        test_in_world(test_transfer_takes_the_knowledge_along),
        test_in_world(test_transfer_with_the_word_of_it_held_back),
        test_in_world(test_transfer_from_strangers),
        test_in_world(test_triggering_is_remembered),
        test_in_world(test_republish_returns_the_notifications),
    };

    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    test_server_is_large = true; /* whatever the size of an answer, the reply is the same */
    return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
