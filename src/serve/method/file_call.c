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
static bool read_integer(struct osm_args *args, yyjson_val *value, uint32_t type, UA_Variant *out)
{
    bool is_mode = type == UA_DATATYPEKIND_BYTE + 1;
    int64_t number;

    if (is_mode && osm_tagged_type(value)) {
        if (!osm_tagged_read_enum(args->decode, value, "OpenFileMode", &number))
            return false;
        *(UA_Byte *)out->data = (UA_Byte)number;
        return true;
    }
    if (!yyjson_is_int(value))
        return osm_decode_type_error(args->decode, is_mode ? "a tagged OpenFileMode or an integer"
                                                           : "an integer");
    return osm_plain_read_value(args->decode, value, type, out);
}

/* A text stands for its UTF-8 bytes; {"base64":…} for any bytes (types.md §4). */
static bool read_bytes(struct osm_args *args, yyjson_val *value, UA_Variant *out)
{
    if (!yyjson_is_str(value) && !osm_json_get(value, "base64"))
        return osm_decode_type_error(args->decode, "a string");
    return osm_plain_read_value(args->decode, value, UA_DATATYPEKIND_BYTESTRING + 1, out);
}

bool osm_file_call_input(struct osm_args *args, const struct osm_parameter *row, yyjson_val *value,
                         void *out)
{
    const UA_DataType *type = row->of;
    struct osm_file_call *call = out;
    UA_Variant *input = &call->inputs[call->inputs_size++];

    UA_Variant_setScalar(input, osm_arena_alloc(args->decode->arena, type->memSize), type);
    input->storageType = UA_VARIANT_DATA_NODELETE;
    switch (type->typeKind) {
    case UA_DATATYPEKIND_BOOLEAN:
        return osm_parameter_bool(args, row, value, input->data);
    case UA_DATATYPEKIND_STRING:
        return osm_parameter_text(args, row, value, input->data);
    case UA_DATATYPEKIND_NODEID:
        return osm_parameter_node(args, row, value, input->data);
    case UA_DATATYPEKIND_BYTESTRING:
        return read_bytes(args, value, input);
    default:
        return read_integer(args, value, type->typeKind + 1, input);
    }
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
    struct osm_file_call *call = op->state;

    call->response = response;
    if (answer->results[0].statusCode != UA_STATUSCODE_GOOD)
        fail_call(op, answer->results[0].statusCode);
    else
        call->method->done(op, &answer->results[0]);
}

static void send_call(struct osm_op *op, const UA_NodeId *method_node)
{
    struct osm_file_call *call = op->state;
    UA_CallMethodRequest method = {.objectId = call->object,
                                   .methodId = *method_node,
                                   .inputArguments = call->inputs,
                                   .inputArgumentsSize = call->inputs_size};
    UA_CallRequest request = {.methodsToCall = &method, .methodsToCallSize = 1};

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
    UA_BrowsePath paths[OSM_ARRAY_SIZE(names)];
    UA_TranslateBrowsePathsToNodeIdsRequest request = {.browsePaths = paths};

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
