/* SPDX-License-Identifier: MIT */
/* Times: every accepted form, every edge of the calendar. */
#include "testing/testing_wire.h"

#include <math.h>

#include "wire/text/calendar.h"
#include "wire/text/time_text.h"

/* 2024-02-29T12:34:56.789012Z */
#define NOW 1709210096.789012
#define NOW_TICKS (OSM_EPOCH_TICKS + INT64_C(17092100967890120))

static const struct {
    const char *text;
    const char *printed; /* NULL: not a time; "": 0 ticks */
} texts[] = {
    {"2024-02-29T12:34:56+00:00", "2024-02-29T12:34:56+00:00"},
    {"2024-02-29T12:34:56Z", "2024-02-29T12:34:56+00:00"},
    {"2024-02-29t12:34:56z", "2024-02-29T12:34:56+00:00"},
    {"2024-02-29 12:34:56", "2024-02-29T12:34:56+00:00"},
    {"2024-02-29T12:34", "2024-02-29T12:34:00+00:00"},
    {"2024-02-29T12:34Z", "2024-02-29T12:34:00+00:00"},
    {"2024-02-29", "2024-02-29T00:00:00+00:00"},
    {"2024-02-29T12:34:56.789Z", "2024-02-29T12:34:56.789000+00:00"},
    {"2024-02-29T12:34:56.7", "2024-02-29T12:34:56.700000+00:00"},
    {"2024-02-29T12:34:56.123456789", "2024-02-29T12:34:56.123456+00:00"},
    {"2024-02-29T12:34:56.000000999", "2024-02-29T12:34:56+00:00"},
    {"2024-02-29T12:34:56+02:00", "2024-02-29T10:34:56+00:00"},
    {"2024-02-29T12:34:56+0230", "2024-02-29T10:04:56+00:00"},
    {"2024-02-29T12:34:56-05", "2024-02-29T17:34:56+00:00"},
    {"2024-02-29T12:34:56+23:59", "2024-02-28T12:35:56+00:00"},
    {"2024-03-01T00:30:00+01:00", "2024-02-29T23:30:00+00:00"},
    {"2023-12-31T23:30:00-01:00", "2024-01-01T00:30:00+00:00"},
    {"2024-02-29T24:00", "2024-03-01T00:00:00+00:00"},
    {"2024-12-31T23:59:60", "2025-01-01T00:00:00+00:00"},
    {"2024-02-30", "2024-03-01T00:00:00+00:00"},
    {"2023-02-31", "2023-03-03T00:00:00+00:00"},
    {"1970-01-01", "1970-01-01T00:00:00+00:00"},
    {"1969-12-31T23:59:59", "1969-12-31T23:59:59+00:00"},
    {"2038-01-19T03:14:08", "2038-01-19T03:14:08+00:00"},
    {"1601-01-01T00:00:01", "1601-01-01T00:00:01+00:00"},
    {"1601-01-01", ""},
    {"1600-12-31T23:59:59.9", ""},
    {"0001-01-01", ""},
    {"9999-12-31T23:59:59.5", "9999-12-31T23:59:59.500000+00:00"},
    {"9999-12-31T23:59:59-01:00", "9999-12-31T23:59:59+00:00"},
    {"1700-02-28T00:00:00", "1700-02-28T00:00:00+00:00"},
    {"1700-02-29", "1700-03-01T00:00:00+00:00"},
    {"2000-02-29", "2000-02-29T00:00:00+00:00"},
    {"@0", "1970-01-01T00:00:00+00:00"},
    {"@1709210096", "2024-02-29T12:34:56+00:00"},
    {"@1709210096.789", "2024-02-29T12:34:56.789000+00:00"},
    {"@-1", "1969-12-31T23:59:59+00:00"},
    {"@-1.5", "1969-12-31T23:59:58.500000+00:00"},
    {"@-11644473600", ""},
    {"@-99999999999999", ""},
    {"@253402300800", "9999-12-31T23:59:59+00:00"},
    {"now", "2024-02-29T12:34:56.789012+00:00"},
    {"NOW", "2024-02-29T12:34:56.789012+00:00"},
    {"-1 minute", "2024-02-29T12:33:56.789012+00:00"},
    {"+1 day", "2024-03-01T12:34:56.789012+00:00"},
    {"2 weeks", "2024-03-14T12:34:56.789012+00:00"},
    {"-3 hours", "2024-02-29T09:34:56.789012+00:00"},
    {"+10 sec", "2024-02-29T12:35:06.789012+00:00"},
    {"+10 secs", "2024-02-29T12:35:06.789012+00:00"},
    {"+10 seconds", "2024-02-29T12:35:06.789012+00:00"},
    {"+5 min", "2024-02-29T12:39:56.789012+00:00"},
    {"+5min", "2024-02-29T12:39:56.789012+00:00"},
    {"-1000 weeks", "2004-12-30T12:34:56.789012+00:00"},
    {"-99999 weeks", ""},
    /* no times */
    {"", NULL},
    {"garbage", NULL},
    {"1", NULL},
    {"Array", NULL},
    {"2024", NULL},
    {"2024-2-29", NULL},
    {"2024-02-29T", NULL},
    {"2024-02-29T12", NULL},
    {"2024-02-29T12:34:", NULL},
    {"2024-02-29T12:34:56.", NULL},
    {"2024-02-29T12:34:56.Z", NULL},
    {"2024-02-29T25:00", NULL},
    {"2024-02-29T24:00:01", NULL},
    {"2024-02-29T12:60", NULL},
    {"2024-02-29T12:34:61", NULL},
    {"2024-02-29T12:34:56+2", NULL},
    {"2024-02-29T12:34:56+02:", NULL},
    {"2024-02-29T12:34:56+24:00", NULL},
    {"2024-02-29T12:34:56+02:60", NULL},
    {"2024-02-29T12:34:56+02x00", NULL},
    {"2024-02-29T12:34:56+02000", NULL},
    {"2024-02-29T12:34:56+0a", NULL},
    {"2024-02-29T12:34:56+a0", NULL},
    {"2024-02-29T12:34:56 02:00", NULL},
    {"2024-02-29T12:34:56Zx", NULL},
    {"2024-02-29Z", NULL},
    {"2024-13-01", NULL},
    {"2024-00-01", NULL},
    {"2024-01-00", NULL},
    {"2024-01-32", NULL},
    {"02024-01-01", NULL},
    {" 2024-01-01", NULL},
    {"@", NULL},
    {"@x", NULL},
    {"@1.", NULL},
    {"@+1", NULL},
    {"@9223372036854775807", NULL},
    {"@99999999999999999999", NULL},
    {"@1000000000000", NULL},
    {"now ", NULL},
    {"-1", NULL},
    {"-1 month", NULL},
    {"- 1 day", NULL},
    {"1 s", NULL},
    {"+99999999999999 weeks", NULL},
    {"yesterday", NULL},
};

