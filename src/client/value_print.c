/* SPDX-License-Identifier: MIT */
/* Printing values; see value_print.h. */
#include "client/value_print.h"

#include <stdlib.h>
#include <string.h>

#include "client/client_internal.h"
#include "client/value_read.h"
#include "client/value_type.h"
#include "util/alloc.h"
#include "util/clock.h"
#include "wire/text/time_text.h"

/* Seconds between 1601 and 1970. */
#define UNIX_EPOCH INT64_C(11644473600)
#define TICKS INT64_C(10000000)

static void print_text(struct osm_json *json, const struct opcua_text *text)
{
    if (text->data)
        osm_json_text(json, text->data, text->length);
    else
        osm_json_null(json);
}

static void print_bytes(struct osm_json *json, const struct opcua_text *bytes, bool for_wire)
{
    if (!bytes->data) {
        osm_json_null(json);
        return;
    }
    if (for_wire) {
        osm_json_object_begin(json);
        osm_json_key(json, "base64");
    }
    osm_json_base64(json, bytes->data, bytes->length);
    if (for_wire)
        osm_json_object_end(json);
}

static void print_body(struct osm_json *json, const struct opcua_structure *structure)
{
    osm_json_object_begin(json);
    osm_json_key(json, "typeId");
    osm_json_cstring(json, structure->type_id ? structure->type_id : "i=0");
    osm_json_key(json, "encoding");
    osm_json_int(json, structure->is_xml ? 2 : structure->body.data ? 1 : 0);
    osm_json_key(json, "body");
    print_bytes(json, &structure->body, false);
    osm_json_key(json, "value");
    osm_json_null(json);
    osm_json_object_end(json);
}

static void print_structure(struct osm_json *json, const struct opcua_structure *structure,
                            bool for_wire)
{
    if (!structure) {
        osm_json_null(json);
        return;
    }
    if (!structure->is_decoded) {
        print_body(json, structure);
        return;
    }
    osm_json_object_begin(json);
    for (size_t i = 0; i < structure->member_count; i++) {
        const struct opcua_member *member = &structure->members[i];

        osm_json_key_text(json, member->name, strlen(member->name));
        osm_value_print(json, member->value, for_wire, false);
    }
    osm_json_object_end(json);
}

static void print_data_value(struct osm_json *json, const struct opcua_data_value *value,
                             bool for_wire, bool by_name)
{
    if (!value) {
        osm_json_null(json);
        return;
    }
    osm_json_object_begin(json);
    osm_json_key(json, "type");
    if (by_name)
        osm_json_cstring(json, opcua_type_name(value->value.type));
    else if (value->value.type)
        osm_json_int(json, value->value.type);
    else
        osm_json_null(json);
    osm_json_key(json, "value");
    osm_value_print(json, &value->value, for_wire, false);
    osm_json_key(json, by_name ? "status" : "statusCode");
    osm_json_uint(json, value->status);
    osm_json_key(json, "sourceTimestamp");
    osm_value_print_time(json, value->source_time);
    osm_json_key(json, "serverTimestamp");
    osm_value_print_time(json, value->server_time);
    osm_json_object_end(json);
}

static void print_qualified(struct osm_json *json, const union opcua_item *item)
{
    osm_json_object_begin(json);
    osm_json_key(json, "ns");
    osm_json_uint(json, item->qualified.ns);
    osm_json_key(json, "name");
    print_text(json, &item->qualified.name);
    osm_json_object_end(json);
}

static void print_localized(struct osm_json *json, const union opcua_item *item)
{
    osm_json_object_begin(json);
    osm_json_key(json, "locale");
    print_text(json, &item->localized.locale);
    osm_json_key(json, "text");
    print_text(json, &item->localized.text);
    osm_json_object_end(json);
}

