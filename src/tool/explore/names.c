/* SPDX-License-Identifier: MIT */
/* Names for numbers of the standard. */
#include "tool/explore/names.h"

#include <stdlib.h>
#include <string.h>

#include "tool/tool.h"
#include "util/alloc.h"
#include "util/buf.h"
#include "util/macros.h"

static const char *const classes[] = {"Object",       "Variable",      "Method",   "ObjectType",
                                      "VariableType", "ReferenceType", "DataType", "View"};

const char *explore_names_class(uint32_t node_class)
{
    for (size_t i = 0; i < OSM_ARRAY_SIZE(classes); i++) {
        if (node_class == 1u << i)
            return classes[i];
    }
    return "?";
}

const char *explore_names_attribute(uint32_t attribute)
{
    /* What a narrow pane has no room for. */
    static const struct {
        const char *name, *shorter;
    } longest[] = {{"MinimumSamplingInterval", "MinSampling"},
                   {"DataTypeDefinition", "DataTypeDef"},
                   {"UserRolePermissions", "UserRolePerms"},
                   {"AccessRestrictions", "Restrictions"}};
    const char *name = tool_attribute_name(attribute);

    for (size_t i = 0; name && i < OSM_ARRAY_SIZE(longest); i++)
        if (!strcmp(name, longest[i].name))
            return longest[i].shorter;
    return name;
}

const char *explore_names_reference(const char *type)
{
    static const struct {
        const char *id, *name;
    } types[] = {
        {"i=35", "Organizes"},
        {"i=36", "HasEventSource"},
        {"i=37", "HasModellingRule"},
        {"i=38", "HasEncoding"},
        {"i=39", "HasDescription"},
        {"i=40", "HasTypeDefinition"},
        {"i=41", "GeneratesEvent"},
        {"i=45", "HasSubtype"},
        {"i=46", "HasProperty"},
        {"i=47", "HasComponent"},
        {"i=48", "HasNotifier"},
        {"i=49", "HasOrderedComponent"},
        {"i=51", "FromState"},
        {"i=52", "ToState"},
        {"i=53", "HasCause"},
        {"i=54", "HasEffect"},
        {"i=117", "HasSubStateMachine"},
        {"i=9004", "HasTrueSubState"},
        {"i=9005", "HasFalseSubState"},
        {"i=9006", "HasCondition"},
        {"i=17603", "HasInterface"},
        {"i=17604", "HasAddIn"},
    };

    for (size_t i = 0; i < OSM_ARRAY_SIZE(types); i++) {
        if (strcmp(types[i].id, type) == 0)
            return types[i].name;
    }
    return type;
}

enum opcua_type explore_names_type(const char *data_type)
{
    static const struct {
        unsigned long id;
        enum opcua_type type;
    } subtypes[] = {{288, OPCUA_TYPE_UINT32},   {289, OPCUA_TYPE_UINT32}, {290, OPCUA_TYPE_DOUBLE},
                    {294, OPCUA_TYPE_DATETIME}, {295, OPCUA_TYPE_STRING}, {29, OPCUA_TYPE_INT32}};
    unsigned long id;
    char *end;

    if (strncmp(data_type, "i=", 2) != 0)
        return OPCUA_TYPE_NULL;
    id = strtoul(data_type + 2, &end, 10);
    if (id <= OPCUA_TYPE_STRUCTURE)
        return (enum opcua_type)id;
    for (size_t i = 0; i < OSM_ARRAY_SIZE(subtypes); i++) {
        if (subtypes[i].id == id)
            return subtypes[i].type;
    }
    return OPCUA_TYPE_NULL;
}

static char *access_text(int64_t level)
{
    static const char *const bits[] = {"read",     "write",        "history",   "history write",
                                       "semantic", "status write", "time write"};
    _cleanup_(osm_buf_deinit) struct osm_buf text = {0};

    for (size_t i = 0; i < OSM_ARRAY_SIZE(bits); i++) {
        if (level & 1 << i)
            osm_buf_printf(&text, "%s%s", text.length ? ", " : "", bits[i]);
    }
    return osm_strdup(text.length ? osm_buf_text(&text) : "none");
}

static char *rank_text(int64_t rank)
{
    static const char *const names[] = {"scalar or one dimension", "anything", "scalar",
                                        "one or more dimensions"};

    return rank >= -3 && rank <= 0
               ? osm_printf("%lld, %s", (long long)rank, names[rank + 3])
               : osm_printf("%lld dimension%s", (long long)rank, rank == 1 ? "" : "s");
}

char *explore_names_value(uint32_t attribute, const struct opcua_value *value, bool utc)
{
    const char *text = opcua_value_to_text(value);
    int64_t number = 0;
    bool is_number = opcua_value_to_int64(value, &number);

    if (attribute == 2 && is_number)
        return osm_strdup(explore_names_class((uint32_t)number));
    if (attribute == 3 && value->type == OPCUA_TYPE_QUALIFIED_NAME && value->length == 1)
        return osm_printf("%u:%s", (unsigned)value->items[0].qualified.ns,
                          value->items[0].qualified.name.data ? value->items[0].qualified.name.data
                                                              : "");
    if (attribute == 14 && text && explore_names_type(text) != OPCUA_TYPE_NULL)
        return osm_printf("%s (%s)", opcua_type_name(explore_names_type(text)), text);
    if (attribute == 15 && is_number)
        return rank_text(number);
    if ((attribute == 17 || attribute == 18) && is_number)
        return access_text(number);
    return tool_show_value(value, utc);
}
