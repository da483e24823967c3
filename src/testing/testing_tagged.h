/* SPDX-License-Identifier: MIT */
#ifndef OSM_TESTING_TESTING_TAGGED_H
#define OSM_TESTING_TESTING_TAGGED_H
/* What the tests of the tagged decoder share. */
#include "testing/testing_wire.h"

#include "wire/tagged/tagged_decode.h"

#define BAD_NAME                                                                                   \
    "EncodingException: QualifiedName wire payload: missing or invalid 'ns' (int) / 'n' (string) " \
    "fields."

static struct osm_arena arena;
static struct test_out out;

static struct osm_decode decode_for(struct osm_fault *fault)
{
    struct osm_decode base = osm_decode_make(&arena, fault, "read", 1709210096, NULL);

    base.list = "args";
    return osm_decode_at(&base, 0);
}

static void print_fault(const struct osm_fault *fault)
{
    test_out_begin(&out);
    if (osm_fault_is_set(fault))
        osm_buf_printf(&out.buf, "%s: %s", osm_fault_name(fault->type), fault->message);
    else
        osm_buf_printf(&out.buf, "fine");
}

/* Expected texts write single quotes for double ones. */
static void expect(const char *json, const char *expected)
{
    for (size_t i = 0; i < out.buf.length; i++) {
        if (out.buf.data[i] == '"')
            out.buf.data[i] = '\'';
    }
    if (strcmp(osm_buf_text(&out.buf), expected) != 0)
        fail_msg("%s\n became %s\n not    %s", json, out.buf.data, expected);
}

static int release_tagged(void **state)
{
    osm_buf_deinit(&out.buf);
    osm_arena_deinit(&arena);
    return 0;
}

#endif
