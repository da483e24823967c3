/* SPDX-License-Identifier: MIT */
#ifndef OSM_CORE_SESSION_CONFIGS_H
#define OSM_CORE_SESSION_CONFIGS_H
/*
 * Configurations as sessions keep them: equal ones, secrets included, are there once, however many
 * sessions have them, and who compares them compares pointers. The password is not among it; a
 * digest of all that was given tells who gives the same one.
 */
#include <stddef.h>
#include <stdint.h>

#include <uthash.h>

#include "port/session_config.h"
#include "util/digest.h"

struct osm_kept_config;

/* All of one loop. */
struct osm_configs {
    uint8_t salt[OSM_SALT_BYTES];
    struct osm_kept_config *all; /* uthash */
};

struct osm_kept_config {
    struct osm_configs *of;
    UT_hash_handle hh; /* by digest */
    size_t sessions;
    struct osm_config config;
    uint8_t digest[OSM_DIGEST_BYTES];
};

void osm_configs_init(struct osm_configs *configs);
/* The one that sessions with such a configuration keep; NULL = there is none. */
const struct osm_kept_config *osm_configs_find(const struct osm_configs *configs,
                                               const struct osm_config *config);
/* For one session more; takes config's texts over and wipes its password. */
const struct osm_kept_config *osm_configs_join(struct osm_configs *configs,
                                               struct osm_config *config);
/* For one session less. */
void osm_configs_leave(const struct osm_kept_config *joined);

#endif
