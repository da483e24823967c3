/* SPDX-License-Identifier: MIT */
/* The table of methods against the contract: names, order, parameters and defaults (methods.md). */
#include "testing/testing.h"

#include "serve/method/methods.h"
#include "testing/testing_contract.h"

#define NAME 64

/* --- names --------------------------------------------------------------------------------- */

static void test_whitelist(void **state)
{
    char *section = test_contract_section("methods.md", "## 1."), names[4096], name[NAME];
    char *line = test_contract_line(section, "* Whitelist, 44 names: ");
    const char *at = line, *word = names;
    unsigned count = 0, ours = 0;

    (void)state;
    assert_true(test_contract_code(&at, names, sizeof(names)));
    for (; test_contract_word(&word, name, sizeof(name)); count++)
        if (!osm_method_find(name, strlen(name)))
            fail_msg("%s is not in the whitelist", name);
    assert_int_equal(count, 44);
#define X(name, access, role) ours += osm_method_find(#name, strlen(#name)) != NULL;
    OSM_METHODS(X)
#undef X
    assert_int_equal(ours, count + 1); /* getSessionTimeout (V2) */
    free(line);
    free(section);
}

struct expected {
    const char *at;   /* spans still to come */
    char words[4096]; /* the present one … */
    const char *word; /* … and what is left of it */
    unsigned count;
};

static void registered(void *context, const char *name)
{
    struct expected *expected = context;
    char next[NAME];

    while (!test_contract_word(&expected->word, next, sizeof(next))) {
        assert_true(test_contract_code(&expected->at, expected->words, sizeof(expected->words)));
        expected->word = expected->words;
    }
    assert_string_equal(name, next);
    expected->count++;
}

static void test_described_in_order(void **state)
{
    char *section = test_contract_section("methods.md", "## 5.");
    char *line = test_contract_line(section, "`methods` (59, this order):\n");
    struct expected expected = {.at = line};

    (void)state;
    expected.word = expected.words;
    osm_method_each_registered(registered, &expected);
    assert_int_equal(expected.count, 59);
    free(line);
    free(section);
}

/* --- parameters ---------------------------------------------------------------------------- */

static const struct osm_method *find(const char *name)
{
    const struct osm_method *method = osm_method_find_registered(name, strlen(name));

    return method ? method : osm_method_find(name, strlen(name));
}

static void parameter_is(const struct osm_method *method, size_t i, const char *name,
                         const char *fallback)
{
    const struct osm_parameter *parameter = &method->parameters[i];

    for (size_t n = 0; n < i; n++)
        assert_true(*method->parameters[n].name);
    if (strcmp(parameter->name, name) != 0)
        fail_msg("%s: parameter %zu is %s, not %s", method->name, i,
                 *parameter->name ? parameter->name : "none", name);
    if (fallback && (!parameter->fallback || strcmp(parameter->fallback, fallback) != 0))
        fail_msg("%s: %s is %s, not %s", method->name, name,
                 parameter->fallback ? parameter->fallback : "required", fallback);
    if (!fallback && parameter->fallback)
        fail_msg("%s: %s has the default %s", method->name, name, parameter->fallback);
}

/* "nodeId, attributeId=13 (more words), refresh=false; more words" */
static void arguments_are(const struct osm_method *method, const char *text)
{
    size_t i = 0;

    for (; *text && *text != ';'; i++) {
        size_t length = strcspn(text, ",;=: (");
        char name[NAME], fallback[2 * NAME] = "";
        unsigned depth = 0;

        assert_true(length < sizeof(name));
        (void)snprintf(name, sizeof(name), "%.*s", (int)length, text);
        text += length;
        if (*text == '=') {
            size_t end = strcspn(text + 1, text[1] == '[' ? ";] (" : ",; (");

            text++;
            end += text[end] == ']';
            assert_true(end < sizeof(fallback));
            (void)snprintf(fallback, sizeof(fallback), "%.*s", (int)end, text);
            text += end;
        }
        for (; *text && (depth || (*text != ',' && *text != ';')); text++) {
            depth += *text == '(' || *text == '{' || *text == '[';
            depth -= *text == ')' || *text == '}' || *text == ']';
        }
        text += *text == ',';
        text += strspn(text, " ");
        parameter_is(method, i, name, *fallback ? fallback : NULL);
    }
    if (method->parameters && *method->parameters[i].name)
        fail_msg("%s takes %s, too", method->name, method->parameters[i].name);
}

