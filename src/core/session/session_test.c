/* SPDX-License-Identifier: MIT */
/* A session's states: every event in every state (the picture is in session.h). */
#include "testing/testing.h"

#include "core/session/session_internal.h"

#define NOT_CONNECTED "Not connected"
#define REFUSED "Failed to connect to plant:4840: [111] Connection refused"

/* Somebody who waits, and what he was told. */
struct waiter {
    struct osm_session_waiter waiter;
    unsigned told;
    char *fault; /* "" when it went well */
};

static void ready(struct osm_session_waiter *waiter, const struct osm_fault *fault)
{
    struct waiter *self = osm_container_of(waiter, struct waiter, waiter);

    self->told++;
    free(self->fault);
    self->fault = osm_strdup(fault ? fault->message : "");
}

static struct waiter waiting(void)
{
    return (struct waiter){.waiter = {.ready = ready}};
}

static void was_told(struct waiter *waiter, const char *fault)
{
    assert_int_equal(waiter->told, 1);
    assert_string_equal(waiter->fault, fault);
    free(waiter->fault);
    *waiter = waiting();
}

static void was_not_told(const struct waiter *waiter)
{
    assert_int_equal(waiter->told, 0);
}

static void closed(void *context)
{
    (*(unsigned *)context)++;
}

/* --- bringing a session into a state ------------------------------------------------------- */

enum place {
    CONNECTING,    /* no channel yet */
    SETTING_UP,    /* limits and namespaces are being read, first time */
    ACTIVE,        /* nothing outstanding */
    KEEPING_ALIVE, /* ACTIVE, a keep-alive is outstanding */
    FAILED,        /* nobody needs it */
    RECOVERING,    /* no channel yet */
    RECOVERING_SETTING_UP,
    DROPPING_TO_RECONNECT, /* the old connection is still being given up */
    PLACES
};

static const struct {
    enum osm_session_state state;
    bool stored;
} places[PLACES] = {
    [CONNECTING] = {OSM_SESSION_CONNECTING, false},
    [SETTING_UP] = {OSM_SESSION_CONNECTING, false},
    [ACTIVE] = {OSM_SESSION_ACTIVE, true},
    [KEEPING_ALIVE] = {OSM_SESSION_ACTIVE, true},
    [FAILED] = {OSM_SESSION_FAILED, true},
    [RECOVERING] = {OSM_SESSION_RECOVERING, true},
    [RECOVERING_SETTING_UP] = {OSM_SESSION_RECOVERING, true},
    [DROPPING_TO_RECONNECT] = {OSM_SESSION_RECOVERING, true},
};

/* The waiter is one who waits in that state, where somebody does. */
static struct osm_session *bring_to(struct test_world *world, enum place place,
                                    struct waiter *waiter)
{
    struct osm_ua *server = &world->server;
    struct osm_session *session;

    server->hold_connect = place == CONNECTING;
    server->hold_setup = place == SETTING_UP;
    session = places[place].stored ? test_session_open(world, "{}") : test_session_new(world, "{}");
    if (!places[place].stored)
        osm_session_wait(session, &waiter->waiter);
    test_turn(world);
    server->hold_connect = place == RECOVERING;
    server->hold_setup = place == RECOVERING_SETTING_UP;
    server->silent = place == KEEPING_ALIVE;
    if (place == KEEPING_ALIVE)
        test_advance(world, 20000);
    if (place == FAILED || place == RECOVERING || place == RECOVERING_SETTING_UP)
        test_lose_now(world, session);
    if (place == RECOVERING || place == RECOVERING_SETTING_UP)
        osm_session_wait(session, &waiter->waiter);
    if (place == DROPPING_TO_RECONNECT)
        osm_session_reconnect(session, &waiter->waiter);
    else
        test_turn(world);
    assert_int_equal(osm_session_state(session), places[place].state);
    assert_int_equal(session->capabilities.call != NULL,
                     place == SETTING_UP || place == RECOVERING_SETTING_UP);
    assert_int_equal(session->keep_alive.call != NULL, place == KEEPING_ALIVE);
    return session;
}

