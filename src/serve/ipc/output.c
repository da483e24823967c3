/* SPDX-License-Identifier: MIT */
/*
 * Replies on their way to the caller. Small ones are gathered, so that all replies of one turn
 * leave with one send; a large one is sent from the buffer it was written into.
 *
 * Bound: a connection takes no further request while it owes more than config.max_unsent, so
 * what it can pile up is that plus the replies of the requests already in flight, up to
 * config.max_owed (exchange.c). Its streams wait while it owes more than OSM_IPC_PUSH_BYTES.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "serve/ipc/ipc_internal.h"

/* Below this copying is cheaper than what swapping buffers does to their sizes. */
#define OSM_OUTPUT_COPY ((size_t)4096)

static void swap_buffers(struct osm_buf *a, struct osm_buf *b)
{
    struct osm_buf c = *a;

    *a = *b;
    *b = c;
}

/* Drops what has been sent, moved at most once per doubling: half of it has been sent. */
static void make_room(struct osm_connection *connection)
{
    if (connection->sent == 0 || connection->sent < connection->out.length / 2)
        return;
    osm_buf_consume(&connection->out, connection->sent);
    connection->sent = 0;
}

void osm_output_add(struct osm_connection *connection, struct osm_buf *reply)
{
    struct osm_buf *out = &connection->out;

    osm_assert(reply->length > 0 && reply->data[reply->length - 1] == '\n');
    connection->server->stats.replies++;
    connection->server->stats.unsent_bytes += reply->length;
    if (out->length == 0 && reply->length >= OSM_OUTPUT_COPY) {
        swap_buffers(out, reply);
    } else {
        make_room(connection);
        osm_buf_add(out, reply->data, reply->length);
    }
    reply->length = 0;
}

void osm_output_error(struct osm_connection *connection, enum osm_fault_type type,
                      const char *message)
{
    _cleanup_(osm_buf_deinit) struct osm_buf line = {0};

    osm_request_error_line(&line, type, message);
    osm_output_add(connection, &line);
}

void osm_output_end(struct osm_connection *connection, enum osm_fault_type type,
                    const char *message)
{
    osm_output_error(connection, type, message);
    connection->may_send = true;
    osm_connection_state(connection, OSM_CONNECTION_ENDING, message);
}

bool osm_output_send(struct osm_connection *connection)
{
    struct osm_ipc_stats *stats = &connection->server->stats;
    bool progress = false;
    ssize_t n;

    if (connection->state == OSM_CONNECTION_CLOSED)
        return false;
    while (osm_connection_unsent(connection) > 0) {
        n = send(connection->fd, connection->out.data + connection->sent,
                 osm_connection_unsent(connection), MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return progress;
        if (n < 0) {
            osm_connection_close(connection, strerror(errno));
            return false;
        }
        progress = true;
        connection->sent += (size_t)n;
        stats->bytes_out += (size_t)n;
        stats->unsent_bytes -= (size_t)n;
    }
    if (progress) {
        connection->sent = 0;
        osm_buf_reset(&connection->out, OSM_IPC_KEEP_BYTES);
    }
    return progress;
}

/* Lines of streams -------------------------------------------------------------------------- */

static struct osm_connection *of_channel(struct osm_push *channel)
{
    return osm_container_of(channel, struct osm_connection, channel);
}

static bool has_room(struct osm_push *channel)
{
    const struct osm_connection *connection = of_channel(channel);

    return connection->state == OSM_CONNECTION_PERSISTENT && !connection->server->closing &&
           osm_connection_unsent(connection) < OSM_IPC_PUSH_BYTES;
}

static void push(struct osm_push *channel, const struct osm_push_part *parts, size_t count)
{
    struct osm_connection *connection = of_channel(channel);
    struct osm_ipc_stats *stats = &connection->server->stats;

    make_room(connection);
    for (size_t i = 0; i < count; i++) {
        osm_buf_add(&connection->out, parts[i].data, parts[i].length);
        stats->unsent_bytes += parts[i].length;
    }
    stats->pushed++;
    osm_connection_set_due(connection);
}

const struct osm_push_ops osm_output_channel = {
    .has_room = has_room, .push = push, .bytes = OSM_IPC_PUSH_BYTES};

void osm_output_tell_room(struct osm_connection *connection)
{
    if (connection->channel.awaited && has_room(&connection->channel) &&
        osm_connection_unsent(connection) <= OSM_IPC_PUSH_BYTES / 2)
        osm_push_tell_room(&connection->channel);
}
