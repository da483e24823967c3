/* SPDX-License-Identifier: MIT */
/* read, readMulti, getEndpoints, call and the getters (methods.md §2.2, §2.9, §2.10, §2.13). */
#include "testing/testing_command.h"

#define NODE(n) "{'ns':1,'id':" #n ",'type':'numeric'}"
#define VALUE(n)                                                                                   \
    "{'value':" #n ",'type':6,'dimensions':null,'statusCode':0,'sourceTimestamp':null,"            \
    "'serverTimestamp':null}"
#define NO_VALUE                                                                                   \
    "{'value':null,'type':null,'dimensions':null,'statusCode':0,'sourceTimestamp':null,"           \
    "'serverTimestamp':null}"

/* Answers a Read with the numeric ids of its nodes as Int32 values. */
static void serve_ids(struct osm_ua *server, struct osm_ua_call *call)
{
    const UA_ReadRequest *request = call->request;
    UA_ReadResponse *response = UA_ReadResponse_new();

    assert_ptr_equal(call->service->request, &UA_TYPES[UA_TYPES_READREQUEST]);
    response->results = UA_Array_new(request->nodesToReadSize, &UA_TYPES[UA_TYPES_DATAVALUE]);
    response->resultsSize = request->nodesToReadSize;
    for (size_t i = 0; i < request->nodesToReadSize; i++) {
        UA_Int32 id = (UA_Int32)request->nodesToRead[i].nodeId.identifier.numeric;

        response->results[i].hasValue = true;
        (void)UA_Variant_setScalarCopy(&response->results[i].value, &id, &UA_TYPES[UA_TYPES_INT32]);
    }
    test_answer(call, response);
}

static const UA_ReadRequest *read_sent(struct test_world *world, size_t n)
{
    struct osm_ua_call *call = test_call(world, n);

    assert_ptr_equal(call->service->request, &UA_TYPES[UA_TYPES_READREQUEST]);
    return call->request;
}

/* --- namespaces ---------------------------------------------------------------------------- */

/* What waits while the server numbers its namespaces anew must not reach another node. */
static void test_waits_for_other_numbers(void **state)
{
    static const struct {
        const char *method, *params;
        bool refused;
    } cases[] = {
        {"read", "['ns=2;i=8']", true},
        {"read", "[{'ns':2,'id':8,'type':'numeric'}]", true},
        {"read", "['ns=1;i=8']", false},
        {"read", "['i=8']", false},
        {"readMulti", "[[{'nodeId':'i=8'},{'nodeId':'ns=2;s=x'}]]", true},
        {"readMulti", "[[{'nodeId':'i=8'},{'nodeId':'ns=13;s=x'}]]", false}, /* nobody's */
        {"read", "['i=8']", false},
        {"resolveNodeId", "['/Objects/2:Line']", true},
        {"resolveNodeId", "['/Objects/1:Own']", false},
    };
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");

    for (size_t i = 0; i < OSM_ARRAY_SIZE(cases); i++) {
        struct test_request *test = test_query(world, session, cases[i].method, cases[i].params);

        world->server.namespaces[0] = i % 2 ? "urn:line" : "urn:new";
        world->server.namespaces[1] = i % 2 ? NULL : "urn:line";
        test_lose_now(world, session);
        if (cases[i].refused)
            test_fault_is(test, "ConnectionException",
                          "The server has numbered its namespaces anew while the request waited: "
                          "nodes of ns=2 and above may be others now; look them up again");
        else
            assert_non_null(world->server.calls);
    }
}

/* --- read ---------------------------------------------------------------------------------- */

static void test_read(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");
    const UA_ReadRequest *request;

    world->server.serve = serve_ids;
    test_data_is(test_query(world, session, "read", "[" NODE(7) "]"), VALUE(7));
    request = read_sent(world, 0);
    assert_int_equal(request->nodesToReadSize, 1);
    assert_int_equal(request->nodesToRead[0].attributeId, UA_ATTRIBUTEID_VALUE);
    assert_int_equal(request->timestampsToReturn, UA_TIMESTAMPSTORETURN_BOTH);
    assert_true(request->maxAge == 0.0);
    assert_int_equal(request->nodesToRead[0].nodeId.namespaceIndex, 1);
    test_data_is(test_query(world, session, "read", "['ns=1;i=8','4',true]"), VALUE(8));
    assert_int_equal(read_sent(world, 1)->nodesToRead[0].attributeId, 4);
    test_data_is(test_query(world, session, "read", "{'0':" NODE(9) ",'1':null}"), VALUE(9));
    assert_int_equal(read_sent(world, 2)->nodesToRead[0].attributeId, UA_ATTRIBUTEID_VALUE);
}

