/* SPDX-License-Identifier: MIT */
/*
 * The library's TCP connections, on libuv. Names are resolved in the thread pool, addresses need
 * none (a resolver that hangs holds up names only), every address of a name is tried in turn,
 * output is corked until the end of the loop turn and never blocks:
 * what the socket does not take at once is queued, up to a bound.
 *
 * Life of a struct osm_tcp: openConnection → OPENING told → resolving → connecting → ESTABLISHED
 * told → bytes → closed by either side → on the closing list → CLOSING told, freed. The socket
 * under it (struct link) lives on until libuv has closed it.
 */
#include <netdb.h>

#include <utlist.h>

#include "rim/ua/ua_internal.h"
#include "util/alloc.h"

/* Unsent output of one connection beyond which it counts as broken: more than the largest burst
 * of requests the core lets wait for one server. */
#define OSM_TCP_QUEUE_LIMIT ((size_t)32 * 1024 * 1024)
#define OSM_TCP_KEEPALIVE_S 60

struct link {
    uv_tcp_t handle;
    uv_connect_t connect;
    struct osm_tcp *tcp; /* NULL once closed */
    struct osm_ua *ua;
};

struct lookup {
    uv_getaddrinfo_t request;
    struct osm_tcp *tcp; /* NULL once nobody waits */
    struct osm_ua *ua;
};

struct osm_tcp {
    struct osm_ua *ua;
    struct osm_ua_conn *conn;
    UA_Client *application;
    UA_ConnectionManager_connectionCallback callback;
    void *context; /* the library's */
    struct link *link;
    struct lookup *lookup;
    struct addrinfo *addresses; /* of the lookup, owned */
    struct addrinfo *next_address;
    struct sockaddr_storage literal; /* the host as address, when it is one */
    struct addrinfo literal_info;
    struct osm_buf out; /* corked or waiting behind a write */
    bool corked;
    size_t writing; /* bytes given to uv_write() that has not called back; 0 = none */
    bool established;
    bool closed;
    struct osm_tcp *prev, *next;               /* in ua->closing */
    struct osm_tcp *corked_prev, *corked_next; /* in ua->corked */
};

struct pending_write {
    uv_write_t request;
    struct link *link;
    struct osm_buf data;
};

static void connect_next(struct osm_tcp *tcp, int error);

static struct osm_ua *ua_of(UA_ConnectionManager *cm)
{
    return osm_container_of(cm, struct osm_ua, cm);
}

static void tell(struct osm_tcp *tcp, UA_ConnectionState state, UA_ByteString message)
{
    const UA_KeyValueMap none = {0, NULL};

    tcp->callback(&tcp->ua->cm, (uintptr_t)tcp, tcp->application, &tcp->context, state, &none,
                  message);
}

/* --- closing ------------------------------------------------------------------------------- */

static void link_closed(uv_handle_t *handle)
{
    struct link *link = osm_container_of((uv_tcp_t *)handle, struct link, handle);
    struct osm_ua *ua = link->ua;

    free(link);
    osm_ua_handle_closed(ua);
}

static void drop_link(struct osm_tcp *tcp)
{
    if (!tcp->link)
        return;
    tcp->link->tcp = NULL;
    /* What the socket has taken so far of a write that will be cancelled. */
    if (tcp->writing)
        tcp->conn->bytes_written +=
            tcp->writing - uv_stream_get_write_queue_size((uv_stream_t *)&tcp->link->handle);
    uv_close((uv_handle_t *)&tcp->link->handle, link_closed);
    tcp->link = NULL;
    tcp->writing = 0;
}

/* Gives the socket what it takes without waiting; 0 or a negative uv code. */
static int try_write(struct osm_tcp *tcp)
{
    uv_buf_t rest = uv_buf_init(tcp->out.data, (unsigned)tcp->out.length);
    int taken = uv_try_write((uv_stream_t *)&tcp->link->handle, &rest, 1);

    if (taken < 0)
        return taken == UV_EAGAIN ? 0 : taken;
    tcp->conn->bytes_written += (uint64_t)taken;
    osm_buf_consume(&tcp->out, (size_t)taken);
    return 0;
}

