/* SPDX-License-Identifier: MIT */
/* aggregate and historyAggregate (methods.md §4.4); the computation has its own test in core. */
#include "testing/testing_history.h"

#define RAW(minute, number)                                                                        \
    "{'__t':'DataValue','variant':{'__t':'Variant','type':{'__t':'BuiltinType','v':11},"           \
    "'value':" number                                                                              \
    ",'dims':null,'bytesB64':null},'status':0,'sourceTs':" TEST_TIME(minute) ",'serverTs':null}"
#define RESULT(minute, type, number, status)                                                       \
    "{'__t':'DataValue','variant':{'__t':'Variant','type':{'__t':'BuiltinType','v':" type          \
    "},'value':" number ",'dims':null,'bytesB64':null},'status':" status                           \
    ",'sourceTs':" TEST_TIME(minute) ",'serverTs':null}"
#define NO_RESULT(minute)                                                                          \
    "{'__t':'DataValue','variant':null,'status':2159083520,'sourceTs':" TEST_TIME(                 \
        minute) ",'serverTs':null}"
#define FUNCTION(name) "{'__t':'AggregateFunction','v':'" name "'}"
#define AVERAGE FUNCTION("average")
#define COUNT FUNCTION("count")
#define INTERPOLATE FUNCTION("interpolate")
#define MAXIMUM FUNCTION("maximum")
#define MEDIAN FUNCTION("median") /* is none */
#define MINIMUM FUNCTION("minimum")
#define RANGE(from, to) TEST_TIME(from) "," TEST_TIME(to)

static void test_of_the_callers_values(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *test =
        test_invoke(world, session, "aggregate",
                    "[[" RAW("0", "1") "," RAW("1", "3") "," RAW("4", "5") "]," RANGE(
                        "0", "6") ",120000," AVERAGE "]");

    test_invoke_is(test, "[" RESULT("0", "11", "2.0", "1025") "," NO_RESULT("2") "," RESULT(
                             "4", "11", "5.0", "1029") "]");
    test =
        test_invoke(world, session, "aggregate", "[[]," RANGE("0", "1") ",0.5e3," COUNT ",null]");
    assert_non_null(strstr(test->reply, "\"value\":0,"));
    assert_int_equal(test_calls(world), 0);
}

#define TWO_VALUES RAW("0", "1") "," RAW("4", "5")
#define BY_NAME "'startTime':" TEST_TIME("1") ",'endTime':" TEST_TIME("3")

static void test_options(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *test = test_invoke(
        world, session, "aggregate",
        "{'function':" INTERPOLATE ",'processingIntervalMs':0,'rawValues':[" TWO_VALUES "],"
        "'options':{'stepped':true,'percentDataBad':50}," BY_NAME "}");

    test_invoke_is(test, "[" RESULT("1", "11", "1.0", "1027") "]");
    test = test_invoke(world, session, "aggregate",
                       "[[" RAW("0", "1") "," RAW("1", "5") "]," RANGE(
                           "2", "3") ",0," INTERPOLATE ",{'useSlopedExtrapolation':true}]");
    test_invoke_is(test, "[" RESULT("2", "11", "9.0", "1084425223") "]");
    test = test_invoke(world, session, "aggregate", "[[]," RANGE("0", "1") ",0," MINIMUM ",[]]");
    test_invoke_is(test, "[" NO_RESULT("0") "]");
}