static char logged[256];

static const char *wanted; /* in the line that is noted */

static void note_log(struct osm_log_target *target, enum osm_log_level level, const char *text)
{
    const char *what = strstr(text, wanted);

    (void)target, (void)level;
    if (what && !*logged)
        (void)snprintf(logged, sizeof(logged), "%s", what);
}

/* What is asked of which nodes, the first three of them. */
static void test_nodes_are_logged(void **state)
{
    struct osm_log_target target = {OSM_LOG_DEBUG, note_log}, *before;
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");

    *logged = '\0';
    wanted = "Read of ";
    before = osm_log_here(&target);
    (void)test_query(world, session, "readMulti",
                     "[[{'nodeId':" NODE(1) "},{'nodeId':" NODE(2) "},{'nodeId':" NODE(
                         3) "},{'nodeId':" NODE(4) "}]]");
    serve_ids(&world->server, test_call(world, 0));
    test_turn(world);
    (void)osm_log_here(before);
    assert_non_null(strstr(logged, "Read of ns=1;i=1, ns=1;i=2, ns=1;i=3 and 1 more"));
}

static void test_read_without_results(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");
    struct test_request *test = test_query(world, session, "read", "[" NODE(1) "]");

    test_answer(test_call(world, 0), UA_ReadResponse_new());
    test_turn(world);
    test_data_is(test, NO_VALUE);
}

/* In batches, one value too many would pass for the next node's. */
static void test_read_multi_with_a_result_too_many(void **state)
{
    static const char two[] = "[[{'nodeId':" NODE(1) "},{'nodeId':" NODE(2) "}]]";
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{'batchSize':1}");

    for (size_t size = 0; size <= 2; size += 2) {
        struct test_request *test = test_query(world, session, "readMulti", two);
        UA_ReadResponse *response = UA_ReadResponse_new();

        response->results = UA_Array_new(size, &UA_TYPES[UA_TYPES_DATAVALUE]);
        response->resultsSize = size;
        test_answer(test_call(world, size / 2), response);
        test_turn(world);
        if (size)
            test_fault_is(test, "ServiceException",
                          "The server answered Read with 2 results for 1");
        else
            test_fault_is(test, "ServiceException",
                          "The server answered Read with 0 results for 1");
    }
}

static void test_read_refusals(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");

    test_query_refused(world, session, "read", "[]", "TypeError",
                       "read: params[0] must be a NodeId object");
    test_query_refused(world, session, "read", "[null]", "TypeError",
                       "read: params[0] must be a NodeId object");
    test_query_refused(world, session, "read", "[5]", "TypeError",
                       "read: params[0] must be a NodeId object");
    test_query_refused(world, session, "read", "['nonsense']", "InvalidNodeIdException",
                       "Invalid NodeId format: nonsense");
    assert_int_equal(test_calls(world), 0);
}

/* --- readMulti ----------------------------------------------------------------------------- */

/* Sizes of the Reads that seven items become. */
static void batches_are(struct test_world *world, struct osm_session *session, const char *expected)
{
    size_t before = test_calls(world);
    struct test_request *test = test_query(
        world, session, "readMulti",
        "[[{'nodeId':" NODE(1) "},{'nodeId':" NODE(2) "},{'nodeId':" NODE(3) "},{'nodeId':" NODE(
            4) "},{'nodeId':" NODE(5) "},{'nodeId':" NODE(6) "},{'nodeId':" NODE(7) "}]]");
    struct osm_buf sizes;

    test_data_is(test, "[" VALUE(1) "," VALUE(2) "," VALUE(3) "," VALUE(4) "," VALUE(5) "," VALUE(
                           6) "," VALUE(7) "]");
    osm_buf_init(&sizes);
    for (size_t i = before; i < test_calls(world); i++)
        osm_buf_printf(&sizes, "%zu ", read_sent(world, i)->nodesToReadSize);
    assert_string_equal(osm_buf_text(&sizes), expected);
    osm_buf_deinit(&sizes);
}

