/* SPDX-License-Identifier: MIT */
/* When memory is given back: once it is quiet, in any case now and then, never for long. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/daemon/thrift.h"

static struct osm_thrift thrift;

static int setup(void **state)
{
    (void)state;
    thrift = (struct osm_thrift){0};
    osm_thrift_done(&thrift, 0, 0);
    return 0;
}

static void test_after_a_burst_when_it_is_quiet(void **state)
{
    (void)state;
    assert_false(osm_thrift_is_due(&thrift, 1000, 257)); /* it goes on */
    assert_false(osm_thrift_is_due(&thrift, 2000, 514));
    assert_true(osm_thrift_is_due(&thrift, 3000, 770)); /* few have come */
    osm_thrift_done(&thrift, 3000, 0);
    assert_false(osm_thrift_is_due(&thrift, 4000, 777)); /* not worth it yet */
    assert_true(osm_thrift_is_due(&thrift, 5000, 778));
}

static void test_in_any_case_now_and_then(void **state)
{
    (void)state;
    assert_false(osm_thrift_is_due(&thrift, 29999, 0));
    assert_true(osm_thrift_is_due(&thrift, 30000, 0));
    osm_thrift_done(&thrift, 30000, 0);
    assert_false(osm_thrift_is_due(&thrift, 59999, 1000));
    assert_true(osm_thrift_is_due(&thrift, 60000, 2000)); /* busy as it is */
}

static void test_no_more_than_its_share_of_the_time(void **state)
{
    (void)state;
    osm_thrift_done(&thrift, 1000, 500000); /* half a millisecond: five seconds */
    assert_false(osm_thrift_is_due(&thrift, 5999, 100));
    assert_true(osm_thrift_is_due(&thrift, 6000, 100));
    osm_thrift_done(&thrift, 6000, 10000000); /* 10 ms: 100 seconds, longer than half a minute */
    assert_false(osm_thrift_is_due(&thrift, 105999, 200));
    assert_true(osm_thrift_is_due(&thrift, 106000, 200));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_after_a_burst_when_it_is_quiet, setup),
        cmocka_unit_test_setup(test_in_any_case_now_and_then, setup),
        cmocka_unit_test_setup(test_no_more_than_its_share_of_the_time, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
