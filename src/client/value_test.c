/* SPDX-License-Identifier: MIT */
/* Values of the library: made, copied, compared, read from JSON and printed. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/value_print.h"
#include "client/value_read.h"
#include "util/macros.h"
#include <opcua-session.h>

static struct opcua_error error;

static struct opcua_value parsed(enum opcua_type type, const char *json)
{
    struct opcua_value value;

    if (!opcua_value_from_json(&value, type, json, strlen(json), &error))
        fail_msg("%s: %s", json, error.message);
    return value;
}

static void refused(enum opcua_type type, const char *json, const char *why)
{
    struct opcua_value value;

    if (opcua_value_from_json(&value, type, json, strlen(json), &error))
        fail_msg("%s is taken", json);
    assert_non_null(strstr(error.message, why));
    assert_int_equal(error.source, OPCUA_SOURCE_HERE);
    assert_int_equal(value.length, 0);
}

/* What goes in comes out, also through a copy. */
static void test_json_both_ways(void **state)
{
    static const struct {
        enum opcua_type type;
        const char *json;
    } cases[] = {
        {OPCUA_TYPE_BOOLEAN, "true"},
        {OPCUA_TYPE_SBYTE, "-128"},
        {OPCUA_TYPE_BYTE, "255"},
        {OPCUA_TYPE_INT64, "-9223372036854775808"},
        {OPCUA_TYPE_UINT64, "18446744073709551615"},
        {OPCUA_TYPE_DOUBLE, "\"NaN\""},
        {OPCUA_TYPE_FLOAT, "\"-Infinity\""},
        {OPCUA_TYPE_DOUBLE, "0.1"},
        {OPCUA_TYPE_STRING, "\"\\u0000 \\\"x\\\"\""},
        {OPCUA_TYPE_STRING, "null"},
        {OPCUA_TYPE_DATETIME, "\"2026-01-31T12:00:00.123456Z\""},
        {OPCUA_TYPE_DATETIME, "null"},
        {OPCUA_TYPE_BYTESTRING, "\"/wA=\""},
        {OPCUA_TYPE_NODE_ID, "\"ns=2;s=Tank1\""},
        {OPCUA_TYPE_STATUS_CODE, "2150891520"},
        {OPCUA_TYPE_QUALIFIED_NAME, "{\"ns\":2,\"name\":\"Tank1\"}"},
        {OPCUA_TYPE_LOCALIZED_TEXT, "{\"locale\":\"de\",\"text\":null}"},
        {OPCUA_TYPE_INT32, "[]"},
        {OPCUA_TYPE_INT32, "[1,-2,3]"},
        {OPCUA_TYPE_INT32, "[[1,2,3],[4,5,6]]"},
        {OPCUA_TYPE_STRING, "[[[\"a\"],[null]],[[\"\"],[\"d\"]]]"},
        {OPCUA_TYPE_NULL, "{\"a\":1,\"b\":[true,\"x\",{\"c\":null}]}"},
        {OPCUA_TYPE_NULL, "[1.0,2.5]"},
    };

    for (size_t i = 0; i < OSM_ARRAY_SIZE(cases); i++) {
        struct opcua_value value = parsed(cases[i].type, cases[i].json), copy;
        char *json;

        opcua_value_copy(&copy, &value);
        assert_true(opcua_value_equal(&copy, &value));
        opcua_value_clear(&value);
        json = opcua_value_to_json(&copy);
        assert_string_equal(json, cases[i].json);
        free(json);
        opcua_value_clear(&copy);
    }
}

static void test_what_does_not_fit(void **state)
{
    refused(OPCUA_TYPE_BYTE, "256", "beyond the range");
    refused(OPCUA_TYPE_SBYTE, "-129", "beyond the range");
    refused(OPCUA_TYPE_UINT32, "-1", "beyond the range");
    refused(OPCUA_TYPE_INT64, "9223372036854775808", "beyond the range");
    refused(OPCUA_TYPE_FLOAT, "1e39", "beyond the range");
    refused(OPCUA_TYPE_INT32, "1.5", "an integer is due");
    refused(OPCUA_TYPE_BOOLEAN, "1", "true or false");
    refused(OPCUA_TYPE_STRING, "1", "a text");
    refused(OPCUA_TYPE_DATETIME, "\"soon\"", "a time");
    refused(OPCUA_TYPE_BYTESTRING, "\"?\"", "base64");
    refused(OPCUA_TYPE_INT32, "[[1,2],[3]]", "different lengths");
    refused(OPCUA_TYPE_INT32, "[[1,2],3]", "different lengths");
    refused(OPCUA_TYPE_INT32, "[[1],[[2]]]", "an integer is due");
    refused(OPCUA_TYPE_DOUBLE, "{", "no JSON");
    refused(OPCUA_TYPE_QUALIFIED_NAME, "{\"ns\":65536,\"name\":\"x\"}", "QualifiedName");
}

