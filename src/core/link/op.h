/* SPDX-License-Identifier: MIT */
#ifndef OSM_CORE_LINK_OP_H
#define OSM_CORE_LINK_OP_H
/*
 * An operation: what a caller wants of a server, at work on a link. The machinery for order,
 * deadlines, loss and repetition exists here once; a method only says what to send first and what
 * to do with each answer. The operations of a link stand in its queue (op_queue.c), whose owner
 * connects again when they need it.
 *
 *   submit ─▶ waiting ─▶ running ─(send ⇄ step)─▶ finish | fail
 *                          │  loss                       ▲
 *                          ▼                             │
 *                       stranded ─ link recovered ─▶ running again (start), or fail
 *
 * Order (ipc-protocol.md, extensions.md §1): the operations of one link run in order of
 * arrival; those that only read may run beside each other. "Aside" ones (publish) start in order
 * as reading ones do, but once started hold nobody up.
 *
 * Repetition (daemon.md §9): start() is called again after a recovery, so it must be able to
 * begin from the decoded parameters a second time. What must not be repeated is, once it has
 * left completely, failed with the loss instead.
 *
 * Memory: the op and everything of it lives in its caller's arena.
 */
#include <stdbool.h>

#include "core/cache/cache.h"
#include "core/link/caller.h"
#include "core/link/link.h"
#include "core/link/observer.h"
#include "core/link/results.h"
#include "port/service.h"
#include "util/macros.h"

enum osm_op_flags {
    OSM_OP_READS = 1 << 0, /* changes nothing: may run beside others, may be dropped */
    OSM_OP_LOCAL = 1 << 1, /* needs no connection */
    OSM_OP_ASIDE = 1 << 2  /* holds nobody up */
};

struct osm_op;
struct osm_op_queue;

typedef void osm_op_start_fn(struct osm_op *op);
/* The server's good answer; response is valid during the call; what is to stay is copied. */
typedef void osm_op_step_fn(struct osm_op *op, void *response);
/* For operations that wait for something else than an answer to a request of their own. */
typedef void osm_op_wait_fn(struct osm_op *op);

enum osm_op_place { OSM_OP_NOWHERE, OSM_OP_WAITING, OSM_OP_RUNNING, OSM_OP_STRANDED };

struct osm_op {
    struct osm_op_queue *queue;
    struct osm_link *link; /* the queue's */
    struct osm_caller *caller;
    const char *name;
    unsigned flags;
    osm_op_start_fn *start;
    osm_op_start_fn *cleanup; /* frees what state owns outside the arena; NULL = nothing */
    void *state;              /* the method's own, in the caller's arena */

    uint64_t sequence; /* order of arrival */
    enum osm_op_place place;
    osm_op_step_fn *step; /* what the outstanding answer goes to */
    /* What a refusal of the outstanding request goes to, or NULL; false = fail the operation. */
    bool (*refused)(struct osm_op *op, UA_StatusCode status);
    /* What is called when the outstanding request has left, or may have, and its answer will not
     * be taken in: the server may have done it. NULL = nobody minds. */
    void (*unanswered)(struct osm_op *op);
    struct osm_ua_call *call;      /* outstanding, or NULL */
    const char *asked;             /* what it asks for, in words for the log; or NULL */
    struct osm_cache_wait *lookup; /* the same at the cache */
    osm_msec deadline;             /* of the outstanding answer, or of the wait */
    void *wait;                    /* belongs to whoever lets it wait (osm_op_wait) */
    osm_op_wait_fn *late;          /* the wait has taken too long … */
    osm_op_wait_fn *left;          /* … or is over */
    osm_msec timeout;              /* for each answer */
    osm_msec sent_at;              /* the request whose answer is outstanding */
    unsigned messages;             /* received on the channel when the request was sent */
    int64_t recoveries_left;       /* autoRetry, and the daemon's own one */
    struct osm_results results;    /* how many the outstanding answer is to have */
    bool once;                     /* the outstanding request must not be sent again … */
    bool gone;                     /* … and one such has left completely */
    bool acted;                    /* something was sent that may change the server */
    bool regardless;               /* the outstanding answer may be a fault … */
    bool maybe_empty;              /* … or have no result at all, which step reports */
    struct osm_fault loss;         /* what to report if no recovery helps; in the caller's arena */
    struct osm_fault refusal;      /* what refused() is called for, in the words of who refuses */
    struct osm_op *prev, *next;
};

/*
 * Puts an operation to work. The caller is told of its end later, or at once. At most
 * OSM_OPS_WAITING wait per queue; beyond it the caller is told a fault.
 */
void osm_op_submit(struct osm_op_queue *queue, struct osm_caller *caller, const char *name,
                   unsigned flags, osm_op_start_fn *start, void *state);

/*
 * The caller has gone (abandoned): what only reads, or waits for what is published, fails at once,
 * sent or not; so does a change of which nothing has been sent yet, because its caller will ask
 * again. One that was sent goes on: its rest belongs to it. Never from the middle of a walk over
 * operations: it tells the caller.
 */
void osm_op_leave(struct osm_caller *caller);

/* Sends a service request (the struct may be reused at once); step gets the answer, which has one
 * result for each entry of the request if the service promises that (results.h). A service fault,
 * or an answer that does not keep the promise, fails the operation; a loss strands it. */
void osm_op_send(struct osm_op *op, const struct osm_ua_service *service, void *request,
                 osm_op_step_fn *step);
/* The same for a request that must not be sent twice. */
void osm_op_send_once(struct osm_op *op, const struct osm_ua_service *service, void *request,
                      osm_op_step_fn *step);
/* The same, when the outcome does not matter: after a service fault, or an answer that is late,
 * step goes on with response NULL. */
