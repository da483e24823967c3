/* SPDX-License-Identifier: MIT */
/*
 * Values: making, copying, comparing, freeing. A value owns everything below it; a zeroed struct
 * owns nothing. Depth is bounded by whoever reads values (value_read.c), so the walks here may
 * recurse.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "client/value_type.h"
#include "util/alloc.h"
#include "util/macros.h"

#define TWO_63 9223372036854775808.0

static void structure_free(struct opcua_structure *structure)
{
    if (!structure)
        return;
    for (size_t i = 0; i < structure->member_count; i++) {
        free(structure->members[i].name);
        opcua_value_clear(structure->members[i].value);
        free(structure->members[i].value);
    }
    free(structure->members);
    free(structure->type_id);
    free(structure->body.data);
    free(structure);
}

static void item_clear(enum osm_item_kind kind, union opcua_item *item)
{
    switch (kind) {
    case OSM_ITEM_TEXT:
    case OSM_ITEM_BYTES:
        free(item->text.data);
        break;
    case OSM_ITEM_QUALIFIED:
        free(item->qualified.name.data);
        break;
    case OSM_ITEM_LOCALIZED:
        free(item->localized.locale.data);
        free(item->localized.text.data);
        break;
    case OSM_ITEM_STRUCTURE:
        structure_free(item->structure);
        break;
    case OSM_ITEM_DATA_VALUE:
        opcua_data_value_clear(item->data_value);
        free(item->data_value);
        break;
    case OSM_ITEM_VARIANT:
        opcua_value_clear(item->value);
        free(item->value);
        break;
    default:
        break;
    }
}

void opcua_value_clear(struct opcua_value *value)
{
    if (!value)
        return;
    for (size_t i = 0; i < value->length; i++)
        item_clear(osm_value_kind(value->type), &value->items[i]);
    free(value->items);
    free(value->dimensions);
    *value = (struct opcua_value){0};
}

void opcua_data_value_clear(struct opcua_data_value *value)
{
    if (!value)
        return;
    opcua_value_clear(&value->value);
    *value = (struct opcua_data_value){0};
}

void opcua_data_values_free(struct opcua_data_value *values, size_t count)
{
    for (size_t i = 0; values && i < count; i++)
        opcua_data_value_clear(&values[i]);
    free(values);
}

/* ---- making --------------------------------------------------------------------------- */

void opcua_text_set(struct opcua_text *text, const char *data, size_t length)
{
    char *copy = text && data ? osm_strndup(data, length) : NULL;

    if (!text)
        return;
    if (copy)
        memcpy(copy, data, length); /* NULs inside, too */
    free(text->data);
    *text = (struct opcua_text){copy, data ? length : 0};
}

void opcua_value_init_array(struct opcua_value *value, enum opcua_type type, size_t length)
{
    if (!value)
        return;
    if (length > INT32_MAX) { /* more than an array can have (OPC 10000-6 §5.2.5) */
        *value = (struct opcua_value){0};
        return;
    }
    *value = (struct opcua_value){.type = type, .is_array = true, .length = length};
    if (length)
        value->items = osm_alloc(length * sizeof(*value->items));
}

/* Whether so many items are an array of these dimensions. */
static bool fits(size_t length, const uint32_t *dimensions, size_t count)
{
    uint64_t product = 1;

    for (size_t i = 0; i < count; i++) {
        if (dimensions[i] && product > UINT32_MAX / dimensions[i])
            return false;
        product *= dimensions[i];
    }
    return product == length;
}

bool osm_value_is_whole(const struct opcua_value *value)
{
    if (value->length && !value->items)
        return false;
    if (!value->is_array)
        return value->length <= 1 && !value->dimension_count;
    return !value->dimension_count ||
           (value->dimensions && fits(value->length, value->dimensions, value->dimension_count));
}

