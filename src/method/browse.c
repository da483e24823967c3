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
#include "wire/plain_encode.h"

#define OSM_RESULT_MASK 0x3F /* all fields of a ReferenceDescription */
/* A server that never ends a list is stopped here. */
#define OSM_BROWSE_REPLY_LIMIT ((size_t)256 * 1024 * 1024)

struct browse {
    UA_BrowseDescription description;
    UA_ByteString point; /* browseNext: what the caller gave */
    struct osm_json *json;
};

/* Values of the enum NodeClass (types.md §3.7). */
static bool add_node_class(struct osm_decode *decode, yyjson_val *value, UA_UInt32 *mask)
{
    int64_t node_class = osm_cast_int(value);

    if (node_class < 0 || node_class > 128 || (node_class & (node_class - 1)))
        return osm_decode_enum_error_int(decode, node_class, "Types\\NodeClass");
    *mask |= (UA_UInt32)node_class;
    return true;
}

static bool decode_node_classes(struct osm_decode *decode, yyjson_val *value, UA_UInt32 *mask)
{
    struct osm_list list;
    yyjson_val *item;

    if (!osm_plain_read_list_or_null(decode, value, &list))
        return false;
    for (decode->item = 0; (item = osm_list_next(&list)); decode->item++)
        if (!add_node_class(decode, item, mask))
            return false;
    return true;
}

static bool browse_decode(struct osm_decode *decode, const struct osm_params *params,
                          const struct osm_session *session, void *state)
{
    UA_BrowseDescription *description = &((struct browse *)state)->description;
    int64_t direction = osm_param_int(params, 1, 0);

    description->includeSubtypes = osm_param_bool(params, 3, true);
    description->resultMask = OSM_RESULT_MASK;
    *decode = osm_decode_at(decode, 0);
    if (!osm_plain_read_node_id(decode, osm_param(params, 0), &description->nodeId))
        return false;
    *decode = osm_decode_at(decode, 1);
    if (direction < 0 || direction > 2)
        return osm_decode_enum_error_int(decode, direction, "Types\\BrowseDirection");
    description->browseDirection = (UA_BrowseDirection)direction;
    *decode = osm_decode_at(decode, 2);
    if (!osm_plain_read_node_id_or(decode, osm_param(params, 2),
                                   UA_NODEID_NUMERIC(0, UA_NS0ID_HIERARCHICALREFERENCES),
                                   &description->referenceTypeId))
        return false;
    *decode = osm_decode_at(decode, 4);
    return decode_node_classes(decode, osm_param(params, 4), &description->nodeClassMask);
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

static void send_next(struct osm_op *op, UA_ByteString *point, bool release, osm_op_step_fn *step)
{
    UA_BrowseNextRequest request;

    UA_BrowseNextRequest_init(&request);
    request.releaseContinuationPoints = release;
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

static void write_references(struct osm_op *op, struct osm_json *json,
                             const UA_BrowseResult *result)
{
    const struct osm_wire_context context = osm_session_wire_context(op->session);

    for (size_t i = 0; i < result->referencesSize; i++)
        osm_plain_reference_description(json, &context, &result->references[i]);
}

/* --- browse: the first page, the rest is released (M8) ------------------------------------- */

static void released(struct osm_op *op, void *response)
{
    osm_op_finish(op);
}

static void browse_step(struct osm_op *op, void *response)
{
    UA_BrowseResponse *answer = response;
    UA_BrowseResult nothing;
    UA_BrowseResult *result = first_result(answer->results, answer->resultsSize, &nothing);
    struct osm_json *json = osm_op_reply(op);

    osm_json_array_begin(json);
    write_references(op, json, result);
    osm_json_array_end(json);
    if (result->continuationPoint.length)
        send_next(op, &result->continuationPoint, true, released);
    else
        osm_op_finish(op);
}

static void browse_start(struct osm_op *op)
{
    send_browse(op, browse_step);
}

const struct osm_method osm_method_browse = {
    .name = "browse",
    .flags = OSM_OP_READS,
    .state_size = sizeof(struct browse),
    .decode = browse_decode,
    .start = browse_start,
    .parameters = "nodeId, direction=0, referenceTypeId=i=33, includeSubtypes=true, "
                  "nodeClasses=[], useCache=true",
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

    write_references(op, browse->json, result);
    if (op->request->out.length > OSM_BROWSE_REPLY_LIMIT) {
        osm_op_failf(op, OSM_FAULT_SERIALIZATION,
                     "The server's list of references does not end: more than %zu bytes",
                     OSM_BROWSE_REPLY_LIMIT);
    } else if (result->continuationPoint.length) {
        send_next(op, &result->continuationPoint, false, next_step);
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
    .start = browse_all_start,
    .parameters = "as browse",
};

/* --- browseWithContinuation, browseNext: the caller follows -------------------------------- */

static void finish_result_set(struct osm_op *op, const UA_BrowseResult *result)
{
    struct osm_json *json = osm_op_reply(op);

    osm_json_object_begin(json);
    osm_json_key(json, "references");
    osm_json_array_begin(json);
    write_references(op, json, result);
    osm_json_array_end(json);
    osm_json_key(json, "continuationPoint");
    osm_plain_base64(json, &result->continuationPoint, true);
    osm_json_object_end(json);
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

const struct osm_method osm_method_browseWithContinuation = {
    .name = "browseWithContinuation",
    .flags = OSM_OP_READS,
    .state_size = sizeof(struct browse),
    .decode = browse_decode,
    .start = continuation_start,
    .parameters = "as browse, without useCache",
};

/* Base64 as we handed it out; anything else counts as the bytes themselves. */
static bool browse_next_decode(struct osm_decode *decode, const struct osm_params *params,
                               const struct osm_session *session, void *state)
{
    struct browse *browse = state;
    size_t length;
    const char *text = osm_cast_text(osm_param(params, 0), decode->arena, &length);

    if (!osm_base64_decode(text, length, decode->arena, &browse->point.data,
                           &browse->point.length)) {
        browse->point.data = (UA_Byte *)osm_arena_text(decode->arena, text, length);
        browse->point.length = length;
    }
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

    send_next(op, &browse->point, false, browse_next_step);
}

const struct osm_method osm_method_browseNext = {
    .name = "browseNext",
    .flags = OSM_OP_READS,
    .state_size = sizeof(struct browse),
    .decode = browse_next_decode,
    .start = browse_next_start,
    .parameters = "continuationPoint",
};
