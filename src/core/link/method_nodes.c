/* SPDX-License-Identifier: MIT */
/* Method nodes by object and name; see method_nodes.h. */
#include "core/link/method_nodes.h"

#include <open62541/types_generated_handling.h>
#include <uthash.h>

#include "util/alloc.h"
#include "util/macros.h"

struct osm_method_node {
    char *key;
    UA_NodeId id; /* owned */
    UT_hash_handle hh;
};

static void free_node(struct osm_method_node *node)
{
    UA_NodeId_clear(&node->id);
    free(node->key);
    free(node);
}

const UA_NodeId *osm_method_nodes_find(const struct osm_method_node *nodes, const char *key)
{
    const struct osm_method_node *node;

    HASH_FIND_STR(nodes, key, node);
    return node ? &node->id : NULL;
}

void osm_method_nodes_put(struct osm_method_node **nodes, const char *key, const UA_NodeId *id)
{
    struct osm_method_node *node = osm_alloc(sizeof(*node));
    UA_StatusCode status = UA_NodeId_copy(id, &node->id);

    osm_assert(status == UA_STATUSCODE_GOOD); /* fails only without memory */
    node->key = osm_strdup(key);
    osm_method_nodes_forget(nodes, key);
    if (HASH_COUNT(*nodes) >= OSM_METHOD_NODES_MAX)
        osm_method_nodes_clear(nodes);
    /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the analyser cannot follow uthash */
    HASH_ADD_KEYPTR(hh, *nodes, node->key, strlen(node->key), node);
}

void osm_method_nodes_forget(struct osm_method_node **nodes, const char *key)
{
    struct osm_method_node *node;

    HASH_FIND_STR(*nodes, key, node);
    if (!node)
        return;
    HASH_DEL(*nodes, node);
    free_node(node);
}

void osm_method_nodes_clear(struct osm_method_node **nodes)
{
    struct osm_method_node *node, *next;

    HASH_ITER (hh, *nodes, node, next) {
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the analyser cannot follow uthash */
        HASH_DEL(*nodes, node);
        free_node(node);
    }
}
