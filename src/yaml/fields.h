/* SPDX-License-Identifier: MIT */
#ifndef OSM_YAML_FIELDS_H
#define OSM_YAML_FIELDS_H
/*
 * A map of a file into a struct: one table row per key. What is absent or null keeps the value it
 * had; a wrong kind is an error and an unknown key a warning (differences.md R17), each with its
 * line.
 */
#include <stdint.h>

#include "yaml/yaml_tree.h"

enum osm_field_kind {
    OSM_FIELD_TEXT,   /* const char * */
    OSM_FIELD_DOUBLE, /* finite */
    OSM_FIELD_UINT32, /* from least to most */
    OSM_FIELD_BOOL,
    OSM_FIELD_NODE /* const struct osm_node *, of the kind `node`: read by the caller */
};

struct osm_field {
    const char *key;
    enum osm_field_kind kind;
    size_t offset;
    uint32_t least, most;
    bool required;
    enum osm_node_kind node;
};

/* Where findings go and memory comes from. */
struct osm_fields {
    struct osm_arena *arena; /* of what is read */
    const char *file;
    struct osm_faults *faults;
};

/* Fills the struct at `out`. `what` names the map in findings ("monitored item"). False when
 * something is wrong; the other fields are filled in all the same. */
OSM_MUST_CHECK bool osm_fields_read(const struct osm_fields *fields, const struct osm_node *map,
                                    const char *what, const struct osm_field *table, size_t size,
                                    void *out);
/* A text without NUL characters, in the arena; NULL with a finding when the node is none. */
const char *osm_fields_text(const struct osm_fields *fields, const struct osm_node *node,
                            const char *key);

#endif
