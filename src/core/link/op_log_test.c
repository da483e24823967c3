/* SPDX-License-Identifier: MIT */
/* What the log says of a round trip: which nodes it is about, and how the entries fared. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>
#include <open62541/types_generated_handling.h>

#include "core/link/op_log.h"
#include "port/service.h"
#include "util/log.h"

struct fixture {
    struct osm_log_target target; /* first: found by it */
    char text[512];               /* the last line */
    struct osm_arena arena;
    struct osm_caller caller;
    struct osm_op op;
};

static void keep_line(struct osm_log_target *target, enum osm_log_level level, const char *text)
{
    struct fixture *fixture = (struct fixture *)target;

    (void)level;
    (void)snprintf(fixture->text, sizeof(fixture->text), "%s", text);
}

static int setup(void **state)
{
    struct fixture *fixture = test_calloc(1, sizeof(*fixture));

    fixture->target = (struct osm_log_target){.threshold = OSM_LOG_DEBUG, .write = keep_line};
    (void)osm_log_here(&fixture->target);
    osm_arena_init(&fixture->arena);
    fixture->caller.arena = &fixture->arena;
    fixture->op = (struct osm_op){.caller = &fixture->caller, .name = "probe"};
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;

    (void)osm_log_here(NULL);
    osm_arena_deinit(&fixture->arena);
    test_free(fixture);
    return 0;
}

/* --- requests ------------------------------------------------------------------------------ */

/* A Read of the first `size` of these nodes. */
static const char *read_of(struct fixture *fixture, UA_ReadValueId *nodes, size_t size)
{
    UA_ReadRequest request = {.nodesToRead = nodes, .nodesToReadSize = size};

    return osm_op_log_request(&fixture->op, &osm_service_read, &request);
}

static void test_three_nodes_are_named_and_the_rest_are_counted(void **state)
{
    static const char *const expected[] = {"Read",
                                           "Read of i=85",
                                           "Read of i=85, i=86",
                                           "Read of i=85, i=86, i=87",
                                           "Read of i=85, i=86, i=87 and 1 more",
                                           "Read of i=85, i=86, i=87 and 2 more"};
    UA_ReadValueId nodes[6] = {0};

    for (UA_UInt32 i = 0; i < 6; i++)
        nodes[i].nodeId = UA_NODEID_NUMERIC(0, 85 + i);
    for (size_t i = 0; i < OSM_ARRAY_SIZE(expected); i++)
        assert_string_equal(read_of(*state, nodes, i), expected[i]);
}

static void test_a_null_node_is_not_named(void **state)
{
    UA_ReadValueId nodes[2] = {{.nodeId = UA_NODEID_NULL}, {.nodeId = UA_NODEID_NUMERIC(0, 85)}};

    assert_string_equal(read_of(*state, nodes, 2), "Read of i=85");
}

static void test_a_long_node_is_cut_at_80_bytes(void **state)
{
    char name[82], expected[120];
    UA_ReadValueId node = {0};

    memset(name, 'x', sizeof(name));
    name[78] = '\0'; /* with "s=" in front */
    node.nodeId = UA_NODEID_STRING(0, name);
    (void)snprintf(expected, sizeof(expected), "Read of s=%s", name);
    assert_string_equal(read_of(*state, &node, 1), expected);
    name[78] = 'x';
    name[79] = '\0';
    node.nodeId = UA_NODEID_STRING(0, name);
    (void)snprintf(expected, sizeof(expected), "Read of s=%.78s…", name);
    assert_string_equal(read_of(*state, &node, 1), expected);
}

/* Of each entry the first node counts: the others are types of references and such. */
static void test_the_node_an_entry_is_about(void **state)
{
    struct fixture *fixture = *state;
    UA_BrowseDescription nodes[] = {
        {.nodeId = UA_NODEID_NUMERIC(0, 85), .referenceTypeId = UA_NODEID_NUMERIC(0, 33)},
        {.nodeId = UA_NODEID_NUMERIC(0, 86), .referenceTypeId = UA_NODEID_NUMERIC(0, 34)}};
    UA_BrowseRequest browse = {.nodesToBrowse = nodes, .nodesToBrowseSize = 2};
    UA_CallMethodRequest calls[] = {
        {.objectId = UA_NODEID_NUMERIC(0, 1), .methodId = UA_NODEID_NUMERIC(0, 2)}};
    UA_CallRequest call = {.methodsToCall = calls, .methodsToCallSize = 1};

    assert_string_equal(osm_op_log_request(&fixture->op, &osm_service_browse, &browse),
                        "Browse of i=85, i=86");
    assert_string_equal(osm_op_log_request(&fixture->op, &osm_service_call, &call), "Call of i=1");
}

