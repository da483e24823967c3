/* SPDX-License-Identifier: MIT */
/* Look up, call, hand the outputs on; see file_call.h. */
#include "serve/method/file_call.h"

#include "core/link/method_nodes.h"
#include "port/status_code.h"
#include "wire/tagged/tagged_decode.h"
#include "wire/text/json.h"
#include "wire/text/node_id.h"
#include "wire/text/string.h"
#include "wire/value/browse_path.h"

/* --- arguments ----------------------------------------------------------------------------- */

/* A number in JSON, or an OpenFileMode; what does not fit is refused before anything is sent. */
static bool decode_integer(struct osm_decode *decode, yyjson_val *value, uint32_t type,
                           UA_Variant *out)
{
    const char *tag = osm_tagged_type(value);
    UA_Byte *mode;
    int64_t number;

    if (tag && type == UA_DATATYPEKIND_BYTE + 1) {
        if (!osm_tagged_read_enum(decode, value, "OpenFileMode", &number))
            return false;
        mode = osm_arena_alloc(decode->arena, sizeof(*mode));
        *mode = (UA_Byte)number;
        UA_Variant_setScalar(out, mode, &UA_TYPES[UA_TYPES_BYTE]);
        return true;
    }
    if (!yyjson_is_int(value))
        return osm_decode_type_error(decode, type == UA_DATATYPEKIND_BYTE + 1
                                                 ? "a tagged OpenFileMode or an integer"
                                                 : "an integer");
    return osm_plain_read_value(decode, value, type, out);
}

/* A text stands for its UTF-8 bytes; {"base64":…} for any bytes (types.md §4). */
static bool decode_bytes(struct osm_decode *decode, yyjson_val *value, UA_Variant *out)
{
    if (!yyjson_is_str(value) && !osm_json_get(value, "base64"))
        return osm_decode_type_error(decode, "a string");
    return osm_plain_read_value(decode, value, UA_DATATYPEKIND_BYTESTRING + 1, out);
}

static bool decode_input(struct osm_decode *decode, struct osm_args *args, int position,
                         uint32_t type, UA_Variant *out)
{
    const UA_DataType *data_type = osm_builtin_type(type);
    void *data = osm_arena_alloc(decode->arena, data_type->memSize);

    UA_Variant_setScalar(out, data, data_type);
    out->storageType = UA_VARIANT_DATA_NODELETE;
    switch (type - 1) {
    case UA_DATATYPEKIND_BOOLEAN:
        return osm_arg_bool(decode, args, position, false, data);
    case UA_DATATYPEKIND_STRING:
        return osm_arg_text(decode, args, position, data);
    case UA_DATATYPEKIND_NODEID:
        return osm_arg_node_id(decode, args, position, data);
    default:
        break;
    }
    *decode = osm_decode_at(decode, position);
    decode->list = "args";
    return type - 1 == UA_DATATYPEKIND_BYTESTRING
               ? decode_bytes(decode, osm_arg(args, position), out)
               : decode_integer(decode, osm_arg(args, position), type, out);
}

bool osm_file_call_decode(struct osm_decode *decode, struct osm_args *args,
                          const struct osm_file_method *method, struct osm_file_call *call)
{
    call->method = method;
    if (!osm_arg_node_id(decode, args, 0, &call->object))
        return false;
    for (size_t i = 0; i < OSM_FILE_INPUTS && method->inputs[i]; i++)
        if (!decode_input(decode, args, (int)i + 1, method->inputs[i],
                          &call->inputs[call->inputs_size++]))
            return false;
    return true;
}

/* --- the call ------------------------------------------------------------------------------ */

static void fail_call(struct osm_op *op, UA_StatusCode status)
{
    const struct osm_file_call *call = op->state;

    /* The object has been replaced by another one: its methods have other nodes. */
    if (status == UA_STATUSCODE_BADMETHODINVALID || status == UA_STATUSCODE_BADNODEIDUNKNOWN)
        osm_method_nodes_forget(&op->link->method_nodes, call->key);
    osm_op_failf(op, OSM_FAULT_SERVICE, "File Transfer %s failed: %s", call->method->name,
                 osm_status_code_name(status, osm_op_arena(op)));
}

