/* SPDX-License-Identifier: MIT */
/* Session configurations in and out of JSON, by the table of keys; see config.h. */
#include "serve/request/config.h"

#include "util/alloc.h"
#include "wire/text/cast.h"

/* False if it is a text with a NUL character: cut there, it would be another name, or another
 * password. */
static bool take_value(struct osm_config *config, size_t key, yyjson_val *value,
                       struct osm_arena *arena)
{
    union osm_config_value *slot = &config->values[key];
    size_t length;
    const char *text;

    switch (osm_config_rows[key].kind) {
    case OSM_CONFIG_FLOAT:
        slot->as_FLOAT = osm_cast_float(value);
        break;
    case OSM_CONFIG_INT:
        slot->as_INT = osm_cast_int(value);
        break;
    case OSM_CONFIG_BOOL:
        slot->as_BOOL = osm_cast_bool(value);
        break;
    case OSM_CONFIG_TEXT:
        text = osm_cast_text(value, arena, &length);
        if (strnlen(text, length) != length)
            return false;
        slot->as_TEXT = osm_strndup(text, length);
        break;
    }
    config->set |= UINT32_C(1) << key;
    return true;
}

bool osm_config_parse(struct osm_config *config, yyjson_val *object, struct osm_arena *arena,
                      struct osm_fault *fault)
{
    *config = (struct osm_config){0};
    if (osm_is_null(object) || (yyjson_is_arr(object) && !yyjson_arr_size(object)))
        return true; /* what PHP sends for an array without keys */
    if (!yyjson_is_obj(object))
        return osm_fault_set(fault, arena, OSM_FAULT_TYPE_ERROR, "open: config must be an object");
    for (size_t key = 0; key < OSM_CONFIG_KEY_COUNT_; key++) {
        yyjson_val *value = osm_json_get(object, osm_config_rows[key].name);

        if (!osm_is_null(value) && !take_value(config, key, value, arena))
            return osm_fault_set(fault, arena, OSM_FAULT_CONFIGURATION,
                                 "open: %s must not contain a NUL character",
                                 osm_config_rows[key].name);
    }
    return true;
}

static void print_value(struct osm_json *json, size_t key, const union osm_config_value *value)
{
    osm_json_key(json, osm_config_rows[key].name);
    switch (osm_config_rows[key].kind) {
    case OSM_CONFIG_FLOAT:
        osm_json_double(json, value->as_FLOAT);
        break;
    case OSM_CONFIG_INT:
        osm_json_int(json, value->as_INT);
        break;
    case OSM_CONFIG_BOOL:
        osm_json_bool(json, value->as_BOOL);
        break;
    case OSM_CONFIG_TEXT:
        osm_json_cstring(json, value->as_TEXT);
        break;
    }
}

void osm_config_print(struct osm_json *json, const struct osm_config *config)
{
    uint32_t shown = 0;

    for (size_t key = 0; key < OSM_CONFIG_KEY_COUNT_; key++)
        if (osm_config_rows[key].listed)
            shown |= config->set & (UINT32_C(1) << key);
    if (!shown) {
        osm_json_array_begin(json);
        osm_json_array_end(json);
        return;
    }
    osm_json_object_begin(json);
    for (size_t key = 0; key < OSM_CONFIG_KEY_COUNT_; key++)
        if (shown & (UINT32_C(1) << key))
            print_value(json, key, &config->values[key]);
    osm_json_object_end(json);
}
