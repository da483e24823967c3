/* SPDX-License-Identifier: MIT */
/* Bytes that are there once; see shared.h. */
#include "util/shared.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "util/alloc.h"
#include "util/macros.h"

struct osm_shared {
    struct osm_shared_table *table;
    UT_hash_handle hh;
    size_t users;
    alignas(max_align_t) uint8_t bytes[];
};

const void *osm_shared_keep(struct osm_shared_table *table, const void *bytes, size_t size)
{
    struct osm_shared *shared;

    if (!size)
        return NULL;
    /* NOLINTNEXTLINE(clang-analyzer-*): inside uthash */
    HASH_FIND(hh, table->all, bytes, size, shared);
    if (!shared) {
        shared = osm_alloc(sizeof(*shared) + size);
        shared->table = table;
        memcpy(shared->bytes, bytes, size);
        /* NOLINTNEXTLINE(clang-analyzer-*,bugprone-*): inside uthash */
        HASH_ADD_KEYPTR(hh, table->all, shared->bytes, size, shared);
    }
    shared->users++;
    return shared->bytes;
}

const char *osm_shared_text(struct osm_shared_table *table, const char *text)
{
    return osm_shared_keep(table, text, strlen(text) + 1);
}

void *osm_shared_drop(const void *kept)
{
    struct osm_shared *shared;

    if (!kept)
        return NULL;
    shared = (struct osm_shared *)((uintptr_t)kept - offsetof(struct osm_shared, bytes));
    if (--shared->users)
        return NULL;
    /* NOLINTNEXTLINE(clang-analyzer-*): inside uthash */
    HASH_DELETE(hh, shared->table->all, shared);
    free(shared);
    return NULL;
}
