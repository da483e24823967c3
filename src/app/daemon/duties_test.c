/* SPDX-License-Identifier: MIT */
/* What the service manager hears: its socket is a fake, the pool's threads are real. */
#include "testing/testing.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "app/daemon/duties.h"
#include "app/process/service_manager.h"

#define THREADS 128 /* more than any pool has */

struct place {
    int fd;
    uv_loop_t loop;
    uv_timer_t rest; /* of the daemon: what keeps the loop */
    struct osm_duties duties;
    char heard[4096];
};

static char path[108];

static void never(uv_timer_t *timer)
{
    (void)timer;
}

static void open_manager(struct place *place, const char *watchdog)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    *place = (struct place){0};
    (void)snprintf(path, sizeof(path), "/tmp/osm-manager-%d.sock", (int)getpid());
    (void)unlink(path);
    memcpy(address.sun_path, path, strlen(path) + 1);
    place->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(place->fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(setenv("NOTIFY_SOCKET", path, 1), 0);
    if (watchdog)
        assert_int_equal(setenv("WATCHDOG_USEC", watchdog, 1), 0);
    osm_service_manager_init();
    assert_null(getenv("NOTIFY_SOCKET"));
    assert_null(getenv("WATCHDOG_USEC"));
    assert_int_equal(uv_loop_init(&place->loop), 0);
    assert_int_equal(uv_timer_init(&place->loop, &place->rest), 0);
    assert_int_equal(uv_timer_start(&place->rest, never, 3600000, 0), 0);
}

static void close_manager(struct place *place)
{
    osm_duties_end(&place->duties);
    uv_close((uv_handle_t *)&place->rest, NULL);
    (void)uv_run(&place->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&place->loop), 0);
    osm_service_manager_deinit();
    close(place->fd);
    (void)unlink(path);
}

/* Runs the loop until the manager has heard it; the test's own deadline ends a wait in vain. */
static void wait_for(struct place *place, const char *text)
{
    while (!strstr(place->heard, text)) {
        char message[1024];
        ssize_t length;
        size_t used;

        (void)uv_run(&place->loop, UV_RUN_NOWAIT);
        length = recv(place->fd, message, sizeof(message) - 1, 0);
        if (length <= 0) {
            (void)poll(&(struct pollfd){.fd = place->fd, .events = POLLIN}, 1, 1);
            continue;
        }
        message[length] = '\0';
        used = strlen(place->heard);
        if (used + (size_t)length + 2 > sizeof(place->heard))
            used = 0;
        (void)snprintf(place->heard + used, sizeof(place->heard) - used, "%s\n", message);
    }
}

static void test_nobody_listens(void **state)
{
    struct osm_duties duties;
    uv_loop_t loop;

    assert_int_equal(unsetenv("NOTIFY_SOCKET"), 0);
    osm_service_manager_init();
    assert_false(osm_service_manager_tell("READY=1"));
    assert_int_equal(osm_service_manager_watchdog(), 0);
    assert_int_equal(uv_loop_init(&loop), 0);
    osm_duties_start(&duties, &loop, NULL);
    osm_duties_reloaded(&duties);
    osm_duties_end(&duties);
    assert_int_equal(uv_loop_close(&loop), 0);
}

static int release[2];

static void hang(uv_work_t *work)
{
    char byte;

    (void)!read(release[0], &byte, 1);
}

static void test_a_pool_that_hangs(void **state)
{
    static uv_work_t works[THREADS];
    struct test_world *world = *state;
    struct place place;

    open_manager(&place, "400000");
    assert_int_equal(osm_service_manager_watchdog(), 400);
    osm_duties_start(&place.duties, &place.loop, world->manager);
    wait_for(&place, "READY=1");
    wait_for(&place, "WATCHDOG=1");
    wait_for(&place, "STATUS=0 sessions are connected, 0 connecting, 0 lost");
    assert_int_equal(pipe(release), 0);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(uv_queue_work(&place.loop, &works[i], hang, NULL), 0);
    wait_for(&place, "THE THREADS OF THE POOL DO NOT ANSWER");
    place.heard[0] = '\0';
    for (int i = 0; i < 300; i++) /* three times the period */
        (void)(uv_run(&place.loop, UV_RUN_NOWAIT), poll(NULL, 0, 1));
    for (char message[1024]; recv(place.fd, message, sizeof(message), 0) > 0;)
        assert_null(strstr(message, "WATCHDOG=1"));
    close(release[1]); /* all of them return */
    wait_for(&place, "WATCHDOG=1");
    close_manager(&place);
    close(release[0]);
}

/* What a manager whose queue is full has not heard is said again. */
static void test_a_busy_manager(void **state)
{
    struct test_world *world = *state;
    struct place place;

    open_manager(&place, "400000");
    while (osm_service_manager_tell("FULL=1"))
        ;
    osm_duties_start(&place.duties, &place.loop, world->manager);
    wait_for(&place, "READY=1");
    wait_for(&place, "STATUS=0 sessions");
    while (osm_service_manager_tell("FULL=1"))
        ;
    place.heard[0] = '\0';
    osm_duties_reloaded(&place.duties);
    wait_for(&place, "READY=1");
    close_manager(&place);
}

static void test_a_reload(void **state)
{
    struct test_world *world = *state;
    struct place place;

    assert_int_equal(unsetenv("WATCHDOG_USEC"), 0);
    open_manager(&place, NULL);
    osm_duties_start(&place.duties, &place.loop, world->manager);
    wait_for(&place, "STATUS=0 sessions");
    osm_service_manager_reloading();
    wait_for(&place, "RELOADING=1\nMONOTONIC_USEC=");
    place.heard[0] = '\0';
    osm_duties_reloaded(&place.duties);
    wait_for(&place, "READY=1");
    wait_for(&place, "STATUS=0 sessions");
    assert_null(strstr(place.heard, "WATCHDOG=1"));
    close_manager(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nobody_listens),
        test_in_world(test_a_pool_that_hangs),
        test_in_world(test_a_busy_manager),
        test_in_world(test_a_reload),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