void osm_op_send_regardless(struct osm_op *op, const struct osm_ua_service *service, void *request,
                            osm_op_step_fn *step);

/* The outstanding answer may have no result at all: step reports that in words of its own. */
static inline void osm_op_expect_maybe_empty(struct osm_op *op)
{
    op->maybe_empty = true;
}

/*
 * Waiting for the cache. told(told_context) is called at once or later, or – when the operation
 * ends first – never. A connection lost meanwhile is met by the next osm_op_send.
 */
void osm_op_look_up(struct osm_op *op, const struct osm_cache_key *key, osm_cache_told_fn *told,
                    void *told_context);
/* The same for what the cache is to forget; key NULL = everything. */
void osm_op_forget(struct osm_op *op, const struct osm_cache_key *key, osm_cache_told_fn *told,
                   void *told_context);
/* To be called first by told. */
void osm_op_looked_up(struct osm_op *op);

/*
 * Waits without a request of its own, at most `limit` milliseconds; then late(op) is called, which
 * has to end the operation. That this takes long says nothing about the connection. left(op) is
 * called once when it waits no longer, for whatever reason; `wait` can be found in op->wait.
 */
void osm_op_wait(struct osm_op *op, osm_msec limit, void *wait, osm_op_wait_fn *late,
                 osm_op_wait_fn *left);
/* What it has waited for is there: the operation goes on. */
void osm_op_wait_over(struct osm_op *op);
/* What it waits for has been lost with the connection: it is started again after a recovery. */
void osm_op_strand(struct osm_op *op);

/* What has been done so far will not be done again by start(): after a loss it may go on behind
 * it, although some of it was sent once. */
static inline void osm_op_goes_on(struct osm_op *op)
{
    op->gone = false;
}

/* The operation is over, op is invalid: its caller is told of the end. */
void osm_op_finish(struct osm_op *op);
void osm_op_fail(struct osm_op *op, const struct osm_fault *fault);
void osm_op_failf(struct osm_op *op, enum osm_fault_type type, const char *format, ...)
    OSM_PRINTF(3, 4);

/* When the request was sent that is being answered. */
static inline osm_msec osm_op_sent_at(const struct osm_op *op)
{
    return op->sent_at;
}

static inline struct osm_arena *osm_op_arena(struct osm_op *op)
{
    return op->caller->arena;
}

/* --- the queue of a link: for its owner ---------------------------------------------------- */

#define OSM_OPS_WAITING 4096 /* per queue */
#define OSM_OPS_RUNNING 256  /* requests outstanding at one server */
#define OSM_OPS_LEAVING 512  /* of these, left behind by callers within one time-out */

struct osm_op_owner {
    /* The link is DOWN, and nobody is connecting it: connect() may be called. */
    bool (*may_connect)(void *context);
    /* Whether operations that have retries left may use one at once; those that nobody has tried
     * to connect for need not ask. */
    bool (*may_retry)(void *context);
    /* An operation needs the connection. */
    void (*connect)(void *context);
    /* An answer did not come, or was none, while the connection goes on: what the server may have
     * done is to be looked after. */
    void (*late_answer)(void *context);
};

/* An operator's word: operations that need the server wait, up to their time, or are refused. What
 * runs goes on, and so do subscriptions. */
enum osm_op_pause { OSM_OP_PAUSE_NONE, OSM_OP_PAUSE_WAIT, OSM_OP_PAUSE_FAIL };

struct osm_op_counts {
    unsigned running; /* without those aside */
    unsigned writers; /* of the running ones, those that bear no company */
    unsigned waiting, stranded;
};

/* retries: autoRetry, as the caller gave it. The observer is told of retries. */
struct osm_op_queue *osm_op_queue_new(struct osm_link *link, int64_t retries,
                                      const struct osm_observer *observer,
                                      const struct osm_op_owner *owner, void *context);
/* Of an empty one, or NULL; returns NULL. */
struct osm_op_queue *osm_op_queue_free(struct osm_op_queue *queue);
struct osm_op_counts osm_op_queue_counts(const struct osm_op_queue *queue);
/* Nothing runs, waits or is stranded, nor runs aside. */
bool osm_op_queue_is_empty(const struct osm_op_queue *queue);

void osm_op_queue_pause(struct osm_op_queue *queue, enum osm_op_pause pause);
enum osm_op_pause osm_op_queue_pause_of(const struct osm_op_queue *queue);

/* Starts what may start. */
void osm_ops_pump(struct osm_op_queue *queue);
/* Between these two nothing starts: while lists are walked, or several are told of one event. */
void osm_ops_hold(struct osm_op_queue *queue);
void osm_ops_release(struct osm_op_queue *queue);
/* Fails everything, in order of arrival. */
void osm_ops_fail_all(struct osm_op_queue *queue, enum osm_fault_type type, const char *message);
/* Handles deadlines; returns the next one. */
osm_msec osm_ops_tick(struct osm_op_queue *queue, osm_msec now);
/* The connection is gone: what the stranded ones will report. */
void osm_ops_note_loss(struct osm_op_queue *queue, const struct osm_fault *fault);
/* Nobody was there to see that loss: the next operation reports it (daemon.md §9). */
void osm_ops_keep_loss(struct osm_op_queue *queue, const struct osm_fault *fault);
/* The loss that is kept for the next operation, or NULL. */
const char *osm_ops_kept_loss(const struct osm_op_queue *queue);
/* The owner connects by itself: operations that come meanwhile have not caused it. */
void osm_ops_connecting_alone(struct osm_op_queue *queue);
/* A recovery has ended; called on hold. What is stranded may run again, or fails when it has no
 * recovery left; for the others the release starts another one. */
void osm_ops_recovered(struct osm_op_queue *queue);
void osm_ops_recovery_failed(struct osm_op_queue *queue);

#endif
