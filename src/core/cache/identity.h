/* SPDX-License-Identifier: MIT */
#ifndef OSM_CORE_CACHE_IDENTITY_H
#define OSM_CORE_CACHE_IDENTITY_H
/*
 * Whose results are whose: endpoint, security policy, mode and user (methods.md §1.2, S2). Each
 * identity exists once, however many sessions share it, and as long as one does: who compares
 * identities compares pointers. Its bytes are parts of the keys of the cache.
 */
#include <stddef.h>
#include <stdint.h>

#include <uthash.h>

#include "util/clock.h"

struct osm_identities; /* all of them */

struct osm_identity_texts {
    const char *endpoint_url; /* as the caller wrote it */
    const char *policy;       /* NULL = none; also of the following */
    const char *user, *user_cert;
    char mode;
};

struct osm_identity {
    struct osm_identities *all;
    unsigned sessions;
    osm_msec values_until; /* its values are kept until then (value_cache.h) */
    size_t endpoint_size;  /* of the bytes, how many name the endpoint */
    size_t size;
    UT_hash_handle hh;
    uint8_t bytes[]; /* parts, each with its length before it */
};

struct osm_identities *osm_identities_new(void);
/* Nobody has one any more. NULL is fine; returns NULL. */
struct osm_identities *osm_identities_free(struct osm_identities *all);
size_t osm_identities_count(const struct osm_identities *all);

/* The identity of those texts, for one more session. */
struct osm_identity *osm_identity_join(struct osm_identities *all,
                                       const struct osm_identity_texts *texts);
/* A session less: the last one's end is the identity's. NULL is fine; returns NULL. */
struct osm_identity *osm_identity_leave(struct osm_identity *identity);

#endif
