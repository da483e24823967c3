/* SPDX-License-Identifier: MIT */
#ifndef OSM_WIRE_VALUE_TYPE_REGISTRY_INTERNAL_H
#define OSM_WIRE_VALUE_TYPE_REGISTRY_INTERNAL_H
/* The registry from the inside, for type_registry.c and type_layout.c. */
#include "wire/value/type_registry.h"

#include <pthread.h>

#include <uthash.h>

enum osm_type_state { OSM_TYPE_DEFINED, OSM_TYPE_BUILDING, OSM_TYPE_BUILT, OSM_TYPE_UNFIT };

struct osm_type_entry {
    char *key;      /* the data type's text */
    uint32_t alias; /* a builtin type, or 0 */
    enum osm_type_state state;
    UA_StructureDefinition definition;
    UA_DataType type;
    size_t alignment;
    bool registered;
    enum { OSM_BODY_UNKNOWN, OSM_BODY_NONE, OSM_BODY_SOME } body; /* of a structure that is built */
    bool standard; /* of namespace 0, as the library knows it: only for fields of others */
    char *reason;  /* why it is OSM_TYPE_UNFIT; NULL where nothing was to be built */
    UT_hash_handle hh;
};

struct osm_type_codec {
    char *key; /* the encoding's text */
    struct osm_type_entry *entry;
    UT_hash_handle hh;
};

struct osm_type_registry {
    struct osm_type_entry *entries;
    struct osm_type_codec *codecs;
    /* What was registered stays as it is; `adding` is locked while codecs get one more, and by
     * those who look on other threads. */
    pthread_mutex_t adding;
    unsigned shares;
    size_t bytes;    /* of definitions */
    unsigned levels; /* of structures that are being laid out in each other */
};

/* The text entries and codecs are found by, owned by the caller. */
char *osm_type_registry_key(const UA_NodeId *id);
/* What is known of a data type, also as part of the standard; or NULL. */
struct osm_type_entry *osm_type_registry_known(struct osm_type_registry *registry,
                                               const UA_NodeId *id);
/* The builtin type (1–25) the data type is, or 0. */
uint32_t osm_type_registry_builtin(const UA_NodeId *id);

#endif
