/* SPDX-License-Identifier: MIT */
/* Auto-connect in the reply to `status`. */
#include "serve/command/status.h"

#include <utlist.h>

#include "auto/auto_connect.h"
#include "core/manager/registry.h"

void osm_status_at(struct osm_json *json, const char *key, const struct osm_manager *manager,
                   osm_msec at)
{
    osm_msec now = osm_clock_now(manager->env.loop.clock);
    double wall = osm_clock_wall(manager->env.loop.clock);

    osm_status_time(json, key,
                    at == OSM_MSEC_NEVER || !at ? 0
                    : at > now                  ? wall + (double)(at - now) / 1000.0
                                                : wall);
}

/* --- items --------------------------------------------------------------------------------- */

static void print_refused(struct osm_json *json, const struct osm_auto_item *item,
                          const struct osm_manager *manager)
{
    osm_json_object_begin(json);
    osm_json_key(json, "nodeId");
    osm_json_cstring(json, item->node_id);
    osm_status_code_message(json, "error", item->thing.refusal);
    osm_status_at(json, "nextRetry", manager, item->thing.retry_at);
    osm_json_object_end(json);
}

static bool is_wanted(const struct osm_auto_thing *thing)
{
    return thing->place != OSM_AUTO_DOOMED;
}

static void print_items(struct osm_json *json, const struct osm_auto_subscription *subscription,
                        const struct osm_manager *manager)
{
    const struct osm_auto_item *item;
    unsigned desired = 0, actual = 0, shown = 0;

    DL_FOREACH (subscription->items, item) {
        desired += is_wanted(&item->thing);
        actual += is_wanted(&item->thing) && item->thing.id;
    }
    osm_json_key(json, "items");
    osm_json_object_begin(json);
    osm_json_key(json, "desired");
    osm_json_uint(json, desired);
    osm_json_key(json, "actual");
    osm_json_uint(json, actual);
    osm_json_key(json, "errors");
    osm_json_array_begin(json);
    DL_FOREACH (subscription->items, item)
        if (is_wanted(&item->thing) && item->thing.refusal && shown++ < OSM_STATUS_ERRORS)
            print_refused(json, item, manager);
    osm_json_array_end(json);
    osm_json_object_end(json);
}

/* --- entries ------------------------------------------------------------------------------- */

static void print_subscription(struct osm_json *json,
                               const struct osm_auto_subscription *subscription,
                               const struct osm_manager *manager)
{
    osm_json_object_begin(json);
    osm_json_key(json, "id");
    if (subscription->thing.id)
        osm_json_uint(json, subscription->thing.id);
    else
        osm_json_null(json);
    osm_status_code_message(json, "error", subscription->thing.refusal);
    osm_status_at(json, "nextRetry", manager, subscription->thing.retry_at);
    print_items(json, subscription, manager);
    osm_json_object_end(json);
}

static void print_entry(struct osm_json *json, const struct osm_auto_entry *entry,
                        const struct osm_manager *manager)
{
    const struct osm_auto_subscription *subscription;

    osm_json_object_begin(json);
    osm_json_key(json, "label");
    osm_json_cstring(json, entry->label);
    osm_json_key(json, "endpointUrl");
    osm_json_cstring(json, entry->endpoint);
    osm_json_key(json, "state");
    osm_json_cstring(json, osm_auto_state_name(entry->state));
    osm_json_key(json, "sessionId");
    if (*entry->session_id)
        osm_json_cstring(json, entry->session_id);
    else
        osm_json_null(json);
    osm_status_code_message(json, "error", entry->failure);
    osm_json_key(json, "failures");
    osm_json_uint(json, entry->failures);
    osm_status_at(json, "nextRetry", manager, entry->failures && !entry->call ? entry->due : 0);
    osm_json_key(json, "subscriptions");
    osm_json_array_begin(json);
    DL_FOREACH (entry->subscriptions, subscription)
        if (is_wanted(&subscription->thing))
            print_subscription(json, subscription, manager);
    osm_json_array_end(json);
    osm_json_object_end(json);
}

void osm_status_connections(struct osm_json *json, const struct osm_manager *manager,
                            const struct osm_grant *grant)
{
    const struct osm_auto_entry *entry;

    osm_json_key(json, "connections");
    osm_json_array_begin(json);
    DL_FOREACH (osm_auto_connect_entries(manager->auto_connect), entry)
        if (osm_grant_reaches(grant, entry->endpoint))
            print_entry(json, entry, manager);
    osm_json_array_end(json);
}

void osm_status_labels(struct osm_json *json, const struct osm_session *session)
{
    const struct osm_auto_entry *entry;

    osm_json_key(json, "autoConnect");
    osm_json_array_begin(json);
    DL_FOREACH (osm_auto_connect_entries(osm_registry_manager(session)->auto_connect), entry)
        if (!entry->doomed && strcmp(entry->session_id, session->id) == 0)
            osm_json_cstring(json, entry->label);
    osm_json_array_end(json);
}
