/* SPDX-License-Identifier: MIT */
/* All references of a node; see references.h (OPC 10000-4 §5.8.2, §5.8.3). */
#include "serve/method/references.h"

#include <open62541/types_generated_handling.h>

#include "util/alloc.h"
#include "wire/text/node_id.h"

/* --- the services -------------------------------------------------------------------------- */

void osm_references_send(struct osm_op *op, const UA_BrowseDescription *description,
                         osm_op_step_fn *step)
{
    UA_BrowseDescription copy = *description;
    UA_BrowseRequest request;

    UA_BrowseRequest_init(&request);
    request.nodesToBrowse = &copy;
    request.nodesToBrowseSize = 1;
    osm_op_send(op, &osm_service_browse, &request, step);
}

void osm_references_send_next(struct osm_op *op, UA_ByteString *point, osm_op_step_fn *step)
{
    UA_BrowseNextRequest request;

    UA_BrowseNextRequest_init(&request);
    request.continuationPoints = point;
    request.continuationPointsSize = 1;
    osm_op_send(op, &osm_service_browse_next, &request, step);
}

/* Both answers are made alike. */
_Static_assert(offsetof(UA_BrowseResponse, results) == offsetof(UA_BrowseNextResponse, results) &&
                   offsetof(UA_BrowseResponse, resultsSize) ==
                       offsetof(UA_BrowseNextResponse, resultsSize),
               "read as the same structure below");

UA_BrowseResult *osm_references_result(void *response, UA_BrowseResult *nothing)
{
    UA_BrowseResponse *answer = response;

    UA_BrowseResult_init(nothing);
    return answer->resultsSize ? &answer->results[0] : nothing;
}

struct osm_cache_what osm_references_what(struct osm_op *op, const char *kind,
                                          const UA_BrowseDescription *description)
{
    const UA_NodeId *type = &description->referenceTypeId;
    size_t head = 2 + sizeof(description->nodeClassMask);
    UA_ByteString id = {.length = UA_calcSizeBinary(type, &UA_TYPES[UA_TYPES_NODEID])};
    uint8_t *suffix = osm_arena_alloc(osm_op_arena(op), head + id.length);

    suffix[0] = (uint8_t)description->browseDirection;
    suffix[1] = description->includeSubtypes;
    memcpy(suffix + 2, &description->nodeClassMask, sizeof(description->nodeClassMask));
    id.data = suffix + head;
    if (UA_encodeBinary(type, &UA_TYPES[UA_TYPES_NODEID], &id) != UA_STATUSCODE_GOOD)
        osm_assert(!"a NodeId that cannot be encoded");
    return (struct osm_cache_what){kind, &description->nodeId, suffix, head + id.length};
}

/* --- the list ------------------------------------------------------------------------------ */

void osm_reference_list_clear(struct osm_reference_list *list)
{
    free(list->items);
    osm_arena_deinit(&list->texts);
    *list = (struct osm_reference_list){0};
}

size_t osm_reference_list_bytes(const struct osm_reference_list *list)
{
    return list->capacity * sizeof(*list->items) + list->texts.used;
}

static UA_String keep_text(struct osm_arena *arena, const UA_String *text)
{
    if (!text->length)
        return (UA_String){0, text->data ? (UA_Byte *)UA_EMPTY_ARRAY_SENTINEL : NULL};
    return (UA_String){text->length,
                       (UA_Byte *)osm_arena_text(arena, (const char *)text->data, text->length)};
}

static UA_ExpandedNodeId keep_expanded(struct osm_arena *arena, const UA_ExpandedNodeId *id)
{
    return (UA_ExpandedNodeId){.nodeId = osm_node_id_keep(arena, &id->nodeId),
                               .namespaceUri = keep_text(arena, &id->namespaceUri),
                               .serverIndex = id->serverIndex};
}

