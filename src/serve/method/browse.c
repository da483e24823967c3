/* SPDX-License-Identifier: MIT */
/*
 * browse, browseAll, browseWithContinuation, browseNext (methods.md §2.3–2.5; OPC 10000-4
 * §5.8.2, §5.8.3). They differ in what becomes of the continuation point: released, followed, or
 * handed to the caller. The status of the result is not looked at: an unknown node has no
 * references.
 */
#include "serve/method/events.h"
#include "serve/method/references.h"

struct browse {
    struct osm_references references; /* first, as references.h wants it; the list: browseAll */
    size_t written;                   /* of them */
    struct osm_timer *pause;          /* between slices of them */
    struct osm_cached cached;         /* browse */
    UA_BrowseDescription description;
    UA_ByteString point; /* browseNext: what the caller gave */
    bool use_cache;
};

#define NODE_ROWS                                                                                  \
    {"nodeId", NULL, OSM_NODE(struct browse, description.nodeId)},                                 \
        {"direction", "0",                                                                         \
         OSM_ENUM(struct browse, description.browseDirection, &osm_parameter_browse_direction)},   \
        {"referenceTypeId", "i=33", OSM_NODE(struct browse, description.referenceTypeId)},         \
        {"includeSubtypes", "true", OSM_BOOL(struct browse, description.includeSubtypes)},         \
    {                                                                                              \
        "nodeClasses", "[]",                                                                       \
            OSM_ENUM_MASK(struct browse, description.nodeClassMask, &osm_parameter_node_class)     \
    }

static const struct osm_parameter node_parameters[] = {NODE_ROWS, {.name = ""}};
static const struct osm_parameter browse_parameters[] = {
    NODE_ROWS, {"useCache", "true", OSM_BOOL(struct browse, use_cache)}, {.name = ""}};

static bool browse_complete(struct osm_args *args, void *state)
{
    ((struct browse *)state)->description.resultMask = OSM_RESULT_MASK;
    return true;
}

static void write_references(struct osm_encoder encoder, const UA_BrowseResult *page)
{
    osm_record_encode_all(&encoder, &osm_record_reference_description, page->references,
                          page->referencesSize);
}

static void tell_browsed(struct osm_op *op, size_t count)
{
    const UA_BrowseDescription *description = &((const struct browse *)op->state)->description;

    osm_tell(osm_op_session(op), OSM_EVENT_NODE_BROWSED,
             osm_field_node_id("nodeId", &description->nodeId),
             osm_field_text("direction", osm_event_direction_name(description->browseDirection)),
             osm_field_uint("resultCount", count));
}

/* Leaves the queue for points (points.h), also after an attempt that was lost. */
static void browse_cleanup(struct osm_op *op)
{
    struct browse *browse = op->state;

    osm_references_clear(&browse->references);
    op->link->env->loop.ops->timer_free(osm_steal(browse->pause));
}

/* The server's refusal of a whole request. */
static bool refused(struct osm_op *op, UA_StatusCode status)
{
    struct osm_points_place *place = &((struct browse *)op->state)->references.place;
    bool later = osm_references_mean_later(place, status);

    if (later)
        osm_points_refused(place);
    return later;
}

/* What goes to the server, in its turn. */
static void enter(struct osm_op *op, osm_op_start_fn *go)
{
    struct browse *browse = op->state;

    osm_points_enter(op, &browse->references.place, 1, go);
}

static void ask(struct osm_op *op, osm_op_step_fn *step)
{
    op->refused = refused;
    osm_references_send(op, &((struct browse *)op->state)->description, step);
}

/* --- browse: the first page, the rest is released (M8) ------------------------------------- */

static void released(struct osm_op *op, void *response)
{
    osm_op_finish(op);
}

/* More would hold the loop each time they are found. */
#define KEPT_REFERENCES 10000
#define KEPT_BYTES ((size_t)512 * 1024)

static bool may_keep(const UA_BrowseResult *page)
{
    return page->referencesSize <= KEPT_REFERENCES &&
           UA_calcSizeBinary(page, &UA_TYPES[UA_TYPES_BROWSERESULT]) <= KEPT_BYTES;
}

