/* SPDX-License-Identifier: MIT */
/* What may change while the server runs: tokens, who may connect, bounds (server.h). Connections
 * that would not be let in any more are told so and ended. */
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "rim/io/peer.h"
#include "serve/ipc/ipc_internal.h"
#include "serve/ipc/token_set.h"
#include "util/alloc.h"
#include "util/wipe.h"

void osm_ipc_server_set_tokens(struct osm_ipc_server *server, struct osm_token_set *tokens)
{
    struct osm_connection *connection, *next;

    osm_token_set_succeed(tokens, server->config.tokens);
    osm_token_set_free(server->config.tokens);
    server->config.tokens = tokens;
    DL_FOREACH_SAFE (server->open, connection, next) {
        osm_ipc_connection_check_grant(connection);
    }
}

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

void osm_ipc_server_set_token(struct osm_ipc_server *server, const char *token)
{
    struct osm_connection *connection, *next;
    char *before = (char *)(uintptr_t)server->config.token;

    if (same_text(token, before))
        return;
    server->config.token = token ? osm_strdup(token) : NULL;
    if (before)
        osm_wipe_and_free(before);
    if (!token && !server->config.tokens)
        return; /* none is needed any more */
    DL_FOREACH_SAFE (server->open, connection, next) {
        if (!connection->grant)
            osm_ipc_connection_revoke(connection, OSM_FAULT_AUTH_FAILED,
                                      "The token of this connection counts no longer");
    }
}

void osm_ipc_server_set_peers(struct osm_ipc_server *server, struct osm_peer_rules *peers)
{
    struct osm_connection *connection, *next;

    osm_peer_rules_free(server->config.peers);
    server->config.peers = peers;
    DL_FOREACH_SAFE (server->open, connection, next) {
        if (!connection->is_inside && !osm_peer_rules_allow(peers, connection->fd))
            osm_ipc_connection_revoke(
                connection, OSM_FAULT_ACCESS_DENIED,
                "This user may not call the daemon (--allow-uid, --allow-gid)");
    }
}

void osm_ipc_server_set_limits(struct osm_ipc_server *server, const struct osm_ipc_limits *limits)
{
    struct osm_deadline_list *idle = &server->waits[OSM_WAIT_IDLE];
    struct osm_connection *connection, *next;

    osm_assert(limits->max_in_flight > 0 && limits->max_frame_bytes >= OSM_IPC_FRAME_BYTES &&
               limits->max_frame_bytes <= OSM_IPC_FRAME_BYTES_MAX);
    server->config.max_connections = limits->max_connections;
    server->config.max_in_flight = limits->max_in_flight;
    server->config.max_frame_bytes = limits->max_frame_bytes;
    server->config.idle_timeout = idle->span = limits->idle_timeout;
    DL_FOREACH_SAFE (server->open, connection, next) {
        if (connection->state == OSM_CONNECTION_PERSISTENT) {
            osm_frame_set_persistent(&connection->frame, limits->max_frame_bytes);
            if (connection->deadline.list == idle)
                osm_deadline_clear(&connection->deadline);
        }
        osm_connection_set_due(connection); /* it may read on, and waits anew */
    }
}