static bool somebody_waits(enum place place)
{
    return place != ACTIVE && place != KEEPING_ALIVE && place != FAILED;
}

/* Everything goes on as it would have. */
static void let_go(struct test_world *world)
{
    world->server.hold_connect = false;
    world->server.hold_setup = false;
    world->server.silent = false;
}

static void counts_are(struct test_world *world, unsigned connecting, unsigned active,
                       unsigned failed, unsigned recovering, unsigned closing)
{
    const unsigned expected[] = {connecting, active, failed, recovering, closing};

    for (size_t i = 0; i < OSM_SESSION_STATE_COUNT_; i++)
        assert_int_equal(osm_registry_counts(world->manager)->now[i], expected[i]);
}

/* --- the way up ---------------------------------------------------------------------------- */

static void test_first_connect(void **state)
{
    struct test_world *world = *state;
    struct waiter first = waiting(), second = waiting();
    struct osm_session *session = bring_to(world, CONNECTING, &first);

    osm_session_wait(session, &second.waiter);
    counts_are(world, 1, 0, 0, 0, 0);
    assert_int_equal(osm_registry_counts(world->manager)->now[OSM_SESSION_CONNECTING], 1);
    let_go(world);
    test_server_connect(osm_session_link(session)->conn);
    test_turn(world);
    was_told(&first, "");
    was_told(&second, "");
    counts_are(world, 0, 1, 0, 0, 0);
    assert_int_equal(osm_session_link(session)->namespaces_size, 3);
    osm_session_wait(session, &first.waiter); /* at once now */
    was_told(&first, "");
}

static void test_first_connect_fails(void **state)
{
    struct test_world *world = *state;
    struct waiter first = waiting(), second = waiting();
    struct osm_session *session = bring_to(world, CONNECTING, &first);
    struct osm_ua_conn *conn = osm_session_link(session)->conn;

    osm_session_wait(session, &second.waiter);
    world->server.down = true;
    test_server_connect(conn);
    test_turn(world);
    was_told(&first, REFUSED);
    was_told(&second, REFUSED);
    assert_true(conn->freed); /* nothing is left of it */
    counts_are(world, 0, 0, 0, 0, 0);
    assert_int_equal(osm_registry_counts(world->manager)->now[OSM_SESSION_CONNECTING], 0);
}

static void test_lost_while_setting_up(void **state)
{
    struct test_world *world = *state;
    struct waiter waiter = waiting();
    struct osm_session *session = bring_to(world, SETTING_UP, &waiter);

    test_lose_now(world, session);
    was_told(&waiter, "Connection closed by remote");
    counts_are(world, 0, 0, 0, 0, 0);
}

static void test_setting_up_takes_too_long(void **state)
{
    struct test_world *world = *state;
    struct waiter waiter = waiting();

    (void)bring_to(world, SETTING_UP, &waiter);
    test_advance(world, 4999);
    was_not_told(&waiter);
    test_advance(world, 1);
    was_told(&waiter, "Read timeout");
    counts_are(world, 0, 0, 0, 0, 0);
}

/* A server without operation limits is served all the same. */
static void test_setting_up_is_refused(void **state)
{
    struct test_world *world = *state;
    struct waiter waiter = waiting();
    struct osm_session *session;

    world->server.setup_status = 0x800B0000;
    session = bring_to(world, ACTIVE, &waiter);
    assert_int_equal(osm_session_link(session)->limits.named[OSM_LIMIT_READ], 0);
    assert_int_equal(osm_session_link(session)->namespaces_size, 0);
}

/* … but not one that has forgotten the session it made. */
static void test_setting_up_finds_no_session(void **state)
{
    struct test_world *world = *state;
    struct waiter waiter = waiting();
    struct osm_session *session;

    world->server.setup_status = UA_STATUSCODE_BADSESSIONIDINVALID;
    session = test_session_new(world, "{}");
    osm_session_wait(session, &waiter.waiter);
    test_turn(world);
    was_told(&waiter, "Server returned ServiceFault: 0x80250000 BadSessionIdInvalid");
    counts_are(world, 0, 0, 0, 0, 0);
}

