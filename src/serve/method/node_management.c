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

struct items {
    size_t size;
    void *list; /* UA_AddNodesItem or its like */
    struct osm_batch batch;
};

/* Each takes one parameter, a list of maps, and sends a list of what they stand for. */
#define ITEMS_METHOD(name, parameter, type, rows, start_)                                          \
    static const struct osm_items name##_items = {sizeof(type),                                    \
                                                  {.read = osm_parameter_map, .of = rows}};        \
    static const struct osm_parameter name##_parameters[] = {                                      \
        {parameter, NULL, OSM_LIST(struct items, size, list, &name##_items)}, {0}};                \
    OSM_METHOD(name, .state_size = sizeof(struct items), .parameters = name##_parameters,          \
               .start = start_)

/* At first, and after a recovery: then the reply holds what has been done before. */
static void start_items(struct osm_op *op,
                        void (*send)(struct osm_op *op, size_t first, size_t count))
{
    struct items *items = op->state;

    if (!items->batch.next)
        osm_json_array_begin(osm_reply_begin(op));
    osm_batch_resume(op, &items->batch, OSM_LIMIT_NODE_MANAGEMENT, items->size, send);
}

/* A string or null. */
static bool read_uri(struct osm_args *args, const struct osm_parameter *row, yyjson_val *value,
                     void *out)
{
    if (!value)
        return true;
    if (!yyjson_is_str(value))
        return osm_decode_type_error(args->decode, "a string or null");
    *(UA_String *)out = osm_string_view(yyjson_get_str(value), yyjson_get_len(value));
    return true;
}

static void take_statuses(struct osm_op *op, const UA_StatusCode *results, size_t size)
{
    for (size_t i = 0; i < size; i++)
        osm_json_uint(&osm_op_request(op)->json, results[i]);
    if (!osm_batch_next(op))
        osm_reply_list_end(op);
}

/* --- addNodes ------------------------------------------------------------------------------ */

static bool read_browse_name(struct osm_args *args, const struct osm_parameter *row,
                             yyjson_val *value, void *out)
{
    return osm_tagged_read_qualified_name(args->decode, value, out);
}

static const struct osm_parameter node_rows[] = {
    {"parentNodeId", NULL, OSM_NODE_ID(UA_AddNodesItem, parentNodeId.nodeId)},
    {"referenceTypeId", NULL, OSM_NODE_ID(UA_AddNodesItem, referenceTypeId)},
    {"requestedNewNodeId", NULL, OSM_NODE_ID(UA_AddNodesItem, requestedNewNodeId.nodeId)},
    {"browseName", NULL, OSM_READ(read_browse_name, UA_AddNodesItem, browseName)},
    {"nodeClass", NULL, OSM_ENUM(UA_AddNodesItem, nodeClass, &osm_parameter_node_class)},
    {"typeDefinition", NULL, OSM_NODE_ID(UA_AddNodesItem, typeDefinition.nodeId)},
    {0}};

static bool read_node(struct osm_args *args, const struct osm_parameter *row, yyjson_val *value,
                      void *out)
{
    return osm_parameter_map(args, row, value, out) && osm_node_attributes_read(args, value, out);
}

static void add_nodes_step(struct osm_op *op, void *response)
{
    const UA_AddNodesResponse *answer = response;
    struct osm_encoder encoder = osm_reply_encoder_more(op);

    for (size_t i = 0; i < answer->resultsSize; i++)
        osm_record_encode(&encoder, &osm_record_add_nodes_result, &answer->results[i]);
    if (!osm_batch_next(op))
        osm_reply_list_end(op);
}

static void add_nodes_send(struct osm_op *op, size_t first, size_t count)
{
    const struct items *items = op->state;
    UA_AddNodesRequest request = {.nodesToAdd = (UA_AddNodesItem *)items->list + first,
                                  .nodesToAddSize = count};

    osm_op_send_once(op, &osm_service_add_nodes, &request, add_nodes_step);
}

static void add_nodes_start(struct osm_op *op)
{
    start_items(op, add_nodes_send);
}

static const struct osm_items nodes = {sizeof(UA_AddNodesItem),
                                       {.read = read_node, .of = node_rows}};
static const struct osm_parameter add_nodes_parameters[] = {
    {"nodesToAdd", NULL, OSM_LIST(struct items, size, list, &nodes)}, {0}};

OSM_METHOD(addNodes, .state_size = sizeof(struct items), .parameters = add_nodes_parameters,
           .start = add_nodes_start);

/* --- deleteNodes --------------------------------------------------------------------------- */

static void delete_nodes_step(struct osm_op *op, void *response)
{
    const UA_DeleteNodesResponse *answer = response;

    take_statuses(op, answer->results, answer->resultsSize);
}

static void delete_nodes_send(struct osm_op *op, size_t first, size_t count)
{
    const struct items *items = op->state;
    UA_DeleteNodesRequest request = {.nodesToDelete = (UA_DeleteNodesItem *)items->list + first,
                                     .nodesToDeleteSize = count};

    osm_op_send_once(op, &osm_service_delete_nodes, &request, delete_nodes_step);
}

static void delete_nodes_start(struct osm_op *op)
{
    start_items(op, delete_nodes_send);
}

static const struct osm_parameter deletion_rows[] = {
    {"nodeId", NULL, OSM_NODE_ID(UA_DeleteNodesItem, nodeId)},
    {"deleteTargetReferences", "true", OSM_BOOL(UA_DeleteNodesItem, deleteTargetReferences)},
    {0}};

ITEMS_METHOD(deleteNodes, "nodesToDelete", UA_DeleteNodesItem, deletion_rows, delete_nodes_start);

/* --- addReferences ------------------------------------------------------------------------- */

static void add_references_step(struct osm_op *op, void *response)
{
    const UA_AddReferencesResponse *answer = response;

    take_statuses(op, answer->results, answer->resultsSize);
}

static void add_references_send(struct osm_op *op, size_t first, size_t count)
{
    const struct items *items = op->state;
    UA_AddReferencesRequest request = {.referencesToAdd =
                                           (UA_AddReferencesItem *)items->list + first,
                                       .referencesToAddSize = count};

    osm_op_send_once(op, &osm_service_add_references, &request, add_references_step);
}

static void add_references_start(struct osm_op *op)
{
    start_items(op, add_references_send);
}

static const struct osm_parameter reference_rows[] = {
    {"sourceNodeId", NULL, OSM_NODE_ID(UA_AddReferencesItem, sourceNodeId)},
    {"referenceTypeId", NULL, OSM_NODE_ID(UA_AddReferencesItem, referenceTypeId)},
    {"isForward", NULL, OSM_BOOL(UA_AddReferencesItem, isForward)},
    {"targetNodeId", NULL, OSM_NODE_ID(UA_AddReferencesItem, targetNodeId.nodeId)},
    {"targetNodeClass", NULL,
     OSM_ENUM(UA_AddReferencesItem, targetNodeClass, &osm_parameter_node_class)},
    {"targetServerUri", "null", OSM_READ(read_uri, UA_AddReferencesItem, targetServerUri)},
    {0}};

ITEMS_METHOD(addReferences, "referencesToAdd", UA_AddReferencesItem, reference_rows,
             add_references_start);

/* --- deleteReferences ---------------------------------------------------------------------- */

static void delete_references_step(struct osm_op *op, void *response)
{
    const UA_DeleteReferencesResponse *answer = response;

    take_statuses(op, answer->results, answer->resultsSize);
}

static void delete_references_send(struct osm_op *op, size_t first, size_t count)
{
    const struct items *items = op->state;
    UA_DeleteReferencesRequest request = {.referencesToDelete =
                                              (UA_DeleteReferencesItem *)items->list + first,
                                          .referencesToDeleteSize = count};

    osm_op_send_once(op, &osm_service_delete_references, &request, delete_references_step);
}

static void delete_references_start(struct osm_op *op)
{
    start_items(op, delete_references_send);
}

static const struct osm_parameter removal_rows[] = {
    {"sourceNodeId", NULL, OSM_NODE_ID(UA_DeleteReferencesItem, sourceNodeId)},
    {"referenceTypeId", NULL, OSM_NODE_ID(UA_DeleteReferencesItem, referenceTypeId)},
    {"isForward", NULL, OSM_BOOL(UA_DeleteReferencesItem, isForward)},
    {"targetNodeId", NULL, OSM_NODE_ID(UA_DeleteReferencesItem, targetNodeId.nodeId)},
    {"deleteBidirectional", "true", OSM_BOOL(UA_DeleteReferencesItem, deleteBidirectional)},
    {0}};

ITEMS_METHOD(deleteReferences, "referencesToDelete", UA_DeleteReferencesItem, removal_rows,
             delete_references_start);
