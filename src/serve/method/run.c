/* SPDX-License-Identifier: MIT */
/*
 * Runs a method; see run.h. With invoke, NodeIds may be given as browse paths: they are resolved
 * first, in one request, before the method itself starts.
 *
 * An operation may start long after its parameters were read, and again after a loss; the server
 * may have numbered its namespaces anew by then. What was given by URI is read once more under the
 * present numbers, and an index that means another namespace now fails the request: never is
 * another node taken than was asked for.
 */
#include "serve/method/run.h"

#include <string.h>

#include "serve/method/batch.h"
#include "serve/method/path.h"
#include "util/log.h"
#include "wire/tagged/tagged_decode.h"
#include "wire/value/styles.h"

bool osm_method_may_change(struct osm_op *op, uint64_t maker)
{
    struct osm_fault fault = {0};

    if (osm_caller_may_change(op->caller, maker))
        return true;
    (void)osm_grant_check_maker(osm_op_request(op)->grant, maker, op->name, osm_op_arena(op),
                                &fault);
    osm_op_fail(op, &fault);
    return false;
}

static void paths_resolved(struct osm_op *op)
{
    osm_method_work(op)->method->start(op);
}

static bool decode_args(const struct osm_method *method, struct osm_args *args,
                        yyjson_val *container, void *state);

struct osm_names *osm_method_names(struct osm_op *op)
{
    struct osm_names *names = &osm_method_work(op)->names;
    const struct osm_names present = osm_link_names(op->link);

    names->uris = present.uris;
    names->size = present.size;
    names->table = present.table;
    if (!present.known && op->link->state == OSM_LINK_UP)
        names->size = 0; /* the server would not say */
    names->known = true;
    names->last = UA_STRING_NULL;
    return names;
}

/* Items in namespaces the server has not got: which ones, its status does not tell. */
static void tell_missing(struct osm_request *request, const struct osm_session *session,
                         const struct osm_names *names)
{
    size_t size = OSM_MIN(names->missing, (size_t)OSM_NAMES_NOTES), more = names->missing - size;
    const char **notes = osm_arena_array(&request->arena, size + 1, sizeof(*notes));

    for (size_t i = 0; i < size; i++) {
        osm_log_warning("Session %s: %s", osm_session_id(session), names->notes[i]);
        notes[i] = names->notes[i];
    }
    if (more)
        notes[size] = osm_arena_printf(&request->arena, "and %zu more in unknown namespaces", more);
    if (request->style != &osm_opcua_style && !osm_method_is_strict(request, session))
        return;
    request->warnings = notes;
    request->warnings_size = more ? size + 1 : size;
}

/* Some of it has been done, and would be done twice. */
static bool is_under_way(const struct osm_method_work *work)
{
    const struct osm_batch *batch = work->batch;

    return batch && batch->resumes && batch->next;
}

static bool read_again(struct osm_op *op)
{
    struct osm_method_work *work = osm_method_work(op);
    const struct osm_session *session = osm_op_session(op);
    struct osm_request *request = osm_op_request(op);
    struct osm_wire_context context = osm_session_wire_context(session);
    struct osm_fault fault = {0};
    struct osm_decode decode = osm_decode_make(osm_op_arena(op), &fault, work->method->name,
                                               osm_session_wall(session), &context);
    struct osm_args args = {
        .decode = &decode, .tagged = work->tagged, .session = session, .method = work->method};

    if (op->cleanup)
        osm_steal(op->cleanup)(op);
    work->names = (struct osm_names){0};
    decode.names = osm_method_names(op);
    memset(op->state, 0, work->method->state_size);
    decode.list = work->tagged ? "args" : NULL;
    if (!decode_args(work->method, &args, work->container, op->state)) {
        osm_op_fail(op, &fault);
        return false;
    }
    work->paths = args.paths;
    request->warnings_size = 0;
    if (work->names.missing)
        tell_missing(request, session, &work->names);
    return true;
}

static bool fail_renumbered(struct osm_op *op)
{
    osm_op_failf(op, OSM_FAULT_CONNECTION,
                 "The server has numbered its namespaces anew while the request waited: nodes of "
                 "ns=2 and above may be others now; look them up again");
    return false;
}

/* The parameters mean under the present numbering what they meant when they came. */
static bool is_up_to_date(struct osm_op *op)
{
    struct osm_method_work *work = osm_method_work(op);
    bool same = !work->is_dated || work->epoch == op->link->epoch;

    if (!same && (!osm_link_means_the_same(op->link, &work->names, work->epoch) ||
                  (work->names.by_uri && is_under_way(work))))
        return fail_renumbered(op);
    work->is_dated = true;
    work->epoch = op->link->epoch;
    return !work->names.by_uri || (same && !work->names.open) || read_again(op);
}

static void start_prepared(struct osm_op *op)
{
    const struct osm_method_work *work = osm_method_work(op);

    if (!is_up_to_date(op))
        return;
    if (work->paths)
        osm_paths_resolve(op, work->paths, paths_resolved);
    else
        work->method->start(op);
}

/* Whether a URI is known is the readers' business: some do without it. */
static bool check_tagged(const struct osm_decode *decode, yyjson_val *args)
{
    bool good;

    decode->names->lenient = true;
    good = osm_tagged_check_args(decode, args);
    decode->names->lenient = false;
    decode->names->missing = 0; /* the parameters themselves are counted */
    return good;
}

static bool decode_args(const struct osm_method *method, struct osm_args *args,
                        yyjson_val *container, void *state)
{
    return (!args->tagged || check_tagged(args->decode, container)) &&
           osm_parameters_take(args, method->parameters, container) &&
           osm_parameters_read(args, method->parameters, state) &&
           (!method->complete || method->complete(args, state));
}

void osm_method_run(const struct osm_method *method, struct osm_session *session,
                    struct osm_request *request, yyjson_val *container, bool tagged)
{
    struct osm_method_work *work =
        osm_arena_alloc(&request->arena, sizeof(*work) + OSM_MAX(method->state_size, 1));
    const struct osm_link *link = osm_session_link(session);
    struct osm_fault fault = {0};
    struct osm_wire_context context = osm_session_wire_context(session);
    struct osm_decode decode = osm_decode_make(&request->arena, &fault, method->name,
                                               osm_session_touched(session), &context);
    struct osm_args args = {
        .decode = &decode, .tagged = tagged, .session = session, .method = method};

    work->names = osm_link_names(link);
    work->names.known &= link->state == OSM_LINK_UP;
    work->is_dated = link->state == OSM_LINK_UP;
    work->epoch = link->epoch;
    decode.names = &work->names;
    decode.list = tagged ? "args" : NULL;
    if (!decode_args(method, &args, container, work + 1)) {
        osm_request_fail(request, &fault);
        return;
    }
    if (work->names.missing)
        tell_missing(request, session, &work->names);
    work->method = method;
    work->paths = args.paths;
    work->container = container;
    work->tagged = tagged;
    request->keeps_json = method->keeps_json || work->names.by_uri ||       /* read_again() */
                          osm_request_get(request, OSM_REQUEST_indexRange); /* read at the start */
    osm_op_submit(osm_session_ops(session), &request->caller, method->name, method->flags,
                  start_prepared, work + 1);
}
