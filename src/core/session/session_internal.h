/* SPDX-License-Identifier: MIT */
#ifndef OSM_CORE_SESSION_SESSION_INTERNAL_H
#define OSM_CORE_SESSION_SESSION_INTERNAL_H
/* A session from the inside, for this folder: its life (session.c), the way back after a loss
 * (recovery.c, restore*.c). Everybody else takes one of its parts (session.h). */
#include "core/cache/identity.h"
#include "core/link/capabilities.h"
#include "core/link/keep_alive.h"
#include "core/link/method_nodes.h"
#include "core/session/configs.h"
#include "core/session/recovery_internal.h"
#include "core/session/session.h"

struct osm_session {
    struct osm_session_owner *owner;
    char id[OSM_SESSION_ID_LENGTH + 1];
    const char *endpoint_url;             /* as the caller gave it, shared */
    const struct osm_kept_config *config; /* joined */
    struct osm_session_maker maker;

    enum osm_session_state state;
    char *ailment; /* what was last told of its health (health.h), owned; NULL = it is well */
    const char *state_reason; /* why it is what it is, shared; with state_since for `status` */
    double state_since;       /* wall clock */
    bool persistent;
    bool shared;
    struct osm_link link;
    struct osm_capabilities capabilities;
    struct osm_keep_alive keep_alive;
    uint32_t channel;              /* id of the present one, for events; 0 = none */
    struct osm_identity *identity; /* shared with other sessions */

    bool reconnecting; /* the connection is being dropped in order to connect again */
    bool resumed;      /* the present connection goes on with the server session of the last */

    struct osm_observer observer;
    struct osm_event_origin *origin; /* of its events, NULL as long as there are none */
    struct osm_subscriptions subscriptions;
    struct osm_publisher *publisher; /* NULL until somebody subscribes (osm_session_publisher) */
    struct osm_recovery recovery;
    uint64_t losses, reconnects;

    struct osm_op_queue *ops;
    struct osm_session_waiter *waiters;

    osm_msec last_used;            /* monotonic, for expiry */
    double last_used_wall;         /* for `list` */
    void (*closed)(void *context); /* whoever asked for the close */
    void *closed_context;

    struct osm_session_seat seat;
};

/* The connection works and its server's limits are known, and its subscriptions are put right
 * (recovery.h): ACTIVE. */
void osm_session_ready(struct osm_session *session);
void osm_session_set_state(struct osm_session *session, enum osm_session_state state,
                           const char *reason);
/* Makes the timer fire no later than `due`. */
void osm_session_arm(struct osm_session *session, osm_msec due);
osm_msec osm_session_now(const struct osm_session *session);

#endif
