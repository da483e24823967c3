/* SPDX-License-Identifier: MIT */
/* Tables of plain values, and what comes of them (testing_value.h). */
#include "testing/testing_value.h"

struct osm_arena test_value_arena;

static struct test_out test_value_out;

static void print_fault(const struct osm_fault *fault)
{
    struct osm_buf *buf = &test_value_out.buf;

    test_out_begin(&test_value_out);
    osm_buf_printf(buf, "%s: %s", osm_fault_name(fault->type), fault->message);
    for (size_t i = 0; i < buf->length; i++) {
        if (buf->data[i] == '"')
            buf->data[i] = '\'';
    }
}

void test_value_check(const struct test_value_case *value_case)
{
    yyjson_doc *doc = test_parse(value_case->json);
    struct osm_fault fault = {0};
    struct osm_decode base = osm_decode_make(&test_value_arena, &fault, "write", 1709210096, NULL);
    struct osm_decode decode = osm_decode_at(&base, 1);
    yyjson_val *value = yyjson_doc_get_root(doc);
    UA_Variant variant;

    if (value_case->type ? osm_plain_read_value(&decode, value, value_case->type, &variant)
                         : osm_plain_read_variant(&decode, value, &variant)) {
        assert_int_equal(fault.type, OSM_FAULT_NONE);
        test_out_plain(&test_value_out, NULL, &variant, &UA_TYPES[UA_TYPES_VARIANT]);
        for (size_t i = 0; i < test_value_out.buf.length; i++) {
            if (test_value_out.buf.data[i] == '"')
                test_value_out.buf.data[i] = '\'';
        }
    } else {
        print_fault(&fault);
    }
    /* Own explanations behind the given beginning of a message are free. */
    if (strncmp(osm_buf_text(&test_value_out.buf), value_case->expected,
                strlen(value_case->expected)) != 0)
        fail_msg("%u %s\n became %s", value_case->type, value_case->json, test_value_out.buf.data);
    yyjson_doc_free(doc);
    osm_arena_reset(&test_value_arena);
}

int test_value_release(void **state)
{
    osm_buf_deinit(&test_value_out.buf);
    osm_arena_deinit(&test_value_arena);
    return 0;
}
