/* SPDX-License-Identifier: MIT */
#ifndef OSM_WIRE_VALUE_ENCODE_H
#define OSM_WIRE_VALUE_ENCODE_H
/*
 * The value walker under all encodings (plain, tagged, OPC UA JSON). It knows how open62541
 * keeps values: scalars, arrays, enumerations, structures the library has decoded on its own
 * account. An encoding is a style: one function per builtin type; most of them are shared.
 *
 * ByteStrings are text where they can be. The first one that cannot makes the whole content of
 * the enclosing DataValue or Variant base64 (types.md §3.5), which may be known only after
 * others have been written: the content is then written once more.
 */
#include <stdbool.h>
#include <stddef.h>

#include <open62541/types.h>
#include <open62541/types_generated.h>

#include "util/macros.h"
#include "wire/text/json.h"
#include "wire/value/builtin_type.h"
#include "wire/value/context.h"

struct osm_encoder;
/* Writes one JSON value; value points to the open62541 type the slot stands for. */
typedef void osm_encode_fn(struct osm_encoder *encoder, const void *value);

enum osm_style_form { OSM_STYLE_PLAIN, OSM_STYLE_TAGGED, OSM_STYLE_OPCUA };

/* Writes a structure as a map of its fields. */
typedef void osm_encode_structure_fn(struct osm_encoder *encoder, const void *value,
                                     const UA_DataType *type);

struct osm_style {
    enum osm_style_form form;
    osm_encode_fn *builtin[OSM_BUILTIN_KINDS]; /* by UA_DataTypeKind */
    osm_encode_structure_fn *structure;
    /* Opens the object of a result that has a name, and writes an enumeration; NULL = a plain
     * object, a number. */
    void (*begin)(struct osm_json *json, const char *name);
    void (*number)(struct osm_json *json, const char *name, uint32_t number);
};

struct osm_later;

struct osm_encoder {
    struct osm_json *json;
    struct osm_later *later; /* values and records are not written but noted here; or NULL */
    const struct osm_wire_context *context; /* never NULL */
    const struct osm_style *style;
    bool base64;         /* write ByteStrings as base64 */
    bool binary_met;     /* one has been met that is no text */
    bool base64_written; /* one has been written as base64 */
    unsigned structures; /* decoded structures around this place */
};

/* context may be NULL. */
struct osm_encoder osm_encoder_make(struct osm_json *json, const struct osm_wire_context *context,
                                    const struct osm_style *style);

/* The bare value. Enumerations are Int32; structures go to the style's ExtensionObject. */
void osm_encode_value(struct osm_encoder *encoder, const void *value, const UA_DataType *type);
/* A list of them; a null array is an empty one. */
void osm_encode_list(struct osm_encoder *encoder, const void *values, size_t size,
                     const UA_DataType *type);
/* The same without the list around them. */
void osm_encode_values(struct osm_encoder *encoder, const void *values, size_t size,
                       const UA_DataType *type);
/* What a Variant (not an empty one) holds, scalar or list. Returns whether ByteStrings were
 * written as base64, which the enclosing object has to say. */
bool osm_encode_content(struct osm_encoder *encoder, const UA_Variant *variant);
/* arrayDimensions as list, or null. */
void osm_encode_dimensions(struct osm_encoder *encoder, const UA_Variant *variant);
/* The body of an ExtensionObject as base64, or null: bytes or XML as they came; what the library
 * has decoded as it stood on the wire. */
void osm_encode_body(struct osm_encoder *encoder, const UA_ExtensionObject *object);
/* typeId and encoding number (0–2) of an ExtensionObject as on the wire. */
const UA_NodeId *osm_encoding_of(const UA_ExtensionObject *object, int *encoding);
/* The decoded fields of an ExtensionObject whose structure is known to the session, as a map.
 * Returns false, and has written nothing, when it is not known or does not fit. */
OSM_MUST_CHECK bool osm_encode_structure(struct osm_encoder *encoder,
                                         const UA_ExtensionObject *object);
/* The body and "value" of an ExtensionObject in the plain and the tagged style, one of them null:
 * the body under the key given, which is "body" or "bodyB64". */
void osm_encode_body_and_value(struct osm_encoder *encoder, const UA_ExtensionObject *object,
                               const char *body_key);
/* The map of the plain and the tagged style. */
osm_encode_structure_fn osm_encode_fields;

/* Shared by the styles. */
osm_encode_fn osm_encode_boolean, osm_encode_sbyte, osm_encode_byte, osm_encode_int16,
    osm_encode_uint16, osm_encode_int32, osm_encode_uint32, osm_encode_int64, osm_encode_uint64,
    osm_encode_float, osm_encode_double, osm_encode_string, osm_encode_date_time, osm_encode_guid,
    osm_encode_byte_string;
/* Rows of a style for what is written alike in all of them. */
#define OSM_ENCODERS_ALIKE                                                                         \
    [UA_DATATYPEKIND_BOOLEAN] = osm_encode_boolean, [UA_DATATYPEKIND_SBYTE] = osm_encode_sbyte,    \
    [UA_DATATYPEKIND_BYTE] = osm_encode_byte, [UA_DATATYPEKIND_INT16] = osm_encode_int16,          \
    [UA_DATATYPEKIND_UINT16] = osm_encode_uint16, [UA_DATATYPEKIND_INT32] = osm_encode_int32,      \
    [UA_DATATYPEKIND_UINT32] = osm_encode_uint32, [UA_DATATYPEKIND_FLOAT] = osm_encode_float,      \
    [UA_DATATYPEKIND_DOUBLE] = osm_encode_double, [UA_DATATYPEKIND_STRING] = osm_encode_string,    \
    [UA_DATATYPEKIND_XMLELEMENT] = osm_encode_string
/* A string where null reads as the empty one; a UA_NodeId as its bare text. */
osm_encode_fn osm_encode_text, osm_encode_node_id_text;

/* The namespace index an ExpandedNodeId means (T13). */
uint16_t osm_encode_namespace(const struct osm_encoder *encoder, const UA_ExpandedNodeId *id);

/* A matrix that is a field of a structure, as lists in lists; encode writes an element. */
struct osm_member;
#define OSM_MATRIX_DIMENSIONS 16 /* more of them are shown as nothing */
typedef void osm_encode_inner_fn(struct osm_encoder *encoder, const void *value,
                                 const UA_DataType *type);
void osm_encode_matrix(struct osm_encoder *encoder, const struct osm_member *dimensions,
                       const struct osm_member *elements, osm_encode_inner_fn *encode);

#endif
