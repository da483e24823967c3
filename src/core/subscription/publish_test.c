/* SPDX-License-Identifier: MIT */
/* Publish requests: who gets which answer, lateness, losses, bounds (methods.md §2.21, R6). */
#include "testing/testing.h"

#include "core/subscription/publisher_internal.h"
#include "testing/testing_plant.h"
#include "testing/testing_publish.h"

#define CONNECTION_CLOSED "Connection closed by remote"

struct caller {
    UA_SubscriptionAcknowledgement acks[4];
    size_t size;
};

static void caller_step(struct osm_op *op, void *response)
{
    const UA_PublishResponse *answer = response;

    osm_json_uint(test_reply(op), answer->notificationMessage.sequenceNumber);
    osm_op_finish(op);
}

static void caller_start(struct osm_op *op)
{
    const struct caller *caller = op->state;

    osm_publisher_next(osm_session_publisher(osm_session_of(op->link)), op, caller->acks,
                       caller->size, caller_step);
}

static struct test_request *publish_acks(struct osm_session *session, const uint32_t *numbers,
                                         size_t size)
{
    struct test_world *world =
        osm_container_of(osm_session_link(session)->env->ua, struct test_world, server);
    struct test_request *test = test_request_parse(world, "{}");
    struct caller *caller = osm_arena_alloc(&test->request.arena, sizeof(*caller));

    caller->size = size;
    for (size_t i = 0; i < size; i++)
        caller->acks[i] = (UA_SubscriptionAcknowledgement){7, numbers[i]};
    osm_op_submit(osm_session_ops(session), &test->request.caller, "publish", OSM_OP_ASIDE,
                  caller_start, caller);
    test_recycle(world);
    return test;
}

static struct test_request *publish(struct osm_session *session)
{
    return publish_acks(session, NULL, 0);
}

/* The n-th Publish brings this sequence number. */
static void answer(struct test_world *world, size_t n, uint32_t number)
{
    UA_PublishResponse *response = UA_PublishResponse_new();

    response->subscriptionId = 7;
    response->notificationMessage.sequenceNumber = number;
    test_answer(test_call(world, n), response);
    test_turn(world);
}

static void acks_are(struct osm_ua_call *call, const uint32_t *numbers, size_t size)
{
    const UA_PublishRequest *request = call->request;

    assert_int_equal(request->subscriptionAcknowledgementsSize, size);
    for (size_t i = 0; i < size; i++)
        assert_int_equal(request->subscriptionAcknowledgements[i].sequenceNumber, numbers[i]);
}

/* A session with one subscription: 500 ms, keep-alive after 10, opcuaTimeout 5 s. */
static struct osm_session *open_subscribed(struct test_world *world)
{
    struct osm_session *session = test_session_open(world, "{}");
    const struct osm_subscription_params params = {0};
    UA_CreateSubscriptionResponse created;

    UA_CreateSubscriptionResponse_init(&created);
    created.subscriptionId = 7;
    created.revisedPublishingInterval = 500;
    created.revisedMaxKeepAliveCount = 10;
    osm_subscription_add(osm_session_subscriptions(session), &params, &created);
    return session;
}

static void read_step(struct osm_op *op, void *response)
{
    test_finish_null(op);
}

static void read_start(struct osm_op *op)
{
    UA_ReadValueId node;
    UA_ReadRequest request;

    UA_ReadValueId_init(&node);
    node.nodeId = UA_NODEID_NUMERIC(1, 1);
    UA_ReadRequest_init(&request);
    request.nodesToRead = &node;
    request.nodesToReadSize = 1;
    osm_op_send(op, &osm_service_read, &request, read_step);
}

/* An operation that bears no company. */
static struct test_request *work(struct osm_session *session)
{
    struct test_world *world =
        osm_container_of(osm_session_link(session)->env->ua, struct test_world, server);
    struct test_request *test = test_request_parse(world, "{}");

