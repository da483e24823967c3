/* SPDX-License-Identifier: MIT */
/* translateBrowsePaths and resolveNodeId (methods.md §2.7, §2.8; OPC 10000-4 §5.8.4). */
#include "serve/method/path.h"

#include <open62541/nodeids.h>

#include "port/status_code.h"
#include "serve/method/batch.h"
#include "serve/method/cached.h"
#include "wire/tagged/tagged_decode.h"
#include "wire/text/node_id.h"
#include "wire/text/qualified_name.h"
#include "wire/value/browse_path.h"

/* --- targets ------------------------------------------------------------------------------- */

/* The one target of a path; false = the operation has failed. */
static bool take_target(struct osm_op *op, const UA_String *text, const UA_BrowsePathResult *result,
                        UA_NodeId *out)
{
    UA_String path = osm_browse_path_trim(*text);
    const char *shown = osm_arena_text(osm_op_arena(op), (const char *)path.data, path.length);

    if (!result)
        osm_op_failf(op, OSM_FAULT_SERVICE,
                     "TranslateBrowsePaths returned no results for path: /%s", shown);
    else if (UA_StatusCode_isBad(result->statusCode))
        osm_op_failf(op, OSM_FAULT_SERVICE, "Failed to resolve path '/%s': %s", shown,
                     osm_status_code_name(result->statusCode, osm_op_arena(op)));
    else if (!result->targetsSize)
        osm_op_failf(op, OSM_FAULT_SERVICE, "No targets found for path: /%s", shown);
    else {
        *out = result->targets[0].targetId.nodeId;
        return true;
    }
    return false;
}

static void send_paths(struct osm_op *op, UA_BrowsePath *list, size_t size, osm_op_step_fn *step)
{
    UA_TranslateBrowsePathsToNodeIdsRequest request = {.browsePaths = list,
                                                       .browsePathsSize = size};

    osm_op_send(op, &osm_service_translate_browse_paths, &request, step);
    osm_op_expect_maybe_empty(op);
}

/* --- paths in place of NodeIds ------------------------------------------------------------- */

struct resolution {
    struct osm_arg_path *paths;
    void (*done)(struct osm_op *op);
};

static void paths_step(struct osm_op *op, void *response)
{
    const UA_TranslateBrowsePathsToNodeIdsResponse *answer = response;
    const struct resolution *resolution = osm_method_work(op)->prologue;
    size_t i = 0;

    for (struct osm_arg_path *path = resolution->paths; path; path = path->next, i++) {
        UA_NodeId id;

        if (!take_target(op, &path->path, i < answer->resultsSize ? &answer->results[i] : NULL,
                         &id))
            return;
        *path->target = osm_node_id_keep(osm_op_arena(op), &id);
    }
    resolution->done(op);
}

void osm_paths_resolve(struct osm_op *op, struct osm_arg_path *paths,
                       void (*done)(struct osm_op *op))
{
    struct resolution *resolution = osm_arena_alloc(osm_op_arena(op), sizeof(*resolution));
    UA_BrowsePath *list;
    size_t size = 0;

    for (struct osm_arg_path *path = paths; path; path = path->next)
        size++;
    list = osm_arena_array(osm_op_arena(op), size, sizeof(*list));
    size = 0;
    for (struct osm_arg_path *path = paths; path; path = path->next)
        osm_browse_path_parse(&path->path, UA_NODEID_NUMERIC(0, UA_NS0ID_ROOTFOLDER),
                              osm_op_arena(op), &list[size++]);
    resolution->paths = paths;
    resolution->done = done;
    osm_method_work(op)->prologue = resolution;
    send_paths(op, list, size, paths_step);
}

/* --- translateBrowsePaths ------------------------------------------------------------------ */

struct translate {
    size_t size;
    UA_BrowsePath *paths;
    struct osm_batch batch;
};

static bool read_name(struct osm_args *args, const struct osm_parameter *row, yyjson_val *value,
                      void *out)
{
    const struct osm_decode *decode = args->decode;
    const char *text = yyjson_get_str(value);

    if (text && osm_names_is_uri(text, yyjson_get_len(value)))
        return osm_qualified_name_read(text, yyjson_get_len(value), decode->names, out,
                                       decode->arena, decode->fault);
    return args->tagged ? osm_tagged_read_qualified_name(args->decode, value, out)
                        : osm_plain_read_qualified_name(args->decode, value, out);
}

static const struct osm_parameter element_rows[] = {
    {"referenceTypeId", "i=33", OSM_NODE_ID(UA_RelativePathElement, referenceTypeId)},
    {"isInverse", "false", OSM_BOOL(UA_RelativePathElement, isInverse)},
    {"includeSubtypes", "true", OSM_BOOL(UA_RelativePathElement, includeSubtypes)},
    {"targetName", NULL, OSM_READ(read_name, UA_RelativePathElement, targetName)},
    {.name = ""}};

static bool read_element(struct osm_args *args, const struct osm_parameter *row, yyjson_val *value,
                         void *out)
{
    args->decode->key = "relativePath";
    if (!yyjson_is_ctn(value))
        return osm_decode_type_error(args->decode, "a list of objects");
    return osm_parameter_map(args, row, value, out);
}

