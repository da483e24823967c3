/* SPDX-License-Identifier: MIT */
/* A connection and what is known of its server; see link.h. */
#include "core/link/link.h"

#include <string.h>

#include "core/link/method_nodes.h"
#include "port/status_code.h"
#include "util/alloc.h"
#include "util/arena.h"
#include "util/buf.h"
#include "util/log.h"
#include "util/macros.h"
#include "wire/value/type_registry.h"

void osm_link_init(struct osm_link *link, const struct osm_env *env, osm_msec timeout,
                   osm_timer_fn *fire, void *context)
{
    *link = (struct osm_link){.env = env,
                              .timeout = timeout,
                              .timer_due = OSM_MSEC_NEVER,
                              .numbering = &osm_numbering_none,
                              .limits = {.shared = env->shared}};
    link->timer = osm_loop_timer(&env->loop, fire, context);
}

void osm_link_speaks(const struct osm_link *link)
{
    osm_log_about(OSM_LOG_FIELD_SESSION, link->session);
    osm_log_about(OSM_LOG_FIELD_SERVER, link->server);
}

void osm_link_deinit(struct osm_link *link)
{
    link->env->ua_ops->conn_free(osm_steal(link->conn));
    link->env->loop.ops->timer_free(osm_steal(link->timer));
    osm_method_nodes_clear(&link->method_nodes);
    osm_numbering_leave(link->numbering);
    link->numbering = &osm_numbering_none;
    free(osm_steal(link->meaning_since));
    osm_type_registry_free(osm_steal(link->types));
    osm_operation_limits_set(&link->limits, NULL);
}

/* --- time ---------------------------------------------------------------------------------- */

osm_msec osm_link_now(const struct osm_link *link)
{
    return osm_clock_now(link->env->loop.clock);
}

double osm_link_wall(const struct osm_link *link)
{
    return osm_clock_wall(link->env->loop.clock);
}

void osm_link_arm(struct osm_link *link, osm_msec due)
{
    osm_msec now = osm_link_now(link);

    if (due >= link->timer_due)
        return;
    link->timer_due = due;
    link->env->loop.ops->timer_start(link->timer, due > now ? due - now : 0);
}

void osm_link_fired(struct osm_link *link)
{
    link->timer_due = OSM_MSEC_NEVER;
}

/* What is still due now stays so until something else has happened: libuv fires a timer that is
 * started with 0 before it lets anything else happen. */
void osm_link_rearm(struct osm_link *link, osm_msec due)
{
    if (due != OSM_MSEC_NEVER)
        osm_link_arm(link, OSM_MAX(due, osm_link_now(link) + 1));
}

/* --- the connection ------------------------------------------------------------------------ */

void osm_link_drop(struct osm_link *link, const struct osm_fault *reason)
{
    link->env->ua_ops->conn_drop(link->conn, reason);
}

void osm_link_drop_status(struct osm_link *link, UA_StatusCode status)
{
    struct osm_fault fault = {0};
    struct osm_arena arena;

    osm_arena_init(&arena);
    osm_status_code_fault(status, &arena, &fault);
    osm_link_drop(link, &fault);
    osm_arena_deinit(&arena);
}

bool osm_link_give_up(struct osm_link *link)
{
    static const struct osm_fault reason = {
        OSM_FAULT_CONNECTION, "Internal error on the session: its connection is given up"};

    osm_log_error("%s", reason.message);
    osm_link_drop(link, &reason);
    return false;
}

struct osm_ua_call *osm_link_call(struct osm_link *link, const struct osm_ua_service *service,
                                  void *request, osm_msec limit, osm_ua_call_fn *done,
                                  void *context)
{
    UA_RequestHeader *header = request;

    header->timeoutHint = (UA_UInt32)OSM_MIN(limit + OSM_HINT_GRACE_MS, UINT32_MAX);
    return link->env->ua_ops->call(link->conn, service, request, done, context);
}

