/* SPDX-License-Identifier: MIT */
/*
 * Connections to peers that do not behave, on real sockets: what connecting fails with, to the
 * letter, that nothing is told twice or nested, and that nothing is left (ASan). And to one that
 * does, for what a well-behaved server never shows: losses in the middle of calls.
 */
#include <signal.h>

#include "testing/testing_peer.h"

#define TIMEOUT_MS 150

struct world {
    uv_loop_t loop;
    struct osm_ua *ua;
    struct test_peer peer;
    unsigned ua_gone;
};

enum told { NOTHING, CONNECTED, FAILED, LOST, CLOSED };

/* One connection and what it told us. */
struct watched {
    struct osm_ua_conn *conn;
    enum told told;
    unsigned events;
    bool new_session;
    enum osm_fault_type type;
    char message[600];
    bool inside; /* one of our calls into the rim is on the stack */
};

static void note(struct watched *watched, enum told told, const struct osm_fault *fault)
{
    assert_false(watched->inside); /* never nested in a call of ours */
    watched->told = told;
    watched->events++;
    watched->type = fault ? fault->type : OSM_FAULT_NONE;
    (void)snprintf(watched->message, sizeof(watched->message), "%s", fault ? fault->message : "");
}

static void on_connected(void *context, bool new_session)
{
    struct watched *watched = context;

    watched->new_session = new_session;
    note(context, CONNECTED, NULL);
}

static void on_failed(void *context, const struct osm_fault *fault)
{
    note(context, FAILED, fault);
}

static void on_lost(void *context, const struct osm_fault *fault)
{
    note(context, LOST, fault);
}

static void on_closed(void *context)
{
    note(context, CLOSED, NULL);
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
static bool run_while_below(struct world *world, const unsigned *value, unsigned wanted,
                            unsigned limit)
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
static void run_until(struct world *world, struct watched *watched, unsigned wanted)
{
    if (!run_while_below(world, &watched->events, wanted, TEST_PATIENCE_MS))
        fail_msg("nothing was told");
}

static void run_for(struct world *world, unsigned milliseconds)
{
    static const unsigned never = 0;

    (void)run_while_below(world, &never, 1, milliseconds);
}

static void on_ua_gone(void *context)
{
    ((struct world *)context)->ua_gone++;
}

static int setup(void **state)
{
    struct world *world = osm_alloc(sizeof(*world));

    osm_log_threshold = OSM_LOG_EMERGENCY;
    assert_int_equal(uv_loop_init(&world->loop), 0);
    world->ua = osm_ua_new(&world->loop, NULL);
    test_peer_listen(&world->peer, &world->loop);
    *state = world;
    return 0;
}

/* The loop must run dry by itself: no handle, no timer is left. After a test that failed it may
 * not; the process ends soon. */
static int teardown(void **state)
{
    struct world *world = *state;

    test_peer_close(&world->peer);
    osm_ua_free(world->ua, on_ua_gone, world);
    if (!run_while_below(world, &world->ua_gone, 1, 1000))
        return -1;
    uv_run(&world->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&world->loop), 0);
    free(world);
    return 0;
}

/* --- connecting ---------------------------------------------------------------------------- */

static struct osm_ua_conn *conn_to(struct world *world, const char *url, osm_msec timeout,
                                   struct watched *watched)
{
    const struct osm_ua_params params = {
        .endpoint_url = url, .timeout = timeout, .security_mode = 1};
    struct osm_arena arena;
    struct osm_fault fault = {0};

    *watched = (struct watched){0};
    osm_arena_init(&arena);
    watched->conn = osm_ua_ops()->conn_new(world->ua, &params, &events, watched, &arena, &fault);
    osm_arena_deinit(&arena);
    return watched->conn;
}

static void conn_to_peer(struct world *world, osm_msec timeout, struct watched *watched)
{
    char url[64];

    (void)snprintf(url, sizeof(url), "opc.tcp://127.0.0.1:%d/peer", world->peer.port);
    assert_non_null(conn_to(world, url, timeout, watched));
}

