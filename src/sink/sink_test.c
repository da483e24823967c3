/* SPDX-License-Identifier: MIT */
/* The window: order, bounds, late and early confirmations, pauses that grow. */
#include "testing/testing_sink.h"

struct fixture {
    struct test_loop loop;
    struct test_feed feed;
    struct osm_sink sink;
    unsigned wakes;
};

static struct fixture *the_fixture;

static void wake(struct osm_sink *sink)
{
    the_fixture->wakes++;
}

static int setup(void **state)
{
    static const struct osm_sink_ops ops = {.wake = wake};
    static struct fixture fixture;

    osm_log_threshold = OSM_LOG_EMERGENCY;
    fixture = (struct fixture){0};
    the_fixture = &fixture;
    test_loop_init(&fixture.loop);
    test_feed_init(&fixture.feed);
    osm_sink_init(&fixture.sink, &ops, "test", &fixture.loop.loop);
    fixture.sink.feed = &fixture.feed.feed;
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    osm_sink_deinit(&((struct fixture *)*state)->sink);
    return 0;
}

static void test_records_come_in_order_and_go_when_confirmed(void **state)
{
    struct fixture *fixture = *state;
    struct osm_sink *sink = &fixture->sink;
    struct osm_sink_record *first, *second;

    test_push(sink, 1, 2);
    assert_int_equal(fixture->wakes, 1);
    first = osm_sink_next(sink);
    second = osm_sink_next(sink);
    assert_null(osm_sink_next(sink));
    assert_memory_equal(first->line.text, "{\"n\":1}\n", first->length);
    assert_int_equal(second->cursor, 2);
    osm_sink_confirm(sink, second); /* out of order: the position stays */
    assert_int_equal(sink->position, 0);
    assert_int_equal(osm_sink_look(sink)->waiting, 2);
    osm_sink_confirm(sink, first);
    assert_int_equal(osm_sink_look(sink)->position, 2);
    assert_int_equal(osm_sink_look(sink)->delivered, 2);
    assert_int_equal(osm_sink_look(sink)->waiting, 0);
    assert_int_equal(sink->bytes, 0);
}

static void test_a_rewind_leaves_out_what_is_confirmed(void **state)
{
    struct osm_sink *sink = &((struct fixture *)*state)->sink;
    struct osm_sink_record *records[3];

    test_push(sink, 1, 3);
    for (size_t i = 0; i < 3; i++)
        records[i] = osm_sink_next(sink);
    osm_sink_confirm(sink, records[1]);
    osm_sink_rewind(sink);
    assert_ptr_equal(osm_sink_next(sink), records[0]);
    assert_ptr_equal(osm_sink_next(sink), records[2]);
    osm_sink_confirm_up_to(sink, 3);
    assert_int_equal(sink->status.delivered, 3);
    assert_int_equal(sink->position, 3);
}

static void test_what_was_not_sent_cannot_be_confirmed(void **state)
{
    struct osm_sink *sink = &((struct fixture *)*state)->sink;

    test_push(sink, 1, 3);
    (void)osm_sink_next(sink);
    osm_sink_confirm_up_to(sink, 1000);
    assert_int_equal(sink->position, 1);
    assert_int_equal(sink->count, 2);
}

static void test_given_back_records_come_again(void **state)
{
    struct osm_sink *sink = &((struct fixture *)*state)->sink;
    struct osm_sink_record *record;

    test_push(sink, 1, 2);
    (void)osm_sink_next(sink);
    record = osm_sink_next(sink);
    osm_sink_unsend(sink, record);
    assert_ptr_equal(osm_sink_next(sink), record);
}

static void test_refused_records_are_counted_apart(void **state)
{
    struct osm_sink *sink = &((struct fixture *)*state)->sink;

    test_push(sink, 1, 1);
    osm_sink_refuse(sink, osm_sink_next(sink));
    assert_int_equal(sink->status.delivered, 0);
    assert_int_equal(sink->status.dropped, 1);
    assert_int_equal(sink->position, 1);
}

static void test_the_window_has_two_bounds(void **state)
{
    struct osm_sink *sink = &((struct fixture *)*state)->sink;
    char *line = osm_alloc(OSM_SINK_WINDOW_BYTES);

    test_push(sink, 1, OSM_SINK_WINDOW - 1);
    assert_true(osm_sink_has_room(sink));
    test_push(sink, OSM_SINK_WINDOW, OSM_SINK_WINDOW);
    assert_false(osm_sink_has_room(sink));
    while (osm_sink_next(sink))
        ;
    osm_sink_confirm_up_to(sink, OSM_SINK_WINDOW);
    assert_true(osm_sink_has_room(sink));
    memset(line, 'x', OSM_SINK_WINDOW_BYTES);
    test_push_line(sink, OSM_SINK_WINDOW + 1, line, OSM_SINK_WINDOW_BYTES);
    assert_false(osm_sink_has_room(sink));
    free(line);
}

static void test_the_feeder_hears_of_room(void **state)
{
    struct fixture *fixture = *state;
    struct osm_sink *sink = &fixture->sink;

    test_push(sink, 1, OSM_SINK_WINDOW);
    while (osm_sink_next(sink))
        ;
    osm_sink_confirm_up_to(sink, OSM_SINK_WINDOW / 2 - 1);
    assert_int_equal(fixture->feed.moved, 1);
    assert_int_equal(fixture->feed.fed, 0);
    osm_sink_confirm_up_to(sink, OSM_SINK_WINDOW / 2);
    assert_int_equal(fixture->feed.fed, 1);
}

static void test_pauses_grow_to_a_minute(void **state)
{
    static const osm_msec expected[] = {1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000};
    struct osm_sink *sink = &((struct fixture *)*state)->sink;

    for (size_t i = 0; i < OSM_ARRAY_SIZE(expected); i++)
        assert_int_equal(osm_sink_failed(sink, "no %s", "luck"), expected[i]);
    assert_string_equal(sink->status.last_error, "no luck");
    assert_int_equal(sink->status.retries, 8);
    assert_false(sink->status.working);
    osm_sink_works(sink);
    assert_true(sink->status.working);
    assert_int_equal(osm_sink_failed(sink, "again"), 1000);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_records_come_in_order_and_go_when_confirmed),
        TEST(test_a_rewind_leaves_out_what_is_confirmed),
        TEST(test_what_was_not_sent_cannot_be_confirmed),
        TEST(test_given_back_records_come_again),
        TEST(test_refused_records_are_counted_apart),
        TEST(test_the_window_has_two_bounds),
        TEST(test_the_feeder_hears_of_room),
        TEST(test_pauses_grow_to_a_minute),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
