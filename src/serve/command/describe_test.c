/* SPDX-License-Identifier: MIT */
/* describe and the table of commands against the contract (methods.md §5, ipc-protocol.md §5). */
#include "testing/testing_command.h"
#include "testing/testing_contract.h"

#include "serve/command/command.h"

/* What a paragraph lists behind its key: "`Prefix\` + `A`, `B`; then …"; a whole name has no
 * prefix. */
static size_t list_is(yyjson_val *list, const char *paragraph, bool shortened, size_t from)
{
    char code[256], prefix[256] = "", name[512];
    const char *at = paragraph;
    size_t count = from;

    while (test_contract_code(&at, code, sizeof(code))) {
        if (code[strlen(code) - 1] == '\\') {
            (void)snprintf(prefix, sizeof(prefix), "%s", code);
            continue;
        }
        (void)snprintf(name, sizeof(name), "%s%s", strncmp(code, "PhpOpcua", 8) ? prefix : "",
                       code);
        assert_string_equal(yyjson_get_str(yyjson_arr_get(list, count++)),
                            shortened ? strrchr(name, '\\') + 1 : name);
    }
    return count;
}

static void test_classes(void **state)
{
    static const struct {
        const char *key, *beginning;
    } lists[] = {{"modules", "`modules` (10): "},
                 {"wireClasses", "`wireClasses` (24): "},
                 {"enumClasses", "`enumClasses` (5): "}};
    char *section = test_contract_section("methods.md", "## 5.");
    struct osm_session *session = test_open(*state, "{}");
    struct test_request *test =
        test_ask_format(*state, "{'command':'describe','sessionId':'%s'}", osm_session_id(session));
    yyjson_doc *doc = yyjson_read(test->reply, strlen(test->reply), YYJSON_READ_NOFLAG);
    yyjson_val *data = yyjson_obj_get(yyjson_doc_get_root(doc), "data");
    yyjson_val *ids = yyjson_obj_get(data, "wireTypeIds");
    size_t id = 0;

    for (size_t i = 0; i < OSM_ARRAY_SIZE(lists); i++) {
        char *line = test_contract_line(section, lists[i].beginning), *reason;
        yyjson_val *list = yyjson_obj_get(data, lists[i].key);

        if ((reason = strstr(line, " — ")))
            *reason = '\0';
        assert_int_equal(yyjson_arr_size(list), list_is(list, line, false, 0));
        if (i > 0)
            id = list_is(ids, line, true, id);
        free(line);
    }
    assert_int_equal(yyjson_arr_size(ids), id);
    yyjson_doc_free(doc);
    free(section);
}

/* Each command has a section of ipc-protocol.md §5, or extensions.md shows a request for it. */
static void test_commands(void **state)
{
    char *ours = test_contract_section("extensions.md", "# ");
    char *theirs = test_contract_section("ipc-protocol.md", "## 5."), text[64];
    unsigned sections = 0;

    (void)state;
    for (const struct osm_command *command = osm_commands; command->name; command++) {
        (void)snprintf(text, sizeof(text), " %s\n", command->name);
        sections += strstr(theirs, text) != NULL;
        if (strstr(theirs, text))
            continue;
        (void)snprintf(text, sizeof(text), "{\"command\":\"%s\"", command->name);
        if (!strstr(ours, text))
            fail_msg("the contract has no command %s", command->name);
    }
    assert_int_equal(sections, 7);
    free(ours);
    free(theirs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_in_world(test_classes),
        cmocka_unit_test(test_commands),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
