/* SPDX-License-Identifier: MIT */
/* NamespaceArrays, each once; see numbering.h. */
#include "core/link/numbering.h"

#include <string.h>

#include "util/alloc.h"
#include "util/buf.h"
#include "util/macros.h"
#include "wire/text/names_table.h"

const struct osm_numbering osm_numbering_none;

static void add_uri(struct osm_buf *out, const UA_String *uri)
{
    osm_buf_add(out, &uri->length, sizeof(uri->length));
    osm_buf_add(out, uri->data, uri->length);
}

/* Indexes 0 and 1 are the standard and the server itself, whatever its URI (OPC 10000-5 §6.3.1). */
static void digest(struct osm_numbering *numbering, const char *bytes, size_t length)
{
    size_t skipped = sizeof(size_t);

    for (size_t i = 0; i < OSM_MIN(numbering->size, (size_t)2); i++)
        skipped += sizeof(size_t) + numbering->uris[i].length;
    osm_digest_sha1(bytes + skipped, length - skipped, numbering->digest);
}

static struct osm_numbering *make(const UA_String *uris, size_t size, const struct osm_buf *bytes)
{
    struct osm_numbering *numbering =
        osm_alloc(sizeof(*numbering) + size * sizeof(*uris) + bytes->length);
    UA_Byte *at = (UA_Byte *)&numbering->uris[size];

    numbering->size = size;
    memcpy(at, bytes->data, bytes->length);
    at += sizeof(size);
    for (size_t i = 0; i < size; i++) {
        at += sizeof(uris[i].length);
        numbering->uris[i] = (UA_String){uris[i].length, at};
        at += uris[i].length;
    }
    numbering->table = osm_names_table_new(numbering->uris, size);
    digest(numbering, bytes->data, bytes->length);
    return numbering;
}

const struct osm_numbering *osm_numbering_join(struct osm_numberings *numberings,
                                               const UA_String *uris, size_t size)
{
    _cleanup_(osm_buf_deinit) struct osm_buf bytes = {0};
    struct osm_numbering *numbering;

    osm_buf_add(&bytes, &size, sizeof(size));
    for (size_t i = 0; i < size; i++)
        add_uri(&bytes, &uris[i]);
    /* NOLINTNEXTLINE(clang-analyzer-*): inside uthash */
    HASH_FIND(hh, numberings->all, bytes.data, bytes.length, numbering);
    if (!numbering) {
        numbering = make(uris, size, &bytes);
        numbering->of = numberings;
        /* NOLINTNEXTLINE(clang-analyzer-*,bugprone-*): inside uthash */
        HASH_ADD_KEYPTR(hh, numberings->all, &numbering->uris[size], bytes.length, numbering);
    }
    numbering->links++;
    return numbering;
}

void osm_numbering_leave(const struct osm_numbering *joined)
{
    struct osm_numbering *numbering = (struct osm_numbering *)(uintptr_t)joined;

    if (joined == &osm_numbering_none || --numbering->links)
        return;
    /* NOLINTNEXTLINE(clang-analyzer-*): inside uthash */
    HASH_DEL(numbering->of->all, numbering);
    (void)osm_names_table_free(numbering->table);
    free(numbering);
}