static void begin(struct watched *watched)
{
    watched->inside = true;
    osm_ua_ops()->conn_connect(watched->conn);
    watched->inside = false;
}

static void let_go(struct watched *watched)
{
    unsigned before = watched->events;

    watched->inside = true;
    osm_ua_ops()->conn_free(watched->conn);
    watched->inside = false;
    assert_int_equal(watched->events, before);
    watched->conn = NULL;
}

static void fails_with(struct world *world, struct watched *watched, enum osm_fault_type type,
                       const char *message)
{
    run_until(world, watched, watched->events + 1);
    assert_int_equal(watched->told, FAILED);
    assert_string_equal(watched->message, message);
    assert_int_equal(watched->type, type);
}

/* Fails, and fails in the same way when tried again. */
static void refused(struct world *world, enum osm_fault_type type, const char *message)
{
    struct watched watched;

    conn_to_peer(world, TIMEOUT_MS, &watched);
    for (unsigned i = 1; i <= 2; i++) {
        begin(&watched);
        fails_with(world, &watched, type, message);
        assert_int_equal(watched.events, i);
    }
    let_go(&watched);
    run_for(world, 20);
    assert_int_equal(watched.events, 2);
}

static void test_nobody_listens(void **state)
{
    struct world *world = *state;
    char message[100];

    (void)snprintf(message, sizeof(message),
                   "Failed to connect to 127.0.0.1:%d: [111] Connection refused", world->peer.port);
    test_peer_close(&world->peer);
    run_for(world, 1);
    refused(world, OSM_FAULT_CONNECTION, message);
}

static void test_hangs_up_at_once(void **state)
{
    struct world *world = *state;

    world->peer.manner = PEER_CLOSES;
    refused(world, OSM_FAULT_CONNECTION, "Connection closed by remote");
    assert_true(world->peer.calls <= 8); /* no storm of attempts */
}

static void test_never_says_a_word(void **state)
{
    struct world *world = *state;

    world->peer.manner = PEER_SILENT;
    refused(world, OSM_FAULT_CONNECTION, "Read timeout");
}

static void says(struct world *world, const char *bytes, size_t length, bool hang_up)
{
    world->peer.manner = PEER_BYTES;
    world->peer.bytes = bytes;
    world->peer.bytes_length = length;
    world->peer.hang_up = hang_up;
}

static void test_speaks_something_else(void **state)
{
    struct world *world = *state;
    static const char http[] = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n";

    says(world, http, sizeof(http) - 1, true);
    refused(world, OSM_FAULT_PROTOCOL, "Invalid message size: 825110831"); /* "/1.1" */
    says(world, http, sizeof(http) - 1, false);
    refused(world, OSM_FAULT_PROTOCOL, "Invalid message size: 825110831");
    says(world, "XYZF\x0C\0\0\0abcd", 12, false);
    refused(world, OSM_FAULT_MESSAGE_TYPE, "Expected ACK response, got: XYZ");
}

static void test_sizes_that_cannot_be(void **state)
{
    struct world *world = *state;

    says(world, "ACKF\0\0\0\0", 8, false);
    refused(world, OSM_FAULT_PROTOCOL, "Invalid message size: 0");
    says(world, "ACKF\xFF\xFF\xFF\xFF", 8, false);
    refused(world, OSM_FAULT_PROTOCOL, "Invalid message size: 4294967295");
}

static void test_half_an_answer(void **state)
{
    struct world *world = *state;

    says(world, "ACKF\x1C\0\0\0\0\0", 10, false);
    refused(world, OSM_FAULT_CONNECTION, "Read timeout");
    says(world, "ACKF\x1C\0\0\0\0\0", 10, true);
    refused(world, OSM_FAULT_CONNECTION, "Connection closed by remote");
}

static void test_refuses_the_greeting(void **state)
{
    struct world *world = *state;

    world->peer.refuse_at = "HEL";
    refused(world, OSM_FAULT_HANDSHAKE,
            "Server error during handshake: [2148728832] Not /you/today/");
}

