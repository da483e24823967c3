/* SPDX-License-Identifier: MIT */
/* See filters.h. */
#include "app/conf/filters.h"

#include <math.h>
#include <string.h>

#include "core/subscription/event_filter.h"
#include "serve/method/data_change_filter.h"
#include "serve/method/event_select.h"
#include "serve/method/event_where.h"
#include "wire/text/json.h"

/* --- of data changes ----------------------------------------------------------------------- */

struct filter {
    uint32_t trigger, deadband_type;
    double deadband_value;
};

/* The names of requests (differences.md M23) beside those of files. */
static const struct osm_field filter_fields[] = {
    {.key = "trigger",
     .kind = OSM_FIELD_UINT32,
     .offset = offsetof(struct filter, trigger),
     .most = 2},
    {.key = "deadband_type",
     .kind = OSM_FIELD_UINT32,
     .offset = offsetof(struct filter, deadband_type),
     .most = 2},
    {.key = "deadbandType",
     .kind = OSM_FIELD_UINT32,
     .offset = offsetof(struct filter, deadband_type),
     .most = 2},
    {.key = "deadband_value",
     .kind = OSM_FIELD_DOUBLE,
     .offset = offsetof(struct filter, deadband_value)},
    {.key = "deadbandValue",
     .kind = OSM_FIELD_DOUBLE,
     .offset = offsetof(struct filter, deadband_value)},
};

bool osm_filters_read_data_change(const struct osm_fields *fields, const struct osm_node *map,
                                  struct osm_monitored_item_params *params)
{
    struct filter filter = {.trigger = OSM_DATA_CHANGE_TRIGGER};
    bool good = osm_fields_read(fields, map, "filter", filter_fields, OSM_ARRAY_SIZE(filter_fields),
                                &filter);

    params->filtered = true;
    params->filter = (UA_DataChangeFilter){.trigger = (UA_DataChangeTrigger)filter.trigger,
                                           .deadbandType = filter.deadband_type,
                                           .deadbandValue = filter.deadband_value};
    return good;
}

/* --- as JSON, which requests are in -------------------------------------------------------- */

static void print_node(struct osm_json *json, const struct osm_node *node);

static void print_scalar(struct osm_json *json, const struct osm_node *node)
{
    double number;
    bool flag;

    if (osm_node_is_null(node))
        osm_json_null(json);
    else if (osm_node_is_bool(node, &flag))
        osm_json_bool(json, flag);
    else if (!osm_node_is_number(node, &number) || !isfinite(number))
        osm_json_text(json, node->text, node->length);
    else if (number == floor(number) && fabs(number) < 0x1p63)
        osm_json_int(json, (int64_t)number);
    else
        osm_json_double(json, number);
}

static void print_list(struct osm_json *json, const struct osm_node *list)
{
    osm_json_array_begin(json);
    for (size_t i = 0; i < list->length; i++)
        print_node(json, list->members[i]);
    osm_json_array_end(json);
}

static void print_map(struct osm_json *json, const struct osm_node *map)
{
    osm_json_object_begin(json);
    for (size_t i = 0; i < map->length; i++) {
        osm_json_key_text(json, map->pairs[i].key->text, map->pairs[i].key->length);
        print_node(json, map->pairs[i].value);
    }
    osm_json_object_end(json);
}

static void print_node(struct osm_json *json, const struct osm_node *node)
{
    static void (*const printers[])(struct osm_json * json, const struct osm_node *node) = {
        [OSM_NODE_SCALAR] = print_scalar, [OSM_NODE_LIST] = print_list, [OSM_NODE_MAP] = print_map};

    printers[node->kind](json, node);
}

/* In the arena. NULL when it is nested too deeply for JSON. */
static yyjson_val *json_of(const struct osm_fields *fields, const struct osm_node *node)
{
    _cleanup_(osm_buf_deinit) struct osm_buf text = {0};
    struct osm_json json;
    yyjson_alc alc;
    size_t size;

    osm_json_init(&json, &text);
    print_node(&json, node);
    size = yyjson_read_max_memory_usage(text.length, 0);
    if (!yyjson_alc_pool_init(&alc, osm_arena_alloc(fields->arena, size), size))
        return NULL;
    return yyjson_doc_get_root(yyjson_read_opts(text.data, text.length, 0, &alc, NULL));
}

/* --- of events ----------------------------------------------------------------------------- */

/* The decoder of requests, standing at a key of the file. */
static struct osm_decode decoder(const struct osm_fields *fields, const char *key,
                                 struct osm_names *names, struct osm_fault *fault)
{
    struct osm_decode decode =
        osm_decode_make(fields->arena, fault, "event_monitored_items", 0, NULL);

    decode.list = key;
    decode.position = -1;
    decode.names = names;
    return decode;
}

static bool tell(const struct osm_fields *fields, const struct osm_node *node,
                 const struct osm_fault *fault)
{
    return osm_findings_error(fields->faults, fields->file, node->line, "%s", fault->message);
}

static bool read_field(const struct osm_fields *fields, const struct osm_node *node,
                       UA_SimpleAttributeOperand *out)
{
    struct osm_names names = {.deferred = true}; /* there is no server yet */
    struct osm_fault fault = {0};
    struct osm_decode decode = decoder(fields, "select_fields", &names, &fault);

    if (node->kind == OSM_NODE_SCALAR && !node->length)
        return osm_findings_error(fields->faults, fields->file, node->line,
                                  "select_fields: a field without a name");
    if (node->kind == OSM_NODE_SCALAR && !osm_fields_text(fields, node, "select_fields"))
        return false;
    return osm_event_select_decode(&decode, false, json_of(fields, node), out) ||
           tell(fields, node, &fault);
}

static bool read_fields(const struct osm_fields *fields, const struct osm_node *list,
                        UA_EventFilter *out)
{
    bool good = true;

    if (!list->length)
        return osm_findings_error(fields->faults, fields->file, list->line,
                                  "select_fields: names no field");
    out->selectClauses = osm_arena_array(fields->arena, list->length, sizeof(*out->selectClauses));
    out->selectClausesSize = list->length;
    for (size_t i = 0; i < list->length; i++)
        good = read_field(fields, list->members[i], &out->selectClauses[i]) && good;
    return good;
}

bool osm_filters_read_event(const struct osm_fields *fields, const struct osm_node *select,
                            const struct osm_node *where, struct osm_monitored_item_params *params)
{
    struct osm_names names = {.deferred = true};
    struct osm_fault fault = {0};
    struct osm_decode decode = decoder(fields, "where", &names, &fault);
    UA_EventFilter *filter = osm_event_filter_make(
        osm_event_filter_fields, select ? 0 : OSM_EVENT_FILTER_FIELDS, fields->arena);
    bool good = !select || read_fields(fields, select, filter);

    if (where &&
        !osm_event_where_decode(&decode, false, json_of(fields, where), &filter->whereClause))
        good = tell(fields, where, &fault);
    params->event = filter;
    params->selected = filter->selectClausesSize;
    osm_event_filter_complete(filter, fields->arena);
    return good;
}
