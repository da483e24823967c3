/* SPDX-License-Identifier: MIT */
/*
 * browseRecursive (methods.md §2.6): a tree, depth first, each level complete before the next one
 * is asked for, so that no continuation point is held while descending. Written while it is
 * walked: a node's list of children stays open until the last of them is done.
 *
 * A node that has been met before in the same call is shown without children and not entered
 * again, so that cycles end; the start node counts as met only when it is met.
 */
#include <uthash.h>

#include <open62541/nodeids.h>

#include "method/methods.h"
#include "util/alloc.h"
#include "wire/node_id.h"

#define OSM_MAX_DEPTH 256
#define OSM_DEFAULT_DEPTH 10
#define OSM_RESULT_MASK 0x3F
#define OSM_TREE_REPLY_LIMIT ((size_t)256 * 1024 * 1024)
/* Servers that never end the list of one node are stopped here. */
#define OSM_LEVEL_REFERENCES 1000000
#define OSM_EMPTY_PAGES 1000

/* One node on the way down: its references, and how many of them are written. */
struct level {
    UA_ReferenceDescription *references; /* the library's memory, moved out of answers */
    size_t size;
    size_t next;
};

struct visited {
    UT_hash_handle hh;
    size_t length;
    char text[];
};

struct recursive {
    UA_BrowseDescription description;
    int64_t max_depth;
    struct level levels[OSM_MAX_DEPTH];
    size_t depth; /* levels in use; the last one is the one at hand */
    struct visited *visited;
    unsigned empty_pages; /* in a row */
};

static void cleanup(struct osm_op *op)
{
    struct recursive *recursive = op->state;

    for (size_t i = 0; i < recursive->depth; i++)
        UA_Array_delete(recursive->levels[i].references, recursive->levels[i].size,
                        &UA_TYPES[UA_TYPES_REFERENCEDESCRIPTION]);
    recursive->depth = 0;
    HASH_CLEAR(hh, recursive->visited); /* the nodes themselves are the arena's */
}

static bool decode(struct osm_decode *at, struct osm_args *args, const struct osm_session *session,
                   void *state)
{
    struct recursive *recursive = state;
    UA_BrowseDescription *description = &recursive->description;
    int64_t direction;
    bool subtypes;

    if (!osm_arg_node_id(at, args, 0, &description->nodeId) ||
        !osm_arg_enum(at, args, 1, &osm_enum_browse_direction, 0, &direction) ||
        !osm_arg_int(
            at, args, 2,
            osm_config_int(&session->config, OSM_CONFIG_defaultBrowseMaxDepth, OSM_DEFAULT_DEPTH),
            &recursive->max_depth) ||
        !osm_arg_node_id_or(at, args, 3, UA_NODEID_NUMERIC(0, UA_NS0ID_HIERARCHICALREFERENCES),
                            &description->referenceTypeId) ||
        !osm_arg_bool(at, args, 4, true, &subtypes) ||
        !osm_arg_enum_mask(at, args, 5, &osm_enum_node_class, &description->nodeClassMask))
        return false;
    if (recursive->max_depth == -1 || recursive->max_depth > OSM_MAX_DEPTH)
        recursive->max_depth = OSM_MAX_DEPTH;
    description->browseDirection = (UA_BrowseDirection)direction;
    description->includeSubtypes = subtypes;
    description->resultMask = OSM_RESULT_MASK;
    return true;
}

/* --- one level ----------------------------------------------------------------------------- */

static void walk(struct osm_op *op);

/* Moves a page's references behind those the level has. */
static void take_page(struct level *level, UA_BrowseResult *page)
{
    if (!page->referencesSize)
        return;
    level->references = osm_realloc(level->references, (level->size + page->referencesSize) *
                                                           sizeof(*level->references));
    memcpy(level->references + level->size, page->references,
           page->referencesSize * sizeof(*level->references));
    level->size += page->referencesSize;
    UA_free(page->references);
    page->references = NULL;
    page->referencesSize = 0;
}

static void page_done(struct osm_op *op, UA_BrowseResult *page);

static void next_step(struct osm_op *op, void *response)
{
    UA_BrowseNextResponse *answer = response;
    UA_BrowseResult nothing;

    UA_BrowseResult_init(&nothing);
    page_done(op, answer->resultsSize ? &answer->results[0] : &nothing);
}

