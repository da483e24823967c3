/* SPDX-License-Identifier: MIT */
/* When to connect again, and going from step to step; see recovery.h. */
#include "core/session/recovery_internal.h"

#include "core/link/op.h"
#include "core/session/health.h"
#include "core/session/session_internal.h"
#include "core/subscription/publisher.h"
#include "port/service.h"
#include "port/status_code.h"
#include "util/alloc.h"
#include "util/backoff.h"
#include "util/log.h"

#define OSM_FIRST_ATTEMPT_MS 500 /* at most, after a loss */
#define OSM_BACK_OFF_MS 1000     /* after the first failure; then doubled … */
#define OSM_BACK_OFF_MOST_MS 60000
/* A connection that lasted less is no success: the back-off goes on. */
#define OSM_STEADY_MS 10000
/* Retries of operations: so many without a pause, then with one, doubled up to the longest. */
#define OSM_RETRIES_AT_ONCE 10
#define OSM_RETRY_PAUSE_MS 100
#define OSM_RETRY_PAUSE_MOST_MS 5000
/* A subscription that was lost so soon after it was made waits with what was refused. */
#define OSM_SHORT_LIVED_MS 10000

static void go_on(struct osm_session *session);

/* --- connecting again ---------------------------------------------------------------------- */

void osm_recovery_init(struct osm_recovery *recovery)
{
    *recovery = (struct osm_recovery){
        .attempt_at = OSM_MSEC_NEVER, .deadline = OSM_MSEC_NEVER, .retry_at = OSM_MSEC_NEVER};
}

static bool has_stranded(const struct osm_session *session)
{
    return osm_op_queue_counts(session->ops).stranded > 0;
}

/* Others connect when a caller needs them. */
static bool is_wanted(const struct osm_session *session)
{
    return !session->owner->ending && (session->persistent || has_stranded(session) ||
                                       HASH_COUNT(session->subscriptions.by_id) > 0);
}

bool osm_recovery_may_retry(const struct osm_session *session)
{
    return session->recovery.failures <= OSM_RETRIES_AT_ONCE;
}

static osm_msec pause_of(const struct osm_session *session)
{
    static const struct osm_backoff reconnect = {OSM_BACK_OFF_MS, OSM_BACK_OFF_MOST_MS};
    static const struct osm_backoff retry = {OSM_RETRY_PAUSE_MS, OSM_RETRY_PAUSE_MOST_MS};
    unsigned failures = session->recovery.failures;

    if (has_stranded(session) && failures > OSM_RETRIES_AT_ONCE)
        return osm_backoff_longest(&retry, failures - OSM_RETRIES_AT_ONCE);
    return failures ? osm_backoff_longest(&reconnect, failures) : OSM_FIRST_ATTEMPT_MS;
}

void osm_recovery_schedule(struct osm_session *session)
{
    struct osm_recovery *recovery = &session->recovery;

    recovery->attempt_at = OSM_MSEC_NEVER;
    if (session->state != OSM_SESSION_FAILED || !is_wanted(session))
        return;
    recovery->attempt_at =
        osm_session_now(session) + osm_backoff_shorten(pause_of(session), osm_backoff_random());
    osm_session_arm(session, recovery->attempt_at);
}

/* Whoever began it: the one that was to come by itself is no longer due. */
void osm_recovery_note_attempt(struct osm_session *session)
{
    session->recovery.attempt_at = OSM_MSEC_NEVER;
}

void osm_recovery_note_active(struct osm_session *session)
{
    session->recovery.active_since = osm_session_now(session);
}

void osm_recovery_note_loss(struct osm_session *session)
{
    struct osm_recovery *recovery = &session->recovery;

    if (osm_session_now(session) - recovery->active_since >= OSM_STEADY_MS)
        recovery->failures = 0;
    else
        recovery->failures++;
}

void osm_recovery_note_failure(struct osm_session *session)
{
    session->recovery.failures++;
}

static void attempt(struct osm_session *session)
{
    session->recovery.attempt_at = OSM_MSEC_NEVER;
    if (!is_wanted(session))
        return;
    osm_ops_connecting_alone(session->ops);
    osm_session_recover(session, "by itself");
}

