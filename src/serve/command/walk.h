/* SPDX-License-Identifier: MIT */
#ifndef OSM_SERVE_COMMAND_WALK_H
#define OSM_SERVE_COMMAND_WALK_H
/*
 * A reply that tells of all sessions, written in pieces: ten thousand of them take longer than the
 * loop may be held. A piece ends after a few milliseconds, and the next one is written in the next
 * turn; sessions that come and go meanwhile are told of once, or not. A few sessions are one piece,
 * at once.
 *
 * `filter` of a request is an object; what is given must hold:
 *   session   the id
 *   state     as `status` says it
 *   name      the label of a connection of the configuration file that keeps it, or a part of the
 *             endpoint URL
 */
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
    const enum osm_registry_list *lists; /* `size` of them, one after the other */
    size_t size;
    /* Writes one session … */
    void (*print)(struct osm_walk *walk, struct osm_session *session);
    /* … and what stands behind the last; ends the reply. */
    void (*end)(struct osm_walk *walk);
    void *context; /* of print and end */
    struct osm_status_labels labels;
    struct osm_status_now now;
    uint64_t printed;

    /* The walk's own. */
    struct osm_registry_cursor cursor;
    uint64_t closes; /* sessions that had begun to close when it began */
    size_t list;
    struct osm_loop loop;
    struct osm_timer *timer; /* NULL = still the first piece */
};

/* In the request's arena; the caller fills in lists, print and end. Nothing has been written. */
struct osm_walk *osm_walk_new(struct osm_manager *manager, struct osm_request *request,
                              const struct osm_walk_filter *filter);
/* Writes, now and perhaps later. */
void osm_walk_start(struct osm_walk *walk);

#endif
