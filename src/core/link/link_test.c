/* SPDX-License-Identifier: MIT */
/* What a link knows of its server: namespaces and their meanings, sizes of requests, the clock. */
#include "core/link/link.h"

#include <open62541/types_generated_handling.h>

#include "core/link/operation_limit.h"
#include "testing/testing.h"

struct fixture {
    struct test_loop loop;
    struct osm_env env;
    struct osm_numberings numberings;
    struct osm_link link;
};

static void fire(void *context)
{
    osm_link_fired(context);
}

static int setup(void **state)
{
    struct fixture *fixture = osm_alloc(sizeof(*fixture));

    test_loop_init(&fixture->loop);
    fixture->env = (struct osm_env){.loop = fixture->loop.loop,
                                    .ua_ops = test_server_ops(),
                                    .numberings = &fixture->numberings};
    osm_link_init(&fixture->link, &fixture->env, 5000, fire, &fixture->link);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;

    osm_link_deinit(&fixture->link);
    assert_null(fixture->numberings.all);
    assert_null(fixture->loop.timers);
    free(fixture);
    return 0;
}

/* --- the timer ----------------------------------------------------------------------------- */

static void test_the_timer_is_armed_for_the_first_thing_due(void **state)
{
    struct fixture *fixture = *state;
    struct osm_link *link = &fixture->link;
    osm_msec now = osm_link_now(link);

    osm_link_arm(link, now + 100);
    osm_link_arm(link, now + 200);
    assert_int_equal(fixture->loop.timers->due, now + 100);
    osm_link_arm(link, now + 50);
    assert_int_equal(fixture->loop.timers->due, now + 50);
    osm_link_arm(link, now - 1); /* long due: now */
    assert_int_equal(fixture->loop.timers->due, now);
    osm_link_fired(link);
    osm_link_rearm(link, OSM_MSEC_NEVER);
    assert_true(link->timer_due == OSM_MSEC_NEVER);
    osm_link_rearm(link, now); /* not before something else has happened */
    assert_int_equal(fixture->loop.timers->due, now + 1);
}

/* Whoever finds an invariant broken does nothing more, and the connection goes. */
static void test_a_link_that_is_given_up(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");

    assert_false(osm_link_give_up(osm_session_link(session)));
    test_turn(world);
    assert_int_equal(osm_session_state(session), OSM_SESSION_FAILED);
}

/* --- namespaces ---------------------------------------------------------------------------- */

/* One letter for each namespace. */
static void set(struct osm_link *link, const char *letters)
{
    UA_String uris[80];
    size_t size = strlen(letters);

    for (size_t i = 0; i < size; i++)
        uris[i] = (UA_String){1, (UA_Byte *)(uintptr_t)letters + i};
    osm_link_set_namespaces(link, uris, size);
}

/* Whether a request that names these indexes means now what it meant in that epoch. */
static bool means(const struct osm_link *link, UA_UInt16 first, UA_UInt16 second, osm_epoch epoch)
{
    struct osm_names names = osm_link_names(link);

    osm_names_note(&names, first);
    osm_names_note(&names, second);
    return osm_link_means_the_same(link, &names, epoch);
}

static void test_an_epoch_ends_with_another_numbering(void **state)
{
    struct fixture *fixture = *state;
    struct osm_link *link = &fixture->link;
    osm_epoch first = link->epoch;

    set(link, "uoab");
    assert_true(link->namespaces_known);
    assert_int_equal(link->epoch, first);
    set(link, "uoab");
    assert_int_equal(link->epoch, first);
    set(link, "uxab"); /* the server has another name */
    assert_int_equal(link->epoch, first);
    assert_int_equal(link->numbering->uris[1].data[0], 'x');
    set(link, "uxa");
    assert_int_equal(link->epoch, first + 1);
    assert_int_equal(link->numbering->size, 3);
    set(link, "uxac");
    assert_int_equal(link->epoch, first + 2);
    set(link, "uxca");
    assert_int_equal(link->epoch, first + 3);
}

static void test_an_index_means_the_same_as_long_as_its_uri_stays(void **state)
{
    struct fixture *fixture = *state;
    struct osm_link *link = &fixture->link;
    osm_epoch then;

    set(link, "uoabc");
    then = link->epoch;
    assert_true(means(link, 2, 4, then));
    set(link, "uoaxc");
    assert_true(means(link, 2, 4, then));
    assert_false(means(link, 3, 0, then));
    assert_false(means(link, 2, 3, then));
    assert_true(means(link, 0, 1, then)); /* the standard and the server itself */
    assert_true(means(link, 3, 0, link->epoch));
    set(link, "uoaxcd");
    assert_true(means(link, 3, 0, link->epoch - 1)); /* since the one before */
    assert_false(means(link, 5, 0, link->epoch - 1));
    assert_false(means(link, 70, 0, then)); /* too far behind to be remembered one by one */
    assert_true(means(link, 70, 0, link->epoch));
}

