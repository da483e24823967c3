/* SPDX-License-Identifier: MIT */
/* The event bus: cursors, filters, gaps, wake-ups, bounds, safety. */
#include "core/event/event_bus.h"

#include "core/event/event_ring.h"
#include "core/event/events.h"
#include "testing/testing.h"

#define RING 8

/* Static in the tests, so that a test that fails leaves nothing dangling behind. */
struct listener {
    struct osm_bus_reader reader;
    struct osm_bus *bus;
    unsigned told;
    bool leave; /* detach when told */
};

static void on_news(struct osm_bus_reader *reader)
{
    struct listener *listener = osm_container_of(reader, struct listener, reader);

    listener->told++;
    if (listener->leave)
        osm_bus_detach(reader);
}

static void listen(struct test_world *world, struct listener *listener, osm_event_types types,
                   uint64_t cursor)
{
    listener->bus = osm_manager_bus(world->manager);
    listener->reader.types = types;
    listener->reader.news = on_news;
    osm_bus_attach(listener->bus, &listener->reader, cursor);
}

/* Any event will do: those of subscriptions that were lost carry a number. */
static void emit(struct osm_session *session, uint32_t number)
{
    osm_event_subscription_lost(session, number, "test");
}

static void emit_other(struct osm_session *session)
{
    osm_event_subscription_recreated(session, 1, "test");
}

#define LOST OSM_EVENT_BIT(OSM_EVENT_SUBSCRIPTION_LOST)
#define RECREATED OSM_EVENT_BIT(OSM_EVENT_SUBSCRIPTION_RECREATED)

static void assert_reads(struct listener *listener, uint32_t number)
{
    struct osm_bus_gap gap;
    const struct osm_event *event = osm_bus_next(&listener->reader, &gap);
    char expected[80];

    assert_non_null(event);
    assert_int_equal(gap.from, 0);
    (void)snprintf(expected, sizeof(expected), "\"subscriptionId\":%u,\"reason\":\"test\"", number);
    assert_int_equal(event->length - event->fields, strlen(expected));
    assert_memory_equal(event->members.text + event->fields, expected, strlen(expected));
}

static void assert_at_end(struct listener *listener)
{
    struct osm_bus_gap gap;

    assert_null(osm_bus_next(&listener->reader, &gap));
    assert_int_equal(gap.from, 0);
}

static struct test_world *small_world(void)
{
    const struct osm_manager_config config = {
        .session_timeout = 600, .cleanup_interval = 30, .max_sessions = 100, .event_buffer = RING};

    return test_world_new_with(&config);
}

static int setup(void **state)
{
    *state = small_world();
    return 0;
}

/* --- what is recorded ---------------------------------------------------------------------- */

static void test_nothing_is_recorded_unasked(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");

    emit(session, 1);
    assert_int_equal(osm_bus_stats(osm_manager_bus(world->manager)).emitted, 0);
    assert_null(osm_session_origin(session));
}

static void test_recorded_is_what_was_ever_asked_for(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    static struct listener listener;
    uint64_t cursor;

    listener = (struct listener){0};
    listen(world, &listener, LOST, OSM_BUS_FROM_NOW);
    emit_other(session);
    emit(session, 1);
    assert_reads(&listener, 1);
    cursor = listener.reader.cursor;
    osm_bus_detach(&listener.reader);
    emit(session, 2); /* while nobody is there */
    listen(world, &listener, LOST, cursor);
    assert_reads(&listener, 2);
    assert_at_end(&listener);
    assert_int_equal(osm_bus_stats(osm_manager_bus(world->manager)).emitted, 2);
}

static void test_one_session(void **state)
{
    struct test_world *world = *state;
    struct osm_session *mine = test_session_open(world, "{}");
    struct osm_session *other = test_session_open(world, "{'username':'u','password':'p'}");
    static struct listener listener;
    static struct listener all;

    listener = (struct listener){.reader.session = mine};
    all = (struct listener){0};
    listen(world, &listener, LOST, OSM_BUS_FROM_NOW);
    assert_true(osm_bus_wants(mine, OSM_EVENT_SUBSCRIPTION_LOST));
    assert_false(osm_bus_wants(other, OSM_EVENT_SUBSCRIPTION_LOST));
    listen(world, &all, LOST, OSM_BUS_FROM_NOW);
    emit(other, 1);
    emit(mine, 2);
    emit(other, 3);
    assert_reads(&listener, 2);
    assert_at_end(&listener);
    for (uint32_t i = 1; i <= 3; i++)
        assert_reads(&all, i);
}

