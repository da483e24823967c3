/* SPDX-License-Identifier: MIT */
/* Comparing and freeing what is wanted; see desired.h. */
#include "auto/desired.h"

#include <string.h>

#include <open62541/types_generated_handling.h>

#include "util/alloc.h"

struct osm_desired *osm_desired_new(void)
{
    struct osm_desired *wanted = osm_alloc(sizeof(*wanted));

    osm_arena_init(&wanted->arena);
    return wanted;
}

struct osm_desired *osm_desired_free(struct osm_desired *wanted)
{
    for (size_t i = 0; wanted && i < wanted->size; i++)
        osm_config_deinit(&wanted->connections[i].config);
    if (wanted)
        osm_arena_wipe(&wanted->arena);
    free(wanted);
    return NULL;
}

static bool same_event_filter(const UA_EventFilter *a, const UA_EventFilter *b)
{
    if (!a || !b)
        return a == b;
    return UA_order(a, b, &UA_TYPES[UA_TYPES_EVENTFILTER]) == UA_ORDER_EQ;
}

static bool same_data_filter(const struct osm_monitored_item_params *a,
                             const struct osm_monitored_item_params *b)
{
    return a->filtered == b->filtered && a->filter.trigger == b->filter.trigger &&
           a->filter.deadbandType == b->filter.deadbandType &&
           a->filter.deadbandValue == b->filter.deadbandValue;
}

bool osm_desired_item_equal(const struct osm_desired_item *one,
                            const struct osm_desired_item *other)
{
    const struct osm_monitored_item_params *a = &one->params, *b = &other->params;

    return a->attribute_id == b->attribute_id && a->sampling_interval == b->sampling_interval &&
           a->queue_size == b->queue_size && a->client_handle == b->client_handle &&
           a->discard_oldest == b->discard_oldest && a->refresh == b->refresh &&
           same_data_filter(a, b) && UA_String_equal(&a->index_range, &b->index_range) &&
           strcmp(one->node, other->node) == 0 && same_event_filter(a->event, b->event);
}

bool osm_desired_params_equal(const struct osm_desired_subscription *one,
                              const struct osm_desired_subscription *other)
{
    const struct osm_subscription_params *a = &one->params, *b = &other->params;

    return a->publishing_interval == b->publishing_interval &&
           a->lifetime_count == b->lifetime_count && a->keep_alive_count == b->keep_alive_count &&
           a->max_notifications == b->max_notifications && a->priority == b->priority;
}

bool osm_desired_session_equal(const struct osm_desired_connection *a,
                               const struct osm_desired_connection *b)
{
    return strcmp(a->endpoint, b->endpoint) == 0 && osm_config_same(&a->config, &b->config);
}
