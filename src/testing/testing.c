/* SPDX-License-Identifier: MIT */
/* The world of the tests: its requests, its turns, its sessions (testing.h). */
#include "testing/testing.h"

/* --- requests ------------------------------------------------------------------------------ */

char *test_quotes(const char *text)
{
    char *copy = osm_strdup(text);

    for (char *at = copy; *at; at++)
        if (*at == '\'')
            *at = '"';
    return copy;
}

static void test_request_done(struct osm_request *request)
{
    struct test_request *test = request->owner;

    assert_null(test->reply);
    assert_true(request->out.length > 0);
    assert_int_equal(request->out.data[request->out.length - 1], '\n');
    test->reply = osm_strndup(request->out.data, request->out.length - 1);
    assert_null(strchr(test->reply, '\n'));
    test->order = ++test->world->replies;
}

static struct test_request *test_request_new(struct test_world *world)
{
    struct test_request *test = osm_alloc(sizeof(*test));

    test->world = world;
    osm_request_init(&test->request, test_request_done, test);
    DL_APPEND(world->requests, test);
    return test;
}

struct test_request *test_request_parse(struct test_world *world, const char *text)
{
    struct test_request *test = test_request_new(world);
    char *copy = test_quotes(text);
    struct osm_fault fault = {0};

    if (!osm_request_parse(&test->request, copy, strlen(copy), &fault))
        fail_msg("no request: %s", copy);
    free(copy);
    return test;
}

void test_recycle(struct test_world *world)
{
    struct test_request *test;

    DL_FOREACH (world->requests, test)
        if (test->reply && !test->recycled) {
            osm_request_deinit(&test->request);
            test->recycled = true;
        }
}

void test_reply_is(const struct test_request *test, const char *expected)
{
    char *copy = test_quotes(expected);

    assert_non_null(test->reply);
    assert_string_equal(test->reply, copy);
    free(copy);
}

/* --- time ---------------------------------------------------------------------------------- */

void test_turn(struct test_world *world)
{
    unsigned steps = 0;

    test_recycle(world);
    while (test_server_step(&world->server) || test_loop_work_off(&world->loop) ||
           test_loop_fire(&world->loop, world->loop.now)) {
        test_recycle(world);
        if (++steps > 1000000)
            fail_msg("this turn does not end");
    }
}

void test_advance(struct test_world *world, osm_msec milliseconds)
{
    osm_msec until = world->loop.now + milliseconds;

    test_turn(world);
    while (test_loop_fire(&world->loop, until))
        test_turn(world);
    world->loop.wall += (double)(until - world->loop.now) / 1000.0;
    world->loop.now = until;
}

/* --- the world ----------------------------------------------------------------------------- */

struct test_world *test_world_new_with(const struct osm_manager_config *config)
{
    struct test_world *world = osm_alloc(sizeof(*world));

    osm_log_threshold = OSM_LOG_EMERGENCY;
    test_loop_init(&world->loop);
    test_server_init(&world->server);
    world->manager = osm_manager_new(config, &world->loop.loop, test_server_ops(), &world->server);
    return world;
}

struct test_world *test_world_new(void)
{
    const struct osm_manager_config config = {
        .session_timeout = 600, .cleanup_interval = 30, .max_sessions = 100};

    return test_world_new_with(&config);
}

void test_world_free(struct test_world *world)
{
    struct test_request *test, *next;

    world->manager = osm_manager_free(world->manager);
    assert_null(world->loop.timers);
    test_server_deinit(&world->server);
    DL_FOREACH_SAFE (world->requests, test, next) {
        assert_non_null(test->reply);
        if (!test->recycled)
            osm_request_deinit(&test->request);
        free(test->reply);
        free(test);
    }
    free(world);
}

void test_shutdown_done(void *context)
{
    ((struct test_world *)context)->ends++;
}

int test_setup(void **state)
{
    *state = test_world_new();
    return 0;
}

int test_teardown(void **state)
{
    test_world_free(*state);
    return 0;
}

/* --- operations ---------------------------------------------------------------------------- */

struct osm_json *test_reply(struct osm_op *op)
{
    return osm_request_reply_begin(osm_request_of(op->caller));
}

void test_finish_null(struct osm_op *op)
{
    osm_json_null(test_reply(op));
    osm_op_finish(op);
}

/* --- sessions and calls -------------------------------------------------------------------- */

struct osm_session *test_session_new(struct test_world *world, const char *config)
{
    struct test_request *test = test_request_parse(world, config);
    struct osm_config parsed;
    struct osm_fault fault = {0};
    struct osm_session *session;

    assert_true(osm_config_parse(&parsed, test->request.root, &test->request.arena, &fault));
    session =
        osm_registry_add(world->manager, TEST_URL, &parsed, NULL, &test->request.arena, &fault);
    assert_non_null(session);
    osm_request_reply_null(&test->request);
    osm_session_connect(session);
    return session;
}

struct osm_session *test_session_open(struct test_world *world, const char *config)
{
    struct osm_session *session = test_session_new(world, config);

    test_turn(world);
    assert_int_equal(osm_session_state(session), OSM_SESSION_ACTIVE);
    return session;
}

struct osm_ua_call *test_call(struct test_world *world, size_t n)
{
    struct osm_ua_call *call;

    DL_FOREACH (world->server.calls, call)
        if (n-- == 0)
            return call;
    fail_msg("the server has not got that many requests");
    abort(); /* not reached; the compiler does not know */
}

size_t test_calls(struct test_world *world)
{
    struct osm_ua_call *call;
    size_t n;

    DL_COUNT(world->server.calls, call, n);
    return n;
}

void test_lose_now(struct test_world *world, struct osm_session *session)
{
    test_lose(osm_session_link(session)->conn);
    test_turn(world);
}
