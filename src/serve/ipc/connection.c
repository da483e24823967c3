/* SPDX-License-Identifier: MIT */
/* The life of a connection: birth, states, deadlines, death. What it does meanwhile is settle.c. */
#include <stdlib.h>
#include <unistd.h>

#include <utlist.h>

#include "serve/ipc/ipc_internal.h"
#include "util/alloc.h"
#include "util/log.h"

static const char *const state_names[] = {
#define X(id, name) [OSM_CONNECTION_##id] = name,
    OSM_CONNECTION_STATES(X)
#undef X
};

#define TO(id) (1u << OSM_CONNECTION_##id)
static const unsigned state_next[] = {
    [OSM_CONNECTION_READING] = TO(RUNNING) | TO(PERSISTENT) | TO(ENDING) | TO(CLOSED),
    [OSM_CONNECTION_RUNNING] = TO(ENDING) | TO(CLOSED),
    [OSM_CONNECTION_PERSISTENT] = TO(ENDING) | TO(CLOSED),
    [OSM_CONNECTION_ENDING] = TO(LINGERING) | TO(CLOSED),
    [OSM_CONNECTION_LINGERING] = TO(CLOSED),
    [OSM_CONNECTION_CLOSED] = 0,
};
#undef TO

void osm_connection_state(struct osm_connection *connection, enum osm_connection_state state,
                          const char *reason)
{
    osm_assert(state_next[connection->state] & (1u << state));
    osm_log_debug("IPC connection %llu: %s -> %s (%s)", (unsigned long long)connection->serial,
                  state_names[connection->state], state_names[state], reason);
    connection->state = state;
}

const char *osm_connection_state_name(enum osm_connection_state state)
{
    return state_names[state];
}

void osm_connection_charge(struct osm_connection *connection, uint64_t *gauge)
{
    if (connection->gauge)
        --*connection->gauge;
    connection->gauge = gauge;
    if (gauge)
        ++*gauge;
}

/* Birth and death ------------------------------------------------------------------------- */

struct osm_connection *osm_connection_new(struct osm_ipc_server *server, int fd)
{
    /* The limit of a first frame is the larger one: only its content tells which one counts. */
    size_t limit = server->config.max_frame_bytes;
    struct osm_connection *connection = server->spare_connections;
    struct osm_frame frame;
    struct osm_buf out;

    if (connection) {
        LL_DELETE(server->spare_connections, connection);
        server->n_spare_connections--;
    } else {
        connection = osm_alloc(sizeof(*connection));
    }
    frame = connection->frame;
    out = connection->out;
    osm_frame_reset(&frame, limit);
    osm_buf_reset(&out, OSM_IPC_KEEP_BYTES);
    *connection = (struct osm_connection){.server = server,
                                          .serial = ++server->serial,
                                          .fd = fd,
                                          .frame = frame,
                                          .out = out,
                                          .channel.ops = &osm_output_channel};
    DL_APPEND(server->open, connection);
    return connection;
}

void osm_connection_free(struct osm_connection *connection)
{
    osm_frame_deinit(&connection->frame);
    osm_buf_deinit(&connection->out);
    free(connection);
}

static void recycle(struct osm_connection *connection)
{
    struct osm_ipc_server *server = connection->server;

    osm_output_drop(connection);
    if (server->n_spare_connections >= OSM_IPC_SPARE_CONNECTIONS) {
        osm_connection_free(connection);
        return;
    }
    LL_PREPEND(server->spare_connections, connection);
    server->n_spare_connections++;
}

static void on_poll_closed(uv_handle_t *handle)
{
    struct osm_connection *connection =
        osm_container_of((uv_poll_t *)handle, struct osm_connection, poll);
    struct osm_ipc_server *server = connection->server;

    recycle(connection);
    server->handles--;
    osm_ipc_server_advance(server);
}

void osm_ipc_connection_set_grant(struct osm_connection *connection, struct osm_grant *grant)
{
    if (connection->grant) {
        connection->grant->used[OSM_QUOTA_CONNECTIONS]--;
        connection->grant->classic -= !connection->by_id;
    }
    (void)osm_grant_unref(connection->grant);
    connection->grant = osm_grant_ref(grant);
    if (grant) {
        grant->used[OSM_QUOTA_CONNECTIONS]++;
        grant->classic += !connection->by_id;
    }
}

/* Its requests are nobody's any more; what they bring is dropped. */
static void abandon_all(struct osm_connection *connection)
{
    struct osm_exchange *exchange, *next;

    DL_FOREACH_SAFE (connection->exchanges, exchange, next) {
        osm_exchange_abandon(exchange);
    }
}

