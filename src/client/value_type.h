/* SPDX-License-Identifier: MIT */
#ifndef OSM_CLIENT_VALUE_TYPE_H
#define OSM_CLIENT_VALUE_TYPE_H
/*
 * What the library knows of each builtin type: its name, which member of union opcua_item holds it,
 * and the range of its numbers. Everything that treats types differently asks this table.
 */
#include <opcua-session.h>

enum osm_item_kind {
    OSM_ITEM_NONE,
    OSM_ITEM_BOOLEAN,
    OSM_ITEM_INTEGER,
    OSM_ITEM_COUNT,
    OSM_ITEM_NUMBER,
    OSM_ITEM_TIME,
    OSM_ITEM_TEXT,
    OSM_ITEM_BYTES, /* like text, but base64 in JSON */
    OSM_ITEM_QUALIFIED,
    OSM_ITEM_LOCALIZED,
    OSM_ITEM_STRUCTURE,
    OSM_ITEM_DATA_VALUE,
    OSM_ITEM_VARIANT,
};

struct osm_value_type {
    const char *name;
    enum osm_item_kind kind;
    int64_t least;
    uint64_t most;
};

/* Never NULL: numbers that are no type get the row of the null type. */
const struct osm_value_type *osm_value_type(enum opcua_type type);

/* Whether its members belong together: items where there are some, dimensions that are theirs. What
 * a program has put together by hand may be anything. */
bool osm_value_is_whole(const struct opcua_value *value);

static inline enum osm_item_kind osm_value_kind(enum opcua_type type)
{
    return osm_value_type(type)->kind;
}

#endif
