/* SPDX-License-Identifier: MIT */
/* The child process of --event-command: real children on a real loop. */
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <unistd.h>

#include "rim/io/loop.h"
#include "rim/io/program.h"
#include "sink/command.h"
#include "sink/sink_internal.h"
#include "testing/testing_feed.h"

/* --- a start that hangs until it may go; only in other threads -------------------------------- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static pthread_t here;
static bool hangs;
static unsigned hanging, begun, ended;
static pid_t last;

/* In the place of libc's; the names of the parameters are its own. */
int posix_spawnp(pid_t *pid, const char *file, const posix_spawn_file_actions_t *file_actions,
                 const posix_spawnattr_t *attrp, char *const argv[], char *const envp[])
{
    __typeof__(&posix_spawnp) real = (__typeof__(&posix_spawnp))dlsym(RTLD_NEXT, "posix_spawnp");
    bool is_here = pthread_equal(here, pthread_self());
    int r;

    (void)pthread_mutex_lock(&lock);
    begun += is_here;
    hanging++;
    (void)pthread_cond_broadcast(&changed);
    while (hangs && !is_here)
        (void)pthread_cond_wait(&changed, &lock);
    hanging--;
    (void)pthread_mutex_unlock(&lock);
    r = real(pid, file, file_actions, attrp, argv, envp);
    (void)pthread_mutex_lock(&lock);
    ended++;
    last = *pid;
    (void)pthread_cond_broadcast(&changed);
    (void)pthread_mutex_unlock(&lock);
    return r;
}

static void let_hang(void)
{
    (void)pthread_mutex_lock(&lock);
    hangs = true;
    (void)pthread_mutex_unlock(&lock);
}

static void let_go(void)
{
    (void)pthread_mutex_lock(&lock);
    hangs = false;
    (void)pthread_cond_broadcast(&changed);
    (void)pthread_mutex_unlock(&lock);
}

static void wait_for(const unsigned *count, unsigned number)
{
    (void)pthread_mutex_lock(&lock);
    while (*count != number)
        (void)pthread_cond_wait(&changed, &lock);
    (void)pthread_mutex_unlock(&lock);
}

/* --- the fixture -------------------------------------------------------------------------------
 */

struct fixture {
    uv_loop_t uv;
    struct osm_io_loop io;
    struct osm_loop_ops ops; /* the loop's own, but for its timers */
    struct test_feed feed;
    struct osm_sink *sink;
    uv_timer_t deadline;
    bool late;
    struct osm_program program; /* given to the sink, which takes it */
    char dir[64];
    char path[96]; /* where children write */
    struct osm_buf content;
};

static void on_deadline(uv_timer_t *timer)
{
    ((struct fixture *)timer->data)->late = true;
}

static unsigned slowness;

static void start_slowly(struct osm_timer *timer, osm_msec delay)
{
    osm_io_timer_start(timer, delay * slowness);
}

/* Children shall end by themselves, however busy the machine is: the sink has all the patience. */
static void be_patient(void)
{
    slowness = 100;
}

static int setup(void **state)
{
    struct fixture *fixture = osm_alloc(sizeof(*fixture));

    osm_log_threshold = OSM_LOG_EMERGENCY;
    (void)signal(SIGPIPE, SIG_IGN);
    here = pthread_self();
    begun = ended = 0;
    assert_int_equal(uv_loop_init(&fixture->uv), 0);
    osm_io_loop_init(&fixture->io, &fixture->uv);
    slowness = 1;
    fixture->ops = *fixture->io.loop.ops;
    fixture->ops.timer_start = start_slowly;
    fixture->io.loop.ops = &fixture->ops;
    assert_int_equal(uv_timer_init(&fixture->uv, &fixture->deadline), 0);
    fixture->deadline.data = fixture;
    test_feed_init(&fixture->feed);
    (void)snprintf(fixture->dir, sizeof(fixture->dir), "/tmp/osm-sink-XXXXXX");
    assert_non_null(mkdtemp(fixture->dir));
    (void)snprintf(fixture->path, sizeof(fixture->path), "%s/out", fixture->dir);
    *state = fixture;
    return 0;
}

/* given: NULL = it is started in the call, {0} = by a thread. */
static int start_as(struct fixture *fixture, struct osm_program *given, bool acks,
                    const char *script, char **error)
{
    _cleanup_(osm_freep) char *command = osm_printf("sh -c '%s' sh %s", script, fixture->path);
    const struct osm_command_sink_config config = {
        .command = command, .acks = acks, .program = given};
    int r = osm_command_sink_new(&config, &fixture->io.loop, &fixture->uv, &fixture->sink, error);

    if (r == 0)
        fixture->sink->feed = &fixture->feed.feed;
    return r;
}

static int start(struct fixture *fixture, bool acks, const char *script, char **error)
{
    return start_as(fixture, NULL, acks, script, error);
}

