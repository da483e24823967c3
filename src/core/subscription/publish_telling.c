/* SPDX-License-Identifier: MIT */
/*
 * Messages whose events would hold the loop: those with so many notifications that some are told in
 * a turn and the others in the next ones, and large ones of which more is wanted by now than was
 * when they arrived, so that it is written off the loop first. The message is taken for delivered
 * at once; later ones of its subscription wait until all of it has been told, and only then it is
 * acknowledged, or handed to the caller who publishes himself. A connection it has just come from
 * reads nothing more meanwhile. A loss of that does not end it: all there is to tell has come.
 */
#include <stdlib.h>

#include <utlist.h>

#include "core/subscription/notification.h"
#include "core/subscription/publisher_internal.h"
#include "util/alloc.h"

/* With fewer it takes no longer than a turn may. */
#define MANY 500

struct osm_publish_telling {
    struct osm_ua_work work;
    struct osm_publisher *publisher; /* NULL = there is nothing more to tell */
    struct osm_publish_stored stored;
    size_t bytes;          /* it takes in the budget */
    uint32_t subscription; /* callers' id */
    bool republished;
    bool for_callers;
    struct osm_notification_place place;
    struct osm_publish_telling *prev, *next;
};

static struct osm_publish_telling *telling_of(struct osm_ua_work *work)
{
    return osm_container_of(work, struct osm_publish_telling, work);
}

/* That subscription's, or NULL. */
static struct osm_publish_telling *find(const struct osm_publisher *publisher, uint32_t id)
{
    struct osm_publish_telling *telling;

    DL_FOREACH (publisher->tellings, telling)
        if (telling->subscription == id)
            return telling;
    return NULL;
}

static void charge(struct osm_publish_telling *telling)
{
    struct osm_publish_budget *budget = telling->publisher->all->budget;

    osm_publish_budget_return(budget, telling->bytes);
    telling->bytes = osm_publish_stored_bytes(&telling->stored);
    osm_publish_budget_take(budget, telling->bytes);
}

/* It is freed when its work is done. */
static void end(struct osm_publish_telling *telling)
{
    struct osm_publisher *publisher = osm_steal(telling->publisher);

    osm_assert(publisher->tellings);
    DL_DELETE(publisher->tellings, telling);
    publisher->tellings_for_callers -= telling->for_callers;
    osm_publish_budget_return(publisher->all->budget, telling->bytes);
}

/* False when all has been told. */
static bool tell_some(struct osm_publish_telling *telling, struct osm_subscription *subscription)
{
    const struct osm_observer *observer = telling->publisher->observer;
    const UA_PublishResponse *response = telling->stored.response;

    return observer->ops->published_some(
        observer->session, subscription, &response->notificationMessage,
        response->moreNotifications, telling->republished, &telling->place);
}

static bool is_ready(const struct osm_publish_telling *telling)
{
    return osm_publish_large_is_ready(telling->publisher, telling->stored.large);
}

static void write_events(struct osm_ua_work *work)
{
    osm_publish_large_write(telling_of(work)->stored.large);
}

static void done(struct osm_ua_work *work);

/* In the next turn, or when what is large has been written. */
static void keep_on(struct osm_publish_telling *telling)
{
    const struct osm_publisher *publisher = telling->publisher;
    const struct osm_env *env = publisher->link->env;

    telling->work = (struct osm_ua_work){.done = done};
    if (!is_ready(telling)) {
        osm_publish_large_prepare(publisher, telling->stored.large);
        telling->work.run = write_events;
    }
    env->ua_ops->answer_keep(env->ua, telling->stored.response, &telling->work);
}

static void done(struct osm_ua_work *work)
{
    struct osm_publish_telling *telling = telling_of(work);
    struct osm_publisher *publisher = telling->publisher;
    struct osm_subscription *subscription;

    if (publisher) {
        osm_link_speaks(publisher->link);
        charge(telling);
        subscription = osm_subscription_find(publisher->all, telling->subscription);
        if (subscription && (!is_ready(telling) || tell_some(telling, subscription))) {
            keep_on(telling);
            return;
        }
        end(telling);
        if (subscription) /* else a server has given its id to another one */
            osm_publish_told(publisher, subscription, &telling->stored, telling->for_callers);
        osm_publisher_go(publisher);
    }
    osm_publish_stored_clear(&telling->stored);
    free(telling);
}

static bool has_to_be_told_on(const struct osm_publisher *publisher,
                              const UA_PublishResponse *response)
{
    const struct osm_observer_ops *observer = publisher->observer->ops;
    const struct osm_env *env = publisher->link->env;
    struct osm_publish_large *large = publisher->arriving;

    return large && &large->response == response && observer && observer->published_some &&
           (large->notifications > MANY || !osm_publish_large_is_ready(publisher, large)) &&
           osm_ua_answer_is_large(env->ua_ops, env->ua, response);
}

bool osm_publish_tell_on(struct osm_publisher *publisher,
                         const struct osm_subscription *subscription,
                         const UA_PublishResponse *response, bool republished, bool for_callers)
{
    struct osm_publish_telling *telling;

    if (!has_to_be_told_on(publisher, response))
        return false;
    telling = osm_alloc(sizeof(*telling));
    *telling = (struct osm_publish_telling){.publisher = publisher,
                                            .subscription = subscription->id,
                                            .republished = republished,
                                            .for_callers = for_callers};
    osm_publish_store(&telling->stored, response, &publisher->arriving);
    charge(telling);
    DL_APPEND(publisher->tellings, telling);
    publisher->tellings_for_callers += telling->for_callers;
    keep_on(telling);
    return true;
}

bool osm_publish_is_telling(const struct osm_publisher *publisher,
                            const struct osm_subscription *subscription)
{
    return find(publisher, subscription->id) != NULL;
}

void osm_publish_tellings_stop(struct osm_publisher *publisher,
                               const struct osm_subscription *subscription)
{
    struct osm_publish_telling *telling, *next;

    DL_FOREACH_SAFE (publisher->tellings, telling, next)
        if (!subscription || telling->subscription == subscription->id)
            end(telling);
}