/* The names of a row's first cell, some of them shortened: "historyInsertData / ReplaceData". */
static void each_method(const char *cell, const char *arguments)
{
    char stem[NAME], name[2 * NAME];

    (void)snprintf(stem, sizeof(stem), "%.*s", (int)strcspn(cell, ",/ "), cell);
    for (const char *at = cell; *at; at += strspn(at, ",/ ")) {
        size_t length = strcspn(at, ",/ ");
        const struct osm_method *method;

        (void)snprintf(name, sizeof(name), "%.*s", (int)length, at);
        at += length;
        if (!find(name)) /* the end of a name that begins as the first one does */
            (void)snprintf(name, sizeof(name), "history%.*s", (int)length, at - length);
        method = find(name);
        if (!method)
            fail_msg("no method %s", name);
        arguments_are(method, arguments);
    }
}

static void test_arguments(void **state)
{
    static const char *const sections[] = {"### 4.2", "### 4.3"};
    char *all = test_contract_section("methods.md", "## 4."), *section;
    struct test_contract_row row;
    const char *at = all;
    unsigned count = 0;

    (void)state;
    *strstr(all, "\n### ") = '\0'; /* the first table */
    for (; test_contract_row(&at, &row); count++) {
        if (strstr(row.cells[0], "…")) /* the server's names: no arguments */
            continue;
        each_method(row.cells[0], strcmp(row.cells[1], "–") == 0 ? "" : row.cells[1]);
    }
    assert_true(count > 25);
    for (size_t i = 0; i < OSM_ARRAY_SIZE(sections); i++) {
        section = test_contract_section("methods.md", sections[i]);
        for (at = section; test_contract_row(&at, &row);)
            each_method(row.cells[0], row.cells[1]);
        free(section);
    }
    free(all);
}

/* A row of §2: "| # | Name | Type | Default |". In `query` what is missing is null, which is cast:
 * so not every default there is one of the table. */
static void position_is(const struct osm_method *method, const struct test_contract_row *row)
{
    const struct osm_parameter *parameter = &method->parameters[strtoul(row->cells[0], NULL, 10)];
    size_t length = strcspn(row->cells[1], " ");

    if (strlen(parameter->name) != length || strncmp(parameter->name, row->cells[1], length) != 0)
        fail_msg("%s: parameter %s is %s, not %s", method->name, row->cells[0], parameter->name,
                 row->cells[1]);
    if (!parameter->fallback || strstr(row->cells[3], parameter->fallback))
        return;
    if (strcmp(parameter->fallback, "null") != 0 || !strstr(row->cells[2], "or null"))
        fail_msg("%s: %s is %s, not %s", method->name, parameter->name, parameter->fallback,
                 row->cells[3]);
}

static void test_positions(void **state)
{
    static const char *const sections[][2] = {
        {"### 2.2 ", "getEndpoints"},    {"### 2.3 ", "browse"},
        {"### 2.3 ", "browseAll"},       {"### 2.6 ", "browseRecursive"},
        {"### 2.8 ", "resolveNodeId"},   {"### 2.9 ", "read"},
        {"### 2.11 ", "write"},          {"### 2.14 ", "createSubscription"},
        {"### 2.24 ", "historyReadRaw"},
    };

    (void)state;
    for (size_t i = 0; i < OSM_ARRAY_SIZE(sections); i++) {
        char *section = test_contract_section("methods.md", sections[i][0]);
        const struct osm_method *method = find(sections[i][1]);
        struct test_contract_row row;
        const char *at = section;
        size_t count = 0;

        for (; test_contract_row(&at, &row); count++)
            position_is(method, &row);
        assert_false(*method->parameters[count].name);
        free(section);
    }
}

