/* SPDX-License-Identifier: MIT */
/* Events told to a function: in order, each as one text, the large ones put together off the loop.
 */
#include "testing/testing.h"

#include "app/daemon/event_tell.h"
#include "core/event/event_fields.h"

static struct osm_event_tell tell;
static struct osm_buf heard;
static size_t count;

static void on_event(void *context, const char *name, const char *json, size_t length)
{
    assert_ptr_equal(context, &heard);
    assert_int_equal(strlen(json), length);
    assert_int_equal(json[0], '{');
    assert_int_equal(json[length - 1], '}');
    osm_buf_printf(&heard, "%s %zu %.4s ", name, strstr(json, "x\"") ? length / 1000 : 0,
                   strstr(json, "\"reason\":") ? strstr(json, "\"reason\":") + 9 : "-");
    count++;
}

static int setup(void **state)
{
    struct test_world *world = test_world_new();

    osm_buf_init(&heard);
    count = 0;
    osm_event_tell_begin(&tell, &world->loop.loop, osm_manager_bus(world->manager), on_event,
                         &heard);
    *state = world;
    return 0;
}

static int teardown(void **state)
{
    osm_event_tell_end(&tell);
    tell = (struct osm_event_tell){0};
    osm_buf_deinit(&heard);
    return test_teardown(state);
}

static struct osm_session *open_session(struct test_world *world)
{
    struct osm_session *session = test_session_open(world, "{}");

    test_turn(world);
    osm_buf_truncate(&heard, 0);
    count = 0;
    return session;
}

static void say(struct osm_session *session, const char *reason)
{
    osm_tell(session, OSM_EVENT_SUBSCRIPTION_LOST, osm_field_text("reason", reason));
}

#define LARGE 5000

/* With a text that others share. */
static void say_large(struct osm_session *session)
{
    struct osm_json *json = osm_event_begin(session, OSM_EVENT_SUBSCRIPTION_LOST);
    struct osm_buf bytes = {0};
    struct osm_shared_text *text;

    osm_buf_add_byte(&bytes, '"');
    for (int i = 0; i < LARGE; i++)
        osm_buf_add_byte(&bytes, 'x');
    osm_buf_add_byte(&bytes, '"');
    text = osm_rope_text_new(&bytes);
    osm_json_key(json, "large");
    osm_event_add_shared(session, text);
    osm_event_end(session);
    osm_rope_text_leave(text);
}

static void test_in_order(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = open_session(world);

    say(session, "1");
    say_large(session);
    say(session, "2");
    say_large(session);
    world->loop.hold_work = true;
    test_turn(world);
    assert_string_equal(osm_buf_text(&heard), "SubscriptionLost 0 \"1\"} ");
    say(session, "3");
    test_turn(world);
    assert_int_equal(count, 1);
    world->loop.hold_work = false;
    test_turn(world);
    assert_string_equal(osm_buf_text(&heard),
                        "SubscriptionLost 0 \"1\"} SubscriptionLost 5 - SubscriptionLost 0 \"2\"} "
                        "SubscriptionLost 5 - SubscriptionLost 0 \"3\"} ");
}

/* The ring has forgotten the event when its text is written. */
static void test_what_is_written_stays(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = open_session(world);

    say_large(session);
    world->loop.hold_work = true;
    test_turn(world);
    for (size_t i = 0; i < OSM_BUS_EVENTS + 1; i++)
        say(session, "1");
    world->loop.hold_work = false;
    test_turn(world);
    assert_memory_equal(heard.data, "SubscriptionLost 5 - StreamGap 0 - ", 35);
    assert_int_equal(count, OSM_BUS_EVENTS + 2);
}

static void test_end_meanwhile(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = open_session(world);

    say_large(session);
    world->loop.hold_work = true;
    test_turn(world);
    osm_event_tell_end(&tell);
    tell = (struct osm_event_tell){0};
    world->loop.hold_work = false;
    test_turn(world);
    assert_int_equal(count, 0);
}

/* Callers have their turn, too. */
static void test_some_in_a_turn(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = open_session(world);

    for (int i = 0; i < 1000; i++)
        say(session, "1");
    assert_true(test_loop_fire(&world->loop, world->loop.now));
    assert_in_range(count, 1, 999);
    test_turn(world);
    assert_int_equal(count, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_in_order, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_is_written_stays, setup, teardown),
        cmocka_unit_test_setup_teardown(test_end_meanwhile, setup, teardown),
        cmocka_unit_test_setup_teardown(test_some_in_a_turn, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
