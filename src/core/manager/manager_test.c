/* SPDX-License-Identifier: MIT */
/* The store, expiry and the end of the work (daemon.md §5, §7). */
#include "testing/testing.h"

static struct test_world *world_of(int64_t timeout, int64_t interval, int64_t max)
{
    const struct osm_manager_config config = {
        .session_timeout = timeout, .cleanup_interval = interval, .max_sessions = max};

    return test_world_new_with(&config);
}

static void closed(void *context)
{
    (*(unsigned *)context)++;
}

/* --- the store ----------------------------------------------------------------------------- */

static struct osm_session *get(struct test_world *world, const char *id)
{
    return osm_registry_get(world->manager, id, strlen(id));
}

static void test_lookup(void **state)
{
    struct test_world *world = *state;
    struct osm_session *one = test_session_open(world, "{}");
    struct osm_session *other = test_session_open(world, "{}");
    char id[OSM_SESSION_ID_LENGTH + 1];

    assert_ptr_equal(get(world, osm_session_id(one)), one);
    assert_ptr_equal(get(world, osm_session_id(other)), other);
    memcpy(id, osm_session_id(one), sizeof(id));
    assert_null(osm_registry_get(world->manager, id, 31));
    id[0] = id[0] == 'f' ? '0' : 'f';
    assert_null(get(world, id));
    assert_null(get(world, ""));
    memcpy(id, osm_session_id(other), sizeof(id));
    osm_session_close(other, 0, NULL, NULL);
    assert_null(get(world, id)); /* gone for everybody at once */
    assert_int_equal(osm_registry_count(world->manager), 1);
    test_turn(world);
}

static struct osm_config no_config(void)
{
    return (struct osm_config){0};
}

/* The first in order of creation; opening ones behind the stored ones. */
static void test_find_takes_the_first(void **state)
{
    struct test_world *world = *state;
    struct osm_config config = no_config();
    struct osm_session *one, *other, *opening;

    world->server.hold_connect = true;
    opening = test_session_new(world, "{}");
    assert_ptr_equal(osm_registry_find(world->manager, TEST_URL, &config), opening);
    assert_null(get(world, osm_session_id(opening))); /* nobody knows its id yet */
    world->server.hold_connect = false;
    one = test_session_open(world, "{}");
    other = test_session_open(world, "{}");
    assert_ptr_equal(osm_registry_find(world->manager, TEST_URL, &config), one);
    assert_null(osm_registry_find(world->manager, TEST_URL "/", &config));
    assert_null(osm_registry_find(world->manager, "OPC.TCP://plant:4840", &config));
    osm_session_close(one, 0, NULL, NULL);
    assert_ptr_equal(osm_registry_find(world->manager, TEST_URL, &config), other);
    osm_session_close(other, 0, NULL, NULL);
    assert_ptr_equal(osm_registry_find(world->manager, TEST_URL, &config), opening);
    osm_session_close(opening, 0, NULL, NULL);
    assert_null(osm_registry_find(world->manager, TEST_URL, &config));
    test_turn(world);
}

static void full_is(struct test_world *world, bool full)
{
    assert_int_equal(osm_registry_is_full(world->manager), full);
}

/* Those that are still opening take a place; those that are closing have given it back. */
static void test_places(void **state)
{
    struct test_world *world = world_of(600, 30, 2);
    struct osm_session *one;

    full_is(world, false);
    one = test_session_open(world, "{}");
    full_is(world, false);
    (void)test_session_new(world, "{}");
    full_is(world, true);
    test_turn(world);
    full_is(world, true);
    world->server.hold_close = true;
    osm_session_close(one, 0, NULL, NULL);
    full_is(world, false);
    test_world_free(world);
}

static void test_no_limit(void **state)
{
    struct test_world *world = world_of(600, 30, 0);

    for (unsigned i = 0; i < 300; i++)
        (void)test_session_open(world, "{}");
    full_is(world, false);
    assert_int_equal(osm_registry_count(world->manager), 300);
    test_world_free(world);
}

/* --- expiry -------------------------------------------------------------------------------- */

static void test_expiry(void **state)
{
    struct test_world *world = world_of(100, 30, 0);
    struct osm_session *session = test_session_open(world, "{}");
    struct osm_ua_conn *conn = osm_session_link(session)->conn;

    test_advance(world, 100000);
    assert_int_equal(osm_registry_count(world->manager), 1);
    test_advance(world, 19999); /* looked at every 30 s: at 120 s it is too old */
    assert_int_equal(osm_registry_count(world->manager), 1);
    test_advance(world, 1);
    assert_int_equal(osm_registry_count(world->manager), 0);
    assert_true(conn->freed);
    test_world_free(world);
}

/* Not used for exactly the timeout is not yet too long. */
static void test_expiry_at_the_limit(void **state)
{
    struct test_world *world = world_of(60, 30, 0);

    (void)test_session_open(world, "{}");
    test_advance(world, 60000);
    assert_int_equal(osm_registry_count(world->manager), 1);
    test_advance(world, 30000);
    assert_int_equal(osm_registry_count(world->manager), 0);
    test_world_free(world);
}

