/* SPDX-License-Identifier: MIT */
/* Paths as texts, and what TranslateBrowsePathsToNodeIds gets of them. */
#include "testing/testing_wire.h"

#include <open62541/nodeids.h>

#include "wire/value/browse_path.h"

static struct osm_arena arena;

/* Its elements with their namespaces, each behind a blank. */
static const char *elements_of(const char *text)
{
    const UA_String path = test_string(text);
    const UA_NodeId start = UA_NODEID_NUMERIC(0, UA_NS0ID_ROOTFOLDER);
    _cleanup_(osm_buf_deinit) struct osm_buf out = {0};
    UA_BrowsePath parsed;

    osm_browse_path_parse(&path, start, &arena, &parsed);
    assert_true(UA_NodeId_equal(&parsed.startingNode, &start));
    for (size_t i = 0; i < parsed.relativePath.elementsSize; i++) {
        const UA_RelativePathElement *element = &parsed.relativePath.elements[i];

        assert_int_equal(element->referenceTypeId.identifier.numeric,
                         UA_NS0ID_HIERARCHICALREFERENCES);
        assert_true(element->includeSubtypes && !element->isInverse);
        osm_buf_printf(&out, " %u:%.*s", element->targetName.namespaceIndex,
                       (int)element->targetName.name.length,
                       (const char *)element->targetName.name.data);
    }
    return osm_arena_text(&arena, osm_buf_text(&out), out.length);
}

static void test_paths(void **state)
{
    static const struct {
        const char *path, *elements;
    } cases[] = {
        {"/Objects/Server", " 0:Objects 0:Server"},
        {"Objects", " 0:Objects"},
        {"///2:Line/3:a:b//", " 2:Line 3:a:b"},
        {"a//b", " 0:a 0: 0:b"}, /* no server has such a name */
        {"", " 0:"},
        {"/", " 0:"},
    };

    (void)state;
    for (size_t i = 0; i < OSM_ARRAY_SIZE(cases); i++)
        assert_string_equal(elements_of(cases[i].path), cases[i].elements);
}

static void test_slashes_at_the_ends(void **state)
{
    static const struct {
        const char *text, *trimmed;
    } cases[] = {{"/a/", "a"}, {"//a/b//", "a/b"}, {"a", "a"}, {"///", ""}, {"", ""}};

    (void)state;
    for (size_t i = 0; i < OSM_ARRAY_SIZE(cases); i++) {
        const UA_String trimmed = osm_browse_path_trim(test_string(cases[i].text));

        assert_int_equal(trimmed.length, strlen(cases[i].trimmed));
        assert_memory_equal(trimmed.data, cases[i].trimmed, trimmed.length);
    }
    /* The text ends where its length says. */
    assert_int_equal(osm_browse_path_trim((UA_String){2, test_string("/a/b").data}).length, 1);
}

static int release(void **state)
{
    (void)state;
    osm_arena_deinit(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_slashes_at_the_ends),
    };

    osm_arena_init(&arena);
    return cmocka_run_group_tests(tests, NULL, release);
}
