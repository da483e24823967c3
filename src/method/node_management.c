/* SPDX-License-Identifier: MIT */
/*
 * addNodes, deleteNodes, addReferences, deleteReferences (methods.md §4.1; OPC 10000-4 §5.7).
 * The state of each is the service request itself. They change the server's address space, so
 * they are never sent twice.
 */
#include "method/method.h"
#include "method/node_attributes.h"
#include "wire/node_id.h"
#include "wire/tagged_decode.h"

/* --- what the items share ------------------------------------------------------------------ */

typedef bool decode_item_fn(struct osm_decode *decode, const struct osm_args *args, yyjson_val *map,
                            void *item);

/* The one parameter: a list of maps. */
static bool decode_items(struct osm_decode *decode, const struct osm_args *args, size_t item_size,
                         decode_item_fn *decode_item, void *items, size_t *size)
{
    struct osm_list list;
    yyjson_val *map;
    char *at;

    if (!osm_arg_array(decode, args, 0, false, item_size, &list, items))
        return false;
    for (at = *(char **)items; (map = osm_list_next(&list)); at += item_size)
        if (!osm_item_check(decode, map, (int)(*size)++) || !decode_item(decode, args, map, at))
            return false;
    return true;
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

static void finish_with_statuses(struct osm_op *op, const UA_StatusCode *results, size_t size)
{
    struct osm_encoder encoder = osm_op_reply_encoder(op);

    osm_encode_uint32s(&encoder, results, size);
    osm_op_finish(op);
}

/* --- addNodes ------------------------------------------------------------------------------ */

static bool decode_node(struct osm_decode *decode, const struct osm_args *args, yyjson_val *map,
                        void *out)
{
    UA_AddNodesItem *item = out;

    if (!osm_item_node_id(decode, args, map, "parentNodeId", &item->parentNodeId.nodeId) ||
        !osm_item_node_id(decode, args, map, "referenceTypeId", &item->referenceTypeId) ||
        !osm_item_node_id(decode, args, map, "requestedNewNodeId",
                          &item->requestedNewNodeId.nodeId))
        return false;
    decode->key = "browseName";
    return osm_tagged_read_qualified_name(decode, osm_json_get(map, "browseName"),
                                          &item->browseName) &&
           item_node_class(decode, map, "nodeClass", &item->nodeClass) &&
           osm_item_node_id(decode, args, map, "typeDefinition", &item->typeDefinition.nodeId) &&
           osm_node_attributes_decode(decode, args, map, item);
}

static bool add_nodes_decode(struct osm_decode *decode, struct osm_args *args,
                             const struct osm_session *session, void *state)
{
    UA_AddNodesRequest *request = state;

    return decode_items(decode, args, sizeof(*request->nodesToAdd), decode_node,
                        &request->nodesToAdd, &request->nodesToAddSize);
}

static void add_nodes_step(struct osm_op *op, void *response)
{
    const UA_AddNodesResponse *answer = response;
    struct osm_encoder encoder = osm_op_reply_encoder(op);

    osm_encode_records(&encoder, &osm_record_add_nodes_result, answer->results,
                       answer->resultsSize);
    osm_op_finish(op);
}

static void add_nodes_start(struct osm_op *op)
{
    osm_op_send_once(op, &osm_service_add_nodes, op->state, add_nodes_step);
}

static const struct osm_parameter add_nodes_parameters[] = {{"nodesToAdd", NULL}, {0}};

const struct osm_method osm_method_addNodes = {
    .name = "addNodes",
    .state_size = sizeof(UA_AddNodesRequest),
    .parameters = add_nodes_parameters,
    .decode = add_nodes_decode,
    .start = add_nodes_start,
};

/* --- deleteNodes --------------------------------------------------------------------------- */

static bool decode_deletion(struct osm_decode *decode, const struct osm_args *args, yyjson_val *map,
                            void *out)
{
    UA_DeleteNodesItem *item = out;

    return osm_item_node_id(decode, args, map, "nodeId", &item->nodeId) &&
           osm_item_bool(decode, args, map, "deleteTargetReferences", true,
                         &item->deleteTargetReferences);
}

static bool delete_nodes_decode(struct osm_decode *decode, struct osm_args *args,
                                const struct osm_session *session, void *state)
{
    UA_DeleteNodesRequest *request = state;

    return decode_items(decode, args, sizeof(*request->nodesToDelete), decode_deletion,
                        &request->nodesToDelete, &request->nodesToDeleteSize);
}

static void delete_nodes_step(struct osm_op *op, void *response)
{
    const UA_DeleteNodesResponse *answer = response;

    finish_with_statuses(op, answer->results, answer->resultsSize);
}

static void delete_nodes_start(struct osm_op *op)
{
    osm_op_send_once(op, &osm_service_delete_nodes, op->state, delete_nodes_step);
}

static const struct osm_parameter delete_nodes_parameters[] = {{"nodesToDelete", NULL}, {0}};

const struct osm_method osm_method_deleteNodes = {
    .name = "deleteNodes",
    .state_size = sizeof(UA_DeleteNodesRequest),
    .parameters = delete_nodes_parameters,
    .decode = delete_nodes_decode,
    .start = delete_nodes_start,
};

/* --- addReferences ------------------------------------------------------------------------- */

static bool decode_reference(struct osm_decode *decode, const struct osm_args *args,
                             yyjson_val *map, void *out)
{
    UA_AddReferencesItem *item = out;

    return osm_item_node_id(decode, args, map, "sourceNodeId", &item->sourceNodeId) &&
           osm_item_node_id(decode, args, map, "referenceTypeId", &item->referenceTypeId) &&
           item_required_bool(decode, map, "isForward", &item->isForward) &&
           osm_item_node_id(decode, args, map, "targetNodeId", &item->targetNodeId.nodeId) &&
           item_node_class(decode, map, "targetNodeClass", &item->targetNodeClass) &&
           item_text(decode, map, "targetServerUri", &item->targetServerUri);
}

static bool add_references_decode(struct osm_decode *decode, struct osm_args *args,
                                  const struct osm_session *session, void *state)
{
    UA_AddReferencesRequest *request = state;

    return decode_items(decode, args, sizeof(*request->referencesToAdd), decode_reference,
                        &request->referencesToAdd, &request->referencesToAddSize);
}

static void add_references_step(struct osm_op *op, void *response)
{
    const UA_AddReferencesResponse *answer = response;

    finish_with_statuses(op, answer->results, answer->resultsSize);
}

static void add_references_start(struct osm_op *op)
{
    osm_op_send_once(op, &osm_service_add_references, op->state, add_references_step);
}

static const struct osm_parameter add_references_parameters[] = {{"referencesToAdd", NULL}, {0}};

const struct osm_method osm_method_addReferences = {
    .name = "addReferences",
    .state_size = sizeof(UA_AddReferencesRequest),
    .parameters = add_references_parameters,
    .decode = add_references_decode,
    .start = add_references_start,
};

/* --- deleteReferences ---------------------------------------------------------------------- */

static bool decode_removal(struct osm_decode *decode, const struct osm_args *args, yyjson_val *map,
                           void *out)
{
    UA_DeleteReferencesItem *item = out;

    return osm_item_node_id(decode, args, map, "sourceNodeId", &item->sourceNodeId) &&
           osm_item_node_id(decode, args, map, "referenceTypeId", &item->referenceTypeId) &&
           item_required_bool(decode, map, "isForward", &item->isForward) &&
           osm_item_node_id(decode, args, map, "targetNodeId", &item->targetNodeId.nodeId) &&
           osm_item_bool(decode, args, map, "deleteBidirectional", true,
                         &item->deleteBidirectional);
}

static bool delete_references_decode(struct osm_decode *decode, struct osm_args *args,
                                     const struct osm_session *session, void *state)
{
    UA_DeleteReferencesRequest *request = state;

    return decode_items(decode, args, sizeof(*request->referencesToDelete), decode_removal,
                        &request->referencesToDelete, &request->referencesToDeleteSize);
}

static void delete_references_step(struct osm_op *op, void *response)
{
    const UA_DeleteReferencesResponse *answer = response;

    finish_with_statuses(op, answer->results, answer->resultsSize);
}

static void delete_references_start(struct osm_op *op)
{
    osm_op_send_once(op, &osm_service_delete_references, op->state, delete_references_step);
}

static const struct osm_parameter delete_references_parameters[] = {{"referencesToDelete", NULL},
                                                                    {0}};

const struct osm_method osm_method_deleteReferences = {
    .name = "deleteReferences",
    .state_size = sizeof(UA_DeleteReferencesRequest),
    .parameters = delete_references_parameters,
    .decode = delete_references_decode,
    .start = delete_references_start,
};
