/* SPDX-License-Identifier: MIT */
/* query (ipc-protocol.md §5.5): whitelist, session, parameters, then the operation. */
#include "serve/command/command_internal.h"
#include "serve/method/run.h"
#include "wire/text/cast.h"

static const struct osm_method *find_method(struct osm_request *request)
{
    yyjson_val *value = osm_request_get(request, OSM_REQUEST_method);
    const struct osm_method *method = NULL;
    size_t length;
    const char *name = osm_cast_text(value, &request->arena, &length);

    if (yyjson_is_str(value))
        method = osm_method_find(name, length);
    if (!method)
        osm_request_fail_naming(request, OSM_FAULT_FORBIDDEN_METHOD, "Method not allowed: ", name,
                                length);
    return method;
}

/* Absent and null are no parameters; anything but a list or an object is refused. */
static bool take_params(struct osm_request *request, const char *method, yyjson_val **params)
{
    yyjson_val *value = osm_request_get(request, OSM_REQUEST_params);

    *params = osm_is_null(value) ? NULL : value;
    if (!*params || yyjson_is_ctn(value))
        return true;
    osm_request_failf(request, OSM_FAULT_TYPE_ERROR, "%s: params must be a list", method);
    return false;
}

void osm_command_query(struct osm_manager *manager, struct osm_request *request)
{
    const struct osm_method *method = find_method(request);
    struct osm_session *session = NULL;
    yyjson_val *params;

    if (method)
        osm_command_count(manager, request, method);
    if (method && osm_command_may_run(request, method))
        session = osm_command_session(manager, request);
    if (!session || osm_command_publish_is_refused(session, request, method))
        return;
    osm_session_touch(session);
    request->caller.label = "query";
    if (!osm_command_take_options(request))
        return;
    if (!method->start)
        osm_command_refuse_method(request, method->name);
    else if (take_params(request, method->name, &params))
        osm_method_run(method, session, request, params, false);
}
