/* SPDX-License-Identifier: MIT */
/* What one operation does; see op.h. Order and repetition are in op_queue.c. */
#include "core/link/op_internal.h"
#include "core/link/op_log.h"

#include <stdarg.h>

#include "port/status_code.h"
#include "util/alloc.h"
#include "util/log.h"

/* --- waiting for something else ------------------------------------------------------------ */

void osm_op_wait(struct osm_op *op, osm_msec limit, void *wait, osm_op_wait_fn *late,
                 osm_op_wait_fn *left)
{
    osm_assert(op->place == OSM_OP_RUNNING);
    if (!osm_link_holds(op->link, !op->call && !op->left))
        return;
    op->wait = wait;
    op->late = late;
    op->left = left;
    op->deadline = osm_link_now(op->link) + limit;
    osm_link_arm(op->link, op->deadline);
}

void osm_op_wait_over(struct osm_op *op)
{
    op->late = NULL;
    if (op->left)
        osm_steal(op->left)(op);
}

/* Nothing outstanding any more. */
static void let_go(struct osm_op *op)
{
    if (op->call)
        osm_link_abandon(op->link, osm_steal(op->call));
    osm_cache_unwait(osm_steal(op->lookup));
    osm_op_wait_over(op);
}

/* --- the end of an operation --------------------------------------------------------------- */

static struct osm_op_queue *detach(struct osm_op *op)
{
    struct osm_op_queue *queue = op->queue;

    osm_assert(op->place != OSM_OP_NOWHERE);
    let_go(op);
    osm_op_move_to(op, OSM_OP_NOWHERE);
    if (op->cleanup)
        op->cleanup(op);
    op->caller->op = NULL;
    return queue;
}

void osm_op_finish(struct osm_op *op)
{
    struct osm_op_queue *queue = detach(op);

    op->caller->ops->end(op->caller);
    osm_ops_pump(queue);
}

void osm_op_fail(struct osm_op *op, const struct osm_fault *fault)
{
    struct osm_op_queue *queue = detach(op);

    op->caller->ops->fail(op->caller, fault);
    osm_ops_pump(queue);
}

void osm_op_failf(struct osm_op *op, enum osm_fault_type type, const char *format, ...)
{
    struct osm_fault fault = {.type = type};
    char *message = NULL;
    va_list args;

    va_start(args, format);
    if (vasprintf(&message, format, args) < 0)
        osm_assert(!"out of memory");
    va_end(args);
    fault.message = message;
    osm_op_fail(op, &fault);
    free(message);
}

/* --- sending ------------------------------------------------------------------------------- */

/* A recovery takes the link's timeout; a caller who named one of their own waits no longer. */
void osm_op_wait_for_recovery(struct osm_op *op)
{
    osm_op_move_to(op, OSM_OP_STRANDED);
    op->deadline = OSM_MSEC_NEVER;
    if (op->caller->timeout) {
        op->deadline = osm_link_now(op->link) + op->timeout;
        osm_link_arm(op->link, op->deadline);
    }
}

void osm_op_strand(struct osm_op *op)
{
    let_go(op);
    osm_op_wait_for_recovery(op);
}

static void tell_unanswered(struct osm_op *op)
{
    if (op->unanswered)
        osm_steal(op->unanswered)(op);
}

/* Without an answer that could be read, in the words of who found it out. */
static void explain(const struct osm_ua_result *result, struct osm_arena *arena,
                    struct osm_fault *fault)
{
    if (result->fault)
        osm_fault_set(fault, arena, result->fault->type, "%s", result->fault->message);
    else
        osm_status_code_fault(result->service_result, arena, fault);
}

/* What the server may have done is not known; no recovery follows here that would look after it. */
static void fail_unknown(struct osm_op *op, const struct osm_fault *fault)
{
    struct osm_op_queue *queue = op->queue;

    tell_unanswered(op);
    osm_op_fail(op, fault);
    queue->owner->late_answer(queue->context);
}

static void refused(struct osm_op *op, const struct osm_ua_result *result)
{
    struct osm_fault fault = {0};

    explain(result, osm_op_arena(op), &fault);
    op->refusal = fault;
    if (op->refused && op->refused(op, result->service_result))
        return; /* it has been asked for in another way, or has failed */
    if (op->regardless)
        op->step(op, NULL);
    else
        osm_op_fail(op, &fault);
}

static bool is_empty(const struct osm_op *op, const void *response)
{
    const struct osm_results none = {.service = op->results.service};
    struct osm_fault fault = {0};
    struct osm_arena arena;
    bool empty;

    osm_arena_init(&arena);
    empty = osm_results_check(&none, response, &arena, &fault);
    osm_arena_deinit(&arena);
    return empty;
}

