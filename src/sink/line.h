/* SPDX-License-Identifier: MIT */
#ifndef OSM_SINK_LINE_H
#define OSM_SINK_LINE_H
/* Events as lines of JSON, as sinks send them: without '\n'. */
#include "core/event/event.h"
#include "util/buf.h"

struct osm_lost_events {
    uint64_t from, to; /* cursors */
    uint64_t dropped;  /* UINT64_MAX = unknown */
    double time;
    const char *reason; /* plain ASCII */
};

/* Both overwrite the buffer. */
void osm_line_of_event(struct osm_buf *out, const struct osm_event *event);
void osm_line_of_lost(struct osm_buf *out, const struct osm_lost_events *lost);

#endif
