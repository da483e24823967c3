/* SPDX-License-Identifier: MIT */
/* PHP's casts, each line as PHP 8.2 answers it (ipc-protocol.md §4). */
#include "testing/testing_wire.h"

#include <math.h>

#include "wire/text/cast.h"
#include "wire/text/cast_text.h"

static const struct {
    const char *json;
    bool as_bool;
    int64_t as_int;
    double as_float;
    const char *as_text;
} casts[] = {
    {"null", false, 0, 0, ""},
    {"true", true, 1, 1, "1"},
    {"false", false, 0, 0, ""},
    {"0", false, 0, 0, "0"},
    {"-5", true, -5, -5, "-5"},
    {"9223372036854775807", true, INT64_MAX, 0x1p63, "9223372036854775807"},
    {"-9223372036854775808", true, INT64_MIN, -0x1p63, "-9223372036854775808"},
    {"9223372036854775808", true, INT64_MIN, 0x1p63, "9.2233720368548E+18"},
    {"18446744073709551615", true, 0, 0x1p64, "1.844674407371E+19"},
    {"123456789012345678901234567890", true, INT64_C(-4362897323387256832),
     123456789012345678901234567890.0, "1.2345678901235E+29"},
    {"1e999", true, 0, INFINITY, "INF"},
    {"-1e999", true, 0, -INFINITY, "-INF"},
    {"0.0", false, 0, 0, "0"},
    {"-0.0", false, 0, -0.0, "-0"},
    {"1.0", true, 1, 1, "1"},
    {"1.9", true, 1, 1.9, "1.9"},
    {"-1.9", true, -1, -1.9, "-1.9"},
    {"1e19", true, -8446744073709551616.0, 1e19, "1.0E+19"},
    {"-1e19", true, 8446744073709551616.0, -1e19, "-1.0E+19"},
    {"1e300", true, 0, 1e300, "1.0E+300"},
    {"0.1", true, 0, 0.1, "0.1"},
    {"0.3333333333333333", true, 0, 0.3333333333333333, "0.33333333333333"},
    {"1e14", true, 100000000000000, 1e14, "1.0E+14"},
    {"99999999999999.0", true, 99999999999999, 99999999999999.0, "99999999999999"},
    {"0.0001", true, 0, 0.0001, "0.0001"},
    {"0.00001234", true, 0, 0.00001234, "1.234E-5"},
    {"-1.5e-7", true, 0, -1.5e-7, "-1.5E-7"},
    {"''", false, 0, 0, ""},
    {"'0'", false, 0, 0, "0"},
    {"'0.0'", true, 0, 0, "0.0"},
    {"'1'", true, 1, 1, "1"},
    {"'00'", true, 0, 0, "00"},
    {"'9007199254740993'", true, 9007199254740993, 9007199254740992.0, "9007199254740993"},
    {"'+9007199254740993'", true, 9007199254740993, 9007199254740992.0, "+9007199254740993"},
    {"'1e+3'", true, 1000, 1000, "1e+3"},
    {"'25e-1'", true, 2, 2.5, "25e-1"},
    {"' '", true, 0, 0, " "},
    {"'false'", true, 0, 0, "false"},
    {"'5x'", true, 5, 5, "5x"},
    {"'abc'", true, 0, 0, "abc"},
    {"' 12'", true, 12, 12, " 12"},
    {"'\\n\\u000b\\f\\r\\t 7'", true, 7, 7, "\n\v\f\r\t 7"},
    {"'1e3'", true, 1000, 1000, "1e3"},
    {"'1e3x'", true, 1000, 1000, "1e3x"},
    {"'1e'", true, 1, 1, "1e"},
    {"'1e+'", true, 1, 1, "1e+"},
    {"'.5'", true, 0, 0.5, ".5"},
    {"'1.'", true, 1, 1, "1."},
    {"'.'", true, 0, 0, "."},
    {"'-'", true, 0, 0, "-"},
    {"'--5'", true, 0, 0, "--5"},
    {"'+5'", true, 5, 5, "+5"},
    {"'-1.9'", true, -1, -1.9, "-1.9"},
    {"'  -3.7e1abc'", true, -37, -37, "  -3.7e1abc"},
    {"'0x1A'", true, 0, 0, "0x1A"},
    {"'inf'", true, 0, 0, "inf"},
    {"'nan'", true, 0, 0, "nan"},
    {"'9223372036854775808'", true, INT64_MAX, 0x1p63, "9223372036854775808"},
    {"'-9999999999999999999'", true, INT64_MIN, -1e19, "-9999999999999999999"},
    {"'1e19'", true, INT64_MAX, 1e19, "1e19"},
    {"'1e400'", true, 0, INFINITY, "1e400"},
    {"[]", false, 0, 0, "Array"},
    {"{}", false, 0, 0, "Array"},
    {"[0]", true, 1, 1, "Array"},
    {"{'a':null}", true, 1, 1, "Array"},
};

