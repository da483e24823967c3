/* SPDX-License-Identifier: MIT */
/* The newest events: bounded in number and bytes, growing up to their bound. */
#include "core/event/event_ring.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "core/event/event_bus.h"

#define FIRST ((uint64_t)1000)
#define TYPE OSM_EVENT_SUBSCRIPTION_LOST

static struct osm_event_ring ring;
static struct osm_event_origin *origin;

static int setup(void **state)
{
    (void)state;
    origin = osm_event_origin_new("id", "opc.tcp://plant:4840");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    osm_event_ring_clear(&ring);
    osm_event_origin_leave(origin);
    return 0;
}

static void add(const char *text)
{
    const struct osm_event head = {
        .type = TYPE, .members = {.text = (char *)(uintptr_t)text, .text_length = strlen(text)}};

    osm_event_ring_add(&ring, origin, &head);
}

static size_t size_of(const char *text)
{
    size_t size;

    osm_event_ring_init(&ring, 8, 100000, FIRST);
    add(text);
    size = ring.bytes;
    osm_event_ring_clear(&ring);
    return size;
}

/* Also the first and the last of them are found after each time the list has grown. */
static void test_it_grows_up_to_its_bound(void **state)
{
    char text[16];

    (void)state;
    osm_event_ring_init(&ring, 200, 1000000, FIRST);
    assert_int_equal(osm_event_ring_last(&ring), FIRST - 1);
    for (unsigned i = 0; i < 300; i++) {
        const struct osm_bus_entry *oldest, *newest;

        (void)snprintf(text, sizeof(text), "%u", i);
        add(text);
        assert_int_equal(ring.count, OSM_MIN(i + 1, 200));
        assert_int_equal(osm_event_ring_last(&ring), FIRST + i);
        newest = osm_event_ring_at(&ring, FIRST + i);
        assert_int_equal(newest->event.cursor, FIRST + i);
        assert_int_equal(newest->event.length, strlen(text));
        assert_memory_equal(newest->event.members.text, text, strlen(text));
        oldest = osm_event_ring_at(&ring, ring.first);
        assert_int_equal(oldest->event.cursor, i < 200 ? FIRST : FIRST + i - 199);
    }
    assert_int_equal(ring.capacity, 200);
    for (uint64_t cursor = ring.first; cursor <= osm_event_ring_last(&ring); cursor++)
        assert_int_equal(osm_event_ring_at(&ring, cursor)->event.cursor, cursor);
    assert_int_equal(ring.emitted[TYPE], 300);
    assert_int_equal(ring.evicted[TYPE], 100);
    assert_int_equal(origin->evicted[TYPE], 100);
    assert_int_equal(ring.evicted_ever, 100);
}

static void test_it_is_bounded_in_bytes(void **state)
{
    size_t one = size_of("12345678"), longer = size_of("123456789");

    (void)state;
    assert_int_equal(longer, one + 1);
    osm_event_ring_init(&ring, 8, 3 * one, FIRST);
    add("12345678");
    add("12345678");
    add("12345678"); /* to the last byte */
    assert_int_equal(ring.count, 3);
    assert_int_equal(ring.bytes, 3 * one);
    add("12345678");
    assert_int_equal(ring.count, 3);
    add("123456789");
    assert_int_equal(ring.count, 2);
    assert_int_equal(ring.bytes, one + longer);
    assert_int_equal(ring.first, FIRST + 3);
}

/* One that is larger than all there may be is kept alone. */
static void test_a_large_one_is_kept_alone(void **state)
{
    (void)state;
    osm_event_ring_init(&ring, 8, 10, FIRST);
    add("1");
    add("2");
    assert_int_equal(ring.count, 1);
    assert_int_equal(osm_event_ring_at(&ring, FIRST + 1)->event.cursor, FIRST + 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_it_grows_up_to_its_bound),
        TEST(test_it_is_bounded_in_bytes),
        TEST(test_a_large_one_is_kept_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
