/* SPDX-License-Identifier: MIT */
#ifndef OSM_CORE_SESSION_SESSION_H
#define OSM_CORE_SESSION_SESSION_H
/*
 * A session: what one `open` made and every later request names by its id. Start reading the
 * core here.
 *
 *   session      this object: an id callers use, a configuration, a connection that may be lost
 *                and made again, operations in order
 *   connection   struct osm_ua_conn: secure channel and OPC UA session on a server
 *   operation    struct osm_op: one query at work on the session (op.h)
 *   recovery     connecting again after a loss; subscriptions are put right, operations that
 *                were at work are repeated (recovery.h)
 *
 *                 ┌────────────── open, first ──────────────┐
 *                 ▼                                         │ failed: gone
 *            CONNECTING ──────────▶ ACTIVE ◀────────── RECOVERING ◀──┐
 *                                     │  loss            │ failed     │ an operation, open,
 *                                     ▼                  ▼            │ reconnect; or by itself
 *                                   FAILED ◀─────────────┘────────────┘
 *            any of them ── close, expiry, shutdown ──▶ CLOSING ──▶ freed
 *
 * osm_session_set_state() is the one place that changes the state; it logs the reason and tells
 * the owner, who keeps the counts. ACTIVE is a promise: channel open, session activated, limits and
 * namespaces read.
 *
 * A session with ops at work always has their deadlines in its timer; so has a session that is
 * to be kept alive, or that is connecting.
 */
#include <stdbool.h>
#include <stdint.h>

#include <uthash.h>

#include "core/cache/cache_key.h"
#include "core/link/link.h"
#include "core/link/observer.h"
#include "core/link/op.h"
#include "core/session/health.h"
#include "core/session/recovery.h"
#include "core/subscription/publisher.h"
#include "core/subscription/subscription.h"
#include "port/loop_ops.h"
#include "port/session_config.h"
#include "port/ua_ops.h"
#include "util/arena.h"
#include "wire/value/context.h"

#define OSM_SESSION_ID_LENGTH 32 /* hex digits of 16 random bytes */

/* name in code, name in `status` and logs */
#define OSM_SESSION_STATES(X)                                                                      \
    X(CONNECTING, "connecting")                                                                    \
    X(ACTIVE, "active")                                                                            \
    X(FAILED, "failed")                                                                            \
    X(RECOVERING, "recovering")                                                                    \
    X(CLOSING, "closing")

enum osm_session_state {
#define X(id, name) OSM_SESSION_##id,
    OSM_SESSION_STATES(X)
#undef X
        OSM_SESSION_STATE_COUNT_,
    OSM_SESSION_NOWHERE = OSM_SESSION_STATE_COUNT_ /* not yet, or no more */
};

/* Somebody who waits until the session is usable. Embedded; told once, then forgotten. */
struct osm_session_waiter {
    /* fault is NULL when the session is ACTIVE. */
    void (*ready)(struct osm_session_waiter *waiter, const struct osm_fault *fault);
    struct osm_session_waiter *prev, *next;
};

/* On whose behalf a session is made. */
struct osm_session_maker {
    uint64_t id;        /* 0 = the daemon's own, or of one who may do everything */
    bool may_not_trust; /* nothing is written into its trust store */
};

struct osm_bus;
struct osm_event_origin;
struct osm_identity;
struct osm_kept_config;

/*
 * Whoever keeps sessions: in the daemon the registry (core/manager/registry.h). Outlives them;
 * shared by all of them.
 */
struct osm_session_owner {
    const struct osm_env *env;
    const struct osm_observer_ops *observer; /* NULL = nobody wants to know */
    struct osm_bus *bus;            /* of the observer's events; opaque here, may be NULL */
    char *const *allowed_cert_dirs; /* NULL = any */
    bool refuse_other_uri;          /* --certificate-uri refuse */
    bool auto_publish;              /* all of them publish on their own account (publisher.h) */
    bool ending;                    /* none connects again by itself any more */
    struct osm_publish_budget publish_budget; /* of what their servers have published and waits */
    /* The one word on a session's life: its state is `to` now; from NOWHERE it is new, to NOWHERE
     * it is being freed. */
    void (*moved)(struct osm_session_owner *owner, struct osm_session *session,
                  enum osm_session_state from, enum osm_session_state to);
    /* One has been freed, of its own accord or at the end of a close. May end the owner. */
    void (*gone)(struct osm_session_owner *owner);
};

/* Where its owner keeps it: the lists are the owner's, the seat is the session's. */
struct osm_session_seat {
    struct osm_session *session;
    UT_hash_handle hh; /* by id */
    uint64_t closes;   /* how many had begun to close when it did */
    struct osm_session_seat *prev, *next;
};

/* What others may know of it: for `list`, `status` and tests. Borrowed, as long as nothing is done
 * to the session. */
