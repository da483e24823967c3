/* SPDX-License-Identifier: MIT */
/* The operations of a link: order, loss and repetition, deadlines; see op.h. */
#include "core/link/op_internal.h"

#include <utlist.h>

#include "util/alloc.h"
#include "util/log.h"

/* More repetitions than any caller lives to see; keeps the arithmetic small. */
#define OSM_MAX_RETRIES INT32_MAX

/* What an operation reports that met a loss somebody else has reported already. */
static const char already_lost[] = "Connection lost: call reconnect() or connect() to re-establish";

/* --- life ---------------------------------------------------------------------------------- */

struct osm_op_queue *osm_op_queue_new(struct osm_link *link, int64_t retries,
                                      const struct osm_observer *observer,
                                      const struct osm_op_owner *owner, void *context)
{
    struct osm_op_queue *queue = osm_alloc(sizeof(*queue));

    queue->link = link;
    queue->owner = owner;
    queue->context = context;
    queue->observer = observer;
    queue->retries = OSM_MIN(OSM_MAX(retries, 0), OSM_MAX_RETRIES);
    queue->joined_from = UINT64_MAX;
    return queue;
}

struct osm_op_queue *osm_op_queue_free(struct osm_op_queue *queue)
{
    if (!queue)
        return NULL;
    osm_assert(osm_op_queue_is_empty(queue));
    free(queue->loss);
    free(queue);
    return NULL;
}

struct osm_op_counts osm_op_queue_counts(const struct osm_op_queue *queue)
{
    return queue->counts;
}

bool osm_op_queue_is_empty(const struct osm_op_queue *queue)
{
    return !queue->running && !queue->waiting && !queue->stranded;
}

/* --- an operator's pause ------------------------------------------------------------------- */

static const char paused[] = "Requests to this server are paused by an operator (console PAUSE)";

static bool is_paused(const struct osm_op *op)
{
    return op->queue->pause != OSM_OP_PAUSE_NONE && !(op->flags & OSM_OP_LOCAL);
}

/* It waits for RESUME as long as an answer may take, or is told on the next turn. */
static void hold_back(struct osm_op *op)
{
    bool waits = op->queue->pause == OSM_OP_PAUSE_WAIT;

    op->deadline = osm_link_now(op->link) + (waits ? op->timeout : 0);
    osm_link_arm(op->link, op->deadline);
}

void osm_op_queue_pause(struct osm_op_queue *queue, enum osm_op_pause pause)
{
    struct osm_op *op, *next;

    if (queue->pause == pause)
        return;
    queue->pause = pause;
    osm_ops_hold(queue);
    DL_FOREACH_SAFE (queue->waiting, op, next) {
        if (pause == OSM_OP_PAUSE_FAIL && is_paused(op))
            osm_op_failf(op, OSM_FAULT_CONNECTION, paused);
        else if (pause == OSM_OP_PAUSE_WAIT)
            hold_back(op);
    }
    osm_ops_release(queue);
}

enum osm_op_pause osm_op_queue_pause_of(const struct osm_op_queue *queue)
{
    return queue->pause;
}

/* Those that wait and have waited long enough fail; when the next one has. */
static osm_msec tick_paused(struct osm_op_queue *queue, osm_msec now)
{
    osm_msec due = OSM_MSEC_NEVER;
    struct osm_op *op, *next;

    if (queue->pause == OSM_OP_PAUSE_NONE)
        return due;
    DL_FOREACH_SAFE (queue->waiting, op, next) {
        if (!is_paused(op))
            continue; /* waits for another operation, not for RESUME */
        if (now >= op->deadline)
            osm_op_failf(op, OSM_FAULT_CONNECTION, paused);
        else
            due = OSM_MIN(due, op->deadline);
    }
    return due;
}

/* --- places -------------------------------------------------------------------------------- */

/* From the end: whoever has just come stands there. */
size_t osm_op_list_insert(struct osm_op **list, struct osm_op *op)
{
    struct osm_op *before = *list ? (*list)->prev : NULL;
    size_t compared = before != NULL;

    while (before && before->sequence > op->sequence) {
        before = before == *list ? NULL : before->prev;
        compared += before != NULL;
    }
    if (before)
        DL_APPEND_ELEM(*list, before, op);
    else
        DL_PREPEND(*list, op);
    return compared;
}

