/* SPDX-License-Identifier: MIT */
#ifndef OSM_PORT_STORE_OPS_H
#define OSM_PORT_STORE_OPS_H
/*
 * What the core asks of a place on the disk where cached results outlive the daemon. The daemon
 * gives it a table in SQLite (src/rim/db), tests a list.
 *
 * All but open() may wait for the disk: they are called off the loop, by one thread at a time.
 * What is written takes effect at once for what is read through the same store, and lasts from
 * the next commit() on. Times are milliseconds since 1970. Returned: 0, or a negative errno.
 */
#include <stddef.h>
#include <stdint.h>

#include "util/macros.h"

struct osm_store;

/* Borrowed bytes, of any content. Entries belong to a subject and are told apart by the rest. */
struct osm_store_key {
    const uint8_t *subject;
    size_t subject_length;
    const uint8_t *rest;
    size_t rest_length;
};

struct osm_store_ops {
    /* Of that directory; touches nothing yet. */
    struct osm_store *(*open)(const char *directory);
    void (*close)(struct osm_store *store);
    /* What lies under the key and has not expired: on the heap, with one byte of room behind it;
     * NULL when there is none. */
    int (*get)(struct osm_store *store, const struct osm_store_key *key, int64_t now,
               uint8_t **value, size_t *length);
    /* In place of what was there. expires: INT64_MAX = never. */
    int (*put)(struct osm_store *store, const struct osm_store_key *key, const uint8_t *value,
               size_t length, int64_t expires);
    /* All entries of the key's subject. */
    int (*forget)(struct osm_store *store, const struct osm_store_key *key);
    /* All entries. */
    int (*clear)(struct osm_store *store);
    /* Once at the start: what other versions have left, and what has expired. */
    int (*tidy)(struct osm_store *store, int64_t now);
    int (*commit)(struct osm_store *store);
};

#endif
