/* SPDX-License-Identifier: MIT */
/*
 * What a connection does. Whatever happens to it (bytes, room to send, a reply, a deadline) ends
 * in osm_ipc_connection_settle(), which does what can be done now and watches for what cannot.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <utlist.h>

#include "rim/io/peer.h"
#include "rim/io/turn.h"
#include "serve/ipc/ipc_internal.h"
#include "util/alloc.h"
#include "util/log.h"
#include "util/wipe.h"

/* Watching -------------------------------------------------------------------------------- */

bool osm_ipc_connection_is_gone(const struct osm_connection *connection)
{
    struct pollfd probe = {.fd = connection->fd};

    return poll(&probe, 1, 0) == 1 && /* lint: allow poll – asks, does not wait */
           (probe.revents & (POLLHUP | POLLERR));
}

static void on_poll(uv_poll_t *poll_handle, int status, int events)
{
    struct osm_connection *connection = osm_container_of(poll_handle, struct osm_connection, poll);

    osm_turn_name("ipc connection");
    if (status < 0) {
        osm_connection_close(connection, "socket error");
        return;
    }
    if (events & (UV_DISCONNECT | UV_PRIORITIZED)) {
        connection->hung_up = true;
        if (osm_ipc_connection_is_gone(connection)) {
            osm_connection_close(connection, "caller has gone");
            return;
        }
    }
    if (events & UV_READABLE)
        osm_ipc_connection_read(connection);
    else
        osm_ipc_connection_settle(connection);
}

static int events_wanted(const struct osm_connection *connection)
{
    int events = osm_connection_unsent(connection) > 0 ? UV_WRITABLE : 0;

    switch (connection->state) {
    case OSM_CONNECTION_READING:
    case OSM_CONNECTION_PERSISTENT:
        if (connection->eof) /* UV_PRIORITIZED: nothing but the caller's end comes with it */
            return events | (connection->channel.users ? UV_PRIORITIZED : 0);
        if (!connection->paused)
            return events | UV_READABLE;
        return events | (connection->hung_up ? 0 : UV_DISCONNECT);
    case OSM_CONNECTION_RUNNING:
        return events | (connection->slow && !connection->hung_up ? UV_DISCONNECT : 0);
    case OSM_CONNECTION_LINGERING:
        return events | UV_READABLE;
    case OSM_CONNECTION_ENDING:
    case OSM_CONNECTION_CLOSED:
        break;
    }
    return events;
}

static void watch(struct osm_connection *connection)
{
    int events = events_wanted(connection), r = 0;

    if (events == connection->watched)
        return;
    if (!connection->has_poll) {
        r = uv_poll_init(connection->server->loop, &connection->poll, connection->fd);
        connection->has_poll = r == 0;
        connection->server->handles += connection->has_poll;
    }
    if (r == 0)
        r = events ? uv_poll_start(&connection->poll, events, on_poll)
                   : uv_poll_stop(&connection->poll);
    if (r < 0) {
        osm_log_warning("IPC connection dropped: cannot watch its socket: %s", uv_strerror(r));
        osm_connection_close(connection, "cannot be watched");
        return;
    }
    connection->watched = events;
}

/* What ends the connection if nothing more happens, or what to do when a request takes long.
 * READING and LINGERING keep the deadline they began with. Streams may be silent, and who reads
 * them slowly costs a bounded buffer and gets a gap instead. */
static void set_wait(struct osm_connection *connection, bool active)
{
    struct osm_ipc_server *server = connection->server;
    struct osm_deadline_list *list = NULL;

    if (connection->state == OSM_CONNECTION_READING ||
        connection->state == OSM_CONNECTION_LINGERING)
        return;
    if (connection->channel.users)
        list = NULL;
    else if (osm_connection_unsent(connection) > 0)
        list = &server->waits[OSM_WAIT_STALL];
    else if (connection->state == OSM_CONNECTION_PERSISTENT && connection->in_flight == 0)
        list = &server->waits[OSM_WAIT_IDLE];
    else if (connection->state == OSM_CONNECTION_RUNNING && !connection->slow)
        list = &server->waits[OSM_WAIT_SLOW];
    if (!list)
        osm_deadline_clear(&connection->deadline);
    else if (active || connection->deadline.list != list)
        osm_deadline_set(&server->deadlines, &connection->deadline, list);
}

/* Settling -------------------------------------------------------------------------------- */

/* The caller may have sent what we have not read: closing now would reset the connection, and
 * the reset can overtake the reply. */
static bool must_linger(const struct osm_connection *connection)
{
    int unread = 0;

    if (connection->eof || connection->server->stats.lingering >= OSM_IPC_LINGERING)
        return false;
    if (connection->may_send)
        return true;
    /* Answered later than asked: look whether something has come since. */
    return (connection->has_poll || connection->waited) &&
           ioctl(connection->fd, FIONREAD, &unread) == 0 && unread > 0;
}

