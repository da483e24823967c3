/* SPDX-License-Identifier: MIT */
/*
 * Connections, subscriptions, items: a table of keys each; see connections.h. Everything a server
 * is not needed for is checked here, so that a mistake is found by --check and not by a plant
 * that stays silent.
 */
#include "app/conf/connections.h"

#include <string.h>

#include "app/conf/filters.h"
#include "app/conf/session_settings.h"
#include "util/alloc.h"
#include "wire/text/index_range.h"
#include "wire/text/node_id.h"
#include "wire/text/url.h"
#include "yaml/fields.h"

/* --- items --------------------------------------------------------------------------------- */

struct item {
    struct osm_desired_item wanted;
    const struct osm_node *select_fields, *where, *filter;
    const char *index_range;
};

/* Of event items: what a burst of alarms may bring between two publishing intervals. With 0 some
 * servers keep one. */
#define OSM_EVENT_QUEUE 1000

#define FIELD(kind_, key_, offset_) .key = key_, .kind = OSM_FIELD_##kind_, .offset = offset_
#define ITEM(key) offsetof(struct item, wanted.params.key)
#define NODE offsetof(struct item, wanted.node)

static const struct osm_field data_fields[] = {
    {FIELD(TEXT, "node_id", NODE), .required = true},
    {FIELD(UINT32, "attribute_id", ITEM(attribute_id)), .least = 1, .most = 27},
    {FIELD(TEXT, "index_range", offsetof(struct item, index_range))},
    {FIELD(DOUBLE, "sampling_interval", ITEM(sampling_interval))},
    {FIELD(UINT32, "queue_size", ITEM(queue_size)), .most = UINT32_MAX},
    {FIELD(UINT32, "client_handle", ITEM(client_handle)), .most = UINT32_MAX},
    {FIELD(BOOL, "discard_oldest", ITEM(discard_oldest))},
    {FIELD(NODE, "filter", offsetof(struct item, filter)), .node = OSM_NODE_MAP},
};

static const struct osm_field event_fields[] = {
    {FIELD(TEXT, "node_id", NODE), .required = true},
    {FIELD(NODE, "select_fields", offsetof(struct item, select_fields)), .node = OSM_NODE_LIST},
    {FIELD(NODE, "where", offsetof(struct item, where)), .node = OSM_NODE_MAP},
    {FIELD(UINT32, "client_handle", ITEM(client_handle)), .most = UINT32_MAX},
    {FIELD(UINT32, "queue_size", ITEM(queue_size)), .most = UINT32_MAX},
    {FIELD(BOOL, "condition_refresh", ITEM(refresh))},
};

/* A namespace URI, or a server, before an identifier: no path, although it may have slashes. */
static bool is_meant_as_id(const char *text)
{
    const char *rest = strchr(text, ';');

    if (strncmp(text, "svr=", 4) == 0)
        return true;
    return strncmp(text, "nsu=", 4) == 0 &&
           (!rest || (rest[1] && strchr("isgb", rest[1]) && rest[2] == '='));
}

/* A NodeId, or of event items a browse path. */
static bool take_node(const struct osm_fields *fields, const struct osm_node *map, bool event,
                      struct osm_desired_item *item)
{
    const struct osm_node *at = osm_node_get(map, "node_id");
    struct osm_monitored_item_params *params = &item->params;
    size_t length = strlen(item->node);
    struct osm_fault fault = {0};

    if ((!event || *item->node != '/') &&
        osm_node_id_parse_apart(item->node, length, &params->namespace_uri, &params->node_id,
                                fields->arena, &fault))
        return true;
    params->namespace_uri = UA_STRING_NULL;
    params->node_id = UA_NODEID_NULL;
    if (!event || !strchr(item->node, '/') || is_meant_as_id(item->node))
        return osm_findings_error(fields->faults, fields->file, at ? at->line : map->line,
                                  "node_id: %s", fault.message);
    params->path = (UA_String){length, (UA_Byte *)(uintptr_t)item->node};
    return true;
}

static bool take_range(const struct osm_fields *fields, const struct osm_node *map,
                       const char *range, struct osm_monitored_item_params *params)
{
    const struct osm_node *at = osm_node_get(map, "index_range");
    size_t length = strlen(range);

    params->index_range = (UA_String){length, length ? (UA_Byte *)(uintptr_t)range : NULL};
    return !length || osm_index_range_check(range, length) ||
           osm_findings_error(fields->faults, fields->file, at ? at->line : map->line,
                              "index_range must be " OSM_INDEX_RANGE_EXPECTED);
}

