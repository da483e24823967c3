/* SPDX-License-Identifier: MIT */
/* The walk over a whole argument: every `__t` in it is known, every payload valid. */
#include <string.h>

#include "wire/tagged/tagged_reader.h"

/* Types whose members are not values of their own (leaf) are looked at as a whole. */
static const struct {
    const char *tag;
    osm_tagged_check_fn *check;
    bool leaf;
} types[] = {
    {"NodeId", osm_tagged_check_node_id, false},
    {"DateTime", osm_tagged_check_date_time, true},
    {"Variant", osm_tagged_check_variant, false},
    {"BuiltinType", osm_tagged_check_enum, true},
    {"QualifiedName", osm_tagged_check_qualified_name, false},
    {"LocalizedText", osm_tagged_check_localized_text, false},
    {"DataValue", osm_tagged_check_data_value, false},
    {"ExtensionObject", osm_tagged_check_extension_object, false},
    {"NodeClass", osm_tagged_check_enum, true},
    {"BrowseDirection", osm_tagged_check_enum, true},
    {"PerformUpdateType", osm_tagged_check_enum, true},
    {"OpenFileMode", osm_tagged_check_enum, true},
    {"AggregateFunction", osm_tagged_check_aggregate_function, true},
    {"ConnectionState", osm_tagged_check_connection_state, true},
    {"BrowseNode", osm_tagged_check_browse_node, false},
};

const char *osm_tagged_type(yyjson_val *value)
{
    return yyjson_get_str(osm_json_get(value, "__t"));
}

/* What PHP calls it. */
static const char *kind_name(yyjson_val *value)
{
    if (yyjson_is_null(value))
        return "null";
    if (yyjson_is_bool(value))
        return "bool";
    if (yyjson_is_int(value))
        return "int";
    return osm_cast_is_number(value) ? "float" : "array";
}

static bool check_members(const struct osm_decode *decode, yyjson_val *object)
{
    yyjson_obj_iter iter = yyjson_obj_iter_with(object);
    struct osm_decode at = *decode;
    yyjson_val *key;

    while ((key = yyjson_obj_iter_next(&iter))) {
        if (!decode->key)
            at.key = yyjson_get_str(key);
        if (!osm_tagged_check(&at, yyjson_obj_iter_get_val(key)))
            return false;
    }
    return true;
}

static bool check_list(const struct osm_decode *decode, yyjson_val *list)
{
    yyjson_arr_iter iter = yyjson_arr_iter_with(list);
    struct osm_decode at = *decode;
    yyjson_val *item;

    for (int i = 0; (item = yyjson_arr_iter_next(&iter)); i++) {
        if (decode->item < 0 && !decode->key)
            at.item = i;
        else if (decode->element < 0)
            at.element = i;
        if (!osm_tagged_check(&at, item))
            return false;
    }
    return true;
}

static bool check_payload(const struct osm_decode *decode, yyjson_val *object, yyjson_val *tag)
{
    const struct osm_record *record;

    for (size_t i = 0; i < OSM_ARRAY_SIZE(types); i++) {
        if (yyjson_equals_str(tag, types[i].tag))
            return (types[i].leaf || check_members(decode, object)) &&
                   types[i].check(decode, object);
    }
    record = osm_tagged_record(yyjson_get_str(tag));
    if (!record)
        return osm_fault_set(decode->fault, decode->arena, OSM_FAULT_ENCODING,
                             "Unknown wire type id \"%s\".", yyjson_get_str(tag));
    return check_members(decode, object) && osm_tagged_check_record(decode, object, record);
}

bool osm_tagged_check(const struct osm_decode *decode, yyjson_val *value)
{
    yyjson_val *tag = osm_json_get(value, "__t");

    if (yyjson_is_arr(value))
        return check_list(decode, value);
    if (!yyjson_is_obj(value))
        return true;
    if (!tag)
        return check_members(decode, value);
    if (!yyjson_is_str(tag))
        return osm_fault_set(decode->fault, decode->arena, OSM_FAULT_ENCODING,
                             "Invalid wire payload: \"__t\" must be a string, got %s.",
                             kind_name(tag));
    return check_payload(decode, value, tag);
}

bool osm_tagged_check_args(const struct osm_decode *decode, yyjson_val *args)
{
    struct osm_decode at = *decode;
    yyjson_arr_iter iter = yyjson_arr_iter_with(args);
    yyjson_val *item;

    at.position = -1;
    if (yyjson_is_obj(args))
        return check_members(&at, args);
    while ((item = yyjson_arr_iter_next(&iter))) {
        at.position++;
        if (!osm_tagged_check(&at, item))
            return false;
    }
    return true;
}
