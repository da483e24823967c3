/* SPDX-License-Identifier: MIT */
#ifndef OSM_CORE_LINK_KEEP_ALIVE_H
#define OSM_CORE_LINK_KEEP_ALIVE_H
/*
 * Keeps an idle link's session alive on its server (daemon.md §7). Every sixth of the revised
 * session timeout we look: if nothing has been received since the last look, a cheap Read of the
 * server's state is sent, so the server hears from us at least every third. If nothing at all
 * comes within the link's timeout, the connection is dead and dropped.
 */
#include "core/link/link.h"

struct osm_keep_alive {
    struct osm_link *link;
    struct osm_ua_call *call; /* outstanding, or NULL */
    unsigned messages;        /* received when it was sent, or at the last look */
    osm_msec at;              /* the next look */
    osm_msec deadline;        /* of the call */
};

void osm_keep_alive_init(struct osm_keep_alive *alive, struct osm_link *link);
/* The link is up, or has just shown that it lives. */
void osm_keep_alive_start(struct osm_keep_alive *alive);
/* The connection is lost: there is nothing to be kept, and its call has been answered. */
void osm_keep_alive_lost(struct osm_keep_alive *alive);
/* The link is closing. */
void osm_keep_alive_stop(struct osm_keep_alive *alive);
/* Does what is due; returns when to look again. */
osm_msec osm_keep_alive_tick(struct osm_keep_alive *alive, osm_msec now);

#endif