void osm_op_move_to(struct osm_op *op, enum osm_op_place place)
{
    struct osm_op_queue *queue = op->queue;
    bool counts = !(op->flags & OSM_OP_ASIDE);

    switch (op->place) {
    case OSM_OP_WAITING:
        DL_DELETE(queue->waiting, op);
        queue->counts.waiting--;
        break;
    case OSM_OP_RUNNING:
        DL_DELETE(queue->running, op);
        queue->counts.running -= counts;
        queue->counts.writers -= counts && !(op->flags & OSM_OP_READS);
        break;
    case OSM_OP_STRANDED:
        DL_DELETE(queue->stranded, op);
        queue->counts.stranded--;
        break;
    case OSM_OP_NOWHERE:
        break;
    }
    op->place = place;
    switch (place) {
    case OSM_OP_WAITING:
        (void)osm_op_list_insert(&queue->waiting, op);
        queue->counts.waiting++;
        if (queue->pause != OSM_OP_PAUSE_NONE)
            hold_back(op);
        break;
    case OSM_OP_RUNNING:
        DL_APPEND(queue->running, op);
        queue->counts.running += counts;
        queue->counts.writers += counts && !(op->flags & OSM_OP_READS);
        break;
    case OSM_OP_STRANDED:
        (void)osm_op_list_insert(&queue->stranded, op);
        queue->counts.stranded++;
        break;
    case OSM_OP_NOWHERE:
        break;
    }
}

void osm_op_set_loss(struct osm_op *op, enum osm_fault_type type, const char *message)
{
    op->loss = (struct osm_fault){0};
    osm_fault_set(&op->loss, osm_op_arena(op), type, "%s", message);
}

/* --- order --------------------------------------------------------------------------------- */

static bool may_start(const struct osm_op *op)
{
    const struct osm_op_queue *queue = op->queue;

    if (op->flags & OSM_OP_ASIDE)
        return queue->counts.writers == 0;
    if (queue->counts.running >= OSM_OPS_RUNNING)
        return false;
    return op->flags & OSM_OP_READS ? queue->counts.writers == 0 : queue->counts.running == 0;
}

/* One operation from the queue to work; false when the next one has to wait. */
static bool pump_one(struct osm_op_queue *queue)
{
    struct osm_op *op = queue->waiting;
    bool connected = queue->link->state == OSM_LINK_UP;

    if (!op || queue->link->state == OSM_LINK_CLOSING)
        return false;
    if (op->caller->abandoned && !op->acted) {
        osm_op_failf(op, OSM_FAULT_CONNECTION, "The caller has gone");
        return true;
    }
    if (is_paused(op))
        return false;
    if (!connected && !(op->flags & OSM_OP_LOCAL)) {
        osm_op_strand_new(op);
        return true;
    }
    if (!may_start(op))
        return false;
    osm_op_move_to(op, OSM_OP_RUNNING);
    op->refused = NULL;
    op->start(op);
    return true;
}

/* A recovery begins because of this operation. */
static void tell_retry(const struct osm_op *op)
{
    int64_t most = op->queue->retries, attempt = 2 + most - op->recoveries_left;

    if (attempt > most || !osm_fault_is_set(&op->loss))
        return;
    osm_log_warning("Connection lost, retrying (%lld/%lld)", (long long)attempt, (long long)most);
    osm_observe(op->queue->observer, retried, attempt, most, &op->loss);
}

static void give_up(struct osm_op *op)
{
    int64_t most = op->queue->retries, attempts = 1 + most - op->recoveries_left;

    if (most > 0 && osm_fault_is_set(&op->loss)) {
        osm_log_error("Operation failed after %lld attempt(s): %s", (long long)attempts,
                      op->loss.message);
        osm_observe(op->queue->observer, retries_exhausted, attempts, &op->loss);
    }
    osm_op_fail(op, &op->loss);
}

/* Somebody waits for a connection whom no attempt has failed yet. */
static bool has_new(const struct osm_op_queue *queue)
{
    const struct osm_op *op;

    DL_FOREACH (queue->stranded, op)
        if (op->recoveries_left > queue->retries)
            return true;
    return false;
}

