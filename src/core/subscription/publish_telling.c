/* SPDX-License-Identifier: MIT */
/*
 * Messages with so many notifications that telling them all would hold the loop: some are told in a
 * turn, the others in the next ones. The message is taken for delivered at once; later ones of its
 * subscription wait until all of it has been told, and only then it is acknowledged. Its connection
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

/* It is freed when its work is done. */
static void end(struct osm_publish_telling *telling)
{
    struct osm_publisher *publisher = osm_steal(telling->publisher);

    osm_assert(publisher->tellings);
    DL_DELETE(publisher->tellings, telling);
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

static void keep_on(const struct osm_publisher *publisher, struct osm_publish_telling *telling)
{
    const struct osm_env *env = publisher->link->env;

    env->ua_ops->answer_keep(env->ua, telling->stored.response, &telling->work);
}

static void nothing(struct osm_ua_work *work)
{
    (void)work;
}

static void done(struct osm_ua_work *work)
{
    struct osm_publish_telling *telling = telling_of(work);
    struct osm_publisher *publisher = telling->publisher;
    struct osm_subscription *subscription;

    if (publisher) {
        osm_link_speaks(publisher->link);
        subscription = osm_subscription_find(publisher->all, telling->subscription);
        if (subscription && tell_some(telling, subscription)) {
            keep_on(publisher, telling);
            return;
        }
        end(telling);
        if (subscription) /* else a server has given its id to another one */
            osm_publish_told(publisher, subscription, telling->stored.response);
    }
    osm_publish_stored_clear(&telling->stored);
    free(telling);
}

bool osm_publish_tell_on(struct osm_publisher *publisher,
                         const struct osm_subscription *subscription,
                         const UA_PublishResponse *response, bool republished)
{
    const struct osm_observer_ops *observer = publisher->observer->ops;
    const struct osm_env *env = publisher->link->env;
    const struct osm_publish_large *large = publisher->arriving;
    struct osm_publish_telling *telling;

    if (!large || &large->response != response || large->notifications <= MANY || !observer ||
        !observer->published_some || !osm_ua_answer_is_large(env->ua_ops, env->ua, response))
        return false;
    telling = osm_alloc(sizeof(*telling));
    *telling = (struct osm_publish_telling){.work = {nothing, nothing, done},
                                            .publisher = publisher,
                                            .subscription = subscription->id,
                                            .republished = republished};
    osm_publish_store(&telling->stored, response, &publisher->arriving);
    telling->bytes = osm_publish_stored_bytes(&telling->stored);
    osm_publish_budget_take(publisher->all->budget, telling->bytes);
    DL_APPEND(publisher->tellings, telling);
    keep_on(publisher, telling);
    return true;
}

bool osm_publish_is_telling(const struct osm_publisher *publisher,
                            const struct osm_subscription *subscription)
{
    return find(publisher, subscription->id) != NULL;
}

void osm_publish_tell_rest(struct osm_publisher *publisher, struct osm_subscription *subscription)
{
    struct osm_publish_telling *telling = find(publisher, subscription->id);

    if (!telling)
        return;
    while (tell_some(telling, subscription))
        ;
    end(telling);
}

void osm_publish_tellings_stop(struct osm_publisher *publisher,
                               const struct osm_subscription *subscription)
{
    struct osm_publish_telling *telling, *next;

    DL_FOREACH_SAFE (publisher->tellings, telling, next)
        if (!subscription || telling->subscription == subscription->id)
            end(telling);
}
