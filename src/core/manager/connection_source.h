/* SPDX-License-Identifier: MIT */
#ifndef OSM_CORE_MANAGER_CONNECTION_SOURCE_H
#define OSM_CORE_MANAGER_CONNECTION_SOURCE_H
/*
 * What a connection of the configuration file tells about itself, for `status` and metrics. They
 * are kept up above this floor (src/auto), which lends the manager functions that list them: all at
 * once (osm_connections_each), or bit by bit by a cursor that stays right whatever comes and goes.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/clock.h"

struct osm_config;
struct osm_session;
struct osm_subscription;

struct osm_connection_status {
    const char *label;
    const char *endpoint;
    const char *state;                 /* static text */
    bool removing;                     /* another one may have its label already */
    const struct osm_session *session; /* that it keeps, or NULL */
    const struct osm_session *opening; /* that is on its way, or NULL */
    const char *error;                 /* NULL = it works; valid during the visit */
    unsigned failures;                 /* in a row */
    osm_msec next_retry;               /* OSM_MSEC_NEVER = none is due */
    const struct osm_config *config;   /* as it is wanted; NULL = it is not any more */
    void *entry;                       /* for each_subscription and hurry */
};

typedef void osm_connection_fn(void *arg, const struct osm_connection_status *connection);

/* Where somebody is in the list; its memory is his. */
struct osm_connection_cursor {
    void *list; /* NULL = it is gone */
    void *at;   /* what comes next */
    struct osm_connection_cursor *prev, *next;
};

/* kept: as the session has it, or NULL when it is not there; then so many items are desired. */
typedef void osm_connection_subscription_fn(void *arg, const struct osm_subscription *kept,
                                            size_t desired);

struct osm_connection_source {
    /* All three NULL = there are none. Each cursor is ended, also when the manager is gone; to end
     * it twice is fine. */
    void (*begin)(void *context, struct osm_connection_cursor *cursor);
    /* Visits one; false: there was none left. */
    bool (*next)(struct osm_connection_cursor *cursor, osm_connection_fn *visit, void *arg);
    void (*end)(struct osm_connection_cursor *cursor);
    void (*each_subscription)(const struct osm_connection_status *connection,
                              osm_connection_subscription_fn *visit, void *arg);
    /* One that waits for its next attempt makes it now. */
    void (*hurry)(const struct osm_connection_status *connection);
    void *context;
};

/* The functions of a source, whether it has any or not. */
static inline void osm_connections_begin(const struct osm_connection_source *source,
                                         struct osm_connection_cursor *cursor)
{
    if (source->begin)
        source->begin(source->context, cursor);
}

static inline bool osm_connections_next(const struct osm_connection_source *source,
                                        struct osm_connection_cursor *cursor,
                                        osm_connection_fn *visit, void *arg)
{
    return source->next && source->next(cursor, visit, arg);
}

static inline void osm_connections_end(const struct osm_connection_source *source,
                                       struct osm_connection_cursor *cursor)
{
    if (source->end)
        source->end(cursor);
}

/* All of them within this call. */
static inline void osm_connections_each(const struct osm_connection_source *source,
                                        osm_connection_fn *visit, void *arg)
{
    struct osm_connection_cursor cursor;

    osm_connections_begin(source, &cursor);
    while (osm_connections_next(source, &cursor, visit, arg))
        continue;
    osm_connections_end(source, &cursor);
}

#endif
