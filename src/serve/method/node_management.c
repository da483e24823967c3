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

/* --- what the methods share ---------------------------------------------------------------- */

struct items {
    size_t size;
    void *list; /* UA_AddNodesItem or its like */
    struct osm_batch batch;
};

/* By the method's variant. */
enum service { ADD_NODES, DELETE_NODES, ADD_REFERENCES, DELETE_REFERENCES };

static const struct {
    const struct osm_ua_service *service;
    size_t item_size;
} services[] = {
    [ADD_NODES] = {&osm_service_add_nodes, sizeof(UA_AddNodesItem)},
    [DELETE_NODES] = {&osm_service_delete_nodes, sizeof(UA_DeleteNodesItem)},
    [ADD_REFERENCES] = {&osm_service_add_references, sizeof(UA_AddReferencesItem)},
    [DELETE_REFERENCES] = {&osm_service_delete_references, sizeof(UA_DeleteReferencesItem)},
};

/* Requests and responses of these services are a header and one list each. */
static void *list_at(void *message, uint16_t size_at, size_t *size)
{
    void *list;

    memcpy(size, (char *)message + size_at, sizeof(*size));
    memcpy(&list, (char *)message + size_at + sizeof(*size), sizeof(list));
    return list;
}

static void items_step(struct osm_op *op, void *response)
{
    int variant = osm_method_work(op)->method->variant;
    struct osm_encoder encoder = osm_reply_encoder_more(op);
    size_t size;
    const void *results = list_at(response, services[variant].service->lists[0].answered, &size);

    for (size_t i = 0; i < size; i++)
        if (variant == ADD_NODES)
            osm_record_encode(&encoder, &osm_record_add_nodes_result,
                              (const UA_AddNodesResult *)results + i);
        else
            osm_json_uint(encoder.json, ((const UA_StatusCode *)results)[i]);
    if (!osm_batch_next(op))
        osm_reply_list_end(op);
}

static void items_send(struct osm_op *op, size_t first, size_t count)
{
    int variant = osm_method_work(op)->method->variant;
    const struct osm_ua_service *service = services[variant].service;
    const struct items *items = op->state;
    char *request = osm_arena_alloc(osm_op_arena(op), service->request->memSize);
    void *list = (char *)items->list + first * services[variant].item_size;

    memcpy(request + service->lists[0].asked, &count, sizeof(count));
    memcpy(request + service->lists[0].asked + sizeof(count), &list, sizeof(list));
    osm_op_send_once(op, service, request, items_step);
}

/* At first, and after a recovery: then the reply holds what has been done before. */
static void items_start(struct osm_op *op)
{
    struct items *items = op->state;

    if (!items->batch.next)
        osm_json_array_begin(osm_reply_begin(op));
    osm_batch_resume(op, &items->batch, OSM_LIMIT_NODE_MANAGEMENT, items->size, items_send);
}

/* Each takes one parameter, a list of maps, and sends a list of what they stand for. */
#define ITEMS_METHOD(method_, parameter, type, reader, rows, variant_)                             \
    static const struct osm_items method_##_items = {sizeof(type), {.read = reader, .of = rows}};  \
    static const struct osm_parameter method_##_parameters[] = {                                   \
        {parameter, NULL, OSM_LIST(struct items, size, list, &method_##_items)}, {.name = ""}};    \
    OSM_METHOD(method_, .state_size = sizeof(struct items), .parameters = method_##_parameters,    \
               .start = items_start, .variant = variant_)

/* --- what they take ------------------------------------------------------------------------ */

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
    {.name = ""}};

static bool read_node(struct osm_args *args, const struct osm_parameter *row, yyjson_val *value,
                      void *out)
{
    return osm_parameter_map(args, row, value, out) && osm_node_attributes_read(args, value, out);
}

ITEMS_METHOD(addNodes, "nodesToAdd", UA_AddNodesItem, read_node, node_rows, ADD_NODES);

static const struct osm_parameter deletion_rows[] = {
    {"nodeId", NULL, OSM_NODE_ID(UA_DeleteNodesItem, nodeId)},
    {"deleteTargetReferences", "true", OSM_BOOL(UA_DeleteNodesItem, deleteTargetReferences)},
    {.name = ""}};

ITEMS_METHOD(deleteNodes, "nodesToDelete", UA_DeleteNodesItem, osm_parameter_map, deletion_rows,
             DELETE_NODES);

static const struct osm_parameter reference_rows[] = {
    {"sourceNodeId", NULL, OSM_NODE_ID(UA_AddReferencesItem, sourceNodeId)},
    {"referenceTypeId", NULL, OSM_NODE_ID(UA_AddReferencesItem, referenceTypeId)},
    {"isForward", NULL, OSM_BOOL(UA_AddReferencesItem, isForward)},
    {"targetNodeId", NULL, OSM_NODE_ID(UA_AddReferencesItem, targetNodeId.nodeId)},
    {"targetNodeClass", NULL,
     OSM_ENUM(UA_AddReferencesItem, targetNodeClass, &osm_parameter_node_class)},
    {"targetServerUri", "null", OSM_READ(read_uri, UA_AddReferencesItem, targetServerUri)},
    {.name = ""}};

ITEMS_METHOD(addReferences, "referencesToAdd", UA_AddReferencesItem, osm_parameter_map,
             reference_rows, ADD_REFERENCES);

static const struct osm_parameter removal_rows[] = {
    {"sourceNodeId", NULL, OSM_NODE_ID(UA_DeleteReferencesItem, sourceNodeId)},
    {"referenceTypeId", NULL, OSM_NODE_ID(UA_DeleteReferencesItem, referenceTypeId)},
    {"isForward", NULL, OSM_BOOL(UA_DeleteReferencesItem, isForward)},
    {"targetNodeId", NULL, OSM_NODE_ID(UA_DeleteReferencesItem, targetNodeId.nodeId)},
    {"deleteBidirectional", "true", OSM_BOOL(UA_DeleteReferencesItem, deleteBidirectional)},
    {.name = ""}};

ITEMS_METHOD(deleteReferences, "referencesToDelete", UA_DeleteReferencesItem, osm_parameter_map,
             removal_rows, DELETE_REFERENCES);
