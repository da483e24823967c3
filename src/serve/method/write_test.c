/* SPDX-License-Identifier: MIT */
/*
 * write and writeMulti: types given, found out, climbed to; nothing is written before every value
 * fits (methods.md §2.11, §2.12, M10).
 */
#include "testing/testing_command.h"

#define NODE(n) "{'ns':1,'id':" #n ",'type':'numeric'}"
#define NO_VALUE(n) "Cannot auto-detect write type for node ns=1;i=" #n ": node has no value"

/* --- a small address space ----------------------------------------------------------------- */

/* Variables, all in namespace 1. */
static const struct {
    uint32_t id;
    int value;          /* index in UA_TYPES of the present value, -1 = none */
    UA_NodeId datatype; /* null = unreadable */
} variables[] = {
    {1, UA_TYPES_INT32, {0, UA_NODEIDTYPE_NUMERIC, {6}}},
    {2, UA_TYPES_DOUBLE, {0, UA_NODEIDTYPE_NUMERIC, {11}}},
    {3, UA_TYPES_STRING, {0, UA_NODEIDTYPE_NUMERIC, {12}}},
    {10, -1, {0, UA_NODEIDTYPE_NUMERIC, {7}}},   /* UInt32, no value yet */
    {11, -1, {1, UA_NODEIDTYPE_NUMERIC, {100}}}, /* a subtype of a subtype of Double */
    {12, -1, {1, UA_NODEIDTYPE_NUMERIC, {102}}}, /* an enumeration */
    {13, -1, {0, UA_NODEIDTYPE_NUMERIC, {24}}},  /* BaseDataType */
    {14, -1, {0, UA_NODEIDTYPE_NUMERIC, {26}}},  /* Number */
    {15, -1, {1, UA_NODEIDTYPE_NUMERIC, {103}}}, /* a type with a cycle above it */
    {16, -1, {1, UA_NODEIDTYPE_NUMERIC, {105}}}, /* a type without parent */
    {17, -1, {0, UA_NODEIDTYPE_NUMERIC, {0}}},   /* DataType unreadable */
    {18, -1, {0, UA_NODEIDTYPE_NUMERIC, {29}}},  /* Enumeration itself */
    {19, -1, {0, UA_NODEIDTYPE_NUMERIC, {27}}},  /* Integer */
    {20, -1, {0, UA_NODEIDTYPE_NUMERIC, {290}}}, /* Duration: Double in namespace 0 */
};

/* HasSubtype upwards: type in namespace 1 or 0 → its parent. */
static const struct {
    UA_UInt16 ns;
    uint32_t type;
    UA_NodeId parent;
} parents[] = {
    {1, 100, {1, UA_NODEIDTYPE_NUMERIC, {101}}}, {1, 101, {0, UA_NODEIDTYPE_NUMERIC, {11}}},
    {1, 102, {0, UA_NODEIDTYPE_NUMERIC, {29}}},  {1, 103, {1, UA_NODEIDTYPE_NUMERIC, {104}}},
    {1, 104, {1, UA_NODEIDTYPE_NUMERIC, {103}}}, {0, 290, {0, UA_NODEIDTYPE_NUMERIC, {11}}},
};

static void serve_read(struct osm_ua_call *call)
{
    const UA_ReadRequest *request = call->request;
    UA_ReadResponse *response = UA_ReadResponse_new();

    response->results = UA_Array_new(request->nodesToReadSize, &UA_TYPES[UA_TYPES_DATAVALUE]);
    response->resultsSize = request->nodesToReadSize;
    for (size_t n = 0; n < request->nodesToReadSize; n++) {
        const UA_ReadValueId *node = &request->nodesToRead[n];
        UA_DataValue *result = &response->results[n];

        result->hasStatus = true;
        result->status = UA_STATUSCODE_BADNODEIDUNKNOWN;
        for (size_t i = 0; i < OSM_ARRAY_SIZE(variables); i++) {
            if (variables[i].id != node->nodeId.identifier.numeric)
                continue;
            result->hasValue = true;
            result->hasStatus = false;
            if (node->attributeId == UA_ATTRIBUTEID_VALUE && variables[i].value >= 0)
                UA_Variant_setScalar(&result->value, UA_new(&UA_TYPES[variables[i].value]),
                                     &UA_TYPES[variables[i].value]);
            if (node->attributeId == UA_ATTRIBUTEID_DATATYPE &&
                variables[i].datatype.identifier.numeric)
                (void)UA_Variant_setScalarCopy(&result->value, &variables[i].datatype,
                                               &UA_TYPES[UA_TYPES_NODEID]);
        }
    }
    test_answer(call, response);
}

