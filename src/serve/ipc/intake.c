/* SPDX-License-Identifier: MIT */
/*
 * From bytes to requests, in the order of ipc-protocol.md §3: frame limits, parse, token,
 * dispatch. Here a connection becomes classic or persistent: by the first request that parses,
 * and persistent for good (own limit, no deadline, long frames) by the first one that may.
 */
#include "rim/io/peer.h"
#include "serve/ipc/auth.h"
#include "serve/ipc/ipc_internal.h"
#include "serve/ipc/token_set.h"
#include "util/log.h"

#define TOO_MANY "Too many concurrent connections"
#define FRAME_TOO_LONG "Request frame exceeds maximum size of 65536 bytes"

/* What is in flight will have to be sent as well: not more of it than can be owed. */
static bool has_room_ahead(const struct osm_connection *connection)
{
    size_t ahead = connection->in_flight * connection->expected;

    return !connection->in_flight ||
           osm_connection_unsent(connection) + ahead <= connection->server->config.max_ahead;
}

/* Whoever has nothing in flight may always ask; how much, take_line() looks at. */
static bool has_memory(const struct osm_connection *connection)
{
    const struct osm_ipc_server *server = connection->server;

    return !connection->in_flight || (connection->held <= server->config.max_held_connection &&
                                      server->stats.held_bytes <= server->config.max_held);
}

bool osm_intake_is_open(const struct osm_connection *connection)
{
    const struct osm_ipc_config *config = &connection->server->config;

    return (connection->state == OSM_CONNECTION_READING ||
            connection->state == OSM_CONNECTION_PERSISTENT) &&
           !connection->resting && !connection->server->closing &&
           connection->in_flight < config->max_in_flight &&
           osm_connection_unsent(connection) <= config->max_unsent && has_room_ahead(connection) &&
           has_memory(connection);
}

/* A frame above the limit. Classic: the end of the connection; persistent: of that frame. */
static void refuse_frame(struct osm_connection *connection)
{
    char message[80];

    connection->server->stats.oversized++;
    if (!connection->by_id) {
        osm_output_end(connection, OSM_FAULT_PAYLOAD_TOO_LARGE, FRAME_TOO_LONG);
        return;
    }
    (void)snprintf(message, sizeof(message), "Request frame exceeds maximum size of %zu bytes",
                   connection->frame.limit);
    osm_output_error(connection, OSM_FAULT_PAYLOAD_TOO_LARGE, message);
}

static bool set_fault(struct osm_fault *fault, enum osm_fault_type type, const char *message)
{
    *fault = (struct osm_fault){.type = type, .message = message};
    return false;
}

/* The one token, which allows everything, or one of the set, which says what it allows. */
static bool is_authentic(const struct osm_ipc_config *config, struct osm_request *request)
{
    yyjson_val *supplied = osm_request_get(request, OSM_REQUEST_authToken);

    if ((config->token || !config->tokens) && osm_auth_accepts(config->token, supplied))
        return true;
    if (config->tokens)
        osm_request_set_grant(request, osm_token_set_find(config->tokens, supplied));
    return request->grant != NULL;
}

static bool check_token(struct osm_connection *connection, struct osm_request *request,
                        struct osm_fault *fault)
{
    struct osm_ipc_server *server = connection->server;
    char peer[OSM_PEER_TEXT];

    if (is_authentic(&server->config, request)) {
        connection->strikes = 0;
        return true;
    }
    server->stats.auth_failures++;
    connection->strikes++;
    osm_log_warning("Authentication failed from IPC client");
    osm_log_info("The client that failed to authenticate: %s", osm_peer_text(connection->fd, peer));
    return set_fault(fault, OSM_FAULT_AUTH_FAILED, "Invalid or missing auth token");
}

/* All but a share of the places, as long as there are others who may want one. */
static size_t most_places(const struct osm_ipc_server *server, unsigned places)
{
    return osm_token_set_get(server->config.tokens, 1) ? places - places / OSM_IPC_SHARE : places;
}

