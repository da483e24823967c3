/* SPDX-License-Identifier: MIT */
/*
 * Items mean nodes by namespace URI (OPC 10000-3 §8.2.2), but node ids and paths carry indexes
 * into the server's NamespaceArray, and a server that was restarted may number its namespaces
 * anew. So when the table has changed, the indexes of all items are rewritten. An item whose
 * namespace the server has no more keeps the URI until one appears.
 *
 * Indexes 0 and 1 are the standard and the server itself (OPC 10000-5 §6.3.1), whatever its URI
 * is called after a change of its name: they stay.
 */
#include <open62541/types_generated_handling.h>

#include "core/link/link.h"
#include "core/subscription/event_filter.h"
#include "core/subscription/subscription.h"
#include "util/alloc.h"
#include "util/buf.h"
#include "util/log.h"
#include "wire/text/qualified_name.h"
#include "wire/text/string.h"

#define FIRST_FREE_INDEX 2
#define NO_INDEX UINT32_MAX

struct table {
    const UA_String *uris;
    size_t size;
    struct osm_names_table *hashes; /* only of the new one */
};

/* The lowest index of a URI. */
static uint32_t index_of(const struct table *table, const UA_String *uri)
{
    uint16_t index;

    return osm_names_find(table->uris, table->hashes, table->size, uri, &index) ? index : NO_INDEX;
}

static bool tables_equal(const struct table *a, const struct table *b)
{
    if (a->size != b->size)
        return false;
    for (size_t i = FIRST_FREE_INDEX; i < a->size; i++)
        if (!UA_String_equal(&a->uris[i], &b->uris[i]))
            return false;
    return true;
}

/* New numbers of the old table's indexes; NO_INDEX where the URI is no more. */
static uint32_t *map_of(const struct table *before, const struct table *after)
{
    uint32_t *map = osm_alloc(before->size * sizeof(*map));

    for (size_t i = 0; i < before->size; i++)
        map[i] = i < FIRST_FREE_INDEX ? (uint32_t)i : index_of(after, &before->uris[i]);
    return map;
}

static void renumber_node(struct osm_monitored_item *item, const struct table *before,
                          const struct table *after, const uint32_t *map)
{
    UA_UInt16 *index = &item->params.node_id.namespaceIndex;
    uint32_t found;

    if (item->absent_namespace.length) {
        found = index_of(after, &item->absent_namespace);
        if (found == NO_INDEX)
            return;
        UA_String_clear(&item->absent_namespace);
        *index = (UA_UInt16)found;
    } else if (*index < before->size && map[*index] == NO_INDEX) {
        UA_StatusCode status = UA_String_copy(&before->uris[*index], &item->absent_namespace);

        osm_assert(status == UA_STATUSCODE_GOOD);
    } else if (*index < before->size) {
        *index = (UA_UInt16)map[*index];
    }
}

static void set_path(UA_String *path, const char *text, size_t length)
{
    const UA_String view = osm_string_view(text, length);
    UA_StatusCode status;

    UA_String_clear(path);
    status = UA_String_copy(&view, path);
    osm_assert(status == UA_STATUSCODE_GOOD);
}

/* The path with the numbers of its segments rewritten. A namespace that is no more is named by
 * its URI: its number may be another one's. True when there is such a one. */
static bool renumber_path(UA_String *path, const struct table *before, const uint32_t *map)
{
    _cleanup_(osm_buf_deinit) struct osm_buf out = {0};
    bool by_uri = false;

    for (size_t at = 0; at < path->length;) {
        const char *text = (const char *)path->data + at;
        size_t length = osm_names_segment(text, path->length - at), prefix;
        uint16_t index;

        prefix = osm_qualified_name_prefix(text, length, &index);
        if (prefix && index < before->size && map[index] == NO_INDEX)
            osm_names_print_uri(&out, &before->uris[index]);
        else if (prefix && index < before->size)
            osm_buf_printf(&out, "%u:", map[index]);
        else
            prefix = 0;
        by_uri |= osm_names_is_uri(text, length) || (prefix && map[index] == NO_INDEX);
        osm_buf_add(&out, text + prefix, length - prefix);
        at += length;
        if (at < path->length)
            osm_buf_add_byte(&out, (char)path->data[at++]);
    }
    set_path(path, out.data, out.length);
    return by_uri;
}

/* A node that was found by a path. When its namespace is no more, it has to be found again. */
static void renumber_found(UA_NodeId *node, const struct table *before, const uint32_t *map)
{
    if (node->namespaceIndex >= before->size)
        return;
    if (map[node->namespaceIndex] == NO_INDEX)
        UA_NodeId_clear(node);
    else
        node->namespaceIndex = (UA_UInt16)map[node->namespaceIndex];
}

static void renumber_item(struct osm_monitored_item *item, const struct table *before,
                          const struct table *after, const uint32_t *map)
{
    item->by_uri = false;
    if (item->params.path.length) {
        item->by_uri |= renumber_path(&item->params.path, before, map);
        renumber_found(&item->params.node_id, before, map);
    } else {
        renumber_node(item, before, after, map);
    }
    if (item->params.event)
        item->by_uri |=
            osm_event_filter_renumber(item->params.event, before->uris, map, before->size);
}

static bool number_path(UA_String *path, struct osm_names *names, struct osm_arena *arena,
                        struct osm_fault *fault)
{
    UA_String numbered = *path;

    if (!path->length)
        return true;
    if (!osm_names_number_path(names, &numbered, arena, fault))
        return false;
    if (numbered.data != path->data)
        set_path(path, (const char *)numbered.data, numbered.length);
    return true;
}

static void number_fields(struct osm_monitored_item *item, struct osm_names *names,
                          struct osm_arena *arena)
{
    struct osm_fault fault = {0};

    if (!item->params.event ||
        osm_event_filter_number(item->params.event, names, true, arena, &fault))
        return;
    item->by_uri = true;
    osm_log_warning("Item %s: a field or a condition is without effect: %s",
                    osm_monitored_item_text(item, arena), fault.message);
}

bool osm_subscription_number_item(struct osm_monitored_item *item, struct osm_names *names,
                                  struct osm_arena *arena, struct osm_fault *fault)
{
    if (item->absent_namespace.length) {
        if (!osm_names_resolve(names, &item->absent_namespace, &item->params.node_id.namespaceIndex,
                               arena, fault))
            return false;
        UA_String_clear(&item->absent_namespace);
    }
    if (!item->by_uri)
        return true;
    if (!number_path(&item->params.path, names, arena, fault))
        return false;
    item->by_uri = false;
    number_fields(item, names, arena);
    return true;
}

void osm_subscriptions_renumber(struct osm_subscriptions *all, const UA_String *before_uris,
                                size_t before_size, const UA_String *after_uris, size_t after_size)
{
    const struct table before = {before_uris, OSM_MIN(before_size, OSM_NAMESPACES), NULL};
    struct table after = {after_uris, OSM_MIN(after_size, OSM_NAMESPACES), NULL};
    struct osm_subscription *subscription;
    struct osm_monitored_item *item;
    uint32_t *map;

    if (!before_size || !all->by_id || tables_equal(&before, &after))
        return;
    after.hashes = osm_names_table_new(after.uris, after.size);
    map = map_of(&before, &after);
    for (subscription = all->by_id; subscription; subscription = subscription->hh.next)
        for (item = subscription->items; item; item = item->hh.next)
            renumber_item(item, &before, &after, map);
    free(map);
    (void)osm_names_table_free(after.hashes);
}
