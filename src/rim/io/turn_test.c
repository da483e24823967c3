/* SPDX-License-Identifier: MIT */
/* The longest named span of a turn. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rim/io/turn.h"

#include <time.h>

static void work(uint64_t nanoseconds)
{
    struct timespec start, now;
    int64_t passed;

    clock_gettime(CLOCK_MONOTONIC, &start);
    do {
        clock_gettime(CLOCK_MONOTONIC, &now);
        passed = (int64_t)(now.tv_sec - start.tv_sec) * 1000000000 + now.tv_nsec - start.tv_nsec;
    } while (passed < (int64_t)nanoseconds);
}

static void test_the_longest_is_named(void **state)
{
    struct osm_turn_span span;

    (void)osm_turn_end();
    osm_turn_name("short");
    work(1000);
    osm_turn_name("long");
    work(3000000);
    osm_turn_name("last");
    span = osm_turn_end();
    assert_string_equal(span.name, "long");
    assert_true(span.nanoseconds >= 3000000);
}

static void test_time_without_a_name_does_not_count(void **state)
{
    (void)osm_turn_end();
    work(100000);
    assert_null(osm_turn_end().name);
    osm_turn_name("one");
    work(1000);
    osm_turn_name(NULL);
    work(3000000);
    assert_true(osm_turn_end().nanoseconds < 3000000);
    assert_null(osm_turn_end().name);
}

static void test_interruption_is_told_once(void **state)
{
    osm_turn_interrupted();
    osm_turn_name("one");
    work(1000);
    assert_true(osm_turn_end().interrupted);
    assert_false(osm_turn_end().interrupted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_longest_is_named),
        cmocka_unit_test(test_interruption_is_told_once),
        cmocka_unit_test(test_time_without_a_name_does_not_count),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