static void test_setting_up_cannot_be_sent(void **state)
{
    struct test_world *world = *state;
    struct waiter waiter = waiting();
    struct osm_session *session;

    world->server.deaf = true;
    session = test_session_new(world, "{}");
    osm_session_wait(session, &waiter.waiter);
    test_turn(world);
    was_told(&waiter, "Failed to send data");
    counts_are(world, 0, 0, 0, 0, 0);
}

/* --- limits -------------------------------------------------------------------------------- */

static void limit_is(struct test_world *world, const void *value, int type, uint32_t expected)
{
    struct osm_session *session;

    UA_Variant_setScalar(&world->server.max_read, (void *)(uintptr_t)value, &UA_TYPES[type]);
    session = test_session_open(world, "{}");
    assert_int_equal(osm_session_link(session)->limits.named[OSM_LIMIT_READ], expected);
    assert_int_equal(osm_session_link(session)->limits.named[OSM_LIMIT_WRITE], 0);
}

/* Values <= 0, non-integers and Bad mean "unknown" (ipc-protocol.md §6). */
static void test_limits(void **state)
{
    limit_is(*state, &(UA_UInt32){1000}, UA_TYPES_UINT32, 1000);
    limit_is(*state, &(UA_UInt32){0}, UA_TYPES_UINT32, 0);
    limit_is(*state, &(UA_UInt32){UINT32_MAX}, UA_TYPES_UINT32, UINT32_MAX);
    limit_is(*state, &(UA_Int32){-1}, UA_TYPES_INT32, 0);
    limit_is(*state, &(UA_Int32){7}, UA_TYPES_INT32, 7);
    limit_is(*state, &(UA_Int16){-300}, UA_TYPES_INT16, 0);
    limit_is(*state, &(UA_UInt16){40000}, UA_TYPES_UINT16, 40000);
    limit_is(*state, &(UA_SByte){-5}, UA_TYPES_SBYTE, 0);
    limit_is(*state, &(UA_Byte){200}, UA_TYPES_BYTE, 200);
    limit_is(*state, &(UA_UInt64){UINT64_C(1) << 40}, UA_TYPES_UINT64, UINT32_MAX);
    limit_is(*state, &(UA_Int64){INT64_MIN}, UA_TYPES_INT64, 0);
    limit_is(*state, &(UA_Double){100.0}, UA_TYPES_DOUBLE, 0);
    limit_is(*state, &(UA_Boolean){true}, UA_TYPES_BOOLEAN, 0);
    limit_is(*state, &(UA_String)UA_STRING_STATIC("9"), UA_TYPES_STRING, 0);
}

/* batchSize 0: no limit discovery; the namespaces are needed all the same. */
static void test_no_limit_discovery(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session;
    UA_UInt32 limit = 10;

    UA_Variant_setScalar(&world->server.max_read, &limit, &UA_TYPES[UA_TYPES_UINT32]);
    session = test_session_open(world, "{'batchSize':0}");
    assert_int_equal(osm_session_link(session)->limits.named[OSM_LIMIT_READ], 0);
    assert_int_equal(osm_session_link(session)->namespaces_size, 3);
    session = test_session_open(world, "{'batchSize':-1}");
    assert_int_equal(osm_session_link(session)->limits.named[OSM_LIMIT_READ], 10);
}

static void all_limits_are(struct test_world *world, uint32_t expected)
{
    struct osm_session *session = test_session_open(world, "{}");

    for (int kind = 0; kind < OSM_LIMIT_HISTORY_VALUES; kind++)
        if (kind != OSM_LIMIT_READ && kind != OSM_LIMIT_WRITE)
            assert_int_equal(osm_session_link(session)->limits.named[kind], expected);
    assert_int_equal(osm_session_link(session)->namespaces_size, 3);
}

