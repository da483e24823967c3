/* SPDX-License-Identifier: MIT */
/*
 * addNodes, deleteNodes, addReferences, deleteReferences (methods.md §4.1; OPC 10000-4 §5.7).
 * They change the server's address space, so nothing is sent twice: what one request has done
 * stays done while the next ones follow.
 */
#include "serve/method/batch.h"
#include "serve/method/node_attributes.h"
#include "wire/tagged/tagged_decode.h"
#include "wire/text/node_id.h"
#include "wire/text/string.h"

/* --- what the items share ------------------------------------------------------------------ */

typedef bool decode_item_fn(struct osm_decode *decode, const struct osm_args *args, yyjson_val *map,
                            void *item);

struct items {
    void *list; /* UA_AddNodesItem or its like */
    size_t size;
    struct osm_batch batch;
};

/* The one parameter: a list of maps. */
static bool decode_items(struct osm_decode *decode, const struct osm_args *args, size_t item_size,
                         decode_item_fn *decode_item, struct items *items)
{
    struct osm_list list;
    yyjson_val *map;
    char *at;

    if (!osm_arg_array(decode, args, 0, false, item_size, &list, &items->list))
        return false;
    for (at = items->list; (map = osm_cast_list_next(&list)); at += item_size)
        if (!osm_arg_item_check(decode, map, (int)items->size++) ||
            !decode_item(decode, args, map, at))
            return false;
    return true;
}

/* At first, and after a recovery: then the reply holds what has been done before. */
static void start_items(struct osm_op *op,
                        void (*send)(struct osm_op *op, size_t first, size_t count))
{
    struct items *items = op->state;

    if (!items->batch.next)
        osm_json_array_begin(osm_reply_begin(op));
    osm_batch_resume(op, &items->batch, OSM_LIMIT_NODE_MANAGEMENT, items->size, send);
}

static void next_items(struct osm_op *op)
{
    if (osm_batch_next(op))
        return;
    osm_json_array_end(&osm_op_request(op)->json);
    osm_op_finish(op);
}

static bool item_node_class(struct osm_decode *decode, yyjson_val *map, const char *key,
                            UA_NodeClass *out)
{
    int64_t number;

    decode->key = key;
    if (!osm_tagged_read_enum(decode, osm_json_get(map, key), "NodeClass", &number))
        return false;
    *out = (UA_NodeClass)number;
    return true;
}

static bool item_required_bool(struct osm_decode *decode, yyjson_val *map, const char *key,
                               bool *out)
{
    yyjson_val *value = osm_json_get(map, key);

    decode->key = key;
    *out = yyjson_get_bool(value);
    return yyjson_is_bool(value) || osm_decode_type_error(decode, "a bool");
}

/* A string or null. */
static bool item_text(struct osm_decode *decode, yyjson_val *map, const char *key, UA_String *out)
{
    yyjson_val *value = osm_json_get(map, key);

    decode->key = key;
    if (osm_is_null(value))
        return true;
    if (!yyjson_is_str(value))
        return osm_decode_type_error(decode, "a string or null");
    *out = osm_string_view(yyjson_get_str(value), yyjson_get_len(value));
    return true;
}

static void take_statuses(struct osm_op *op, const UA_StatusCode *results, size_t size)
{
    for (size_t i = 0; i < size; i++)
        osm_json_uint(&osm_op_request(op)->json, results[i]);
    next_items(op);
}

/* --- addNodes ------------------------------------------------------------------------------ */

