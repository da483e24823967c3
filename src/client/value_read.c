/* SPDX-License-Identifier: MIT */
/*
 * Reading values; see value_read.h. Invariant: what a function has begun to make hangs in *out, so
 * the outermost reader clears it once when something does not fit.
 */
#include "client/value_read.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "client/value_type.h"
#include "util/alloc.h"
#include "util/base64.h"
#include "util/clock.h"
#include "wire/text/time_text.h"

#define MOST_DEPTH 100u
#define MOST_DIMENSIONS 16

typedef bool read_item_fn(struct osm_value_reader *reader, enum opcua_type type, yyjson_val *json,
                          union opcua_item *item);

static bool wrong(struct osm_value_reader *reader, const char *what)
{
    if (!reader->wrong)
        reader->wrong = what;
    return false;
}

static bool read_text(struct osm_value_reader *reader, yyjson_val *json, struct opcua_text *text)
{
    if (!json || yyjson_is_null(json))
        return true;
    if (!yyjson_is_str(json))
        return wrong(reader, "a text is due");
    opcua_text_set(text, yyjson_get_str(json), yyjson_get_len(json));
    return true;
}

/* ---- items by kind -------------------------------------------------------------------- */

static bool read_none(struct osm_value_reader *reader, enum opcua_type type, yyjson_val *json,
                      union opcua_item *item)
{
    (void)type, (void)json, (void)item;
    return wrong(reader, "a value without type");
}

static bool read_boolean(struct osm_value_reader *reader, enum opcua_type type, yyjson_val *json,
                         union opcua_item *item)
{
    (void)type;
    item->boolean = yyjson_get_bool(json);
    return yyjson_is_bool(json) || wrong(reader, "true or false is due");
}

/* An integer, or a number without fraction. */
static bool read_number(yyjson_val *json, bool *negative, uint64_t *size)
{
    double number = yyjson_get_real(json);

    if (yyjson_is_uint(json) || yyjson_is_sint(json)) {
        int64_t signed_ = yyjson_get_sint(json);

        *negative = yyjson_is_sint(json) && signed_ < 0;
        *size = *negative ? 0 - (uint64_t)signed_ : yyjson_get_uint(json);
        return true;
    }
    if (!yyjson_is_real(json) || number != trunc(number) || fabs(number) >= 0x1p64)
        return false;
    *negative = number < 0;
    *size = (uint64_t)fabs(number);
    return true;
}

static bool read_integer(struct osm_value_reader *reader, enum opcua_type type, yyjson_val *json,
                         union opcua_item *item)
{
    const struct osm_value_type *row = osm_value_type(type);
    bool negative;
    uint64_t size;

    if (!read_number(json, &negative, &size))
        return wrong(reader, "an integer is due");
    if (negative ? size > 0 - (uint64_t)row->least : size > row->most)
        return wrong(reader, "an integer beyond the range of its type");
    item->integer = negative ? (int64_t)(0 - size) : (int64_t)size;
    return true;
}

static bool read_count(struct osm_value_reader *reader, enum opcua_type type, yyjson_val *json,
                       union opcua_item *item)
{
    bool negative;
    uint64_t size;

    if (!read_number(json, &negative, &size))
        return wrong(reader, "an integer is due");
    if (negative && type == OPCUA_TYPE_UINT64)
        size = 0 - size; /* T7: two's complement */
    else if (negative || size > osm_value_type(type)->most)
        return wrong(reader, "an integer beyond the range of its type");
    item->count = size;
    return true;
}

static bool read_real(struct osm_value_reader *reader, enum opcua_type type, yyjson_val *json,
                      union opcua_item *item)
{
    static const struct {
        const char *text;
        double number;
    } special[] = {{"NaN", NAN}, {"Infinity", INFINITY}, {"-Infinity", -INFINITY}};

    item->number = yyjson_get_num(json);
    if (yyjson_is_num(json))
        return type == OPCUA_TYPE_DOUBLE || isfinite((float)item->number) ||
               wrong(reader, "a number beyond the range of its type");
    for (size_t i = 0; i < OSM_ARRAY_SIZE(special); i++) {
        if (yyjson_equals_str(json, special[i].text)) {
            item->number = special[i].number;
            return true;
        }
    }
    return wrong(reader, "a number is due");
}

static bool read_time(struct osm_value_reader *reader, enum opcua_type type, yyjson_val *json,
                      union opcua_item *item)
{
    UA_DateTime ticks = 0;

