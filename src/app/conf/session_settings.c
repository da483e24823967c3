/* SPDX-License-Identifier: MIT */
/* The configuration of a session in a file; see session_settings.h. */
#include "app/conf/session_settings.h"

#include <math.h>
#include <string.h>

#include "util/alloc.h"

static bool expected(const struct osm_fields *fields, const struct osm_node *node, const char *key,
                     const char *what)
{
    return osm_findings_error(fields->faults, fields->file, node->line,
                              "config: %s: must be %s, not %s", key, what, osm_node_what(node));
}

typedef bool reader_fn(const struct osm_fields *fields, const struct osm_node *node,
                       const char *name, union osm_config_value *out);

static bool read_float(const struct osm_fields *fields, const struct osm_node *node,
                       const char *name, union osm_config_value *out)
{
    if (!osm_node_is_number(node, &out->as_FLOAT) || !isfinite(out->as_FLOAT))
        return expected(fields, node, name, "a number");
    return true;
}

static bool read_int(const struct osm_fields *fields, const struct osm_node *node, const char *name,
                     union osm_config_value *out)
{
    double number;

    if (!osm_node_is_number(node, &number) || number != floor(number) ||
        !(fabs(number) <= 9007199254740992.0))
        return expected(fields, node, name, "a whole number");
    out->as_INT = (int64_t)number;
    return true;
}

static bool read_bool(const struct osm_fields *fields, const struct osm_node *node,
                      const char *name, union osm_config_value *out)
{
    return osm_node_is_bool(node, &out->as_BOOL) || expected(fields, node, name, "true or false");
}

static bool read_text(const struct osm_fields *fields, const struct osm_node *node,
                      const char *name, union osm_config_value *out)
{
    const char *text = osm_fields_text(fields, node, name);

    out->as_TEXT = text ? osm_strdup(text) : NULL;
    return text;
}

static reader_fn *const readers[] = {[OSM_CONFIG_FLOAT] = read_float,
                                     [OSM_CONFIG_INT] = read_int,
                                     [OSM_CONFIG_BOOL] = read_bool,
                                     [OSM_CONFIG_TEXT] = read_text};

static bool read_pair(const struct osm_fields *fields, const struct osm_pair *pair,
                      struct osm_config *out)
{
    enum osm_config_key key = osm_config_find(pair->key->text, pair->key->length);

    if (key == OSM_CONFIG_KEY_COUNT_) {
        osm_findings_warning(fields->faults, fields->file, pair->key->line,
                             "unknown key \"%s\" of config is ignored", pair->key->text);
        return true;
    }
    if (osm_node_is_null(pair->value))
        return true;
    /* A key that was given before is a finding already; what it said must not stay behind. */
    if (osm_config_rows[key].kind == OSM_CONFIG_TEXT)
        osm_config_forget(out, key);
    if (!readers[osm_config_rows[key].kind](fields, pair->value, osm_config_rows[key].name,
                                            &out->values[key]))
        return false;
    out->set |= UINT32_C(1) << key;
    return true;
}

/* The checks of `open` that need neither files nor a server. */
static bool check(const struct osm_fields *fields, const struct osm_node *map,
                  const struct osm_config *config)
{
    struct osm_fault fault = {0};

    return osm_config_check(config, fields->arena, &fault) ||
           osm_findings_error(fields->faults, fields->file, map->line, "config: %s", fault.message);
}

bool osm_session_config_read(const struct osm_fields *fields, const struct osm_node *map,
                             struct osm_config *out)
{
    bool good = true;

    *out = (struct osm_config){0};
    for (size_t i = 0; i < map->length; i++)
        good = read_pair(fields, &map->pairs[i], out) && good;
    return good && check(fields, map, out);
}