static void test_batches(void **state)
{
    struct test_world *world = *state;
    UA_UInt32 limit = 4;

    world->server.serve = serve_ids;
    batches_are(world, test_open(world, "{}"), "7 ");
    batches_are(world, test_open(world, "{'batchSize':3}"), "3 3 1 ");
    batches_are(world, test_open(world, "{'batchSize':7}"), "7 ");
    batches_are(world, test_open(world, "{'batchSize':9223372036854775807}"), "7 ");
    UA_Variant_setScalar(&world->server.max_read, &limit, &UA_TYPES[UA_TYPES_UINT32]);
    batches_are(world, test_open(world, "{}"), "4 3 ");
    batches_are(world, test_open(world, "{'batchSize':5}"), "5 2 ");
    batches_are(world, test_open(world, "{'batchSize':0}"), "7 ");
    batches_are(world, test_open(world, "{'batchSize':-1}"), "7 ");
    limit = 1;
    batches_are(world, test_open(world, "{}"), "1 1 1 1 1 1 1 ");
}

static void splitting_is(struct test_world *world, const char *config, const char *sizes,
                         const char *expected)
{
    struct osm_log_target target = {OSM_LOG_DEBUG, note_log}, *before;

    *logged = '\0';
    wanted = "Splitting";
    before = osm_log_here(&target);
    batches_are(world, test_open(world, config), sizes);
    (void)osm_log_here(before);
    assert_string_equal(logged, expected);
}

static void test_splitting_is_logged(void **state)
{
    struct test_world *world = *state;

    world->server.serve = serve_ids;
    splitting_is(world, "{'batchSize':3}", "3 3 1 ", "Splitting readMulti into 3 batches of 3");
    splitting_is(world, "{'batchSize':4}", "4 3 ", "Splitting readMulti into 2 batches of 4");
    splitting_is(world, "{'batchSize':7}", "7 ", "");
}

static void test_items(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");
    const UA_ReadRequest *request;

    world->server.serve = serve_ids;
    test_data_is(test_query(world, session, "readMulti",
                            "[{'a':{'nodeId':" NODE(3) ",'attributeId':5},'b':{'nodeId':'i=4'}}]"),
                 "[" VALUE(3) "," VALUE(4) "]");
    request = read_sent(world, 0);
    assert_int_equal(request->nodesToRead[0].attributeId, 5);
    assert_int_equal(request->nodesToRead[1].attributeId, UA_ATTRIBUTEID_VALUE);
}

/* An empty list is the server's to refuse. */
static void test_no_items(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{'batchSize':10}");
    struct test_request *test = test_query(world, session, "readMulti", "[[]]");

    assert_int_equal(read_sent(world, 0)->nodesToReadSize, 0);
    test_answer_fault(test_call(world, 0), 0x800F0000);
    test_turn(world);
    test_fault_is(test, "ServiceException",
                  "Server returned ServiceFault: 0x800F0000 BadNothingToDo");
}

static void test_a_batch_that_fails_leaves_nothing(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{'batchSize':1}");
    struct test_request *test = test_query(world, session, "readMulti",
                                           "[[{'nodeId':" NODE(1) "},{'nodeId':" NODE(2) "}]]");

    serve_ids(&world->server, test_call(world, 0));
    test_turn(world);
    test_answer_fault(test_call(world, 1), 0x80020000);
    test_turn(world);
    test_fault_is(test, "ServiceException",
                  "Server returned ServiceFault: 0x80020000 BadInternalError");
}

static void test_item_refusals(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");

    test_query_refused(world, session, "readMulti", "[]", "TypeError",
                       "readMulti: params[0] must be a list");
    test_query_refused(world, session, "readMulti", "['x']", "TypeError",
                       "readMulti: params[0] must be a list");
    test_query_refused(world, session, "readMulti", "[[{'nodeId':" NODE(1) "},5]]", "TypeError",
                       "readMulti: params[0][1] must be an object");
    test_query_refused(world, session, "readMulti", "[[{'nodeId':" NODE(1) "},{}]]", "TypeError",
                       "readMulti: params[0][1].nodeId must be a NodeId object");
    test_query_refused(world, session, "readMulti", "[[{'nodeId':" NODE(1) ",'attributeId':'13'}]]",
                       "TypeError", "readMulti: params[0][0].attributeId must be an integer");
    assert_int_equal(test_calls(world), 0);
}

