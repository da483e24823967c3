/* SPDX-License-Identifier: MIT */
/*
 * See tcp.h. Every socket is an attempt of its own until one of them is connected; that one stays,
 * the others are closed. Memory of a socket lives until libuv has closed it, longer than its
 * connection.
 */
#include "rim/ua/tcp.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <string.h>

#include <utlist.h>

#include "rim/io/turn.h"
#include "util/alloc.h"
#include "util/buf.h"

#define OSM_TCP_RX_BYTES ((size_t)65536)
#define OSM_TCP_KEEPALIVE_S 60
/* How long an address is tried before the next one is tried beside it (RFC 8305 §5). */
#define OSM_TCP_STAGGER_MS 250u
/* Bytes one connection may bring in one turn; the others have their turn then. */
#define OSM_TCP_TURN_BYTES ((size_t)256 * 1024)
#define OSM_TCP_ADDRESSES ((size_t)16) /* of one name that are tried */

struct tcp;

struct osm_tcp_hub {
    uv_loop_t *loop;
    uv_prepare_t prepare;
    struct tcp *corked;
    struct tcp *resting; /* have brought enough in this turn */
    uint64_t turn;
    size_t handles; /* that libuv has not closed yet */
    bool freed;
    char rx[OSM_TCP_RX_BYTES];
};

struct attempt {
    uv_tcp_t handle;
    uv_connect_t connect;
    struct osm_tcp_hub *hub;
    struct tcp *tcp; /* NULL once given up */
    struct attempt *prev, *next;
};

struct timer {
    uv_timer_t handle;
    struct osm_tcp_hub *hub;
    struct tcp *tcp;
};

struct lookup {
    uv_getaddrinfo_t request;
    struct osm_tcp_hub *hub;
    struct tcp *tcp; /* NULL once nobody waits */
};

/* What is only needed until a socket is connected. */
struct way {
    char *host;
    uint16_t port;
    struct lookup *lookup;
    struct timer *timer;
    uint64_t give_up_at; /* loop time; UINT64_MAX = never */
    struct attempt *trying;
    struct sockaddr_storage addresses[OSM_TCP_ADDRESSES];
    size_t count, next;
    int error; /* of the attempt that failed last, negative */
    bool resolved;
};

struct tcp {
    struct osm_transport base;
    struct osm_tcp_hub *hub;
    struct way *way;      /* NULL once connected */
    struct attempt *link; /* the connected socket */
    struct osm_buf out;   /* corked, or waiting behind a write */
    uint64_t queued, written;
    size_t writing; /* bytes given to uv_write() that has not called back */
    uint32_t unacked_ms;
    size_t turn_bytes; /* read since the turn it rested last */
    uint64_t turn;
    bool corked, paused, resting;
    struct tcp *prev, *next;                 /* in hub->corked */
    struct tcp *resting_prev, *resting_next; /* in hub->resting */
};

struct pending_write {
    uv_write_t request;
    struct attempt *link;
    struct osm_buf data;
};

static struct tcp *tcp_of(const struct osm_transport *transport)
{
    return osm_container_of((struct osm_transport *)(uintptr_t)transport, struct tcp, base);
}

/* --- the hub ------------------------------------------------------------------------------- */

static void handle_closed(struct osm_tcp_hub *hub)
{
    hub->handles--;
    if (hub->freed && !hub->handles)
        free(hub);
}

static void flush(struct tcp *tcp);
static void set_reading(struct tcp *tcp);

static void end_of_turn(uv_prepare_t *prepare)
{
    struct osm_tcp_hub *hub = prepare->data;

    hub->turn++;
    while (hub->resting) {
        struct tcp *tcp = hub->resting;

        DL_DELETE2(hub->resting, tcp, resting_prev, resting_next);
        tcp->resting = false;
        set_reading(tcp);
    }
    while (hub->corked) {
        struct tcp *tcp = hub->corked;

        DL_DELETE(hub->corked, tcp);
        tcp->corked = false;
        flush(tcp);
    }
}