    osm_op_submit(osm_session_ops(session), &test->request.caller, "work", 0, read_start, NULL);
    return test;
}

static unsigned told;

static void note_published(struct osm_session *session, struct osm_subscription *subscription,
                           const UA_NotificationMessage *message, bool more, bool republished)
{
    told++;
}

/* An answer is kept when all who wait may not take it; sinks hear of it once. */
static void test_what_is_kept_is_told_once(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = open_subscribed(world);
    const struct osm_observer_ops ops = {.published = note_published};
    const struct osm_observer observer = {&ops, session};
    struct osm_publisher *publisher = osm_session_publisher(session);
    const struct osm_observer *before = publisher->observer;
    struct test_request *confined, *taker;

    publisher->observer = &observer;
    told = 0;
    osm_subscription_find(osm_session_subscriptions(session), 7)->maker = 1;
    confined = publish(session);
    confined->request.caller.confined = true;
    confined->request.caller.maker = 2;
    answer(world, 0, 11);
    assert_null(confined->reply);
    assert_int_equal(publisher->kept_count, 1);
    assert_int_equal(told, 0);
    taker = publish(session);
    test_turn(world);
    test_data_is(taker, "11");
    assert_int_equal(told, 1);
    publisher->observer = before;
}

/* The answer to his request was another one's: he asks once more, and gets his own. */
static void test_whose_answer_was_another_ones_asks_on(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = open_subscribed(world);
    struct osm_subscription *subscription =
        osm_subscription_find(osm_session_subscriptions(session), 7);
    struct test_request *confined = publish(session);

    confined->request.caller.confined = true;
    confined->request.caller.maker = 2;
    subscription->maker = 1;
    answer(world, 0, 11);
    assert_null(confined->reply);
    assert_int_equal(test_calls(world), 2);
    subscription->maker = 2;
    answer(world, 1, 12);
    test_data_is(confined, "12");
    assert_int_equal(test_calls(world), 2);
}

static void test_an_answer_goes_to_who_waits(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = open_subscribed(world);
    struct test_request *one = publish(session), *two = publish(session);

    assert_int_equal(test_calls(world), 2);
    answer(world, 1, 11);
    test_data_is(one, "11");
    answer(world, 0, 12);
    test_data_is(two, "12");
    assert_int_equal(osm_session_publisher(session)->outstanding_count, 0);
}

static void test_it_holds_nobody_up(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = open_subscribed(world);
    struct test_request *waiting = publish(session), *worker = work(session);

    assert_int_equal(test_calls(world), 2);
    test_answer_each(test_call(world, 1));
    test_turn(world);
    test_data_is(worker, "null");
    assert_null(waiting->reply);
    answer(world, 0, 11);
}

/* What creates a subscription is over before a publish behind it is sent. */
static void test_it_starts_in_order(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = open_subscribed(world);
    struct test_request *worker = work(session), *waiting = publish(session);

    assert_int_equal(test_calls(world), 1);
    test_answer_each(test_call(world, 0));
    test_turn(world);
    assert_non_null(worker->reply);
    answer(world, 1, 11);
    test_data_is(waiting, "11");
}

static void test_it_waits_for_the_keep_alive(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = open_subscribed(world);
    struct test_request *waiting = publish(session);

    test_advance(world, 9900);
    assert_null(waiting->reply);
    answer(world, 0, 11);
    test_data_is(waiting, "11");
}

static void test_a_late_answer_is_no_loss(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = open_subscribed(world);
    struct test_request *waiting = publish(session), *next;

    test_advance(world, 10100);
    test_fault_is(waiting, "ConnectionException", "Read timeout");
    assert_int_equal(osm_session_state(session), OSM_SESSION_ACTIVE);
    assert_int_equal(osm_session_link(session)->conn->connects, 1);
    answer(world, 0, 11);
    assert_int_equal(osm_session_publisher(session)->kept_count, 1);
    next = publish(session);
    test_data_is(next, "11");
    assert_int_equal(test_calls(world), 1);
    assert_int_equal(osm_session_publisher(session)->kept_count, 0);
}

