/* SPDX-License-Identifier: MIT */
/* Tagged enumerations: which values each of them has. */
#include <string.h>

#include "wire/tagged/tagged_reader.h"

static const uint8_t node_classes[] = {0, 1, 2, 4, 8, 16, 32, 64, 128};
static const uint8_t builtin_types[] = {1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13,
                                        14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25};
static const uint8_t directions[] = {0, 1, 2};
static const uint8_t update_types[] = {1, 2, 3, 4};
static const uint8_t open_modes[] = {1, 2, 4, 8};

static const struct numbers {
    const char *tag;
    const char *name; /* PHP's, for messages */
    const uint8_t *values;
    size_t count;
} enums[] = {
    {"BuiltinType", "Types\\BuiltinType", builtin_types, sizeof(builtin_types)},
    {"NodeClass", "Types\\NodeClass", node_classes, sizeof(node_classes)},
    {"BrowseDirection", "Types\\BrowseDirection", directions, sizeof(directions)},
    {"PerformUpdateType", "Module\\History\\PerformUpdateType", update_types, sizeof(update_types)},
    {"OpenFileMode", "Module\\FileTransfer\\OpenFileMode", open_modes, sizeof(open_modes)},
};

static const struct numbers *enum_of(const char *tag)
{
    for (size_t i = 0; i < OSM_ARRAY_SIZE(enums); i++) {
        if (!strcmp(enums[i].tag, tag))
            return &enums[i];
    }
    return NULL;
}

static bool missing(const struct osm_decode *decode, const char *tag)
{
    return osm_fault_set(decode->fault, decode->arena, OSM_FAULT_ENCODING,
                         "Invalid enum wire payload for \"%s\": missing \"v\" field.", tag);
}

static bool read_number(const struct osm_decode *decode, yyjson_val *value,
                        const struct numbers *numbers, int64_t *out)
{
    yyjson_val *number = osm_json_get(value, "v");
    uint64_t bits;
    bool negative;

    if (osm_is_null(number))
        return missing(decode, numbers->tag);
    if (!osm_cast_number_integer(number, &bits, &negative))
        return osm_decode_member_error(decode, "v", "an integer");
    for (size_t i = 0; i < numbers->count; i++) {
        if (bits == numbers->values[i]) {
            *out = numbers->values[i];
            return true;
        }
    }
    return osm_decode_enum_error(decode, number, numbers->name);
}

bool osm_tagged_check_enum(const struct osm_decode *decode, yyjson_val *value)
{
    int64_t number;

    return read_number(decode, value, enum_of(osm_tagged_type(value)), &number);
}

bool osm_tagged_read_enum(const struct osm_decode *decode, yyjson_val *value, const char *tag,
                          int64_t *out)
{
    const struct numbers *numbers = enum_of(tag);

    osm_assert(numbers);
    if (!osm_tagged_is(value, tag))
        return osm_decode_type_error(decode, osm_arena_printf(decode->arena, "a tagged %s", tag));
    return read_number(decode, value, numbers, out);
}

/* --- enumerations of names ----------------------------------------------------------------- */

static const char *const functions[] = {"interpolate", "minimum", "maximum", "average", "count"};
static const char *const states[] = {"Disconnected", "Connected", "Broken"};

static const char *known_name(yyjson_val *value, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (yyjson_equals_str(value, names[i]))
            return names[i];
    }
    return NULL;
}

bool osm_tagged_read_aggregate_function(const struct osm_decode *decode, yyjson_val *value,
                                        const char **out)
{
    yyjson_val *name = osm_json_get(value, "v");

    if (!osm_tagged_is(value, "AggregateFunction"))
        return osm_decode_type_error(decode, "a tagged AggregateFunction");
    if (osm_is_null(name))
        return missing(decode, "AggregateFunction");
    if (!yyjson_is_str(name))
        return osm_decode_member_error(decode, "v", "a string");
    *out = known_name(name, functions, OSM_ARRAY_SIZE(functions));
    return *out || osm_decode_enum_error(decode, name, "Module\\Aggregate\\AggregateFunction");
}

bool osm_tagged_check_aggregate_function(const struct osm_decode *decode, yyjson_val *value)
{
    const char *name;

    return osm_tagged_read_aggregate_function(decode, value, &name);
}

bool osm_tagged_check_connection_state(const struct osm_decode *decode, yyjson_val *value)
{
    yyjson_val *name = osm_json_get(value, "v");

    if (osm_is_null(name))
        return missing(decode, "ConnectionState");
    if (!yyjson_is_str(name))
        return osm_tagged_error(decode, "Invalid pure enum wire payload for \"ConnectionState\": "
                                        "\"v\" must be a case name string.");
    if (known_name(name, states, OSM_ARRAY_SIZE(states)))
        return true;
    return osm_fault_set(decode->fault, decode->arena, OSM_FAULT_ENCODING,
                         "Invalid pure enum wire payload for \"ConnectionState\": no case named "
                         "\"%s\".",
                         yyjson_get_str(name));
}
