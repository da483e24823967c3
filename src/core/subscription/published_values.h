/* SPDX-License-Identifier: MIT */
#ifndef OSM_CORE_SUBSCRIPTION_PUBLISHED_VALUES_H
#define OSM_CORE_SUBSCRIPTION_PUBLISHED_VALUES_H
/*
 * Values that subscriptions bring, on their way into the recent values (core/cache/value_cache.h):
 * a message names its items by handle, the recent values name nodes. The publisher's owner calls
 * this for every response; nobody else does.
 */
#include "core/cache/value_cache.h"
#include "core/subscription/subscription.h"

/* Where they go, and as whose; borrowed for the call. */
struct osm_published_values {
    struct osm_value_cache *values;
    struct osm_cache_scope scope;
    const struct osm_clock *clock;
};

/* Keeps the values of monitored items in a Publish response, if anybody wants them. */
void osm_published_values_keep(const struct osm_published_values *out,
                               const struct osm_subscriptions *all,
                               const UA_PublishResponse *response);

#endif
