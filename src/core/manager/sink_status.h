/* SPDX-License-Identifier: MIT */
#ifndef OSM_CORE_MANAGER_SINK_STATUS_H
#define OSM_CORE_MANAGER_SINK_STATUS_H
/*
 * What a sink of events tells about itself, for `status` and metrics. The sinks live above this
 * floor; they lend the manager a function that lists them (osm_sink_source).
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* id, name in replies, meaning */
#define OSM_SINK_COUNTERS(X)                                                                       \
    X(delivered, "delivered", "events confirmed by the other end")                                 \
    X(dropped, "dropped", "events given up: refused, or lost for want of room")                    \
    X(retries, "retries", "failed attempts")                                                       \
    X(waiting, "waiting", "events in memory that are not confirmed yet")                           \
    X(position, "position", "cursor up to which everything is done")

struct osm_sink_status {
    const char *name; /* static text */
    bool working;     /* the last attempt did not fail */
#define X(id, name, meaning) uint64_t id;
    OSM_SINK_COUNTERS(X)
#undef X
    uint64_t bytes, most_bytes; /* kept, and how many may be; 0 = not bounded in bytes */
    uint64_t most_waiting;      /* events; 0 = not bounded in events */
    double oldest_at;           /* when the first of what is waiting came; 0 = nothing is */
    char last_error[256];       /* empty = never; stays after recovery */
    double last_error_at;       /* seconds since 1970 */
};

/* The n-th sink, or NULL when there are no more; valid until the next turn of the loop. */
typedef const struct osm_sink_status *osm_sink_source_fn(void *context, size_t n);

struct osm_sink_source {
    osm_sink_source_fn *look; /* NULL = there are no sinks */
    void *context;
};

static inline const struct osm_sink_status *
osm_sink_source_look(const struct osm_sink_source *source, size_t n)
{
    return source->look ? source->look(source->context, n) : NULL;
}

#endif