static void serve_browse(struct osm_ua_call *call)
{
    const UA_BrowseRequest *request = call->request;
    const UA_BrowseDescription *wanted = &request->nodesToBrowse[0];
    UA_BrowseResponse *response = UA_BrowseResponse_new();

    assert_int_equal(wanted->browseDirection, UA_BROWSEDIRECTION_INVERSE);
    assert_int_equal(wanted->referenceTypeId.identifier.numeric, UA_NS0ID_HASSUBTYPE);
    response->results = UA_BrowseResult_new();
    response->resultsSize = 1;
    for (size_t i = 0; i < OSM_ARRAY_SIZE(parents); i++) {
        if (parents[i].ns != wanted->nodeId.namespaceIndex ||
            parents[i].type != wanted->nodeId.identifier.numeric)
            continue;
        response->results[0].references = UA_ReferenceDescription_new();
        response->results[0].referencesSize = 1;
        response->results[0].references[0].nodeId.nodeId = parents[i].parent;
    }
    test_answer(call, response);
}

static void serve_write(struct osm_ua_call *call)
{
    const UA_WriteRequest *request = call->request;
    UA_WriteResponse *response = UA_WriteResponse_new();

    response->results = UA_Array_new(request->nodesToWriteSize, &UA_TYPES[UA_TYPES_STATUSCODE]);
    response->resultsSize = request->nodesToWriteSize;
    for (size_t i = 0; i < request->nodesToWriteSize; i++)
        response->results[i] = request->nodesToWrite[i].nodeId.identifier.numeric == 3
                                   ? UA_STATUSCODE_BADNOTWRITABLE
                                   : UA_STATUSCODE_GOOD;
    test_answer(call, response);
}

static void serve(struct osm_ua *server, struct osm_ua_call *call)
{
    const UA_DataType *request = call->service->request;

    if (request == &UA_TYPES[UA_TYPES_READREQUEST])
        serve_read(call);
    else if (request == &UA_TYPES[UA_TYPES_BROWSEREQUEST])
        serve_browse(call);
    else if (request == &UA_TYPES[UA_TYPES_WRITEREQUEST])
        serve_write(call);
    else
        fail_msg("asked for %s", call->service->name);
}

static int setup(void **state)
{
    struct test_world *world = test_world_new();

    world->server.serve = serve;
    *state = world;
    return 0;
}

#define test_with_plant(test) cmocka_unit_test_setup_teardown(test, setup, test_teardown)

/* --- what was asked ------------------------------------------------------------------------ */

static size_t count(struct test_world *world, int type)
{
    struct osm_ua_call *call;
    size_t n = 0;

    DL_FOREACH (world->server.calls, call)
        n += call->service->request == &UA_TYPES[type];
    return n;
}

static size_t writes(struct test_world *world)
{
    return count(world, UA_TYPES_WRITEREQUEST);
}

/* The items of the last Write. */
static const UA_WriteRequest *last_write(struct test_world *world)
{
    struct osm_ua_call *call = test_call(world, test_calls(world) - 1);

    assert_ptr_equal(call->service->request, &UA_TYPES[UA_TYPES_WRITEREQUEST]);
    return call->request;
}

