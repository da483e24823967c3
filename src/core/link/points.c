/* SPDX-License-Identifier: MIT */
/* Whose turn it is to hold a server's continuation points; see points.h. */
#include "core/link/points.h"

#include <stddef.h>

#include <utlist.h>

#include <open62541/types_generated_handling.h>

#include "util/alloc.h"
#include "util/log.h"

/* Between two questions to a server that refuses although nothing of ours is open there. */
#define PAUSE_FIRST_MS 20
#define PAUSE_LAST_MS 640

/* What differs between browses and histories. */
struct kind {
    enum osm_operation_limit_kind limit;
    bool releases; /* what its points say is enough to give them back */
    const char *what, *list;
};

static const struct kind browses = {OSM_LIMIT_BROWSE_POINTS, true, "browses", "list of references"};
static const struct kind histories = {OSM_LIMIT_HISTORY_POINTS, false, "histories", "history"};

/* A HistoryRead whose operation has ended before the answer came. */
struct late_history {
    struct osm_points *points;
    UA_HistoryReadRequest release; /* its own */
    struct late_history *prev, *next;
};

struct osm_points {
    struct osm_link *link;
    const struct kind *kind;
    struct osm_timer *timer;          /* looks at the queue */
    struct osm_points_place *waiting; /* in order of their tickets */
    struct late_history *late;
    struct osm_points_lent *lent; /* the oldest first */
    size_t lent_size, lent_bytes;
    size_t inside; /* places in use */
    size_t held;   /* of these, with a point at the server */
    uint64_t tickets;
};

static struct osm_points *points_of(const struct osm_points_place *place)
{
    return place->points;
}

/* --- releasing at the server --------------------------------------------------------------- */

static void nobody_minds(void *context, const struct osm_ua_result *result)
{
}

/* Whether the server can release is its own business. Requests of one channel are taken in order,
 * so the next Browse comes behind. */
static void release(struct osm_link *link, UA_ByteString *point)
{
    UA_BrowseNextRequest request = {.releaseContinuationPoints = true,
                                    .continuationPoints = point,
                                    .continuationPointsSize = 1};

    osm_link_abandon(link, osm_link_call(link, &osm_service_browse_next, &request, link->timeout,
                                         nobody_minds, NULL));
}

/* The answers of Browse and BrowseNext are made alike. */
_Static_assert(offsetof(UA_BrowseResponse, results) == offsetof(UA_BrowseNextResponse, results) &&
                   offsetof(UA_BrowseResponse, resultsSize) ==
                       offsetof(UA_BrowseNextResponse, resultsSize),
               "read as the same structure below");

/* The operation has ended before the answer came. */
static void came_late(void *context, const struct osm_ua_result *result)
{
    struct osm_points *points = context;
    UA_BrowseResponse *answer = result->response;

    for (size_t i = 0; answer && i < answer->resultsSize; i++)
        if (answer->results[i].continuationPoint.length)
            release(points->link, &answer->results[i].continuationPoint);
}

static void unanswered(struct osm_op *op)
{
    if (op->call)
        osm_link_adopt(op->link, osm_steal(op->call), came_late, op->link->points);
}

void osm_points_send(struct osm_op *op, const struct osm_ua_service *service, void *request,
                     osm_op_step_fn *step)
{
    osm_op_send(op, service, request, step);
    op->unanswered = unanswered;
}

static void late_free(struct osm_points *points, struct late_history *late)
{
    DL_DELETE(points->late, late);
    UA_HistoryReadRequest_clear(&late->release);
    free(late);
}

static void history_came_late(void *context, const struct osm_ua_result *result)
{
    struct late_history *late = context;
    struct osm_link *link = late->points->link;
    UA_HistoryReadResponse *answer = result->response;
    UA_ByteString *point =
        answer && answer->resultsSize ? &answer->results[0].continuationPoint : NULL;

    if (point && point->length) {
        UA_ByteString *place = &late->release.nodesToRead->continuationPoint;

        *place = *point; /* borrowed */
        osm_link_abandon(link, osm_link_call(link, &osm_service_history_read, &late->release,
                                             link->timeout, nobody_minds, NULL));
        *place = UA_BYTESTRING_NULL;
    }
    late_free(late->points, late);
}

void osm_points_release_late(struct osm_op *op, const UA_HistoryReadRequest *release)
{
    struct osm_points *points = op->link->history_points;
    struct late_history *late;

    if (!op->call)
        return;
    late = osm_alloc(sizeof(*late));
    late->points = points;
    osm_assert(UA_HistoryReadRequest_copy(release, &late->release) == UA_STATUSCODE_GOOD);
    DL_APPEND(points->late, late);
    osm_link_adopt(op->link, osm_steal(op->call), history_came_late, late);
}

