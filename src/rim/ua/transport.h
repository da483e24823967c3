/* SPDX-License-Identifier: MIT */
#ifndef OSM_RIM_UA_TRANSPORT_H
#define OSM_RIM_UA_TRANSPORT_H
/*
 * A stream of bytes as a secure channel sees it: a TCP connection (tcp.h), or a script in tests
 * and fuzz targets.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rim/ua/stack_error.h"

struct osm_transport;

struct osm_transport_ops {
    /* Room for length more bytes behind what is queued, to be written before anything else is asked
     * of it. NULL: too much is queued already. */
    uint8_t *(*reserve)(struct osm_transport *transport, size_t length);
    /* They stand there: they leave at the end of the loop turn. */
    void (*commit)(struct osm_transport *transport, size_t length);
    /* No bytes events until resumed; what the kernel has buffered waits there. */
    void (*pause)(struct osm_transport *transport, bool paused);
    /* Lets out what goes without waiting, and ends; the transport is gone. No event follows.
     * Returns what `written` would have said. */
    uint64_t (*close)(struct osm_transport *transport);
    /* Bytes queued so far, and how many of them have left. A write that failed counts as left:
     * nobody knows how much of it arrived. */
    uint64_t (*queued)(const struct osm_transport *transport);
    uint64_t (*written)(const struct osm_transport *transport);
};

/* Events come from the loop only, never from inside an operation. The transport may be closed
 * in each. */
struct osm_transport_events {
    void (*connected)(void *context);
    /* The bytes may be changed in place; they are gone after the event. */
    void (*bytes)(void *context, uint8_t *data, size_t length);
    /* It could not be connected, or was lost; the transport is gone with this event. */
    void (*closed)(void *context, const struct osm_stack_error *error);
};

struct osm_transport {
    const struct osm_transport_ops *ops;
    const struct osm_transport_events *events;
    void *context; /* of the events */
};

#endif
