/* SPDX-License-Identifier: MIT */
#ifndef OSM_CORE_LINK_LINK_H
#define OSM_CORE_LINK_LINK_H
/*
 * A link: what work on one connection to a server needs, and nothing of who wants the work done.
 * The connection, what is known of its server, one timer, and the way out of the core. A session
 * embeds one; operations, limits, keep-alive, capabilities and publishing take it.
 *
 *   DOWN ─▶ UP ─▶ DOWN …   as the owner says: UP is the promise that requests may be sent
 *   any of them ─▶ CLOSING
 *
 * The timer belongs to everybody of the link: whoever waits arms it, and the owner's `fire` asks
 * all of them what is due and when to look again.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <open62541/types.h>

#include "core/link/numbering.h"
#include "core/link/operation_limit.h"
#include "port/loop_ops.h"
#include "port/ua_ops.h"
#include "util/macros.h"
#include "wire/text/names.h"
#include "wire/value/context.h"

/* Of a server's NamespaceArray: an index is a UInt16, the rest cannot be meant. */
#define OSM_NAMESPACES ((size_t)UINT16_MAX + 1)
/* What its URIs may take together: they are compared, hashed and copied in one turn of the loop. */
#define OSM_NAMESPACES_BYTES ((size_t)4 * 1024 * 1024)

struct osm_cache;
struct osm_configs;
struct osm_identities;
struct osm_method_node;
struct osm_op_queue;
struct osm_points;
struct osm_type_registry;
struct osm_value_cache;

/* The ways out of the core, and what all links share. */
struct osm_env {
    struct osm_loop loop;
    const struct osm_ua_ops *ua_ops;
    struct osm_ua *ua;
    struct osm_cache *cache;
    struct osm_value_cache *values;
    struct osm_identities *identities;
    struct osm_numberings *numberings;
    struct osm_configs *configs;
    struct osm_shared_table *shared; /* whatever else sessions have alike */
};

/* Numberings of one link, counted. */
typedef uint32_t osm_epoch;

enum osm_link_state { OSM_LINK_DOWN, OSM_LINK_UP, OSM_LINK_CLOSING };

struct osm_link {
    const struct osm_env *env;    /* outlives the link */
    const char *session, *server; /* its owner's id and URL, for the log; borrowed */
    enum osm_link_state state;
    struct osm_ua_conn *conn;
    osm_msec timeout; /* for each answer of the server */

    struct osm_timer *timer;
    osm_msec timer_due; /* when it fires, OSM_MSEC_NEVER when stopped */

    struct osm_operation_limits limits;
    /* What the server took less of than before, since its last connect: the first such kind, with
     * what it had taken (UINT32_MAX: any number); 0 = nothing. */
    struct osm_limit_cut {
        uint32_t was, is;
        enum osm_operation_limit_kind kind;
    } cut;
    /* Continuation points for browsing; NULL = never browsed … */
    struct osm_points *points, *history_points; /* … and the same for histories (points.h) */
    const struct osm_numbering *numbering;      /* of the server, joined */
    osm_epoch epoch;                            /* goes on with each other numbering */
    bool namespaces_known;                      /* read on the present connection */
    osm_epoch *meaning_since;        /* of each index: the epoch it got its present URI in, owned;
                                      * NULL = all in the first one */
    struct osm_type_registry *types; /* learnt by discoverDataTypes, owned; NULL = none */
    struct osm_method_node *method_nodes; /* looked up on the present connection, owned */

    double heard_at; /* wall clock; when the server last answered a Read of the link's own … */
    osm_msec round_trip; /* … and how long it took, milliseconds */
    osm_msec read_sent_at;
    double skew; /* seconds the server's clock was ahead of ours then, within half of that time */
};

/* What is logged until the end of the turn is about this session and server. To be called by
 * whoever the loop calls on the link's behalf. */
void osm_link_speaks(const struct osm_link *link);

/* Without a connection: that is the owner's to make. fire(context) is called when the timer is
 * due; it has to arm it anew with what is due next (osm_link_rearm). */
void osm_link_init(struct osm_link *link, const struct osm_env *env, osm_msec timeout,
                   osm_timer_fn *fire, void *context);
/* Frees the connection with everything that was learnt on it, but for its points: these are
 * osm_points_end()'s, afterwards. */
void osm_link_deinit(struct osm_link *link);

osm_msec osm_link_now(const struct osm_link *link);
double osm_link_wall(const struct osm_link *link);
/* Makes the timer fire no later than `due`. */
void osm_link_arm(struct osm_link *link, osm_msec due);
/* For `fire`: nothing is armed now … */
void osm_link_fired(struct osm_link *link);
/* … and this is due next (OSM_MSEC_NEVER = nothing). */
void osm_link_rearm(struct osm_link *link, osm_msec due);

/* The connection turned out to be dead: gives it up; the owner is told by the connection. */
void osm_link_drop(struct osm_link *link, const struct osm_fault *reason);
/* The same, told by a service result (daemon.md §9, R4). */
void osm_link_drop_status(struct osm_link *link, UA_StatusCode status);
/* Whether an invariant of this link holds. If not, the link is given up as lost and the reason
 * logged: its owner connects again, from a state that is known, and other links go on. The caller
 * does nothing more then. */
#define osm_link_holds(link, condition) (osm_holds(condition) || osm_link_give_up(link))
/* For osm_link_holds(); false. */
bool osm_link_give_up(struct osm_link *link);
/* What the server is told beyond the limit, so that it does not cancel what is still wanted. */
#define OSM_HINT_GRACE_MS 5000
/* Sends a request; as `call` of osm_ua_ops. limit: milliseconds the caller waits for the answer;
 * the server is told it with a grace (timeoutHint; OPC 10000-4 §7.33, differences.md R25). */
struct osm_ua_call *osm_link_call(struct osm_link *link, const struct osm_ua_service *service,
                                  void *request, osm_msec limit, osm_ua_call_fn *done,
                                  void *context);
/* Abandons a call; NULL is fine. */
void osm_link_abandon(struct osm_link *link, struct osm_ua_call *call);
/* Nobody waits for it any more, but what it may bring is to be looked after. */
void osm_link_adopt(struct osm_link *link, struct osm_ua_call *call, osm_ua_call_fn *done,
                    void *context);
/* Messages received on the present channel. */
unsigned osm_link_messages(const struct osm_link *link);

/* A Read of the link's own (capabilities, keep-alive) goes out, is answered. */
void osm_link_read_sent(struct osm_link *link);
void osm_link_heard(struct osm_link *link, const struct osm_ua_result *result);

/* The encoders' knowledge of the server. */
/* The server's NamespaceArray, copied. What was learnt under another numbering is forgotten. */
void osm_link_set_namespaces(struct osm_link *link, const UA_String *uris, size_t size);

struct osm_wire_context osm_link_wire_context(const struct osm_link *link);
/* What a request reads its namespaces with. */
struct osm_names osm_link_names(const struct osm_link *link);
/* Whether the indexes a request names mean what they meant in that epoch. */
bool osm_link_means_the_same(const struct osm_link *link, const struct osm_names *names,
                             osm_epoch epoch);

#endif
