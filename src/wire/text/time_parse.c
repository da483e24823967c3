/* SPDX-License-Identifier: MIT */
/*
 * Reading times: ISO 8601 as PHP's date parser takes it, epoch seconds, "now" and offsets from
 * it (types.md §3.4). A cursor walks over the text; each piece is there or it is not.
 */
#include <limits.h>
#include <string.h>
#include <strings.h>

#include "wire/text/calendar.h"
#include "wire/text/time_text.h"
#include "wire/text/time_zone.h"

struct cursor {
    const char *at;
    const char *end;
};

static bool at_end(const struct cursor *cursor)
{
    return cursor->at == cursor->end;
}

static bool take(struct cursor *cursor, const char *any_of)
{
    if (at_end(cursor) || !*cursor->at || !strchr(any_of, *cursor->at))
        return false;
    cursor->at++;
    return true;
}

static bool peek_digit(const struct cursor *cursor)
{
    return !at_end(cursor) && *cursor->at >= '0' && *cursor->at <= '9';
}

/* Exactly that many digits. */
static bool take_digits(struct cursor *cursor, int count, int64_t *out)
{
    int64_t value = 0;

    for (; count; count--) {
        if (!peek_digit(cursor))
            return false;
        value = value * 10 + (*cursor->at++ - '0');
    }
    *out = value;
    return true;
}

/* One digit or more, as long as they fit. */
static bool take_number(struct cursor *cursor, int64_t *out)
{
    int64_t value = 0;

    if (!peek_digit(cursor))
        return false;
    while (peek_digit(cursor)) {
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, *cursor->at++ - '0', &value))
            return false;
    }
    *out = value;
    return true;
}

/* `.f…` as ticks, cut after 100 ns; without it 0. */
static bool take_fraction(struct cursor *cursor, int64_t *ticks)
{
    int64_t unit = OSM_TICKS_PER_SECOND / 10;

    *ticks = 0;
    if (!take(cursor, "."))
        return true;
    if (!peek_digit(cursor))
        return false;
    for (; peek_digit(cursor); unit /= 10)
        *ticks += unit * (*cursor->at++ - '0');
    return true;
}

/* Whole seconds and ticks since 1601, if the sum fits; times before 1601 are 0. */
static bool to_ticks(int64_t seconds, int64_t fraction, UA_DateTime *out)
{
    int64_t ticks;

    if (seconds < 0) { /* the fraction is less than a second */
        *out = 0;
        return true;
    }
    if (__builtin_mul_overflow(seconds, OSM_TICKS_PER_SECOND, &ticks) ||
        __builtin_add_overflow(ticks, fraction, &ticks))
        return false;
    *out = ticks > 0 ? ticks : 0;
    return true;
}

static bool take_date(struct cursor *cursor, int64_t *days)
{
    int64_t year, month, day;

    if (!take_digits(cursor, 4, &year) || !take(cursor, "-") || !take_digits(cursor, 2, &month) ||
        !take(cursor, "-") || !take_digits(cursor, 2, &day))
        return false;
    /* Like PHP: the 30th of February is the 1st or 2nd of March. */
    if (month < 1 || month > 12 || day < 1 || day > 31)
        return false;
    *days = osm_calendar_days(year, month, day);
    return true;
}

/* HH:MM[:SS[.f…]]; 24:00 and a leap second count on into the next day or minute. */
static bool take_clock(struct cursor *cursor, int64_t *seconds, int64_t *fraction)
{
    int64_t hour, minute, second = 0;

    *fraction = 0;
    if (!take_digits(cursor, 2, &hour) || !take(cursor, ":") || !take_digits(cursor, 2, &minute))
        return false;
    if (take(cursor, ":") && (!take_digits(cursor, 2, &second) || !take_fraction(cursor, fraction)))
        return false;
    *seconds = hour * 3600 + minute * 60 + second;
    return minute < 60 && second <= 60 &&
           (hour < 24 || (*seconds == OSM_SECONDS_PER_DAY && !*fraction));
}

/* Nothing, Z, ±HH, ±HHMM or ±HH:MM, then the end. */
static bool take_zone(struct cursor *cursor, int64_t *offset)
{
    *offset = 0;
    if (at_end(cursor))
        return true;
    if (take(cursor, "Zz"))
        return at_end(cursor);
    return osm_zone_offset(cursor->at, (size_t)(cursor->end - cursor->at), offset);
}

static bool parse_iso(struct cursor cursor, UA_DateTime *out)
{
    int64_t days, seconds = 0, fraction = 0, offset = 0;

    if (!take_date(&cursor, &days))
        return false;
    if (!at_end(&cursor) && (!take(&cursor, "Tt ") || !take_clock(&cursor, &seconds, &fraction) ||
                             !take_zone(&cursor, &offset)))
        return false;
    return to_ticks(days * OSM_SECONDS_PER_DAY + seconds - offset, fraction, out);
}

