/* SPDX-License-Identifier: MIT */
/*
 * OPC UA JSON of numbers beyond 53 bits, times, ids and texts (OPC 10000-6 §5.4.2). Ids and names
 * are the texts of §5.1.12: with the namespace's URI where the session knows it, else with its
 * index. Unlike elsewhere in this program opaque ids are base64.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "util/base64.h"
#include "wire/opcua/opcua_style.h"
#include "wire/text/node_id.h"
#include "wire/text/time_text.h"

#define SECONDS_TEXT 19 /* YYYY-MM-DDTHH:MM:SS */
#define TICK_DIGITS 7   /* 100 ns */
#define TICKS 10000000

/* A null value of a nullable type has been written. */
static bool wrote_null(struct osm_encoder *encoder, const void *value, size_t type)
{
    if (!osm_opcua_is_null(value, &UA_TYPES[type]))
        return false;
    osm_json_null(encoder->json);
    return true;
}

static void member(struct osm_json *json, const char *key, const UA_String *text)
{
    if (text->length) {
        osm_json_key(json, key);
        osm_json_text(json, (const char *)text->data, text->length);
    }
}

void osm_opcua_encode_int64(struct osm_encoder *encoder, const void *value)
{
    char text[32];

    snprintf(text, sizeof(text), "\"%" PRId64 "\"", *(const UA_Int64 *)value);
    osm_json_raw(encoder->json, text, strlen(text));
}

void osm_opcua_encode_uint64(struct osm_encoder *encoder, const void *value)
{
    char text[32];

    snprintf(text, sizeof(text), "\"%" PRIu64 "\"", *(const UA_UInt64 *)value);
    osm_json_raw(encoder->json, text, strlen(text));
}

void osm_opcua_encode_date_time(struct osm_encoder *encoder, const void *value)
{
    UA_DateTime ticks = *(const UA_DateTime *)value;
    char text[OSM_TIME_TEXT + TICK_DIGITS + 2];
    size_t length = SECONDS_TEXT;

    if (wrote_null(encoder, value, UA_TYPES_DATETIME))
        return;
    osm_time_text(text, ticks, false);
    if (ticks % TICKS && memcmp(text, "9999-12-31T23:59:59", SECONDS_TEXT) != 0) {
        snprintf(text + length, sizeof(text) - length, ".%07u", (unsigned)(ticks % TICKS));
        for (length += 1 + TICK_DIGITS; text[length - 1] == '0'; length--)
            ;
    }
    text[length] = 'Z';
    osm_json_text(encoder->json, text, length + 1);
}

void osm_opcua_encode_guid(struct osm_encoder *encoder, const void *value)
{
    if (!wrote_null(encoder, value, UA_TYPES_GUID))
        osm_encode_guid(encoder, value);
}

void osm_opcua_encode_byte_string(struct osm_encoder *encoder, const void *value)
{
    const UA_ByteString *bytes = value;

    if (!wrote_null(encoder, value, UA_TYPES_BYTESTRING))
        osm_json_base64(encoder->json, bytes->data, bytes->length);
}

void osm_opcua_encode_status_code(struct osm_encoder *encoder, const void *value)
{
    UA_StatusCode code = *(const UA_StatusCode *)value;

    osm_json_object_begin(encoder->json);
    if (code) {
        osm_json_key(encoder->json, "Code");
        osm_json_uint(encoder->json, code);
    }
    osm_json_object_end(encoder->json);
}

void osm_opcua_encode_localized_text(struct osm_encoder *encoder, const void *value)
{
    const UA_LocalizedText *text = value;

    if (wrote_null(encoder, value, UA_TYPES_LOCALIZEDTEXT))
        return;
    osm_json_object_begin(encoder->json);
    member(encoder->json, "Locale", &text->locale);
    member(encoder->json, "Text", &text->text);
    osm_json_object_end(encoder->json);
}

/* --- texts with a namespace ---------------------------------------------------------------- */

/* The URI of a namespace other than 0, if the session knows it. */
static const UA_String *uri_of(const struct osm_encoder *encoder, uint16_t index)
{
    const struct osm_wire_context *context = encoder->context;

    if (!index || index >= context->namespaces_size || !context->namespaces[index].length)
        return NULL;
    return &context->namespaces[index];
}

