/* SPDX-License-Identifier: MIT */
/* Who may hold a server's continuation points: places, turns, what callers hold (points.h). That
 * browses get their whole lists by it: serve/method/browse_points_test.c. */
#include "core/link/points.h"

#include "testing/testing_probe.h"

#define PLACES 8

/* Operations that do nothing but hold places. */
static struct osm_points_place places[PLACES];
static struct osm_op *ops[PLACES];
static size_t wanted[PLACES];
static unsigned went[PLACES]; /* how often each was let in */
static char order[64];        /* … and in which order */

static size_t index_of(const struct osm_op *op)
{
    return ((const struct test_probe *)op->state)->id;
}

static void go(struct osm_op *op)
{
    size_t at = strlen(order);

    went[index_of(op)]++;
    (void)snprintf(order + at, sizeof(order) - at, "%zu", index_of(op));
}

static void start(struct osm_op *op)
{
    size_t i = index_of(op);

    ops[i] = op;
    osm_points_enter(op, &places[i], wanted[i], go);
}

static void leave(size_t i)
{
    osm_points_leave(&places[i]);
    test_finish_null(ops[i]);
}

static int setup(void **state)
{
    memset(places, 0, sizeof(places));
    memset(went, 0, sizeof(went));
    *order = '\0';
    return test_setup(state);
}

static const struct osm_server_limits *limits_of(const struct osm_session *session)
{
    return osm_operation_limits_server(&osm_session_link(session)->limits);
}

/* A session at a server that names so many points. */
static struct osm_session *open_with(struct test_world *world, uint32_t points)
{
    struct osm_session *session = test_session_open(world, "{}");

    osm_operation_limits_set(
        &osm_session_link(session)->limits,
        &(struct osm_server_limits){.named = {[OSM_LIMIT_BROWSE_POINTS] = points}});
    return session;
}

static void want(struct osm_session *session, size_t i, size_t count)
{
    wanted[i] = count;
    (void)test_probe_submit_as(session, OSM_OP_READS, (uint32_t)i, false, start);
}

static void hold(size_t i, const char *point)
{
    const UA_ByteString bytes = UA_STRING((char *)(uintptr_t)point);

    osm_points_note(&places[i], &bytes);
}

/* --- places -------------------------------------------------------------------------------- */

static void test_places_are_taken_in_turn(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = open_with(world, 3);

    want(session, 0, 2);
    want(session, 1, 2); /* one too many */
    want(session, 2, 1); /* would fit, but has come later */
    test_turn(world);
    assert_string_equal(order, "0");
    leave(0);
    test_turn(world);
    assert_string_equal(order, "012"); /* to the last place */
    want(session, 3, 1);
    test_turn(world);
    assert_string_equal(order, "012");
    leave(2);
    test_turn(world);
    assert_string_equal(order, "0123");
    leave(1);
    leave(3);
    test_probe_nothing_left(session);
}

/* More than there are: all of them. */
static void test_no_more_is_taken_than_there_is(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = open_with(world, 3);

    want(session, 0, 9);
    want(session, 1, 0); /* a place all the same */
    test_turn(world);
    assert_int_equal(places[0].taken, 3);
    assert_string_equal(order, "0");
    leave(0);
    test_turn(world);
    assert_int_equal(places[1].taken, 1);
    leave(1);
    session = open_with(world, 0); /* any number */
    want(session, 2, 9);
    want(session, 3, 9);
    assert_int_equal(places[2].taken, 9);
    assert_int_equal(places[3].taken, 9);
    leave(2);
    leave(3);
}

static void test_others_may_have_taken_a_point(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = open_with(world, 0);

    want(session, 0, 2);
    assert_false(osm_points_are_contested(&places[0]));
    want(session, 1, 1);
    assert_true(osm_points_are_contested(&places[0]));
    hold(1, "point");
    osm_points_lend(&places[1]);
    test_finish_null(ops[1]);
    assert_true(osm_points_are_contested(&places[0])); /* a caller has it */
    leave(0);
}

/* --- refusals ------------------------------------------------------------------------------ */

/* As many as are given out then are all there are. */
static void test_what_a_refusal_tells(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = open_with(world, 0);

    for (size_t i = 0; i < 4; i++)
        want(session, i, 1);
    hold(0, "a");
    hold(1, "b");
    hold(1, "c"); /* instead of it */
    osm_points_refused(&places[2]);
    assert_int_equal(limits_of(session)->learnt[OSM_LIMIT_BROWSE_POINTS], 2);
    osm_points_refused(&places[3]);
    assert_int_equal(limits_of(session)->learnt[OSM_LIMIT_BROWSE_POINTS], 2);
    test_turn(world);
    assert_string_equal(order, "0123");
    osm_points_note(&places[0], NULL);
    leave(0);
    test_turn(world);
    assert_string_equal(order, "01232"); /* in its old turn */
    hold(2, "d");
    leave(1);
    test_turn(world);
    assert_string_equal(order, "012323");
    leave(2);
    leave(3);
    assert_int_equal(limits_of(session)->learnt[OSM_LIMIT_BROWSE_POINTS], 2);
    osm_points_connected(osm_session_link(session), true);
    assert_int_equal(limits_of(session)->learnt[OSM_LIMIT_BROWSE_POINTS],
                     0); /* who knows what it has now */
}

