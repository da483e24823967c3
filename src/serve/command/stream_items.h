/* SPDX-License-Identifier: MIT */
#ifndef OSM_SERVE_COMMAND_STREAM_ITEMS_H
#define OSM_SERVE_COMMAND_STREAM_ITEMS_H
/*
 * The monitored items a stream is for (member `items`, extensions.md §10): a sorted list of
 * subscription and item, so that who watches a few of ten thousand items pays for those.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <yyjson.h>

#include "core/event/event.h"

/* Most items one stream may name. */
#define OSM_STREAM_ITEMS_MAX 1000

struct osm_stream_items {
    uint64_t *keys; /* NULL = events of all items, and of none */
    size_t size;
};

/* Reads `[[subscriptionId, monitoredItemId], …]`. Returns NULL, or what is wrong (static text). */
const char *osm_stream_items_read(struct osm_stream_items *items, yyjson_val *list);
void osm_stream_items_deinit(struct osm_stream_items *items);
bool osm_stream_items_match(const struct osm_stream_items *items, const struct osm_event *event);

#endif