static bool decode_node(struct osm_decode *decode, const struct osm_args *args, yyjson_val *map,
                        void *out)
{
    UA_AddNodesItem *item = out;

    if (!osm_arg_item_node_id(decode, args, map, "parentNodeId", &item->parentNodeId.nodeId) ||
        !osm_arg_item_node_id(decode, args, map, "referenceTypeId", &item->referenceTypeId) ||
        !osm_arg_item_node_id(decode, args, map, "requestedNewNodeId",
                              &item->requestedNewNodeId.nodeId))
        return false;
    decode->key = "browseName";
    return osm_tagged_read_qualified_name(decode, osm_json_get(map, "browseName"),
                                          &item->browseName) &&
           item_node_class(decode, map, "nodeClass", &item->nodeClass) &&
           osm_arg_item_node_id(decode, args, map, "typeDefinition",
                                &item->typeDefinition.nodeId) &&
           osm_node_attributes_decode(decode, args, map, item);
}

static bool add_nodes_decode(struct osm_decode *decode, struct osm_args *args,
                             const struct osm_session *session, void *state)
{
    return decode_items(decode, args, sizeof(UA_AddNodesItem), decode_node, state);
}

static void add_nodes_step(struct osm_op *op, void *response)
{
    const UA_AddNodesResponse *answer = response;
    struct osm_encoder encoder = osm_reply_encoder_more(op);

    for (size_t i = 0; i < answer->resultsSize; i++)
        osm_record_encode(&encoder, &osm_record_add_nodes_result, &answer->results[i]);
    next_items(op);
}

static void add_nodes_send(struct osm_op *op, size_t first, size_t count)
{
    const struct items *items = op->state;
    UA_AddNodesRequest request;

    UA_AddNodesRequest_init(&request);
    request.nodesToAdd = (UA_AddNodesItem *)items->list + first;
    request.nodesToAddSize = count;
    osm_op_send_once(op, &osm_service_add_nodes, &request, add_nodes_step);
}

static void add_nodes_start(struct osm_op *op)
{
    start_items(op, add_nodes_send);
}

static const struct osm_parameter add_nodes_parameters[] = {{"nodesToAdd", NULL}, {0}};

const struct osm_method osm_method_addNodes = {
    .name = "addNodes",
    .state_size = sizeof(struct items),
    .parameters = add_nodes_parameters,
    .decode = add_nodes_decode,
    .start = add_nodes_start,
};

/* --- deleteNodes --------------------------------------------------------------------------- */

static bool decode_deletion(struct osm_decode *decode, const struct osm_args *args, yyjson_val *map,
                            void *out)
{
    UA_DeleteNodesItem *item = out;

    return osm_arg_item_node_id(decode, args, map, "nodeId", &item->nodeId) &&
           osm_arg_item_bool(decode, args, map, "deleteTargetReferences", true,
                             &item->deleteTargetReferences);
}

static bool delete_nodes_decode(struct osm_decode *decode, struct osm_args *args,
                                const struct osm_session *session, void *state)
{
    return decode_items(decode, args, sizeof(UA_DeleteNodesItem), decode_deletion, state);
}

static void delete_nodes_step(struct osm_op *op, void *response)
{
    const UA_DeleteNodesResponse *answer = response;

    take_statuses(op, answer->results, answer->resultsSize);
}

static void delete_nodes_send(struct osm_op *op, size_t first, size_t count)
{
    const struct items *items = op->state;
    UA_DeleteNodesRequest request;

    UA_DeleteNodesRequest_init(&request);
    request.nodesToDelete = (UA_DeleteNodesItem *)items->list + first;
    request.nodesToDeleteSize = count;
    osm_op_send_once(op, &osm_service_delete_nodes, &request, delete_nodes_step);
}

static void delete_nodes_start(struct osm_op *op)
{
    start_items(op, delete_nodes_send);
}

static const struct osm_parameter delete_nodes_parameters[] = {{"nodesToDelete", NULL}, {0}};

const struct osm_method osm_method_deleteNodes = {
    .name = "deleteNodes",
    .state_size = sizeof(struct items),
    .parameters = delete_nodes_parameters,
    .decode = delete_nodes_decode,
    .start = delete_nodes_start,
};

/* --- addReferences ------------------------------------------------------------------------- */