/* A server that refuses although nothing of ours is open there is asked again after pauses. */
static void test_pauses_when_nobody_holds_a_point(void **state)
{
    static const osm_msec pauses[] = {20, 40, 80, 160, 320, 640, 640, 640};
    struct test_world *world = *state;
    struct osm_session *session = open_with(world, 0);

    want(session, 0, 1);
    for (unsigned i = 0; i < OSM_ARRAY_SIZE(pauses); i++) {
        assert_int_equal(went[0], i + 1);
        osm_points_refused(&places[0]);
        test_advance(world, pauses[i] - 1);
        assert_int_equal(went[0], i + 1);
        test_advance(world, 1);
    }
    assert_int_equal(went[0], OSM_ARRAY_SIZE(pauses) + 1);
    assert_int_equal(limits_of(session)->learnt[OSM_LIMIT_BROWSE_POINTS], 1);
    leave(0);
}

/* --- what callers hold --------------------------------------------------------------------- */

static const struct osm_points_lent *lent_of(struct osm_session *session, const char *point)
{
    const UA_ByteString bytes = UA_STRING((char *)(uintptr_t)point);

    return osm_points_lent_find(osm_session_link(session), &bytes);
}

static void lend_bytes(struct osm_session *session, const UA_ByteString *point)
{
    memset(&places[0], 0, sizeof(places[0]));
    want(session, 0, 1);
    osm_points_note(&places[0], point);
    osm_points_lend(&places[0]);
    test_finish_null(ops[0]);
}

static void lend(struct osm_session *session, const char *point)
{
    const UA_ByteString bytes = UA_STRING((char *)(uintptr_t)point);

    lend_bytes(session, &bytes);
}

static void test_callers_points_are_bounded_in_number(void **state)
{
    struct osm_session *session = open_with(*state, 0);
    char name[16];

    assert_null(lent_of(session, "0"));
    for (unsigned i = 0; i <= OSM_POINTS_LENT; i++) {
        (void)snprintf(name, sizeof(name), "%u", i);
        lend(session, name);
        assert_non_null(lent_of(session, name));
        if (i == OSM_POINTS_LENT - 1)
            assert_non_null(lent_of(session, "0"));
    }
    assert_null(lent_of(session, "0"));
    assert_non_null(lent_of(session, "1"));
}

static void test_callers_points_are_bounded_in_bytes(void **state)
{
    struct osm_session *session = open_with(*state, 0);
    UA_Byte *bytes = osm_alloc(OSM_POINTS_LENT_BYTES + 1);
    UA_ByteString first = {OSM_POINTS_LENT_BYTES - 5, bytes};
    const UA_ByteString large = {OSM_POINTS_LENT_BYTES + 1, bytes};

    lend_bytes(session, &first);
    lend(session, "12345"); /* to the last byte */
    assert_non_null(osm_points_lent_find(osm_session_link(session), &first));
    lend(session, "6");
    assert_null(osm_points_lent_find(osm_session_link(session), &first));
    assert_non_null(lent_of(session, "12345"));
    lend_bytes(session, &large); /* alone, but there */
    assert_non_null(osm_points_lent_find(osm_session_link(session), &large));
    assert_null(lent_of(session, "6"));
    free(bytes);
}

/* One that nobody will ask for goes back to the server. */
static void test_a_caller_who_goes_on(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = open_with(world, 0);
    struct osm_link *link = osm_session_link(session);
    const UA_ByteString next = UA_STRING((char *)(uintptr_t) "b");
    const UA_BrowseNextRequest *request;

    lend(session, "a");
    osm_points_lent_next(link, (struct osm_points_lent *)(uintptr_t)lent_of(session, "a"), &next,
                         10, true);
    assert_null(lent_of(session, "a"));
    assert_int_equal(lent_of(session, "b")->got, 10);
    osm_points_lent_next(link, (struct osm_points_lent *)(uintptr_t)lent_of(session, "b"),
                         &UA_BYTESTRING_NULL, 5, true);
    assert_null(lent_of(session, "b"));
    assert_int_equal(test_calls(world), 0);
    lend(session, "a");
    osm_points_lent_next(link, (struct osm_points_lent *)(uintptr_t)lent_of(session, "a"), &next,
                         10, false);
    assert_null(lent_of(session, "b"));
    assert_int_equal(test_calls(world), 1);
    request = test_call(world, 0)->request;
    assert_true(request->releaseContinuationPoints);
    assert_int_equal(request->continuationPoints->data[0], 'b');
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, test_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_places_are_taken_in_turn),
        TEST(test_no_more_is_taken_than_there_is),
        TEST(test_others_may_have_taken_a_point),
        TEST(test_what_a_refusal_tells),
        TEST(test_pauses_when_nobody_holds_a_point),
        TEST(test_callers_points_are_bounded_in_number),
        TEST(test_callers_points_are_bounded_in_bytes),
        TEST(test_a_caller_who_goes_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
