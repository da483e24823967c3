/* SPDX-License-Identifier: MIT */
/* The configuration file: which keys are options, what is no value of one, what it warns of. */
#include "testing/testing_settings.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/conf/connections.h"
#include "app/conf/options_file.h"

static char dir[] = "/tmp/osm-options-XXXXXX";
static char path[64];
static struct osm_options options;
static struct osm_faults faults;

static int setup(void **state)
{
    memcpy(strrchr(dir, '-') + 1, "XXXXXX", 6);
    assert_non_null(mkdtemp(dir));
    (void)snprintf(path, sizeof(path), "%s/f", dir);
    osm_options_init(&options);
    return 0;
}

static int teardown(void **state)
{
    osm_options_deinit(&options);
    osm_findings_deinit(&faults);
    (void)unlink(path);
    assert_int_equal(rmdir(dir), 0);
    return 0;
}

static void write_file(const char *text, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);

    assert_true(fd >= 0);
    assert_int_equal(fchmod(fd, mode), 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(close(fd), 0);
}

/* Reads a file of that text; nothing is kept of the one before. */
static bool read_text(const char *text)
{
    osm_options_deinit(&options);
    osm_options_init(&options);
    osm_findings_deinit(&faults);
    write_file(text, 0600);
    return osm_options_read_file(&options, path, &faults);
}

/* That it says so of that line (0: of the file), and nothing else. */
static void found(unsigned line, const char *what)
{
    _cleanup_(osm_freep) char *expected =
        line ? osm_printf("%s:%u: %s\n", path, line, what) : osm_printf("%s: %s\n", path, what);

    assert_string_equal(osm_buf_text(&faults.text), expected);
}

static void refused(const char *text, unsigned line, const char *what)
{
    assert_false(read_text(text));
    found(line, what);
    assert_int_equal(faults.errors, 1);
}

static void test_options_by_name(void **state)
{
    assert_true(read_text("max_connections: 7\nmax_in_flight: 8\n"));
    assert_int_equal(options.max_connections, 7);
    assert_int_equal(options.max_in_flight, 8);
    assert_int_equal(options.max_frame_bytes, 65536);
    assert_true(read_text("x-common: {a: 1}\n"));
    assert_true(read_text(""));
    assert_true(read_text("# nothing\n"));
    assert_string_equal(osm_buf_text(&faults.text), "");
}

static void test_names_nobody_knows(void **state)
{
    refused("max_connection: 1", 1, "unknown option \"max_connection\"");
    refused("max_connectionss: 1", 1, "unknown option \"max_connectionss\"");
    refused("max-connections: 1", 1,
            "unknown option \"max-connections\": write it with _ instead of -");
    refused("x_common: 1", 1, "unknown option \"x_common\"");
    refused("config: a", 1, "config: only for the command line");
    refused("check: true", 1, "check: only for the command line");
}

static void test_what_is_no_value(void **state)
{
    refused("\nmax_connections: [1]", 2, "max_connections: must be one value, not a list");
    refused("max_connections: {a: 1}", 1, "max_connections: must be one value, not a map");
    refused("max_connections:", 1,
            "max_connections: has no value; leave the line out for the default");
    refused("socket: \"a\\0b\"", 1, "socket: must not contain a NUL character");
    refused("allow_uid: [\"0\", []]", 1, "an item of a list of texts is a list");
    refused("allow_uid: [\"0\", '']", 1, "an item of a list of texts is a text");
    refused("[a]", 1, "the file must be a map, not a list");
    refused("a", 1, "the file must be a map, not a text");
    assert_false(read_text("max_connections: none\nmax_in_flight: 8\n"));
    assert_int_equal(faults.errors, 1);
    assert_int_equal(options.max_in_flight, 8); /* what is right counts */
    assert_false(read_text("max_in_flight: 8\nmax_connections: none\n"));
}

static void test_lists(void **state)
{
    assert_true(read_text("allow_uid: [\"5\", \"6\"]"));
    assert_string_equal(options.allow_uid[0], "5");
    assert_string_equal(options.allow_uid[1], "6");
    assert_null(options.allow_uid[2]);
}

static void test_connections(void **state)
{
    assert_true(read_text("connections: {a: {endpoint: opc.tcp://h}}"));
    assert_int_equal(options.wanted->size, 1);
    assert_false(options.config_secret);
    assert_false(read_text("connections: [a]\nmax_in_flight: 8\n"));
    assert_int_equal(options.max_in_flight, 8);
    write_file("b: {endpoint: opc.tcp://h, config: {password: p}}", 0600);
    osm_findings_deinit(&faults);
    assert_true(osm_options_read_connections(&options, path, &faults));
    assert_true(options.auto_connect_secret);
    assert_string_equal(osm_buf_text(&faults.text), "");
    write_file("c: {}", 0600);
    assert_false(osm_options_read_connections(&options, path, &faults));
    assert_false(options.auto_connect_secret);
}

static void test_connections_as_text(void **state)
{
    static const char good[] = "a: {endpoint: opc.tcp://h}", bad[] = "b: {}", torn[] = "{";

    assert_true(osm_options_read_connections_text(&options, "t", good, strlen(good), &faults));
    assert_int_equal(options.wanted->size, 1);
    assert_false(osm_options_read_connections_text(&options, "t", bad, strlen(bad), &faults));
    assert_false(osm_options_read_connections_text(&options, "t", torn, strlen(torn), &faults));
    /* what was wrong before is not this text's */
    assert_true(osm_options_read_connections_text(&options, "t", "", 0, &faults));
}

static void test_files_that_cannot_be_read(void **state)
{
    assert_false(osm_options_read_file(&options, path, &faults));
    found(0, "cannot read the file: No such file or directory");
    osm_findings_deinit(&faults);
    assert_false(osm_options_read_connections(&options, dir, &faults));
    assert_non_null(strstr(osm_buf_text(&faults.text), "it is not a regular file"));
}

static void test_secrets_that_others_can_read(void **state)
{
    static const char secret[] = "auth_token: t", none[] = "max_in_flight: 8";

    assert_true(read_text(secret));
    assert_true(options.config_secret);
    assert_true(options.token_from_file);
    assert_string_equal(osm_buf_text(&faults.text), "");
    write_file(secret, 0644);
    assert_true(osm_options_read_file(&options, path, &faults));
    found(0, "WARNING: the file holds secrets and is accessible by group or others, use "
             "chmod 600");
    osm_findings_deinit(&faults);
    write_file(none, 0644);
    assert_true(osm_options_read_file(&options, path, &faults));
    assert_false(options.config_secret);
    assert_string_equal(osm_buf_text(&faults.text), "");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_options_by_name),
        TEST(test_names_nobody_knows),
        TEST(test_what_is_no_value),
        TEST(test_lists),
        TEST(test_connections),
        TEST(test_connections_as_text),
        TEST(test_files_that_cannot_be_read),
        TEST(test_secrets_that_others_can_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