static const struct osm_items elements = {sizeof(UA_RelativePathElement),
                                          {.read = read_element, .of = element_rows}};
static const struct osm_parameter path_rows[] = {
    {"startingNodeId", NULL, OSM_NODE_ID(UA_BrowsePath, startingNode)},
    {"relativePath", "[]",
     OSM_LIST(UA_BrowsePath, relativePath.elementsSize, relativePath.elements, &elements)},
    {.name = ""}};
static const struct osm_items paths = {sizeof(UA_BrowsePath),
                                       {.read = osm_parameter_map, .of = path_rows}};

static void translate_step(struct osm_op *op, void *response)
{
    const UA_TranslateBrowsePathsToNodeIdsResponse *answer = response;
    struct osm_encoder encoder = osm_reply_answer_encoder_more(op, response);

    for (size_t i = 0; i < answer->resultsSize; i++)
        osm_record_encode(&encoder, &osm_record_browse_path_result, &answer->results[i]);
    if (!osm_batch_next(op))
        osm_reply_list_end(op);
}

static void translate_send(struct osm_op *op, size_t first, size_t count)
{
    const struct translate *translate = op->state;

    send_paths(op, translate->paths + first, count, translate_step);
}

static void translate_start(struct osm_op *op)
{
    struct translate *translate = op->state;

    osm_json_array_begin(osm_reply_begin(op));
    osm_batch_start(op, &translate->batch, OSM_LIMIT_TRANSLATE, translate->size, translate_send);
}

static const struct osm_parameter translate_parameters[] = {
    {"browsePaths", NULL, OSM_LAX_LIST(struct translate, size, paths, &paths)}, {.name = ""}};

OSM_METHOD(translateBrowsePaths, .flags = OSM_OP_READS, .state_size = sizeof(struct translate),
           .parameters = translate_parameters, .start = translate_start);

/* --- resolveNodeId ------------------------------------------------------------------------- */

struct resolve {
    UA_String path;
    UA_NodeId start;
    bool lookup; /* ask the server; else `start` is the answer */
    bool use_cache;
    struct osm_cached cached;
    UA_BrowsePath browse_path;
};

static bool has_slash(const UA_String *text)
{
    return text->length && memchr(text->data, '/', text->length);
}

static bool resolve_complete(struct osm_args *args, void *state)
{
    struct resolve *resolve = state;
    const char *text = (const char *)resolve->path.data;

    resolve->lookup = !osm_is_null(args->values[1]) ||
                      (!osm_parameter_is_node_id(text) && has_slash(&resolve->path));
    if (!resolve->lookup)
        return osm_node_id_parse(text, resolve->path.length, args->decode->names, &resolve->start,
                                 args->decode->arena, args->decode->fault);
    if (osm_is_null(args->values[1]))
        resolve->start = UA_NODEID_NUMERIC(0, UA_NS0ID_ROOTFOLDER);
    return osm_names_number_path(args->decode->names, &resolve->path, args->decode->arena,
                                 args->decode->fault);
}

static bool read_start(struct osm_args *args, const struct osm_parameter *row, yyjson_val *value,
                       void *out)
{
    return !value || osm_parameter_node(args, row, value, out);
}

static void finish_with(struct osm_op *op, const UA_NodeId *id)
{
    osm_reply_value(op, id, &UA_TYPES[UA_TYPES_NODEID]);
}

static void resolve_step(struct osm_op *op, void *response)
{
    const UA_TranslateBrowsePathsToNodeIdsResponse *answer = response;
    const struct resolve *resolve = op->state;
    UA_NodeId id;

    if (take_target(op, &resolve->path, answer->resultsSize ? &answer->results[0] : NULL, &id)) {
        osm_cached_store(&resolve->cached, &id);
        finish_with(op, &id);
    }
}

static void resolve_hit(struct osm_op *op, void *value)
{
    finish_with(op, value);
}

static void resolve_miss(struct osm_op *op)
{
    struct resolve *resolve = op->state;

    osm_browse_path_parse(&resolve->path, resolve->start, osm_op_arena(op), &resolve->browse_path);
    send_paths(op, &resolve->browse_path, 1, resolve_step);
}

static void resolve_start(struct osm_op *op)
{
    struct resolve *resolve = op->state;
    struct osm_cache_what what;
    UA_String path;

    if (!resolve->lookup) {
        finish_with(op, &resolve->start);
        return;
    }
    path = osm_browse_path_trim(resolve->path);
    what = (struct osm_cache_what){"resolve", &resolve->start, path.data, path.length};
    osm_cached_look_up(&resolve->cached, op, resolve->use_cache ? &what : NULL,
                       &UA_TYPES[UA_TYPES_NODEID], resolve_hit, resolve_miss);
}

static const struct osm_parameter resolve_parameters[] = {
    {"path", NULL, OSM_TEXT(struct resolve, path)},
    {"startingNodeId", "null", OSM_READ_AS(read_start, struct resolve, start, UA_NodeId)},
    {"useCache", "true", OSM_BOOL(struct resolve, use_cache)},
    {.name = ""}};

OSM_METHOD(resolveNodeId, .flags = OSM_OP_READS, .state_size = sizeof(struct resolve),
           .parameters = resolve_parameters, .complete = resolve_complete, .start = resolve_start);