static void test_refuses_the_channel(void **state)
{
    struct world *world = *state;

    world->peer.refuse_at = "OPN";
    refused(world, OSM_FAULT_PROTOCOL, "OPN rejected by server: 0x80130000 \u2014 Not /you/today/");
}

static void test_refuses_in_the_session(void **state)
{
    struct world *world = *state;

    world->peer.refuse_at = "MSG";
    refused(world, OSM_FAULT_SERVICE, "Server error 0x80130000: Not /you/today/");
}

static void test_hangs_up_later(void **state)
{
    static const char *const types[] = {"HEL", "OPN", "MSG"};
    struct world *world = *state;

    for (size_t i = 0; i < OSM_ARRAY_SIZE(types); i++) {
        memcpy(world->peer.hang_up_at, types[i], 3);
        refused(world, OSM_FAULT_CONNECTION, "Connection closed by remote");
    }
}

static void test_a_timeout_of_nothing(void **state)
{
    struct world *world = *state;
    struct watched watched;

    conn_to_peer(world, 0, &watched);
    begin(&watched);
    fails_with(world, &watched, OSM_FAULT_CONNECTION, "Read timeout");
    let_go(&watched);
}

static void test_urls(void **state)
{
    struct watched watched;

    assert_null(conn_to(*state, "opc.tcp://", 100, &watched));
    assert_null(conn_to(*state, "x", 100, &watched));
}

/* --- leaving in the middle ----------------------------------------------------------------- */

static void test_free_at_any_time(void **state)
{
    struct world *world = *state;

    for (unsigned turns = 0; turns < 40; turns++) {
        struct watched watched;

        conn_to_peer(world, 5000, &watched);
        begin(&watched);
        for (unsigned i = 0; i < turns; i++)
            uv_run(&world->loop, UV_RUN_NOWAIT);
        let_go(&watched);
        run_for(world, 1);
        assert_true(watched.events <= 1);
    }
}

static void test_drop_at_any_time(void **state)
{
    static const struct osm_fault reason = {OSM_FAULT_CONNECTION, "Read timeout"};
    struct world *world = *state;

    for (unsigned turns = 0; turns < 40; turns++) {
        struct watched watched;
        bool connected;

        conn_to_peer(world, 5000, &watched);
        begin(&watched);
        for (unsigned i = 0; i < turns; i++)
            uv_run(&world->loop, UV_RUN_NOWAIT);
        connected = watched.told == CONNECTED;
        watched.inside = true;
        osm_ua_ops()->conn_drop(watched.conn, &reason);
        watched.inside = false;
        run_until(world, &watched, connected + 1);
        assert_int_equal(watched.told, connected ? LOST : FAILED);
        assert_string_equal(watched.message, "Read timeout");
        begin(&watched); /* and it can be used again */
        run_until(world, &watched, connected + 2);
        assert_int_equal(watched.told, CONNECTED);
        let_go(&watched);
    }
}

static void test_close_at_any_time(void **state)
{
    struct world *world = *state;

    for (unsigned turns = 0; turns < 40; turns++) {
        struct watched watched;
        unsigned before;

        conn_to_peer(world, 5000, &watched);
        if (turns)
            begin(&watched);
        for (unsigned i = 1; i < turns; i++)
            uv_run(&world->loop, UV_RUN_NOWAIT);
        before = watched.events;
        watched.inside = true;
        osm_ua_ops()->conn_close(watched.conn, 1000);
        watched.inside = false;
        run_until(world, &watched, before + 1);
        assert_int_equal(watched.told, CLOSED);
        let_go(&watched);
    }
}

/* A peer that does not say goodbye is left when the time is over. */
static void test_close_takes_no_longer_than_its_limit(void **state)
{
    struct world *world = *state;
    struct watched watched;
    uint64_t start;

    conn_to_peer(world, 5000, &watched);
    begin(&watched);
    run_until(world, &watched, 1);
    world->peer.manner = PEER_SILENT;
    start = uv_now(&world->loop);
    osm_ua_ops()->conn_close(watched.conn, 100);
    run_until(world, &watched, 2);
    assert_int_equal(watched.told, CLOSED);
    assert_true(uv_now(&world->loop) - start < 2000);
    let_go(&watched);
}

