/* SPDX-License-Identifier: MIT */
/* What a sink reports to its feed, counted (testing_feed.h). */
#include "testing/testing_feed.h"

static void test_feed_feed(struct osm_sink_feed *feed, struct osm_sink *sink)
{
    osm_container_of(feed, struct test_feed, feed)->fed++;
}

static void test_feed_moved(struct osm_sink_feed *feed, struct osm_sink *sink)
{
    osm_container_of(feed, struct test_feed, feed)->moved++;
}

static void test_feed_stopped(struct osm_sink_feed *feed, struct osm_sink *sink)
{
    osm_container_of(feed, struct test_feed, feed)->stopped++;
}

void test_feed_init(struct test_feed *feed)
{
    *feed = (struct test_feed){.feed = {test_feed_feed, test_feed_moved, test_feed_stopped}};
}

void test_push_line(struct osm_sink *sink, uint64_t cursor, const char *text, size_t length)
{
    const struct osm_rope line = osm_rope_of(text, length);

    osm_sink_push(sink, cursor, &line);
}

void test_push(struct osm_sink *sink, uint64_t first, uint64_t last)
{
    for (uint64_t n = first; n <= last; n++) {
        char line[64];
        int length = snprintf(line, sizeof(line), "{\"n\":%llu}", (unsigned long long)n);

        test_push_line(sink, n, line, (size_t)length);
    }
    osm_sink_wake(sink);
}
