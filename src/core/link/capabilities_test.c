/* SPDX-License-Identifier: MIT */
/* What is read of a server after each connect: limits (capabilities.h; ipc-protocol.md §6). */
#include "testing/testing_place.h"

static const struct osm_server_limits *limits_of(const struct osm_session *session)
{
    return osm_operation_limits_server(&osm_session_link(session)->limits);
}

static void limit_is(struct test_world *world, const void *value, int type, uint32_t expected)
{
    struct osm_session *session;

    UA_Variant_setScalar(&world->server.max_read, (void *)(uintptr_t)value, &UA_TYPES[type]);
    session = test_session_open(world, "{}");
    assert_int_equal(limits_of(session)->named[OSM_LIMIT_READ], expected);
    assert_int_equal(limits_of(session)->named[OSM_LIMIT_WRITE], 0);
}

/* Values <= 0, non-integers and Bad mean "unknown" (ipc-protocol.md §6). */
static void test_limits(void **state)
{
    limit_is(*state, &(UA_UInt32){1000}, UA_TYPES_UINT32, 1000);
    limit_is(*state, &(UA_UInt32){0}, UA_TYPES_UINT32, 0);
    limit_is(*state, &(UA_UInt32){UINT32_MAX}, UA_TYPES_UINT32, UINT32_MAX);
    limit_is(*state, &(UA_Int32){-1}, UA_TYPES_INT32, 0);
    limit_is(*state, &(UA_Int32){7}, UA_TYPES_INT32, 7);
    limit_is(*state, &(UA_Int16){-300}, UA_TYPES_INT16, 0);
    limit_is(*state, &(UA_UInt16){40000}, UA_TYPES_UINT16, 40000);
    limit_is(*state, &(UA_SByte){-5}, UA_TYPES_SBYTE, 0);
    limit_is(*state, &(UA_Byte){200}, UA_TYPES_BYTE, 200);
    limit_is(*state, &(UA_UInt64){UINT64_C(1) << 40}, UA_TYPES_UINT64, UINT32_MAX);
    limit_is(*state, &(UA_Int64){INT64_MIN}, UA_TYPES_INT64, 0);
    limit_is(*state, &(UA_Double){100.0}, UA_TYPES_DOUBLE, 0);
    limit_is(*state, &(UA_Boolean){true}, UA_TYPES_BOOLEAN, 0);
    limit_is(*state, &(UA_String)UA_STRING_STATIC("9"), UA_TYPES_STRING, 0);
}

/* batchSize 0: no limit discovery; the namespaces are needed all the same. */
static void test_no_limit_discovery(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session;
    UA_UInt32 limit = 10;

    UA_Variant_setScalar(&world->server.max_read, &limit, &UA_TYPES[UA_TYPES_UINT32]);
    session = test_session_open(world, "{'batchSize':0}");
    assert_int_equal(limits_of(session)->named[OSM_LIMIT_READ], 0);
    assert_int_equal(osm_session_link(session)->numbering->size, 3);
    session = test_session_open(world, "{'batchSize':-1}");
    assert_int_equal(limits_of(session)->named[OSM_LIMIT_READ], 10);
}

/* Texts of megabytes are nothing to name a node by. */
static void test_namespaces_are_bounded(void **state)
{
    struct test_world *world = *state;
    char *half = memset(osm_alloc(OSM_NAMESPACES_BYTES / 2), 'x', OSM_NAMESPACES_BYTES / 2 - 1);
    struct osm_session *session;

    world->server.namespaces[0] = half;
    world->server.namespaces[1] = half;
    world->server.namespaces[2] = "urn:plant";
    session = test_session_open(world, "{}");
    assert_int_equal(osm_session_link(session)->numbering->size, 3);
    world->server.namespaces[1] = half + 100;
    session = test_session_open(world, "{'opcuaTimeout':7}");
    assert_int_equal(osm_session_link(session)->numbering->size, 5);
    memset(world->server.namespaces, 0, sizeof(world->server.namespaces));
    free(half);
}

/* Only a server that says it is too much is asked in smaller pieces. */
static void test_a_refusal_is_an_answer(void **state)
{
    struct test_world *world = *state;
    struct test_waiter waiter = test_waiting();
    struct osm_session *session = test_bring_to(world, TEST_AT_RECOVERING_SETTING_UP, &waiter);
    unsigned setups = world->server.setups;

    test_answer_fault(test_setup_call(session), UA_STATUSCODE_BADSERVICEUNSUPPORTED);
    test_turn(world);
    test_was_told(&waiter, "");
    assert_int_equal(world->server.setups, setups);
}

