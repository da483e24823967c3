/* SPDX-License-Identifier: MIT */
#ifndef OSM_AUTO_DESIRED_H
#define OSM_AUTO_DESIRED_H
/*
 * What the daemon is to keep up on its own account: connections with their subscriptions and
 * items (contract: daemon.md §12). Plain data, read from files by src/app/conf and carried out by
 * auto_connect.c, which knows nothing of files. Parameters are those of the core
 * (subscription.h), so that a wish is what the file says.
 *
 * Invariant: everything but the struct itself and the configurations lives in its arena.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/subscription/subscription.h"
#include "port/session_config.h"
#include "util/arena.h"

struct osm_desired_item {
    const char *node; /* as in the file: NodeId text; of event items also a browse path with `/` */
    struct osm_monitored_item_params params;
};

struct osm_desired_subscription {
    struct osm_subscription_params params;
    struct osm_desired_item *items;
    size_t items_size;
};

struct osm_desired_connection {
    const char *label;
    const char *file; /* where it stands, for messages */
    unsigned line;
    const char *endpoint;
    struct osm_config config; /* holds secrets; owned */
    struct osm_desired_subscription *subscriptions;
    size_t subscriptions_size;
};

struct osm_desired {
    struct osm_arena arena;
    struct osm_desired_connection *connections; /* each label once */
    size_t size;
};

/* An empty one. */
struct osm_desired *osm_desired_new(void);
/* Overwrites it, because of the secrets. NULL is fine. */
struct osm_desired *osm_desired_free(struct osm_desired *wanted);
OSM_DEFINE_CLEANUP(struct osm_desired, osm_desired_free)

bool osm_desired_item_equal(const struct osm_desired_item *a, const struct osm_desired_item *b);
/* Same parameters; items are left aside. */
bool osm_desired_params_equal(const struct osm_desired_subscription *a,
                              const struct osm_desired_subscription *b);
/* Same endpoint and config: the same session. */
bool osm_desired_session_equal(const struct osm_desired_connection *a,
                               const struct osm_desired_connection *b);

#endif
