/* SPDX-License-Identifier: MIT */
/* Writing records: the walk over a table's fields; see record.h. */
#include "wire/value/record.h"

#include "wire/value/later.h"

uint32_t osm_record_node_class(UA_NodeClass node_class)
{
    uint32_t number = (uint32_t)node_class;

    /* One of the eight bits, or nothing. */
    return number <= UA_NODECLASS_VIEW && !(number & (number - 1)) ? number : 0;
}

void osm_record_encode_uint32s(struct osm_encoder *encoder, const uint32_t *values, size_t count)
{
    osm_json_array_begin(encoder->json);
    for (size_t i = 0; i < count; i++)
        osm_json_uint(encoder->json, values[i]);
    osm_json_array_end(encoder->json);
}

static void encode_texts(struct osm_encoder *encoder, const char *const *texts, size_t count)
{
    osm_json_array_begin(encoder->json);
    for (size_t i = 0; i < count; i++)
        osm_json_cstring(encoder->json, texts[i]);
    osm_json_array_end(encoder->json);
}

static void encode_base64(struct osm_encoder *encoder, const void *value)
{
    const UA_ByteString *bytes = value;

    if (bytes->length)
        osm_json_base64(encoder->json, bytes->data, bytes->length);
    else
        osm_json_null(encoder->json);
}

static void encode_node_class(struct osm_encoder *encoder, const void *value)
{
    uint32_t number = osm_record_node_class(*(const UA_NodeClass *)value);

    if (encoder->style->number)
        encoder->style->number(encoder->json, "NodeClass", number);
    else
        osm_json_uint(encoder->json, number);
}

#define BY_STYLE(kind) .builtin = UA_DATATYPEKIND_##kind, .styled = true

/* How fields that are single values are written: by a function, or as the style writes the
 * builtin type. */
static const struct {
    osm_encode_fn *encode;
    UA_DataTypeKind builtin;
    bool styled;
} singles[] = {
    [OSM_FIELD_BOOL] = {.encode = osm_encode_boolean},
    [OSM_FIELD_BYTE] = {.encode = osm_encode_byte},
    [OSM_FIELD_UINT32] = {.encode = osm_encode_uint32},
    [OSM_FIELD_ENUM] = {.encode = osm_encode_uint32},
    [OSM_FIELD_DOUBLE] = {.encode = osm_encode_double},
    [OSM_FIELD_STRING] = {.encode = osm_encode_string},
    [OSM_FIELD_TEXT] = {.encode = osm_encode_text},
    [OSM_FIELD_BASE64] = {.encode = encode_base64},
    [OSM_FIELD_NODE_ID_TEXT] = {.encode = osm_encode_node_id_text},
    [OSM_FIELD_NODE_CLASS] = {.encode = encode_node_class},
    [OSM_FIELD_NODE_ID] = {BY_STYLE(NODEID)},
    [OSM_FIELD_EXPANDED_NODE_ID] = {BY_STYLE(EXPANDEDNODEID)},
    [OSM_FIELD_QUALIFIED_NAME] = {BY_STYLE(QUALIFIEDNAME)},
    [OSM_FIELD_LOCALIZED_TEXT] = {BY_STYLE(LOCALIZEDTEXT)},
    [OSM_FIELD_DATE_TIME] = {BY_STYLE(DATETIME)},
    [OSM_FIELD_DATA_VALUE] = {BY_STYLE(DATAVALUE)},
};

static void encode_field(struct osm_encoder *encoder, const struct osm_field *field,
                         const void *value)
{
    const void *at = (const char *)value + field->offset;
    const void *size_at = (const char *)value + field->size_offset;

    switch (field->kind) {
    case OSM_FIELD_CONSTANT:
        osm_json_cstring(encoder->json, field->constant);
        break;
    case OSM_FIELD_UINT32_LIST:
        osm_record_encode_uint32s(encoder, *(uint32_t *const *)at, *(const size_t *)size_at);
        break;
    case OSM_FIELD_TEXT_LIST:
        encode_texts(encoder, *(const char *const *const *)at, *(const size_t *)size_at);
        break;
    case OSM_FIELD_VARIANT_LIST:
        osm_encode_list(encoder, *(UA_Variant *const *)at, *(const size_t *)size_at,
                        &UA_TYPES[UA_TYPES_VARIANT]);
        break;
    case OSM_FIELD_RECORD_LIST:
        osm_record_encode_all(encoder, field->record, *(void *const *)at, *(const size_t *)size_at);
        break;
    default:
        if (singles[field->kind].styled)
            encoder->style->builtin[singles[field->kind].builtin](encoder, at);
        else
            singles[field->kind].encode(encoder, at);
    }
}

/* A member of an object that is being written: its key in the encoder's style. */
static void field_key(struct osm_encoder *encoder, const struct osm_field *field)
{
    osm_json_key(encoder->json,
                 encoder->style->form == OSM_STYLE_TAGGED ? field->tagged : field->plain);
}

static void begin(struct osm_encoder *encoder, const char *tag)
{
    if (tag && encoder->style->begin)
        encoder->style->begin(encoder->json, tag);
    else
        osm_json_object_begin(encoder->json);
}

static bool shows_strict(const struct osm_encoder *encoder)
{
    return encoder->style->form == OSM_STYLE_OPCUA ||
           (encoder->context && encoder->context->strict);
}

static void write_record(struct osm_encoder *encoder, const struct osm_record *record,
                         const void *value)
{
    if (record->choose)
        record = record->choose(value);
    begin(encoder, record->tag);
    for (size_t i = 0; i < record->field_count; i++) {
        if (record->fields[i].strict && !shows_strict(encoder))
            continue;
        field_key(encoder, &record->fields[i]);
        encode_field(encoder, &record->fields[i], value);
    }
    osm_json_object_end(encoder->json);
}

static void write_records(struct osm_encoder *encoder, const void *of, const void *values,
                          size_t count)
{
    const struct osm_record *record = of;
    const char *at = values;

    for (; count; count--, at += record->size)
        write_record(encoder, record, at);
}

void osm_record_encode(struct osm_encoder *encoder, const struct osm_record *record,
                       const void *value)
{
    if (encoder->later)
        osm_later_add(encoder, write_records, record, value, 1, record->size);
    else
        write_record(encoder, record, value);
}

static void write_list(struct osm_encoder *encoder, const void *of, const void *values,
                       size_t count)
{
    osm_json_array_begin(encoder->json);
    write_records(encoder, of, values, count);
    osm_json_array_end(encoder->json);
}

void osm_record_encode_all(struct osm_encoder *encoder, const struct osm_record *record,
                           const void *values, size_t count)
{
    if (encoder->later)
        osm_later_add(encoder, write_list, record, values, count, 0);
    else
        write_list(encoder, record, values, count);
}

void osm_record_browse_node_begin(struct osm_encoder *encoder,
                                  const UA_ReferenceDescription *reference)
{
    begin(encoder, "BrowseNode");
    osm_json_key(encoder->json, "reference");
    osm_record_encode(encoder, &osm_record_reference_description, reference);
    osm_json_key(encoder->json, "children");
    osm_json_array_begin(encoder->json);
}

void osm_record_browse_node_end(struct osm_encoder *encoder)
{
    osm_json_array_end(encoder->json);
    osm_json_object_end(encoder->json);
}
