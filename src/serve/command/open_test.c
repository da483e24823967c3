/* SPDX-License-Identifier: MIT */
/* open: identity, reuse, places, checks (ipc-protocol.md §5.3, §7). */
#include "testing/testing_command.h"

#define OPEN "{'command':'open','endpointUrl':'" TEST_URL "'"
#define REFUSED "Failed to connect to plant:4840: [111] Connection refused"

static bool is_reused(const struct test_request *test)
{
    return test->reply && strstr(test->reply, ",\"reused\":true}}") != NULL;
}

static struct test_request *open_with(struct test_world *world, const char *config)
{
    return test_ask_format(world, OPEN ",'config':%s}", config);
}

static void sessions_are(struct test_world *world, unsigned count)
{
    assert_int_equal(osm_registry_count(world->manager), count);
}

/* --- new and reused ------------------------------------------------------------------------ */

static void test_new_session(void **state)
{
    struct test_world *world = *state;
    struct test_request *test = test_ask(world, OPEN "}");
    struct osm_session *session = test_opened(world, test);
    char *expected =
        osm_printf("{\"success\":true,\"data\":{\"sessionId\":\"%s\"}}", osm_session_id(session));

    assert_string_equal(test->reply, expected);
    assert_string_equal(osm_session_link(session)->conn->endpoint_url, TEST_URL);
    free(expected);
}

static void test_same_identity_is_reused(void **state)
{
    struct test_world *world = *state;
    struct test_request *first = test_ask(world, OPEN ",'config':{'opcuaTimeout':5}}");
    struct test_request *second = test_ask(world, OPEN ",'config':{'opcuaTimeout':'5.0'}}");

    assert_false(is_reused(first));
    assert_true(is_reused(second));
    assert_ptr_equal(test_opened(world, first), test_opened(world, second));
    sessions_are(world, 1);
    assert_int_equal(osm_session_link(test_opened(world, first))->conn->connects, 1);
}

/* The connection has a copy to connect again with; the session keeps none beside it. */
static void test_the_password_is_forgotten(void **state)
{
    struct test_world *world = *state;
    struct test_request *test = open_with(world, "{'username':'u','password':'p'}");
    const struct osm_session *session = test_opened(world, test);

    assert_string_equal(osm_config_text(osm_session_config(session), OSM_CONFIG_username), "u");
    assert_null(osm_config_text(osm_session_config(session), OSM_CONFIG_password));
    assert_null(osm_session_config(session)->values[OSM_CONFIG_password].as_TEXT);
    assert_true(is_reused(open_with(world, "{'username':'u','password':'p'}")));
}

static void test_identity(void **state)
{
    static const struct {
        const char *config;
        bool reused;
    } cases[] = {
        {"{'username':'u','password':'p'}", false},
        {"{'username':'u','password':'p'}", true},
        {"{'password':'p','username':'u'}", true},
        {"{'username':'u','password':'q'}", false}, /* S1 */
        {"{'username':'u','password':'q'}", true},
        {"{'username':'u'}", false}, /* never the session of one with a password */
        {"{'username':'u','password':''}", false},
        {"{'username':'v','password':'p'}", false},
        {"{}", false},
        {"[]", true},
        {"null", true},
        {"{'unknown':1}", true},
        {"{'opcuaTimeout':null}", true},
        {"{'opcuaTimeout':5}", false},
    };
    struct test_world *world = *state;

    for (size_t i = 0; i < OSM_ARRAY_SIZE(cases); i++) {
        struct test_request *test = open_with(world, cases[i].config);

        (void)test_opened(world, test);
        if (is_reused(test) != cases[i].reused)
            fail_msg("%s: %s", cases[i].config, is_reused(test) ? "reused" : "new");
    }
}

