/* SPDX-License-Identifier: MIT */
/* maxAge: values that need not be asked for again (extensions.md §4). */
#include "core/manager/registry.h"
#include "core/subscription/published_values.h"
#include "testing/testing_command.h"

#define VALUE(n)                                                                                   \
    "{'value':" #n ",'type':6,'dimensions':null,'statusCode':0,'sourceTimestamp':null,"            \
    "'serverTimestamp':null}"
#define SENT ((UA_DateTime)133485408000000000) /* of every message, on the server's clock */

static UA_Int32 counter;      /* every value read is one more than the last */
static UA_StatusCode quality; /* … and of that status */

static void serve(struct osm_ua *server, struct osm_ua_call *call)
{
    const UA_ReadRequest *request = call->request;
    UA_ReadResponse *response;

    if (call->service->request != &UA_TYPES[UA_TYPES_READREQUEST]) {
        test_answer(call, UA_new(call->service->response));
        return;
    }
    response = UA_ReadResponse_new();
    response->results = UA_Array_new(request->nodesToReadSize, &UA_TYPES[UA_TYPES_DATAVALUE]);
    response->resultsSize = request->nodesToReadSize;
    for (size_t i = 0; i < request->nodesToReadSize; i++) {
        counter++;
        response->results[i].hasValue = true;
        response->results[i].hasStatus = quality != 0;
        response->results[i].status = quality;
        (void)UA_Variant_setScalarCopy(&response->results[i].value, &counter,
                                       &UA_TYPES[UA_TYPES_INT32]);
    }
    test_answer(call, response);
}

static int begin(void **state)
{
    struct test_world *world;

    (void)test_setup(state);
    world = *state;
    world->server.serve = serve;
    counter = 0;
    quality = 0;
    return 0;
}

static struct test_request *read_node(struct test_world *world, const struct osm_session *session,
                                      const char *node, const char *more)
{
    return test_ask_format(world,
                           "{'command':'query','sessionId':'%s','method':'read',"
                           "'params':['%s']%s}",
                           osm_session_id(session), node, more);
}

static const struct osm_value_cache_counters *counted(const struct test_world *world)
{
    return osm_value_cache_counters(osm_manager_env(world->manager)->values);
}

static void test_reads(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");

    test_data_is(read_node(world, session, "i=1", ""), VALUE(1));
    assert_int_equal(counted(world)->stores, 0); /* nobody has asked */
    test_data_is(read_node(world, session, "i=1", ",'maxAge':1000"), VALUE(2));
    test_data_is(read_node(world, session, "i=1", ",'maxAge':1000"), VALUE(2));
    test_data_is(read_node(world, session, "i=1", ",'maxAge':0"), VALUE(3));
    test_data_is(read_node(world, session, "i=1", ""), VALUE(4));
    world->loop.now += 1000;
    test_data_is(read_node(world, session, "i=1", ",'maxAge':1000"), VALUE(4));
    world->loop.now += 1;
    test_data_is(read_node(world, session, "i=1", ",'maxAge':1000"), VALUE(5));
    test_data_is(read_node(world, session, "i=2", ",'maxAge':1e300"), VALUE(6));
    assert_int_equal(counted(world)->hits, 2);
    assert_int_equal(counted(world)->stores, 5);
}

/* A part is not the value, and no value has the part. */
static void test_parts(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");
    struct test_request *test;

    for (unsigned i = 1; i <= 2; i++) {
        test = test_ask_format(world,
                               "{'command':'query','sessionId':'%s','method':'read',"
                               "'params':['i=1',13,false,'0:1'],'maxAge':1000}",
                               osm_session_id(session));
        assert_non_null(test->reply);
        assert_int_equal(counted(world)->stores, 0);
    }
    test_data_is(read_node(world, session, "i=1", ",'maxAge':1000"), VALUE(3));
    assert_int_equal(counted(world)->hits, 0);
}

static void test_other_attributes_are_others(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");

    test_data_is(read_node(world, session, "i=1", ",'maxAge':1000"), VALUE(1));
    test_data_is(test_ask_format(world,
                                 "{'command':'query','sessionId':'%s','method':'read',"
                                 "'params':['i=1',17],'maxAge':1000}",
                                 osm_session_id(session)),
                 VALUE(2));
}

/* Sessions of one identity share, also those that have not asked or come later. */
static void test_identities(void **state)
{
    struct test_world *world = *state;
    struct osm_session *first = test_open(world, "{}");
    struct osm_session *second = test_open(world, "{'opcuaTimeout':7}");
    struct osm_session *operator= test_open(world, "{'username':'otto','password':'x'}");
    struct osm_session *late;

    test_data_is(read_node(world, first, "i=1", ",'maxAge':1000"), VALUE(1));
    test_data_is(read_node(world, second, "i=1", ""), VALUE(2));
    test_data_is(read_node(world, first, "i=1", ",'maxAge':1000"), VALUE(2));
    test_data_is(read_node(world, operator, "i=1", ",'maxAge':1000"), VALUE(3));
    test_data_is(read_node(world, first, "i=1", ",'maxAge':1000"), VALUE(2));
    late = test_open(world, "{'opcuaTimeout':8}");
    test_data_is(read_node(world, late, "i=1", ""), VALUE(4));
    test_data_is(read_node(world, first, "i=1", ",'maxAge':1000"), VALUE(4));
}

