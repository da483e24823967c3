/* SPDX-License-Identifier: MIT */
/* All references of a node; see references.h (OPC 10000-4 §5.8.2, §5.8.3). */
#include "serve/method/references.h"

#include <open62541/types_generated_handling.h>

#include "util/alloc.h"
#include "wire/text/node_id.h"

/* A thread of the pool takes less, but the pool may be busy. */
#define OSM_REFERENCES_COPY_MS 60000

/* --- the services -------------------------------------------------------------------------- */

void osm_references_send(struct osm_op *op, const UA_BrowseDescription *description,
                         osm_op_step_fn *step)
{
    UA_BrowseDescription copy = *description;
    UA_BrowseRequest request = {.nodesToBrowse = &copy, .nodesToBrowseSize = 1};

    osm_points_send(op, &osm_service_browse, &request, step);
}

void osm_references_send_next(struct osm_op *op, UA_ByteString *point, osm_op_step_fn *step)
{
    UA_BrowseNextRequest request = {.continuationPoints = point, .continuationPointsSize = 1};

    osm_points_send(op, &osm_service_browse_next, &request, step);
}

UA_BrowseResult *osm_references_result(void *response)
{
    return ((UA_BrowseResponse *)response)->results; /* or that of BrowseNext (points.c) */
}

bool osm_references_mean_later(const struct osm_points_place *place, UA_StatusCode status)
{
    return status == UA_STATUSCODE_BADNOCONTINUATIONPOINTS ||
           (status == UA_STATUSCODE_BADCONTINUATIONPOINTINVALID && osm_points_are_contested(place));
}

void osm_references_release(struct osm_op *op, struct osm_points_place *place, osm_op_step_fn *step)
{
    UA_BrowseNextRequest request;

    if (!place->point.length) {
        step(op, NULL);
        return;
    }
    UA_BrowseNextRequest_init(&request);
    request.releaseContinuationPoints = true;
    request.continuationPoints = &place->point;
    request.continuationPointsSize = 1;
    op->refused = NULL;
    osm_op_send_regardless(op, &osm_service_browse_next, &request, step);
    osm_points_note(place, NULL);
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

void osm_references_clear(struct osm_references *references)
{
    osm_points_leave(&references->place);
    osm_reference_list_clear(&references->list);
}

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
        list->items = osm_alloc_resize(list->items, list->capacity * sizeof(*list->items));
    }
    for (size_t i = 0; i < page->referencesSize; i++)
        list->items[list->size++] = keep(&list->texts, &page->references[i]);
}

/* The fault of an operation that has to release its point before it ends. */
static void released(struct osm_op *op, void *response)
{
    const struct osm_references *references = op->state;

    osm_op_fail(op, &references->fault);
}

static void release_and_fail(struct osm_op *op, enum osm_fault_type type, const char *message)
{
    struct osm_references *references = op->state;

    references->fault = (struct osm_fault){type, message};
    osm_references_release(op, &references->place, released);
}

/* A server may make up nodes and names for as long as it is asked. */
static bool is_too_much(struct osm_op *op)
{
    const struct osm_references *references = op->state;

    if (references->held + references->points + osm_reference_list_bytes(&references->list) <=
        OSM_REFERENCES_BYTES)
        return false;
    release_and_fail(op, OSM_FAULT_SERIALIZATION,
                     osm_arena_printf(osm_op_arena(op),
                                      "The server's references take more than %zu bytes (%zu of "
                                      "one node so far): ask for fewer of them",
                                      OSM_REFERENCES_BYTES, references->list.size));
    return true;
}

static bool is_endless(struct osm_op *op)
{
    const struct osm_references *references = op->state;

    if (references->list.size <= OSM_REFERENCES_MAX &&
        references->empty_pages <= OSM_REFERENCES_EMPTY_PAGES)
        return false;
    release_and_fail(op, OSM_FAULT_SERIALIZATION,
                     osm_arena_printf(osm_op_arena(op),
                                      "The server's list of references does not end: more than %d "
                                      "references or %d empty pages of one node",
                                      OSM_REFERENCES_MAX, OSM_REFERENCES_EMPTY_PAGES));
    return true;
}

static void complete(struct osm_op *op)
{
    struct osm_references *references = op->state;
    UA_BrowseResult whole;

    osm_points_leave(&references->place);
    op->refused = NULL;
    UA_BrowseResult_init(&whole);
    whole.references = references->list.items;
    whole.referencesSize = references->list.size;
    if (!references->bad && osm_reference_list_bytes(&references->list) <= OSM_REFERENCES_CACHED)
        osm_cached_store(&references->cached, &whole);
    references->done(op);
}

static void next_step(struct osm_op *op, void *response);

static void follow(struct osm_op *op)
{
    struct osm_references *references = op->state;

    osm_references_send_next(op, &references->place.point, next_step);
}

/* A page is in the list: the next one, if there are more. */
static void go_on(struct osm_op *op, bool more)
{
    struct osm_references *references = op->state;

    references->place.got = references->list.size;
    if (is_too_much(op))
        return;
    if (!more)
        complete(op);
    else if (!osm_caller_is_awaited(op->caller))
        release_and_fail(op, OSM_FAULT_CONNECTION, "The caller has gone");
    else if (!is_endless(op))
        follow(op);
}