    (void)type;
    if (yyjson_is_null(json))
        return true;
    if (!yyjson_is_str(json) || !osm_time_parse(yyjson_get_str(json), yyjson_get_len(json),
                                                osm_clock_wall(osm_clock_system()), &ticks))
        return wrong(reader, "a time is due");
    item->time = ticks;
    return true;
}

static bool read_text_item(struct osm_value_reader *reader, enum opcua_type type, yyjson_val *json,
                           union opcua_item *item)
{
    bool is_node = type == OPCUA_TYPE_NODE_ID || type == OPCUA_TYPE_EXPANDED_NODE_ID;

    if (!is_node || !yyjson_is_obj(json))
        return read_text(reader, json, &item->text);
    item->text.data = osm_value_read_node_id(json);
    item->text.length = item->text.data ? strlen(item->text.data) : 0;
    return item->text.data || wrong(reader, "a node id is due");
}

bool osm_value_read_base64(yyjson_val *json, struct opcua_text *text)
{
    struct osm_arena arena;
    uint8_t *data;
    size_t size;
    bool fits;

    if (!json || yyjson_is_null(json))
        return true;
    osm_arena_init(&arena);
    fits = yyjson_is_str(json) &&
           osm_base64_decode(yyjson_get_str(json), yyjson_get_len(json), &arena, &data, &size);
    if (fits)
        opcua_text_set(text, (const char *)data, size);
    osm_arena_deinit(&arena);
    return fits;
}

static bool read_base64(struct osm_value_reader *reader, yyjson_val *json, struct opcua_text *text)
{
    return osm_value_read_base64(json, text) || wrong(reader, "base64 is due");
}

static bool read_bytes(struct osm_value_reader *reader, enum opcua_type type, yyjson_val *json,
                       union opcua_item *item)
{
    (void)type;
    return reader->bytes_are_base64 ? read_base64(reader, json, &item->text)
                                    : read_text(reader, json, &item->text);
}

static bool read_qualified(struct osm_value_reader *reader, enum opcua_type type, yyjson_val *json,
                           union opcua_item *item)
{
    uint64_t ns = yyjson_get_uint(yyjson_obj_get(json, "ns"));

    (void)type;
    if (yyjson_is_null(json) || yyjson_is_str(json))
        return read_text(reader, json, &item->qualified.name);
    if (!yyjson_is_obj(json) || ns > UINT16_MAX)
        return wrong(reader, "a QualifiedName is due");
    item->qualified.ns = (uint16_t)ns;
    return read_text(reader, yyjson_obj_get(json, "name"), &item->qualified.name);
}

static bool read_localized(struct osm_value_reader *reader, enum opcua_type type, yyjson_val *json,
                           union opcua_item *item)
{
    (void)type;
    if (yyjson_is_null(json) || yyjson_is_str(json))
        return read_text(reader, json, &item->localized.text);
    if (!yyjson_is_obj(json))
        return wrong(reader, "a LocalizedText is due");
    return read_text(reader, yyjson_obj_get(json, "locale"), &item->localized.locale) &&
           read_text(reader, yyjson_obj_get(json, "text"), &item->localized.text);
}

static bool read_members(struct osm_value_reader *reader, yyjson_val *map,
                         struct opcua_structure *structure)
{
    yyjson_val *key, *value;
    size_t i, count;

    structure->is_decoded = true;
    structure->members = osm_alloc((yyjson_obj_size(map) + 1) * sizeof(*structure->members));
    yyjson_obj_foreach(map, i, count, key, value)
    {
        struct opcua_member *member = &structure->members[structure->member_count++];

        member->name = osm_strndup(yyjson_get_str(key), yyjson_get_len(key));
        member->value = osm_alloc(sizeof(*member->value));
        if (!osm_value_read_any(reader, value, member->value))
            return false;
    }
    return true;
}

static bool read_structure(struct osm_value_reader *reader, enum opcua_type type, yyjson_val *json,
                           union opcua_item *item)
{
    yyjson_val *type_id = yyjson_obj_get(json, "typeId"), *value = yyjson_obj_get(json, "value");
    struct opcua_structure *structure;

    if (yyjson_is_null(json))
        return true;
    if (!yyjson_is_obj(json) && !(yyjson_is_arr(json) && yyjson_arr_size(json) == 0))
        return wrong(reader, "a structure is due");
    item->structure = structure = osm_alloc(sizeof(*structure));
    if (type == OPCUA_TYPE_DIAGNOSTIC_INFO || !type_id)
        return read_members(reader, json, structure);
    structure->type_id = osm_value_read_node_id(type_id);
    structure->is_xml = yyjson_get_int(yyjson_obj_get(json, "encoding")) == 2;
    if (!structure->type_id)
        return wrong(reader, "typeId is no node id");
    if (value && !yyjson_is_null(value))
        return read_members(reader, value, structure);
    return read_base64(reader, yyjson_obj_get(json, "body"), &structure->body);
}