static bool parse_epoch(struct cursor cursor, UA_DateTime *out)
{
    int64_t seconds, fraction;
    bool negative;

    if (!take(&cursor, "@"))
        return false;
    negative = take(&cursor, "-");
    if (!take_number(&cursor, &seconds) || !take_fraction(&cursor, &fraction) || !at_end(&cursor))
        return false;
    if (negative)
        seconds = -seconds;
    if (__builtin_add_overflow(seconds, OSM_EPOCH_SECONDS, &seconds))
        return false;
    return to_ticks(seconds, negative ? -fraction : fraction, out);
}

static const struct {
    const char *name;
    int64_t seconds;
} units[] = {
    {"sec", 1},     {"second", 1},  {"min", 60},      {"minute", 60},
    {"hour", 3600}, {"day", 86400}, {"week", 604800},
};

static bool unit_seconds(const char *name, size_t length, int64_t *seconds)
{
    if (length > 1 && (name[length - 1] | 0x20) == 's')
        length--;
    for (size_t i = 0; i < OSM_ARRAY_SIZE(units); i++) {
        if (strlen(units[i].name) == length && !strncasecmp(units[i].name, name, length)) {
            *seconds = units[i].seconds;
            return true;
        }
    }
    return false;
}

/* [+|-]<n> <unit> */
static bool parse_relative(struct cursor cursor, UA_DateTime now, UA_DateTime *out)
{
    bool negative = take(&cursor, "-");
    int64_t count, unit, shift;

    if (!negative)
        (void)take(&cursor, "+");
    if (!take_number(&cursor, &count))
        return false;
    while (take(&cursor, " ")) {
    }
    if (!unit_seconds(cursor.at, (size_t)(cursor.end - cursor.at), &unit))
        return false;
    if (__builtin_mul_overflow(count, negative ? -unit : unit, &count) ||
        __builtin_mul_overflow(count, OSM_TICKS_PER_SECOND, &shift) ||
        __builtin_add_overflow(now, shift, &shift))
        return false;
    *out = shift > 0 ? shift : 0;
    return true;
}

bool osm_time_parse(const char *text, size_t length, double now, UA_DateTime *out)
{
    struct cursor cursor = {.at = text, .end = text + length};

    if (length == 3 && !strncasecmp(text, "now", 3)) {
        *out = osm_time_from_epoch(now);
        return true;
    }
    return parse_iso(cursor, out) || parse_epoch(cursor, out) ||
           parse_relative(cursor, osm_time_from_epoch(now), out);
}

bool osm_time_parse_or_fault(const char *text, size_t length, double now, UA_DateTime *out,
                             struct osm_arena *arena, struct osm_fault *fault)
{
    if (osm_time_parse(text, length, now, out))
        return true;
    return osm_fault_set(fault, arena, OSM_FAULT_DATE_MALFORMED,
                         "Failed to parse time string (%.*s): use YYYY-MM-DDTHH:MM:SS with a "
                         "zone, @<epoch seconds>, now, or an offset such as -5 minutes",
                         length < INT_MAX ? (int)length : INT_MAX, text);
}

bool osm_time_parse_strict(const char *text, size_t length, UA_DateTime *out)
{
    /* 2024-01-02T03:04:05.678000+02:00 */
    static const char shape[] = "dddd-dd-ddTdd:dd:dd.dddddd+dd:dd";

    if (length != sizeof(shape) - 1)
        return false;
    for (size_t i = 0; i < length; i++) {
        bool digit = text[i] >= '0' && text[i] <= '9';

        if (shape[i] == 'd' ? !digit : text[i] != shape[i] && !(shape[i] == '+' && text[i] == '-'))
            return false;
    }
    return parse_iso((struct cursor){.at = text, .end = text + length}, out);
}

/* `YYYY-MM-DD HH:MM:SS.ffffff` and a zone beside it. */
bool osm_time_from_php(yyjson_val *value, UA_DateTime *out)
{
    yyjson_val *date = osm_json_get(value, "date"), *zone = osm_json_get(value, "timezone");
    yyjson_val *type = osm_json_get(value, "timezone_type");
    struct cursor cursor = {.at = yyjson_get_str(date)};
    int64_t days, seconds, fraction, offset;

    if (!yyjson_is_str(date) || !yyjson_is_str(zone) || !yyjson_is_int(type))
        return false;
    cursor.end = cursor.at + yyjson_get_len(date);
    if (!take_date(&cursor, &days) || !take(&cursor, " ") ||
        !take_clock(&cursor, &seconds, &fraction) || !at_end(&cursor))
        return false;
    if (!osm_zone_by_type(yyjson_get_sint(type), yyjson_get_str(zone), yyjson_get_len(zone),
                          &offset))
        return false;
    return to_ticks(days * OSM_SECONDS_PER_DAY + seconds - offset, fraction, out);
}
