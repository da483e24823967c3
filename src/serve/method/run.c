/* SPDX-License-Identifier: MIT */
/*
 * Runs a method; see run.h. With invoke, NodeIds may be given as browse paths: they are resolved
 * first, in one request, before the method itself starts.
 */
#include "serve/method/run.h"

#include "serve/method/path.h"
#include "wire/tagged/tagged_decode.h"

static void paths_resolved(struct osm_op *op)
{
    osm_method_work(op)->method->start(op);
}

static void start_with_paths(struct osm_op *op)
{
    osm_paths_resolve(op, osm_method_work(op)->paths, paths_resolved);
}

/* Named arguments must be parameters of the method (ipc-protocol.md §5.7). */
static bool check_names(const struct osm_decode *decode, const struct osm_args *args)
{
    yyjson_obj_iter iter;
    yyjson_val *key;

    if (!args->tagged || !yyjson_is_obj(args->container))
        return true;
    iter = yyjson_obj_iter_with(args->container);
    while ((key = yyjson_obj_iter_next(&iter))) {
        const struct osm_parameter *parameter = args->parameters;

        while (parameter && parameter->name && !yyjson_equals_str(key, parameter->name))
            parameter++;
        if (!parameter || !parameter->name)
            return osm_fault_set(decode->fault, decode->arena, OSM_FAULT_ERROR,
                                 "Unknown named parameter $%s", yyjson_get_str(key));
    }
    return true;
}

static bool decode_args(const struct osm_method *method, const struct osm_session *session,
                        struct osm_decode *decode, struct osm_args *args, void *state)
{
    if (args->tagged && args->container) {
        decode->list = "args";
        if (!osm_tagged_check_args(decode, args->container))
            return false;
    }
    return check_names(decode, args) &&
           (!method->decode || method->decode(decode, args, session, state));
}

void osm_method_run(const struct osm_method *method, struct osm_session *session,
                    struct osm_request *request, yyjson_val *container, bool tagged)
{
    struct osm_method_work *work =
        osm_arena_alloc(&request->arena, sizeof(*work) + OSM_MAX(method->state_size, 1));
    struct osm_fault fault = {0};
    struct osm_wire_context context = osm_session_wire_context(session);
    struct osm_decode decode =
        osm_decode_make(&request->arena, &fault, method->name, osm_session_wall(session), &context);
    struct osm_args args = {
        .container = container, .tagged = tagged, .parameters = method->parameters};

    if (!decode_args(method, session, &decode, &args, work + 1)) {
        osm_request_fail(request, &fault);
        return;
    }
    work->method = method;
    work->paths = args.paths;
    osm_op_submit(osm_session_ops(session), &request->caller, method->name, method->flags,
                  args.paths ? start_with_paths : method->start, work + 1);
}
