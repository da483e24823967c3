/* SPDX-License-Identifier: MIT */
/* invoke (ipc-protocol.md §5.7, methods.md §4): any registered method, typed values both ways. */
#include "serve/command/command_internal.h"
#include "serve/method/methods.h"
#include "serve/method/run.h"
#include "wire/text/cast.h"
#include "wire/value/styles.h"

static bool take_name(struct osm_request *request, const char **name, size_t *length)
{
    yyjson_val *value = osm_request_get(request, OSM_REQUEST_method);

    if (!yyjson_is_str(value) || !yyjson_get_len(value)) {
        osm_request_failf(request, OSM_FAULT_INVALID_ARGUMENT,
                          "invoke: \"method\" must be a non-empty string.");
        return false;
    }
    *name = yyjson_get_str(value);
    *length = yyjson_get_len(value);
    return true;
}

static bool take_args(struct osm_request *request, yyjson_val **args)
{
    yyjson_val *value = osm_request_get(request, OSM_REQUEST_args);

    *args = osm_is_null(value) ? NULL : value;
    if (!*args || yyjson_is_ctn(value))
        return true;
    osm_request_failf(request, OSM_FAULT_INVALID_ARGUMENT,
                      "invoke: \"args\" must be an array of wire-encoded values.");
    return false;
}

static void run(const struct osm_method *method, struct osm_session *session,
                struct osm_request *request, yyjson_val *args)
{
    request->style = &osm_tagged_style;
    request->wrapped = true;
    if (method == &osm_method_registerTypeCodec)
        osm_request_failf(request, OSM_FAULT_FORBIDDEN_METHOD, "Method not allowed: %s",
                          method->name);
    else if (!method->start)
        osm_command_refuse_method(request, method->name);
    else
        osm_method_run(method, session, request, args, true);
}

void osm_command_invoke(struct osm_manager *manager, struct osm_request *request)
{
    const struct osm_method *method;
    struct osm_session *session;
    const char *name;
    yyjson_val *args;
    size_t length;

    if (!take_name(request, &name, &length) || !take_args(request, &args))
        return;
    method = osm_method_find_registered(name, length);
    if (method)
        osm_command_count(manager, request, method);
    if (method && !osm_command_may_run(request, method))
        return;
    session = osm_command_session(manager, request);
    if (!session || osm_command_publish_is_refused(session, request, method))
        return;
    osm_session_touch(session);
    request->caller.label = "invoke";
    if (!osm_command_take_options(request))
        return;
    if (method)
        run(method, session, request, args);
    else
        osm_request_failf(request, OSM_FAULT_UNKNOWN_METHOD,
                          "Method \"%s\" is not registered on the client for this session.", name);
}
