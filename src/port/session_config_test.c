/* SPDX-License-Identifier: MIT */
/* The table of a session's configuration against the contract (ipc-protocol.md §5.2, §6). */
#include "testing/testing.h"

#include "port/policy_name.h"
#include "port/session_config.h"
#include "testing/testing_contract.h"

static const char *kind_text(enum osm_config_kind kind)
{
    static const char *const texts[] = {[OSM_CONFIG_FLOAT] = "float",
                                        [OSM_CONFIG_INT] = "int",
                                        [OSM_CONFIG_BOOL] = "bool",
                                        [OSM_CONFIG_TEXT] = "string"};

    return texts[kind];
}

/* "| 1 | `opcuaTimeout` | float s | 5.0 | … |", in the order in which `list` prints them. */
static void test_keys(void **state)
{
    char *section = test_contract_section("ipc-protocol.md", "## 6.");
    char *end = strstr(section, "\n### ");
    struct test_contract_row row;
    const char *at = section;
    size_t count = 0;

    (void)state;
    *end = '\0';
    for (; test_contract_row(&at, &row); count++) {
        const struct osm_config_row *ours = &osm_config_rows[count];
        const char *kind = kind_text(ours->kind);

        assert_true(count < OSM_CONFIG_KEY_COUNT_);
        assert_string_equal(ours->name, row.cells[1]);
        assert_memory_equal(row.cells[2], kind, strlen(kind));
        if (strstr(row.cells[4], "secret") && !ours->secret)
            fail_msg("%s is a secret", ours->name);
    }
    assert_int_equal(count, OSM_CONFIG_KEY_COUNT_);
    free(section);
}

/* "… minus `username`, `password`, …. An empty config …" */
static void test_what_list_hides(void **state)
{
    char *section = test_contract_section("ipc-protocol.md", "### 5.2");
    char *line = test_contract_line(section, "normalised) minus "), name[64];
    const char *at = line;
    unsigned hidden = 0, ours = 0;

    (void)state;
    *strchr(line, '.') = '\0';
    for (; test_contract_code(&at, name, sizeof(name)); hidden++)
        for (size_t i = 0; i < OSM_CONFIG_KEY_COUNT_; i++)
            if (strcmp(osm_config_rows[i].name, name) == 0)
                assert_false(osm_config_rows[i].listed);
    for (size_t i = 0; i < OSM_CONFIG_KEY_COUNT_; i++)
        ours += !osm_config_rows[i].listed;
    assert_int_equal(hidden, ours);
    free(line);
    free(section);
}

static bool takes_policy(const char *name)
{
    struct osm_fault fault = {0};
    struct osm_config config = {.set = 1u << OSM_CONFIG_securityPolicy};
    struct osm_arena arena;
    bool known;

    osm_arena_init(&arena);
    config.values[OSM_CONFIG_securityPolicy].as_TEXT =
        osm_arena_printf(&arena, OSM_POLICY_PREFIX "%s", name);
    /* without a mode all but None are refused, but as a configuration */
    known = osm_config_check(&config, &arena, &fault) || fault.type != OSM_FAULT_VALUE_ERROR;
    osm_arena_deinit(&arena);
    return known;
}

static void test_policies(void **state)
{
    char *section = test_contract_section("ipc-protocol.md", "### 6.1"), name[128];
    const char *at = section;
    unsigned count = 0;

    (void)state;
    *strstr(section, "Anything else") = '\0';
    assert_true(test_contract_code(&at, name, sizeof(name)));
    assert_string_equal(name, OSM_POLICY_PREFIX);
    for (; test_contract_code(&at, name, sizeof(name)); count++)
        if (!takes_policy(name))
            fail_msg("%s is not known", name);
    assert_int_equal(count, 12);
    assert_false(takes_policy("Basic512"));
    free(section);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_what_list_hides),
        cmocka_unit_test(test_policies),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