/* Without what belongs to the answer only. */
static void store_page(const struct browse *browse, const UA_BrowseResult *page)
{
    UA_BrowseResult kept = *page;

    if (UA_StatusCode_isBad(page->statusCode) || !browse->cached.key.data || !may_keep(page))
        return;
    kept.statusCode = UA_STATUSCODE_GOOD;
    kept.continuationPoint = UA_BYTESTRING_NULL;
    osm_cached_store(&browse->cached, &kept);
}

static void browse_step(struct osm_op *op, void *response)
{
    struct osm_points_place *place = &((struct browse *)op->state)->references.place;
    UA_BrowseResult *page = osm_references_result(response);
    struct osm_encoder encoder;

    if (refused(op, page->statusCode) || osm_reply_fail_strictly(op, page->statusCode))
        return;
    tell_browsed(op, page->referencesSize);
    encoder = osm_reply_answer_encoder(op, response);
    store_page(op->state, page);
    write_references(encoder, page);
    osm_points_note(place, &page->continuationPoint);
    osm_references_release(op, place, released);
}

static void browse_hit(struct osm_op *op, void *value)
{
    const UA_BrowseResult *page = value;

    tell_browsed(op, page->referencesSize);
    write_references(osm_reply_encoder(op), page);
    osm_op_finish(op);
}

static void browse_ask(struct osm_op *op)
{
    ask(op, browse_step);
}

static void browse_miss(struct osm_op *op)
{
    enter(op, browse_ask);
}

static void browse_start(struct osm_op *op)
{
    struct browse *browse = op->state;
    struct osm_cache_what what = osm_references_what(op, "browse", &browse->description);

    browse_cleanup(op);
    op->cleanup = browse_cleanup;
    osm_cached_look_up(&browse->cached, op, browse->use_cache ? &what : NULL,
                       &UA_TYPES[UA_TYPES_BROWSERESULT], browse_hit, browse_miss);
}

OSM_METHOD(browse, .flags = OSM_OP_READS, .state_size = sizeof(struct browse),
           .parameters = browse_parameters, .complete = browse_complete, .start = browse_start);

/* --- browseAll: every page ----------------------------------------------------------------- */

/* In slices: the whole list may be long. */
static void browse_all_write(void *context)
{
    struct osm_op *op = context;
    struct browse *browse = op->state;
    const struct osm_reference_list *list = &browse->references.list;
    size_t end = OSM_MIN(list->size, browse->written + OSM_REFERENCES_SLICE);
    struct osm_encoder encoder = osm_reply_encoder_more(op);

    for (; browse->written < end; browse->written++)
        osm_record_encode(&encoder, &osm_record_reference_description,
                          &list->items[browse->written]);
    if (osm_op_request(op)->out.length > OSM_REFERENCES_REPLY) {
        osm_op_failf(op, OSM_FAULT_SERIALIZATION,
                     "The references of the node are more than %zu bytes: use "
                     "browseWithContinuation",
                     OSM_REFERENCES_REPLY);
    } else if (end < list->size) {
        op->link->env->loop.ops->timer_start(browse->pause, OSM_REFERENCES_PAUSE);
    } else {
        osm_reply_list_end(op);
    }
}

static void browse_all_done(struct osm_op *op)
{
    osm_json_array_begin(osm_reply_begin(op));
    browse_all_write(op);
}

static void browse_all_start(struct osm_op *op)
{
    struct browse *browse = op->state;

    browse_cleanup(op);
    op->cleanup = browse_cleanup;
    browse->written = 0;
    browse->pause = osm_loop_timer(&op->link->env->loop, browse_all_write, op);
    osm_references_fetch(op, &browse->description, browse->use_cache, browse_all_done);
}

OSM_METHOD(browseAll, .flags = OSM_OP_READS, .state_size = sizeof(struct browse),
           .parameters = browse_parameters, .complete = browse_complete, .start = browse_all_start);

/* --- browseWithContinuation, browseNext: the caller follows -------------------------------- */

