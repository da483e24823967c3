/* SPDX-License-Identifier: MIT */
/* See events_prepare.h. */
#include "core/event/events_prepare.h"

#include <stdlib.h>

#include <open62541/types_generated_handling.h>
#include <utlist.h>

#include "core/event/events_alarm.h"
#include "core/session/session.h"
#include "util/alloc.h"
#include "wire/value/styles.h"

/* Encoded; what is smaller is written when its event is. */
#define LARGE ((size_t)4096)

struct piece {
    enum osm_prepared_form form;
    const void *of;
    struct osm_shared_text *text;
};

struct osm_prepared_events {
    struct osm_prepared_events **list;
    UA_NotificationMessage message;  /* borrows */
    bool alarms;                     /* what their events need is wanted, too */
    struct osm_wire_context context; /* kept */
    struct piece *pieces;            /* by address and form, when all are there */
    size_t count, capacity;
    struct osm_prepared_events *prev, *following;
};

/* --- off the loop -------------------------------------------------------------------------- */

/* The text goes on in the encoder's buffer; its value is `of`. */
typedef void write_fn(struct osm_encoder *encoder, const void *value, const UA_DataType *type);

static void write_text(struct osm_encoder *encoder, const void *value, const UA_DataType *type)
{
    const UA_String *text = value;

    (void)type;
    osm_json_text(encoder->json, (const char *)text->data, text->length);
}

static void write_base64(struct osm_encoder *encoder, const void *value, const UA_DataType *type)
{
    const UA_ByteString *bytes = value;

    (void)type;
    osm_json_base64(encoder->json, bytes->data, bytes->length);
}

static void add(struct osm_prepared_events *prepared, enum osm_prepared_form form, const void *of,
                const void *value, const UA_DataType *type)
{
    static write_fn *const writers[] = {[OSM_PREPARED_VALUE] = osm_encode_value,
                                        [OSM_PREPARED_TEXT] = write_text,
                                        [OSM_PREPARED_BASE64] = write_base64,
                                        [OSM_PREPARED_NODE_ID] = osm_encode_value};
    struct osm_buf text;
    struct osm_json json;
    struct osm_encoder encoder;

    osm_buf_init(&text);
    osm_json_init(&json, &text);
    encoder = osm_encoder_make(&json, &prepared->context, &osm_plain_style);
    writers[form](&encoder, value, type);
    if (text.capacity > text.length)
        osm_buf_cut(&text, text.capacity - text.length);
    if (prepared->count == prepared->capacity) {
        prepared->capacity = OSM_MAX(2 * prepared->capacity, (size_t)4);
        prepared->pieces =
            osm_alloc_resize(prepared->pieces, prepared->capacity * sizeof(*prepared->pieces));
    }
    prepared->pieces[prepared->count++] = (struct piece){form, of, osm_rope_text_new(&text)};
}

static bool is_large(const void *value, const UA_DataType *type)
{
    return UA_calcSizeBinary(value, type) >= LARGE;
}

/* All empty arrays have the same. */
static bool has_address(const UA_Variant *value)
{
    return (uintptr_t)value->data > (uintptr_t)UA_EMPTY_ARRAY_SENTINEL;
}

static void add_change(struct osm_prepared_events *prepared, const UA_DataValue *value)
{
    const UA_DataType *type = &UA_TYPES[UA_TYPES_DATAVALUE];

    if (value->hasValue && has_address(&value->value) && is_large(value, type))
        add(prepared, OSM_PREPARED_VALUE, value->value.data, value, type);
}

static void add_string(struct osm_prepared_events *prepared, enum osm_prepared_form form,
                       const UA_String *text)
{
    if (text->length >= LARGE)
        add(prepared, form, text->data, text, NULL);
}

/* Events of alarms show some fields by themselves. */
static void add_alarm_field(struct osm_prepared_events *prepared, const UA_Variant *field)
{
    if (UA_Variant_hasScalarType(field, &UA_TYPES[UA_TYPES_STRING]))
        add_string(prepared, OSM_PREPARED_TEXT, field->data);
    else if (UA_Variant_hasScalarType(field, &UA_TYPES[UA_TYPES_LOCALIZEDTEXT]))
        add_string(prepared, OSM_PREPARED_TEXT, &((const UA_LocalizedText *)field->data)->text);
    else if (UA_Variant_hasScalarType(field, &UA_TYPES[UA_TYPES_BYTESTRING]))
        add_string(prepared, OSM_PREPARED_BASE64, field->data);
    else if (UA_Variant_hasScalarType(field, &UA_TYPES[UA_TYPES_NODEID]))
        add(prepared, OSM_PREPARED_NODE_ID, field->data, field->data, field->type);
}

