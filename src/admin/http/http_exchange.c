/* SPDX-License-Identifier: MIT */
/*
 * The way of a request to its handler; see http.h. The library calls for its target, then for its
 * headers, for each part of its body, and at the end: what is wrong is answered as early as that
 * is known, without the body.
 */
#include <string.h>

#include "admin/http/http_internal.h"
#include "admin/http/http_text.h"
#include "rim/io/peer.h"
#include "util/alloc.h"
#include "util/log.h"

#include <utlist.h>

/* Between two log lines about wrong tokens. */
#define TELL_SPAN ((osm_msec)10000)

/* --- beginning and end --------------------------------------------------------------------- */

static struct osm_http_peer *peer_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    return info ? info->socket_context : NULL;
}

void *osm_http_exchange_begin(void *context, const char *target, struct MHD_Connection *connection)
{
    struct osm_http_exchange *exchange = osm_alloc(sizeof(*exchange));
    struct osm_http_server *server = context;
    size_t length;

    exchange->server = server;
    exchange->connection = connection;
    exchange->peer = peer_of(connection);
    osm_assert(exchange->peer);
    exchange->plain = osm_http_target_is_plain(target, &length);
    server->stats.requests++;
    osm_http_exchange_free(exchange->peer->exchange);
    exchange->peer->exchange = exchange;
    return exchange;
}

void osm_http_exchange_free(struct osm_http_exchange *exchange)
{
    if (!exchange)
        return;
    if (exchange->gone && exchange->called && !exchange->response && !exchange->queued)
        exchange->gone(exchange->gone_context);
    osm_http_stream_end(exchange);
    osm_deadline_clear(&exchange->beat);
    if (exchange->response)
        MHD_destroy_response(exchange->response);
    for (size_t i = 0; i < exchange->header_count; i++)
        free(exchange->headers[i]);
    osm_buf_deinit_secret(&exchange->body);
    osm_buf_deinit(&exchange->piece);
    osm_grant_unref(exchange->grant);
    free(exchange);
}

void osm_http_exchange_completed(void *context, struct MHD_Connection *connection, void **exchange,
                                 enum MHD_RequestTerminationCode code)
{
    struct osm_http_server *server = context;
    struct osm_http_peer *peer = peer_of(connection);

    (void)code;
    *exchange = NULL;
    if (!peer)
        return;
    osm_http_exchange_free(osm_steal(peer->exchange));
    osm_deadline_set(&server->deadlines, &peer->deadline, &server->waits[OSM_HTTP_WAIT_REQUEST]);
}

/* --- who asks ------------------------------------------------------------------------------ */

static void tell_wrong_token(struct osm_http_exchange *exchange)
{
    struct osm_http_server *server = exchange->server;
    osm_msec now = osm_clock_now(server->config.clock);
    char peer[OSM_PEER_TEXT];

    server->stats.auth_failures++;
    server->untold++;
    if (server->told && now - server->told < TELL_SPAN)
        return;
    osm_log_warning("HTTP (%s): %llu requests with a wrong or missing token%s", server->config.name,
                    (unsigned long long)server->untold,
                    server->told ? " since this was last said" : "");
    osm_log_info("HTTP (%s): the last one was from %s", server->config.name,
                 osm_peer_text(exchange->peer->fd, peer));
    server->told = now;
    server->untold = 0;
}

static bool refuse(struct osm_http_exchange *exchange, unsigned status, const char *message)
{
    osm_http_fail(exchange, status, message);
    return false;
}

/* A page of somebody else's whose name points here has that name in Host. */
static bool check_host(struct osm_http_exchange *exchange)
{
    return exchange->server->listener.endpoint.is_unix ||
           osm_http_host_is_local(osm_http_header(exchange, MHD_HTTP_HEADER_HOST)) ||
           refuse(exchange, MHD_HTTP_MISDIRECTED_REQUEST,
                  "Host names no address of this machine, and no token was sent");
}

static bool check_origin(struct osm_http_exchange *exchange)
{
    const char *origin = osm_http_header(exchange, MHD_HTTP_HEADER_ORIGIN);

    return exchange->route->method == OSM_HTTP_GET || !origin ||
           osm_http_origin_is(origin, osm_http_header(exchange, MHD_HTTP_HEADER_HOST)) ||
           refuse(exchange, MHD_HTTP_FORBIDDEN, "The request comes from a page of another origin");
}

