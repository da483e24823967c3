/* SPDX-License-Identifier: MIT */
#ifndef OSM_TESTING_TESTING_SINK_H
#define OSM_TESTING_TESTING_SINK_H
/* For tests of sinks that need no more than timers and work: all of it turned by hand. */
#include "testing/testing_feed.h"
#include "testing/testing_loop.h"

#endif
