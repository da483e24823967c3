/* SPDX-License-Identifier: MIT */
/* Large responses of a publisher; see publish_large.h. */
#include "core/subscription/publish_large.h"

#include <stdlib.h>

#include "core/subscription/notification_message.h"
#include "core/subscription/publisher_internal.h"
#include "util/alloc.h"

struct osm_publish_arrival {
    struct osm_publish_large large; /* the first, as others see it */
    struct osm_ua_work work;
    struct osm_publisher *publisher; /* that waits for it; NULL = it has arrived, or never will */
    const struct osm_publish_large_ops *ops;
    void *context;
    const struct osm_ua_ops *ua_ops;
    struct osm_ua_answer *answer; /* what the response borrows from */
    const struct osm_observer_ops *observer;
    struct osm_prepared_events *prepared; /* its events; NULL = nobody wants them */
};

/* --- on its way ---------------------------------------------------------------------------- */

static void drop_prepared(struct osm_publish_arrival *arrival)
{
    struct osm_prepared_events *prepared = osm_steal(arrival->prepared);

    if (prepared)
        arrival->observer->prepared_free(prepared);
}

static struct osm_publish_arrival *arrival_with(struct osm_publish_large *large)
{
    return osm_container_of(large, struct osm_publish_arrival, large);
}

static void free_arrival(struct osm_publish_large *large)
{
    struct osm_publish_arrival *arrival = arrival_with(large);

    drop_prepared(arrival);
    arrival->ua_ops->answer_free(arrival->answer);
    free(arrival);
}

static struct osm_publish_arrival *arrival_of(struct osm_ua_work *work)
{
    return osm_container_of(work, struct osm_publish_arrival, work);
}

static void begin(struct osm_ua_work *work)
{
    (void)work;
}

static void run(struct osm_ua_work *work)
{
    struct osm_publish_arrival *arrival = arrival_of(work);
    struct osm_publish_large *large = &arrival->large;
    uint64_t values = 0, events = 0, overflows = 0;

    osm_notification_message_count(&large->response.notificationMessage, &values, &events,
                                   &overflows);
    large->changes = values;
    large->notifications = values + events;
    large->overflows = overflows;
    large->bytes = osm_notification_message_bytes(&large->response);
    osm_publish_large_write(large);
}

static void done(struct osm_ua_work *work)
{
    struct osm_publish_arrival *arrival = arrival_of(work);
    struct osm_publisher *publisher = osm_steal(arrival->publisher);

    if (!publisher) {
        free_arrival(&arrival->large);
        return;
    }
    publisher->awaited = NULL;
    publisher->arriving = &arrival->large;
    arrival->ops->arrive(arrival->context, &arrival->large.response);
    osm_publish_large_free(osm_steal(publisher->arriving)); /* nobody has stored it */
}

static struct osm_prepared_events *prepare(const struct osm_publisher *publisher,
                                           const UA_NotificationMessage *message)
{
    const struct osm_observer *observer = publisher->observer;

    return observer->ops && observer->ops->prepare
               ? observer->ops->prepare(observer->session, message)
               : NULL;
}

void osm_publish_large_begin(struct osm_publisher *publisher, const UA_PublishResponse *response,
                             const struct osm_publish_large_ops *ops, void *context)
{
    const struct osm_env *env = publisher->link->env;
    struct osm_publish_arrival *arrival = osm_alloc(sizeof(*arrival));

    osm_assert(!publisher->awaited);
    *arrival = (struct osm_publish_arrival){.large = {.response = *response, .free = free_arrival},
                                            .work = {begin, run, done},
                                            .publisher = publisher,
                                            .ops = ops,
                                            .context = context,
                                            .ua_ops = env->ua_ops,
                                            .observer = publisher->observer->ops};
    response = &arrival->large.response;
    arrival->prepared = prepare(publisher, &response->notificationMessage);
    arrival->answer = env->ua_ops->answer_take(env->ua, response);
    env->ua_ops->answer_keep(env->ua, response, &arrival->work);
    publisher->awaited = arrival;
}

void osm_publish_large_lost(struct osm_publisher *publisher)
{
    struct osm_publish_arrival *arrival = osm_steal(publisher->awaited);

    if (!arrival)
        return;
    arrival->publisher = NULL;
    arrival->ops->lost(arrival->context);
}

void osm_publish_large_forget(struct osm_publisher *publisher, const void *context)
{
    struct osm_publish_arrival *arrival = publisher->awaited;

    if (!arrival || (context && arrival->context != context))
        return;
    publisher->awaited = NULL;
    arrival->publisher = NULL;
}

/* --- told later than it arrived ------------------------------------------------------------ */

bool osm_publish_large_is_ready(const struct osm_publisher *publisher,
                                struct osm_publish_large *large)
{
    const struct osm_observer *observer = publisher->observer;

    return !observer->ops || !observer->ops->prepared_suffices ||
           observer->ops->prepared_suffices(observer->session, arrival_with(large)->prepared);
}

void osm_publish_large_prepare(const struct osm_publisher *publisher,
                               struct osm_publish_large *large)
{
    struct osm_publish_arrival *arrival = arrival_with(large);

    drop_prepared(arrival);
    arrival->observer = publisher->observer->ops;
    arrival->prepared = prepare(publisher, &large->response.notificationMessage);
}

void osm_publish_large_write(struct osm_publish_large *large)
{
    const struct osm_publish_arrival *arrival = arrival_with(large);

    if (arrival->prepared)
        large->bytes += arrival->observer->prepared_write(arrival->prepared);
}

/* --- staying ------------------------------------------------------------------------------- */

struct osm_publish_large *osm_publish_offer(struct osm_publisher *publisher,
                                            const struct osm_publish_stored *stored)
{
    struct osm_publish_large *before = publisher->arriving;

    publisher->arriving = stored->large;
    return before;
}

void osm_publish_offer_end(struct osm_publisher *publisher, struct osm_publish_stored *stored,
                           struct osm_publish_large *before)
{
    stored->large = publisher->arriving;
    publisher->arriving = before;
}
