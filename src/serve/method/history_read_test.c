/* SPDX-License-Identifier: MIT */
/* historyReadRaw, historyReadProcessed, historyReadAtTime (methods.md §2.24–2.26, M9). */
#include "core/manager/tally.h"
#include "serve/method/history.h"
#include "serve/method/method.h"
#include "serve/request/reply_later.h"
#include "testing/testing_history.h"
#include "testing/testing_probe.h"

#define VALUE(minute, number)                                                                      \
    "{'value':" number ",'type':11,'dimensions':null,'statusCode':0,"                              \
    "'sourceTimestamp':'" TEST_DAY minute ":00+00:00','serverTimestamp':null}"
#define TAGGED(minute, number)                                                                     \
    "{'__t':'DataValue','variant':{'__t':'Variant','type':{'__t':'BuiltinType','v':11},"           \
    "'value':" number                                                                              \
    ",'dims':null,'bytesB64':null},'status':0,'sourceTs':" TEST_TIME(minute) ",'serverTs':null}"

static const UA_DataType *const raw_type = &UA_TYPES[UA_TYPES_READRAWMODIFIEDDETAILS];

static struct test_request *ask_raw(struct test_world *world, struct osm_session *session)
{
    return test_query(world, session, "historyReadRaw",
                      "['ns=1;s=H','2024-01-01T00:00:00Z','2024-01-01T00:05:00Z']");
}

static void test_raw_request(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *test =
        test_query(world, session, "historyReadRaw",
                   "[{'ns':1,'id':'H','type':'string'},'2024-01-01T00:01:00Z',null,'12',1]");
    const UA_ReadRawModifiedDetails *details =
        test_history_read(world, 0, "ns=1;s=H", "", false, raw_type);

    assert_int_equal(details->startTime, TEST_2024 + 60 * UA_DATETIME_SEC);
    assert_int_equal(details->endTime, 0);
    assert_int_equal(details->numValuesPerNode, 12);
    assert_true(details->returnBounds);
    assert_false(details->isReadModified);
    test_page(test_call(world, 0), NULL, {{0, 1.5}, {1, 2}});
    test_turn(world);
    test_data_is(test, "[" VALUE("0", "1.5") "," VALUE("1", "2.0") "]");
}

static void test_raw_defaults(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *test = test_query(world, session, "historyReadRaw", "['i=7']");
    const UA_ReadRawModifiedDetails *details =
        test_history_read(world, 0, "i=7", "", false, raw_type);

    assert_int_equal(details->startTime, 0);
    assert_int_equal(details->endTime, 0);
    assert_int_equal(details->numValuesPerNode, 0);
    assert_false(details->returnBounds);
    test_answer_each(test_call(world, 0));
    test_turn(world);
    test_data_is(test, "[]");
}

static void test_raw_invoked(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *test =
        test_invoke(world, session, "historyReadRaw",
                    "{'endTime':" TEST_TIME("2") ",'nodeId':'i=7','numValuesPerNode':5}");
    const UA_ReadRawModifiedDetails *details =
        test_history_read(world, 0, "i=7", "", false, raw_type);

    assert_int_equal(details->startTime, 0);
    assert_int_equal(details->endTime, TEST_2024 + 120 * UA_DATETIME_SEC);
    assert_int_equal(details->numValuesPerNode, 5);
    test_page(test_call(world, 0), NULL, {{1, 2.5}});
    test_turn(world);
    test_invoke_is(test, "[" TAGGED("1", "2.5") "]");
}

/* --- pages --------------------------------------------------------------------------------- */

static void test_all_pages(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *test = ask_raw(world, session);

    test_page(test_call(world, 0), "p1", {{0, 1}, {1, 2}});
    test_turn(world);
    (void)test_history_read(world, 1, "ns=1;s=H", "p1", false, raw_type);
    test_answer_page(test_call(world, 1), "p2", 0, NULL, 0);
    test_turn(world);
    (void)test_history_read(world, 2, "ns=1;s=H", "p2", false, raw_type);
    assert_null(test->reply);
    test_page(test_call(world, 2), NULL, {{2, 3}});
    test_turn(world);
    test_data_is(test, "[" VALUE("0", "1.0") "," VALUE("1", "2.0") "," VALUE("2", "3.0") "]");
    assert_int_equal(test_calls(world), 3);
}

