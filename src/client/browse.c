/* SPDX-License-Identifier: MIT */
/* Browsing and paths. A tree is told as a list in which each node is followed by what is below it.
 */
#include <stdlib.h>
#include <string.h>

#include "client/results_internal.h"
#include "util/alloc.h"

struct reference_list {
    struct opcua_reference *items;
    size_t count, room;
};

void opcua_references_free(struct opcua_reference *references, size_t count)
{
    for (size_t i = 0; references && i < count; i++) {
        free(references[i].node);
        free(references[i].reference_type);
        free(references[i].browse_name);
        free(references[i].display_name);
        free(references[i].type_definition);
    }
    free(references);
}

/* ---- reading -------------------------------------------------------------------------------- */

static char *name_of(yyjson_val *qualified)
{
    const char *name = yyjson_get_str(yyjson_obj_get(qualified, "name"));
    uint64_t ns = yyjson_get_uint(yyjson_obj_get(qualified, "ns"));

    if (ns)
        return osm_printf("%u:%s", (unsigned)ns, name ? name : "");
    return osm_strdup(name ? name : "");
}

static bool add_reference(struct reference_list *list, yyjson_val *object, unsigned depth)
{
    struct opcua_reference *reference;

    if (list->count == list->room) {
        list->room = list->room ? 2 * list->room : 16;
        list->items = osm_alloc_resize(list->items, list->room * sizeof(*list->items));
    }
    reference = &list->items[list->count++];
    *reference = (struct opcua_reference){
        .node = osm_value_read_node_id(yyjson_obj_get(object, "nodeId")),
        .reference_type = osm_value_read_node_id(yyjson_obj_get(object, "referenceTypeId")),
        .browse_name = name_of(yyjson_obj_get(object, "browseName")),
        .display_name =
            osm_client_text_of(yyjson_obj_get(yyjson_obj_get(object, "displayName"), "text")),
        .type_definition = osm_value_read_node_id(yyjson_obj_get(object, "typeDefinition")),
        .node_class = (uint32_t)yyjson_get_uint(yyjson_obj_get(object, "nodeClass")),
        .is_forward = yyjson_get_bool(yyjson_obj_get(object, "isForward")),
        .depth = depth};
    return reference->node && reference->reference_type && reference->type_definition;
}

#define MOST_LEVELS 256u /* as browseRecursive has them (methods.md §2.6) */

static bool add_nodes(struct reference_list *list, yyjson_val *nodes, unsigned depth, bool is_tree)
{
    yyjson_val *element;
    size_t i, count;

    if (!yyjson_is_arr(nodes) || depth > MOST_LEVELS)
        return false;
    yyjson_arr_foreach(nodes, i, count, element)
    {
        if (!is_tree) {
            if (!add_reference(list, element, depth))
                return false;
        } else if (!add_reference(list, yyjson_obj_get(element, "reference"), depth) ||
                   !add_nodes(list, yyjson_obj_get(element, "children"), depth + 1, true)) {
            return false;
        }
    }
    return true;
}

/* ---- browse --------------------------------------------------------------------------------- */

struct browse_call {
    opcua_references_fn *done;
    void *context;
    bool is_tree;
};

static void on_references(struct opcua_client *client, const struct opcua_error *error,
                          yyjson_val *data, void *context)
{
    struct browse_call *call = context;
    struct reference_list list = {0};
    struct opcua_error shape;

    (void)client;
    if (!error && !add_nodes(&list, data, 0, call->is_tree)) {
        osm_failure_of_shape(&shape, "browse");
        error = &shape;
    }
    if (call->done)
        call->done(call->context, error, error ? NULL : list.items, error ? 0 : list.count);
    opcua_references_free(list.items, list.count);
    free(call);
}

static void print_classes(struct osm_json *json, uint32_t classes)
{
    osm_json_array_begin(json);
    for (uint32_t bit = 1; bit <= 128; bit <<= 1) {
        if (classes & bit)
            osm_json_uint(json, bit);
    }
    osm_json_array_end(json);
}

void opcua_browse_async(struct opcua_client *client, const char *node,
                        const struct opcua_browse_options *options, opcua_references_fn *done,
                        void *context)
{
    static const struct opcua_browse_options none;
    struct browse_call *browse = osm_alloc(sizeof(*browse));
    struct osm_call *call;
    struct osm_json *json;

    if (!options)
        options = &none;
    *browse = (struct browse_call){done, context, options->depth > 1};
    call = osm_call_query(client, browse->is_tree ? "browseRecursive" : "browseAll", node);
    json = osm_call_json(call);
    osm_call_node(call, node);
    osm_json_int(json, options->direction);
    if (browse->is_tree)
        osm_json_uint(json, options->depth);
    if (options->reference_type)
        osm_json_cstring(json, options->reference_type);
    else
        osm_json_null(json);
    osm_json_bool(json, !options->without_subtypes);
    print_classes(json, options->node_classes);
    if (!browse->is_tree)
        osm_json_bool(json, false); /* what the server has now */
    osm_call_send(call, on_references, browse);
}

struct references_taken {
    struct osm_taken base;
    struct reference_list list;
};

static void take_references(void *context, const struct opcua_error *error,
                            const struct opcua_reference *references, size_t count)
{
    struct references_taken *taken = context;

    if (!osm_client_take(&taken->base, error))
        return;
    taken->list.count = count;
    taken->list.items = osm_alloc((count + 1) * sizeof(*references));
    for (size_t i = 0; i < count; i++) {
        struct opcua_reference *copy = &taken->list.items[i];

        *copy = references[i];
        copy->node = osm_strdup(references[i].node);
        copy->reference_type = osm_strdup(references[i].reference_type);
        copy->browse_name = osm_strdup(references[i].browse_name);
        copy->display_name = osm_strdup(references[i].display_name);
        copy->type_definition = osm_strdup(references[i].type_definition);
    }
}

bool opcua_browse(struct opcua_client *client, const char *node,
                  const struct opcua_browse_options *options, struct opcua_reference **references,
                  size_t *count, struct opcua_error *error)
{
    struct references_taken taken = {.base.error = error};

    if (!osm_wait_may(client, error) || !osm_wait_needs(references, "references", error) ||
        !osm_wait_needs(count, "count", error))
        return false;
    opcua_browse_async(client, node, options, take_references, &taken);
    if (!osm_client_await(client, &taken.base))
        return false;
    *references = taken.list.items;
    *count = taken.list.count;
    return true;
}

/* ---- paths ---------------------------------------------------------------------------------- */

void opcua_resolve_async(struct opcua_client *client, const char *path, opcua_text_fn *done,
                         void *context)
{
    struct osm_call *call = osm_call_query(client, "resolveNodeId", path);

    osm_call_node(call, path);
    osm_client_send_text(call, "resolveNodeId", done, context);
}

bool opcua_resolve(struct opcua_client *client, const char *path, char **node,
                   struct opcua_error *error)
{
    struct osm_text_taken taken = {.base.error = error};

    if (!osm_wait_may(client, error) || !osm_wait_needs(node, "node", error))
        return false;
    opcua_resolve_async(client, path, osm_client_take_text, &taken);
    if (!osm_client_await(client, &taken.base))
        return false;
    *node = taken.text;
    return true;
}
