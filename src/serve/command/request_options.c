/* SPDX-License-Identifier: MIT */
/*
 * Members of a request that change how it is served (extensions.md §3, §4). Callers of upstream do
 * not send them; who sends one that cannot be met is told so, instead of getting something else.
 */
#include <math.h>

#include "serve/command/command_internal.h"
#include "wire/text/cast.h"
#include "wire/text/index_range.h"
#include "wire/value/styles.h"

/* Longer than anybody waits; keeps the sum with the clock in range. */
#define OSM_MAX_TIMEOUT_S 86400.0
/* Older than any value that is kept. */
#define OSM_MAX_AGE_MS (OSM_MAX_TIMEOUT_S * 1000.0)

static bool refuse(struct osm_request *request, const char *text)
{
    osm_request_failf(request, OSM_FAULT_INVALID_ARGUMENT, "%s: %s",
                      yyjson_get_str(osm_request_get(request, OSM_REQUEST_command)), text);
    return false;
}

static bool take_encoding(struct osm_request *request)
{
    yyjson_val *value = osm_request_get(request, OSM_REQUEST_encoding);

    if (osm_is_null(value))
        return true;
    if (!yyjson_equals_str(value, "opcua"))
        return refuse(request, "\"encoding\" must be \"opcua\" or absent.");
    request->style = &osm_opcua_style;
    return true;
}

static bool take_binary(struct osm_request *request)
{
    yyjson_val *value = osm_request_get(request, OSM_REQUEST_binary);

    if (osm_is_null(value))
        return true;
    if (!yyjson_equals_str(value, "base64"))
        return refuse(request, "\"binary\" must be \"base64\" or absent.");
    request->binary_base64 = true;
    return true;
}

static bool take_timeout(struct osm_request *request)
{
    yyjson_val *value = osm_request_get(request, OSM_REQUEST_timeout);
    double seconds;

    if (osm_is_null(value))
        return true;
    seconds = osm_cast_number_double(value);
    if (!osm_cast_is_number(value) || !(seconds > 0.0))
        return refuse(request, "\"timeout\" must be a number of seconds above 0.");
    request->caller.timeout = (uint64_t)ceil(fmin(seconds, OSM_MAX_TIMEOUT_S) * 1000.0);
    return true;
}

static bool take_max_age(struct osm_request *request)
{
    yyjson_val *value = osm_request_get(request, OSM_REQUEST_maxAge);
    double milliseconds;

    if (osm_is_null(value))
        return true;
    milliseconds = osm_cast_number_double(value);
    if (!osm_cast_is_number(value) || !(milliseconds >= 0.0))
        return refuse(request, "\"maxAge\" must be a number of milliseconds, 0 or more.");
    request->caller.max_age = (uint64_t)fmin(milliseconds, OSM_MAX_AGE_MS);
    return true;
}

/* Read by the methods that have a use for it (osm_op_index_range). */
static bool take_index_range(struct osm_request *request)
{
    yyjson_val *value = osm_request_get(request, OSM_REQUEST_indexRange);

    if (osm_is_null(value) || yyjson_equals_str(value, ""))
        return true;
    return (yyjson_is_str(value) &&
            osm_index_range_check(yyjson_get_str(value), yyjson_get_len(value))) ||
           refuse(request, "\"indexRange\" must be " OSM_INDEX_RANGE_EXPECTED ".");
}

static bool take_strict(struct osm_request *request)
{
    yyjson_val *value = osm_request_get(request, OSM_REQUEST_strict);

    if (osm_is_null(value))
        return true;
    if (!yyjson_is_bool(value))
        return refuse(request, "\"strict\" must be true or false.");
    request->strict = yyjson_is_true(value) ? OSM_STRICT_YES : OSM_STRICT_NO;
    return true;
}

bool osm_command_take_options(struct osm_request *request)
{
    return take_encoding(request) && take_binary(request) && take_timeout(request) &&
           take_max_age(request) && take_index_range(request) && take_strict(request);
}