static void wrote(struct test_world *world, size_t i, int type)
{
    const UA_WriteRequest *request = last_write(world);
    const UA_DataValue *value;

    assert_true(i < request->nodesToWriteSize);
    value = &request->nodesToWrite[i].value;
    assert_true(value->hasValue);
    assert_false(value->hasStatus || value->hasSourceTimestamp || value->hasServerTimestamp ||
                 value->hasSourcePicoseconds || value->hasServerPicoseconds);
    assert_ptr_equal(value->value.type, &UA_TYPES[type]);
}

static struct test_request *write_to(struct test_world *world, struct osm_session *session,
                                     const char *params)
{
    return test_query(world, session, "write", params);
}

/* --- write --------------------------------------------------------------------------------- */

static void test_given_types_are_not_asked_for(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");

    test_data_is(write_to(world, session, "[" NODE(1) ",5,3]"), "0");
    assert_int_equal(test_calls(world), 1);
    wrote(world, 0, UA_TYPES_BYTE);
    assert_int_equal(last_write(world)->nodesToWrite[0].attributeId, UA_ATTRIBUTEID_VALUE);
    test_data_is(write_to(world, session, "['ns=1;i=3','x','12']"), "2151350272");
    wrote(world, 0, UA_TYPES_STRING);
    assert_int_equal(test_calls(world), 2);
}

static void test_lists_become_arrays(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");
    const UA_Variant *value;

    test_data_is(write_to(world, session, "[" NODE(1) ",[1,2,3]]"), "0");
    value = &last_write(world)->nodesToWrite[0].value.value;
    assert_ptr_equal(value->type, &UA_TYPES[UA_TYPES_INT32]);
    assert_int_equal(value->arrayLength, 3);
    assert_int_equal(value->arrayDimensionsSize, 0);
}

static void detected(struct test_world *world, struct osm_session *session, const char *params,
                     int type, size_t reads, size_t browses)
{
    size_t reads_before = count(world, UA_TYPES_READREQUEST);
    size_t browses_before = count(world, UA_TYPES_BROWSEREQUEST);

    test_data_is(write_to(world, session, params), "0");
    wrote(world, 0, type);
    assert_int_equal(count(world, UA_TYPES_READREQUEST) - reads_before, reads);
    assert_int_equal(count(world, UA_TYPES_BROWSEREQUEST) - browses_before, browses);
}

static void test_detection(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");

    detected(world, session, "[" NODE(1) ",5]", UA_TYPES_INT32, 1, 0);
    detected(world, session, "[" NODE(2) ",5,null]", UA_TYPES_DOUBLE, 1, 0);
    detected(world, session, "[" NODE(10) ",5]", UA_TYPES_UINT32, 2, 0);
    detected(world, session, "[" NODE(11) ",5]", UA_TYPES_DOUBLE, 2, 2);
    detected(world, session, "[" NODE(12) ",5]", UA_TYPES_INT32, 2, 1);
    detected(world, session, "[" NODE(18) ",5]", UA_TYPES_INT32, 2, 0);
    detected(world, session, "[" NODE(20) ",5]", UA_TYPES_DOUBLE, 2, 1);
}

static void test_what_cannot_be_detected(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");

#define FAILS(n)                                                                                   \
    test_fault_is(write_to(world, session, "[" NODE(n) ",5]"), "WriteTypeDetectionException",      \
                  NO_VALUE(n))
    FAILS(13); /* abstract */
    FAILS(14);
    FAILS(19);
    FAILS(15); /* a cycle */
    FAILS(16); /* no parent */
    FAILS(17); /* no DataType */
    FAILS(99); /* no such node */
#undef FAILS
    assert_int_equal(writes(world), 0);
    assert_true(test_calls(world) < 100); /* the cycle was left soon */
}

static void test_detection_switched_off(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{'autoDetectWriteType':false}");

    test_fault_is(write_to(world, session, "[" NODE(1) ",5]"), "WriteTypeDetectionException",
                  "Write type auto-detection is disabled and no explicit type was provided for "
                  "node ns=1;i=1");
    assert_int_equal(test_calls(world), 0);
    test_data_is(write_to(world, session, "[" NODE(1) ",5,6]"), "0");
    test_fault_is(test_query(world, session, "writeMulti",
                             "[[{'nodeId':" NODE(1) ",'value':1,'type':6},{'nodeId':" NODE(
                                 2) ",'value':2}]]"),
                  "WriteTypeDetectionException",
                  "Write type auto-detection is disabled and no explicit type was provided for "
                  "node ns=1;i=2");
}