static void all_limits_are(struct test_world *world, uint32_t expected)
{
    struct osm_session *session = test_session_open(world, "{}");

    for (int kind = 0; kind < OSM_LIMIT_HISTORY_VALUES; kind++)
        if (kind != OSM_LIMIT_READ && kind != OSM_LIMIT_WRITE)
            assert_int_equal(limits_of(session)->named[kind], expected);
    assert_int_equal(osm_session_link(session)->numbering->size, 3);
}

/* All are read at once, or in as many pieces as the server wants. */
static void test_every_limit_is_read(void **state)
{
    struct test_world *world = *state;
    UA_UInt32 limit = 77;

    UA_Variant_setScalar(&world->server.max_others, &limit, &UA_TYPES[UA_TYPES_UINT32]);
    all_limits_are(world, 77);
    assert_int_equal(world->server.setups, 1);
    world->server.max_setup = 5;
    all_limits_are(world, 77);
    assert_int_equal(world->server.setups, 1 + 2 + 5); /* 13, 6, 3, 3, 3, 3, 1 */
    world->server.max_setup = 1;
    all_limits_are(world, 77);
}

/* Of an answer with more values than were asked for, or fewer, those that belong to something. */
static void test_a_server_that_miscounts(void **state)
{
    static UA_UInt32 limit = 77;
    struct test_world *world = *state;

    for (int more = 0; more < 2; more++) {
        struct test_waiter waiter = test_waiting();
        struct osm_session *session = test_bring_to(world, TEST_AT_RECOVERING_SETTING_UP, &waiter);
        struct osm_ua_call *call = test_setup_call(session);
        size_t asked = ((UA_ReadRequest *)call->request)->nodesToReadSize, size = more ? 20 : 4;
        UA_ReadResponse *response = UA_ReadResponse_new();

        response->results = UA_Array_new(size, &UA_TYPES[UA_TYPES_DATAVALUE]);
        response->resultsSize = size;
        for (size_t i = 0; i < size; i++) {
            response->results[i].hasValue = true;
            UA_Variant_setScalarCopy(&response->results[i].value, &limit,
                                     &UA_TYPES[UA_TYPES_UINT32]);
        }
        test_answer(call, response);
        test_turn(world);
        test_was_told(&waiter, "");
        for (size_t kind = 0; kind < OSM_LIMIT_KIND_COUNT_; kind++)
            assert_int_equal(limits_of(session)->named[kind],
                             kind + 1 < OSM_MIN(asked, size) ? 77 : 0);
        osm_session_free(session);
    }
}

static UA_DataValue value_of(UA_UInt32 *value, size_t size, bool told, UA_StatusCode status)
{
    UA_DataValue out = {.hasValue = true, .hasStatus = told, .status = status};

    if (size)
        UA_Variant_setArrayCopy(&out.value, value, size, &UA_TYPES[UA_TYPES_UINT32]);
    else
        UA_Variant_setScalarCopy(&out.value, value, &UA_TYPES[UA_TYPES_UINT32]);
    return out;
}

/* A limit is one good number; what is said otherwise says nothing, and none of it costs others. */
static void test_answers_side_by_side(void **state)
{
    static const uint32_t expected[] = {0, 77, 77, 0, 0, 77};
    UA_UInt32 numbers[] = {77, 78};
    struct test_world *world = *state;
    struct test_waiter waiter = test_waiting();
    struct osm_session *session = test_bring_to(world, TEST_AT_RECOVERING_SETTING_UP, &waiter);
    UA_ReadResponse *response = UA_ReadResponse_new();
    const UA_DataValue values[] = {{.hasValue = false},
                                   value_of(numbers, 0, true, UA_STATUSCODE_UNCERTAIN),
                                   value_of(numbers, 0, true, UA_STATUSCODE_GOOD),
                                   value_of(numbers, 0, false, UA_STATUSCODE_BAD),
                                   value_of(numbers, 1, false, 0),
                                   {.hasValue = true},
                                   value_of(numbers, 0, false, 0)};

    response->results = UA_Array_new(OSM_ARRAY_SIZE(values), &UA_TYPES[UA_TYPES_DATAVALUE]);
    response->resultsSize = OSM_ARRAY_SIZE(values);
    memcpy(response->results, values, sizeof(values));
    test_answer(test_setup_call(session), response);
    test_turn(world);
    test_was_told(&waiter, "");
    for (size_t kind = 0; kind < OSM_ARRAY_SIZE(expected); kind++)
        assert_int_equal(limits_of(session)->named[kind], expected[kind]);
    /* of a value that was refused nothing is known; a good one that is no number is no limit */
    assert_int_equal(limits_of(session)->most[0], 0);
    assert_int_equal(limits_of(session)->most[1], 77);
    assert_int_equal(limits_of(session)->most[3], UINT32_MAX);
}

