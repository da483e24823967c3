/* SPDX-License-Identifier: MIT */
/*
 * Automatic publishing against a scripted server: messages that are missing, responses for
 * subscriptions nobody knows, subscriptions the server has given up, losses (daemon.md §10; R6, R7,
 * R12, R13).
 */
#include "testing/testing.h"

#include "core/subscription/publisher_internal.h"
#include "core/subscription/wish.h"
#include "testing/testing_events.h"
#include "testing/testing_publish.h"

#define KEEP_ALIVE 0 /* as a count of values */

/* --- gaps ------------------------------------------------------------------------------------ */

static void test_a_gap_is_filled(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_publishing(world);

    test_subscribe(session, 7);
    test_bring(world, 7, 3, 1);
    assert_int_equal(osm_session_publisher(session)->engine.counters.messages, 0);
    test_republish_is(world, 7, 1);
    test_republish(world, 1);
    test_republish_is(world, 7, 2);
    test_republish(world, 2);
    assert_int_equal(osm_session_publisher(session)->engine.counters.messages, 3);
    assert_int_equal(osm_session_publisher(session)->engine.counters.republished, 2);
    assert_int_equal(osm_session_publisher(session)->engine.counters.gaps, 1);
    test_no_republish(world);
    test_bring(world, 7, 4, 1);
    test_newest_acks_are(world, "7:1 7:2 7:3 7:4");
}

static void test_what_cannot_be_had_is_lost(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_publishing(world);

    test_subscribe(session, 7);
    test_bring(world, 7, 3, 1);
    test_refuse_republish(world, UA_STATUSCODE_BADMESSAGENOTAVAILABLE);
    test_republish(world, 2);
    assert_int_equal(osm_session_publisher(session)->engine.counters.lost, 1);
    assert_int_equal(osm_session_publisher(session)->engine.counters.messages, 2);
}

static void test_a_keep_alive_shows_a_gap(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_publishing(world);

    test_subscribe(session, 7);
    test_bring(world, 7, 2, KEEP_ALIVE);
    test_republish(world, 1);
    assert_int_equal(osm_session_publisher(session)->engine.counters.messages, 1);
    test_no_republish(world);
}

static void test_a_gap_holds_nobody_else_up(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_publishing(world);

    test_subscribe(session, 7);
    test_subscribe(session, 8);
    test_bring(world, 7, 2, 1);
    test_bring(world, 8, 1, 1);
    assert_int_equal(osm_session_publisher(session)->engine.counters.messages, 1);
    test_republish(world, 1);
    assert_int_equal(osm_session_publisher(session)->engine.counters.messages, 3);
}

/* … and one that goes takes its own question along, nobody else's. */
static void test_a_deleted_one_asks_no_more(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_publishing(world);

    test_subscribe(session, 7);
    test_subscribe(session, 8);
    test_bring(world, 7, 2, 1);
    test_republish_is(world, 7, 1);
    test_unsubscribe(session, 8);
    test_republish(world, 1);
    assert_int_equal(osm_session_publisher(session)->engine.counters.messages, 2);
    test_bring(world, 7, 4, 1);
    test_republish_is(world, 7, 3);
    test_unsubscribe(session, 7);
    test_no_republish(world);
    assert_null(osm_session_publisher(session)->engine.asks);
}

static void test_duplicates_are_dropped(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_publishing(world);

    test_subscribe(session, 7);
    test_bring(world, 7, 1, 1);
    test_bring(world, 7, 1, 1);
    assert_int_equal(osm_session_publisher(session)->engine.counters.messages, 1);
    assert_int_equal(osm_session_publisher(session)->engine.counters.duplicates, 1);
    test_newest_acks_are(world, "7:1"); /* it seems to have missed the first one */
}