/* The type is settled before the value is looked at. */
static void test_values_that_do_not_fit(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");
    struct test_request *test = write_to(world, session, "[" NODE(1) ",'abc']");

    assert_non_null(strstr(test->reply, "\"EncodingException\""));
    assert_non_null(strstr(test->reply, "write: params[1]: cannot encode \\\"abc\\\" as Int32"));
    test = write_to(world, session, "[" NODE(1) ",300,3]");
    assert_non_null(strstr(test->reply, "write: params[1]: cannot encode 300 as Byte"));
    test_fault_is(write_to(world, session, "[" NODE(13) ",'abc']"), "WriteTypeDetectionException",
                  NO_VALUE(13));
    assert_int_equal(writes(world), 0);
}

static void test_refusals(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");

    test_fault_is(write_to(world, session, "[]"), "TypeError",
                  "write: params[0] must be a NodeId object");
    test_fault_is(write_to(world, session, "[" NODE(1) ",5,0]"), "ValueError",
                  "0 is not a valid backing value for enum "
                  "PhpOpcua\\\\Client\\\\Types\\\\BuiltinType");
    test_fault_is(write_to(world, session, "[" NODE(1) ",5,26]"), "ValueError",
                  "26 is not a valid backing value for enum "
                  "PhpOpcua\\\\Client\\\\Types\\\\BuiltinType");
    test_fault_is(write_to(world, session, "[5,5,99]"), "TypeError",
                  "write: params[0] must be a NodeId object"); /* in order of position */
    assert_int_equal(test_calls(world), 0);
}

static void test_odd_numbers_of_results(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");
    struct test_request *test;
    UA_WriteResponse *response;

    world->server.serve = NULL;
    test = write_to(world, session, "[" NODE(1) ",5,6]");
    test_answer(test_call(world, 0), UA_WriteResponse_new());
    test_turn(world);
    test_fault_is(test, "ServiceException", "The server answered Write with 0 results for 1");
    test = write_to(world, session, "[" NODE(1) ",5,6]");
    response = UA_WriteResponse_new();
    response->results = UA_Array_new(3, &UA_TYPES[UA_TYPES_STATUSCODE]);
    response->resultsSize = 3;
    response->results[0] = 7;
    test_answer(test_call(world, 1), response);
    test_turn(world);
    test_fault_is(test, "ServiceException", "The server answered Write with 3 results for 1");
}

/* --- writeMulti ---------------------------------------------------------------------------- */

static void test_write_multi(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");

    test_data_is(
        test_query(
            world, session, "writeMulti",
            "[[{'nodeId':" NODE(2) ",'value':1},{'nodeId':" NODE(3) ",'value':'x'},{'nodeId':" NODE(
                11) ",'value':2},{'nodeId':" NODE(1) ",'value':3,'type':8},{'nodeId':" NODE(10) ",'"
                                                                                                "va"
                                                                                                "lu"
                                                                                                "e'"
                                                                                                ":4"
                                                                                                "}]"
                                                                                                "]"),
        "[0,2151350272,0,0,0]");
    assert_int_equal(last_write(world)->nodesToWriteSize, 5);
    wrote(world, 0, UA_TYPES_DOUBLE);
    wrote(world, 1, UA_TYPES_STRING);
    wrote(world, 2, UA_TYPES_DOUBLE);
    wrote(world, 3, UA_TYPES_INT64);
    wrote(world, 4, UA_TYPES_UINT32);
    /* One Read of Values for the four that were not given, two DataTypes, two steps up. */
    assert_int_equal(count(world, UA_TYPES_READREQUEST), 3);
    assert_int_equal(((const UA_ReadRequest *)test_call(world, 0)->request)->nodesToReadSize, 4);
    assert_int_equal(count(world, UA_TYPES_BROWSEREQUEST), 2);
}