static void test_of_a_history(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *test = test_invoke(world, session, "historyAggregate",
                                            "['ns=1;s=H'," RANGE("0", "4") ",120000," MAXIMUM "]");
    const UA_ReadRawModifiedDetails *details = test_history_read(
        world, 0, "ns=1;s=H", "", false, &UA_TYPES[UA_TYPES_READRAWMODIFIEDDETAILS]);

    assert_int_equal(details->startTime, TEST_2024);
    assert_int_equal(details->endTime, TEST_2024 + 240 * UA_DATETIME_SEC);
    assert_int_equal(details->numValuesPerNode, 0);
    assert_true(details->returnBounds);
    test_page(test_call(world, 0), "p1", {{0, 1}, {1, 2}});
    test_turn(world);
    test_lose_now(world, session); /* what has come so far does not count twice */
    test_page(test_call(world, 2), "p2", {{0, 2}, {1, 2}, {2, 3}});
    test_turn(world);
    test_page(test_call(world, 3), NULL, {{3, 3}, {4, 99}});
    test_turn(world);
    test_invoke_is(test,
                   "[" RESULT("0", "11", "2.0", "1041") "," RESULT("2", "11", "3.0", "1041") "]");
}

static void test_of_no_history(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *test = test_invoke(world, session, "historyAggregate",
                                            "['i=1'," RANGE("0", "4") ",0," AVERAGE "]");

    test_answer_page(test_call(world, 0), NULL, UA_STATUSCODE_BADNODEIDUNKNOWN, NULL, 0);
    test_turn(world);
    test_invoke_is(test, "[" NO_RESULT("0") "]");
}

/* --- many steps are taken off the loop ------------------------------------------------------ */

static size_t times_in(const char *text, const char *part)
{
    size_t times = 0;

    for (text = strstr(text, part); text; text = strstr(text + 1, part))
        times++;
    return times;
}

#define MANY_INTERVALS "[[" RAW("0", "1") "]," RANGE("0", "6") ",30," COUNT "]"

static void test_many_intervals(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *test;

    world->loop.hold_work = true;
    test = test_invoke(world, session, "aggregate", MANY_INTERVALS);
    assert_null(test->reply);
    world->loop.hold_work = false;
    test_turn(world);
    osm_assert(test->reply);
    assert_int_equal(times_in(test->reply, "\"DataValue\""), 12000);
    assert_int_equal(times_in(test->reply, "\"value\":1,"), 1);
}

#define PAGE_POINTS 5000

static void answer_many(struct osm_ua_call *call, const char *point, int first)
{
    struct test_point *points = osm_alloc(PAGE_POINTS * sizeof(*points));

    for (int i = 0; i < PAGE_POINTS; i++)
        points[i] = (struct test_point){first + i / 1000, i};
    test_answer_page(call, point, 0, points, PAGE_POINTS);
    free(points);
}

#define MANY_VALUES "['ns=1;s=H'," RANGE("0", "9") ",60000," COUNT "]"

static void test_many_values(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *test = test_invoke(world, session, "historyAggregate", MANY_VALUES);

    answer_many(test_call(world, 0), "p1", 0);
    test_turn(world);
    answer_many(test_call(world, 1), NULL, 5);
    world->loop.hold_work = true;
    test_turn(world);
    assert_null(test->reply);
    world->loop.hold_work = false;
    test_turn(world);
    osm_assert(test->reply);
    assert_int_equal(times_in(test->reply, "\"DataValue\""), 9);
    assert_int_equal(times_in(test->reply, "\"value\":1000,"), 9); /* of both pages, each once */
}

static void test_nobody_waits_for_it(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *local, *history;

    world->loop.hold_work = true;
    local = test_invoke(world, session, "aggregate", MANY_INTERVALS);
    history = test_invoke(world, session, "historyAggregate", MANY_VALUES);
    answer_many(test_call(world, 0), "p1", 0);
    test_turn(world);
    answer_many(test_call(world, 1), NULL, 5);
    test_turn(world);
    osm_session_close(session, 1000, NULL, NULL);
    test_turn(world);
    test_fault_is(local, "ConnectionException", "Not connected");
    test_fault_is(history, "ConnectionException", "Not connected");
    world->loop.hold_work = false;
    test_turn(world);
}

/* The last page is being read off the loop: the reply waits for it, and a session that is closed
 * does not. */
