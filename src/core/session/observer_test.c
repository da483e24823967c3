/* SPDX-License-Identifier: MIT */
/* What an observer of sessions is told, and that none is needed (core/link/observer.h). */
#include "testing/testing_place.h"

#include "core/session/session_internal.h"

#define REFUSED "Failed to connect to plant:4840: [111] Connection refused"

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
        test_in_world(test_an_observer_is_told),
        test_in_world(test_nobody_observes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
