/* SPDX-License-Identifier: MIT */
#ifndef OSM_SERVE_COMMAND_SESSION_OPEN_H
#define OSM_SERVE_COMMAND_SESSION_OPEN_H
/*
 * Opening a session (ipc-protocol.md §5.3 steps 2 to 6), for a caller (open.c) and for connections
 * that are kept up (src/auto): one of the same identity if there is one, else a new one. Sessions
 * that are still connecting count as well, so that two who open the same thing at the same time
 * share one session on the server.
 */
#include "core/session/session.h"
#include "port/session_config.h"
#include "serve/request/grant.h"

/* Embedded by whoever opens; fill in the first part. Lives until done is called. */
struct osm_session_open {
    struct osm_manager *manager; /* NULL in `done`: it has been freed meanwhile */
    struct osm_arena *arena;     /* for faults */
    const char *url;
    struct osm_config config; /* moved out */
    struct osm_grant *grant;  /* of the caller; NULL = the daemon itself */
    bool force_new;
    /* Called once, perhaps at once: the session is ACTIVE, stored and used by now, or (NULL) fault
     * says why not. It may free the struct. */
    void (*done)(struct osm_session_open *open, struct osm_session *session, bool reused,
                 const struct osm_fault *fault);
    /* --- its own --- */
    struct osm_session_waiter waiter;
    struct osm_session *session;
    char *const *allowed_dirs; /* as they counted when it began */
    bool reused, may_trust;
    struct osm_fault fault;
    int store_error; /* negative errno if the trust store could not be made */
};

void osm_session_open(struct osm_session_open *open);

#endif
