/* SPDX-License-Identifier: MIT */
/* Losses on the way back, attempts, and what a recovery finds changed (recovery.h). */
#include "testing/testing_site.h"

#include "core/session/session_internal.h"
#include "core/subscription/publisher.h"

#define LOST "Connection closed by remote"

/* --- losses on the way --------------------------------------------------------------------- */

static const struct osm_ua_service *const steps[] = {
    &osm_service_transfer_subscriptions, &osm_service_create_subscription,
    &osm_service_create_monitored_items, &osm_service_set_triggering,
    &osm_service_delete_subscriptions};

/* Cut at each step, its request sent or not, by a server that keeps the session or not. */
static void cut_at(struct test_site *site, const struct osm_ua_service *service, bool sent,
                   bool new_session)
{
    test_site_subscribed(site, 3);
    osm_monitored_item_set_link(site->subscription, 1, 3, true);
    site->plant.hold = true;
    site->plant.hold_service = service;
    site->world->server.new_session = true;
    site->world->server.sent = sent;
    test_site_lose_and_recover(site);
    site->world->server.new_session = new_session;
    test_site_lose_and_recover(site);
    test_advance(site->world, 5000);
    site->plant.hold = false;
    test_site_is_right(site, 3);
    osm_subscription_remove(osm_session_subscriptions(site->session), site->subscription);
    test_site_pass(site, 60000); /* the back-off is forgotten */
}

static void test_cut_at_each_step(void **state)
{
    struct test_site *site = *state;

    for (size_t i = 0; i < OSM_ARRAY_SIZE(steps); i++)
        for (unsigned how = 0; how < 4; how++)
            cut_at(site, steps[i], how & 1, how & 2);
}

/* Items that may have been made are not made twice: their subscription goes first. */
static void test_what_is_in_doubt_is_deleted(void **state)
{
    struct test_site *site = *state;

    test_site_subscribed(site, 2);
    site->plant.hold = true;
    site->plant.hold_service = &osm_service_create_monitored_items;
    test_site_lose_and_recover(site);
    site->plant.log_size = 0;
    site->world->server.new_session = false;
    test_site_lose_and_recover(site);
    test_advance(site->world, 1000);
    test_plant_log_is(&site->plant, "DeleteSubscriptions CreateSubscription CreateMonitoredItems");
    test_site_is_right(site, 2);
}

/* The server has made what it does not tell of: all is made anew, once at once, then with pauses.
 */
static void test_a_count_that_is_wrong(void **state)
{
    struct test_site *site = *state;

    test_site_subscribed(site, 2);
    site->plant.transfer_status = UA_STATUSCODE_BADSUBSCRIPTIONIDINVALID;
    site->plant.items_short = 1;
    test_site_lose_and_recover(site);
    test_plant_log_is(&site->plant, "TransferSubscriptions CreateSubscription CreateMonitoredItems "
                                    "DeleteSubscriptions");
    assert_true(osm_session_is_degraded(site->session));
    test_site_pass(site, 6000);
    test_plant_log_is(&site->plant, "CreateSubscription CreateMonitoredItems");
    test_site_is_right(site, 2);
}

/* Whose id it was is not forgotten: it is made anew, too, and callers keep their ids. */
static void test_an_id_the_server_gives_twice(void **state)
{
    struct test_site *site = *state;
    struct osm_subscriptions *all = osm_session_subscriptions(site->session);
    struct osm_subscription *other;

    test_site_subscribed(site, 1);
    site->plant.last_subscription = 100;
    osm_recovery_displace(site->session, 8);
    assert_int_equal(site->subscription->server_id, 7);
    osm_recovery_displace(site->session, 7);
    other = test_site_subscribe(site, 7);
    test_site_pass(site, 1000);
    test_plant_log_is(&site->plant, "CreateSubscription CreateMonitoredItems");
    test_site_is_right(site, 1);
    assert_int_equal(site->subscription->server_id, 101);
    assert_ptr_equal(osm_subscription_find_server(all, 7), other);
    assert_int_not_equal(other->id, 7);
}

