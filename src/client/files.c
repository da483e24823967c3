/* SPDX-License-Identifier: MIT */
/*
 * Files and directories of a server (OPC 10000-20): the methods one by one, and a whole file in one
 * call, which is a chain of them:
 *
 *   open ─▶ read or write a piece ─▶ … ─▶ close ─▶ told
 *              │ failed                      ▲
 *              └─────────────────────────────┘
 *
 * What was opened is closed again whatever happens, as long as the server can be reached.
 */
#include <stdlib.h>
#include <string.h>

#include "client/results_internal.h"
#include "util/alloc.h"

#define FILE_PIECE ((size_t)32768)

static struct osm_call *file_call(struct opcua_client *client, const char *method, const char *node)
{
    struct osm_call *call = osm_call_invoke(client, method, node);

    osm_call_node(call, node);
    return call;
}

static struct osm_call *handle_call(struct opcua_client *client, const char *method,
                                    const char *node, uint32_t handle)
{
    struct osm_call *call = file_call(client, method, node);

    osm_json_uint(osm_call_json(call), handle);
    return call;
}

/* ---- one by one ----------------------------------------------------------------------------- */

void opcua_file_open_async(struct opcua_client *client, const char *node, unsigned mode,
                           opcua_number_fn *done, void *context)
{
    osm_client_send_number(handle_call(client, "openFile", node, mode), "openFile", done, context);
}

void opcua_file_close_async(struct opcua_client *client, const char *node, uint32_t handle,
                            opcua_done_fn *done, void *context)
{
    osm_client_send_done(handle_call(client, "closeFile", node, handle), "Cannot close", done,
                         context);
}

struct bytes_call {
    opcua_bytes_fn *done;
    void *context;
};

static void on_bytes(struct opcua_client *client, const struct opcua_error *error, yyjson_val *data,
                     void *context)
{
    struct bytes_call *call = context;
    struct opcua_text bytes = {0};
    struct opcua_error shape;

    (void)client;
    if (!error && !osm_value_read_base64(data, &bytes)) {
        osm_failure_of_shape(&shape, "readFile");
        error = &shape;
    }
    if (call->done)
        call->done(call->context, error, bytes.data, bytes.length);
    free(bytes.data);
    free(call);
}

void opcua_file_get_async(struct opcua_client *client, const char *node, uint32_t handle,
                          uint32_t length, opcua_bytes_fn *done, void *context)
{
    struct osm_call *call = handle_call(client, "readFile", node, handle);
    struct bytes_call *bytes = osm_alloc(sizeof(*bytes));

    osm_json_uint(osm_call_json(call), length);
    *bytes = (struct bytes_call){done, context};
    osm_call_send(call, on_bytes, bytes);
}

void opcua_file_put_async(struct opcua_client *client, const char *node, uint32_t handle,
                          const char *data, size_t length, opcua_done_fn *done, void *context)
{
    struct osm_call *call = handle_call(client, "writeFile", node, handle);
    struct osm_json *json = osm_call_json(call);

    osm_json_object_begin(json);
    osm_json_key(json, "base64");
    if (osm_call_needs(call, data || !length, "data"))
        osm_json_base64(json, data ? data : "", length);
    osm_json_object_end(json);
    osm_client_send_done(call, "Cannot write", done, context);
}

void opcua_file_tell_async(struct opcua_client *client, const char *node, uint32_t handle,
                           opcua_number_fn *done, void *context)
{
    osm_client_send_number(handle_call(client, "getFilePosition", node, handle), "getFilePosition",
                           done, context);
}

void opcua_file_seek_async(struct opcua_client *client, const char *node, uint32_t handle,
                           uint64_t position, opcua_done_fn *done, void *context)
{
    struct osm_call *call = handle_call(client, "setFilePosition", node, handle);

    osm_json_uint(osm_call_json(call), position);
    osm_client_send_done(call, "Cannot seek", done, context);
}

/* ---- directories ---------------------------------------------------------------------------- */

void opcua_directory_create_async(struct opcua_client *client, const char *directory,
                                  const char *name, opcua_text_fn *done, void *context)
{
    struct osm_call *call = file_call(client, "createDirectory", directory);

    osm_call_node(call, name);
    osm_client_send_text(call, "createDirectory", done, context);
}

struct created_call {
    opcua_file_created_fn *done;
    void *context;
};

static void on_created(struct opcua_client *client, const struct opcua_error *error,
                       yyjson_val *data, void *context)
{
    yyjson_val *node = yyjson_obj_get(data, "fileNodeId"),
               *handle = yyjson_obj_get(data, "fileHandle");
    struct created_call *call = context;
    struct opcua_error shape;

    (void)client;
    if (!error && (!yyjson_is_str(node) || !yyjson_is_uint(handle))) {
        osm_failure_of_shape(&shape, "createFileInDirectory");
        error = &shape;
    }
    if (call->done)
        call->done(call->context, error, error ? NULL : yyjson_get_str(node),
                   error ? 0 : (uint32_t)yyjson_get_uint(handle));
    free(call);
}

void opcua_file_create_async(struct opcua_client *client, const char *directory, const char *name,
                             bool open, opcua_file_created_fn *done, void *context)
{
    struct osm_call *call = file_call(client, "createFileInDirectory", directory);
    struct created_call *created = osm_alloc(sizeof(*created));

    osm_call_node(call, name);
    osm_json_bool(osm_call_json(call), open);
    *created = (struct created_call){done, context};
    osm_call_send(call, on_created, created);
}

