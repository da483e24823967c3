/* SPDX-License-Identifier: MIT */
#ifndef OSM_RIM_UA_LOOKUP_H
#define OSM_RIM_UA_LOOKUP_H
/* Addresses of names, each looked up in a thread nobody has to wait for (rim/io/errand.h). */
#include <netdb.h>
#include <stdint.h>

#include <uv.h>

#include "rim/io/errand.h"

/* Threads at once, those included that hang while nobody waits; further lookups wait their turn. */
#define OSM_LOOKUPS_AT_ONCE 8u

struct osm_lookup;

/* status: 0, or a negative error of libuv. The addresses are valid during the call. From the loop
 * only, never from inside a call. */
typedef void osm_lookup_fn(void *context, int status, const struct addrinfo *addresses);

/* To be freed by osm_errands_free(). */
struct osm_errands *osm_lookups_new(uv_loop_t *loop);

/* Begins, or waits for its turn. While somebody is to be told the loop does not end. */
struct osm_lookup *osm_lookup_new(struct osm_errands *lookups, const char *host, uint16_t port,
                                  osm_lookup_fn *told, void *context);
/* Before it has been told: it will not be. NULL is fine. */
void osm_lookup_drop(struct osm_lookup *lookup);

#endif
