/* SPDX-License-Identifier: MIT */
/* Ticks as text, and the calendar both directions share; reading is in time_parse.c. */
#include "wire/text/time_text.h"

#include <math.h>
#include <string.h>

#include "wire/text/calendar.h"

/* Days from 0000-03-01 (the start of the computation below) to 1601-01-01. */
#define DAYS_TO_1601 584694
#define DAYS_PER_ERA 146097 /* 400 years */
/* 9999-12-31T23:59:59 (T6): later instants are shown as this one. */
#define LAST_SECOND INT64_C(265046774399)
/* Length of "YYYY-MM-DDTHH:MM:SS", and how many of these are remembered. */
#define OSM_SECOND_TEXT 19
#define OSM_SECONDS_KNOWN 64

int64_t osm_calendar_days(int64_t year, int64_t month, int64_t day)
{
    /* Years start in March, so that the leap day is the last of the year. */
    int64_t shifted = month <= 2 ? year - 1 : year;
    int64_t era = (shifted >= 0 ? shifted : shifted - 399) / 400;
    int64_t year_of_era = shifted - era * 400;
    int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

    return era * DAYS_PER_ERA + day_of_era - DAYS_TO_1601;
}

struct civil {
    unsigned year, month, day;
};

/* days ≥ 0 since 1601-01-01. */
static struct civil civil_from_days(int64_t days)
{
    uint32_t shifted = (uint32_t)(days + DAYS_TO_1601);
    uint32_t era = shifted / DAYS_PER_ERA, day_of_era = shifted % DAYS_PER_ERA;
    uint32_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    uint32_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    uint32_t month = (5 * day_of_year + 2) / 153;
    struct civil civil = {.year = era * 400 + year_of_era + (month >= 10),
                          .month = month < 10 ? month + 3 : month - 9,
                          .day = day_of_year - (153 * month + 2) / 5 + 1};

    return civil;
}

static char *put_micros(char *at, uint32_t micros)
{
    *at++ = '.';
    at = osm_json_put_two(at, micros / 10000);
    at = osm_json_put_two(at, micros / 100 % 100);
    return osm_json_put_two(at, micros % 100);
}

/* "YYYY-MM-DDTHH:MM:SS" */
static void put_second(char *at, int64_t second)
{
    struct civil civil = civil_from_days(second / OSM_SECONDS_PER_DAY);
    uint32_t of_day = (uint32_t)(second % OSM_SECONDS_PER_DAY);

    at = osm_json_put_two(at, civil.year / 100);
    at = osm_json_put_two(at, civil.year % 100);
    *at++ = '-';
    at = osm_json_put_two(at, civil.month);
    *at++ = '-';
    at = osm_json_put_two(at, civil.day);
    *at++ = 'T';
    at = osm_json_put_two(at, of_day / 3600);
    *at++ = ':';
    at = osm_json_put_two(at, of_day / 60 % 60);
    *at++ = ':';
    (void)osm_json_put_two(at, of_day % 60);
}

/* The same, remembered: values read together carry few different seconds, twice each. */
static const char *text_of_second(int64_t second)
{
    static _Thread_local struct {
        int64_t second; /* 0 while there is none */
        char text[OSM_SECOND_TEXT];
    } known[OSM_SECONDS_KNOWN], *entry;

    entry = &known[(uint64_t)second % OSM_SECONDS_KNOWN];
    if (entry->second != second || second == 0) {
        put_second(entry->text, second);
        entry->second = second;
    }
    return entry->text;
}

/* Of a thousand values read together two thousand of these are a part that can be seen. */
static OSM_ALWAYS_INLINE char *put_time(char *out, UA_DateTime ticks, bool always_micros)
{
    uint64_t since = (uint64_t)ticks; /* 1601 */
    int64_t second = (int64_t)(since / OSM_TICKS_PER_SECOND);
    uint32_t micros = (uint32_t)(since % OSM_TICKS_PER_SECOND) / OSM_TICKS_PER_MICRO;
    char *at = out + OSM_SECOND_TEXT;

    if (second > LAST_SECOND) {
        second = LAST_SECOND;
        micros = 0;
    }
    memcpy(out, text_of_second(second), OSM_SECOND_TEXT);
    if (micros || always_micros)
        at = put_micros(at, micros);
    return osm_json_put(at, "+00:00");
}

size_t osm_time_text(char *out, UA_DateTime ticks, bool always_micros)
{
    osm_assert(ticks >= 0);
    return (size_t)(put_time(out, ticks, always_micros) - out);
}

char *osm_time_put(char *at, UA_DateTime ticks, bool always_micros)
{
    if (ticks <= 0)
        return osm_json_put(at, "null");
    *at++ = '"';
    at = put_time(at, ticks, always_micros);
    *at++ = '"';
    return at;
}

static void print(struct osm_json *json, UA_DateTime ticks, bool always_micros)
{
    char *at = osm_json_value_begin(json, OSM_TIME_TEXT + 2);

    osm_json_value_end(json, osm_time_put(at, ticks, always_micros));
}

void osm_time_print(struct osm_json *json, UA_DateTime ticks)
{
    print(json, ticks, false);
}

void osm_time_print_micros(struct osm_json *json, UA_DateTime ticks)
{
    print(json, ticks, true);
}

UA_DateTime osm_time_from_epoch(double seconds)
{
    double micros = rint(seconds * 1e6);

    if (!(micros > -1e16 && micros < 8e17)) /* before 1601, or no time at all; far future */
        return 0;
    return (UA_DateTime)micros * OSM_TICKS_PER_MICRO + OSM_EPOCH_TICKS;
}
