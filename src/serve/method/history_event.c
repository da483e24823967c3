/* SPDX-License-Identifier: MIT */
/* historyInsertEvent, historyReplaceEvent, historyUpdateEvent, historyDeleteEvent (methods.md
 * §4.2; OPC 10000-11 §6.8). An event's fields stand in the order of the select fields. */
#include "core/subscription/event_filter.h"
#include "serve/method/history.h"
#include "wire/tagged/tagged_decode.h"

/* --- insert, replace, update ---------------------------------------------------------------- */

static bool read_filter(struct osm_args *args, const struct osm_parameter *row, yyjson_val *value,
                        void *out)
{
    static const struct osm_parameter list = {.read = osm_parameter_list,
                                              .of = &osm_parameter_texts};
    struct {
        size_t size;
        UA_String *fields;
    } select;

    if (!osm_parameter_list(args, &list, value, &select))
        return false;
    *(UA_EventFilter *)out =
        *osm_event_filter_make(select.fields, select.size, args->decode->arena);
    return true;
}

static bool read_fields(struct osm_args *args, const struct osm_parameter *row, yyjson_val *value,
                        void *out)
{
    UA_HistoryEventFieldList *fields = out;
    struct osm_decode *decode = args->decode;
    struct osm_list list;
    yyjson_val *field;

    if (!osm_plain_read_list(decode, value, &list))
        return false;
    fields->eventFields = osm_arena_array(decode->arena, list.size, sizeof(*fields->eventFields));
    for (decode->element = 0; (field = osm_cast_list_next(&list)); decode->element++)
        if (!osm_tagged_read_variant(decode, field,
                                     &fields->eventFields[fields->eventFieldsSize++]))
            return false;
    decode->element = -1;
    return true;
}

struct event_update {
    struct osm_history_changes changes; /* first: see history.h */
    UA_UpdateEventDetails details;
};

static bool event_complete(struct osm_args *args, void *state)
{
    struct event_update *update = state;

    update->details.performInsertReplace = (UA_PerformUpdateType)args->method->variant;
    osm_history_changes_init(
        &update->changes, &update->details, &UA_TYPES[UA_TYPES_UPDATEEVENTDETAILS],
        offsetof(UA_UpdateEventDetails, eventDataSize), sizeof(*update->details.eventData));
    return true;
}

static const struct osm_items events = {sizeof(UA_HistoryEventFieldList), {.read = read_fields}};
static const struct osm_parameter event_parameters[] = {
    {"nodeId", NULL, OSM_NODE(struct event_update, details.nodeId)},
    {"selectFields", NULL, OSM_READ(read_filter, struct event_update, details.filter)},
    {"eventData", NULL,
     OSM_LIST(struct event_update, details.eventDataSize, details.eventData, &events)},
    {.name = ""}};

#define EVENT_METHOD(name, perform)                                                                \
    OSM_METHOD(name, .state_size = sizeof(struct event_update), .parameters = event_parameters,    \
               .complete = event_complete, .start = osm_history_changes_start,                     \
               .variant = UA_PERFORMUPDATETYPE_##perform)

EVENT_METHOD(historyInsertEvent, INSERT);
EVENT_METHOD(historyReplaceEvent, REPLACE);
EVENT_METHOD(historyUpdateEvent, UPDATE);

/* --- historyDeleteEvent --------------------------------------------------------------------- */

struct event_deletion {
    struct osm_history_changes changes;
    UA_DeleteEventDetails details;
};

static bool delete_complete(struct osm_args *args, void *state)
{
    struct event_deletion *deletion = state;

    osm_history_changes_init(
        &deletion->changes, &deletion->details, &UA_TYPES[UA_TYPES_DELETEEVENTDETAILS],
        offsetof(UA_DeleteEventDetails, eventIdsSize), sizeof(*deletion->details.eventIds));
    return true;
}

/* Base64, as PHP cannot send other bytes. */
static const struct osm_items ids = {sizeof(UA_ByteString), {.read = osm_parameter_bytes}};
static const struct osm_parameter delete_parameters[] = {
    {"nodeId", NULL, OSM_NODE(struct event_deletion, details.nodeId)},
    {"eventIds", NULL,
     OSM_LIST(struct event_deletion, details.eventIdsSize, details.eventIds, &ids)},
    {.name = ""}};

OSM_METHOD(historyDeleteEvent, .state_size = sizeof(struct event_deletion),
           .parameters = delete_parameters, .complete = delete_complete,
           .start = osm_history_changes_start);