static void test_a_server_that_falls_silent(void **state)
{
    struct test_site *site = *state;

    for (size_t i = 0; i < 4; i++) {
        test_site_subscribed(site, 2);
        osm_monitored_item_set_link(site->subscription, 1, 2, true);
        site->plant.hold = true;
        site->plant.hold_service = steps[i];
        site->world->server.new_session = true;
        test_site_lose_and_recover(site);
        assert_int_equal(osm_session_state(site->session), OSM_SESSION_RECOVERING);
        test_advance(site->world, 5000); /* opcuaTimeout */
        assert_int_not_equal(osm_session_state(site->session), OSM_SESSION_RECOVERING);
        test_advance(site->world, 5000);
        test_site_is_right(site, 2);
        osm_subscription_remove(osm_session_subscriptions(site->session), site->subscription);
        test_site_pass(site, 60000);
    }
}

static void test_the_server_forgets_again(void **state)
{
    struct test_site *site = *state;

    test_site_subscribed(site, 1);
    site->plant.hold = true;
    site->plant.hold_service = &osm_service_create_monitored_items;
    test_site_lose_and_recover(site);
    test_answer_fault(site->world->server.calls->prev, UA_STATUSCODE_BADSESSIONIDINVALID);
    test_advance(site->world, 5000);
    test_site_is_right(site, 1);
}

static void test_closed_on_the_way(void **state)
{
    struct test_site *site = *state;

    test_site_subscribed(site, 1);
    site->plant.hold = true;
    site->plant.hold_service = &osm_service_create_subscription;
    test_site_lose_and_recover(site);
    assert_int_equal(osm_session_state(site->session), OSM_SESSION_RECOVERING);
    osm_session_close(site->session, 0, NULL, NULL);
    test_turn(site->world);
    assert_true(site->world->server.calls->prev->abandoned);
}

/* --- attempts ------------------------------------------------------------------------------ */

static void test_attempts_of_its_own(void **state)
{
    static const struct {
        osm_msec least, most;
    } pauses[] = {{250, 500},    {500, 1000},    {1000, 2000},   {2000, 4000},  {4000, 8000},
                  {8000, 16000}, {16000, 32000}, {30000, 60000}, {30000, 60000}};
    struct test_site *site = *state;

    test_site_subscribed(site, 0);
    test_advance(site->world, 10000);
    site->world->server.down = true;
    test_lose_now(site->world, site->session);
    for (size_t i = 0; i < OSM_ARRAY_SIZE(pauses); i++) {
        unsigned before = osm_session_link(site->session)->conn->connects;
        osm_msec since = site->world->loop.now;

        while (osm_session_link(site->session)->conn->connects == before)
            test_advance(site->world, 1);
        assert_in_range(site->world->loop.now - since, pauses[i].least, pauses[i].most);
        assert_int_equal(osm_session_state(site->session), OSM_SESSION_FAILED);
    }
    site->world->server.down = false;
    test_advance(site->world, 60000);
    test_site_is_right(site, 0);
}

static void test_sessions_without_subscriptions_wait_for_callers(void **state)
{
    struct test_site *site = *state;

    test_lose_now(site->world, site->session);
    test_advance(site->world, 100000);
    assert_int_equal(osm_session_link(site->session)->conn->connects, 1);
    assert_int_equal(osm_session_state(site->session), OSM_SESSION_FAILED);
    osm_session_set_persistent(site->session, true); /* of a configuration file */
    test_turn(site->world);
}

static void test_persistent_sessions_do_not(void **state)
{
    struct test_site *site = *state;

    osm_session_set_persistent(site->session, true);
    test_site_lose_and_recover(site);
    assert_int_equal(osm_session_state(site->session), OSM_SESSION_ACTIVE);
    test_plant_log_is(&site->plant, "");
}