static void test_the_next_caller_takes_up_a_late_request(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = open_subscribed(world);
    struct test_request *next;

    (void)publish(session);
    test_advance(world, 10100);
    next = publish(session);
    assert_int_equal(test_calls(world), 1);
    answer(world, 0, 11);
    test_data_is(next, "11");
}

static void test_patience_ends_before_the_callers(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = open_subscribed(world);
    struct test_request *waiting;

    osm_subscription_find(osm_session_subscriptions(session), 7)->revised_keep_alive = 1000;
    waiting = publish(session);
    test_advance(world, 24900);
    assert_null(waiting->reply);
    test_advance(world, 200);
    test_fault_is(waiting, "ConnectionException", "Read timeout");
    assert_int_equal(osm_session_link(session)->conn->connects, 1);
}

static void test_a_caller_who_has_gone_loses_nothing(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = open_subscribed(world);
    struct test_request *gone = publish(session), *next;

    osm_request_abandon(&gone->request);
    answer(world, 0, 11);
    assert_int_equal(osm_session_publisher(session)->kept_count, 1);
    next = publish(session);
    test_data_is(next, "11");
    assert_non_null(gone->reply);
}

static bool nobody(const struct osm_request *request)
{
    return false;
}

/* His owner has not told, but can see it. */
static void test_a_caller_is_looked_for(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = open_subscribed(world);
    struct test_request *gone = publish(session), *next;

    gone->request.is_there = nobody;
    answer(world, 0, 11);
    assert_null(gone->reply);
    next = publish(session);
    test_data_is(next, "11");
    test_fault_is(gone, "ConnectionException", "The caller has gone");
}

static void test_acknowledgements_go_with_the_next_request(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = open_subscribed(world);

    (void)publish_acks(session, (const uint32_t[]){1, 2, 1}, 3);
    acks_are(test_call(world, 0), (const uint32_t[]){1, 2}, 2);
    test_advance(world, 10100);
    answer(world, 0, 11);
    (void)publish_acks(session, (const uint32_t[]){3}, 1); /* gets what was kept */
    (void)publish_acks(session, (const uint32_t[]){11}, 1);
    acks_are(test_call(world, 1), (const uint32_t[]){3, 11}, 2);
    answer(world, 1, 12);
}

static void test_acknowledgements_are_bounded(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = open_subscribed(world);

    osm_session_link(session)->conn->deaf = true;
    for (uint32_t i = 0; i < OSM_PUBLISH_ACKS + 5; i++)
        (void)publish_acks(session, &i, 1);
    assert_int_equal(osm_session_publisher(session)->acks.ready_size, OSM_PUBLISH_ACKS);
    assert_int_equal(osm_session_publisher(session)->acks.dropped, 5);
    osm_session_close(session, 0, NULL, NULL);
    test_turn(world);
}

static void test_a_fault_goes_to_who_waits(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = open_subscribed(world);
    struct test_request *waiting = publish(session), *next;

    test_answer_fault(test_call(world, 0), UA_STATUSCODE_BADNOSUBSCRIPTION);
    test_turn(world);
    test_fault_is(waiting, "ServiceException",
                  "Server returned ServiceFault: 0x80790000 0x80790000");
    next = publish(session);
    test_answer_unreadable(test_call(world, 1));
    test_turn(world);
    test_fault_is(next, "ServiceException", "It cannot be decoded");
    next = publish(session);
    test_advance(world, 10100);
    assert_non_null(next->reply);
    test_answer_fault(test_call(world, 2), UA_STATUSCODE_BADNOSUBSCRIPTION);
    test_turn(world); /* nobody is told of that one */
    next = publish(session);
    answer(world, 3, 11);
    test_data_is(next, "11");
}