static void check_cast(size_t i, yyjson_val *value, struct osm_arena *arena)
{
    double real = osm_cast_float(value);
    const char *text = osm_cast_text(value, arena, NULL);

    if (osm_cast_bool(value) != casts[i].as_bool || osm_cast_int(value) != casts[i].as_int ||
        real != casts[i].as_float || signbit(real) != signbit(casts[i].as_float) ||
        strcmp(text, casts[i].as_text) != 0)
        fail_msg("%s: bool %d int %lld float %g text %s", casts[i].json, osm_cast_bool(value),
                 (long long)osm_cast_int(value), real, text);
}

static void test_casts(void **state)
{
    struct osm_arena arena;

    osm_arena_init(&arena);
    for (size_t i = 0; i < OSM_ARRAY_SIZE(casts); i++) {
        yyjson_doc *doc = test_parse(casts[i].json);

        check_cast(i, yyjson_doc_get_root(doc), &arena);
        yyjson_doc_free(doc);
    }
    check_cast(0, NULL, &arena); /* absent is null */
    osm_arena_deinit(&arena);
}

static void test_texts_know_their_length(void **state)
{
    yyjson_doc *doc = test_parse("['a\\u0000b',12]");
    struct osm_arena arena;
    size_t length;

    osm_arena_init(&arena);
    assert_memory_equal(osm_cast_text(yyjson_arr_get(yyjson_doc_get_root(doc), 0), &arena, &length),
                        "a\0b", 4);
    assert_int_equal(length, 3);
    osm_cast_text(yyjson_arr_get(yyjson_doc_get_root(doc), 1), &arena, &length);
    assert_int_equal(length, 2);
    osm_arena_deinit(&arena);
    yyjson_doc_free(doc);
}

static const struct {
    const char *json;
    bool integral;
    uint64_t bits;
    bool negative;
} integers[] = {
    {"0", true, 0, false},
    {"18446744073709551615", true, UINT64_MAX, false},
    {"18446744073709551616", false, 0, false},
    {"-9223372036854775808", true, (uint64_t)INT64_MIN, true},
    {"-9223372036854775809", false, 0, false},
    {"-1", true, UINT64_MAX, true},
    {"1.0", true, 1, false},
    {"-0.0", true, 0, false},
    {"1e3", true, 1000, false},
    {"-1e3", true, (uint64_t)-1000, true},
    {"1e19", true, UINT64_C(10000000000000000000), false},
    {"1e20", false, 0, false},
    {"0.5", false, 0, false},
    {"1e999", false, 0, false},
    {"true", false, 0, false},
    {"'1'", false, 0, false},
    {"null", false, 0, false},
};