static void test_the_url_is_taken_verbatim(void **state)
{
    static const char *const urls[] = {TEST_URL, (TEST_URL "/"), "opc.tcp://PLANT:4840",
                                       "plant:4840", ""};
    struct test_world *world = *state;

    for (unsigned i = 0; i < OSM_ARRAY_SIZE(urls); i++) {
        struct test_request *test =
            test_ask_format(world, "{'command':'open','endpointUrl':'%s'}", urls[i]);

        assert_false(is_reused(test));
        assert_string_equal(osm_session_link(test_opened(world, test))->conn->endpoint_url,
                            urls[i]);
        sessions_are(world, i + 1);
    }
    assert_true(is_reused(test_ask(world, "{'command':'open'}"))); /* absent is "" */
    assert_true(is_reused(test_ask(world, "{'command':'open','endpointUrl':null}")));
}

static void test_force_new(void **state)
{
    static const char *const truths[] = {"true", "1", "'x'", "[0]", "0.5", "'false'"};
    static const char *const lies[] = {"false", "0", "''", "'0'", "[]", "{}", "null", "0.0"};
    struct test_world *world = *state;
    struct test_request *test;

    (void)test_ask(world, OPEN "}");
    for (size_t i = 0; i < OSM_ARRAY_SIZE(lies); i++) {
        test = test_ask_format(world, OPEN ",'forceNew':%s}", lies[i]);
        assert_true(is_reused(test));
    }
    for (size_t i = 0; i < OSM_ARRAY_SIZE(truths); i++) {
        test = test_ask_format(world, OPEN ",'forceNew':%s}", truths[i]);
        assert_false(is_reused(test));
    }
    sessions_are(world, 1 + OSM_ARRAY_SIZE(truths));
}

/* --- at the same time ---------------------------------------------------------------------- */

static void test_two_at_once_share_one(void **state)
{
    struct test_world *world = *state;
    struct test_request *first, *second;

    world->server.hold_connect = true;
    first = test_ask(world, OPEN "}");
    second = test_ask(world, OPEN "}");
    assert_null(first->reply);
    assert_null(second->reply);
    sessions_are(world, 0);
    test_server_connect(world->server.conns);
    test_turn(world);
    assert_ptr_equal(test_opened(world, first), test_opened(world, second));
    assert_false(is_reused(first));
    assert_true(is_reused(second));
    assert_int_equal(first->order, 1);
    sessions_are(world, 1);
}

static void test_two_at_once_fail_together(void **state)
{
    struct test_world *world = *state;
    struct test_request *first, *second;

    world->server.hold_connect = true;
    first = test_ask(world, OPEN "}");
    second = test_ask(world, OPEN "}");
    world->server.down = true;
    test_server_connect(world->server.conns);
    test_turn(world);
    test_fault_is(first, "ConnectionException", REFUSED);
    test_fault_is(second, "ConnectionException", REFUSED);
    sessions_are(world, 0);
    world->server.down = world->server.hold_connect = false;
    assert_false(is_reused(test_ask(world, OPEN "}"))); /* nothing of it was kept */
}

/* The work goes on although nobody waits: the session can be reused. */
static void test_callers_that_go_away(void **state)
{
    struct test_world *world = *state;
    struct test_request *test;

    world->server.hold_connect = true;
    test = test_ask(world, OPEN "}");
    osm_request_abandon(&test->request);
    test_server_connect(world->server.conns);
    test_turn(world);
    assert_true(is_reused(test_ask(world, OPEN "}")));
}

/* --- places -------------------------------------------------------------------------------- */

static void test_places(void **state)
{
    const struct osm_manager_config config = {
        .session_timeout = 600, .cleanup_interval = 30, .max_sessions = 2};
    struct test_world *world = test_world_new_with(&config);
    struct test_request *opening;

    (void)test_open(world, "{}");
    world->server.hold_connect = true;
    opening = open_with(world, "{'autoRetry':1}"); /* has a place already */
    test_fault_is(open_with(world, "{'autoRetry':2}"), "max_sessions_reached",
                  "Maximum number of sessions (2) reached");
    assert_true(is_reused(test_ask(world, OPEN "}"))); /* needs no place */
    world->server.down = true;
    test_server_connect(world->server.conns->prev);
    test_turn(world);
    test_fault_is(opening, "ConnectionException", REFUSED);
    world->server.down = world->server.hold_connect = false;
    (void)test_open(world, "{}"); /* its place is free again */
    test_fault_is(open_with(world, "{'securityMode':9}"), "max_sessions_reached",
                  "Maximum number of sessions (2) reached"); /* before any check */
    test_world_free(world);
}

