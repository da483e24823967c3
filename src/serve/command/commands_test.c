/* SPDX-License-Identifier: MIT */
/* ping, list, close, and what is no command (ipc-protocol.md §3–5). */
#include "testing/testing_command.h"

/* --- dispatch ------------------------------------------------------------------------------ */

static void test_unknown_commands(void **state)
{
    static const struct {
        const char *request, *text;
    } cases[] = {
        {"{}", ""},
        {"[]", ""},
        {"[1,2]", ""},
        {"['ping']", ""},
        {"{'command':null}", ""},
        {"{'command':''}", ""},
        {"{'command':false}", ""},
        {"{'command':true}", "1"},
        {"{'command':1}", "1"},
        {"{'command':1.50}", "1.5"},
        {"{'command':['ping']}", "Array"},
        {"{'command':{'a':1}}", "Array"},
        {"{'command':'PING'}", "PING"},
        {"{'command':'ping '}", "ping "},
        {"{'command':'pin'}", "pin"},
        {"{'command':'http://u:p@h/x and /etc/passwd'}", "http://u:p@h/x and /etc/passwd"},
        {"{'command':'ping','command':'foo'}", "foo"},
    };

    for (size_t i = 0; i < OSM_ARRAY_SIZE(cases); i++) {
        char *expected = osm_printf("{'success':false,'error':{'type':'unknown_command',"
                                    "'message':'Unknown command: %s'}}",
                                    cases[i].text);

        test_reply_is(test_ask(*state, cases[i].request), expected);
        free(expected);
    }
}

static void test_every_command_has_a_summary(void **state)
{
    for (const struct osm_command *command = osm_commands; command->name; command++) {
        assert_non_null(command->execute);
        assert_true(strlen(command->summary) > 10);
    }
}

static void test_ids_come_back(void **state)
{
    test_reply_is(test_ask(*state, "{'id':'x','command':'foo'}"),
                  "{'id':'x','success':false,'error':{'type':'unknown_command',"
                  "'message':'Unknown command: foo'}}");
    test_reply_is(test_ask(*state, "{'command':'list','id':-3}"),
                  "{'id':-3,'success':true,'data':{'count':0,'sessions':[]}}");
}

/* --- ping and list ------------------------------------------------------------------------- */

static void test_ping(void **state)
{
    struct test_world *world = *state;

    test_data_is(test_ask(world, "{'command':'ping'}"),
                 "{'status':'ok','sessions':0,'time':1700000000.250000}");
    (void)test_open(world, "{}");
    (void)test_open(world, "{}");
    test_data_is(test_ask(world, "{'command':'ping'}"),
                 "{'status':'ok','sessions':2,'time':1700000000.250000}");
}

static void test_list(void **state)
{
    struct test_world *world = *state;
    struct osm_session *one = test_open(world, "{'opcuaTimeout':5,'password':'secret'}"), *other;
    char *expected;

    test_advance(world, 1500);
    other = test_open(world, "{'username':'u'}");
    expected = osm_printf("{'success':true,'data':{'count':2,'sessions':["
                          "{'id':'%s','endpointUrl':'" TEST_URL
                          "','lastUsed':1700000000.250000,'config':{'opcuaTimeout':5.0}},"
                          "{'id':'%s','endpointUrl':'" TEST_URL
                          "','lastUsed':1700000001.750000,'config':[]}]}}",
                          osm_session_id(one), osm_session_id(other));
    test_reply_is(test_ask(world, "{'command':'list'}"), expected);
    free(expected);
}

/* Only what uses a session touches it (ipc-protocol.md §7). */
static void test_what_touches_a_session(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");
    osm_msec opened = osm_session_view(session).used_at;

    test_advance(world, 1000);
    (void)test_ask(world, "{'command':'ping'}");
    (void)test_ask(world, "{'command':'list'}");
    (void)test_ask_format(world, "{'command':'query','sessionId':'%s','method':'nope'}",
                          osm_session_id(session));
    assert_int_equal(osm_session_view(session).used_at, opened);
    (void)test_query(world, session, "read", "[]"); /* a refused one as well */
    assert_int_equal(osm_session_view(session).used_at, opened + 1000);
    test_advance(world, 1000);
    (void)test_query(world, session, "getTimeout", "[]");
    assert_int_equal(osm_session_view(session).used_at, opened + 2000);
    test_advance(world, 1000);
    (void)test_ask(world, "{'command':'open','endpointUrl':'" TEST_URL "'}");
    assert_int_equal(osm_session_view(session).used_at, opened + 3000);
}

/* --- close --------------------------------------------------------------------------------- */

static void test_close(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");
    struct osm_ua_conn *conn = osm_session_link(session)->conn;
    struct test_request *test, *again;

    world->server.hold_close = true;
    test = test_ask_format(world, "{'command':'close','sessionId':'%s'}", osm_session_id(session));
    assert_null(test->reply); /* the server is told first … */
    again = test_ask_format(world, "{'command':'close','sessionId':'%s'}", osm_session_id(session));
    assert_non_null(strstr(again->reply, "Session not found: ")); /* … but it is gone at once */
    assert_int_equal(conn->close_limit, 5000);
    test_server_goodbye(conn);
    test_turn(world);
    test_data_is(test, "null");
    assert_true(conn->freed);
}

