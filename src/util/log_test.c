/* SPDX-License-Identifier: MIT */
/* The log: form of a line, targets, levels, escaping, rotation, a reader that has stopped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "util/log.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "util/alloc.h"
#include "util/buf.h"

static char folder[64];

static int setup(void **state)
{
    snprintf(folder, sizeof(folder), "/tmp/osm-log-test-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int teardown(void **state)
{
    char *command = osm_printf("rm -rf %s", folder);
    int r = system(command);

    osm_log_close();
    free(command);
    return r;
}

static char *path_of(const char *name)
{
    return osm_printf("%s/%s", folder, name);
}

/* The whole file as text; the caller's. */
static char *content_of(const char *path)
{
    struct osm_buf content = {0};
    int fd = open(path, O_RDONLY);
    ssize_t got;

    assert_true(fd >= 0);
    while ((got = read(fd, osm_buf_reserve(&content, 4096), 4096)) > 0)
        osm_buf_commit(&content, (size_t)got);
    close(fd);
    (void)osm_buf_text(&content);
    return content.data;
}

static void assert_content(const char *path, const char *level, const char *message)
{
    char *content = content_of(path);
    char *expected = osm_printf("] [%s] %s\n", level, message);

    assert_int_equal(content[0], '[');
    assert_string_equal(content + strlen("[2026-01-01 00:00:00"), expected);
    free(content);
    free(expected);
}

static void test_form_of_a_line_and_local_time(void **state)
{
    char *path = path_of("log"), *content;
    struct tm fields = {0};
    time_t then, now;

    setenv("TZ", "XYZ-05:30", 1);
    assert_int_equal(osm_log_open(path, OSM_LOG_INFO), 0);
    now = time(NULL);
    osm_log_info("Hello %d", 1);
    assert_content(path, "INFO", "Hello 1");
    content = content_of(path);
    assert_non_null(strptime(content, "[%Y-%m-%d %H:%M:%S]", &fields));
    then = timegm(&fields) - (5 * 60 + 30) * 60;
    assert_in_range(then, now, now + 2);
    unsetenv("TZ");
    tzset();
    free(content);
    free(path);
}

static void test_levels(void **state)
{
    char *path = path_of("log");

    assert_string_equal(osm_log_level_name(OSM_LOG_WARNING), "warning");
    assert_int_equal(osm_log_open(path, OSM_LOG_WARNING), 0);
    osm_log_info("not this");
    osm_log_debug("nor this");
    osm_log_write(OSM_LOG_EMERGENCY, "this");
    assert_content(path, "EMERGENCY", "this");
    free(path);
}

static void test_missing_directories_are_made(void **state)
{
    char *path = path_of("a/b/log"), *above = path_of("a/b");
    struct stat status;
    mode_t mask = umask(022);

    assert_int_equal(osm_log_open(path, OSM_LOG_INFO), 0);
    umask(mask);
    assert_int_equal(stat(above, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0755);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0644);
    free(path);
    free(above);
}

static void test_what_cannot_be_opened(void **state)
{
    char *path = path_of("log"), *below = path_of("log/below");

    assert_int_equal(osm_log_open(path, OSM_LOG_INFO), 0);
    assert_int_equal(osm_log_open(below, OSM_LOG_DEBUG), -ENOTDIR);
    assert_int_equal(osm_log_open(folder, OSM_LOG_DEBUG), -EISDIR);
    assert_int_equal(osm_log_open("", OSM_LOG_DEBUG), -ENOENT);
    assert_int_equal(osm_log_open("php://memory", OSM_LOG_DEBUG), -EINVAL);
    /* The target stays what it was. */
    osm_log_debug("no");
    osm_log_info("yes");
    assert_content(path, "INFO", "yes");
    free(path);
    free(below);
}