static void test_touching_counts_from_now(void **state)
{
    struct test_world *world = world_of(100, 10, 0);
    struct osm_session *session = test_session_open(world, "{}");

    for (unsigned i = 0; i < 10; i++) {
        test_advance(world, 95000);
        osm_session_touch(session);
    }
    assert_int_equal(osm_registry_count(world->manager), 1);
    assert_true(osm_session_view(session).last_used == world->loop.wall);
    test_advance(world, 111000);
    assert_int_equal(osm_registry_count(world->manager), 0);
    test_world_free(world);
}

/* R15 */
static void test_steps_of_the_wall_clock_change_nothing(void **state)
{
    struct test_world *world = world_of(100, 10, 0);

    (void)test_session_open(world, "{}");
    world->loop.wall += 1e6;
    test_advance(world, 90000);
    assert_int_equal(osm_registry_count(world->manager), 1);
    world->loop.wall -= 1e7;
    test_advance(world, 20000);
    assert_int_equal(osm_registry_count(world->manager), 0);
    test_world_free(world);
}

static void test_keep_alive_does_not_touch(void **state)
{
    struct test_world *world = world_of(100, 10, 0);

    (void)test_session_open(world, "{}");
    test_advance(world, 111000);
    assert_true(world->server.keep_alives >= 4);
    assert_int_equal(osm_registry_count(world->manager), 0);
    test_world_free(world);
}

static void test_only_the_old_ones_expire(void **state)
{
    struct test_world *world = world_of(100, 10, 0);
    struct osm_session *sessions[10];

    for (unsigned i = 0; i < OSM_ARRAY_SIZE(sessions); i++)
        sessions[i] = test_session_open(world, "{}");
    test_advance(world, 80000);
    for (unsigned i = 0; i < OSM_ARRAY_SIZE(sessions); i += 2)
        osm_session_touch(sessions[i]);
    test_advance(world, 40000);
    assert_int_equal(osm_registry_count(world->manager), 5);
    test_advance(world, 100000);
    assert_int_equal(osm_registry_count(world->manager), 0);
    test_world_free(world);
}

/* Whatever it was doing. */
static void test_expiry_of_a_broken_session(void **state)
{
    struct test_world *world = world_of(100, 10, 0);
    struct osm_session *session = test_session_open(world, "{}");

    test_lose_now(world, session);
    session = test_session_open(world, "{}");
    world->server.hold_connect = true;
    test_lose_now(world, session);
    osm_session_recover(session, "asked to");
    test_advance(world, 111000);
    assert_int_equal(osm_registry_count(world->manager), 0);
    assert_int_equal(osm_registry_counts(world->manager)->now[OSM_SESSION_CLOSING], 0);
    test_world_free(world);
}

/* --- shutdown ------------------------------------------------------------------------------ */

static void shut_down(struct test_world *world, osm_msec grace, osm_msec limit)
{
    osm_manager_shutdown(world->manager, grace, limit, test_shutdown_done, world);
    assert_int_equal(world->ends, 0); /* never at once */
}

static void test_shutdown_of_nothing(void **state)
{
    struct test_world *world = *state;

    shut_down(world, 3000, 4000);
    test_turn(world);
    assert_int_equal(world->ends, 1);
    test_advance(world, 100000);
    assert_int_equal(world->ends, 1);
}

static void test_shutdown_closes_all_at_once(void **state)
{
    struct test_world *world = *state;
    struct osm_ua_conn *conn;

    for (unsigned i = 0; i < 5; i++)
        (void)test_session_open(world, "{}");
    world->server.hold_close = true;
    shut_down(world, 3000, 4000);
    test_turn(world); /* nobody works: no grace is needed */
    assert_int_equal(osm_registry_counts(world->manager)->now[OSM_SESSION_CLOSING], 5);
    DL_FOREACH (world->server.conns, conn) {
        assert_int_equal(conn->phase, TEST_CLOSING);
        assert_int_equal(conn->close_limit, 4000);
        test_server_goodbye(conn);
    }
    test_turn(world);
    assert_int_equal(world->ends, 1);
    assert_int_equal(osm_registry_counts(world->manager)->now[OSM_SESSION_CLOSING], 0);
}

static void test_shutdown_waits_no_longer_than_the_limit(void **state)
{
    struct test_world *world = *state;

    (void)test_session_open(world, "{}");
    world->server.hold_close = true;
    shut_down(world, 3000, 4000);
    test_advance(world, 3999);
    assert_int_equal(world->ends, 0);
    test_advance(world, 1);
    assert_int_equal(world->ends, 1);
}

static void step(struct osm_op *op, void *response)
{
    test_finish_null(op);
}

