/* SPDX-License-Identifier: MIT */
/*
 * The listener, the connections and the library's share of the loop; see http.h and
 * http_internal.h.
 *
 * Connections are accepted here and given to the library, which has no listening socket of its
 * own: so who may come in, and who has to make room, is decided before it takes memory for them.
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utlist.h>

#include "admin/http/http_internal.h"
#include "rim/io/peer.h"
#include "rim/io/turn.h"
#include "util/alloc.h"
#include "util/log.h"

/* Accepted in one turn before other events have theirs. */
#define ACCEPT_BATCH 64
#define ACCEPT_PAUSE ((osm_msec)1000)
/* What the library is let have above our own bound, for those it has not noticed to be gone. */
#define SLACK (2 * ACCEPT_BATCH)

void osm_http_config_init(struct osm_http_config *config)
{
    *config = (struct osm_http_config){
        .socket_mode = 0600,
        .max_connections = 256,
        .max_per_address = 128,
        .max_header = 16384,
        .max_body = 65536,
        .request_timeout = 30000,
        .idle_seconds = 20,
        .penalty = 1000,
        .beat = 15000,
    };
}

/* --- the library's turns ------------------------------------------------------------------- */

static void on_timer(uv_timer_t *timer);

static void run(struct osm_http_server *server)
{
    MHD_UNSIGNED_LONG_LONG wait;

    server->running = true;
    (void)MHD_run(server->daemon);
    server->running = false;
    /* Never at once: a timer that is started so in its own callback fires before libuv looks at
     * anybody else. */
    if (MHD_get_timeout(server->daemon, &wait) == MHD_YES)
        (void)uv_timer_start(&server->timer, on_timer, OSM_MAX(wait, 1), 0);
    else
        (void)uv_timer_stop(&server->timer);
}

static void on_timer(uv_timer_t *timer)
{
    osm_turn_name("http");
    run(timer->data);
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    osm_turn_name("http");
    run(poll->data);
}

void osm_http_server_soon(struct osm_http_server *server)
{
    if (!server->running && !server->ending)
        (void)uv_timer_start(&server->timer, on_timer, 0, 0);
}

/* The library's complaints are about clients, which the counters tell of. */
static void OSM_PRINTF(2, 0) on_complaint(void *context, const char *format, va_list args)
{
    char text[256];

    (void)context;
    if (osm_log_enabled(OSM_LOG_DEBUG) && vsnprintf(text, sizeof(text), format, args) > 0)
        osm_log_debug("HTTP: %.*s", (int)strcspn(text, "\n"), text);
}

/* --- connections --------------------------------------------------------------------------- */

static void peer_shut(struct osm_http_peer *peer)
{
    peer->ended = true;
    (void)shutdown(peer->fd, SHUT_RDWR);
    if (peer->exchange)
        osm_http_exchange_resume(peer->exchange);
    osm_http_server_soon(peer->server);
}

static void on_overdue(struct osm_deadline *deadline)
{
    struct osm_http_peer *peer = osm_container_of(deadline, struct osm_http_peer, deadline);
    struct osm_http_exchange *exchange = peer->exchange;

    peer->server->stats.timeouts++;
    if (!exchange || !exchange->called || exchange->response || exchange->queued) {
        peer_shut(peer);
        return;
    }
    if (exchange->gone)
        exchange->gone(exchange->gone_context);
    exchange->gone = NULL;
    osm_deadline_set(&peer->server->deadlines, deadline,
                     &peer->server->waits[OSM_HTTP_WAIT_REQUEST]);
    osm_http_fail(exchange, MHD_HTTP_GATEWAY_TIMEOUT, "The answer was not ready in time");
}

static void on_connection(void *context, struct MHD_Connection *connection, void **socket_context,
                          enum MHD_ConnectionNotificationCode code)
{
    struct osm_http_server *server = context;
    struct osm_http_peer *peer = *socket_context;

    (void)connection;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        peer = osm_steal(server->arriving);
        osm_assert(peer);
        *socket_context = peer;
        DL_APPEND(server->peers, peer);
        server->stats.open++;
        osm_deadline_set(&server->deadlines, &peer->deadline,
                         &server->waits[OSM_HTTP_WAIT_REQUEST]);
    } else if (peer) {
        osm_http_exchange_free(osm_steal(peer->exchange));
        osm_deadline_clear(&peer->deadline);
        DL_DELETE(server->peers, peer);
        server->stats.open--;
        free(peer);
    }
}

