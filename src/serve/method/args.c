/* SPDX-License-Identifier: MIT */
/* Parameters in either wire form; see args.h. */
#include "serve/method/args.h"

#include "wire/tagged/tagged_decode.h"
#include "wire/text/json.h"
#include "wire/text/node_id.h"

const struct osm_enum osm_arg_browse_direction = {
    .tag = "BrowseDirection", .name = "Types\\BrowseDirection", .allowed = 0x7};
const struct osm_enum osm_arg_node_class = {
    .tag = "NodeClass", .name = "Types\\NodeClass", .largest_bit = 128};

yyjson_val *osm_arg(const struct osm_args *args, int position)
{
    char key[12];

    if (yyjson_is_arr(args->container))
        return yyjson_arr_get(args->container, (size_t)position);
    if (!yyjson_is_obj(args->container))
        return NULL;
    if (args->tagged)
        return osm_json_get(args->container, args->parameters[position].name);
    (void)snprintf(key, sizeof(key), "%d", position);
    return osm_json_get(args->container, key);
}

/* Moves there and fetches the value. */
static yyjson_val *stand_at(struct osm_decode *decode, const struct osm_args *args, int position)
{
    *decode = osm_decode_at(decode, position);
    decode->list = args->tagged ? "args" : NULL;
    return osm_arg(args, position);
}

static bool is_required(const struct osm_args *args, int position)
{
    return args->tagged && !args->parameters[position].fallback;
}

/* True when the default is to be taken: nothing is there and nothing has to be. */
static bool take_default(const struct osm_decode *decode, const struct osm_args *args, int position,
                         yyjson_val *value)
{
    return osm_is_null(value) && !is_required(args, position);
}

/* --- scalars ------------------------------------------------------------------------------- */

bool osm_arg_bool(struct osm_decode *decode, const struct osm_args *args, int position,
                  bool fallback, bool *out)
{
    yyjson_val *value = stand_at(decode, args, position);

    *out = fallback;
    if (take_default(decode, args, position, value))
        return true;
    if (args->tagged && !yyjson_is_bool(value))
        return osm_decode_type_error(decode, "a bool");
    *out = osm_cast_bool(value);
    return true;
}

bool osm_arg_int(struct osm_decode *decode, const struct osm_args *args, int position,
                 int64_t fallback, int64_t *out)
{
    yyjson_val *value = stand_at(decode, args, position);

    *out = fallback;
    if (take_default(decode, args, position, value))
        return true;
    if (args->tagged && !yyjson_is_int(value))
        return osm_decode_type_error(decode, "an integer");
    *out = osm_cast_int(value);
    return true;
}

bool osm_arg_uint32(struct osm_decode *decode, const struct osm_args *args, int position,
                    uint32_t fallback, uint32_t *out)
{
    int64_t value;

    if (!osm_arg_int(decode, args, position, fallback, &value))
        return false;
    *out = (uint32_t)value;
    return true;
}

bool osm_arg_double(struct osm_decode *decode, const struct osm_args *args, int position,
                    double fallback, double *out)
{
    yyjson_val *value = stand_at(decode, args, position);

    *out = fallback;
    if (take_default(decode, args, position, value))
        return true;
    if (args->tagged && !osm_cast_is_number(value))
        return osm_decode_type_error(decode, "a number");
    *out = osm_cast_float(value);
    return true;
}

bool osm_arg_text(struct osm_decode *decode, const struct osm_args *args, int position,
                  UA_String *out)
{
    yyjson_val *value = stand_at(decode, args, position);
    const char *text;

    if (args->tagged && !yyjson_is_str(value) && !take_default(decode, args, position, value))
        return osm_decode_type_error(decode, "a string");
    text = osm_cast_text(value, decode->arena, &out->length);
    out->data = (UA_Byte *)osm_arena_text(decode->arena, text, out->length);
    return true;
}

/* --- NodeIds ------------------------------------------------------------------------------- */

bool osm_arg_looks_like_node_id(const char *text)
{
    if (text[0] == 'n' && text[1] == 's' && text[2] == '=') {
        size_t digits = strspn(text + 3, "0123456789");

        if (!digits || text[3 + digits] != ';')
            return false;
        text += 3 + digits + 1;
    }
    return text[0] && strchr("isgb", text[0]) && text[1] == '=';
}

