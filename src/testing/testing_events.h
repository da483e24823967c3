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

/* Static memory is best: a test that fails leaves it attached. */
void test_ear_begin(struct test_ear *ear, struct test_world *world);

/* What has happened since the last look; valid until the next one. */
const char *test_ear_hears(struct test_ear *ear);

void test_ear_end(struct test_ear *ear);

/* A session with subscription 4, of which somebody hears. */
struct test_source {
    struct test_world *world;
    struct osm_session *session;
    struct osm_subscription *subscription;
};

struct test_source test_source_begin(void **state, struct test_ear *ear);

#endif