bool osm_tcp_hub_is_due(const struct osm_tcp_hub *hub)
{
    return hub->corked || hub->resting;
}

struct osm_tcp_hub *osm_tcp_hub_new(uv_loop_t *loop)
{
    struct osm_tcp_hub *hub = osm_alloc(sizeof(*hub));

    hub->loop = loop;
    uv_prepare_init(loop, &hub->prepare);
    hub->prepare.data = hub;
    hub->handles = 1;
    uv_prepare_start(&hub->prepare, end_of_turn);
    uv_unref((uv_handle_t *)&hub->prepare);
    return hub;
}

static void prepare_closed(uv_handle_t *handle)
{
    handle_closed(handle->data);
}

void osm_tcp_hub_free(struct osm_tcp_hub *hub)
{
    if (!hub)
        return;
    osm_assert(!hub->corked);
    hub->freed = true;
    uv_close((uv_handle_t *)&hub->prepare, prepare_closed);
}

/* --- closing ------------------------------------------------------------------------------- */

static void attempt_closed(uv_handle_t *handle)
{
    struct attempt *attempt = osm_container_of((uv_tcp_t *)handle, struct attempt, handle);
    struct osm_tcp_hub *hub = attempt->hub;

    free(attempt);
    handle_closed(hub);
}

static void give_up(struct attempt *attempt)
{
    attempt->tcp = NULL;
    uv_close((uv_handle_t *)&attempt->handle, attempt_closed);
}

static void timer_closed(uv_handle_t *handle)
{
    struct timer *timer = osm_container_of((uv_timer_t *)handle, struct timer, handle);
    struct osm_tcp_hub *hub = timer->hub;

    free(timer);
    handle_closed(hub);
}

static void drop_way(struct tcp *tcp)
{
    struct way *way = osm_steal(tcp->way);

    if (!way)
        return;
    while (way->trying) {
        struct attempt *attempt = way->trying;

        DL_DELETE(way->trying, attempt);
        give_up(attempt);
    }
    if (way->lookup) {
        way->lookup->tcp = NULL;
        (void)uv_cancel((uv_req_t *)&way->lookup->request);
    }
    uv_close((uv_handle_t *)&way->timer->handle, timer_closed);
    free(way->host);
    free(way);
}

/* What the socket takes without waiting; 0 or a negative uv code. */
static int try_write(struct tcp *tcp)
{
    uv_buf_t rest = uv_buf_init(tcp->out.data, (unsigned)tcp->out.length);
    int taken = uv_try_write((uv_stream_t *)&tcp->link->handle, &rest, 1);

    if (taken < 0)
        return taken == UV_EAGAIN ? 0 : taken;
    tcp->written += (uint64_t)taken;
    osm_buf_consume(&tcp->out, (size_t)taken);
    return 0;
}

static void drop_link(struct tcp *tcp)
{
    struct attempt *link = osm_steal(tcp->link);

    if (!link)
        return;
    /* What the socket has taken so far of a write that will be cancelled. */
    if (tcp->writing)
        tcp->written += tcp->writing - uv_stream_get_write_queue_size((uv_stream_t *)&link->handle);
    tcp->writing = 0;
    give_up(link);
}

static void tcp_free(struct tcp *tcp)
{
    if (tcp->corked)
        DL_DELETE(tcp->hub->corked, tcp);
    if (tcp->resting)
        DL_DELETE2(tcp->hub->resting, tcp, resting_prev, resting_next);
    drop_way(tcp);
    drop_link(tcp);
    osm_buf_deinit(&tcp->out);
    free(tcp);
}

static uint64_t tcp_close(struct osm_transport *transport)
{
    struct tcp *tcp = tcp_of(transport);
    uint64_t written;

    /* CloseSession and CloseSecureChannel are on their way: let out what goes without waiting. */
    if (tcp->link && !tcp->writing && tcp->out.length)
        (void)try_write(tcp);
    drop_link(tcp);
    written = tcp->written;
    tcp_free(tcp);
    return written;
}