/* --- points in callers' hands -------------------------------------------------------------- */

static void lent_free(struct osm_points *points, struct osm_points_lent *lent)
{
    DL_DELETE(points->lent, lent);
    points->lent_size--;
    points->lent_bytes -= lent->point.length;
    UA_ByteString_clear(&lent->point);
    free(lent);
}

/* Takes the bytes. */
static struct osm_points_lent *lent_add(struct osm_points *points, UA_ByteString point, size_t got)
{
    struct osm_points_lent *lent = osm_alloc(sizeof(*lent));

    lent->point = point;
    lent->got = got;
    lent->used_at = osm_link_now(points->link);
    lent->counts = true;
    DL_APPEND(points->lent, lent);
    points->lent_size++;
    points->lent_bytes += point.length;
    while (points->lent != lent &&
           (points->lent_size > OSM_POINTS_LENT || points->lent_bytes > OSM_POINTS_LENT_BYTES))
        lent_free(points, points->lent);
    return lent;
}

static size_t lent_that_count(const struct osm_points *points)
{
    const struct osm_points_lent *lent;
    size_t count = 0;

    DL_FOREACH (points->lent, lent)
        count += lent->counts;
    return count;
}

struct osm_points_lent *osm_points_lent_find(const struct osm_link *link,
                                             const UA_ByteString *point)
{
    struct osm_points_lent *lent;

    if (!link->points)
        return NULL;
    DL_FOREACH (link->points->lent, lent)
        if (!lent->owed && UA_ByteString_equal(&lent->point, point))
            return lent;
    return NULL;
}

static void look_soon(struct osm_points *points)
{
    if (points->waiting)
        points->link->env->loop.ops->timer_start(points->timer, 0);
}

void osm_points_lent_next(struct osm_link *link, struct osm_points_lent *lent,
                          const UA_ByteString *point, size_t size, bool awaited)
{
    struct osm_points *points = link->points;
    UA_ByteString copy = UA_BYTESTRING_NULL;
    size_t got = lent->got + size;

    lent_free(points, lent);
    if (point->length) {
        osm_assert(UA_ByteString_copy(point, &copy) == UA_STATUSCODE_GOOD);
        lent = lent_add(points, copy, got);
        if (!awaited) {
            release(link, &lent->point);
            lent_free(points, lent);
        }
    }
    look_soon(points);
}

void osm_points_lent_rest(struct osm_link *link, struct osm_points_lent *lent)
{
    lent->busy = false;
    look_soon(link->points);
}

/* The one that has not been used for the longest time, and for so long; NULL = none. *due is when
 * there will be one. */
static struct osm_points_lent *idle_one(const struct osm_points *points, osm_msec patience,
                                        osm_msec *due)
{
    struct osm_points_lent *lent;

    *due = OSM_MSEC_NEVER;
    DL_FOREACH (points->lent, lent) {
        if (!lent->counts || lent->busy)
            continue;
        *due = lent->used_at + patience;
        return osm_link_now(points->link) >= *due ? lent : NULL;
    }
    return NULL;
}

/* --- the queue ----------------------------------------------------------------------------- */

/* 0 = any number. */
static size_t capacity(const struct osm_points *points)
{
    size_t limit = osm_operation_limit(&points->link->limits, points->kind->limit, UINT32_MAX);

    return limit == UINT32_MAX ? 0 : limit;
}

static bool fits(const struct osm_points *points, const struct osm_points_place *place)
{
    size_t most = capacity(points);

    return !most || points->inside + lent_that_count(points) + OSM_MIN(place->wanted, most) <= most;
}

static void admit(struct osm_points *points, struct osm_points_place *place)
{
    size_t most = capacity(points);

    place->inside = true;
    place->taken = most ? OSM_MIN(place->wanted, most) : place->wanted;
    points->inside += place->taken;
    place->go(place->op);
}

/* Gives back what a caller does not use while the first of the queue waits. */
static void revoke(struct osm_points *points, const struct osm_points_place *place)
{
    osm_msec patience = OSM_MIN(OSM_POINTS_IDLE_MS, place->op->timeout / 2);
    osm_msec due = OSM_MSEC_NEVER;
    struct osm_points_lent *lent;

    while (!fits(points, place) && (lent = idle_one(points, patience, &due))) {
        osm_log_info("A continuation point that has not been used for %lld ms is released: others "
                     "wait for it",
                     (long long)(osm_link_now(points->link) - lent->used_at));
        release(points->link, &lent->point);
        lent->counts = false;
        lent->revoked = true;
    }
    if (!fits(points, place) && due != OSM_MSEC_NEVER)
        points->link->env->loop.ops->timer_start(points->timer, due - osm_link_now(points->link));
}

