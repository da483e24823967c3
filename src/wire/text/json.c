/* SPDX-License-Identifier: MIT */
/* The JSON writer, structure and numbers; strings are in json_text.c. See json.h. */
#include "wire/text/json.h"

#include <math.h>

#include "util/base64.h"

/* yyjson's longest real is 25 bytes; its writer wants some slack on top. */
#define REAL_POOL 256

void osm_json_init(struct osm_json *json, struct osm_buf *out)
{
    *json = (struct osm_json){.out = out};
}

void osm_json_raw(struct osm_json *json, const char *text, size_t length)
{
    memcpy(osm_json_value_begin(json, length), text, length);
    json->out->length += length;
}

void osm_json_key_text(struct osm_json *json, const char *key, size_t length)
{
    osm_json_text(json, key, length);
    osm_buf_add_byte(json->out, ':');
    json->comma = false;
}

void osm_json_null(struct osm_json *json)
{
    osm_json_literal(json, "null");
}

void osm_json_bool(struct osm_json *json, bool value)
{
    if (value)
        osm_json_literal(json, "true");
    else
        osm_json_literal(json, "false");
}

const char osm_json_pairs[201] = "00010203040506070809101112131415161718192021222324"
                                 "25262728293031323334353637383940414243444546474849"
                                 "50515253545556575859606162636465666768697071727374"
                                 "75767778798081828384858687888990919293949596979899";

/* Writes the digits so that they end at end. */
static void put_digits_before(char *end, uint64_t value)
{
    for (; value >= 100; value /= 100) {
        end -= 2;
        (void)osm_json_put_two(end, value % 100);
    }
    if (value < 10)
        end[-1] = (char)('0' + value);
    else
        (void)osm_json_put_two(end - 2, (unsigned)value);
}

/* From the number of bits, which is right or one too few (1233 / 4096 is a little more than log10
 * of 2). */
static unsigned count_digits(uint64_t value)
{
    static const uint64_t powers[OSM_JSON_UINT] = {
        0,
        10,
        100,
        1000,
        10000,
        100000,
        1000000,
        10000000,
        100000000,
        1000000000,
        10000000000,
        100000000000,
        1000000000000,
        10000000000000,
        100000000000000,
        1000000000000000,
        10000000000000000,
        100000000000000000,
        1000000000000000000,
        10000000000000000000U,
    };
    unsigned bits = 64 - (unsigned)__builtin_clzll(value | 1), least = bits * 1233 >> 12;

    return least + (value >= powers[least]);
}

char *osm_json_put_uint(char *at, uint64_t value)
{
    char *end;

    if (value < 10) { /* types, and Good */
        *at = (char)('0' + value);
        return at + 1;
    }
    end = at + count_digits(value);
    put_digits_before(end, value);
    return end;
}

/* −magnitude or magnitude; room for OSM_JSON_UINT and the sign. */
static char *put_integer(char *at, bool negative, uint64_t magnitude)
{
    if (negative)
        *at++ = '-';
    return osm_json_put_uint(at, magnitude);
}

void osm_json_int(struct osm_json *json, int64_t value)
{
    char *at = osm_json_value_begin(json, 1 + OSM_JSON_UINT);
    uint64_t magnitude = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

    osm_json_value_end(json, put_integer(at, value < 0, magnitude));
}

void osm_json_uint(struct osm_json *json, uint64_t value)
{
    char *at = osm_json_value_begin(json, OSM_JSON_UINT);

    osm_json_value_end(json, osm_json_put_uint(at, value));
}

/* A number without fraction. */
static void write_whole(struct osm_json *json, double value)
{
    char *at = osm_json_value_begin(json, 1 + OSM_JSON_UINT + 2);

    at = put_integer(at, signbit(value), (uint64_t)fabs(value));
    osm_json_value_end(json, osm_json_put(at, ".0"));
}

void osm_json_double(struct osm_json *json, double value)
{
    char room[REAL_POOL];
    yyjson_alc pool;
    yyjson_val real = {.tag = YYJSON_TYPE_NUM | YYJSON_SUBTYPE_REAL, .uni.f64 = value};
    char *text;
    size_t length = 0;

    if (isnan(value)) {
        osm_json_raw(json, "\"NaN\"", 5);
        return;
    }
    if (isinf(value)) {
        osm_json_cstring(json, value < 0 ? "-Infinity" : "Infinity");
        return;
    }
    if (fabs(value) < 0x1p53 && value == (double)(int64_t)value) {
        write_whole(json, value);
        return;
    }
    /* yyjson knows how to print a real shortest, but offers it for whole values only: give it
     * one, and memory for the result on the stack. */
    osm_assert(yyjson_alc_pool_init(&pool, room, sizeof(room)));
    text = yyjson_val_write_opts(&real, YYJSON_WRITE_NOFLAG, &pool, &length, NULL);
    osm_assert(text);
    osm_json_raw(json, text, length);
}

