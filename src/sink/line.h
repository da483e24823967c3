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

/* Both overwrite the buffer. The line of an event borrows from it, and its pieces, put into a list
 * of OSM_EVENT_PIECES, from the event. */
struct osm_rope osm_line_of_event(struct osm_buf *out, struct osm_rope_piece *pieces,
                                  const struct osm_event *event);
void osm_line_of_lost(struct osm_buf *out, const struct osm_lost_events *lost);

#endif
