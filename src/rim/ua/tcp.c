/* SPDX-License-Identifier: MIT */
/*
 * Connections as streams of bytes: see tcp.h. How they come about is in tcp_connect.c.
 *
 * What is sent may hold a password that nothing encrypts. So nothing stays of it in memory once the
 * socket has it: behind its length a buffer is clean, and one that is left behind is wiped.
 */
#include "rim/ua/tcp_internal.h"

#include <utlist.h>

#include "rim/io/turn.h"
#include "util/alloc.h"
#include "util/wipe.h"

/* Bytes one connection may bring in one turn; the others have their turn then. */
#define OSM_TCP_TURN_BYTES ((size_t)256 * 1024)

/* The largest buffer that is kept for the next connection that sends. */
#define OSM_TCP_SPARE_BYTES ((size_t)64 * 1024)

struct pending_write {
    uv_write_t request;
    struct osm_tcp_attempt *link;
    struct osm_buf data;
};

static struct osm_tcp *tcp_of(const struct osm_transport *transport)
{
    return osm_container_of((struct osm_transport *)(uintptr_t)transport, struct osm_tcp, base);
}

/* --- the hub ------------------------------------------------------------------------------- */

void osm_tcp_handle_closed(struct osm_tcp_hub *hub)
{
    hub->handles--;
    if (hub->freed && !hub->handles) {
        osm_buf_deinit(&hub->spare);
        free(hub);
    }
}

static void flush(struct osm_tcp *tcp);
static void set_reading(struct osm_tcp *tcp);

static void end_of_turn(uv_prepare_t *prepare)
{
    struct osm_tcp_hub *hub = prepare->data;

    hub->turn++;
    while (hub->resting) {
        struct osm_tcp *tcp = hub->resting;

        DL_DELETE2(hub->resting, tcp, resting_prev, resting_next);
        tcp->resting = false;
        set_reading(tcp);
    }
    while (hub->corked) {
        struct osm_tcp *tcp = hub->corked;

        DL_DELETE(hub->corked, tcp);
        tcp->corked = false;
        flush(tcp);
    }
}

bool osm_tcp_hub_is_due(const struct osm_tcp_hub *hub)
{
    return hub->corked || hub->resting;
}

struct osm_tcp_hub *osm_tcp_hub_new(uv_loop_t *loop, const struct osm_lookup_ops *names)
{
    struct osm_tcp_hub *hub = osm_alloc(sizeof(*hub));

    hub->loop = loop;
    uv_prepare_init(loop, &hub->prepare);
    hub->prepare.data = hub;
    hub->names = names;
    hub->lookups = names->start(loop);
    hub->handles = 2;
    uv_prepare_start(&hub->prepare, end_of_turn);
    uv_unref((uv_handle_t *)&hub->prepare);
    return hub;
}

static void lookups_gone(void *context)
{
    osm_tcp_handle_closed(context);
}

static void prepare_closed(uv_handle_t *handle)
{
    osm_tcp_handle_closed(handle->data);
}

void osm_tcp_hub_free(struct osm_tcp_hub *hub)
{
    if (!hub)
        return;
    osm_assert(!hub->corked);
    hub->freed = true;
    hub->names->end(hub->lookups, lookups_gone, hub);
    uv_close((uv_handle_t *)&hub->prepare, prepare_closed);
}

/* --- closing ------------------------------------------------------------------------------- */

static void attempt_closed(uv_handle_t *handle)
{
    struct osm_tcp_attempt *attempt =
        osm_container_of((uv_tcp_t *)handle, struct osm_tcp_attempt, handle);
    struct osm_tcp_hub *hub = attempt->hub;

    free(attempt);
    osm_tcp_handle_closed(hub);
}

void osm_tcp_give_up(struct osm_tcp_attempt *attempt)
{
    attempt->tcp = NULL;
    uv_close((uv_handle_t *)&attempt->handle, attempt_closed);
}

/* What the socket takes without waiting; 0 or a negative uv code. */
static int try_write(struct osm_tcp *tcp)
{
    uv_buf_t rest = uv_buf_init(tcp->out.data, (unsigned)tcp->out.length);
    int taken = uv_try_write((uv_stream_t *)&tcp->link->handle, &rest, 1);

    if (taken < 0)
        return taken == UV_EAGAIN ? 0 : taken;
    tcp->written += (uint64_t)taken;
    osm_buf_consume(&tcp->out, (size_t)taken);
    osm_wipe(tcp->out.data + tcp->out.length, (size_t)taken);
    return 0;
}

static void drop_link(struct osm_tcp *tcp)
{
    struct osm_tcp_attempt *link = osm_steal(tcp->link);

    if (!link)
        return;
    /* What the socket has taken so far of a write that will be cancelled. */
    if (tcp->writing)
        tcp->written += tcp->writing - uv_stream_get_write_queue_size((uv_stream_t *)&link->handle);
    tcp->writing = 0;
    osm_tcp_give_up(link);
}

static void tcp_free(struct osm_tcp *tcp)
{
    if (tcp->corked)
        DL_DELETE(tcp->hub->corked, tcp);
    if (tcp->resting)
        DL_DELETE2(tcp->hub->resting, tcp, resting_prev, resting_next);
    osm_tcp_drop_way(tcp);
    drop_link(tcp);
    osm_buf_deinit_secret(&tcp->out);
    free(tcp);
}

