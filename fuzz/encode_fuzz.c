/* SPDX-License-Identifier: MIT */
/*
 * Whatever a server may send as a DataValue is shown as valid JSON in every style, the same when it
 * is written in two steps (later.h). The first byte switches between the encoder's modes: all
 * ByteStrings as base64, structures as maps (the library's own types stand for learnt ones).
 */
#include "fuzz.h"
#include "wire/value/later.h"
#include "wire/value/styles.h"

static const UA_DataType *structure_of(void *structures, const UA_NodeId *encoding_id)
{
    (void)structures;
    for (size_t i = 0; i < UA_TYPES_COUNT; i++) {
        if (UA_TYPES[i].typeKind > UA_DATATYPEKIND_ENUM &&
            UA_NodeId_equal(&UA_TYPES[i].binaryEncodingId, encoding_id))
            return &UA_TYPES[i];
    }
    return NULL;
}

/* Several of it, in two steps. */
static void check_later(const struct osm_wire_context *context, const struct osm_style *style,
                        const UA_DataValue *value, const struct osm_buf *expected)
{
    struct osm_buf text = {0}, out = {0};
    struct osm_wire_context kept = osm_wire_context_keep(context);
    struct osm_later later = {0};
    struct osm_json json;
    struct osm_encoder encoder;

    osm_json_init(&json, &text);
    encoder = osm_encoder_make(&json, context, style);
    encoder.later = &later;
    osm_json_array_begin(&json);
    osm_encode_value(&encoder, value, &UA_TYPES[UA_TYPES_DATAVALUE]);
    osm_encode_value(&encoder, value, &UA_TYPES[UA_TYPES_DATAVALUE]);
    osm_json_array_end(&json);
    osm_json_init(&json, &out);
    osm_wire_context_prepare(&kept);
    encoder = osm_encoder_make(&json, &kept, style);
    osm_assert(osm_later_write(&later, &text, &encoder, SIZE_MAX));
    osm_assert(out.length == 2 * expected->length + 3);
    osm_assert(memcmp(out.data + 1, expected->data, expected->length) == 0);
    osm_assert(memcmp(out.data + expected->length + 2, expected->data, expected->length) == 0);
    osm_wire_context_release(&kept);
    osm_later_deinit(&later);
    osm_buf_deinit(&text);
    osm_buf_deinit(&out);
}

static void check(const struct osm_wire_context *context, const struct osm_style *style,
                  const UA_DataValue *value)
{
    struct osm_buf out = {0};
    struct osm_json json;
    struct osm_encoder encoder;
    yyjson_doc *doc;

    osm_json_init(&json, &out);
    encoder = osm_encoder_make(&json, context, style);
    osm_encode_value(&encoder, value, &UA_TYPES[UA_TYPES_DATAVALUE]);
    osm_assert(json.depth == 0);
    doc = yyjson_read(out.data, out.length, YYJSON_READ_NOFLAG);
    osm_assert(doc && yyjson_is_obj(yyjson_doc_get_root(doc)));
    yyjson_doc_free(doc);
    check_later(context, style, value, &out);
    osm_buf_deinit(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    UA_String uri = UA_STRING_NULL;
    struct osm_wire_context context = {.namespaces = &uri, .namespaces_size = 1};
    UA_ByteString bytes = {.length = size - 1, .data = (UA_Byte *)(uintptr_t)data + 1};
    UA_DataValue value;

    if (!size)
        return 0;
    context.binary_base64 = data[0] & 1;
    context.structure = data[0] & 2 ? structure_of : NULL;
    if (UA_decodeBinary(&bytes, &value, &UA_TYPES[UA_TYPES_DATAVALUE], NULL) != UA_STATUSCODE_GOOD)
        return 0;
    check(&context, &osm_plain_style, &value);
    check(&context, &osm_tagged_style, &value);
    check(&context, &osm_opcua_style, &value);
    UA_DataValue_clear(&value);
    return 0;
}
