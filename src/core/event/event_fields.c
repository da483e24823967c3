/* SPDX-License-Identifier: MIT */
/* Events as lists of fields; see event_fields.h. */
#include "core/event/event_fields.h"

static void print_numbers(struct osm_json *json, const uint32_t *list, size_t size)
{
    osm_json_array_begin(json);
    for (size_t i = 0; i < size; i++)
        osm_json_uint(json, list[i]);
    osm_json_array_end(json);
}

static void print_fault(struct osm_json *json, const struct osm_fault *fault)
{
    osm_json_object_begin(json);
    osm_json_key(json, "type");
    osm_json_cstring(json, osm_fault_name(fault->type));
    osm_json_key(json, "message");
    osm_json_cstring(json, fault->message);
    osm_json_object_end(json);
}

static void print_content(struct osm_json *json, struct osm_encoder *encoder,
                          const UA_Variant *variant)
{
    if (UA_Variant_isEmpty(variant))
        osm_json_null(json);
    else
        (void)osm_encode_content(encoder, variant);
}

static void print(struct osm_session *session, struct osm_json *json,
                  const struct osm_event_field *field)
{
    struct osm_encoder encoder = osm_event_encoder(session);

    osm_json_key(json, field->key);
    switch (field->kind) {
    case OSM_FIELD_OF_UINT:
        osm_json_uint(json, field->number);
        return;
    case OSM_FIELD_OF_BOOL:
        osm_json_bool(json, field->number != 0);
        return;
    case OSM_FIELD_OF_DOUBLE:
        osm_json_double(json, field->real);
        return;
    case OSM_FIELD_OF_NUMBERS:
        print_numbers(json, field->value, field->size);
        return;
    case OSM_FIELD_OF_LIST:
        osm_encode_list(&encoder, field->value, field->size, field->type);
        return;
    case OSM_FIELD_OF_CONTENT:
        print_content(json, &encoder, field->value);
        return;
    case OSM_FIELD_OF_TEXT:
    case OSM_FIELD_OF_VALUE:
    case OSM_FIELD_OF_FAULT:
        break;
    }
    if (!field->value)
        osm_json_null(json);
    else if (field->kind == OSM_FIELD_OF_TEXT)
        osm_json_cstring(json, field->value);
    else if (field->kind == OSM_FIELD_OF_FAULT)
        print_fault(json, field->value);
    else
        osm_encode_value(&encoder, field->value, field->type);
}

void osm_event_tell(struct osm_session *session, enum osm_event_type type,
                    const struct osm_event_field *fields, size_t count)
{
    struct osm_json *json = osm_event_begin(session, type);

    for (size_t i = 0; i < count; i++)
        print(session, json, &fields[i]);
    osm_event_end(session);
}