/* The last index that is remembered by itself. */
static void test_many_namespaces(void **state)
{
    struct fixture *fixture = *state;
    struct osm_link *link = &fixture->link;
    char letters[] = "uoabcdefghijklmnopqrstvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-*/.";
    osm_epoch then;

    set(link, letters);
    then = link->epoch;
    letters[61] = '?';
    set(link, letters);
    assert_false(means(link, 61, 0, then));
    assert_true(means(link, 62, 0, then));
    letters[62] = '!';
    set(link, letters);
    assert_false(means(link, 62, 0, then));
    assert_true(means(link, 60, 2, then));
}

/* --- the server's clock -------------------------------------------------------------------- */

static void test_the_servers_clock_against_ours(void **state)
{
    struct fixture *fixture = *state;
    struct osm_link *link = &fixture->link;
    UA_ReadResponse response = {.responseHeader.timestamp = UA_DATETIME_UNIX_EPOCH};
    struct osm_ua_result result = {.outcome = OSM_UA_ANSWERED, .response = &response};

    fixture->loop.wall = 1000;
    osm_link_read_sent(link);
    fixture->loop.now += 400;
    osm_link_heard(link, &result); /* at the beginning of time: no clock */
    assert_int_equal(link->round_trip, 400);
    assert_true(link->skew == 0);
    response.responseHeader.timestamp += 1002 * UA_DATETIME_SEC;
    osm_link_heard(link, &result);
    assert_true(link->skew > 2.199 && link->skew < 2.201);
    result.response = NULL;
    osm_link_heard(link, &result); /* nothing was said: as before */
    assert_true(link->skew > 2.199);
}

/* --- sizes of requests --------------------------------------------------------------------- */

static void test_the_smallest_limit_counts(void **state)
{
    struct osm_server_limits server = {0};
    struct osm_operation_limits limits = {.server = &server};

    (void)state;
    assert_int_equal(osm_operation_limit(&limits, OSM_LIMIT_READ, 10), 10);
    assert_int_equal(osm_operation_limit(&limits, OSM_LIMIT_READ, 0), 1);
    server.named[OSM_LIMIT_READ] = server.named[OSM_LIMIT_CALL] = 5;
    assert_int_equal(osm_operation_limit(&limits, OSM_LIMIT_READ, 10), 5);
    server.learnt[OSM_LIMIT_READ] = 3;
    assert_int_equal(osm_operation_limit(&limits, OSM_LIMIT_READ, 10), 3);
    limits.sized = true; /* a caller's word stands for the server's, of reading and writing */
    limits.batch_size = 2;
    assert_int_equal(osm_operation_limit(&limits, OSM_LIMIT_READ, 10), 2);
    assert_int_equal(osm_operation_limit(&limits, OSM_LIMIT_WRITE, 10), 2);
    assert_int_equal(osm_operation_limit(&limits, OSM_LIMIT_CALL, 10), 5);
    limits.batch_size = 0;
    assert_int_equal(osm_operation_limit(&limits, OSM_LIMIT_READ, 10), 3);
    assert_int_equal(osm_operation_limit(&limits, OSM_LIMIT_WRITE, 10), 10);
}

static void test_half_of_what_was_too_much(void **state)
{
    static const UA_StatusCode statuses[] = {
        UA_STATUSCODE_BADTOOMANYOPERATIONS, UA_STATUSCODE_BADREQUESTTOOLARGE,
        UA_STATUSCODE_BADRESPONSETOOLARGE, UA_STATUSCODE_BADENCODINGLIMITSEXCEEDED};
    struct osm_shared_table shared = {0};
    struct osm_operation_limits limits = {.shared = &shared};

    (void)state;
    for (size_t i = 0; i < OSM_ARRAY_SIZE(statuses); i++) {
        assert_true(osm_operation_limit_learn(&limits, OSM_LIMIT_BROWSE, 7, statuses[i]));
        assert_int_equal(osm_operation_limits_server(&limits)->learnt[OSM_LIMIT_BROWSE], 3);
        osm_operation_limits_set(&limits, NULL);
    }
    assert_true(osm_operation_limit_learn(&limits, OSM_LIMIT_BROWSE, 2, statuses[0]));
    assert_int_equal(osm_operation_limits_server(&limits)->learnt[OSM_LIMIT_BROWSE], 1);
    osm_operation_limits_set(&limits, NULL);
    assert_null(shared.all);
    assert_false(osm_operation_limit_learn(&limits, OSM_LIMIT_BROWSE, 1, statuses[0]));
    assert_false(osm_operation_limit_learn(&limits, OSM_LIMIT_BROWSE, 7, UA_STATUSCODE_BADTIMEOUT));
    assert_null(limits.server);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_timer_is_armed_for_the_first_thing_due),
        test_in_world(test_a_link_that_is_given_up),
        TEST(test_an_epoch_ends_with_another_numbering),
        TEST(test_an_index_means_the_same_as_long_as_its_uri_stays),
        TEST(test_many_namespaces),
        TEST(test_the_servers_clock_against_ours),
        TEST(test_the_smallest_limit_counts),
        TEST(test_half_of_what_was_too_much),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