static void tcp_close(struct osm_tcp *tcp)
{
    if (tcp->closed)
        return;
    tcp->closed = true;
    if (tcp->corked)
        DL_DELETE2(tcp->ua->corked, tcp, corked_prev, corked_next);
    tcp->corked = false;
    /* CloseSession and CloseSecureChannel are on their way: let out what goes without waiting. */
    if (tcp->link && tcp->established && !tcp->writing && tcp->out.length)
        (void)try_write(tcp);
    drop_link(tcp);
    if (tcp->lookup) {
        tcp->lookup->tcp = NULL;
        (void)uv_cancel((uv_req_t *)&tcp->lookup->request);
        tcp->lookup = NULL;
    }
    DL_APPEND(tcp->ua->closing, tcp);
}

static void tcp_free(struct osm_tcp *tcp)
{
    if (tcp->addresses)
        uv_freeaddrinfo(tcp->addresses);
    osm_buf_deinit(&tcp->out);
    if (tcp->conn && tcp->conn->tcp == tcp)
        tcp->conn->tcp = NULL;
    free(tcp);
}

void osm_tcp_tell_closed(struct osm_ua *ua)
{
    while (ua->closing) {
        struct osm_tcp *tcp = ua->closing;

        DL_DELETE(ua->closing, tcp);
        /* Not its connection any more: the library may open the next one from inside tell(). */
        if (tcp->conn->tcp == tcp)
            tcp->conn->tcp = NULL;
        tell(tcp, UA_CONNECTIONSTATE_CLOSING, UA_BYTESTRING_NULL);
        tcp_free(tcp);
    }
}

static UA_StatusCode cm_close(UA_ConnectionManager *cm, uintptr_t id)
{
    tcp_close((struct osm_tcp *)id);
    return UA_STATUSCODE_GOOD;
}

/* --- sending ------------------------------------------------------------------------------- */

static void cork(struct osm_tcp *tcp)
{
    if (tcp->corked || tcp->closed)
        return;
    tcp->corked = true;
    DL_APPEND2(tcp->ua->corked, tcp, corked_prev, corked_next);
}

static void write_done(uv_write_t *request, int status)
{
    struct pending_write *write = osm_container_of(request, struct pending_write, request);
    struct osm_tcp *tcp = write->link->tcp;

    if (tcp) {
        tcp->writing = 0;
        /* Nobody knows how much of a failed write has arrived: it counts as sent, so that
         * nothing is done twice. */
        tcp->conn->bytes_written += write->data.length;
        if (status < 0)
            tcp_close(tcp);
        if (tcp->out.length)
            cork(tcp);
    }
    osm_buf_deinit(&write->data);
    free(write);
}

static void flush(struct osm_tcp *tcp)
{
    struct pending_write *write;
    uv_buf_t rest;

    if (tcp->closed || tcp->writing || !tcp->established || !tcp->out.length)
        return;
    if (try_write(tcp) < 0) {
        tcp_close(tcp);
        return;
    }
    if (!tcp->out.length) {
        osm_buf_deinit(&tcp->out); /* an idle session keeps no buffer */
        return;
    }
    write = osm_alloc(sizeof(*write));
    write->link = tcp->link;
    write->data = tcp->out;
    osm_buf_init(&tcp->out);
    rest = uv_buf_init(write->data.data, (unsigned)write->data.length);
    tcp->writing = write->data.length;
    if (uv_write(&write->request, (uv_stream_t *)&tcp->link->handle, &rest, 1, write_done) < 0) {
        osm_buf_deinit(&write->data);
        free(write);
        tcp->writing = 0;
        tcp_close(tcp);
    }
}

void osm_tcp_flush_all(struct osm_ua *ua)
{
    while (ua->corked) {
        struct osm_tcp *tcp = ua->corked;

        DL_DELETE2(ua->corked, tcp, corked_prev, corked_next);
        tcp->corked = false;
        flush(tcp);
    }
}

static UA_StatusCode cm_alloc(UA_ConnectionManager *cm, uintptr_t id, UA_ByteString *buf,
                              size_t size)
{
    struct osm_ua *ua = ua_of(cm);

    osm_assert(!ua->tx_lent);
    if (ua->tx.length < size) {
        ua->tx.data = osm_realloc(ua->tx.data, size);
        ua->tx.length = size;
    }
    ua->tx_lent = true;
    buf->data = ua->tx.data;
    buf->length = size;
    return UA_STATUSCODE_GOOD;
}

