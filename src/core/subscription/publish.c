/* SPDX-License-Identifier: MIT */
/* Publish as callers do it themselves; see publisher.h. */
#include "core/subscription/publisher_internal.h"

#include <open62541/types_generated_handling.h>
#include <utlist.h>

#include "core/subscription/notification.h"
#include "port/status_code.h"
#include "util/alloc.h"
#include "util/log.h"

/* Callers of the PHP client give up after 30 s: they are to hear from us before. Who has named a
 * time-out of their own wait at least as long. */
#define OSM_PUBLISH_PATIENCE_MS 25000

struct osm_publish_answer {
    uint32_t id;    /* of the subscription, as callers know it; 0 = of none */
    uint64_t maker; /* of the subscription; 0 = the daemon, or not known */
    struct osm_publish_stored stored;
    size_t bytes; /* it takes in the budget */
    bool told;    /* as events */
    struct osm_publish_answer *prev, *next;
};

/* In the arena of the caller's request. */
struct osm_publish_waiter {
    struct osm_publisher *publisher;
    struct osm_op *op;
    osm_op_step_fn *step;
    struct osm_publish_waiter *prev, *next;
};

/* --- who waits ----------------------------------------------------------------------------- */

static void late(struct osm_op *op)
{
    osm_op_fail(op, &osm_fault_late);
}

static void left(struct osm_op *op)
{
    struct osm_publish_waiter *waiter = op->wait;
    struct osm_publisher *publisher = waiter->publisher;

    DL_DELETE(publisher->waiters, waiter);
    publisher->waiter_count--;
}

static osm_msec patience(const struct osm_publisher *publisher, const struct osm_op *op)
{
    osm_msec quiet = osm_subscriptions_keep_alive(publisher->all);
    osm_msec most = OSM_MAX(OSM_PUBLISH_PATIENCE_MS, op->caller->timeout);

    return quiet < most ? OSM_MIN(quiet + op->timeout, most) : most;
}

static void wait_for_answer(struct osm_publisher *publisher, struct osm_op *op,
                            osm_op_step_fn *step)
{
    struct osm_publish_waiter *waiter = osm_arena_alloc(osm_op_arena(op), sizeof(*waiter));

    waiter->publisher = publisher;
    waiter->op = op;
    waiter->step = step;
    DL_APPEND(publisher->waiters, waiter);
    publisher->waiter_count++;
    osm_op_wait(op, patience(publisher, op), waiter, late, left);
}

/* The first caller who is still there, or NULL. */
static struct osm_publish_waiter *first_waiter(const struct osm_publisher *publisher)
{
    struct osm_publish_waiter *waiter;

    DL_FOREACH (publisher->waiters, waiter)
        if (osm_caller_is_awaited(waiter->op->caller))
            return waiter;
    return NULL;
}

static uint64_t maker_of(const struct osm_publisher *publisher, const UA_PublishResponse *response)
{
    const struct osm_subscription *subscription =
        osm_subscription_find_server(publisher->all, response->subscriptionId);

    return subscription ? subscription->maker : 0;
}

/* The same, of those who may take that answer. */
static struct osm_publish_waiter *waiter_for(const struct osm_publisher *publisher,
                                             const UA_PublishResponse *response)
{
    uint64_t maker = maker_of(publisher, response);
    struct osm_publish_waiter *waiter;

    DL_FOREACH (publisher->waiters, waiter)
        if (osm_caller_may_change(waiter->op->caller, maker) &&
            osm_caller_is_awaited(waiter->op->caller))
            return waiter;
    return NULL;
}

static void caller_gone(struct osm_op *op)
{
    osm_op_failf(op, OSM_FAULT_CONNECTION, "The caller has gone");
}

static void drop_departed(struct osm_publisher *publisher)
{
    struct osm_publish_waiter *waiter, *next;

    DL_FOREACH_SAFE (publisher->waiters, waiter, next)
        if (!osm_caller_is_awaited(waiter->op->caller))
            caller_gone(waiter->op);
}

void osm_publish_strand_all(struct osm_publisher *publisher)
{
    while (publisher->waiters)
        osm_op_strand(publisher->waiters->op);
}

/* --- answers ------------------------------------------------------------------------------- */

