/* SPDX-License-Identifier: MIT */
/* translateBrowsePaths and resolveNodeId (methods.md §2.7, §2.8; OPC 10000-4 §5.8.4). */
#include "serve/method/path.h"

#include <open62541/nodeids.h>

#include "port/status_code.h"
#include "serve/method/batch.h"
#include "serve/method/cached.h"
#include "wire/tagged/tagged_decode.h"
#include "wire/text/node_id.h"
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

static void send_paths(struct osm_op *op, UA_BrowsePath *paths, size_t size, osm_op_step_fn *step)
{
    UA_TranslateBrowsePathsToNodeIdsRequest request;

    UA_TranslateBrowsePathsToNodeIdsRequest_init(&request);
    request.browsePaths = paths;
    request.browsePathsSize = size;
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
    UA_BrowsePath *paths;
    size_t size;
    struct osm_batch batch;
};

static bool decode_name(struct osm_decode *decode, const struct osm_args *args, yyjson_val *value,
                        UA_QualifiedName *out)
{
    decode->key = "targetName";
    if (args->tagged)
        return osm_tagged_read_qualified_name(decode, value, out);
    return osm_plain_read_qualified_name(decode, value, out);
}

static bool decode_element(struct osm_decode *decode, const struct osm_args *args, yyjson_val *item,
                           UA_RelativePathElement *out)
{
    bool inverse, subtypes;

    decode->key = "relativePath";
    if (!yyjson_is_ctn(item))
        return osm_decode_type_error(decode, "a list of objects");
    if (!osm_arg_item_node_id_or(decode, args, item, "referenceTypeId",
                                 UA_NODEID_NUMERIC(0, UA_NS0ID_HIERARCHICALREFERENCES),
                                 &out->referenceTypeId) ||
        !osm_arg_item_bool(decode, args, item, "isInverse", false, &inverse) ||
        !osm_arg_item_bool(decode, args, item, "includeSubtypes", true, &subtypes))
        return false;
    out->isInverse = inverse;
    out->includeSubtypes = subtypes;
    return decode_name(decode, args, osm_json_get(item, "targetName"), &out->targetName);
}

static bool decode_path(struct osm_decode *decode, const struct osm_args *args, yyjson_val *item,
                        UA_BrowsePath *out)
{
    struct osm_list list;
    yyjson_val *element;

    if (!osm_arg_item_node_id(decode, args, item, "startingNodeId", &out->startingNode))
        return false;
    decode->key = "relativePath";
    if (!osm_plain_read_list_or_null(decode, osm_json_get(item, "relativePath"), &list))
        return false;
    out->relativePath.elements =
        osm_arena_array(decode->arena, list.size, sizeof(*out->relativePath.elements));
    while ((element = osm_cast_list_next(&list)))
        if (!decode_element(decode, args, element,
                            &out->relativePath.elements[out->relativePath.elementsSize++]))
            return false;
    return true;
}

static bool translate_decode(struct osm_decode *decode, struct osm_args *args,
                             const struct osm_session *session, void *state)
{
    struct translate *translate = state;
    struct osm_list list;
    yyjson_val *item;

    if (!osm_arg_array(decode, args, 0, !args->tagged, sizeof(*translate->paths), &list,
                       &translate->paths))
        return false;
    while ((item = osm_cast_list_next(&list))) {
        size_t i = translate->size++;

        if (!osm_arg_item_check(decode, item, (int)i) ||
            !decode_path(decode, args, item, &translate->paths[i]))
            return false;
    }
    return true;
}

static void translate_step(struct osm_op *op, void *response)
{
    const UA_TranslateBrowsePathsToNodeIdsResponse *answer = response;
    struct osm_encoder encoder = osm_reply_encoder_more(op);

    for (size_t i = 0; i < answer->resultsSize; i++)
        osm_record_encode(&encoder, &osm_record_browse_path_result, &answer->results[i]);
    if (osm_batch_next(op))
        return;
    osm_json_array_end(&osm_op_request(op)->json);
    osm_op_finish(op);
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

static const struct osm_parameter translate_parameters[] = {{"browsePaths", NULL}, {0}};

const struct osm_method osm_method_translateBrowsePaths = {
    .name = "translateBrowsePaths",
    .flags = OSM_OP_READS,
    .state_size = sizeof(struct translate),
    .parameters = translate_parameters,
    .decode = translate_decode,
    .start = translate_start,
};

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

static bool resolve_decode(struct osm_decode *decode, struct osm_args *args,
                           const struct osm_session *session, void *state)
{
    struct resolve *resolve = state;
    bool from_node = !osm_is_null(osm_arg(args, 1));
    const char *text;

    if (!osm_arg_text(decode, args, 0, &resolve->path) ||
        !osm_arg_node_id_or(decode, args, 1, UA_NODEID_NUMERIC(0, UA_NS0ID_ROOTFOLDER),
                            &resolve->start) ||
        !osm_arg_bool(decode, args, 2, true, &resolve->use_cache))
        return false;
    text = (const char *)resolve->path.data;
    resolve->lookup = from_node || (!osm_arg_looks_like_node_id(text) && has_slash(&resolve->path));
    return resolve->lookup || osm_node_id_parse(text, resolve->path.length, &resolve->start,
                                                decode->arena, decode->fault);
}

static void finish_with(struct osm_op *op, const UA_NodeId *id)
{
    struct osm_encoder encoder = osm_reply_encoder(op);

    osm_encode_value(&encoder, id, &UA_TYPES[UA_TYPES_NODEID]);
    osm_op_finish(op);
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
    {"path", NULL}, {"startingNodeId", "null"}, {"useCache", "true"}, {0}};

const struct osm_method osm_method_resolveNodeId = {
    .name = "resolveNodeId",
    .flags = OSM_OP_READS,
    .state_size = sizeof(struct resolve),
    .parameters = resolve_parameters,
    .decode = resolve_decode,
    .start = resolve_start,
};
