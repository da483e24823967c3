/* SPDX-License-Identifier: MIT */
/*
 * Options: the rules of parsing, every row of the table, every text an operator is shown. The
 * expectations about rows come from the table, so a new option is tested by being there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/conf/arguments.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "testing/testing_contract.h"
#include "util/alloc.h"

static struct osm_options options;
static struct osm_buf out, err;
static char *token_variable;

static char *fake_getenv(const char *name)
{
    return strcmp(name, "OPCUA_AUTH_TOKEN") == 0 ? token_variable : NULL;
}

static int setup(void **state)
{
    options = (struct osm_options){0};
    token_variable = NULL;
    return 0;
}

static int teardown(void **state)
{
    osm_options_deinit(&options);
    osm_buf_deinit(&out);
    osm_buf_deinit(&err);
    return 0;
}

/* Parses argv, which ends with NULL. */
static int parse_list(char *const *argv)
{
    int argc = 0;

    osm_options_deinit(&options);
    osm_buf_reset(&out, SIZE_MAX);
    osm_buf_reset(&err, SIZE_MAX);
    while (argv[argc])
        argc++;
    return osm_arguments_parse(&options, argc, argv, fake_getenv, &out, &err);
}

#define ARG(text) ((char *)(uintptr_t)(text))
#define parse(...) parse_list((char *const[]){ARG("opcua-session-manager"), ##__VA_ARGS__, NULL})

static void test_defaults(void **state)
{
    assert_int_equal(parse(), OSM_OPTIONS_RUN);
    assert_string_equal(options.socket, "unix:///tmp/opcua-session-manager.sock");
    assert_int_equal(options.timeout, 600);
    assert_int_equal(options.cleanup_interval, 30);
    assert_int_equal(options.max_sessions, 100);
    assert_int_equal(options.socket_mode, 0600);
    assert_int_equal(options.log_level, OSM_LOG_INFO);
    assert_int_equal(options.cache_driver, OSM_CACHE_MEMORY);
    assert_int_equal(options.cache_ttl, 300);
    assert_int_equal(options.max_connections, 1000);
    assert_int_equal(options.max_in_flight, 256);
    assert_int_equal(options.max_frame_bytes, 65536);
    assert_int_equal(options.idle_timeout, 0);
    assert_null(options.token);
    assert_null(options.log_file);
    assert_null(options.cache_path);
    assert_null(options.allowed_cert_dirs);
    assert_int_equal(out.length + err.length, 0);
}

static void test_every_row_takes_its_value_both_ways(void **state)
{
    for (size_t i = 0; i < osm_option_count; i++) {
        const struct osm_option *row = &osm_option_table[i];
        const char *value = row->choices ? row->choices[1] : "0700";
        char *flag, *joined;

        if (!row->value_name || row->kind == OSM_OPTION_SECRET || strstr(row->name, "token") ||
            strcmp(row->section, "Configuration file") == 0)
            continue;
        if (row->kind == OSM_OPTION_INT && row->least > 700)
            value = "65537";
        flag = osm_printf("--%s", row->name);
        joined = osm_printf("--%s=%s", row->name, value);
        assert_int_equal(parse(flag, ARG(value)), OSM_OPTIONS_RUN);
        assert_int_equal(err.length, 0);
        assert_int_equal(parse(joined), OSM_OPTIONS_RUN);
        assert_int_equal(err.length, 0);
        if (row->kind == OSM_OPTION_INT)
            assert_int_equal(*(int64_t *)(void *)((char *)&options + row->offset),
                             strtoll(value, NULL, 10));
        else if (row->kind == OSM_OPTION_TEXT)
            assert_string_equal(*(char **)(void *)((char *)&options + row->offset), value);
        free(flag);
        free(joined);
    }
}

static void test_a_value_is_whatever_comes_next(void **state)
{
    assert_int_equal(parse(ARG("--socket"), ARG("--timeout")), OSM_OPTIONS_RUN);
    assert_string_equal(options.socket, "--timeout");
    assert_int_equal(parse(ARG("--log-file"), ARG("-h")), OSM_OPTIONS_RUN);
    assert_string_equal(options.log_file, "-h");
    assert_int_equal(parse(ARG("--socket"), ARG("--help"), ARG("--timeout"), ARG("5")),
                     OSM_OPTIONS_RUN);
    assert_string_equal(options.socket, "--help");
    assert_int_equal(options.timeout, 5);
    assert_int_equal(parse(ARG("--log-file="), ARG("--socket=a=b")), OSM_OPTIONS_RUN);
    assert_string_equal(options.log_file, "");
    assert_string_equal(options.socket, "a=b");
}

