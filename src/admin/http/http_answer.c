/* SPDX-License-Identifier: MIT */
/*
 * Answers; see http.h. A stream's bytes stand in one piece that is made when the client has taken
 * the one before: a slow reader costs that much and no more.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "admin/http/http_internal.h"
#include "util/alloc.h"

/* What every answer says, unless its handler says otherwise. */
static const char *const standard[][2] = {
    {MHD_HTTP_HEADER_CACHE_CONTROL, "no-store"},
    {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Referrer-Policy", "no-referrer"},
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
};

/* --- one answer ---------------------------------------------------------------------------- */

void osm_http_set_header(struct osm_http_exchange *exchange, const char *name, const char *value)
{
    osm_assert(exchange->header_count + 2 <= OSM_ARRAY_SIZE(exchange->headers));
    exchange->headers[exchange->header_count++] = osm_strdup(name);
    exchange->headers[exchange->header_count++] = osm_strdup(value);
}

static bool is_set(const struct osm_http_exchange *exchange, const char *name)
{
    for (size_t i = 0; i < exchange->header_count; i += 2)
        if (strcmp(exchange->headers[i], name) == 0)
            return true;
    return false;
}

/* The one place an answer becomes known. */
static void respond(struct osm_http_exchange *exchange, unsigned status, const char *type,
                    struct MHD_Response *response)
{
    osm_assert(response && !exchange->response && !exchange->queued);
    (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    for (size_t i = 0; i < OSM_ARRAY_SIZE(standard); i++)
        if (!is_set(exchange, standard[i][0]))
            (void)MHD_add_response_header(response, standard[i][0], standard[i][1]);
    for (size_t i = 0; i < exchange->header_count; i += 2)
        (void)MHD_add_response_header(response, exchange->headers[i], exchange->headers[i + 1]);
    exchange->response = response;
    exchange->status = status;
    if (status >= MHD_HTTP_BAD_REQUEST)
        exchange->server->stats.failures++;
    osm_http_exchange_resume(exchange);
}

enum MHD_Result osm_http_answer_queue(struct osm_http_exchange *exchange)
{
    struct MHD_Response *response = osm_steal(exchange->response);
    enum MHD_Result result = MHD_queue_response(exchange->connection, exchange->status, response);

    exchange->queued = true;
    MHD_destroy_response(response);
    return result;
}

void osm_http_exchange_resume(struct osm_http_exchange *exchange)
{
    if (!exchange->waiting)
        return;
    exchange->waiting = false;
    osm_deadline_clear(&exchange->beat);
    MHD_resume_connection(exchange->connection);
    osm_http_server_soon(exchange->server);
}

void osm_http_answer(struct osm_http_exchange *exchange, unsigned status, const char *type,
                     struct osm_buf *body)
{
    exchange->server->stats.bytes_out += body->length;
    respond(exchange, status, type,
            MHD_create_response_from_buffer(body->length, body->data, MHD_RESPMEM_MUST_FREE));
    osm_buf_init(body);
}

void osm_http_answer_static(struct osm_http_exchange *exchange, const char *type, const void *data,
                            size_t size)
{
    exchange->server->stats.bytes_out += size;
    respond(exchange, MHD_HTTP_OK, type,
            MHD_create_response_from_buffer(size, (void *)(uintptr_t)data, MHD_RESPMEM_PERSISTENT));
}

void osm_http_fail(struct osm_http_exchange *exchange, unsigned status, const char *message)
{
    struct osm_buf body = {0};

    osm_assert(!strpbrk(message, "\"\\\n"));
    osm_buf_printf(&body, "{\"error\":\"%s\"}\n", message);
    osm_http_answer(exchange, status, "application/json", &body);
}

/* --- streams ------------------------------------------------------------------------------- */

void osm_http_stream_end(struct osm_http_exchange *exchange)
{
    const struct osm_http_stream *stream = osm_steal(exchange->stream);

    if (!stream)
        return;
    if (stream->beat)
        exchange->server->stats.streaming--;
    if (stream->ended)
        stream->ended(exchange->stream_context);
}

static bool is_over(const struct osm_http_exchange *exchange)
{
    return exchange->done || !exchange->stream || exchange->server->ending ||
           exchange->peer->ended || (exchange->grant && exchange->grant->revoked);
}

/* Makes the next piece; false when there is none now. */
static bool fill(struct osm_http_exchange *exchange)
{
    enum osm_http_next next = OSM_HTTP_WAIT;

    osm_buf_reset(&exchange->piece, 2 * OSM_HTTP_PIECE);
    exchange->sent = 0;
    do {
        exchange->woken = false;
        next =
            exchange->stream->produce(exchange->stream_context, &exchange->piece, OSM_HTTP_PIECE);
    } while (!exchange->piece.length && (next == OSM_HTTP_MORE || exchange->woken));
    exchange->done = next == OSM_HTTP_END;
    if (!exchange->piece.length && exchange->beat_due && exchange->stream->beat)
        osm_buf_add_text(&exchange->piece, exchange->stream->beat);
    exchange->beat_due = false;
    return exchange->piece.length > 0;
}

static ssize_t on_read(void *context, uint64_t position, char *out, size_t most)
{
    struct osm_http_exchange *exchange = context;
    size_t size;

    (void)position;
    if (exchange->sent == exchange->piece.length && !is_over(exchange) && !fill(exchange) &&
        !exchange->done) {
        exchange->waiting = true;
        osm_deadline_set(&exchange->server->deadlines, &exchange->beat,
                         &exchange->server->waits[OSM_HTTP_WAIT_BEAT]);
        MHD_suspend_connection(exchange->connection);
        return 0;
    }
    size = OSM_MIN(exchange->piece.length - exchange->sent, most);
    if (size == 0)
        return MHD_CONTENT_READER_END_OF_STREAM;
    memcpy(out, exchange->piece.data + exchange->sent, size);
    exchange->sent += size;
    exchange->server->stats.bytes_out += size;
    return (ssize_t)size;
}

void osm_http_stream(struct osm_http_exchange *exchange, const char *type,
                     const struct osm_http_stream *ops, void *context)
{
    exchange->stream = ops;
    exchange->stream_context = context;
    if (ops->beat) {
        exchange->server->stats.streaming++;
        osm_deadline_clear(&exchange->peer->deadline);
    }
    respond(exchange, MHD_HTTP_OK, type,
            MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, OSM_HTTP_PIECE, on_read, exchange,
                                              NULL));
}

bool osm_http_is_gone(const struct osm_http_exchange *exchange)
{
    char byte;
    ssize_t n = recv(exchange->peer->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);

    return exchange->peer->ended || n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR);
}

void osm_http_wake(struct osm_http_exchange *exchange)
{
    exchange->woken = true;
    if (exchange->queued)
        osm_http_exchange_resume(exchange);
}

void osm_http_penalty_over(struct osm_deadline *deadline)
{
    osm_http_exchange_resume(osm_container_of(deadline, struct osm_http_exchange, beat));
}

void osm_http_beat_due(struct osm_deadline *deadline)
{
    struct osm_http_exchange *exchange = osm_container_of(deadline, struct osm_http_exchange, beat);

    exchange->beat_due = true;
    osm_http_exchange_resume(exchange);
}
