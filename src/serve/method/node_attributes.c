/* SPDX-License-Identifier: MIT */
/* One table per node class, one row per attribute; see node_attributes.h. */
#include "serve/method/node_attributes.h"

#include <open62541/nodeids.h>

#include "wire/tagged/tagged_decode.h"
#include "wire/text/json.h"
#include "wire/text/node_id.h"
#include "wire/text/string.h"

enum kind {
    KIND_BOOL,
    KIND_BYTE,
    KIND_INT32,
    KIND_UINT32,
    KIND_DOUBLE,
    KIND_NODE_ID,    /* the default is a numeric id of namespace 0 */
    KIND_DIMENSIONS, /* UInt32[] */
    KIND_VARIANT,    /* no default */
    KIND_TEXT        /* LocalizedText without locale, given as a string; no default */
};

struct attribute {
    const char *key;
    enum kind kind;
    size_t offset;
    size_t size_offset; /* of dimensions */
    uint32_t bit;       /* in specifiedAttributes */
    int64_t fallback;
};

#define ROW(type, member, kind_, bit_, fallback_)                                                  \
    {                                                                                              \
        .key = #member, .kind = KIND_##kind_, .offset = offsetof(UA_##type##Attributes, member),   \
        .bit = UA_NODEATTRIBUTESMASK_##bit_, .fallback = fallback_,                                \
    }
