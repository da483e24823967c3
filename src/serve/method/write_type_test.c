/* SPDX-License-Identifier: MIT */
/*
 * What builtin type a value must have (write_type.h): attributes' own, how far up a DataType is
 * followed, and which items a detection touches. In the server here the variable ns=1;i=n has no
 * value, and a DataType that is n types below Double.
 */
#include "serve/method/write_type.h"

#include <open62541/nodeids.h>

#include "port/service.h"
#include "testing/testing_events.h"
#include "testing/testing_method.h"

#define DOUBLE 11
#define TYPES 1000 /* the type n below Double is ns=1;i=1000+n */

static UA_NodeId type_above_double(uint32_t n)
{
    return n ? UA_NODEID_NUMERIC(1, TYPES + n) : UA_NODEID_NUMERIC(0, DOUBLE);
}

static void serve_read(struct osm_ua_call *call)
{
    const UA_ReadRequest *request = call->request;
    UA_ReadResponse *response = UA_ReadResponse_new();

    response->resultsSize = request->nodesToReadSize;
    response->results = UA_Array_new(response->resultsSize, &UA_TYPES[UA_TYPES_DATAVALUE]);
    for (size_t i = 0; i < response->resultsSize; i++) {
        const UA_ReadValueId *node = &request->nodesToRead[i];
        UA_NodeId type = type_above_double(node->nodeId.identifier.numeric);

        assert_true(node->nodeId.identifier.numeric < TYPES);
        if (node->attributeId == UA_ATTRIBUTEID_DATATYPE)
            (void)UA_Variant_setScalarCopy(&response->results[i].value, &type,
                                           &UA_TYPES[UA_TYPES_NODEID]);
    }
    test_answer(call, response);
}

static void serve_browse(struct osm_ua_call *call)
{
    const UA_BrowseRequest *request = call->request;
    UA_BrowseResponse *response = UA_BrowseResponse_new();
    uint32_t n = request->nodesToBrowse[0].nodeId.identifier.numeric - TYPES;

    assert_int_equal(request->nodesToBrowseSize, 1);
    response->results = UA_BrowseResult_new();
    response->resultsSize = 1;
    response->results->references = UA_ReferenceDescription_new();
    response->results->referencesSize = 1;
    response->results->references->nodeId.nodeId = type_above_double(n - 1);
    test_answer(call, response);
}

static void serve(struct osm_ua *server, struct osm_ua_call *call)
{
    if (call->service == &osm_service_read)
        serve_read(call);
    else if (call->service == &osm_service_browse)
        serve_browse(call);
    else
        test_answer_each(call);
}

/* --- attributes ---------------------------------------------------------------------------- */

/* OPC 10000-3 §5; Value has none of its own, and behind AccessLevelEx there is nothing. */
static void test_types_of_attributes(void **state)
{
    static const uint8_t types[] = {0,  17, 6, 20, 21, 21, 7, 7, 1, 1,  21, 1,  3, 0,
                                    17, 6,  7, 3,  3,  11, 1, 1, 1, 22, 22, 22, 5, 7};

    (void)state;
    for (uint32_t i = 0; i < OSM_ARRAY_SIZE(types); i++)
        assert_int_equal(osm_write_type_of_attribute(i), types[i]);
    assert_int_equal(osm_write_type_of_attribute(OSM_ARRAY_SIZE(types)), 0);
    assert_int_equal(osm_write_type_of_attribute(UINT32_MAX), 0);
}

/* --- up to a builtin type ------------------------------------------------------------------ */

/* The type itself and 31 above it are looked at; then it counts as a circle. */
static void test_how_far_up_a_type_is_followed(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *test;
    size_t before;

    world->server.serve = serve;
    test = test_query(world, session, "write", "['ns=1;i=31',1.5]");
    test_turn(world);
    test_data_is(test, "0");
    before = test_calls(world);
    test = test_query(world, session, "write", "['ns=1;i=32',1.5]");
    test_turn(world);
    test_fault_is(test, "WriteTypeDetectionException",
                  "Cannot auto-detect write type for node ns=1;i=32: node has no value");
    assert_int_equal(test_calls(world) - before, 2 + 32);
}

