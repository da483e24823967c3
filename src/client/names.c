/* SPDX-License-Identifier: MIT */
/*
 * See names.h. Each lookup has a channel of c-ares to itself: what changes in the files it reads is
 * known to the next one, and who does not want to know any more takes back what is on its way.
 *
 *   ask ──▶ asking ── sockets, time ──▶ answered ── a turn of the loop ──▶ told, freed
 *
 * c-ares answers from within any call of its own, also the first; so who asked is told by the
 * timer, which has nothing of c-ares on its stack.
 */
#include "client/names.h"

#include <ares.h>
#include <stdbool.h>
#include <stdio.h>

#include <utlist.h>

#include "rim/io/turn.h"
#include "util/alloc.h"
#include "util/macros.h"

#define MOST_ADDRESSES 32

struct names {
    uv_loop_t *loop;
    size_t holders; /* the owner, and each handle that libuv has not closed */
    void (*gone)(void *context);
    void *context;
};

struct name_socket {
    uv_poll_t poll;
    ares_socket_t fd;
    struct osm_lookup *lookup;
    struct names *names;
    struct name_socket *prev, *next;
};

struct osm_lookup {
    struct names *names;
    ares_channel channel; /* NULL = it could not be made, or is gone */
    uv_timer_t timer;
    struct name_socket *sockets;
    bool answered;
    int status; /* of c-ares */
    struct ares_addrinfo *found;
    osm_lookup_fn *told;
    void *context;
};

static void let_go(struct names *names)
{
    void (*gone)(void *context) = names->gone;
    void *context = names->context;

    if (--names->holders)
        return;
    free(names);
    gone(context);
}

/* ---- the sockets of c-ares ------------------------------------------------------------------- */

/* What c-ares has to do next it does at the latest then. */
static void arm(struct osm_lookup *lookup);

static void on_ready(uv_poll_t *poll, int status, int events)
{
    struct name_socket *socket = osm_container_of(poll, struct name_socket, poll);
    struct osm_lookup *lookup = socket->lookup; /* the socket may be closed in there */
    const bool failed = status < 0;

    osm_turn_name("name server");
    ares_process_fd(lookup->channel, failed || events & UV_READABLE ? socket->fd : ARES_SOCKET_BAD,
                    failed || events & UV_WRITABLE ? socket->fd : ARES_SOCKET_BAD);
    arm(lookup);
}

static void on_socket_closed(uv_handle_t *handle)
{
    struct name_socket *socket = osm_container_of((uv_poll_t *)handle, struct name_socket, poll);

    let_go(socket->names);
    free(socket);
}

static struct name_socket *socket_new(struct osm_lookup *lookup, ares_socket_t fd)
{
    struct name_socket *socket = osm_alloc(sizeof(*socket));
    int r = uv_poll_init(lookup->names->loop, &socket->poll, fd);

    osm_assert(r == 0); /* fails only for what is no socket */
    socket->fd = fd;
    socket->lookup = lookup;
    socket->names = lookup->names;
    lookup->names->holders++;
    DL_APPEND(lookup->sockets, socket);
    return socket;
}

/* c-ares says what it waits for at a socket; for nothing any more just before it closes it. */
static void on_socket(void *context, ares_socket_t fd, int readable, int writable)
{
    struct osm_lookup *lookup = context;
    const int events = (readable ? UV_READABLE : 0) | (writable ? UV_WRITABLE : 0);
    struct name_socket *socket;

    DL_SEARCH_SCALAR(lookup->sockets, socket, fd, fd);
    if (!socket && events)
        socket = socket_new(lookup, fd);
    if (events) {
        (void)uv_poll_start(&socket->poll, events, on_ready);
    } else if (socket) {
        DL_DELETE(lookup->sockets, socket);
        uv_close((uv_handle_t *)&socket->poll, on_socket_closed);
    }
}

/* ---- the answer ------------------------------------------------------------------------------ */

static void on_timer_closed(uv_handle_t *handle)
{
    struct osm_lookup *lookup = osm_container_of((uv_timer_t *)handle, struct osm_lookup, timer);

    let_go(lookup->names);
    free(lookup);
}

static void names_drop(struct osm_lookup *lookup)
{
    if (!lookup)
        return;
    if (lookup->channel)
        ares_destroy(osm_steal(lookup->channel)); /* answers, and closes its sockets */
    if (lookup->found)
        ares_freeaddrinfo(lookup->found);
    uv_close((uv_handle_t *)&lookup->timer, on_timer_closed);
}

