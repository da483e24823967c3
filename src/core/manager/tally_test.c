/* SPDX-License-Identifier: MIT */
/* Tallies of what is asked (tally.h). */
#include "core/manager/tally.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "util/macros.h"

static const char query[] = "query", invoke[] = "invoke", reading[] = "read", writing[] = "write";

/* One for each pair, the same each time; and where no more fit, the last one. */
static void test_pairs(void **state)
{
    static struct osm_tallies tallies;
    struct osm_tally *first = osm_tally_of(&tallies, query, reading);
    const struct osm_tally *others[] = {osm_tally_of(&tallies, query, writing),
                                        osm_tally_of(&tallies, invoke, reading),
                                        osm_tally_of(&tallies, invoke, writing)};
    static char names[OSM_TALLIES];

    for (size_t i = 0; i < OSM_ARRAY_SIZE(others); i++)
        assert_ptr_equal(others[i], first + i + 1);
    assert_int_equal(tallies.size, 4);
    assert_ptr_equal(osm_tally_of(&tallies, query, reading), first);
    assert_ptr_equal(osm_tally_of(&tallies, invoke, writing), others[2]);
    assert_ptr_equal(others[1]->command, invoke);
    assert_ptr_equal(others[1]->method, reading);
    for (size_t i = 0; i < OSM_TALLIES; i++)
        assert_ptr_equal(osm_tally_of(&tallies, query, &names[i]),
                         first + OSM_MIN(4 + i, OSM_TALLIES - 1));
    assert_int_equal(tallies.size, OSM_TALLIES);
    assert_ptr_equal(osm_tally_of(&tallies, query, reading), first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_pairs)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
