/* SPDX-License-Identifier: MIT */
/*
 * Whatever a server may send as a DataValue is shown as valid JSON in every style. The first
 * byte switches between the encoder's modes: all ByteStrings as base64, structures as maps (the
 * library's own types stand for learnt ones).
 */
#include "fuzz.h"
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