/* Only the first of several, and only what is less than before. */
static void test_what_counts_as_cut(void **state)
{
    UA_UInt32 write = 7, others = 20;
    struct test_world *world = *state;
    struct test_waiter waiter = test_waiting();
    struct osm_session *session;
    struct osm_link *link;

    UA_Variant_setScalar(&world->server.max_write, &write, &UA_TYPES[UA_TYPES_UINT32]);
    UA_Variant_setScalar(&world->server.max_others, &others, &UA_TYPES[UA_TYPES_UINT32]);
    session = test_bring_to(world, TEST_AT_RECOVERING_SETTING_UP, &waiter);
    link = osm_session_link(session);
    osm_operation_limits_set(
        &link->limits, &(struct osm_server_limits){/* of an earlier connection: */
                                                   .most = {[OSM_LIMIT_WRITE] = 7, /* the same */
                                                            [OSM_LIMIT_CALL] = 21,
                                                            [OSM_LIMIT_BROWSE] = 22}});
    test_answer_setup(&world->server, test_setup_call(session), 6);
    test_turn(world);
    assert_int_equal(link->cut.was, 21);
    assert_int_equal(link->cut.is, 20);
    assert_int_equal(link->cut.kind, OSM_LIMIT_CALL);
    test_was_told(&waiter, "");
}

/* They belong to the server as it is now. */
static void test_limits_are_read_again_after_a_recovery(void **state)
{
    struct test_world *world = *state;
    struct test_waiter waiter = test_waiting();
    struct osm_session *session;
    UA_UInt32 limit = 10;

    UA_Variant_setScalar(&world->server.max_write, &limit, &UA_TYPES[UA_TYPES_UINT32]);
    session = test_bring_to(world, TEST_AT_RECOVERING_SETTING_UP, &waiter);
    assert_int_equal(limits_of(session)->named[OSM_LIMIT_WRITE], 0);
    test_answer_setup(&world->server, test_setup_call(session), 3);
    test_turn(world);
    test_was_told(&waiter, "");
    assert_int_equal(limits_of(session)->named[OSM_LIMIT_WRITE], 10);
}

/* Whoever looks for what a server has cut finds it, with both numbers, until it is as it was. */
static void test_a_limit_that_is_cut(void **state)
{
    struct test_world *world = *state;
    struct test_waiter waiter = test_waiting();
    UA_UInt32 limit = 0;
    struct osm_session *session;
    const struct osm_limit_cut *cut;

    UA_Variant_setScalar(&world->server.max_write, &limit, &UA_TYPES[UA_TYPES_UINT32]);
    session = test_bring_to(world, TEST_AT_RECOVERING_SETTING_UP, &waiter);
    cut = &osm_session_link(session)->cut;
    assert_int_equal(cut->was, 0);
    osm_operation_limits_set(&osm_session_link(session)->limits,
                             &(struct osm_server_limits){
                                 .most = {[OSM_LIMIT_WRITE] = 10}}); /* of an earlier connection */
    limit = 7;
    test_answer_setup(&world->server, test_setup_call(session), 3);
    test_turn(world);
    test_was_told(&waiter, "");
    assert_int_equal(cut->was, 10);
    assert_int_equal(cut->is, 7);
    assert_int_equal(cut->kind, OSM_LIMIT_WRITE);
    assert_string_equal(osm_operation_limit_name(cut->kind), "WRITE");
    assert_int_equal(limits_of(session)->most[OSM_LIMIT_WRITE], 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_in_world(test_limits),
        test_in_world(test_every_limit_is_read),
        test_in_world(test_no_limit_discovery),
        test_in_world(test_namespaces_are_bounded),
        test_in_world(test_a_refusal_is_an_answer),
        test_in_world(test_limits_are_read_again_after_a_recovery),
        test_in_world(test_a_limit_that_is_cut),
        test_in_world(test_a_server_that_miscounts),
        test_in_world(test_answers_side_by_side),
        test_in_world(test_what_counts_as_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