/* All are read at once, or in as many pieces as the server wants. */
static void test_every_limit_is_read(void **state)
{
    struct test_world *world = *state;
    UA_UInt32 limit = 77;

    UA_Variant_setScalar(&world->server.max_others, &limit, &UA_TYPES[UA_TYPES_UINT32]);
    all_limits_are(world, 77);
    assert_int_equal(world->server.setups, 1);
    world->server.max_setup = 5;
    all_limits_are(world, 77);
    assert_int_equal(world->server.setups, 1 + 2 + 5); /* 13, 6, 3, 3, 3, 3, 1 */
    world->server.max_setup = 1;
    all_limits_are(world, 77);
}

/* They belong to the server as it is now. */
static void test_limits_are_read_again_after_a_recovery(void **state)
{
    struct test_world *world = *state;
    struct waiter waiter = waiting();
    struct osm_session *session;
    UA_UInt32 limit = 10;

    UA_Variant_setScalar(&world->server.max_write, &limit, &UA_TYPES[UA_TYPES_UINT32]);
    session = bring_to(world, RECOVERING_SETTING_UP, &waiter);
    assert_int_equal(osm_session_link(session)->limits.named[OSM_LIMIT_WRITE], 0);
    test_answer_setup(&world->server, session->capabilities.call, 3);
    test_turn(world);
    was_told(&waiter, "");
    assert_int_equal(osm_session_link(session)->limits.named[OSM_LIMIT_WRITE], 10);
}

/* --- losses and recoveries ----------------------------------------------------------------- */

static void test_loss_of_an_idle_session(void **state)
{
    struct test_world *world = *state;
    struct waiter waiter = waiting();
    struct osm_session *session = bring_to(world, ACTIVE, &waiter);

    test_lose_now(world, session);
    assert_int_equal(osm_session_state(session), OSM_SESSION_FAILED);
    assert_string_equal(osm_ops_kept_loss(osm_session_ops(session)), "Connection closed by remote");
    test_advance(world, 100000);
    assert_int_equal(osm_session_state(session),
                     OSM_SESSION_FAILED); /* nobody needs it: nothing is tried */
    assert_int_equal(osm_session_link(session)->conn->connects, 1);
}

static void test_recovery_succeeds(void **state)
{
    struct test_world *world = *state;
    struct waiter first = waiting(), second = waiting();
    struct osm_session *session = bring_to(world, RECOVERING, &first);

    osm_session_wait(session, &second.waiter);
    let_go(world);
    test_server_connect(osm_session_link(session)->conn);
    test_turn(world);
    was_told(&first, "");
    was_told(&second, "");
    assert_int_equal(osm_session_state(session), OSM_SESSION_ACTIVE);
    assert_null(osm_ops_kept_loss(osm_session_ops(session)));
}

static void test_recovery_fails(void **state)
{
    struct test_world *world = *state;
    struct waiter first = waiting(), second = waiting();
    struct osm_session *session = bring_to(world, RECOVERING, &first);

    osm_session_wait(session, &second.waiter);
    world->server.down = true;
    test_server_connect(osm_session_link(session)->conn);
    test_turn(world);
    was_told(&first, REFUSED);
    was_told(&second, REFUSED);
    assert_int_equal(osm_session_state(session), OSM_SESSION_FAILED); /* it stays */
    assert_ptr_equal(
        osm_registry_get(world->manager, osm_session_id(session), OSM_SESSION_ID_LENGTH), session);
    world->server.down = false;
    let_go(world);
    osm_session_wait(session, &first.waiter);
    was_not_told(&first);
    test_turn(world);
    was_told(&first, "");
}

static void test_recovery_is_lost_while_setting_up(void **state)
{
    struct test_world *world = *state;
    struct waiter waiter = waiting();
    struct osm_session *session = bring_to(world, RECOVERING_SETTING_UP, &waiter);

    test_lose_now(world, session);
    was_told(&waiter, "Connection closed by remote");
    assert_int_equal(osm_session_state(session), OSM_SESSION_FAILED);
}

static void test_recovery_takes_too_long(void **state)
{
    struct test_world *world = *state;
    struct waiter waiter = waiting();
    struct osm_session *session = bring_to(world, RECOVERING_SETTING_UP, &waiter);

    test_advance(world, 5000);
    was_told(&waiter, "Read timeout");
    assert_int_equal(osm_session_state(session), OSM_SESSION_FAILED);
}