static void test_an_unanswered_republish(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_publishing(world);

    test_subscribe(session, 7);
    test_bring(world, 7, 2, 1);
    for (unsigned i = 0; i < OSM_PUBLISH_ASK_ATTEMPTS; i++) {
        test_republish_is(world, 7, 1);
        test_advance(world, 5001);
    }
    test_no_republish(world);
    assert_int_equal(osm_session_publisher(session)->engine.counters.lost, 1);
    assert_int_equal(osm_session_publisher(session)->engine.counters.messages, 1);
}

/* The connection cannot send any more, and nobody has told yet: the message can be had later. */
static void test_a_republish_that_cannot_be_repeated(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_publishing(world);

    test_subscribe(session, 7);
    test_bring(world, 7, 2, 1);
    osm_session_link(session)->conn->deaf = true;
    test_advance(world, 5001);
    assert_int_equal(osm_session_publisher(session)->engine.ask_count, 0);
    assert_int_equal(osm_session_publisher(session)->engine.counters.lost, 0);
    osm_session_link(session)->conn->deaf = false;
    test_lose_and_resume(world, session);
    test_republish(world, 1);
    assert_int_equal(osm_session_publisher(session)->engine.counters.messages, 2);
    assert_int_equal(osm_session_publisher(session)->engine.counters.lost, 0);
}

static void test_republishes_are_bounded(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_publishing(world);

    for (uint32_t id = 1; id <= 2 * OSM_PUBLISH_ASKS; id++)
        test_subscribe(session, id);
    for (uint32_t id = 1; id <= 2 * OSM_PUBLISH_ASKS; id++)
        test_bring(world, id, 2, 1);
    assert_int_equal(osm_session_publisher(session)->engine.ask_count, OSM_PUBLISH_ASKS);
    for (uint32_t id = 1; id <= 2 * OSM_PUBLISH_ASKS; id++)
        test_republish(world, 1);
    assert_int_equal(osm_session_publisher(session)->engine.ask_count, 0);
    assert_int_equal(osm_session_publisher(session)->engine.counters.messages,
                     4 * OSM_PUBLISH_ASKS);
}

/* --- subscriptions that are not known -------------------------------------------------------- */

static void test_what_comes_too_early_is_parked(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_publishing(world);

    test_subscribe(session, 7);
    test_bring(world, 8, 1, 1);
    test_bring(world, 8, 2, 1);
    assert_int_equal(osm_session_publisher(session)->engine.parked_count, 2);
    assert_int_equal(osm_session_publisher(session)->engine.counters.messages, 0);
    test_subscribe(session, 8);
    assert_int_equal(osm_session_publisher(session)->engine.parked_count, 0);
    assert_int_equal(osm_session_publisher(session)->engine.counters.messages, 2);
    test_newest_acks_are(world, "8:1 8:2");
}

static void test_what_is_parked_is_bounded(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_publishing(world);

    test_subscribe(session, 7);
    for (uint32_t i = 1; i <= OSM_PUBLISH_PARKED + 10; i++)
        test_bring(world, 8, i, 1);
    assert_int_equal(osm_session_publisher(session)->engine.parked_count, OSM_PUBLISH_PARKED);
    test_advance(world, OSM_PUBLISH_PARKED_MS + 1);
    assert_int_equal(osm_session_publisher(session)->engine.parked_count, 0);
    assert_int_equal(osm_session_publisher(session)->engine.counters.discarded,
                     0); /* it has ended */
}

static void test_what_is_parked_takes_no_more_than_its_budget(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_publishing(world);
    size_t one;

    test_subscribe(session, 7);
    test_bring(world, 8, 1, 1);
    one = osm_publisher_status(osm_session_publisher(session)).waiting_bytes;
    assert_true(one > sizeof(UA_PublishResponse));
    osm_session_subscriptions(session)->budget->bytes = OSM_PUBLISH_BUDGET;
    test_bring(world, 8, 2, 1);
    assert_int_equal(osm_session_publisher(session)->engine.parked_count,
                     1); /* the older one has gone */
    assert_int_equal(osm_session_publisher(session)->engine.counters.no_room, 1);
    assert_int_equal(osm_session_subscriptions(session)->budget->bytes, OSM_PUBLISH_BUDGET);
    test_subscribe(session, 8);
    test_republish_is(world, 8, 1); /* it was not acknowledged: it can be had again */
    test_republish(world, 1);
    assert_int_equal(osm_session_publisher(session)->engine.counters.messages, 2);
    assert_int_equal(osm_session_subscriptions(session)->budget->bytes, OSM_PUBLISH_BUDGET - one);
    osm_session_subscriptions(session)->budget->bytes = 0;
}