/* A place for the connection, out of `places` of its kind. */
static bool check_place(struct osm_connection *connection, struct osm_request *request,
                        unsigned places, struct osm_fault *fault)
{
    struct osm_grant *grant = request->grant;
    size_t used = grant ? grant->used[OSM_QUOTA_CONNECTIONS] : 0;
    size_t classic = grant ? grant->classic : 0,
           alike = connection->by_id ? used - classic : classic;

    if (!osm_grant_check_quota(grant, OSM_QUOTA_CONNECTIONS, used, 1, &request->arena, fault)) {
        connection->server->stats.over_quota++;
        return false;
    }
    if (grant && alike >= most_places(connection->server, places)) {
        connection->server->stats.refused++;
        return set_fault(fault, OSM_FAULT_TOO_MANY_CONNECTIONS, TOO_MANY);
    }
    return true;
}

/* The request itself: what its token may have in flight, and what all may take. */
static bool check_load(struct osm_connection *connection, struct osm_request *request,
                       struct osm_fault *fault)
{
    struct osm_ipc_server *server = connection->server;
    struct osm_grant *grant = request->grant;
    size_t bytes = osm_request_bytes(request);

    if (grant ? grant->abandoned >= OSM_IPC_ABANDONED_TOKEN
              : server->abandoned >= OSM_IPC_ABANDONED) {
        server->stats.refused++;
        return set_fault(fault, OSM_FAULT_TOO_MANY_CONNECTIONS, TOO_MANY);
    }
    if (server->stats.held_bytes > server->config.max_held && bytes > OSM_IPC_SMALL_BYTES)
        return osm_fault_set(fault, &request->arena, OSM_FAULT_CONNECTION,
                             "Requests in flight take %zu bytes already, %zu are allowed: try "
                             "again later, or ask for less at a time",
                             (size_t)server->stats.held_bytes, server->config.max_held);
    if (!grant || (osm_grant_check_quota(grant, OSM_QUOTA_REQUESTS, grant->used[OSM_QUOTA_REQUESTS],
                                         1, &request->arena, fault) &&
                   osm_grant_check_quota(grant, OSM_QUOTA_BYTES, grant->used[OSM_QUOTA_BYTES],
                                         bytes, &request->arena, fault)))
        return true;
    server->stats.over_quota++;
    return false;
}

/* The first request that may: from now on the connection counts, and may do, as a persistent
 * one. */
static bool promote(struct osm_connection *connection, struct osm_request *request,
                    struct osm_fault *fault)
{
    struct osm_ipc_server *server = connection->server;
    char peer[OSM_PEER_TEXT];

    if (server->stats.persistent_open >= server->config.max_connections) {
        server->stats.refused++;
        return set_fault(fault, OSM_FAULT_TOO_MANY_CONNECTIONS, TOO_MANY);
    }
    if (!check_place(connection, request, server->config.max_connections, fault))
        return false;
    osm_ipc_connection_set_grant(connection, request->grant);
    osm_log_info("Persistent IPC connection %llu: %s", (unsigned long long)connection->serial,
                 osm_peer_text(connection->fd, peer));
    osm_deadline_clear(&connection->deadline);
    osm_frame_set_persistent(&connection->frame, server->config.max_frame_bytes);
    osm_connection_charge(connection, &server->stats.persistent_open);
    osm_connection_state(connection, OSM_CONNECTION_PERSISTENT, "request with id");
    return true;
}