static void print_identifier(struct osm_buf *out, const UA_NodeId *id)
{
    const UA_ByteString *bytes = &id->identifier.byteString;

    if (id->identifierType == UA_NODEIDTYPE_BYTESTRING) {
        osm_buf_printf(out, "b=");
        osm_base64_encode(out, bytes->data, bytes->length);
        return;
    }
    osm_node_id_print_identifier(out, id);
}

/* uri: given with the id, or NULL. */
static void encode_id(struct osm_encoder *encoder, const UA_NodeId *id, const UA_String *uri,
                      uint32_t server)
{
    _cleanup_(osm_buf_deinit) struct osm_buf text = {0};

    if (!uri)
        uri = uri_of(encoder, id->namespaceIndex);
    if (server)
        osm_buf_printf(&text, "svr=%" PRIu32 ";", server);
    if (uri)
        osm_names_print_uri(&text, uri);
    else if (id->namespaceIndex)
        osm_buf_printf(&text, "ns=%u;", id->namespaceIndex);
    print_identifier(&text, id);
    osm_json_text(encoder->json, text.data, text.length);
}

void osm_opcua_encode_node_id(struct osm_encoder *encoder, const void *value)
{
    if (!wrote_null(encoder, value, UA_TYPES_NODEID))
        encode_id(encoder, value, NULL, 0);
}

void osm_opcua_encode_expanded_node_id(struct osm_encoder *encoder, const void *value)
{
    const UA_ExpandedNodeId *id = value;

    if (!wrote_null(encoder, value, UA_TYPES_EXPANDEDNODEID))
        encode_id(encoder, &id->nodeId, id->namespaceUri.length ? &id->namespaceUri : NULL,
                  id->serverIndex);
}

void osm_opcua_encode_qualified_name(struct osm_encoder *encoder, const void *value)
{
    _cleanup_(osm_buf_deinit) struct osm_buf text = {0};
    const UA_QualifiedName *name = value;
    const UA_String *uri = uri_of(encoder, name->namespaceIndex);

    if (wrote_null(encoder, value, UA_TYPES_QUALIFIEDNAME))
        return;
    if (uri)
        osm_names_print_uri(&text, uri);
    else if (name->namespaceIndex)
        osm_buf_printf(&text, "%u:", name->namespaceIndex);
    osm_buf_add(&text, name->name.data, name->name.length);
    osm_json_text(encoder->json, text.data, text.length);
}

/* --- DiagnosticInfo ------------------------------------------------------------------------ */

static void index_member(struct osm_json *json, const char *key, bool present, int32_t index)
{
    if (present) {
        osm_json_key(json, key);
        osm_json_int(json, index);
    }
}

void osm_opcua_encode_diagnostic_info(struct osm_encoder *encoder, const void *value)
{
    const UA_DiagnosticInfo *info = value;
    struct osm_json *json = encoder->json;

    if (wrote_null(encoder, value, UA_TYPES_DIAGNOSTICINFO))
        return;
    osm_json_object_begin(json);
    index_member(json, "SymbolicId", info->hasSymbolicId, info->symbolicId);
    index_member(json, "NamespaceUri", info->hasNamespaceUri, info->namespaceUri);
    index_member(json, "Locale", info->hasLocale, info->locale);
    index_member(json, "LocalizedText", info->hasLocalizedText, info->localizedText);
    if (info->hasAdditionalInfo)
        member(json, "AdditionalInfo", &info->additionalInfo);
    if (info->hasInnerStatusCode && info->innerStatusCode) {
        osm_json_key(json, "InnerStatusCode");
        osm_opcua_encode_status_code(encoder, &info->innerStatusCode);
    }
    if (info->hasInnerDiagnosticInfo && info->innerDiagnosticInfo) {
        osm_json_key(json, "InnerDiagnosticInfo");
        osm_opcua_encode_diagnostic_info(encoder, info->innerDiagnosticInfo);
    }
    osm_json_object_end(json);
}