static uint64_t tcp_close(struct osm_transport *transport)
{
    struct osm_tcp *tcp = tcp_of(transport);
    uint64_t written;

    /* CloseSession and CloseSecureChannel are on their way: let out what goes without waiting. */
    if (tcp->link && !tcp->writing && tcp->out.length)
        (void)try_write(tcp);
    drop_link(tcp);
    written = tcp->written;
    tcp_free(tcp);
    return written;
}

void osm_tcp_fail(struct osm_tcp *tcp, const struct osm_stack_error *error)
{
    drop_link(tcp);
    tcp->base.events->closed(tcp->base.context, error);
    tcp_free(tcp);
}

void osm_tcp_fail_lost(struct osm_tcp *tcp)
{
    static const struct osm_stack_error error = {OSM_ORIGIN_NETWORK, OSM_FAULT_CONNECTION,
                                                 UA_STATUSCODE_BADCONNECTIONCLOSED,
                                                 "Connection closed by remote"};

    osm_tcp_fail(tcp, &error);
}

/* --- sending ------------------------------------------------------------------------------- */

static void cork(struct osm_tcp *tcp)
{
    if (tcp->corked)
        return;
    tcp->corked = true;
    DL_APPEND(tcp->hub->corked, tcp);
}

static void write_done(uv_write_t *request, int status)
{
    struct pending_write *write = osm_container_of(request, struct pending_write, request);
    struct osm_tcp *tcp = write->link->tcp;
    size_t length = write->data.length;

    osm_turn_name("server");
    osm_buf_deinit_secret(&write->data);
    free(write);
    if (!tcp)
        return;
    tcp->writing = 0;
    /* Nobody knows how much of a failed write has arrived: it counts as sent, so that nothing is
     * done twice. */
    tcp->written += length;
    if (status < 0)
        osm_tcp_fail_lost(tcp);
    else if (tcp->out.length)
        cork(tcp);
}

static int write_rest(struct osm_tcp *tcp)
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
        osm_buf_deinit_secret(&write->data);
        free(write);
    }
    return error;
}

/* An idle session keeps no buffer: the next one that sends takes it. */
static void give_back(struct osm_tcp *tcp)
{
    if (!tcp->hub->spare.data && tcp->out.capacity <= OSM_TCP_SPARE_BYTES) {
        tcp->hub->spare = tcp->out;
        osm_buf_init(&tcp->out);
    }
    osm_buf_deinit(&tcp->out);
}

static void flush(struct osm_tcp *tcp)
{
    if (!tcp->link || tcp->writing || !tcp->out.length)
        return;
    if (try_write(tcp) < 0 || (tcp->out.length && write_rest(tcp) < 0))
        osm_tcp_fail_lost(tcp);
    else if (!tcp->out.length)
        give_back(tcp);
}

/* Room that may mean another place: there is nothing left in the old one. */
static char *move_and_reserve(struct osm_buf *out, size_t length)
{
    struct osm_buf larger = {0};

    (void)osm_buf_reserve(&larger, OSM_MAX(out->length + length, out->capacity * 2));
    osm_buf_add(&larger, out->data, out->length);
    osm_buf_deinit_secret(out);
    *out = larger;
    return osm_buf_reserve(out, length);
}

static uint8_t *tcp_reserve(struct osm_transport *transport, size_t length)
{
    struct osm_tcp *tcp = tcp_of(transport);

    if (tcp->out.length + tcp->writing + length > OSM_TCP_UNSENT_BYTES)
        return NULL;
    if (!tcp->out.data) {
        tcp->out = tcp->hub->spare;
        osm_buf_init(&tcp->hub->spare);
    }
    if (tcp->out.length && tcp->out.capacity - tcp->out.length < length)
        return (uint8_t *)move_and_reserve(&tcp->out, length);
    return (uint8_t *)osm_buf_reserve(&tcp->out, length);
}

static void tcp_commit(struct osm_transport *transport, size_t length)
{
    struct osm_tcp *tcp = tcp_of(transport);

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
    struct osm_tcp_attempt *link =
        osm_container_of((uv_tcp_t *)handle, struct osm_tcp_attempt, handle);

    (void)suggested;
    *buf = uv_buf_init(link->hub->rx, (unsigned)OSM_TCP_RX_BYTES);
}

/* A server that sends faster than it is understood would hold the loop. */
static void rest_after(struct osm_tcp *tcp, size_t length)
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
    struct osm_tcp_attempt *link =
        osm_container_of((uv_tcp_t *)stream, struct osm_tcp_attempt, handle);
    struct osm_tcp *tcp = link->tcp;

    if (!tcp || length == 0)
        return;
    osm_turn_name("server");
    if (length < 0) {
        osm_tcp_fail_lost(tcp);
        return;
    }
    rest_after(tcp, (size_t)length);
    tcp->base.events->bytes(tcp->base.context, (uint8_t *)buf->base, (size_t)length);
}

static void set_reading(struct osm_tcp *tcp)
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
    struct osm_tcp *tcp = tcp_of(transport);

    if (tcp->paused == paused)
        return;
    tcp->paused = paused;
    set_reading(tcp);
}

bool osm_tcp_start_reading(struct osm_tcp *tcp)
{
    return uv_read_start((uv_stream_t *)&tcp->link->handle, give_rx, bytes_read) == 0;
}

const struct osm_transport_ops osm_tcp_ops = {.reserve = tcp_reserve,
                                              .commit = tcp_commit,
                                              .pause = tcp_pause,
                                              .close = tcp_close,
                                              .queued = tcp_queued,
                                              .written = tcp_written};
