/* SPDX-License-Identifier: MIT */
/* Nodes and references made and deleted (OPC 10000-4 §5.8), of servers that let clients. */
#include <stdlib.h>
#include <string.h>

#include "client/results_internal.h"
#include "client/value_print.h"
#include "util/alloc.h"

/* ---- adding nodes --------------------------------------------------------------------------- */

static void print_text(struct osm_json *json, const char *key, const char *text)
{
    if (!text)
        return;
    osm_json_key_text(json, key, strlen(key));
    osm_json_cstring(json, text);
}

static void print_number(struct osm_json *json, const char *key, uint32_t number)
{
    if (!number)
        return;
    osm_json_key_text(json, key, strlen(key));
    osm_json_uint(json, number);
}

static void print_flag(struct osm_json *json, const char *key, bool flag, bool otherwise)
{
    if (flag == otherwise)
        return;
    osm_json_key_text(json, key, strlen(key));
    osm_json_bool(json, flag);
}

static void print_variable(struct osm_json *json, const struct opcua_new_node *node)
{
    if (node->value) {
        osm_json_key(json, "value");
        osm_value_print_tagged(json, node->value);
    }
    print_text(json, "dataType", node->data_type);
    if (node->value_rank) {
        osm_json_key(json, "valueRank");
        osm_json_int(json, node->value_rank);
    }
    if (node->dimension_count && node->dimensions) {
        osm_json_key(json, "arrayDimensions");
        osm_json_array_begin(json);
        for (size_t i = 0; i < node->dimension_count; i++)
            osm_json_uint(json, node->dimensions[i]);
        osm_json_array_end(json);
    }
    print_number(json, "accessLevel", node->access_level);
    print_number(json, "userAccessLevel", node->access_level);
    print_flag(json, "historizing", node->historizing, false);
}

static void print_node(struct osm_call *call, const struct opcua_new_node *node)
{
    struct osm_json *json = osm_call_json(call);

    osm_json_object_begin(json);
    osm_json_key(json, "parentNodeId");
    osm_call_node(call, node->parent);
    osm_json_key(json, "referenceTypeId");
    osm_call_node(call, node->reference_type);
    osm_json_key(json, "requestedNewNodeId");
    osm_json_cstring(json, node->node ? node->node : "i=0");
    osm_json_key(json, "typeDefinition");
    osm_json_cstring(json, node->type_definition ? node->type_definition : "i=0");
    osm_json_key(json, "browseName");
    if (osm_call_needs(call, node->browse_name, "browse_name"))
        osm_value_print_tagged_name(json, node->browse_name);
    else
        osm_json_null(json);
    osm_json_key(json, "nodeClass");
    osm_value_print_tagged_enum(json, "NodeClass", node->node_class);
    print_text(json, "displayName", node->display_name);
    print_text(json, "description", node->description);
    print_variable(json, node);
    print_flag(json, "isAbstract", node->is_abstract, false);
    print_flag(json, "symmetric", node->symmetric, false);
    print_text(json, "inverseName", node->inverse_name);
    print_number(json, "eventNotifier", node->event_notifier);
    if (node->not_executable) {
        print_flag(json, "executable", false, true);
        print_flag(json, "userExecutable", false, true);
    }
    osm_json_object_end(json);
}

void opcua_added_clear(struct opcua_added *added, size_t count)
{
    for (size_t i = 0; added && i < count; i++) {
        free(added[i].node);
        added[i] = (struct opcua_added){0};
    }
}

struct added_call {
    opcua_added_fn *done;
    void *context;
    size_t expected;
};

static void on_added(struct opcua_client *client, const struct opcua_error *error, yyjson_val *data,
                     void *context)
{
    struct added_call *call = context;
    size_t length = yyjson_arr_size(data), i, all;
    struct opcua_added *added = osm_alloc((length + 1) * sizeof(*added));
    struct opcua_error shape;
    yyjson_val *result;

    (void)client;
    if (!error && (!yyjson_is_arr(data) || length != call->expected)) {
        osm_failure_of_shape(&shape, "addNodes");
        error = &shape;
    }
    yyjson_arr_foreach(data, i, all, result)
    {
        const char *node = yyjson_get_str(yyjson_obj_get(yyjson_obj_get(result, "added"), "v"));

        added[i].status = (uint32_t)yyjson_get_uint(yyjson_obj_get(result, "status"));
        if (node && !opcua_is_bad(added[i].status))
            added[i].node = osm_strdup(node);
    }
    if (call->done)
        call->done(call->context, error, error ? NULL : added, error ? 0 : length);
    opcua_added_clear(added, length);
    free(added);
    free(call);
}

void opcua_add_nodes_async(struct opcua_client *client, const struct opcua_new_node *nodes,
                           size_t count, opcua_added_fn *done, void *context)
{
    struct osm_call *call =
        osm_call_invoke(client, "addNodes", nodes && count == 1 ? nodes[0].browse_name : NULL);
    struct added_call *added = osm_alloc(sizeof(*added));
    struct osm_json *json = osm_call_json(call);

    osm_json_array_begin(json);
    for (size_t i = 0, there = osm_call_count(call, nodes, count, "nodes"); i < there; i++)
        print_node(call, &nodes[i]);
    osm_json_array_end(json);
    *added = (struct added_call){done, context, count};
    osm_call_send(call, on_added, added);
}

