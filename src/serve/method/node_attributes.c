/* SPDX-License-Identifier: MIT */
/* One table per node class, one row per attribute; see node_attributes.h. */
#include "serve/method/node_attributes.h"

#include <open62541/nodeids.h>

#include "wire/tagged/tagged_decode.h"
#include "wire/text/json.h"
#include "wire/text/node_id.h"
#include "wire/text/string.h"

struct attribute {
    struct osm_parameter parameter;
    uint32_t bit; /* in specifiedAttributes */
};

#define ROW(type, member, fallback, reader, bit)                                                   \
    {                                                                                              \
        {#member, fallback, OSM_READ(reader, UA_##type##Attributes, member)},                      \
            UA_NODEATTRIBUTESMASK_##bit                                                            \
    }
#define DIMENSIONS_ROW(type)                                                                       \
    {                                                                                              \
        {"arrayDimensions", "[]",                                                                  \
         OSM_LIST(UA_##type##Attributes, arrayDimensionsSize, arrayDimensions, &dimensions)},      \
            UA_NODEATTRIBUTESMASK_ARRAYDIMENSIONS                                                  \
    }
#define COMMON_ROWS(type)                                                                          \
    ROW(type, displayName, "null", read_text, DISPLAYNAME),                                        \
        ROW(type, description, "null", read_text, DESCRIPTION),                                    \
        ROW(type, writeMask, "0", read_uint32, WRITEMASK),                                         \
        ROW(type, userWriteMask, "0", read_uint32, USERWRITEMASK)
#define VALUE_ROWS(type)                                                                           \
    ROW(type, value, "null", read_variant, VALUE),                                                 \
        ROW(type, dataType, "i=24", osm_parameter_node_id, DATATYPE),                              \
        ROW(type, valueRank, "-1", read_int32, VALUERANK), DIMENSIONS_ROW(type)

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

#define INTEGER_READER(type, least, most)                                                          \
    static bool read_##type(struct osm_args *args, const struct osm_parameter *row,                \
                            yyjson_val *value, void *out)                                          \
    {                                                                                              \
        int64_t number = 0;                                                                        \
                                                                                                   \
        if (!read_integer(args->decode, value, least, most, &number))                              \
            return false;                                                                          \
        *(type##_t *)out = (type##_t)number;                                                       \
        return true;                                                                               \
    }
INTEGER_READER(uint8, 0, UINT8_MAX)
INTEGER_READER(int32, INT32_MIN, INT32_MAX)
INTEGER_READER(uint32, 0, UINT32_MAX)

/* A LocalizedText without locale, given as a string. */
static bool read_text(struct osm_args *args, const struct osm_parameter *row, yyjson_val *value,
                      void *out)
{
    UA_LocalizedText *text = out;

    if (!value)
        return true;
    if (!yyjson_is_str(value))
        return osm_decode_type_error(args->decode, "a string");
    text->text = osm_string_view(yyjson_get_str(value), yyjson_get_len(value));
    return true;
}

static bool read_variant(struct osm_args *args, const struct osm_parameter *row, yyjson_val *value,
                         void *out)
{
    return !value || osm_tagged_read_variant(args->decode, value, out);
}

static const struct osm_items dimensions = {sizeof(uint32_t), {.read = read_uint32}};

/* --- the classes --------------------------------------------------------------------------- */

static const struct attribute object_attributes[] = {
    COMMON_ROWS(Object),
    ROW(Object, eventNotifier, "0", read_uint8, EVENTNOTIFIER),
    {{.name = ""}, 0}};
static const struct attribute variable_attributes[] = {
    COMMON_ROWS(Variable),
    VALUE_ROWS(Variable),
    ROW(Variable, accessLevel, "1", read_uint8, ACCESSLEVEL),
    ROW(Variable, userAccessLevel, "1", read_uint8, USERACCESSLEVEL),
    ROW(Variable, minimumSamplingInterval, "0.0", osm_parameter_strict_double,
        MINIMUMSAMPLINGINTERVAL),
    ROW(Variable, historizing, "false", osm_parameter_bool, HISTORIZING),
    {{.name = ""}, 0}};
static const struct attribute method_attributes[] = {
    COMMON_ROWS(Method),
    ROW(Method, executable, "true", osm_parameter_bool, EXECUTABLE),
    ROW(Method, userExecutable, "true", osm_parameter_bool, USEREXECUTABLE),
    {{.name = ""}, 0}};
static const struct attribute object_type_attributes[] = {
    COMMON_ROWS(ObjectType),
    ROW(ObjectType, isAbstract, "false", osm_parameter_bool, ISABSTRACT),
    {{.name = ""}, 0}};
static const struct attribute variable_type_attributes[] = {
    COMMON_ROWS(VariableType),
    VALUE_ROWS(VariableType),
    ROW(VariableType, isAbstract, "false", osm_parameter_bool, ISABSTRACT),
    {{.name = ""}, 0}};
static const struct attribute reference_type_attributes[] = {
    COMMON_ROWS(ReferenceType),
    ROW(ReferenceType, isAbstract, "false", osm_parameter_bool, ISABSTRACT),
    ROW(ReferenceType, symmetric, "false", osm_parameter_bool, SYMMETRIC),
    ROW(ReferenceType, inverseName, "null", read_text, INVERSENAME),
    {{.name = ""}, 0}};
static const struct attribute data_type_attributes[] = {
    COMMON_ROWS(DataType),
    ROW(DataType, isAbstract, "false", osm_parameter_bool, ISABSTRACT),
    {{.name = ""}, 0}};
static const struct attribute view_attributes[] = {
    COMMON_ROWS(View),
    ROW(View, containsNoLoops, "false", osm_parameter_bool, CONTAINSNOLOOPS),
    ROW(View, eventNotifier, "0", read_uint8, EVENTNOTIFIER),
    {{.name = ""}, 0}};

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

static bool read_all(struct osm_args *args, yyjson_val *map, const struct attribute *rows,
                     UA_NodeAttributes *attributes)
{
    for (const struct attribute *row = rows; *row->parameter.name; row++) {
        yyjson_val *value = osm_json_get(map, row->parameter.name);

        args->decode->key = row->parameter.name;
        if (!osm_parameter_read(args, &row->parameter, value, attributes))
            return false;
        if (!osm_is_null(value) || row->parameter.fallback[0] != 'n')
            attributes->specifiedAttributes |= row->bit;
    }
    return true;
}

bool osm_node_attributes_read(struct osm_args *args, yyjson_val *map, UA_AddNodesItem *item)
{
    const struct node_class *found = NULL;
    UA_NodeAttributes *attributes;

    for (size_t i = 0; i < OSM_ARRAY_SIZE(classes); i++)
        if (classes[i].node_class == item->nodeClass)
            found = &classes[i];
    if (!found)
        return true;
    attributes = osm_arena_alloc(args->decode->arena, UA_TYPES[found->type].memSize);
    if (!read_all(args, map, found->attributes, attributes))
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
