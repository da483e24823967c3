/* SPDX-License-Identifier: MIT */
/* Somebody who listens to the events of sessions (testing_events.h). */
#include "testing/testing_events.h"

#include "core/subscription/subscription.h"

static void test_ear_news(struct osm_bus_reader *reader)
{
    (void)reader;
}

void test_ear_begin(struct test_ear *ear, struct test_world *world)
{
    osm_buf_deinit(&ear->text);
    *ear = (struct test_ear){.reader = {.types = OSM_EVENT_ALL, .news = test_ear_news}};
    osm_bus_attach(osm_manager_bus(world->manager), &ear->reader, OSM_BUS_FROM_NOW);
}

const char *test_ear_hears(struct test_ear *ear)
{
    const struct osm_event *event;
    struct osm_bus_gap gap;

    osm_buf_truncate(&ear->text, 0);
    while ((event = osm_bus_next(&ear->reader, &gap))) {
        struct osm_buf members = {0};

        osm_rope_add_to(&event->members, &members);
        osm_buf_printf(&ear->text, "%s {%s}\n", osm_event_name(event->type),
                       osm_buf_text(&members) + event->fields);
        osm_buf_deinit(&members);
    }
    return osm_buf_text(&ear->text);
}

void test_ear_end(struct test_ear *ear)
{
    osm_bus_detach(&ear->reader);
    osm_buf_deinit(&ear->text);
}

struct test_source test_source_begin(void **state, struct test_ear *ear)
{
    const UA_CreateSubscriptionResponse created = {.subscriptionId = 4};
    const struct osm_subscription_params params = {0};
    struct test_source source = {.world = *state};

    source.session = test_session_open(source.world, "{}");
    source.subscription =
        osm_subscription_add(osm_session_subscriptions(source.session), &params, &created);
    test_ear_begin(ear, source.world);
    return source;
}
