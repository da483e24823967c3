/* SPDX-License-Identifier: MIT */
/* See data_change_filter.h. */
#include "serve/method/data_change_filter.h"

#include <math.h>

#include "wire/text/json.h"

/* A number from 0 to 2, as both enumerations have them. */
static bool choice(struct osm_decode *decode, yyjson_val *filter, const char *place,
                   const char *key, uint32_t fallback, uint32_t *out)
{
    yyjson_val *value = osm_json_get(filter, key);
    uint64_t bits = fallback;
    bool negative = false;

    decode->key = place;
    if (!osm_is_null(value) &&
        (!osm_cast_number_integer(value, &bits, &negative) || negative || bits > 2))
        return osm_decode_type_error(decode, "0, 1 or 2");
    *out = (uint32_t)bits;
    return true;
}

bool osm_data_change_filter_read(struct osm_decode *decode, yyjson_val *filter, bool *filtered,
                                 UA_DataChangeFilter *out)
{
    yyjson_val *value;
    uint32_t trigger;

    *filtered = !osm_is_null(filter);
    if (!*filtered)
        return true;
    /* An empty map of PHP is a list. */
    if (!yyjson_is_obj(filter) && !(yyjson_is_arr(filter) && !yyjson_arr_size(filter)))
        return osm_decode_type_error(decode, "an object");
    if (!choice(decode, filter, "filter.trigger", "trigger", OSM_DATA_CHANGE_TRIGGER, &trigger) ||
        !choice(decode, filter, "filter.deadbandType", "deadbandType", UA_DEADBANDTYPE_NONE,
                &out->deadbandType))
        return false;
    out->trigger = (UA_DataChangeTrigger)trigger;
    decode->key = "filter.deadbandValue";
    value = osm_json_get(filter, "deadbandValue");
    out->deadbandValue = osm_cast_number_double(value);
    return osm_is_null(value) || (osm_cast_is_number(value) && isfinite(out->deadbandValue)) ||
           osm_decode_type_error(decode, "a number");
}
