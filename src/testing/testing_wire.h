/* SPDX-License-Identifier: MIT */
#ifndef OSM_TESTING_TESTING_WIRE_H
#define OSM_TESTING_TESTING_WIRE_H
/* What the unit tests of this folder share: JSON from a literal, JSON into a text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <yyjson.h>

#include "wire/text/json.h"
#include "wire/text/node_id.h"
#include "wire/value/styles.h"

/* Parses as the daemon does; single quotes stand for double ones. Free with yyjson_doc_free. */
static inline yyjson_doc *test_parse(const char *text)
{
    size_t length = strlen(text);
    char *copy = test_malloc(length + 1);
    yyjson_doc *doc;

    memcpy(copy, text, length + 1);
    for (char *at = copy; *at; at++) {
        if (*at == '\'')
            *at = '"';
    }
    doc = yyjson_read(copy, length, YYJSON_READ_BIGNUM_AS_RAW);
    if (!doc)
        fail_msg("no JSON: %s", text);
    test_free(copy);
    return doc;
}

/* The library's UA_STRING() wants texts that may be written to. */
static inline UA_String test_string(const char *text)
{
    return osm_string_view(text, strlen(text));
}

static inline UA_NodeId test_node_id(uint16_t namespace_index, const char *text)
{
    return (UA_NodeId){.namespaceIndex = namespace_index,
                       .identifierType = UA_NODEIDTYPE_STRING,
                       .identifier = {.string = test_string(text)}};
}

static inline UA_QualifiedName test_name(uint16_t namespace_index, const char *text)
{
    return (UA_QualifiedName){.namespaceIndex = namespace_index, .name = test_string(text)};
}

/* A writer with its own buffer. */
struct test_out {
    struct osm_buf buf;
    struct osm_json json;
};

static inline struct osm_json *test_out_begin(struct test_out *out)
{
    osm_buf_truncate(&out->buf, 0);
    osm_json_init(&out->json, &out->buf);
    return &out->json;
}

/* Writes a value in the plain style. */
static inline void test_out_plain(struct test_out *out, const struct osm_wire_context *context,
                                  const void *value, const UA_DataType *type)
{
    struct osm_encoder encoder = osm_encoder_make(test_out_begin(out), context, &osm_plain_style);

    osm_encode_value(&encoder, value, type);
}

/* Compares what has been written; single quotes in expected stand for double ones. */
static inline void test_out_is(struct test_out *out, const char *expected)
{
    char *copy = test_malloc(strlen(expected) + 1);

    memcpy(copy, expected, strlen(expected) + 1);
    for (char *at = copy; *at; at++) {
        if (*at == '\'')
            *at = '"';
    }
    assert_string_equal(osm_buf_text(&out->buf), copy);
    assert_int_equal(out->json.depth, 0);
    test_free(copy);
}

/* A small reproducible generator (splitmix64). */
static inline uint64_t test_random(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9E3779B97F4A7C15));

    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

#endif
