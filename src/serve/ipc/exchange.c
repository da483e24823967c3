/* SPDX-License-Identifier: MIT */
/*
 * Requests between the frame they came in and their reply. An exchange is linked to its
 * connection until it is answered or the connection ends; in the latter case it lives on alone
 * until the command is done with it.
 *
 * A request may be answered while the command that answers it is still on the stack, so its
 * memory is reused only when that command has returned: after a dispatch that answered at once,
 * else at the end of the turn.
 */
#include <stdlib.h>

#include <utlist.h>

#include "core/link/op.h"
#include "serve/command/command.h"
#include "serve/ipc/ipc_internal.h"
#include "util/alloc.h"

/* Memory of requests whose callers have gone that is given back in one turn: hundreds of megabytes
 * at once hold the loop. */
#define LEAVING_BYTES ((size_t)4 * 1024 * 1024)

static void exchange_done(struct osm_request *request);

/* Callers of requests that are new are not watched (settle.c). */
static bool caller_is_there(const struct osm_request *request)
{
    const struct osm_exchange *exchange = request->owner;

    return exchange->connection && !osm_ipc_connection_is_gone(exchange->connection);
}

static bool has_room(const struct osm_request *request, size_t size)
{
    const struct osm_exchange *exchange = request->owner;
    const struct osm_ipc_config *config = &exchange->server->config;
    struct osm_ipc_stats *stats = &exchange->server->stats;
    size_t owed = exchange->connection ? osm_connection_unsent(exchange->connection) : 0;

    if (owed <= config->max_unsent ||
        (owed + size <= config->max_owed && stats->unsent_bytes + size <= 2 * config->max_owed))
        return true;
    stats->dropped_replies++;
    return false;
}

/* The largest reply of late counts, and is forgotten slowly. */
static void expect(struct osm_connection *connection, size_t size)
{
    size_t faded = connection->expected - connection->expected / 8;

    connection->expected = OSM_MAX(size, faded);
}

struct osm_exchange *osm_exchange_new(struct osm_connection *connection)
{
    struct osm_ipc_server *server = connection->server;
    struct osm_exchange *exchange = server->spare_exchanges;

    if (exchange) {
        LL_DELETE(server->spare_exchanges, exchange);
        server->n_spare_exchanges--;
    } else {
        exchange = osm_alloc(sizeof(*exchange));
        osm_request_init(&exchange->request, exchange_done, exchange);
        exchange->request.is_there = caller_is_there;
        exchange->request.has_room = has_room;
        exchange->server = server;
    }
    exchange->request.started = server->moment;
    server->moment = 0;
    exchange->connection = connection;
    exchange->bytes = 0;
    exchange->answered = false;
    DL_APPEND(connection->exchanges, exchange);
    connection->in_flight++;
    server->stats.in_flight++;
    return exchange;
}

void osm_exchange_free(struct osm_exchange *exchange)
{
    osm_request_deinit(&exchange->request);
    free(exchange);
}

static void exchange_recycle(struct osm_exchange *exchange)
{
    struct osm_ipc_server *server = exchange->server;

    if (server->n_spare_exchanges >= OSM_IPC_SPARE_EXCHANGES) {
        osm_ipc_waste_take(server, &exchange->request.out);
        osm_exchange_free(exchange);
        return;
    }
    if (exchange->request.out.capacity > OSM_IPC_KEEP_BYTES)
        osm_ipc_waste_take(server, &exchange->request.out);
    osm_request_reset(&exchange->request);
    LL_PREPEND(server->spare_exchanges, exchange);
    server->n_spare_exchanges++;
}

/* What a request takes is its connection's, its token's and everybody's. */
static void set_bytes(struct osm_exchange *exchange, size_t bytes)
{
    struct osm_connection *connection = exchange->connection;
    struct osm_grant *grant = exchange->request.grant;
    size_t before = exchange->bytes;

    exchange->bytes = bytes;
    exchange->server->stats.held_bytes += bytes - before;
    if (connection)
        connection->held += bytes - before;
    if (grant)
        grant->used[OSM_QUOTA_BYTES] += bytes - before;
}

