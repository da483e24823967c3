/* SPDX-License-Identifier: MIT */
/* Connections that are watched; see testing_conn.h. */
#include "testing/testing_conn.h"

static void note(struct test_watched *watched, enum test_told told, const struct osm_fault *fault)
{
    assert_false(watched->inside); /* never nested in a call of ours */
    watched->told = told;
    watched->events++;
    watched->type = fault ? fault->type : OSM_FAULT_NONE;
    (void)snprintf(watched->message, sizeof(watched->message), "%s", fault ? fault->message : "");
}

static void on_connected(void *context, bool new_session)
{
    struct test_watched *watched = context;

    watched->new_session = new_session;
    note(context, TOLD_CONNECTED, NULL);
}

static void on_failed(void *context, const struct osm_fault *fault)
{
    note(context, TOLD_FAILED, fault);
}

static void on_lost(void *context, const struct osm_fault *fault)
{
    note(context, TOLD_LOST, fault);
}

static void on_closed(void *context)
{
    note(context, TOLD_CLOSED, NULL);
}

static const struct osm_ua_events events = {
    .connected = on_connected, .failed = on_failed, .lost = on_lost, .closed = on_closed};

/* --- the loop ------------------------------------------------------------------------------ */

static void on_tick(uv_timer_t *timer)
{
    ++*(unsigned *)timer->data;
}

/* Runs the loop until *value has reached `wanted`, at most `limit` milliseconds. The ticks wake
 * it: what is told before the loop sleeps shall be seen at once. */
bool test_conn_run_while_below(struct test_conn_world *world, const unsigned *value,
                               unsigned wanted, unsigned limit)
{
    unsigned ticks = 0;
    uv_timer_t timer;

    uv_timer_init(&world->loop, &timer);
    timer.data = &ticks;
    uv_timer_start(&timer, on_tick, 1, 1);
    while (*value < wanted && ticks < limit)
        uv_run(&world->loop, UV_RUN_ONCE);
    uv_close((uv_handle_t *)&timer, NULL);
    uv_run(&world->loop, UV_RUN_NOWAIT);
    return *value >= wanted;
}

/* Until the connection has told that many things. */
void test_conn_run_until(struct test_conn_world *world, struct test_watched *watched,
                         unsigned wanted)
{
    if (!test_conn_run_while_below(world, &watched->events, wanted, TEST_PATIENCE_MS))
        fail_msg("nothing was told");
}

void test_conn_run_for(struct test_conn_world *world, unsigned milliseconds)
{
    static const unsigned never = 0;

    (void)test_conn_run_while_below(world, &never, 1, milliseconds);
}

static void on_ua_gone(void *context)
{
    ((struct test_conn_world *)context)->ua_gone++;
}

int test_conn_setup(void **state)
{
    struct test_conn_world *world = osm_alloc(sizeof(*world));

    osm_log_threshold = OSM_LOG_EMERGENCY;
    assert_int_equal(uv_loop_init(&world->loop), 0);
    osm_io_loop_init(&world->io, &world->loop);
    world->ua = osm_ua_new(&world->io, &osm_lookup_threads, NULL);
    test_peer_listen(&world->peer, &world->loop);
    *state = world;
    return 0;
}

/* The loop must run dry by itself: no handle, no timer is left. After a test that failed it may
 * not; the process ends soon. */
int test_conn_teardown(void **state)
{
    struct test_conn_world *world = *state;

    test_peer_close(&world->peer);
    osm_ua_free(world->ua, on_ua_gone, world);
    if (!test_conn_run_while_below(world, &world->ua_gone, 1, TEST_PATIENCE_MS))
        return -1;
    uv_run(&world->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&world->loop), 0);
    free(world);
    return 0;
}

/* --- connecting ---------------------------------------------------------------------------- */

struct osm_ua_conn *test_conn_to(struct test_conn_world *world, const char *url, osm_msec timeout,
                                 struct test_watched *watched)
{
    const struct osm_ua_params params = {
        .endpoint_url = url, .timeout = timeout, .security_mode = 1};
    struct osm_arena arena;
    struct osm_fault fault = {0};

    *watched = (struct test_watched){0};
    osm_arena_init(&arena);
    watched->conn = osm_ua_ops()->conn_new(world->ua, &params, &events, watched, &arena, &fault);
    osm_arena_deinit(&arena);
    return watched->conn;
}

void test_conn_to_peer(struct test_conn_world *world, osm_msec timeout,
                       struct test_watched *watched)
{
    char url[64];

    (void)snprintf(url, sizeof(url), "opc.tcp://127.0.0.1:%d/peer", world->peer.port);
    assert_non_null(test_conn_to(world, url, timeout, watched));
}

void test_conn_begin(struct test_watched *watched)
{
    watched->inside = true;
    osm_ua_ops()->conn_connect(watched->conn);
    watched->inside = false;
}

void test_conn_let_go(struct test_watched *watched)
{
    unsigned before = watched->events;

    watched->inside = true;
    osm_ua_ops()->conn_free(watched->conn);
    watched->inside = false;
    assert_int_equal(watched->events, before);
    watched->conn = NULL;
}

void test_conn_connected(struct test_conn_world *world, struct test_watched *watched)
{
    test_conn_to_peer(world, TEST_PATIENCE_MS, watched);
    test_conn_begin(watched);
    test_conn_run_until(world, watched, 1);
    if (watched->told != TOLD_CONNECTED)
        fail_msg("not connected: %s", watched->message);
}
