/* SPDX-License-Identifier: MIT */
#ifndef OSM_CORE_SUBSCRIPTION_PUBLISH_BUDGET_H
#define OSM_CORE_SUBSCRIPTION_PUBLISH_BUDGET_H
/*
 * The memory of Publish responses that wait: for their subscription to be known, for messages that
 * are missing, for a caller. Counts of them bound little, as one response may be as large as the
 * server likes; so all sessions share one budget of bytes. Who goes beyond it gives up his own
 * oldest (osm_publish_fit()).
 */
#include <stddef.h>

#define OSM_PUBLISH_BUDGET ((size_t)64 << 20)

struct osm_publish_budget {
    size_t bytes; /* in use, by all sessions */
};

/* NULL is fine: nobody counts. */
static inline void osm_publish_budget_take(struct osm_publish_budget *budget, size_t bytes)
{
    if (budget)
        budget->bytes += bytes;
}

static inline void osm_publish_budget_return(struct osm_publish_budget *budget, size_t bytes)
{
    if (budget)
        budget->bytes -= bytes;
}

#endif
