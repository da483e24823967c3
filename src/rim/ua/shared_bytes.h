/* SPDX-License-Identifier: MIT */
#ifndef OSM_RIM_UA_SHARED_BYTES_H
#define OSM_RIM_UA_SHARED_BYTES_H
/* Certificates as all who keep them have them (util/shared.h). */
#include <open62541/types.h>

#include "util/shared.h"

/* These bytes, to be given back by osm_shared_bytes_drop() and nothing else. None are none. */
static inline UA_ByteString osm_shared_bytes_keep(struct osm_shared_table *table,
                                                  const UA_ByteString *bytes)
{
    const void *kept = osm_shared_keep(table, bytes->data, bytes->length);

    return (UA_ByteString){bytes->length, (UA_Byte *)(uintptr_t)kept};
}

/* Gives them back and leaves none behind. Those that are none are fine. */
static inline void osm_shared_bytes_drop(UA_ByteString *bytes)
{
    *bytes = (UA_ByteString){0, osm_shared_drop(bytes->data)};
}

#endif