/* --- items --------------------------------------------------------------------------------- */

struct detected {
    struct osm_type_detection *self; /* first, as write_type.h wants it */
    struct osm_type_detection detection;
    struct osm_write_type items[3];
};

static void done(struct osm_op *op)
{
    test_finish_null(op);
}

static void start(struct osm_op *op)
{
    struct detected *detected = op->state;

    osm_write_types_detect(op, &detected->detection, detected->items, 2, done);
}

/* Two items of three; the third is not theirs. */
static struct test_request *detect(struct test_world *world, struct osm_session *session,
                                   struct detected **detected)
{
    struct test_request *test = test_request_parse(world, "{}");
    struct { /* as run.c lays it out */
        struct osm_method_work work;
        struct detected detected;
    } *state = osm_arena_alloc(&test->request.arena, sizeof(*state));

    memset(state, 0, sizeof(*state));
    *detected = &state->detected;
    state->detected.self = &state->detected.detection;
    for (uint32_t i = 0; i < 3; i++)
        state->detected.items[i].node = UA_NODEID_NUMERIC(1, i);
    state->detected.items[0].builtin = DOUBLE;
    osm_op_submit(osm_session_ops(session), &test->request.caller, "detect", OSM_OP_READS, start,
                  &state->detected);
    return test;
}

#define NODE_1 "\"nodeId\":{\"ns\":1,\"id\":1,\"type\":\"numeric\"}"

static void test_only_the_items_at_hand_are_detected(void **state)
{
    static struct test_ear ear;
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct detected *detected;
    struct test_request *test;

    test_ear_begin(&ear, world);
    test = detect(world, session, &detected);
    serve(&world->server, test_call(world, 0));
    test_turn(world);
    assert_int_equal(((const UA_ReadRequest *)test_call(world, 0)->request)->nodesToReadSize, 1);
    serve(&world->server, test_call(world, 1));
    test_turn(world);
    serve(&world->server, test_call(world, 2));
    assert_int_equal(detected->items[2].builtin, 0);
    test_turn(world);
    assert_non_null(test->reply);
    assert_int_equal(test_calls(world), 3);
    assert_string_equal(test_ear_hears(&ear), "WriteTypeDetecting {" NODE_1 "}\n"
                                              "WriteTypeDetected {" NODE_1 ",\"detectedType\":"
                                              "\"Double\",\"fromCache\":false}\n");
    test_ear_end(&ear);
}

static void test_with_detection_off_only_they_must_be_given(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{'autoDetectWriteType':false}");
    struct detected *detected;
    struct test_request *test = detect(world, session, &detected);

    test_fault_is(test, "WriteTypeDetectionException",
                  "Write type auto-detection is disabled and no explicit type was provided for "
                  "node ns=1;i=1");
}

/* --- what is told of it -------------------------------------------------------------------- */

static void test_what_is_written_is_told(void **state)
{
    static struct test_ear ear;
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    UA_WriteResponse *response = UA_WriteResponse_new();

    (void)test_query(world, session, "write", "['ns=1;i=1',5,6]");
    test_ear_begin(&ear, world);
    test_answer_each(test_call(world, 0));
    test_turn(world);
    assert_string_equal(test_ear_hears(&ear), "NodeValueWritten {" NODE_1 ",\"value\":5,\"type\":"
                                              "\"Int32\",\"statusCode\":0}\n");
    (void)test_query(world, session, "write", "['ns=1;i=1',5,6]");
    response->results = UA_StatusCode_new();
    response->results[0] = UA_STATUSCODE_BADNOTWRITABLE;
    response->resultsSize = 1;
    test_answer(test_call(world, 1), response);
    test_turn(world);
    assert_string_equal(test_ear_hears(&ear),
                        "NodeValueWriteFailed {" NODE_1 ",\"statusCode\":2151350272}\n");
    test_ear_end(&ear);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types_of_attributes),
        test_in_world(test_how_far_up_a_type_is_followed),
        test_in_world(test_only_the_items_at_hand_are_detected),
        test_in_world(test_with_detection_off_only_they_must_be_given),
        test_in_world(test_what_is_written_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