static void many(struct world *world, unsigned count, bool wait)
{
    struct watched *watched = osm_alloc(count * sizeof(*watched));

    for (unsigned i = 0; i < count; i++) {
        conn_to_peer(world, 5000, &watched[i]);
        begin(&watched[i]);
    }
    for (unsigned i = 0; i < count && wait; i++)
        run_until(world, &watched[i], 1);
    for (unsigned i = 0; i < count; i++)
        let_go(&watched[i]);
    run_for(world, 1);
    free(watched);
}

static void test_five_hundred_leave_nothing(void **state)
{
    struct world *world = *state;

    for (unsigned i = 0; i < 10; i++) {
        many(world, 25, true);
        many(world, 25, false);
    }
    world->peer.manner = PEER_CLOSES;
    many(world, 50, true);
}

/* --- sessions ------------------------------------------------------------------------------ */

static void connected(struct world *world, struct watched *watched)
{
    conn_to_peer(world, 2000, watched);
    begin(watched);
    run_until(world, watched, 1);
    if (watched->told != CONNECTED)
        fail_msg("not connected: %s", watched->message);
}

static void test_a_session(void **state)
{
    struct world *world = *state;
    struct watched watched;

    connected(world, &watched);
    assert_true(watched.new_session);
    assert_int_equal(osm_ua_ops()->conn_session_timeout(watched.conn), 60000);
    /* endpoints, create, activate */
    assert_int_equal(osm_ua_ops()->conn_messages(watched.conn), 3);
    let_go(&watched);
}

/* The same session on a new channel, unless the server has forgotten it. */
static void test_sessions_outlive_channels(void **state)
{
    struct world *world = *state;
    struct watched watched;
    unsigned calls;

    connected(world, &watched);
    test_peer_hang_up(&world->peer);
    run_until(world, &watched, 2);
    assert_int_equal(watched.told, LOST);
    assert_string_equal(watched.message, "Connection closed by remote");
    calls = world->peer.calls;
    run_for(world, 20);
    assert_int_equal(world->peer.calls, calls); /* reconnecting is the core's decision */
    begin(&watched);
    run_until(world, &watched, 3);
    assert_int_equal(watched.told, CONNECTED);
    assert_false(watched.new_session);
    test_peer_hang_up(&world->peer);
    run_until(world, &watched, 4);
    world->peer.forgets = true;
    begin(&watched);
    run_until(world, &watched, 5);
    assert_int_equal(watched.told, CONNECTED);
    assert_true(watched.new_session);
    let_go(&watched);
}

static void test_an_error_message_ends_it(void **state)
{
    struct world *world = *state;
    struct watched watched;
    struct osm_buf out = {0};

    connected(world, &watched);
    test_err_chunk(&out, 0x80080000, "Out of chairs");
    test_link_send(world->peer.links, out.data, out.length);
    osm_buf_deinit(&out);
    run_until(world, &watched, 2);
    assert_int_equal(watched.told, LOST);
    assert_string_equal(watched.message, "Server error 0x80080000: Out of chairs");
    assert_int_equal(watched.type, OSM_FAULT_SERVICE);
    let_go(&watched);
}

/* A server that was known and refuses the user's token is asked for its endpoints anew, once the
 * session it has made is closed. Here it has got that far and has not heard back. */
static void leaves_to_begin_anew(struct world *world, struct watched *watched)
{
    struct watched first;

    connected(world, &first);
    let_go(&first);
    run_for(world, 20);
    world->peer.refuses = UA_STATUSCODE_BADIDENTITYTOKENINVALID;
    world->peer.keeps = true;
    world->peer.goodbyes = world->peer.created = 0;
    conn_to_peer(world, 2000, watched);
    begin(watched);
    assert_true(run_while_below(world, &world->peer.goodbyes, 1, TEST_PATIENCE_MS));
    assert_int_equal(world->peer.created, 1);
}

