/* SPDX-License-Identifier: MIT */
/*
 * Payloads of results. No method takes them, but a caller may send them: a field of the wrong
 * kind is told before the method finds that the whole value is of no use to it.
 */
#include <string.h>

#include "util/base64.h"
#include "wire/tagged/tagged_reader.h"
#include "wire/value/record.h"

const struct osm_record *osm_tagged_record(const char *tag)
{
    for (const struct osm_record *const *record = osm_records; *record; record++)
        if (!strcmp((*record)->tag, tag))
            return *record;
    return NULL;
}

static bool is_boolean(yyjson_val *value)
{
    return yyjson_is_bool(value);
}

static bool is_string(yyjson_val *value)
{
    return yyjson_is_str(value);
}

static bool is_list(yyjson_val *value)
{
    return yyjson_is_arr(value);
}

/* What a field has to be: a kind of JSON value, or a map of that tag. */
static const struct {
    bool (*is)(yyjson_val *value);
    const char *tag;
    const char *expected;
} kinds[] = {
    [OSM_FIELD_BOOL] = {is_boolean, NULL, "a bool"},
    [OSM_FIELD_BYTE] = {osm_tagged_is_integer, NULL, "an integer"},
    [OSM_FIELD_UINT32] = {osm_tagged_is_integer, NULL, "an integer"},
    [OSM_FIELD_ENUM] = {osm_tagged_is_integer, NULL, "an integer"},
    [OSM_FIELD_DOUBLE] = {osm_cast_is_number, NULL, "a number"},
    [OSM_FIELD_CONSTANT] = {is_string, NULL, "a string"},
    [OSM_FIELD_STRING] = {is_string, NULL, "a string or null"},
    [OSM_FIELD_TEXT] = {is_string, NULL, "a string"},
    [OSM_FIELD_BASE64] = {is_string, NULL, "a string or null"},
    [OSM_FIELD_NODE_ID_TEXT] = {is_string, NULL, "a string"},
    [OSM_FIELD_NODE_ID] = {NULL, "NodeId", "a tagged NodeId"},
    [OSM_FIELD_EXPANDED_NODE_ID] = {NULL, "NodeId", "a tagged NodeId"},
    [OSM_FIELD_QUALIFIED_NAME] = {NULL, "QualifiedName", "a tagged QualifiedName"},
    [OSM_FIELD_LOCALIZED_TEXT] = {NULL, "LocalizedText", "a tagged LocalizedText"},
    [OSM_FIELD_NODE_CLASS] = {NULL, "NodeClass", "a tagged NodeClass"},
    [OSM_FIELD_DATE_TIME] = {NULL, "DateTime", "a tagged DateTime"},
    [OSM_FIELD_DATA_VALUE] = {NULL, "DataValue", "a tagged DataValue"},
    [OSM_FIELD_UINT32_LIST] = {is_list, NULL, "a list of integers"},
    [OSM_FIELD_VARIANT_LIST] = {is_list, NULL, "a list of tagged Variants"},
    [OSM_FIELD_RECORD_LIST] = {is_list, NULL, "a list"},
};

/* The elements of a list: integers, or maps of one tag. */
static bool check_elements(const struct osm_field *field, yyjson_val *list)
{
    const char *tag = field->kind == OSM_FIELD_VARIANT_LIST ? "Variant" : NULL;
    yyjson_arr_iter iter = yyjson_arr_iter_with(list);
    yyjson_val *item;

    if (field->kind == OSM_FIELD_RECORD_LIST)
        tag = field->record->tag;
    while ((item = yyjson_arr_iter_next(&iter))) {
        if (tag ? !osm_tagged_is(item, tag)
                : field->kind == OSM_FIELD_UINT32_LIST && !osm_tagged_is_integer(item))
            return false;
    }
    return true;
}

static bool check_base64(const struct osm_decode *decode, const struct osm_record *record,
                         const char *key, yyjson_val *value)
{
    UA_ByteString bytes;

    if (osm_base64_decode(yyjson_get_str(value), yyjson_get_len(value), decode->arena, &bytes.data,
                          &bytes.length))
        return true;
    return osm_fault_set(decode->fault, decode->arena, OSM_FAULT_ENCODING,
                         "%s wire payload: \"%s\" is not valid base64.", record->tag, key);
}

bool osm_tagged_check_record(const struct osm_decode *decode, yyjson_val *value,
                             const struct osm_record *record)
{
    for (size_t i = 0; i < record->field_count; i++) {
        const struct osm_field *field = &record->fields[i];
        yyjson_val *member = osm_json_get(value, field->tagged);

        if (osm_is_null(member))
            continue; /* the default */
        if (kinds[field->kind].tag
                ? !osm_tagged_is(member, kinds[field->kind].tag)
                : !kinds[field->kind].is(member) || !check_elements(field, member))
            return osm_decode_member_error(decode, field->tagged, kinds[field->kind].expected);
        if (field->kind == OSM_FIELD_BASE64 && !check_base64(decode, record, field->tagged, member))
            return false;
    }
    return true;
}

bool osm_tagged_check_browse_node(const struct osm_decode *decode, yyjson_val *value)
{
    yyjson_val *reference = osm_json_get(value, "reference"),
               *children = osm_json_get(value, "children");

    if (!osm_tagged_is(reference, "ReferenceDescription"))
        return osm_tagged_error(decode, "BrowseNode wire payload: \"reference\" must be a decoded "
                                        "ReferenceDescription instance.");
    if (!osm_is_null(children) && !yyjson_is_arr(children))
        return osm_decode_member_error(decode, "children", "a list of tagged BrowseNodes");
    return true;
}
