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

#include "core/manager/registry.h"
#include "serve/method/methods.h"
#include "serve/method/references.h"
#include "wire/text/node_id.h"

#define OSM_MAX_DEPTH 256
#define OSM_DEFAULT_DEPTH 10
/* Identifiers are no longer (OPC 10000-3 §8.2.4). Nodes of longer ones are shown, not entered: they
 * would be compared and asked for on the loop. */
#define OSM_LONGEST_ID 4096
/* What is visited is kept in so many tables: one of a million nodes would grow all at once. */
#define OSM_SHELVES 256

/* One node on the way down: its references, and how many of them are written. */
struct level {
    struct osm_reference_list list;
    size_t next;
};

struct visited {
    UT_hash_handle hh;
    size_t length;
    char text[];
};

struct recursive {
    struct osm_references references; /* of the level on its way; first, as references.h wants it */
    UA_BrowseDescription description; /* its nodeId: what that level is of */
    UA_NodeId root;
    int64_t max_depth;
    struct level levels[OSM_MAX_DEPTH];
    size_t depth; /* levels in use; the last one is the one at hand */
    struct visited *visited[OSM_SHELVES];
    size_t slice;  /* references written in this turn */
    bool fetching; /* the fetch is still on the stack … */
    bool fetched;  /* … and the level is there */
    struct osm_timer *pause;
};

static void cleanup(struct osm_op *op)
{
    struct recursive *recursive = op->state;

    for (size_t i = 0; i < recursive->depth; i++)
        osm_reference_list_clear(&recursive->levels[i].list);
    recursive->depth = 0;
    recursive->references.held = 0;
    osm_references_clear(&recursive->references);
    op->link->env->loop.ops->timer_free(osm_steal(recursive->pause));
    for (size_t i = 0; i < OSM_SHELVES; i++)
        HASH_CLEAR(hh, recursive->visited[i]); /* the nodes themselves are the arena's */
}

static bool read_depth(struct osm_args *args, const struct osm_parameter *row, yyjson_val *value,
                       void *out)
{
    int64_t *depth = out;

    *depth = osm_config_int(osm_session_config(args->session), OSM_CONFIG_defaultBrowseMaxDepth,
                            OSM_DEFAULT_DEPTH);
    if (value && !osm_parameter_int(args, row, value, depth))
        return false;
    if (*depth == -1 || *depth > OSM_MAX_DEPTH)
        *depth = OSM_MAX_DEPTH;
    return true;
}

/* --- the walk ------------------------------------------------------------------------------ */

static bool is_too_long(const UA_NodeId *node)
{
    return (node->identifierType == UA_NODEIDTYPE_STRING ||
            node->identifierType == UA_NODEIDTYPE_BYTESTRING) &&
           node->identifier.string.length > OSM_LONGEST_ID;
}

static size_t shelf_of(const char *text, size_t length)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < length; i++)
        sum = sum * 31 + (unsigned char)text[i];
    return sum % OSM_SHELVES;
}

/* Whether the node is met for the first time; from now on it is known. */
static bool first_visit(struct osm_op *op, const UA_NodeId *node)
{
    struct recursive *recursive = op->state;
    struct visited *visited, **shelf;
    const char *text;
    size_t length;

    if (is_too_long(node))
        return false;
    text = osm_node_id_text(osm_op_arena(op), node);
    length = strlen(text);
    shelf = &recursive->visited[shelf_of(text, length)];
    HASH_FIND(hh, *shelf, text, length, visited);
    if (visited)
        return false;
    visited = osm_arena_alloc(osm_op_arena(op), sizeof(*visited) + length);
    memcpy(visited->text, text, length);
    visited->length = length;
    HASH_ADD_KEYPTR(hh, *shelf, visited->text, length, visited);
    return true;
}

static void level_end(struct recursive *recursive)
{
    struct level *level = &recursive->levels[--recursive->depth];

    recursive->references.held -= osm_reference_list_bytes(&level->list);
    osm_reference_list_clear(&level->list);
}