static void work_start(struct osm_op *op)
{
    static const struct osm_ua_service service = {.name = "Read",
                                                  .request = &UA_TYPES[UA_TYPES_READREQUEST],
                                                  .response = &UA_TYPES[UA_TYPES_READRESPONSE]};
    UA_ReadRequest request;

    UA_ReadRequest_init(&request);
    osm_op_send(op, &service, &request, step);
}

static struct test_request *work(struct test_world *world, struct osm_session *session)
{
    struct test_request *test = test_request_parse(world, "{}");

    osm_op_submit(osm_session_ops(session), &test->request.caller, "work", 0, work_start, NULL);
    return test;
}

/* Running requests get their grace, and no more of it than they need. */
static void test_shutdown_lets_running_requests_finish(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    struct test_request *test = work(world, session);

    shut_down(world, 3000, 4000);
    test_advance(world, 1000);
    assert_int_equal(osm_session_state(session), OSM_SESSION_ACTIVE);
    test_answer(test_call(world, 0), UA_ReadResponse_new());
    test_turn(world);
    test_data_is(test, "null");
    test_advance(world, 100);
    assert_int_equal(world->ends, 1);
}

static void test_shutdown_fails_what_is_still_running(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{'opcuaTimeout':60}");
    struct test_request *test = work(world, session);

    shut_down(world, 3000, 4000);
    test_advance(world, 2999);
    assert_null(test->reply);
    test_advance(world, 1);
    test_fault_is(test, "ConnectionException", "Not connected");
    assert_int_equal(world->ends, 1);
}

static void test_shutdown_while_opening(void **state)
{
    struct test_world *world = *state;

    world->server.hold_connect = true;
    (void)test_session_new(world, "{}");
    shut_down(world, 3000, 4000);
    test_advance(world, 2999);
    assert_int_equal(world->ends, 0);
    test_advance(world, 1);
    assert_int_equal(world->ends, 1);
}

/* The last connect fails meanwhile: nothing is left to wait for. */
static void test_shutdown_when_opening_fails(void **state)
{
    struct test_world *world = *state;

    world->server.hold_connect = true;
    (void)test_session_new(world, "{}");
    shut_down(world, 3000, 4000);
    test_turn(world);
    world->server.down = true;
    test_server_connect(world->server.conns);
    test_turn(world);
    assert_int_equal(world->ends, 1);
}

/* A session somebody else is closing counts as well, and ends the waiting when it goes. */
static void test_shutdown_while_closing(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    unsigned ends = 0;

    world->server.hold_close = true;
    osm_session_close(session, 1000, closed, &ends);
    shut_down(world, 3000, 4000);
    test_turn(world);
    assert_int_equal(world->ends, 0);
    test_server_goodbye(world->server.conns);
    test_turn(world);
    assert_int_equal(ends, 1);
    assert_int_equal(world->ends, 1); /* not only at the limit */
}

static void test_shutdown_stops_expiry(void **state)
{
    struct test_world *world = world_of(1, 1, 0);

    world->server.hold_close = true;
    (void)test_session_open(world, "{}");
    shut_down(world, 0, 10000);
    test_advance(world, 9000);
    assert_int_equal(osm_registry_counts(world->manager)->now[OSM_SESSION_CLOSING], 1);
    test_world_free(world);
}

/* Work off the loop may come back after the manager has gone. */
static void test_the_manager_outlives_work(void **state)
{
    struct test_world *world = world_of(1, 1, 0);
    struct osm_manager *manager = world->manager;

    osm_registry_work_begin(manager);
    assert_true(osm_registry_work_end(manager));
    osm_registry_work_begin(manager);
    osm_registry_work_begin(manager);
    test_world_free(world);
    assert_false(osm_registry_work_end(manager));
    assert_false(osm_registry_work_end(manager)); /* frees it */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_in_world(test_lookup),
        test_in_world(test_find_takes_the_first),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_no_limit),
        cmocka_unit_test(test_expiry),
        cmocka_unit_test(test_expiry_at_the_limit),
        cmocka_unit_test(test_touching_counts_from_now),
        cmocka_unit_test(test_steps_of_the_wall_clock_change_nothing),
        cmocka_unit_test(test_keep_alive_does_not_touch),
        cmocka_unit_test(test_only_the_old_ones_expire),
        cmocka_unit_test(test_expiry_of_a_broken_session),
        test_in_world(test_shutdown_of_nothing),
        test_in_world(test_shutdown_closes_all_at_once),
        test_in_world(test_shutdown_waits_no_longer_than_the_limit),
        test_in_world(test_shutdown_lets_running_requests_finish),
        test_in_world(test_shutdown_fails_what_is_still_running),
        test_in_world(test_shutdown_while_opening),
        test_in_world(test_shutdown_when_opening_fails),
        test_in_world(test_shutdown_while_closing),
        cmocka_unit_test(test_shutdown_stops_expiry),
        cmocka_unit_test(test_the_manager_outlives_work),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
