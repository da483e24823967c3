/* SPDX-License-Identifier: MIT */
/* A connection to a broker whose name nobody finds: neither a change of sinks nor the end of the
 * loop waits for it. */
#include <netdb.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>

#include "core/event/event_bus.h"
#include "rim/io/loop.h"
#include "sink/mqtt.h"
#include "sink/sinks.h"
#include "testing/testing_feed.h"
#include "util/macros.h"

/* --- a resolver of the test's, which the library uses, too ------------------------------------ */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static unsigned hanging, answered;
static bool may_go;

/* In the place of libc's; the names of the parameters are its own. */
int getaddrinfo(const char *name, const char *service, const struct addrinfo *req,
                struct addrinfo **pai)
{
    (void)name;
    (void)service;
    (void)req;
    (void)pai;
    (void)pthread_mutex_lock(&lock);
    hanging++;
    (void)pthread_cond_broadcast(&changed);
    while (!may_go)
        (void)pthread_cond_wait(&changed, &lock);
    hanging--;
    answered++;
    (void)pthread_cond_broadcast(&changed);
    (void)pthread_mutex_unlock(&lock);
    return EAI_NONAME;
}

static void wait_for(const unsigned *count, unsigned number)
{
    (void)pthread_mutex_lock(&lock);
    while (*count != number)
        (void)pthread_cond_wait(&changed, &lock);
    (void)pthread_mutex_unlock(&lock);
}

static void let_go(void)
{
    (void)pthread_mutex_lock(&lock);
    may_go = true;
    (void)pthread_cond_broadcast(&changed);
    (void)pthread_mutex_unlock(&lock);
}

/* --- the fixture -------------------------------------------------------------------------------
 */

struct fixture {
    uv_loop_t uv;
    struct osm_io_loop io;
    struct osm_bus *bus;
    struct osm_sinks *sinks;
    unsigned closed;
};

static struct osm_sinks_config config_of(const char *url)
{
    return (struct osm_sinks_config){.mqtt = url, .mqtt_client = "test"};
}

static int setup(void **state)
{
    const struct osm_sinks_config config = config_of("mqtt://one.invalid");
    struct fixture *fixture = osm_alloc(sizeof(*fixture));
    _cleanup_(osm_freep) char *error = NULL;

    osm_log_threshold = OSM_LOG_EMERGENCY;
    hanging = answered = 0;
    may_go = false;
    assert_int_equal(uv_loop_init(&fixture->uv), 0);
    osm_io_loop_init(&fixture->io, &fixture->uv);
    fixture->bus = osm_bus_new(&fixture->io.loop, 0);
    assert_int_equal(osm_sinks_new(&config, &fixture->io.loop, &fixture->uv, fixture->bus,
                                   &fixture->sinks, &error),
                     0);
    wait_for(&hanging, 1);
    *state = fixture;
    return 0;
}

static void on_closed(void *context)
{
    ((struct fixture *)context)->closed++;
}

/* The loop comes to its end although so many threads hang. */
static void end(struct fixture *fixture, unsigned threads)
{
    osm_sinks_close(fixture->sinks, 0, on_closed, fixture);
    (void)uv_run(&fixture->uv, UV_RUN_DEFAULT);
    assert_int_equal(fixture->closed, 1);
    osm_bus_free(fixture->bus);
    (void)uv_run(&fixture->uv, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&fixture->uv), 0);
    free(fixture);
    assert_int_equal(answered, 0);
    let_go(); /* each cleans up after itself; or the sanitizers say so */
    wait_for(&answered, threads);
}

static void change(struct fixture *fixture, const char *url)
{
    const struct osm_sinks_config config = config_of(url);
    _cleanup_(osm_freep) char *error = NULL;

    assert_int_equal(osm_sinks_change(&fixture->sinks, &config, &fixture->io.loop, &fixture->uv,
                                      fixture->bus, &error),
                     0);
}

static void test_the_end_while_it_hangs(void **state)
{
    end(*state, 1);
}

/* One is leaving when all ends. */
static void test_a_change_while_it_hangs(void **state)
{
    struct fixture *fixture = *state;

    change(fixture, "mqtt://two.invalid");
    wait_for(&hanging, 2);
    assert_int_equal(osm_sinks_stats(fixture->sinks)->leaving, 1);
    end(fixture, 2);
}

/* It has had its time, and was left behind. */
static void test_one_that_was_left_behind(void **state)
{
    struct fixture *fixture = *state;

    change(fixture, "mqtt://two.invalid");
    wait_for(&hanging, 2);
    while (osm_sinks_stats(fixture->sinks)->left_behind == 0)
        (void)uv_run(&fixture->uv, UV_RUN_ONCE);
    assert_int_equal(osm_sinks_stats(fixture->sinks)->leaving, 1); /* it counts until it is back */
    end(fixture, 2);
}

/* The thread comes back while all goes on. */
static void test_one_comes_back(void **state)
{
    struct fixture *fixture = *state;

    change(fixture, NULL);
    let_go();
    while (osm_sinks_stats(fixture->sinks)->leaving > 0)
        (void)uv_run(&fixture->uv, UV_RUN_ONCE);
    may_go = false; /* nobody hangs */
    answered = 0;
    end(fixture, 0);
}

static void test_the_name_is_not_found(void **state)
{
    struct fixture *fixture = *state;

    let_go();
    while (osm_sinks_look(fixture->sinks, 0)->retries == 0)
        (void)uv_run(&fixture->uv, UV_RUN_ONCE);
    assert_non_null(strstr(osm_sinks_look(fixture->sinks, 0)->last_error,
                           "one.invalid:1883: cannot connect: "));
    answered = 0;
    end(fixture, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, setup)
    const struct CMUnitTest tests[] = {
        TEST(test_the_end_while_it_hangs),   TEST(test_a_change_while_it_hangs),
        TEST(test_one_that_was_left_behind), TEST(test_one_comes_back),
        TEST(test_the_name_is_not_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
