/* SPDX-License-Identifier: MIT */
/* See event_select.h. */
#include "serve/method/event_select.h"

#include <string.h>
#include <strings.h>

#include <open62541/nodeids.h>

#include "core/subscription/event_filter.h"
#include "wire/tagged/tagged_decode.h"
#include "wire/text/json.h"
#include "wire/text/node_id.h"
#include "wire/text/string.h"

/* --- attributes ---------------------------------------------------------------------------- */

static const char *const attributes[] = {[UA_ATTRIBUTEID_NODEID] = "NodeId",
                                         [UA_ATTRIBUTEID_NODECLASS] = "NodeClass",
                                         [UA_ATTRIBUTEID_BROWSENAME] = "BrowseName",
                                         [UA_ATTRIBUTEID_DISPLAYNAME] = "DisplayName",
                                         [UA_ATTRIBUTEID_DESCRIPTION] = "Description",
                                         [UA_ATTRIBUTEID_EVENTNOTIFIER] = "EventNotifier",
                                         [UA_ATTRIBUTEID_VALUE] = "Value"};

/* 0 = none of that name or number. */
static uint32_t attribute_of(const char *text, size_t length)
{
    uint32_t number = 0;
    size_t digits = 0;

    for (size_t i = 0; i < OSM_ARRAY_SIZE(attributes); i++)
        if (attributes[i] && strlen(attributes[i]) == length &&
            strncasecmp(attributes[i], text, length) == 0)
            return (uint32_t)i;
    while (digits < length && digits < 3 && text[digits] >= '0' && text[digits] <= '9')
        number = number * 10 + (uint32_t)(text[digits++] - '0');
    return digits == length && number <= UA_ATTRIBUTEID_ACCESSLEVELEX ? number : 0;
}

static bool read_attribute(const struct osm_decode *decode, yyjson_val *value, uint32_t *out)
{
    uint64_t bits;
    bool negative;

    if (osm_is_null(value))
        return true;
    if (yyjson_is_str(value))
        *out = attribute_of(yyjson_get_str(value), yyjson_get_len(value));
    else if (osm_cast_number_integer(value, &bits, &negative) && !negative &&
             bits <= UA_ATTRIBUTEID_ACCESSLEVELEX)
        *out = (uint32_t)bits;
    else
        *out = 0;
    return *out || osm_decode_type_error(decode, "an attribute id or its name");
}

/* --- what is meant by what is left out ----------------------------------------------------- */

static void complete(UA_SimpleAttributeOperand *out, bool typed)
{
    if (!typed)
        out->typeDefinitionId = UA_NODEID_NUMERIC(0, out->browsePathSize ? UA_NS0ID_BASEEVENTTYPE
                                                                         : UA_NS0ID_CONDITIONTYPE);
    if (!out->attributeId)
        out->attributeId = out->browsePathSize ? UA_ATTRIBUTEID_VALUE : UA_ATTRIBUTEID_NODEID;
    if (!osm_event_filter_is(out, "ConditionId"))
        return;
    out->typeDefinitionId = UA_NODEID_NUMERIC(0, UA_NS0ID_CONDITIONTYPE);
    out->attributeId = UA_ATTRIBUTEID_NODEID;
    out->browsePathSize = 0;
}

/* --- texts --------------------------------------------------------------------------------- */

/* Takes the attribute off the end; a name may have a # in it that is none. */
static void take_attribute(UA_String *text, uint32_t *attribute)
{
    size_t at = text->length;

    while (at > 0 && text->data[at - 1] != '#')
        at--;
    if (at)
        *attribute = attribute_of((const char *)text->data + at, text->length - at);
    if (*attribute)
        text->length = at - 1;
}

/* Takes the type off the beginning, if there is one. */
static bool take_type(const struct osm_decode *decode, UA_String *text, bool *typed, UA_NodeId *out)
{
    const char *copy = osm_arena_text(decode->arena, (const char *)text->data, text->length);
    size_t length = osm_names_segment(copy, text->length);

    *typed = osm_parameter_is_node_id(copy);
    if (!*typed)
        return true;
    if (!osm_node_id_parse(copy, length, decode->names, out, decode->arena, decode->fault))
        return false;
    length += length < text->length; /* the slash */
    text->data += length;
    text->length -= length;
    return true;
}

