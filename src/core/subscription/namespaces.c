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

#include "core/subscription/subscription.h"
#include "util/alloc.h"
#include "wire/text/qualified_name.h"

#define FIRST_FREE_INDEX 2
#define NO_INDEX UINT32_MAX

struct table {
    const UA_String *uris;
    size_t size;
};

static uint32_t index_of(const struct table *table, const UA_String *uri)
{
    for (size_t i = 0; i < table->size && i <= UINT16_MAX; i++)
        if (UA_String_equal(&table->uris[i], uri))
            return (uint32_t)i;
    return NO_INDEX;
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
    uint32_t *map = osm_alloc(before->size * sizeof(*map) + 1);

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

/* The path with the numbers of its segments rewritten. A namespace that is no more keeps its
 * number: the server will not know the field, and say null. */
static void renumber_path(UA_String *path, const struct table *before, const uint32_t *map)
{
    /* a segment of n bytes becomes at most n + 4: one digit becomes five */
    UA_Byte *out = osm_alloc(path->length * 5 + 8);
    size_t length = 0, at = 0;
    bool start = true;

    while (at < path->length) {
        uint16_t index;
        size_t prefix = start ? osm_qualified_name_prefix((const char *)path->data + at,
                                                          path->length - at, &index)
                              : 0;

        if (prefix && index < before->size && map[index] != NO_INDEX) {
            length += (size_t)snprintf((char *)out + length, 6, "%u", map[index] & UINT16_MAX);
            at += prefix - 1;
        }
        start = path->data[at] == '/';
        out[length++] = path->data[at++];
    }
    UA_String_clear(path);
    path->data = out;
    path->length = length;
}

static void renumber_item(struct osm_monitored_item *item, const struct table *before,
                          const struct table *after, const uint32_t *map)
{
    if (item->params.path.length)
        renumber_path(&item->params.path, before, map);
    else
        renumber_node(item, before, after, map);
    for (size_t i = 0; i < item->params.select_fields_size; i++)
        if (item->params.select_fields[i].length)
            renumber_path(&item->params.select_fields[i], before, map);
}

void osm_subscriptions_renumber(struct osm_subscriptions *all, const UA_String *before_uris,
                                size_t before_size, const UA_String *after_uris, size_t after_size)
{
    const struct table before = {before_uris, before_size}, after = {after_uris, after_size};
    struct osm_subscription *subscription;
    struct osm_monitored_item *item;
    uint32_t *map;

    if (!before_size || tables_equal(&before, &after))
        return;
    map = map_of(&before, &after);
    for (subscription = all->by_id; subscription; subscription = subscription->hh.next)
        for (item = subscription->items; item; item = item->hh.next)
            renumber_item(item, &before, &after, map);
    free(map);
}
