/* SPDX-License-Identifier: MIT */
/*
 * Construction and end of the socket side, and the flush once per turn: replies that commands
 * gave in this turn are sent together before the loop waits again (prepare) and after the events
 * it brought (check).
 */
#include "serve/ipc/server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utlist.h>

#include "core/manager/caller_source.h"
#include "rim/io/peer.h"
#include "serve/ipc/auth.h"
#include "serve/ipc/ipc_internal.h"
#include "serve/ipc/token_set.h"
#include "util/alloc.h"
#include "util/wipe.h"

/* How soon the listener tries again after running out of descriptors. */
#define OSM_ACCEPT_RETRY ((osm_msec)100)
/* A classic request that has been answered by then costs the loop nothing: to watch a socket and
 * to stop watching it is six system calls. Its caller's leaving is noticed that much later. */
#define OSM_ANSWERED_SOON ((osm_msec)100)

void osm_ipc_config_init(struct osm_ipc_config *config)
{
    *config = (struct osm_ipc_config){
        .socket_mode = 0600,
        .max_classic = 50,
        .max_connections = 1000,
        .max_in_flight = 256,
        .max_frame_bytes = OSM_IPC_FRAME_BYTES,
        .max_unsent = (size_t)1 << 20,
        .max_owed = (size_t)256 << 20,
        .max_ahead = (size_t)16 << 20,
        .max_held = (size_t)320 << 20,
        .max_held_connection = (size_t)24 << 20,
        .proof_timeout = 250,
        .frame_timeout = 30000,
        .stall_timeout = 60000,
        .linger_timeout = 1000,
        .close_timeout = 1000,
    };
}

static void run_turn(struct osm_ipc_server *server)
{
    osm_exchanges_leave(server);
    osm_connections_turn(server);
    osm_exchanges_turn(server);
    osm_ipc_waste_turn(server);
}

static void on_prepare(uv_prepare_t *handle)
{
    run_turn(osm_container_of(handle, struct osm_ipc_server, prepare));
}

static void on_check(uv_check_t *handle)
{
    run_turn(osm_container_of(handle, struct osm_ipc_server, check));
}

static void close_timeout(struct osm_deadline *deadline)
{
    struct osm_ipc_server *server =
        osm_container_of(deadline, struct osm_ipc_server, close_deadline);
    struct osm_connection *connection, *next;

    DL_FOREACH_SAFE (server->open, connection, next) {
        osm_connection_close(connection, "shutting down");
    }
}

static void init_waits(struct osm_ipc_server *server)
{
    const struct osm_ipc_config *config = &server->config;
    const struct osm_deadline_list waits[OSM_WAIT_COUNT_] = {
        [OSM_WAIT_PROOF] = {.span = config->proof_timeout, .expire = osm_ipc_connection_unproved},
        [OSM_WAIT_FRAME] = {.span = config->frame_timeout, .expire = osm_connection_frame_timeout},
        [OSM_WAIT_IDLE] = {.span = config->idle_timeout, .expire = osm_connection_idle_timeout},
        [OSM_WAIT_STALL] = {.span = config->stall_timeout, .expire = osm_connection_stall_timeout},
        [OSM_WAIT_LINGER] = {.span = config->linger_timeout,
                             .expire = osm_connection_linger_timeout},
        [OSM_WAIT_SLOW] = {.span = OSM_ANSWERED_SOON, .expire = osm_connection_slow},
        [OSM_WAIT_ACCEPT] = {.span = OSM_ACCEPT_RETRY, .expire = osm_accept_retry},
        [OSM_WAIT_LEAVE] = {.span = 1, .expire = osm_exchanges_leave_on},
        [OSM_WAIT_CLOSE] = {.span = config->close_timeout, .expire = close_timeout},
    };

    memcpy(server->waits, waits, sizeof(waits));
}

static void init_handles(struct osm_ipc_server *server)
{
    uv_loop_t *loop = server->loop;

    /* None of these can fail; they keep no loop alive by themselves. */
    (void)uv_prepare_init(loop, &server->prepare);
    (void)uv_check_init(loop, &server->check);
    (void)uv_prepare_start(&server->prepare, on_prepare);
    (void)uv_check_start(&server->check, on_check);
    uv_unref((uv_handle_t *)&server->prepare);
    uv_unref((uv_handle_t *)&server->check);
    (void)uv_idle_init(loop, &server->resting);
    osm_deadlines_init(&server->deadlines, loop, server->config.clock, server->waits,
                       OSM_ARRAY_SIZE(server->waits));
    server->handles = 5; /* with the listener's */
    (void)uv_poll_start(&server->accept_poll, UV_READABLE, osm_accept_ready);
    server->accepting = true;
}

static const struct osm_grant *look_at_grant(void *context, size_t n)
{
    const struct osm_ipc_server *server = context;

    return osm_token_set_get(server->config.tokens, n);
}