/* Token, id and limits of a parsed request; the connection takes the state that follows. */
static bool admit(struct osm_connection *connection, struct osm_request *request,
                  struct osm_fault *fault)
{
    if (!check_token(connection, request, fault))
        return false;
    if (!connection->by_id) {
        struct osm_ipc_server *server = connection->server;

        if (!check_place(connection, request, server->config.max_classic, fault))
            return false;
        osm_ipc_connection_set_grant(connection, request->grant);
        osm_connection_charge(connection, &server->stats.classic_open);
        osm_connection_state(connection, OSM_CONNECTION_RUNNING, "request complete");
        return true;
    }
    if (!request->has_id)
        return set_fault(fault, OSM_FAULT_INVALID_ARGUMENT,
                         "A request on a persistent connection needs an \"id\" (string or "
                         "integer)");
    return connection->state == OSM_CONNECTION_PERSISTENT || promote(connection, request, fault);
}

static void fail(struct osm_connection *connection, struct osm_exchange *exchange,
                 const struct osm_fault *fault)
{
    enum osm_fault_type type = fault->type;

    osm_exchange_fail(exchange, fault);
    if (connection->by_id &&
        (type == OSM_FAULT_TOO_MANY_CONNECTIONS || connection->strikes >= OSM_IPC_AUTH_STRIKES)) {
        connection->may_send = true;
        osm_connection_state(connection, OSM_CONNECTION_ENDING, "refused");
    }
}

static void take_line(struct osm_connection *connection, const char *line, size_t length)
{
    struct osm_ipc_server *server = connection->server;
    struct osm_exchange *exchange = osm_exchange_new(connection);
    struct osm_fault fault = {0};
    bool parsed = osm_request_parse(&exchange->request, line, length, &fault);

    server->stats.frames++;
    if (parsed && exchange->request.has_id && !connection->by_id) {
        connection->by_id = true;
        /* Long frames only for those who have shown that they may. */
        osm_frame_set_persistent(&connection->frame, OSM_IPC_FRAME_BYTES);
    }
    if (!connection->by_id) {
        connection->may_send |= osm_frame_has_rest(&connection->frame);
        if (length > OSM_IPC_FRAME_BYTES) {
            server->stats.oversized++;
            connection->may_send = true;
            parsed = set_fault(&fault, OSM_FAULT_PAYLOAD_TOO_LARGE, FRAME_TOO_LONG);
        }
    }
    server->stats.invalid += fault.type == OSM_FAULT_INVALID_JSON;
    if (parsed && admit(connection, &exchange->request, &fault) &&
        check_load(connection, &exchange->request, &fault))
        osm_exchange_dispatch(exchange);
    else
        fail(connection, exchange, &fault);
}

static bool take_verdict(struct osm_connection *connection)
{
    const char *line;
    size_t length;

    switch (osm_frame_next(&connection->frame, &line, &length)) {
    case OSM_FRAME_MORE:
        return false;
    case OSM_FRAME_LINE:
        take_line(connection, line, length);
        return true;
    case OSM_FRAME_TOO_LONG:
        refuse_frame(connection);
        return true;
    case OSM_FRAME_OVERFLOW:
        connection->server->stats.oversized++;
        osm_output_end(connection, OSM_FAULT_PAYLOAD_TOO_LARGE,
                       "Request exceeds maximum size of 1MB");
        return true;
    }
    return false;
}

/* Looked at now and then only: most callers ask for one thing, and the clock costs, too. */
static bool is_spell_over(const struct osm_ipc_server *server, uint64_t *began, unsigned taken)
{
    uint64_t now;

    if (taken % OSM_IPC_SPELL_LOOK)
        return false;
    now = server->moment ? server->moment : osm_clock_microseconds();
    if (!*began)
        *began = now;
    return now - *began > OSM_IPC_SPELL;
}

bool osm_intake_run(struct osm_connection *connection)
{
    struct osm_ipc_server *server = connection->server;
    uint64_t began = 0;
    unsigned taken = 0;

    server->moment = 0;
    while (osm_intake_is_open(connection) && take_verdict(connection))
        if (is_spell_over(server, &began, ++taken) && osm_frame_has_rest(&connection->frame))
            osm_ipc_connection_rest(connection);
    return taken > 0;
}
