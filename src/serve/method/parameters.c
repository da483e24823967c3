/* SPDX-License-Identifier: MIT */
/* Parameters by their tables, in either wire form; see parameters.h. */
#include "serve/method/parameters.h"

#include <stdlib.h>

#include "util/base64.h"
#include "wire/tagged/tagged_decode.h"
#include "wire/text/index_range.h"
#include "wire/text/json.h"
#include "wire/text/node_id.h"
#include "wire/text/string.h"

const struct osm_enum osm_parameter_browse_direction = {
    .tag = "BrowseDirection", .name = "Types\\BrowseDirection", .allowed = 0x7};
const struct osm_enum osm_parameter_node_class = {
    .tag = "NodeClass", .name = "Types\\NodeClass", .largest_bit = 128};

/* --- the arguments ------------------------------------------------------------------------- */

static size_t count_of(const struct osm_parameter *rows)
{
    size_t count = 0;

    while (rows && *rows[count].name)
        count++;
    osm_assert(count <= OSM_PARAMETERS_MAX);
    return count;
}

/* An object where a list is meant, as PHP sends lists with gaps: keys are positions. */
static void take_numbered(struct osm_args *args, size_t count, yyjson_val *object)
{
    char key[24];

    for (size_t i = 0; i < count; i++) {
        (void)snprintf(key, sizeof(key), "%zu", i);
        args->values[i] = osm_json_get(object, key);
    }
}

bool osm_parameters_take(struct osm_args *args, const struct osm_parameter *rows,
                         yyjson_val *container)
{
    size_t count, index, max;
    yyjson_val *value, *unknown;

    if (yyjson_is_arr(container)) {
        yyjson_arr_foreach(container, index, max, value)
        {
            if (!rows || !*rows[index].name)
                break;
            osm_assert(index < OSM_PARAMETERS_MAX);
            args->values[index] = value;
        }
        return true;
    }
    count = count_of(rows);
    if (!args->tagged) {
        take_numbered(args, count, container);
        return true;
    }
    /* Named arguments must be parameters of the method (ipc-protocol.md §5.7). */
    unknown = osm_json_find_all(container, rows, sizeof(*rows), count, args->values);
    return !unknown || osm_fault_set(args->decode->fault, args->decode->arena, OSM_FAULT_ERROR,
                                     "Unknown named parameter $%s", yyjson_get_str(unknown));
}

/* Of every item of a list, perhaps: whole numbers the quick way. */
static yyjson_val parse_number(const char *text)
{
    yyjson_val number = {.tag = YYJSON_TYPE_NUM | YYJSON_SUBTYPE_UINT};
    const char *at = text;

    for (; *at >= '0' && *at <= '9'; at++)
        number.uni.u64 = 10 * number.uni.u64 + (uint64_t)(*at - '0');
    if (*at) /* a sign, or a fraction */
        number = (yyjson_val){.tag = YYJSON_TYPE_NUM | YYJSON_SUBTYPE_REAL,
                              .uni.f64 = strtod(text, NULL)};
    return number;
}

/* A default, as if the caller had sent it. */
static void parse_default(const char *text, yyjson_val *out)
{
    switch (text[0]) {
    case 't':
    case 'f':
        *out = (yyjson_val){.tag = YYJSON_TYPE_BOOL |
                                   (text[0] == 't' ? YYJSON_SUBTYPE_TRUE : YYJSON_SUBTYPE_FALSE)};
        break;
    case 'i':
    case '"': /* the empty text */
        unsafe_yyjson_set_strn(out, text[0] == 'i' ? text : "", text[0] == 'i' ? strlen(text) : 0);
        break;
    default:
        *out = parse_number(text);
    }
}

/* Items of a list ask for the same again and again. */
static inline yyjson_val *default_of(struct osm_args *args, const struct osm_parameter *row)
{
    if (*row->fallback == 'n' || *row->fallback == '[') /* nothing */
        return NULL;
    if (args->fallback_of != row)
        parse_default(row->fallback, &args->fallback);
    args->fallback_of = row;
    return &args->fallback;
}

static inline bool read_row(struct osm_args *args, const struct osm_parameter *row,
                            yyjson_val *value, void *state)
{
    if (!row->read)
        return true;
    if (row->fallback && osm_is_null(value))
        value = default_of(args, row);
    return row->read(args, row, value, (char *)state + row->offset);
}