/* Whether the first of the queue may go; else the timer is set, or a place that becomes free will
 * set it. */
static bool may_go(struct osm_points *points, const struct osm_points_place *place)
{
    osm_msec now = osm_link_now(points->link);

    if (place->not_before > now) {
        points->link->env->loop.ops->timer_start(points->timer, place->not_before - now);
        return false;
    }
    if (!fits(points, place))
        revoke(points, place);
    return fits(points, place);
}

static void look(void *context)
{
    struct osm_points *points = context;

    while (points->waiting) {
        struct osm_points_place *place = points->waiting;

        if (place->op->caller->abandoned && !place->op->acted) {
            osm_op_failf(place->op, OSM_FAULT_CONNECTION, "The caller has gone");
            continue;
        }
        if (!may_go(points, place))
            return;
        osm_op_wait_over(place->op);
        admit(points, place);
    }
}

static void left_queue(struct osm_op *op)
{
    struct osm_points_place *place = op->wait;
    struct osm_points *points = points_of(place);

    DL_DELETE(points->waiting, place);
    place->queued = false;
    look_soon(points);
}

static size_t before(const struct osm_points *points, const struct osm_points_place *place)
{
    const struct osm_points_place *other;
    size_t count = 0;

    DL_FOREACH (points->waiting, other) {
        if (other == place)
            break;
        count++;
    }
    return count;
}

static void fail_late(struct osm_op *op)
{
    const struct osm_points_place *place = op->wait;
    const struct osm_points *points = points_of(place);
    double waited = (double)(osm_link_now(op->link) - place->since) / 1000;

    if (place->refusals)
        osm_op_failf(op, OSM_FAULT_SERVICE,
                     "The server has no continuation point left (0x%08X %s, %u times), also not "
                     "after %.3g s in the queue for them: the %s broke off after %zu",
                     UA_STATUSCODE_BADNOCONTINUATIONPOINTS,
                     UA_StatusCode_name(UA_STATUSCODE_BADNOCONTINUATIONPOINTS), place->refusals,
                     waited, points->kind->list, place->got);
    else
        osm_op_failf(op, OSM_FAULT_SERVICE,
                     "Waited %.3g s in the queue for continuation points: the server has %zu for "
                     "this session, %zu in use by %s and %zu held by callers, and %zu %s were "
                     "before this one; the %s broke off after %zu",
                     waited, capacity(points), points->inside, points->kind->what,
                     lent_that_count(points), before(points, place), points->kind->what,
                     points->kind->list, place->got);
}

static int by_ticket(const struct osm_points_place *a, const struct osm_points_place *b)
{
    return a->ticket < b->ticket ? -1 : a->ticket > b->ticket;
}

/* Waits in its turn, no longer than its caller wants to. */
static void stand_in_line(struct osm_points *points, struct osm_points_place *place)
{
    osm_msec limit = place->since + place->op->timeout;
    osm_msec now = osm_link_now(points->link);

    DL_INSERT_INORDER(points->waiting, place, by_ticket);
    place->queued = true;
    osm_op_wait(place->op, limit > now ? limit - now : 0, place, fail_late, left_queue);
    look_soon(points);
}

static struct osm_points *points_new(struct osm_link *link, const struct kind *kind)
{
    struct osm_points *points = osm_alloc(sizeof(*points));

    points->link = link;
    points->kind = kind;
    points->timer = osm_loop_timer(&link->env->loop, look, points);
    return points;
}

static void enter(struct osm_points *points, struct osm_op *op, struct osm_points_place *place,
                  size_t wanted, osm_op_start_fn *go)
{
    osm_assert(!place->op);
    *place = (struct osm_points_place){.op = op,
                                       .points = points,
                                       .go = go,
                                       .wanted = OSM_MAX(wanted, 1),
                                       .ticket = points->tickets++,
                                       .since = osm_link_now(op->link)};
    if (!points->waiting && fits(points, place))
        admit(points, place);
    else
        stand_in_line(points, place);
}

void osm_points_enter(struct osm_op *op, struct osm_points_place *place, size_t wanted,
                      osm_op_start_fn *go)
{
    struct osm_link *link = op->link;

    if (!link->points)
        link->points = points_new(link, &browses);
    enter(link->points, op, place, wanted, go);
}