static void answer_goodbye(struct world *world)
{
    world->peer.keeps = false;
    test_respond(world->peer.links->prev, world->peer.last_request_id,
                 UA_CloseSessionResponse_new(), &UA_TYPES[UA_TYPES_CLOSESESSIONRESPONSE]);
}

static void test_begins_anew(void **state)
{
    struct world *world = *state;
    struct watched watched;

    leaves_to_begin_anew(world, &watched);
    world->peer.refuses = 0;
    answer_goodbye(world);
    run_until(world, &watched, 1);
    assert_int_equal(watched.told, CONNECTED);
    assert_int_equal(world->peer.created, 2);
    let_go(&watched);
}

/* Servers may hang up instead of answering the goodbye. */
static void test_begins_anew_after_a_loss(void **state)
{
    struct world *world = *state;
    struct watched watched;

    leaves_to_begin_anew(world, &watched);
    world->peer.refuses = 0;
    test_peer_hang_up(&world->peer);
    run_until(world, &watched, 1);
    assert_int_equal(watched.told, CONNECTED);
    assert_int_equal(world->peer.created, 2);
    let_go(&watched);
}

/* Nobody is logged in for an owner who has gone, or wants it no more. */
static void test_gone_owners_begin_nothing(void **state)
{
    static const struct osm_fault reason = {OSM_FAULT_CONNECTION, "Read timeout"};
    struct world *world = *state;
    struct watched watched;

    for (unsigned drops = 0; drops <= 1; drops++) {
        leaves_to_begin_anew(world, &watched);
        if (drops)
            osm_ua_ops()->conn_drop(watched.conn, &reason);
        else
            let_go(&watched);
        world->peer.refuses = 0;
        answer_goodbye(world);
        if (drops)
            run_until(world, &watched, 1);
        run_for(world, 30);
        assert_int_equal(watched.told, drops ? FAILED : NOTHING);
        assert_int_equal(world->peer.created, 1);
    }
    let_go(&watched);
}

/* --- calls --------------------------------------------------------------------------------- */

static const struct osm_ua_service read_service = {.name = "Read",
                                                   .request = &UA_TYPES[UA_TYPES_READREQUEST],
                                                   .response = &UA_TYPES[UA_TYPES_READRESPONSE]};

struct answer {
    struct watched watched;
    unsigned answers;
    enum osm_ua_outcome outcome;
    UA_StatusCode status;
    bool has_response;
    bool sent;
    unsigned events; /* of the connection, when it came */
};

static void on_answer(void *context, const struct osm_ua_result *result)
{
    struct answer *answer = context;

    assert_false(answer->watched.inside);
    answer->answers++;
    answer->outcome = result->outcome;
    answer->status = result->service_result;
    answer->has_response = result->response != NULL;
    answer->sent = result->sent;
    answer->events = answer->watched.events;
}

static struct osm_ua_call *ask(struct answer *answer)
{
    UA_ReadRequest request;
    struct osm_ua_call *call;

    UA_ReadRequest_init(&request);
    answer->watched.inside = true;
    call = osm_ua_ops()->call(answer->watched.conn, &read_service, &request, on_answer, answer);
    answer->watched.inside = false;
    return call;
}

static void run_until_answer(struct world *world, struct answer *answer, unsigned wanted)
{
    (void)run_while_below(world, &answer->answers, wanted, TEST_PATIENCE_MS);
    assert_int_equal(answer->answers, wanted);
}

static void test_calls(void **state)
{
    struct world *world = *state;
    struct answer answer = {0};

    connected(world, &answer.watched);
    assert_non_null(ask(&answer));
    run_until_answer(world, &answer, 1);
    assert_int_equal(answer.outcome, OSM_UA_ANSWERED);
    assert_true(answer.has_response);
    assert_true(answer.sent);
    let_go(&answer.watched);
}

/* Service faults are answers, also those that mean that the session is gone, and those we
 * use ourselves for a connection that ends. */