static void test_the_last_one_wins(void **state)
{
    assert_int_equal(parse(ARG("--timeout"), ARG("x"), ARG("--timeout=7"), ARG("--socket"),
                           ARG("a"), ARG("--socket"), ARG("b")),
                     OSM_OPTIONS_RUN);
    assert_int_equal(options.timeout, 7);
    assert_string_equal(options.socket, "b");
}

static void test_missing_values_are_collected(void **state)
{
    assert_int_equal(parse(ARG("--socket")), -EINVAL);
    assert_string_equal(osm_buf_text(&err),
                        "Missing value for option --socket.\nRun with --help for usage.\n");
    for (size_t i = 0; i < osm_option_count; i++) {
        char *flag = osm_printf("--%s", osm_option_table[i].name);
        char *expected =
            osm_printf("Missing value for option %s.\nRun with --help for usage.\n", flag);

        if (osm_option_table[i].value_name) {
            assert_int_equal(parse(flag), -EINVAL);
            assert_string_equal(osm_buf_text(&err), expected);
        }
        free(flag);
        free(expected);
    }
    /* What is wrong besides is not looked at before. */
    assert_int_equal(parse(ARG("--timeout"), ARG("x"), ARG("--socket")), -EINVAL);
    assert_null(strstr(osm_buf_text(&err), "--timeout"));
}

static void test_help_and_version_act_at_once(void **state)
{
    assert_int_equal(parse(ARG("--version"), ARG("--socket")), OSM_OPTIONS_ANSWERED);
    assert_string_equal(osm_buf_text(&out), "opcua-session-manager " OSM_VERSION "+protocol.4.4\n");
    assert_int_equal(err.length, 0);
    assert_int_equal(parse(ARG("--log-level"), ARG("bogus"), ARG("-v")), OSM_OPTIONS_ANSWERED);
    assert_int_equal(parse(ARG("--timeout"), ARG("5"), ARG("--version"), ARG("--help")),
                     OSM_OPTIONS_ANSWERED);
    assert_null(strstr(osm_buf_text(&out), "Usage"));
    assert_int_equal(parse(ARG("-h")), OSM_OPTIONS_ANSWERED);
    assert_memory_equal(osm_buf_text(&out), "Usage: opcua-session-manager [options]\n", 39);
    assert_int_equal(err.length, 0);
}

static void test_help_shows_every_row(void **state)
{
    const char *text;

    assert_int_equal(parse(ARG("--help")), OSM_OPTIONS_ANSWERED);
    text = osm_buf_text(&out);
    assert_non_null(strstr(text, "\nOptions:\n"));
    assert_non_null(strstr(text, "\nEnvironment variables:\n  OPCUA_AUTH_TOKEN"));
    for (size_t i = 0; i < osm_option_count; i++) {
        char *flag = osm_printf("\n  --%s", osm_option_table[i].name);

        assert_non_null(strstr(text, flag));
        free(flag);
    }
    for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
        assert_in_range(strcspn(line, "\n"), 0, 100);
    assert_non_null(strstr(text, "(default: 600)"));
}

/* An empty line stands between sections, and nowhere else. */
static void test_help_has_sections(void **state)
{
    const char *at, *end;
    int sections = 1, gaps = 0;

    assert_int_equal(parse(ARG("--help")), OSM_OPTIONS_ANSWERED);
    for (size_t i = 1; i < osm_option_count; i++)
        sections += strcmp(osm_option_table[i].section, osm_option_table[i - 1].section) != 0;
    at = strstr(osm_buf_text(&out), "\nOptions:\n  --");
    end = strstr(osm_buf_text(&out), "\nEnvironment variables:\n");
    assert_non_null(at);
    assert_non_null(end);
    while ((at = strstr(at + 1, "\n\n")) && at < end)
        gaps++;
    assert_int_equal(gaps, sections);
}

static void test_unknown_arguments_are_warned_about_and_ignored(void **state)
{
    assert_int_equal(parse(ARG("--foo"), ARG("bar"), ARG("--timeout"), ARG("9"), ARG("-x"),
                           ARG("--help=1"), ARG("--auth-tokn=secret"), ARG("--"), ARG("-hv"),
                           ARG("a\nb"), ARG("")),
                     OSM_OPTIONS_RUN);
    assert_int_equal(options.timeout, 9);
    assert_string_equal(osm_buf_text(&err), "WARNING: Unknown argument ignored: --foo\n"
                                            "WARNING: Unknown argument ignored: bar\n"
                                            "WARNING: Unknown argument ignored: -x\n"
                                            "WARNING: Unknown argument ignored: --help\n"
                                            "WARNING: Unknown argument ignored: --auth-tokn\n"
                                            "WARNING: Unknown argument ignored: --\n"
                                            "WARNING: Unknown argument ignored: -hv\n"
                                            "WARNING: Unknown argument ignored: a\\x0ab\n"
                                            "WARNING: Unknown argument ignored: \n");
}