static bool read_text(const struct osm_decode *decode, yyjson_val *value,
                      UA_SimpleAttributeOperand *out)
{
    UA_String text = osm_string_view(yyjson_get_str(value), yyjson_get_len(value));
    UA_NodeId type = UA_NODEID_NULL;
    uint32_t attribute = 0;
    bool typed;

    take_attribute(&text, &attribute);
    if (!take_type(decode, &text, &typed, &type))
        return false;
    *out = (UA_SimpleAttributeOperand){.typeDefinitionId = type, .attributeId = attribute};
    if (text.length || !(typed || attribute))
        osm_event_filter_names(text, decode->arena, out);
    complete(out, typed);
    return true;
}

/* --- objects ------------------------------------------------------------------------------- */

/* Either name; sets where the decoder stands. */
static yyjson_val *member(struct osm_decode *at, const char *place, yyjson_val *object,
                          const char *name, const char *alias)
{
    yyjson_val *value = osm_json_get(object, name);

    if (osm_is_null(value)) {
        value = osm_json_get(object, alias);
        name = osm_is_null(value) ? name : alias;
    }
    at->key = place ? osm_arena_printf(at->arena, "%s.%s", place, name) : name;
    return value;
}

static bool read_names(const struct osm_decode *at, bool tagged, yyjson_val *list,
                       UA_SimpleAttributeOperand *out)
{
    yyjson_val *value;
    yyjson_arr_iter iter = yyjson_arr_iter_with(list);

    out->browsePath = osm_arena_array(at->arena, yyjson_arr_size(list), sizeof(*out->browsePath));
    while ((value = yyjson_arr_iter_next(&iter))) {
        UA_QualifiedName *name = &out->browsePath[out->browsePathSize++];

        if (yyjson_is_str(value))
            *name = osm_event_filter_name(yyjson_get_str(value), yyjson_get_len(value));
        else if (!(tagged ? osm_tagged_read_qualified_name(at, value, name)
                          : osm_plain_read_qualified_name(at, value, name)))
            return false;
    }
    return true;
}

static bool read_path(const struct osm_decode *at, bool tagged, yyjson_val *value,
                      UA_SimpleAttributeOperand *out)
{
    if (osm_is_null(value) || (yyjson_is_str(value) && !yyjson_get_len(value)))
        return true;
    if (yyjson_is_arr(value))
        return read_names(at, tagged, value, out);
    if (!yyjson_is_str(value))
        return osm_decode_type_error(at, "a path or a list of names");
    osm_event_filter_names(osm_string_view(yyjson_get_str(value), yyjson_get_len(value)), at->arena,
                           out);
    return true;
}

static bool read_range(const struct osm_decode *at, yyjson_val *value, UA_String *out)
{
    if (osm_is_null(value))
        return true;
    if (!yyjson_is_str(value))
        return osm_decode_type_error(at, "a string");
    *out = osm_string_view(yyjson_get_str(value), yyjson_get_len(value));
    return true;
}

static bool read_object(const struct osm_decode *decode, bool tagged, yyjson_val *object,
                        UA_SimpleAttributeOperand *out)
{
    const char *place = decode->key;
    struct osm_decode at = *decode;
    yyjson_val *value;
    bool typed;

    *out = (UA_SimpleAttributeOperand){0};
    value = member(&at, place, object, "browsePath", "path");
    if (!read_path(&at, tagged, value, out))
        return false;
    value = member(&at, place, object, "typeDefinitionId", "type");
    typed = !osm_is_null(value);
    if (typed && !(tagged ? osm_tagged_read_node_id(&at, value, &out->typeDefinitionId)
                          : osm_plain_read_node_id(&at, value, &out->typeDefinitionId)))
        return false;
    value = member(&at, place, object, "attributeId", "attribute");
    if (!read_attribute(&at, value, &out->attributeId))
        return false;
    if (!read_range(&at, member(&at, place, object, "indexRange", "range"), &out->indexRange))
        return false;
    complete(out, typed);
    return true;
}

bool osm_event_select_is(yyjson_val *value)
{
    static const char *const keys[] = {"typeDefinitionId", "browsePath", "attributeId", "path",
                                       "attribute"};

    for (size_t i = 0; yyjson_is_obj(value) && i < OSM_ARRAY_SIZE(keys); i++)
        if (yyjson_obj_get(value, keys[i]))
            return true;
    return false;
}

bool osm_event_select_decode(const struct osm_decode *decode, bool tagged, yyjson_val *value,
                             UA_SimpleAttributeOperand *out)
{
    if (yyjson_is_str(value))
        return read_text(decode, value, out);
    if (yyjson_is_obj(value))
        return read_object(decode, tagged, value, out);
    return osm_decode_type_error(decode, "a string or an object");
}
