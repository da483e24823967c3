/* SPDX-License-Identifier: MIT */
/* A reader per kind of field; see fields.h. */
#include "yaml/fields.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

static bool expected(const struct osm_fields *fields, const struct osm_node *node, const char *key,
                     const char *what)
{
    return osm_findings_error(fields->faults, fields->file, node->line, "%s: must be %s, not %s",
                              key, what, osm_node_what(node));
}

const char *osm_fields_text(const struct osm_fields *fields, const struct osm_node *node,
                            const char *key)
{
    if (node->kind != OSM_NODE_SCALAR) {
        (void)expected(fields, node, key, "a text");
        return NULL;
    }
    if (memchr(node->text, '\0', node->length)) {
        osm_findings_error(fields->faults, fields->file, node->line,
                           "%s: must not contain a NUL character", key);
        return NULL;
    }
    return osm_arena_text(fields->arena, node->text, node->length);
}

static bool read_text(const struct osm_fields *fields, const struct osm_node *node,
                      const struct osm_field *field, void *out)
{
    const char *text = osm_fields_text(fields, node, field->key);

    if (text)
        *(const char **)out = text;
    return text;
}

static bool read_double(const struct osm_fields *fields, const struct osm_node *node,
                        const struct osm_field *field, void *out)
{
    double number;

    if (!osm_node_is_number(node, &number) || !isfinite(number))
        return expected(fields, node, field->key, "a number");
    *(double *)out = number;
    return true;
}

static bool read_uint32(const struct osm_fields *fields, const struct osm_node *node,
                        const struct osm_field *field, void *out)
{
    double number;

    if (!osm_node_is_number(node, &number))
        return expected(fields, node, field->key, "a whole number");
    if (!(number >= field->least && number <= field->most) || number != floor(number))
        return osm_findings_error(fields->faults, fields->file, node->line,
                                  "%s: must be a whole number from %u to %u, not %s", field->key,
                                  field->least, field->most, node->text);
    *(uint32_t *)out = (uint32_t)number;
    return true;
}

static bool read_bool(const struct osm_fields *fields, const struct osm_node *node,
                      const struct osm_field *field, void *out)
{
    if (!osm_node_is_bool(node, out))
        return expected(fields, node, field->key, "true or false");
    return true;
}

static bool read_node(const struct osm_fields *fields, const struct osm_node *node,
                      const struct osm_field *field, void *out)
{
    static const char *const names[] = {
        [OSM_NODE_SCALAR] = "a text", [OSM_NODE_LIST] = "a list", [OSM_NODE_MAP] = "a map"};

    if (node->kind != field->node)
        return expected(fields, node, field->key, names[field->node]);
    *(const struct osm_node **)out = node;
    return true;
}

typedef bool reader_fn(const struct osm_fields *fields, const struct osm_node *node,
                       const struct osm_field *field, void *out);

static reader_fn *const readers[] = {[OSM_FIELD_TEXT] = read_text,
                                     [OSM_FIELD_DOUBLE] = read_double,
                                     [OSM_FIELD_UINT32] = read_uint32,
                                     [OSM_FIELD_BOOL] = read_bool,
                                     [OSM_FIELD_NODE] = read_node};

static const struct osm_field *find(const char *key, const struct osm_field *table, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (strcmp(table[i].key, key) == 0)
            return &table[i];
    return NULL;
}

bool osm_fields_read(const struct osm_fields *fields, const struct osm_node *map, const char *what,
                     const struct osm_field *table, size_t size, void *out)
{
    uint64_t seen = 0;
    bool good = true;

    osm_assert(size <= 64);
    if (map->kind != OSM_NODE_MAP)
        return expected(fields, map, what, "a map");
    for (size_t i = 0; i < map->length; i++) {
        const struct osm_node *key = map->pairs[i].key, *value = map->pairs[i].value;
        const struct osm_field *field = find(key->text, table, size);

        if (!field) {
            osm_findings_warning(fields->faults, fields->file, key->line,
                                 "unknown key \"%s\" of a %s is ignored", key->text, what);
            continue;
        }
        if (osm_node_is_null(value))
            continue;
        seen |= UINT64_C(1) << (field - table);
        good = readers[field->kind](fields, value, field, (char *)out + field->offset) && good;
    }
    for (size_t i = 0; i < size; i++)
        if (table[i].required && !(seen & (UINT64_C(1) << i)))
            good = osm_findings_error(fields->faults, fields->file, map->line, "%s: %s is missing",
                                      what, table[i].key);
    return good;
}