static const struct osm_monitored_item_params data_item = {.attribute_id = UA_ATTRIBUTEID_VALUE,
                                                           .mode = UA_MONITORINGMODE_REPORTING,
                                                           .sampling_interval = 250.0,
                                                           .queue_size = 1,
                                                           .discard_oldest = true};
static const struct osm_monitored_item_params event_item = {.attribute_id =
                                                                UA_ATTRIBUTEID_EVENTNOTIFIER,
                                                            .mode = UA_MONITORINGMODE_REPORTING,
                                                            .queue_size = OSM_EVENT_QUEUE,
                                                            .client_handle = 1,
                                                            .discard_oldest = true};

static bool read_item(const struct osm_fields *fields, const struct osm_node *node, bool event,
                      struct osm_desired_item *out)
{
    struct item item = {.wanted.params = event ? event_item : data_item};
    bool good = event ? osm_fields_read(fields, node, "event monitored item", event_fields,
                                        OSM_ARRAY_SIZE(event_fields), &item)
                      : osm_fields_read(fields, node, "monitored item", data_fields,
                                        OSM_ARRAY_SIZE(data_fields), &item);

    if (item.wanted.node)
        good = take_node(fields, node, event, &item.wanted) && good;
    if (item.index_range)
        good = take_range(fields, node, item.index_range, &item.wanted.params) && good;
    if (event)
        good =
            osm_filters_read_event(fields, item.select_fields, item.where, &item.wanted.params) &&
            good;
    if (item.filter)
        good = osm_filters_read_data_change(fields, item.filter, &item.wanted.params) && good;
    *out = item.wanted;
    return good;
}

static bool read_items(const struct osm_fields *fields, const struct osm_node *list, bool event,
                       struct osm_desired_subscription *out)
{
    bool good = true;

    for (size_t i = 0; list && i < list->length; i++)
        good = read_item(fields, list->members[i], event, &out->items[out->items_size++]) && good;
    return good;
}

/* --- subscriptions ------------------------------------------------------------------------- */

struct subscription {
    struct osm_desired_subscription wanted;
    const struct osm_node *items, *event_items;
    uint32_t priority;
    bool condition_refresh;
};

#define SUBSCRIPTION(key) offsetof(struct subscription, wanted.params.key)

static const struct osm_field subscription_fields[] = {
    {FIELD(DOUBLE, "publishing_interval", SUBSCRIPTION(publishing_interval))},
    {FIELD(UINT32, "lifetime_count", SUBSCRIPTION(lifetime_count)), .most = UINT32_MAX},
    {FIELD(UINT32, "max_keep_alive_count", SUBSCRIPTION(keep_alive_count)), .most = UINT32_MAX},
    {FIELD(UINT32, "max_notifications_per_publish", SUBSCRIPTION(max_notifications)),
     .most = UINT32_MAX},
    {FIELD(UINT32, "priority", offsetof(struct subscription, priority)), .most = 255},
    {FIELD(BOOL, "condition_refresh", offsetof(struct subscription, condition_refresh))},
    {FIELD(NODE, "monitored_items", offsetof(struct subscription, items)), .node = OSM_NODE_LIST},
    {FIELD(NODE, "event_monitored_items", offsetof(struct subscription, event_items)),
     .node = OSM_NODE_LIST},
};

static bool read_subscription(const struct osm_fields *fields, const struct osm_node *node,
                              struct osm_desired_subscription *out)
{
    struct subscription read = {.wanted.params = {.publishing_interval = 500.0,
                                                  .lifetime_count = 2400,
                                                  .keep_alive_count = 10,
                                                  .publishing_enabled = true}};
    size_t size;
    bool good = osm_fields_read(fields, node, "subscription", subscription_fields,
                                OSM_ARRAY_SIZE(subscription_fields), &read);

    size =
        (read.items ? read.items->length : 0) + (read.event_items ? read.event_items->length : 0);
    *out = read.wanted;
    out->params.priority = (uint8_t)read.priority;
    out->items = osm_arena_array(fields->arena, size, sizeof(*out->items));
    good = read_items(fields, read.items, false, out) && good;
    good = read_items(fields, read.event_items, true, out) && good;
    for (size_t i = 0; read.condition_refresh && i < out->items_size; i++)
        out->items[i].params.refresh = out->items[i].params.event != NULL;
    return good;
}

