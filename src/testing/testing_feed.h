/* SPDX-License-Identifier: MIT */
#ifndef OSM_TESTING_TESTING_FEED_H
#define OSM_TESTING_TESTING_FEED_H
/* For tests of sinks: a feeder that notes what it is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sink/sink_internal.h"
#include "util/alloc.h"
#include "util/buf.h"
#include "util/log.h"

struct test_feed {
    struct osm_sink_feed feed;
    unsigned fed, moved, stopped;
};

void test_feed_init(struct test_feed *feed);

/* One line, without '\n'; the sink is not woken. */
void test_push_line(struct osm_sink *sink, uint64_t cursor, const char *text, size_t length);
/* Events `{"n":<first>}` … `{"n":<last>}`, each with its number as cursor. */
void test_push(struct osm_sink *sink, uint64_t first, uint64_t last);

#endif