static bool read_data_value_item(struct osm_value_reader *reader, enum opcua_type type,
                                 yyjson_val *json, union opcua_item *item)
{
    (void)type;
    item->data_value = osm_alloc(sizeof(*item->data_value));
    return osm_value_read_data_value(reader, json, item->data_value);
}

static bool read_variant_item(struct osm_value_reader *reader, enum opcua_type type,
                              yyjson_val *json, union opcua_item *item)
{
    (void)type;
    item->value = osm_alloc(sizeof(*item->value));
    return osm_value_read_variant(reader, json, item->value);
}

static read_item_fn *const readers[] = {
    [OSM_ITEM_NONE] = read_none,
    [OSM_ITEM_BOOLEAN] = read_boolean,
    [OSM_ITEM_INTEGER] = read_integer,
    [OSM_ITEM_COUNT] = read_count,
    [OSM_ITEM_NUMBER] = read_real,
    [OSM_ITEM_TIME] = read_time,
    [OSM_ITEM_TEXT] = read_text_item,
    [OSM_ITEM_BYTES] = read_bytes,
    [OSM_ITEM_QUALIFIED] = read_qualified,
    [OSM_ITEM_LOCALIZED] = read_localized,
    [OSM_ITEM_STRUCTURE] = read_structure,
    [OSM_ITEM_DATA_VALUE] = read_data_value_item,
    [OSM_ITEM_VARIANT] = read_variant_item,
};

/* ---- values --------------------------------------------------------------------------------- */

/* How many lists stand in each other; the sizes of the first of each. */
static size_t shape_of(yyjson_val *list, uint32_t *dimensions, size_t most)
{
    size_t count = 0;

    for (; yyjson_is_arr(list) && count < most; list = yyjson_arr_get_first(list))
        dimensions[count++] = (uint32_t)yyjson_arr_size(list);
    return count;
}

/* Whether all lists are as long as the first of their level; counts the items. */
static bool has_shape(yyjson_val *list, const uint32_t *dimensions, size_t levels, size_t *total)
{
    yyjson_val *element;
    size_t i, count;

    if (!yyjson_is_arr(list) || yyjson_arr_size(list) != dimensions[0])
        return false;
    if (levels == 1)
        *total += dimensions[0];
    for (i = 0, count = levels > 1 ? dimensions[0] : 0, element = yyjson_arr_get_first(list);
         i < count; i++, element = unsafe_yyjson_get_next(element)) {
        if (!has_shape(element, dimensions + 1, levels - 1, total))
            return false;
    }
    return true;
}

static bool fill_flat(struct osm_value_reader *reader, yyjson_val *list, size_t levels,
                      struct opcua_value *out, size_t *at)
{
    read_item_fn *read = readers[osm_value_kind(out->type)];
    yyjson_val *element;
    size_t i, count;

    yyjson_arr_foreach(list, i, count, element)
    {
        if (levels > 1 ? !fill_flat(reader, element, levels - 1, out, at)
                       : !read(reader, out->type, element, &out->items[(*at)++]))
            return false;
    }
    return true;
}

static bool read_list(struct osm_value_reader *reader, enum opcua_type type, yyjson_val *list,
                      struct opcua_value *out)
{
    bool nests = type != OPCUA_TYPE_VARIANT && osm_value_kind(type) != OSM_ITEM_STRUCTURE;
    uint32_t dimensions[MOST_DIMENSIONS];
    size_t levels = shape_of(list, dimensions, nests ? MOST_DIMENSIONS : 1), total = 0, at = 0;

    if (!has_shape(list, dimensions, levels, &total))
        return wrong(reader, "the lists of a matrix are of different lengths");
    opcua_value_init_array(out, type, total);
    if (!fill_flat(reader, list, levels, out, &at))
        return false;
    return levels < 2 || opcua_value_set_dimensions(out, dimensions, levels);
}

static bool read_dimensions(struct osm_value_reader *reader, yyjson_val *list,
                            struct opcua_value *out)
{
    uint32_t dimensions[MOST_DIMENSIONS];
    size_t count = yyjson_arr_size(list);