static void page_done(struct osm_op *op, UA_BrowseResult *page)
{
    struct recursive *recursive = op->state;
    struct level *level = &recursive->levels[recursive->depth - 1];
    UA_BrowseNextRequest request;

    recursive->empty_pages = page->referencesSize ? 0 : recursive->empty_pages + 1;
    take_page(level, page);
    if (!page->continuationPoint.length) {
        walk(op);
        return;
    }
    if (level->size > OSM_LEVEL_REFERENCES || recursive->empty_pages > OSM_EMPTY_PAGES) {
        osm_op_failf(op, OSM_FAULT_SERIALIZATION,
                     "The server's list of references does not end: more than %d references or "
                     "%d empty pages of one node",
                     OSM_LEVEL_REFERENCES, OSM_EMPTY_PAGES);
        return;
    }
    UA_BrowseNextRequest_init(&request);
    request.continuationPoints = &page->continuationPoint;
    request.continuationPointsSize = 1;
    osm_op_send(op, &osm_service_browse_next, &request, next_step);
}

static void browse_step(struct osm_op *op, void *response)
{
    UA_BrowseResponse *answer = response;
    UA_BrowseResult nothing;

    UA_BrowseResult_init(&nothing);
    page_done(op, answer->resultsSize ? &answer->results[0] : &nothing);
}

static void descend(struct osm_op *op, UA_NodeId node)
{
    struct recursive *recursive = op->state;
    UA_BrowseDescription description = recursive->description;
    UA_BrowseRequest request;

    osm_assert(recursive->depth < OSM_MAX_DEPTH);
    recursive->levels[recursive->depth++] = (struct level){0};
    recursive->empty_pages = 0;
    description.nodeId = node;
    UA_BrowseRequest_init(&request);
    request.nodesToBrowse = &description;
    request.nodesToBrowseSize = 1;
    osm_op_send(op, &osm_service_browse, &request, browse_step);
}

/* --- the walk ------------------------------------------------------------------------------ */

/* Whether the node is met for the first time; from now on it is known. */
static bool first_visit(struct osm_op *op, const UA_NodeId *node)
{
    struct recursive *recursive = op->state;
    const char *text = osm_node_id_text(osm_op_arena(op), node);
    size_t length = strlen(text);
    struct visited *visited;

    HASH_FIND(hh, recursive->visited, text, length, visited);
    if (visited)
        return false;
    visited = osm_arena_alloc(osm_op_arena(op), sizeof(*visited) + length);
    memcpy(visited->text, text, length);
    visited->length = length;
    HASH_ADD_KEYPTR(hh, recursive->visited, visited->text, length, visited);
    return true;
}

static void finish(struct osm_op *op)
{
    osm_json_array_end(&op->request->json);
    osm_op_finish(op);
}

/* Writes what can be written; asks for the next level, or is done. */
static void walk(struct osm_op *op)
{
    struct recursive *recursive = op->state;
    struct osm_encoder encoder = osm_op_encoder(op);

    while (op->request->out.length <= OSM_TREE_REPLY_LIMIT) {
        struct level *level = &recursive->levels[recursive->depth - 1];
        const UA_ReferenceDescription *reference;

        if (level->next == level->size) {
            UA_Array_delete(level->references, level->size,
                            &UA_TYPES[UA_TYPES_REFERENCEDESCRIPTION]);
            if (--recursive->depth == 0) {
                finish(op);
                return;
            }
            osm_encode_browse_node_end(&encoder);
            continue;
        }
        reference = &level->references[level->next++];
        osm_encode_browse_node_begin(&encoder, reference);
        if (first_visit(op, &reference->nodeId.nodeId) &&
            (int64_t)recursive->depth < recursive->max_depth) {
            descend(op, reference->nodeId.nodeId);
            return;
        }
        osm_encode_browse_node_end(&encoder);
    }
    osm_op_failf(op, OSM_FAULT_SERIALIZATION,
                 "The tree is larger than %zu bytes: ask for less depth", OSM_TREE_REPLY_LIMIT);
}

static void start(struct osm_op *op)
{
    struct recursive *recursive = op->state;

    cleanup(op); /* of an attempt that was lost */
    op->cleanup = cleanup;
    osm_json_array_begin(osm_op_reply(op));
    descend(op, recursive->description.nodeId);
}

static const struct osm_parameter parameters[] = {{"nodeId", NULL},
                                                  {"direction", "0"},
                                                  {"maxDepth", "null"},
                                                  {"referenceTypeId", "i=33"},
                                                  {"includeSubtypes", "true"},
                                                  {"nodeClasses", "[]"},
                                                  {0}};

const struct osm_method osm_method_browseRecursive = {
    .name = "browseRecursive",
    .flags = OSM_OP_READS,
    .state_size = sizeof(struct recursive),
    .parameters = parameters,
    .decode = decode,
    .start = start,
};
