/* SPDX-License-Identifier: MIT */
/* query (ipc-protocol.md §5.5): whitelist, session, parameters, then the operation. */
#include "command/internal.h"
#include "method/method.h"
#include "wire/cast.h"

/* Absent and null are no parameters; anything but a list or an object is refused. */
static bool take_params(struct osm_request *request, const char *method, struct osm_params *params)
{
    yyjson_val *value = osm_request_get(request, "params");

    params->container = osm_is_null(value) ? NULL : value;
    if (!params->container || yyjson_is_ctn(value))
        return true;
    osm_request_failf(request, OSM_FAULT_TYPE_ERROR, "%s: params must be a list", method);
    return false;
}

static bool decode(const struct osm_method *method, const struct osm_session *session,
                   struct osm_request *request, void *state)
{
    struct osm_fault fault = {0};
    struct osm_wire_context context = osm_session_wire_context(session);
    struct osm_decode decode = {.arena = &request->arena,
                                .fault = &fault,
                                .method = method->name,
                                .item = -1,
                                .now = osm_clock_wall(session->manager->loop.clock),
                                .context = &context};
    struct osm_params params;

    if (!take_params(request, method->name, &params))
        return false;
    if (!method->decode || method->decode(&decode, &params, session, state))
        return true;
    osm_request_fail(request, &fault);
    return false;
}

static const struct osm_method *find_method(struct osm_request *request)
{
    yyjson_val *value = osm_request_get(request, "method");
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

void osm_command_query(struct osm_manager *manager, struct osm_request *request)
{
    const struct osm_method *method = find_method(request);
    struct osm_session *session = method ? osm_command_session(manager, request) : NULL;
    void *state;

    if (!session)
        return;
    osm_session_touch(session);
    if (!method->start) {
        osm_request_failf(request, OSM_FAULT_UNKNOWN_METHOD,
                          "Method \"%s\" is not offered by this version of the daemon",
                          method->name);
        return;
    }
    state = osm_arena_alloc(&request->arena, OSM_MAX(method->state_size, 1));
    if (decode(method, session, request, state))
        osm_op_submit(session, request, method->name, method->flags, method->start, state);
}
