/* SPDX-License-Identifier: MIT */
/* Decoding of tagged values, and what comes of it (testing_tagged.h). */
#include "testing/testing_tagged.h"

struct osm_arena test_tagged_arena;

struct test_out test_tagged_out;

struct osm_decode test_tagged_decode(struct osm_fault *fault)
{
    struct osm_decode base = osm_decode_make(&test_tagged_arena, fault, "read", 1709210096, NULL);

    base.list = "args";
    return osm_decode_at(&base, 0);
}

void test_tagged_fault(const struct osm_fault *fault)
{
    test_out_begin(&test_tagged_out);
    if (osm_fault_is_set(fault))
        osm_buf_printf(&test_tagged_out.buf, "%s: %s", osm_fault_name(fault->type), fault->message);
    else
        osm_buf_printf(&test_tagged_out.buf, "fine");
}

void test_tagged_is(const char *json, const char *expected)
{
    for (size_t i = 0; i < test_tagged_out.buf.length; i++) {
        if (test_tagged_out.buf.data[i] == '"')
            test_tagged_out.buf.data[i] = '\'';
    }
    if (strcmp(osm_buf_text(&test_tagged_out.buf), expected) != 0)
        fail_msg("%s\n became %s\n not    %s", json, test_tagged_out.buf.data, expected);
}

int test_tagged_release(void **state)
{
    osm_buf_deinit(&test_tagged_out.buf);
    osm_arena_deinit(&test_tagged_arena);
    return 0;
}