/* A server that takes every connection and drops it is not asked all the time. */
static void test_short_connections_are_no_success(void **state)
{
    struct test_site *site = *state;
    unsigned before;

    test_site_subscribed(site, 0);
    site->world->server.new_session = false;
    for (unsigned i = 0; i < 10; i++) {
        test_lose_now(site->world, site->session);
        while (osm_session_state(site->session) != OSM_SESSION_ACTIVE)
            test_advance(site->world, 10);
    }
    before = osm_session_link(site->session)->conn->connects;
    test_lose_now(site->world, site->session);
    test_advance(site->world, 29000);
    assert_int_equal(osm_session_link(site->session)->conn->connects, before);
    test_advance(site->world, 31000);
    assert_int_equal(osm_session_link(site->session)->conn->connects, before + 1);
    test_advance(site->world, 10000);
    test_site_lose_and_recover(site);
    assert_int_equal(osm_session_link(site->session)->conn->connects, before + 2);
}

static void null_start(struct osm_op *op)
{
    test_finish_null(op);
}

static struct test_request *operate(struct test_site *site)
{
    struct test_request *test = test_request_parse(site->world, "{}");

    osm_op_submit(osm_session_ops(site->session), &test->request.caller, "read", OSM_OP_READS,
                  null_start, NULL);
    test_turn(site->world);
    return test;
}

/* The server has been away for so long, and nobody has asked for anything. */
static void in_back_off(struct test_site *site, unsigned items, osm_msec away)
{
    test_site_subscribed(site, items);
    site->world->server.down = true;
    test_lose_now(site->world, site->session);
    test_advance(site->world, away);
}

/* What nobody has been told of is still told to the first who asks. */
static void test_attempts_do_not_take_the_words_away(void **state)
{
    struct test_site *site = *state;
    struct test_request *first;

    in_back_off(site, 0, 20000);
    assert_true(osm_session_link(site->session)->conn->connects > 3);
    first = operate(site);
    test_fault_is(first, "ConnectionException", LOST);
    test_fault_is(operate(site), "ConnectionException",
                  "Connection lost: call reconnect() or connect() to re-establish");
}

static void test_an_operation_does_not_wait_for_the_back_off(void **state)
{
    struct test_site *site = *state;
    osm_msec since;

    in_back_off(site, 1, 200000);
    site->world->server.down = false;
    since = site->world->loop.now;
    test_data_is(operate(site), "null");
    assert_true(site->world->loop.now == since);
    test_site_is_right(site, 1);
}

/* Who comes while the session tries by itself is not told of that attempt's failure. */
static void test_an_operation_has_its_own_attempt(void **state)
{
    struct test_site *site = *state;
    struct test_request *read;

    test_site_subscribed(site, 0);
    site->world->server.hold_connect = true;
    test_site_lose_and_recover(site);
    assert_int_equal(osm_session_state(site->session), OSM_SESSION_RECOVERING);
    read = operate(site);
    site->world->server.hold_connect = false;
    test_lose(osm_session_link(site->session)->conn);
    test_turn(site->world);
    test_data_is(read, "null");
    site->world->server.down = true;
    site->world->server.hold_connect = true;
    test_advance(site->world, 20000);
    test_site_lose_and_recover(site);
    read = operate(site);
    test_lose(osm_session_link(site->session)->conn);
    test_turn(site->world);
    assert_null(read->reply);
    test_server_connect(osm_session_link(site->session)->conn);
    test_turn(site->world);
    test_fault_is(read, "ConnectionException", LOST);
}

/* An attempt that a caller has begun takes its time, past the moment of the next one by itself. */
static void test_a_long_attempt_is_waited_for_in_peace(void **state)
{
    struct test_site *site = *state;
    unsigned fired;

    in_back_off(site, 0, 20000);
    assert_int_equal(osm_session_state(site->session), OSM_SESSION_FAILED);
    site->world->server.down = false;
    site->world->server.hold_connect = true;
    (void)operate(site);
    (void)operate(site);
    assert_int_equal(osm_session_state(site->session), OSM_SESSION_RECOVERING);
    fired = site->world->loop.fired;
    test_advance(site->world, 4000);
    assert_int_equal(osm_session_state(site->session), OSM_SESSION_RECOVERING);
    assert_true(site->world->loop.fired - fired < 10);
    test_server_connect(osm_session_link(site->session)->conn);
    test_turn(site->world);
    test_site_is_right(site, 0);
}