bool opcua_value_set_dimensions(struct opcua_value *value, const uint32_t *dimensions, size_t count)
{
    if (!value || (count && !dimensions) || !value->is_array ||
        !fits(value->length, dimensions, count))
        return false;
    free(value->dimensions);
    value->dimensions = NULL;
    value->dimension_count = count;
    if (count) {
        value->dimensions = osm_alloc(count * sizeof(*dimensions));
        memcpy(value->dimensions, dimensions, count * sizeof(*dimensions));
    }
    return true;
}

static union opcua_item *scalar(struct opcua_value *value, enum opcua_type type)
{
    *value = (struct opcua_value){.type = type, .length = 1};
    value->items = osm_alloc(sizeof(*value->items));
    return value->items;
}

void opcua_value_init_boolean(struct opcua_value *value, bool boolean)
{
    if (value)
        scalar(value, OPCUA_TYPE_BOOLEAN)->boolean = boolean;
}

bool opcua_value_init_integer(struct opcua_value *value, enum opcua_type type, int64_t integer)
{
    const struct osm_value_type *row = osm_value_type(type);

    if (!value)
        return false;
    *value = (struct opcua_value){0};
    if (row->kind == OSM_ITEM_NUMBER)
        return opcua_value_init_number(value, type, (double)integer);
    if (row->kind != OSM_ITEM_INTEGER && row->kind != OSM_ITEM_COUNT)
        return false;
    if (integer < row->least || (integer > 0 && (uint64_t)integer > row->most))
        return false;
    if (row->kind == OSM_ITEM_COUNT)
        scalar(value, type)->count = (uint64_t)integer;
    else
        scalar(value, type)->integer = integer;
    return true;
}

bool opcua_value_init_number(struct opcua_value *value, enum opcua_type type, double number)
{
    if (!value)
        return false;
    *value = (struct opcua_value){0};
    if (osm_value_kind(type) == OSM_ITEM_NUMBER) {
        if (type == OPCUA_TYPE_FLOAT && isfinite(number) && !isfinite((float)number))
            return false;
        scalar(value, type)->number = type == OPCUA_TYPE_FLOAT ? (double)(float)number : number;
        return true;
    }
    if (type == OPCUA_TYPE_UINT64 && number >= TWO_63 && number < 2 * TWO_63 &&
        number == trunc(number)) {
        scalar(value, type)->count = (uint64_t)number;
        return true;
    }
    if (!(number >= -TWO_63 && number < TWO_63) || number != trunc(number))
        return false;
    return opcua_value_init_integer(value, type, (int64_t)number);
}

bool opcua_value_init_text(struct opcua_value *value, enum opcua_type type, const char *text,
                           size_t length)
{
    enum osm_item_kind kind = osm_value_kind(type);

    if (!value)
        return false;
    *value = (struct opcua_value){0};
    if (kind != OSM_ITEM_TEXT && kind != OSM_ITEM_BYTES)
        return false;
    opcua_text_set(&scalar(value, type)->text, text, length);
    return true;
}

void opcua_value_init_time(struct opcua_value *value, int64_t time)
{
    if (value)
        scalar(value, OPCUA_TYPE_DATETIME)->time = time;
}

/* ---- copying -------------------------------------------------------------------------- */

static struct opcua_text text_copy(const struct opcua_text *source)
{
    struct opcua_text copy = {0};

    opcua_text_set(&copy, source->data, source->length);
    return copy;
}

static struct opcua_value *value_new_copy(const struct opcua_value *source)
{
    struct opcua_value *copy = osm_alloc(sizeof(*copy));

    opcua_value_copy(copy, source);
    return copy;
}

static struct opcua_structure *structure_copy(const struct opcua_structure *source)
{
    struct opcua_structure *copy;

    if (!source)
        return NULL;
    copy = osm_alloc(sizeof(*copy));
    *copy = *source;
    copy->type_id = source->type_id ? osm_strdup(source->type_id) : NULL;
    copy->body = text_copy(&source->body);
    copy->members = osm_alloc((source->member_count + 1) * sizeof(*copy->members));
    for (size_t i = 0; i < source->member_count; i++) {
        copy->members[i].name = osm_strdup(source->members[i].name);
        copy->members[i].value = value_new_copy(source->members[i].value);
    }
    return copy;
}