/* M10: other attributes have types of their own, and nothing is asked for. */
static void test_attributes(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");

    test_data_is(
        test_query(world, session, "writeMulti",
                   "[[{'nodeId':" NODE(1) ",'value':'name','attributeId':4},"
                                          "{'nodeId':" NODE(
                                              1) ",'value':5,'attributeId':6},"
                                                 "{'nodeId':" NODE(
                                                     1) ",'value':true,'attributeId':20},"
                                                        "{'nodeId':" NODE(
                                                            1) ",'value':1.5,'attributeId':19}]]"),
        "[0,0,0,0]");
    assert_int_equal(test_calls(world), 1);
    wrote(world, 0, UA_TYPES_LOCALIZEDTEXT);
    wrote(world, 1, UA_TYPES_UINT32);
    wrote(world, 2, UA_TYPES_BOOLEAN);
    wrote(world, 3, UA_TYPES_DOUBLE);
    assert_int_equal(last_write(world)->nodesToWrite[3].attributeId, 19);
}

/* Sizes of the Writes that five items become. */
static void batches_are(struct test_world *world, struct osm_session *session, const char *expected)
{
    size_t before = test_calls(world);
    struct osm_buf sizes;

    test_data_is(
        test_query(
            world, session, "writeMulti",
            "[[{'nodeId':" NODE(1) ",'value':1,'type':6},{'nodeId':" NODE(
                2) ",'value':2,'type':6},{'nodeId':" NODE(3) ",'value':3,'type':6},"
                                                             "{'nodeId':" NODE(
                                                                 4) ",'value':4,'type':6},{'nodeId'"
                                                                    ":" NODE(5) ",'value':5,'type':"
                                                                                "6}]]"),
        "[0,0,2151350272,0,0]");
    osm_buf_init(&sizes);
    for (size_t i = before; i < test_calls(world); i++)
        osm_buf_printf(&sizes, "%zu ",
                       ((const UA_WriteRequest *)test_call(world, i)->request)->nodesToWriteSize);
    assert_string_equal(osm_buf_text(&sizes), expected);
    osm_buf_deinit(&sizes);
}

static void test_batches(void **state)
{
    struct test_world *world = *state;
    UA_UInt32 limit = 2;

    batches_are(world, test_open(world, "{}"), "5 ");
    batches_are(world, test_open(world, "{'batchSize':4}"), "4 1 ");
    UA_Variant_setScalar(&world->server.max_write, &limit, &UA_TYPES[UA_TYPES_UINT32]);
    batches_are(world, test_open(world, "{}"), "2 2 1 ");
    batches_are(world, test_open(world, "{'batchSize':-3}"), "5 ");
    batches_are(world, test_open(world, "{'batchSize':0}"), "5 ");
}

/* Asking for types keeps to the server's limit for Reads. */
static void test_detection_in_batches(void **state)
{
    struct test_world *world = *state;
    UA_UInt32 limit = 2;
    struct osm_session *session;

    UA_Variant_setScalar(&world->server.max_read, &limit, &UA_TYPES[UA_TYPES_UINT32]);
    session = test_open(world, "{}");
    test_data_is(
        test_query(
            world, session, "writeMulti",
            "[[{'nodeId':" NODE(1) ",'value':1},{'nodeId':" NODE(2) ",'value':2},{'nodeId':" NODE(
                1) ",'value':3},{'nodeId':" NODE(10) ",'value':4},{'nodeId':" NODE(2) ",'value':5}]"
                                                                                      "]"),
        "[0,0,0,0,0]");
    assert_int_equal(count(world, UA_TYPES_READREQUEST), 3 + 1);
    wrote(world, 0, UA_TYPES_INT32);
    wrote(world, 1, UA_TYPES_DOUBLE);
    wrote(world, 2, UA_TYPES_INT32);
    wrote(world, 3, UA_TYPES_UINT32);
    wrote(world, 4, UA_TYPES_DOUBLE);
}

