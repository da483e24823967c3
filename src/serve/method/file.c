/* SPDX-License-Identifier: MIT */
/*
 * The file transfer methods (methods.md §4.3; OPC 10000-20 §4.2, §4.3): each is one method of a
 * FileType or FileDirectoryType object. A table row says which, with what, and what becomes of
 * its outputs.
 */
#include "serve/method/events.h"
#include "serve/method/file_call.h"
#include "util/utf8.h"
#include "wire/value/later.h"
#include "wire/value/result.h"

/* --- what becomes of the outputs ----------------------------------------------------------- */

static void done_null(struct osm_op *op, const UA_CallMethodResult *result)
{
    osm_reply_null(op);
}

static bool is_integer(const UA_Variant *value)
{
    return UA_Variant_isScalar(value) && value->type->typeKind >= UA_DATATYPEKIND_SBYTE &&
           value->type->typeKind <= UA_DATATYPEKIND_UINT64;
}

static void done_integer(struct osm_op *op, const UA_CallMethodResult *result)
{
    const UA_Variant *value = osm_file_first_output(op, result);

    if (!value)
        return;
    if (!is_integer(value)) {
        osm_file_fail_output(op, "an integer");
        return;
    }
    osm_reply_value(op, value->data, value->type);
}

static void write_base64(struct osm_encoder *encoder, const void *of, const void *values,
                         size_t count)
{
    const UA_ByteString *bytes = values;

    (void)of, (void)count;
    osm_json_base64(encoder->json, bytes->data, bytes->length);
}

static void write_text(struct osm_encoder *encoder, const void *of, const void *values,
                       size_t count)
{
    const UA_ByteString *bytes = values;

    (void)of, (void)count;
    osm_json_text(encoder->json, (const char *)bytes->data, bytes->length);
}

static void reply_bytes(struct osm_op *op, osm_later_fn *write, const UA_ByteString *bytes)
{
    const struct osm_file_call *call = op->state;
    struct osm_encoder encoder = osm_reply_answer_encoder(op, call->response);

    if (encoder.later)
        osm_later_add(&encoder, write, NULL, bytes, 1, 0);
    else
        write(&encoder, NULL, bytes, 1);
    osm_op_finish(op);
}

/* M19: text as it is, anything else only as base64, which the caller has to ask for. */
static void finish_bytes(struct osm_op *op, const UA_ByteString *bytes)
{
    if (osm_op_request(op)->binary_base64)
        reply_bytes(op, write_base64, bytes);
    else if (osm_utf8_is_valid((const char *)bytes->data, bytes->length))
        reply_bytes(op, write_text, bytes);
    else
        osm_op_failf(op, OSM_FAULT_SERIALIZATION,
                     "readFile: these %zu bytes are not UTF-8 text; the position in the file has "
                     "moved behind them (ask with \"binary\":\"base64\" to get any bytes)",
                     bytes->length);
}

static void done_bytes(struct osm_op *op, const UA_CallMethodResult *result)
{
    static const UA_ByteString none = {0};
    const UA_Variant *value = osm_file_first_output(op, result);

    if (!value)
        return;
    if (UA_Variant_isEmpty(value))
        finish_bytes(op, &none);
    else if (UA_Variant_hasScalarType(value, &UA_TYPES[UA_TYPES_BYTESTRING]) ||
             UA_Variant_hasScalarType(value, &UA_TYPES[UA_TYPES_STRING]))
        finish_bytes(op, value->data);
    else
        osm_file_fail_output(op, "a ByteString");
}

static void done_node_id(struct osm_op *op, const UA_CallMethodResult *result)
{
    const UA_Variant *value = osm_file_first_output(op, result);

    if (!value)
        return;
    if (!UA_Variant_hasScalarType(value, &UA_TYPES[UA_TYPES_NODEID])) {
        osm_file_fail_output(op, "a NodeId");
        return;
    }
    osm_reply_value(op, value->data, value->type);
}

static void done_created(struct osm_op *op, const UA_CallMethodResult *result)
{
    const UA_Variant *outputs = result->outputArguments;
    struct osm_create_file_result created = {0};

    if (result->outputArgumentsSize < 2) {
        osm_op_failf(op, OSM_FAULT_SERVICE,
                     "CreateFile returned fewer output arguments than expected");
        return;
    }
    if (!UA_Variant_hasScalarType(&outputs[0], &UA_TYPES[UA_TYPES_NODEID])) {
        osm_file_fail_output(op, "a NodeId");
        return;
    }
    created.file_node_id = *(const UA_NodeId *)outputs[0].data;
    if (UA_Variant_hasScalarType(&outputs[1], &UA_TYPES[UA_TYPES_UINT32]))
        created.file_handle = *(const UA_UInt32 *)outputs[1].data;
    osm_reply_record(op, &osm_record_create_file_result, &created);
}

/* --- events -------------------------------------------------------------------------------- */

/* The inputs of every one of these begin with the file's handle, as openFile's only output. */
static uint64_t number_of(const UA_Variant *value)
{
    if (value->type == &UA_TYPES[UA_TYPES_BYTE])
        return *(const UA_Byte *)value->data;
    if (value->type == &UA_TYPES[UA_TYPES_UINT32] || value->type == &UA_TYPES[UA_TYPES_INT32])
        return *(const UA_UInt32 *)value->data;
    return 0;
}