static void test_integral_numbers_are_exact(void **state)
{
    for (size_t i = 0; i < OSM_ARRAY_SIZE(integers); i++) {
        yyjson_doc *doc = test_parse(integers[i].json);
        uint64_t bits = 0;
        bool negative = false;

        if (osm_cast_number_integer(yyjson_doc_get_root(doc), &bits, &negative) !=
            integers[i].integral)
            fail_msg("%s", integers[i].json);
        if (integers[i].integral) {
            assert_int_equal(bits, integers[i].bits);
            assert_int_equal(negative, integers[i].negative);
        }
        yyjson_doc_free(doc);
    }
}

static void test_numeric_texts(void **state)
{
    static const char *const good[] = {"1", " 1", "1 ", "-1.5e3", "+.5", "1.", "1e5\n"};
    static const char *const bad[] = {"", " ", "1x", "0x1", "e5", "1 2", "inf", "nan", ".", "-"};
    double value;

    for (size_t i = 0; i < OSM_ARRAY_SIZE(good); i++)
        assert_true(osm_text_is_numeric(good[i], strlen(good[i]), &value));
    for (size_t i = 0; i < OSM_ARRAY_SIZE(bad); i++)
        assert_false(osm_text_is_numeric(bad[i], strlen(bad[i]), &value));
    assert_true(osm_text_is_numeric(" -1.5e3 ", 8, &value));
    assert_true(value == -1500);
}

/* A text ends where its length says. */
static void test_lengths_of_number_texts(void **state)
{
    static const struct {
        const char *text;
        size_t length;
        double value;
    } cases[] = {{"12", 1, 1},   {"1.5", 1, 1},   {"1.5", 2, 1},   {"1e5", 1, 1}, {"1e5", 2, 1},
                 {"1e+5", 3, 1}, {"1e15", 3, 10}, {"-5", 1, 0},    {" 5", 1, 0},  {"5", 0, 0},
                 {".5", 1, 0},   {"  7", 3, 7},   {"1.25", 3, 1.2}};
    double value;

    for (size_t i = 0; i < OSM_ARRAY_SIZE(cases); i++)
        if (osm_text_leading_double(cases[i].text, cases[i].length) != cases[i].value)
            fail_msg("%.*s", (int)cases[i].length, cases[i].text);
    assert_int_equal(osm_text_leading_int("15", 1), 1);
    assert_int_equal(osm_text_leading_int("-15", 2), -1);
    assert_true(osm_text_is_numeric("1 x", 2, &value));
    assert_true(osm_text_is_numeric("1x", 1, &value));
}

static void test_integer_texts(void **state)
{
    static const struct {
        const char *text;
        bool good;
        uint64_t bits;
        bool negative;
    } cases[] = {
        {"0", true, 0, false},
        {"-0", true, 0, false},
        {"-1", true, UINT64_MAX, true},
        {"9223372036854775809", true, UINT64_C(9223372036854775809), false},
        {"18446744073709551615", true, UINT64_MAX, false},
        {"18446744073709551616", false, 0, false},
        {"99999999999999999999999", false, 0, false},
        {"-9223372036854775808", true, UINT64_C(1) << 63, true},
        {"-9223372036854775809", false, 0, false},
        {"", false, 0, false},
        {"-", false, 0, false},
        {"+1", false, 0, false},
        {"1 ", false, 0, false},
        {"1/", false, 0, false},
        {"1:", false, 0, false},
    };

    for (size_t i = 0; i < OSM_ARRAY_SIZE(cases); i++) {
        uint64_t bits = 0;
        bool negative = false;

        if (osm_text_integer(cases[i].text, strlen(cases[i].text), &bits, &negative) !=
            cases[i].good)
            fail_msg("%s", cases[i].text);
        if (cases[i].good && (bits != cases[i].bits || negative != cases[i].negative))
            fail_msg("%s became %llu", cases[i].text, (unsigned long long)bits);
    }
}