static void check_text(const char *text, const char *printed)
{
    UA_DateTime ticks = -1;
    char out[OSM_TIME_TEXT];
    size_t length;

    if (osm_time_parse(text, strlen(text), NOW, &ticks) != (printed != NULL))
        fail_msg("\"%s\"", text);
    if (!printed)
        return;
    if (!*printed) {
        assert_int_equal(ticks, 0);
        return;
    }
    length = osm_time_text(out, ticks, false);
    if (length != strlen(printed) || memcmp(out, printed, length) != 0)
        fail_msg("\"%s\" became %.*s", text, (int)length, out);
}

static void test_texts(void **state)
{
    for (size_t i = 0; i < OSM_ARRAY_SIZE(texts); i++)
        check_text(texts[i].text, texts[i].printed);
}

static void test_ticks_are_exact(void **state)
{
    UA_DateTime ticks;

    assert_true(osm_time_parse("2024-02-29T12:34:56.7890129", 27, 0, &ticks));
    assert_int_equal(ticks, NOW_TICKS + 9);
    assert_true(osm_time_parse("now", 3, NOW, &ticks));
    assert_int_equal(ticks, NOW_TICKS);
    assert_true(osm_time_parse("@-1.0000001", 11, 0, &ticks));
    assert_int_equal(ticks, OSM_EPOCH_TICKS - OSM_TICKS_PER_SECOND - 1);
    assert_true(osm_time_parse("1601-01-01T00:00:00.0000001", 27, 0, &ticks));
    assert_int_equal(ticks, 1);
}