/* --- requests ------------------------------------------------------------------------------ */

void osm_recovery_stop(struct osm_session *session)
{
    struct osm_recovery *recovery = &session->recovery;

    session->link.env->ua_ops->call_abandon(osm_steal(recovery->call));
    recovery->step = NULL;
    recovery->deadline = OSM_MSEC_NEVER;
    free(osm_steal(recovery->ids));
    recovery->ids_size = 0;
}

static bool is_complete(const struct osm_session *session, const void *response)
{
    struct osm_fault fault = {0};
    struct osm_arena arena;
    bool complete;

    osm_arena_init(&arena);
    complete = osm_results_check(&session->recovery.results, response, &arena, &fault);
    if (!complete)
        osm_log_warning("Session %s: %s", session->id, fault.message);
    osm_arena_deinit(&arena);
    return complete;
}

/* What the server has made is not known, nor whether it counts better the next time: its
 * subscription is made anew, after a pause if that does not help. */
static void miscounted(struct osm_session *session)
{
    const struct osm_recovery_step *step = session->recovery.step;
    struct osm_subscription *subscription =
        osm_subscription_find(&session->subscriptions, session->recovery.subscription);

    step->answered(session, NULL, UA_STATUSCODE_BADUNKNOWNRESPONSE);
    if (!step->unanswered || !subscription)
        return;
    step->unanswered(session);
    subscription->odd = true;
}

static void answered(void *context, const struct osm_ua_result *result)
{
    struct osm_session *session = context;
    struct osm_recovery *recovery = &session->recovery;
    const struct osm_recovery_step *step = recovery->step;

    osm_link_speaks(&session->link);
    recovery->call = NULL;
    recovery->deadline = OSM_MSEC_NEVER;
    if (result->outcome == OSM_UA_LOST) { /* the connection tells of the loss itself */
        if (result->sent && step->unanswered)
            step->unanswered(session);
    } else if (osm_status_code_is_loss(result->service_result)) {
        osm_link_drop_status(&session->link, result->service_result);
    } else if (result->response && !is_complete(session, result->response)) {
        miscounted(session);
        go_on(session);
    } else {
        step->answered(session, result->response, result->service_result);
        go_on(session);
    }
}

/* When it cannot be sent, a loss follows. */
void osm_recovery_call(struct osm_session *session, const struct osm_ua_service *service,
                       void *request)
{
    struct osm_recovery *recovery = &session->recovery;

    if (!osm_link_holds(&session->link, !recovery->call))
        return;
    recovery->messages = osm_link_messages(&session->link);
    recovery->results = osm_results_of(service, request);
    recovery->deadline = osm_session_now(session) + osm_session_timeout(session);
    recovery->call = osm_link_call(&session->link, service, request, osm_session_timeout(session),
                                   answered, session);
    osm_session_arm(session, recovery->deadline);
}

/* Whether the server is dead or only slow: what it has done is not known, so the connection
 * goes, and the next attempt begins with what is known. */
static void overdue(struct osm_session *session)
{
    const struct osm_recovery_step *step = session->recovery.step;

    session->link.env->ua_ops->call_abandon(osm_steal(session->recovery.call));
    session->recovery.deadline = OSM_MSEC_NEVER;
    if (step->unanswered)
        step->unanswered(session);
    osm_link_drop(&session->link, &osm_fault_late);
}

/* --- step by step -------------------------------------------------------------------------- */

/* What was refused, each thing with a pause of its own. */
static void schedule_retry(struct osm_session *session)
{
    osm_msec at = osm_subscriptions_next_retry(&session->subscriptions);

    session->recovery.retry_at = at;
    if (at != OSM_MSEC_NEVER)
        osm_session_arm(session, at);
}

static void finished(struct osm_session *session)
{
    free(osm_steal(session->recovery.ids));
    session->recovery.ids_size = 0;
    schedule_retry(session);
    if (session->state != OSM_SESSION_ACTIVE)
        osm_session_ready(session);
    osm_session_check_health(session);
}