void osm_link_abandon(struct osm_link *link, struct osm_ua_call *call)
{
    link->env->ua_ops->call_abandon(call);
}

void osm_link_adopt(struct osm_link *link, struct osm_ua_call *call, osm_ua_call_fn *done,
                    void *context)
{
    link->env->ua_ops->call_adopt(call, done, context);
}

unsigned osm_link_messages(const struct osm_link *link)
{
    return link->env->ua_ops->conn_messages(link->conn);
}

void osm_link_read_sent(struct osm_link *link)
{
    link->read_sent_at = osm_link_now(link);
}

/* The server's moment of the answer against the middle of the round trip (OPC 10000-4 §7.34). */
static void note_skew(struct osm_link *link, const UA_ResponseHeader *header)
{
    if (header && header->timestamp > UA_DATETIME_UNIX_EPOCH)
        link->skew = (double)(header->timestamp - UA_DATETIME_UNIX_EPOCH) / UA_DATETIME_SEC -
                     (link->heard_at - (double)link->round_trip / 2000.0);
}

void osm_link_heard(struct osm_link *link, const struct osm_ua_result *result)
{
    link->heard_at = osm_link_wall(link);
    link->round_trip = osm_link_now(link) - link->read_sent_at;
    note_skew(link, result->response);
}

/* --- namespaces ---------------------------------------------------------------------------- */

/* An index means another namespace than before, or one for the first time. */
static void note_meanings(struct osm_link *link, const struct osm_numbering *now)
{
    const struct osm_numbering *before = link->numbering;
    osm_epoch *since;

    if (!link->epoch)
        return;
    since = osm_alloc(now->size * sizeof(*since));
    for (size_t i = 0; i < now->size; i++) {
        if (i >= before->size || !UA_String_equal(&now->uris[i], &before->uris[i]))
            since[i] = link->epoch;
        else if (link->meaning_since)
            since[i] = link->meaning_since[i];
    }
    free(link->meaning_since);
    link->meaning_since = since;
}

void osm_link_set_namespaces(struct osm_link *link, const UA_String *uris, size_t size)
{
    const struct osm_numbering *before = link->numbering,
                               *now = osm_numbering_join(link->env->numberings, uris, size);

    link->namespaces_known = true;
    if (now != before) {
        if (before->size && memcmp(before->digest, now->digest, sizeof(now->digest)) != 0) {
            osm_log_info(
                "The server numbers its namespaces anew: what is known of nodes is forgotten");
            osm_type_registry_free(osm_steal(link->types));
            osm_method_nodes_clear(&link->method_nodes);
            link->epoch++;
        }
        note_meanings(link, now);
        link->numbering = now;
    }
    osm_numbering_leave(before);
}

struct osm_names osm_link_names(const struct osm_link *link)
{
    return (struct osm_names){.uris = link->numbering->uris,
                              .size = link->numbering->size,
                              .table = link->numbering->table,
                              .known = link->namespaces_known};
}

bool osm_link_means_the_same(const struct osm_link *link, const struct osm_names *names,
                             osm_epoch epoch)
{
    if (!names->numbers || epoch == link->epoch)
        return true;
    if (names->numbers >> 63)
        return false;
    for (size_t i = 2; i < OSM_MIN(link->numbering->size, (size_t)63); i++) {
        if (names->numbers >> i & 1 && link->meaning_since[i] > epoch)
            return false;
    }
    return true;
}

struct osm_wire_context osm_link_wire_context(const struct osm_link *link)
{
    return (struct osm_wire_context){.namespaces = link->numbering->uris,
                                     .namespaces_size = link->numbering->size,
                                     .namespaces_table = link->numbering->table,
                                     .structure = link->types ? osm_type_registry_find : NULL,
                                     .data_type =
                                         link->types ? osm_type_registry_find_data_type : NULL,
                                     .structures = link->types};
}