static void cm_free_buffer(UA_ConnectionManager *cm, uintptr_t id, UA_ByteString *buf)
{
    if (buf->data)
        ua_of(cm)->tx_lent = false;
    *buf = UA_BYTESTRING_NULL;
}

static UA_StatusCode cm_send(UA_ConnectionManager *cm, uintptr_t id, const UA_KeyValueMap *params,
                             UA_ByteString *buf)
{
    struct osm_tcp *tcp = (struct osm_tcp *)id;
    UA_StatusCode status = UA_STATUSCODE_GOOD;

    if (tcp->closed)
        status = UA_STATUSCODE_BADCONNECTIONCLOSED;
    else if (tcp->out.length + buf->length > OSM_TCP_QUEUE_LIMIT)
        status = UA_STATUSCODE_BADTCPNOTENOUGHRESOURCES;
    if (status == UA_STATUSCODE_GOOD) {
        osm_buf_add(&tcp->out, buf->data, buf->length);
        tcp->conn->bytes_queued += buf->length;
        cork(tcp);
    }
    cm_free_buffer(cm, id, buf);
    return status;
}

/* --- receiving ----------------------------------------------------------------------------- */

static void give_rx(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct link *link = osm_container_of((uv_tcp_t *)handle, struct link, handle);

    *buf = uv_buf_init(link->ua->rx, (unsigned)OSM_UA_RX_BYTES);
}

static void bytes_read(uv_stream_t *stream, ssize_t length, const uv_buf_t *buf)
{
    struct link *link = osm_container_of((uv_tcp_t *)stream, struct link, handle);
    struct osm_tcp *tcp = link->tcp;
    UA_ByteString message;

    if (!tcp || tcp->closed || length == 0)
        return;
    if (length < 0) {
        tcp->conn->eof = true;
        tcp_close(tcp);
        return;
    }
    if (!osm_peek_bytes(&tcp->conn->peek, buf->base, (size_t)length)) {
        tcp_close(tcp);
        return;
    }
    message.data = (UA_Byte *)buf->base;
    message.length = (size_t)length;
    tell(tcp, UA_CONNECTIONSTATE_ESTABLISHED, message);
}

/* --- opening ------------------------------------------------------------------------------- */

static void connected(uv_connect_t *request, int status)
{
    struct link *link = osm_container_of(request, struct link, connect);
    struct osm_tcp *tcp = link->tcp;

    if (!tcp || tcp->closed)
        return;
    if (status == 0)
        status = uv_read_start((uv_stream_t *)&link->handle, give_rx, bytes_read);
    if (status < 0) {
        connect_next(tcp, status);
        return;
    }
    (void)uv_tcp_nodelay(&link->handle, 1);
    (void)uv_tcp_keepalive(&link->handle, 1, OSM_TCP_KEEPALIVE_S);
    if (tcp->addresses)
        uv_freeaddrinfo(tcp->addresses);
    tcp->addresses = NULL;
    tcp->established = true;
    tell(tcp, UA_CONNECTIONSTATE_ESTABLISHED, UA_BYTESTRING_NULL);
}

static void connect_next(struct osm_tcp *tcp, int error)
{
    tcp->conn->tcp_error = error;
    drop_link(tcp);
    while (tcp->next_address) {
        struct addrinfo *address = tcp->next_address;
        struct link *link = osm_alloc(sizeof(*link));

        tcp->next_address = address->ai_next;
        link->ua = tcp->ua;
        link->tcp = tcp;
        uv_tcp_init(tcp->ua->loop, &link->handle);
        tcp->ua->handles++;
        tcp->link = link;
        error = uv_tcp_connect(&link->connect, &link->handle, address->ai_addr, connected);
        if (error == 0)
            return;
        tcp->conn->tcp_error = error;
        drop_link(tcp);
    }
    tcp_close(tcp);
}

static void resolved(uv_getaddrinfo_t *request, int status, struct addrinfo *addresses)
{
    struct lookup *lookup = osm_container_of(request, struct lookup, request);
    struct osm_tcp *tcp = lookup->tcp;
    struct osm_ua *ua = lookup->ua;

    free(lookup);
    if (!tcp) {
        uv_freeaddrinfo(addresses);
        osm_ua_handle_closed(ua);
        return;
    }
    tcp->lookup = NULL;
    if (status == 0)
        tcp->conn->stage = OSM_STAGE_TCP;
    tcp->addresses = addresses;
    tcp->next_address = addresses;
    connect_next(tcp, status);
    osm_ua_handle_closed(ua);
}

