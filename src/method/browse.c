/* SPDX-License-Identifier: MIT */
/*
 * browse, browseAll, browseWithContinuation, browseNext (methods.md §2.3–2.5; OPC 10000-4
 * §5.8.2, §5.8.3). They differ in what becomes of the continuation point: released, followed, or
 * handed to the caller. The status of the result is not looked at: an unknown node has no
 * references.
 */
#include <open62541/nodeids.h>

#include "method/method.h"
#include "wire/base64.h"

#define OSM_RESULT_MASK 0x3F /* all fields of a ReferenceDescription */
/* A server that never ends a list is stopped here. */
#define OSM_BROWSE_REPLY_LIMIT ((size_t)256 * 1024 * 1024)
#define OSM_BROWSE_EMPTY_PAGES 1000

struct browse {
    UA_BrowseDescription description;
    UA_ByteString point; /* browseNext: what the caller gave */
    struct osm_json *json;
    unsigned empty_pages; /* browseAll: in a row */
};

static bool browse_decode(struct osm_decode *decode, struct osm_args *args,
                          const struct osm_session *session, void *state)
{
    UA_BrowseDescription *description = &((struct browse *)state)->description;
    bool subtypes;
    int64_t direction;

    if (!osm_arg_node_id(decode, args, 0, &description->nodeId) ||
        !osm_arg_enum(decode, args, 1, &osm_enum_browse_direction, 0, &direction) ||
        !osm_arg_node_id_or(decode, args, 2, UA_NODEID_NUMERIC(0, UA_NS0ID_HIERARCHICALREFERENCES),
                            &description->referenceTypeId) ||
        !osm_arg_bool(decode, args, 3, true, &subtypes) ||
        !osm_arg_enum_mask(decode, args, 4, &osm_enum_node_class, &description->nodeClassMask))
        return false;
    description->browseDirection = (UA_BrowseDirection)direction;
    description->includeSubtypes = subtypes;
    description->resultMask = OSM_RESULT_MASK;
    return true;
}

static void send_browse(struct osm_op *op, osm_op_step_fn *step)
{
    struct browse *browse = op->state;
    UA_BrowseRequest request;

    UA_BrowseRequest_init(&request);
    request.nodesToBrowse = &browse->description;
    request.nodesToBrowseSize = 1;
    osm_op_send(op, &osm_service_browse, &request, step);
}

static void send_next(struct osm_op *op, UA_ByteString *point, osm_op_step_fn *step)
{
    UA_BrowseNextRequest request;

    UA_BrowseNextRequest_init(&request);
    request.continuationPoints = point;
    request.continuationPointsSize = 1;
    osm_op_send(op, &osm_service_browse_next, &request, step);
}

/* Both services answer with the same kind of results. */
static UA_BrowseResult *first_result(UA_BrowseResult *results, size_t size,
                                     UA_BrowseResult *nothing)
{
    UA_BrowseResult_init(nothing);
    return size ? &results[0] : nothing;
}

/* --- browse: the first page, the rest is released (M8) ------------------------------------- */

static void released(struct osm_op *op, void *response)
{
    osm_op_finish(op);
}

/* The reply is complete: whether the server can release is its own business. */
static void release(struct osm_op *op, UA_ByteString *point)
{
    UA_BrowseNextRequest request;

    UA_BrowseNextRequest_init(&request);
    request.releaseContinuationPoints = true;
    request.continuationPoints = point;
    request.continuationPointsSize = 1;
    osm_op_send_regardless(op, &osm_service_browse_next, &request, released);
}

static void browse_step(struct osm_op *op, void *response)
{
    UA_BrowseResponse *answer = response;
    UA_BrowseResult nothing;
    UA_BrowseResult *result = first_result(answer->results, answer->resultsSize, &nothing);
    struct osm_encoder encoder = osm_op_reply_encoder(op);

    osm_encode_records(&encoder, &osm_record_reference_description, result->references,
                       result->referencesSize);
    if (result->continuationPoint.length)
        release(op, &result->continuationPoint);
    else
        osm_op_finish(op);
}

static void browse_start(struct osm_op *op)
{
    send_browse(op, browse_step);
}

static const struct osm_parameter browse_parameters[] = {{"nodeId", NULL},
                                                         {"direction", "0"},
                                                         {"referenceTypeId", "i=33"},
                                                         {"includeSubtypes", "true"},
                                                         {"nodeClasses", "[]"},
                                                         {"useCache", "true"},
                                                         {0}};

const struct osm_method osm_method_browse = {
    .name = "browse",
    .flags = OSM_OP_READS,
    .state_size = sizeof(struct browse),
    .decode = browse_decode,
    .parameters = browse_parameters,
    .start = browse_start,
};

