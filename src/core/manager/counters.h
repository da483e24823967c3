/* SPDX-License-Identifier: MIT */
#ifndef OSM_CORE_MANAGER_COUNTERS_H
#define OSM_CORE_MANAGER_COUNTERS_H
/*
 * What the parts of the daemon count. Each part has a table of its numbers and registers it with
 * the manager; `status` prints all of them, and whoever exports metrics walks the same tables. So
 * a number is declared once, with its meaning, next to where it is counted.
 *
 * The values are uint64_t members of one struct of the part.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum osm_counter_kind {
    OSM_COUNTER, /* since the start, only ever increasing */
    OSM_GAUGE    /* what is at the moment */
};

struct osm_counter {
    const char *name; /* a_word, as replies show it */
    const char *help; /* one line */
    enum osm_counter_kind kind;
    size_t offset; /* of the uint64_t in the struct */
};

/* For tables: OSM_COUNTER_ROW(struct osm_ipc_stats, accepted, OSM_COUNTER, "connections …"). */
#define OSM_COUNTER_ROW(type, member, kind, help)                                                  \
    {                                                                                              \
#member, help, kind, offsetof(type, member)                                                \
    }

/* A part's table. Lives at the part, which outlives the manager. */
struct osm_counter_group {
    const char *name;
    const struct osm_counter *rows;
    size_t size;
    /* The struct with the present values; valid until the next turn. */
    const void *(*look)(void *context);
    void *context;
    struct osm_counter_group *prev, *next;
};

/* What is used of something that has a bound (docs/architecture.md, Bounds). Lives at the part. */
struct osm_bound {
    const char *name; /* a_word */
    bool bytes;       /* a budget of memory; else things that wait or are open */
    void (*look)(void *context, uint64_t *used, uint64_t *limit); /* limit 0 = none */
    void *context;
    struct osm_bound *prev, *next;
};

/* Of a daemon: the manager's (osm_manager_counters). */
struct osm_counters {
    struct osm_counter_group *groups; /* in order of registration */
    struct osm_bound *bounds;
};

void osm_counters_add_bound(struct osm_counters *counters, struct osm_bound *bound);
/* NULL = no more. In order of registration. */
const struct osm_bound *osm_counters_bounds(const struct osm_counters *counters);

void osm_counters_register(struct osm_counters *counters, struct osm_counter_group *group);
/* Calls visit for each number of each group, in order of registration. */
void osm_counters_each(const struct osm_counters *counters,
                       void (*visit)(void *context, const struct osm_counter_group *group,
                                     const struct osm_counter *row, uint64_t value),
                       void *context);

#endif
