/* SPDX-License-Identifier: MIT */
#ifndef OSM_SERVE_COMMAND_WALK_H
#define OSM_SERVE_COMMAND_WALK_H
/*
 * A reply that tells of all sessions, written in pieces: ten thousand of them, or of connections of
 * the configuration file, take longer than the loop may be held. A piece ends after a few
 * milliseconds, and the next one is written in the next turn; what comes and goes meanwhile is told
 * of once, or not. A few sessions are one piece, at once.
 *
 * First the connections are looked at (whose session is called how), then comes what stands before
 * the sessions, then these.
 *
 * `filter` of a request is an object; what is given must hold:
 *   session   the id
 *   state     as `status` says it
 *   name      the label of a connection of the configuration file that keeps it, or a part of the
 *             endpoint URL
 */
#include "core/manager/connection_source.h"
#include "core/manager/registry.h"
#include "serve/command/status.h"
#include "serve/request/request.h"

/* What the pieces of a turn may take of it together, microseconds; the last session of each may
 * take longer. For tests. */
extern uint64_t osm_walk_piece;

struct osm_walk_filter {
    const char *session, *name; /* NULL = any */
    const char *state;          /* as `status` says it; NULL = any */
    yyjson_val *members;        /* of `status`: a list of names; NULL = all */
};

/* False: the request has been answered (invalid_argument). */
OSM_MUST_CHECK bool osm_walk_take_filter(struct osm_request *request,
                                         struct osm_walk_filter *filter);

struct osm_walk {
    struct osm_manager *manager;
    struct osm_request *request;
    struct osm_walk_filter filter;
    const enum osm_registry_list *lists; /* `size` of them, one after the other; 0 = no sessions */
    size_t size;
    /* Is told of each connection at first; NULL = nobody asks. */
    void (*look)(struct osm_walk *walk, const struct osm_connection_status *connection);
    /* Writes a bit of what stands before the sessions; false: that was all. NULL = nothing does. */
    bool (*before)(struct osm_walk *walk);
    /* Writes one session … */
    void (*print)(struct osm_walk *walk, struct osm_session *session);
    /* … and what stands behind the last; ends the reply. */
    void (*end)(struct osm_walk *walk);
    void *context; /* of print and end */
    struct osm_status_labels labels;
    struct osm_status_now now;
    uint64_t printed;

    /* The walk's own. */
    bool (*step)(struct osm_walk *walk); /* does a bit; false: all is done */
    struct osm_connection_source source;
    struct osm_connection_cursor connections;
    struct osm_registry_cursor cursor;
    uint64_t closes; /* sessions that had begun to close when these were begun */
    size_t list;
    struct osm_loop loop;
    struct osm_timer *timer; /* NULL = still the first piece */
};

/* For before: visits the next connection, from the first one on; false: there is none left. */
bool osm_walk_connection(struct osm_walk *walk, osm_connection_fn *visit, void *arg);

/* In the request's arena; the caller fills in what it wants. Nothing has been written. */
struct osm_walk *osm_walk_new(struct osm_manager *manager, struct osm_request *request,
                              const struct osm_walk_filter *filter);
/* Writes, now and perhaps later. */
void osm_walk_start(struct osm_walk *walk);

#endif