static void item_copy(enum osm_item_kind kind, union opcua_item *target,
                      const union opcua_item *source)
{
    *target = *source;
    switch (kind) {
    case OSM_ITEM_TEXT:
    case OSM_ITEM_BYTES:
        target->text = text_copy(&source->text);
        break;
    case OSM_ITEM_QUALIFIED:
        target->qualified.name = text_copy(&source->qualified.name);
        break;
    case OSM_ITEM_LOCALIZED:
        target->localized.locale = text_copy(&source->localized.locale);
        target->localized.text = text_copy(&source->localized.text);
        break;
    case OSM_ITEM_STRUCTURE:
        target->structure = structure_copy(source->structure);
        break;
    case OSM_ITEM_DATA_VALUE:
        if (!source->data_value)
            break;
        target->data_value = osm_alloc(sizeof(*target->data_value));
        *target->data_value = *source->data_value;
        opcua_value_copy(&target->data_value->value, &source->data_value->value);
        break;
    case OSM_ITEM_VARIANT:
        target->value = source->value ? value_new_copy(source->value) : NULL;
        break;
    default:
        break;
    }
}

void opcua_value_copy(struct opcua_value *target, const struct opcua_value *source)
{
    static const struct opcua_value null;
    struct opcua_value copy;

    if (!target)
        return;
    source = source ? source : &null;
    copy = *source;
    copy.items = NULL;
    copy.dimensions = NULL;
    if (source->length)
        copy.items = osm_alloc(source->length * sizeof(*copy.items));
    for (size_t i = 0; i < source->length; i++)
        item_copy(osm_value_kind(source->type), &copy.items[i], &source->items[i]);
    if (source->dimension_count)
        copy.dimensions = osm_alloc(source->dimension_count * sizeof(*copy.dimensions));
    for (size_t i = 0; i < source->dimension_count; i++)
        copy.dimensions[i] = source->dimensions[i];
    *target = copy;
}

/* ---- comparing ------------------------------------------------------------------------ */

static bool text_equal(const struct opcua_text *a, const struct opcua_text *b)
{
    return !a->data == !b->data && a->length == b->length &&
           (!a->data || memcmp(a->data, b->data, a->length) == 0);
}

static bool name_equal(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "") == 0;
}

static bool structure_equal(const struct opcua_structure *a, const struct opcua_structure *b)
{
    if (!a || !b)
        return a == b;
    if (a->is_decoded != b->is_decoded || a->is_xml != b->is_xml ||
        a->member_count != b->member_count || !name_equal(a->type_id, b->type_id) ||
        !text_equal(&a->body, &b->body))
        return false;
    for (size_t i = 0; i < a->member_count; i++) {
        if (!name_equal(a->members[i].name, b->members[i].name) ||
            !opcua_value_equal(a->members[i].value, b->members[i].value))
            return false;
    }
    return true;
}

static bool data_value_equal(const struct opcua_data_value *a, const struct opcua_data_value *b)
{
    if (!a || !b)
        return a == b;
    return a->status == b->status && a->source_time == b->source_time &&
           a->server_time == b->server_time && opcua_value_equal(&a->value, &b->value);
}

static bool item_equal(enum osm_item_kind kind, const union opcua_item *a,
                       const union opcua_item *b)
{
    switch (kind) {
    case OSM_ITEM_NONE:
        return true;
    case OSM_ITEM_BOOLEAN:
        return a->boolean == b->boolean;
    case OSM_ITEM_INTEGER:
        return a->integer == b->integer;
    case OSM_ITEM_COUNT:
        return a->count == b->count;
    case OSM_ITEM_NUMBER:
        return a->number == b->number || (isnan(a->number) && isnan(b->number));
    case OSM_ITEM_TIME:
        return a->time == b->time;
    case OSM_ITEM_TEXT:
    case OSM_ITEM_BYTES:
        return text_equal(&a->text, &b->text);
    case OSM_ITEM_QUALIFIED:
        return a->qualified.ns == b->qualified.ns &&
               text_equal(&a->qualified.name, &b->qualified.name);
    case OSM_ITEM_LOCALIZED:
        return text_equal(&a->localized.locale, &b->localized.locale) &&
               text_equal(&a->localized.text, &b->localized.text);
    case OSM_ITEM_STRUCTURE:
        return structure_equal(a->structure, b->structure);
    case OSM_ITEM_DATA_VALUE:
        return data_value_equal(a->data_value, b->data_value);
    case OSM_ITEM_VARIANT:
        return a->value && b->value ? opcua_value_equal(a->value, b->value) : a->value == b->value;
    }
    return false;
}