/* A limit is a limit: the rest is released, whether the server can or not. */
static void test_a_limit_releases_the_rest(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");

    for (size_t i = 0; i < 2; i++) {
        struct test_request *test =
            test_query(world, session, "historyReadRaw",
                       "['ns=1;s=H','2024-01-01T00:00:00Z','2024-01-01T00:05:00Z',1]");

        test_page(test_call(world, i * 2), "p1", {{0, 1}});
        test_turn(world);
        (void)test_history_read(world, i * 2 + 1, "ns=1;s=H", "p1", true, raw_type);
        if (i == 0)
            test_answer_each(test_call(world, 1));
        else
            test_answer_fault(test_call(world, 3), UA_STATUSCODE_BADCONTINUATIONPOINTINVALID);
        test_turn(world);
        test_data_is(test, "[" VALUE("0", "1.0") "]");
    }
}

static void test_a_loss_between_pages(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *test = ask_raw(world, session);

    test_page(test_call(world, 0), "p1", {{0, 1}});
    test_turn(world);
    test_lose_now(world, session);
    (void)test_history_read(world, 2, "ns=1;s=H", "", false, raw_type);
    test_page(test_call(world, 2), NULL, {{0, 1}, {1, 2}});
    test_turn(world);
    test_data_is(test, "[" VALUE("0", "1.0") "," VALUE("1", "2.0") "]");
}

static void test_half_a_history_is_none(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *test = ask_raw(world, session);

    test_page(test_call(world, 0), "p1", {{0, 1}});
    test_turn(world);
    test_answer_page(test_call(world, 1), NULL, UA_STATUSCODE_BADCONTINUATIONPOINTINVALID, NULL, 0);
    test_turn(world);
    test_fault_is(test, "ServiceException", "The history broke off after 1 values: 0x804A0000");
}

static void serve_empty_pages(struct osm_ua *server, struct osm_ua_call *call)
{
    test_answer_page(call, "more", 0, NULL, 0);
}

static void test_a_history_without_end(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *test;

    world->server.serve = serve_empty_pages;
    test = ask_raw(world, session);
    test_turn(world);
    test_fault_is(test, "SerializationException",
                  "The history is too long for one request (0 values so far): ask for a shorter "
                  "time range or limit numValuesPerNode");
    assert_int_equal(test_calls(world), 1002);
    (void)test_history_read(world, 1001, "ns=1;s=H", "more", true, raw_type);
}

static void serve_long_points(struct osm_ua *server, struct osm_ua_call *call)
{
    const struct test_point one = {0, 1};
    size_t length = OSM_HISTORY_REPLY / 21 * 2;
    char *point = memset(osm_alloc(length + 1), 'p', length);

    test_answer_page(call, point, 0, &one, 1);
    free(point);
}

/* What is sent to and fro counts as what is kept. */
static void test_long_points_without_end(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *test;

    world->server.serve = serve_long_points;
    test = ask_raw(world, session);
    test_turn(world);
    test_fault_is(test, "SerializationException",
                  "The history is too long for one request (11 values so far): ask for a shorter "
                  "time range or limit numValuesPerNode");
}

/* No data is no history; anything else is none that could be shown. */
static void test_what_is_no_history(void **state)
{
    static const UA_Byte body[] = "odd";
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");

    for (size_t i = 0; i < 2; i++) {
        struct test_request *test = ask_raw(world, session);
        UA_HistoryReadResponse *response = UA_HistoryReadResponse_new();
        UA_ExtensionObject *object;

        response->resultsSize = 1;
        response->results = UA_HistoryReadResult_new();
        response->results->continuationPoint = UA_BYTESTRING_ALLOC("p1");
        object = &response->results->historyData;
        if (i == 0) {
            object->encoding = UA_EXTENSIONOBJECT_ENCODED_BYTESTRING;
            object->content.encoded.typeId = UA_NODEID_NUMERIC(0, 658);
            object->content.encoded.body = UA_BYTESTRING_ALLOC((const char *)body);
        } else {
            UA_ExtensionObject_setValue(object, UA_HistoryEvent_new(),
                                        &UA_TYPES[UA_TYPES_HISTORYEVENT]);
        }
        test_answer(test_call(world, 2 * i), response);
        test_turn(world);
        (void)test_history_read(world, 2 * i + 1, "ns=1;s=H", "p1", true, raw_type);
        test_answer_each(test_call(world, 2 * i + 1));
        test_turn(world);
        test_fault_is(test, "ServiceException",
                      "What the server sends behind 0 values of the history is no HistoryData, or "
                      "cannot be decoded");
    }
}

