/* SPDX-License-Identifier: MIT */
/* Types, endpoints, files, trust: small calls that wait. */
#include <stdlib.h>
#include <string.h>

#include "client/results_internal.h"
#include "util/alloc.h"

/* Sends and waits; *doc is the caller's. */
static bool ask(struct osm_call *call, struct opcua_client *client, yyjson_doc **doc,
                struct opcua_error *error)
{
    struct osm_json_taken taken = {.base.error = error};

    if (!osm_wait_may(client, error)) {
        osm_call_free(call);
        return false;
    }
    osm_client_send_json(call, osm_client_take_json, &taken);
    if (!osm_client_await(client, &taken.base))
        return false;
    *doc = yyjson_read(taken.json, taken.length, YYJSON_READ_NOFLAG);
    free(taken.json);
    return true;
}

static void doc_freep(yyjson_doc **doc)
{
    yyjson_doc_free(*doc);
}

bool opcua_discover_types(struct opcua_client *client, uint64_t *count, struct opcua_error *error)
{
    _cleanup_(doc_freep) yyjson_doc *doc = NULL;

    if (!ask(osm_call_query(client, "discoverDataTypes", NULL), client, &doc, error))
        return false;
    if (count)
        *count = yyjson_get_uint(yyjson_doc_get_root(doc));
    return true;
}

/* ---- endpoints
 * ------------------------------------------------------------------------------------------ */

void opcua_endpoints_free(struct opcua_endpoint *endpoints, size_t count)
{
    for (size_t i = 0; endpoints && i < count; i++) {
        free(endpoints[i].url);
        free(endpoints[i].security_policy);
        free(endpoints[i].certificate.data);
    }
    free(endpoints);
}

static unsigned tokens_of(yyjson_val *list)
{
    yyjson_val *token;
    size_t i, count;
    unsigned tokens = 0;

    yyjson_arr_foreach(list, i, count, token)
    {
        uint64_t type = yyjson_get_uint(yyjson_obj_get(token, "tokenType"));

        if (type < 4)
            tokens |= 1u << type;
    }
    return tokens;
}

bool opcua_endpoints(struct opcua_client *client, struct opcua_endpoint **endpoints, size_t *count,
                     struct opcua_error *error)
{
    struct osm_call *call = osm_call_query(client, "getEndpoints", client->url);
    _cleanup_(doc_freep) yyjson_doc *doc = NULL;
    yyjson_val *list, *object;
    size_t i, all;

    osm_json_cstring(osm_call_json(call), client->url ? client->url : "");
    osm_json_bool(osm_call_json(call), false);
    if (!ask(call, client, &doc, error))
        return false;
    list = yyjson_doc_get_root(doc);
    if (!yyjson_is_arr(list))
        return osm_failure_of_shape(error, "getEndpoints");
    *count = yyjson_arr_size(list);
    *endpoints = osm_alloc((*count + 1) * sizeof(**endpoints));
    yyjson_arr_foreach(list, i, all, object)
    {
        (*endpoints)[i] = (struct opcua_endpoint){
            .url = osm_client_text_of(yyjson_obj_get(object, "endpointUrl")),
            .security_policy = osm_client_text_of(yyjson_obj_get(object, "securityPolicyUri")),
            .security_mode = yyjson_get_int(yyjson_obj_get(object, "securityMode")),
            .security_level = yyjson_get_int(yyjson_obj_get(object, "securityLevel")),
            .tokens = tokens_of(yyjson_obj_get(object, "userIdentityTokens"))};
        (void)osm_value_read_base64(yyjson_obj_get(object, "serverCertificate"),
                                    &(*endpoints)[i].certificate);
    }
    return true;
}

/* ---- files
 * ------------------------------------------------------------------------------------------------
 */

#define FILE_READ 1u
#define FILE_REPLACE 6u /* Write, EraseExisting (OPC 10000-20 §4.2.2) */
#define FILE_PIECE ((size_t)32768)

static struct osm_call *file_call(struct opcua_client *client, const char *method, const char *node)
{
    struct osm_call *call = osm_call_new(client, "invoke", node);
    struct osm_json *json = osm_call_json(call);

    osm_json_key(json, "method");
    osm_json_cstring(json, method);
    osm_json_key(json, "binary");
    osm_json_cstring(json, "base64");
    osm_json_key(json, "args");
    osm_json_array_begin(json);
    osm_json_cstring(json, node ? node : "");
    return call;
}

