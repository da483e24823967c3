/* SPDX-License-Identifier: MIT */
/* Callers' connections, for operators (server.h). */
#include <utlist.h>

#include "rim/io/peer.h"
#include "serve/ipc/ipc_internal.h"

void osm_ipc_server_each_client(const struct osm_ipc_server *server,
                                void (*visit)(void *arg, const struct osm_ipc_client *client),
                                void *arg)
{
    const struct osm_connection *connection;

    DL_FOREACH (server->open, connection) {
        char peer[OSM_PEER_TEXT];
        const struct osm_ipc_client client = {
            .id = connection->serial,
            .peer = osm_peer_text(connection->fd, peer),
            .state = osm_connection_state_name(connection->state),
            .persistent = connection->by_id,
            .grant = connection->grant,
            .in_flight = connection->in_flight,
            .held = connection->held,
            .unsent = osm_connection_unsent(connection),
        };

        visit(arg, &client);
    }
}

bool osm_ipc_server_kill_client(struct osm_ipc_server *server, uint64_t id)
{
    struct osm_connection *connection;

    DL_FOREACH (server->open, connection)
        if (connection->serial == id) {
            osm_connection_close(connection, "killed by an operator");
            return true;
        }
    return false;
}

void osm_ipc_describe_caller(const struct osm_request *request, struct osm_buf *out)
{
    const struct osm_exchange *exchange = request->owner;
    char peer[OSM_PEER_TEXT];

    if (exchange->connection)
        osm_buf_printf(out, "client %llu, %s", (unsigned long long)exchange->connection->serial,
                       osm_peer_text(exchange->connection->fd, peer));
    else
        osm_buf_add_text(out, "a caller who has gone");
}
