/* SPDX-License-Identifier: MIT */
/*
 * New connections: up to a batch per turn, each read at once, because its request has usually
 * come with it. Out of descriptors the listener rests and tries again; it never spins and never
 * stays dead. Callers beyond the limit get their refusal without being asked anything.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include <utlist.h>

#include "rim/io/peer.h"
#include "rim/io/turn.h"
#include "serve/ipc/ipc_internal.h"
#include "util/log.h"

/* Accepted in one turn before other events have their turn. */
#define OSM_ACCEPT_BATCH 64
/* Between two log lines about running out of descriptors. */
#define OSM_ACCEPT_LOG_SPAN ((osm_msec)60000)

/* Callers that have left without our knowing yet hold no place. */
static void drop_departed(struct osm_ipc_server *server)
{
    struct osm_connection *connection, *next;

    DL_FOREACH_SAFE (server->open, connection, next) {
        if (connection->state == OSM_CONNECTION_READING && !connection->paused)
            osm_ipc_connection_read(connection);
        else if (connection->state == OSM_CONNECTION_RUNNING && !connection->slow &&
                 osm_ipc_connection_is_gone(connection))
            osm_connection_close(connection, "caller has gone");
    }
}

static bool is_full(struct osm_ipc_server *server)
{
    if (server->abandoned >= OSM_IPC_ABANDONED)
        return true;
    if (server->stats.classic_open >= server->config.max_classic)
        drop_departed(server);
    return server->stats.classic_open >= server->config.max_classic;
}

/* While callers who have not shown a token hold places, a newcomer may show one at once. Of too
 * many of these the one who has been silent longest goes. */
static bool take_unproved(struct osm_connection *newcomer)
{
    struct osm_ipc_server *server = newcomer->server;
    struct osm_connection *connection, *next;
    bool others = false;

    if (!server->config.token && !server->config.tokens)
        return false;
    DL_FOREACH (server->open, connection)
        others |= connection != newcomer && connection->state == OSM_CONNECTION_READING;
    if (!others)
        return false;
    DL_FOREACH_SAFE (server->open, connection, next) {
        if (server->stats.unproved_open < OSM_IPC_UNPROVED)
            break;
        if (connection->gauge != &server->stats.unproved_open)
            continue;
        if (connection->state == OSM_CONNECTION_READING)
            osm_ipc_connection_refuse(connection);
        else /* it has been refused, and does not read that */
            osm_connection_close(connection, "caller does not read");
    }
    osm_connection_charge(newcomer, &server->stats.unproved_open);
    osm_deadline_set(&server->deadlines, &newcomer->deadline, &server->waits[OSM_WAIT_PROOF]);
    osm_ipc_connection_read(newcomer);
    return true;
}

static void refuse_peer(struct osm_connection *connection)
{
    char peer[OSM_PEER_TEXT];

    connection->server->stats.refused++;
    osm_log_warning("Refused a caller that is not among --allow-uid and --allow-gid: %s",
                    osm_peer_text(connection->fd, peer));
    osm_output_end(connection, OSM_FAULT_ACCESS_DENIED,
                   "This user may not call the daemon (--allow-uid, --allow-gid)");
    osm_ipc_connection_settle(connection);
}

void osm_ipc_accept_take(struct osm_ipc_server *server, int fd, bool is_inside)
{
    bool full = is_full(server);
    char peer[OSM_PEER_TEXT];
    struct osm_connection *connection = osm_connection_new(server, fd);

    connection->is_inside = is_inside;
    server->stats.accepted++;
    if (osm_log_enabled(OSM_LOG_DEBUG))
        osm_log_debug("IPC connection %llu: %s", (unsigned long long)connection->serial,
                      osm_peer_text(fd, peer));
    if (!is_inside && !osm_peer_rules_allow(server->config.peers, fd)) {
        refuse_peer(connection);
        return;
    }
    if (full) {
        if (!take_unproved(connection))
            osm_ipc_connection_refuse(connection);
        return;
    }
    osm_connection_charge(connection, &server->stats.classic_open);
    osm_deadline_set(&server->deadlines, &connection->deadline, &server->waits[OSM_WAIT_FRAME]);
    osm_ipc_connection_read(connection);
}

static void start(struct osm_ipc_server *server)
{
    int r = uv_poll_start(&server->accept_poll, UV_READABLE, osm_accept_ready);

    osm_assert(r == 0); /* fails only for a handle that is closing */
}

static void pause_accepting(struct osm_ipc_server *server, int code)
{
    osm_msec now = osm_clock_now(server->config.clock);

    server->stats.accept_pauses++;
    (void)uv_poll_stop(&server->accept_poll);
    osm_deadline_set(&server->deadlines, &server->accept_deadline, &server->waits[OSM_WAIT_ACCEPT]);
    if (server->starved_logged == 0 || now - server->starved_logged >= OSM_ACCEPT_LOG_SPAN) {
        server->starved_logged = now;
        osm_log_warning("Cannot accept IPC connections for the moment: %s. Callers wait; raise the "
                        "limit of open files if this persists",
                        strerror(code));
    }
}

void osm_accept_retry(struct osm_deadline *deadline)
{
    struct osm_ipc_server *server =
        osm_container_of(deadline, struct osm_ipc_server, accept_deadline);

    if (server->accepting)
        start(server);
}

void osm_accept_ready(uv_poll_t *poll, int status, int events)
{
    struct osm_ipc_server *server = osm_container_of(poll, struct osm_ipc_server, accept_poll);

    osm_turn_name("ipc accept");
    for (int i = 0; i < OSM_ACCEPT_BATCH && server->accepting; i++) {
        int fd = accept4(server->listener.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (fd >= 0) {
            osm_ipc_accept_take(server, fd, false);
            continue;
        }
        if (errno == EAGAIN || errno == EWOULDBLOCK)
            return;
        if (errno == ECONNABORTED || errno == EINTR)
            continue;
        pause_accepting(server, errno);
        return;
    }
}