bool osm_parameter_read(struct osm_args *args, const struct osm_parameter *row, yyjson_val *value,
                        void *state)
{
    return read_row(args, row, value, state);
}

bool osm_parameters_read(struct osm_args *args, const struct osm_parameter *rows, void *state)
{
    for (size_t i = 0; rows && *rows[i].name; i++) {
        *args->decode = osm_decode_at(args->decode, (int)i);
        if (!read_row(args, &rows[i], args->values[i], state))
            return false;
    }
    return true;
}

/* --- scalars ------------------------------------------------------------------------------- */

bool osm_parameter_bool(struct osm_args *args, const struct osm_parameter *row, yyjson_val *value,
                        void *out)
{
    if (args->tagged && !yyjson_is_bool(value))
        return osm_decode_type_error(args->decode, "a bool");
    *(bool *)out = osm_cast_bool(value);
    return true;
}

bool osm_parameter_int(struct osm_args *args, const struct osm_parameter *row, yyjson_val *value,
                       void *out)
{
    if (args->tagged && !yyjson_is_int(value))
        return osm_decode_type_error(args->decode, "an integer");
    *(int64_t *)out = osm_cast_int(value);
    return true;
}

bool osm_parameter_uint32(struct osm_args *args, const struct osm_parameter *row, yyjson_val *value,
                          void *out)
{
    int64_t number;

    if (!osm_parameter_int(args, row, value, &number))
        return false;
    *(uint32_t *)out = (uint32_t)number;
    return true;
}

bool osm_parameter_double(struct osm_args *args, const struct osm_parameter *row, yyjson_val *value,
                          void *out)
{
    if (args->tagged && !osm_cast_is_number(value))
        return osm_decode_type_error(args->decode, "a number");
    *(double *)out = osm_cast_float(value);
    return true;
}

/* Apart, because most are written as what they are. */
static __attribute__((noinline)) bool read_odd_integer(struct osm_args *args, yyjson_val *value,
                                                       uint32_t *out)
{
    uint64_t bits;
    bool negative;

    if (!osm_cast_number_integer(value, &bits, &negative))
        return osm_decode_type_error(args->decode, "an integer");
    *out = (uint32_t)bits;
    return true;
}

bool osm_parameter_strict_uint32(struct osm_args *args, const struct osm_parameter *row,
                                 yyjson_val *value, void *out)
{
    if (!yyjson_is_uint(value))
        return read_odd_integer(args, value, out);
    *(uint32_t *)out = (uint32_t)yyjson_get_uint(value);
    return true;
}

bool osm_parameter_strict_double(struct osm_args *args, const struct osm_parameter *row,
                                 yyjson_val *value, void *out)
{
    *(double *)out = osm_cast_number_double(value);
    return osm_cast_is_number(value) || osm_decode_type_error(args->decode, "a number");
}

bool osm_parameter_text(struct osm_args *args, const struct osm_parameter *row, yyjson_val *value,
                        void *out)
{
    UA_String *string = out;
    const char *text;

    if (args->tagged && !yyjson_is_str(value))
        return osm_decode_type_error(args->decode, "a string");
    text = osm_cast_text(value, args->decode->arena, &string->length);
    string->data = (UA_Byte *)osm_arena_text(args->decode->arena, text, string->length);
    return true;
}

bool osm_parameter_bytes(struct osm_args *args, const struct osm_parameter *row, yyjson_val *value,
                         void *out)
{
    UA_ByteString *bytes = out;
    UA_String text;

    if (!osm_parameter_text(args, row, value, &text))
        return false;
    if (!osm_base64_decode((const char *)text.data, text.length, args->decode->arena, &bytes->data,
                           &bytes->length))
        *bytes = text;
    return true;
}

bool osm_parameter_index_range(struct osm_args *args, const struct osm_parameter *row,
                               yyjson_val *value, void *out)
{
    const struct osm_decode *decode = args->decode;
    const char *text = yyjson_get_str(value);
    size_t length = yyjson_get_len(value);

    if (!value)
        return true;
    if (!text)
        return osm_decode_type_error(decode, "a string or null");
    if (length && !osm_index_range_check(text, length))
        return osm_fault_set(decode->fault, decode->arena, OSM_FAULT_INVALID_ARGUMENT_EXCEPTION,
                             "%s must be " OSM_INDEX_RANGE_EXPECTED, osm_decode_place(decode));
    *(UA_String *)out = (UA_String){length, length ? (UA_Byte *)(uintptr_t)text : NULL};
    return true;
}

