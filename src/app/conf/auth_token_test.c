/* SPDX-License-Identifier: MIT */
/* Where the token comes from, with real files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/conf/auth_token.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/alloc.h"

static struct osm_options options;
static struct osm_buf err;
static char folder[64], file[80];

static int setup(void **state)
{
    snprintf(folder, sizeof(folder), "/tmp/osm-token-test-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    snprintf(file, sizeof(file), "%s/token", folder);
    osm_options_init(&options);
    return 0;
}

static int teardown(void **state)
{
    osm_options_deinit(&options);
    osm_buf_deinit(&err);
    (void)unlink(file);
    return rmdir(folder);
}

static void give_file(const char *content, size_t length, mode_t mode)
{
    int fd = open(file, O_CREAT | O_TRUNC | O_WRONLY, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, content, length), length);
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
    free(options.auth_token_file);
    options.auth_token_file = osm_strdup(file);
}

static void assert_resolved(const char *environment, const char *token, const char *message)
{
    osm_buf_reset(&err, SIZE_MAX);
    assert_int_equal(osm_auth_token_resolve(&options, environment, &err), 0);
    if (token)
        assert_string_equal(options.token, token);
    else
        assert_null(options.token);
    assert_string_equal(osm_buf_text(&err), message);
}

static void assert_refused(const char *message)
{
    char *expected = osm_printf("%s: %s\n", message, options.auth_token_file);

    osm_buf_reset(&err, SIZE_MAX);
    assert_int_equal(osm_auth_token_resolve(&options, NULL, &err), -EINVAL);
    assert_string_equal(osm_buf_text(&err), expected);
    free(expected);
    osm_options_wipe_token(&options);
}

static const char visible[] = "WARNING: --auth-token is visible in the process list (ps/top).\n"
                              "         Use OPCUA_AUTH_TOKEN env var or --auth-token-file "
                              "instead.\n";

static void test_none(void **state)
{
    assert_resolved(NULL, NULL, "");
    assert_resolved("", NULL, "");
}

static void test_environment_comes_first_and_is_not_trimmed(void **state)
{
    options.auth_token_file = osm_strdup("/nonexistent/token"); /* not opened */
    assert_resolved(" env\n", " env\n", "");
}

static void test_file_comes_before_command_line(void **state)
{
    options.auth_token = osm_strdup("cli");
    give_file("file", 4, 0600);
    assert_resolved("", "file", visible);
}

static void test_command_line_warns(void **state)
{
    options.auth_token = osm_strdup(" cli ");
    assert_resolved(NULL, " cli ", visible);
    osm_options_wipe_token(&options);
    options.auth_token = osm_strdup("cli");
    assert_resolved("env", "env", visible);
}

static void test_empty_on_the_command_line_is_refused(void **state)
{
    options.auth_token = osm_strdup("");
    assert_int_equal(osm_auth_token_resolve(&options, NULL, &err), -EINVAL);
    assert_memory_equal(osm_buf_text(&err), "Auth token is empty: --auth-token", 33);
}

static void test_file_is_trimmed(void **state)
{
    give_file(" \t\r\n\0\v in side \n\r\t\v\0 ", 21, 0600);
    assert_resolved(NULL, "in side", "");
    osm_options_wipe_token(&options);
    give_file("\fx\f\n", 4, 0400); /* form feed is not trimmed */
    assert_resolved(NULL, "\fx\f", "");
}

static void test_empty_files(void **state)
{
    give_file("", 0, 0600);
    assert_refused("Auth token file is empty");
    give_file(" \n\0\t", 4, 0600);
    assert_refused("Auth token file is empty");
}

static void test_unusable_files(void **state)
{
    static const char message[] = "Auth token file not found or not readable";
    char large[65537];

    options.auth_token_file = osm_printf("%s/missing", folder);
    assert_refused(message);
    free(options.auth_token_file);
    options.auth_token_file = osm_strdup(folder);
    assert_refused(message);
    free(options.auth_token_file);
    options.auth_token_file = osm_strdup("");
    assert_refused(message);
    assert_int_equal(mkfifo(file, 0600), 0);
    free(options.auth_token_file);
    options.auth_token_file = osm_strdup(file);
    assert_refused(message);
    unlink(file);
    give_file("a\0b", 3, 0600);
    assert_refused("Auth token file contains a NUL byte");
    memset(large, 'x', sizeof(large));
    give_file(large, sizeof(large), 0600);
    assert_refused("Auth token file is larger than 65536 bytes");
}

static void test_exposed_file_warns(void **state)
{
    static const mode_t modes[] = {0640, 0604, 0660, 0602};
    char *expected = osm_printf(
        "WARNING: Auth token file is accessible by group or others, use chmod 600: %s\n", file);

    for (size_t i = 0; i < OSM_ARRAY_SIZE(modes); i++) {
        give_file("token", 5, modes[i]);
        assert_resolved(NULL, "token", expected);
        osm_options_wipe_token(&options);
    }
    free(expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(test_none),
        T(test_environment_comes_first_and_is_not_trimmed),
        T(test_file_comes_before_command_line),
        T(test_command_line_warns),
        T(test_empty_on_the_command_line_is_refused),
        T(test_file_is_trimmed),
        T(test_empty_files),
        T(test_unusable_files),
        T(test_exposed_file_warns),
#undef T
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