/* What it takes is counted from now on. */
static void charge(struct osm_exchange *exchange)
{
    if (exchange->request.grant)
        exchange->request.grant->used[OSM_QUOTA_REQUESTS]++;
    exchange->charged = true;
    set_bytes(exchange, osm_request_bytes(&exchange->request));
}

static void discharge(struct osm_exchange *exchange)
{
    if (exchange->request.grant && exchange->charged)
        exchange->request.grant->used[OSM_QUOTA_REQUESTS]--;
    exchange->charged = false;
    set_bytes(exchange, 0);
}

/* Requests whose callers have gone, of the same token. */
static unsigned *abandoned_of(struct osm_exchange *exchange)
{
    struct osm_grant *grant = exchange->request.grant;

    return grant ? &grant->abandoned : &exchange->server->abandoned;
}

static void exchange_detach(struct osm_exchange *exchange)
{
    struct osm_connection *connection = exchange->connection;

    DL_DELETE(connection->exchanges, exchange);
    connection->in_flight--;
    connection->held -= exchange->bytes;
    exchange->connection = NULL;
    exchange->request.channel = NULL;
}

static void exchange_done(struct osm_request *request)
{
    struct osm_exchange *exchange = request->owner;
    struct osm_ipc_server *server = exchange->server;
    struct osm_connection *connection = exchange->connection;

    osm_assert(!exchange->answered);
    exchange->answered = true;
    server->stats.in_flight--;
    discharge(exchange);
    if (connection) {
        exchange_detach(exchange);
        expect(connection, request->out.length);
        osm_output_add(connection, &request->out);
        if (!connection->by_id)
            osm_connection_state(connection, OSM_CONNECTION_ENDING, "answered");
        osm_connection_set_due(connection);
    } else {
        osm_assert(*abandoned_of(exchange) > 0);
        --*abandoned_of(exchange);
        server->stats.abandoned--;
    }
    if (exchange->leaving)
        DL_DELETE(server->leaving, exchange);
    exchange->leaving = false;
    if (!exchange->dispatching)
        LL_PREPEND(server->answered, exchange);
    if (server->orphaned && server->stats.in_flight == 0)
        osm_ipc_server_destroy(server);
}

static void exchange_returned(struct osm_exchange *exchange)
{
    exchange->dispatching = false;
    if (exchange->answered) {
        exchange->server->moment = exchange->request.ended;
        exchange_recycle(exchange);
        return;
    }
    osm_request_drop_json(&exchange->request);
    charge(exchange);
}

void osm_exchange_dispatch(struct osm_exchange *exchange)
{
    exchange->dispatching = true;
    if (exchange->connection->by_id)
        exchange->request.channel = &exchange->connection->channel;
    osm_command_dispatch(exchange->server->manager, &exchange->request);
    exchange_returned(exchange);
}

void osm_exchange_fail(struct osm_exchange *exchange, const struct osm_fault *fault)
{
    exchange->dispatching = true;
    osm_request_fail(&exchange->request, fault);
    exchange_returned(exchange);
}

void osm_exchange_abandon(struct osm_exchange *exchange)
{
    struct osm_ipc_server *server = exchange->server;

    exchange_detach(exchange);
    ++*abandoned_of(exchange);
    server->stats.abandoned++;
    osm_request_abandon(&exchange->request);
    DL_APPEND(server->leaving, exchange);
    exchange->leaving = true;
}

void osm_exchanges_leave(struct osm_ipc_server *server)
{
    size_t freed = 0;

    while (server->leaving && (freed < LEAVING_BYTES || !server->accepting)) {
        struct osm_exchange *exchange = server->leaving;

        DL_DELETE(server->leaving, exchange);
        exchange->leaving = false;
        freed += exchange->bytes;
        osm_op_leave(&exchange->request.caller);
    }
    if (server->leaving)
        osm_deadline_set(&server->deadlines, &server->leave_deadline,
                         &server->waits[OSM_WAIT_LEAVE]);
}

/* The turn that follows does it. */
void osm_exchanges_leave_on(struct osm_deadline *deadline)
{
}

void osm_exchanges_turn(struct osm_ipc_server *server)
{
    while (server->answered) {
        struct osm_exchange *exchange = server->answered;

        LL_DELETE(server->answered, exchange);
        exchange_recycle(exchange);
    }
}