static void test_a_loss_is_recovered_and_publish_repeated(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = open_subscribed(world);
    struct test_request *one = publish_acks(session, (const uint32_t[]){4}, 1);
    struct test_request *two = publish(session);

    world->server.new_session = false;
    test_lose_now(world, session);
    assert_int_equal(osm_session_state(session), OSM_SESSION_ACTIVE);
    assert_int_equal(osm_session_link(session)->conn->connects, 2);
    assert_int_equal(osm_session_publisher(session)->outstanding_count, 2);
    /* what was missed is asked for first */
    assert_string_equal(test_call(world, 2)->service->name, "Republish");
    test_answer_fault(test_call(world, 2), UA_STATUSCODE_BADMESSAGENOTAVAILABLE);
    test_turn(world);
    acks_are(test_call(world, 3), (const uint32_t[]){4}, 1);
    answer(world, 3, 11);
    answer(world, 4, 12);
    test_data_is(one, "11");
    test_data_is(two, "12");
}

static void test_a_loss_without_recovery_is_reported(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = open_subscribed(world);
    struct test_request *waiting = publish(session);

    world->server.down = true;
    test_lose_now(world, session);
    test_fault_is(waiting, "ConnectionException", CONNECTION_CLOSED);
    assert_int_equal(osm_session_publisher(session)->outstanding_count, 0);
    assert_int_equal(osm_session_state(session), OSM_SESSION_FAILED);
}

static void test_a_session_the_server_has_lost(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = open_subscribed(world);
    struct test_request *waiting = publish(session);

    test_answer_fault(test_call(world, 0), UA_STATUSCODE_BADSESSIONIDINVALID);
    test_turn(world);
    assert_int_equal(osm_session_link(session)->conn->connects, 2);
    test_answer(test_call(world, 1), test_transferred(1, UA_STATUSCODE_GOOD));
    test_turn(world);
    answer(world, 2, 11);
    test_data_is(waiting, "11");
}

static void test_what_was_kept_outlives_a_loss(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = open_subscribed(world);
    struct test_request *next;

    (void)publish(session);
    test_advance(world, 10100);
    answer(world, 0, 11);
    world->server.new_session = false;
    test_lose_now(world, session);
    next = publish(session);
    test_turn(world);
    test_data_is(next, "11");
}

static void test_nothing_is_kept_of_what_is_deleted(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = open_subscribed(world);

    (void)publish(session);
    test_advance(world, 10100);
    answer(world, 0, 11);
    osm_publish_forget(osm_session_publisher(session), 8);
    assert_int_equal(osm_session_publisher(session)->kept_count, 1);
    osm_publish_forget(osm_session_publisher(session), 7);
    assert_int_equal(osm_session_publisher(session)->kept_count, 0);
}

/* The oldest goes, and is told as lost. */
static void test_what_is_kept_takes_no_more_than_its_budget(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = open_subscribed(world);
    struct osm_publish_budget *budget = osm_session_subscriptions(session)->budget;
    struct test_request *next;
    size_t one;

    (void)publish(session);
    (void)publish(session);
    test_advance(world, 10100);
    test_bring(world, 7, 11, 1);
    one = budget->bytes;
    assert_true(one > 0);
    budget->bytes = OSM_PUBLISH_BUDGET;
    test_bring(world, 7, 12, 1);
    assert_int_equal(osm_session_publisher(session)->kept_count, 1);
    assert_int_equal(osm_session_publisher(session)->engine.counters.no_room, 1);
    assert_int_equal(osm_session_publisher(session)->engine.counters.lost, 1);
    next = publish(session);
    test_data_is(next, "12");
    assert_int_equal(budget->bytes, OSM_PUBLISH_BUDGET - one);
    budget->bytes = 0;
}

static void test_waiting_callers_are_bounded(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = open_subscribed(world);
    struct test_request *last;

    for (unsigned i = 0; i < OSM_PUBLISH_WAITING; i++)
        (void)publish(session);
    last = publish(session);
    test_fault_is(last, "ConnectionException",
                  "Too many publish requests are waiting for this session (64)");
    assert_int_equal(test_calls(world), OSM_PUBLISH_WAITING);
    test_advance(world, 10100);
    for (unsigned i = 0; i < OSM_PUBLISH_WAITING; i++)
        answer(world, i, i);
    assert_int_equal(osm_session_publisher(session)->kept_count, OSM_PUBLISH_WAITING);
    last = publish(session);
    test_data_is(last, "0");
}

