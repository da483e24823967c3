/* SPDX-License-Identifier: MIT */
/* Positional parameters and what several families need of them; see method.h. */
#include "method/method.h"
#include "util/macros.h"

yyjson_val *osm_param(const struct osm_params *params, int position)
{
    if (yyjson_is_arr(params->container))
        return yyjson_arr_get(params->container, (size_t)position);
    if (yyjson_is_obj(params->container)) {
        char key[12];

        (void)snprintf(key, sizeof(key), "%d", position);
        return osm_json_get(params->container, key);
    }
    return NULL;
}

bool osm_param_bool(const struct osm_params *params, int position, bool fallback)
{
    yyjson_val *value = osm_param(params, position);

    return osm_is_null(value) ? fallback : osm_cast_bool(value);
}

int64_t osm_param_int(const struct osm_params *params, int position, int64_t fallback)
{
    yyjson_val *value = osm_param(params, position);

    return osm_is_null(value) ? fallback : osm_cast_int(value);
}

bool osm_item_uint32(struct osm_decode *decode, yyjson_val *item, const char *key,
                     uint32_t fallback, uint32_t *out)
{
    yyjson_val *value = osm_json_get(item, key);
    uint64_t bits;
    bool negative;

    *out = fallback;
    if (osm_is_null(value))
        return true;
    if (!osm_number_integer(value, &bits, &negative)) {
        decode->key = key;
        return osm_decode_type_error(decode, "an integer");
    }
    *out = (uint32_t)bits;
    return true;
}

bool osm_param_items(struct osm_decode *decode, const struct osm_params *params, int position,
                     size_t item_size, struct osm_list *list, void *array)
{
    *decode = osm_decode_at(decode, position);
    if (!osm_plain_read_list(decode, osm_param(params, position), list))
        return false;
    *(void **)array = osm_arena_array(decode->arena, list->size, item_size);
    return true;
}

size_t osm_batch_size(const struct osm_session *session, uint32_t server_limit, size_t total)
{
    int64_t batch = osm_config_int(&session->config, OSM_CONFIG_batchSize, 0);

    if (osm_config_has(&session->config, OSM_CONFIG_batchSize))
        return batch > 0 && (uint64_t)batch < total ? (size_t)batch : total;
    return server_limit && server_limit < total ? server_limit : total;
}