/* Whom a connection is counted for: its IP address, or the user at the other end. */
static void identify(struct osm_http_peer *peer, const struct sockaddr_storage *address)
{
    struct ucred user;
    socklen_t size = sizeof(user);

    if (address->ss_family == AF_INET6)
        memcpy(peer->address, &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr, 16);
    else if (address->ss_family == AF_INET)
        memcpy(peer->address, &((const struct sockaddr_in *)(const void *)address)->sin_addr, 4);
    else if (getsockopt(peer->fd, SOL_SOCKET, SO_PEERCRED, &user, &size) == 0)
        memcpy(peer->address, &user.uid, sizeof(user.uid));
}

static unsigned alike(const struct osm_http_server *server, const struct osm_http_peer *newcomer)
{
    const struct osm_http_peer *peer;
    unsigned count = 0;

    DL_FOREACH (server->peers, peer)
        count += memcmp(peer->address, newcomer->address, sizeof(peer->address)) == 0;
    return count;
}

/* Of those who have asked nothing the one that has been silent longest goes: of everybody, or of
 * the newcomer's like. */
static bool make_room(struct osm_http_server *server, const struct osm_http_peer *like)
{
    struct osm_deadline *deadline;

    DL_FOREACH (server->waits[OSM_HTTP_WAIT_REQUEST].head, deadline) {
        struct osm_http_peer *peer = osm_container_of(deadline, struct osm_http_peer, deadline);

        if (peer->ended || (peer->exchange && peer->exchange->called) ||
            (like && memcmp(peer->address, like->address, sizeof(like->address)) != 0))
            continue;
        server->stats.evicted++;
        peer_shut(peer);
        run(server);
        return true;
    }
    return false;
}

static bool has_room(struct osm_http_server *server, const struct osm_http_peer *newcomer)
{
    if (server->config.peers && !osm_peer_rules_allow(*server->config.peers, newcomer->fd))
        return false;
    if (alike(server, newcomer) >= server->config.max_per_address && !make_room(server, newcomer))
        return false;
    return server->stats.open < server->config.max_connections || make_room(server, NULL);
}

static void take(struct osm_http_server *server, int fd, const struct sockaddr_storage *address,
                 socklen_t length)
{
    struct osm_http_peer *peer = osm_alloc(sizeof(*peer));

    *peer = (struct osm_http_peer){.server = server, .fd = fd};
    identify(peer, address);
    server->stats.accepted++;
    if (!has_room(server, peer)) {
        server->stats.refused++;
        close(fd);
        free(peer);
        return;
    }
    server->arriving = peer;
    (void)MHD_add_connection(server->daemon, fd, (const struct sockaddr *)address, length);
    free(server->arriving); /* not taken, and closed */
    server->arriving = NULL;
}

static void on_arrival(uv_poll_t *poll, int status, int events);

static void accept_start(struct osm_http_server *server)
{
    int r = uv_poll_start(&server->accept_poll, UV_READABLE, on_arrival);

    osm_assert(r == 0);
}

static void on_rested(struct osm_deadline *deadline)
{
    accept_start(osm_container_of(deadline, struct osm_http_server, accept_deadline));
}

static void on_arrival(uv_poll_t *poll, int status, int events)
{
    struct osm_http_server *server = poll->data;

    (void)status;
    (void)events;
    osm_turn_name("http accept");
    for (unsigned i = 0; i < ACCEPT_BATCH; i++) {
        struct sockaddr_storage address = {0};
        socklen_t length = sizeof(address);
        int fd = accept4(server->listener.fd, (struct sockaddr *)&address, &length,
                         SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM)) {
            (void)uv_poll_stop(poll);
            osm_deadline_set(&server->deadlines, &server->accept_deadline,
                             &server->waits[OSM_HTTP_WAIT_ACCEPT]);
        }
        if (fd < 0)
            break;
        take(server, fd, &address, length);
    }
    run(server);
}

/* --- start and end ------------------------------------------------------------------------- */

static struct MHD_Daemon *start_library(struct osm_http_server *server)
{
    unsigned flags =
        MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;

    /* Debian 13's would put a connection off that is given to it, as if by another thread, and tell
     * of it when nobody knows any more whose it is. */
#if MHD_VERSION >= 0x00097707
    flags |= MHD_USE_NO_THREAD_SAFETY;
#endif

