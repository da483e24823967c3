/* SPDX-License-Identifier: MIT */
#ifndef OSM_TESTING_TESTING_VALUE_H
#define OSM_TESTING_TESTING_VALUE_H
/* Tables of values to read, for the tests of the plain decoder. */
#include "testing/testing_wire.h"

#include "wire/plain/plain_decode.h"

extern struct osm_arena test_value_arena;

/*
 * Reads json as builtin type (0: as a Variant object); expected is the plain Variant that comes
 * out, or "<fault>: <message>". Single quotes stand for double ones.
 */
struct test_value_case {
    uint32_t type;
    const char *json;
    const char *expected;
};

#define IS(type_value) "{" type_value ",'dimensions':null}"
#define ENCODING "EncodingException: write: params[1]: cannot encode "

void test_value_check(const struct test_value_case *value_case);

#define TABLE_TEST(table)                                                                          \
    static void test_##table(void **state)                                                         \
    {                                                                                              \
        for (size_t i = 0; i < OSM_ARRAY_SIZE(table); i++)                                         \
            test_value_check(&table[i]);                                                           \
    }

int test_value_release(void **state);

#endif