static void fail(struct tcp *tcp, const struct osm_stack_error *error)
{
    drop_link(tcp);
    tcp->base.events->closed(tcp->base.context, error);
    tcp_free(tcp);
}

static void fail_lost(struct tcp *tcp)
{
    static const struct osm_stack_error error = {OSM_ORIGIN_NETWORK, OSM_FAULT_CONNECTION,
                                                 UA_STATUSCODE_BADCONNECTIONCLOSED,
                                                 "Connection closed by remote"};

    fail(tcp, &error);
}

/* --- sending ------------------------------------------------------------------------------- */

static void cork(struct tcp *tcp)
{
    if (tcp->corked)
        return;
    tcp->corked = true;
    DL_APPEND(tcp->hub->corked, tcp);
}

static void write_done(uv_write_t *request, int status)
{
    struct pending_write *write = osm_container_of(request, struct pending_write, request);
    struct tcp *tcp = write->link->tcp;
    size_t length = write->data.length;

    osm_buf_deinit(&write->data);
    free(write);
    if (!tcp)
        return;
    tcp->writing = 0;
    /* Nobody knows how much of a failed write has arrived: it counts as sent, so that nothing is
     * done twice. */
    tcp->written += length;
    if (status < 0)
        fail_lost(tcp);
    else if (tcp->out.length)
        cork(tcp);
}

static int write_rest(struct tcp *tcp)
{
    struct pending_write *write = osm_alloc(sizeof(*write));
    uv_buf_t rest;
    int error;

    write->link = tcp->link;
    write->data = tcp->out;
    osm_buf_init(&tcp->out);
    rest = uv_buf_init(write->data.data, (unsigned)write->data.length);
    tcp->writing = write->data.length;
    error = uv_write(&write->request, (uv_stream_t *)&tcp->link->handle, &rest, 1, write_done);
    if (error < 0) {
        tcp->writing = 0;
        osm_buf_deinit(&write->data);
        free(write);
    }
    return error;
}

static void flush(struct tcp *tcp)
{
    if (!tcp->link || tcp->writing || !tcp->out.length)
        return;
    if (try_write(tcp) < 0 || (tcp->out.length && write_rest(tcp) < 0))
        fail_lost(tcp);
    else if (!tcp->out.length)
        osm_buf_deinit(&tcp->out); /* an idle session keeps no buffer */
}

static uint8_t *tcp_reserve(struct osm_transport *transport, size_t length)
{
    struct tcp *tcp = tcp_of(transport);

    if (tcp->out.length + tcp->writing + length > OSM_TCP_UNSENT_BYTES)
        return NULL;
    return (uint8_t *)osm_buf_reserve(&tcp->out, length);
}

static void tcp_commit(struct osm_transport *transport, size_t length)
{
    struct tcp *tcp = tcp_of(transport);

    osm_buf_commit(&tcp->out, length);
    tcp->queued += length;
    cork(tcp);
}

static uint64_t tcp_queued(const struct osm_transport *transport)
{
    return tcp_of(transport)->queued;
}

static uint64_t tcp_written(const struct osm_transport *transport)
{
    return tcp_of(transport)->written;
}

/* --- receiving ----------------------------------------------------------------------------- */

static void give_rx(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct attempt *link = osm_container_of((uv_tcp_t *)handle, struct attempt, handle);

    (void)suggested;
    *buf = uv_buf_init(link->hub->rx, (unsigned)OSM_TCP_RX_BYTES);
}

/* A server that sends faster than it is understood would hold the loop. */
static void rest_after(struct tcp *tcp, size_t length)
{
    struct osm_tcp_hub *hub = tcp->hub;

    tcp->turn_bytes = tcp->turn == hub->turn ? tcp->turn_bytes + length : length;
    tcp->turn = hub->turn;
    if (tcp->turn_bytes < OSM_TCP_TURN_BYTES || tcp->resting)
        return;
    tcp->resting = true;
    DL_APPEND2(hub->resting, tcp, resting_prev, resting_next);
    set_reading(tcp);
}

