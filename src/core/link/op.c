/* SPDX-License-Identifier: MIT */
/* Operations: order, deadlines, loss, repetition; see op.h. */
#include "core/link/op.h"

#include <stdarg.h>

#include <utlist.h>

#include "core/manager/registry.h"
#include "port/status_code.h"
#include "util/alloc.h"
#include "util/log.h"

/* More repetitions than any caller lives to see; keeps the arithmetic small. */
#define OSM_MAX_RETRIES INT32_MAX

/* What an operation reports that met a loss somebody else has reported already. */
static const char already_lost[] = "Connection lost: call reconnect() or connect() to re-establish";

static const struct osm_ua_ops *ua_of(const struct osm_op *op)
{
    return op->session->manager->env.ua_ops;
}

/* --- places -------------------------------------------------------------------------------- */

static int by_arrival(const struct osm_op *a, const struct osm_op *b)
{
    return (a->sequence > b->sequence) - (a->sequence < b->sequence);
}

/* The one function that moves an operation, so that the counts are always right. */
static void move_to(struct osm_op *op, enum osm_op_place place)
{
    struct osm_session *session = op->session;
    bool counts = !(op->flags & OSM_OP_ASIDE);

    switch (op->place) {
    case OSM_OP_WAITING:
        DL_DELETE(session->waiting, op);
        session->waiting_count--;
        break;
    case OSM_OP_RUNNING:
        DL_DELETE(session->running, op);
        session->running_count -= counts;
        session->writers -= counts && !(op->flags & OSM_OP_READS);
        break;
    case OSM_OP_STRANDED:
        DL_DELETE(session->stranded, op);
        break;
    case OSM_OP_NOWHERE:
        break;
    }
    op->place = place;
    switch (place) {
    case OSM_OP_WAITING:
        DL_INSERT_INORDER(session->waiting, op, by_arrival);
        session->waiting_count++;
        break;
    case OSM_OP_RUNNING:
        DL_APPEND(session->running, op);
        session->running_count += counts;
        session->writers += counts && !(op->flags & OSM_OP_READS);
        break;
    case OSM_OP_STRANDED:
        DL_INSERT_INORDER(session->stranded, op, by_arrival);
        break;
    case OSM_OP_NOWHERE:
        break;
    }
}

static void set_loss(struct osm_op *op, enum osm_fault_type type, const char *message)
{
    op->loss = (struct osm_fault){0};
    osm_fault_set(&op->loss, osm_op_arena(op), type, "%s", message);
}

/* --- waiting for something else ------------------------------------------------------------ */

void osm_op_wait(struct osm_op *op, osm_msec limit, void *wait, osm_op_wait_fn *late,
                 osm_op_wait_fn *left)
{
    osm_assert(op->place == OSM_OP_RUNNING && !op->call && !op->left);
    op->wait = wait;
    op->late = late;
    op->left = left;
    op->deadline = osm_session_now(op->session) + limit;
    osm_session_arm(op->session, op->deadline);
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
        ua_of(op)->call_abandon(osm_steal(op->call));
    osm_cache_unwait(osm_steal(op->lookup));
    osm_op_wait_over(op);
}

/* --- the end of an operation --------------------------------------------------------------- */

static struct osm_session *detach(struct osm_op *op)
{
    struct osm_session *session = op->session;

    osm_assert(op->place != OSM_OP_NOWHERE);
    let_go(op);
    move_to(op, OSM_OP_NOWHERE);
    if (op->cleanup)
        op->cleanup(op);
    return session;
}

struct osm_json *osm_op_reply(struct osm_op *op)
{
    return osm_request_reply_begin(op->request);
}

void osm_op_finish(struct osm_op *op)
{
    struct osm_session *session = detach(op);

    osm_request_reply_end(op->request);
    osm_ops_pump(session);
}

void osm_op_finish_null(struct osm_op *op)
{
    osm_json_null(osm_op_reply(op));
    osm_op_finish(op);
}