/* --- getEndpoints -------------------------------------------------------------------------- */

static void test_get_endpoints(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");
    struct test_request *test =
        test_query(world, session, "getEndpoints", "['opc.tcp://other:1',false]");
    const UA_GetEndpointsRequest *request = test_call(world, 0)->request;

    assert_ptr_equal(test_call(world, 0)->service->request,
                     &UA_TYPES[UA_TYPES_GETENDPOINTSREQUEST]);
    assert_int_equal(request->endpointUrl.length, 17);
    assert_memory_equal(request->endpointUrl.data, "opc.tcp://other:1", 17);
    assert_int_equal(request->localeIdsSize + request->profileUrisSize, 0);
    test_answer(test_call(world, 0), UA_GetEndpointsResponse_new());
    test_turn(world);
    test_data_is(test, "[]");
    assert_int_equal(osm_session_link(session)->conn->connects, 1); /* over its own channel (M12) */
    (void)test_query(world, session, "getEndpoints", "[]");
    request = test_call(world, 1)->request;
    assert_int_equal(request->endpointUrl.length, 0);
    test_answer_fault(test_call(world, 1), 0x80020000);
    test_turn(world);
}

/* --- call ---------------------------------------------------------------------------------- */

static void test_call_method(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");
    struct test_request *test =
        test_query(world, session, "call",
                   "[" NODE(1) "," NODE(2) ",[{'type':11,'value':2},{'type':12,'value':'x'}]]");
    const UA_CallRequest *request = test_call(world, 0)->request;
    UA_CallResponse *response = UA_CallResponse_new();
    UA_Double sum = 7;

    assert_int_equal(request->methodsToCallSize, 1);
    assert_int_equal(request->methodsToCall[0].objectId.identifier.numeric, 1);
    assert_int_equal(request->methodsToCall[0].methodId.identifier.numeric, 2);
    assert_int_equal(request->methodsToCall[0].inputArgumentsSize, 2);
    assert_true(UA_Variant_hasScalarType(&request->methodsToCall[0].inputArguments[0],
                                         &UA_TYPES[UA_TYPES_DOUBLE]));
    response->results = UA_CallMethodResult_new();
    response->resultsSize = 1;
    response->results[0].statusCode = 0x80340000;
    response->results[0].outputArguments = UA_Variant_new();
    response->results[0].outputArgumentsSize = 1;
    (void)UA_Variant_setScalarCopy(&response->results[0].outputArguments[0], &sum,
                                   &UA_TYPES[UA_TYPES_DOUBLE]);
    test_answer(test_call(world, 0), response);
    test_turn(world);
    test_data_is(test, "{'statusCode':2150891520,'inputArgumentResults':[],'outputArguments':"
                       "[{'type':11,'value':7.0,'dimensions':null}]}");
}

static void test_call_without_results(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");
    struct test_request *test =
        test_query(world, session, "call", "[" NODE(1) "," NODE(2) ",null]");

    test_answer(test_call(world, 0), UA_CallResponse_new());
    test_turn(world);
    test_fault_is(test, "ServiceException", "The server answered Call with 0 results for 1");
}

static void test_call_refusals(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");

    test_query_refused(world, session, "call", "[]", "TypeError",
                       "call: params[0] must be a NodeId object");
    test_query_refused(world, session, "call", "[" NODE(1) "]", "TypeError",
                       "call: params[1] must be a NodeId object");
    test_query_refused(world, session, "call", "[" NODE(1) "," NODE(2) ",5]", "TypeError",
                       "call: params[2] must be a list");
    test_query_refused(world, session, "call", "[" NODE(1) "," NODE(2) ",[5]]", "TypeError",
                       "call: params[2][0] must be a Variant object");
    test_query_refused(world, session, "call", "[" NODE(1) "," NODE(2) ",[{'value':5}]]",
                       "ValueError",
                       "0 is not a valid backing value for enum "
                       "PhpOpcua\\\\Client\\\\Types\\\\BuiltinType");
    assert_int_equal(test_calls(world), 0);
}