static void test_while_a_page_is_read(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *test = test_invoke(world, session, "historyAggregate", MANY_VALUES);

    world->server.large = true;
    answer_many(test_call(world, 0), NULL, 0);
    assert_true(test_server_step(&world->server));
    assert_int_equal(world->server.works, 1);
    assert_null(test->reply);
    test_turn(world);
    osm_assert(test->reply);
    assert_int_equal(times_in(test->reply, "\"value\":1000,"), 5);

    test = test_invoke(world, session, "historyAggregate", MANY_VALUES);
    answer_many(test_call(world, 1), NULL, 0);
    assert_true(test_server_step(&world->server));
    osm_session_close(session, 1000, NULL, NULL);
    test_turn(world);
    test_fault_is(test, "ConnectionException", "Not connected");
}

#define REFUSED(type, message) "'type':'" type "','message':'" message

static void test_wrong_arguments(void **state)
{
    static const struct {
        const char *method;
        const char *args;
        const char *error;
    } cases[] = {
        {"aggregate", "[[]," RANGE("1", "1") ",0," COUNT "]",
         REFUSED("InvalidArgumentException", "endTime must be strictly greater than startTime'")},
        {"historyAggregate", "['i=1'," RANGE("1", "0") ",-1," COUNT "]",
         REFUSED("InvalidArgumentException", "endTime must be strictly greater than startTime'")},
        {"historyAggregate", "['i=1'," RANGE("0", "1") ",-1," COUNT "]",
         REFUSED("InvalidArgumentException", "processingIntervalMs must be >= 0'")},
        {"aggregate", "[[]," RANGE("0", "1") ",0," MEDIAN "]", REFUSED("ValueError", "")},
        {"aggregate", "[[]," RANGE("0", "1") ",0,'count']",
         REFUSED("TypeError", "aggregate: args[4] must be")},
        {"aggregate", "[[]," RANGE("0", "1") ",'0'," COUNT "]",
         REFUSED("TypeError", "aggregate: args[3] must be")},
        {"aggregate", "[[1]," RANGE("0", "1") ",0," COUNT "]",
         REFUSED("TypeError", "aggregate: args[0][0] must be")},
        {"aggregate", "[null," RANGE("0", "1") ",0," COUNT "]",
         REFUSED("TypeError", "aggregate: args[0] must be")},
        {"aggregate", "[[]," RANGE("0", "1") ",0," COUNT ",5]",
         REFUSED("TypeError", "aggregate: args[5] must be an object'")},
        {"aggregate", "[[]," RANGE("0", "1") ",0," COUNT ",{'stepped':1}]",
         REFUSED("TypeError", "aggregate: args[5].stepped must be")},
        {"historyAggregate", "['i=1'," TEST_TIME("0") ",null,0," COUNT "]",
         REFUSED("TypeError", "historyAggregate: args[2] must be")},
    };
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");

    for (size_t i = 0; i < OSM_ARRAY_SIZE(cases); i++) {
        struct test_request *test = test_invoke(world, session, cases[i].method, cases[i].args);
        char *expected = test_quotes(cases[i].error);

        assert_non_null(test->reply);
        if (!strstr(test->reply, expected))
            fail_msg("%s%s: %s", cases[i].method, cases[i].args, test->reply);
        free(expected);
    }
    assert_int_equal(test_calls(world), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_in_world(test_of_the_callers_values), test_in_world(test_options),
        test_in_world(test_of_a_history),          test_in_world(test_of_no_history),
        test_in_world(test_wrong_arguments),       test_in_world(test_many_intervals),
        test_in_world(test_many_values),           test_in_world(test_nobody_waits_for_it),
        test_in_world(test_while_a_page_is_read),
    };

    int failed = cmocka_run_group_tests_name("aggregate methods", tests, NULL, NULL);

    test_server_is_large = true; /* whatever the size of an answer, the reply is the same */
    return failed + cmocka_run_group_tests_name("aggregate methods", tests, NULL, NULL);
}