static uint64_t counted(const struct osm_tally *tally)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < OSM_ARRAY_SIZE(tally->seconds.counts); i++)
        sum += tally->seconds.counts[i];
    return sum;
}

/* A page that is written off the loop counts with what it becomes, also the last. */
static void bounded_step(struct osm_op *op, void *response)
{
    static const struct osm_fault fault = {OSM_FAULT_SERIALIZATION, "this is too long"};
    const struct test_probe *probe = op->state;
    const UA_ReadResponse *answer = response;
    struct osm_request *request = osm_op_request(op);
    const struct osm_tally *tally = request->tally;
    uint64_t before = counted(tally);
    struct osm_encoder encoder;

    osm_json_array_begin(osm_reply_begin(op));
    encoder = osm_reply_answer_encoder_more(op, response);
    osm_encode_values(&encoder, answer->results, answer->resultsSize,
                      &UA_TYPES[UA_TYPES_DATAVALUE]);
    osm_reply_later_bound(request, probe->id, &fault);
    assert_true(osm_reply_later_written(request) < 100); /* so far */
    osm_reply_list_end(op);
    assert_int_equal(counted(tally), before); /* it is not done yet */
}

static void bounded_start(struct osm_op *op)
{
    UA_ReadValueId node = {.nodeId = UA_NODEID_NUMERIC(1, 1)};
    UA_ReadRequest request = {.nodesToRead = &node, .nodesToReadSize = 1};

    osm_op_send(op, &osm_service_read, &request, bounded_step);
}

static struct test_request *ask_bounded(struct test_world *world, struct osm_session *session,
                                        uint32_t most, struct osm_tally *tally)
{
    UA_ReadResponse *response = UA_ReadResponse_new();
    size_t before = test_calls(world);
    struct test_request *test = test_request_parse(world, "{}");
    struct { /* as run.c lays it out */
        struct osm_method_work work;
        struct test_probe probe;
    } *state = osm_arena_alloc(&test->request.arena, sizeof(*state));

    state->probe.id = most;
    osm_op_submit(osm_session_ops(session), &test->request.caller, "bounded", OSM_OP_READS,
                  bounded_start, &state->probe);
    test_recycle(world);
    osm_request_count_as(&test->request, tally);
    response->results = UA_DataValue_new();
    response->resultsSize = 1;
    test_answer(test_call(world, before), response);
    test_turn(world);
    return test;
}

static void test_a_large_page_counts_with_its_text(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct osm_tally *tally = osm_tally_of(osm_manager_tallies(world->manager), "bounded", "");

    world->server.large = true;
    (void)ask_bounded(world, session, 1000, tally);
    assert_int_equal(counted(tally), 1);
    assert_int_equal(tally->errors, 0);
    test_fault_is(ask_bounded(world, session, 50, tally), "SerializationException",
                  "this is too long");
    assert_int_equal(counted(tally), 2);
    assert_int_equal(tally->errors, 1);
}

/* The status of the result is the server's affair. */
static void test_bad_results_are_empty(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *test = ask_raw(world, session);
    UA_HistoryReadResponse *response;

    test_answer_page(test_call(world, 0), NULL, UA_STATUSCODE_BADNODEIDUNKNOWN, NULL, 0);
    test_turn(world);
    test_data_is(test, "[]");
    test = ask_raw(world, session); /* a result without any data */
    response = UA_HistoryReadResponse_new();
    response->results = UA_HistoryReadResult_new();
    response->resultsSize = 1;
    test_answer(test_call(world, 1), response);
    test_turn(world);
    test_data_is(test, "[]");
    test = ask_raw(world, session);
    test_answer_fault(test_call(world, 2), UA_STATUSCODE_BADHISTORYOPERATIONUNSUPPORTED);
    test_turn(world);
    test_fault_is(test, "ServiceException", "Server returned ServiceFault: 0x80720000 0x80720000");
}

/* --- the others ---------------------------------------------------------------------------- */

