/* SPDX-License-Identifier: MIT */
/* The child process of --event-command: real children on a real loop. */
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "rim/io/loop.h"
#include "sink/command.h"
#include "sink/sink_internal.h"
#include "testing/testing_feed.h"

struct fixture {
    uv_loop_t uv;
    struct osm_io_loop io;
    struct test_feed feed;
    struct osm_sink *sink;
    uv_timer_t deadline;
    bool late;
    char dir[64];
    char path[96]; /* where children write */
    struct osm_buf content;
};

static void on_deadline(uv_timer_t *timer)
{
    ((struct fixture *)timer->data)->late = true;
}

static int setup(void **state)
{
    struct fixture *fixture = osm_alloc(sizeof(*fixture));

    osm_log_threshold = OSM_LOG_EMERGENCY;
    (void)signal(SIGPIPE, SIG_IGN);
    assert_int_equal(uv_loop_init(&fixture->uv), 0);
    osm_io_loop_init(&fixture->io, &fixture->uv);
    assert_int_equal(uv_timer_init(&fixture->uv, &fixture->deadline), 0);
    fixture->deadline.data = fixture;
    test_feed_init(&fixture->feed);
    (void)snprintf(fixture->dir, sizeof(fixture->dir), "/tmp/osm-sink-XXXXXX");
    assert_non_null(mkdtemp(fixture->dir));
    (void)snprintf(fixture->path, sizeof(fixture->path), "%s/out", fixture->dir);
    *state = fixture;
    return 0;
}

static int start(struct fixture *fixture, bool acks, const char *script, char **error)
{
    _cleanup_(osm_freep) char *command = osm_printf("sh -c '%s' sh %s", script, fixture->path);
    const struct osm_command_sink_config config = {.command = command, .acks = acks};
    int r = osm_command_sink_new(&config, &fixture->io.loop, &fixture->uv, &fixture->sink, error);

    if (r == 0)
        fixture->sink->feed = &fixture->feed.feed;
    return r;
}

/* Turns the loop until a condition holds; at most ten seconds. */
#define WAIT_FOR(fixture, condition)                                                               \
    do {                                                                                           \
        (fixture)->late = false;                                                                   \
        (void)uv_timer_start(&(fixture)->deadline, on_deadline, 10000, 0);                         \
        while (!(condition) && !(fixture)->late)                                                   \
            (void)uv_run(&(fixture)->uv, UV_RUN_ONCE);                                             \
        (void)uv_timer_stop(&(fixture)->deadline);                                                 \
        assert_true(condition);                                                                    \
    } while (0)

static void stop(struct fixture *fixture)
{
    fixture->sink->stopping = true;
    fixture->sink->ops->stop(fixture->sink);
    WAIT_FOR(fixture, fixture->feed.stopped == 1);
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;

    if (fixture->sink) {
        if (!fixture->feed.stopped)
            stop(fixture);
        fixture->sink->ops->free(fixture->sink);
    }
    uv_close((uv_handle_t *)&fixture->deadline, NULL);
    (void)uv_run(&fixture->uv, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&fixture->uv), 0);
    (void)unlink(fixture->path);
    assert_int_equal(rmdir(fixture->dir), 0);
    osm_buf_deinit(&fixture->content);
    free(fixture);
    return 0;
}

static const char *content_of(struct fixture *fixture)
{
    int fd = open(fixture->path, O_RDONLY | O_CLOEXEC);
    ssize_t n;

    osm_buf_truncate(&fixture->content, 0);
    while (fd >= 0 && (n = read(fd, osm_buf_reserve(&fixture->content, 4096), 4096)) > 0)
        osm_buf_commit(&fixture->content, (size_t)n);
    if (fd >= 0)
        (void)close(fd);
    return osm_buf_text(&fixture->content);
}

static void test_lines_reach_the_child(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(start(fixture, false, "cat > $1", NULL), 0);
    test_push(fixture->sink, 1, 3);
    assert_int_equal(fixture->sink->position, 3); /* in the pipe */
    stop(fixture);                                /* the end of its input lets it read the rest */
    assert_string_equal(content_of(fixture), "{\"n\":1}\n{\"n\":2}\n{\"n\":3}\n");
}

static void test_a_slow_reader_gets_everything_in_order(void **state)
{
    struct fixture *fixture = *state;
    uint64_t pushed = 0;

    assert_int_equal(start(fixture, false, "sleep 0.1; cat > $1", NULL), 0);
    while (pushed < 30000) { /* more than the pipe holds, and than the window */
        if (osm_sink_has_room(fixture->sink)) {
            test_push(fixture->sink, pushed + 1, pushed + 100);
            pushed += 100;
        } else {
            (void)uv_run(&fixture->uv, UV_RUN_ONCE);
        }
    }
    WAIT_FOR(fixture, fixture->sink->position == pushed);
    stop(fixture);
    (void)content_of(fixture);
    for (uint64_t n = 1, at = 0; n <= pushed; n++) {
        char line[64];
        int length = snprintf(line, sizeof(line), "{\"n\":%llu}\n", (unsigned long long)n);

        assert_true(at + (size_t)length <= fixture->content.length);
        assert_memory_equal(fixture->content.data + at, line, length);
        at += (size_t)length;
    }
}

static void test_only_acknowledged_lines_count(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(start(fixture, true,
                           "while read line; do echo $line >> $1; n=$((n + 1));"
                           "[ $n != 2 ] || echo ack 2; [ $n != 3 ] || kill -9 $$; done",
                           NULL),
                     0);
    test_push(fixture->sink, 1, 3);
    WAIT_FOR(fixture, fixture->sink->position == 2);
    WAIT_FOR(fixture, fixture->sink->status.retries == 1);
    assert_string_equal(fixture->sink->status.last_error, "sh was ended by signal 9");
    test_push(fixture->sink, 4, 4);
    /* A new child gets the third event again. */
    WAIT_FOR(fixture, strstr(content_of(fixture), "4"));
    assert_string_equal(content_of(fixture),
                        "{\"n\":1}\n{\"n\":2}\n{\"n\":3}\n{\"n\":3}\n{\"n\":4}\n");
    assert_int_equal(fixture->sink->position, 2);
}

static void test_a_child_may_say_anything(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(start(fixture, true,
                           "echo ack; echo ack x; echo ack 99999999999999999999; echo ack -1;"
                           "head -c 100000 /dev/zero; echo; printf \"ack 1000000\"; cat > $1",
                           NULL),
                     0);
    test_push(fixture->sink, 1, 2);
    stop(fixture);
    assert_int_equal(fixture->sink->position, 2); /* `ack 1000000` without a line end, at its end */
}

static void test_a_child_without_end_is_killed(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(start(fixture, false, "trap : TERM; while :; do sleep 0.05; done", NULL), 0);
    stop(fixture); /* or the loop runs until ctest loses its patience */
}

static void test_a_program_that_is_missing_is_an_error_at_once(void **state)
{
    struct fixture *fixture = *state;
    const struct osm_command_sink_config config = {.command = "/no/such/program -x"};
    _cleanup_(osm_freep) char *error = NULL;

    assert_true(
        osm_command_sink_new(&config, &fixture->io.loop, &fixture->uv, &fixture->sink, &error) < 0);
    assert_string_equal(error,
                        "Cannot start event command /no/such/program: no such file or directory");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_lines_reach_the_child),
        TEST(test_a_slow_reader_gets_everything_in_order),
        TEST(test_only_acknowledged_lines_count),
        TEST(test_a_child_may_say_anything),
        TEST(test_a_child_without_end_is_killed),
        TEST(test_a_program_that_is_missing_is_an_error_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