/* "[subscriptionId: int, links: int[] = []]": the sections of §2 without a table. */
static void test_lists(void **state)
{
    static const char *const sections[][2] = {
        {"### 2.5 ", "browseNext"},
        {"### 2.13 ", "call"},
        {"### 2.16 ", "createEventMonitoredItem"},
        {"### 2.17 ", "deleteMonitoredItems"},
        {"### 2.19 ", "setTriggering"},
        {"### 2.20 ", "deleteSubscription"},
        {"### 2.21 ", "publish"},
        {"### 2.22 ", "republish"},
        {"### 2.23 ", "transferSubscriptions"},
        {"### 2.25 ", "historyReadProcessed"},
        {"### 2.26 ", "historyReadAtTime"},
        {"### 2.27 ", "discoverDataTypes"},
    };

    (void)state;
    for (size_t i = 0; i < OSM_ARRAY_SIZE(sections); i++) {
        char *section = test_contract_section("methods.md", sections[i][0]);
        char *list = test_contract_line(section, "`["), arguments[1024];
        size_t used = 0, length = strcspn(list, "`") - 1;

        assert_true(length < sizeof(arguments));
        for (size_t at = 0; at < length; at++) { /* without the types */
            if (list[at] == ':')
                while (at < length && !strchr(",=", list[at]))
                    at++;
            if (at < length && !(list[at] == ' ' && strchr("=[", list[at + 1])) &&
                !(list[at] == ' ' && at && list[at - 1] == '='))
                arguments[used++] = list[at];
        }
        arguments[used] = '\0';
        arguments_are(find(sections[i][1]), arguments);
        free(list);
        free(section);
    }
}

/* --- roles, documentation ------------------------------------------------------------------ */

static void test_each_method_takes_its_role(void **state)
{
    (void)state;
#define X(name, access, role)                                                                      \
    assert_int_equal(osm_method_role(&osm_method_##name), OSM_ROLE_##role);
    OSM_METHODS(X)
#undef X
}

static void test_only_whole_names_are_methods(void **state)
{
    static const char *const names[] = {"", "rea", "reader", "Read", "openFile"};

    (void)state;
    for (size_t i = 0; i < OSM_ARRAY_SIZE(names); i++)
        assert_null(osm_method_find(names[i], strlen(names[i])));
    assert_non_null(osm_method_find("reader", 4));
    assert_null(osm_method_find_registered("isConnected", strlen("isConnected")));
}

static void test_the_page_about_methods(void **state)
{
    static const char *const lines[] = {
        "| `read` | yes | yes | read | `nodeId`, `attributeId = 13`, `refresh = false`, "
        "`indexRange = null` |\n",
        "| `openFile` | – | yes | write | `fileNodeId`, `mode` |\n",
        "| `isConnected` | yes | – | read | – |\n",
        "| `registerTypeCodec` | – | listed, refused | admin | ",
    };
    _cleanup_(osm_buf_deinit) struct osm_buf page = {0};

    (void)state;
    osm_methods_write_markdown(&page);
    for (size_t i = 0; i < OSM_ARRAY_SIZE(lines); i++)
        assert_non_null(strstr(osm_buf_text(&page), lines[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whitelist),
        cmocka_unit_test(test_described_in_order),
        cmocka_unit_test(test_arguments),
        cmocka_unit_test(test_positions),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_each_method_takes_its_role),
        cmocka_unit_test(test_only_whole_names_are_methods),
        cmocka_unit_test(test_the_page_about_methods),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