static void test_processed(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *test = test_query(
        world, session, "historyReadProcessed",
        "['i=7','2024-01-01T00:00:00Z','2024-01-01T01:00:00+01:00','250.5',{'id':2342}]");
    const UA_ReadProcessedDetails *details =
        test_history_read(world, 0, "i=7", "", false, &UA_TYPES[UA_TYPES_READPROCESSEDDETAILS]);
    const UA_AggregateConfiguration *config = &details->aggregateConfiguration;

    assert_int_equal(details->startTime, TEST_2024);
    assert_int_equal(details->endTime, TEST_2024);
    assert_true(details->processingInterval == 250.5);
    assert_int_equal(details->aggregateTypeSize, 1);
    test_node_is(&details->aggregateType[0], "i=2342");
    assert_true(config->useServerCapabilitiesDefaults && config->treatUncertainAsBad);
    assert_false(config->useSlopedExtrapolation);
    assert_int_equal(config->percentDataBad, 100);
    assert_int_equal(config->percentDataGood, 100);
    test_page(test_call(world, 0), "p1", {{0, 1}});
    test_turn(world);
    test_page(test_call(world, 1), NULL, {{1, 2}});
    test_turn(world);
    test_data_is(test, "[" VALUE("0", "1.0") "," VALUE("1", "2.0") "]");
}

static void test_at_time(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *test = test_query(world, session, "historyReadAtTime",
                                           "['i=7',['2024-01-01','2024-01-01T00:01:00Z']]");
    const UA_ReadAtTimeDetails *details =
        test_history_read(world, 0, "i=7", "", false, &UA_TYPES[UA_TYPES_READATTIMEDETAILS]);

    assert_true(details->useSimpleBounds);
    assert_int_equal(details->reqTimesSize, 2);
    assert_int_equal(details->reqTimes[0], TEST_2024);
    assert_int_equal(details->reqTimes[1], TEST_2024 + 60 * UA_DATETIME_SEC);
    test_page(test_call(world, 0), NULL, {{0, 1}});
    test_turn(world);
    test_data_is(test, "[" VALUE("0", "1.0") "]");
    test = test_invoke(world, session, "historyReadAtTime", "['i=7',[" TEST_TIME("1") "]]");
    details = test_history_read(world, 1, "i=7", "", false, &UA_TYPES[UA_TYPES_READATTIMEDETAILS]);
    assert_int_equal(details->reqTimesSize, 1);
    assert_int_equal(details->reqTimes[0], TEST_2024 + 60 * UA_DATETIME_SEC);
    test_page(test_call(world, 1), NULL, {{1, 2}});
    test_turn(world);
    test_invoke_is(test, "[" TAGGED("1", "2.0") "]");
}

/* --- more than the server can send at once -------------------------------------------------- */

static void page_size_is(struct test_world *world, size_t n, const char *point, uint32_t expected)
{
    const UA_ReadRawModifiedDetails *details =
        test_history_read(world, n, "ns=1;s=H", point, false, raw_type);

    assert_int_equal(details->numValuesPerNode, expected);
}

static void refuse(struct test_world *world, size_t n)
{
    test_answer_fault(test_call(world, n), UA_STATUSCODE_BADRESPONSETOOLARGE);
    test_turn(world);
}

static void test_smaller_pages(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *test = ask_raw(world, session);

    page_size_is(world, 0, "", 0);
    refuse(world, 0);
    page_size_is(world, 1, "", 10000);
    test_page(test_call(world, 1), "p1", {{7, 7}});
    test_turn(world);
    page_size_is(world, 2, "p1", 10000);
    refuse(world, 2); /* from the beginning: the point may be gone */
    page_size_is(world, 3, "", 5000);
    test_page(test_call(world, 3), "p1", {{0, 1}});
    test_turn(world);
    test_page(test_call(world, 4), NULL, {{1, 2}});
    test_turn(world);
    test_data_is(test, "[" VALUE("0", "1.0") "," VALUE("1", "2.0") "]");
    (void)ask_raw(world, session);
    page_size_is(world, 5, "", 5000);
    test_page(test_call(world, 5), NULL, {{0, 1}});
    test_turn(world);
}

