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
    *link = (struct osm_link){.env = env, .timeout = timeout, .timer_due = OSM_MSEC_NEVER};
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
    UA_Array_delete(osm_steal(link->namespaces), link->namespaces_size, &UA_TYPES[UA_TYPES_STRING]);
    link->namespaces_size = 0;
    link->namespaces_table = osm_names_table_free(link->namespaces_table);
    free(osm_steal(link->meaning_since));
    osm_type_registry_free(osm_steal(link->types));
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

/* Indexes 0 and 1 are the standard and the server itself, whatever its URI (OPC 10000-5 §6.3.1). */
static void digest(const UA_String *uris, size_t size, uint8_t numbering[OSM_SHA1_BYTES])
{
    _cleanup_(osm_buf_deinit) struct osm_buf all = {0};

    for (size_t i = 2; i < size; i++) {
        osm_buf_add(&all, &uris[i].length, sizeof(uris[i].length));
        osm_buf_add(&all, uris[i].data, uris[i].length);
    }
    osm_digest_sha1(all.data, all.length, numbering);
}

/* An index means another namespace than before, or one for the first time. */
static void note_meanings(struct osm_link *link, const UA_String *uris, size_t size)
{
    osm_epoch *since = osm_alloc(size * sizeof(*since));

    for (size_t i = 0; i < size; i++)
        since[i] = i < link->namespaces_size && UA_String_equal(&uris[i], &link->namespaces[i])
                       ? link->meaning_since[i]
                       : link->epoch;
    free(link->meaning_since);
    link->meaning_since = since;
}

static bool namespaces_are(const struct osm_link *link, const UA_String *uris, size_t size)
{
    for (size_t i = 0; i < size && size == link->namespaces_size; i++)
        if (!UA_String_equal(&uris[i], &link->namespaces[i]))
            return false;
    return size == link->namespaces_size;
}

void osm_link_set_namespaces(struct osm_link *link, const UA_String *uris, size_t size)
{
    uint8_t before[OSM_SHA1_BYTES];

    link->namespaces_known = true;
    if (link->namespaces_table && namespaces_are(link, uris, size))
        return;
    memcpy(before, link->numbering, sizeof(before));
    digest(uris, size, link->numbering);
    if (link->namespaces_size && memcmp(before, link->numbering, sizeof(before)) != 0) {
        osm_log_info("The server numbers its namespaces anew: what is known of nodes is forgotten");
        osm_type_registry_free(osm_steal(link->types));
        osm_method_nodes_clear(&link->method_nodes);
        link->epoch++;
    }
    note_meanings(link, uris, size);
    UA_Array_delete(link->namespaces, link->namespaces_size, &UA_TYPES[UA_TYPES_STRING]);
    osm_assert(UA_Array_copy(uris, size, (void **)&link->namespaces, &UA_TYPES[UA_TYPES_STRING]) ==
               UA_STATUSCODE_GOOD);
    link->namespaces_size = size;
    (void)osm_names_table_free(link->namespaces_table);
    link->namespaces_table = osm_names_table_new(link->namespaces, size);
}

struct osm_names osm_link_names(const struct osm_link *link)
{
    return (struct osm_names){.uris = link->namespaces,
                              .size = link->namespaces_size,
                              .table = link->namespaces_table,
                              .known = link->namespaces_known};
}

bool osm_link_means_the_same(const struct osm_link *link, const struct osm_names *names,
                             osm_epoch epoch)
{
    if (!names->numbers || epoch == link->epoch)
        return true;
    if (names->numbers >> 63)
        return false;
    for (size_t i = 2; i < OSM_MIN(link->namespaces_size, (size_t)63); i++) {
        if (names->numbers >> i & 1 && link->meaning_since[i] > epoch)
            return false;
    }
    return true;
}

struct osm_wire_context osm_link_wire_context(const struct osm_link *link)
{
    return (struct osm_wire_context){.namespaces = link->namespaces,
                                     .namespaces_size = link->namespaces_size,
                                     .namespaces_table = link->namespaces_table,
                                     .structure = link->types ? osm_type_registry_find : NULL,
                                     .data_type =
                                         link->types ? osm_type_registry_find_data_type : NULL,
                                     .structures = link->types};
}