static bool check_role(struct osm_http_exchange *exchange)
{
    const enum osm_role role = (enum osm_role)(exchange->route->role - OSM_HTTP_ROLE_READ);
    char message[80];

    if (osm_grant_has(exchange->grant, role))
        return true;
    (void)snprintf(message, sizeof(message), "This takes a token with the role %s",
                   osm_grant_role_name(role));
    return refuse(exchange, MHD_HTTP_FORBIDDEN, message);
}

/* Where nobody needs a token, any text passes for one: it says nothing about who asks. */
static bool proves_nothing(const struct osm_http_config *config, const char *token)
{
    struct osm_grant *grant = NULL;

    return !token || config->identify(config->identify_context, NULL, 0, &grant);
}

static bool check_caller(struct osm_http_exchange *exchange)
{
    const struct osm_http_config *config = &exchange->server->config;
    const char *token = osm_http_bearer(osm_http_header(exchange, MHD_HTTP_HEADER_AUTHORIZATION));
    struct osm_grant *grant = NULL;

    if (exchange->route->role == OSM_HTTP_ANYBODY)
        return check_host(exchange) && check_origin(exchange);
    if (!token)
        token = osm_http_cookie(exchange, OSM_HTTP_COOKIE);
    if (!config->identify(config->identify_context, token, token ? strlen(token) : 0, &grant)) {
        tell_wrong_token(exchange);
        exchange->slowed = token && config->penalty;
        osm_http_set_header(exchange, MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Bearer");
        return refuse(exchange, MHD_HTTP_UNAUTHORIZED, "A token is missing or wrong");
    }
    exchange->grant = osm_grant_ref(grant);
    return (!proves_nothing(config, token) || check_host(exchange)) && check_origin(exchange) &&
           check_role(exchange);
}

/* --- where to ------------------------------------------------------------------------------ */

static bool is_path_of(const struct osm_http_route *route, const char *path)
{
    size_t length = strlen(route->path);

    if (length > 1 && route->path[length - 1] == '/')
        return strncmp(route->path, path, length) == 0;
    return strcmp(route->path, path) == 0;
}

static bool is_method_of(const struct osm_http_route *route, const char *method)
{
    return route->method == OSM_HTTP_POST ? strcmp(method, MHD_HTTP_METHOD_POST) == 0
                                          : strcmp(method, MHD_HTTP_METHOD_GET) == 0 ||
                                                strcmp(method, MHD_HTTP_METHOD_HEAD) == 0;
}

/* Sets the route; false with an answer that says what would be taken. */
static bool find_route(struct osm_http_exchange *exchange, const char *path, const char *method)
{
    struct osm_http_routes *routes;
    bool known[2] = {false, false};

    DL_FOREACH (exchange->server->routes, routes) {
        for (size_t i = 0; exchange->plain && i < routes->size; i++) {
            const struct osm_http_route *route = &routes->rows[i];

            if (!is_path_of(route, path))
                continue;
            known[route->method] = true;
            if (!is_method_of(route, method))
                continue;
            exchange->route = route;
            exchange->routes = routes;
            return true;
        }
    }
    if (!known[OSM_HTTP_GET] && !known[OSM_HTTP_POST])
        return refuse(exchange, MHD_HTTP_NOT_FOUND, "There is nothing at this path");
    osm_http_set_header(exchange, MHD_HTTP_HEADER_ALLOW,
                        !known[OSM_HTTP_POST] ? "GET, HEAD"
                        : known[OSM_HTTP_GET] ? "GET, HEAD, POST"
                                              : "POST");
    return refuse(exchange, MHD_HTTP_METHOD_NOT_ALLOWED, "This path does not take this method");
}

/* A length that is announced; what comes in chunks is measured as it comes. */
static bool check_length(struct osm_http_exchange *exchange)
{
    const char *length = osm_http_header(exchange, MHD_HTTP_HEADER_CONTENT_LENGTH);

    return !length || strtoull(length, NULL, 10) <= exchange->server->config.max_body ||
           refuse(exchange, MHD_HTTP_CONTENT_TOO_LARGE, "The body is too long");
}

/* An answer before the body ends the connection, so that requests without one get theirs later. */
static bool has_body(const struct osm_http_exchange *exchange)
{
    const char *length = osm_http_header(exchange, MHD_HTTP_HEADER_CONTENT_LENGTH);

    return osm_http_header(exchange, MHD_HTTP_HEADER_TRANSFER_ENCODING) ||
           (length && strcmp(length, "0") != 0);
}

/* --- the library's calls -------------------------------------------------------------------- */

static enum MHD_Result take_body(struct osm_http_exchange *exchange, const char *data, size_t *size)
{
    if (*size > exchange->server->config.max_body - exchange->body.length)
        return MHD_NO; /* in the middle of a body there is no answer but the end */
    osm_buf_add(&exchange->body, data, *size);
    *size = 0;
    return MHD_YES;
}

static enum MHD_Result call(struct osm_http_exchange *exchange)
{
    exchange->called = true;
    exchange->route->handle(exchange, exchange->routes->context);
    if (exchange->response)
        return osm_http_answer_queue(exchange);
    exchange->waiting = true;
    MHD_suspend_connection(exchange->connection);
    return MHD_YES;
}

/* Who tries tokens gets one answer per connection and pause. */
static bool slow_down(struct osm_http_exchange *exchange)
{
    if (!exchange->slowed)
        return false;
    exchange->waiting = true;
    osm_deadline_set(&exchange->server->deadlines, &exchange->beat,
                     &exchange->server->waits[OSM_HTTP_WAIT_PENALTY]);
    MHD_suspend_connection(exchange->connection);
    return true;
}

enum MHD_Result osm_http_exchange_handle(void *context, struct MHD_Connection *connection,
                                         const char *url, const char *method, const char *version,
                                         const char *upload, size_t *upload_size, void **object)
{
    struct osm_http_exchange *exchange = *object;
    enum MHD_Result result = MHD_YES;

    (void)context;
    (void)connection;
    (void)version;
    if (!exchange || exchange->peer->ended || exchange->server->ending)
        return MHD_NO;
    exchange->inside = true;
    exchange->path = url;
    if (exchange->response && *upload_size) {
        *upload_size = 0; /* nobody's body */
    } else if (exchange->response) {
        result = osm_http_answer_queue(exchange);
    } else if (!exchange->begun) {
        exchange->begun = true;
        if ((!find_route(exchange, url, method) || !check_caller(exchange) ||
             !check_length(exchange)) &&
            !slow_down(exchange) && has_body(exchange))
            result = osm_http_answer_queue(exchange);
    } else if (*upload_size) {
        result = take_body(exchange, upload, upload_size);
    } else {
        result = exchange->called ? MHD_NO : call(exchange);
    }
    exchange->inside = false;
    return result;
}

/* --- for handlers -------------------------------------------------------------------------- */

static const char *look_up(const struct osm_http_exchange *exchange, enum MHD_ValueKind kind,
                           const char *name)
{
    const char *value = NULL;
    size_t size = 0;

    if (MHD_lookup_connection_value_n(exchange->connection, kind, name, strlen(name), &value,
                                      &size) != MHD_YES)
        return NULL;
    return value && strlen(value) == size ? value : NULL;
}

const char *osm_http_header(const struct osm_http_exchange *exchange, const char *name)
{
    return look_up(exchange, MHD_HEADER_KIND, name);
}

const char *osm_http_cookie(const struct osm_http_exchange *exchange, const char *name)
{
    return look_up(exchange, MHD_COOKIE_KIND, name);
}

const char *osm_http_rest(const struct osm_http_exchange *exchange)
{
    return exchange->path + strlen(exchange->route->path);
}

const struct osm_buf *osm_http_body(const struct osm_http_exchange *exchange)
{
    return &exchange->body;
}

struct osm_grant *osm_http_grant(const struct osm_http_exchange *exchange)
{
    osm_assert(exchange->route->role != OSM_HTTP_ANYBODY); /* nobody has looked at his token */
    return exchange->grant;
}

void osm_http_on_gone(struct osm_http_exchange *exchange, void (*gone)(void *context),
                      void *context)
{
    exchange->gone = gone;
    exchange->gone_context = context;
}