/* As many as the caller wants are collected, no more. */
static void test_smaller_pages_up_to_a_limit(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *test =
        test_query(world, session, "historyReadRaw",
                   "['ns=1;s=H','2024-01-01T00:00:00Z','2024-01-01T00:05:00Z',5]");

    page_size_is(world, 0, "", 5);
    refuse(world, 0);
    page_size_is(world, 1, "", 2);
    test_page(test_call(world, 1), "p1", {{0, 1}, {1, 2}});
    test_turn(world);
    page_size_is(world, 2, "p1", 2);
    test_page(test_call(world, 2), "p2", {{2, 3}, {3, 4}});
    test_turn(world);
    page_size_is(world, 3, "p2", 1);
    test_page(test_call(world, 3), "p3", {{4, 5}, {5, 6}});
    test_turn(world);
    (void)test_history_read(world, 4, "ns=1;s=H", "p3", true, raw_type);
    test_answer_each(test_call(world, 4));
    test_turn(world);
    test_data_is(test, "[" VALUE("0", "1.0") "," VALUE("1", "2.0") "," VALUE("2", "3.0") "," VALUE(
                           "3", "4.0") "," VALUE("4", "5.0") "]");
}

/* M24: the server's pages are smaller than what is asked for. */
static void test_counted_over_pages(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *test =
        test_query(world, session, "historyReadRaw",
                   "['ns=1;s=H','2024-01-01T00:00:00Z','2024-01-01T00:05:00Z',3]");

    page_size_is(world, 0, "", 3);
    test_page(test_call(world, 0), "p1", {{0, 1}, {1, 2}});
    test_turn(world);
    page_size_is(world, 1, "p1", 1);
    test_page(test_call(world, 1), "p2", {{2, 3}, {3, 4}}); /* more than it was asked for */
    test_turn(world);
    (void)test_history_read(world, 2, "ns=1;s=H", "p2", true, raw_type);
    test_answer_each(test_call(world, 2));
    test_turn(world);
    test_data_is(test, "[" VALUE("0", "1.0") "," VALUE("1", "2.0") "," VALUE("2", "3.0") "]");
    test = test_query(world, session, "historyReadRaw",
                      "['ns=1;s=H','2024-01-01T00:00:00Z','2024-01-01T00:05:00Z',3]");
    page_size_is(world, 3, "", 3);
    test_page(test_call(world, 3), "p1", {{0, 1}});
    test_turn(world);
    test_page(test_call(world, 4), NULL, {{1, 2}}); /* there are no more */
    test_turn(world);
    test_data_is(test, "[" VALUE("0", "1.0") "," VALUE("1", "2.0") "]");
    assert_int_equal(test_calls(world), 5);
}

/* The caller has been told of the time-out; the point in the late answer goes back. */
static void test_a_late_page(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *test = ask_raw(world, session), *other = ask_raw(world, session);
    const UA_ReadRawModifiedDetails *details;

    osm_session_link(session)->conn->messages++;
    test_advance(world, 5000);
    test_fault_is(test, "ConnectionException", "Read timeout");
    test_fault_is(other, "ConnectionException", "Read timeout");
    test_page(test_call(world, 0), "p1", {{0, 1}});
    test_turn(world);
    details = test_history_read(world, 2, "ns=1;s=H", "p1", true, raw_type);
    assert_int_equal(details->startTime, TEST_2024);
    test_page(test_call(world, 1), NULL, {{0, 1}}); /* whole: nothing to give back */
    test_turn(world);
    assert_int_equal(test_calls(world), 3);
}

static void test_nobody_waits_for_the_rest(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *test = ask_raw(world, session);

    osm_request_abandon(&test->request);
    test_page(test_call(world, 0), "p1", {{0, 1}});
    test_turn(world);
    (void)test_history_read(world, 1, "ns=1;s=H", "p1", true, raw_type);
    test_answer_each(test_call(world, 1));
    test_turn(world);
    assert_int_equal(test_calls(world), 2);
}

static void test_nobody_waits_for_further_times(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *test = test_query(world, session, "historyReadAtTime",
                                           "['i=7',['2024-01-01','2024-01-01T00:01:00Z']]");

    refuse(world, 0);
    osm_request_abandon(&test->request);
    test_page(test_call(world, 1), NULL, {{0, 1}});
    test_turn(world);
    assert_int_equal(test_calls(world), 2);
}

