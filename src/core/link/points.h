/* SPDX-License-Identifier: MIT */
#ifndef OSM_CORE_LINK_POINTS_H
#define OSM_CORE_LINK_POINTS_H
/*
 * The continuation points for browsing, and those for histories, that a server has for our session
 * (OPC 10000-4 §7.9; at least one), and whose turn it is (differences.md M28, M24).
 *
 *   enter ─▶ queue ─▶ go ─┬─▶ leave                      the list is complete, or given up
 *              ▲          ├─▶ refused: BadNoContinuationPoints
 *              └──────────┘
 *                         └─▶ lend ⇄ caller's BrowseNext  browseWithContinuation
 *
 * Whoever sends a Browse holds a place for each node until he has got the whole list or has
 * released what he was given; the same with a HistoryRead. There are as many places as
 * MaxBrowseContinuationPoints, MaxHistoryContinuationPoints says, or,
 * once the server has refused, as it had given out then; without either there is no queue. The
 * queue is in order of arrival. Its bound is that of the operations at work (op.h), which those in
 * it are; each waits as long as its caller waits for an answer.
 *
 * A point that a caller holds counts too. When others wait and it has not been used for a while
 * it is released, and its caller is told when he comes for more.
 */
#include "core/link/op.h"

struct osm_points;

/* How long a caller may keep a point unused while others wait. */
#define OSM_POINTS_IDLE_MS 2000
/* Points of callers that are known, and their bytes; what is older is the callers' own business. */
#define OSM_POINTS_LENT 256
#define OSM_POINTS_LENT_BYTES ((size_t)256 * 1024)

/* A place in the queue and behind it; embedded in what an operation works on, all zero at first. */
struct osm_points_place {
    struct osm_op *op; /* NULL = in none */
    struct osm_points *points;
    osm_op_start_fn *go;
    size_t wanted;       /* places */
    size_t taken;        /* 0 = waits, or asks as if there were no limit */
    uint64_t ticket;     /* order of arrival */
    osm_msec since;      /* when he came */
    osm_msec not_before; /* when the server may be asked again */
    unsigned refusals;
    bool inside; /* go has been called */
    bool queued;
    size_t got;          /* of the list so far, references or values, for what the caller is told */
    UA_ByteString point; /* at the server for him; a copy */
    struct osm_points_place *prev, *next;
};

/* Calls go(op) once there are so many places (or all the server has), at once or later; or fails
 * the operation. The operation's cleanup has to leave. */
void osm_points_enter(struct osm_op *op, struct osm_points_place *place, size_t wanted,
                      osm_op_start_fn *go);
/* The same for a history. Its points are released by whoever reads it: that takes its node. */
void osm_points_enter_history(struct osm_op *op, struct osm_points_place *place,
                              osm_op_start_fn *go);
/* What the server has answered holds this point; NULL or empty = none. */
void osm_points_note(struct osm_points_place *place, const UA_ByteString *point);
/* The server has said BadNoContinuationPoints: later, in the place's old turn. go is called again,
 * to begin the list anew (place->got = 0), or the operation fails. */
void osm_points_refused(struct osm_points_place *place);
/* Sends Browse or BrowseNext as osm_op_send does; when the answer comes after the operation has
 * ended, the point in it is released. */
void osm_points_send(struct osm_op *op, const struct osm_ua_service *service, void *request,
                     osm_op_step_fn *step);
/* For `unanswered` of an operation whose HistoryRead of one node is outstanding: when the answer
 * comes after all, `release` (copied) is sent with the point in it. */
void osm_points_release_late(struct osm_op *op, const UA_HistoryReadRequest *release);
/* Whether somebody else on the link may have taken a point from this one. */
bool osm_points_are_contested(const struct osm_points_place *place);
/* The next one may enter. A point that is noted is released at the server. Allowed at any time. */
void osm_points_leave(struct osm_points_place *place);

/* --- points in callers' hands -------------------------------------------------------------- */

/* Leaves, and the point noted is the caller's, who has so many references. */
void osm_points_lend(struct osm_points_place *place);

/* A point a caller has been given. */
struct osm_points_lent {
    UA_ByteString point;
    size_t got;       /* references he has */
    osm_msec used_at; /* when he got it */
    bool busy;        /* he is asking for the next one */
    bool counts;      /* it is at the server */
    bool revoked;     /* given back because others waited */
    bool owed;        /* nobody's: to be released once there is a connection */
    struct osm_points_lent *prev, *next;
};

/* The one he has come with, or NULL: it is none of ours. */
struct osm_points_lent *osm_points_lent_find(const struct osm_link *link,
                                             const UA_ByteString *point);
/* What the server has answered to BrowseNext with that one: the point and the references that
 * came with it; an empty point ends it. Of a caller who is not awaited it is released. */
void osm_points_lent_next(struct osm_link *link, struct osm_points_lent *lent,
                          const UA_ByteString *point, size_t size, bool awaited);
/* His request for the next one has ended without it: others may want it. */
void osm_points_lent_rest(struct osm_link *link, struct osm_points_lent *lent);

/* --- for the link -------------------------------------------------------------------------- */

/* Connected again; with the server session of before, or (resumed = false) a new one, in which no
 * point of before is known. */
void osm_points_connected(struct osm_link *link, bool resumed);
/* Of a link without operations; after its osm_link_deinit(), so that no call brings points any
 * more. */
void osm_points_end(struct osm_link *link);

#endif