static void faulty(struct world *world, UA_StatusCode status, bool channel_goes)
{
    struct answer answer = {0};

    connected(world, &answer.watched);
    world->peer.fault = status;
    assert_non_null(ask(&answer));
    run_until_answer(world, &answer, 1);
    assert_int_equal(answer.outcome, OSM_UA_ANSWERED);
    assert_int_equal(answer.status, status);
    assert_false(answer.has_response);
    if (channel_goes)
        run_until(world, &answer.watched, 2);
    else
        run_for(world, 20);
    assert_int_equal(answer.watched.told, channel_goes ? LOST : CONNECTED);
    world->peer.fault = 0;
    let_go(&answer.watched);
}

static void test_service_faults(void **state)
{
    faulty(*state, UA_STATUSCODE_BADNOTHINGTODO, false);
    faulty(*state, UA_STATUSCODE_BADSHUTDOWN, false);
    faulty(*state, UA_STATUSCODE_BADSECURECHANNELCLOSED, false);
    faulty(*state, UA_STATUSCODE_BADSESSIONIDINVALID, true);
}

/* A careless server that fills in no header: its answer counts all the same. */
static void test_a_fault_without_header(void **state)
{
    struct world *world = *state;
    struct answer answer = {0};

    connected(world, &answer.watched);
    world->peer.anonymous_header = true;
    world->peer.fault = UA_STATUSCODE_BADSHUTDOWN;
    assert_non_null(ask(&answer));
    run_until_answer(world, &answer, 1);
    assert_int_equal(answer.outcome, OSM_UA_ANSWERED);
    assert_int_equal(answer.status, UA_STATUSCODE_BADSHUTDOWN);
    assert_int_equal(answer.watched.told, CONNECTED);
    let_go(&answer.watched);
}

static void test_losses_come_before_the_loss(void **state)
{
    struct world *world = *state;
    struct answer answer = {0};

    connected(world, &answer.watched);
    world->peer.mute = true;
    for (unsigned i = 0; i < 5; i++)
        assert_non_null(ask(&answer));
    assert_true(run_while_below(world, &world->peer.requests, 5, TEST_PATIENCE_MS));
    test_peer_hang_up(&world->peer);
    run_until(world, &answer.watched, 2);
    assert_int_equal(answer.answers, 5);
    assert_int_equal(answer.outcome, OSM_UA_LOST);
    assert_int_equal(answer.events, 1); /* lost was told afterwards */
    assert_true(answer.sent);
    let_go(&answer.watched);
}

/* R10: a request that is given up in the turn it was made in still leaves with the goodbye. What
 * the server got must be known as sent, or it would be done twice. */
static void test_what_left_with_the_goodbye_was_sent(void **state)
{
    static const struct osm_fault reason = {OSM_FAULT_CONNECTION, "Read timeout"};
    struct world *world = *state;
    struct answer answer = {0};

    connected(world, &answer.watched);
    world->peer.mute = true;
    assert_non_null(ask(&answer));
    osm_ua_ops()->conn_drop(answer.watched.conn, &reason);
    run_until(world, &answer.watched, 2);
    run_for(world, 20);
    assert_int_equal(answer.answers, 1);
    assert_int_equal(answer.outcome, OSM_UA_LOST);
    assert_int_equal(answer.sent, world->peer.requests == 1);
    let_go(&answer.watched);
}

static void test_late_answers_harm_nobody(void **state)
{
    struct world *world = *state;
    struct answer answer = {0};

    connected(world, &answer.watched);
    world->peer.mute = true;
    osm_ua_ops()->call_abandon(ask(&answer));
    assert_true(run_while_below(world, &world->peer.requests, 1, TEST_PATIENCE_MS));
    test_respond(world->peer.links, world->peer.last_request_id, UA_ReadResponse_new(),
                 &UA_TYPES[UA_TYPES_READRESPONSE]);
    world->peer.mute = false;
    assert_non_null(ask(&answer));
    run_until_answer(world, &answer, 1);
    assert_true(answer.has_response);
    assert_int_equal(answer.watched.events, 1);
    let_go(&answer.watched);
}

