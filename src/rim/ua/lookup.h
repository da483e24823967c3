/* SPDX-License-Identifier: MIT */
#ifndef OSM_RIM_UA_LOOKUP_H
#define OSM_RIM_UA_LOOKUP_H
/*
 * Addresses of names. Whoever makes a client says how they are found: by the system's resolver
 * (below), or in the loop's own thread (client/names.h).
 */
#include <netdb.h>
#include <stdint.h>

#include <uv.h>

struct osm_lookup;

/* status: 0, or a negative error of libuv. The addresses are valid during the call. From the loop
 * only, never from inside a call. */
typedef void osm_lookup_fn(void *context, int status, const struct addrinfo *addresses);

struct osm_lookup_ops {
    /* What all lookups of a loop share, for the functions below. */
    void *(*start)(uv_loop_t *loop);
    /* Who asked has been told, or has dropped it. gone(context) is told once the loop has nothing
     * of it any more. */
    void (*end)(void *lookups, void (*gone)(void *context), void *context);
    /* Begins, or waits for its turn. While somebody is to be told the loop does not end. */
    struct osm_lookup *(*ask)(void *lookups, const char *host, uint16_t port, osm_lookup_fn *told,
                              void *context);
    /* Before it has been told: it will not be. NULL is fine. */
    void (*drop)(struct osm_lookup *lookup);
};

/* The system's resolver (getaddrinfo), each name in a thread nobody has to wait for
 * (rim/io/errand.h). */
extern const struct osm_lookup_ops osm_lookup_threads;

/* Threads at once, those included that hang while nobody waits; further lookups wait their turn. */
#define OSM_LOOKUPS_AT_ONCE 8u

#endif