/* Who asks again when told that it failed starts a new attempt and is not told twice. */
static void ask_again(struct osm_session_waiter *waiter, const struct osm_fault *fault)
{
    struct waiter *self = osm_container_of(waiter, struct waiter, waiter);
    struct osm_session *session = (struct osm_session *)(void *)self->fault;

    self->told++;
    if (fault && self->told < 4)
        osm_session_wait(session, waiter);
}

static void test_asking_again_inside_the_word(void **state)
{
    struct test_world *world = *state;
    struct waiter first = waiting(), second = waiting();
    struct osm_session *session = bring_to(world, RECOVERING, &first);
    struct waiter stubborn = {.waiter = {.ready = ask_again}, .fault = (char *)session};

    osm_session_wait(session, &stubborn.waiter);
    osm_session_wait(session, &second.waiter);
    let_go(world);
    world->server.down = true;
    test_server_connect(osm_session_link(session)->conn);
    test_turn(world);
    was_told(&first, REFUSED);
    was_told(&second, REFUSED);
    assert_int_equal(stubborn.told, 4);
    assert_int_equal(osm_session_link(session)->conn->connects, 5);
    assert_int_equal(osm_session_state(session), OSM_SESSION_FAILED);
}

/* --- reconnect in every state -------------------------------------------------------------- */

static void test_reconnect_everywhere(void **state)
{
    struct test_world *world = *state;

    for (enum place place = ACTIVE; place < PLACES; place++) {
        struct waiter before = waiting(), waiter = waiting();
        struct osm_session *session = bring_to(world, place, &before);
        unsigned connects = osm_session_link(session)->conn->connects;
        bool under_way = osm_session_state(session) == OSM_SESSION_RECOVERING;

        osm_session_reconnect(session, &waiter.waiter);
        assert_int_equal(osm_session_state(session), OSM_SESSION_RECOVERING);
        was_not_told(&waiter);
        let_go(world);
        if (place == RECOVERING)
            test_server_connect(osm_session_link(session)->conn);
        if (place == RECOVERING_SETTING_UP)
            test_answer_setup(&world->server, session->capabilities.call, 3);
        test_turn(world);
        was_told(&waiter, "");
        assert_int_equal(osm_session_state(session), OSM_SESSION_ACTIVE);
        if (somebody_waits(place))
            was_told(&before, "");
        if (!under_way)
            assert_int_equal(osm_session_link(session)->conn->connects, connects + 1);
    }
}

static void test_reconnect_fails(void **state)
{
    struct test_world *world = *state;
    struct waiter waiter = waiting();
    struct osm_session *session = bring_to(world, ACTIVE, &waiter);

    world->server.down = true;
    osm_session_reconnect(session, &waiter.waiter);
    test_turn(world);
    was_told(&waiter, REFUSED);
    assert_int_equal(osm_session_state(session), OSM_SESSION_FAILED);
    assert_null(
        osm_ops_kept_loss(osm_session_ops(session))); /* asked for: nobody else has to hear of it */
}

/* --- close in every state ------------------------------------------------------------------ */

static void test_close_everywhere(void **state)
{
    struct test_world *world = *state;

    for (enum place place = CONNECTING; place < PLACES; place++) {
        struct waiter waiter = waiting();
        struct osm_session *session = bring_to(world, place, &waiter);
        struct osm_ua_conn *conn = osm_session_link(session)->conn;
        unsigned ends = 0;

        osm_session_close(session, 1234, closed, &ends);
        counts_are(world, 0, 0, 0, 0, 1);
        if (somebody_waits(place))
            was_told(&waiter, NOT_CONNECTED);
        assert_int_equal(ends, 0);
        assert_int_equal(conn->close_limit, 1234);
        assert_int_equal(osm_registry_count(world->manager), 0);
        let_go(world);
        test_advance(world, 100000); /* no timer of it is left */
        assert_int_equal(ends, 1);
        assert_true(conn->freed);
        counts_are(world, 0, 0, 0, 0, 0);
    }
}

