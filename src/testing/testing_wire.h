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
yyjson_doc *test_parse(const char *text);

/* The library's UA_STRING() wants texts that may be written to. */
UA_String test_string(const char *text);

UA_NodeId test_node_id(uint16_t namespace_index, const char *text);
UA_QualifiedName test_name(uint16_t namespace_index, const char *text);

/* A writer with its own buffer. */
struct test_out {
    struct osm_buf buf;
    struct osm_json json;
};

struct osm_json *test_out_begin(struct test_out *out);

/* Writes a value in the plain style. */
void test_out_plain(struct test_out *out, const struct osm_wire_context *context, const void *value,
                    const UA_DataType *type);

/* Compares what has been written; single quotes in expected stand for double ones. */
void test_out_is(struct test_out *out, const char *expected);

/* A small reproducible generator (splitmix64). */
uint64_t test_random(uint64_t *state);

#endif
