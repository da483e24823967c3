/* SPDX-License-Identifier: MIT */
/* Which texts are index ranges (OPC 10000-4 §7.27). */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "wire/text/index_range.h"

static void test_ranges(void **state)
{
    static const char *const good[] = {
        "0", "7", "0:1", "10:20", "1,2", "0:1,2", "0:4294967295", "4294967295", "1:2,0:3,4"};
    static const char *const bad[] = {"",
                                      " ",
                                      "1 ",
                                      " 1",
                                      "a",
                                      "-1",
                                      "1:",
                                      ":1",
                                      "1:1",
                                      "2:1",
                                      "1:2:3",
                                      "1,",
                                      ",1",
                                      "1,,2",
                                      "+1",
                                      "4294967296",
                                      "1:4294967296",
                                      "1.5",
                                      "0x1",
                                      "1;2",
                                      "1:b",
                                      "99999999999999999999999999",
                                      "[0]"};

    for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
        if (!osm_index_range_check(good[i], strlen(good[i])))
            fail_msg("\"%s\" is an index range", good[i]);
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        if (osm_index_range_check(bad[i], strlen(bad[i])))
            fail_msg("\"%s\" is no index range", bad[i]);
    assert_false(osm_index_range_check("1:2\0", 4));
    assert_true(osm_index_range_check("1:23", 3)); /* the length counts */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_ranges)};

    return cmocka_run_group_tests_name("index_range", tests, NULL, NULL);
}