static void test_a_goodbye_takes_no_longer_than_an_answer(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{'opcuaTimeout':0.2}");
    struct osm_ua_conn *conn = osm_session_link(session)->conn;

    test_data_is(
        test_ask_format(world, "{'command':'close','sessionId':'%s'}", osm_session_id(session)),
        "null");
    assert_int_equal(conn->close_limit, 200);
}

/* O7: for everybody, whatever they wait for. */
static void test_close_ends_what_is_under_way(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");
    struct test_request *read =
        test_query(world, session, "read", "[{'ns':1,'id':1,'type':'numeric'}]");
    struct test_request *waiting =
        test_query(world, session, "write", "[{'ns':1,'id':1,'type':'numeric'},1,6]");
    struct test_request *reconnect = test_query(world, session, "reconnect", "[]");

    test_data_is(
        test_ask_format(world, "{'command':'close','sessionId':'%s'}", osm_session_id(session)),
        "null");
    test_fault_is(read, "ConnectionException", "Not connected");
    test_fault_is(waiting, "ConnectionException", "Not connected");
    test_fault_is(reconnect, "ConnectionException", "Not connected");
}

static void test_session_ids(void **state)
{
    struct test_world *world = *state;
    static const char *const commands[] = {"close", "query"};

    for (size_t i = 0; i < OSM_ARRAY_SIZE(commands); i++) {
        test_fault_is(test_ask_format(world, "{'command':'%s','method':'read','sessionId':'../x'}",
                                      commands[i]),
                      "session_not_found", "Session not found: ../x");
        test_fault_is(test_ask_format(world, "{'command':'%s','method':'read'}", commands[i]),
                      "session_not_found", "Session not found: ");
        test_fault_is(test_ask_format(world, "{'command':'%s','method':'read','sessionId':null}",
                                      commands[i]),
                      "session_not_found", "Session not found: ");
    }
    test_fault_is(test_ask(world, "{'command':'close','sessionId':1}"), "TypeError",
                  "close: sessionId must be a string");
    test_fault_is(test_ask(world, "{'command':'query','method':'read','sessionId':['a']}"),
                  "TypeError", "query: sessionId must be a string");
}

/* --- query before the method --------------------------------------------------------------- */

static void test_whitelist_comes_before_the_session(void **state)
{
    struct test_world *world = *state;

    test_fault_is(test_ask(world, "{'command':'query','method':'connect'}"), "forbidden_method",
                  "Method not allowed: connect");
    test_fault_is(test_ask(world, "{'command':'query'}"), "forbidden_method",
                  "Method not allowed: ");
    test_fault_is(test_ask(world, "{'command':'query','method':'Read'}"), "forbidden_method",
                  "Method not allowed: Read");
    test_fault_is(test_ask(world, "{'command':'query','method':7}"), "forbidden_method",
                  "Method not allowed: 7");
    test_fault_is(test_ask(world, "{'command':'query','method':['read']}"), "forbidden_method",
                  "Method not allowed: Array");
}

static void test_params_must_be_a_list(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");

    test_query_refused(world, session, "getTimeout", "5", "TypeError",
                       "getTimeout: params must be a list");
    test_query_refused(world, session, "getTimeout", "'x'", "TypeError",
                       "getTimeout: params must be a list");
    test_query_refused(world, session, "getTimeout", "true", "TypeError",
                       "getTimeout: params must be a list");
    test_data_is(test_query(world, session, "getTimeout", "null"), "5.0");
    test_data_is(test_query(world, session, "getTimeout", "{}"), "5.0");
    test_fault_is(test_ask(world, "{'command':'query','method':'read','params':5}"),
                  "session_not_found", "Session not found: "); /* the session first */
}

/* --- shutdown ------------------------------------------------------------------------------ */

static void test_nothing_new_while_shutting_down(void **state)
{
    struct test_world *world = *state;
    static const char *const requests[] = {"{'command':'ping'}", "{'command':'list'}",
                                           "{'command':'open'}", "{'command':'close'}",
                                           "{'command':'query','method':'read'}"};

    osm_manager_shutdown(world->manager, 1000, 1000, test_shutdown_done, world);
    for (size_t i = 0; i < OSM_ARRAY_SIZE(requests); i++)
        test_fault_is(test_dispatch(world, requests[i]), "ConnectionException",
                      "The daemon is shutting down");
    test_turn(world);
    assert_int_equal(world->ends, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_in_world(test_unknown_commands),
        cmocka_unit_test(test_every_command_has_a_summary),
        test_in_world(test_ids_come_back),
        test_in_world(test_ping),
        test_in_world(test_list),
        test_in_world(test_what_touches_a_session),
        test_in_world(test_close),
        test_in_world(test_a_goodbye_takes_no_longer_than_an_answer),
        test_in_world(test_close_ends_what_is_under_way),
        test_in_world(test_session_ids),
        test_in_world(test_whitelist_comes_before_the_session),
        test_in_world(test_params_must_be_a_list),
        test_in_world(test_nothing_new_while_shutting_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
