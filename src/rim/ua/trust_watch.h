/* SPDX-License-Identifier: MIT */
#ifndef OSM_RIM_UA_TRUST_WATCH_H
#define OSM_RIM_UA_TRUST_WATCH_H
/*
 * Trust stores of live connections are watched, so that a certificate that is taken out, or
 * revoked, counts at once, whoever has done it. One watch per store, shared by its connections.
 * What the kernel does not tell of (other machines, a folder that was replaced) is found by a
 * look every OSM_TRUST_LOOK_MS.
 */
#include "rim/ua/secure.h"

#define OSM_TRUST_LOOK_MS 10000

struct osm_trust_watch;

/* osm_secure_look_again() will be called when the store (osm_secure_store) may have changed. */
struct osm_trust_watch *osm_trust_watch_join(struct osm_ua *ua, struct osm_secure *secure);
/* NULL is fine. */
void osm_trust_watch_leave(struct osm_trust_watch *watch, struct osm_secure *secure);

#endif