static void test_names_of_standard_streams(void **state)
{
    static const char *const names[] = {"php://stdout", "PHP://STDOUT", "php://output",
                                        "/dev/stdout", NULL};
    int saved = dup(STDOUT_FILENO), ends[2];
    char line[256];

    assert_int_equal(pipe(ends), 0);
    assert_int_equal(dup2(ends[1], STDOUT_FILENO), STDOUT_FILENO);
    for (size_t i = 0; names[i]; i++) {
        ssize_t got;

        assert_int_equal(osm_log_open(names[i], OSM_LOG_INFO), 0);
        osm_log_info("to %s", names[i]);
        got = read(ends[0], line, sizeof(line) - 1);
        assert_true(got > 0);
        line[got] = '\0';
        assert_non_null(strstr(line, names[i]));
    }
    assert_int_equal(osm_log_open("php://stderr", OSM_LOG_INFO), 0);
    assert_int_equal(osm_log_open("/dev/stderr", OSM_LOG_INFO), 0);
    assert_int_equal(access("php:", F_OK), -1); /* O4 */
    dup2(saved, STDOUT_FILENO);
    close(saved);
    close(ends[0]);
    close(ends[1]);
}

static void test_nobody_can_forge_a_line(void **state)
{
    char *path = path_of("log");

    assert_int_equal(osm_log_open(path, OSM_LOG_INFO), 0);
    osm_log_info("a\nb\r\t\x1b[0m\x7f gr\xC3\xBC\xC3\x9F \xff \xC2\x85 \xE2\x80\xA8.");
    assert_content(path, "INFO",
                   "a\\x0ab\\x0d\\x09\\x1b[0m\\x7f gr\xC3\xBC\xC3\x9F \\xff \\xc2\\x85 "
                   "\\xe2\\x80\\xa8.");
    free(path);
}

static void test_long_lines_are_cut(void **state)
{
    char *path = path_of("log"), *content;
    char message[2 * OSM_LOG_LINE];

    assert_int_equal(osm_log_open(path, OSM_LOG_INFO), 0);
    memset(message, 'x', sizeof(message) - 1);
    message[sizeof(message) - 1] = '\0';
    osm_log_info("%s", message);
    memset(message, 1, sizeof(message) - 1);
    osm_log_info("%s", message);
    content = content_of(path);
    assert_in_range(strcspn(content, "\n"), OSM_LOG_LINE - 8, OSM_LOG_LINE - 1);
    assert_in_range(strlen(content), 2 * OSM_LOG_LINE - 16, 2 * OSM_LOG_LINE);
    assert_int_equal(content[strlen(content) - 1], '\n');
    free(content);
    free(path);
}

static void test_reopen_after_rotation(void **state)
{
    char *path = path_of("log"), *rotated = path_of("log.1");
    struct osm_log_file file;

    assert_int_equal(osm_log_open(path, OSM_LOG_INFO), 0);
    osm_log_info("before");
    assert_int_equal(rename(path, rotated), 0);
    assert_int_equal(osm_log_prepare(path, &file), 0);
    osm_log_take(&file);
    osm_log_info("after");
    assert_content(rotated, "INFO", "before");
    assert_content(path, "INFO", "after");
    free(path);
    free(rotated);
}

static void test_appends(void **state)
{
    char *path = path_of("log"), *content;

    for (int i = 0; i < 2; i++) {
        assert_int_equal(osm_log_open(path, OSM_LOG_INFO), 0);
        osm_log_info("once");
        osm_log_close();
    }
    content = content_of(path);
    assert_int_equal(strlen(content), 2 * strlen("[2026-01-01 00:00:00] [INFO] once\n"));
    free(content);
    free(path);
}

