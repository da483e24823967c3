/* SPDX-License-Identifier: MIT */
#ifndef OSM_CORE_LINK_NUMBERING_H
#define OSM_CORE_LINK_NUMBERING_H
/*
 * A server's NamespaceArray and what follows from it. Equal ones are there once, however many links
 * have servers that number their namespaces so; nobody changes one, and it goes with the last link
 * that keeps it.
 */
#include <stddef.h>
#include <stdint.h>

#include <open62541/types.h>
#include <uthash.h>

#include "util/digest.h"

struct osm_names_table;
struct osm_numbering;

/* All of one loop. Zeroed = empty. */
struct osm_numberings {
    struct osm_numbering *all; /* uthash */
};

struct osm_numbering {
    struct osm_numberings *of;
    UT_hash_handle hh; /* by what stands behind the array: how many there are, length, text … */
    size_t links;
    struct osm_names_table *table;
    /* Of what servers number as they like (index 2 and above): as long as this is the same, node
     * ids mean the same nodes. */
    uint8_t digest[OSM_SHA1_BYTES];
    size_t size;
    UA_String uris[];
};

/* What is known of a server before its NamespaceArray has been read: nothing. */
extern const struct osm_numbering osm_numbering_none;

/* For one link more. */
const struct osm_numbering *osm_numbering_join(struct osm_numberings *numberings,
                                               const UA_String *uris, size_t size);
/* For one link less. */
void osm_numbering_leave(const struct osm_numbering *joined);

#endif