static void test_text_of_an_event(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    static struct listener listener;
    const struct osm_event *event;
    struct osm_bus_gap gap;
    char *expected;

    listener = (struct listener){0};
    listen(world, &listener, LOST, OSM_BUS_FROM_NOW);
    world->loop.wall = 1700000001.5;
    emit(session, 7);
    expected =
        osm_printf("\"event\":\"SubscriptionLost\",\"cursor\":%llu,\"time\":1700000001.500000,"
                   "\"sessionId\":\"%s\",\"endpointUrl\":\"%s\",\"subscriptionId\":7,"
                   "\"reason\":\"test\"",
                   (unsigned long long)osm_bus_last(osm_manager_bus(world->manager)),
                   osm_session_id(session), TEST_URL);
    osm_session_free(session); /* the event stays */
    event = osm_bus_next(&listener.reader, &gap);
    assert_int_equal(event->length, strlen(expected));
    assert_memory_equal(event->members.text, expected, event->length);
    assert_string_equal(event->endpoint_url, TEST_URL);
    free(expected);
}

/* An event without members of its own ends with what all have. */
static void test_an_event_without_members(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    static struct listener listener;
    const struct osm_event *event;
    struct osm_bus_gap gap;

    listener = (struct listener){0};
    listen(world, &listener, LOST, OSM_BUS_FROM_NOW);
    (void)osm_event_begin(session, OSM_EVENT_SUBSCRIPTION_LOST);
    osm_event_end(session);
    event = osm_bus_next(&listener.reader, &gap);
    assert_non_null(event);
    assert_int_equal(event->fields, event->length);
}

/* Texts that are shared are pieces, up to a bound; what is more is copied. */
static void test_shared_texts(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    static struct listener listener;
    const struct osm_event *event;
    struct osm_shared_text *text;
    struct osm_bus_gap gap;
    struct osm_json *json;
    struct osm_buf bytes;

    osm_buf_init(&bytes);
    osm_buf_add(&bytes, "12345", 5);
    text = osm_rope_text_new(&bytes);
    listener = (struct listener){0};
    listen(world, &listener, LOST, OSM_BUS_FROM_NOW);
    for (size_t pieces = 1; pieces <= OSM_EVENT_PIECES + 1; pieces++) {
        json = osm_event_begin(session, OSM_EVENT_SUBSCRIPTION_LOST);
        for (size_t i = 0; i < pieces; i++) {
            osm_json_key(json, "x");
            osm_event_add_shared(session, text);
        }
        osm_event_end(session);
        event = osm_bus_next(&listener.reader, &gap);
        assert_non_null(event);
        assert_int_equal(event->members.count, OSM_MIN(pieces, OSM_EVENT_PIECES));
        assert_int_equal(event->length - event->fields, pieces * strlen("\"x\":12345,") - 1);
    }
    osm_rope_text_leave(text);
}

/* --- being told ---------------------------------------------------------------------------- */

static void test_news_come_once_per_turn_and_never_inside(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    static struct listener listener;
    static struct listener uninterested;

    listener = (struct listener){0};
    uninterested = (struct listener){0};
    listen(world, &listener, LOST, OSM_BUS_FROM_NOW);
    listen(world, &uninterested, RECREATED, OSM_BUS_FROM_NOW);
    emit(session, 1);
    emit(session, 2);
    assert_int_equal(listener.told, 0);
    test_turn(world);
    assert_int_equal(listener.told, 1);
    assert_int_equal(uninterested.told, 0);
    test_turn(world);
    assert_int_equal(listener.told, 1); /* it has not read, but nothing new has come */
    emit(session, 3);
    test_turn(world);
    assert_int_equal(listener.told, 2);
    assert_reads(&listener, 1);
    osm_bus_ask(&listener.reader);
    test_turn(world);
    assert_int_equal(listener.told, 3);
}

