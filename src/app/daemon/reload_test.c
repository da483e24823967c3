/* SPDX-License-Identifier: MIT */
/* Files are read off the loop, one task at a time; with a mistake nothing is carried out. What is
 * carried out is tests/console/test_reload.py's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/daemon/reload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/alloc.h"

static struct {
    void (*work)(void *arg);
    void (*done)(void *arg);
    void *arg;
    unsigned count;
} given;

static void take_work(void *context, void (*work)(void *arg), void (*done)(void *arg), void *arg)
{
    (void)context;
    given.work = work;
    given.done = done;
    given.arg = arg;
    given.count++;
}

struct waiter {
    struct osm_console_wait wait;
    unsigned told;
    bool good;
    char text[512];
};

static void note(struct osm_console_wait *wait, bool good, const char *text)
{
    struct waiter *waiter = osm_container_of(wait, struct waiter, wait);

    waiter->told++;
    waiter->good = good;
    (void)snprintf(waiter->text, sizeof(waiter->text), "%s", text);
}

struct place {
    struct osm_loop loop;
    struct osm_sinks *sinks;
    struct osm_address endpoint;
    struct osm_options options;
    struct osm_reload *reload;
    char tokens[64];
};

static int setup(void **state)
{
    static const struct osm_loop_ops ops = {.work = take_work};
    struct place *place = osm_alloc(sizeof(*place));
    char *error = NULL;
    int fd;

    place->loop.ops = &ops;
    (void)snprintf(place->tokens, sizeof(place->tokens), "/tmp/osm-reload-test-XXXXXX");
    fd = mkstemp(place->tokens);
    assert_true(fd >= 0);
    close(fd);
    osm_options_init(&place->options);
    place->options.token_file = osm_strdup(place->tokens);
    assert_int_equal(osm_address_parse("/tmp/osm-reload-test.sock", &place->endpoint, &error), 0);
    place->reload = osm_reload_new(&place->options, 0, NULL,
                                   &(struct osm_reload_parts){.loop = &place->loop,
                                                              .endpoint = &place->endpoint,
                                                              .sinks = &place->sinks});
    given.count = 0;
    *state = place;
    return 0;
}

static int teardown(void **state)
{
    struct place *place = *state;

    place->reload = osm_reload_free(place->reload);
    osm_options_deinit(&place->options);
    unlink(place->tokens);
    free(place);
    return 0;
}

static void write_tokens(const struct place *place, const char *text)
{
    FILE *file = fopen(place->tokens, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void finish(void)
{
    given.work(given.arg);
    given.done(given.arg);
}

/* A mistake is found by the thread, each is told, and nothing is carried out: there is no server
 * here that could take anything. */
static void test_mistakes(void **state)
{
    struct place *place = *state;
    struct waiter waiter = {.wait.done = note};

    write_tokens(place, "wrong\nnobody token\n");
    osm_reload_start(place->reload, &waiter.wait);
    assert_int_equal(given.count, 1);
    assert_int_equal(waiter.told, 0);
    finish();
    assert_int_equal(waiter.told, 1);
    assert_false(waiter.good);
    assert_non_null(strstr(waiter.text, ":1: "));
    assert_non_null(strstr(waiter.text, ":2: "));
}

/* However often it is asked for, there is one under way and one that waits. */
static void test_a_storm(void **state)
{
    struct place *place = *state;
    struct waiter waiters[3] = {{.wait.done = note}, {.wait.done = note}, {.wait.done = note}};

    write_tokens(place, "wrong\n");
    osm_reload_start(place->reload, &waiters[0].wait);
    for (unsigned i = 0; i < 1000; i++)
        osm_reload_start(place->reload, NULL);
    osm_reload_start(place->reload, &waiters[1].wait);
    osm_reload_start(place->reload, &waiters[2].wait);
    assert_int_equal(given.count, 1);
    finish();
    assert_int_equal(waiters[0].told, 1);
    assert_int_equal(waiters[1].told, 0);
    assert_int_equal(given.count, 2);
    finish();
    assert_int_equal(waiters[1].told, 1);
    assert_int_equal(waiters[2].told, 1);
    assert_int_equal(given.count, 2);
}

static void test_set(void **state)
{
    struct place *place = *state;
    struct waiter waiter = {.wait.done = note};
    static const struct {
        const char *name, *value, *text;
    } cases[] = {
        {"nothing", "1", "There is no option"},       {"socket", "x", "takes a restart"},
        {"auth_token", "x", "changed in its file"},   {"auto-connect", "x", "changed in its file"},
        {"Auto_Connect", "x", "changed in its file"},
    };

    for (size_t i = 0; i < OSM_ARRAY_SIZE(cases); i++) {
        waiter.text[0] = '\0';
        osm_reload_set(place->reload, cases[i].name, cases[i].value, &waiter.wait);
        assert_non_null(strstr(waiter.text, cases[i].text));
    }
    assert_int_equal(given.count, 0);
    osm_reload_set(place->reload, "max_sessions", "many", &waiter.wait);
    finish();
    assert_false(waiter.good);
    assert_non_null(strstr(waiter.text, "--max-sessions"));
    assert_int_equal(place->options.max_sessions, 100);
}

static void test_sets_are_bounded(void **state)
{
    struct place *place = *state;
    struct waiter waiters[OSM_RELOAD_SETS + 1];

    for (size_t i = 0; i <= OSM_RELOAD_SETS; i++) {
        waiters[i] = (struct waiter){.wait.done = note};
        osm_reload_set(place->reload, "timeout", "x", &waiters[i].wait);
    }
    assert_int_equal(waiters[OSM_RELOAD_SETS].told, 1);
    osm_reload_end(place->reload); /* who waits is told; the one under way ends by itself */
    finish();
    for (size_t i = 0; i <= OSM_RELOAD_SETS; i++)
        assert_int_equal(waiters[i].told, 1);
    assert_int_equal(given.count, 1);
    osm_reload_start(place->reload, &waiters[0].wait);
    assert_int_equal(waiters[0].told, 2);
}

#define with_place(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_place(test_mistakes),
        with_place(test_a_storm),
        with_place(test_set),
        with_place(test_sets_are_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