/* The end of the process: nobody says goodbye, nobody is forgotten. */
static void test_free_everywhere(void **state)
{
    for (enum place place = CONNECTING; place < PLACES; place++) {
        struct test_world *world = test_world_new();
        struct waiter waiter = waiting();

        (void)bring_to(world, place, &waiter);
        test_world_free(world);
        if (somebody_waits(place))
            was_told(&waiter, NOT_CONNECTED);
    }
}

static void test_free_while_closing(void **state)
{
    struct test_world *world = test_world_new();
    struct osm_session *session = test_session_open(world, "{}");
    unsigned ends = 0;

    world->server.hold_close = true;
    osm_session_close(session, 1000, closed, &ends);
    test_turn(world);
    assert_int_equal(ends, 0);
    test_world_free(world);
    assert_int_equal(ends, 1);
}

/* --- keep-alive ---------------------------------------------------------------------------- */

/* Every sixth of the revised timeout, within bounds. */
static void interval_is(uint32_t session_timeout, osm_msec expected)
{
    struct test_world *world = test_world_new();

    world->server.session_timeout = session_timeout;
    (void)test_session_open(world, "{}");
    test_advance(world, expected - 1);
    assert_int_equal(world->server.keep_alives, 0);
    test_advance(world, 1);
    assert_int_equal(world->server.keep_alives, 1);
    test_advance(world, expected - 1);
    assert_int_equal(world->server.keep_alives, 1);
    test_advance(world, 1);
    assert_int_equal(world->server.keep_alives, 2);
    test_world_free(world);
}

static void test_keep_alive_interval(void **state)
{
    interval_is(120000, 20000);
    interval_is(60000, 10000);
    interval_is(0, 5000);
    interval_is(1, 500);
    interval_is(UINT32_MAX, 20000);
}

/* Looks every `step` at what the server has heard: never nothing for a third of its timeout. */
static void test_the_server_hears_often_enough(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    osm_msec heard = world->loop.now;
    unsigned before = 0;

    for (unsigned i = 0; i < 6000; i++) {
        test_advance(world, 100);
        if (i % 173 == 0)
            osm_session_link(session)->conn->messages++; /* callers' traffic, off and on */
        if (world->server.keep_alives != before || i % 173 == 0)
            heard = world->loop.now;
        before = world->server.keep_alives;
        assert_true(world->loop.now - heard <= 40000);
    }
}

static void test_traffic_saves_keep_alives(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");

    for (unsigned i = 0; i < 10; i++) {
        osm_session_link(session)->conn->messages++;
        test_advance(world, 20000);
    }
    assert_int_equal(world->server.keep_alives, 0);
    test_advance(world, 20000);
    assert_int_equal(world->server.keep_alives, 1);
}

static void test_no_answer_means_lost(void **state)
{
    struct test_world *world = *state;
    struct waiter waiter = waiting();
    struct osm_session *session = bring_to(world, KEEPING_ALIVE, &waiter);

    test_advance(world, 4999);
    assert_int_equal(osm_session_state(session), OSM_SESSION_ACTIVE);
    test_advance(world, 1);
    assert_int_equal(osm_session_state(session), OSM_SESSION_FAILED);
    assert_string_equal(osm_ops_kept_loss(osm_session_ops(session)), "Read timeout");
    test_advance(world, 600000);
    assert_int_equal(world->server.keep_alives, 1);
}

/* A server that answers others is slow, not dead: its callers would pay for a drop. */
static void test_a_slow_keep_alive_costs_nothing(void **state)
{
    struct test_world *world = *state;
    struct waiter waiter = waiting();
    struct osm_session *session = bring_to(world, KEEPING_ALIVE, &waiter);

    test_advance(world, 3000);
    osm_session_link(session)->conn->messages++;
    test_advance(world, 2000);
    assert_int_equal(osm_session_state(session), OSM_SESSION_ACTIVE);
    world->server.silent = false;
    test_advance(world, 40000);
    assert_int_equal(osm_session_state(session), OSM_SESSION_ACTIVE);
    assert_true(world->server.keep_alives >= 2);
}

