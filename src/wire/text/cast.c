/* SPDX-License-Identifier: MIT */
/* PHP's casts; see cast.h. Numbers in texts and number texts are in cast_text.c. */
#include "wire/text/cast.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "util/alloc.h"
#include "wire/text/cast_text.h"

/* Objects sent as lists hardly ever repeat a key. Those that do are read by comparing key with
 * key, which a hostile caller could make slow: refused above this size. */
#define REPEATED_KEYS_MAX 256

bool osm_cast_is_number(yyjson_val *value)
{
    return yyjson_is_num(value) || yyjson_is_raw(value);
}

double osm_cast_number_double(yyjson_val *value)
{
    if (yyjson_is_uint(value))
        return (double)yyjson_get_uint(value);
    if (yyjson_is_sint(value))
        return (double)yyjson_get_sint(value);
    if (yyjson_is_real(value))
        return yyjson_get_real(value);
    if (yyjson_is_raw(value))
        return osm_text_double(yyjson_get_raw(value), yyjson_get_len(value));
    return 0;
}

bool osm_cast_number_integer(yyjson_val *value, uint64_t *bits, bool *negative)
{
    double real;

    if (yyjson_is_uint(value)) {
        *bits = yyjson_get_uint(value);
        *negative = false;
        return true;
    }
    if (yyjson_is_sint(value)) {
        *bits = (uint64_t)yyjson_get_sint(value);
        *negative = yyjson_get_sint(value) < 0;
        return true;
    }
    if (!osm_cast_is_number(value))
        return false;
    real = osm_cast_number_double(value);
    if (!(real >= -0x1p63 && real < 0x1p64) || real != trunc(real))
        return false;
    /* An integer too long for 64 bits can only look like one that fits by rounding. */
    if (yyjson_is_raw(value) && fabs(real) >= 0x1p53)
        return false;
    *negative = real < 0;
    *bits = *negative ? (uint64_t)(int64_t)real : (uint64_t)real;
    return true;
}

static bool is_container(yyjson_val *value)
{
    return yyjson_is_arr(value) || yyjson_is_obj(value);
}

static bool text_is_false(yyjson_val *text)
{
    return yyjson_get_len(text) == 0 ||
           (yyjson_get_len(text) == 1 && yyjson_get_str(text)[0] == '0');
}

bool osm_cast_bool(yyjson_val *value)
{
    if (yyjson_is_bool(value))
        return yyjson_get_bool(value);
    if (osm_cast_is_number(value))
        return osm_cast_number_double(value) != 0;
    if (yyjson_is_str(value))
        return !text_is_false(value);
    return is_container(value) && unsafe_yyjson_get_len(value) > 0;
}

/* What PHP makes of a float that is cast to int: modulo 2^64. */
static int64_t wrap_double(double real)
{
    double rest;

    if (!isfinite(real))
        return 0;
    if (real >= -0x1p63 && real < 0x1p63)
        return (int64_t)real;
    rest = fmod(trunc(real), 0x1p64);
    if (rest < 0)
        rest += 0x1p64;
    return (int64_t)(uint64_t)rest;
}

int64_t osm_cast_int(yyjson_val *value)
{
    if (yyjson_is_sint(value))
        return yyjson_get_sint(value);
    if (yyjson_is_uint(value) && yyjson_get_uint(value) <= INT64_MAX)
        return (int64_t)yyjson_get_uint(value);
    if (osm_cast_is_number(value))
        return wrap_double(osm_cast_number_double(value));
    if (yyjson_is_str(value))
        return osm_text_leading_int(yyjson_get_str(value), yyjson_get_len(value));
    return osm_cast_bool(value);
}

double osm_cast_float(yyjson_val *value)
{
    if (osm_cast_is_number(value))
        return osm_cast_number_double(value);
    if (yyjson_is_str(value))
        return osm_text_leading_double(yyjson_get_str(value), yyjson_get_len(value));
    return osm_cast_bool(value);
}

