/* SPDX-License-Identifier: MIT */
#ifndef OSM_TESTING_TESTING_VALUE_H
#define OSM_TESTING_TESTING_VALUE_H
/* Tables of values to read, for the tests of the plain decoder. */
#include "testing/testing_wire.h"

#include "wire/plain/plain_decode.h"

static struct osm_arena arena;
static struct test_out out;

/*
 * Reads json as builtin type (0: as a Variant object); expected is the plain Variant that comes
 * out, or "<fault>: <message>". Single quotes stand for double ones.
 */
struct value_case {
    uint32_t type;
    const char *json;
    const char *expected;
};

#define IS(value) "{'value':" value ",'dimensions':null}"
#define ENCODING "EncodingException: write: params[1]: cannot encode "

static void print_fault(const struct osm_fault *fault)
{
    struct osm_buf *buf = &out.buf;

    test_out_begin(&out);
    osm_buf_printf(buf, "%s: %s", osm_fault_name(fault->type), fault->message);
    for (size_t i = 0; i < buf->length; i++) {
        if (buf->data[i] == '"')
            buf->data[i] = '\'';
    }
}

static void check_value(const struct value_case *value_case)
{
    yyjson_doc *doc = test_parse(value_case->json);
    struct osm_fault fault = {0};
    struct osm_decode base = osm_decode_make(&arena, &fault, "write", 1709210096, NULL);
    struct osm_decode decode = osm_decode_at(&base, 1);
    yyjson_val *value = yyjson_doc_get_root(doc);
    UA_Variant variant;

    if (value_case->type ? osm_plain_read_value(&decode, value, value_case->type, &variant)
                         : osm_plain_read_variant(&decode, value, &variant)) {
        assert_int_equal(fault.type, OSM_FAULT_NONE);
        test_out_plain(&out, NULL, &variant, &UA_TYPES[UA_TYPES_VARIANT]);
        for (size_t i = 0; i < out.buf.length; i++) {
            if (out.buf.data[i] == '"')
                out.buf.data[i] = '\'';
        }
    } else {
        print_fault(&fault);
    }
    /* Own explanations behind the given beginning of a message are free. */
    if (strncmp(osm_buf_text(&out.buf), value_case->expected, strlen(value_case->expected)) != 0)
        fail_msg("%u %s\n became %s", value_case->type, value_case->json, out.buf.data);
    yyjson_doc_free(doc);
    osm_arena_reset(&arena);
}

#define TABLE_TEST(table)                                                                          \
    static void test_##table(void **state)                                                         \
    {                                                                                              \
        for (size_t i = 0; i < OSM_ARRAY_SIZE(table); i++)                                         \
            check_value(&table[i]);                                                                \
    }

static int release_values(void **state)
{
    osm_buf_deinit(&out.buf);
    osm_arena_deinit(&arena);
    return 0;
}

#endif