static void test_leaving_while_being_told(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    static struct listener first;
    static struct listener second;
    static struct listener third;

    first = (struct listener){.leave = true};
    second = (struct listener){.leave = true};
    third = (struct listener){0};
    listen(world, &first, LOST, OSM_BUS_FROM_NOW);
    listen(world, &second, LOST, OSM_BUS_FROM_NOW);
    listen(world, &third, LOST, OSM_BUS_FROM_NOW);
    emit(session, 1);
    test_turn(world);
    emit(session, 2);
    test_turn(world);
    assert_int_equal(first.told, 1);
    assert_int_equal(second.told, 1);
    assert_int_equal(third.told, 2);
    assert_int_equal(osm_bus_stats(osm_manager_bus(world->manager)).readers, 1);
}

static void test_what_waits_at_attach_is_told(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    static struct listener first;
    static struct listener second;

    first = (struct listener){0};
    second = (struct listener){0};
    listen(world, &first, LOST, OSM_BUS_FROM_NOW);
    emit(session, 1);
    test_turn(world);
    listen(world, &second, LOST, OSM_BUS_FROM_START);
    test_turn(world);
    assert_int_equal(second.told, 1);
    assert_reads(&second, 1);
}

/* --- gaps ---------------------------------------------------------------------------------- */

static void test_slow_reader_gets_a_gap(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    static struct listener listener;
    static struct listener other;
    const struct osm_event *event;
    struct osm_bus_gap gap;
    uint64_t start = osm_bus_last(osm_manager_bus(world->manager));

    listener = (struct listener){0};
    other = (struct listener){0};
    listen(world, &listener, LOST, OSM_BUS_FROM_NOW);
    listen(world, &other, RECREATED, OSM_BUS_FROM_NOW);
    for (uint32_t i = 1; i <= RING + 3; i++) {
        emit(session, i);
        emit_other(session);
    }
    /* 22 events, of which 8 are kept; 7 of the 14 lost ones match. */
    event = osm_bus_next(&listener.reader, &gap);
    assert_non_null(event);
    assert_int_equal(gap.from, start + 1);
    assert_int_equal(gap.to, start + 14);
    assert_int_equal(gap.dropped, 7);
    assert_int_equal(event->cursor, start + 15);
    for (uint32_t i = 9; i <= RING + 3; i++)
        assert_reads(&listener, i);
    assert_at_end(&listener);
    assert_int_equal(osm_bus_stats(osm_manager_bus(world->manager)).gaps, 1);
}

/* What does not concern a reader never makes a gap, however much of it there is. */
static void test_no_gap_without_loss(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    static struct listener listener;
    static struct listener other;

    listener = (struct listener){0};
    other = (struct listener){0};
    listen(world, &listener, LOST, OSM_BUS_FROM_NOW);
    listen(world, &other, RECREATED, OSM_BUS_FROM_NOW);
    for (uint32_t i = 1; i <= 3 * RING; i++)
        emit_other(session);
    emit(session, 1);
    test_turn(world);
    assert_reads(&listener, 1);
    for (uint32_t i = 1; i <= 3 * RING; i++)
        emit_other(session);
    assert_at_end(&listener);
}

static void test_resuming_late(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    static struct listener first;
    static struct listener second;
    static struct listener third;
    struct osm_bus_gap gap;
    uint64_t start = osm_bus_last(osm_manager_bus(world->manager));

    first = (struct listener){0};
    second = (struct listener){0};
    third = (struct listener){0};
    listen(world, &first, LOST, OSM_BUS_FROM_NOW);
    for (uint32_t i = 1; i <= RING + 4; i++)
        emit(session, i);
    listen(world, &second, LOST, start + 2); /* misses 3 and 4 */
    assert_true(osm_bus_take_gap(&second.reader, &gap));
    assert_int_equal(gap.from, start + 3);
    assert_int_equal(gap.to, start + 4);
    assert_int_equal(gap.dropped, 2);
    assert_false(osm_bus_take_gap(&second.reader, &gap));
    assert_reads(&second, 5);
    listen(world, &third, LOST, OSM_BUS_FROM_START);
    assert_true(osm_bus_take_gap(&third.reader, &gap));
    assert_int_equal(gap.dropped, 4);
}