/* Deep lists must not cost the stack, and a few bytes must not cost much memory. */
static void test_depth(void **state)
{
    char deep[2001];

    memset(deep, '[', 1000);
    memset(deep + 1000, ']', 1000);
    deep[2000] = '\0';
    refused(OPCUA_TYPE_NULL, deep, "");
    refused(OPCUA_TYPE_VARIANT, deep, "");
}

static void test_short_forms(void **state)
{
    struct opcua_value value;
    int64_t integer;
    double number;
    bool boolean;

    assert_true(opcua_value_init_number(&value, OPCUA_TYPE_UINT64, 0x1p63));
    assert_int_equal(value.items[0].count, UINT64_C(1) << 63);
    assert_false(opcua_value_to_int64(&value, &integer));
    assert_true(opcua_value_to_double(&value, &number));
    opcua_value_clear(&value);
    assert_true(opcua_value_init_integer(&value, OPCUA_TYPE_INT64, INT64_MAX));
    assert_false(opcua_value_to_double(&value, &number)); /* 2^63-1 is no double */
    assert_false(opcua_value_to_boolean(&value, &boolean));
    assert_null(opcua_value_to_text(&value));
    opcua_value_clear(&value);
    assert_false(opcua_value_init_integer(&value, OPCUA_TYPE_UINT16, -1));
    assert_false(opcua_value_init_integer(&value, OPCUA_TYPE_UINT16, 65536));
    assert_false(opcua_value_init_integer(&value, OPCUA_TYPE_STRING, 1));
    assert_false(opcua_value_init_number(&value, OPCUA_TYPE_INT32, 0.5));
    assert_false(opcua_value_init_number(&value, OPCUA_TYPE_INT32, NAN));
    assert_false(opcua_value_init_number(&value, OPCUA_TYPE_FLOAT, 1e39));
    assert_false(opcua_value_init_text(&value, OPCUA_TYPE_INT32, "1", 1));
    value = parsed(OPCUA_TYPE_DOUBLE, "[1.0]");
    assert_false(opcua_value_to_double(&value, &number)); /* an array is no scalar */
    opcua_value_clear(&value);
    value = parsed(OPCUA_TYPE_DOUBLE, "-2.0");
    assert_true(opcua_value_to_int64(&value, &integer));
    assert_int_equal(integer, -2);
    opcua_value_clear(&value);
}

static void test_dimensions(void **state)
{
    struct opcua_value value;

    opcua_value_init_array(&value, OPCUA_TYPE_INT32, 6);
    assert_false(opcua_value_set_dimensions(&value, (uint32_t[]){2, 2}, 2));
    assert_false(opcua_value_set_dimensions(&value, (uint32_t[]){65536, 65536, 65536}, 3));
    assert_true(opcua_value_set_dimensions(&value, (uint32_t[]){3, 2}, 2));
    assert_true(opcua_value_set_dimensions(&value, (uint32_t[]){2, 3}, 2));
    assert_int_equal(value.dimensions[1], 3);
    opcua_value_clear(&value);
    opcua_value_clear(&value);
}

static void test_members(void **state)
{
    struct opcua_value value = parsed(OPCUA_TYPE_NULL, "{\"Low\":1,\"High\":{\"x\":\"y\"}}");
    const struct opcua_value *high = opcua_value_member(&value, "High");

    assert_non_null(high);
    assert_string_equal(opcua_value_to_text(opcua_value_member(high, "x")), "y");
    assert_null(opcua_value_member(&value, "low"));
    assert_null(opcua_value_member(NULL, "Low"));
    opcua_value_clear(&value);
}

/* Differences in every kind of item are seen. */
static void test_unequal(void **state)
{
    static const struct {
        enum opcua_type type;
        const char *one, *other;
    } pairs[] = {
        {OPCUA_TYPE_BOOLEAN, "true", "false"},
        {OPCUA_TYPE_INT32, "1", "2"},
        {OPCUA_TYPE_INT32, "[1]", "1"},
        {OPCUA_TYPE_INT32, "[1,2]", "[1]"},
        {OPCUA_TYPE_INT32, "[[1,2]]", "[[1],[2]]"},
        {OPCUA_TYPE_BYTE, "1", "2"},
        {OPCUA_TYPE_DOUBLE, "\"NaN\"", "0.0"},
        {OPCUA_TYPE_STRING, "null", "\"\""},
        {OPCUA_TYPE_STRING, "\"a\\u0000b\"", "\"a\\u0000c\""},
        {OPCUA_TYPE_DATETIME, "null", "\"2026-01-31T12:00:00Z\""},
        {OPCUA_TYPE_QUALIFIED_NAME, "{\"ns\":1,\"name\":\"x\"}", "{\"ns\":2,\"name\":\"x\"}"},
        {OPCUA_TYPE_LOCALIZED_TEXT, "{\"locale\":\"a\",\"text\":\"x\"}",
         "{\"locale\":\"b\",\"text\":\"x\"}"},
        {OPCUA_TYPE_NULL, "{\"a\":1}", "{\"b\":1}"},
        {OPCUA_TYPE_NULL, "{\"a\":1}", "{\"a\":2}"},
        {OPCUA_TYPE_NULL, "[1,\"x\"]", "[1,\"y\"]"},
    };

    for (size_t i = 0; i < OSM_ARRAY_SIZE(pairs); i++) {
        struct opcua_value one = parsed(pairs[i].type, pairs[i].one);
        struct opcua_value other = parsed(pairs[i].type, pairs[i].other);

        if (opcua_value_equal(&one, &other))
            fail_msg("%s equals %s", pairs[i].one, pairs[i].other);
        opcua_value_clear(&one);
        opcua_value_clear(&other);
    }
}

