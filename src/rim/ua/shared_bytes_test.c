/* SPDX-License-Identifier: MIT */
/* Equal bytes are there once, and go with the last who keeps them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rim/ua/shared_bytes.h"

static void test_equal_bytes_are_there_once(void **state)
{
    struct osm_shared_table table = {0};
    uint8_t one[] = "certificate", same[] = "certificate", other[] = "certificatf";
    UA_ByteString first = osm_shared_bytes_keep(&table, &(UA_ByteString){11, one});
    UA_ByteString second = osm_shared_bytes_keep(&table, &(UA_ByteString){11, same});
    UA_ByteString third = osm_shared_bytes_keep(&table, &(UA_ByteString){11, other});
    UA_ByteString shorter = osm_shared_bytes_keep(&table, &(UA_ByteString){4, one});

    (void)state;
    assert_ptr_not_equal(first.data, one);
    assert_ptr_equal(first.data, second.data);
    assert_ptr_not_equal(first.data, third.data);
    assert_ptr_not_equal(first.data, shorter.data);
    assert_int_equal(shorter.length, 4);
    osm_shared_bytes_drop(&first);
    assert_null(first.data);
    assert_int_equal(first.length, 0);
    assert_memory_equal(second.data, "certificate", 11);
    osm_shared_bytes_drop(&second);
    osm_shared_bytes_drop(&shorter);
    assert_memory_equal(third.data, "certificatf", 11);
    osm_shared_bytes_drop(&third);
    assert_null(table.all);
}

static void test_none_are_none(void **state)
{
    struct osm_shared_table table = {0};
    UA_ByteString none = osm_shared_bytes_keep(&table, &UA_BYTESTRING_NULL);

    (void)state;
    assert_null(none.data);
    assert_null(table.all);
    osm_shared_bytes_drop(&none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equal_bytes_are_there_once),
        cmocka_unit_test(test_none_are_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