static void add_fields(struct osm_prepared_events *prepared, const UA_EventFieldList *event)
{
    const UA_DataType *type = &UA_TYPES[UA_TYPES_VARIANT];

    for (size_t i = 0; i < event->eventFieldsSize; i++) {
        const UA_Variant *field = &event->eventFields[i];

        if (!has_address(field) || !is_large(field, type))
            continue;
        add(prepared, OSM_PREPARED_VALUE, field->data, field, type);
        if (prepared->alarms)
            add_alarm_field(prepared, field);
    }
}

static void add_notification(struct osm_prepared_events *prepared, const UA_ExtensionObject *data)
{
    const UA_DataType *type = data->content.decoded.type;

    if (data->encoding < UA_EXTENSIONOBJECT_DECODED)
        return;
    if (type == &UA_TYPES[UA_TYPES_DATACHANGENOTIFICATION]) {
        const UA_DataChangeNotification *changes = data->content.decoded.data;

        for (size_t i = 0; i < changes->monitoredItemsSize; i++)
            add_change(prepared, &changes->monitoredItems[i].value);
    } else if (type == &UA_TYPES[UA_TYPES_EVENTNOTIFICATIONLIST]) {
        const UA_EventNotificationList *events = data->content.decoded.data;

        for (size_t i = 0; i < events->eventsSize; i++)
            add_fields(prepared, &events->events[i]);
    }
}

static int compare(const void *left, const void *right)
{
    const struct piece *a = left, *b = right;

    if (a->of != b->of)
        return (uintptr_t)a->of < (uintptr_t)b->of ? -1 : 1;
    return (int)a->form - (int)b->form;
}

size_t osm_prepared_events_write(struct osm_prepared_events *prepared)
{
    size_t bytes = 0;

    osm_wire_context_prepare(&prepared->context);
    for (size_t i = 0; i < prepared->message.notificationDataSize; i++)
        add_notification(prepared, &prepared->message.notificationData[i]);
    if (prepared->count)
        qsort(prepared->pieces, prepared->count, sizeof(*prepared->pieces), compare);
    for (size_t i = 0; i < prepared->count; i++)
        bytes += sizeof(struct piece) + prepared->pieces[i].text->bytes.capacity;
    return bytes;
}

/* --- on the loop --------------------------------------------------------------------------- */

struct osm_prepared_events *osm_events_prepare(struct osm_session *session,
                                               const UA_NotificationMessage *message)
{
    const struct osm_wire_context context = osm_session_wire_context(session);
    struct osm_prepared_events *prepared;

    if (!osm_bus_wants_any(session, osm_event_from_publish()))
        return NULL;
    prepared = osm_alloc(sizeof(*prepared));
    prepared->message = *message;
    prepared->list = osm_bus_prepared(osm_session_bus(session));
    prepared->alarms = osm_bus_wants_any(session, OSM_EVENTS_OF_ALARMS);
    prepared->context = osm_wire_context_keep(&context);
    DL_APPEND2(*prepared->list, prepared, prev, following);
    return prepared;
}

bool osm_prepared_events_suffice(const struct osm_session *session,
                                 const struct osm_prepared_events *prepared)
{
    if (!prepared)
        return !osm_bus_wants_any(session, osm_event_from_publish());
    return prepared->alarms || !osm_bus_wants_any(session, OSM_EVENTS_OF_ALARMS);
}

void osm_prepared_events_free(struct osm_prepared_events *prepared)
{
    if (!prepared)
        return;
    DL_DELETE2(*prepared->list, prepared, prev, following);
    for (size_t i = 0; i < prepared->count; i++)
        osm_rope_text_leave(prepared->pieces[i].text);
    osm_wire_context_release(&prepared->context);
    free(prepared->pieces);
    free(prepared);
}

struct osm_prepared_events *osm_prepared_events_of(const struct osm_session *session,
                                                   const UA_NotificationMessage *message)
{
    struct osm_prepared_events *prepared = *osm_bus_prepared(osm_session_bus(session));

    while (prepared && prepared->message.notificationData != message->notificationData)
        prepared = prepared->following;
    return prepared;
}

struct osm_shared_text *osm_prepared_events_find(const struct osm_prepared_events *prepared,
                                                 enum osm_prepared_form form, const void *of)
{
    const struct piece key = {.form = form, .of = of}, *found;

    if (!prepared || !prepared->count)
        return NULL;
    found = bsearch(&key, prepared->pieces, prepared->count, sizeof(key), compare);
    return found ? found->text : NULL;
}
