/* SPDX-License-Identifier: MIT */
/* Which servers a list of patterns covers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "serve/request/endpoint_rule.h"
#include "serve/request/grant.h"
#include "util/arena.h"
#include "util/fault.h"
#include "util/macros.h"

static void test_covered(void **state)
{
    static const struct {
        const char *pattern, *url;
        bool covered;
    } cases[] = {
        {"plant", "opc.tcp://plant:4840", true},
        {"plant", "opc.tcp://plant:1", true},
        {"plant", "opc.tcp://PLANT", true},
        {"PLANT", "OPC.TCP://plant/UA/x", true},
        {"plant", "opc.tcp://plant2", false},
        {"plant", "opc.tcp://plant.evil.example", false},
        {"plant", "opc.tcp://plant@evil", false},
        {"plant", "opc.tcp://evil/plant", false},
        {"plant", "opc.tcp://evil?plant", false},
        {"plant", "opc.tcp://user:pw@plant:1", true},
        {"plant:4840", "opc.tcp://plant", true},
        {"plant:4840", "plant:04840", true},
        {"plant:4840", "opc.tcp://plant:4841", false},
        {"plant:*", "opc.tcp://plant:4841", true},
        {"opc.tcp://plant:4840", "http://plant:4840", true},
        {"plant-*:4840", "opc.tcp://plant-7:4840", true},
        {"plant-?", "opc.tcp://plant-77", false},
        {"10.0.*", "opc.tcp://10.0.3.4:4840", true},
        {"10.0.*", "opc.tcp://10.1.3.4:4840", false},
        {"10.*", "opc.tcp://10.evil.example", false},
        {"10.0.0.1*", "opc.tcp://10.0.0.1.evil.example:4840", false},
        {"10.*", "opc.tcp://10.1", false},
        {"10.*", "opc.tcp://10.0.0.01", false},
        {"1*", "opc.tcp://1e100.example", false},
        {"1?.0.0.256", "opc.tcp://10.0.0.256", false},
        {"1?.0.0.255", "opc.tcp://10.0.0.255", true},
        {"[fe80:*]", "opc.tcp://fe80", false},
        {"h10.*", "opc.tcp://h10.example", true},
        {"[::1]:4840", "opc.tcp://[::1]:4840", true},
        {"[::1]", "opc.tcp://[::2]:4840", false},
        {"[fe80::*]", "opc.tcp://[fe80::7]", true},
        {"*", "opc.tcp://anything:1", true},
        {"*", "no url", false},
        {"*", "", false},
    };

    for (size_t i = 0; i < OSM_ARRAY_SIZE(cases); i++) {
        char *const patterns[] = {(char *)(uintptr_t) "never", (char *)(uintptr_t)cases[i].pattern,
                                  NULL};

        if (osm_endpoint_rules_allow(patterns, cases[i].url) != cases[i].covered)
            fail_msg("%s and %s", cases[i].pattern, cases[i].url);
    }
}

static void test_lists(void **state)
{
    char *const nothing[] = {NULL};

    assert_true(osm_endpoint_rules_allow(NULL, "opc.tcp://plant"));
    assert_false(osm_endpoint_rules_allow(nothing, "opc.tcp://plant"));
}

static void test_patterns(void **state)
{
    static const char *const good[] = {"a",     "a:1",         "a:*",          "*",
                                       "[::1]", "[::1]:65535", "opc.tcp://a:1"};
    static const char *const bad[] = {"",    ":1",   "a:", "a:x",    "a:1x",     "a:123456",
                                      "a/b", "[::1", "[]", "[::1]x", "http://a", "opc.tcp://"};

    for (size_t i = 0; i < OSM_ARRAY_SIZE(good); i++)
        if (!osm_endpoint_rule_is_valid(good[i]))
            fail_msg("refused: %s", good[i]);
    for (size_t i = 0; i < OSM_ARRAY_SIZE(bad); i++)
        if (osm_endpoint_rule_is_valid(bad[i]))
            fail_msg("accepted: %s", bad[i]);
}

/* Who has made something may change it, the others with the role `write`. */
static void test_makers(void **state)
{
    struct osm_grant *reader = osm_grant_new(1, &(struct osm_grant_terms){.role = OSM_ROLE_READ});
    struct osm_grant *writer = osm_grant_new(2, &(struct osm_grant_terms){.role = OSM_ROLE_WRITE});
    struct osm_fault fault = {0};
    struct osm_arena arena;

    (void)state;
    osm_arena_init(&arena);
    assert_true(osm_grant_may_change(reader, 1) && osm_grant_may_change(writer, 1));
    assert_true(osm_grant_may_change(NULL, 1) && osm_grant_may_change(writer, 0));
    assert_false(osm_grant_may_change(reader, 2) || osm_grant_may_change(reader, 0));
    assert_false(osm_grant_check_maker(reader, 0, "close", &arena, &fault));
    assert_string_equal(
        fault.message, "close of what this token has not made takes the role \"write\", this token "
                       "has \"read\"");
    (void)osm_grant_unref(reader);
    (void)osm_grant_unref(writer);
    osm_arena_deinit(&arena);
}

static void test_roles(void **state)
{
    struct osm_grant *grant = osm_grant_new(1, &(struct osm_grant_terms){.role = OSM_ROLE_WRITE});
    struct osm_fault fault = {0};
    struct osm_arena arena;

    osm_arena_init(&arena);
    assert_true(osm_grant_check(NULL, OSM_ROLE_ADMIN, "x", &arena, &fault));
    assert_true(osm_grant_check(grant, OSM_ROLE_READ, "x", &arena, &fault));
    assert_true(osm_grant_check(grant, OSM_ROLE_WRITE, "x", &arena, &fault));
    assert_false(osm_grant_check(grant, OSM_ROLE_ADMIN, "addNodes", &arena, &fault));
    assert_string_equal(fault.message,
                        "addNodes takes the role \"admin\", this token has \"write\"");
    assert_ptr_equal(osm_grant_unref(osm_grant_ref(grant)), NULL);
    assert_int_equal(grant->references, 1);
    (void)osm_grant_unref(grant);
    osm_arena_deinit(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_covered),  cmocka_unit_test(test_lists),
        cmocka_unit_test(test_patterns), cmocka_unit_test(test_roles),
        cmocka_unit_test(test_makers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
