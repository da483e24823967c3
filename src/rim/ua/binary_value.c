/* SPDX-License-Identifier: MIT */
/*
 * What carries values: DataValue, Variant, ExtensionObject (OPC 10000-6 §5.2.2.15 to .17). Here
 * is decided what an odd one costs: itself, when its end is known, else what follows in the same
 * body.
 */
#include "rim/ua/binary_internal.h"

#include "util/macros.h"
#include "wire/value/raw_types.h"

#define OSM_MAX_PICOSECONDS 9999

/* --- ExtensionObject ----------------------------------------------------------------------- */

static void encoded_object(struct osm_binary *in, UA_ExtensionObject *out)
{
    osm_binary_node_id(in, &out->content.encoded.typeId);
    switch (osm_binary_u8(in)) {
    case 0:
        out->encoding = UA_EXTENSIONOBJECT_ENCODED_NOBODY;
        break;
    case 1:
        out->encoding = UA_EXTENSIONOBJECT_ENCODED_BYTESTRING;
        osm_binary_string(in, &out->content.encoded.body);
        break;
    case 2:
        out->encoding = UA_EXTENSIONOBJECT_ENCODED_XML;
        osm_binary_string(in, &out->content.encoded.body);
        break;
    default:
        osm_binary_lose(in);
    }
}

/* A body that has arrived as a whole. What goes wrong in it stays in it; false when it is not
 * what its type says. */
static bool body(struct osm_binary *in, const UA_ByteString *bytes, const UA_DataType *type,
                 void *out)
{
    const struct osm_binary around = *in;
    UA_StatusCode status;

    in->at = bytes->data;
    in->end = bytes->data + bytes->length;
    in->values = 0;
    osm_binary_any(in, type, out);
    status = in->status;
    in->at = around.at;
    in->end = around.end;
    in->values = around.values;
    if (status == UA_STATUSCODE_BADDECODINGERROR) {
        in->status = UA_STATUSCODE_GOOD;
        in->replaced = around.replaced;
    }
    in->lost = in->status != UA_STATUSCODE_GOOD;
    return status == UA_STATUSCODE_GOOD;
}

/* The content of an encoded object when its type is known; NULL when it stays as it is. */
static void *content(struct osm_binary *in, const UA_ExtensionObject *object,
                     const UA_DataType **type)
{
    void *data;

    if (object->encoding != UA_EXTENSIONOBJECT_ENCODED_BYTESTRING || in->lost ||
        !object->content.encoded.body.length)
        return NULL;
    *type = osm_raw_types_decoded(&object->content.encoded.typeId);
    data = *type ? osm_binary_take(in, (*type)->memSize) : NULL;
    return data && body(in, &object->content.encoded.body, *type, data) ? data : NULL;
}

void osm_binary_object(struct osm_binary *in, UA_ExtensionObject *out)
{
    const UA_DataType *type;
    void *data;

    if (in->lost)
        return;
    in->values++;
    if (osm_binary_enter(in)) {
        encoded_object(in, out);
        data = content(in, out, &type);
        if (data) {
            out->encoding = UA_EXTENSIONOBJECT_DECODED_NODELETE;
            out->content.decoded.type = type;
            out->content.decoded.data = data;
        }
    }
    osm_binary_leave(in);
    in->values--;
    if (in->lost) {
        *out = (UA_ExtensionObject){0};
        in->replaced++;
    }
}

/* --- Variant ------------------------------------------------------------------------------- */

#define OSM_VARIANT_ARRAY 0x80
#define OSM_VARIANT_DIMENSIONS 0x40
#define OSM_VARIANT_TYPE 0x3f
/* Built-in types that may come to be; until then they are ByteStrings (§5.2.2.16). */
#define OSM_FIRST_RESERVED 26
#define OSM_LAST_RESERVED 31

/* NULL: not even its length can be known. */
static const UA_DataType *builtin(unsigned id)
{
    if (id >= 1 && id < OSM_FIRST_RESERVED)
        return &UA_TYPES[id - 1];
    if (id >= OSM_FIRST_RESERVED && id <= OSM_LAST_RESERVED)
        return &UA_TYPES[UA_TYPES_BYTESTRING];
    return NULL;
}

/* Structures in values stay the bytes the server has sent (differences.md M25). */
static void variant_array(struct osm_binary *in, UA_Variant *out)
{
    UA_ExtensionObject *objects;

    if (out->type != &UA_TYPES[UA_TYPES_EXTENSIONOBJECT]) {
        osm_binary_array(in, out->type, &out->arrayLength, &out->data);
        return;
    }
    objects = osm_binary_array_begin(in, out->type, &out->arrayLength, &out->data);
    for (size_t i = 0; objects && i < out->arrayLength; i++) {
        objects[i] = (UA_ExtensionObject){0};
        encoded_object(in, &objects[i]);
    }
}