static void test_closing_ends_the_waiting(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = open_subscribed(world);
    struct test_request *waiting = publish(session);

    osm_session_close(session, 0, NULL, NULL);
    test_turn(world);
    test_fault_is(waiting, "ConnectionException", "Not connected");
    assert_true(test_call(world, 0)->abandoned);
}

static void bring_status(struct test_world *world, struct osm_session *session,
                         UA_StatusCode status)
{
    UA_PublishResponse *response = UA_PublishResponse_new();
    UA_StatusChangeNotification *change = UA_StatusChangeNotification_new();

    (void)publish(session);
    change->status = status;
    response->subscriptionId = 7;
    response->notificationMessage.notificationData = UA_ExtensionObject_new();
    response->notificationMessage.notificationDataSize = 1;
    UA_ExtensionObject_setValue(response->notificationMessage.notificationData, change,
                                &UA_TYPES[UA_TYPES_STATUSCHANGENOTIFICATION]);
    test_answer(test_call(world, 0), response);
    test_turn(world);
}

static void test_a_transferred_subscription_is_forgotten(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = open_subscribed(world);

    bring_status(world, session, UA_STATUSCODE_GOODSUBSCRIPTIONTRANSFERRED);
    assert_null(osm_subscription_find(osm_session_subscriptions(session), 7));
}

/* The caller is told, and the next one finds it made anew. */
static void test_a_timed_out_subscription_is_made_anew(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = open_subscribed(world);
    UA_CreateSubscriptionResponse *created = UA_CreateSubscriptionResponse_new();

    bring_status(world, session, UA_STATUSCODE_BADTIMEOUT);
    assert_string_equal(test_call(world, 1)->service->name, "CreateSubscription");
    created->subscriptionId = 20;
    test_answer(test_call(world, 1), created);
    test_turn(world);
    assert_int_equal(osm_subscription_server_id(osm_session_subscriptions(session), 7), 20);
    assert_false(osm_session_is_degraded(session));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        test_in_world(test_what_is_kept_is_told_once),
        test_in_world(test_whose_answer_was_another_ones_asks_on),
        test_in_world(test_an_answer_goes_to_who_waits),
        test_in_world(test_it_holds_nobody_up),
        test_in_world(test_it_starts_in_order),
        test_in_world(test_it_waits_for_the_keep_alive),
        test_in_world(test_a_late_answer_is_no_loss),
        test_in_world(test_the_next_caller_takes_up_a_late_request),
        test_in_world(test_patience_ends_before_the_callers),
        test_in_world(test_a_caller_who_has_gone_loses_nothing),
        test_in_world(test_a_caller_is_looked_for),
        test_in_world(test_acknowledgements_go_with_the_next_request),
        test_in_world(test_acknowledgements_are_bounded),
        test_in_world(test_a_fault_goes_to_who_waits),
        test_in_world(test_a_loss_is_recovered_and_publish_repeated),
        test_in_world(test_a_loss_without_recovery_is_reported),
        test_in_world(test_a_session_the_server_has_lost),
        test_in_world(test_what_was_kept_outlives_a_loss),
        test_in_world(test_nothing_is_kept_of_what_is_deleted),
        test_in_world(test_what_is_kept_takes_no_more_than_its_budget),
        test_in_world(test_waiting_callers_are_bounded),
        test_in_world(test_closing_ends_the_waiting),
        test_in_world(test_a_transferred_subscription_is_forgotten),
        test_in_world(test_a_timed_out_subscription_is_made_anew),
    };

    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    test_server_is_large = true; /* whatever the size of an answer, what follows is the same */
    return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