/* A server that has forgotten the session says so: found out before a caller has to. */
static void test_keep_alive_finds_no_session(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");

    world->server.keep_alive_status = 0x80020000; /* any other trouble is an answer */
    test_advance(world, 20000);
    assert_int_equal(osm_session_state(session), OSM_SESSION_ACTIVE);
    world->server.keep_alive_status = UA_STATUSCODE_BADSESSIONNOTACTIVATED;
    test_advance(world, 20000);
    assert_int_equal(osm_session_state(session), OSM_SESSION_FAILED);
    assert_string_equal(osm_ops_kept_loss(osm_session_ops(session)),
                        "Server returned ServiceFault: 0x80270000 0x80270000");
}

static void test_keep_alive_that_cannot_be_sent(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");

    osm_session_link(session)->conn->deaf = true;
    test_advance(world, 25000);
    assert_int_equal(osm_session_state(session), OSM_SESSION_ACTIVE);
    osm_session_link(session)->conn->deaf = false;
    test_advance(world, 20000);
    assert_int_equal(world->server.keep_alives, 1); /* it has not been given up */
}

static void test_keep_alive_begins_again_after_a_recovery(void **state)
{
    struct test_world *world = *state;
    struct waiter waiter = waiting();
    struct osm_session *session = bring_to(world, FAILED, &waiter);

    test_advance(world, 60000);
    assert_int_equal(world->server.keep_alives, 0);
    osm_session_wait(session, &waiter.waiter);
    test_advance(world, 19999);
    was_told(&waiter, "");
    assert_int_equal(world->server.keep_alives, 0);
    test_advance(world, 1);
    assert_int_equal(world->server.keep_alives, 1);
}

/* --- the rest ------------------------------------------------------------------------------ */

static void test_ids(void **state)
{
    struct osm_session *one = test_session_open(*state, "{}");
    struct osm_session *other = test_session_open(*state, "{}");

    assert_int_equal(strlen(osm_session_id(one)), 32);
    assert_int_equal(strspn(osm_session_id(one), "0123456789abcdef"), 32);
    assert_string_not_equal(osm_session_id(one), osm_session_id(other));
}

static void timeout_is(struct test_world *world, const char *config, osm_msec expected)
{
    struct osm_session *session = test_session_new(world, config);

    assert_int_equal(osm_session_timeout(session), expected);
    assert_int_equal(osm_session_link(session)->conn->timeout, expected);
}

static void test_timeouts(void **state)
{
    timeout_is(*state, "{}", 5000);
    timeout_is(*state, "{'opcuaTimeout':0.25}", 250);
    timeout_is(*state, "{'opcuaTimeout':0}", 0);
    timeout_is(*state, "{'opcuaTimeout':-3}", 5000);
    timeout_is(*state, "{'opcuaTimeout':1e300}", 1000000000000);
}

static void test_states_are_counted(void **state)
{
    struct test_world *world = *state;
    struct waiter waiter = waiting();
    struct osm_session *session = bring_to(world, FAILED, &waiter);

    osm_session_wait(session, &waiter.waiter);
    test_turn(world);
    was_told(&waiter, "");
    osm_session_close(session, 0, NULL, NULL);
    test_turn(world);
    assert_int_equal(osm_registry_counts(world->manager)->entered[OSM_SESSION_CONNECTING], 1);
    assert_int_equal(osm_registry_counts(world->manager)->entered[OSM_SESSION_ACTIVE], 2);
    assert_int_equal(osm_registry_counts(world->manager)->entered[OSM_SESSION_FAILED], 1);
    assert_int_equal(osm_registry_counts(world->manager)->entered[OSM_SESSION_RECOVERING], 1);
    assert_int_equal(osm_registry_counts(world->manager)->entered[OSM_SESSION_CLOSING], 1);
}

/* --- the observer --------------------------------------------------------------------------- */

static struct osm_buf seen;

static void see_connecting(struct osm_session *session)
{
    osm_buf_add_text(&seen, "connecting ");
}

static void see_activated(struct osm_session *session, const struct osm_ua_channel *channel,
                          bool new_session)
{
    osm_buf_add_text(&seen, new_session ? "activated anew " : "activated again ");
}

