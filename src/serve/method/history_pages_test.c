/* SPDX-License-Identifier: MIT */
/* Histories that a server cannot send in one piece, and those that cannot be cut (history.h). */
#include "testing/testing_history.h"

static const UA_ReadProcessedDetails *processed(struct test_world *world, size_t n)
{
    return test_history_read(world, n, "i=7", "", false, &UA_TYPES[UA_TYPES_READPROCESSEDDETAILS]);
}

/* An interval that does not fit into the range as often as can be counted: all at once. */
static void test_ranges_that_cannot_be_cut(void **state)
{
    static const struct {
        const char *params;
        int minutes; /* from start to end */
    } cases[] = {
        {"['i=7','2024-01-01T00:00:00Z','2024-01-01T00:02:00Z',0,{'id':2342}]", 2},
        {"['i=7','2024-01-01T00:00:00Z','2024-01-01T00:02:00Z',-1,{'id':2342}]", 2},
        {"['i=7','2024-01-01T00:00:00Z','2024-01-01T00:02:00Z',120000,{'id':2342}]", 2},
        {"['i=7','2024-01-01T00:02:00Z','2024-01-01T00:00:00Z',60000,{'id':2342}]", -2},
        {"['i=7','2024-01-01T00:00:00Z','2024-01-01T00:00:00Z',0,{'id':2342}]", 0},
    };
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");

    osm_operation_limits_set_learnt(&osm_session_link(session)->limits, OSM_LIMIT_HISTORY_VALUES,
                                    1);
    for (size_t i = 0; i < OSM_ARRAY_SIZE(cases); i++) {
        struct test_request *test =
            test_query(world, session, "historyReadProcessed", cases[i].params);

        assert_int_equal(processed(world, i)->endTime - processed(world, i)->startTime,
                         cases[i].minutes * 60 * UA_DATETIME_SEC);
        test_answer_each(test_call(world, i));
        test_turn(world);
        test_data_is(test, "[]");
    }
}

/* Whatever else the server has against it is the caller's to know, at once. */
static void test_other_refusals(void **state)
{
    static const struct {
        const char *method, *params;
    } cases[] = {
        {"historyReadRaw", "['i=7']"},
        {"historyReadProcessed",
         "['i=7','2024-01-01T00:00:00Z','2024-01-01T00:02:00Z',60000,{'id':2342}]"},
        {"historyReadAtTime", "['i=7',['2024-01-01T00:00:00Z']]"},
    };
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");

    for (size_t i = 0; i < OSM_ARRAY_SIZE(cases); i++) {
        struct test_request *test = test_query(world, session, cases[i].method, cases[i].params);

        test_answer_fault(test_call(world, i), UA_STATUSCODE_BADUSERACCESSDENIED);
        test_turn(world);
        test_fault_is(test, "ServiceException",
                      "Server returned ServiceFault: 0x801F0000 BadUserAccessDenied");
    }
    assert_int_equal(test_calls(world), OSM_ARRAY_SIZE(cases));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_in_world(test_ranges_that_cannot_be_cut),
        test_in_world(test_other_refusals),
    };

    return cmocka_run_group_tests_name("history pages", tests, NULL, NULL);
}
