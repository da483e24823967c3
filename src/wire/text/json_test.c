/* SPDX-License-Identifier: MIT */
/* The JSON writer: numbers to the last bit, strings to the last byte. */
#include "testing/testing_wire.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

static struct test_out out;

static void test_structure_places_its_commas(void **state)
{
    struct osm_json *json = test_out_begin(&out);

    osm_json_object_begin(json);
    osm_json_key(json, "a");
    osm_json_array_begin(json);
    osm_json_array_end(json);
    osm_json_key(json, "b");
    osm_json_array_begin(json);
    osm_json_null(json);
    osm_json_bool(json, true);
    osm_json_object_begin(json);
    osm_json_object_end(json);
    osm_json_bool(json, false);
    osm_json_array_end(json);
    osm_json_key_text(json, "c\"\n", 3);
    osm_json_raw(json, "1", 1);
    osm_json_object_end(json);
    test_out_is(&out, "{'a':[],'b':[null,true,{},false],'c\\'\\n':1}");
}

static void test_integers(void **state)
{
    struct osm_json *json = test_out_begin(&out);

    osm_json_array_begin(json);
    osm_json_int(json, INT64_MIN);
    osm_json_int(json, -1);
    osm_json_int(json, 0);
    osm_json_int(json, 9);
    osm_json_int(json, 10);
    osm_json_int(json, -100);
    osm_json_int(json, INT64_MAX);
    osm_json_uint(json, UINT64_MAX);
    osm_json_array_end(json);
    test_out_is(&out, "[-9223372036854775808,-1,0,9,10,-100,9223372036854775807,"
                      "18446744073709551615]");
}

static void test_integers_around_powers_of_ten(void **state)
{
    for (uint64_t power = 1;; power *= 10) {
        for (uint64_t value = power - 1; value <= power + 1; value++) {
            char text[32];

            osm_json_uint(test_out_begin(&out), value);
            (void)snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
            test_out_is(&out, text);
        }
        if (power == 10000000000000000000u)
            break;
    }
}

static void test_integers_agree_with_printf(void **state)
{
    uint64_t seed = 1;

    for (int i = 0; i < 100000; i++) {
        int64_t value = (int64_t)test_random(&seed) >> (i % 64);
        char text[32];

        osm_json_int(test_out_begin(&out), value);
        (void)snprintf(text, sizeof(text), "%lld", (long long)value);
        assert_string_equal(osm_buf_text(&out.buf), text);
    }
}

static const struct {
    double value;
    const char *text;
} doubles[] = {
    {0.0, "0.0"},
    {-0.0, "-0.0"},
    {1, "1.0"},
    {-7, "-7.0"},
    {0.1, "0.1"},
    {-2.5, "-2.5"},
    {1e15, "1000000000000000.0"},
    {9007199254740991.0, "9007199254740991.0"},
    {9007199254740992.0, "9007199254740992.0"},
    {1e17, "100000000000000000.0"},
    {1e25, "1e25"},
    {1.5e-7, "1.5e-7"},
    {DBL_TRUE_MIN, "5e-324"},
    {DBL_MIN, "2.2250738585072014e-308"},
    {DBL_MAX, "1.7976931348623157e308"},
    {-DBL_MAX, "-1.7976931348623157e308"},
    {0.1f, "0.10000000149011612"},
    {3.14f, "3.140000104904175"},
    {FLT_MAX, "3.4028234663852886e38"},
    {FLT_TRUE_MIN, "1.401298464324817e-45"},
    {NAN, "\"NaN\""},
    {INFINITY, "\"Infinity\""},
    {-INFINITY, "\"-Infinity\""},
};

static void test_doubles(void **state)
{
    for (size_t i = 0; i < OSM_ARRAY_SIZE(doubles); i++) {
        osm_json_double(test_out_begin(&out), doubles[i].value);
        assert_string_equal(osm_buf_text(&out.buf), doubles[i].text);
    }
}

/* Every bit pattern comes back, and no text has more digits than it needs. */
static void test_doubles_round_trip(void **state)
{
    uint64_t seed = 2;

    for (int i = 0; i < 200000; i++) {
        uint64_t bits = test_random(&seed);
        double value, back;
        char text[40];

        memcpy(&value, &bits, sizeof(value));
        if (i % 3 == 1)
            value = (double)(int64_t)bits / 1000;
        if (!isfinite(value))
            continue;
        osm_json_double(test_out_begin(&out), value);
        back = strtod(osm_buf_text(&out.buf), NULL);
        assert_memory_equal(&back, &value, sizeof(value));
        assert_non_null(strpbrk(out.buf.data, ".e")); /* a float, to every reader (T8) */
        (void)snprintf(text, sizeof(text), "%.15g", value);
        if (strtod(text, NULL) == value) {
            size_t digits = 0;

            for (const char *at = out.buf.data; *at && *at != 'e'; at++)
                digits += *at >= '1' && *at <= '9';
            assert_true(digits <= 15);
        }
    }
}