void osm_connection_close(struct osm_connection *connection, const char *reason)
{
    struct osm_ipc_server *server = connection->server;

    if (connection->state == OSM_CONNECTION_CLOSED)
        return;
    osm_connection_state(connection, OSM_CONNECTION_CLOSED, reason);
    osm_connection_charge(connection, NULL);
    osm_ipc_connection_set_grant(connection, NULL);
    osm_deadline_clear(&connection->deadline);
    server->stats.unsent_bytes -= osm_connection_unsent(connection);
    server->stats.vanished += connection->in_flight > 0 && !server->closing;
    if (connection->due)
        DL_DELETE2(server->due, connection, prev_due, next_due);
    osm_push_tell_gone(&connection->channel);
    abandon_all(connection);
    DL_DELETE(server->open, connection);
    if (connection->has_poll)
        uv_close((uv_handle_t *)&connection->poll, on_poll_closed);
    else
        DL_APPEND(server->buried, connection);
    close(connection->fd);
    connection->fd = -1;
    if (server->closing)
        osm_ipc_server_advance(server);
}

void osm_ipc_connection_revoke(struct osm_connection *connection, enum osm_fault_type type,
                               const char *message)
{
    if (connection->state != OSM_CONNECTION_RUNNING &&
        connection->state != OSM_CONNECTION_PERSISTENT)
        return;
    connection->server->stats.revoked++;
    osm_push_tell_gone(&connection->channel);
    abandon_all(connection);
    osm_output_end(connection, type, message);
    osm_ipc_connection_settle(connection);
}

void osm_ipc_connection_check_grant(struct osm_connection *connection)
{
    osm_push_tell_revoked(&connection->channel);
    if (connection->grant && connection->grant->revoked)
        osm_ipc_connection_revoke(
            connection, OSM_FAULT_AUTH_FAILED,
            "The token of this connection has been taken out of the token file");
}

void osm_ipc_connection_refuse(struct osm_connection *connection)
{
    connection->server->stats.refused++;
    osm_output_end(connection, OSM_FAULT_TOO_MANY_CONNECTIONS, "Too many concurrent connections");
    osm_ipc_connection_settle(connection);
}

void osm_connection_set_due(struct osm_connection *connection)
{
    if (connection->due || connection->settling || connection->state == OSM_CONNECTION_CLOSED)
        return;
    connection->due = true;
    DL_APPEND2(connection->server->due, connection, prev_due, next_due);
}

void osm_connections_turn(struct osm_ipc_server *server)
{
    struct osm_connection *connection;

    while ((connection = server->due)) {
        DL_DELETE2(server->due, connection, prev_due, next_due);
        connection->due = false;
        osm_ipc_connection_settle(connection);
    }
    while ((connection = server->buried)) {
        DL_DELETE(server->buried, connection);
        recycle(connection);
    }
}

/* Deadlines ------------------------------------------------------------------------------- */

static struct osm_connection *of_deadline(struct osm_deadline *deadline)
{
    return osm_container_of(deadline, struct osm_connection, deadline);
}

void osm_connection_frame_timeout(struct osm_deadline *deadline)
{
    struct osm_connection *connection = of_deadline(deadline);

    connection->server->stats.frame_timeouts++;
    osm_output_end(connection, OSM_FAULT_CONNECTION_TIMEOUT, "IPC connection timed out");
    osm_ipc_connection_settle(connection);
}

void osm_ipc_connection_unproved(struct osm_deadline *deadline)
{
    osm_ipc_connection_refuse(of_deadline(deadline));
}

void osm_connection_idle_timeout(struct osm_deadline *deadline)
{
    of_deadline(deadline)->server->stats.idle_timeouts++;
    osm_connection_close(of_deadline(deadline), "idle");
}

void osm_connection_stall_timeout(struct osm_deadline *deadline)
{
    struct osm_connection *connection = of_deadline(deadline);

    connection->server->stats.stall_timeouts++;
    osm_log_warning("IPC connection closed: its caller does not read (%zu bytes waiting)",
                    osm_connection_unsent(connection));
    osm_connection_close(connection, "caller does not read");
}

void osm_connection_slow(struct osm_deadline *deadline)
{
    of_deadline(deadline)->slow = true;
    osm_ipc_connection_settle(of_deadline(deadline));
}

void osm_connection_linger_timeout(struct osm_deadline *deadline)
{
    osm_connection_close(of_deadline(deadline), "lingered long enough");
}
