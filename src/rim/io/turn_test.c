/* SPDX-License-Identifier: MIT */
/* The longest named span of a turn. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rim/io/turn.h"

#include <time.h>

static uint64_t passed = 1;

/* In the place of libc's: no time passes here but that of the work, however busy the machine is. */
int clock_gettime(clockid_t clock_id, struct timespec *tp)
{
    (void)clock_id;
    *tp = (struct timespec){.tv_sec = (time_t)(passed / 1000000000),
                            .tv_nsec = (long)(passed % 1000000000)};
    return 0;
}

static void work(uint64_t nanoseconds)
{
    passed += nanoseconds;
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
    assert_int_equal(turn.longest_ns, 3000000);
    assert_int_equal(turn.busy_ns, 3001000);
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
    assert_int_equal(turn.busy_ns, 3001000);
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