static void test_instants_nobody_means(void **state)
{
    assert_int_equal(osm_time_from_epoch(0), OSM_EPOCH_TICKS);
    assert_int_equal(osm_time_from_epoch(NAN), 0);
    assert_int_equal(osm_time_from_epoch(INFINITY), 0);
    assert_int_equal(osm_time_from_epoch(1e12), 0);
    assert_int_equal(osm_time_from_epoch(-2e10), 0);
}

static void prints_as(UA_DateTime ticks, const char *plain, const char *micros)
{
    struct test_out out = {0};

    osm_time_print(test_out_begin(&out), ticks);
    test_out_is(&out, plain);
    osm_time_print_micros(test_out_begin(&out), ticks);
    test_out_is(&out, micros);
    osm_buf_deinit(&out.buf);
}

static void test_printing(void **state)
{
    prints_as(0, "null", "null");
    prints_as(-1, "null", "null");
    prints_as(INT64_MIN, "null", "null");
    prints_as(1, "'1601-01-01T00:00:00+00:00'", "'1601-01-01T00:00:00.000000+00:00'");
    prints_as(10, "'1601-01-01T00:00:00.000001+00:00'", "'1601-01-01T00:00:00.000001+00:00'");
    prints_as(NOW_TICKS + 9, "'2024-02-29T12:34:56.789012+00:00'",
              "'2024-02-29T12:34:56.789012+00:00'");
    prints_as(INT64_C(2650467743999999999), "'9999-12-31T23:59:59.999999+00:00'",
              "'9999-12-31T23:59:59.999999+00:00'");
    prints_as(INT64_C(2650467744000000000), "'9999-12-31T23:59:59+00:00'",
              "'9999-12-31T23:59:59.000000+00:00'");
    prints_as(INT64_MAX, "'9999-12-31T23:59:59+00:00'", "'9999-12-31T23:59:59.000000+00:00'");
}

/* Each day of the calendar, and random instants, come back. */
static void test_round_trip(void **state)
{
    char text[OSM_TIME_TEXT];
    uint64_t seed = 1;
    UA_DateTime back;

    for (int64_t day = 1; day < INT64_C(265046774400) / OSM_SECONDS_PER_DAY; day++) {
        UA_DateTime ticks = day * OSM_SECONDS_PER_DAY * OSM_TICKS_PER_SECOND;

        if (!osm_time_parse(text, osm_time_text(text, ticks, false), 0, &back) || back != ticks)
            fail_msg("day %lld", (long long)day);
    }
    for (int i = 0; i < 100000; i++) {
        UA_DateTime ticks =
            (UA_DateTime)(test_random(&seed) % UINT64_C(2650467744000000000)) / 10 * 10;

        if (!osm_time_parse_strict(text, osm_time_text(text, ticks, true), &back) || back != ticks)
            fail_msg("%lld", (long long)ticks);
    }
}

static void test_agrees_with_the_library(void **state)
{
    uint64_t seed = 2;

    for (int i = 0; i < 20000; i++) {
        UA_DateTime ticks = (UA_DateTime)(test_random(&seed) % UINT64_C(2650467744000000000));
        UA_DateTimeStruct parts = UA_DateTime_toStruct(ticks);
        char text[OSM_TIME_TEXT], expected[96];

        (void)snprintf(expected, sizeof(expected), "%04d-%02u-%02uT%02u:%02u:%02u.%03u%03u+00:00",
                       parts.year, parts.month, parts.day, parts.hour, parts.min, parts.sec,
                       parts.milliSec, parts.microSec);
        assert_int_equal(osm_time_text(text, ticks, true), strlen(expected));
        assert_memory_equal(text, expected, strlen(expected));
    }
}

static void test_strict_form(void **state)
{
    static const char *const wrong[] = {
        "2024-01-02T03:04:05.678000Z",      "2024-01-02T03:04:05+02:00",
        "2024-01-02T03:04:05.67800+02:00",  "2024-01-02 03:04:05.678000+02:00",
        "2024-01-02T03:04:05.678000+0200",  "2024-13-02T03:04:05.678000+02:00",
        "2024-01-02T03:04:05.678000 02:00", "2024-01-01",
        "2024-01-02T03:04:05.678000+02:0x",
    };
    UA_DateTime ticks;

    for (size_t i = 0; i < OSM_ARRAY_SIZE(wrong); i++)
        assert_false(osm_time_parse_strict(wrong[i], strlen(wrong[i]), &ticks));
    assert_true(osm_time_parse_strict("2024-01-02T03:04:05.678000-02:00", 32, &ticks));
    assert_int_equal(ticks % 10000000, 6780000);
}