/* In the words of libuv, which become those of the system's resolver. */
static int error_of(int status)
{
    static const struct {
        int ares, uv;
    } table[] = {
        {ARES_SUCCESS, 0},
        {ARES_ENODATA, UV_EAI_NONAME},
        {ARES_ENOTFOUND, UV_EAI_NONAME},
        {ARES_EBADNAME, UV_EAI_NONAME},
        {ARES_ETIMEOUT, UV_EAI_AGAIN},
        {ARES_ESERVFAIL, UV_EAI_AGAIN},
        {ARES_ECONNREFUSED, UV_EAI_AGAIN},
        {ARES_ENOMEM, UV_EAI_MEMORY},
    };

    for (size_t i = 0; i < OSM_ARRAY_SIZE(table); i++)
        if (table[i].ares == status)
            return table[i].uv;
    return UV_EAI_FAIL;
}

static size_t as_list(const struct ares_addrinfo *found, struct addrinfo list[MOST_ADDRESSES])
{
    size_t count = 0;

    for (const struct ares_addrinfo_node *node = found ? found->nodes : NULL;
         node && count < MOST_ADDRESSES; node = node->ai_next, count++) {
        list[count] = (struct addrinfo){.ai_family = node->ai_family,
                                        .ai_socktype = SOCK_STREAM,
                                        .ai_addr = node->ai_addr,
                                        .ai_addrlen = (socklen_t)node->ai_addrlen};
        if (count)
            list[count - 1].ai_next = &list[count];
    }
    return count;
}

static void tell(struct osm_lookup *lookup)
{
    struct addrinfo list[MOST_ADDRESSES];
    const size_t count = as_list(lookup->found, list);
    int status = error_of(lookup->status);

    if (status == 0 && !count)
        status = UV_EAI_NONAME;
    lookup->told(lookup->context, status, count ? list : NULL);
    names_drop(lookup);
}

static void on_timer(uv_timer_t *timer)
{
    struct osm_lookup *lookup = osm_container_of(timer, struct osm_lookup, timer);

    osm_turn_name("names that were looked up");
    if (lookup->answered) {
        tell(lookup);
        return;
    }
    ares_process_fd(lookup->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    arm(lookup);
}

static void arm(struct osm_lookup *lookup)
{
    struct timeval left = {0};
    uint64_t wait = 0;

    if (!lookup->answered && ares_timeout(lookup->channel, NULL, &left))
        wait = (uint64_t)left.tv_sec * 1000 + (uint64_t)left.tv_usec / 1000 + 1;
    (void)uv_timer_start(&lookup->timer, on_timer, wait, 0);
}

static void on_answer(void *context, int status, int timeouts, struct ares_addrinfo *found)
{
    struct osm_lookup *lookup = context;

    (void)timeouts;
    lookup->answered = true;
    lookup->status = status;
    lookup->found = found;
}

/* ---- asking ---------------------------------------------------------------------------------- */

/* c-ares needs no ares_library_init() but on Windows and Android. */
static int channel_init(struct osm_lookup *lookup)
{
    struct ares_options options = {.sock_state_cb = on_socket, .sock_state_cb_data = lookup};

    return ares_init_options(&lookup->channel, &options, ARES_OPT_SOCK_STATE_CB);
}

static struct osm_lookup *names_ask(void *all, const char *host, uint16_t port, osm_lookup_fn *told,
                                    void *context)
{
    const struct ares_addrinfo_hints hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = ARES_AI_NUMERICSERV};
    struct names *names = all;
    struct osm_lookup *lookup = osm_alloc(sizeof(*lookup));
    char service[8];
    int status;

    lookup->names = names;
    lookup->told = told;
    lookup->context = context;
    (void)uv_timer_init(names->loop, &lookup->timer);
    names->holders++;
    (void)snprintf(service, sizeof(service), "%u", (unsigned)port);
    status = channel_init(lookup);
    if (status == ARES_SUCCESS)
        ares_getaddrinfo(lookup->channel, host, service, &hints, on_answer, lookup);
    else
        on_answer(lookup, status, 0, NULL);
    arm(lookup);
    return lookup;
}

static void *names_start(uv_loop_t *loop)
{
    struct names *names = osm_alloc(sizeof(*names));

    names->loop = loop;
    names->holders = 1;
    return names;
}

static void names_end(void *all, void (*gone)(void *context), void *context)
{
    struct names *names = all;

    names->gone = gone;
    names->context = context;
    let_go(names);
}

const struct osm_lookup_ops osm_names_here = {
    .start = names_start, .end = names_end, .ask = names_ask, .drop = names_drop};
