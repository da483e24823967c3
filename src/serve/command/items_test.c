/* SPDX-License-Identifier: MIT */
/* items: pages, search and bounds; extensions.md §10. */
#include "serve/command/command.h"
#include "testing/testing_command.h"

static void add_items(struct osm_session *session, struct osm_subscription *subscription,
                      uint32_t first, uint32_t count)
{
    for (uint32_t i = first; i < first + count; i++) {
        struct osm_monitored_item_params params = {.node_id = UA_NODEID_NUMERIC(2, i),
                                                   .attribute_id = UA_ATTRIBUTEID_VALUE,
                                                   .client_handle = i + 1000,
                                                   .sampling_interval = 250,
                                                   .queue_size = 3};

        (void)osm_monitored_item_add(osm_session_subscriptions(session), subscription, &params, i,
                                     i);
    }
}

static struct osm_subscription *add_subscription(struct osm_session *session, uint32_t id)
{
    const struct osm_subscription_params params = {.publishing_interval = 100};
    const UA_CreateSubscriptionResponse created = {.subscriptionId = id};

    return osm_subscription_add(osm_session_subscriptions(session), &params, &created);
}

static struct test_request *items(struct test_world *world, const struct osm_session *session,
                                  const char *more)
{
    return test_ask_format(world, "{'command':'items','sessionId':'%s'%s}", osm_session_id(session),
                           more);
}

static void reply_is(const struct test_request *test, const char *expected)
{
    test_reply_is(test, expected);
}

#define ITEM(subscription, id)                                                                     \
    "{'subscriptionId':" #subscription ",'id':" #id ",'clientHandle':100" #id                      \
    ",'name':'ns=2;i=" #id "','nodeId':'ns=2;i=" #id "','attributeId':13,'kind':'values',"         \
    "'samplingInterval':250.0,'queueSize':3,'state':'onServer','error':null}"
#define PAGE(items, total, next)                                                                   \
    "{'success':true,'data':{'items':[" items "],'total':" #total ",'next':" #next "}}"

static void test_pages(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");

    reply_is(items(world, session, ""), PAGE("", 0, null));
    add_items(session, add_subscription(session, 4), 1, 3);
    add_items(session, add_subscription(session, 5), 4, 2);
    reply_is(items(world, session, ",'limit':1"), PAGE(ITEM(4, 1), 5, 1));
    reply_is(items(world, session, ",'from':2,'limit':2"), PAGE(ITEM(4, 3) "," ITEM(5, 4), 5, 4));
    reply_is(items(world, session, ",'from':4"), PAGE(ITEM(5, 5), 5, null));
    reply_is(items(world, session, ",'from':9"), PAGE("", 5, null));
    reply_is(items(world, session, ",'subscriptionId':5,'limit':1"), PAGE(ITEM(5, 4), 2, 1));
    reply_is(items(world, session, ",'subscriptionId':6"), PAGE("", 0, null));
}

static void test_search(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");

    add_items(session, add_subscription(session, 4), 1, 5);
    reply_is(items(world, session, ",'search':'I=3'"), PAGE(ITEM(4, 3), 5, null));
    reply_is(items(world, session, ",'search':'Tank'"), PAGE("", 5, null));
}

/* However many there are: 20 000 are looked at for one answer. */
static void test_bound(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");

    add_items(session, add_subscription(session, 4), 1, 20001);
    reply_is(items(world, session, ",'search':'Tank'"), PAGE("", 20001, 20000));
    reply_is(items(world, session, ",'search':'Tank','from':20000"), PAGE("", 20001, null));
}

static void test_mistakes(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");

    test_fault_is(test_ask_format(world, "{'command':'items','sessionId':'x'}"),
                  "session_not_found", "Session not found: x");
    test_fault_is(items(world, session, ",'from':-1"), "invalid_argument",
                  "from must be a whole number of at least 0 and at most 4294967295");
    test_fault_is(items(world, session, ",'limit':1001"), "invalid_argument",
                  "limit must be a whole number of at least 0 and at most 1000");
    test_fault_is(items(world, session, ",'subscriptionId':'4'"), "invalid_argument",
                  "subscriptionId must be a whole number of at least 0 and at most 4294967295");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_in_world(test_pages),
        test_in_world(test_search),
        test_in_world(test_bound),
        test_in_world(test_mistakes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