/* However many identities ask, the values of each are kept; and none outlives its sessions. */
static void test_many_identities(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = NULL;
    char config[64];

    osm_manager_set_limits(world->manager, 3600, 60, 0);
    for (unsigned i = 0; i < 1100; i++) {
        (void)snprintf(config, sizeof(config), "{'username':'u%u','password':'x'}", i);
        session = test_open(world, config);
        (void)read_node(world, session, "i=1", ",'maxAge':1000");
    }
    (void)read_node(world, session, "i=2", "");
    test_data_is(read_node(world, session, "i=2", ",'maxAge':1000"), VALUE(1101));
    assert_int_equal(osm_identities_count(osm_manager_env(world->manager)->identities), 1100);
    osm_session_close(session, 0, NULL, NULL);
    test_turn(world);
    assert_int_equal(osm_identities_count(osm_manager_env(world->manager)->identities), 1099);
}

/* Nobody has asked for a long time: reads cost nothing again. */
static void test_it_ends(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");
    uint64_t stores;

    (void)read_node(world, session, "i=1", ",'maxAge':1000");
    stores = counted(world)->stores;
    world->loop.now += (osm_msec)600 * 1000;
    (void)read_node(world, session, "i=1", "");
    assert_int_equal(counted(world)->stores, stores);
}

static void test_bad_values_and_writes(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");

    quality = UA_STATUSCODE_BADNODEIDUNKNOWN;
    (void)read_node(world, session, "i=1", ",'maxAge':1000");
    assert_int_equal(counted(world)->stores, 0);
    quality = 0;
    test_data_is(read_node(world, session, "i=1", ",'maxAge':1000"), VALUE(2));
    (void)test_query(world, session, "write", "['i=1',5,6]");
    test_data_is(read_node(world, session, "i=1", ",'maxAge':1000"), VALUE(3));
}

#define ITEM(n) "{'nodeId':'i=" #n "'}"

static struct test_request *read_nodes(struct test_world *world, const struct osm_session *session,
                                       const char *items)
{
    return test_ask_format(world,
                           "{'command':'query','sessionId':'%s','method':'readMulti',"
                           "'params':[[%s]],'maxAge':1000}",
                           osm_session_id(session), items);
}

/* Only what is not fresh is asked for; the order is the caller's. */
static void test_read_multi(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{'batchSize':2}");
    const UA_ReadRequest *request;

    test_data_is(read_nodes(world, session, ITEM(1) "," ITEM(3) "," ITEM(4)),
                 "[" VALUE(1) "," VALUE(2) "," VALUE(3) "]");
    assert_int_equal(test_calls(world), 2);
    test_data_is(read_nodes(world, session,
                            ITEM(1) "," ITEM(2) "," ITEM(3) "," ITEM(4) "," ITEM(5) "," ITEM(6)),
                 "[" VALUE(1) "," VALUE(4) "," VALUE(2) "," VALUE(3) "," VALUE(5) "," VALUE(6) "]");
    assert_int_equal(test_calls(world), 4);
    request = test_call(world, 2)->request;
    assert_int_equal(request->nodesToReadSize, 2);
    assert_int_equal(request->nodesToRead[0].nodeId.identifier.numeric, 2);
    assert_int_equal(request->nodesToRead[1].nodeId.identifier.numeric, 5);
    test_data_is(read_nodes(world, session, ITEM(6) "," ITEM(1)), "[" VALUE(6) "," VALUE(1) "]");
    assert_int_equal(test_calls(world), 4);
    (void)read_nodes(world, session, ""); /* nothing is a question, too */
    assert_int_equal(test_calls(world), 5);
}

/* Begun anew after a loss, some of it may have grown too old. */
static void test_read_multi_and_a_loss(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");
    struct test_request *test;

    (void)read_nodes(world, session, ITEM(1));
    world->server.serve = NULL;
    test = read_nodes(world, session, ITEM(1) "," ITEM(2));
    world->loop.now += 2000;
    world->server.serve = serve;
    test_lose_now(world, session);
    test_data_is(test, "[" VALUE(2) "," VALUE(3) "]");
}