static void test_what_is_held_takes_no_more_than_its_budget(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_publishing(world);

    test_subscribe(session, 7);
    osm_session_subscriptions(session)->budget->bytes = OSM_PUBLISH_BUDGET;
    test_bring(world, 7, 1, 1); /* goes out at once */
    assert_int_equal(osm_session_publisher(session)->engine.counters.no_room, 0);
    test_bring(world, 7, 4, 1);
    assert_int_equal(osm_session_publisher(session)->engine.counters.no_room, 1);
    assert_int_equal(osm_session_publisher(session)->engine.counters.lost, 2);
    assert_int_equal(osm_session_publisher(session)->engine.counters.messages, 2);
    assert_int_equal(osm_session_subscriptions(session)->budget->bytes, OSM_PUBLISH_BUDGET);
    osm_session_subscriptions(session)->budget->bytes = 0;
}

/* What takes the room is other sessions': there is nothing to give up here. */
static void test_a_session_that_holds_nothing_loses_nothing(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_publishing(world);

    test_subscribe(session, 7);
    osm_session_subscriptions(session)->budget->bytes = OSM_PUBLISH_BUDGET + 1;
    osm_publish_fit(osm_session_publisher(session));
    assert_int_equal(osm_session_publisher(session)->engine.counters.no_room, 0);
    assert_int_equal(osm_session_publisher(session)->engine.counters.lost, 0);
    osm_session_subscriptions(session)->budget->bytes = 0;
}

static void test_the_budget_is_given_back(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_publishing(world);

    test_subscribe(session, 7);
    test_bring(world, 7, 3, 1);
    assert_true(osm_session_subscriptions(session)->budget->bytes > 0);
    test_republish(world, 1);
    test_republish(world, 2);
    assert_int_equal(osm_session_subscriptions(session)->budget->bytes, 0);
    test_bring(world, 7, 5, 1);
    test_bring(world, 8, 1, 1);
    test_unsubscribe(session, 7);
    test_advance(world, OSM_PUBLISH_PARKED_MS + 1);
    assert_int_equal(osm_session_subscriptions(session)->budget->bytes, 0);
}

/* Who asked for it had gone when the server had made it. */
static void test_what_nobody_knows_is_deleted(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_publishing(world);

    test_subscribe(session, 7);
    test_bring(world, 8, 1, 1);
    test_bring(world, 8, 2, 1);
    test_advance(world, OSM_PUBLISH_PARKED_MS / 2);
    test_bring(world, 8, 3, KEEP_ALIVE);
    test_advance(world, OSM_PUBLISH_PARKED_MS / 2 + 1);
    assert_int_equal(osm_session_publisher(session)->engine.parked_count, 1);
    test_discard_is(world, 8);
    assert_int_equal(osm_session_publisher(session)->engine.counters.discarded, 1);
}

static void test_what_has_come_to_be_known_stays(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_publishing(world);

    test_subscribe(session, 7);
    test_bring(world, 8, 1, 1);
    test_subscribe(session, 8);
    test_advance(world, OSM_PUBLISH_PARKED_MS + 1);
    assert_int_equal(osm_session_publisher(session)->engine.counters.discarded, 0);
}

/* --- status changes -------------------------------------------------------------------------- */

