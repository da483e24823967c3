/* SPDX-License-Identifier: MIT */
/* The way to a connection: names are resolved, their addresses tried (RFC 8305); see tcp.h. */
#include "rim/ua/tcp_internal.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <string.h>

#include <utlist.h>

#include "rim/io/turn.h"
#include "util/alloc.h"

#define OSM_TCP_KEEPALIVE_S 60
/* How long an address is tried before the next one is tried beside it (RFC 8305 §5). */
#define OSM_TCP_STAGGER_MS 250u

static void timer_closed(uv_handle_t *handle)
{
    struct osm_tcp_timer *timer =
        osm_container_of((uv_timer_t *)handle, struct osm_tcp_timer, handle);
    struct osm_tcp_hub *hub = timer->hub;

    free(timer);
    osm_tcp_handle_closed(hub);
}

void osm_tcp_drop_way(struct osm_tcp *tcp)
{
    struct osm_tcp_way *way = osm_steal(tcp->way);

    if (!way)
        return;
    while (way->trying) {
        struct osm_tcp_attempt *attempt = way->trying;

        DL_DELETE(way->trying, attempt);
        osm_tcp_give_up(attempt);
    }
    tcp->hub->names->drop(way->lookup);
    uv_close((uv_handle_t *)&way->timer->handle, timer_closed);
    free(way->host);
    free(way);
}

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

static void fail_connect(struct osm_tcp *tcp, int code)
{
    const struct osm_tcp_way *way = tcp->way;
    const bool is_ipv6 = strchr(way->host, ':');
    const char *open = is_ipv6 ? "[" : "", *close = is_ipv6 ? "]" : "";
    struct osm_stack_error error = {0};

    if (!way->resolved && code != UV_ETIMEDOUT)
        osm_stack_error_set(&error, OSM_ORIGIN_NETWORK, OSM_FAULT_CONNECTION,
                            UA_STATUSCODE_BADTCPENDPOINTURLINVALID,
                            "Failed to connect to %s%.500s%s:%u: [0] php_network_getaddresses: "
                            "getaddrinfo for %.500s failed: %s",
                            open, way->host, close, (unsigned)way->port, way->host,
                            resolver_text(code));
    else
        osm_stack_error_set(&error, OSM_ORIGIN_NETWORK, OSM_FAULT_CONNECTION,
                            UA_STATUSCODE_BADCONNECTIONREJECTED,
                            "Failed to connect to %s%.500s%s:%u: [%d] %s", open, way->host, close,
                            (unsigned)way->port, -code, strerror(-code));
    osm_tcp_fail(tcp, &error);
}

static void set_options(struct osm_tcp *tcp)
{
    uv_os_fd_t fd;

    (void)uv_tcp_nodelay(&tcp->link->handle, 1);
    (void)uv_tcp_keepalive(&tcp->link->handle, 1, OSM_TCP_KEEPALIVE_S);
    if (tcp->unacked_ms && uv_fileno((uv_handle_t *)&tcp->link->handle, &fd) == 0)
        (void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &tcp->unacked_ms,
                         sizeof(tcp->unacked_ms));
}

static void become_connected(struct osm_tcp *tcp, struct osm_tcp_attempt *attempt)
{
    DL_DELETE(tcp->way->trying, attempt);
    tcp->link = attempt;
    osm_tcp_drop_way(tcp);
    set_options(tcp);
    if (!osm_tcp_start_reading(tcp)) {
        osm_tcp_fail_lost(tcp);
        return;
    }
    tcp->base.events->connected(tcp->base.context);
}

static void arm(struct osm_tcp *tcp, uint64_t delay);
static void go_on(struct osm_tcp *tcp);

/* libuv calls back for each that was begun, before it closes the socket. */
static void connected(uv_connect_t *request, int status)
{
    struct osm_tcp_attempt *attempt =
        osm_container_of((uv_tcp_t *)request->handle, struct osm_tcp_attempt, handle);
    struct osm_tcp *tcp = attempt->tcp;

    osm_turn_name("connecting");
    free(request);
    if (!tcp)
        return;
    if (status == 0) {
        become_connected(tcp, attempt);
        return;
    }
    DL_DELETE(tcp->way->trying, attempt);
    osm_tcp_give_up(attempt);
    tcp->way->error = status;
    go_on(tcp);
}