static void test_cursor_of_an_earlier_life(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    static struct listener listener;
    struct osm_bus_gap gap;

    listener = (struct listener){0};
    listen(world, &listener, LOST, 5);
    test_turn(world);
    assert_int_equal(listener.told, 1);
    assert_null(osm_bus_next(&listener.reader, &gap));
    assert_int_equal(gap.from, 6);
    assert_int_equal(gap.to, osm_bus_last(osm_manager_bus(world->manager)));
    assert_true(gap.dropped == OSM_BUS_UNKNOWN);
    emit(session, 1);
    assert_reads(&listener, 1);
}

static void test_cursor_from_the_future(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    static struct listener listener;

    listener = (struct listener){0};
    listen(world, &listener, LOST, osm_bus_last(osm_manager_bus(world->manager)) + 1000);
    emit(session, 1);
    assert_reads(&listener, 1);
}

/* Of events of other sessions, and of other kinds, nothing is missed. */
static void test_gaps_of_one_session(void **state)
{
    struct test_world *world = *state;
    struct osm_session *mine = test_session_open(world, "{}");
    struct osm_session *other = test_session_open(world, "{'username':'u','password':'p'}");
    static struct listener listener;
    static struct listener all;
    struct osm_bus_gap gap;
    const struct osm_event *event;

    listener = (struct listener){.reader.session = mine};
    all = (struct listener){0};
    listen(world, &listener, LOST, OSM_BUS_FROM_NOW);
    listen(world, &all, LOST | RECREATED, OSM_BUS_FROM_NOW);
    emit(mine, 1);
    emit_other(mine);
    for (uint32_t i = 0; i < RING; i++)
        emit(other, i);
    emit(mine, 2);
    event = osm_bus_next(&listener.reader, &gap);
    assert_non_null(event);
    assert_int_equal(gap.dropped, 1);
    assert_at_end(&listener);
    emit_other(mine);
    emit(other, 3);
    assert_at_end(&listener);
    emit(mine, 3);
    assert_reads(&listener, 3);
    for (uint32_t i = 0; i < 2 * RING; i++)
        emit(other, i);
    assert_at_end(&listener);
}

/* Who stands right before the oldest event that is kept has missed nothing. */
static void test_at_the_edge_of_what_is_kept(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    static struct listener listener;
    struct osm_bus_gap gap;

    listener = (struct listener){0};
    listen(world, &listener, LOST, OSM_BUS_FROM_NOW);
    emit(session, 1);
    assert_reads(&listener, 1);
    for (uint32_t i = 2; i <= RING + 1; i++)
        emit(session, i);
    assert_false(osm_bus_take_gap(&listener.reader, &gap));
    for (uint32_t i = 2; i <= RING + 1; i++)
        assert_reads(&listener, i);
    for (uint32_t i = 1; i <= RING + 1; i++)
        emit(session, i);
    assert_true(osm_bus_take_gap(&listener.reader, &gap));
    assert_int_equal(gap.dropped, 1);
    assert_int_equal(gap.from, gap.to);
}

/* Cursors go on behind those of an earlier life, should the clock have been set back. */
static void test_a_life_behind_another(void **state)
{
    struct test_world *world = *state;
    struct osm_bus *bus = osm_manager_bus(world->manager);
    struct osm_session *session = test_session_open(world, "{}");
    static struct listener listener;
    struct osm_bus_gap gap;
    uint64_t first = osm_bus_last(bus) + 1;

    osm_bus_start_behind(bus, first - 1); /* before it: as it is */
    assert_int_equal(osm_bus_last(bus), first - 1);
    osm_bus_start_behind(bus, first);
    assert_int_equal(osm_bus_last(bus), first);
    osm_bus_start_behind(bus, first + 100);
    assert_int_equal(osm_bus_last(bus), first + 100);
    assert_int_equal(osm_bus_safe(bus), first + 100);
    assert_int_equal(osm_bus_stats(bus).emitted, 0);
    listener = (struct listener){0};
    listen(world, &listener, LOST, first + 99);
    assert_true(osm_bus_take_gap(&listener.reader, &gap));
    assert_true(gap.dropped == OSM_BUS_UNKNOWN);
    emit(session, 1);
    assert_int_equal(osm_bus_next(&listener.reader, &gap)->cursor, first + 101);
    assert_int_equal(osm_bus_stats(bus).emitted, 1);
    osm_bus_detach(&listener.reader);
    listen(world, &listener, LOST, first + 100); /* the last one of the life before */
    assert_false(osm_bus_take_gap(&listener.reader, &gap));
    assert_reads(&listener, 1);
}