    if (!yyjson_is_arr(list) || count < 2)
        return true;
    if (count > MOST_DIMENSIONS)
        return wrong(reader, "a matrix of more than 16 dimensions");
    for (size_t i = 0; i < count; i++)
        dimensions[i] = (uint32_t)yyjson_get_uint(yyjson_arr_get(list, i));
    return opcua_value_set_dimensions(out, dimensions, count) ||
           wrong(reader, "the product of the dimensions is not the number of values");
}

static bool enter(struct osm_value_reader *reader)
{
    return ++reader->depth <= MOST_DEPTH || wrong(reader, "nested too deeply");
}

bool osm_value_read(struct osm_value_reader *reader, enum opcua_type type, yyjson_val *value,
                    yyjson_val *dimensions, struct opcua_value *out)
{
    enum osm_item_kind kind = osm_value_kind(type);
    bool is_list =
        yyjson_is_arr(value) && (type != OPCUA_TYPE_DIAGNOSTIC_INFO || yyjson_arr_size(value) > 0);
    bool fits;

    *out = (struct opcua_value){0};
    if (!value || kind == OSM_ITEM_NONE || (yyjson_is_null(value) && type == OPCUA_TYPE_VARIANT))
        return true;
    if (!enter(reader))
        return false;
    if (is_list) {
        fits = read_list(reader, type, value, out) && read_dimensions(reader, dimensions, out);
    } else {
        *out = (struct opcua_value){.type = type, .length = 1};
        out->items = osm_alloc(sizeof(*out->items));
        fits = readers[kind](reader, type, value, out->items);
    }
    reader->depth--;
    if (!fits)
        opcua_value_clear(out);
    return fits;
}

static enum opcua_type suggested(yyjson_val *json)
{
    if (yyjson_is_bool(json))
        return OPCUA_TYPE_BOOLEAN;
    if (yyjson_is_uint(json) && yyjson_get_uint(json) > INT64_MAX)
        return OPCUA_TYPE_UINT64;
    if (yyjson_is_int(json))
        return OPCUA_TYPE_INT64;
    if (yyjson_is_real(json))
        return OPCUA_TYPE_DOUBLE;
    if (yyjson_is_str(json))
        return OPCUA_TYPE_STRING;
    return yyjson_is_obj(json) ? OPCUA_TYPE_STRUCTURE : OPCUA_TYPE_NULL;
}

/* Lists of one kind, of integers and reals, or of anything as Variants. */
static enum opcua_type suggested_list(yyjson_val *list, unsigned levels)
{
    enum opcua_type type = OPCUA_TYPE_NULL;
    yyjson_val *element;
    size_t i, count;

    if (levels > MOST_DIMENSIONS)
        return OPCUA_TYPE_VARIANT;

    yyjson_arr_foreach(list, i, count, element)
    {
        enum opcua_type next =
            yyjson_is_arr(element) ? suggested_list(element, levels + 1) : suggested(element);
        bool numbers = (type == OPCUA_TYPE_INT64 || type == OPCUA_TYPE_DOUBLE) &&
                       (next == OPCUA_TYPE_INT64 || next == OPCUA_TYPE_DOUBLE);

        if (i == 0)
            type = next;
        else if (next != type)
            type = numbers ? OPCUA_TYPE_DOUBLE : OPCUA_TYPE_VARIANT;
    }
    return type == OPCUA_TYPE_NULL ? OPCUA_TYPE_VARIANT : type;
}

/* A list of different things: each is a value of its own. */
static bool read_mixed(struct osm_value_reader *reader, yyjson_val *list, struct opcua_value *out)
{
    yyjson_val *element;
    size_t i, count;

    opcua_value_init_array(out, OPCUA_TYPE_VARIANT, yyjson_arr_size(list));
    yyjson_arr_foreach(list, i, count, element)
    {
        out->items[i].value = osm_alloc(sizeof(*out->items[i].value));
        if (!osm_value_read_any(reader, element, out->items[i].value)) {
            opcua_value_clear(out);
            return false;
        }
    }
    return true;
}

bool osm_value_read_any(struct osm_value_reader *reader, yyjson_val *value, struct opcua_value *out)
{
    bool is_list = yyjson_is_arr(value), fits;
    enum opcua_type type;

    *out = (struct opcua_value){0};
    if (!enter(reader))
        return false;
    type = is_list ? suggested_list(value, 1) : suggested(value);
    fits = is_list && type == OPCUA_TYPE_VARIANT ? read_mixed(reader, value, out)
                                                 : osm_value_read(reader, type, value, NULL, out);
    reader->depth--;
    return fits;
}

