/* SPDX-License-Identifier: MIT */
/*
 * Callers who may change only what they have made themselves (differences.md S15): what touches
 * others' things is refused and never gets to the server, whatever else the request names.
 */
#include "serve/method/run.h"
#include "testing/testing_item.h"

enum { OTHER = 1, OWN = 2 };

/* Subscription 7 with the items 50, the reader's own, and 51, another one's; 99 is unknown. */
static struct osm_session *furnished(struct test_world *world, uint64_t maker)
{
    struct osm_session *session = test_open_subscribed(world);
    struct osm_subscription *subscription =
        osm_subscription_find(osm_session_subscriptions(session), 7);

    (void)test_run_query(session, &osm_method_createMonitoredItems,
                         "[7,[{'nodeId':'i=1'},{'nodeId':'i=2'}]]");
    test_answer_created(world, 50, 2);
    subscription->maker = maker;
    osm_monitored_item_find(subscription, 50)->maker = OWN;
    osm_monitored_item_find(subscription, 51)->maker = OTHER;
    return session;
}

static struct test_request *run_confined(struct test_world *world, struct osm_session *session,
                                         const struct osm_method *method, const char *params)
{
    struct osm_grant *reader = osm_grant_new(OWN, &(struct osm_grant_terms){.role = OSM_ROLE_READ});
    struct test_request *test = test_request_parse(world, params);

    osm_request_set_grant(&test->request, reader);
    (void)osm_grant_unref(reader);
    osm_method_run(method, session, &test->request, test->request.root, false);
    return test;
}

static const struct {
    const struct osm_method *method;
    const char *params;
    uint64_t maker; /* of the subscription */
    bool refused;
} cases[] = {
    {&osm_method_deleteSubscription, "[7]", OTHER, true},
    {&osm_method_deleteSubscription, "[7]", OWN, false},
    {&osm_method_deleteSubscription, "[9]", OTHER, false},
    {&osm_method_createMonitoredItems, "[7,[{'nodeId':'i=3'}]]", OTHER, true},
    {&osm_method_createMonitoredItems, "[7,[{'nodeId':'i=3'}]]", OWN, false},
    {&osm_method_createMonitoredItems, "[9,[{'nodeId':'i=3'}]]", OTHER, false},
    {&osm_method_modifyMonitoredItems, "[7,[{'monitoredItemId':50},{'monitoredItemId':51}]]", OWN,
     true},
    {&osm_method_modifyMonitoredItems, "[7,[{'monitoredItemId':50},{'monitoredItemId':99}]]", OTHER,
     false},
    {&osm_method_deleteMonitoredItems, "[7,[50,51]]", OWN, true},
    {&osm_method_deleteMonitoredItems, "[7,[50,99]]", OTHER, false},
    {&osm_method_setTriggering, "[7,50,[50],[50]]", OTHER, true},
    {&osm_method_setTriggering, "[7,51,[50],[50]]", OWN, true},
    {&osm_method_setTriggering, "[7,50,[50,51],[50]]", OWN, true},
    {&osm_method_setTriggering, "[7,50,[50],[99,51]]", OWN, true},
    {&osm_method_setTriggering, "[7,50,[50],[50,99]]", OWN, false},
    {&osm_method_setTriggering, "[9,51,[51],[51]]", OTHER, false},
    {&osm_method_publish, "[[{'subscriptionId':7,'sequenceNumber':1}]]", OTHER, true},
    {&osm_method_republish, "[7,1]", OTHER, true},
};

static void test_others_things_are_left_alone(void **state)
{
    (void)state;
    for (size_t i = 0; i < OSM_ARRAY_SIZE(cases); i++) {
        struct test_world *world = test_world_new();
        struct osm_session *session = furnished(world, cases[i].maker);
        size_t before = test_calls(world);
        struct test_request *test = run_confined(world, session, cases[i].method, cases[i].params);

        test_turn(world);
        if (cases[i].refused) {
            assert_int_equal(test_calls(world), before);
            test_reply_has(test, cases[i].method->name);
            test_reply_has(test, " of what this token has not made takes the role ");
        } else {
            assert_int_equal(test_calls(world), before + 1);
            test_answer_each(test_call(world, before));
            test_turn(world);
            test_reply_has(test, "'success':true");
        }
        test_world_free(world);
    }
}

/* What he makes is his. */
static void test_what_is_made_has_its_maker(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = furnished(world, OWN);
    const struct osm_subscription *subscription =
        osm_subscription_find(osm_session_subscriptions(session), 7);

    (void)run_confined(world, session, &osm_method_createMonitoredItems, "[7,[{'nodeId':'i=3'}]]");
    test_answer_created(world, 60, 1);
    assert_int_equal(osm_monitored_item_find(subscription, 60)->maker, OWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_others_things_are_left_alone),
        test_in_world(test_what_is_made_has_its_maker),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