bool opcua_value_equal(const struct opcua_value *a, const struct opcua_value *b)
{
    if (!a || !b)
        return a == b;
    if (a->type != b->type || a->is_array != b->is_array || a->length != b->length ||
        a->dimension_count != b->dimension_count)
        return false;
    for (size_t i = 0; i < a->dimension_count; i++) {
        if (a->dimensions[i] != b->dimensions[i])
            return false;
    }
    for (size_t i = 0; i < a->length; i++) {
        if (!item_equal(osm_value_kind(a->type), &a->items[i], &b->items[i]))
            return false;
    }
    return true;
}

/* ---- short forms ---------------------------------------------------------------------- */

static const union opcua_item *scalar_of(const struct opcua_value *value)
{
    return value && !value->is_array && value->length == 1 ? value->items : NULL;
}

bool opcua_value_to_double(const struct opcua_value *value, double *number)
{
    const union opcua_item *item = scalar_of(value);

    if (!item || !number)
        return false;
    switch (osm_value_kind(value->type)) {
    case OSM_ITEM_NUMBER:
        *number = item->number;
        return true;
    case OSM_ITEM_INTEGER:
        *number = (double)item->integer;
        return *number < TWO_63 && (int64_t)*number == item->integer;
    case OSM_ITEM_COUNT:
        *number = (double)item->count;
        return *number < 2 * TWO_63 && (uint64_t)*number == item->count;
    default:
        return false;
    }
}

bool opcua_value_to_int64(const struct opcua_value *value, int64_t *integer)
{
    const union opcua_item *item = scalar_of(value);

    if (!item || !integer)
        return false;
    switch (osm_value_kind(value->type)) {
    case OSM_ITEM_INTEGER:
        *integer = item->integer;
        return true;
    case OSM_ITEM_COUNT:
        *integer = (int64_t)item->count;
        return item->count <= INT64_MAX;
    case OSM_ITEM_NUMBER:
        if (!(item->number >= -TWO_63 && item->number < TWO_63) ||
            item->number != trunc(item->number))
            return false;
        *integer = (int64_t)item->number;
        return true;
    default:
        return false;
    }
}

bool opcua_value_to_boolean(const struct opcua_value *value, bool *boolean)
{
    const union opcua_item *item = scalar_of(value);

    if (!item || !boolean || value->type != OPCUA_TYPE_BOOLEAN)
        return false;
    *boolean = item->boolean;
    return true;
}

const char *opcua_value_to_text(const struct opcua_value *value)
{
    const union opcua_item *item = scalar_of(value);

    if (!item)
        return NULL;
    switch (osm_value_kind(value->type)) {
    case OSM_ITEM_TEXT:
    case OSM_ITEM_BYTES:
        return item->text.data;
    case OSM_ITEM_LOCALIZED:
        return item->localized.text.data;
    case OSM_ITEM_QUALIFIED:
        return item->qualified.name.data;
    default:
        return NULL;
    }
}

const struct opcua_value *opcua_value_member(const struct opcua_value *value, const char *name)
{
    const union opcua_item *item = scalar_of(value);

    if (!item || !name || osm_value_kind(value->type) != OSM_ITEM_STRUCTURE || !item->structure)
        return NULL;
    for (size_t i = 0; i < item->structure->member_count; i++) {
        if (strcmp(item->structure->members[i].name, name) == 0)
            return item->structure->members[i].value;
    }
    return NULL;
}