bool osm_parameter_lax_index_range(struct osm_args *args, const struct osm_parameter *row,
                                   yyjson_val *value, void *out)
{
    return !yyjson_is_str(value) || osm_parameter_index_range(args, row, value, out);
}

bool osm_parameter_json(struct osm_args *args, const struct osm_parameter *row, yyjson_val *value,
                        void *out)
{
    *(yyjson_val **)out = value;
    return true;
}

/* --- NodeIds ------------------------------------------------------------------------------- */

bool osm_parameter_is_node_id(const char *text)
{
    if (text[0] == 'n' && text[1] == 's' && text[2] == '=') {
        size_t digits = strspn(text + 3, "0123456789");

        if (!digits || text[3 + digits] != ';')
            return false;
        text += 3 + digits + 1;
    } else if (strncmp(text, "svr=", 4) == 0) {
        return true;
    } else if (strncmp(text, "nsu=", 4) == 0) {
        text = strchr(text, ';');
        if (!text)
            return false;
        text++;
    }
    return text[0] && strchr("isgb", text[0]) && text[1] == '=';
}

bool osm_parameter_node_id(struct osm_args *args, const struct osm_parameter *row,
                           yyjson_val *value, void *out)
{
    struct osm_names *names = args->decode->names;
    size_t missing = 0;
    bool good;

    if (names) { /* as a member, it is one of several: the others are answered all the same */
        names->lenient = args->decode->key;
        missing = names->missing;
    }
    good = args->tagged ? osm_tagged_read_node_id(args->decode, value, out)
                        : osm_plain_read_node_id(args->decode, value, out);
    if (names) {
        names->lenient = false;
        if (names->missing > missing && missing < OSM_NAMES_NOTES)
            names->notes[missing] = osm_arena_printf(args->decode->arena, "%s: %s",
                                                     osm_decode_place(args->decode), names->missed);
    }
    return good;
}

bool osm_parameter_node(struct osm_args *args, const struct osm_parameter *row, yyjson_val *value,
                        void *out)
{
    const char *text = args->tagged ? yyjson_get_str(value) : NULL;
    struct osm_arena *arena = args->decode->arena;
    struct osm_arg_path *path;

    if (!text || osm_parameter_is_node_id(text) || !strchr(text, '/'))
        return osm_parameter_node_id(args, row, value, out);
    path = osm_arena_alloc(arena, sizeof(*path));
    *path = (struct osm_arg_path){
        .path = osm_string_view(osm_arena_text(arena, text, yyjson_get_len(value)),
                                yyjson_get_len(value)),
        .target = out,
        .next = args->paths};
    args->paths = path;
    return osm_names_number_path(args->decode->names, &path->path, arena, args->decode->fault);
}

/* --- enumerations, times ------------------------------------------------------------------- */

static bool is_member(const struct osm_enum *kind, int64_t value)
{
    if (kind->largest_bit)
        return value >= 0 && value <= kind->largest_bit && !(value & (value - 1));
    return value >= 0 && value < 64 && (kind->allowed >> value & 1);
}

bool osm_parameter_enum(struct osm_args *args, const struct osm_parameter *row, yyjson_val *value,
                        void *out)
{
    const struct osm_enum *kind = row->of;
    int64_t number;

    if (args->tagged && value != &args->fallback) {
        if (!osm_tagged_read_enum(args->decode, value, kind->tag, &number))
            return false;
    } else {
        number = osm_cast_int(value);
        if (!is_member(kind, number))
            return osm_decode_enum_error_int(args->decode, number, kind->name);
    }
    *(uint32_t *)out = (uint32_t)number;
    return true;
}