/* A large page is copied off the loop, where it stays meanwhile (port/ua_ops.h). */
struct page {
    struct osm_ua_work work;
    struct osm_op *op;              /* that waits; NULL: it has ended */
    struct osm_reference_list list; /* the operation's, as long as the thread has it */
    const UA_BrowseResult *result;
    bool more;
};

static void page_run(struct osm_ua_work *work)
{
    struct page *page = osm_container_of(work, struct page, work);

    take_page(&page->list, page->result);
}

static void page_done(struct osm_ua_work *work)
{
    struct page *page = osm_container_of(work, struct page, work);
    struct osm_op *op = page->op;
    bool more = page->more;

    if (op) {
        ((struct osm_references *)op->state)->list = page->list;
        page->list = (struct osm_reference_list){0};
        osm_op_wait_over(op);
    }
    osm_reference_list_clear(&page->list);
    free(page);
    if (op)
        go_on(op, more);
}

static void page_late(struct osm_op *op)
{
    osm_op_failf(op, OSM_FAULT_CONNECTION, "The references could not be copied in time");
}

static void page_left(struct osm_op *op)
{
    ((struct page *)op->wait)->op = NULL;
}

static bool take_off_the_loop(struct osm_op *op, const void *response,
                              const UA_BrowseResult *result)
{
    const struct osm_env *env = op->link->env;
    struct osm_references *references = op->state;
    struct page *page;

    if (!osm_ua_answer_is_large(env->ua_ops, env->ua, response))
        return false;
    page = osm_alloc(sizeof(*page));
    *page = (struct page){.work = {.run = page_run, .done = page_done},
                          .op = op,
                          .list = references->list,
                          .result = result,
                          .more = result->continuationPoint.length > 0};
    env->ua_ops->answer_keep(env->ua, response, &page->work);
    references->list = (struct osm_reference_list){0};
    osm_op_wait(op, OSM_REFERENCES_COPY_MS, page, page_late, page_left);
    return true;
}

/* Takes in what a page brings. */
static void take(struct osm_op *op, const void *response, const UA_BrowseResult *page)
{
    struct osm_references *references = op->state;

    osm_points_note(&references->place, &page->continuationPoint);
    references->points += page->continuationPoint.length;
    references->empty_pages = page->referencesSize ? 0 : references->empty_pages + 1;
    if (take_off_the_loop(op, response, page))
        return;
    take_page(&references->list, page);
    go_on(op, page->continuationPoint.length > 0);
}

/* Later, from the beginning: what has come may not fit to what will. */
static void ask_again(struct osm_references *references)
{
    osm_points_refused(&references->place);
}

/* Only a server that has ended the list itself may pass for one that has told all. */
static void next_step(struct osm_op *op, void *response)
{
    struct osm_references *references = op->state;
    const UA_BrowseResult *page = osm_references_result(response);

    if (osm_references_mean_later(&references->place, page->statusCode))
        ask_again(references);
    else if (UA_StatusCode_isBad(page->statusCode))
        osm_op_failf(op, OSM_FAULT_SERVICE,
                     "The list of references broke off after %zu: BrowseNext was answered with "
                     "0x%08X %s",
                     references->list.size, page->statusCode, UA_StatusCode_name(page->statusCode));
    else
        take(op, response, page);
}

/* An unknown node has no references. */
static void first_step(struct osm_op *op, void *response)
{
    struct osm_references *references = op->state;
    const UA_BrowseResult *page = osm_references_result(response);

    references->bad = UA_StatusCode_isBad(page->statusCode);
    if (osm_references_mean_later(&references->place, page->statusCode))
        ask_again(references);
    else if (!osm_reply_fail_strictly(op, page->statusCode))
        take(op, response, page);
}

/* The server's refusal of a whole request. */
static bool refused(struct osm_op *op, UA_StatusCode status)
{
    struct osm_references *references = op->state;

    if (osm_references_mean_later(&references->place, status)) {
        ask_again(references);
        return true;
    }
    if (!references->place.point.length)
        return false;
    osm_op_failf(op, op->refusal.type, "%s (the list of references broke off after %zu)",
                 op->refusal.message, references->list.size);
    return true;
}

static void ask(struct osm_op *op)
{
    struct osm_references *references = op->state;

    osm_reference_list_clear(&references->list);
    references->points = 0;
    references->empty_pages = 0;
    op->refused = refused;
    osm_references_send(op, references->description, first_step);
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
    struct osm_references *references = op->state;

    osm_points_enter(op, &references->place, 1, ask);
}

void osm_references_fetch(struct osm_op *op, const UA_BrowseDescription *description,
                          bool use_cache, osm_op_start_fn *done)
{
    struct osm_references *references = op->state;
    struct osm_cache_what what = osm_references_what(op, "browseAll", description);

    osm_reference_list_clear(&references->list);
    references->description = description;
    references->done = done;
    osm_cached_look_up(&references->cached, op, use_cache ? &what : NULL,
                       &UA_TYPES[UA_TYPES_BROWSERESULT], hit, miss);
}