static void called(struct osm_op *op, void *response)
{
    const UA_CallResponse *answer = response;
    const struct osm_file_call *call = op->state;

    if (!answer->resultsSize)
        fail_call(op, UA_STATUSCODE_BADUNEXPECTEDERROR);
    else if (answer->results[0].statusCode != UA_STATUSCODE_GOOD)
        fail_call(op, answer->results[0].statusCode);
    else
        call->method->done(op, &answer->results[0]);
}

static void send_call(struct osm_op *op, const UA_NodeId *method_node)
{
    struct osm_file_call *call = op->state;
    UA_CallMethodRequest method;
    UA_CallRequest request;

    UA_CallMethodRequest_init(&method);
    method.objectId = call->object;
    method.methodId = *method_node;
    method.inputArguments = call->inputs;
    method.inputArgumentsSize = call->inputs_size;
    UA_CallRequest_init(&request);
    request.methodsToCall = &method;
    request.methodsToCallSize = 1;
    osm_op_send_once(op, &osm_service_call, &request, called);
}

/* --- the method's node --------------------------------------------------------------------- */

/* The first path that led somewhere; NULL with the status of the first one if none did. */
static const UA_NodeId *first_target(const UA_TranslateBrowsePathsToNodeIdsResponse *answer,
                                     UA_StatusCode *status)
{
    *status =
        answer->resultsSize ? answer->results[0].statusCode : UA_STATUSCODE_BADUNEXPECTEDERROR;
    for (size_t i = 0; i < answer->resultsSize; i++)
        if (!UA_StatusCode_isBad(answer->results[i].statusCode) && answer->results[i].targetsSize)
            return &answer->results[i].targets[0].targetId.nodeId;
    if (!UA_StatusCode_isBad(*status))
        *status = UA_STATUSCODE_BADNOMATCH;
    return NULL;
}

static void looked_up(struct osm_op *op, void *response)
{
    const struct osm_file_call *call = op->state;
    UA_StatusCode status;
    const UA_NodeId *node = first_target(response, &status);

    if (!node) {
        osm_op_failf(op, OSM_FAULT_SERVICE,
                     "Cannot resolve File Transfer method '%s' on node %s: %s", call->method->name,
                     osm_node_id_text(osm_op_arena(op), &call->object),
                     osm_status_code_name(status, osm_op_arena(op)));
        return;
    }
    osm_method_nodes_put(&op->link->method_nodes, call->key, node);
    send_call(op, node);
}

static void look_up(struct osm_op *op)
{
    const struct osm_file_call *call = op->state;
    const char *names[] = {call->method->name, call->method->alternative};
    UA_TranslateBrowsePathsToNodeIdsRequest request;
    UA_BrowsePath paths[OSM_ARRAY_SIZE(names)];

    UA_TranslateBrowsePathsToNodeIdsRequest_init(&request);
    request.browsePaths = paths;
    for (size_t i = 0; i < OSM_ARRAY_SIZE(names) && names[i]; i++) {
        UA_String name = osm_string_view(names[i], strlen(names[i]));

        osm_browse_path_parse(&name, call->object, osm_op_arena(op),
                              &paths[request.browsePathsSize++]);
    }
    osm_op_send(op, &osm_service_translate_browse_paths, &request, looked_up);
    osm_op_expect_maybe_empty(op);
}

void osm_file_call_start(struct osm_op *op)
{
    struct osm_file_call *call = op->state;
    const UA_NodeId *known;

    call->key = osm_arena_printf(osm_op_arena(op), "%s %s", call->method->name,
                                 osm_node_id_text(osm_op_arena(op), &call->object));
    known = osm_method_nodes_find(op->link->method_nodes, call->key);
    if (known)
        send_call(op, known);
    else
        look_up(op);
}

/* --- outputs ------------------------------------------------------------------------------- */

static const char *name_of(const struct osm_op *op)
{
    return ((const struct osm_file_call *)op->state)->method->name;
}

const UA_Variant *osm_file_first_output(struct osm_op *op, const UA_CallMethodResult *result)
{
    if (result->outputArgumentsSize)
        return &result->outputArguments[0];
    osm_op_failf(op, OSM_FAULT_SERVICE, "%s returned no output arguments", name_of(op));
    return NULL;
}

void osm_file_fail_output(struct osm_op *op, const char *kind)
{
    osm_op_failf(op, OSM_FAULT_SERVICE, "%s output[0] is not %s", name_of(op), kind);
}
