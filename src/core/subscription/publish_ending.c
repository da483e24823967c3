/* SPDX-License-Identifier: MIT */
/*
 * Subscriptions that were made anew on the server while something of their life before is still to
 * be told: that may take turns of the loop. Until all of it is out the sequence is the old one's;
 * what comes of the new one is parked, and what has come of the old one is not acknowledged.
 */
#include <stdlib.h>

#include <utlist.h>

#include "core/subscription/publisher_internal.h"
#include "util/alloc.h"
#include "util/log.h"

struct osm_publish_ending {
    uint32_t subscription; /* callers' id */
    uint32_t expected;     /* when it was made anew: what follows may be lost */
    char *reason;
    struct osm_publish_ending *prev, *next;
};

static struct osm_publish_ending *find(const struct osm_publisher *publisher, uint32_t id)
{
    struct osm_publish_ending *ending;

    DL_FOREACH (publisher->endings, ending)
        if (ending->subscription == id)
            return ending;
    return NULL;
}

static void ending_free(struct osm_publisher *publisher, struct osm_publish_ending *ending)
{
    osm_assert(publisher->endings);
    DL_DELETE(publisher->endings, ending);
    free(ending->reason);
    free(ending);
}

bool osm_publish_is_ending(const struct osm_publisher *publisher,
                           const struct osm_subscription *subscription)
{
    return publisher->endings && find(publisher, subscription->id);
}

void osm_publisher_recreated(struct osm_publisher *publisher, struct osm_subscription *subscription,
                             const char *reason)
{
    struct osm_publish_ending *ending = find(publisher, subscription->id);

    publisher->engine.epoch++;
    osm_publish_asks_forget(publisher, subscription);
    osm_acks_forget(&publisher->acks, subscription->id);
    if (!ending) {
        ending = osm_alloc(sizeof(*ending));
        *ending = (struct osm_publish_ending){.subscription = subscription->id,
                                              .expected = subscription->track.expected,
                                              .reason = osm_strdup(reason)};
        DL_APPEND(publisher->endings, ending);
    }
    osm_publish_drain(publisher, subscription);
}

void osm_publish_begin_anew(struct osm_publisher *publisher, struct osm_subscription *subscription)
{
    struct osm_publish_ending *ending =
        publisher->endings ? find(publisher, subscription->id) : NULL;

    if (!ending || osm_publish_has_to_wait(publisher, subscription) ||
        osm_sequence_is_incomplete(&subscription->track))
        return;
    osm_sequence_begin(&subscription->track);
    osm_log_warning("Session %s: subscription %u begins anew (%s): what happened after message %u "
                    "of the old one may be lost",
                    publisher->id, subscription->id, ending->reason,
                    ending->expected ? ending->expected - 1 : 0);
    osm_observe(publisher->observer, notifications_lost, subscription->id, ending->expected, 0,
                OSM_OBSERVED_UNKNOWN, ending->reason);
    ending_free(publisher, ending);
    osm_publish_watch_silence(publisher, subscription);
    osm_publish_unpark(publisher, subscription->server_id);
}

void osm_publish_endings_stop(struct osm_publisher *publisher,
                              const struct osm_subscription *subscription)
{
    struct osm_publish_ending *ending, *next;

    DL_FOREACH_SAFE (publisher->endings, ending, next)
        if (!subscription || ending->subscription == subscription->id)
            ending_free(publisher, ending);
}