static void test_long_number_texts(void **state)
{
    char text[1000];

    memset(text, '0', sizeof(text));
    memcpy(text, "1.", 2);
    text[999] = '9';
    assert_true(osm_text_double(text, sizeof(text)) == 1);
    assert_true(osm_text_leading_double(text, sizeof(text)) == 1);
    for (size_t length = 120; length < 140; length++) /* around what lies on the stack */
        assert_true(osm_text_double(text, length) == 1);
}

/* The elements' numbers, in order. */
static void list_is(const char *json, const char *expected)
{
    yyjson_doc *doc = test_parse(json);
    struct osm_list list;
    char text[64] = "";
    yyjson_val *item;
    size_t count = 0;

    assert_true(osm_cast_list(yyjson_doc_get_root(doc), &list));
    while ((item = osm_cast_list_next(&list))) {
        text[count++] = (char)('0' + yyjson_get_int(item));
        assert_true(count < sizeof(text));
    }
    assert_int_equal(count, list.size);
    assert_string_equal(text, expected);
    yyjson_doc_free(doc);
}

static void test_lists(void **state)
{
    list_is("[]", "");
    list_is("{}", "");
    list_is("[1,2,3]", "123");
    list_is("{'0':1,'5':2,'10':3}", "123");
    list_is("{'b':1,'a':2}", "12");
    list_is("{'a':1,'b':2,'a':3}", "32");
    list_is("{'a':1,'a':2,'a':3}", "3");
    list_is("{'':1,'a':2,'':3}", "32");
}

static void test_what_is_no_list(void **state)
{
    static const char *const values[] = {"null", "1", "'[]'", "true", "1e999"};
    struct osm_list list;

    for (size_t i = 0; i < OSM_ARRAY_SIZE(values); i++) {
        yyjson_doc *doc = test_parse(values[i]);

        assert_false(osm_cast_list(yyjson_doc_get_root(doc), &list));
        yyjson_doc_free(doc);
    }
    assert_false(osm_cast_list(NULL, &list));
}

/* An object of n members; from `wrap` on the keys start again. */
static yyjson_doc *big_object(size_t n, size_t wrap, bool descending)
{
    struct test_out out = {0};
    struct osm_json *json = test_out_begin(&out);
    yyjson_doc *doc;

    osm_json_object_begin(json);
    for (size_t i = 0; i < n; i++) {
        char key[24];

        (void)snprintf(key, sizeof(key), "%zu", descending ? n - i : i % wrap);
        osm_json_key(json, key);
        osm_json_int(json, 1);
    }
    osm_json_object_end(json);
    doc = yyjson_read(out.buf.data, out.buf.length, YYJSON_READ_NOFLAG);
    osm_buf_deinit(&out.buf);
    return doc;
}

static void test_big_objects_as_lists(void **state)
{
    static const struct {
        size_t n, wrap;
        bool descending, accepted;
    } objects[] = {{200000, 200000, false, true},
                   {200000, 200000, true, true},
                   {256, 200, false, true},
                   {257, 200, false, false},
                   {200000, 199999, false, false}};
    struct osm_list list;

    for (size_t i = 0; i < OSM_ARRAY_SIZE(objects); i++) {
        yyjson_doc *doc = big_object(objects[i].n, objects[i].wrap, objects[i].descending);

        assert_int_equal(osm_cast_list(yyjson_doc_get_root(doc), &list), objects[i].accepted);
        if (objects[i].accepted)
            assert_int_equal(list.size, OSM_MIN(objects[i].n, objects[i].wrap));
        yyjson_doc_free(doc);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_casts),
        cmocka_unit_test(test_texts_know_their_length),
        cmocka_unit_test(test_integral_numbers_are_exact),
        cmocka_unit_test(test_numeric_texts),
        cmocka_unit_test(test_lengths_of_number_texts),
        cmocka_unit_test(test_integer_texts),
        cmocka_unit_test(test_long_number_texts),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_what_is_no_list),
        cmocka_unit_test(test_big_objects_as_lists),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
