/* SPDX-License-Identifier: MIT */
/* Names looked up beside each other; a resolver that hangs holds up neither the loop nor its end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "rim/ua/lookup.h"
#include "testing/testing_hang.h"
#include "util/alloc.h"
#include "util/macros.h"

/* ---- a resolver of the test's: names that begin with "slow" wait until they may go -------------
 */

/* In the place of libc's; the names of the parameters are its own. */
int getaddrinfo(const char *name, const char *service, const struct addrinfo *req,
                struct addrinfo **pai)
{
    struct addrinfo *found = osm_alloc(sizeof(*found));

    (void)service;
    found->ai_family = AF_INET;
    found->ai_socktype = req->ai_socktype;
    *pai = found;
    test_hang_pass(strncmp(name, "slow", 4) == 0);
    if (strcmp(name, "missing") != 0)
        return 0;
    free(found);
    return EAI_NONAME;
}

void freeaddrinfo(struct addrinfo *ai)
{
    free(ai);
}

/* ---- the fixture --------------------------------------------------------------------------------
 */

struct fixture {
    uv_loop_t loop;
    void *lookups;
    unsigned told, gone;
    int status;
    int family;
};

static void on_found(void *context, int status, const struct addrinfo *addresses)
{
    struct fixture *fixture = context;

    fixture->told++;
    fixture->status = status;
    fixture->family = addresses ? addresses->ai_family : 0;
}

static void on_gone(void *context)
{
    struct fixture *fixture = context;

    fixture->gone++;
}

static int setup(void **state)
{
    struct fixture *fixture = osm_alloc(sizeof(*fixture));

    assert_int_equal(uv_loop_init(&fixture->loop), 0);
    fixture->lookups = osm_lookup_threads.start(&fixture->loop);
    test_hang_begin();
    *state = fixture;
    return 0;
}

/* Returns although threads hang. */
static int teardown(void **state)
{
    struct fixture *fixture = *state;

    osm_lookup_threads.end(fixture->lookups, on_gone, fixture);
    uv_run(&fixture->loop, UV_RUN_DEFAULT);
    assert_int_equal(fixture->gone, 1);
    assert_int_equal(uv_loop_close(&fixture->loop), 0);
    free(fixture);
    test_hang_let_go();
    test_hang_wait(&test_hang.hanging, 0);
    return 0;
}

static struct osm_lookup *ask(struct fixture *fixture, const char *name)
{
    return osm_lookup_threads.ask(fixture->lookups, name, 4840, on_found, fixture);
}

/* ---- the tests ----------------------------------------------------------------------------------
 */

static void test_found_and_missing(void **state)
{
    struct fixture *fixture = *state;

    (void)ask(fixture, "there");
    assert_int_equal(fixture->told, 0);
    uv_run(&fixture->loop, UV_RUN_DEFAULT); /* until it is told */
    assert_int_equal(fixture->told, 1);
    assert_int_equal(fixture->status, 0);
    assert_int_equal(fixture->family, AF_INET);
    (void)ask(fixture, "missing");
    uv_run(&fixture->loop, UV_RUN_DEFAULT);
    assert_int_equal(fixture->told, 2);
    assert_int_equal(fixture->status, UV_EAI_NONAME);
    assert_int_equal(fixture->family, 0);
}

/* Threads that have their answer before the loop knows that they run. */
static void test_quick_answers(void **state)
{
    struct fixture *fixture = *state;

    for (unsigned i = 1; i <= 200; i++) {
        (void)ask(fixture, "missing");
        uv_run(&fixture->loop, UV_RUN_DEFAULT);
        assert_int_equal(fixture->told, i);
        assert_int_equal(fixture->status, UV_EAI_NONAME);
    }
}

static void test_many_at_once(void **state)
{
    struct fixture *fixture = *state;
    unsigned all = 3 * OSM_LOOKUPS_AT_ONCE;

    for (unsigned i = 0; i < all; i++)
        (void)ask(fixture, "slow");
    test_hang_wait(&test_hang.hanging, OSM_LOOKUPS_AT_ONCE);
    test_hang_let_go();
    uv_run(&fixture->loop, UV_RUN_DEFAULT);
    assert_int_equal(fixture->told, all);
    assert_int_equal(test_hang.most_hanging, OSM_LOOKUPS_AT_ONCE);
}

static void test_nobody_waits_any_more(void **state)
{
    struct fixture *fixture = *state;
    struct osm_lookup *slow = ask(fixture, "slow");

    test_hang_wait(&test_hang.hanging, 1);
    (void)ask(fixture, "there");
    osm_lookup_threads.drop(slow);
    osm_lookup_threads.drop(NULL);
    uv_run(&fixture->loop, UV_RUN_DEFAULT);
    assert_int_equal(fixture->told, 1);
}

static void test_the_end(void **state)
{
    struct fixture *fixture = *state;
    struct osm_lookup *asked[OSM_LOOKUPS_AT_ONCE + 2];

    for (size_t i = 0; i < OSM_ARRAY_SIZE(asked); i++)
        asked[i] = ask(fixture, "slow");
    test_hang_wait(&test_hang.hanging, OSM_LOOKUPS_AT_ONCE);
    for (size_t i = 0; i < OSM_ARRAY_SIZE(asked); i++)
        osm_lookup_threads.drop(asked[i]);
} /* teardown ends while they hang */

/* What is found and has not been told when all ends. */
static void test_found_too_late(void **state)
{
    struct fixture *fixture = *state;
    struct osm_lookup *asked = ask(fixture, "there");

    test_hang_wait(&test_hang.passed, 1);
    osm_lookup_threads.drop(asked);
    assert_int_equal(fixture->told, 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_found_and_missing),     TEST(test_quick_answers), TEST(test_many_at_once),
        TEST(test_nobody_waits_any_more), TEST(test_the_end),       TEST(test_found_too_late),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
