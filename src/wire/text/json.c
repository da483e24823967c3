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

static void container_begin(struct osm_json *json, char bracket)
{
    *osm_json_value_begin(json, 1) = bracket;
    json->out->length++;
    json->comma = false;
    if (++json->depth > OSM_JSON_MAX_DEPTH)
        json->too_deep = true;
}

static void container_end(struct osm_json *json, char bracket)
{
    osm_assert(json->depth > 0);
    osm_buf_add_byte(json->out, bracket);
    json->comma = true;
    json->depth--;
}

void osm_json_object_begin(struct osm_json *json)
{
    container_begin(json, '{');
}

void osm_json_object_end(struct osm_json *json)
{
    container_end(json, '}');
}

void osm_json_array_begin(struct osm_json *json)
{
    container_begin(json, '[');
}

void osm_json_array_end(struct osm_json *json)
{
    container_end(json, ']');
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

/* With a constant length, which makes the copy one or two instructions. */
static inline void literal(struct osm_json *json, const char *text, size_t length)
{
    memcpy(osm_json_value_begin(json, length), text, length);
    json->out->length += length;
}

void osm_json_null(struct osm_json *json)
{
    literal(json, "null", 4);
}

void osm_json_bool(struct osm_json *json, bool value)
{
    if (value)
        literal(json, "true", 4);
    else
        literal(json, "false", 5);
}

/* Writes the digits so that they end at end; where they begin. */
static char *put_digits_before(char *end, uint64_t value)
{
    static const char pairs[] = "00010203040506070809101112131415161718192021222324"
                                "25262728293031323334353637383940414243444546474849"
                                "50515253545556575859606162636465666768697071727374"
                                "75767778798081828384858687888990919293949596979899";

    while (value >= 100) {
        end -= 2;
        memcpy(end, pairs + 2 * (value % 100), 2);
        value /= 100;
    }
    if (value < 10) {
        *--end = (char)('0' + value);
        return end;
    }
    end -= 2;
    memcpy(end, pairs + 2 * value, 2);
    return end;
}

char *osm_json_put_uint(char *at, uint64_t value)
{
    char digits[OSM_JSON_UINT], *end = digits + sizeof(digits);
    const char *begin;

    if (value < 10) { /* types, and Good */
        *at = (char)('0' + value);
        return at + 1;
    }
    begin = put_digits_before(end, value);
    memcpy(at, begin, (size_t)(end - begin));
    return at + (end - begin);
}

/* −magnitude or magnitude, with tail behind the digits. */
static void write_integer(struct osm_json *json, bool negative, uint64_t magnitude,
                          const char *tail, size_t tail_length)
{
    char *at = osm_json_value_begin(json, 1 + OSM_JSON_UINT + tail_length);

    if (negative)
        *at++ = '-';
    at = osm_json_put_uint(at, magnitude);
    memcpy(at, tail, tail_length);
    osm_json_value_end(json, at + tail_length);
}

void osm_json_int(struct osm_json *json, int64_t value)
{
    uint64_t magnitude = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

    write_integer(json, value < 0, magnitude, "", 0);
}

void osm_json_uint(struct osm_json *json, uint64_t value)
{
    write_integer(json, false, value, "", 0);
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
        write_integer(json, signbit(value), (uint64_t)fabs(value), ".0", 2);
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
    char fraction[7]; /* ".ffffff" */

    if (!(fabs(seconds) < 9e12)) { /* no clock; NaN falls in here too */
        osm_json_double(json, seconds);
        return;
    }
    /* A double near now is known to 0.24 µs: the nearest microsecond is what was meant. */
    micros = (int64_t)rint(seconds * 1e6);
    magnitude = micros < 0 ? 0 - (uint64_t)micros : (uint64_t)micros;
    /* A leading 1 keeps the zeros; the point takes its place. */
    (void)put_digits_before(fraction + sizeof(fraction), 1000000 + magnitude % 1000000);
    fraction[0] = '.';
    write_integer(json, micros < 0, magnitude / 1000000, fraction, sizeof(fraction));
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

static bool is_named(yyjson_val *key, const char *name)
{
    const char *text = yyjson_get_str(key);
    size_t length = yyjson_get_len(key), i = 0;

    while (i < length && name[i] && text[i] == name[i]) /* short ones: cheaper than two calls */
        i++;
    return i == length && !name[i];
}

/* The place of the key among the names; they are tried from `likely` on. count when it is none. */
static size_t place_of(yyjson_val *key, const char *names, size_t stride, size_t count,
                       size_t likely)
{
    for (size_t tried = 0; tried < count; tried++, likely++) {
        if (likely >= count)
            likely = 0;
        if (is_named(key, *(const char *const *)(names + likely * stride)))
            return likely;
    }
    return count;
}

yyjson_val *osm_json_find_all(yyjson_val *object, const void *names, size_t stride, size_t count,
                              yyjson_val **values)
{
    size_t index, max, next = 0;
    yyjson_val *key, *item, *unknown = NULL;

    memset(values, 0, count * sizeof(*values));
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
