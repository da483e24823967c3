/* SPDX-License-Identifier: MIT */
#ifndef OSM_RIM_UA_LOOKUP_H
#define OSM_RIM_UA_LOOKUP_H
/*
 * Addresses of names, each looked up in a thread of its own. A resolver may hang for as long as it
 * likes, and nothing can break it off; so a thread has its own memory, and whoever does not want to
 * know any more, the end of the loop and that of the process do not wait for it.
 */
#include <netdb.h>
#include <stdint.h>

#include <uv.h>

/* Threads at once, those included that hang while nobody waits; further lookups wait their turn. */
#define OSM_LOOKUPS_AT_ONCE 8u

struct osm_lookups;
struct osm_lookup;

/* status: 0, or a negative error of libuv. The addresses are valid during the call. From the loop
 * only, never from inside a call. */
typedef void osm_lookup_fn(void *context, int status, const struct addrinfo *addresses);

struct osm_lookups *osm_lookups_new(uv_loop_t *loop);
/* Nobody is told any more; gone(context) is, once the loop has nothing of it any more. Threads that
 * hang are left behind. */
void osm_lookups_free(struct osm_lookups *lookups, void (*gone)(void *context), void *context);

/* Begins, or waits for its turn. While somebody is to be told the loop does not end. */
struct osm_lookup *osm_lookup_new(struct osm_lookups *lookups, const char *host, uint16_t port,
                                  osm_lookup_fn *told, void *context);
/* Before it has been told: it will not be. NULL is fine. */
void osm_lookup_drop(struct osm_lookup *lookup);

#endif
