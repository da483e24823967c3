/* SPDX-License-Identifier: MIT */
/* Faults: names, the first one wins, messages live in the arena. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "testing/testing_contract.h"
#include "util/fault.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void test_zeroed_is_no_fault(void **state)
{
    struct osm_fault fault = {0};

    assert_false(osm_fault_is_set(&fault));
}

static void test_set_returns_false_and_keeps_the_first(void **state)
{
    struct osm_fault fault = {0};
    struct osm_arena arena;
    char text[] = "changing";

    osm_arena_init(&arena);
    assert_false(osm_fault_set(&fault, &arena, OSM_FAULT_ENCODING, "bad %s %d", text, 7));
    memset(text, 'x', sizeof(text) - 1);
    assert_true(osm_fault_is_set(&fault));
    assert_false(osm_fault_set(&fault, &arena, OSM_FAULT_SERVICE, "later"));
    assert_int_equal(fault.type, OSM_FAULT_ENCODING);
    assert_string_equal(fault.message, "bad changing 7");
    osm_arena_deinit(&arena);
}

/* OSM_FAULT_UNKNOWN_NAMESPACE is INVALID_NODE_ID with a message that hides nothing. */
static void test_names_are_complete_and_differ(void **state)
{
    assert_string_equal(osm_fault_name(OSM_FAULT_UNKNOWN_NAMESPACE),
                        osm_fault_name(OSM_FAULT_INVALID_NODE_ID));
    for (int i = OSM_FAULT_NONE + 1; i < OSM_FAULT_COUNT_; i++) {
        if (i == OSM_FAULT_UNKNOWN_NAMESPACE)
            continue;
        assert_true(*osm_fault_name((enum osm_fault_type)i));
        for (int j = i + 1; j < OSM_FAULT_COUNT_; j++)
            if (j != OSM_FAULT_UNKNOWN_NAMESPACE)
                assert_string_not_equal(osm_fault_name((enum osm_fault_type)i),
                                        osm_fault_name((enum osm_fault_type)j));
    }
}

/* Upper-case names are exceptions of operations, and only their messages are sanitised. */
static void test_what_is_sanitised(void **state)
{
    for (int i = OSM_FAULT_NONE + 1; i < OSM_FAULT_COUNT_; i++) {
        char first = *osm_fault_name((enum osm_fault_type)i);

        assert_int_equal(osm_fault_is_sanitised((enum osm_fault_type)i),
                         first >= 'A' && first <= 'Z' && i != OSM_FAULT_UNKNOWN_NAMESPACE);
    }
}

static bool is_listed(const char *text, const char *name)
{
    const char *at = text;
    char code[128];

    while (test_contract_code(&at, code, sizeof(code)))
        if (strcmp(code, name) == 0)
            return true;
    return false;
}

static bool is_ours(const char *name, bool sanitised)
{
    for (int i = OSM_FAULT_NONE + 1; i < OSM_FAULT_COUNT_; i++)
        if (strcmp(osm_fault_name((enum osm_fault_type)i), name) == 0 &&
            osm_fault_is_sanitised((enum osm_fault_type)i) == sanitised)
            return true;
    return false;
}

/* ipc-protocol.md §8.2 has those of the protocol, §8.3 those of operations. */
static void test_names_are_those_of_the_contract(void **state)
{
    char *protocol = test_contract_section("ipc-protocol.md", "### 8.2"), name[128];
    char *operations = test_contract_section("ipc-protocol.md", "### 8.3");
    struct test_contract_row row;
    unsigned count = 0;
    const char *at;

    (void)state;
    for (at = protocol; test_contract_code(&at, name, sizeof(name));)
        if (strchr(name, '_') && !is_ours(name, false))
            fail_msg("%s is missing", name);
    for (at = operations; test_contract_row(&at, &row); count++)
        for (const char *cell = row.cells[0], *end; *cell; cell = end + strspn(end, " ,")) {
            end = cell + strcspn(cell, " ,");
            (void)snprintf(name, sizeof(name), "%.*s", (int)(end - cell), cell);
            /* PHP 8.2's name of another one (E3), and words between */
            if (isupper((unsigned char)*name) && strcmp(name, "Exception") != 0 &&
                strcmp(name, "PHP") != 0 && !is_ours(name, true))
                fail_msg("%s is missing", name);
        }
    assert_true(count > 20);
    for (int i = OSM_FAULT_NONE + 1; i < OSM_FAULT_COUNT_; i++) {
        enum osm_fault_type type = (enum osm_fault_type)i;

        if (!is_listed(osm_fault_is_sanitised(type) ? operations : protocol, osm_fault_name(type)))
            fail_msg("the contract has no %s", osm_fault_name(type));
    }
    free(protocol);
    free(operations);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_zeroed_is_no_fault),
        cmocka_unit_test(test_set_returns_false_and_keeps_the_first),
        cmocka_unit_test(test_names_are_complete_and_differ),
        cmocka_unit_test(test_what_is_sanitised),
        cmocka_unit_test(test_names_are_those_of_the_contract),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