static void assert_refused(const char *flag, const char *value, const char *message)
{
    char *expected =
        osm_printf("Invalid value for option %s: \"%s\" (expected %s)\n", flag, value, message);

    assert_int_equal(parse(ARG(flag), ARG(value)), -EINVAL);
    assert_string_equal(osm_buf_text(&err), expected);
    free(expected);
}

static void test_what_is_no_number(void **state)
{
    static const char *const wrong[] = {
        "abc", "1e3", "5x", "", "-", " 5", "5 ", "0x10", "1.5", "9223372036854775808", "--5", NULL};

    for (size_t i = 0; wrong[i]; i++)
        assert_refused("--max-sessions", wrong[i], "a whole number");
    assert_refused("--timeout", "x", "a whole number from 1 on");
    assert_refused("--max-in-flight", "0", "a whole number from 1 to 65536");
    assert_refused("--max-frame-bytes", "65535", "a whole number from 65536 to 16777216");
}

static void test_ranges(void **state)
{
    assert_refused("--timeout", "0", "a whole number from 1 on");
    assert_refused("--timeout", "-5", "a whole number from 1 on");
    assert_refused("--cleanup-interval", "0", "a whole number from 1 on");
    assert_int_equal(parse(ARG("--timeout"), ARG("9223372036854775807"), ARG("--max-sessions"),
                           ARG("-1"), ARG("--cache-ttl"), ARG("-9")),
                     OSM_OPTIONS_RUN);
    assert_true(options.timeout == INT64_MAX);
    assert_int_equal(options.max_sessions, -1);
    assert_int_equal(options.cache_ttl, -9);
}

static void test_socket_mode_is_octal(void **state)
{
    static const char expected[] = "an octal number up to 7777, such as 0660";

    assert_int_equal(parse(ARG("--socket-mode"), ARG("0660")), OSM_OPTIONS_RUN);
    assert_int_equal(options.socket_mode, 0660);
    assert_int_equal(parse(ARG("--socket-mode"), ARG("7777")), OSM_OPTIONS_RUN);
    assert_int_equal(options.socket_mode, 07777);
    assert_refused("--socket-mode", "rw", expected);
    assert_refused("--socket-mode", "999", expected);
    assert_refused("--socket-mode", "10000", expected);
    assert_refused("--socket-mode", "-1", expected);
    assert_refused("--socket-mode", "", expected);
}

static void test_choices_in_any_case(void **state)
{
    assert_int_equal(parse(ARG("--log-level"), ARG("WARNING"), ARG("--cache-driver=File")),
                     OSM_OPTIONS_RUN);
    assert_int_equal(options.log_level, OSM_LOG_WARNING);
    assert_int_equal(options.cache_driver, OSM_CACHE_FILE);
    assert_refused("--log-level", "verbose",
                   "one of debug, info, notice, warning, error, critical, alert, emergency");
    assert_refused("--cache-driver", "redis", "one of memory, file, none");
    assert_refused("--cache-driver", "", "one of memory, file, none");
}

static void test_all_wrong_values_are_told(void **state)
{
    const char *text;

    assert_int_equal(parse(ARG("--timeout"), ARG("a"), ARG("--cache-ttl"), ARG("b\n")), -EINVAL);
    text = osm_buf_text(&err);
    assert_non_null(strstr(text, "--timeout: \"a\""));
    assert_non_null(strstr(text, "--cache-ttl: \"b\\x0a\""));
}

static void test_flags(void **state)
{
    static const struct {
        const char *argument;
        int64_t value;
    } cases[] = {{"--check", 1},     {"--check=true", 1}, {"--check=false", 0},
                 {"--check=Yes", 1}, {"--check=no", 0},   {"--check=ON", 1},
                 {"--check=off", 0}, {"--timeout=600", 0}};

    for (size_t i = 0; i < OSM_ARRAY_SIZE(cases); i++) {
        assert_int_equal(parse(ARG(cases[i].argument)), OSM_OPTIONS_RUN);
        assert_int_equal(options.check, cases[i].value);
        assert_int_equal(err.length, 0);
    }
    /* A flag takes no further argument, and the last one wins. */
    assert_int_equal(parse(ARG("--check"), ARG("--timeout"), ARG("7")), OSM_OPTIONS_RUN);
    assert_int_equal(options.timeout, 7);
    assert_int_equal(parse(ARG("--check"), ARG("--check=false")), OSM_OPTIONS_RUN);
    assert_int_equal(options.check, 0);
    assert_int_equal(parse(ARG("--check=1")), -EINVAL);
    assert_string_equal(osm_buf_text(&err),
                        "Invalid value for option --check: \"1\" (expected true or false)\n");
}