/* --- browseAll: every page ----------------------------------------------------------------- */

static void next_page(struct osm_op *op, UA_BrowseResult *result);

static void next_step(struct osm_op *op, void *response)
{
    UA_BrowseNextResponse *answer = response;
    UA_BrowseResult nothing;

    next_page(op, first_result(answer->results, answer->resultsSize, &nothing));
}

static void next_page(struct osm_op *op, UA_BrowseResult *result)
{
    struct browse *browse = op->state;
    struct osm_encoder encoder = osm_op_encoder(op);

    for (size_t i = 0; i < result->referencesSize; i++)
        osm_encode_record(&encoder, &osm_record_reference_description, &result->references[i]);
    browse->empty_pages = result->referencesSize ? 0 : browse->empty_pages + 1;
    if (op->request->out.length > OSM_BROWSE_REPLY_LIMIT) {
        osm_op_failf(op, OSM_FAULT_SERIALIZATION,
                     "The server's list of references does not end: more than %zu bytes",
                     OSM_BROWSE_REPLY_LIMIT);
    } else if (browse->empty_pages > OSM_BROWSE_EMPTY_PAGES) {
        osm_op_failf(op, OSM_FAULT_SERIALIZATION,
                     "The server's list of references does not end: %d empty pages in a row",
                     OSM_BROWSE_EMPTY_PAGES);
    } else if (result->continuationPoint.length) {
        send_next(op, &result->continuationPoint, next_step);
    } else {
        osm_json_array_end(browse->json);
        osm_op_finish(op);
    }
}

static void browse_all_step(struct osm_op *op, void *response)
{
    UA_BrowseResponse *answer = response;
    struct browse *browse = op->state;
    UA_BrowseResult nothing;

    browse->empty_pages = 0;
    browse->json = osm_op_reply(op);
    osm_json_array_begin(browse->json);
    next_page(op, first_result(answer->results, answer->resultsSize, &nothing));
}

static void browse_all_start(struct osm_op *op)
{
    send_browse(op, browse_all_step);
}

const struct osm_method osm_method_browseAll = {
    .name = "browseAll",
    .flags = OSM_OP_READS,
    .state_size = sizeof(struct browse),
    .decode = browse_decode,
    .parameters = browse_parameters,
    .start = browse_all_start,
};

/* --- browseWithContinuation, browseNext: the caller follows -------------------------------- */

static void finish_result_set(struct osm_op *op, const UA_BrowseResult *result)
{
    struct osm_encoder encoder = osm_op_reply_encoder(op);

    osm_encode_record(&encoder, &osm_record_browse_result_set, result);
    osm_op_finish(op);
}

static void continuation_step(struct osm_op *op, void *response)
{
    UA_BrowseResponse *answer = response;
    UA_BrowseResult nothing;

    finish_result_set(op, first_result(answer->results, answer->resultsSize, &nothing));
}

static void continuation_start(struct osm_op *op)
{
    send_browse(op, continuation_step);
}

static const struct osm_parameter continuation_parameters[] = {{"nodeId", NULL},
                                                               {"direction", "0"},
                                                               {"referenceTypeId", "i=33"},
                                                               {"includeSubtypes", "true"},
                                                               {"nodeClasses", "[]"},
                                                               {0}};

const struct osm_method osm_method_browseWithContinuation = {
    .name = "browseWithContinuation",
    .flags = OSM_OP_READS,
    .state_size = sizeof(struct browse),
    .decode = browse_decode,
    .parameters = continuation_parameters,
    .start = continuation_start,
};

/* Base64 as we handed it out; anything else counts as the bytes themselves. */
static bool browse_next_decode(struct osm_decode *decode, struct osm_args *args,
                               const struct osm_session *session, void *state)
{
    struct browse *browse = state;
    UA_String text;

    if (!osm_arg_text(decode, args, 0, &text))
        return false;
    if (!osm_base64_decode((const char *)text.data, text.length, decode->arena, &browse->point.data,
                           &browse->point.length))
        browse->point = text;
    return true;
}

static void browse_next_step(struct osm_op *op, void *response)
{
    UA_BrowseNextResponse *answer = response;
    UA_BrowseResult nothing;

    finish_result_set(op, first_result(answer->results, answer->resultsSize, &nothing));
}

static void browse_next_start(struct osm_op *op)
{
    struct browse *browse = op->state;

    send_next(op, &browse->point, browse_next_step);
}

static const struct osm_parameter next_parameters[] = {{"continuationPoint", NULL}, {0}};

const struct osm_method osm_method_browseNext = {
    .name = "browseNext",
    .flags = OSM_OP_READS,
    .state_size = sizeof(struct browse),
    .decode = browse_next_decode,
    .parameters = next_parameters,
    .start = browse_next_start,
};
