/* SPDX-License-Identifier: MIT */
#ifndef OSM_TESTING_TESTING_FEED_H
#define OSM_TESTING_TESTING_FEED_H
/* For tests of sinks: a feeder that notes what it is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sink/sink.h"
#include "util/alloc.h"
#include "util/buf.h"
#include "util/log.h"

struct test_feed {
    struct osm_sink_feed feed;
    unsigned fed, moved, stopped;
};

static inline void test_feed_feed(struct osm_sink_feed *feed, struct osm_sink *sink)
{
    osm_container_of(feed, struct test_feed, feed)->fed++;
}

static inline void test_feed_moved(struct osm_sink_feed *feed, struct osm_sink *sink)
{
    osm_container_of(feed, struct test_feed, feed)->moved++;
}

static inline void test_feed_stopped(struct osm_sink_feed *feed, struct osm_sink *sink)
{
    osm_container_of(feed, struct test_feed, feed)->stopped++;
}

static inline void test_feed_init(struct test_feed *feed)
{
    *feed = (struct test_feed){.feed = {test_feed_feed, test_feed_moved, test_feed_stopped}};
}

/* Events `{"n":<first>}` … `{"n":<last>}`, each with its number as cursor. */
static inline void test_push(struct osm_sink *sink, uint64_t first, uint64_t last)
{
    for (uint64_t n = first; n <= last; n++) {
        char line[64];
        int length = snprintf(line, sizeof(line), "{\"n\":%llu}", (unsigned long long)n);

        osm_sink_push(sink, n, line, (size_t)length);
    }
    osm_sink_wake(sink);
}

#endif