/* The first step that finds something to do. */
static void go_on(struct osm_session *session)
{
    session->recovery.random = osm_backoff_random();
    for (size_t i = 0; osm_recovery_steps[i]; i++) {
        session->recovery.step = osm_recovery_steps[i];
        if (osm_recovery_steps[i]->send(session))
            return;
    }
    session->recovery.step = NULL;
    finished(session);
}

void osm_recovery_new_session(struct osm_session *session)
{
    struct osm_subscription *subscription, *next;

    HASH_ITER (hh, session->subscriptions.by_id, subscription, next)
        if (subscription->place == OSM_SUBSCRIPTION_DOUBTFUL)
            osm_publisher_gone(osm_session_publisher(session), subscription,
                               "what it held was not known");
        else if (subscription->place == OSM_SUBSCRIPTION_HERE)
            subscription->place = OSM_SUBSCRIPTION_ELSEWHERE;
}

void osm_recovery_begin(struct osm_session *session)
{
    if (!osm_link_holds(&session->link, !session->recovery.step))
        return;
    osm_subscriptions_retry_all(&session->subscriptions);
    session->recovery.retry_at = OSM_MSEC_NEVER;
    go_on(session);
}

void osm_recovery_repair(struct osm_session *session)
{
    if (session->state == OSM_SESSION_ACTIVE && !session->recovery.step)
        go_on(session);
    else if (session->recovery.attempt_at == OSM_MSEC_NEVER)
        osm_recovery_schedule(session); /* it may be wanted now */
}

void osm_recovery_subscription_lost(struct osm_session *session,
                                    struct osm_subscription *subscription, const char *reason)
{
    struct osm_subscriptions *all = &session->subscriptions;
    osm_msec made_at = subscription->made_at, now = osm_session_now(session);
    bool was_here = subscription->place == OSM_SUBSCRIPTION_HERE || subscription->odd;

    osm_log_warning("Session %s: subscription %u is gone on the server (%s), %s", session->id,
                    subscription->id, reason,
                    subscription->adopted  ? "removing from tracking: another client has made it"
                    : subscription->doomed ? "and not wanted any more"
                                           : "recreating");
    if (subscription->adopted || subscription->doomed) {
        osm_observe(&session->observer, subscription_lost, subscription->id, reason);
        osm_publisher_forget(osm_session_publisher(session), subscription);
        osm_subscription_remove(all, subscription);
        return;
    }
    osm_subscription_lose(all, subscription);
    subscription->odd = false;
    if (was_here && made_at && now - made_at < OSM_SHORT_LIVED_MS)
        osm_subscription_refuse(subscription, UA_STATUSCODE_BADNOSUBSCRIPTION, now,
                                osm_backoff_random());
    else
        subscription->refusal.failures = 0;
    osm_recovery_repair(session);
}

void osm_recovery_displace(struct osm_session *session, uint32_t server_id)
{
    struct osm_subscription *old = osm_subscription_find_server(&session->subscriptions, server_id);

    if (!old)
        return;
    osm_publisher_forget(osm_session_publisher(session), old);
    osm_recovery_subscription_lost(session, old, "it has given its id to another one");
}

/* --- time ---------------------------------------------------------------------------------- */

static void retry(struct osm_session *session)
{
    session->recovery.retry_at = OSM_MSEC_NEVER;
    if (osm_subscriptions_retry(&session->subscriptions, osm_session_now(session)))
        go_on(session);
    else
        schedule_retry(session);
}

osm_msec osm_recovery_tick(struct osm_session *session, osm_msec now)
{
    struct osm_recovery *recovery = &session->recovery;

    if (now >= recovery->deadline)
        overdue(session);
    if (now >= recovery->attempt_at && session->state == OSM_SESSION_FAILED)
        attempt(session);
    if (now >= recovery->retry_at && session->state == OSM_SESSION_ACTIVE && !recovery->step)
        retry(session);
    return OSM_MIN(OSM_MIN(recovery->deadline, recovery->attempt_at),
                   now >= recovery->retry_at ? OSM_MSEC_NEVER : recovery->retry_at);
}