static bool decode_reference(struct osm_decode *decode, const struct osm_args *args,
                             yyjson_val *map, void *out)
{
    UA_AddReferencesItem *item = out;

    return osm_arg_item_node_id(decode, args, map, "sourceNodeId", &item->sourceNodeId) &&
           osm_arg_item_node_id(decode, args, map, "referenceTypeId", &item->referenceTypeId) &&
           item_required_bool(decode, map, "isForward", &item->isForward) &&
           osm_arg_item_node_id(decode, args, map, "targetNodeId", &item->targetNodeId.nodeId) &&
           item_node_class(decode, map, "targetNodeClass", &item->targetNodeClass) &&
           item_text(decode, map, "targetServerUri", &item->targetServerUri);
}

static bool add_references_decode(struct osm_decode *decode, struct osm_args *args,
                                  const struct osm_session *session, void *state)
{
    return decode_items(decode, args, sizeof(UA_AddReferencesItem), decode_reference, state);
}

static void add_references_step(struct osm_op *op, void *response)
{
    const UA_AddReferencesResponse *answer = response;

    take_statuses(op, answer->results, answer->resultsSize);
}

static void add_references_send(struct osm_op *op, size_t first, size_t count)
{
    const struct items *items = op->state;
    UA_AddReferencesRequest request;

    UA_AddReferencesRequest_init(&request);
    request.referencesToAdd = (UA_AddReferencesItem *)items->list + first;
    request.referencesToAddSize = count;
    osm_op_send_once(op, &osm_service_add_references, &request, add_references_step);
}

static void add_references_start(struct osm_op *op)
{
    start_items(op, add_references_send);
}

static const struct osm_parameter add_references_parameters[] = {{"referencesToAdd", NULL}, {0}};

const struct osm_method osm_method_addReferences = {
    .name = "addReferences",
    .state_size = sizeof(struct items),
    .parameters = add_references_parameters,
    .decode = add_references_decode,
    .start = add_references_start,
};

/* --- deleteReferences ---------------------------------------------------------------------- */

static bool decode_removal(struct osm_decode *decode, const struct osm_args *args, yyjson_val *map,
                           void *out)
{
    UA_DeleteReferencesItem *item = out;

    return osm_arg_item_node_id(decode, args, map, "sourceNodeId", &item->sourceNodeId) &&
           osm_arg_item_node_id(decode, args, map, "referenceTypeId", &item->referenceTypeId) &&
           item_required_bool(decode, map, "isForward", &item->isForward) &&
           osm_arg_item_node_id(decode, args, map, "targetNodeId", &item->targetNodeId.nodeId) &&
           osm_arg_item_bool(decode, args, map, "deleteBidirectional", true,
                             &item->deleteBidirectional);
}

static bool delete_references_decode(struct osm_decode *decode, struct osm_args *args,
                                     const struct osm_session *session, void *state)
{
    return decode_items(decode, args, sizeof(UA_DeleteReferencesItem), decode_removal, state);
}

static void delete_references_step(struct osm_op *op, void *response)
{
    const UA_DeleteReferencesResponse *answer = response;

    take_statuses(op, answer->results, answer->resultsSize);
}

static void delete_references_send(struct osm_op *op, size_t first, size_t count)
{
    const struct items *items = op->state;
    UA_DeleteReferencesRequest request;

    UA_DeleteReferencesRequest_init(&request);
    request.referencesToDelete = (UA_DeleteReferencesItem *)items->list + first;
    request.referencesToDeleteSize = count;
    osm_op_send_once(op, &osm_service_delete_references, &request, delete_references_step);
}

static void delete_references_start(struct osm_op *op)
{
    start_items(op, delete_references_send);
}

static const struct osm_parameter delete_references_parameters[] = {{"referencesToDelete", NULL},
                                                                    {0}};

const struct osm_method osm_method_deleteReferences = {
    .name = "deleteReferences",
    .state_size = sizeof(struct items),
    .parameters = delete_references_parameters,
    .decode = delete_references_decode,
    .start = delete_references_start,
};
