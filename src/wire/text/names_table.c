/* SPDX-License-Identifier: MIT */
/* Open addressing, at most half full; see names_table.h. */
#include "wire/text/names_table.h"

#include <stdlib.h>

#include "util/alloc.h"
#include "util/macros.h"
#include "util/random.h"
#include "util/siphash.h"

#define INDEXES ((size_t)UINT16_MAX + 1)

struct osm_names_table {
    uint8_t key[OSM_SIPHASH_KEY];
    size_t mask;
    uint32_t slots[]; /* index and 1; 0 = free */
};

/* Where the URI is, or would be. */
static size_t slot_of(const struct osm_names_table *table, const UA_String *uris,
                      const UA_String *uri)
{
    size_t slot = osm_siphash(table->key, uri->data, uri->length) & table->mask;

    while (table->slots[slot] && !UA_String_equal(&uris[table->slots[slot] - 1], uri))
        slot = (slot + 1) & table->mask;
    return slot;
}

struct osm_names_table *osm_names_table_new(const UA_String *uris, size_t size)
{
    struct osm_names_table *table;
    size_t slots = 8;

    osm_assert(size <= INDEXES);
    while (slots < 2 * size)
        slots *= 2;
    table = osm_alloc(sizeof(*table) + slots * sizeof(*table->slots));
    osm_random(table->key, sizeof(table->key));
    table->mask = slots - 1;
    for (size_t i = 0; i < size; i++) {
        size_t slot = slot_of(table, uris, &uris[i]);

        if (!table->slots[slot])
            table->slots[slot] = (uint32_t)i + 1;
    }
    return table;
}

struct osm_names_table *osm_names_table_free(struct osm_names_table *table)
{
    free(table);
    return NULL;
}

static bool look_through(const UA_String *uris, size_t size, const UA_String *uri, uint16_t *index)
{
    for (size_t i = 0; i < size; i++) {
        if (!UA_String_equal(&uris[i], uri))
            continue;
        *index = (uint16_t)i;
        return true;
    }
    return false;
}

bool osm_names_find(const UA_String *uris, const struct osm_names_table *table, size_t size,
                    const UA_String *uri, uint16_t *index)
{
    uint32_t found;

    if (!table)
        return look_through(uris, OSM_MIN(size, INDEXES), uri, index);
    found = table->slots[slot_of(table, uris, uri)];
    if (!found || found > size)
        return false;
    *index = (uint16_t)(found - 1);
    return true;
}