static void print_item(struct osm_json *json, enum opcua_type type, const union opcua_item *item,
                       bool for_wire)
{
    switch (osm_value_kind(type)) {
    case OSM_ITEM_NONE:
        osm_json_null(json);
        break;
    case OSM_ITEM_BOOLEAN:
        osm_json_bool(json, item->boolean);
        break;
    case OSM_ITEM_INTEGER:
        osm_json_int(json, item->integer);
        break;
    case OSM_ITEM_COUNT:
        osm_json_uint(json, item->count);
        break;
    case OSM_ITEM_NUMBER:
        osm_json_double(json, item->number);
        break;
    case OSM_ITEM_TIME:
        osm_value_print_time(json, item->time);
        break;
    case OSM_ITEM_TEXT:
        print_text(json, &item->text);
        break;
    case OSM_ITEM_BYTES:
        print_bytes(json, &item->text, for_wire);
        break;
    case OSM_ITEM_QUALIFIED:
        print_qualified(json, item);
        break;
    case OSM_ITEM_LOCALIZED:
        print_localized(json, item);
        break;
    case OSM_ITEM_STRUCTURE:
        print_structure(json, item->structure, for_wire);
        break;
    case OSM_ITEM_DATA_VALUE:
        print_data_value(json, item->data_value, for_wire, false);
        break;
    case OSM_ITEM_VARIANT:
        if (!item->value)
            osm_json_null(json);
        else if (for_wire)
            osm_value_print_variant(json, item->value);
        else
            osm_value_print(json, item->value, false, false);
        break;
    }
}

/* One dimension of a matrix; *at goes on through the items. */
static void print_dimension(struct osm_json *json, const struct opcua_value *value, size_t level,
                            size_t *at, bool for_wire)
{
    osm_json_array_begin(json);
    for (uint32_t i = 0; i < value->dimensions[level]; i++) {
        if (level + 1 < value->dimension_count)
            print_dimension(json, value, level + 1, at, for_wire);
        else
            print_item(json, value->type, &value->items[(*at)++], for_wire);
    }
    osm_json_array_end(json);
}

void osm_value_print(struct osm_json *json, const struct opcua_value *value, bool for_wire,
                     bool flat)
{
    size_t at = 0;

    if (!osm_value_is_whole(value) || (!value->is_array && !value->length)) {
        osm_json_null(json);
    } else if (value->is_array && value->dimension_count > 1 && !flat) {
        print_dimension(json, value, 0, &at, for_wire);
    } else if (value->is_array) {
        osm_json_array_begin(json);
        for (; at < value->length; at++)
            print_item(json, value->type, &value->items[at], for_wire);
        osm_json_array_end(json);
    } else {
        print_item(json, value->type, value->items, for_wire);
    }
}

static void print_dimensions(struct osm_json *json, const struct opcua_value *value)
{
    if (value->dimension_count > 1) {
        osm_json_array_begin(json);
        for (size_t i = 0; i < value->dimension_count; i++)
            osm_json_uint(json, value->dimensions[i]);
        osm_json_array_end(json);
    } else {
        osm_json_null(json);
    }
}

void osm_value_print_variant(struct osm_json *json, const struct opcua_value *value)
{
    osm_json_object_begin(json);
    osm_json_key(json, "type");
    osm_json_int(json, value->type ? value->type : OPCUA_TYPE_VARIANT);
    osm_json_key(json, "value");
    osm_value_print(json, value, true, true);
    osm_json_key(json, "dimensions");
    print_dimensions(json, value);
    osm_json_object_end(json);
}

/* ---- tagged --------------------------------------------------------------------------------- */

static void tag_begin(struct osm_json *json, const char *tag)
{
    osm_json_object_begin(json);
    osm_json_key(json, "__t");
    osm_json_cstring(json, tag);
}

void osm_value_print_tagged_enum(struct osm_json *json, const char *tag, uint32_t number)
{
    tag_begin(json, tag);
    osm_json_key(json, "v");
    osm_json_uint(json, number);
    osm_json_object_end(json);
}

void osm_value_print_tagged_time(struct osm_json *json, int64_t time)
{
    char zoned[OSM_TIME_TEXT];
    size_t length;

    if (time <= 0) {
        osm_json_null(json);
        return;
    }
    length = osm_time_text(zoned, time, true);
    tag_begin(json, "DateTime");
    osm_json_key(json, "v");
    osm_json_text(json, zoned, length);
    osm_json_object_end(json);
}

void osm_value_print_tagged(struct osm_json *json, const struct opcua_value *value)
{
    tag_begin(json, "Variant");
    osm_json_key(json, "type");
    osm_value_print_tagged_enum(json, "BuiltinType",
                                value->type ? (uint32_t)value->type : OPCUA_TYPE_VARIANT);
    osm_json_key(json, "value");
    osm_value_print(json, value, true, true);
    osm_json_key(json, "dims");
    print_dimensions(json, value);
    osm_json_object_end(json);
}