static void see_connected(struct osm_session *session)
{
    osm_buf_add_text(&seen, "connected ");
}

static void see_failed(struct osm_session *session, const struct osm_fault *fault)
{
    osm_buf_printf(&seen, "failed (%s) ", fault->message);
}

static void see_reconnecting(struct osm_session *session)
{
    osm_buf_add_text(&seen, "reconnecting ");
}

static void see_leaving(struct osm_session *session, uint32_t channel)
{
    osm_buf_add_text(&seen, "leaving ");
}

static void see_disconnected(struct osm_session *session)
{
    osm_buf_add_text(&seen, "disconnected ");
}

static void see_freed(struct osm_session *session)
{
    osm_buf_add_text(&seen, "freed ");
}

static void test_an_observer_is_told(void **state)
{
    static const struct osm_observer_ops recorder = {.connecting = see_connecting,
                                                     .activated = see_activated,
                                                     .connected = see_connected,
                                                     .failed = see_failed,
                                                     .reconnecting = see_reconnecting,
                                                     .leaving = see_leaving,
                                                     .disconnected = see_disconnected,
                                                     .freed = see_freed};
    struct test_world *world = *state;
    struct osm_session *session;

    osm_buf_init(&seen);
    osm_session_owner(test_session_open(world, "{}"))->observer = &recorder;
    session = test_session_open(world, "{}");
    test_lose_now(world, session);
    world->server.down = true;
    osm_session_recover(session, "test");
    test_turn(world);
    world->server.down = false;
    osm_session_recover(session, "test");
    test_turn(world);
    osm_session_close(session, 1000, NULL, NULL);
    test_turn(world);
    assert_string_equal(osm_buf_text(&seen), "connecting activated anew connected "
                                             "reconnecting connecting failed (" REFUSED ") "
                                             "reconnecting connecting activated anew connected "
                                             "leaving disconnected freed ");
    osm_buf_deinit(&seen);
}

static void test_nobody_observes(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_new(world, "{}");

    session->observer.ops = NULL;
    test_turn(world);
    assert_int_equal(osm_session_state(session), OSM_SESSION_ACTIVE);
    osm_session_close(session, 1000, NULL, NULL);
    test_turn(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_in_world(test_first_connect),
        test_in_world(test_first_connect_fails),
        test_in_world(test_lost_while_setting_up),
        test_in_world(test_setting_up_takes_too_long),
        test_in_world(test_setting_up_is_refused),
        test_in_world(test_setting_up_finds_no_session),
        test_in_world(test_setting_up_cannot_be_sent),
        test_in_world(test_limits),
        test_in_world(test_every_limit_is_read),
        test_in_world(test_no_limit_discovery),
        test_in_world(test_limits_are_read_again_after_a_recovery),
        test_in_world(test_loss_of_an_idle_session),
        test_in_world(test_recovery_succeeds),
        test_in_world(test_recovery_fails),
        test_in_world(test_recovery_is_lost_while_setting_up),
        test_in_world(test_recovery_takes_too_long),
        test_in_world(test_asking_again_inside_the_word),
        test_in_world(test_reconnect_everywhere),
        test_in_world(test_reconnect_fails),
        test_in_world(test_close_everywhere),
        cmocka_unit_test(test_free_everywhere),
        cmocka_unit_test(test_free_while_closing),
        cmocka_unit_test(test_keep_alive_interval),
        test_in_world(test_the_server_hears_often_enough),
        test_in_world(test_traffic_saves_keep_alives),
        test_in_world(test_no_answer_means_lost),
        test_in_world(test_a_slow_keep_alive_costs_nothing),
        test_in_world(test_keep_alive_finds_no_session),
        test_in_world(test_keep_alive_that_cannot_be_sent),
        test_in_world(test_keep_alive_begins_again_after_a_recovery),
        test_in_world(test_ids),
        test_in_world(test_timeouts),
        test_in_world(test_states_are_counted),
        test_in_world(test_an_observer_is_told),
        test_in_world(test_nobody_observes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
