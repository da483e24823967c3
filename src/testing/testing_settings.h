/* SPDX-License-Identifier: MIT */
#ifndef OSM_TESTING_TESTING_SETTINGS_H
#define OSM_TESTING_TESTING_SETTINGS_H
/* For tests: a text read as the file "f". */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "util/alloc.h"
#include "yaml/yaml_tree.h"

struct test_file {
    struct osm_arena arena;
    struct osm_faults faults;
};

int test_file_setup(void **state);
int test_file_teardown(void **state);

/* What was read before is forgotten. */
const struct osm_node *test_read_bytes(struct test_file *file, const char *text, size_t length);

const struct osm_node *test_read(struct test_file *file, const char *text);

#define test_findings(file, expected)                                                              \
    assert_string_equal(osm_buf_text(&(file)->faults.text), expected)

#define test_with_file(name)                                                                       \
    cmocka_unit_test_setup_teardown(name, test_file_setup, test_file_teardown)

#endif
