/* SPDX-License-Identifier: MIT */
/* The value walker; see encode.h. */
#include "wire/value/encode.h"

#include "util/base64.h"
#include "wire/text/names_table.h"
#include "wire/value/later.h"

/* Inside so many decoded structures content is not written twice any more: base64 at once. Each
 * level may double the work, and how deep they nest is the server's choice. */
#define REWRITE_STRUCTURES 3

struct osm_encoder osm_encoder_make(struct osm_json *json, const struct osm_wire_context *context,
                                    const struct osm_style *style)
{
    static const struct osm_wire_context nothing = {0};

    if (!context)
        context = &nothing;
    return (struct osm_encoder){
        .json = json, .context = context, .style = style, .base64 = context->binary_base64};
}

/* The slot of the style that writes a type; OSM_BUILTIN_KINDS when it is a structure. */
static unsigned slot_of(const UA_DataType *type)
{
    if (type->typeKind == UA_DATATYPEKIND_ENUM)
        return UA_DATATYPEKIND_INT32;
    return OSM_MIN(type->typeKind, OSM_BUILTIN_KINDS);
}

/* A structure the library decoded because it knows the type: an ExtensionObject on the wire. */
static void encode_decoded(struct osm_encoder *encoder, const void *value, const UA_DataType *type)
{
    UA_ExtensionObject object = {
        .encoding = UA_EXTENSIONOBJECT_DECODED_NODELETE,
        .content.decoded = {.type = type, .data = (void *)(uintptr_t)value},
    };

    encoder->style->builtin[UA_DATATYPEKIND_EXTENSIONOBJECT](encoder, &object);
}

static void write_values(struct osm_encoder *encoder, const void *type, const void *values,
                         size_t count)
{
    osm_encode_values(encoder, values, count, type);
}

static void write_list(struct osm_encoder *encoder, const void *type, const void *values,
                       size_t count)
{
    osm_encode_list(encoder, values, count, type);
}

static inline void encode_one(struct osm_encoder *encoder, const void *value,
                              const UA_DataType *type)
{
    unsigned slot = slot_of(type);

    if (encoder->later)
        osm_later_add(encoder, write_values, type, value, 1, type->memSize);
    else if (slot < OSM_BUILTIN_KINDS)
        encoder->style->builtin[slot](encoder, value);
    else
        encode_decoded(encoder, value, type);
}

void osm_encode_value(struct osm_encoder *encoder, const void *value, const UA_DataType *type)
{
    encode_one(encoder, value, type);
}

void osm_encode_values(struct osm_encoder *encoder, const void *values, size_t size,
                       const UA_DataType *type)
{
    unsigned slot = slot_of(type);
    osm_encode_fn *encode = slot < OSM_BUILTIN_KINDS ? encoder->style->builtin[slot] : NULL;
    const char *at = values;

    if (encoder->later) {
        if (size)
            osm_later_add(encoder, write_values, type, values, size, type->memSize);
        return;
    }
    for (; size; size--, at += type->memSize) {
        if (encode)
            encode(encoder, at);
        else
            encode_decoded(encoder, at, type);
    }
}

void osm_encode_list(struct osm_encoder *encoder, const void *values, size_t size,
                     const UA_DataType *type)
{
    if (encoder->later) {
        osm_later_add(encoder, write_list, type, values, size, 0);
        return;
    }
    osm_json_array_begin(encoder->json);
    osm_encode_values(encoder, values, size, type);
    osm_json_array_end(encoder->json);
}

static void encode_content(struct osm_encoder *encoder, const UA_Variant *variant)
{
    if (UA_Variant_isScalar(variant))
        encode_one(encoder, variant->data, variant->type);
    else
        osm_encode_list(encoder, variant->data, variant->arrayLength, variant->type);
}

/* Once more in base64 when that turns out to be due. */
static __attribute__((noinline)) bool encode_bytes(struct osm_encoder *encoder,
                                                   const UA_Variant *variant)
{
    struct osm_encoder inner = *encoder;
    struct osm_json before = *encoder->json;
    size_t length = before.out->length;

    inner.base64 = encoder->context->binary_base64 || inner.structures > REWRITE_STRUCTURES;
    inner.binary_met = false;
    inner.base64_written = false;
    encode_content(&inner, variant);
    if (inner.binary_met) {
        osm_buf_truncate(before.out, length);
        *encoder->json = before;
        inner.base64 = true;
        encode_content(&inner, variant);
    }
    return inner.base64_written;
}

bool osm_encode_content(struct osm_encoder *encoder, const UA_Variant *variant)
{
    if (variant->type->typeKind > UA_DATATYPEKIND_DOUBLE)
        return encode_bytes(encoder, variant);
    encode_content(encoder, variant); /* numbers, which hold no ByteString */
    return false;
}

void osm_encode_dimensions(struct osm_encoder *encoder, const UA_Variant *variant)
{
    if (variant->arrayDimensionsSize == 0 || UA_Variant_isScalar(variant))
        osm_json_null(encoder->json);
    else
        osm_encode_list(encoder, variant->arrayDimensions, variant->arrayDimensionsSize,
                        &UA_TYPES[UA_TYPES_UINT32]);
}

uint16_t osm_encode_namespace(const struct osm_encoder *encoder, const UA_ExpandedNodeId *id)
{
    const struct osm_wire_context *context = encoder->context;

    uint16_t index;

    return id->namespaceUri.length &&
                   osm_names_find(context->namespaces, context->namespaces_table,
                                  context->namespaces_size, &id->namespaceUri, &index)
               ? index
               : id->nodeId.namespaceIndex;
}

const UA_NodeId *osm_encoding_of(const UA_ExtensionObject *object, int *encoding)
{
    switch (object->encoding) {
    case UA_EXTENSIONOBJECT_ENCODED_NOBODY:
        *encoding = 0;
        return &object->content.encoded.typeId;
    case UA_EXTENSIONOBJECT_ENCODED_XML:
        *encoding = 2;
        return &object->content.encoded.typeId;
    case UA_EXTENSIONOBJECT_ENCODED_BYTESTRING:
        *encoding = 1;
        return &object->content.encoded.typeId;
    default:
        *encoding = 1;
        return &object->content.decoded.type->binaryEncodingId;
    }
}

/* Encodes into the end of the room the base64 text will take, then spreads it out: no copy. */
static void encode_binary_body(struct osm_json *json, const void *value, const UA_DataType *type)
{
    size_t size = UA_calcSizeBinary(value, type), room = osm_base64_size(size);
    UA_ByteString bytes = {.length = size};

    osm_json_raw(json, "\"", 1);
    bytes.data = (UA_Byte *)osm_buf_reserve(json->out, room + 1) + room - size;
    if (size && UA_encodeBinary(value, type, &bytes) == UA_STATUSCODE_GOOD && bytes.length == size)
        osm_base64_encode_tail(json->out, size);
    osm_buf_add_byte(json->out, '"');
}

void osm_encode_body(struct osm_encoder *encoder, const UA_ExtensionObject *object)
{
    const UA_ByteString *body = &object->content.encoded.body;

    switch (object->encoding) {
    case UA_EXTENSIONOBJECT_ENCODED_NOBODY:
        osm_json_null(encoder->json);
        break;
    case UA_EXTENSIONOBJECT_ENCODED_BYTESTRING:
    case UA_EXTENSIONOBJECT_ENCODED_XML:
        if (body->data)
            osm_json_base64(encoder->json, body->data, body->length);
        else
            osm_json_null(encoder->json);
        break;
    default:
        encode_binary_body(encoder->json, object->content.decoded.data,
                           object->content.decoded.type);
    }
}