static void bytes_read(uv_stream_t *stream, ssize_t length, const uv_buf_t *buf)
{
    struct attempt *link = osm_container_of((uv_tcp_t *)stream, struct attempt, handle);
    struct tcp *tcp = link->tcp;

    if (!tcp || length == 0)
        return;
    osm_turn_name("server");
    if (length < 0) {
        fail_lost(tcp);
        return;
    }
    rest_after(tcp, (size_t)length);
    tcp->base.events->bytes(tcp->base.context, (uint8_t *)buf->base, (size_t)length);
}

static void set_reading(struct tcp *tcp)
{
    uv_stream_t *stream = tcp->link ? (uv_stream_t *)&tcp->link->handle : NULL;

    if (!stream)
        return;
    if (tcp->paused || tcp->resting)
        (void)uv_read_stop(stream);
    else
        (void)uv_read_start(stream, give_rx, bytes_read); /* fails only on a closing handle */
}

static void tcp_pause(struct osm_transport *transport, bool paused)
{
    struct tcp *tcp = tcp_of(transport);

    if (tcp->paused == paused)
        return;
    tcp->paused = paused;
    set_reading(tcp);
}

static const struct osm_transport_ops tcp_ops = {.reserve = tcp_reserve,
                                                 .commit = tcp_commit,
                                                 .pause = tcp_pause,
                                                 .close = tcp_close,
                                                 .queued = tcp_queued,
                                                 .written = tcp_written};

/* --- opening ------------------------------------------------------------------------------- */

/* libuv has its own numbers and words for resolver errors; callers know the system's. */
static const char *resolver_text(int error)
{
    static const struct {
        int uv;
        int eai;
    } table[] = {
        {UV_EAI_AGAIN, EAI_AGAIN},       {UV_EAI_BADFLAGS, EAI_BADFLAGS},
        {UV_EAI_FAIL, EAI_FAIL},         {UV_EAI_FAMILY, EAI_FAMILY},
        {UV_EAI_MEMORY, EAI_MEMORY},     {UV_EAI_NODATA, EAI_NODATA},
        {UV_EAI_NONAME, EAI_NONAME},     {UV_EAI_SERVICE, EAI_SERVICE},
        {UV_EAI_SOCKTYPE, EAI_SOCKTYPE}, {UV_EAI_OVERFLOW, EAI_OVERFLOW},
    };

    for (size_t i = 0; i < OSM_ARRAY_SIZE(table); i++)
        if (table[i].uv == error)
            return gai_strerror(table[i].eai);
    return uv_strerror(error);
}

static void fail_connect(struct tcp *tcp, int code)
{
    const struct way *way = tcp->way;
    struct osm_stack_error error = {0};

    if (!way->resolved && code != UV_ETIMEDOUT)
        osm_stack_error_set(&error, OSM_ORIGIN_NETWORK, OSM_FAULT_CONNECTION,
                            UA_STATUSCODE_BADTCPENDPOINTURLINVALID,
                            "Failed to connect to %.500s:%u: [0] php_network_getaddresses: "
                            "getaddrinfo for %.500s failed: %s",
                            way->host, (unsigned)way->port, way->host, resolver_text(code));
    else
        osm_stack_error_set(&error, OSM_ORIGIN_NETWORK, OSM_FAULT_CONNECTION,
                            UA_STATUSCODE_BADCONNECTIONREJECTED,
                            "Failed to connect to %.500s:%u: [%d] %s", way->host,
                            (unsigned)way->port, -code, strerror(-code));
    fail(tcp, &error);
}

static void set_options(struct tcp *tcp)
{
    uv_os_fd_t fd;

    (void)uv_tcp_nodelay(&tcp->link->handle, 1);
    (void)uv_tcp_keepalive(&tcp->link->handle, 1, OSM_TCP_KEEPALIVE_S);
    if (tcp->unacked_ms && uv_fileno((uv_handle_t *)&tcp->link->handle, &fd) == 0)
        (void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &tcp->unacked_ms,
                         sizeof(tcp->unacked_ms));
}