/* --- connections --------------------------------------------------------------------------- */

struct connection {
    struct osm_desired_connection wanted;
    const struct osm_node *config, *subscriptions;
};

static const struct osm_field connection_fields[] = {
    {FIELD(TEXT, "endpoint", offsetof(struct connection, wanted.endpoint)), .required = true},
    {FIELD(NODE, "config", offsetof(struct connection, config)), .node = OSM_NODE_MAP},
    {FIELD(NODE, "subscriptions", offsetof(struct connection, subscriptions)),
     .node = OSM_NODE_LIST},
};

static bool check_endpoint(const struct osm_fields *fields, const struct osm_node *node,
                           const char *endpoint)
{
    const struct osm_node *at = osm_node_get(node, "endpoint");
    char *host = NULL, *url = NULL;
    uint16_t port;
    bool good;

    if (osm_url_has_userinfo(endpoint))
        return osm_findings_error(fields->faults, fields->file, at ? at->line : node->line,
                                  "endpoint: %s", osm_url_userinfo_refusal);
    good = osm_url_parse(endpoint, &host, &port, &url) && osm_url_has_our_scheme(endpoint);
    free(host);
    free(url);
    return good || osm_findings_error(fields->faults, fields->file, at ? at->line : node->line,
                                      "endpoint: no URL such as opc.tcp://host:4840: %s", endpoint);
}

static bool read_subscriptions(const struct osm_fields *fields, const struct osm_node *list,
                               struct osm_desired_connection *out)
{
    bool good = true;

    out->subscriptions = osm_arena_array(fields->arena, list->length, sizeof(*out->subscriptions));
    out->subscriptions_size = list->length;
    for (size_t i = 0; i < list->length; i++)
        good = read_subscription(fields, list->members[i], &out->subscriptions[i]) && good;
    return good;
}

static bool read_connection(const struct osm_fields *fields, const struct osm_pair *pair,
                            struct osm_desired_connection *out)
{
    struct connection read = {0};
    bool good = osm_fields_read(fields, pair->value, "connection", connection_fields,
                                OSM_ARRAY_SIZE(connection_fields), &read);

    *out = read.wanted;
    out->label = osm_arena_text(fields->arena, pair->key->text, pair->key->length);
    out->file = osm_arena_text(fields->arena, fields->file, strlen(fields->file));
    out->line = pair->key->line;
    if (out->endpoint)
        good = check_endpoint(fields, pair->value, out->endpoint) && good;
    if (read.config)
        good = osm_session_config_read(fields, read.config, &out->config) && good;
    if (read.subscriptions)
        good = read_subscriptions(fields, read.subscriptions, out) && good;
    return good;
}

/* Keys of one map differ already; two files may say the same. */
static bool is_new(const struct osm_fields *fields, const struct osm_node *key,
                   const struct osm_desired *wanted, size_t before)
{
    for (size_t i = 0; i < before; i++)
        if (strcmp(wanted->connections[i].label, key->text) == 0)
            return osm_findings_error(fields->faults, fields->file, key->line,
                                      "connection \"%s\" is also in %s, line %u", key->text,
                                      wanted->connections[i].file, wanted->connections[i].line);
    return true;
}

bool osm_connections_read(struct osm_desired *wanted, const char *file, const struct osm_node *map,
                          struct osm_faults *faults)
{
    const struct osm_fields fields = {&wanted->arena, file, faults};
    struct osm_desired_connection *old = wanted->connections;
    size_t before = wanted->size;
    bool good = true;

    if (osm_node_is_null(map))
        return true;
    if (map->kind != OSM_NODE_MAP)
        return osm_findings_error(faults, file, map->line,
                                  "connections: must be a map of labels, not %s",
                                  osm_node_what(map));
    wanted->connections =
        osm_arena_array(&wanted->arena, before + map->length, sizeof(*wanted->connections));
    if (before)
        memcpy(wanted->connections, old, before * sizeof(*old));
    for (size_t i = 0; i < map->length; i++) {
        if (read_connection(&fields, &map->pairs[i], &wanted->connections[wanted->size]) &&
            is_new(&fields, map->pairs[i].key, wanted, before))
            wanted->size++;
        else {
            osm_config_deinit(&wanted->connections[wanted->size].config);
            good = false;
        }
    }
    return good;
}
