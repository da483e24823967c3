/* SPDX-License-Identifier: MIT */
/* `[<ns>:]name`, the one grammar of paths, event fields and values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "util/macros.h"
#include "wire/text/qualified_name.h"

static void test_names(void **state)
{
    static const struct {
        const char *text;
        uint16_t index;
        const char *name;
    } cases[] = {
        {"", 0, ""},
        {"Plant", 0, "Plant"},
        {"2:Plant", 2, "Plant"},
        {"2:", 2, ""},
        {"2:a:b", 2, "a:b"},
        {"0:x", 0, "x"},
        {"00000000000000000002:x", 2, "x"},
        {"65535:x", 65535, "x"},
        {"65536:x", 0, "65536:x"},
        {"65538:Plant", 0, "65538:Plant"},
        {"4294967298:x", 0, "4294967298:x"},
        {"18446744073709551618:x", 0, "18446744073709551618:x"},
        {":x", 0, ":x"},
        {"-1:x", 0, "-1:x"},
        {"+1:x", 0, "+1:x"},
        {" 1:x", 0, " 1:x"},
        {"1 :x", 0, "1 :x"},
        {"0x2:x", 0, "0x2:x"},
        {"a:x", 0, "a:x"},
        {"12", 0, "12"},
    };

    for (size_t i = 0; i < OSM_ARRAY_SIZE(cases); i++) {
        UA_QualifiedName got = osm_qualified_name_parse(cases[i].text, strlen(cases[i].text));

        assert_int_equal(got.namespaceIndex, cases[i].index);
        assert_int_equal(got.name.length, strlen(cases[i].name));
        assert_memory_equal(got.name.data, cases[i].name, got.name.length);
    }
}

/* The text ends where its length says. */
static void test_length(void **state)
{
    uint16_t index = 77;

    assert_int_equal(osm_qualified_name_prefix("2:x", 1, &index), 0);
    assert_int_equal(index, 77);
    assert_int_equal(osm_qualified_name_prefix("2:x", 2, &index), 2);
    assert_int_equal(index, 2);
    assert_int_equal(osm_qualified_name_prefix("12:x", 4, &index), 3);
    assert_int_equal(index, 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_length),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
