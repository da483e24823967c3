/* SPDX-License-Identifier: MIT */
/*
 * Runs a method; see run.h. With invoke, NodeIds may be given as browse paths: they are resolved
 * first, in one request, before the method itself starts.
 */
#include "serve/method/run.h"

#include <string.h>

#include "serve/method/path.h"
#include "wire/tagged/tagged_decode.h"

/* --- numbers of namespaces ------------------------------------------------------------------- */

static bool is_numbered_key(yyjson_val *key)
{
    return yyjson_equals_str(key, "ns") || yyjson_equals_str(key, "namespaceIndex") ||
           yyjson_equals_str(key, "namespace");
}

/* Digits that begin at `at` and make a number servers give as they like. */
static size_t numbered(const char *at)
{
    size_t digits = strspn(at, "0123456789");

    return digits && (digits > 1 || at[0] > '1') ? digits : 0;
}

/* "ns=2;…", or "2:…" at the beginning of a segment of a path. */
static bool text_has_index(const char *text)
{
    for (const char *at = strstr(text, "ns="); at; at = strstr(at + 1, "ns="))
        if (numbered(at + 3))
            return true;
    for (const char *at = text, *slash = text; slash; at = slash + 1) {
        if (numbered(at) && at[numbered(at)] == ':')
            return true;
        slash = strchr(at, '/');
    }
    return false;
}

/* Whether something in the parameters may be a namespace index of 2 or above. Rather too often
 * than not: it is asked only when such numbers have changed. JSON is parsed with a limited depth.
 */
static bool has_index(yyjson_val *value)
{
    yyjson_obj_iter members;
    yyjson_arr_iter items;
    yyjson_val *next;

    if (yyjson_is_str(value))
        return text_has_index(yyjson_get_str(value));
    if (yyjson_is_arr(value)) {
        items = yyjson_arr_iter_with(value);
        while ((next = yyjson_arr_iter_next(&items)))
            if (has_index(next))
                return true;
        return false;
    }
    members = yyjson_obj_iter_with(value);
    while ((next = yyjson_obj_iter_next(&members))) {
        yyjson_val *member = yyjson_obj_iter_get_val(next);

        if (has_index(member) || (is_numbered_key(next) && yyjson_get_num(member) > 1))
            return true;
    }
    return false;
}

/* What was asked for means the numbers of then (OPC 10000-3 §8.2.2). */
static bool means_the_same(struct osm_op *op)
{
    const struct osm_method_work *work = osm_method_work(op);

    if (work->renumbered == op->link->renumbered || !work->container || !has_index(work->container))
        return true;
    osm_op_failf(op, OSM_FAULT_CONNECTION,
                 "The server has numbered its namespaces anew while the request waited: nodes of "
                 "ns=2 and above may be others now; look them up again");
    return false;
}

static void start(struct osm_op *op)
{
    if (means_the_same(op))
        osm_method_work(op)->method->start(op);
}

static void paths_resolved(struct osm_op *op)
{
    osm_method_work(op)->method->start(op);
}

static void start_with_paths(struct osm_op *op)
{
    if (means_the_same(op))
        osm_paths_resolve(op, osm_method_work(op)->paths, paths_resolved);
}

static bool decode_args(const struct osm_method *method, struct osm_args *args,
                        yyjson_val *container, void *state)
{
    return (!args->tagged || osm_tagged_check_args(args->decode, container)) &&
           osm_parameters_take(args, method->parameters, container) &&
           osm_parameters_read(args, method->parameters, state) &&
           (!method->complete || method->complete(args, state));
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
        .decode = &decode, .tagged = tagged, .session = session, .method = method};

    decode.list = tagged ? "args" : NULL;
    if (!decode_args(method, &args, container, work + 1)) {
        osm_request_fail(request, &fault);
        return;
    }
    work->method = method;
    work->paths = args.paths;
    work->container = container;
    work->renumbered = osm_session_link(session)->renumbered;
    osm_op_submit(osm_session_ops(session), &request->caller, method->name, method->flags,
                  args.paths ? start_with_paths : start, work + 1);
}
