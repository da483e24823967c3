/* SPDX-License-Identifier: MIT */
#ifndef OSM_RIM_UA_TRUST_WATCH_H
#define OSM_RIM_UA_TRUST_WATCH_H
/*
 * Trust stores of live connections are watched, so that a certificate that is taken out, or
 * revoked, counts at once, whoever has done it. One watch per store, shared by its connections.
 * What the kernel does not tell of (other machines, a folder that was replaced) is found by a
 * look every OSM_TRUST_LOOK_MS.
 */
#include <uv.h>

#define OSM_TRUST_LOOK_MS 10000

struct osm_trust_watch;

/* All watches of a loop. */
struct osm_trust_watches {
    uv_loop_t *loop;
    struct osm_trust_watch *list;
    unsigned handles; /* of libuv, not closed yet: to be waited for at the end */
};

/* changed(context) will be called when the store may have changed. */
struct osm_trust_watch *osm_trust_watch_join(struct osm_trust_watches *watches, const char *path,
                                             void (*changed)(void *context), void *context);
/* NULL is fine. */
void osm_trust_watch_leave(struct osm_trust_watch *watch, void *context);

#endif