bool osm_parameter_enum_mask(struct osm_args *args, const struct osm_parameter *row,
                             yyjson_val *value, void *out)
{
    struct osm_list list = {0};
    yyjson_val *item;
    uint32_t bit = 0;

    if (!osm_plain_read_list_or_null(args->decode, value, &list))
        return false;
    for (args->decode->item = 0; (item = osm_cast_list_next(&list)); args->decode->item++) {
        if (!osm_parameter_enum(args, row, item, &bit))
            return false;
        *(uint32_t *)out |= bit;
    }
    return true;
}

bool osm_parameter_builtin_type(struct osm_args *args, const struct osm_parameter *row,
                                yyjson_val *value, void *out)
{
    int64_t number;

    if (osm_is_null(value))
        return true;
    if (!args->tagged)
        return osm_plain_read_builtin_type(args->decode, value, out);
    if (!osm_tagged_read_enum(args->decode, value, "BuiltinType", &number))
        return false;
    *(uint32_t *)out = (uint32_t)number;
    return true;
}

bool osm_parameter_time(struct osm_args *args, const struct osm_parameter *row, yyjson_val *value,
                        void *out)
{
    if (row->fallback && !value)
        return true;
    return args->tagged ? osm_tagged_read_date_time(args->decode, value, out)
                        : osm_plain_read_time(args->decode, value, out);
}

bool osm_parameter_listed_time(struct osm_args *args, const struct osm_parameter *row,
                               yyjson_val *value, void *out)
{
    return args->tagged ? osm_tagged_read_date_time(args->decode, value, out)
                        : osm_plain_read_listed_time(args->decode, value, out);
}

/* --- lists, maps --------------------------------------------------------------------------- */

bool osm_parameter_list(struct osm_args *args, const struct osm_parameter *row, yyjson_val *value,
                        void *out)
{
    const struct osm_items *items = row->of;
    struct osm_decode *decode = args->decode;
    bool is_member = decode->key; /* its elements are not counted */
    struct osm_list list;
    yyjson_val *item;
    char *at;

    if (!(row->fallback ? osm_plain_read_list_or_null : osm_plain_read_list)(decode, value, &list))
        return false;
    at = osm_arena_array_raw(decode->arena, list.size, items->size);
    memcpy(out, &list.size, sizeof(list.size));
    memcpy((char *)out + sizeof(list.size), &at, sizeof(at));
    for (int i = 0; (item = osm_cast_list_next(&list)); i++, at += items->size) {
        if (!is_member)
            *decode = osm_decode_item(decode, i, NULL);
        memset(at, 0, items->size);
        if (!items->element.read(args, &items->element, item, at))
            return false;
    }
    return true;
}

bool osm_parameter_lax_list(struct osm_args *args, const struct osm_parameter *row,
                            yyjson_val *value, void *out)
{
    return (!args->tagged && osm_is_null(value)) || osm_parameter_list(args, row, value, out);
}

bool osm_parameter_map(struct osm_args *args, const struct osm_parameter *row, yyjson_val *value,
                       void *out)
{
    const struct osm_parameter *rows = row->of;
    yyjson_val *values[OSM_PARAMETERS_MAX] = {NULL};
    size_t count;

    if (!yyjson_is_ctn(value))
        return osm_decode_type_error(args->decode, "an object");
    if (args->members != rows)
        args->members_size = count_of(rows);
    args->members = rows;
    count = args->members_size;
    (void)osm_json_find_all(value, rows, sizeof(*rows), count, values);
    for (size_t i = 0; i < count; i++) {
        args->decode->key = rows[i].name;
        if (!read_row(args, &rows[i], values[i], out))
            return false;
    }
    return true;
}

bool osm_parameter_variant(struct osm_args *args, const struct osm_parameter *row,
                           yyjson_val *value, void *out)
{
    return args->tagged ? osm_tagged_read_variant(args->decode, value, out)
                        : osm_plain_read_variant(args->decode, value, out);
}

bool osm_parameter_data_value(struct osm_args *args, const struct osm_parameter *row,
                              yyjson_val *value, void *out)
{
    return osm_tagged_read_data_value(args->decode, value, out);
}

const struct osm_items osm_parameter_uint32s = {sizeof(uint32_t), {.read = osm_parameter_uint32}};
const struct osm_items osm_parameter_times = {sizeof(UA_DateTime),
                                              {.read = osm_parameter_listed_time}};
const struct osm_items osm_parameter_texts = {sizeof(UA_String), {.read = osm_parameter_text}};
