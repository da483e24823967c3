/* SPDX-License-Identifier: MIT */
/* Comparing and freeing what is wanted; see wanted.h. */
#include "auto/desired.h"

#include <string.h>

#include "util/alloc.h"

struct osm_desired *osm_desired_new(void)
{
    struct osm_desired *wanted = osm_alloc(sizeof(*wanted));

    osm_arena_init(&wanted->arena);
    return wanted;
}

struct osm_desired *osm_desired_free(struct osm_desired *wanted)
{
    if (wanted)
        osm_arena_wipe(&wanted->arena);
    free(wanted);
    return NULL;
}

static bool same_fields(const struct osm_desired_item *a, const struct osm_desired_item *b)
{
    if (!a->select_fields || !b->select_fields)
        return !a->select_fields && !b->select_fields;
    if (a->select_fields_size != b->select_fields_size)
        return false;
    for (size_t i = 0; i < a->select_fields_size; i++)
        if (strcmp(a->select_fields[i], b->select_fields[i]) != 0)
            return false;
    return true;
}

bool osm_desired_item_equal(const struct osm_desired_item *a, const struct osm_desired_item *b)
{
    return a->event == b->event && a->attribute_id == b->attribute_id &&
           a->sampling_interval == b->sampling_interval && a->queue_size == b->queue_size &&
           a->client_handle == b->client_handle && a->condition_refresh == b->condition_refresh &&
           strcmp(a->node_id, b->node_id) == 0 && same_fields(a, b);
}

bool osm_desired_params_equal(const struct osm_desired_subscription *a,
                              const struct osm_desired_subscription *b)
{
    return a->publishing_interval == b->publishing_interval &&
           a->lifetime_count == b->lifetime_count &&
           a->max_keep_alive_count == b->max_keep_alive_count &&
           a->max_notifications_per_publish == b->max_notifications_per_publish &&
           a->priority == b->priority;
}

bool osm_desired_session_equal(const struct osm_desired_connection *a,
                               const struct osm_desired_connection *b)
{
    return strcmp(a->endpoint, b->endpoint) == 0 && a->config_length == b->config_length &&
           memcmp(a->config, b->config, a->config_length) == 0;
}