void osm_ops_pump(struct osm_op_queue *queue)
{
    if (queue->pumping)
        return; /* the loop below goes on */
    queue->pumping = true;
    while (pump_one(queue))
        ;
    queue->pumping = false;
    if (queue->stranded && queue->owner->may_connect(queue->context) &&
        (queue->owner->may_retry(queue->context) || has_new(queue))) {
        tell_retry(queue->stranded);
        queue->owner->connect(queue->context);
    }
}

static void refuse(struct osm_caller *caller)
{
    struct osm_fault fault = {0};

    caller->op = NULL;
    osm_fault_set(&fault, caller->arena, OSM_FAULT_CONNECTION,
                  "Too many requests are waiting for this session (%d): the server does not keep "
                  "up",
                  OSM_OPS_WAITING);
    caller->ops->fail(caller, &fault);
}

void osm_op_submit(struct osm_op_queue *queue, struct osm_caller *caller, const char *name,
                   unsigned flags, osm_op_start_fn *start, void *state)
{
    struct osm_op *op = osm_arena_alloc(caller->arena, sizeof(*op));

    op->queue = queue;
    op->link = queue->link;
    op->caller = caller;
    caller->op = op;
    op->name = name;
    op->flags = flags;
    op->start = start;
    op->state = state;
    op->sequence = queue->next_sequence++;
    op->timeout = caller->timeout ? caller->timeout : queue->link->timeout;
    op->recoveries_left = 1 + queue->retries;
    osm_link_speaks(op->link);
    if ((flags & OSM_OP_LOCAL) && (flags & OSM_OP_READS)) {
        osm_op_move_to(op, OSM_OP_RUNNING); /* answers from memory wait for nobody */
        start(op);
    } else if (queue->counts.waiting >= OSM_OPS_WAITING) {
        refuse(caller);
    } else {
        osm_op_move_to(op, OSM_OP_WAITING);
        if (queue->pause == OSM_OP_PAUSE_FAIL && is_paused(op))
            osm_op_failf(op, OSM_FAULT_CONNECTION, paused);
        else
            osm_ops_pump(queue);
    }
}

/* --- callers that go away ------------------------------------------------------------------ */

/* Requests that are left behind still keep the server busy, and cost the connection if there are
 * too many (rim/ua/conn_call.c): beyond some, operations wait for their answer all the same. */
static bool may_leave_behind(struct osm_op *op)
{
    struct osm_op_queue *queue = op->queue;
    osm_msec now = osm_link_now(op->link);

    if (!op->call)
        return true;
    if (op->unanswered) /* what the answer brings is to be given back: the step does it */
        return false;
    if (now - queue->left_since > op->timeout) {
        queue->left_since = now;
        queue->left = 0;
    }
    return queue->left < OSM_OPS_LEAVING && ++queue->left;
}

/* What works without a connection has someone else at work for it. */
static bool may_end(const struct osm_op *op)
{
    return op->flags & (OSM_OP_READS | OSM_OP_ASIDE) ||
           (!op->acted && !(op->place == OSM_OP_RUNNING && op->flags & OSM_OP_LOCAL));
}

void osm_op_leave(struct osm_caller *caller)
{
    struct osm_op *op = caller->op;

    osm_assert(caller->abandoned);
    if (op && may_end(op) && may_leave_behind(op))
        osm_op_failf(op, OSM_FAULT_CONNECTION, "The caller has gone");
}

/* --- loss and recovery --------------------------------------------------------------------- */

/* An operation that needs a connection there is none of. */
void osm_op_strand_new(struct osm_op *op)
{
    struct osm_op_queue *queue = op->queue;

    if (queue->loss) {
        osm_op_set_loss(op, queue->loss_type, queue->loss);
        free(osm_steal(queue->loss));
    } else {
        osm_op_set_loss(op, OSM_FAULT_CONNECTION, already_lost);
    }
    osm_op_wait_for_recovery(op);
}

void osm_ops_hold(struct osm_op_queue *queue)
{
    osm_assert(!queue->pumping);
    queue->pumping = true;
}