/* Turns the loop until a condition holds; at most a minute. */
#define WAIT_FOR(fixture, condition)                                                               \
    do {                                                                                           \
        (fixture)->late = false;                                                                   \
        (void)uv_timer_start(&(fixture)->deadline, on_deadline, 60000, 0);                         \
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

    be_patient();
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

    be_patient();
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

    be_patient();
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

static void test_a_thread_starts_it(void **state)
{
    struct fixture *fixture = *state;

    be_patient();
    let_hang();
    assert_int_equal(start_as(fixture, &fixture->program, false, "cat > $1", NULL), 0);
    test_push(fixture->sink, 1, 3);
    wait_for(&hanging, 1);
    for (int i = 0; i < 3; i++)
        (void)uv_run(&fixture->uv, UV_RUN_NOWAIT); /* the loop is free meanwhile */
    assert_int_equal(fixture->sink->position, 0);
    let_go();
    WAIT_FOR(fixture, fixture->sink->position == 3);
    stop(fixture);
    assert_string_equal(content_of(fixture), "{\"n\":1}\n{\"n\":2}\n{\"n\":3}\n");
    assert_int_equal(begun, 0); /* on the loop */
}

/* And it does so again and again. */
static void test_no_start_again_is_on_the_loop(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(start(fixture, false, "exit 9", NULL), 0);
    WAIT_FOR(fixture, fixture->sink->status.retries == 2);
    assert_string_equal(fixture->sink->status.last_error, "sh ended with status 9");
    assert_int_equal(begun, 1); /* the first, which was to be made in the call */
}

static void test_a_program_that_is_given(void **state)
{
    struct fixture *fixture = *state;
    _cleanup_(osm_freep) char *command = osm_printf("sh -c 'cat > $1' sh %s", fixture->path);

    be_patient();
    assert_int_equal(osm_command_program_start(command, &fixture->program, NULL), 0);
    assert_int_equal(start_as(fixture, &fixture->program, false, "cat > $1", NULL), 0);
    assert_int_equal(fixture->program.pid, 0); /* taken */
    test_push(fixture->sink, 1, 1);
    assert_int_equal(fixture->sink->position, 1);
    stop(fixture);
    assert_string_equal(content_of(fixture), "{\"n\":1}\n");
    assert_int_equal(begun, 1);
}

static void test_a_stop_waits_for_the_start(void **state)
{
    struct fixture *fixture = *state;

    be_patient();
    let_hang();
    assert_int_equal(start_as(fixture, &fixture->program, false, "cat > $1; echo end >> $1", NULL),
                     0);
    wait_for(&hanging, 1);
    fixture->sink->stopping = true;
    fixture->sink->ops->stop(fixture->sink);
    (void)uv_run(&fixture->uv, UV_RUN_NOWAIT);
    assert_int_equal(fixture->feed.stopped, 0);
    let_go();
    WAIT_FOR(fixture, fixture->feed.stopped == 1);
    assert_string_equal(content_of(fixture), "end\n"); /* it was let end by itself */
}

/* The end of the loop does not wait for a start that hangs; what comes of it ends, too. */
static void test_a_start_that_hangs_is_abandoned(void **state)
{
    struct fixture *fixture = *state;

    let_hang();
    assert_int_equal(start_as(fixture, &fixture->program, false, "exec sleep 1000", NULL), 0);
    wait_for(&hanging, 1);
    assert_true(osm_program_is_starting());
    fixture->sink->stopping = true;
    fixture->sink->ops->stop(fixture->sink);
    assert_true(fixture->sink->ops->abandon(fixture->sink));
    fixture->sink->ops->free(osm_steal(fixture->sink));
    assert_int_equal(teardown(state), 0); /* the loop has ended */
    assert_int_equal(ended, 0);
    let_go();
    wait_for(&ended, 1);
    while (osm_program_is_starting() || osm_program_is_ours(last))
        (void)sched_yield(); /* its thread ends it and takes its status */
    assert_int_equal(kill(last, 0), -1);
    assert_int_equal(setup(state), 0);
}

static void test_a_program_that_is_missing_in_a_thread(void **state)
{
    struct fixture *fixture = *state;
    const struct osm_command_sink_config config = {.command = "/no/such/program",
                                                   .program = &fixture->program};
    _cleanup_(osm_freep) char *error = NULL;

    assert_int_equal(
        osm_command_sink_new(&config, &fixture->io.loop, &fixture->uv, &fixture->sink, &error), 0);
    fixture->sink->feed = &fixture->feed.feed;
    WAIT_FOR(fixture, fixture->sink->status.retries == 1);
    assert_string_equal(fixture->sink->status.last_error,
                        "cannot start /no/such/program: no such file or directory");
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
        TEST(test_a_thread_starts_it),
        TEST(test_no_start_again_is_on_the_loop),
        TEST(test_a_program_that_is_given),
        TEST(test_a_stop_waits_for_the_start),
        TEST(test_a_start_that_hangs_is_abandoned),
        TEST(test_a_program_that_is_missing_in_a_thread),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
