/* SPDX-License-Identifier: MIT */
/* Files as trees: what YAML means, what is refused, what is bounded. */
#include "testing/testing_settings.h"

static void refused(struct test_file *file, const char *text, const char *finding)
{
    assert_null(test_read(file, text));
    test_findings(file, finding);
    assert_int_equal(file->faults.errors, 1);
}

static const struct osm_node *value(struct test_file *file, const char *text)
{
    const struct osm_node *root = test_read(file, text);

    assert_non_null(root);
    test_findings(file, "");
    return osm_node_get(root, "a");
}

static void test_kinds(void **state)
{
    static const struct {
        const char *text, *what;
    } cases[] = {
        {"a: x", "a text"},
        {"a: 1", "a number"},
        {"a: -1.5e3", "a number"},
        {"a: '1'", "a text"},
        {"a: \"\"", "a text"},
        {"a:", "nothing"},
        {"a: ~", "nothing"},
        {"a: null", "nothing"},
        {"a: 'null'", "a text"},
        {"a: true", "a bool"},
        {"a: FALSE", "a bool"},
        {"a: yes", "a text"},
        {"a: [1]", "a list"},
        {"a: {b: 1}", "a map"},
        {"a:\n- 1", "a list"},
        {"a: 1.2.3", "a text"},
        {"a: 0x10", "a text"},
        {"a: .inf", "a number"},
        {"a: i=2258", "a text"},
        {"a: !!str 5", "a text"},
        {"{\"a\":\"x\"}", "a text"},
        {"{\"a\":1.5}", "a number"},
        {"{\n\t\"a\" : [ ]\n}", "a list"},
    };

    for (size_t i = 0; i < OSM_ARRAY_SIZE(cases); i++)
        assert_string_equal(osm_node_what(value(*state, cases[i].text)), cases[i].what);
}

static void test_texts(void **state)
{
    assert_string_equal(value(*state, "a: opc.tcp://h:1/x#y")->text, "opc.tcp://h:1/x#y");
    assert_string_equal(value(*state, "a: 'it''s'")->text, "it's");
    assert_string_equal(value(*state, "a: \"\\u00e9\\/\\n\"")->text, "\xc3\xa9/\n");
    assert_string_equal(value(*state, "a: 0660 # octal")->text, "0660");
    assert_string_equal(value(*state, "\xef\xbb\xbf"
                                      "a: bom")
                            ->text,
                        "bom");
    assert_int_equal(value(*state, "a: \"x\\0y\"")->length, 3);
}

static void test_lines(void **state)
{
    const struct osm_node *root = test_read(*state, "# one\na: 1\nb:\n  - x\n  - {c: d}\n");

    assert_int_equal(root->line, 2);
    assert_int_equal(osm_node_get(root, "a")->line, 2);
    assert_int_equal(osm_node_get(root, "b")->members[1]->line, 5);
    assert_null(osm_node_get(root, "c"));
}

static void test_nothing_in_it(void **state)
{
    assert_null(test_read(*state, ""));
    test_findings((struct test_file *)*state, "");
    assert_null(test_read(*state, "# only a comment\n"));
    test_findings((struct test_file *)*state, "");
}

static void test_syntax(void **state)
{
    refused(*state, "a: [1",
            "f:2: did not find expected ',' or ']' (while parsing a flow sequence "
            "from line 1 on)\n");
}

static void test_not_text(void **state)
{
    assert_null(test_read_bytes(*state, "a: 1\nb: \xff\n", 10));
    test_findings((struct test_file *)*state, "f:2: the file is not UTF-8\n");
    assert_null(test_read_bytes(*state, "a: 1\n\nb: \0", 10));
    test_findings((struct test_file *)*state, "f:3: control character 0x00\n");
    refused(*state, "a: \x1b[31m", "f:1: control character 0x1b\n");
}