/* --- bounds -------------------------------------------------------------------------------- */

static void test_ring_is_bounded_in_bytes(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");
    static struct listener listener;
    char *long_text = osm_alloc(3001);
    struct osm_bus_stats stats;

    listener = (struct listener){0};
    memset(long_text, 'x', 3000);
    listen(world, &listener, LOST, OSM_BUS_FROM_NOW);
    for (uint32_t i = 0; i < 5; i++)
        osm_event_subscription_lost(session, i, long_text);
    stats = osm_bus_stats(osm_manager_bus(world->manager));
    assert_true(stats.bytes <= RING * OSM_BUS_EVENT_BYTES);
    assert_int_equal(stats.emitted, 5);
    assert_int_equal(stats.dropped, 3);
    free(long_text);
}

/* --- safety -------------------------------------------------------------------------------- */

struct watch {
    struct osm_bus_watcher watcher;
    unsigned told;
};

static void on_safe(struct osm_bus_watcher *watcher)
{
    osm_container_of(watcher, struct watch, watcher)->told++;
}

static void test_safe_is_what_durable_readers_confirmed(void **state)
{
    struct test_world *world = *state;
    struct osm_bus *bus = osm_manager_bus(world->manager);
    struct osm_session *session = test_session_open(world, "{}");
    static struct listener durable;
    static struct listener other;
    struct watch watch = {.watcher.safe_moved = on_safe};
    uint64_t start = osm_bus_last(bus);

    durable = (struct listener){.reader.durable = true};
    other = (struct listener){0};
    osm_bus_watch(bus, &watch.watcher);
    listen(world, &durable, LOST, OSM_BUS_FROM_NOW);
    listen(world, &other, RECREATED, OSM_BUS_FROM_NOW);
    emit(session, 1);
    emit(session, 2);
    test_turn(world);
    assert_int_equal(osm_bus_safe(bus), start);
    assert_reads(&durable, 1);
    assert_reads(&durable, 2);
    osm_bus_confirm(&durable.reader, start + 1);
    assert_int_equal(osm_bus_safe(bus), start + 1);
    assert_int_equal(watch.told, 0);
    test_turn(world);
    assert_int_equal(watch.told, 1);
    osm_bus_confirm(&durable.reader, start + 2);
    /* What it does not read needs nobody's confirmation. */
    emit_other(session);
    test_turn(world);
    assert_int_equal(osm_bus_safe(bus), start + 3);
    emit(session, 3);
    test_turn(world);
    assert_int_equal(osm_bus_safe(bus), start + 3);
    osm_bus_detach(&durable.reader);
    assert_int_equal(osm_bus_safe(bus), start + 4);
    test_turn(world);
    assert_int_equal(watch.told, 3);
    osm_bus_unwatch(bus, &watch.watcher);
}

#define in_small_world(test) cmocka_unit_test_setup_teardown(test, setup, test_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_small_world(test_nothing_is_recorded_unasked),
        in_small_world(test_recorded_is_what_was_ever_asked_for),
        in_small_world(test_one_session),
        in_small_world(test_text_of_an_event),
        in_small_world(test_an_event_without_members),
        in_small_world(test_shared_texts),
        in_small_world(test_news_come_once_per_turn_and_never_inside),
        in_small_world(test_leaving_while_being_told),
        in_small_world(test_what_waits_at_attach_is_told),
        in_small_world(test_slow_reader_gets_a_gap),
        in_small_world(test_no_gap_without_loss),
        in_small_world(test_resuming_late),
        in_small_world(test_cursor_of_an_earlier_life),
        in_small_world(test_cursor_from_the_future),
        in_small_world(test_gaps_of_one_session),
        in_small_world(test_at_the_edge_of_what_is_kept),
        in_small_world(test_a_life_behind_another),
        in_small_world(test_ring_is_bounded_in_bytes),
        in_small_world(test_safe_is_what_durable_readers_confirmed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