static struct osm_tcp_attempt *new_attempt(struct osm_tcp *tcp)
{
    struct osm_tcp_attempt *attempt = osm_alloc(sizeof(*attempt));

    attempt->hub = tcp->hub;
    attempt->tcp = tcp;
    uv_tcp_init(tcp->hub->loop, &attempt->handle);
    tcp->hub->handles++;
    DL_APPEND(tcp->way->trying, attempt);
    return attempt;
}

static bool try_next(struct osm_tcp *tcp)
{
    struct osm_tcp_way *way = tcp->way;
    const struct sockaddr *address = (const struct sockaddr *)&way->addresses[way->next++];
    struct osm_tcp_attempt *attempt = new_attempt(tcp);
    uv_connect_t *request = osm_alloc(sizeof(*request));
    int error = uv_tcp_connect(request, &attempt->handle, address, connected);

    if (error == 0)
        return true;
    free(request);
    DL_DELETE(way->trying, attempt);
    osm_tcp_give_up(attempt);
    way->error = error;
    return false;
}

/* The next address, or the wait for those being tried, or the end. Runs on the loop only. */
static void go_on(struct osm_tcp *tcp)
{
    struct osm_tcp_way *way = tcp->way;
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
    struct osm_tcp_timer *timer = osm_container_of(handle, struct osm_tcp_timer, handle);
    struct osm_tcp *tcp = timer->tcp;

    osm_turn_name("connecting");
    if (!tcp->way->resolved && tcp->way->lookup && uv_now(tcp->hub->loop) < tcp->way->give_up_at)
        return;
    if (tcp->way->trying && !tcp->way->host) { /* adopted, it only has to be told */
        become_connected(tcp, tcp->way->trying);
        return;
    }
    go_on(tcp);
}

static void arm(struct osm_tcp *tcp, uint64_t delay)
{
    uv_timer_start(&tcp->way->timer->handle, on_timer, delay, 0);
}

static void add_address(struct osm_tcp_way *way, const struct sockaddr *address, size_t length)
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
static void take_addresses(struct osm_tcp_way *way, const struct addrinfo *list)
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

static void resolved(void *context, int status, const struct addrinfo *addresses)
{
    struct osm_tcp *tcp = context;

    tcp->way->lookup = NULL;
    tcp->way->resolved = status == 0;
    tcp->way->error = status;
    take_addresses(tcp->way, addresses);
    go_on(tcp);
}

/* A host that is an address. */
static bool take_literal(struct osm_tcp_way *way)
{
    struct sockaddr_in6 *address = &way->addresses[0];

    if (uv_ip4_addr(way->host, way->port, (struct sockaddr_in *)address) < 0 &&
        uv_ip6_addr(way->host, way->port, address) < 0)
        return false;
    way->count = 1;
    way->resolved = true;
    return true;
}

static struct osm_tcp *new_tcp(struct osm_tcp_hub *hub, uint32_t unacked_ms,
                               const struct osm_transport_events *events, void *context)
{
    struct osm_tcp *tcp = osm_alloc(sizeof(*tcp));
    struct osm_tcp_way *way = osm_alloc(sizeof(*way));

    tcp->base = (struct osm_transport){&osm_tcp_ops, events, context};
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
    struct osm_tcp *tcp = new_tcp(hub, unacked_ms, events, context);
    struct osm_tcp_way *way = tcp->way;

    way->host = osm_strdup(host);
    way->port = port;
    if (connect_ms)
        way->give_up_at = uv_now(hub->loop) + connect_ms;
    if (take_literal(way)) {
        arm(tcp, 0);
        return &tcp->base;
    }
    way->lookup = hub->names->ask(hub->lookups, way->host, port, resolved, tcp);
    if (connect_ms)
        arm(tcp, connect_ms);
    return &tcp->base;
}

struct osm_transport *osm_tcp_adopt(struct osm_tcp_hub *hub, int fd, uint32_t unacked_ms,
                                    const struct osm_transport_events *events, void *context)
{
    struct osm_tcp *tcp = new_tcp(hub, unacked_ms, events, context);
    struct osm_tcp_attempt *attempt = new_attempt(tcp);
    int error = uv_tcp_open(&attempt->handle, fd);

    tcp->way->resolved = true;
    osm_assert(error == 0); /* fails only for what is no socket */
    arm(tcp, 0);
    return &tcp->base;
}