/* The result of a file method, which stands in data once more. */
static bool ask_file(struct osm_call *call, struct opcua_client *client, yyjson_doc **doc,
                     yyjson_val **result, struct opcua_error *error)
{
    osm_json_array_end(osm_call_json(call));
    if (!ask(call, client, doc, error))
        return false;
    *result = yyjson_obj_get(yyjson_doc_get_root(*doc), "data");
    return true;
}

static bool file_open(struct opcua_client *client, const char *node, unsigned mode,
                      uint64_t *handle, struct opcua_error *error)
{
    struct osm_call *call = file_call(client, "openFile", node);
    _cleanup_(doc_freep) yyjson_doc *doc = NULL;
    yyjson_val *result;

    osm_json_uint(osm_call_json(call), mode);
    if (!ask_file(call, client, &doc, &result, error))
        return false;
    *handle = yyjson_get_uint(result);
    return yyjson_is_uint(result) || osm_failure_of_shape(error, "openFile");
}

static bool file_close(struct opcua_client *client, const char *node, uint64_t handle,
                       struct opcua_error *error)
{
    struct osm_call *call = file_call(client, "closeFile", node);
    _cleanup_(doc_freep) yyjson_doc *doc = NULL;
    yyjson_val *result;

    osm_json_uint(osm_call_json(call), handle);
    return ask_file(call, client, &doc, &result, error);
}

/* Reads a piece behind what there is; *more: the file may go on. */
static bool read_piece(struct opcua_client *client, const char *node, uint64_t handle,
                       struct osm_buf *content, bool *more, struct opcua_error *error)
{
    struct osm_call *call = file_call(client, "readFile", node);
    _cleanup_(doc_freep) yyjson_doc *doc = NULL;
    struct opcua_text piece = {0};
    yyjson_val *result;

    osm_json_uint(osm_call_json(call), handle);
    osm_json_uint(osm_call_json(call), FILE_PIECE);
    if (!ask_file(call, client, &doc, &result, error))
        return false;
    if (!osm_value_read_base64(result, &piece))
        return osm_failure_of_shape(error, "readFile");
    osm_buf_add(content, piece.data, piece.length);
    *more = piece.length > 0;
    free(piece.data);
    return true;
}

bool opcua_file_read(struct opcua_client *client, const char *node, size_t limit,
                     struct opcua_text *content, struct opcua_error *error)
{
    _cleanup_(osm_buf_deinit) struct osm_buf all = {0};
    bool more = true, read = true;
    uint64_t handle;

    if (!file_open(client, node, FILE_READ, &handle, error))
        return false;
    while (read && more && all.length <= limit)
        read = read_piece(client, node, handle, &all, &more, error);
    if (!file_close(client, node, handle, read ? error : NULL) || !read)
        return false;
    if (all.length > limit)
        return osm_failure(error, OPCUA_SOURCE_HERE, "InvalidArgumentException", node,
                           "The file %s has more than %zu bytes", node, limit);
    *content = (struct opcua_text){0};
    opcua_text_set(content, all.data ? all.data : "", all.length);
    return true;
}

bool opcua_file_write(struct opcua_client *client, const char *node, const char *content,
                      size_t length, struct opcua_error *error)
{
    bool written = true;
    uint64_t handle;

    if (!file_open(client, node, FILE_REPLACE, &handle, error))
        return false;
    for (size_t at = 0; written && at < length; at += FILE_PIECE) {
        struct osm_call *call = file_call(client, "writeFile", node);
        struct osm_json *json = osm_call_json(call);
        _cleanup_(doc_freep) yyjson_doc *doc = NULL;
        yyjson_val *result;

        osm_json_uint(json, handle);
        osm_json_object_begin(json);
        osm_json_key(json, "base64");
        osm_json_base64(json, content + at, OSM_MIN(FILE_PIECE, length - at));
        osm_json_object_end(json);
        written = ask_file(call, client, &doc, &result, error);
    }
    return file_close(client, node, handle, written ? error : NULL) && written;
}

/* ---- trust
 * --------------------------------------------------------------------------------------------------
 */

bool opcua_trust(struct opcua_client *client, const char *der, size_t length,
                 struct opcua_error *error)
{
    struct osm_call *call = osm_call_query(client, "trustCertificate", NULL);
    _cleanup_(doc_freep) yyjson_doc *doc = NULL;

    osm_json_base64(osm_call_json(call), der, length);
    return ask(call, client, &doc, error);
}

bool opcua_untrust(struct opcua_client *client, const char *fingerprint, struct opcua_error *error)
{
    struct osm_call *call = osm_call_query(client, "untrustCertificate", fingerprint);
    _cleanup_(doc_freep) yyjson_doc *doc = NULL;

    osm_json_cstring(osm_call_json(call), fingerprint);
    return ask(call, client, &doc, error);
}
