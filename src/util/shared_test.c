/* SPDX-License-Identifier: MIT */
/* Equal bytes are there once, and go with the last who keeps them. */
#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "util/shared.h"

static void test_equal_bytes_are_there_once(void **state)
{
    struct osm_shared_table table = {0};
    const char one[] = "certificate", same[] = "certificate";
    const void *first = osm_shared_keep(&table, one, 11);
    const void *second = osm_shared_keep(&table, same, 11);
    const void *third = osm_shared_keep(&table, "certificatf", 11);
    const void *shorter = osm_shared_keep(&table, one, 4);

    (void)state;
    assert_ptr_not_equal(first, one);
    assert_ptr_equal(first, second);
    assert_ptr_not_equal(first, third);
    assert_ptr_not_equal(first, shorter);
    assert_int_equal((uintptr_t)shorter % alignof(max_align_t), 0);
    assert_null(osm_shared_drop(first));
    assert_memory_equal(second, "certificate", 11);
    osm_shared_drop(second);
    osm_shared_drop(shorter);
    assert_memory_equal(third, "certificatf", 11);
    osm_shared_drop(third);
    assert_null(table.all);
}

static void test_texts_have_an_end(void **state)
{
    struct osm_shared_table table = {0};
    const char *text = osm_shared_text(&table, "opc.tcp://a");
    const char *empty = osm_shared_text(&table, "");

    (void)state;
    assert_string_equal(text, "opc.tcp://a");
    assert_string_equal(empty, "");
    assert_ptr_equal(osm_shared_text(&table, "opc.tcp://a"), text);
    osm_shared_drop(text);
    osm_shared_drop(text);
    osm_shared_drop(empty);
    assert_null(table.all);
}

static void test_none_are_none(void **state)
{
    struct osm_shared_table table = {0};

    (void)state;
    assert_null(osm_shared_keep(&table, NULL, 0));
    assert_null(table.all);
    assert_null(osm_shared_drop(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equal_bytes_are_there_once),
        cmocka_unit_test(test_texts_have_an_end),
        cmocka_unit_test(test_none_are_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