void osm_op_fail(struct osm_op *op, const struct osm_fault *fault)
{
    struct osm_session *session = detach(op);

    osm_request_fail(op->request, fault);
    osm_ops_pump(session);
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

/* A recovery takes the session's timeout; a caller who named one of their own waits no longer. */
static void wait_for_recovery(struct osm_op *op)
{
    move_to(op, OSM_OP_STRANDED);
    op->deadline = OSM_MSEC_NEVER;
    if (op->request->timeout) {
        op->deadline = osm_session_now(op->session) + op->timeout;
        osm_session_arm(op->session, op->deadline);
    }
}

void osm_op_strand(struct osm_op *op)
{
    let_go(op);
    wait_for_recovery(op);
}

/* An operation that needs a connection the session has not got. */
static void strand_new(struct osm_op *op)
{
    struct osm_session *session = op->session;

    if (session->loss) {
        set_loss(op, session->loss_type, session->loss);
        free(osm_steal(session->loss));
    } else {
        set_loss(op, OSM_FAULT_CONNECTION, already_lost);
    }
    wait_for_recovery(op);
}

static void tell_unanswered(struct osm_op *op)
{
    if (op->unanswered)
        osm_steal(op->unanswered)(op);
}

static void answered(void *context, const struct osm_ua_result *result)
{
    struct osm_op *op = context;
    struct osm_fault fault = {0};

    op->call = NULL;
    if (result->outcome == OSM_UA_LOST) {
        op->gone = op->gone || (op->once && result->sent);
        if (result->sent)
            tell_unanswered(op);
        osm_op_strand(op); /* the loss itself is told by the connection */
    } else if (osm_status_code_is_loss(result->service_result)) {
        osm_op_strand(op);
        osm_session_drop_status(op->session, result->service_result);
    } else if (!result->response && op->refused && op->refused(op, result->service_result)) {
        return; /* it has been asked for in another way */
    } else if (!result->response && !op->regardless) {
        osm_status_code_fault(result->service_result, osm_op_arena(op), &fault);
        osm_op_fail(op, &fault);
    } else {
        op->gone = op->gone || op->once; /* it has been done: not again, whatever follows */
        op->step(op, result->response);
    }
}

void osm_op_send(struct osm_op *op, const struct osm_ua_service *service, void *request,
                 osm_op_step_fn *step)
{
    struct osm_session *session = op->session;

    osm_assert(op->place == OSM_OP_RUNNING && !op->call && !op->lookup);
    if (session->state != OSM_SESSION_ACTIVE) { /* lost while the cache was asked */
        strand_new(op);
        osm_ops_pump(session);
        return;
    }
    op->step = step;
    op->unanswered = NULL;
    op->once = false;
    op->regardless = false;
    op->messages = ua_of(op)->conn_messages(session->link.conn);
    op->call = ua_of(op)->call(session->link.conn, service, request, answered, op);
    if (!op->call) {
        osm_op_strand(op);
        return;
    }
    op->deadline = osm_session_now(session) + op->timeout;
    osm_session_arm(session, op->deadline);
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
    osm_assert(op->place == OSM_OP_RUNNING && !op->call && !op->lookup);
    wait_for_cache(op, osm_cache_get(op->session->manager->env.cache, key, told, told_context));
}

void osm_op_forget(struct osm_op *op, const struct osm_cache_key *key, osm_cache_told_fn *told,
                   void *told_context)
{
    struct osm_cache *cache = op->session->manager->env.cache;

    osm_assert(op->place == OSM_OP_RUNNING && !op->call && !op->lookup);
    wait_for_cache(op, key ? osm_cache_invalidate(cache, key, told, told_context)
                           : osm_cache_flush(cache, told, told_context));
}

void osm_op_looked_up(struct osm_op *op)
{
    op->lookup = NULL;
}

/* --- order --------------------------------------------------------------------------------- */

static bool may_start(const struct osm_op *op)
{
    const struct osm_session *session = op->session;

    if (op->flags & OSM_OP_ASIDE)
        return session->writers == 0;
    if (session->running_count >= OSM_OPS_RUNNING)
        return false;
    return op->flags & OSM_OP_READS ? session->writers == 0 : session->running_count == 0;
}

/* One operation from the queue to work; false when the next one has to wait. */
static bool pump_one(struct osm_session *session)
{
    struct osm_op *op = session->waiting;
    bool connected = session->state == OSM_SESSION_ACTIVE;

    if (!op || session->state == OSM_SESSION_CLOSING)
        return false;
    if (op->request->abandoned && (op->flags & OSM_OP_READS)) {
        osm_op_failf(op, OSM_FAULT_CONNECTION, "The caller has gone");
        return true;
    }
    if (!connected && !(op->flags & OSM_OP_LOCAL)) {
        strand_new(op);
        return true;
    }
    if (!may_start(op))
        return false;
    move_to(op, OSM_OP_RUNNING);
    op->refused = NULL;
    op->start(op);
    return true;
}

static int64_t retries(const struct osm_session *session)
{
    int64_t wanted = osm_config_int(&session->config, OSM_CONFIG_autoRetry, 0);

    return OSM_MIN(OSM_MAX(wanted, 0), OSM_MAX_RETRIES);
}

/* A recovery begins because of this operation. */
static void tell_retry(const struct osm_op *op)
{
    int64_t most = retries(op->session), attempt = 2 + most - op->recoveries_left;

    if (attempt <= most && osm_fault_is_set(&op->loss))
        osm_observe(&op->session->observer, retried, attempt, most, &op->loss);
}

static void give_up(struct osm_op *op)
{
    int64_t most = retries(op->session);

    if (most > 0 && osm_fault_is_set(&op->loss))
        osm_observe(&op->session->observer, retries_exhausted, 1 + most - op->recoveries_left,
                    &op->loss);
    osm_op_fail(op, &op->loss);
}

/* Somebody waits for a connection whom no attempt has failed yet. */
static bool has_new(const struct osm_session *session)
{
    const struct osm_op *op;

    DL_FOREACH (session->stranded, op)
        if (op->recoveries_left > retries(session))
            return true;
    return false;
}

void osm_ops_pump(struct osm_session *session)
{
    if (session->pumping)
        return; /* the loop below goes on */
    session->pumping = true;
    while (pump_one(session))
        ;
    session->pumping = false;
    if (session->stranded && session->state == OSM_SESSION_FAILED &&
        (osm_recovery_may_retry(session) || has_new(session))) {
        tell_retry(session->stranded);
        osm_session_recover(session, "an operation needs it");
    }
}

void osm_op_submit(struct osm_session *session, struct osm_request *request, const char *name,
                   unsigned flags, osm_op_start_fn *start, void *state)
{
    struct osm_op *op = osm_arena_alloc(&request->arena, sizeof(*op));

    op->session = session;
    op->request = request;
    op->name = name;
    op->flags = flags;
    op->start = start;
    op->state = state;
    op->sequence = session->next_sequence++;
    op->timeout = request->timeout ? request->timeout : osm_session_timeout(session);
    op->recoveries_left = 1 + retries(session);
    if ((flags & OSM_OP_LOCAL) && (flags & OSM_OP_READS)) {
        move_to(op, OSM_OP_RUNNING); /* answers from memory wait for nobody */
        start(op);
    } else if (session->waiting_count >= OSM_OPS_WAITING) {
        osm_request_failf(request, OSM_FAULT_CONNECTION,
                          "Too many requests are waiting for this session (%d): the server does "
                          "not keep up",
                          OSM_OPS_WAITING);
    } else {
        move_to(op, OSM_OP_WAITING);
        osm_ops_pump(session);
    }
}

/* --- loss and recovery --------------------------------------------------------------------- */

void osm_ops_hold(struct osm_session *session)
{
    osm_assert(!session->pumping);
    session->pumping = true;
}

void osm_ops_release(struct osm_session *session)
{
    session->pumping = false;
    osm_ops_pump(session);
}

void osm_ops_note_loss(struct osm_session *session, const struct osm_fault *fault)
{
    struct osm_op *op, *next;

    osm_ops_hold(session);
    DL_FOREACH_SAFE (session->stranded, op, next) {
        if (!osm_fault_is_set(&op->loss))
            set_loss(op, fault->type, fault->message);
        if (op->recoveries_left <= 0)
            give_up(op);
    }
    osm_ops_release(session);
}

void osm_ops_recovered(struct osm_session *session)
{
    struct osm_op *op, *next;

    osm_assert(session->pumping);
    DL_FOREACH_SAFE (session->stranded, op, next) {
        op->recoveries_left--;
        /* Nobody waits for a retry: one that was due when its caller left is none any more. */
        if (op->gone ||
            (op->recoveries_left < retries(session) && !osm_request_is_awaited(op->request))) {
            osm_op_fail(op, &op->loss);
        } else {
            op->loss = (struct osm_fault){0};
            move_to(op, OSM_OP_WAITING); /* in order of arrival: before later ones */
        }
    }
}

void osm_ops_recovery_failed(struct osm_session *session)
{
    struct osm_op *op, *next;

    osm_assert(session->pumping);
    DL_FOREACH_SAFE (session->stranded, op, next) {
        if (op->sequence >= session->recovery.joined_from)
            continue; /* came while the session tried by itself: has its own attempt */
        if (--op->recoveries_left <= 0 || op->request->abandoned) /* nobody waits for a retry */
            give_up(op);
    }
    session->recovery.joined_from = UINT64_MAX; /* the next attempt is theirs */
}

static void fail_list(struct osm_op *list, const struct osm_fault *fault)
{
    struct osm_op *op, *next;

    DL_FOREACH_SAFE (list, op, next)
        osm_op_fail(op, fault);
}

void osm_ops_fail_all(struct osm_session *session, enum osm_fault_type type, const char *message)
{
    const struct osm_fault fault = {type, message};

    osm_ops_hold(session);
    fail_list(session->stranded, &fault);
    fail_list(session->running, &fault);
    fail_list(session->waiting, &fault);
    session->pumping = false;
}

/* --- deadlines ----------------------------------------------------------------------------- */

static void give_up_answer(struct osm_op *op)
{
    ua_of(op)->call_abandon(osm_steal(op->call));
    op->step(op, NULL);
}

/* No recovery follows here that would look after what the server may have done. */
static void fail_late(struct osm_op *op, const struct osm_fault *timeout)
{
    struct osm_session *session = op->session;

    tell_unanswered(op);
    osm_op_fail(op, timeout);
    osm_recovery_repair(session);
}

/* Silence on the whole channel means a dead server; else only this answer is late. */
static void timed_out(struct osm_op *op)
{
    static const struct osm_fault timeout = {OSM_FAULT_CONNECTION, "Read timeout"};
    struct osm_session *session = op->session;

    op->deadline = OSM_MSEC_NEVER;
    if (ua_of(op)->conn_messages(session->link.conn) == op->messages)
        osm_session_drop(session, &timeout);
    else if (op->regardless)
        give_up_answer(op);
    else
        fail_late(op, &timeout);
}

static void recovery_timed_out(struct osm_op *op)
{
    if (!osm_fault_is_set(&op->loss))
        set_loss(op, OSM_FAULT_CONNECTION, "Read timeout");
    osm_op_fail(op, &op->loss);
}

static bool is_due(const struct osm_op *op, osm_msec now)
{
    return (op->call || op->late) && now >= op->deadline;
}

static void overdue(struct osm_op *op)
{
    if (op->late)
        op->late(op);
    else
        timed_out(op);
}

osm_msec osm_ops_tick(struct osm_session *session, osm_msec now)
{
    osm_msec next = OSM_MSEC_NEVER;
    struct osm_op *op, *after;

    osm_ops_hold(session);
    DL_FOREACH_SAFE (session->running, op, after)
        if (is_due(op, now))
            overdue(op);
    DL_FOREACH_SAFE (session->stranded, op, after)
        if (now >= op->deadline)
            recovery_timed_out(op);
    osm_ops_release(session);
    DL_FOREACH (session->running, op)
        if (op->call || op->late)
            next = OSM_MIN(next, op->deadline);
    DL_FOREACH (session->stranded, op)
        next = OSM_MIN(next, op->deadline);
    return next;
}
