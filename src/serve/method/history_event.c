/* SPDX-License-Identifier: MIT */
/* historyInsertEvent, historyReplaceEvent, historyUpdateEvent, historyDeleteEvent (methods.md
 * §4.2; OPC 10000-11 §6.8). An event's fields stand in the order of the select fields. */
#include "core/subscription/event_filter.h"
#include "serve/method/history.h"
#include "util/base64.h"
#include "wire/tagged/tagged_decode.h"
#include "wire/text/node_id.h"
#include "wire/text/string.h"

/* --- insert, replace, update ---------------------------------------------------------------- */

static bool filter_decode(struct osm_decode *decode, const struct osm_args *args, int position,
                          UA_EventFilter *out)
{
    struct osm_list list;
    UA_String *fields;
    yyjson_val *item;

    if (!osm_arg_array(decode, args, position, false, sizeof(*fields), &list, &fields))
        return false;
    for (decode->item = 0; (item = osm_cast_list_next(&list)); decode->item++) {
        if (!yyjson_is_str(item))
            return osm_decode_type_error(decode, "a string");
        fields[decode->item] = osm_string_view(yyjson_get_str(item), yyjson_get_len(item));
    }
    *out = *osm_event_filter_make(fields, list.size, decode->arena);
    return true;
}

static bool fields_decode(struct osm_decode *decode, yyjson_val *value,
                          UA_HistoryEventFieldList *out)
{
    struct osm_list list;
    yyjson_val *field;

    if (!osm_plain_read_list(decode, value, &list))
        return false;
    out->eventFields = osm_arena_array(decode->arena, list.size, sizeof(*out->eventFields));
    for (decode->element = 0; (field = osm_cast_list_next(&list)); decode->element++)
        if (!osm_tagged_read_variant(decode, field, &out->eventFields[out->eventFieldsSize++]))
            return false;
    decode->element = -1;
    return true;
}

struct event_update {
    struct osm_history_changes changes; /* first: see history.h */
    UA_UpdateEventDetails details;
};

static bool event_decode(struct osm_decode *decode, struct osm_args *args,
                         struct event_update *update)
{
    UA_UpdateEventDetails *details = &update->details;
    struct osm_list list;
    yyjson_val *item;

    if (!osm_arg_node_id(decode, args, 0, &details->nodeId) ||
        !filter_decode(decode, args, 1, &details->filter) ||
        !osm_arg_array(decode, args, 2, false, sizeof(*details->eventData), &list,
                       &details->eventData))
        return false;
    for (decode->item = 0; (item = osm_cast_list_next(&list)); decode->item++)
        if (!fields_decode(decode, item, &details->eventData[details->eventDataSize++]))
            return false;
    osm_history_changes_init(&update->changes, details, &UA_TYPES[UA_TYPES_UPDATEEVENTDETAILS],
                             offsetof(UA_UpdateEventDetails, eventDataSize),
                             sizeof(*details->eventData));
    return true;
}

static const struct osm_parameter event_parameters[] = {
    {"nodeId", NULL}, {"selectFields", NULL}, {"eventData", NULL}, {0}};

#define EVENT_METHOD(name_, perform)                                                               \
    static bool name_##_decode(struct osm_decode *decode, struct osm_args *args,                   \
                               const struct osm_session *session, void *state)                     \
    {                                                                                              \
        ((struct event_update *)state)->details.performInsertReplace = perform;                    \
        return event_decode(decode, args, state);                                                  \
    }                                                                                              \
                                                                                                   \
    const struct osm_method osm_method_##name_ = {                                                 \
        .name = #name_,                                                                            \
        .state_size = sizeof(struct event_update),                                                 \
        .parameters = event_parameters,                                                            \
        .decode = name_##_decode,                                                                  \
        .start = osm_history_changes_start,                                                        \
    }

EVENT_METHOD(historyInsertEvent, UA_PERFORMUPDATETYPE_INSERT);
EVENT_METHOD(historyReplaceEvent, UA_PERFORMUPDATETYPE_REPLACE);
EVENT_METHOD(historyUpdateEvent, UA_PERFORMUPDATETYPE_UPDATE);

/* --- historyDeleteEvent --------------------------------------------------------------------- */

/* Base64, as PHP cannot send other bytes; anything else counts as the bytes themselves. */
static bool event_id_decode(struct osm_decode *decode, yyjson_val *value, UA_ByteString *out)
{
    const char *text = yyjson_get_str(value);

    if (!text)
        return osm_decode_type_error(decode, "a string");
    if (!osm_base64_decode(text, yyjson_get_len(value), decode->arena, &out->data, &out->length)) {
        out->data = (UA_Byte *)osm_arena_text(decode->arena, text, yyjson_get_len(value));
        out->length = yyjson_get_len(value);
    }
    return true;
}

struct event_deletion {
    struct osm_history_changes changes;
    UA_DeleteEventDetails details;
};

static bool delete_decode(struct osm_decode *decode, struct osm_args *args,
                          const struct osm_session *session, void *state)
{
    struct event_deletion *deletion = state;
    UA_DeleteEventDetails *details = &deletion->details;
    struct osm_list list;
    yyjson_val *item;

    if (!osm_arg_node_id(decode, args, 0, &details->nodeId) ||
        !osm_arg_array(decode, args, 1, false, sizeof(*details->eventIds), &list,
                       &details->eventIds))
        return false;
    for (decode->item = 0; (item = osm_cast_list_next(&list)); decode->item++)
        if (!event_id_decode(decode, item, &details->eventIds[details->eventIdsSize++]))
            return false;
    osm_history_changes_init(&deletion->changes, details, &UA_TYPES[UA_TYPES_DELETEEVENTDETAILS],
                             offsetof(UA_DeleteEventDetails, eventIdsSize),
                             sizeof(*details->eventIds));
    return true;
}

static const struct osm_parameter delete_parameters[] = {{"nodeId", NULL}, {"eventIds", NULL}, {0}};

const struct osm_method osm_method_historyDeleteEvent = {
    .name = "historyDeleteEvent",
    .state_size = sizeof(struct event_deletion),
    .parameters = delete_parameters,
    .decode = delete_decode,
    .start = osm_history_changes_start,
};