/* --- getters ------------------------------------------------------------------------------- */

static void test_getters_of_defaults(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");

    test_data_is(test_query(world, session, "getTimeout", "[]"), "5.0");
    test_data_is(test_query(world, session, "getAutoRetry", "[]"), "1");
    test_data_is(test_query(world, session, "getBatchSize", "[]"), "null");
    test_data_is(test_query(world, session, "getDefaultBrowseMaxDepth", "[]"), "10");
    test_data_is(test_query(world, session, "getServerMaxNodesPerRead", "[]"), "null");
    test_data_is(test_query(world, session, "getServerMaxNodesPerWrite", "[]"), "null");
    test_data_is(test_query(world, session, "getTrustStore", "[]"), "null");
    test_data_is(test_query(world, session, "getTrustPolicy", "[]"), "null");
}

static void test_getters_of_what_was_set(void **state)
{
    struct test_world *world = *state;
    UA_UInt32 max_read = 100, max_write = 50;
    struct osm_session *session;

    UA_Variant_setScalar(&world->server.max_read, &max_read, &UA_TYPES[UA_TYPES_UINT32]);
    UA_Variant_setScalar(&world->server.max_write, &max_write, &UA_TYPES[UA_TYPES_UINT32]);
    session = test_open(world, "{'opcuaTimeout':'0.5','autoRetry':-2,'batchSize':-1,"
                               "'defaultBrowseMaxDepth':0,'trustPolicy':'full',"
                               "'trustStorePath':'/dev/null'}");
    test_data_is(test_query(world, session, "getTimeout", "[]"), "0.5");
    test_data_is(test_query(world, session, "getAutoRetry", "[]"), "-2");
    test_data_is(test_query(world, session, "getBatchSize", "[]"), "-1");
    test_data_is(test_query(world, session, "getDefaultBrowseMaxDepth", "[]"), "0");
    test_data_is(test_query(world, session, "getServerMaxNodesPerRead", "[]"), "100");
    test_data_is(test_query(world, session, "getServerMaxNodesPerWrite", "[]"), "50");
    test_data_is(test_query(world, session, "getTrustPolicy", "[]"), "'full'");
    test_query_refused(
        world, session, "getTrustStore", "[]", "SerializationException",
        "Cannot serialize value of type PhpOpcua\\\\Client\\\\TrustStore\\\\FileTrustStore");
}

static void test_objects_have_no_json_form(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");

    test_query_refused(
        world, session, "getEventDispatcher", "[]", "SerializationException",
        "Cannot serialize value of type PhpOpcua\\\\Client\\\\Event\\\\NullEventDispatcher");
    test_query_refused(
        world, session, "getLogger", "[]", "SerializationException",
        "Cannot serialize value of type PhpOpcua\\\\SessionManager\\\\Logging\\\\StreamLogger");
}

/* Answered from memory whatever the server does. */
static void test_getters_work_without_a_connection(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");

    world->server.down = true;
    test_lose_now(world, session);
    test_data_is(test_query(world, session, "getTimeout", "[]"), "5.0");
    assert_int_equal(osm_session_link(session)->conn->connects, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_in_world(test_waits_for_other_numbers),
        test_in_world(test_read),
        test_in_world(test_nodes_are_logged),
        test_in_world(test_read_without_results),
        test_in_world(test_read_multi_with_a_result_too_many),
        test_in_world(test_read_refusals),
        test_in_world(test_batches),
        test_in_world(test_splitting_is_logged),
        test_in_world(test_items),
        test_in_world(test_no_items),
        test_in_world(test_a_batch_that_fails_leaves_nothing),
        test_in_world(test_item_refusals),
        test_in_world(test_get_endpoints),
        test_in_world(test_call_method),
        test_in_world(test_call_without_results),
        test_in_world(test_call_refusals),
        test_in_world(test_getters_of_defaults),
        test_in_world(test_getters_of_what_was_set),
        test_in_world(test_objects_have_no_json_form),
        test_in_world(test_getters_work_without_a_connection),
    };

    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    test_server_is_large = true; /* whatever the size of an answer, the reply is the same */
    return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
