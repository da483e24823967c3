/* SPDX-License-Identifier: MIT */
/* Identities, each once; see identity.h. */
#include "core/cache/identity.h"

#include <string.h>

#include "util/alloc.h"
#include "util/buf.h"
#include "util/macros.h"

struct osm_identities {
    struct osm_identity *by_bytes; /* uthash */
};

struct osm_identities *osm_identities_new(void)
{
    return osm_alloc(sizeof(struct osm_identities));
}

struct osm_identities *osm_identities_free(struct osm_identities *all)
{
    osm_assert(!all || !all->by_bytes);
    free(all);
    return NULL;
}

size_t osm_identities_count(const struct osm_identities *all)
{
    return HASH_COUNT(all->by_bytes);
}

static void add_part(struct osm_buf *out, const void *data, size_t length)
{
    uint32_t size = (uint32_t)length;

    osm_buf_add(out, &size, sizeof(size));
    if (size)
        osm_buf_add(out, data, size);
}

static void add_text(struct osm_buf *out, const char *text)
{
    add_part(out, text, text ? strlen(text) : 0);
}

struct osm_identity *osm_identity_join(struct osm_identities *all,
                                       const struct osm_identity_texts *texts)
{
    struct osm_identity *identity;
    struct osm_buf bytes;
    size_t endpoint_size;

    osm_buf_init(&bytes);
    add_text(&bytes, texts->endpoint_url);
    endpoint_size = bytes.length;
    add_text(&bytes, texts->policy);
    add_part(&bytes, &texts->mode, sizeof(texts->mode));
    add_text(&bytes, texts->user);
    add_text(&bytes, texts->user_cert);
    HASH_FIND(hh, all->by_bytes, bytes.data, bytes.length, identity);
    if (!identity) {
        identity = osm_alloc(sizeof(*identity) + bytes.length);
        identity->all = all;
        identity->endpoint_size = endpoint_size;
        identity->size = bytes.length;
        memcpy(identity->bytes, bytes.data, bytes.length);
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the analyser cannot follow uthash */
        HASH_ADD_KEYPTR(hh, all->by_bytes, identity->bytes, identity->size, identity);
    }
    identity->sessions++;
    osm_buf_deinit(&bytes);
    return identity;
}

struct osm_identity *osm_identity_leave(struct osm_identity *identity)
{
    if (!identity || --identity->sessions > 0)
        return NULL;
    /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the analyser cannot follow uthash */
    HASH_DEL(identity->all->by_bytes, identity);
    free(identity);
    return NULL;
}
