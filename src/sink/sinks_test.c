/* SPDX-License-Identifier: MIT */
/* The set of sinks: one that hangs in another thread when it is to leave. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/event/event_bus.h"
#include "sink/sinks.h"
#include "testing/testing_sink.h"

struct fixture {
    struct test_loop loop;
    struct osm_bus *bus;
    struct osm_sinks *sinks;
    char dir[64], path[96];
    unsigned closed;
};

static const struct osm_sinks_config none = {0};

/* The disk of a sink with `--event-log` does not answer. */
static int setup(void **state)
{
    struct fixture *fixture = osm_alloc(sizeof(*fixture));
    struct osm_sinks_config config = {.log = fixture->path};
    _cleanup_(osm_freep) char *error = NULL;

    osm_log_threshold = OSM_LOG_EMERGENCY;
    test_loop_init(&fixture->loop);
    (void)snprintf(fixture->dir, sizeof(fixture->dir), "/tmp/osm-sinks-XXXXXX");
    assert_non_null(mkdtemp(fixture->dir));
    (void)snprintf(fixture->path, sizeof(fixture->path), "%s/events", fixture->dir);
    fixture->bus = osm_bus_new(&fixture->loop.loop, 0);
    assert_int_equal(
        osm_sinks_new(&config, &fixture->loop.loop, NULL, fixture->bus, &fixture->sinks, &error),
        0);
    fixture->loop.hold_work = true;
    osm_sinks_reopen(fixture->sinks);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;

    assert_null(fixture->loop.works);
    osm_bus_free(fixture->bus);
    assert_null(fixture->loop.timers);
    (void)unlink(fixture->path);
    assert_int_equal(rmdir(fixture->dir), 0);
    free(fixture);
    return 0;
}

static void on_closed(void *context)
{
    struct fixture *fixture = context;

    fixture->closed++;
}

static void advance(struct fixture *fixture, osm_msec time)
{
    osm_msec until = fixture->loop.now + time;

    while (test_loop_fire(&fixture->loop, until))
        ;
    fixture->loop.now = until;
}

static void answer(struct fixture *fixture)
{
    fixture->loop.hold_work = false;
    while (test_loop_work_off(&fixture->loop))
        ;
}

static void change(struct fixture *fixture, const struct osm_sinks_config *config)
{
    _cleanup_(osm_freep) char *error = NULL;

    assert_int_equal(
        osm_sinks_change(&fixture->sinks, config, &fixture->loop.loop, NULL, fixture->bus, &error),
        0);
}

static void close_all(struct fixture *fixture)
{
    osm_sinks_close(fixture->sinks, 0, on_closed, fixture);
    advance(fixture, 0);
}

/* It has had its time: the end of all waits for it no second time. */
static void test_one_that_hangs_is_left_behind(void **state)
{
    struct fixture *fixture = *state;

    change(fixture, &none);
    advance(fixture, OSM_SINK_STOP_MS);
    close_all(fixture);
    assert_int_equal(fixture->closed, 1);
    answer(fixture);
}

static void test_it_comes_back(void **state)
{
    struct fixture *fixture = *state;
    const struct osm_sinks_config again = {.log = fixture->path};

    change(fixture, &none);
    advance(fixture, OSM_SINK_STOP_MS);
    answer(fixture);
    change(fixture, &again); /* the others go on */
    assert_non_null(osm_sinks_look(fixture->sinks, 0));
    close_all(fixture);
    assert_int_equal(fixture->closed, 1);
}

static void test_in_time(void **state)
{
    struct fixture *fixture = *state;

    change(fixture, &none);
    advance(fixture, OSM_SINK_STOP_MS - 1);
    close_all(fixture);
    assert_int_equal(fixture->closed, 0);
    answer(fixture);
    advance(fixture, 0);
    assert_int_equal(fixture->closed, 1);
}

/* A disk that hangs while the operator changes the file again and again. */
static void test_no_end_of_those_that_leave(void **state)
{
    struct fixture *fixture = *state;
    struct osm_sinks_config config = {.log = "/dev/null"};
    _cleanup_(osm_freep) char *error = NULL;

    for (unsigned i = 0; i < OSM_SINKS_LEAVING; i++) {
        assert_int_equal(osm_sinks_stats(fixture->sinks)->leaving, i);
        assert_int_equal(osm_sinks_may_change(fixture->sinks, &error), 0);
        config.log = i % 2 ? fixture->path : "/dev/null";
        change(fixture, &config);
        osm_sinks_reopen(fixture->sinks);
        if (i == 2)
            advance(fixture, OSM_SINK_STOP_MS); /* left behind is not gone */
    }
    assert_int_equal(osm_sinks_may_change(fixture->sinks, &error), -EBUSY);
    assert_non_null(strstr(error, "8 event sinks of earlier settings have not ended"));
    assert_int_equal(osm_sinks_stats(fixture->sinks)->left_behind, 3);
    assert_int_equal(osm_sinks_stats(fixture->sinks)->refused, 1);
    answer(fixture);
    assert_int_equal(osm_sinks_stats(fixture->sinks)->leaving, 0);
    assert_int_equal(osm_sinks_stats(fixture->sinks)->leaving_bytes, 0);
    free(osm_steal(error));
    assert_int_equal(osm_sinks_may_change(fixture->sinks, &error), 0);
    close_all(fixture);
    assert_int_equal(fixture->closed, 1);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_one_that_hangs_is_left_behind),
        TEST(test_it_comes_back),
        TEST(test_in_time),
        TEST(test_no_end_of_those_that_leave),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
