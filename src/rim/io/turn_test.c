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
    struct osm_turn turn;

    (void)osm_turn_end();
    osm_turn_name("short");
    work(1000);
    osm_turn_name("long");
    work(3000000);
    osm_turn_name("last");
    turn = osm_turn_end();
    assert_string_equal(turn.longest, "long");
    assert_true(turn.longest_ns >= 3000000);
    assert_true(turn.busy_ns >= turn.longest_ns + 1000);
}

static void test_time_without_a_name_does_not_count(void **state)
{
    struct osm_turn turn;

    (void)osm_turn_end();
    work(100000);
    turn = osm_turn_end();
    assert_null(turn.longest);
    assert_int_equal(turn.busy_ns, 0);
    osm_turn_name("one");
    work(1000);
    osm_turn_name(NULL);
    work(3000000);
    turn = osm_turn_end();
    assert_string_equal(turn.longest, "one");
    assert_true(turn.busy_ns >= turn.longest_ns + 3000000);
    assert_null(osm_turn_end().longest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_longest_is_named),
        cmocka_unit_test(test_time_without_a_name_does_not_count),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