/* One that has been told is older than the others. */
static void keep(struct osm_publisher *publisher, const UA_PublishResponse *response, bool told)
{
    struct osm_publish_answer *answer = osm_alloc(sizeof(*answer));
    const struct osm_subscription *subscription =
        osm_subscription_find_server(publisher->all, response->subscriptionId);

    answer->id = subscription ? subscription->id : 0;
    answer->maker = maker_of(publisher, response);
    osm_publish_store(&answer->stored, response, &publisher->arriving);
    answer->bytes = osm_publish_stored_bytes(&answer->stored);
    osm_publish_budget_take(publisher->all->budget, answer->bytes);
    answer->told = told;
    if (told)
        DL_PREPEND(publisher->kept, answer);
    else
        DL_APPEND(publisher->kept, answer);
    publisher->kept_count++;
    publisher->engine.counters.kept++;
}

static void free_answer(struct osm_publish_answer *answer)
{
    osm_publish_stored_clear(&answer->stored);
    free(answer);
}

static void take_kept(struct osm_publisher *publisher, struct osm_publish_answer *answer)
{
    osm_assert(publisher->kept);
    DL_DELETE(publisher->kept, answer);
    publisher->kept_count--;
    osm_publish_budget_return(publisher->all->budget, answer->bytes);
}

/* The subscription may have been made anew since: it has another number then. */
static void renumber(const struct osm_publisher *publisher, struct osm_publish_answer *answer)
{
    const struct osm_subscription *subscription = osm_subscription_find(publisher->all, answer->id);

    if (subscription)
        answer->stored.response->subscriptionId = subscription->server_id;
}

/* The oldest the caller may take, or NULL. */
static struct osm_publish_answer *kept_for(const struct osm_publisher *publisher,
                                           const struct osm_caller *caller)
{
    struct osm_publish_answer *answer;

    DL_FOREACH (publisher->kept, answer)
        if (osm_caller_may_change(caller, answer->maker))
            return answer;
    return NULL;
}

/* As events; false when that takes a while. */
static bool tell_events(struct osm_publisher *publisher, struct osm_publish_stored *stored)
{
    struct osm_publish_large *before = osm_publish_offer(publisher, stored);
    bool told = osm_publish_tell_of_callers(publisher, stored->response);

    osm_publish_offer_end(publisher, stored, before);
    return told;
}

/* At once, or to the first who waits when it has been told. */
static void hand_out_kept(struct osm_publisher *publisher, struct osm_op *op, osm_op_step_fn *step)
{
    struct osm_publish_answer *answer = kept_for(publisher, op->caller);

    osm_assert(answer);
    take_kept(publisher, answer);
    renumber(publisher, answer);
    if (answer->told || tell_events(publisher, &answer->stored))
        step(op, answer->stored.response);
    else
        wait_for_answer(publisher, op, step);
    free_answer(answer);
}

/* Nothing overtakes what is being told. */
static bool may_hand_out(const struct osm_publisher *publisher, const struct osm_caller *caller)
{
    return !publisher->tellings_for_callers && kept_for(publisher, caller);
}

/* The first who may have one that is kept, or NULL. */
static struct osm_publish_waiter *waiter_for_kept(const struct osm_publisher *publisher)
{
    struct osm_publish_waiter *waiter;

    DL_FOREACH (publisher->waiters, waiter)
        if (osm_caller_is_awaited(waiter->op->caller) &&
            may_hand_out(publisher, waiter->op->caller))
            return waiter;
    return NULL;
}

void osm_publish_serve(struct osm_publisher *publisher)
{
    struct osm_publish_waiter *waiter;

    while ((waiter = waiter_for_kept(publisher))) {
        struct osm_op *op = waiter->op;
        osm_op_step_fn *step = waiter->step;

        osm_op_wait_over(op);
        hand_out_kept(publisher, op, step);
    }
    if (publisher->waiters && publisher->link->state == OSM_LINK_UP)
        osm_publish_ask_on(publisher);
}

void osm_publish_forget(struct osm_publisher *publisher, uint32_t server_id)
{
    struct osm_publish_answer *answer, *next;

    DL_FOREACH_SAFE (publisher->kept, answer, next) {
        renumber(publisher, answer);
        if (answer->stored.response->subscriptionId != server_id)
            continue;
        take_kept(publisher, answer);
        free_answer(answer);
    }
}

bool osm_publish_is_awaited(const struct osm_publisher *publisher,
                            const UA_PublishResponse *response)
{
    return !publisher->tellings_for_callers && waiter_for(publisher, response) != NULL;
}

void osm_publish_hand_out(struct osm_publisher *publisher, UA_PublishResponse *response, bool told)
{
    struct osm_publish_waiter *waiter = waiter_for(publisher, response);

    if (!waiter || publisher->tellings_for_callers) {
        keep(publisher, response, told);
        return;
    }
    osm_op_wait_over(waiter->op);
    waiter->step(waiter->op, response);
}