void osm_value_print_tagged_data(struct osm_json *json, const struct opcua_data_value *value)
{
    tag_begin(json, "DataValue");
    osm_json_key(json, "variant");
    if (value->value.type)
        osm_value_print_tagged(json, &value->value);
    else
        osm_json_null(json);
    osm_json_key(json, "status");
    osm_json_uint(json, value->status);
    osm_json_key(json, "sourceTs");
    osm_value_print_tagged_time(json, value->source_time);
    osm_json_key(json, "serverTs");
    osm_value_print_tagged_time(json, value->server_time);
    osm_json_object_end(json);
}

void osm_value_print_tagged_name(struct osm_json *json, const char *name)
{
    size_t digits = strspn(name, "0123456789");
    bool numbered = digits && digits <= 5 && name[digits] == ':';

    tag_begin(json, "QualifiedName");
    osm_json_key(json, "ns");
    osm_json_uint(json, numbered ? strtoul(name, NULL, 10) : 0);
    osm_json_key(json, "n");
    osm_json_cstring(json, numbered ? name + digits + 1 : name);
    osm_json_object_end(json);
}

void osm_value_print_time(struct osm_json *json, int64_t time)
{
    char text[OPCUA_TIME_TEXT];

    if (time <= 0) {
        osm_json_null(json);
        return;
    }
    opcua_time_to_text(time, text);
    osm_json_cstring(json, text);
}

/* ---- for callers ---------------------------------------------------------------------------- */

/* Takes the text out of a buffer as one that free() takes. */
static char *text_of(struct osm_buf *out)
{
    char *text = osm_strndup(out->data ? out->data : "", out->length);

    osm_buf_deinit(out);
    return text;
}

char *opcua_value_to_json(const struct opcua_value *value)
{
    static const struct opcua_value null;
    struct osm_buf out = {0};
    struct osm_json json;

    osm_json_init(&json, &out);
    osm_value_print(&json, value ? value : &null, false, false);
    return text_of(&out);
}

char *opcua_data_value_to_json(const struct opcua_data_value *value)
{
    struct osm_buf out = {0};
    struct osm_json json;

    osm_json_init(&json, &out);
    print_data_value(&json, value, false, true);
    return text_of(&out);
}

bool opcua_value_from_json(struct opcua_value *value, enum opcua_type type, const char *json,
                           size_t length, struct opcua_error *error)
{
    struct osm_value_reader reader = {.bytes_are_base64 = true};
    yyjson_doc *doc;
    bool fits;

    if (!osm_wait_needs(value, "value", error) || !osm_wait_needs(json, "json", error))
        return false;
    doc = yyjson_read(json, length, YYJSON_READ_NOFLAG);
    *value = (struct opcua_value){0};
    if (!doc)
        reader.wrong = "this is no JSON";
    fits = doc && (type == OPCUA_TYPE_NULL
                       ? osm_value_read_any(&reader, yyjson_doc_get_root(doc), value)
                       : osm_value_read(&reader, type, yyjson_doc_get_root(doc), NULL, value));
    yyjson_doc_free(doc);
    if (!fits && error) {
        *error = (struct opcua_error){.source = OPCUA_SOURCE_HERE, .kind = "EncodingException"};
        snprintf(error->object, sizeof(error->object), "%s",
                 type ? opcua_type_name(type) : "value");
        snprintf(error->message, sizeof(error->message), "Cannot make a value of %.100s: %s", json,
                 reader.wrong);
    }
    return fits;
}

/* ---- times ---------------------------------------------------------------------------------- */

double opcua_time_to_unix(int64_t time)
{
    return (double)(time / TICKS - UNIX_EPOCH) + (double)(time % TICKS) / (double)TICKS;
}

int64_t opcua_time_from_unix(double seconds)
{
    return osm_time_from_epoch(seconds);
}

void opcua_time_to_text(int64_t time, char *text)
{
    char zoned[OSM_TIME_TEXT];
    size_t length;

    if (!text)
        return;
    text[0] = '\0';
    if (time <= 0)
        return;
    length = osm_time_text(zoned, time, true) - strlen("+00:00");
    memcpy(text, zoned, length);
    memcpy(text + length, "Z", 2);
}

bool opcua_time_from_text(const char *text, int64_t *time)
{
    UA_DateTime ticks;

    if (!text || !time ||
        !osm_time_parse(text, strlen(text), osm_clock_wall(osm_clock_system()), &ticks))
        return false;
    *time = ticks;
    return true;
}
