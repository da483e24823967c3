/* SPDX-License-Identifier: MIT */
/* The watchdog: sleep is no work, work is counted, the culprit is named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rim/io/watchdog.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "rim/io/turn.h"
#include "util/log.h"

struct fixture {
    uv_loop_t loop;
    struct osm_watchdog watchdog;
    uv_timer_t timer;
    uint64_t work_ms;
    char log[64];
};

static int setup(void **state)
{
    static struct fixture fixture;
    int fd;

    fixture = (struct fixture){.log = "/tmp/osm-watchdog-test-XXXXXX"};
    fd = mkstemp(fixture.log);
    if (fd < 0 || close(fd) < 0 || osm_log_open(fixture.log, OSM_LOG_INFO) < 0)
        return -1;
    *state = &fixture;
    if (uv_loop_init(&fixture.loop) < 0)
        return -1;
    osm_watchdog_init(&fixture.watchdog, &fixture.loop, 20);
    fixture.timer.data = &fixture;
    return uv_timer_init(&fixture.loop, &fixture.timer);
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;

    osm_watchdog_close(&fixture->watchdog);
    uv_close((uv_handle_t *)&fixture->timer, NULL);
    uv_run(&fixture->loop, UV_RUN_DEFAULT);
    osm_log_close();
    unlink(fixture->log);
    return uv_loop_close(&fixture->loop);
}

static void on_timer(uv_timer_t *handle)
{
    struct fixture *fixture = handle->data;
    uint64_t start;

    osm_turn_name("the test's callback");
    start = uv_hrtime();
    while (uv_hrtime() - start < fixture->work_ms * 1000000)
        ;
}

/* Sleeps 50 ms, works, and gets once more to the watchdog. */
static void run(struct fixture *fixture, uint64_t work_ms)
{
    fixture->work_ms = work_ms;
    uv_update_time(&fixture->loop); /* or what has passed since is not slept */
    uv_timer_start(&fixture->timer, on_timer, 50, 0);
    uv_run(&fixture->loop, UV_RUN_DEFAULT);
    fixture->work_ms = 0;
    uv_timer_start(&fixture->timer, on_timer, 1, 0);
    uv_run(&fixture->loop, UV_RUN_DEFAULT);
}

static void read_log(const struct fixture *fixture, char *text, size_t size)
{
    FILE *file = fopen(fixture->log, "r");

    assert_non_null(file);
    text[fread(text, 1, size - 1, file)] = '\0';
    fclose(file);
}

static void test_sleep_is_no_work(void **state)
{
    struct fixture *fixture = *state;
    uint64_t start = uv_hrtime();

    run(fixture, 0);
    assert_true(fixture->watchdog.stats.turns >= 1);
    /* Whatever else the machine does: the 50 ms on the timer (libuv counts whole ones, rounded
     * down) are not among the work. */
    assert_true(fixture->watchdog.stats.busy_ns + 48000000 < uv_hrtime() - start);
}

static void test_a_slow_turn_is_counted_and_named(void **state)
{
    struct fixture *fixture = *state;
    char text[512];

    run(fixture, 40);
    assert_true(fixture->watchdog.stats.slow_turns >= 1);
    assert_true(fixture->watchdog.stats.longest_ns >= 40000000);
    assert_true(fixture->watchdog.stats.busy_ns >= 40000000);
    read_log(fixture, text, sizeof(text));
    assert_non_null(strstr(text, "[WARNING] Event loop was held for "));
    assert_non_null(strstr(text, " by the test's callback\n"));
}

static void test_the_log_is_not_flooded(void **state)
{
    struct fixture *fixture = *state;
    char text[4096], *line = text;
    uint64_t start = uv_hrtime(), lines = 0;

    for (int i = 0; i < 4; i++)
        run(fixture, 40);
    assert_true(fixture->watchdog.stats.slow_turns >= 4);
    read_log(fixture, text, sizeof(text));
    while ((line = strstr(line, "Event loop"))) {
        lines++;
        line++;
    }
    assert_in_range(lines, 1, 1 + (uv_hrtime() - start) / 1000000 / OSM_WATCHDOG_PAUSE);
}

static void on_signal(uv_signal_t *handle, int number)
{
    osm_turn_name("signal");
    uv_close((uv_handle_t *)handle, NULL);
}

static void *send_signal(void *thread)
{
    const struct timespec pause = {.tv_nsec = 50000000};

    nanosleep(&pause, NULL); /* lint: allow nanosleep – another thread; the loop must be asleep */
    pthread_kill(*(pthread_t *)thread, SIGUSR1);
    return NULL;
}

/* A signal that ends a long sleep does not make that sleep work. */
static void test_a_signal_is_no_work(void **state)
{
    struct fixture *fixture = *state;
    pthread_t self = pthread_self(), sender;
    uv_signal_t handle;
    uint64_t start = uv_hrtime();

    uv_signal_init(&fixture->loop, &handle);
    uv_signal_start(&handle, on_signal, SIGUSR1);
    assert_int_equal(pthread_create(&sender, NULL, send_signal, &self), 0);
    uv_run(&fixture->loop, UV_RUN_DEFAULT);
    pthread_join(sender, NULL);
    run(fixture, 0);
    assert_true(fixture->watchdog.stats.busy_ns + 48000000 < uv_hrtime() - start);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(test_sleep_is_no_work),
        T(test_a_signal_is_no_work),
        T(test_a_slow_turn_is_counted_and_named),
        T(test_the_log_is_not_flooded),
#undef T
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
