/* SPDX-License-Identifier: MIT */
#ifndef OSM_TESTING_TESTING_EVENTS_H
#define OSM_TESTING_TESTING_EVENTS_H
/* For tests: a reader of all events that shows them as text, `Name {fields}` a line. */
#include "core/event/event_bus.h"
#include "testing/testing.h"

struct test_ear {
    struct osm_bus_reader reader;
    struct osm_buf text;
};

static inline void test_ear_news(struct osm_bus_reader *reader)
{
    (void)reader;
}

/* Static memory is best: a test that fails leaves it attached. */
static inline void test_ear_begin(struct test_ear *ear, struct test_world *world)
{
    osm_buf_deinit(&ear->text);
    *ear = (struct test_ear){.reader = {.types = OSM_EVENT_ALL, .news = test_ear_news}};
    osm_bus_attach(world->manager->bus, &ear->reader, OSM_BUS_FROM_NOW);
}

/* What has happened since the last look; valid until the next one. */
static inline const char *test_ear_hears(struct test_ear *ear)
{
    const struct osm_event *event;
    struct osm_bus_gap gap;

    osm_buf_truncate(&ear->text, 0);
    while ((event = osm_bus_next(&ear->reader, &gap)))
        osm_buf_printf(&ear->text, "%s {%.*s}\n", osm_event_name(event->type),
                       (int)event->fields_length, event->fields);
    return osm_buf_text(&ear->text);
}

static inline void test_ear_end(struct test_ear *ear)
{
    osm_bus_detach(&ear->reader);
    osm_buf_deinit(&ear->text);
}

#endif