static int start_lookup(struct osm_tcp *tcp)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    char port[8];
    int result;

    (void)snprintf(port, sizeof(port), "%u", (unsigned)tcp->conn->port);
    tcp->lookup = osm_alloc(sizeof(*tcp->lookup));
    tcp->lookup->tcp = tcp;
    tcp->lookup->ua = tcp->ua;
    result = uv_getaddrinfo(tcp->ua->loop, &tcp->lookup->request, resolved, tcp->conn->host, port,
                            &hints);
    if (result < 0) {
        free(tcp->lookup);
        tcp->lookup = NULL;
    } else {
        tcp->ua->handles++; /* given back in resolved() */
    }
    return result;
}

/* A host that is an address. */
static bool take_literal(struct osm_tcp *tcp)
{
    const char *host = tcp->conn->host;
    int port = tcp->conn->port;

    if (uv_ip4_addr(host, port, (struct sockaddr_in *)&tcp->literal) < 0 &&
        uv_ip6_addr(host, port, (struct sockaddr_in6 *)&tcp->literal) < 0)
        return false;
    tcp->literal_info.ai_addr = (struct sockaddr *)&tcp->literal;
    tcp->next_address = &tcp->literal_info;
    return true;
}

static int start(struct osm_tcp *tcp)
{
    if (!take_literal(tcp))
        return start_lookup(tcp);
    tcp->conn->stage = OSM_STAGE_TCP;
    connect_next(tcp, 0); /* tells of a failure later */
    return 0;
}

/* The library passes host and port of config.endpointUrl, which are those of the connection. */
static UA_StatusCode cm_open(UA_ConnectionManager *cm, const UA_KeyValueMap *params,
                             void *application, void *context,
                             UA_ConnectionManager_connectionCallback callback)
{
    struct osm_ua_conn *conn = osm_conn_of(application);
    struct osm_tcp *tcp;
    int error;

    if (conn->opens_left == 0)
        return UA_STATUSCODE_BADCONNECTIONCLOSED;
    conn->opens_left--;
    tcp = osm_alloc(sizeof(*tcp));
    tcp->ua = ua_of(cm);
    tcp->conn = conn;
    tcp->application = application;
    tcp->callback = callback;
    tcp->context = context;
    conn->tcp = tcp;
    conn->tcp_error = 0;
    conn->bytes_queued = 0;
    conn->bytes_written = 0;
    conn->eof = false;
    conn->stage = OSM_STAGE_RESOLVE;
    osm_peek_reset(&conn->peek);
    tell(tcp, UA_CONNECTIONSTATE_OPENING, UA_BYTESTRING_NULL);
    error = start(tcp);
    if (error < 0) {
        conn->tcp_error = error;
        tcp_close(tcp);
    }
    return UA_STATUSCODE_GOOD;
}

static UA_StatusCode source_start(UA_EventSource *source)
{
    return UA_STATUSCODE_GOOD;
}

static void source_stop(UA_EventSource *source)
{
}

void osm_tcp_manager_init(struct osm_ua *ua)
{
    ua->cm = (UA_ConnectionManager){
        .eventSource = {.eventSourceType = UA_EVENTSOURCETYPE_CONNECTIONMANAGER,
                        .name = UA_STRING_STATIC("libuv tcp"),
                        .eventLoop = &ua->el,
                        .state = UA_EVENTSOURCESTATE_STARTED,
                        .start = source_start,
                        .stop = source_stop,
                        .free = source_start},
        .protocol = UA_STRING_STATIC("tcp"),
        .openConnection = cm_open,
        .sendWithConnection = cm_send,
        .closeConnection = cm_close,
        .allocNetworkBuffer = cm_alloc,
        .freeNetworkBuffer = cm_free_buffer,
    };
    ua->el.eventSources = &ua->cm.eventSource;
    ua->rx = osm_alloc(OSM_UA_RX_BYTES);
    ua->tx.data = osm_alloc(OSM_UA_TX_BYTES);
    ua->tx.length = OSM_UA_TX_BYTES;
}