static void test_no_attempts_at_the_end(void **state)
{
    struct test_site *site = *state;
    unsigned before;

    test_site_subscribed(site, 0);
    site->world->server.down = true;
    test_lose_now(site->world, site->session);
    osm_manager_shutdown(site->world->manager, 60000, 1000, test_shutdown_done, site->world);
    before = osm_session_link(site->session)->conn->connects;
    test_advance(site->world, 30000);
    assert_int_equal(site->world->ends, 1);
    assert_int_equal(site->world->server.conns->connects, before);
}

/* --- namespaces ---------------------------------------------------------------------------- */

static UA_UInt16 index_of_item(struct test_site *site, uint32_t id)
{
    return osm_monitored_item_find(site->subscription, id)->params.node_id.namespaceIndex;
}

static void test_namespaces_are_numbered_anew(void **state)
{
    struct test_site *site = *state;

    test_site_subscribed(site, 1); /* of urn:line */
    site->world->server.namespaces[0] = "urn:new";
    site->world->server.namespaces[1] = "urn:line";
    test_site_lose_and_recover(site);
    test_site_is_right(site, 1);
    assert_int_equal(index_of_item(site, 1), 3);
    assert_int_equal(site->plant.last_items->itemsToCreate[0].itemToMonitor.nodeId.namespaceIndex,
                     3);
}

/* A namespace that is no more is waited for; the same number may mean another one meanwhile. */
static void test_a_namespace_is_gone(void **state)
{
    struct test_site *site = *state;

    test_site_subscribed(site, 1);
    site->world->server.namespaces[0] = "urn:other";
    test_site_lose_and_recover(site);
    test_plant_log_is(&site->plant, "TransferSubscriptions CreateSubscription");
    assert_true(osm_session_is_degraded(site->session));
    assert_int_equal(osm_monitored_item_find(site->subscription, 1)->refusal.status,
                     UA_STATUSCODE_BADNODEIDUNKNOWN);
    site->world->server.namespaces[1] = "urn:more";
    test_advance(site->world, 10000);
    test_site_lose_and_recover(site);
    assert_true(osm_session_is_degraded(site->session));
    site->world->server.namespaces[2] = "urn:line";
    test_advance(site->world, 10000);
    test_site_lose_and_recover(site);
    test_site_is_right(site, 1);
    assert_int_equal(index_of_item(site, 1), 4);
}

/* A step that nobody has ended: a fault of ours. The session begins anew. */
static void test_a_broken_invariant_costs_one_connection(void **state)
{
    struct test_site *site = *state;
    struct osm_session *other = test_session_open(site->world, "{}");

    test_site_subscribed(site, 1);
    site->session->recovery.step = osm_recovery_steps[0];
    osm_recovery_begin(site->session);
    test_turn(site->world);
    assert_int_equal(osm_session_state(site->session), OSM_SESSION_FAILED);
    assert_int_equal(other->state, OSM_SESSION_ACTIVE);
    test_advance(site->world, 500);
    test_site_is_right(site, 1);
    assert_int_equal(osm_session_link(other)->conn->connects, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_on_site(test_a_broken_invariant_costs_one_connection),
        test_on_site(test_cut_at_each_step),
        test_on_site(test_what_is_in_doubt_is_deleted),
        test_on_site(test_a_server_that_falls_silent),
        test_on_site(test_the_server_forgets_again),
        test_on_site(test_closed_on_the_way),
        test_on_site(test_attempts_of_its_own),
        test_on_site(test_sessions_without_subscriptions_wait_for_callers),
        test_on_site(test_persistent_sessions_do_not),
        test_on_site(test_short_connections_are_no_success),
        test_on_site(test_attempts_do_not_take_the_words_away),
        test_on_site(test_an_operation_does_not_wait_for_the_back_off),
        test_on_site(test_an_operation_has_its_own_attempt),
        test_on_site(test_a_long_attempt_is_waited_for_in_peace),
        test_on_site(test_no_attempts_at_the_end),
        test_on_site(test_namespaces_are_numbered_anew),
        test_on_site(test_a_count_that_is_wrong),
        test_on_site(test_an_id_the_server_gives_twice),
        test_on_site(test_a_namespace_is_gone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