static void test_nothing_is_written_if_one_does_not_fit(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{'batchSize':1}");
    struct test_request *test =
        test_query(world, session, "writeMulti",
                   "[[{'nodeId':" NODE(1) ",'value':1},{'nodeId':" NODE(2) ",'value':'x'}]]");

    assert_non_null(
        strstr(test->reply, "writeMulti: params[0][1].value: cannot encode \\\"x\\\" as Double"));
    test = test_query(world, session, "writeMulti",
                      "[[{'nodeId':" NODE(1) ",'value':1},{'nodeId':" NODE(13) ",'value':1}]]");
    test_fault_is(test, "WriteTypeDetectionException", NO_VALUE(13));
    assert_int_equal(writes(world), 0);
}

static void test_item_refusals(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");

    test_query_refused(world, session, "writeMulti", "[]", "TypeError",
                       "writeMulti: params[0] must be a list");
    test_query_refused(world, session, "writeMulti", "[[7]]", "TypeError",
                       "writeMulti: params[0][0] must be an object");
    test_query_refused(world, session, "writeMulti", "[[{'value':1}]]", "TypeError",
                       "writeMulti: params[0][0].nodeId must be a NodeId object");
    test_query_refused(world, session, "writeMulti", "[[{'nodeId':" NODE(1) ",'attributeId':'x'}]]",
                       "TypeError", "writeMulti: params[0][0].attributeId must be an integer");
    test_query_refused(world, session, "writeMulti", "[[{'nodeId':" NODE(1) ",'type':99}]]",
                       "ValueError",
                       "99 is not a valid backing value for enum "
                       "PhpOpcua\\\\Client\\\\Types\\\\BuiltinType");
    assert_int_equal(test_calls(world), 0);
}

static void test_no_items(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");
    struct test_request *test;

    world->server.serve = NULL;
    test = test_query(world, session, "writeMulti", "[[]]");
    assert_int_equal(last_write(world)->nodesToWriteSize, 0);
    test_answer_fault(test_call(world, 0), 0x800F0000);
    test_turn(world);
    test_fault_is(test, "ServiceException",
                  "Server returned ServiceFault: 0x800F0000 BadNothingToDo");
}

/* A loss at any step: the types are asked for again, nothing is written twice by us. */
static void test_a_loss_at_every_step(void **state)
{
    for (size_t step = 0; step < 5; step++) {
        struct test_world *world = test_world_new();
        struct osm_session *session = test_open(world, "{}");
        struct test_request *test = write_to(world, session, "[" NODE(11) ",5]");

        for (size_t i = 0; i < step; i++) { /* Value, DataType, two types, Write */
            serve(&world->server, test_call(world, i));
            test_turn(world);
        }
        assert_null(test->reply);
        world->server.serve = serve;
        test_lose_now(world, session);
        test_data_is(test, "0");
        wrote(world, 0, UA_TYPES_DOUBLE);
        assert_int_equal(writes(world), step == 4 ? 2 : 1);
        assert_int_equal(test_calls(world), step + 1 + 5); /* types are asked for again */
        test_world_free(world);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_with_plant(test_given_types_are_not_asked_for),
        test_with_plant(test_lists_become_arrays),
        test_with_plant(test_detection),
        test_with_plant(test_what_cannot_be_detected),
        test_with_plant(test_detection_switched_off),
        test_with_plant(test_values_that_do_not_fit),
        test_with_plant(test_refusals),
        test_with_plant(test_odd_numbers_of_results),
        test_with_plant(test_write_multi),
        test_with_plant(test_attributes),
        test_with_plant(test_batches),
        test_with_plant(test_detection_in_batches),
        test_with_plant(test_nothing_is_written_if_one_does_not_fit),
        test_with_plant(test_item_refusals),
        test_with_plant(test_no_items),
        cmocka_unit_test(test_a_loss_at_every_step),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
