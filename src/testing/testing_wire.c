/* SPDX-License-Identifier: MIT */
/* Values from text, and JSON written and compared (testing_wire.h). */
#include "testing/testing_wire.h"

#include "wire/text/string.h"

yyjson_doc *test_parse(const char *text)
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

UA_String test_string(const char *text)
{
    return osm_string_view(text, strlen(text));
}

UA_NodeId test_node_id(uint16_t namespace_index, const char *text)
{
    return (UA_NodeId){.namespaceIndex = namespace_index,
                       .identifierType = UA_NODEIDTYPE_STRING,
                       .identifier = {.string = test_string(text)}};
}

UA_QualifiedName test_name(uint16_t namespace_index, const char *text)
{
    return (UA_QualifiedName){.namespaceIndex = namespace_index, .name = test_string(text)};
}

struct osm_json *test_out_begin(struct test_out *out)
{
    osm_buf_truncate(&out->buf, 0);
    osm_json_init(&out->json, &out->buf);
    return &out->json;
}

void test_out_plain(struct test_out *out, const struct osm_wire_context *context, const void *value,
                    const UA_DataType *type)
{
    struct osm_encoder encoder = osm_encoder_make(test_out_begin(out), context, &osm_plain_style);

    osm_encode_value(&encoder, value, type);
}

void test_out_is(struct test_out *out, const char *expected)
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

uint64_t test_random(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9E3779B97F4A7C15));

    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}