void osm_ops_release(struct osm_op_queue *queue)
{
    queue->pumping = false;
    osm_ops_pump(queue);
}

void osm_ops_note_loss(struct osm_op_queue *queue, const struct osm_fault *fault)
{
    struct osm_op *op, *next;

    osm_ops_hold(queue);
    DL_FOREACH_SAFE (queue->stranded, op, next) {
        if (!osm_fault_is_set(&op->loss))
            osm_op_set_loss(op, fault->type, fault->message);
        if (op->recoveries_left <= 0)
            give_up(op);
    }
    osm_ops_release(queue);
}

void osm_ops_keep_loss(struct osm_op_queue *queue, const struct osm_fault *fault)
{
    free(queue->loss);
    queue->loss = osm_strdup(fault->message);
    queue->loss_type = fault->type;
}

const char *osm_ops_kept_loss(const struct osm_op_queue *queue)
{
    return queue->loss;
}

void osm_ops_connecting_alone(struct osm_op_queue *queue)
{
    queue->joined_from = queue->next_sequence;
}

void osm_ops_recovered(struct osm_op_queue *queue)
{
    struct osm_op *op, *next;

    osm_assert(queue->pumping);
    free(osm_steal(queue->loss));
    queue->joined_from = UINT64_MAX;
    DL_FOREACH_SAFE (queue->stranded, op, next) {
        op->recoveries_left--;
        /* Nobody waits for a retry: one that was due when its caller left is none any more. */
        if (op->gone ||
            (op->recoveries_left < queue->retries && !osm_caller_is_awaited(op->caller))) {
            osm_op_fail(op, &op->loss);
        } else {
            op->loss = (struct osm_fault){0};
            osm_op_move_to(op, OSM_OP_WAITING); /* in order of arrival: before later ones */
        }
    }
}

void osm_ops_recovery_failed(struct osm_op_queue *queue)
{
    struct osm_op *op, *next;

    osm_assert(queue->pumping);
    DL_FOREACH_SAFE (queue->stranded, op, next) {
        if (op->sequence >= queue->joined_from)
            continue; /* came while the session tried by itself: has its own attempt */
        if (--op->recoveries_left <= 0 || op->caller->abandoned) /* nobody waits for a retry */
            give_up(op);
    }
    queue->joined_from = UINT64_MAX; /* the next attempt is theirs */
}

static void fail_list(struct osm_op *list, const struct osm_fault *fault)
{
    struct osm_op *op, *next;

    DL_FOREACH_SAFE (list, op, next)
        osm_op_fail(op, fault);
}

void osm_ops_fail_all(struct osm_op_queue *queue, enum osm_fault_type type, const char *message)
{
    const struct osm_fault fault = {type, message};

    osm_ops_hold(queue);
    fail_list(queue->stranded, &fault);
    fail_list(queue->running, &fault);
    fail_list(queue->waiting, &fault);
    queue->pumping = false;
}

/* --- deadlines ----------------------------------------------------------------------------- */

static void recovery_timed_out(struct osm_op *op)
{
    if (!osm_fault_is_set(&op->loss))
        osm_op_set_loss(op, OSM_FAULT_CONNECTION, OSM_FAULT_LATE);
    osm_op_fail(op, &op->loss);
}

static bool is_due(const struct osm_op *op, osm_msec now)
{
    return (op->call || op->late) && now >= op->deadline;
}

osm_msec osm_ops_tick(struct osm_op_queue *queue, osm_msec now)
{
    osm_msec next = OSM_MSEC_NEVER;
    struct osm_op *op, *after;

    osm_ops_hold(queue);
    DL_FOREACH_SAFE (queue->running, op, after)
        if (is_due(op, now))
            osm_op_overdue(op);
    DL_FOREACH_SAFE (queue->stranded, op, after)
        if (now >= op->deadline)
            recovery_timed_out(op);
    next = tick_paused(queue, now);
    osm_ops_release(queue);
    DL_FOREACH (queue->running, op)
        if (op->call || op->late)
            next = OSM_MIN(next, op->deadline);
    DL_FOREACH (queue->stranded, op)
        next = OSM_MIN(next, op->deadline);
    return next;
}
