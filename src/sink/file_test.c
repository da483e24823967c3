/* SPDX-License-Identifier: MIT */
/* The file sink: whole lines whatever the disk does, reopening, an orderly end. */
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sink/file.h"
#include "sink/sink_internal.h"
#include "sink/sinks.h"
#include "testing/testing_sink.h"

struct fixture {
    struct test_loop loop;
    struct test_feed feed;
    struct osm_sink *sink;
    char dir[64];
    char path[96];
    struct osm_buf content;
};

static int setup(void **state)
{
    struct fixture *fixture = osm_alloc(sizeof(*fixture));

    osm_log_threshold = OSM_LOG_EMERGENCY;
    (void)signal(SIGXFSZ, SIG_IGN);
    test_loop_init(&fixture->loop);
    test_feed_init(&fixture->feed);
    (void)snprintf(fixture->dir, sizeof(fixture->dir), "/tmp/osm-sink-XXXXXX");
    assert_non_null(mkdtemp(fixture->dir));
    (void)snprintf(fixture->path, sizeof(fixture->path), "%s/events", fixture->dir);
    *state = fixture;
    return 0;
}

static void open_sink(struct fixture *fixture, const char *path, bool durable)
{
    const struct osm_file_sink_config config = {.path = path, .durable = durable};
    _cleanup_(osm_freep) char *error = NULL;

    assert_int_equal(osm_file_sink_new(&config, &fixture->loop.loop, &fixture->sink, &error), 0);
    fixture->sink->feed = &fixture->feed.feed;
}

static void work(struct fixture *fixture)
{
    while (test_loop_work_off(&fixture->loop))
        ;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    char other[100];

    work(fixture);
    if (fixture->sink)
        fixture->sink->ops->free(fixture->sink);
    assert_null(fixture->loop.timers);
    (void)snprintf(other, sizeof(other), "%s.1", fixture->path);
    (void)unlink(other);
    (void)unlink(fixture->path);
    assert_int_equal(rmdir(fixture->dir), 0);
    osm_buf_deinit(&fixture->content);
    free(fixture);
    return 0;
}

static const char *content_of(struct fixture *fixture, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n;

    osm_buf_truncate(&fixture->content, 0);
    assert_true(fd >= 0);
    while ((n = read(fd, osm_buf_reserve(&fixture->content, 4096), 4096)) > 0)
        osm_buf_commit(&fixture->content, (size_t)n);
    (void)close(fd);
    return osm_buf_text(&fixture->content);
}