static void become_connected(struct tcp *tcp, struct attempt *attempt)
{
    DL_DELETE(tcp->way->trying, attempt);
    tcp->link = attempt;
    drop_way(tcp);
    set_options(tcp);
    if (uv_read_start((uv_stream_t *)&attempt->handle, give_rx, bytes_read) < 0) {
        fail_lost(tcp);
        return;
    }
    tcp->base.events->connected(tcp->base.context);
}

static void arm(struct tcp *tcp, uint64_t delay);
static void go_on(struct tcp *tcp);

static void connected(uv_connect_t *request, int status)
{
    struct attempt *attempt = osm_container_of(request, struct attempt, connect);
    struct tcp *tcp = attempt->tcp;

    if (!tcp)
        return;
    if (status == 0) {
        become_connected(tcp, attempt);
        return;
    }
    DL_DELETE(tcp->way->trying, attempt);
    give_up(attempt);
    tcp->way->error = status;
    go_on(tcp);
}

static struct attempt *new_attempt(struct tcp *tcp)
{
    struct attempt *attempt = osm_alloc(sizeof(*attempt));

    attempt->hub = tcp->hub;
    attempt->tcp = tcp;
    uv_tcp_init(tcp->hub->loop, &attempt->handle);
    tcp->hub->handles++;
    DL_APPEND(tcp->way->trying, attempt);
    return attempt;
}

static bool try_next(struct tcp *tcp)
{
    struct way *way = tcp->way;
    const struct sockaddr *address = (const struct sockaddr *)&way->addresses[way->next++];
    struct attempt *attempt = new_attempt(tcp);
    int error = uv_tcp_connect(&attempt->connect, &attempt->handle, address, connected);

    if (error == 0)
        return true;
    DL_DELETE(way->trying, attempt);
    give_up(attempt);
    way->error = error;
    return false;
}

/* The next address, or the wait for those being tried, or the end. Runs on the loop only. */
static void go_on(struct tcp *tcp)
{
    struct way *way = tcp->way;
    uint64_t now = uv_now(tcp->hub->loop);

    if (now >= way->give_up_at) {
        fail_connect(tcp, UV_ETIMEDOUT);
        return;
    }
    while (way->next < way->count && !try_next(tcp))
        continue;
    if (!way->trying && !way->lookup)
        fail_connect(tcp, way->error ? way->error : UV_EAI_NONAME);
    else if (way->next < way->count)
        arm(tcp, OSM_MIN(OSM_TCP_STAGGER_MS, way->give_up_at - now));
    else if (way->give_up_at != UINT64_MAX)
        arm(tcp, way->give_up_at - now);
}

static void on_timer(uv_timer_t *handle)
{
    struct timer *timer = osm_container_of(handle, struct timer, handle);
    struct tcp *tcp = timer->tcp;

    if (!tcp->way->resolved && tcp->way->lookup && uv_now(tcp->hub->loop) < tcp->way->give_up_at)
        return;
    if (tcp->way->trying && !tcp->way->host) { /* adopted, it only has to be told */
        become_connected(tcp, tcp->way->trying);
        return;
    }
    go_on(tcp);
}

static void arm(struct tcp *tcp, uint64_t delay)
{
    uv_timer_start(&tcp->way->timer->handle, on_timer, delay, 0);
}

static void add_address(struct way *way, const struct sockaddr *address, size_t length)
{
    if (way->count < OSM_TCP_ADDRESSES && length <= sizeof(way->addresses[0]))
        memcpy(&way->addresses[way->count++], address, length);
}

static const struct addrinfo *next_of(const struct addrinfo *info, int family, bool same)
{
    while (info && (info->ai_family == family) != same)
        info = info->ai_next;
    return info;
}

