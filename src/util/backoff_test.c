/* SPDX-License-Identifier: MIT */
/* Growing pauses and their bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "util/backoff.h"
#include "util/macros.h"

static const struct osm_backoff refused = {5000, 300000};

static void test_it_doubles(void **state)
{
    static const osm_msec pauses[] = {5000, 10000, 20000, 40000, 80000, 160000, 300000, 300000};

    (void)state;
    for (unsigned i = 0; i < OSM_ARRAY_SIZE(pauses); i++)
        assert_int_equal(osm_backoff_longest(&refused, i + 1), pauses[i]);
    assert_int_equal(osm_backoff_longest(&refused, 0), 5000);
    assert_int_equal(osm_backoff_longest(&refused, UINT32_MAX), 300000);
}

static void test_chance_takes_up_to_half(void **state)
{
    (void)state;
    assert_int_equal(osm_backoff_delay(&refused, 2, 0), 10000);
    assert_int_equal(osm_backoff_delay(&refused, 2, UINT32_MAX), 5000);
    assert_in_range(osm_backoff_delay(&refused, 2, UINT32_MAX / 2), 7400, 7600);
    assert_int_equal(osm_backoff_shorten(0, UINT32_MAX), 0);
    assert_int_equal(osm_backoff_shorten(1, UINT32_MAX), 1);
}

static void test_chance_is_spread(void **state)
{
    uint32_t all = 0, none = UINT32_MAX;

    (void)state;
    for (int i = 0; i < 200; i++) {
        uint32_t random = osm_backoff_random();

        all |= random;
        none &= random;
    }
    assert_int_equal(all, UINT32_MAX); /* every bit is set sometimes, and clear sometimes */
    assert_int_equal(none, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_doubles),
        cmocka_unit_test(test_chance_takes_up_to_half),
        cmocka_unit_test(test_chance_is_spread),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