static void test_times(void **state)
{
    struct osm_json *json = test_out_begin(&out);

    osm_json_array_begin(json);
    osm_json_time(json, 1795451321.738186);
    osm_json_time(json, 1795451321);
    osm_json_time(json, 0);
    osm_json_time(json, 0.000001);
    osm_json_time(json, -1.5);
    osm_json_time(json, 253402300799.999999);
    osm_json_time(json, NAN);
    osm_json_time(json, 1e300);
    osm_json_array_end(json);
    test_out_is(&out, "[1795451321.738186,1795451321.000000,0.000000,0.000001,-1.500000,"
                      "253402300800.000000,'NaN',1e300]");
}

static void test_times_keep_microseconds(void **state)
{
    uint64_t seed = 3;

    for (int i = 0; i < 10000; i++) {
        int64_t micros = INT64_C(1700000000000000) + (int64_t)(test_random(&seed) % 1000000000000);
        char text[40];

        osm_json_time(test_out_begin(&out), (double)micros / 1e6);
        (void)snprintf(text, sizeof(text), "%lld.%06lld", (long long)(micros / 1000000),
                       (long long)(micros % 1000000));
        assert_string_equal(osm_buf_text(&out.buf), text);
    }
}

static const struct {
    const char *text;
    const char *json;
} texts[] = {
    {"", "\"\""},
    {"plain", "\"plain\""},
    {"exactly 8", "\"exactly 8\""},
    {"a\"b\\c/d", "\"a\\\"b\\\\c/d\""},
    {"\b\t\n\f\r\x01\x1f\x7f", "\"\\b\\t\\n\\f\\r\\u0001\\u001f\x7f\""},
    {"0123456\"89abcdef\\", "\"0123456\\\"89abcdef\\\\\""},
    {"ä€😀", "\"ä€😀\""},
    {"longer ASCII text, then ä", "\"longer ASCII text, then ä\""},
    {"\xff", "\"\xEF\xBF\xBD\""},
    {"a\xC3", "\"a\xEF\xBF\xBD\""},
    {"\xC3(", "\"\xEF\xBF\xBD(\""},
    {"\xED\xA0\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""},
    {"\xE2\x80\xA8", "\"\xE2\x80\xA8\""},
};

static void test_texts(void **state)
{
    for (size_t i = 0; i < OSM_ARRAY_SIZE(texts); i++) {
        osm_json_cstring(test_out_begin(&out), texts[i].text);
        assert_string_equal(osm_buf_text(&out.buf), texts[i].json);
    }
    osm_json_text(test_out_begin(&out), "a\0b", 3);
    test_out_is(&out, "'a\\u0000b'");
    osm_json_text(test_out_begin(&out), NULL, 0);
    test_out_is(&out, "''");
}

/* Random bytes always give JSON; what is valid UTF-8 comes back as it was. */
static void test_texts_are_always_json(void **state)
{
    static const char alphabet[] =
        "a\"\\\n\x00\x1f\x7f\x80\xbf\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\xff";
    uint64_t seed = 4;

    for (int i = 0; i < 20000; i++) {
        char text[40];
        size_t length = test_random(&seed) % sizeof(text);
        yyjson_doc *doc;

        for (size_t k = 0; k < length; k++)
            text[k] = alphabet[test_random(&seed) % (sizeof(alphabet) - 1)];
        osm_json_text(test_out_begin(&out), text, length);
        doc = yyjson_read(out.buf.data, out.buf.length, YYJSON_READ_NOFLAG);
        assert_non_null(doc);
        yyjson_doc_free(doc);
    }
}

static void test_base64(void **state)
{
    osm_json_base64(test_out_begin(&out), "\xff\xfe", 2);
    test_out_is(&out, "'//4='");
    osm_json_base64(test_out_begin(&out), "", 0);
    test_out_is(&out, "''");
}

static void test_parsed_values_are_written_back(void **state)
{
    static const char *const values[] = {
        "null",
        "true",
        "-5",
        "18446744073709551615",
        "123456789012345678901234567890",
        "1e999",
        "0.25",
        "{'a':[1,{'b':[]},{}],'a':'x\\u0000y'}",
    };

    for (size_t i = 0; i < OSM_ARRAY_SIZE(values); i++) {
        yyjson_doc *doc = test_parse(values[i]);

        osm_json_value(test_out_begin(&out), yyjson_doc_get_root(doc));
        test_out_is(&out, values[i]);
        yyjson_doc_free(doc);
    }
}

static void test_depth_is_watched(void **state)
{
    struct osm_json *json = test_out_begin(&out);

    for (int i = 0; i < OSM_JSON_MAX_DEPTH; i++)
        osm_json_array_begin(json);
    assert_false(json->too_deep);
    osm_json_object_begin(json);
    assert_true(json->too_deep);
    osm_json_object_end(json);
    for (int i = 0; i < OSM_JSON_MAX_DEPTH; i++)
        osm_json_array_end(json);
    assert_true(json->too_deep);
    assert_int_equal(out.buf.length, 2 * OSM_JSON_MAX_DEPTH + 2);
}

static void test_last_of_repeated_keys_counts(void **state)
{
    yyjson_doc *doc = test_parse("{'a':1,'b':2,'a':3,'ab':4}");
    yyjson_val *root = yyjson_doc_get_root(doc);

    assert_int_equal(yyjson_get_int(osm_json_get(root, "a")), 3);
    assert_int_equal(yyjson_get_int(osm_json_get(root, "b")), 2);
    assert_null(osm_json_get(root, "c"));
    assert_null(osm_json_get(osm_json_get(root, "a"), "a"));
    assert_null(osm_json_get(NULL, "a"));
    yyjson_doc_free(doc);
}

static void test_all_at_once(void **state)
{
    static const char names[][OSM_JSON_NAME] = {"node", "nodeId", "no"};
    yyjson_doc *doc = test_parse("{'nodeId':1,'no':2,'n':3,'nodeIds':4}");
    yyjson_val *values[OSM_ARRAY_SIZE(names)] = {NULL}, *unknown;

    unknown = osm_json_find_all(yyjson_doc_get_root(doc), names, sizeof(*names),
                                OSM_ARRAY_SIZE(names), values);
    assert_null(values[0]); /* neither the beginning of a name nor one with more behind it */
    assert_int_equal(yyjson_get_int(values[1]), 1);
    assert_int_equal(yyjson_get_int(values[2]), 2);
    assert_string_equal(yyjson_get_str(unknown), "n");
    assert_null(osm_json_find_all(values[1], names, sizeof(*names), 1, values));
    assert_null(values[0]);
    yyjson_doc_free(doc);
}

/* Whether a key of that text is taken for that name. */
static bool is_taken_for(const char *key, size_t length, const char *name)
{
    char row[OSM_JSON_NAME] = {0};
    yyjson_mut_doc *built = yyjson_mut_doc_new(NULL);
    yyjson_mut_val *object = yyjson_mut_obj(built);
    yyjson_val *value = NULL;
    yyjson_doc *doc;

    memcpy(row, name, strlen(name));
    yyjson_mut_doc_set_root(built, object);
    assert_true(
        yyjson_mut_obj_add(object, yyjson_mut_strn(built, key, length), yyjson_mut_true(built)));
    doc = yyjson_mut_doc_imut_copy(built, NULL);
    (void)osm_json_find_all(yyjson_doc_get_root(doc), row, sizeof(row), 1, &value);
    yyjson_doc_free(doc);
    yyjson_mut_doc_free(built);
    return value;
}

/* Of every length a name may have, and with every byte of it changed. */
static void test_names_of_all_lengths(void **state)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    char longest[OSM_JSON_NAME] = {0};

    memcpy(longest, letters, sizeof(longest) - 1);
    for (size_t length = 1; length < OSM_JSON_NAME; length++) {
        char name[OSM_JSON_NAME] = {0}, key[OSM_JSON_NAME + 8] = {0};

        memcpy(name, letters, length);
        memcpy(key, letters, length);
        assert_true(is_taken_for(key, length, name));
        assert_false(is_taken_for(key, length - 1, name));
        assert_false(is_taken_for(key, length + 1, name)); /* "…\u0000" */
        assert_false(is_taken_for(letters, length + 1, name));
        for (size_t i = 0; i < length; i++) {
            key[i] = '\0';
            assert_false(is_taken_for(key, length, name));
            key[i] = 'A';
            assert_false(is_taken_for(key, length, name));
            key[i] = letters[i];
        }
    }
    assert_false(is_taken_for(letters, OSM_JSON_NAME, longest));
    assert_false(is_taken_for(letters, OSM_JSON_NAME + 2, longest));
}

static int release(void **state)
{
    osm_buf_deinit(&out.buf);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_structure_places_its_commas),
        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_integers_around_powers_of_ten),
        cmocka_unit_test(test_integers_agree_with_printf),
        cmocka_unit_test(test_doubles),
        cmocka_unit_test(test_doubles_round_trip),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_times_keep_microseconds),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_texts_are_always_json),
        cmocka_unit_test(test_base64),
        cmocka_unit_test(test_parsed_values_are_written_back),
        cmocka_unit_test(test_depth_is_watched),
        cmocka_unit_test(test_last_of_repeated_keys_counts),
        cmocka_unit_test(test_all_at_once),
        cmocka_unit_test(test_names_of_all_lengths),
    };

    return cmocka_run_group_tests(tests, NULL, release);
}
