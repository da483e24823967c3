/* SPDX-License-Identifier: MIT */
#ifndef OSM_TESTING_TESTING_TAGGED_H
#define OSM_TESTING_TESTING_TAGGED_H
/* What the tests of the tagged decoder share. */
#include "testing/testing_wire.h"

#include "wire/tagged/tagged_decode.h"

#define BAD_NAME                                                                                   \
    "EncodingException: QualifiedName wire payload: missing or invalid 'ns' (int) / 'n' (string) " \
    "fields."

extern struct osm_arena test_tagged_arena;
extern struct test_out test_tagged_out;

struct osm_decode test_tagged_decode(struct osm_fault *fault);
void test_tagged_fault(const struct osm_fault *fault);

/* Expected texts write single quotes for double ones. */
void test_tagged_is(const char *json, const char *expected);

int test_tagged_release(void **state);

#endif