#define DIMENSIONS_ROW(type)                                                                       \
    {                                                                                              \
        .key = "arrayDimensions", .kind = KIND_DIMENSIONS,                                         \
        .offset = offsetof(UA_##type##Attributes, arrayDimensions),                                \
        .size_offset = offsetof(UA_##type##Attributes, arrayDimensionsSize),                       \
        .bit = UA_NODEATTRIBUTESMASK_ARRAYDIMENSIONS,                                              \
    }
#define COMMON_ROWS(type)                                                                          \
    ROW(type, displayName, TEXT, DISPLAYNAME, 0), ROW(type, description, TEXT, DESCRIPTION, 0),    \
        ROW(type, writeMask, UINT32, WRITEMASK, 0),                                                \
        ROW(type, userWriteMask, UINT32, USERWRITEMASK, 0)
#define VALUE_ROWS(type)                                                                           \
    ROW(type, value, VARIANT, VALUE, 0),                                                           \
        ROW(type, dataType, NODE_ID, DATATYPE, UA_NS0ID_BASEDATATYPE),                             \
        ROW(type, valueRank, INT32, VALUERANK, -1), DIMENSIONS_ROW(type)

static const struct attribute object_attributes[] = {
    COMMON_ROWS(Object), ROW(Object, eventNotifier, BYTE, EVENTNOTIFIER, 0), {0}};
static const struct attribute variable_attributes[] = {
    COMMON_ROWS(Variable),
    VALUE_ROWS(Variable),
    ROW(Variable, accessLevel, BYTE, ACCESSLEVEL, UA_ACCESSLEVELMASK_READ),
    ROW(Variable, userAccessLevel, BYTE, USERACCESSLEVEL, UA_ACCESSLEVELMASK_READ),
    ROW(Variable, minimumSamplingInterval, DOUBLE, MINIMUMSAMPLINGINTERVAL, 0),
    ROW(Variable, historizing, BOOL, HISTORIZING, false),
    {0}};
static const struct attribute method_attributes[] = {
    COMMON_ROWS(Method),
    ROW(Method, executable, BOOL, EXECUTABLE, true),
    ROW(Method, userExecutable, BOOL, USEREXECUTABLE, true),
    {0}};
static const struct attribute object_type_attributes[] = {
    COMMON_ROWS(ObjectType), ROW(ObjectType, isAbstract, BOOL, ISABSTRACT, false), {0}};
static const struct attribute variable_type_attributes[] = {
    COMMON_ROWS(VariableType),
    VALUE_ROWS(VariableType),
    ROW(VariableType, isAbstract, BOOL, ISABSTRACT, false),
    {0}};
static const struct attribute reference_type_attributes[] = {
    COMMON_ROWS(ReferenceType),
    ROW(ReferenceType, isAbstract, BOOL, ISABSTRACT, false),
    ROW(ReferenceType, symmetric, BOOL, SYMMETRIC, false),
    ROW(ReferenceType, inverseName, TEXT, INVERSENAME, 0),
    {0}};
static const struct attribute data_type_attributes[] = {
    COMMON_ROWS(DataType), ROW(DataType, isAbstract, BOOL, ISABSTRACT, false), {0}};
static const struct attribute view_attributes[] = {
    COMMON_ROWS(View),
    ROW(View, containsNoLoops, BOOL, CONTAINSNOLOOPS, false),
    ROW(View, eventNotifier, BYTE, EVENTNOTIFIER, 0),
    {0}};

static const struct node_class {
    UA_NodeClass node_class;
    int type; /* index in UA_TYPES */
    const struct attribute *attributes;
} classes[] = {
    {UA_NODECLASS_OBJECT, UA_TYPES_OBJECTATTRIBUTES, object_attributes},
    {UA_NODECLASS_VARIABLE, UA_TYPES_VARIABLEATTRIBUTES, variable_attributes},
    {UA_NODECLASS_METHOD, UA_TYPES_METHODATTRIBUTES, method_attributes},
    {UA_NODECLASS_OBJECTTYPE, UA_TYPES_OBJECTTYPEATTRIBUTES, object_type_attributes},
    {UA_NODECLASS_VARIABLETYPE, UA_TYPES_VARIABLETYPEATTRIBUTES, variable_type_attributes},
    {UA_NODECLASS_REFERENCETYPE, UA_TYPES_REFERENCETYPEATTRIBUTES, reference_type_attributes},
    {UA_NODECLASS_DATATYPE, UA_TYPES_DATATYPEATTRIBUTES, data_type_attributes},
    {UA_NODECLASS_VIEW, UA_TYPES_VIEWATTRIBUTES, view_attributes},
};

/* All attribute structures begin with these. */
_Static_assert(offsetof(UA_NodeAttributes, specifiedAttributes) == 0 &&
                   offsetof(UA_ViewAttributes, specifiedAttributes) == 0,
               "specifiedAttributes comes first");

/* --- single attributes --------------------------------------------------------------------- */

static bool read_integer(struct osm_decode *decode, yyjson_val *value, int64_t least, int64_t most,
                         int64_t *out)
{
    uint64_t bits;
    bool negative;

    if (osm_cast_number_integer(value, &bits, &negative) && (negative || bits <= INT64_MAX)) {
        *out = (int64_t)bits;
        if (*out >= least && *out <= most)
            return true;
    }
    return osm_decode_type_error(decode,
                                 osm_arena_printf(decode->arena, "an integer from %lld to %lld",
                                                  (long long)least, (long long)most));
}

static bool read_dimensions(struct osm_decode *decode, yyjson_val *value, uint32_t **out,
                            size_t *size)
{
    struct osm_list list;
    int64_t number;

    if (!osm_plain_read_list_or_null(decode, value, &list))
        return false;
    *out = osm_arena_array(decode->arena, list.size, sizeof(**out));
    for (*size = 0; *size < list.size; (*size)++) {
        if (!read_integer(decode, osm_cast_list_next(&list), 0, UINT32_MAX, &number))
            return false;
        (*out)[*size] = (uint32_t)number;
    }
    return true;
}

static bool read_text(struct osm_decode *decode, yyjson_val *value, UA_LocalizedText *out)
{
    if (!yyjson_is_str(value))
        return osm_decode_type_error(decode, "a string");
    out->text = osm_string_view(yyjson_get_str(value), yyjson_get_len(value));
    return true;
}

/* A value that is there, as the attribute wants it. */
static bool read_given(struct osm_decode *decode, yyjson_val *value, const struct attribute *row,
                       char *attributes)
{
    void *out = attributes + row->offset;
    int64_t number = 0;
    bool ok;

    switch (row->kind) {
    case KIND_BYTE:
        ok = read_integer(decode, value, 0, UINT8_MAX, &number);
        *(uint8_t *)out = (uint8_t)number;
        return ok;
    case KIND_INT32:
        ok = read_integer(decode, value, INT32_MIN, INT32_MAX, &number);
        *(int32_t *)out = (int32_t)number;
        return ok;
    case KIND_UINT32:
        ok = read_integer(decode, value, 0, UINT32_MAX, &number);
        *(uint32_t *)out = (uint32_t)number;
        return ok;
    case KIND_BOOL:
        *(bool *)out = yyjson_get_bool(value);
        return yyjson_is_bool(value) || osm_decode_type_error(decode, "a bool");
    case KIND_DOUBLE:
        *(double *)out = osm_cast_number_double(value);
        return osm_cast_is_number(value) || osm_decode_type_error(decode, "a number");
    case KIND_NODE_ID:
        return osm_tagged_read_node_id(decode, value, out);
    case KIND_DIMENSIONS:
        return read_dimensions(decode, value, out, (size_t *)(attributes + row->size_offset));
    case KIND_VARIANT:
        return osm_tagged_read_variant(decode, value, out);
    case KIND_TEXT:
        return read_text(decode, value, out);
    }
    return false;
}

/* The default; false when there is none. */
static bool take_default(const struct attribute *row, char *attributes)
{
    void *out = attributes + row->offset;

    switch (row->kind) {
    case KIND_BOOL:
        *(bool *)out = row->fallback;
        return true;
    case KIND_BYTE:
        *(uint8_t *)out = (uint8_t)row->fallback;
        return true;
    case KIND_INT32:
    case KIND_UINT32:
        *(int32_t *)out = (int32_t)row->fallback;
        return true;
    case KIND_DOUBLE:
        *(double *)out = (double)row->fallback;
        return true;
    case KIND_NODE_ID:
        *(UA_NodeId *)out = UA_NODEID_NUMERIC(0, (UA_UInt32)row->fallback);
        return true;
    case KIND_DIMENSIONS:
        return true; /* the empty list */
    case KIND_VARIANT:
    case KIND_TEXT:
        return false;
    }
    return false;
}

/* --- all of them --------------------------------------------------------------------------- */

static bool read_all(struct osm_decode *decode, yyjson_val *map, const struct attribute *rows,
                     char *attributes)
{
    uint32_t specified = 0;

    for (const struct attribute *row = rows; row->key; row++) {
        yyjson_val *value = osm_json_get(map, row->key);

        decode->key = row->key;
        if (!osm_is_null(value) && !read_given(decode, value, row, attributes))
            return false;
        if (!osm_is_null(value) || take_default(row, attributes))
            specified |= row->bit;
    }
    ((UA_NodeAttributes *)attributes)->specifiedAttributes = specified;
    return true;
}

bool osm_node_attributes_decode(struct osm_decode *decode, const struct osm_args *args,
                                yyjson_val *map, UA_AddNodesItem *item)
{
    const struct node_class *found = NULL;
    UA_NodeAttributes *attributes;

    for (size_t i = 0; i < OSM_ARRAY_SIZE(classes); i++)
        if (classes[i].node_class == item->nodeClass)
            found = &classes[i];
    if (!found)
        return true;
    attributes = osm_arena_alloc(decode->arena, UA_TYPES[found->type].memSize);
    if (!read_all(decode, map, found->attributes, (char *)attributes))
        return false;
    if (!(attributes->specifiedAttributes & UA_NODEATTRIBUTESMASK_DISPLAYNAME)) {
        attributes->displayName.text = item->browseName.name;
        attributes->specifiedAttributes |= UA_NODEATTRIBUTESMASK_DISPLAYNAME;
    }
    item->nodeAttributes.encoding = UA_EXTENSIONOBJECT_DECODED_NODELETE;
    item->nodeAttributes.content.decoded.type = &UA_TYPES[found->type];
    item->nodeAttributes.content.decoded.data = attributes;
    return true;
}
