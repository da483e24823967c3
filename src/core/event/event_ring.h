/* SPDX-License-Identifier: MIT */
#ifndef OSM_CORE_EVENT_EVENT_RING_H
#define OSM_CORE_EVENT_EVENT_RING_H
/*
 * The newest events, oldest first, bounded in number and bytes; the memory behind event_bus.h and
 * for nobody else. Events have consecutive cursors, so a cursor is a place. A large piece counts in
 * every event that has it.
 */
#include "core/event/event.h"

/* The session events come from. Shared by it, its events and the readers that want only it. */
struct osm_event_origin {
    unsigned references;
    osm_event_types wanted; /* by readers of this session */
    char *session_id, *endpoint_url;
    char *members; /* the two as JSON members */
    size_t members_length;
    uint64_t emitted[OSM_EVENT_COUNT_], evicted[OSM_EVENT_COUNT_];
};

struct osm_bus_entry {
    struct osm_event event;
    struct osm_event_origin *origin;
    size_t size; /* of all of it */
    /* The pieces, then the text. */
    struct osm_rope_piece pieces[];
};

struct osm_event_ring {
    struct osm_bus_entry **entries; /* entry of a cursor: at cursor % capacity */
    size_t capacity;                /* grows up to most */
    size_t count, most;
    size_t bytes, most_bytes;
    uint64_t first; /* cursor of the oldest; of the next one to come when there is none */
    uint64_t emitted[OSM_EVENT_COUNT_], evicted[OSM_EVENT_COUNT_];
    uint64_t evicted_ever;
};

struct osm_event_origin *osm_event_origin_new(const char *session_id, const char *endpoint_url);
struct osm_event_origin *osm_event_origin_hold(struct osm_event_origin *origin);

/* The first event will have this cursor. */
void osm_event_ring_init(struct osm_event_ring *ring, size_t most, size_t most_bytes,
                         uint64_t first);
void osm_event_ring_clear(struct osm_event_ring *ring);
/* Keeps an event of whose head type, time, subscription, item, members and fields count. */
void osm_event_ring_add(struct osm_event_ring *ring, struct osm_event_origin *origin,
                        const struct osm_event *head);

static inline uint64_t osm_event_ring_last(const struct osm_event_ring *ring)
{
    return ring->first + ring->count - 1;
}

/* first <= cursor <= last. */
static inline const struct osm_bus_entry *osm_event_ring_at(const struct osm_event_ring *ring,
                                                            uint64_t cursor)
{
    return ring->entries[cursor % ring->capacity];
}

#endif
