/* SPDX-License-Identifier: MIT */
/*
 * Replies on their way to the caller. Small ones are gathered, so that all replies of one turn
 * leave with one send; a large one is sent from the buffer it was written into. What comes while
 * much is owed waits in parts of its own: nothing that is large is moved, and what is large in
 * events is sent from where all have it.
 *
 * Bound: a connection takes no further request while it owes more than config.max_unsent, so
 * what it can pile up is that plus the replies of the requests already in flight, up to
 * config.max_owed (exchange.c). Its streams wait while it owes more than OSM_IPC_PUSH_BYTES.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <utlist.h>

#include "serve/ipc/ipc_internal.h"
#include "util/alloc.h"

/* Below this copying is cheaper than what swapping buffers does to their sizes. */
#define OSM_OUTPUT_COPY ((size_t)4096)

/* What is shared and smaller is copied all the same. */
#define OSM_OUTPUT_SHARED ((size_t)64 * 1024)

/* Of a part, unless it is one reply. */
#define OSM_OUTPUT_PART ((size_t)1 << 20)
/* Sent in one turn. A caller that reads as fast as we write would hold the loop. */
#define OSM_OUTPUT_TURN ((size_t)1 << 20)

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

/* Where so many bytes more go. */
static struct osm_buf *end_of(struct osm_connection *connection, size_t size)
{
    struct osm_output_part *part = connection->behind ? connection->behind->prev : NULL;
    size_t before = part ? part->bytes.length : connection->unsent;
    bool shared = part ? part->shared : connection->shared;

    if (!shared && (before == 0 || before + size <= OSM_OUTPUT_PART)) {
        if (!part)
            make_room(connection);
        return part ? &part->bytes : &connection->out;
    }
    part = osm_alloc(sizeof(*part));
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): the analyser cannot follow utlist */
    DL_APPEND(connection->behind, part);
    return &part->bytes;
}

/* The first part has been sent. */
static void next_part(struct osm_connection *connection)
{
    struct osm_output_part *part = connection->behind;

    connection->sent = 0;
    if (connection->shared)
        osm_buf_init(&connection->out);
    osm_rope_text_leave(osm_steal(connection->shared));
    connection->out.length = 0;
    if (connection->out.capacity > OSM_IPC_KEEP_BYTES)
        osm_ipc_waste_take(connection->server, &connection->out);
    if (!part)
        return;
    DL_DELETE(connection->behind, part);
    osm_buf_deinit(&connection->out);
    connection->out = part->bytes;
    connection->shared = part->shared;
    free(part);
}

void osm_output_drop(struct osm_connection *connection)
{
    do
        next_part(connection);
    while (connection->out.length);
    connection->unsent = 0;
}

void osm_output_add(struct osm_connection *connection, struct osm_buf *reply)
{
    struct osm_buf *out = end_of(connection, reply->length);

    osm_assert(reply->length > 0 && reply->data[reply->length - 1] == '\n');
    connection->server->stats.replies++;
    connection->server->stats.unsent_bytes += reply->length;
    connection->unsent += reply->length;
    if (out->length == 0 && reply->length >= OSM_OUTPUT_COPY)
        swap_buffers(out, reply);
    else
        osm_buf_add(out, reply->data, reply->length);
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
    size_t left = OSM_OUTPUT_TURN;
    ssize_t n;

    if (connection->state == OSM_CONNECTION_CLOSED)
        return false;
    while (connection->unsent > 0 && left > 0) {
        n = send(connection->fd, connection->out.data + connection->sent,
                 OSM_MIN(connection->out.length - connection->sent, left), MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            break;
        if (n < 0) {
            osm_connection_close(connection, strerror(errno));
            return false;
        }
        left -= (size_t)n;
        connection->sent += (size_t)n;
        connection->unsent -= (size_t)n;
        stats->bytes_out += (size_t)n;
        stats->unsent_bytes -= (size_t)n;
        if (connection->sent == connection->out.length)
            next_part(connection);
    }
    return left < OSM_OUTPUT_TURN;
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

/* A part that is not copied. Something stands before it: a line begins with its stream's id. */
static void push_shared(struct osm_connection *connection, const struct osm_rope_part *shared)
{
    struct osm_output_part *part = osm_alloc(sizeof(*part));

    osm_assert(connection->unsent > 0);
    part->shared = osm_rope_text_hold(shared->shared);
    part->bytes = (struct osm_buf){.data = part->shared->bytes.data, .length = shared->length};
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): the analyser cannot follow utlist */
    DL_APPEND(connection->behind, part);
}

static void push(struct osm_push *channel, const struct osm_rope_part *parts, size_t count)
{
    struct osm_connection *connection = of_channel(channel);
    struct osm_ipc_stats *stats = &connection->server->stats;

    for (size_t i = 0; i < count; i++) {
        if (parts[i].shared && parts[i].length >= OSM_OUTPUT_SHARED)
            push_shared(connection, &parts[i]);
        else
            osm_buf_add(end_of(connection, parts[i].length), parts[i].data, parts[i].length);
        connection->unsent += parts[i].length;
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