static void variant_scalar(struct osm_binary *in, UA_Variant *out)
{
    bool number = out->type->typeKind <= UA_DATATYPEKIND_DOUBLE; /* written as a whole, always */

    out->data = number ? osm_binary_take_raw(in, out->type->memSize)
                       : osm_binary_take(in, out->type->memSize);
    if (!out->data)
        return;
    switch (number ? out->type->memSize : 0) {
    case 4:
        osm_binary_number(in, out->data, 4);
        break;
    case 8:
        osm_binary_number(in, out->data, 8);
        break;
    default:
        if (out->type == &UA_TYPES[UA_TYPES_EXTENSIONOBJECT])
            encoded_object(in, out->data);
        else
            osm_binary_any(in, out->type, out->data);
    }
}

/* Dimensions belong to what they fit; those of a list with nothing in it say nothing. */
static bool dimensions(struct osm_binary *in, bool array, UA_Variant *out)
{
    uint64_t product = 1;
    bool nothing = false;
    const uint32_t *sizes;
    size_t count;
    void *data;

    osm_binary_array(in, &UA_TYPES[UA_TYPES_UINT32], &count, &data);
    if (in->lost || !count)
        return true;
    sizes = data;
    for (size_t i = 0; i < count; i++) {
        nothing |= sizes[i] == 0;
        product = product > UINT32_MAX || sizes[i] > INT32_MAX ? UINT64_MAX : product * sizes[i];
    }
    if (array && !out->arrayLength && (nothing || !out->data))
        return true;
    out->arrayDimensions = data;
    out->arrayDimensionsSize = count;
    return array && product == out->arrayLength;
}

/* Whether it fits together; otherwise its end is known all the same, unless `lost`. */
static bool variant(struct osm_binary *in, UA_Variant *out)
{
    uint8_t mask = osm_binary_u8(in);
    bool array = mask & OSM_VARIANT_ARRAY, fits = true;

    if (!mask)
        return true;
    out->type = builtin(mask & OSM_VARIANT_TYPE);
    out->storageType = UA_VARIANT_DATA_NODELETE;
    if (!out->type) {
        osm_binary_lose(in);
        return false;
    }
    if (array)
        variant_array(in, out);
    else
        variant_scalar(in, out);
    if (mask & OSM_VARIANT_DIMENSIONS)
        fits = dimensions(in, array, out);
    if (in->lost || !fits)
        return false;
    /* A Variant holds others in lists only. */
    return array || out->type != &UA_TYPES[UA_TYPES_VARIANT];
}

bool osm_binary_variant(struct osm_binary *in, UA_Variant *out)
{
    bool fits;

    if (in->lost)
        return false;
    in->values++;
    fits = osm_binary_enter(in) && variant(in, out) && !in->lost;
    osm_binary_leave(in);
    in->values--;
    if (!fits) {
        *out = (UA_Variant){0};
        in->replaced++;
    }
    return fits;
}

/* --- DataValue ----------------------------------------------------------------------------- */

static UA_UInt16 picoseconds(struct osm_binary *in)
{
    UA_UInt16 number = osm_binary_u16(in);

    return OSM_MIN(number, OSM_MAX_PICOSECONDS);
}

static bool data_value(struct osm_binary *in, UA_DataValue *out)
{
    uint8_t mask = osm_binary_u8(in);
    bool fits = true;

    if (mask & 0x01) {
        fits = osm_binary_variant(in, &out->value);
        out->hasValue = fits;
    }
    if (mask & 0x02) {
        out->hasStatus = true;
        out->status = osm_binary_u32(in);
    }
    if (mask & 0x04) {
        out->hasSourceTimestamp = true;
        osm_binary_number(in, &out->sourceTimestamp, sizeof(out->sourceTimestamp));
    }
    if (mask & 0x10) {
        out->hasSourcePicoseconds = true;
        out->sourcePicoseconds = picoseconds(in);
    }
    if (mask & 0x08) {
        out->hasServerTimestamp = true;
        osm_binary_number(in, &out->serverTimestamp, sizeof(out->serverTimestamp));
    }
    if (mask & 0x20) {
        out->hasServerPicoseconds = true;
        out->serverPicoseconds = picoseconds(in);
    }
    return fits;
}

static void undecodable(UA_DataValue *out)
{
    out->hasStatus = true;
    out->status = UA_STATUSCODE_BADDECODINGERROR;
}

void osm_binary_data_value(struct osm_binary *in, UA_DataValue *out)
{
    bool lost = in->lost;
    size_t replaced = in->replaced;

    if (!lost) {
        in->values++;
        if (osm_binary_enter(in) && !data_value(in, out))
            undecodable(out);
        osm_binary_leave(in);
        in->values--;
    }
    if (in->lost) {
        *out = (UA_DataValue){0};
        undecodable(out);
        in->replaced = replaced + 1;
    }
}