void osm_json_time(struct osm_json *json, double seconds)
{
    int64_t micros;
    uint64_t magnitude;
    char *at;

    if (!(fabs(seconds) < 9e12)) { /* no clock; NaN falls in here too */
        osm_json_double(json, seconds);
        return;
    }
    /* A double near now is known to 0.24 µs: the nearest microsecond is what was meant. */
    micros = (int64_t)rint(seconds * 1e6);
    magnitude = micros < 0 ? 0 - (uint64_t)micros : (uint64_t)micros;
    at = osm_json_value_begin(json, 1 + OSM_JSON_UINT + 7); /* ".ffffff" */
    at = put_integer(at, micros < 0, magnitude / 1000000);
    /* A leading 1 keeps the zeros; the point takes its place. */
    put_digits_before(at + 7, 1000000 + magnitude % 1000000);
    *at = '.';
    osm_json_value_end(json, at + 7);
}

void osm_json_base64(struct osm_json *json, const void *data, size_t length)
{
    osm_json_raw(json, "\"", 1);
    osm_base64_encode(json->out, data, length);
    osm_buf_add_byte(json->out, '"');
}

static void write_number(struct osm_json *json, yyjson_val *value)
{
    if (yyjson_is_uint(value))
        osm_json_uint(json, yyjson_get_uint(value));
    else if (yyjson_is_sint(value))
        osm_json_int(json, yyjson_get_sint(value));
    else
        osm_json_double(json, yyjson_get_real(value));
}

static void write_container(struct osm_json *json, yyjson_val *value)
{
    yyjson_val *key, *item;
    size_t index, max;

    if (yyjson_is_arr(value)) {
        osm_json_array_begin(json);
        yyjson_arr_foreach(value, index, max, item)
        {
            osm_json_value(json, item);
        }
        osm_json_array_end(json);
        return;
    }
    osm_json_object_begin(json);
    yyjson_obj_foreach(value, index, max, key, item)
    {
        osm_json_key_text(json, yyjson_get_str(key), yyjson_get_len(key));
        osm_json_value(json, item);
    }
    osm_json_object_end(json);
}

void osm_json_value(struct osm_json *json, yyjson_val *value)
{
    switch (yyjson_get_type(value)) {
    case YYJSON_TYPE_BOOL:
        osm_json_bool(json, yyjson_get_bool(value));
        break;
    case YYJSON_TYPE_NUM:
        write_number(json, value);
        break;
    case YYJSON_TYPE_RAW:
        osm_json_raw(json, yyjson_get_raw(value), yyjson_get_len(value));
        break;
    case YYJSON_TYPE_STR:
        osm_json_text(json, yyjson_get_str(value), yyjson_get_len(value));
        break;
    case YYJSON_TYPE_ARR:
    case YYJSON_TYPE_OBJ:
        write_container(json, value);
        break;
    default:
        osm_json_null(json);
    }
}

yyjson_val *osm_json_find(yyjson_val *object, const char *key, size_t length)
{
    size_t index, max;
    yyjson_val *name, *item, *found = NULL;

    if (!yyjson_is_obj(object))
        return NULL;
    yyjson_obj_foreach(object, index, max, name, item)
    {
        const char *text = yyjson_get_str(name);

        /* Texts end with a NUL, so the first byte may be looked at; it mostly decides. */
        if (yyjson_get_len(name) == length && *text == *key && !memcmp(text, key, length))
            found = item;
    }
    return found;
}

/* Names are short: a call for each would cost more than the comparison. */
static inline bool is_same(const char *a, const char *b, size_t length)
{
    if (length >= 8) {
        for (size_t at = 0; at + 8 < length; at += 8)
            if (memcmp(a + at, b + at, 8) != 0)
                return false;
        return memcmp(a + length - 8, b + length - 8, 8) == 0;
    }
    if (length >= 4)
        return memcmp(a, b, 4) == 0 && memcmp(a + length - 4, b + length - 4, 4) == 0;
    while (length && a[length - 1] == b[length - 1])
        length--;
    return !length;
}

/* The name is filled up with zeros, so two of its bytes tell whether it is as long as the key. */
static bool is_named(yyjson_val *key, const char *name)
{
    const char *text = yyjson_get_str(key);
    size_t length = yyjson_get_len(key);

    return length && length < OSM_JSON_NAME && *text == *name && name[length - 1] &&
           !name[length] && is_same(text, name, length);
}

/* The place of the key among the names; they are tried from `likely` on. count when it is none. */
static size_t place_of(yyjson_val *key, const char *names, size_t stride, size_t count,
                       size_t likely)
{
    for (size_t tried = 0; tried < count; tried++, likely++) {
        if (likely >= count)
            likely = 0;
        if (is_named(key, names + likely * stride))
            return likely;
    }
    return count;
}

yyjson_val *osm_json_find_all(yyjson_val *object, const void *names, size_t stride, size_t count,
                              yyjson_val **values)
{
    size_t index, max, next = 0;
    yyjson_val *key, *item, *unknown = NULL;

    if (!yyjson_is_obj(object))
        return NULL;
    yyjson_obj_foreach(object, index, max, key, item)
    {
        size_t place = place_of(key, names, stride, count, next);

        if (place < count) {
            values[place] = item;
            next = place + 1;
        } else if (!unknown) {
            unknown = key;
        }
    }
    return unknown;
}