static bool tagged_node_id(struct osm_decode *decode, struct osm_args *args, yyjson_val *value,
                           UA_NodeId *out)
{
    const char *text = yyjson_get_str(value);
    struct osm_arg_path *path;

    if (!text || osm_arg_looks_like_node_id(text) || !strchr(text, '/'))
        return osm_tagged_read_node_id(decode, value, out);
    path = osm_arena_alloc(decode->arena, sizeof(*path));
    path->path.data = (UA_Byte *)osm_arena_text(decode->arena, text, yyjson_get_len(value));
    path->path.length = yyjson_get_len(value);
    path->target = out;
    path->next = args->paths;
    args->paths = path;
    return true;
}

bool osm_arg_node_id(struct osm_decode *decode, struct osm_args *args, int position, UA_NodeId *out)
{
    yyjson_val *value = stand_at(decode, args, position);

    if (args->tagged)
        return tagged_node_id(decode, args, value, out);
    return osm_plain_read_node_id(decode, value, out);
}

bool osm_arg_node_id_or(struct osm_decode *decode, struct osm_args *args, int position,
                        UA_NodeId fallback, UA_NodeId *out)
{
    *out = fallback;
    if (osm_is_null(stand_at(decode, args, position)))
        return true;
    return osm_arg_node_id(decode, args, position, out);
}

/* --- enumerations, times ------------------------------------------------------------------- */

static bool is_member(const struct osm_enum *kind, int64_t value)
{
    if (kind->largest_bit)
        return value >= 0 && value <= kind->largest_bit && !(value & (value - 1));
    return value >= 0 && value < 64 && (kind->allowed >> value & 1);
}

static bool read_enum(struct osm_decode *decode, const struct osm_args *args, yyjson_val *value,
                      const struct osm_enum *kind, int64_t *out)
{
    if (args->tagged)
        return osm_tagged_read_enum(decode, value, kind->tag, out);
    *out = osm_cast_int(value);
    return is_member(kind, *out) || osm_decode_enum_error_int(decode, *out, kind->name);
}

bool osm_arg_enum(struct osm_decode *decode, const struct osm_args *args, int position,
                  const struct osm_enum *kind, int64_t fallback, int64_t *out)
{
    yyjson_val *value = stand_at(decode, args, position);

    *out = fallback;
    if (take_default(decode, args, position, value))
        return true;
    return read_enum(decode, args, value, kind, out);
}

bool osm_arg_enum_mask(struct osm_decode *decode, struct osm_args *args, int position,
                       const struct osm_enum *kind, uint32_t *out)
{
    struct osm_list list;
    yyjson_val *item;
    int64_t value;

    *out = 0;
    if (!osm_arg_list(decode, args, position, true, &list))
        return false;
    for (decode->item = 0; (item = osm_cast_list_next(&list)); decode->item++) {
        if (!read_enum(decode, args, item, kind, &value))
            return false;
        *out |= (uint32_t)value;
    }
    return true;
}

bool osm_arg_time(struct osm_decode *decode, const struct osm_args *args, int position,
                  bool nullable, UA_DateTime *out)
{
    yyjson_val *value = stand_at(decode, args, position);

    *out = 0;
    if (!args->tagged)
        return osm_plain_read_time(decode, value, nullable, out);
    if (nullable && osm_is_null(value))
        return true;
    return osm_tagged_read_date_time(decode, value, out);
}

/* --- lists --------------------------------------------------------------------------------- */

bool osm_arg_list(struct osm_decode *decode, const struct osm_args *args, int position,
                  bool nullable, struct osm_list *list)
{
    yyjson_val *value = stand_at(decode, args, position);

    if (nullable && !is_required(args, position))
        return osm_plain_read_list_or_null(decode, value, list);
    return osm_plain_read_list(decode, value, list);
}

bool osm_arg_array(struct osm_decode *decode, const struct osm_args *args, int position,
                   bool nullable, size_t item_size, struct osm_list *list, void *array)
{
    if (!osm_arg_list(decode, args, position, nullable, list))
        return false;
    *(void **)array = osm_arena_array(decode->arena, list->size, item_size);
    return true;
}