static void take(struct osm_op *op, void *response)
{
    struct osm_fault fault = {0};

    op->gone = op->gone || op->once; /* it has been done: not again, whatever follows */
    if (osm_results_check(&op->results, response, osm_op_arena(op), &fault) ||
        (op->maybe_empty && is_empty(op, response)))
        op->step(op, response);
    else if (op->regardless)
        op->step(op, NULL);
    else
        fail_unknown(op, &fault);
}

static void answered(void *context, const struct osm_ua_result *result)
{
    struct osm_op *op = context;

    osm_link_speaks(op->link);
    op->call = NULL;
    osm_op_log_result(op, op->asked, op->results.service, result,
                      osm_link_now(op->link) - osm_op_sent_at(op));
    if (result->outcome == OSM_UA_LOST) {
        op->gone = op->gone || (op->once && result->sent);
        if (result->sent)
            tell_unanswered(op);
        osm_op_strand(op); /* the loss itself is told by the connection */
    } else if (osm_status_code_is_loss(result->service_result)) {
        osm_op_strand(op);
        osm_link_drop_status(op->link, result->service_result);
    } else if (!result->response) {
        refused(op, result);
    } else {
        take(op, result->response);
    }
}

void osm_op_send(struct osm_op *op, const struct osm_ua_service *service, void *request,
                 osm_op_step_fn *step)
{
    osm_assert(op->place == OSM_OP_RUNNING);
    if (!osm_link_holds(op->link, !op->call && !op->lookup))
        return;
    if (op->link->state != OSM_LINK_UP) { /* lost while the cache was asked */
        osm_op_strand_new(op);
        osm_ops_pump(op->queue);
        return;
    }
    op->step = step;
    op->unanswered = NULL;
    op->once = false;
    op->regardless = false;
    op->maybe_empty = false;
    op->acted = op->acted || !service->reads;
    op->results = osm_results_of(service, request);
    op->asked = osm_op_log_request(op, service, request);
    op->messages = osm_link_messages(op->link);
    op->sent_at = osm_link_now(op->link);
    op->call = osm_link_call(op->link, service, request, op->timeout, answered, op);
    if (!op->call) {
        osm_op_strand(op);
        return;
    }
    op->deadline = op->sent_at + op->timeout;
    osm_link_arm(op->link, op->deadline);
}

void osm_op_send_once(struct osm_op *op, const struct osm_ua_service *service, void *request,
                      osm_op_step_fn *step)
{
    osm_op_send(op, service, request, step);
    op->once = true;
}

void osm_op_send_regardless(struct osm_op *op, const struct osm_ua_service *service, void *request,
                            osm_op_step_fn *step)
{
    osm_op_send(op, service, request, step);
    op->regardless = true;
}

/* --- waiting for the cache ----------------------------------------------------------------- */

/* told may have ended the operation at once; only a wait that remains may be noted in it. */
static void wait_for_cache(struct osm_op *op, struct osm_cache_wait *wait)
{
    if (wait)
        op->lookup = wait;
}

void osm_op_look_up(struct osm_op *op, const struct osm_cache_key *key, osm_cache_told_fn *told,
                    void *told_context)
{
    osm_assert(op->place == OSM_OP_RUNNING);
    if (!osm_link_holds(op->link, !op->call && !op->lookup))
        return;
    wait_for_cache(op, osm_cache_get(op->link->env->cache, key, told, told_context));
}

void osm_op_forget(struct osm_op *op, const struct osm_cache_key *key, osm_cache_told_fn *told,
                   void *told_context)
{
    struct osm_cache *cache = op->link->env->cache;

    osm_assert(op->place == OSM_OP_RUNNING);
    if (!osm_link_holds(op->link, !op->call && !op->lookup))
        return;
    wait_for_cache(op, key ? osm_cache_invalidate(cache, key, told, told_context)
                           : osm_cache_flush(cache, told, told_context));
}

void osm_op_looked_up(struct osm_op *op)
{
    op->lookup = NULL;
}

/* --- deadlines ----------------------------------------------------------------------------- */

static void give_up_answer(struct osm_op *op)
{
    osm_link_abandon(op->link, osm_steal(op->call));
    op->step(op, NULL);
}

/* Silence on the whole channel means a dead server; else only this answer is late. */
static void timed_out(struct osm_op *op)
{
    op->deadline = OSM_MSEC_NEVER;
    if (osm_link_messages(op->link) == op->messages)
        osm_link_drop(op->link, &osm_fault_late);
    else if (op->regardless)
        give_up_answer(op);
    else
        fail_unknown(op, &osm_fault_late);
}

void osm_op_overdue(struct osm_op *op)
{
    if (op->late)
        op->late(op);
    else
        timed_out(op);
}