static void test_what_nobody_reads_is_not_made(void **state)
{
    struct fixture *fixture = *state;
    UA_ReadValueId node = {.nodeId = UA_NODEID_NUMERIC(0, 85)};

    fixture->target.threshold = OSM_LOG_INFO;
    assert_null(read_of(fixture, &node, 1));
    osm_op_log_result(&fixture->op, NULL, &osm_service_read, NULL, 1);
    assert_string_equal(fixture->text, "");
}

/* --- results ------------------------------------------------------------------------------- */

static void said(struct fixture *fixture, const struct osm_ua_service *service, void *response,
                 const char *expected)
{
    const struct osm_ua_result result = {.outcome = OSM_UA_ANSWERED, .response = response};

    osm_op_log_result(&fixture->op, "It", service, &result, 7);
    assert_string_equal(fixture->text, expected);
}

/* The entries of each kind of response, one behind them that is not of it. */
static void test_bad_entries_are_counted_and_the_first_is_named(void **state)
{
    UA_DataValue values[] = {{.hasStatus = true, .status = UA_STATUSCODE_GOOD},
                             {.hasStatus = true, .status = UA_STATUSCODE_BADNODEIDUNKNOWN},
                             {.hasStatus = true, .status = UA_STATUSCODE_BADTIMEOUT},
                             {.status = UA_STATUSCODE_BADTIMEOUT},
                             {.hasStatus = true, .status = UA_STATUSCODE_BADTIMEOUT}};
    UA_ReadResponse read = {.results = values, .resultsSize = 4};
    UA_StatusCode codes[] = {UA_STATUSCODE_BADTIMEOUT, UA_STATUSCODE_UNCERTAINLASTUSABLEVALUE,
                             UA_STATUSCODE_BADTIMEOUT};
    UA_WriteResponse write = {.results = codes, .resultsSize = 2};
    UA_BrowseResult browsed[] = {{.statusCode = UA_STATUSCODE_BADNODEIDUNKNOWN},
                                 {.statusCode = UA_STATUSCODE_BADTIMEOUT}};
    UA_BrowseResponse browse = {.results = browsed, .resultsSize = 1};

    said(*state, &osm_service_read, &read,
         "probe: It: Good, 2 of 4 bad (BadNodeIdUnknown) after 7 ms");
    said(*state, &osm_service_write, &write, "probe: It: Good, 1 of 2 bad (BadTimeout) after 7 ms");
    said(*state, &osm_service_browse, &browse,
         "probe: It: Good, 1 of 1 bad (BadNodeIdUnknown) after 7 ms");
}

/* A number that only looks like a status is none. */
static void test_entries_without_a_status_are_not_counted(void **state)
{
    UA_EndpointDescription endpoints[1] = {{.securityMode = UA_MESSAGESECURITYMODE_SIGN}};
    UA_GetEndpointsResponse found = {.endpoints = endpoints, .endpointsSize = 1};
    UA_UInt32 numbers[] = {UA_STATUSCODE_BADTIMEOUT};
    UA_PublishResponse published = {.availableSequenceNumbers = numbers,
                                    .availableSequenceNumbersSize = 1};

    said(*state, &osm_service_get_endpoints, &found, "probe: It: Good after 7 ms");
    said(*state, &osm_service_publish, &published, "probe: It: Good after 7 ms");
}

static void test_who_asked_and_how_it_ended(void **state)
{
    struct fixture *fixture = *state;
    struct osm_ua_result result = {.outcome = OSM_UA_LOST,
                                   .service_result = UA_STATUSCODE_BADCONNECTIONCLOSED};

    fixture->caller.label = "query";
    osm_op_log_result(&fixture->op, "It", &osm_service_read, &result, 0);
    assert_string_equal(fixture->text, "query probe: It: the connection was lost after 0 ms");
    result.outcome = OSM_UA_ANSWERED;
    result.service_result = UA_STATUSCODE_BADTOOMANYOPERATIONS;
    osm_op_log_result(&fixture->op, "It", &osm_service_read, &result, 30);
    assert_string_equal(fixture->text, "query probe: It: BadTooManyOperations after 30 ms");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_three_nodes_are_named_and_the_rest_are_counted),
        TEST(test_a_null_node_is_not_named),
        TEST(test_a_long_node_is_cut_at_80_bytes),
        TEST(test_the_node_an_entry_is_about),
        TEST(test_what_nobody_reads_is_not_made),
        TEST(test_bad_entries_are_counted_and_the_first_is_named),
        TEST(test_entries_without_a_status_are_not_counted),
        TEST(test_who_asked_and_how_it_ended),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
