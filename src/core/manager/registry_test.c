/* SPDX-License-Identifier: MIT */
/* Whose sessions and subscriptions are whose (registry.h), and limits that change while they are
 * there. */
#include "testing/testing_publish.h"

/* A session of that maker at that server. */
static struct osm_session *open_at(struct test_world *world, const char *url, uint64_t maker)
{
    const struct osm_session_maker made_by = {.id = maker};
    struct test_request *test = test_request_parse(world, "{}");
    struct osm_config config;
    struct osm_fault fault = {0};
    struct osm_session *session;

    assert_true(osm_config_parse(&config, test->request.root, &test->request.arena, &fault));
    session =
        osm_registry_add(world->manager, url, &config, &made_by, &test->request.arena, &fault);
    assert_non_null(session);
    osm_request_reply_null(&test->request);
    osm_session_connect(session);
    return session;
}

/* Another session at the same server that keeps the subscription. */
static void test_who_holds_a_subscription(void **state)
{
    struct test_world *world = *state;
    struct osm_session *elsewhere = open_at(world, "opc.tcp://other:4840", 0);
    struct osm_session *one = open_at(world, TEST_URL, 0), *other = open_at(world, TEST_URL, 0);

    test_turn(world);
    test_subscribe(elsewhere, 7);
    assert_null(osm_registry_holder(one, 7));
    test_subscribe(one, 7);
    test_subscribe(other, 8);
    assert_null(osm_registry_holder(one, 7)); /* itself */
    assert_ptr_equal(osm_registry_holder(other, 7), one);
    assert_ptr_equal(osm_registry_holder(one, 8), other);
    assert_null(osm_registry_holder(elsewhere, 7));
    assert_null(osm_registry_holder(other, 9));
}

/* Those that open, are there, or close. */
static void test_sessions_of_a_maker(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = open_at(world, TEST_URL, 5);
    struct osm_ua_conn *conn = osm_session_link(session)->conn;

    (void)open_at(world, TEST_URL, 6);
    assert_int_equal(osm_registry_made_by(world->manager, 5), 1);
    test_turn(world);
    world->server.hold_connect = true;
    (void)open_at(world, TEST_URL, 5);
    assert_int_equal(osm_registry_made_by(world->manager, 5), 2);
    world->server.hold_close = true;
    osm_session_close(session, 1000, NULL, NULL);
    assert_int_equal(osm_registry_made_by(world->manager, 5), 2);
    assert_int_equal(osm_registry_made_by(world->manager, 6), 1);
    assert_int_equal(osm_registry_made_by(world->manager, 7), 0);
    test_server_goodbye(conn);
    test_turn(world);
    assert_int_equal(osm_registry_made_by(world->manager, 5), 1);
    world->server.hold_close = false;
}

/* One that goes while somebody walks over all of them is left out, and none is met twice. */
static void test_walking_while_sessions_go(void **state)
{
    struct test_world *world = *state;
    struct osm_session *sessions[3];
    struct osm_registry_cursor cursor;

    for (size_t i = 0; i < 3; i++)
        sessions[i] = open_at(world, TEST_URL, 0);
    test_turn(world);
    osm_registry_cursor_begin(&cursor, world->manager, OSM_REGISTRY_STORED);
    assert_ptr_equal(osm_registry_cursor_next(&cursor), sessions[0]);
    osm_session_free(sessions[1]); /* the next one */
    assert_ptr_equal(osm_registry_cursor_next(&cursor), sessions[2]);
    osm_session_free(sessions[0]); /* one before */
    assert_null(osm_registry_cursor_next(&cursor));
    osm_registry_cursor_end(&cursor);
}

/* How often is looked for old ones begins anew with another interval, not with the same. */
static void test_limits_that_change(void **state)
{
    const struct osm_manager_config config = {
        .session_timeout = 60, .cleanup_interval = 100, .max_sessions = 0};
    struct test_world *world = test_world_new_with(&config);

    (void)state;
    (void)test_session_open(world, "{}");
    test_advance(world, 90000);
    osm_manager_set_limits(world->manager, 60, 100, 0);
    test_advance(world, 9999);
    assert_int_equal(osm_registry_count(world->manager), 1);
    test_advance(world, 1);
    assert_int_equal(osm_registry_count(world->manager), 0);
    (void)test_session_open(world, "{}");
    test_advance(world, 65000);
    osm_manager_set_limits(world->manager, 60, 10, 0);
    test_advance(world, 9999);
    assert_int_equal(osm_registry_count(world->manager), 1);
    test_advance(world, 1);
    assert_int_equal(osm_registry_count(world->manager), 0);
    test_world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_in_world(test_who_holds_a_subscription),
        test_in_world(test_sessions_of_a_maker),
        test_in_world(test_walking_while_sessions_go),
        cmocka_unit_test(test_limits_that_change),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