/* A server that swallows request after request is worth nothing. */
static void test_swallowed_requests_are_bounded(void **state)
{
    struct world *world = *state;
    struct answer answer = {0};
    unsigned asked = 0;

    connected(world, &answer.watched);
    world->peer.mute = true;
    for (; answer.watched.events == 1 && asked < 3000; asked++) {
        osm_ua_ops()->call_abandon(ask(&answer));
        if (asked % 50 == 0)
            run_for(world, 1);
    }
    run_until(world, &answer.watched, 2);
    assert_int_equal(answer.watched.told, LOST);
    assert_true(asked > 500);
    assert_int_equal(answer.answers, 0);
    let_go(&answer.watched);
}

static void test_no_calls_without_a_session(void **state)
{
    struct world *world = *state;
    struct answer answer = {0};

    conn_to_peer(world, 2000, &answer.watched);
    assert_null(ask(&answer));
    begin(&answer.watched);
    assert_null(ask(&answer));
    run_until(world, &answer.watched, 1);
    test_peer_hang_up(&world->peer);
    run_until(world, &answer.watched, 2);
    assert_null(ask(&answer));
    let_go(&answer.watched);
}

/* Closed with calls outstanding: each is told before, and none is left to be looked at. */
static void test_close_with_calls_outstanding(void **state)
{
    struct world *world = *state;
    struct answer answer = {0};

    connected(world, &answer.watched);
    world->peer.mute = true;
    for (unsigned i = 0; i < 5; i++)
        assert_non_null(ask(&answer));
    osm_ua_ops()->conn_close(answer.watched.conn, 1000);
    run_until(world, &answer.watched, 2);
    assert_int_equal(answer.watched.told, CLOSED);
    assert_int_equal(answer.answers, 5);
    assert_int_equal(answer.outcome, OSM_UA_LOST);
    assert_int_equal(answer.events, 1);
    let_go(&answer.watched);
}

/* Freed with calls outstanding: nobody is called back. */
static void test_free_with_calls_outstanding(void **state)
{
    struct world *world = *state;
    struct answer answer = {0};

    connected(world, &answer.watched);
    world->peer.mute = true;
    for (unsigned i = 0; i < 10; i++)
        assert_non_null(ask(&answer));
    run_for(world, 5);
    let_go(&answer.watched);
    run_for(world, 5);
    assert_int_equal(answer.answers, 0);
}

#define on_a_loop(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        on_a_loop(test_nobody_listens),
        on_a_loop(test_hangs_up_at_once),
        on_a_loop(test_never_says_a_word),
        on_a_loop(test_speaks_something_else),
        on_a_loop(test_sizes_that_cannot_be),
        on_a_loop(test_half_an_answer),
        on_a_loop(test_refuses_the_greeting),
        on_a_loop(test_refuses_the_channel),
        on_a_loop(test_refuses_in_the_session),
        on_a_loop(test_hangs_up_later),
        on_a_loop(test_a_timeout_of_nothing),
        on_a_loop(test_urls),
        on_a_loop(test_free_at_any_time),
        on_a_loop(test_drop_at_any_time),
        on_a_loop(test_close_at_any_time),
        on_a_loop(test_close_takes_no_longer_than_its_limit),
        on_a_loop(test_five_hundred_leave_nothing),
        on_a_loop(test_a_session),
        on_a_loop(test_sessions_outlive_channels),
        on_a_loop(test_an_error_message_ends_it),
        on_a_loop(test_begins_anew),
        on_a_loop(test_begins_anew_after_a_loss),
        on_a_loop(test_gone_owners_begin_nothing),
        on_a_loop(test_calls),
        on_a_loop(test_service_faults),
        on_a_loop(test_a_fault_without_header),
        on_a_loop(test_losses_come_before_the_loss),
        on_a_loop(test_what_left_with_the_goodbye_was_sent),
        on_a_loop(test_late_answers_harm_nobody),
        on_a_loop(test_swallowed_requests_are_bounded),
        on_a_loop(test_no_calls_without_a_session),
        on_a_loop(test_close_with_calls_outstanding),
        on_a_loop(test_free_with_calls_outstanding),
    };

    (void)signal(SIGPIPE, SIG_IGN); /* as the daemon does */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
