/* SPDX-License-Identifier: MIT */
#ifndef OSM_YAML_YAML_TREE_H
#define OSM_YAML_YAML_TREE_H
/*
 * A YAML file as a tree of nodes that know their line. libyaml reads it; here it is bounded, and
 * what configuration files should not do is refused: more than one document, tags, keys that are
 * no text, repeated keys, links into themselves.
 *
 * JSON is YAML and read by the same code. Anchors and aliases share nodes, they copy nothing; the
 * weight of a node is what it would be written out, and bounded, so that a small file cannot
 * stand for a huge one. `<<: *defaults` takes over what the map does not say itself.
 *
 * Invariant: everything of a tree lives in the arena it was read into.
 */
#include <stdbool.h>
#include <stddef.h>

#include "util/arena.h"
#include "yaml/findings.h"

#define OSM_TREE_BYTES ((size_t)16 << 20) /* of a file */
#define OSM_TREE_WEIGHT 4000000           /* nodes with aliases written out */
#define OSM_TREE_DEPTH 32                 /* lists and maps in each other */

enum osm_node_kind { OSM_NODE_SCALAR, OSM_NODE_LIST, OSM_NODE_MAP };

struct osm_node;

struct osm_pair {
    const struct osm_node *key; /* a scalar */
    const struct osm_node *value;
    bool merged; /* came by `<<` */
};

struct osm_node {
    enum osm_node_kind kind;
    unsigned line; /* from 1 */
    bool plain;    /* SCALAR: written without quotes, so it may be a number, a bool or null */
    size_t weight;
    size_t length;    /* bytes, members, pairs */
    const char *text; /* SCALAR, NUL-terminated */
    const struct osm_node **members;
    struct osm_pair *pairs; /* in the order of the file, those of `<<` last */
};

/*
 * Reads the text of a file. `file` is its name in findings, borrowed for the call. Returns NULL
 * when it could not be read to its end or has nothing in it (then there is no finding); there may
 * be findings in either case.
 */
const struct osm_node *osm_tree_read(struct osm_arena *arena, const char *file, const char *text,
                                     size_t length, struct osm_faults *faults);

/* The value of a key of a map, or NULL. */
const struct osm_node *osm_node_get(const struct osm_node *map, const char *key);
/* The words of the core schema: `null`, `~` or nothing; `true`, `false`. */
bool osm_node_is_null(const struct osm_node *node);
bool osm_node_is_bool(const struct osm_node *node, bool *value);
/* "a list", "a map", "a text", "a number", "a bool", "nothing": for findings. */
const char *osm_node_what(const struct osm_node *node);
/* Whether the whole plain text is a number as JSON or YAML write one; also infinite or NaN. */
bool osm_node_is_number(const struct osm_node *node, double *value);

#endif