static void test_list_skips_empty_items(void **state)
{
    assert_int_equal(parse(ARG("--allowed-cert-dirs"), ARG(",/a,, /b ,/c,")), OSM_OPTIONS_RUN);
    assert_string_equal(options.allowed_cert_dirs[0], "/a");
    assert_string_equal(options.allowed_cert_dirs[1], " /b ");
    assert_string_equal(options.allowed_cert_dirs[2], "/c");
    assert_null(options.allowed_cert_dirs[3]);
    assert_int_equal(parse(ARG("--allowed-cert-dirs"), ARG(",")), OSM_OPTIONS_RUN);
    assert_non_null(options.allowed_cert_dirs); /* nothing allowed is not the same as any */
    assert_null(options.allowed_cert_dirs[0]);
    assert_int_equal(parse(ARG("--allowed-cert-dirs=")), OSM_OPTIONS_RUN);
    assert_non_null(options.allowed_cert_dirs);
    assert_null(options.allowed_cert_dirs[0]);
}

static void test_secrets_in_argv_are_overwritten(void **state)
{
    char first[] = "first", joined[] = "--auth-token=second", last[] = "third", path[] = "--socket";
    char *argv[] = {ARG("x"), path,   ARG("--auth-token"), ARG("--auth-token"),
                    first,    joined, ARG("--auth-token"), last,
                    NULL};

    osm_arguments_hide_secrets(8, argv);
    assert_string_equal(path, "--socket");
    assert_string_equal(first, "");
    assert_string_equal(joined, "--auth-token=");
    assert_string_equal(last, "");
}

static const struct osm_option *find_option(const char *name)
{
    for (size_t i = 0; i < osm_option_count; i++)
        if (strcmp(osm_option_table[i].name, name) == 0)
            return &osm_option_table[i];
    return NULL;
}

/* daemon.md §1: "| `--socket <uri>` | kind | default | notes |" */
static void test_options_of_the_contract(void **state)
{
    char *section = test_contract_section("daemon.md", "## 1."), name[64];
    const char *at = section;
    struct test_contract_row row;
    unsigned count = 0;

    (void)state;
    *strstr(section, "\nParsing, ") = '\0';
    for (; test_contract_row(&at, &row); count++) {
        const struct osm_option *option;
        bool has_default = strcspn(row.cells[2], "\0") && strncmp(row.cells[2], "none", 4) != 0 &&
                           strcmp(row.cells[2], "stderr") != 0;

        (void)snprintf(name, sizeof(name), "%.*s", (int)strcspn(row.cells[0] + 2, " ,"),
                       row.cells[0] + 2);
        option = find_option(name);
        if (!option) {
            fail_msg("no --%s", name);
            continue;
        }
        assert_int_equal(option->value_name != NULL, strchr(row.cells[0], '<') != NULL);
        if (has_default)
            assert_string_equal(option->fallback, row.cells[2]);
        else
            assert_null(option->fallback);
    }
    assert_int_equal(count, 15);
    free(section);
}

/* Whatever we have beyond the command line of daemon.md stands in extensions.md. */
static void test_every_option_is_in_the_contract(void **state)
{
    char *ours = test_contract_section("extensions.md", "# ");
    char *theirs = test_contract_section("daemon.md", "## 1."), text[80];

    (void)state;
    for (size_t i = 0; i < osm_option_count; i++) {
        const struct osm_option *option = &osm_option_table[i];
        size_t length = (size_t)snprintf(text, sizeof(text), "`--%s", option->name);
        const char *at = strstr(theirs, text);

        for (at = at ? at : strstr(ours, text); at && isalpha((unsigned char)at[length]);)
            at = strstr(at + 1, text);
        if (!at)
            fail_msg("the contract has no --%s", option->name);
    }
    free(ours);
    free(theirs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(test_defaults),
        T(test_every_row_takes_its_value_both_ways),
        T(test_a_value_is_whatever_comes_next),
        T(test_the_last_one_wins),
        T(test_missing_values_are_collected),
        T(test_help_and_version_act_at_once),
        T(test_help_shows_every_row),
        T(test_help_has_sections),
        T(test_unknown_arguments_are_warned_about_and_ignored),
        T(test_what_is_no_number),
        T(test_ranges),
        T(test_socket_mode_is_octal),
        T(test_choices_in_any_case),
        T(test_all_wrong_values_are_told),
        T(test_flags),
        T(test_list_skips_empty_items),
        T(test_secrets_in_argv_are_overwritten),
#undef T
        cmocka_unit_test(test_options_of_the_contract),
        cmocka_unit_test(test_every_option_is_in_the_contract),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
