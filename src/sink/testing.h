/* SPDX-License-Identifier: MIT */
#ifndef OSM_SINK_TESTING_H
#define OSM_SINK_TESTING_H
/* For tests of sinks that need no more than timers and work: all of it turned by hand. */
#include "core/testing_loop.h"
#include "sink/testing_feed.h"

#endif
