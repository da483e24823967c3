/* SPDX-License-Identifier: MIT */
/* Faults: names, the first one wins, messages live in the arena. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "util/fault.h"

#include <string.h>

static void test_zeroed_is_no_fault(void **state)
{
    struct osm_fault fault = {0};

    assert_false(osm_fault_is_set(&fault));
}

static void test_set_returns_false_and_keeps_the_first(void **state)
{
    struct osm_fault fault = {0};
    struct osm_arena arena;
    char text[] = "changing";

    osm_arena_init(&arena);
    assert_false(osm_fault_set(&fault, &arena, OSM_FAULT_ENCODING, "bad %s %d", text, 7));
    memset(text, 'x', sizeof(text) - 1);
    assert_true(osm_fault_is_set(&fault));
    assert_false(osm_fault_set(&fault, &arena, OSM_FAULT_SERVICE, "later"));
    assert_int_equal(fault.type, OSM_FAULT_ENCODING);
    assert_string_equal(fault.message, "bad changing 7");
    osm_arena_deinit(&arena);
}

static void test_names_are_complete_and_differ(void **state)
{
    for (int i = OSM_FAULT_NONE + 1; i < OSM_FAULT_COUNT_; i++) {
        assert_true(*osm_fault_name((enum osm_fault_type)i));
        for (int j = i + 1; j < OSM_FAULT_COUNT_; j++)
            assert_string_not_equal(osm_fault_name((enum osm_fault_type)i),
                                    osm_fault_name((enum osm_fault_type)j));
    }
}

/* Upper-case names are exceptions of operations, and only their messages are sanitised. */
static void test_what_is_sanitised(void **state)
{
    for (int i = OSM_FAULT_NONE + 1; i < OSM_FAULT_COUNT_; i++) {
        char first = *osm_fault_name((enum osm_fault_type)i);

        assert_int_equal(osm_fault_is_sanitised((enum osm_fault_type)i),
                         first >= 'A' && first <= 'Z');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_zeroed_is_no_fault),
        cmocka_unit_test(test_set_returns_false_and_keeps_the_first),
        cmocka_unit_test(test_names_are_complete_and_differ),
        cmocka_unit_test(test_what_is_sanitised),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