/* The plain form of the contract (types.md §2): bytes say whether they are base64. */
static void test_data_value(void **state)
{
    static const char json[] =
        "{\"value\":[\"/wA=\"],\"type\":15,\"dimensions\":null,\"statusCode\":1083179008,"
        "\"sourceTimestamp\":\"2026-05-15T10:30:00+00:00\",\"serverTimestamp\":null,\"base64\":"
        "true}";
    yyjson_doc *doc = yyjson_read(json, strlen(json), 0);
    struct osm_value_reader reader = {0};
    struct opcua_data_value value;
    char *text;

    assert_true(osm_value_read_data_value(&reader, yyjson_doc_get_root(doc), &value));
    assert_int_equal(value.value.items[0].text.length, 2);
    assert_int_equal(value.status, 0x40900000);
    text = opcua_data_value_to_json(&value);
    assert_string_equal(
        text, "{\"type\":\"ByteString\",\"value\":[\"/wA=\"],\"status\":1083179008,"
              "\"sourceTimestamp\":\"2026-05-15T10:30:00.000000Z\",\"serverTimestamp\":null}");
    free(text);
    opcua_data_value_clear(&value);
    yyjson_doc_free(doc);
}

static void test_node_ids(void **state)
{
    static const char *const cases[][2] = {
        {"{\"ns\":0,\"id\":85,\"type\":\"numeric\"}", "i=85"},
        {"{\"ns\":2,\"id\":\"a;b\",\"type\":\"string\"}", "ns=2;s=a;b"},
        {"{\"ns\":1,\"id\":\"ff00\",\"type\":\"opaque\"}", "ns=1;b=ff00"},
        {"{\"ns\":0,\"id\":\"x\",\"type\":\"numeric\"}", NULL},
        {"{\"ns\":65536,\"id\":1,\"type\":\"numeric\"}", NULL},
        {"{\"ns\":0,\"id\":1,\"type\":\"other\"}", NULL},
        {"[]", NULL},
    };

    for (size_t i = 0; i < OSM_ARRAY_SIZE(cases); i++) {
        yyjson_doc *doc = yyjson_read(cases[i][0], strlen(cases[i][0]), 0);
        char *text = osm_value_read_node_id(yyjson_doc_get_root(doc));

        if (cases[i][1])
            assert_string_equal(text, cases[i][1]);
        else
            assert_null(text);
        free(text);
        yyjson_doc_free(doc);
    }
}

static void test_times(void **state)
{
    char text[OPCUA_TIME_TEXT];
    int64_t time;

    assert_true(opcua_time_from_text("@1700000000.5", &time));
    assert_float_equal(opcua_time_to_unix(time), 1700000000.5, 1e-6);
    assert_int_equal(opcua_time_from_unix(1700000000.5), time);
    opcua_time_to_text(time, text);
    assert_string_equal(text, "2023-11-14T22:13:20.500000Z");
    opcua_time_to_text(0, text);
    assert_string_equal(text, "");
    assert_false(opcua_time_from_text("whenever", &time));
    assert_false(opcua_time_from_text(NULL, &time));
}

static void test_names(void **state)
{
    assert_int_equal(opcua_type_find("double"), OPCUA_TYPE_DOUBLE);
    assert_int_equal(opcua_type_find("Complex"), OPCUA_TYPE_NULL);
    assert_string_equal(opcua_type_name(OPCUA_TYPE_STRUCTURE), "ExtensionObject");
    assert_null(opcua_type_name((enum opcua_type)26));
    assert_string_equal(opcua_status_name(0x80340000u), "BadNodeIdUnknown");
    assert_null(opcua_status_name(0x8FFF0000u));
    assert_string_equal(opcua_source_name(OPCUA_SOURCE_DAEMON), "daemon");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json_both_ways), cmocka_unit_test(test_what_does_not_fit),
        cmocka_unit_test(test_depth),          cmocka_unit_test(test_short_forms),
        cmocka_unit_test(test_dimensions),     cmocka_unit_test(test_members),
        cmocka_unit_test(test_unequal),        cmocka_unit_test(test_data_value),
        cmocka_unit_test(test_node_ids),       cmocka_unit_test(test_times),
        cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
