/* SPDX-License-Identifier: MIT */
#ifndef OSM_AUTO_DESIRED_H
#define OSM_AUTO_DESIRED_H
/*
 * What the daemon is to keep up on its own account: connections with their subscriptions and
 * items (contract: daemon.md §12). Plain data, read from files by src/settings and carried out by
 * auto_connect.c, which knows nothing of files.
 *
 * Invariant: everything but the struct itself lives in its arena.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/arena.h"

struct osm_desired_item {
    const char *node_id; /* NodeId text; of event items also a browse path with `/` */
    bool event;
    uint32_t attribute_id;
    double sampling_interval; /* milliseconds */
    uint32_t queue_size;
    uint32_t client_handle;
    const char **select_fields; /* of event items; NULL = the usual ones */
    size_t select_fields_size;
    bool condition_refresh; /* of event items: ask for the present alarms after each creation */
};

struct osm_desired_subscription {
    double publishing_interval; /* milliseconds */
    uint32_t lifetime_count;
    uint32_t max_keep_alive_count;
    uint32_t max_notifications_per_publish;
    uint32_t priority;
    struct osm_desired_item *items;
    size_t items_size;
};

struct osm_desired_connection {
    const char *label;
    const char *file; /* where it stands, for messages */
    unsigned line;
    const char *endpoint;
    const char *config; /* a JSON object, as `open` takes it; holds secrets */
    size_t config_length;
    bool has_secrets;
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