/* ---- Variant, DataValue, NodeId ------------------------------------------------------------- */

bool osm_value_read_variant(struct osm_value_reader *reader, yyjson_val *variant,
                            struct opcua_value *out)
{
    struct osm_value_reader inner = *reader;
    int64_t type = yyjson_get_sint(yyjson_obj_get(variant, "type"));
    bool fits;

    *out = (struct opcua_value){0};
    if (yyjson_is_null(variant))
        return true;
    if (!yyjson_is_obj(variant) || type < 0 || type > OPCUA_TYPE_DIAGNOSTIC_INFO)
        return wrong(reader, "a Variant is due");
    if (yyjson_is_true(yyjson_obj_get(variant, "base64")))
        inner.bytes_are_base64 = true;
    fits = osm_value_read(&inner, (enum opcua_type)type, yyjson_obj_get(variant, "value"),
                          yyjson_obj_get(variant, "dimensions"), out);
    return fits || wrong(reader, inner.wrong);
}

/* The form of `invoke`, of values whose inside carries no tags of its own: aggregates. */
static bool read_tagged_data(struct osm_value_reader *reader, yyjson_val *object,
                             struct opcua_data_value *out)
{
    yyjson_val *variant = yyjson_obj_get(object, "variant");
    yyjson_val *type = yyjson_obj_get(yyjson_obj_get(variant, "type"), "v");
    union opcua_item source = {0}, server = {0};
    yyjson_val *source_time = yyjson_obj_get(yyjson_obj_get(object, "sourceTs"), "v"),
               *server_time = yyjson_obj_get(yyjson_obj_get(object, "serverTs"), "v");

    if ((source_time && !read_time(reader, OPCUA_TYPE_DATETIME, source_time, &source)) ||
        (server_time && !read_time(reader, OPCUA_TYPE_DATETIME, server_time, &server)))
        return false;
    if (yyjson_is_obj(variant) && !osm_value_read(reader, (enum opcua_type)yyjson_get_uint(type),
                                                  yyjson_obj_get(variant, "value"),
                                                  yyjson_obj_get(variant, "dims"), &out->value))
        return false;
    out->status = (uint32_t)yyjson_get_uint(yyjson_obj_get(object, "status"));
    out->source_time = source.time;
    out->server_time = server.time;
    return true;
}

bool osm_value_read_data_value(struct osm_value_reader *reader, yyjson_val *object,
                               struct opcua_data_value *out)
{
    union opcua_item source = {0}, server = {0};

    *out = (struct opcua_data_value){0};
    if (!yyjson_is_obj(object))
        return wrong(reader, "a DataValue is due");
    if (yyjson_obj_get(object, "__t"))
        return read_tagged_data(reader, object, out);
    if (!read_time(reader, OPCUA_TYPE_DATETIME, yyjson_obj_get(object, "sourceTimestamp"),
                   &source) ||
        !read_time(reader, OPCUA_TYPE_DATETIME, yyjson_obj_get(object, "serverTimestamp"),
                   &server) ||
        !osm_value_read_variant(reader, object, &out->value))
        return false;
    out->status = (uint32_t)yyjson_get_uint(yyjson_obj_get(object, "statusCode"));
    out->source_time = source.time;
    out->server_time = server.time;
    return true;
}

char *osm_value_read_node_id(yyjson_val *object)
{
    static const struct {
        const char *name;
        char letter;
    } kinds[] = {{"numeric", 'i'}, {"string", 's'}, {"guid", 'g'}, {"opaque", 'b'}};
    yyjson_val *id = yyjson_obj_get(object, "id"), *kind = yyjson_obj_get(object, "type");
    uint64_t ns = yyjson_get_uint(yyjson_obj_get(object, "ns"));

    for (size_t i = 0; i < OSM_ARRAY_SIZE(kinds); i++) {
        if (!yyjson_equals_str(kind, kinds[i].name) || ns > UINT16_MAX ||
            (i == 0 ? !yyjson_is_uint(id) : !yyjson_is_str(id)))
            continue;
        if (i == 0)
            return ns ? osm_printf("ns=%u;i=%llu", (unsigned)ns,
                                   (unsigned long long)yyjson_get_uint(id))
                      : osm_printf("i=%llu", (unsigned long long)yyjson_get_uint(id));
        return ns ? osm_printf("ns=%u;%c=%s", (unsigned)ns, kinds[i].letter, yyjson_get_str(id))
                  : osm_printf("%c=%s", kinds[i].letter, yyjson_get_str(id));
    }
    return NULL;
}