static void test_what_is_not_taken(void **state)
{
    refused(*state, "a: 1\n---\nb: 2", "f:2: a second document begins here\n");
    refused(*state, "a: !!binary aGk=", "f:1: tags are not supported: tag:yaml.org,2002:binary\n");
    refused(*state, "a: !x {b: 1}", "f:1: tags are not supported: !x\n");
    refused(*state, "? [k]\n: 1", "f:1: a key must be a text\n");
    refused(*state, "\"a\\0\": 1", "f:1: a key must not contain a NUL character\n");
    refused(*state, "a: *b", "f:1: unknown alias *b\n");
    refused(*state, "a: &b\n  c: *b", "f:2: alias *b stands inside of what it names\n");
    refused(*state, "<<: 1", "f:1: <<: must name a map, or a list of maps\n");
}

static void test_repeated_keys(void **state)
{
    struct test_file *file = *state;

    assert_non_null(test_read(file, "a: 1\nb: {x: 1, x: 2}\na: 3\n\"a\": 4\n"));
    test_findings(file, "f:2: key \"x\" was given before, in line 2\n"
                        "f:3: key \"a\" was given before, in line 1\n"
                        "f:4: key \"a\" was given before, in line 3\n");
    assert_int_equal(file->faults.errors, 3);
}

static void test_merging(void **state)
{
    const struct osm_node *a = value(*state, "d: &d {x: 1, y: 2}\ne: &e {y: 3, z: 4}\n"
                                             "a: {<<: [*d, *e], x: 5}\n");

    assert_int_equal(a->length, 3);
    assert_string_equal(osm_node_get(a, "x")->text, "5");
    assert_string_equal(osm_node_get(a, "y")->text, "2");
    assert_string_equal(osm_node_get(a, "z")->text, "4");
}

/* Nine lines stand for a thousand million values. */
static void test_a_bomb(void **state)
{
    struct osm_buf text = {0};

    osm_buf_add_text(&text, "a0: &a0 x\n");
    for (int i = 1; i < 10; i++) {
        osm_buf_printf(&text, "a%d: &a%d [", i, i);
        for (int j = 0; j < 10; j++)
            osm_buf_printf(&text, "*a%d,", i - 1);
        osm_buf_add_text(&text, "]\n");
    }
    refused(*state, osm_buf_text(&text), "f:8: too many values with its aliases written out\n");
    osm_buf_deinit(&text);
}

static void test_depth(void **state)
{
    char text[2 * OSM_TREE_DEPTH + 3];

    memset(text, '[', OSM_TREE_DEPTH);
    memset(text + OSM_TREE_DEPTH, ']', OSM_TREE_DEPTH);
    text[2 * OSM_TREE_DEPTH] = '\0';
    assert_non_null(test_read(*state, text));
    memset(text, '[', OSM_TREE_DEPTH + 1);
    memset(text + OSM_TREE_DEPTH + 1, ']', OSM_TREE_DEPTH + 1);
    text[2 * OSM_TREE_DEPTH + 2] = '\0';
    refused(*state, text, "f:1: nested too deeply\n");
}

static void test_findings_are_escaped_and_bounded(void **state)
{
    struct test_file *file = *state;
    struct osm_buf text = {0};

    assert_non_null(test_read(file, "\"a\\nb\": 1\n\"a\\nb\": 2\n"));
    test_findings(file, "f:2: key \"a\\x0ab\" was given before, in line 1\n");
    for (int i = 0; i < OSM_FAULTS_SHOWN + 50; i++)
        osm_buf_add_text(&text, "a: 1\n");
    assert_non_null(test_read(file, osm_buf_text(&text)));
    assert_int_equal(file->faults.errors, OSM_FAULTS_SHOWN + 49);
    assert_non_null(strstr(osm_buf_text(&file->faults.text), "\n… and more\n"));
    osm_buf_deinit(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_with_file(test_kinds),
        test_with_file(test_texts),
        test_with_file(test_lines),
        test_with_file(test_nothing_in_it),
        test_with_file(test_syntax),
        test_with_file(test_not_text),
        test_with_file(test_what_is_not_taken),
        test_with_file(test_repeated_keys),
        test_with_file(test_merging),
        test_with_file(test_a_bomb),
        test_with_file(test_depth),
        test_with_file(test_findings_are_escaped_and_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