bool osm_arg_uint32s(struct osm_decode *decode, const struct osm_args *args, int position,
                     bool nullable, uint32_t **out, size_t *size)
{
    struct osm_list list;
    yyjson_val *item;

    *size = 0;
    if (!osm_arg_array(decode, args, position, nullable, sizeof(**out), &list, out))
        return false;
    for (decode->item = 0; (item = osm_cast_list_next(&list)); decode->item++) {
        if (args->tagged && !yyjson_is_int(item))
            return osm_decode_type_error(decode, "an integer");
        (*out)[(*size)++] = (uint32_t)osm_cast_int(item);
    }
    return true;
}

bool osm_arg_times(struct osm_decode *decode, const struct osm_args *args, int position,
                   UA_DateTime **out, size_t *size)
{
    struct osm_list list;
    yyjson_val *item;

    if (!args->tagged)
        return osm_plain_read_times(decode, stand_at(decode, args, position), out, size);
    *size = 0;
    if (!osm_arg_array(decode, args, position, false, sizeof(**out), &list, out))
        return false;
    for (decode->item = 0; (item = osm_cast_list_next(&list)); decode->item++)
        if (!osm_tagged_read_date_time(decode, item, &(*out)[(*size)++]))
            return false;
    return true;
}

/* --- members of items ---------------------------------------------------------------------- */

bool osm_arg_item_check(struct osm_decode *decode, yyjson_val *item, int index)
{
    *decode = osm_decode_item(decode, index, NULL);
    return yyjson_is_ctn(item) || osm_decode_type_error(decode, "an object");
}

bool osm_arg_item_node_id(struct osm_decode *decode, const struct osm_args *args, yyjson_val *item,
                          const char *key, UA_NodeId *out)
{
    decode->key = key;
    if (args->tagged)
        return osm_tagged_read_node_id(decode, osm_json_get(item, key), out);
    return osm_plain_read_node_id(decode, osm_json_get(item, key), out);
}

bool osm_arg_item_node_id_or(struct osm_decode *decode, const struct osm_args *args,
                             yyjson_val *item, const char *key, UA_NodeId fallback, UA_NodeId *out)
{
    *out = fallback;
    if (osm_is_null(osm_json_get(item, key)))
        return true;
    return osm_arg_item_node_id(decode, args, item, key, out);
}

bool osm_arg_item_uint32(struct osm_decode *decode, yyjson_val *item, const char *key,
                         uint32_t fallback, uint32_t *out)
{
    yyjson_val *value = osm_json_get(item, key);
    uint64_t bits;
    bool negative;

    decode->key = key;
    *out = fallback;
    if (osm_is_null(value))
        return true;
    if (!osm_cast_number_integer(value, &bits, &negative))
        return osm_decode_type_error(decode, "an integer");
    *out = (uint32_t)bits;
    return true;
}

bool osm_arg_item_double(struct osm_decode *decode, yyjson_val *item, const char *key,
                         double fallback, double *out)
{
    yyjson_val *value = osm_json_get(item, key);

    decode->key = key;
    *out = fallback;
    if (osm_is_null(value))
        return true;
    if (!osm_cast_is_number(value))
        return osm_decode_type_error(decode, "a number");
    *out = osm_cast_number_double(value);
    return true;
}

bool osm_arg_item_bool(struct osm_decode *decode, const struct osm_args *args, yyjson_val *item,
                       const char *key, bool fallback, bool *out)
{
    yyjson_val *value = osm_json_get(item, key);

    decode->key = key;
    *out = fallback;
    if (osm_is_null(value))
        return true;
    if (args->tagged && !yyjson_is_bool(value))
        return osm_decode_type_error(decode, "a bool");
    *out = osm_cast_bool(value);
    return true;
}

bool osm_arg_item_builtin_type(struct osm_decode *decode, const struct osm_args *args,
                               yyjson_val *value, uint32_t *out)
{
    int64_t number;

    *out = 0;
    if (osm_is_null(value))
        return true;
    if (!args->tagged)
        return osm_plain_read_builtin_type(decode, value, out);
    if (!osm_tagged_read_enum(decode, value, "BuiltinType", &number))
        return false;
    *out = (uint32_t)number;
    return true;
}
