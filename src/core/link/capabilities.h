/* SPDX-License-Identifier: MIT */
#ifndef OSM_CORE_LINK_CAPABILITIES_H
#define OSM_CORE_LINK_CAPABILITIES_H
/*
 * What must be known of a server before its link is UP: the operation limits and the namespace
 * table, in one Read right after every (re)connect (ipc-protocol.md §6) – in several when the
 * server refuses so many nodes at once. Servers that do not offer them are served all the same.
 */
#include "core/link/link.h"

struct osm_capabilities_owner {
    /* The server's namespaces are about to be these instead of link->namespaces. */
    void (*renamed)(void *context, const UA_String *namespaces, size_t size);
    /* What there is to know is known. When it cannot be read because the connection is dead,
     * that is dropped instead, and tells of the loss. */
    void (*known)(void *context);
};

struct osm_capabilities {
    struct osm_link *link;
    const struct osm_capabilities_owner *owner;
    void *context;
    struct osm_ua_call *call; /* outstanding, or NULL */
    unsigned first, size;     /* of the nodes, what the call reads */
    osm_msec deadline;        /* of the call */
};

void osm_capabilities_init(struct osm_capabilities *capabilities, struct osm_link *link,
                           const struct osm_capabilities_owner *owner, void *context);
/* The link is connected: reads. */
void osm_capabilities_start(struct osm_capabilities *capabilities);
/* The link is closing. */
void osm_capabilities_stop(struct osm_capabilities *capabilities);
/* Gives up a server that does not answer; returns when to look again. */
osm_msec osm_capabilities_tick(struct osm_capabilities *capabilities, osm_msec now);

#endif