/* The server has no continuation point left: later, and not for ever. */
static void test_no_point_left(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{'opcuaTimeout':5}");
    struct test_request *test = ask_raw(world, session);
    size_t n = 0;

    test_answer_page(test_call(world, n++), NULL, UA_STATUSCODE_BADNOCONTINUATIONPOINTS, NULL, 0);
    test_turn(world);
    assert_null(test->reply);
    test_advance(world, 20);
    test_page(test_call(world, n++), NULL, {{0, 1}});
    test_turn(world);
    test_data_is(test, "[" VALUE("0", "1.0") "]");
    test = ask_raw(world, session);
    while (!test->reply && n < 100) {
        if (n < test_calls(world))
            test_answer_page(test_call(world, n++), NULL, UA_STATUSCODE_BADNOCONTINUATIONPOINTS,
                             NULL, 0);
        test_advance(world, 20);
    }
    test_fault_is(test, "ServiceException",
                  "The server has no continuation point left (0x804B0000 BadNoContinuationPoints, "
                  "12 times), also not after 5 s in the queue for them: the history broke off "
                  "after 0");
    assert_true(n < 20);
}

/* One continuation point: histories wait for each other, and nobody is refused. */
static void test_histories_queue(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session;
    struct test_request *tests[3];
    UA_UInt16 one = 1;

    UA_Variant_setScalar(&world->server.max_others, &one, &UA_TYPES[UA_TYPES_UINT16]);
    session = test_session_open(world, "{}");
    for (size_t i = 0; i < OSM_ARRAY_SIZE(tests); i++)
        tests[i] = ask_raw(world, session);
    for (size_t i = 0; i < OSM_ARRAY_SIZE(tests); i++) {
        assert_int_equal(test_calls(world), 2 * i + 1);
        test_page(test_call(world, 2 * i), "p", {{0, 1}});
        test_turn(world);
        test_page(test_call(world, 2 * i + 1), NULL, {{1, 2}});
        test_turn(world);
        test_advance(world, 0);
        test_data_is(tests[i], "[" VALUE("0", "1.0") "," VALUE("1", "2.0") "]");
    }
}

/* A server that does not say how many it has: the first refusal tells. */
static void test_histories_queue_behind_a_refusal(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *first = ask_raw(world, session), *second = ask_raw(world, session);

    test_page(test_call(world, 0), "p", {{0, 1}});
    test_turn(world);
    test_answer_fault(test_call(world, 1), UA_STATUSCODE_BADNOCONTINUATIONPOINTS);
    test_turn(world);
    test_advance(world, 500);
    assert_int_equal(test_calls(world), 3); /* nothing is asked while the first one has the point */
    test_page(test_call(world, 2), NULL, {{1, 2}});
    test_turn(world);
    test_advance(world, 0);
    test_data_is(first, "[" VALUE("0", "1.0") "," VALUE("1", "2.0") "]");
    assert_int_equal(test_calls(world), 4);
    test_page(test_call(world, 3), NULL, {{0, 3}});
    test_turn(world);
    test_data_is(second, "[" VALUE("0", "3.0") "]");
}

static void test_fewer_times(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *test =
        test_query(world, session, "historyReadAtTime",
                   "['i=7',['2024-01-01','2024-01-01T00:01:00Z','2024-01-01T00:02:00Z']]");

    refuse(world, 0);
    for (int i = 0; i < 3; i++) {
        const UA_ReadAtTimeDetails *details = test_history_read(
            world, 1 + (size_t)i, "i=7", "", false, &UA_TYPES[UA_TYPES_READATTIMEDETAILS]);

        assert_int_equal(details->reqTimesSize, 1);
        assert_int_equal(details->reqTimes[0], TEST_2024 + i * 60 * UA_DATETIME_SEC);
        test_answer_page(test_call(world, 1 + (size_t)i), NULL, 0, &(struct test_point){i, i}, 1);
        test_turn(world);
    }
    test_data_is(test, "[" VALUE("0", "0.0") "," VALUE("1", "1.0") "," VALUE("2", "2.0") "]");
}

/* A part without a point would be a hole that nobody sees. */
static void test_a_later_part_without_a_point(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *test = test_query(world, session, "historyReadAtTime",
                                           "['i=7',['2024-01-01','2024-01-01T00:01:00Z']]");

    refuse(world, 0);
    test_page(test_call(world, 1), NULL, {{0, 1}});
    test_turn(world);
    test_answer_page(test_call(world, 2), NULL, UA_STATUSCODE_BADNOCONTINUATIONPOINTS, NULL, 0);
    test_turn(world);
    test_fault_is(test, "ServiceException", "The history broke off after 1 values: 0x804B0000");
}