static size_t length_of(const UA_Variant *value)
{
    return value->type == &UA_TYPES[UA_TYPES_BYTESTRING] && UA_Variant_isScalar(value)
               ? ((const UA_ByteString *)value->data)->length
               : 0;
}

static void done_opened(struct osm_op *op, const UA_CallMethodResult *result)
{
    const struct osm_file_call *call = op->state;

    if (result->outputArgumentsSize && is_integer(&result->outputArguments[0]))
        osm_tell(osm_op_session(op), OSM_EVENT_FILE_OPENED,
                 osm_field_node_id("fileNodeId", &call->object),
                 osm_field_uint("fileHandle", number_of(&result->outputArguments[0])),
                 osm_field_uint("mode", number_of(&call->inputs[0])));
    done_integer(op, result);
}

static void done_closed(struct osm_op *op, const UA_CallMethodResult *result)
{
    const struct osm_file_call *call = op->state;

    osm_tell(osm_op_session(op), OSM_EVENT_FILE_CLOSED,
             osm_field_node_id("fileNodeId", &call->object),
             osm_field_uint("fileHandle", number_of(&call->inputs[0])));
    done_null(op, result);
}

static void done_read(struct osm_op *op, const UA_CallMethodResult *result)
{
    const struct osm_file_call *call = op->state;

    if (result->outputArgumentsSize)
        osm_tell(osm_op_session(op), OSM_EVENT_FILE_BYTES_READ,
                 osm_field_node_id("fileNodeId", &call->object),
                 osm_field_uint("fileHandle", number_of(&call->inputs[0])),
                 osm_field_uint("bytesRead", length_of(&result->outputArguments[0])),
                 osm_field_uint("requestedLength", number_of(&call->inputs[1])));
    done_bytes(op, result);
}

static void done_written(struct osm_op *op, const UA_CallMethodResult *result)
{
    const struct osm_file_call *call = op->state;

    osm_tell(osm_op_session(op), OSM_EVENT_FILE_BYTES_WRITTEN,
             osm_field_node_id("fileNodeId", &call->object),
             osm_field_uint("fileHandle", number_of(&call->inputs[0])),
             osm_field_uint("bytesWritten", length_of(&call->inputs[1])));
    done_null(op, result);
}

/* --- the methods --------------------------------------------------------------------------- */

#define OBJECT(parameter)                                                                          \
    {                                                                                              \
        parameter, NULL, OSM_NODE(struct osm_file_call, object)                                    \
    }
#define INPUT(parameter, fallback, type)                                                           \
    {                                                                                              \
        parameter, fallback, .read = osm_file_call_input, .of = &UA_TYPES[UA_TYPES_##type]         \
    }
/* FILE_METHOD(method, "Name", alternative or NULL, done, parameter, …) */
#define FILE_METHOD(method_, name_, alternative_, done_, ...)                                      \
    static bool method_##_complete(struct osm_args *args, void *state)                             \
    {                                                                                              \
        static const struct osm_file_method method = {name_, alternative_, done_};                 \
                                                                                                   \
        ((struct osm_file_call *)state)->method = &method;                                         \
        return true;                                                                               \
    }                                                                                              \
    static const struct osm_parameter method_##_parameters[] = {__VA_ARGS__, {.name = ""}};        \
    OSM_METHOD(method_, .state_size = sizeof(struct osm_file_call),                                \
               .parameters = method_##_parameters, .complete = method_##_complete,                 \
               .start = osm_file_call_start);

FILE_METHOD(openFile, "Open", NULL, done_opened, OBJECT("fileNodeId"), INPUT("mode", NULL, BYTE))
FILE_METHOD(closeFile, "Close", NULL, done_closed, OBJECT("fileNodeId"),
            INPUT("fileHandle", NULL, UINT32))
FILE_METHOD(readFile, "Read", NULL, done_read, OBJECT("fileNodeId"),
            INPUT("fileHandle", NULL, UINT32), INPUT("length", NULL, INT32))
FILE_METHOD(writeFile, "Write", NULL, done_written, OBJECT("fileNodeId"),
            INPUT("fileHandle", NULL, UINT32), INPUT("data", NULL, BYTESTRING))
FILE_METHOD(getFilePosition, "GetPosition", NULL, done_integer, OBJECT("fileNodeId"),
            INPUT("fileHandle", NULL, UINT32))
FILE_METHOD(setFilePosition, "SetPosition", NULL, done_null, OBJECT("fileNodeId"),
            INPUT("fileHandle", NULL, UINT32), INPUT("position", NULL, UINT64))
FILE_METHOD(createDirectory, "CreateDirectory", NULL, done_node_id, OBJECT("directoryNodeId"),
            INPUT("directoryName", NULL, STRING))
FILE_METHOD(createFileInDirectory, "CreateFile", NULL, done_created, OBJECT("directoryNodeId"),
            INPUT("fileName", NULL, STRING), INPUT("requestFileOpen", "false", BOOLEAN))
/* The standard calls it Delete. */
FILE_METHOD(deleteFileSystemObject, "DeleteFileSystemObject", "Delete", done_null,
            OBJECT("directoryNodeId"), INPUT("targetNodeId", NULL, NODEID))
FILE_METHOD(moveOrCopyFileSystemObject, "MoveOrCopy", NULL, done_node_id, OBJECT("directoryNodeId"),
            INPUT("sourceNodeId", NULL, NODEID), INPUT("targetDirectoryNodeId", NULL, NODEID),
            INPUT("createCopy", NULL, BOOLEAN), INPUT("newName", "\"\"", STRING))