/* A pipe nobody reads: lines are lost, the writer is not held up, and the loss is told. */
static void test_a_stuck_reader_holds_up_nobody(void **state)
{
    int saved = dup(STDERR_FILENO), ends[2];
    char text[512], line[OSM_LOG_LINE + 1];
    bool told = false;
    ssize_t got;

    memset(text, 'y', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    assert_int_equal(pipe(ends), 0);
    dup2(ends[1], STDERR_FILENO);
    assert_int_equal(osm_log_open(NULL, OSM_LOG_INFO), 0);
    for (int i = 0; i < 2000; i++) /* far more than a pipe holds; would block for ever */
        osm_log_info("%s", text);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    while (read(ends[0], line, OSM_LOG_LINE) > 0)
        ;
    osm_log_info("again");
    while ((got = read(ends[0], line, OSM_LOG_LINE)) > 0) {
        line[got] = '\0';
        told = told || strstr(line, " log lines lost");
    }
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(ends[0]);
    close(ends[1]);
    assert_true(told);
}

static void test_escape_cuts_between_characters(void **state)
{
    char out[8];

    assert_int_equal(osm_log_escape(out, sizeof(out), "\n\n", 2), 4);
    assert_string_equal(out, "\\x0a");
    assert_int_equal(osm_log_escape(out, 3, "a\xC3\xBC", 3), 1);
    assert_string_equal(out, "a");
    assert_int_equal(osm_log_escape(out, 1, "a", 1), 0);
    assert_string_equal(out, "");
}

/* What stands behind the time of the only line. */
static void assert_json(const char *path, const char *rest)
{
    _cleanup_(osm_freep) char *content = content_of(path);

    assert_memory_equal(content, "{\"time\":\"20", 11);
    assert_int_equal(content[strlen("{\"time\":\"2026-11-28T22:49:48.123456")], '+');
    assert_string_equal(content + strlen("{\"time\":\"2026-11-28T22:49:48.123456+00:00\","), rest);
    assert_int_equal(truncate(path, 0), 0);
}

static void test_lines_of_json(void **state)
{
    _cleanup_(osm_freep) char *path = path_of("log");
    char *text;

    assert_int_equal(setenv("TZ", "UTC", 1), 0);
    assert_int_equal(osm_log_open(path, OSM_LOG_INFO), 0);
    osm_log_about(OSM_LOG_FIELD_PEER, "not wanted yet");
    osm_log_set_format(OSM_LOG_JSON);
    osm_log_warning("It said \"no\" \\ \n and \xff");
    assert_json(path, "\"level\":\"warning\",\"message\":"
                      "\"It said \\\"no\\\" \\\\ \\\\x0a and \\\\xff\"}\n");
    osm_log_about(OSM_LOG_FIELD_SERVER, "opc.tcp://a:1");
    osm_log_about(OSM_LOG_FIELD_PEER, "user \"me\"");
    osm_log_info("Refused (BadUserAccessDenied), then BadTimeout");
    assert_json(path,
                "\"level\":\"info\",\"message\":\"Refused (BadUserAccessDenied), then BadTimeout\","
                "\"server\":\"opc.tcp://a:1\",\"peer\":\"user \\\"me\\\"\","
                "\"code\":\"BadUserAccessDenied\"}\n");
    osm_log_info("Badly 0x80350000");
    assert_json(path,
                "\"level\":\"info\",\"message\":\"Badly 0x80350000\",\"server\":\"opc.tcp://a:1\","
                "\"peer\":\"user \\\"me\\\"\",\"code\":\"0x80350000\"}\n");
    osm_log_about_nothing();
    osm_log_info("Bad luck");
    assert_json(path, "\"level\":\"info\",\"message\":\"Bad luck\"}\n");
    text = malloc(10001);
    memset(text, '"', 10000);
    text[10000] = '\0';
    for (enum osm_log_field i = 0; i < OSM_LOG_FIELD_COUNT; i++)
        osm_log_about(i, text);
    osm_log_info("%s", text); /* whatever is cut, the line is whole, and fits into a pipe */
    free(text);
    text = content_of(path);
    assert_in_range(strlen(text), 3000, OSM_LOG_LINE);
    assert_string_equal(text + strlen(text) - 3, "\"}\n");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(test_form_of_a_line_and_local_time),
        T(test_levels),
        T(test_missing_directories_are_made),
        T(test_what_cannot_be_opened),
        T(test_names_of_standard_streams),
        T(test_nobody_can_forge_a_line),
        T(test_long_lines_are_cut),
        T(test_reopen_after_rotation),
        T(test_appends),
        T(test_a_stuck_reader_holds_up_nobody),
        T(test_escape_cuts_between_characters),
        T(test_lines_of_json),
#undef T
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