void osm_points_enter_history(struct osm_op *op, struct osm_points_place *place,
                              osm_op_start_fn *go)
{
    struct osm_link *link = op->link;

    if (!link->history_points)
        link->history_points = points_new(link, &histories);
    enter(link->history_points, op, place, 1, go);
}

void osm_points_note(struct osm_points_place *place, const UA_ByteString *point)
{
    struct osm_points *points = points_of(place);

    points->held -= place->point.length != 0;
    UA_ByteString_clear(&place->point);
    if (point && point->length)
        osm_assert(UA_ByteString_copy(point, &place->point) == UA_STATUSCODE_GOOD);
    points->held += place->point.length != 0;
}

static void go_out(struct osm_points *points, struct osm_points_place *place)
{
    points->inside -= place->taken;
    place->taken = 0;
    place->inside = false;
    look_soon(points);
}

bool osm_points_are_contested(const struct osm_points_place *place)
{
    const struct osm_points *points = points_of(place);

    return points->inside > place->taken || lent_that_count(points) > 0;
}

/* There are as many as are given out now. */
static void learn(struct osm_points *points)
{
    size_t given = OSM_MAX(points->held + lent_that_count(points), 1);
    size_t known = capacity(points);

    if (known && known <= given)
        return;
    osm_operation_limits_set_learnt(&points->link->limits, points->kind->limit, (uint32_t)given);
    osm_log_info("The server has no continuation point left: no more than %zu %s that may "
                 "need one at a time",
                 given, points->kind->what);
}

void osm_points_refused(struct osm_points_place *place)
{
    struct osm_points *points = points_of(place);
    unsigned doublings;

    osm_points_note(place, NULL);
    go_out(points, place);
    learn(points);
    doublings = OSM_MIN(place->refusals, 5);
    place->refusals++;
    if (!points->inside && !lent_that_count(points)) /* nobody whose end there is to wait for */
        place->not_before = osm_link_now(points->link) +
                            OSM_MIN((osm_msec)PAUSE_FIRST_MS << doublings, PAUSE_LAST_MS);
    stand_in_line(points, place);
}

/* Not on this connection any more: it may be the same session on the next one. */
static void owe(struct osm_points *points, struct osm_points_place *place)
{
    struct osm_points_lent *lent = lent_add(points, place->point, place->got);

    place->point = UA_BYTESTRING_NULL;
    lent->counts = false;
    lent->owed = true;
}

static void give_back(struct osm_points *points, struct osm_points_place *place)
{
    if (points->link->state == OSM_LINK_UP)
        release(points->link, &place->point);
    else if (points->link->state == OSM_LINK_DOWN)
        owe(points, place);
}

void osm_points_leave(struct osm_points_place *place)
{
    struct osm_points *points;

    if (!place->op)
        return;
    points = points_of(place);
    if (place->queued)
        osm_op_wait_over(place->op);
    points->held -= place->point.length != 0;
    if (place->point.length && points->kind->releases)
        give_back(points, place);
    UA_ByteString_clear(&place->point);
    go_out(points, place);
    place->op = NULL;
}

void osm_points_lend(struct osm_points_place *place)
{
    struct osm_points *points = points_of(place);

    points->held--;
    (void)lent_add(points, place->point, place->got);
    place->point = UA_BYTESTRING_NULL;
    osm_points_leave(place);
}

/* --- for the link -------------------------------------------------------------------------- */

void osm_points_connected(struct osm_link *link, bool resumed)
{
    struct osm_points_lent *lent, *next;

    osm_operation_limits_set_learnt(&link->limits, OSM_LIMIT_BROWSE_POINTS, 0);
    osm_operation_limits_set_learnt(&link->limits, OSM_LIMIT_HISTORY_POINTS, 0);
    if (!link->points)
        return;
    DL_FOREACH_SAFE (link->points->lent, lent, next) {
        lent->counts &= resumed;
        if (!lent->owed)
            continue;
        if (resumed)
            release(link, &lent->point);
        lent_free(link->points, lent);
    }
}

static void points_free(struct osm_points *points)
{
    if (!points)
        return;
    osm_assert(!points->waiting);
    while (points->lent)
        lent_free(points, points->lent);
    while (points->late)
        late_free(points, points->late);
    points->link->env->loop.ops->timer_free(osm_steal(points->timer));
    free(points);
}

void osm_points_end(struct osm_link *link)
{
    points_free(osm_steal(link->points));
    points_free(osm_steal(link->history_points));
}