static void test_a_transferred_one_is_let_go(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_publishing(world);

    test_subscribe(session, 7);
    test_bring_status(world, 7, 1, UA_STATUSCODE_GOODSUBSCRIPTIONTRANSFERRED);
    assert_null(osm_subscription_find(osm_session_subscriptions(session), 7));
    assert_int_equal(osm_session_publisher(session)->engine.state, OSM_PUBLISH_IDLE);
}

static void test_a_timed_out_one_is_gone(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_publishing(world);

    test_subscribe(session, 7);
    test_subscribe(session, 8);
    test_bring_status(world, 7, 1, UA_STATUSCODE_BADTIMEOUT);
    assert_true(osm_subscription_find(osm_session_subscriptions(session), 7)->track.gone);
    assert_false(osm_subscription_find(osm_session_subscriptions(session), 8)->track.gone);
    test_bring(world, 8, 1, 1);
    test_newest_acks_are(world, "8:1");
}

/* Putting one right frees another that is not wanted any more and has not been made. */
static void test_all_gone_while_one_is_swept(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_publishing(world);
    static const struct osm_subscription_params params = {.publishing_interval = 500};
    struct osm_subscription *unborn;

    test_subscribe(session, 7);
    assert_non_null(osm_subscription_wish(osm_session_subscriptions(session), &params, &unborn));
    osm_subscription_doom(unborn);
    test_subscribe(session, 9);
    test_refuse(world, UA_STATUSCODE_BADNOSUBSCRIPTION);
    test_refuse(world, UA_STATUSCODE_BADNOSUBSCRIPTION);
    test_refuse(world, UA_STATUSCODE_BADNOSUBSCRIPTION); /* this one was sent behind all of them */
    assert_int_equal(HASH_COUNT(osm_session_subscriptions(session)->by_id), 2);
    assert_true(osm_subscription_find(osm_session_subscriptions(session), 7)->track.gone);
    assert_true(osm_subscription_find(osm_session_subscriptions(session), 9)->track.gone);
}

static void test_republish_finds_it_gone(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_publishing(world);

    test_subscribe(session, 7);
    test_bring(world, 7, 2, 1);
    test_refuse_republish(world, UA_STATUSCODE_BADSUBSCRIPTIONIDINVALID);
    assert_true(osm_subscription_find(osm_session_subscriptions(session), 7)->track.gone);
    assert_int_equal(osm_session_publisher(session)->engine.counters.messages,
                     1); /* what was held */
    assert_int_equal(osm_session_publisher(session)->engine.counters.lost, 1);
}

static void test_it_is_made_anew(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_publishing(world);
    struct osm_subscription *subscription = test_subscribe(session, 7);
    UA_CreateSubscriptionResponse *created = UA_CreateSubscriptionResponse_new();

    test_bring(world, 7, 1, 1);
    test_bring_status(world, 7, 2, UA_STATUSCODE_BADTIMEOUT);
    assert_int_equal(osm_session_publisher(session)->engine.state, OSM_PUBLISH_IDLE);
    created->subscriptionId = 9;
    assert_string_equal(world->server.calls->prev->service->name, "CreateSubscription");
    test_answer(world->server.calls->prev, created);
    test_turn(world);
    assert_int_equal(subscription->server_id, 9);
    assert_int_equal(osm_session_publisher(session)->engine.state, OSM_PUBLISH_RUNNING);
    test_bring(world, 9, 1, 1);
    assert_int_equal(osm_session_publisher(session)->engine.counters.messages, 3);
    assert_int_equal(osm_session_publisher(session)->engine.counters.duplicates, 0);
}

/* --- losses ---------------------------------------------------------------------------------- */