static UA_ReferenceDescription keep(struct osm_arena *arena,
                                    const UA_ReferenceDescription *reference)
{
    UA_ReferenceDescription kept = *reference;

    kept.referenceTypeId = osm_node_id_keep(arena, &reference->referenceTypeId);
    kept.nodeId = keep_expanded(arena, &reference->nodeId);
    kept.browseName.name = keep_text(arena, &reference->browseName.name);
    kept.displayName.locale = keep_text(arena, &reference->displayName.locale);
    kept.displayName.text = keep_text(arena, &reference->displayName.text);
    kept.typeDefinition = keep_expanded(arena, &reference->typeDefinition);
    return kept;
}

/* Copies a page's references behind those that are there. */
static void take_page(struct osm_reference_list *list, const UA_BrowseResult *page)
{
    size_t size = list->size + page->referencesSize;

    if (size > list->capacity) {
        list->capacity = list->size ? OSM_MAX(size, 2 * list->capacity) : size;
        list->items = osm_realloc(list->items, list->capacity * sizeof(*list->items));
    }
    for (size_t i = 0; i < page->referencesSize; i++)
        list->items[list->size++] = keep(&list->texts, &page->references[i]);
}

/* A server may make up nodes and names for as long as it is asked. */
static bool is_too_much(struct osm_op *op)
{
    const struct osm_references *references = op->state;

    if (references->held + osm_reference_list_bytes(&references->list) <= OSM_REFERENCES_BYTES)
        return false;
    osm_op_failf(op, OSM_FAULT_SERIALIZATION,
                 "The server's references take more than %zu bytes (%zu of one node so far): ask "
                 "for fewer of them",
                 OSM_REFERENCES_BYTES, references->list.size);
    return true;
}

static void complete(struct osm_op *op)
{
    struct osm_references *references = op->state;
    UA_BrowseResult whole;

    UA_BrowseResult_init(&whole);
    whole.references = references->list.items;
    whole.referencesSize = references->list.size;
    if (!references->bad)
        osm_cached_store(&references->cached, &whole);
    references->done(op);
}

static void page_step(struct osm_op *op, void *response)
{
    struct osm_references *references = op->state;
    UA_BrowseResult nothing;
    UA_BrowseResult *page = osm_references_result(response, &nothing);

    references->bad |= page == &nothing || UA_StatusCode_isBad(page->statusCode);
    references->empty_pages = page->referencesSize ? 0 : references->empty_pages + 1;
    take_page(&references->list, page);
    if (is_too_much(op))
        return;
    if (!page->continuationPoint.length)
        complete(op);
    else if (references->list.size > OSM_REFERENCES_MAX ||
             references->empty_pages > OSM_REFERENCES_EMPTY_PAGES)
        osm_op_failf(op, OSM_FAULT_SERIALIZATION,
                     "The server's list of references does not end: more than %d references or "
                     "%d empty pages of one node",
                     OSM_REFERENCES_MAX, OSM_REFERENCES_EMPTY_PAGES);
    else
        osm_references_send_next(op, &page->continuationPoint, page_step);
}

static void hit(struct osm_op *op, void *value)
{
    struct osm_references *references = op->state;

    take_page(&references->list, value);
    if (!is_too_much(op))
        references->done(op);
}

static void miss(struct osm_op *op)
{
    const struct osm_references *references = op->state;

    osm_references_send(op, references->description, page_step);
}

void osm_references_fetch(struct osm_op *op, const UA_BrowseDescription *description,
                          bool use_cache, osm_op_start_fn *done)
{
    struct osm_references *references = op->state;
    struct osm_cache_what what = osm_references_what(op, "browseAll", description);

    osm_reference_list_clear(&references->list);
    references->bad = false;
    references->empty_pages = 0;
    references->description = description;
    references->done = done;
    osm_cached_look_up(&references->cached, op, use_cache ? &what : NULL,
                       &UA_TYPES[UA_TYPES_BROWSERESULT], hit, miss);
}