/* The same id may be another node's after the server has numbered its namespaces anew. */
static void test_namespaces_numbered_anew(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");

    test_data_is(read_node(world, session, "ns=2;i=1", ",'maxAge':1e300"), VALUE(1));
    test_lose_now(world, session);
    test_data_is(read_node(world, session, "ns=2;i=1", ",'maxAge':1e300"), VALUE(1));
    world->server.namespaces[0] = "urn:new";
    world->server.namespaces[1] = "urn:line";
    test_lose_now(world, session);
    test_data_is(read_node(world, session, "i=3", ""), VALUE(2)); /* connects again */
    test_data_is(read_node(world, session, "ns=2;i=1", ",'maxAge':1e300"), VALUE(3));
    test_data_is(read_node(world, session, "ns=2;i=1", ",'maxAge':1e300"), VALUE(3));
}

/* --- what subscriptions bring -------------------------------------------------------------- */

static void publish(struct osm_session *session, UA_Int32 value, int age_ms)
{
    UA_PublishResponse response;
    UA_DataChangeNotification changes;
    UA_MonitoredItemNotification change;
    UA_ExtensionObject data;

    UA_MonitoredItemNotification_init(&change);
    change.clientHandle = 40;
    change.value.hasValue = true;
    UA_Variant_setScalar(&change.value.value, &value, &UA_TYPES[UA_TYPES_INT32]);
    change.value.hasServerTimestamp = age_ms >= 0;
    change.value.serverTimestamp = SENT - age_ms * UA_DATETIME_MSEC;
    UA_DataChangeNotification_init(&changes);
    changes.monitoredItems = &change;
    changes.monitoredItemsSize = 1;
    UA_ExtensionObject_setValueNoDelete(&data, &changes,
                                        &UA_TYPES[UA_TYPES_DATACHANGENOTIFICATION]);
    UA_PublishResponse_init(&response);
    response.subscriptionId = 9;
    response.notificationMessage.publishTime = SENT;
    response.notificationMessage.notificationData = &data;
    response.notificationMessage.notificationDataSize = 1;
    osm_published_values_keep(
        &(struct osm_published_values){.values = osm_session_link(session)->env->values,
                                       .scope = osm_session_cache_scope(session),
                                       .clock = osm_session_link(session)->env->loop.clock},
        osm_session_subscriptions(session), &response);
}

static struct osm_session *with_item(struct test_world *world)
{
    const struct osm_subscription_params params = {0};
    const struct osm_monitored_item_params item = {.node_id = UA_NODEID_NUMERIC(0, 1),
                                                   .attribute_id = UA_ATTRIBUTEID_VALUE};
    struct osm_session *session = test_open(world, "{}");
    UA_CreateSubscriptionResponse created;

    UA_CreateSubscriptionResponse_init(&created);
    created.subscriptionId = 9;
    (void)osm_monitored_item_add(
        osm_session_subscriptions(session),
        osm_subscription_add(osm_session_subscriptions(session), &params, &created), &item, 40, 1);
    return session;
}

static bool is_kept(const struct test_world *world, uint64_t *stores)
{
    bool kept = counted(world)->stores > *stores;

    *stores = counted(world)->stores;
    return kept;
}

static void test_published_values(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = with_item(world);
    uint64_t stores = 0;

    publish(session, 100, 0);
    assert_false(is_kept(world, &stores)); /* nobody has asked */
    test_data_is(read_node(world, session, "i=1", ",'maxAge':1000"), VALUE(1));
    assert_true(is_kept(world, &stores));
    publish(session, 101, -1);
    assert_false(is_kept(world, &stores)); /* of unknown age */
    publish(session, 102, 300);
    assert_false(is_kept(world, &stores)); /* older than what was read */
    publish(session, 103, 0);
    assert_true(is_kept(world, &stores));
    test_data_is(read_node(world, session, "i=1", ",'maxAge':1000"),
                 "{'value':103,'type':6,'dimensions':null,'statusCode':0,'sourceTimestamp':null,"
                 "'serverTimestamp':'2024-01-01T00:00:00+00:00'}");
    world->loop.now += 2000;
    publish(session, 104, 700);
    test_data_is(read_node(world, session, "i=1", ",'maxAge':500"), VALUE(2));
}

#define in_world(test) cmocka_unit_test_setup_teardown(test, begin, test_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_world(test_reads),
        in_world(test_parts),
        in_world(test_other_attributes_are_others),
        in_world(test_identities),
        in_world(test_many_identities),
        in_world(test_it_ends),
        in_world(test_bad_values_and_writes),
        in_world(test_read_multi),
        in_world(test_read_multi_and_a_loss),
        in_world(test_namespaces_numbered_anew),
        in_world(test_published_values),
    };

    int failed = cmocka_run_group_tests_name("maxAge", tests, NULL, NULL);

    test_server_is_large = true; /* whatever the size of an answer, the reply is the same */
    return failed + cmocka_run_group_tests_name("maxAge", tests, NULL, NULL);
}