int osm_ipc_server_new(uv_loop_t *loop, struct osm_manager *manager,
                       const struct osm_ipc_config *config, struct osm_ipc_server **out,
                       char **error)
{
    struct osm_ipc_server *server = osm_alloc(sizeof(*server));
    int r;

    osm_assert(config->max_in_flight > 0 && config->max_frame_bytes >= OSM_IPC_FRAME_BYTES &&
               config->max_frame_bytes <= OSM_IPC_FRAME_BYTES_MAX);
    server->loop = loop;
    server->manager = manager;
    r = osm_listener_open(&server->listener, config->endpoint, config->socket_mode, error);
    if (r == 0) {
        r = uv_poll_init(loop, &server->accept_poll, server->listener.fd);
        if (r < 0) {
            *error =
                osm_printf("Cannot watch the socket %s: %s", config->endpoint->uri, uv_strerror(r));
            osm_listener_close(&server->listener);
        }
    }
    if (r < 0) {
        osm_token_set_free(config->tokens);
        osm_peer_rules_free(config->peers);
        free(server);
        return r;
    }
    server->config = *config;
    server->config.endpoint = &server->listener.endpoint;
    server->config.token = config->token ? osm_strdup(config->token) : NULL;
    server->config.clock = config->clock ? config->clock : osm_clock_system();
    init_waits(server);
    init_handles(server);
    if (manager)
        osm_manager_lend_callers(manager, &(struct osm_caller_source){look_at_grant, server});
    *out = server;
    return 0;
}

int osm_ipc_server_connect(struct osm_ipc_server *server, const char *first, size_t length)
{
    int fds[2];

    if (!server->accepting)
        return -ECONNREFUSED;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) < 0)
        return -errno;
    if (send(fds[0], first, length, MSG_NOSIGNAL) != (ssize_t)length) {
        close(fds[0]);
        close(fds[1]);
        return -ENOBUFS;
    }
    osm_ipc_accept_take(server, fds[1], true);
    return fds[0];
}

bool osm_ipc_server_identify(const struct osm_ipc_server *server, const char *token, size_t length,
                             struct osm_grant **grant)
{
    const struct osm_ipc_config *config = &server->config;

    *grant = NULL;
    if ((config->token || !config->tokens) && osm_auth_accepts_text(config->token, token, length))
        return true;
    if (config->tokens)
        *grant = osm_token_set_find_text(config->tokens, token, length);
    return *grant != NULL;
}

const struct osm_address *osm_ipc_server_endpoint(const struct osm_ipc_server *server)
{
    return &server->listener.endpoint;
}

const struct osm_ipc_config *osm_ipc_server_config(const struct osm_ipc_server *server)
{
    return &server->config;
}

const struct osm_ipc_stats *osm_ipc_server_stats(const struct osm_ipc_server *server)
{
    return &server->stats;
}

/* The end --------------------------------------------------------------------------------- */

static void on_handle_closed(uv_handle_t *handle)
{
    struct osm_ipc_server *server = handle->data;

    server->handles--;
    osm_ipc_server_advance(server);
}

static void close_handle(struct osm_ipc_server *server, void *handle)
{
    ((uv_handle_t *)handle)->data = server;
    uv_close(handle, on_handle_closed);
}

void osm_ipc_server_stop_accepting(struct osm_ipc_server *server)
{
    if (!server->accepting)
        return;
    server->accepting = false;
    osm_deadline_clear(&server->accept_deadline);
    osm_deadline_clear(&server->leave_deadline);
    close_handle(server, &server->accept_poll);
    osm_listener_close(&server->listener);
}

void osm_ipc_server_close(struct osm_ipc_server *server, void (*done)(void *context), void *context)
{
    struct osm_connection *connection, *next;

    osm_assert(!server->closing);
    osm_ipc_server_stop_accepting(server);
    server->closing = true;
    server->closed = done;
    server->closed_context = context;
    osm_deadline_set(&server->deadlines, &server->close_deadline, &server->waits[OSM_WAIT_CLOSE]);
    DL_FOREACH_SAFE (server->open, connection, next) {
        osm_ipc_connection_settle(connection);
    }
    osm_ipc_server_advance(server);
}

void osm_ipc_server_advance(struct osm_ipc_server *server)
{
    if (!server->closing || server->open)
        return;
    if (!server->ending) {
        server->ending = true;
        osm_deadline_clear(&server->close_deadline);
        close_handle(server, &server->deadlines.timer);
        close_handle(server, &server->prepare);
        close_handle(server, &server->check);
        close_handle(server, &server->resting);
    }
    if (server->handles == 0 && server->closed) {
        void (*closed)(void *context) = osm_steal(server->closed);

        run_turn(server);
        closed(server->closed_context);
    }
}

void osm_ipc_server_trim(struct osm_ipc_server *server)
{
    while (server->spare_connections) {
        struct osm_connection *connection = server->spare_connections;

        LL_DELETE(server->spare_connections, connection);
        osm_connection_free(connection);
    }
    while (server->spare_exchanges) {
        struct osm_exchange *exchange = server->spare_exchanges;

        LL_DELETE(server->spare_exchanges, exchange);
        osm_exchange_free(exchange);
    }
    server->n_spare_connections = server->n_spare_exchanges = 0;
}

void osm_ipc_server_destroy(struct osm_ipc_server *server)
{
    run_turn(server);
    osm_ipc_server_trim(server);
    osm_ipc_waste_end(server);
    if (server->config.token)
        osm_wipe_and_free((char *)(uintptr_t)server->config.token);
    osm_token_set_free(server->config.tokens);
    osm_peer_rules_free(server->config.peers);
    free(server);
}

struct osm_ipc_server *osm_ipc_server_free(struct osm_ipc_server *server)
{
    if (!server)
        return NULL;
    osm_assert(server->ending && server->handles == 0);
    if (server->manager)
        osm_manager_lend_callers(server->manager, &(struct osm_caller_source){0});
    if (server->stats.in_flight > 0)
        server->orphaned = true;
    else
        osm_ipc_server_destroy(server);
    return NULL;
}