/* Ends what has nothing left to do. */
static void finish(struct osm_connection *connection)
{
    struct osm_ipc_server *server = connection->server;

    if (osm_connection_unsent(connection) > 0 || connection->in_flight > 0 || connection->resting)
        return;
    if (connection->state == OSM_CONNECTION_ENDING) {
        if (!must_linger(connection) || shutdown(connection->fd, SHUT_WR) < 0) {
            osm_connection_close(connection, "replied");
            return;
        }
        osm_connection_charge(connection, &server->stats.lingering);
        osm_connection_state(connection, OSM_CONNECTION_LINGERING, "replied early");
        osm_deadline_set(&server->deadlines, &connection->deadline,
                         &server->waits[OSM_WAIT_LINGER]);
        return;
    }
    if (connection->state == OSM_CONNECTION_LINGERING)
        return;
    if ((connection->eof && !connection->channel.users) || server->closing)
        osm_connection_close(connection, connection->eof ? "end of input" : "shutting down");
}

void osm_ipc_connection_settle(struct osm_connection *connection)
{
    bool active = false, took, sent;

    if (connection->state == OSM_CONNECTION_CLOSED)
        return;
    osm_assert(!connection->settling);
    connection->settling = true;
    do {
        took = osm_intake_run(connection);
        sent = osm_output_send(connection);
        active |= took || sent;
    } while ((took || sent) && osm_frame_has_rest(&connection->frame) &&
             osm_intake_is_open(connection));
    connection->settling = false;
    if (connection->state != OSM_CONNECTION_CLOSED)
        finish(connection);
    if (connection->state == OSM_CONNECTION_CLOSED)
        return;
    if (connection->state == OSM_CONNECTION_READING ||
        connection->state == OSM_CONNECTION_PERSISTENT) {
        bool paused = !osm_intake_is_open(connection);

        osm_frame_keep(&connection->frame);
        connection->server->stats.read_pauses +=
            paused && !connection->paused && !connection->resting;
        connection->paused = paused;
    }
    osm_output_tell_room(connection);
    connection->waited |= connection->state == OSM_CONNECTION_RUNNING;
    set_wait(connection, active);
    watch(connection);
}

/* Resting --------------------------------------------------------------------------------- */

/* Whoever has rested for a turn. What began to rest before this handle ran has had its spell in the
 * turn that is not over yet. */
static struct osm_connection *next_rested(struct osm_ipc_server *server)
{
    unsigned turn = server->rest_turn++;
    struct osm_connection *connection;
    bool any = false;

    DL_FOREACH (server->open, connection) {
        if (connection->resting && connection->rest_turn != turn)
            return connection;
        any |= connection->resting;
    }
    if (!any)
        (void)uv_idle_stop(&server->resting);
    return NULL;
}

/* One a turn; it goes behind the others that rest. */
static void end_rest(uv_idle_t *handle)
{
    struct osm_ipc_server *server = osm_container_of(handle, struct osm_ipc_server, resting);
    struct osm_connection *connection = next_rested(server);

    if (!connection)
        return;
    osm_turn_name("ipc connection");
    connection->resting = connection->paused = false;
    DL_DELETE(server->open, connection);
    DL_APPEND(server->open, connection);
    osm_ipc_connection_settle(connection);
}

void osm_ipc_connection_rest(struct osm_connection *connection)
{
    connection->resting = true;
    connection->rest_turn = connection->server->rest_turn;
    (void)uv_idle_start(&connection->server->resting, end_rest);
}

static void discard(struct osm_connection *connection, size_t size)
{
    connection->discarded += size;
    if (size == 0 || connection->discarded > OSM_IPC_LINGER_BYTES)
        osm_connection_close(connection, size ? "caller goes on sending" : "end of input");
}

/* What is logged on the way is about this caller. */
static void note_peer(const struct osm_connection *connection)
{
    char peer[OSM_PEER_TEXT];

    if (!osm_log_wants_fields)
        return;
    osm_log_about_nothing();
    osm_log_about(OSM_LOG_FIELD_PEER, osm_peer_text(connection->fd, peer));
}

void osm_ipc_connection_read(struct osm_connection *connection)
{
    struct osm_ipc_server *server = connection->server;
    ssize_t n;

    note_peer(connection);
    do
        n = recv(connection->fd, server->input, sizeof(server->input), 0);
    while (n < 0 && errno == EINTR);
    if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK) {
        osm_connection_close(connection, strerror(errno));
        return;
    }
    if (n > 0)
        server->stats.bytes_in += (size_t)n;
    if (connection->state == OSM_CONNECTION_LINGERING) {
        if (n >= 0)
            discard(connection, (size_t)n);
        return;
    }
    if (n > 0) {
        connection->may_send = (size_t)n == sizeof(server->input);
        osm_frame_feed(&connection->frame, server->input, (size_t)n);
    } else if (n == 0) {
        connection->eof = true;
        if (osm_ipc_connection_is_gone(connection)) {
            osm_connection_close(connection, "caller has gone");
            return;
        }
    }
    osm_ipc_connection_settle(connection);
    if (n > 0)
        osm_wipe(server->input, (size_t)n); /* passwords may have come */
}