static void write_page(struct osm_op *op, const void *response, const UA_BrowseResult *page)
{
    UA_BrowseResult *written = osm_arena_alloc(osm_op_arena(op), sizeof(*written));

    *written = *page; /* which may be nobody's but the step's */
    osm_reply_answer(op, response, &osm_record_browse_result_set, written);
}

static void gone_step(struct osm_op *op, void *response)
{
    osm_op_failf(op, OSM_FAULT_CONNECTION, "The caller has gone");
}

static void continuation_step(struct osm_op *op, void *response)
{
    struct osm_points_place *place = &((struct browse *)op->state)->references.place;
    const UA_BrowseResult *page = osm_references_result(response);

    if (refused(op, page->statusCode) || osm_reply_fail_strictly(op, page->statusCode))
        return;
    osm_points_note(place, &page->continuationPoint);
    place->got = page->referencesSize;
    if (page->continuationPoint.length && !osm_caller_is_awaited(op->caller)) {
        osm_references_release(op, place, gone_step);
        return;
    }
    if (page->continuationPoint.length)
        osm_points_lend(place);
    write_page(op, response, page);
}

static void continuation_ask(struct osm_op *op)
{
    ask(op, continuation_step);
}

static void continuation_start(struct osm_op *op)
{
    browse_cleanup(op);
    op->cleanup = browse_cleanup;
    enter(op, continuation_ask);
}

OSM_METHOD(browseWithContinuation, .flags = OSM_OP_READS, .state_size = sizeof(struct browse),
           .parameters = node_parameters, .complete = browse_complete, .start = continuation_start);

static struct osm_points_lent *lent_of(struct osm_op *op)
{
    return osm_points_lent_find(op->link, &((struct browse *)op->state)->point);
}

static void next_cleanup(struct osm_op *op)
{
    struct osm_points_lent *lent = lent_of(op);

    if (lent)
        osm_points_lent_rest(op->link, lent);
}

/* Of a list that has begun with us: what does not go on may not pass for its end. */
static void broken_off(struct osm_op *op, const struct osm_points_lent *lent, const char *reason)
{
    osm_op_failf(op, OSM_FAULT_SERVICE, "%s (the list of references broke off after %zu)", reason,
                 lent->got);
}

static bool next_refused(struct osm_op *op, UA_StatusCode status)
{
    const struct osm_points_lent *lent = lent_of(op);

    if (!lent)
        return false;
    broken_off(op, lent, op->refusal.message);
    return true;
}

/* The status of a point that is none of ours is not looked at: it has no references. */
static void next_step(struct osm_op *op, void *response)
{
    struct osm_points_lent *lent = lent_of(op);
    const UA_BrowseResult *page = osm_references_result(response);

    if (lent && UA_StatusCode_isBad(page->statusCode)) {
        broken_off(op, lent,
                   osm_arena_printf(osm_op_arena(op), "BrowseNext was answered with 0x%08X %s",
                                    page->statusCode, UA_StatusCode_name(page->statusCode)));
        return;
    }
    if (!lent && osm_reply_fail_strictly(op, page->statusCode))
        return;
    if (lent)
        osm_points_lent_next(op->link, lent, &page->continuationPoint, page->referencesSize,
                             osm_caller_is_awaited(op->caller));
    write_page(op, response, page);
}

static void browse_next_start(struct osm_op *op)
{
    struct browse *browse = op->state;
    struct osm_points_lent *lent = lent_of(op);

    op->cleanup = next_cleanup;
    if (lent && lent->revoked) {
        broken_off(op, lent,
                   "The continuation point was released because it had not been used for a while "
                   "and others waited for it");
        return;
    }
    if (lent)
        lent->busy = true;
    op->refused = next_refused;
    osm_references_send_next(op, &browse->point, next_step);
}

/* Base64 as we handed it out. */
static const struct osm_parameter next_parameters[] = {
    {"continuationPoint", NULL, OSM_BYTES(struct browse, point)}, {.name = ""}};

OSM_METHOD(browseNext, .flags = OSM_OP_READS, .state_size = sizeof(struct browse),
           .parameters = next_parameters, .start = browse_next_start);