    return MHD_start_daemon(
        flags, 0, NULL, NULL, osm_http_exchange_handle, server,              /* no accept policy */
        MHD_OPTION_EXTERNAL_LOGGER, on_complaint, server,                    /* first: it counts */
        MHD_OPTION_CONNECTION_LIMIT, server->config.max_connections + SLACK, /* ours comes first */
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, server->config.max_header,    /* also of the answer */
        MHD_OPTION_CONNECTION_TIMEOUT, server->config.idle_seconds,       /* no byte for so long */
        MHD_OPTION_STRICT_FOR_CLIENT, 1,                                  /* what is odd is 400 */
        MHD_OPTION_URI_LOG_CALLBACK, osm_http_exchange_begin, server,     /* a request line */
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, server,              /* begins and ends */
        MHD_OPTION_NOTIFY_COMPLETED, osm_http_exchange_completed, server, /* an answer is out */
        MHD_OPTION_END);
}

static void start_handles(struct osm_http_server *server, int fd)
{
    int r = uv_poll_init(server->loop, &server->accept_poll, server->listener.fd);

    r = r == 0 ? uv_poll_init(server->loop, &server->poll, fd) : r;
    r = r == 0 ? uv_timer_init(server->loop, &server->timer) : r;
    osm_assert(r == 0);
    server->accept_poll.data = server->poll.data = server->timer.data = server;
    server->waits[OSM_HTTP_WAIT_REQUEST] =
        (struct osm_deadline_list){.span = server->config.request_timeout, .expire = on_overdue};
    server->waits[OSM_HTTP_WAIT_BEAT] =
        (struct osm_deadline_list){.span = server->config.beat, .expire = osm_http_beat_due};
    server->waits[OSM_HTTP_WAIT_PENALTY] =
        (struct osm_deadline_list){.span = server->config.penalty, .expire = osm_http_penalty_over};
    server->waits[OSM_HTTP_WAIT_ACCEPT] =
        (struct osm_deadline_list){.span = ACCEPT_PAUSE, .expire = on_rested};
    osm_deadlines_init(&server->deadlines, server->loop, server->config.clock, server->waits,
                       OSM_HTTP_WAIT_COUNT_);
    server->deadlines.timer.data = server;
    server->handles = 4;
    r = uv_poll_start(&server->poll, UV_READABLE, on_ready);
    osm_assert(r == 0);
    accept_start(server);
}

int osm_http_server_new(uv_loop_t *loop, const struct osm_http_config *config,
                        struct osm_http_server **out, char **error)
{
    struct osm_http_server *server = osm_alloc(sizeof(*server));
    int r = osm_listener_open(&server->listener, config->endpoint, config->socket_mode, error);
    const union MHD_DaemonInfo *info;

    server->loop = loop;
    server->config = *config;
    server->config.endpoint = NULL;
    if (!config->clock)
        server->config.clock = osm_clock_system();
    if (r == 0) {
        server->daemon = start_library(server);
        info =
            server->daemon ? MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
        if (info) {
            start_handles(server, info->epoll_fd);
            *out = server;
            return 0;
        }
        r = -ENOMEM;
        *error = osm_printf("Cannot serve HTTP on \"%s\": the library does not start",
                            server->listener.endpoint.uri);
        osm_listener_close(&server->listener);
    }
    free(server);
    return r;
}

const struct osm_address *osm_http_server_endpoint(const struct osm_http_server *server)
{
    return &server->listener.endpoint;
}

void osm_http_server_set_peers(struct osm_http_server *server, struct osm_peer_rules *const *peers)
{
    server->config.peers = peers;
}

void osm_http_server_add(struct osm_http_server *server, struct osm_http_routes *routes)
{
    DL_APPEND(server->routes, routes);
}

const struct osm_http_stats *osm_http_server_stats(const struct osm_http_server *server)
{
    return &server->stats;
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct osm_http_server *server = handle->data;

    if (--server->handles == 0)
        free(server);
}

static void close_handle(void *handle)
{
    uv_close(handle, on_handle_closed);
}

struct osm_http_server *osm_http_server_free(struct osm_http_server *server)
{
    struct osm_http_peer *peer;

    if (!server)
        return NULL;
    osm_assert(!server->running);
    server->ending = true;
    DL_FOREACH (server->peers, peer)
        if (peer->exchange)
            osm_http_exchange_resume(peer->exchange);
    osm_deadline_clear(&server->accept_deadline);
    close_handle(&server->accept_poll);
    close_handle(&server->poll);
    close_handle(&server->timer);
    MHD_stop_daemon(server->daemon);
    osm_assert(!server->peers);
    close_handle(&server->deadlines.timer);
    osm_listener_close(&server->listener);
    return NULL;
}