struct added_taken {
    struct osm_taken base;
    struct opcua_added *added;
};

static void take_added(void *context, const struct opcua_error *error,
                       const struct opcua_added *added, size_t count)
{
    struct added_taken *taken = context;

    if (!osm_client_take(&taken->base, error))
        return;
    for (size_t i = 0; i < count; i++)
        taken->added[i] =
            (struct opcua_added){added[i].status, added[i].node ? osm_strdup(added[i].node) : NULL};
}

bool opcua_add_nodes(struct opcua_client *client, const struct opcua_new_node *nodes, size_t count,
                     struct opcua_added *added, struct opcua_error *error)
{
    struct added_taken taken = {.added = added, .base.error = error};

    if (!osm_wait_may(client, error) || !osm_wait_needs(added, "added", error))
        return false;
    opcua_add_nodes_async(client, nodes, count, take_added, &taken);
    return osm_client_await(client, &taken.base);
}

/* ---- deleting nodes ------------------------------------------------------------------------- */

void opcua_delete_nodes_async(struct opcua_client *client, const char *const *nodes, size_t count,
                              bool keep_references, opcua_statuses_fn *done, void *context)
{
    struct osm_call *call =
        osm_call_invoke(client, "deleteNodes", nodes && count == 1 ? nodes[0] : NULL);
    struct osm_json *json = osm_call_json(call);

    osm_json_array_begin(json);
    for (size_t i = 0, there = osm_call_count(call, nodes, count, "nodes"); i < there; i++) {
        osm_json_object_begin(json);
        osm_json_key(json, "nodeId");
        osm_call_node(call, nodes[i]);
        osm_json_key(json, "deleteTargetReferences");
        osm_json_bool(json, !keep_references);
        osm_json_object_end(json);
    }
    osm_json_array_end(json);
    osm_client_send_statuses(call, count, "deleteNodes", done, context);
}

bool opcua_delete_nodes(struct opcua_client *client, const char *const *nodes, size_t count,
                        bool keep_references, uint32_t *statuses, struct opcua_error *error)
{
    struct osm_statuses_taken taken = {.statuses = statuses, .base.error = error};

    if (!osm_wait_may(client, error))
        return false;
    opcua_delete_nodes_async(client, nodes, count, keep_references, osm_client_take_statuses,
                             &taken);
    return osm_client_await(client, &taken.base);
}

/* ---- references ----------------------------------------------------------------------------- */

static void print_reference(struct osm_call *call, const struct opcua_new_reference *reference,
                            bool adds, bool one_way)
{
    struct osm_json *json = osm_call_json(call);

    osm_json_object_begin(json);
    osm_json_key(json, "sourceNodeId");
    osm_call_node(call, reference->source);
    osm_json_key(json, "referenceTypeId");
    osm_call_node(call, reference->reference_type);
    osm_json_key(json, "isForward");
    osm_json_bool(json, !reference->inverse);
    osm_json_key(json, "targetNodeId");
    osm_call_node(call, reference->target);
    if (adds) {
        osm_json_key(json, "targetNodeClass");
        osm_value_print_tagged_enum(json, "NodeClass", reference->target_class);
        print_text(json, "targetServerUri", reference->target_server);
    } else {
        osm_json_key(json, "deleteBidirectional");
        osm_json_bool(json, !one_way);
    }
    osm_json_object_end(json);
}

static void send_references(struct opcua_client *client, const char *method,
                            const struct opcua_new_reference *references, size_t count, bool adds,
                            bool one_way, opcua_statuses_fn *done, void *context)
{
    struct osm_call *call =
        osm_call_invoke(client, method, references && count == 1 ? references[0].source : NULL);
    struct osm_json *json = osm_call_json(call);

    osm_json_array_begin(json);
    for (size_t i = 0, there = osm_call_count(call, references, count, "references"); i < there;
         i++)
        print_reference(call, &references[i], adds, one_way);
    osm_json_array_end(json);
    osm_client_send_statuses(call, count, method, done, context);
}

void opcua_add_references_async(struct opcua_client *client,
                                const struct opcua_new_reference *references, size_t count,
                                opcua_statuses_fn *done, void *context)
{
    send_references(client, "addReferences", references, count, true, false, done, context);
}

bool opcua_add_references(struct opcua_client *client, const struct opcua_new_reference *references,
                          size_t count, uint32_t *statuses, struct opcua_error *error)
{
    struct osm_statuses_taken taken = {.statuses = statuses, .base.error = error};

    if (!osm_wait_may(client, error))
        return false;
    opcua_add_references_async(client, references, count, osm_client_take_statuses, &taken);
    return osm_client_await(client, &taken.base);
}

void opcua_delete_references_async(struct opcua_client *client,
                                   const struct opcua_new_reference *references, size_t count,
                                   bool one_way, opcua_statuses_fn *done, void *context)
{
    send_references(client, "deleteReferences", references, count, false, one_way, done, context);
}

bool opcua_delete_references(struct opcua_client *client,
                             const struct opcua_new_reference *references, size_t count,
                             bool one_way, uint32_t *statuses, struct opcua_error *error)
{
    struct osm_statuses_taken taken = {.statuses = statuses, .base.error = error};

    if (!osm_wait_may(client, error))
        return false;
    opcua_delete_references_async(client, references, count, one_way, osm_client_take_statuses,
                                  &taken);
    return osm_client_await(client, &taken.base);
}
