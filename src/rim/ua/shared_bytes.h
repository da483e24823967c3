/* SPDX-License-Identifier: MIT */
#ifndef OSM_RIM_UA_SHARED_BYTES_H
#define OSM_RIM_UA_SHARED_BYTES_H
/*
 * Certificates as all who keep them have them: equal bytes are there once, however many sessions
 * with the same server and the same certificate of ours there are. A certificate is what most of a
 * secured session would be otherwise.
 *
 * Invariants: nobody writes to shared bytes. They belong to one loop; what a job reads of them is a
 * copy. They go with the last who keeps them.
 */
#include <open62541/types.h>

struct osm_shared_bytes;

/* All of one loop. Zeroed = empty. */
struct osm_shared_table {
    struct osm_shared_bytes *all;
};

/* These bytes, to be given back by osm_shared_bytes_drop() and nothing else. None are none. */
UA_ByteString osm_shared_bytes_keep(struct osm_shared_table *table, const UA_ByteString *bytes);
/* Gives them back and leaves none behind. Those that are none are fine. */
void osm_shared_bytes_drop(UA_ByteString *bytes);

#endif
