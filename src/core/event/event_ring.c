/* SPDX-License-Identifier: MIT */
/* The newest events; see event_ring.h. */
#include "core/event/event_ring.h"

#include <stdlib.h>
#include <string.h>

#include "core/event/event_bus.h"
#include "util/alloc.h"
#include "wire/text/json.h"

#define FIRST_CAPACITY 64

/* --- origins ------------------------------------------------------------------------------- */

struct osm_event_origin *osm_event_origin_new(const char *session_id, const char *endpoint_url)
{
    struct osm_event_origin *origin = osm_alloc(sizeof(*origin));
    struct osm_buf text;
    struct osm_json json;

    osm_buf_init(&text);
    osm_json_init(&json, &text);
    osm_json_key(&json, "sessionId");
    osm_json_cstring(&json, session_id);
    osm_json_key(&json, "endpointUrl");
    osm_json_cstring(&json, endpoint_url);
    origin->references = 1;
    origin->session_id = osm_strdup(session_id);
    origin->endpoint_url = osm_strdup(endpoint_url);
    origin->members = text.data;
    origin->members_length = text.length;
    return origin;
}

struct osm_event_origin *osm_event_origin_hold(struct osm_event_origin *origin)
{
    origin->references++;
    return origin;
}

void osm_event_origin_leave(struct osm_event_origin *origin)
{
    if (!origin || --origin->references > 0)
        return;
    free(origin->session_id);
    free(origin->endpoint_url);
    free(origin->members);
    free(origin);
}

/* --- the ring ------------------------------------------------------------------------------ */

void osm_event_ring_init(struct osm_event_ring *ring, size_t most, size_t most_bytes,
                         uint64_t first)
{
    *ring = (struct osm_event_ring){.most = most, .most_bytes = most_bytes, .first = first};
}

static void drop_oldest(struct osm_event_ring *ring)
{
    struct osm_bus_entry *entry = ring->entries[ring->first % ring->capacity];

    ring->evicted[entry->event.type]++;
    ring->evicted_ever++;
    entry->origin->evicted[entry->event.type]++;
    ring->bytes -= entry->size;
    ring->count--;
    ring->first++;
    osm_event_origin_leave(entry->origin);
    osm_rope_leave(entry->pieces, entry->event.members.count);
    free(entry);
}

void osm_event_ring_clear(struct osm_event_ring *ring)
{
    while (ring->count)
        drop_oldest(ring);
    free(ring->entries);
    ring->entries = NULL;
}

static void grow(struct osm_event_ring *ring)
{
    size_t capacity = OSM_MIN(ring->capacity ? 2 * ring->capacity : FIRST_CAPACITY, ring->most);
    struct osm_bus_entry **entries = osm_alloc(capacity * sizeof(struct osm_bus_entry *));

    for (size_t i = 0; i < ring->count; i++) {
        uint64_t cursor = ring->first + i;

        entries[cursor % capacity] = ring->entries[cursor % ring->capacity];
    }
    free(ring->entries);
    ring->entries = entries;
    ring->capacity = capacity;
}

static void make_room(struct osm_event_ring *ring, size_t size)
{
    while (ring->count && (ring->count == ring->most || ring->bytes + size > ring->most_bytes))
        drop_oldest(ring);
    if (ring->count == ring->capacity)
        grow(ring);
}

void osm_event_ring_add(struct osm_event_ring *ring, struct osm_event_origin *origin,
                        const struct osm_event *head)
{
    const struct osm_rope *members = &head->members;
    size_t pieces = members->count * sizeof(struct osm_rope_piece);
    size_t length = osm_rope_length(members);
    struct osm_bus_entry *entry = osm_alloc(sizeof(*entry) + pieces + members->text_length);
    char *text = (char *)entry->pieces + pieces;

    entry->size = sizeof(*entry) + pieces + length;
    make_room(ring, entry->size);
    memcpy(text, members->text, members->text_length);
    osm_rope_hold(members, entry->pieces);
    entry->origin = osm_event_origin_hold(origin);
    entry->event = *head;
    entry->event.cursor = ring->first + ring->count;
    entry->event.session_id = origin->session_id;
    entry->event.endpoint_url = origin->endpoint_url;
    entry->event.members.text = text;
    entry->event.members.pieces = entry->pieces;
    entry->event.length = length;
    ring->entries[entry->event.cursor % ring->capacity] = entry;
    ring->count++;
    ring->bytes += entry->size;
    ring->emitted[head->type]++;
    origin->emitted[head->type]++;
}
