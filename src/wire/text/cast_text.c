/* SPDX-License-Identifier: MIT */
/* Numbers in texts, PHP's way; see cast_text.h. */
#include "wire/text/cast_text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* PHP's `precision`, its default since ever. */
#define PHP_PRECISION 14
/* Texts of numbers are copied to be NUL-terminated; longer ones lie on the heap. */
#define NUMBER_TEXT 128

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static size_t skip_spaces(const char *text, size_t length, size_t at)
{
    while (at < length && is_space(text[at]))
        at++;
    return at;
}

static size_t skip_digits(const char *text, size_t length, size_t at)
{
    while (at < length && is_digit(text[at]))
        at++;
    return at;
}

static size_t skip_sign(const char *text, size_t length, size_t at)
{
    return at < length && (text[at] == '+' || text[at] == '-') ? at + 1 : at;
}

/* Where the decimal number that starts at `at` ends; `at` itself when there is none. */
static size_t number_end(const char *text, size_t length, size_t at)
{
    size_t start = skip_sign(text, length, at);
    size_t whole = skip_digits(text, length, start), end = whole, exponent;

    if (end < length && text[end] == '.')
        end = skip_digits(text, length, end + 1);
    if (end - start == 0 || (end - start == 1 && whole == start))
        return at; /* nothing, or a lonely point */
    if (end < length && (text[end] == 'e' || text[end] == 'E')) {
        exponent = skip_sign(text, length, end + 1);
        if (exponent < length && is_digit(text[exponent]))
            end = skip_digits(text, length, exponent);
    }
    return end;
}

double osm_text_double(const char *text, size_t length)
{
    char copy[NUMBER_TEXT], *long_copy;
    double value;

    if (length < sizeof(copy)) {
        memcpy(copy, text, length);
        copy[length] = '\0';
        return strtod(copy, NULL);
    }
    long_copy = strndup(text, length);
    osm_assert(long_copy);
    value = strtod(long_copy, NULL);
    free(long_copy);
    return value;
}

double osm_text_leading_double(const char *text, size_t length)
{
    size_t start = skip_spaces(text, length, 0);
    size_t end = number_end(text, length, start);

    return end == start ? 0 : osm_text_double(text + start, end - start);
}

int64_t osm_text_leading_int(const char *text, size_t length)
{
    size_t start = skip_spaces(text, length, 0);
    size_t end = number_end(text, length, start);
    bool plus = start < end && text[start] == '+', negative;
    uint64_t bits;
    double value;

    if (osm_text_integer(text + start + plus, end - start - plus, &bits, &negative) &&
        (negative || bits <= INT64_MAX))
        return (int64_t)bits;
    value = osm_text_leading_double(text, length);
    if (!isfinite(value))
        return 0;
    if (value >= 0x1p63)
        return INT64_MAX;
    return value < -0x1p63 ? INT64_MIN : (int64_t)value;
}

bool osm_text_is_numeric(const char *text, size_t length, double *out)
{
    size_t start = skip_spaces(text, length, 0);
    size_t end = number_end(text, length, start);

    if (end == start || skip_spaces(text, length, end) != length)
        return false;
    *out = osm_text_double(text + start, end - start);
    return true;
}

bool osm_text_integer(const char *text, size_t length, uint64_t *bits, bool *negative)
{
    size_t at = length && text[0] == '-';
    uint64_t value = 0;

    *negative = at > 0;
    if (at == length)
        return false;
    for (; at < length; at++) {
        if (!is_digit(text[at]) || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(text[at] - '0'), &value))
            return false;
    }
    if (*negative && value > (uint64_t)1 << 63)
        return false;
    *negative = *negative && value;
    *bits = *negative ? 0 - value : value;
    return true;
}

const char *osm_cast_php_double(struct osm_arena *arena, double value)
{
    char digits[PHP_PRECISION + 16];
    char *exponent;
    int power;

    if (isnan(value))
        return "NAN";
    if (isinf(value))
        return value < 0 ? "-INF" : "INF";
    (void)snprintf(digits, sizeof(digits), "%.*e", PHP_PRECISION - 1, value);
    exponent = strchr(digits, 'e');
    osm_assert(exponent);
    power = (int)strtol(exponent + 1, NULL, 10);
    if (power >= -4 && power < PHP_PRECISION)
        return osm_arena_printf(arena, "%.*g", PHP_PRECISION, value);
    /* d.ddd without zeros at the end, but with one digit behind the point. */
    do {
        *exponent-- = '\0';
    } while (*exponent == '0' && exponent[-1] != '.');
    return osm_arena_printf(arena, "%sE%+d", digits, power);
}