/* Families in turn, beginning with the resolver's first choice (RFC 8305 §4). */
static void take_addresses(struct way *way, const struct addrinfo *list)
{
    int family = list ? list->ai_family : AF_UNSPEC;
    const struct addrinfo *first = list, *second = next_of(list, family, false);

    while (first || second) {
        if (first) {
            add_address(way, first->ai_addr, first->ai_addrlen);
            first = next_of(first->ai_next, family, true);
        }
        if (second) {
            add_address(way, second->ai_addr, second->ai_addrlen);
            second = next_of(second->ai_next, family, false);
        }
    }
}

static void resolved(uv_getaddrinfo_t *request, int status, struct addrinfo *addresses)
{
    struct lookup *lookup = osm_container_of(request, struct lookup, request);
    struct osm_tcp_hub *hub = lookup->hub;
    struct tcp *tcp = lookup->tcp;

    free(lookup);
    if (tcp) {
        tcp->way->lookup = NULL;
        tcp->way->resolved = status == 0;
        tcp->way->error = status;
        take_addresses(tcp->way, addresses);
        go_on(tcp);
    }
    uv_freeaddrinfo(addresses);
    handle_closed(hub);
}

static int start_lookup(struct tcp *tcp)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct lookup *lookup = osm_alloc(sizeof(*lookup));
    char port[8];
    int error;

    (void)snprintf(port, sizeof(port), "%u", (unsigned)tcp->way->port);
    lookup->hub = tcp->hub;
    lookup->tcp = tcp;
    error =
        uv_getaddrinfo(tcp->hub->loop, &lookup->request, resolved, tcp->way->host, port, &hints);
    if (error < 0) {
        free(lookup);
        return error;
    }
    tcp->hub->handles++; /* given back in resolved() */
    tcp->way->lookup = lookup;
    return 0;
}

/* A host that is an address. */
static bool take_literal(struct way *way)
{
    struct sockaddr_storage *address = &way->addresses[0];

    if (uv_ip4_addr(way->host, way->port, (struct sockaddr_in *)address) < 0 &&
        uv_ip6_addr(way->host, way->port, (struct sockaddr_in6 *)address) < 0)
        return false;
    way->count = 1;
    way->resolved = true;
    return true;
}

static struct tcp *new_tcp(struct osm_tcp_hub *hub, uint32_t unacked_ms,
                           const struct osm_transport_events *events, void *context)
{
    struct tcp *tcp = osm_alloc(sizeof(*tcp));
    struct way *way = osm_alloc(sizeof(*way));

    tcp->base = (struct osm_transport){&tcp_ops, events, context};
    tcp->hub = hub;
    tcp->unacked_ms = unacked_ms;
    tcp->way = way;
    way->give_up_at = UINT64_MAX;
    way->timer = osm_alloc(sizeof(*way->timer));
    way->timer->hub = hub;
    way->timer->tcp = tcp;
    uv_timer_init(hub->loop, &way->timer->handle);
    hub->handles++;
    return tcp;
}

struct osm_transport *osm_tcp_connect(struct osm_tcp_hub *hub, const char *host, uint16_t port,
                                      uint64_t connect_ms, uint32_t unacked_ms,
                                      const struct osm_transport_events *events, void *context)
{
    struct tcp *tcp = new_tcp(hub, unacked_ms, events, context);
    struct way *way = tcp->way;
    int error = 0;

    way->host = osm_strdup(host);
    way->port = port;
    if (connect_ms)
        way->give_up_at = uv_now(hub->loop) + connect_ms;
    if (take_literal(way) || (error = start_lookup(tcp)) < 0)
        arm(tcp, 0);
    else if (connect_ms)
        arm(tcp, connect_ms);
    way->error = error;
    return &tcp->base;
}

struct osm_transport *osm_tcp_adopt(struct osm_tcp_hub *hub, int fd, uint32_t unacked_ms,
                                    const struct osm_transport_events *events, void *context)
{
    struct tcp *tcp = new_tcp(hub, unacked_ms, events, context);
    struct attempt *attempt = new_attempt(tcp);
    int error = uv_tcp_open(&attempt->handle, fd);

    tcp->way->resolved = true;
    osm_assert(error == 0); /* fails only for what is no socket */
    arm(tcp, 0);
    return &tcp->base;
}