struct osm_session_view {
    const char *reason; /* why it is in its state … */
    double since;       /* … since when, and when a caller last used it: seconds since 1970 */
    double last_used;
    osm_msec used_at;      /* the same by the loop's clock */
    bool persistent;       /* connects again by itself, whether it has subscriptions or not */
    bool shared;           /* a caller knows its id; else it is only auto-connect's */
    bool degraded;         /* ACTIVE, but not well (health.h) */
    bool restoring;        /* a piece of that is at work */
    unsigned failures;     /* to connect, in a row */
    uint64_t losses;       /* of its connection, since it was opened … */
    uint64_t reconnects;   /* … and how often it came back */
    osm_msec next_attempt; /* to connect, of its own accord; OSM_MSEC_NEVER = none is due */
    osm_msec next_retry;   /* of what the server has refused */
};

/* A session that is not connected yet; takes config's texts over; maker NULL = the daemon. NULL
 * with a fault when the configuration cannot work. */
struct osm_session *osm_session_new(struct osm_session_owner *owner, const char *endpoint_url,
                                    struct osm_config *config,
                                    const struct osm_session_maker *maker, struct osm_arena *arena,
                                    struct osm_fault *fault);
/* Starts the first connect. If it fails, waiters are told and the session is freed. */
void osm_session_connect(struct osm_session *session);
/* Tells the waiter when the session is ACTIVE or has failed to become it; starts a recovery if
 * it is FAILED. May tell at once. */
void osm_session_wait(struct osm_session *session, struct osm_session_waiter *waiter);
/* A new channel (and session, if the server forgot the old one), whatever the state. */
void osm_session_reconnect(struct osm_session *session, struct osm_session_waiter *waiter);
/* FAILED only: connects again, for the operations that wait for it or by itself. */
void osm_session_recover(struct osm_session *session, const char *reason);

/* Takes the session out of the store, fails its operations, says goodbye to the server (at most
 * limit milliseconds), calls closed(context) and frees it. */
void osm_session_close(struct osm_session *session, osm_msec limit, void (*closed)(void *context),
                       void *context);
/* Frees it without a goodbye; whoever waits for its end is told. NULL is fine. */
void osm_session_free(struct osm_session *session);

/* --- its parts: each does its work without the session, and is taken by who needs just that --- */

const char *osm_session_id(const struct osm_session *session);
/* On whose behalf it was made. */
uint64_t osm_session_maker(const struct osm_session *session);
/* As the caller gave it. */
const char *osm_session_endpoint_url(const struct osm_session *session);
/* Without the password. */
const struct osm_config *osm_session_config(const struct osm_session *session);
enum osm_session_state osm_session_state(const struct osm_session *session);
struct osm_session_view osm_session_view(const struct osm_session *session);
struct osm_link *osm_session_link(const struct osm_session *session);
/* Whose link that is. */
struct osm_session *osm_session_of(struct osm_link *link);
struct osm_op_queue *osm_session_ops(const struct osm_session *session);
struct osm_subscriptions *osm_session_subscriptions(const struct osm_session *session);
/* Made when it is first asked for: most sessions have no subscription. */
struct osm_publisher *osm_session_publisher(const struct osm_session *session);
/* These do not make one. */
struct osm_publisher_status osm_session_publishing(const struct osm_session *session);
bool osm_session_is_publishing(const struct osm_session *session);
void osm_session_release_acks(struct osm_session *session, uint64_t until);
/* Shared with other sessions of the same user at the same server. */
struct osm_identity *osm_session_identity(const struct osm_session *session);
/* Whose results are its in the caches; borrowed. */
struct osm_cache_scope osm_session_cache_scope(const struct osm_session *session);
/* The encoders' knowledge of this session. */
struct osm_wire_context osm_session_wire_context(const struct osm_session *session);
struct osm_session_owner *osm_session_owner(const struct osm_session *session);
struct osm_session_seat *osm_session_seat(struct osm_session *session);
/* For events, opaque here: the owner's bus, and whom it knows the session as (NULL = not yet). */
struct osm_bus *osm_session_bus(const struct osm_session *session);
struct osm_event_origin *osm_session_origin(const struct osm_session *session);
void osm_session_set_origin(struct osm_session *session, struct osm_event_origin *origin);

/* --- who uses it --- */

/* A caller used it: expiry counts from now. */
void osm_session_touch(struct osm_session *session);
/* When that was, by the wall clock: what is now for the request that has just done so. */
double osm_session_touched(const struct osm_session *session);
/* Nobody has for longer than limit milliseconds, and nobody wants it to stay. */
bool osm_session_has_expired(const struct osm_session *session, osm_msec limit);
/* Nothing is at work in it, and nobody waits for it. */
bool osm_session_is_idle(const struct osm_session *session);
/* A caller knows its id now. */
void osm_session_share(struct osm_session *session);
/* Whether it connects again by itself and does not expire. */
void osm_session_set_persistent(struct osm_session *session, bool persistent);
/* Whether that is what it was opened with (ipc-protocol.md §7). */
bool osm_session_fits(const struct osm_session *session, const char *endpoint_url,
                      const struct osm_kept_config *config);

/* opcuaTimeout in milliseconds. */
osm_msec osm_session_timeout(const struct osm_session *session);
double osm_session_wall(const struct osm_session *session);
const char *osm_session_state_name(enum osm_session_state state);

#endif