static void test_what_was_missed_comes_first(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_publishing(world);

    test_subscribe(session, 7);
    test_bring(world, 7, 1, 1);
    test_lose_and_resume(world, session);
    assert_int_equal(osm_session_publisher(session)->outstanding_count, 2);
    test_republish_is(world, 7, 2);
    test_bring(world, 7, 4, 1);
    assert_int_equal(osm_session_publisher(session)->engine.counters.messages, 1);
    test_republish(world, 2);
    test_republish(world, 3);
    assert_int_equal(osm_session_publisher(session)->engine.counters.messages, 4);
    test_refuse_republish(world, UA_STATUSCODE_BADMESSAGENOTAVAILABLE); /* 5: there is none yet */
    test_no_republish(world);
    assert_int_equal(osm_session_publisher(session)->engine.counters.lost, 0);
}

static void test_a_loss_while_asking(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_publishing(world);

    test_subscribe(session, 7);
    test_bring(world, 7, 3, 1);
    test_lose_and_resume(world, session);
    test_republish_is(world, 7, 1);
    test_republish(world, 1);
    test_republish(world, 2);
    assert_int_equal(osm_session_publisher(session)->engine.counters.messages, 3);
}

static void test_transferred_with_messages(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_publishing(world);
    struct osm_subscription *subscription = test_subscribe(session, 7);

    test_bring(world, 7, 1, 1);
    osm_publisher_transferred(osm_session_publisher(session), subscription,
                              (const uint32_t[]){1, 2, 3}, 3);
    osm_publisher_go(osm_session_publisher(session));
    test_republish(world, 2);
    test_republish(world, 3);
    test_no_republish(world);
    assert_int_equal(osm_session_publisher(session)->engine.counters.messages, 3);
}

static void test_silence_is_looked_into(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_publishing(world);

    test_subscribe(session, 7); /* a keep-alive every 5 s, opcuaTimeout 5 s */
    test_advance(world, 20001);
    test_republish_is(world, 7, 1);
    test_refuse_republish(world, UA_STATUSCODE_BADMESSAGENOTAVAILABLE);
    test_no_republish(world);
    test_advance(world, 20001);
    test_refuse_republish(world, UA_STATUSCODE_BADSUBSCRIPTIONIDINVALID);
    assert_true(osm_subscription_find(osm_session_subscriptions(session), 7)->track.gone);
}

static void test_closing_ends_it(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_publishing(world);

    test_subscribe(session, 7);
    test_bring(world, 7, 2, 1);
    osm_session_close(session, 0, NULL, NULL);
    test_turn(world);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        test_in_world(test_a_gap_is_filled),
        test_in_world(test_what_cannot_be_had_is_lost),
        test_in_world(test_a_keep_alive_shows_a_gap),
        test_in_world(test_a_gap_holds_nobody_else_up),
        test_in_world(test_a_deleted_one_asks_no_more),
        test_in_world(test_duplicates_are_dropped),
        test_in_world(test_an_unanswered_republish),
        test_in_world(test_a_republish_that_cannot_be_repeated),
        test_in_world(test_republishes_are_bounded),
        test_in_world(test_what_comes_too_early_is_parked),
        test_in_world(test_what_is_parked_is_bounded),
        test_in_world(test_what_is_parked_takes_no_more_than_its_budget),
        test_in_world(test_what_is_held_takes_no_more_than_its_budget),
        test_in_world(test_a_session_that_holds_nothing_loses_nothing),
        test_in_world(test_the_budget_is_given_back),
        test_in_world(test_what_nobody_knows_is_deleted),
        test_in_world(test_what_has_come_to_be_known_stays),
        test_in_world(test_a_transferred_one_is_let_go),
        test_in_world(test_a_timed_out_one_is_gone),
        test_in_world(test_all_gone_while_one_is_swept),
        test_in_world(test_republish_finds_it_gone),
        test_in_world(test_it_is_made_anew),
        test_in_world(test_what_was_missed_comes_first),
        test_in_world(test_a_loss_while_asking),
        test_in_world(test_transferred_with_messages),
        test_in_world(test_silence_is_looked_into),
        test_in_world(test_closing_ends_it),
    };

    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    test_server_is_large = true; /* whatever the size of an answer, what follows is the same */
    return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