const char *osm_cast_other_text(yyjson_val *value, struct osm_arena *arena, size_t *length)
{
    const char *text = "";

    if (yyjson_is_sint(value))
        text = osm_arena_printf(arena, "%lld", (long long)yyjson_get_sint(value));
    else if (yyjson_is_uint(value) && yyjson_get_uint(value) <= INT64_MAX)
        text = osm_arena_printf(arena, "%llu", (unsigned long long)yyjson_get_uint(value));
    else if (osm_cast_is_number(value))
        text = osm_cast_php_double(arena, osm_cast_number_double(value));
    else if (is_container(value))
        text = "Array";
    else if (osm_cast_bool(value))
        text = "1";
    if (length)
        *length = strlen(text);
    return text;
}

static int compare_keys(yyjson_val *a, yyjson_val *b)
{
    size_t a_length = yyjson_get_len(a), b_length = yyjson_get_len(b);

    if (a_length != b_length)
        return a_length < b_length ? -1 : 1;
    return memcmp(yyjson_get_str(a), yyjson_get_str(b), a_length);
}

/* Keys "0", "1", "10", … as PHP writes them ascend by length and digits: they differ. */
static bool keys_ascend(yyjson_val *object)
{
    yyjson_val *key, *last = NULL;
    yyjson_obj_iter iter = yyjson_obj_iter_with(object);

    while ((key = yyjson_obj_iter_next(&iter))) {
        if (last && compare_keys(last, key) >= 0)
            return false;
        last = key;
    }
    return true;
}

/* The last member of that name; *first tells whether key is the first of its name. */
static yyjson_val *last_of_name(yyjson_val *object, yyjson_val *key, bool *first)
{
    yyjson_val *other, *value = NULL;
    yyjson_obj_iter iter = yyjson_obj_iter_with(object);

    while ((other = yyjson_obj_iter_next(&iter))) {
        if (compare_keys(key, other))
            continue;
        if (!value)
            *first = other == key;
        value = yyjson_obj_iter_get_val(other);
    }
    return value;
}

static int compare_key_pointers(const void *a, const void *b)
{
    return compare_keys(*(yyjson_val *const *)a, *(yyjson_val *const *)b);
}

static size_t count_distinct(yyjson_val *object)
{
    size_t size = yyjson_obj_size(object), count = 1;
    yyjson_val **keys = osm_alloc(size * sizeof(*keys));
    yyjson_obj_iter iter = yyjson_obj_iter_with(object);

    for (size_t i = 0; i < size; i++)
        keys[i] = yyjson_obj_iter_next(&iter);
    qsort(keys, size, sizeof(*keys), compare_key_pointers);
    for (size_t i = 1; i < size; i++)
        count += compare_keys(keys[i - 1], keys[i]) != 0;
    free(keys);
    return count;
}

bool osm_cast_list(yyjson_val *value, struct osm_list *list)
{
    *list = (struct osm_list){.container = value};
    if (yyjson_is_arr(value)) {
        list->size = yyjson_arr_size(value);
        return yyjson_arr_iter_init(value, &list->array_iter);
    }
    if (!yyjson_is_obj(value))
        return false;
    list->object = true;
    list->size = yyjson_obj_size(value);
    if (!keys_ascend(value)) {
        size_t distinct = count_distinct(value);

        list->repeated = distinct < list->size;
        if (list->repeated && list->size > REPEATED_KEYS_MAX)
            return false;
        list->size = distinct;
    }
    return yyjson_obj_iter_init(value, &list->object_iter);
}

yyjson_val *osm_cast_list_next_member(struct osm_list *list)
{
    yyjson_val *key;

    while ((key = yyjson_obj_iter_next(&list->object_iter))) {
        bool first = false;
        yyjson_val *value;

        if (!list->repeated)
            return yyjson_obj_iter_get_val(key);
        value = last_of_name(list->container, key, &first);
        if (first)
            return value;
    }
    return NULL;
}