/* Files of this process end at so many bytes. */
static void limit_files(rlim_t bytes)
{
    struct rlimit limit;

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void test_lines_are_appended_and_confirmed(void **state)
{
    struct fixture *fixture = *state;

    open_sink(fixture, fixture->path, true);
    test_push(fixture->sink, 1, 2);
    assert_int_equal(fixture->sink->position, 0); /* only the disk confirms */
    work(fixture);
    assert_int_equal(fixture->sink->position, 2);
    test_push(fixture->sink, 3, 3);
    work(fixture);
    assert_string_equal(content_of(fixture, fixture->path), "{\"n\":1}\n{\"n\":2}\n{\"n\":3}\n");
}

static void test_a_torn_line_ends_before_ours_begin(void **state)
{
    struct fixture *fixture = *state;
    int fd = open(fixture->path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    assert_int_equal(write(fd, "{\"n\":", 5), 5);
    (void)close(fd);
    open_sink(fixture, fixture->path, false);
    test_push(fixture->sink, 1, 1);
    work(fixture);
    assert_string_equal(content_of(fixture, fixture->path), "{\"n\":\n{\"n\":1}\n");
}

static void test_a_full_disk_tears_no_line(void **state)
{
    struct fixture *fixture = *state;

    open_sink(fixture, fixture->path, false);
    test_push(fixture->sink, 1, 3); /* 8 bytes each */
    limit_files(20);
    work(fixture);
    limit_files(RLIM_INFINITY);
    assert_string_equal(content_of(fixture, fixture->path), "{\"n\":1}\n{\"n\":2}\n");
    assert_int_equal(fixture->sink->position, 2);
    assert_int_equal(fixture->sink->status.retries, 1);
    assert_false(fixture->sink->status.working);
    assert_non_null(strstr(fixture->sink->status.last_error, "File too large"));
    test_push(fixture->sink, 4, 4); /* waits for the pause to end */
    work(fixture);
    assert_int_equal(fixture->sink->position, 2);
    assert_true(test_loop_fire(&fixture->loop, fixture->loop.now + 1000));
    work(fixture);
    assert_string_equal(content_of(fixture, fixture->path),
                        "{\"n\":1}\n{\"n\":2}\n{\"n\":3}\n{\"n\":4}\n");
    assert_true(fixture->sink->status.working);
}

static void test_a_pipe_goes_on_where_it_stopped(void **state)
{
    struct fixture *fixture = *state;
    static char line[5000], received[1 << 18];
    size_t total = 0;
    ssize_t n;
    int fd;

    assert_int_equal(mkfifo(fixture->path, 0600), 0);
    fd = open(fixture->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    assert_true(fd >= 0);
    open_sink(fixture, fixture->path, true);
    memset(line, 'x', sizeof(line));
    for (uint64_t n_line = 1; n_line <= 20; n_line++) /* more than the pipe holds */
        test_push_line(fixture->sink, n_line, line, sizeof(line));
    osm_sink_wake(fixture->sink);
    for (unsigned turn = 0; turn < 10 && fixture->sink->position < 20; turn++) {
        work(fixture);
        while ((n = read(fd, received + total, sizeof(received) - total)) > 0)
            total += (size_t)n;
        (void)test_loop_fire(&fixture->loop, fixture->loop.now + 60000);
    }
    (void)close(fd);
    assert_int_equal(total, 20 * (sizeof(line) + 1));
    for (size_t at = sizeof(line); at < total; at += sizeof(line) + 1)
        assert_int_equal(received[at], '\n');
}

static void test_reopening_follows_the_path(void **state)
{
    struct fixture *fixture = *state;
    char moved[100];

    (void)snprintf(moved, sizeof(moved), "%s.1", fixture->path);
    open_sink(fixture, fixture->path, false);
    test_push(fixture->sink, 1, 1);
    work(fixture);
    assert_int_equal(rename(fixture->path, moved), 0);
    test_push(fixture->sink, 2, 2);
    work(fixture);
    fixture->sink->ops->reopen(fixture->sink);
    test_push(fixture->sink, 3, 3);
    work(fixture);
    assert_string_equal(content_of(fixture, moved), "{\"n\":1}\n{\"n\":2}\n");
    assert_string_equal(content_of(fixture, fixture->path), "{\"n\":3}\n");
}

static void test_a_path_of_no_use_is_an_error_at_once(void **state)
{
    struct fixture *fixture = *state;
    const struct osm_file_sink_config config = {.path = "/proc/none/events"};
    _cleanup_(osm_freep) char *error = NULL;

    assert_true(osm_file_sink_new(&config, &fixture->loop.loop, &fixture->sink, &error) < 0);
    assert_non_null(strstr(error, "Cannot open event log /proc/none/events: "));
}

static void test_the_end_waits_for_the_disk(void **state)
{
    struct fixture *fixture = *state;

    open_sink(fixture, fixture->path, false);
    test_push(fixture->sink, 1, 1);
    fixture->sink->stopping = true;
    fixture->sink->ops->stop(fixture->sink);
    assert_int_equal(fixture->feed.stopped, 0);
    work(fixture);
    assert_int_equal(fixture->feed.stopped, 1);
    assert_int_equal(fixture->sink->position, 1);
}

/* The one that has gone hangs in its disk beyond the end of the set, and comes back. */
static void test_a_set_that_leaves_one_behind(void **state)
{
    struct fixture *fixture = *state;
    struct osm_bus *bus = osm_bus_new(&fixture->loop.loop, 0);
    _cleanup_(osm_freep) char *other = osm_printf("%s.1", fixture->path);
    struct osm_sinks_config config = {.log = fixture->path};
    _cleanup_(osm_freep) char *error = NULL;
    struct osm_sinks *sinks = NULL;

    assert_int_equal(osm_sinks_new(&config, &fixture->loop.loop, NULL, bus, &sinks, &error), 0);
    osm_sinks_reopen(sinks); /* at work on a thread */
    config.log = other;
    assert_int_equal(osm_sinks_change(&sinks, &config, &fixture->loop.loop, NULL, bus, &error), 0);
    osm_sinks_close(sinks, 0, NULL, NULL);
    while (test_loop_fire(&fixture->loop, fixture->loop.now + OSM_SINKS_STOP_MS))
        ;
    assert_non_null(fixture->loop.works);
    work(fixture);
    osm_bus_free(bus);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_lines_are_appended_and_confirmed),
        TEST(test_a_torn_line_ends_before_ours_begin),
        TEST(test_a_full_disk_tears_no_line),
        TEST(test_a_pipe_goes_on_where_it_stopped),
        TEST(test_reopening_follows_the_path),
        TEST(test_a_path_of_no_use_is_an_error_at_once),
        TEST(test_the_end_waits_for_the_disk),
        TEST(test_a_set_that_leaves_one_behind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