/* --- refusals ------------------------------------------------------------------------------ */

static void test_refusals(void **state)
{
    struct test_world *world = *state;

    test_fault_is(open_with(world, "5"), "TypeError", "open: config must be an object");
    test_fault_is(open_with(world, "'x'"), "TypeError", "open: config must be an object");
    test_fault_is(test_ask(world, "{'command':'open','endpointUrl':5}"), "TypeError",
                  "open: endpointUrl must be a string");
    test_fault_is(test_ask(world, "{'command':'open','endpointUrl':['x']}"), "TypeError",
                  "open: endpointUrl must be a string");
    test_fault_is(open_with(world, "{'securityMode':0}"), "ValueError",
                  "0 is not a valid backing value for enum "
                  "PhpOpcua\\\\Client\\\\Security\\\\SecurityMode");
    world->server.refuse_new = true;
    test_fault_is(test_ask(world, OPEN "}"), "ConfigurationException",
                  "Invalid endpoint URL: [url]");
    assert_null(world->server.conns); /* nothing was tried */
    sessions_are(world, 0);
    assert_int_equal(osm_registry_counts(world->manager)->now[OSM_SESSION_CONNECTING], 0);
}

static void test_failures_store_nothing(void **state)
{
    struct test_world *world = *state;

    world->server.down = true;
    test_fault_is(test_ask(world, OPEN "}"), "ConnectionException", REFUSED);
    sessions_are(world, 0);
    assert_true(world->server.conns->freed);
    assert_int_equal(world->server.conns->connects, 1); /* autoRetry is not for open */
}

/* --- R14: sessions whose connection is known dead ------------------------------------------ */

static void test_a_dead_session_is_recovered_first(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_opened(world, test_ask(world, OPEN "}"));
    struct test_request *test;

    test_lose_now(world, session);
    world->server.hold_connect = true;
    test = test_ask(world, OPEN "}");
    assert_null(test->reply);
    test_server_connect(osm_session_link(session)->conn);
    test_turn(world);
    assert_ptr_equal(test_opened(world, test), session);
    assert_true(is_reused(test));
    assert_int_equal(osm_session_state(session), OSM_SESSION_ACTIVE);
}

static void test_a_dead_session_stays_for_its_owners(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_opened(world, test_ask(world, OPEN "}"));

    test_lose_now(world, session);
    world->server.down = true;
    test_fault_is(test_ask(world, OPEN "}"), "ConnectionException", REFUSED);
    test_fault_is(test_ask(world, OPEN "}"), "ConnectionException", REFUSED);
    sessions_are(world, 1);
    world->server.down = false;
    assert_ptr_equal(test_opened(world, test_ask(world, OPEN "}")), session);
}

static void test_closed_while_it_is_recovered(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_opened(world, test_ask(world, OPEN "}"));
    struct test_request *test;

    test_lose_now(world, session);
    world->server.hold_connect = true;
    test = test_ask(world, OPEN "}");
    (void)test_ask_format(world, "{'command':'close','sessionId':'%s'}", osm_session_id(session));
    test_fault_is(test, "ConnectionException", "Not connected");
}

/* --- certificate paths are looked at off the loop ------------------------------------------ */

#define WITH_PATH "{'clientCertPath':'/dev/null/cert.pem'}"

static void test_paths_are_checked(void **state)
{
    struct test_world *world = *state;
    struct test_request *test;

    world->loop.hold_work = true;
    test = open_with(world, WITH_PATH);
    assert_null(test->reply);
    world->loop.hold_work = false;
    test_turn(world);
    test_fault_is(test, "InvalidArgumentException",
                  "Client certificate does not exist or is not a file: [path]");
    assert_null(world->server.conns);
}

