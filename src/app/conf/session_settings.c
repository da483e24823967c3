/* SPDX-License-Identifier: MIT */
/* The configuration of a session in a file; see session_config.h. */
#include "app/conf/session_settings.h"

#include <math.h>
#include <string.h>

#include "serve/request/config.h"
#include "util/alloc.h"
#include "wire/text/json.h"

static bool expected(const struct osm_fields *fields, const struct osm_node *node, const char *key,
                     const char *what)
{
    return osm_faults_error(fields->faults, fields->file, node->line,
                            "config: %s: must be %s, not %s", key, what, osm_node_what(node));
}

static bool write_number(const struct osm_fields *fields, struct osm_json *json, size_t key,
                         const struct osm_node *value)
{
    bool whole = osm_config_rows[key].kind == OSM_CONFIG_INT;
    double number;

    if (!osm_node_is_number(value, &number) || !isfinite(number) ||
        (whole && (number != floor(number) || fabs(number) > 9007199254740992.0)))
        return expected(fields, value, osm_config_rows[key].name,
                        whole ? "a whole number" : "a number");
    osm_json_key(json, osm_config_rows[key].name);
    if (whole)
        osm_json_int(json, (int64_t)number);
    else
        osm_json_double(json, number);
    return true;
}

static bool write_bool(const struct osm_fields *fields, struct osm_json *json, size_t key,
                       const struct osm_node *value)
{
    bool truth;

    if (!osm_node_is_bool(value, &truth))
        return expected(fields, value, osm_config_rows[key].name, "true or false");
    osm_json_key(json, osm_config_rows[key].name);
    osm_json_bool(json, truth);
    return true;
}

static bool write_text(const struct osm_fields *fields, struct osm_json *json, size_t key,
                       const struct osm_node *value)
{
    const char *text = osm_fields_text(fields, value, osm_config_rows[key].name);

    if (!text)
        return false;
    osm_json_key(json, osm_config_rows[key].name);
    osm_json_cstring(json, text);
    return true;
}

typedef bool writer_fn(const struct osm_fields *fields, struct osm_json *json, size_t key,
                       const struct osm_node *value);

static writer_fn *const writers[] = {[OSM_CONFIG_FLOAT] = write_number,
                                     [OSM_CONFIG_INT] = write_number,
                                     [OSM_CONFIG_BOOL] = write_bool,
                                     [OSM_CONFIG_TEXT] = write_text};

static size_t find(const char *name)
{
    size_t key = 0;

    while (key < OSM_CONFIG_KEY_COUNT_ && strcmp(osm_config_rows[key].name, name) != 0)
        key++;
    return key;
}

static bool write_pair(const struct osm_fields *fields, struct osm_json *json,
                       const struct osm_pair *pair, struct osm_desired_connection *out)
{
    size_t key = find(pair->key->text);

    if (key == OSM_CONFIG_KEY_COUNT_) {
        osm_faults_warning(fields->faults, fields->file, pair->key->line,
                           "unknown key \"%s\" of config is ignored", pair->key->text);
        return true;
    }
    if (osm_node_is_null(pair->value))
        return true;
    if (strcmp(osm_config_rows[key].name, "password") == 0)
        out->has_secrets = true;
    return writers[osm_config_rows[key].kind](fields, json, key, pair->value);
}

/* The checks of `open` that need neither files nor a server. */
static bool check(const struct osm_fields *fields, const struct osm_node *map,
                  const struct osm_desired_connection *out)
{
    yyjson_doc *doc = yyjson_read(out->config, out->config_length, YYJSON_READ_NOFLAG);
    struct osm_config config = {0};
    struct osm_fault fault = {0};
    struct osm_arena arena;
    bool good;

    osm_arena_init(&arena);
    good = osm_config_parse(&config, yyjson_doc_get_root(doc), &arena, &fault) &&
           osm_config_check(&config, &arena, &fault);
    if (!good)
        osm_faults_error(fields->faults, fields->file, map->line, "config: %s", fault.message);
    osm_config_deinit(&config);
    osm_arena_wipe(&arena);
    yyjson_doc_free(doc);
    return good;
}

bool osm_session_config_read(const struct osm_fields *fields, const struct osm_node *map,
                             struct osm_desired_connection *out)
{
    struct osm_buf text = {0};
    struct osm_json json;
    bool good = true;

    osm_json_init(&json, &text);
    osm_json_object_begin(&json);
    for (size_t i = 0; i < map->length; i++)
        good = write_pair(fields, &json, &map->pairs[i], out) && good;
    osm_json_object_end(&json);
    out->config = osm_arena_text(fields->arena, text.data, text.length);
    out->config_length = text.length;
    osm_wipe(text.data, text.capacity);
    osm_buf_deinit(&text);
    return good && check(fields, map, out);
}
