/* SPDX-License-Identifier: MIT */
/* Certificates that are there once; see shared_bytes.h. */
#include "rim/ua/shared_bytes.h"

#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "util/alloc.h"
#include "util/macros.h"

struct osm_shared_bytes {
    struct osm_shared_table *table;
    UT_hash_handle hh;
    size_t users;
    uint8_t bytes[];
};

UA_ByteString osm_shared_bytes_keep(struct osm_shared_table *table, const UA_ByteString *bytes)
{
    struct osm_shared_bytes *shared;

    if (!bytes->length)
        return UA_BYTESTRING_NULL;
    /* NOLINTNEXTLINE(clang-analyzer-*): inside uthash */
    HASH_FIND(hh, table->all, bytes->data, bytes->length, shared);
    if (!shared) {
        shared = osm_alloc(sizeof(*shared) + bytes->length);
        shared->table = table;
        memcpy(shared->bytes, bytes->data, bytes->length);
        /* NOLINTNEXTLINE(clang-analyzer-*,bugprone-*): inside uthash */
        HASH_ADD_KEYPTR(hh, table->all, shared->bytes, bytes->length, shared);
    }
    shared->users++;
    return (UA_ByteString){bytes->length, shared->bytes};
}

void osm_shared_bytes_drop(UA_ByteString *bytes)
{
    struct osm_shared_bytes *shared;

    if (!bytes->length)
        return;
    shared =
        (struct osm_shared_bytes *)(void *)(bytes->data - offsetof(struct osm_shared_bytes, bytes));
    *bytes = UA_BYTESTRING_NULL;
    if (--shared->users)
        return;
    /* NOLINTNEXTLINE(clang-analyzer-*): inside uthash */
    HASH_DELETE(hh, shared->table->all, shared);
    free(shared);
}