static void test_fault(void **state)
{
    struct osm_fault fault = {0};
    struct osm_arena arena;
    UA_DateTime ticks;

    osm_arena_init(&arena);
    assert_false(osm_time_parse_or_fault("garbage", 7, NOW, &ticks, &arena, &fault));
    assert_int_equal(fault.type, OSM_FAULT_DATE_MALFORMED);
    assert_memory_equal(fault.message, "Failed to parse time string (garbage)", 37);
    osm_arena_deinit(&arena);
}

static const struct {
    const char *json;
    const char *printed; /* NULL: refused */
} php_dates[] = {
    {"{'date':'2024-02-29 12:34:56.789000','timezone_type':1,'timezone':'+02:00'}",
     "2024-02-29T10:34:56.789000+00:00"},
    {"{'date':'2024-02-29 12:34:56.000000','timezone_type':2,'timezone':'CET'}",
     "2024-02-29T11:34:56+00:00"},
    {"{'date':'2024-02-29 12:34:56.000000','timezone_type':2,'timezone':'Z'}",
     "2024-02-29T12:34:56+00:00"},
    {"{'date':'2024-02-29 12:34:56.000000','timezone_type':3,'timezone':'UTC'}",
     "2024-02-29T12:34:56+00:00"},
    {"{'date':'2024-02-29 12:34:56.000000','timezone_type':2,'timezone':'GMT'}",
     "2024-02-29T12:34:56+00:00"},
    {"{'date':'2024-02-29 12:34:56.000000','timezone_type':3,'timezone':'CET'}", NULL},
    {"{'date':'2024-02-29 12:34:56.000000','timezone_type':3,'timezone':'Mars/Base'}", NULL},
    {"{'date':'2024-02-29 12:34:56.000000','timezone_type':4,'timezone':'UTC'}", NULL},
    {"{'date':'2024-02-29 12:34:56.000000','timezone_type':0,'timezone':'UTC'}", NULL},
    {"{'date':'2024-02-29 12:34:56.000000','timezone_type':2,'timezone':'XXX'}", NULL},
    {"{'date':'2024-02-29 12:34:56.000000','timezone_type':2,'timezone':'UTCX'}", NULL},
    {"{'date':'2024-02-29 12:34:56.000000','timezone_type':3,'timezone':'+02:00'}",
     "2024-02-29T10:34:56+00:00"},
    {"{'date':'2024-02-29T12:34:56','timezone_type':3,'timezone':'UTC'}", NULL},
    {"{'date':'2024-02-29 12:34:56Z','timezone_type':3,'timezone':'UTC'}", NULL},
    {"{'date':5,'timezone_type':3,'timezone':'UTC'}", NULL},
    {"{'date':'2024-02-29 12:34:56.000000','timezone':'UTC'}", NULL},
    {"{'date':'2024-02-29 12:34:56.000000','timezone_type':3}", NULL},
    {"{}", NULL},
    {"[]", NULL},
    {"'2024-02-29'", NULL},
};

static void test_php_dates(void **state)
{
    for (size_t i = 0; i < OSM_ARRAY_SIZE(php_dates); i++) {
        yyjson_doc *doc = test_parse(php_dates[i].json);
        UA_DateTime ticks = 0;
        char text[OSM_TIME_TEXT];

        if (osm_time_from_php(yyjson_doc_get_root(doc), &ticks) != (php_dates[i].printed != NULL))
            fail_msg("%s", php_dates[i].json);
        if (php_dates[i].printed) {
            assert_int_equal(osm_time_text(text, ticks, false), strlen(php_dates[i].printed));
            assert_memory_equal(text, php_dates[i].printed, strlen(php_dates[i].printed));
        }
        yyjson_doc_free(doc);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_ticks_are_exact),
        cmocka_unit_test(test_instants_nobody_means),
        cmocka_unit_test(test_printing),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_agrees_with_the_library),
        cmocka_unit_test(test_strict_form),
        cmocka_unit_test(test_fault),
        cmocka_unit_test(test_php_dates),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