void osm_publish_ask_on(struct osm_publisher *publisher)
{
    const struct osm_publish_waiter *waiter;
    size_t awaited = 0;

    DL_FOREACH (publisher->waiters, waiter)
        awaited += osm_caller_is_awaited(waiter->op->caller);
    if (publisher->outstanding_count + publisher->tellings_for_callers < awaited &&
        !osm_publish_send(publisher))
        osm_publish_strand_all(publisher);
}

/* A fault nobody waits for is forgotten: the next caller's request will meet its own. */
void osm_publish_take_fault(struct osm_publisher *publisher, const struct osm_ua_result *result)
{
    struct osm_publish_waiter *waiter = first_waiter(publisher);
    struct osm_fault fault = {0};

    if (!waiter)
        return;
    if (!result->fault)
        osm_status_code_fault(result->service_result, osm_op_arena(waiter->op), &fault);
    osm_op_fail(waiter->op, result->fault ? result->fault : &fault);
}

/* --- requests ------------------------------------------------------------------------------ */

void osm_publisher_next(struct osm_publisher *publisher, struct osm_op *op,
                        const UA_SubscriptionAcknowledgement *acks, size_t size,
                        osm_op_step_fn *step)
{
    if (osm_publisher_is_publishing(publisher)) {
        osm_op_fail(op, &osm_publisher_refusal);
        return;
    }
    osm_acks_add(&publisher->acks, acks, size);
    drop_departed(publisher);
    if (!osm_caller_is_awaited(op->caller))
        caller_gone(op);
    else if (may_hand_out(publisher, op->caller))
        hand_out_kept(publisher, op, step);
    else if (publisher->waiter_count >= OSM_PUBLISH_WAITING)
        osm_op_failf(op, OSM_FAULT_CONNECTION,
                     "Too many publish requests are waiting for this session (%d)",
                     OSM_PUBLISH_WAITING);
    else if (publisher->outstanding_count <= publisher->waiter_count &&
             !osm_publish_send(publisher))
        osm_op_strand(op);
    else
        wait_for_answer(publisher, op, step);
}

/* --- automatic publishing begins ----------------------------------------------------------- */

const struct osm_fault osm_publisher_refusal = {
    OSM_FAULT_AUTO_PUBLISH_ACTIVE,
    "Manual publish() is not available while auto-publish is active. Notifications are delivered "
    "via the configured EventDispatcher."};

void osm_publish_refuse_all(struct osm_publisher *publisher)
{
    while (publisher->waiters)
        osm_op_fail(publisher->waiters->op, &osm_publisher_refusal);
}

bool osm_publish_has_kept(const struct osm_publisher *publisher,
                          const struct osm_subscription *subscription)
{
    const struct osm_publish_answer *answer;

    DL_FOREACH (publisher->kept, answer)
        if (answer->id == subscription->id)
            return true;
    return false;
}

/* The oldest that need not wait, or NULL. */
static struct osm_publish_answer *kept_to_tell(const struct osm_publisher *publisher)
{
    const struct osm_subscription *subscription;
    struct osm_publish_answer *answer;

    DL_FOREACH (publisher->kept, answer) {
        subscription = osm_subscription_find(publisher->all, answer->id);
        if (!subscription || !osm_publish_is_telling(publisher, subscription))
            return answer;
    }
    return NULL;
}

void osm_publish_tell_kept(struct osm_publisher *publisher)
{
    struct osm_publish_answer *answer;

    while (!publisher->tired && (answer = kept_to_tell(publisher))) {
        uint32_t id = answer->id;
        struct osm_subscription *subscription = osm_subscription_find(publisher->all, id);

        take_kept(publisher, answer);
        renumber(publisher, answer);
        if (subscription)
            (void)osm_publish_deliver_stored(
                publisher, subscription, &answer->stored,
                &(struct osm_publish_manner){.bytes = answer->bytes, .told = answer->told});
        free_answer(answer);
        subscription = osm_subscription_find(publisher->all, id);
        if (subscription)
            osm_publish_settle(publisher, subscription);
    }
}

bool osm_publish_take_kept(struct osm_publisher *publisher, struct osm_publish_stored *stored)
{
    struct osm_publish_answer *answer = publisher->kept;

    if (!answer)
        return false;
    take_kept(publisher, answer);
    renumber(publisher, answer);
    osm_publish_stored_move(stored, &answer->stored);
    free(answer);
    return true;
}

void osm_publish_kept_clear(struct osm_publisher *publisher)
{
    struct osm_publish_answer *answer;

    osm_assert(!publisher->waiters);
    while ((answer = publisher->kept)) {
        take_kept(publisher, answer);
        free_answer(answer);
    }
}
