/* SPDX-License-Identifier: MIT */
#ifndef OSM_CORE_MANAGER_CALLER_SOURCE_H
#define OSM_CORE_MANAGER_CALLER_SOURCE_H
/*
 * The tokens of the token file, for `status`. They are kept above this floor (serve/ipc), which
 * lends the manager a function that lists what they allow.
 */
#include <stddef.h>

struct osm_grant;

struct osm_caller_source {
    /* The n-th grant, or NULL when there are no more; valid until the next turn of the loop. NULL
     * = there are none. */
    const struct osm_grant *(*look)(void *context, size_t n);
    void *context;
};

#endif