static void test_the_server_is_forbidden_meanwhile(void **state)
{
    struct test_world *world = *state;
    char elsewhere[] = "elsewhere", *rules[] = {elsewhere, NULL};
    struct test_request *test;

    world->loop.hold_work = true;
    test = open_with(world, "{'trustStorePath':'/dev/null'}");
    osm_manager_set_allowed_endpoints(world->manager, rules);
    world->loop.hold_work = false;
    test_turn(world);
    test_fault_is(test, "access_denied",
                  "This endpoint is not allowed: " TEST_URL ". Whoever runs the daemon can add it "
                  "(--allow-endpoint, token file)");
    assert_null(world->server.conns);
}

static void test_the_last_place_is_taken_meanwhile(void **state)
{
    const struct osm_manager_config config = {
        .session_timeout = 600, .cleanup_interval = 30, .max_sessions = 1};
    struct test_world *world = test_world_new_with(&config);
    struct test_request *test;

    world->loop.hold_work = true;
    test = open_with(world, "{'trustStorePath':'/dev/null'}");
    (void)test_open(world, "{}");
    world->loop.hold_work = false;
    test_turn(world);
    test_fault_is(test, "max_sessions_reached", "Maximum number of sessions (1) reached");
    test_world_free(world);
}

static void test_somebody_opens_the_same_meanwhile(void **state)
{
    struct test_world *world = *state;
    struct test_request *first, *second;

    world->loop.hold_work = true;
    first = open_with(world, "{'trustStorePath':'/dev/null'}");
    second = open_with(world, "{'trustStorePath':'/dev/null'}");
    world->loop.hold_work = false;
    test_turn(world);
    assert_false(is_reused(first));
    assert_true(is_reused(second));
    sessions_are(world, 1);
}

static void test_shutdown_meanwhile(void **state)
{
    struct test_world *world = *state;
    struct test_request *test, *same;

    (void)test_open(world, "{'trustStorePath':'/dev/null'}");
    world->loop.hold_work = true;
    test = open_with(world, "{'trustStorePath':'/dev/null','autoRetry':1}");
    osm_manager_shutdown(world->manager, 3000, 4000, test_shutdown_done, world);
    same = test_ask(world, OPEN "}");
    test_fault_is(same, "ConnectionException", "The daemon is shutting down");
    world->loop.hold_work = false;
    test_turn(world);
    test_fault_is(test, "ConnectionException", "The daemon is shutting down");
    test_advance(world, 100);
    assert_int_equal(world->ends, 1);
}

/* The disk does not answer: the process has to end all the same. */
static void test_the_end_meanwhile(void **state)
{
    struct test_world *world = test_world_new();
    struct test_request *test;

    world->loop.hold_work = true;
    test = open_with(world, "{'trustStorePath':'/dev/null'}");
    world->manager = osm_manager_free(world->manager);
    assert_null(test->reply);
    world->loop.hold_work = false;
    test_turn(world);
    test_fault_is(test, "ConnectionException", "The daemon is shutting down");
    test_world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_in_world(test_new_session),
        test_in_world(test_same_identity_is_reused),
        test_in_world(test_the_password_is_forgotten),
        test_in_world(test_identity),
        test_in_world(test_the_url_is_taken_verbatim),
        test_in_world(test_force_new),
        test_in_world(test_two_at_once_share_one),
        test_in_world(test_two_at_once_fail_together),
        test_in_world(test_callers_that_go_away),
        cmocka_unit_test(test_places),
        test_in_world(test_refusals),
        test_in_world(test_failures_store_nothing),
        test_in_world(test_a_dead_session_is_recovered_first),
        test_in_world(test_a_dead_session_stays_for_its_owners),
        test_in_world(test_closed_while_it_is_recovered),
        test_in_world(test_paths_are_checked),
        test_in_world(test_the_server_is_forbidden_meanwhile),
        test_in_world(test_the_last_place_is_taken_meanwhile),
        test_in_world(test_somebody_opens_the_same_meanwhile),
        test_in_world(test_shutdown_meanwhile),
        cmocka_unit_test(test_the_end_meanwhile),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