/* Writes what can be written. True: the level of description.nodeId is to be fetched; false: it
 * goes on after a pause, or the operation is over. */
static bool write_levels(struct osm_op *op)
{
    struct recursive *recursive = op->state;
    struct osm_encoder encoder = osm_reply_encoder_more(op);

    while (osm_op_request(op)->out.length <= OSM_REFERENCES_REPLY) {
        struct level *level = &recursive->levels[recursive->depth - 1];
        const UA_ReferenceDescription *reference;

        if (recursive->slice > OSM_REFERENCES_SLICE) {
            recursive->slice = 0;
            op->link->env->loop.ops->timer_start(recursive->pause, OSM_REFERENCES_PAUSE);
            return false;
        }
        if (level->next == level->list.size) {
            level_end(recursive);
            if (recursive->depth == 0) {
                osm_reply_list_end(op);
                return false;
            }
            osm_record_browse_node_end(&encoder);
            continue;
        }
        reference = &level->list.items[level->next++];
        recursive->slice++;
        osm_record_browse_node_begin(&encoder, reference);
        if (first_visit(op, &reference->nodeId.nodeId) &&
            (int64_t)recursive->depth < recursive->max_depth) {
            recursive->description.nodeId = reference->nodeId.nodeId;
            return true;
        }
        osm_record_browse_node_end(&encoder);
    }
    osm_op_failf(op, OSM_FAULT_SERIALIZATION,
                 "The tree is larger than %zu bytes: ask for less depth", OSM_REFERENCES_REPLY);
    return false;
}

/* --- from level to level ------------------------------------------------------------------- */

static void level_fetched(struct osm_op *op);

/* Fetches level after level and writes between them, until one has to be waited for. What comes
 * from the cache comes at once: a loop, or a large tree would need as large a stack. */
static void walk(struct osm_op *op)
{
    struct recursive *recursive = op->state;

    do {
        recursive->fetching = true;
        recursive->fetched = false;
        osm_references_fetch(op, &recursive->description, true, level_fetched);
        recursive->fetching = false;
    } while (recursive->fetched && write_levels(op));
}

static void after_pause(void *context)
{
    if (write_levels(context))
        walk(context);
}

static void level_fetched(struct osm_op *op)
{
    struct recursive *recursive = op->state;
    struct osm_references *references = &recursive->references;

    osm_assert(recursive->depth < OSM_MAX_DEPTH);
    recursive->levels[recursive->depth++] = (struct level){.list = references->list};
    references->held += osm_reference_list_bytes(&references->list);
    references->list = (struct osm_reference_list){0};
    recursive->fetched = true;
    if (recursive->fetching)
        return; /* walk() goes on */
    recursive->slice = 0;
    if (write_levels(op))
        walk(op);
}

static void start(struct osm_op *op)
{
    struct recursive *recursive = op->state;

    cleanup(op); /* of an attempt that was lost */
    op->cleanup = cleanup;
    recursive->pause = osm_loop_timer(&op->link->env->loop, after_pause, op);
    recursive->slice = 0;
    recursive->description.nodeId = recursive->root;
    recursive->description.resultMask = OSM_RESULT_MASK;
    osm_json_array_begin(osm_reply_begin(op));
    walk(op);
}

static const struct osm_parameter parameters[] = {
    {"nodeId", NULL, OSM_NODE(struct recursive, root)},
    {"direction", "0",
     OSM_ENUM(struct recursive, description.browseDirection, &osm_parameter_browse_direction)},
    {"maxDepth", "null", OSM_READ(read_depth, struct recursive, max_depth)},
    {"referenceTypeId", "i=33", OSM_NODE(struct recursive, description.referenceTypeId)},
    {"includeSubtypes", "true", OSM_BOOL(struct recursive, description.includeSubtypes)},
    {"nodeClasses", "[]",
     OSM_ENUM_MASK(struct recursive, description.nodeClassMask, &osm_parameter_node_class)},
    {.name = ""}};

OSM_METHOD(browseRecursive, .flags = OSM_OP_READS, .state_size = sizeof(struct recursive),
           .parameters = parameters, .start = start);
