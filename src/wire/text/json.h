/* SPDX-License-Identifier: MIT */
#ifndef OSM_WIRE_TEXT_JSON_H
#define OSM_WIRE_TEXT_JSON_H
/*
 * Writing JSON straight into an output buffer (contract: types.md §1): compact, raw UTF-8,
 * commas placed by the writer. Reading is yyjson's work; osm_json_get() adds the one rule of
 * ours: of a repeated key the last value counts.
 *
 * Invariant: as long as begin/end calls pair up and every object member starts with a key, the
 * buffer holds valid JSON. What has no JSON form (NaN, invalid UTF-8) is written in the form the
 * contract gives, never as broken text.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <yyjson.h>

#include "util/buf.h"
#include "util/macros.h"

/* Replies nested deeper than this cannot be read by the PHP client (T15). */
#define OSM_JSON_MAX_DEPTH 500
/* Longest unsigned number. */
#define OSM_JSON_UINT 20
/* Room of a name in a table of names: what it does not fill is zero. */
#define OSM_JSON_NAME 32

struct osm_json {
    struct osm_buf *out; /* borrowed */
    unsigned depth;
    bool comma;    /* a value has been written at this level: the next one needs a comma */
    bool too_deep; /* OSM_JSON_MAX_DEPTH was exceeded: the reply must become a fault */
};

void osm_json_init(struct osm_json *json, struct osm_buf *out);

/* A value its writer prints itself: room for that many bytes of valid JSON, and where it ended. */
static inline char *osm_json_value_begin(struct osm_json *json, size_t room)
{
    char *at = osm_buf_reserve(json->out, room + 1);

    if (json->comma) {
        *at++ = ',';
        json->out->length++;
    }
    json->comma = true;
    return at;
}
static inline void osm_json_value_end(struct osm_json *json, const char *end)
{
    osm_buf_commit(json->out, (size_t)(end - (json->out->data + json->out->length)));
}

/* One level more has been opened. */
static inline void osm_json_enter(struct osm_json *json)
{
    json->comma = false;
    if (++json->depth > OSM_JSON_MAX_DEPTH)
        json->too_deep = true;
}
/* One has been closed. */
static inline void osm_json_leave(struct osm_json *json)
{
    osm_assert(json->depth > 0);
    json->comma = true;
    json->depth--;
}
static inline void osm_json_container_begin(struct osm_json *json, char bracket)
{
    *osm_json_value_begin(json, 1) = bracket;
    json->out->length++;
    osm_json_enter(json);
}
static inline void osm_json_container_end(struct osm_json *json, char bracket)
{
    osm_buf_add_byte(json->out, bracket);
    osm_json_leave(json);
}
static inline void osm_json_object_begin(struct osm_json *json)
{
    osm_json_container_begin(json, '{');
}
static inline void osm_json_object_end(struct osm_json *json)
{
    osm_json_container_end(json, '}');
}
static inline void osm_json_array_begin(struct osm_json *json)
{
    osm_json_container_begin(json, '[');
}
static inline void osm_json_array_end(struct osm_json *json)
{
    osm_json_container_end(json, ']');
}

/* The key of the next member; a literal of plain ASCII without anything to escape. Inline, so
 * that a literal's length and copying cost nothing at run time. */
static inline void osm_json_key(struct osm_json *json, const char *key)
{
    size_t length = strlen(key);
    char *start = osm_buf_reserve(json->out, length + 4), *at = start;

    if (json->comma)
        *at++ = ',';
    *at++ = '"';
    memcpy(at, key, length);
    at += length;
    *at++ = '"';
    *at++ = ':';
    osm_buf_commit(json->out, (size_t)(at - start));
    json->comma = false;
}
/* The key of the next member, any text. */
void osm_json_key_text(struct osm_json *json, const char *key, size_t length);

void osm_json_null(struct osm_json *json);
void osm_json_bool(struct osm_json *json, bool value);
void osm_json_int(struct osm_json *json, int64_t value);
void osm_json_uint(struct osm_json *json, uint64_t value);
/* Shortest text that round-trips, integral values with ".0" (T8), "NaN"/"Infinity" as strings
 * (T2). A 32-bit float is widened before. */
void osm_json_double(struct osm_json *json, double value);
/* Seconds since the epoch with microseconds, as `time` and `lastUsed` show them. */
void osm_json_time(struct osm_json *json, double seconds);
/* A string; invalid UTF-8 sequences become U+FFFD. */
void osm_json_text(struct osm_json *json, const char *text, size_t length);
void osm_json_cstring(struct osm_json *json, const char *text);
void osm_json_base64(struct osm_json *json, const void *data, size_t length);
/* For such writers: both print at `at` and return where they ended. */
char *osm_json_put_uint(char *at, uint64_t value); /* at most OSM_JSON_UINT bytes */
/* "00" to "99", one behind the other. */
extern const char osm_json_pairs[201];
static inline char *osm_json_put_two(char *at, unsigned value)
{
    memcpy(at, osm_json_pairs + (size_t)2 * value, 2);
    return at + 2;
}
static inline char *osm_json_put(char *at, const char *literal)
{
    size_t length = strlen(literal);

    memcpy(at, literal, length);
    return at + length;
}
/* A literal that is JSON, or values and members with what stands between them; its length is known
 * where it is written. */
static OSM_ALWAYS_INLINE void osm_json_literal(struct osm_json *json, const char *literal)
{
    char *at = osm_json_value_begin(json, strlen(literal));

    osm_json_value_end(json, osm_json_put(at, literal));
}
/* An object and the key of its first member, which is as osm_json_key() wants it. */
static inline void osm_json_object_begin_with(struct osm_json *json, const char *key)
{
    size_t length = strlen(key);
    char *at = osm_json_value_begin(json, length + 4);

    *at++ = '{';
    *at++ = '"';
    memcpy(at, key, length);
    at += length;
    *at++ = '"';
    *at++ = ':';
    osm_json_value_end(json, at);
    osm_json_enter(json);
}
/* A value that is JSON already (for example an id taken from the request). */
void osm_json_raw(struct osm_json *json, const char *text, size_t length);
/* A parsed value, written back. */
void osm_json_value(struct osm_json *json, yyjson_val *value);

/* Member of an object, the last one of that name; NULL when absent or not an object. */
yyjson_val *osm_json_find(yyjson_val *object, const char *key, size_t length);
/*
 * All the members of an object at once, in one walk: values[i], NULL before, is the one of the i-th
 * name, the last of that name; it stays NULL when absent or when it is no object. Names are the
 * first member of the rows of a table, a char[OSM_JSON_NAME], `stride` bytes apart; members that
 * come in their order cost one comparison each. Returns the first key that is none of them, or
 * NULL.
 */
yyjson_val *osm_json_find_all(yyjson_val *object, const void *names, size_t stride, size_t count,
                              yyjson_val **values);
/* Always inline: the length of a literal is known where it is written. */
static OSM_ALWAYS_INLINE yyjson_val *osm_json_get(yyjson_val *object, const char *key)
{
    return osm_json_find(object, key, strlen(key));
}

#endif
