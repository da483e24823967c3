/* SPDX-License-Identifier: MIT */
/* Settings files written for one test (testing_settings.h). */
#include "testing/testing_settings.h"

int test_file_setup(void **state)
{
    *state = osm_alloc(sizeof(struct test_file));
    return 0;
}

int test_file_teardown(void **state)
{
    struct test_file *file = *state;

    osm_arena_deinit(&file->arena);
    osm_findings_deinit(&file->faults);
    free(file);
    return 0;
}

const struct osm_node *test_read_bytes(struct test_file *file, const char *text, size_t length)
{
    osm_arena_deinit(&file->arena);
    osm_arena_init(&file->arena);
    osm_findings_deinit(&file->faults);
    return osm_tree_read(&file->arena, "f", text, length, &file->faults);
}

const struct osm_node *test_read(struct test_file *file, const char *text)
{
    return test_read_bytes(file, text, strlen(text));
}