void opcua_file_delete_async(struct opcua_client *client, const char *directory, const char *node,
                             opcua_done_fn *done, void *context)
{
    struct osm_call *call = file_call(client, "deleteFileSystemObject", directory);

    osm_call_node(call, node);
    osm_client_send_done(call, "Cannot delete", done, context);
}

void opcua_file_move_async(struct opcua_client *client, const char *directory, const char *node,
                           const char *target, bool copy, const char *name, opcua_text_fn *done,
                           void *context)
{
    struct osm_call *call = file_call(client, "moveOrCopyFileSystemObject", directory);

    osm_call_node(call, node);
    osm_call_node(call, target);
    osm_json_bool(osm_call_json(call), copy);
    osm_call_node(call, name);
    osm_client_send_text(call, "moveOrCopyFileSystemObject", done, context);
}

/* ---- a whole file --------------------------------------------------------------------------- */

struct whole {
    struct opcua_client *client;
    char *node;
    uint32_t handle;
    bool writes;
    size_t limit, at; /* of a read; how much has been written */
    struct osm_buf content;
    bool failed;
    struct opcua_error error;
    opcua_bytes_fn *read;
    opcua_done_fn *written;
    void *context;
};

static void next_piece(struct whole *whole);

static void whole_end(struct whole *whole)
{
    const struct opcua_error *error = whole->failed ? &whole->error : NULL;

    if (whole->read)
        whole->read(whole->context, error, error ? NULL : osm_buf_text(&whole->content),
                    error ? 0 : whole->content.length);
    if (whole->written)
        whole->written(whole->context, error);
    osm_buf_deinit(&whole->content);
    free(whole->node);
    free(whole);
}

/* The first error counts. */
static void whole_fail(struct whole *whole, const struct opcua_error *error)
{
    if (error && !whole->failed)
        whole->error = *error;
    whole->failed |= error != NULL;
}

static void on_whole_closed(void *context, const struct opcua_error *error)
{
    whole_fail(context, error);
    whole_end(context);
}

static void whole_close(struct whole *whole)
{
    opcua_file_close_async(whole->client, whole->node, whole->handle, on_whole_closed, whole);
}

static void on_piece_read(void *context, const struct opcua_error *error, const char *data,
                          size_t length)
{
    struct whole *whole = context;
    struct opcua_error large;

    whole_fail(whole, error);
    if (length)
        osm_buf_add(&whole->content, data, length);
    if (!error && whole->content.length > whole->limit) {
        osm_failure(&large, OPCUA_SOURCE_HERE, "InvalidArgumentException", whole->node,
                    "The file %s has more than %zu bytes", whole->node, whole->limit);
        whole_fail(whole, &large);
    }
    if (!whole->failed && length)
        next_piece(whole);
    else
        whole_close(whole);
}

static void on_piece_written(void *context, const struct opcua_error *error)
{
    struct whole *whole = context;

    whole_fail(whole, error);
    whole->at += FILE_PIECE;
    if (!whole->failed && whole->at < whole->content.length)
        next_piece(whole);
    else
        whole_close(whole);
}

static void next_piece(struct whole *whole)
{
    if (whole->writes)
        opcua_file_put_async(
            whole->client, whole->node, whole->handle, whole->content.data + whole->at,
            OSM_MIN(FILE_PIECE, whole->content.length - whole->at), on_piece_written, whole);
    else
        opcua_file_get_async(whole->client, whole->node, whole->handle, FILE_PIECE, on_piece_read,
                             whole);
}

static void on_whole_open(void *context, const struct opcua_error *error, uint64_t handle)
{
    struct whole *whole = context;

    whole_fail(whole, error);
    whole->handle = (uint32_t)handle;
    if (error)
        whole_end(whole);
    else if (whole->writes && !whole->content.length)
        whole_close(whole);
    else
        next_piece(whole);
}

static struct whole *whole_new(struct opcua_client *client, const char *node, void *context)
{
    struct whole *whole = osm_alloc(sizeof(*whole));

    *whole =
        (struct whole){.client = client, .node = osm_strdup(node ? node : ""), .context = context};
    return whole;
}

void opcua_file_read_async(struct opcua_client *client, const char *node, size_t limit,
                           opcua_bytes_fn *done, void *context)
{
    struct whole *whole = whole_new(client, node, context);

    whole->limit = limit;
    whole->read = done;
    opcua_file_open_async(client, node, OPCUA_FILE_READ, on_whole_open, whole);
}

void opcua_file_write_async(struct opcua_client *client, const char *node, const char *content,
                            size_t length, opcua_done_fn *done, void *context)
{
    struct whole *whole = whole_new(client, node, context);
    struct osm_call *call;

    whole->writes = true;
    whole->written = done;
    if (content || !length) {
        osm_buf_add(&whole->content, content ? content : "", length);
        opcua_file_open_async(client, node, OPCUA_FILE_WRITE | OPCUA_FILE_ERASE, on_whole_open,
                              whole);
        return;
    }
    call = file_call(client, "openFile", node);
    (void)osm_call_needs(call, content, "content");
    osm_client_send_number(call, "openFile", on_whole_open, whole);
}