/* Between intervals, so that every aggregate is what it would have been. */
static void test_fewer_intervals(void **state)
{
    static const int bounds[] = {0, 60, 120, 150};
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *test =
        test_query(world, session, "historyReadProcessed",
                   "['i=7','2024-01-01T00:00:00Z','2024-01-01T00:02:30Z',60000,{'id':2342}]");

    refuse(world, 0);
    for (size_t i = 0; i < 3; i++) {
        const UA_ReadProcessedDetails *details = test_history_read(
            world, 1 + i, "i=7", "", false, &UA_TYPES[UA_TYPES_READPROCESSEDDETAILS]);

        assert_int_equal(details->startTime, TEST_2024 + bounds[i] * UA_DATETIME_SEC);
        assert_int_equal(details->endTime, TEST_2024 + bounds[i + 1] * UA_DATETIME_SEC);
        test_page(test_call(world, 1 + i), NULL, {{0, 1}});
        test_turn(world);
    }
    test_data_is(test, "[" VALUE("0", "1.0") "," VALUE("0", "1.0") "," VALUE("0", "1.0") "]");
}

static void test_wrong_parameters(void **state)
{
    static const struct {
        const char *method;
        const char *params;
        bool invoke;
        const char *error;
    } cases[] = {
        {"historyReadRaw", "[]", false, "TypeError"},
        {"historyReadRaw", "['i=1',5]", false, "TypeError"},
        {"historyReadRaw", "['i=1','noon']", false, "DateMalformedStringException"},
        {"historyReadRaw", "['i=x']", false, "InvalidNodeIdException"},
        {"historyReadRaw", "['i=1','2024-01-01T00:00:00Z']", true, "TypeError"},
        {"historyReadRaw", "['i=1',null,null,'5']", true, "TypeError"},
        {"historyReadProcessed", "['i=1']", false, "TypeError"},
        {"historyReadProcessed", "['i=1','now',null]", false, "TypeError"},
        {"historyReadProcessed", "['i=1','now','now',1]", false, "TypeError"},
        {"historyReadAtTime", "['i=1']", false, "TypeError"},
        {"historyReadAtTime", "['i=1','now']", false, "TypeError"},
        {"historyReadAtTime", "['i=1',[1]]", false, "DateMalformedStringException"},
        {"historyReadAtTime", "['i=1',['now']]", true, "TypeError"},
    };
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");

    for (size_t i = 0; i < OSM_ARRAY_SIZE(cases); i++) {
        struct test_request *test =
            test_run(world, session, cases[i].method, cases[i].params, cases[i].invoke);

        assert_non_null(test->reply);
        if (!strstr(test->reply, cases[i].error))
            fail_msg("%s%s: %s", cases[i].method, cases[i].params, test->reply);
    }
    assert_int_equal(test_calls(world), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_in_world(test_raw_request),
        test_in_world(test_raw_defaults),
        test_in_world(test_raw_invoked),
        test_in_world(test_all_pages),
        test_in_world(test_a_limit_releases_the_rest),
        test_in_world(test_a_loss_between_pages),
        test_in_world(test_half_a_history_is_none),
        test_in_world(test_a_history_without_end),
        test_in_world(test_long_points_without_end),
        test_in_world(test_what_is_no_history),
        test_in_world(test_a_large_page_counts_with_its_text),
        test_in_world(test_bad_results_are_empty),
        test_in_world(test_processed),
        test_in_world(test_at_time),
        test_in_world(test_smaller_pages),
        test_in_world(test_smaller_pages_up_to_a_limit),
        test_in_world(test_counted_over_pages),
        test_in_world(test_a_late_page),
        test_in_world(test_nobody_waits_for_the_rest),
        test_in_world(test_nobody_waits_for_further_times),
        test_in_world(test_no_point_left),
        test_in_world(test_histories_queue),
        test_in_world(test_histories_queue_behind_a_refusal),
        test_in_world(test_fewer_times),
        test_in_world(test_a_later_part_without_a_point),
        test_in_world(test_fewer_intervals),
        test_in_world(test_wrong_parameters),
    };

    int failed = cmocka_run_group_tests_name("history read", tests, NULL, NULL);

    test_server_is_large = true; /* whatever the size of an answer, the reply is the same */
    return failed + cmocka_run_group_tests_name("history read", tests, NULL, NULL);
}
