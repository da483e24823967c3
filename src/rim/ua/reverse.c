/* SPDX-License-Identifier: MIT */
/* See reverse.h. */
#include "rim/ua/reverse.h"

#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utlist.h>

#include "rim/io/turn.h"
#include "rim/ua/framing.h"
#include "util/alloc.h"
#include "util/log.h"
#include "wire/text/url.h"

/* Header, two texts of 4096 bytes and their lengths. */
#define HELLO_BYTES ((uint32_t)(OSM_FRAMING_HEADER + 2 * (4 + 4096)))
#define ACCEPT_BATCH 16
#define ACCEPT_PAUSE_MS 1000
/* Of what strangers cause to be logged. */
#define LOG_SPAN_MS 1000
#define SHOWN 200

struct caller {
    struct osm_reverse *reverse;
    struct osm_transport *transport;
    struct osm_framing framing;
    struct osm_stack_error error; /* of framing */
    char *url;                    /* from its ReverseHello; NULL = not there yet */
    osm_msec due;
    struct caller *prev, *next;
};

struct osm_reverse_wait {
    struct osm_reverse *reverse;
    const char *url;
    osm_msec due, limit;
    osm_reverse_fn *told;
    void *context;
    struct osm_reverse_wait *prev, *next;
};

struct osm_reverse {
    struct osm_stack *stack;
    struct osm_tcp_hub *hub;
    struct osm_listener listener;
    uv_poll_t poll;
    char *const *allowed;
    struct caller *callers;         /* the oldest first */
    struct osm_reverse_stats stats; /* sockets: how many callers there are */
    struct osm_reverse_wait *waits;
    struct osm_timer *timer;
    struct osm_stack_later later; /* looks whether waits and callers fit */
    osm_msec accept_at;           /* accepting pauses until then; 0 = it does not */
    osm_msec logged_at;
    unsigned unlogged;
    void (*gone)(void *context);
    void *gone_context;
};

static osm_msec now_of(const struct osm_reverse *reverse)
{
    return osm_clock_now(reverse->stack->loop->clock);
}

/* --- callers ------------------------------------------------------------------------------- */

/* Its transport is somebody else's, or gone. */
static void forget(struct caller *caller)
{
    DL_DELETE(caller->reverse->callers, caller);
    caller->reverse->stats.sockets--;
    osm_framing_deinit(&caller->framing);
    free(caller->url);
    free(caller);
}

static void hang_up(struct caller *caller)
{
    (void)caller->transport->ops->close(caller->transport);
    forget(caller);
}

/* A stranger may come as often as he likes; the log is not his. */
static void refuse(struct caller *caller, uint64_t *counter, const char *why, const char *who,
                   size_t length)
{
    struct osm_reverse *reverse = caller->reverse;
    osm_msec now = now_of(reverse);

    ++*counter;
    if (!reverse->logged_at || now - reverse->logged_at >= LOG_SPAN_MS) {
        osm_log_warning("Reverse connect: a server is refused: %s%.*s (%u others since the last "
                        "such line)",
                        why, (int)OSM_MIN(length, (size_t)SHOWN), who, reverse->unlogged);
        reverse->logged_at = now;
        reverse->unlogged = 0;
    } else {
        reverse->unlogged++;
    }
    hang_up(caller);
}

/* --- who gets which ------------------------------------------------------------------------ */

static size_t length_of(const char *url)
{
    size_t length = strlen(url);

    return length && url[length - 1] == '/' ? length - 1 : length;
}

/* A slash at the end makes no other endpoint. */
static bool same_url(const char *a, const char *b)
{
    return length_of(a) == length_of(b) && strncasecmp(a, b, length_of(a)) == 0;
}

static struct osm_reverse_wait *wait_for(const struct osm_reverse *reverse, const char *url)
{
    struct osm_reverse_wait *wait;

    DL_FOREACH (reverse->waits, wait)
        if (same_url(wait->url, url))
            return wait;
    return NULL;
}

static void hand_over(struct caller *caller, struct osm_reverse_wait *wait)
{
    struct osm_transport *transport = caller->transport;
    osm_reverse_fn *told = wait->told;
    void *context = wait->context;

    osm_log_debug("Reverse connect: %s is there", caller->url);
    caller->reverse->stats.handed_over++;
    forget(caller);
    osm_reverse_cancel(wait);
    told(context, transport, NULL);
}

static void look(struct osm_stack_later *later)
{
    struct osm_reverse *reverse = osm_container_of(later, struct osm_reverse, later);
    struct osm_reverse_wait *wait;
    struct caller *caller;

    DL_FOREACH (reverse->callers, caller) {
        wait = caller->url ? wait_for(reverse, caller->url) : NULL;
        if (!wait)
            continue;
        hand_over(caller, wait);
        osm_stack_defer(reverse->stack, later); /* the lists may be others now */
        return;
    }
}

/* --- deadlines ----------------------------------------------------------------------------- */

static void arm(struct osm_reverse *reverse)
{
    osm_msec due = reverse->accept_at ? reverse->accept_at : OSM_MSEC_NEVER, now = now_of(reverse);
    const struct osm_reverse_wait *wait;
    const struct caller *caller;

    DL_FOREACH (reverse->callers, caller)
        due = OSM_MIN(due, caller->due);
    DL_FOREACH (reverse->waits, wait)
        due = OSM_MIN(due, wait->due);
    if (due == OSM_MSEC_NEVER)
        reverse->stack->loop->ops->timer_stop(reverse->timer);
    else
        reverse->stack->loop->ops->timer_start(reverse->timer, due > now ? due - now : 0);
}

static void give_up(struct osm_reverse_wait *wait)
{
    struct osm_stack_error error = {0};
    osm_reverse_fn *told = wait->told;
    void *context = wait->context;

    osm_stack_error_set(&error, OSM_ORIGIN_NETWORK, OSM_FAULT_CONNECTION, UA_STATUSCODE_BADTIMEOUT,
                        "No server has connected for %s within %.3g s; reverse connect listens on "
                        "%s",
                        wait->url, (double)wait->limit / 1000, osm_reverse_uri(wait->reverse));
    wait->reverse->stats.unserved++;
    osm_reverse_cancel(wait);
    told(context, NULL, &error);
}

static void accept_again(struct osm_reverse *reverse);

static void on_timer(void *context)
{
    struct osm_reverse *reverse = context;
    osm_msec now = now_of(reverse);
    struct caller *caller, *next;
    struct osm_reverse_wait *wait;

    if (reverse->accept_at && now >= reverse->accept_at)
        accept_again(reverse);
    DL_FOREACH_SAFE (reverse->callers, caller, next) {
        if (now < caller->due)
            continue;
        if (caller->url) {
            reverse->stats.expired++;
            hang_up(caller); /* it comes again */
        } else {
            refuse(caller, &reverse->stats.late, "it has not sent its ReverseHello in time", "", 0);
        }
    }
    do { /* whoever is told may wait again */
        DL_FOREACH (reverse->waits, wait)
            /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the analyser cannot follow utlist */
            if (now >= wait->due)
                break;
        if (wait)
            give_up(wait);
    } while (wait);
    arm(reverse);
}

/* --- ReverseHello -------------------------------------------------------------------------- */

static bool is_text(const UA_String *bytes, const char *text)
{
    return bytes->length == strlen(text) && memcmp(bytes->data, text, bytes->length) == 0;
}

static bool is_allowed(const struct osm_reverse *reverse, const UA_String *uri, const char *url)
{
    char *const *rule = reverse->allowed;

    for (; rule && *rule; rule++) {
        _cleanup_(osm_freep) char *host = NULL, *listed = NULL;
        uint16_t port;

        if (is_text(uri, *rule) ||
            (osm_url_parse(*rule, &host, &port, &listed) && same_url(listed, url)))
            return true;
    }
    return !reverse->allowed;
}

/* The oldest of its endpoint makes room: a server may have lost it without our hearing of it. */
static void bound_kept(struct osm_reverse *reverse, const struct caller *newest)
{
    struct caller *caller, *oldest = NULL;
    unsigned kept = 0;

    DL_FOREACH (reverse->callers, caller) {
        if (!caller->url || !same_url(caller->url, newest->url))
            continue;
        if (!oldest)
            oldest = caller;
        kept++;
    }
    if (kept <= OSM_REVERSE_KEPT)
        return;
    reverse->stats.surplus++;
    hang_up(oldest);
}

/* Others are not what we speak on this socket (OPC 10000-6 §7.1.2.6). */
static bool is_opc_tcp(const UA_String *url)
{
    static const char scheme[] = "opc.tcp://";
    size_t length = sizeof(scheme) - 1;

    return url->length > length && strncasecmp((const char *)url->data, scheme, length) == 0;
}

/* NUL ends what C takes for a URL. */
static char *url_of(const struct osm_framing_reverse_hello *hello)
{
    _cleanup_(osm_freep) char *said =
        osm_strndup((const char *)hello->endpoint_url.data, hello->endpoint_url.length);
    _cleanup_(osm_freep) char *host = NULL;
    char *url = NULL;
    uint16_t port;

    return strlen(said) == hello->endpoint_url.length && osm_url_parse(said, &host, &port, &url)
               ? url
               : NULL;
}

static void take_hello(struct caller *caller, const uint8_t *chunk, size_t length)
{
    struct osm_reverse *reverse = caller->reverse;
    struct osm_framing_reverse_hello hello;
    struct osm_reverse_wait *wait;
    uint64_t *malformed = &reverse->stats.malformed;

    if (memcmp(chunk, "RHEF", 4) != 0 || caller->framing.left) {
        refuse(caller, malformed, "what it sends is no ReverseHello", "", 0);
        return;
    }
    if (!osm_framing_parse_reverse_hello(chunk, length, &hello, &caller->error)) {
        refuse(caller, malformed, caller->error.text, "", 0);
        return;
    }
    if (!is_opc_tcp(&hello.endpoint_url)) {
        refuse(caller, malformed,
               "its endpoint is not opc.tcp://…: ", (const char *)hello.endpoint_url.data,
               hello.endpoint_url.length);
        return;
    }
    caller->url = url_of(&hello);
    if (!caller->url) {
        refuse(caller, malformed, "its endpoint is no URL", "", 0);
        return;
    }
    if (!is_allowed(reverse, &hello.server_uri, caller->url)) {
        refuse(caller, &reverse->stats.not_allowed, "--reverse-allow does not name ", caller->url,
               strlen(caller->url));
        return;
    }
    caller->due = now_of(reverse) + OSM_REVERSE_KEPT_MS;
    wait = wait_for(reverse, caller->url);
    if (wait)
        hand_over(caller, wait);
    else
        bound_kept(reverse, caller);
    arm(reverse);
}

static void on_connected(void *context)
{
}

static void on_bytes(void *context, uint8_t *data, size_t length)
{
    struct caller *caller = context;
    struct osm_reverse_stats *stats = &caller->reverse->stats;
    uint8_t *chunk;
    size_t size;

    if (caller->url) {
        refuse(caller, &stats->impatient, "it goes on without waiting for our Hello: ", caller->url,
               strlen(caller->url));
        return;
    }
    osm_framing_feed(&caller->framing, data, length);
    switch (osm_framing_next(&caller->framing, &chunk, &size)) {
    case OSM_FRAMING_CHUNK:
        take_hello(caller, chunk, size);
        break;
    case OSM_FRAMING_MORE:
        osm_framing_keep(&caller->framing);
        break;
    case OSM_FRAMING_BROKEN:
        refuse(caller, &stats->malformed, "what it sends is no ReverseHello", "", 0);
        break;
    }
}

static void on_closed(void *context, const struct osm_stack_error *error)
{
    struct caller *caller = context;

    caller->reverse->stats.vanished++;
    forget(caller);
}

static const struct osm_transport_events caller_events = {
    .connected = on_connected, .bytes = on_bytes, .closed = on_closed};

/* --- accepting ----------------------------------------------------------------------------- */

static void take(struct osm_reverse *reverse, int fd)
{
    struct caller *caller = osm_alloc(sizeof(*caller));

    reverse->stats.accepted++;
    if (reverse->stats.sockets == OSM_REVERSE_SOCKETS)
        refuse(reverse->callers, &reverse->stats.crowded, "too many are connected: the oldest goes",
               "", 0);
    caller->reverse = reverse;
    caller->due = now_of(reverse) + OSM_REVERSE_HELLO_MS;
    osm_framing_init(&caller->framing, HELLO_BYTES, &caller->error);
    caller->transport =
        osm_tcp_adopt(reverse->hub, fd, OSM_REVERSE_UNACKED_MS, &caller_events, caller);
    DL_APPEND(reverse->callers, caller);
    reverse->stats.sockets++;
    arm(reverse);
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
    struct osm_reverse *reverse = osm_container_of(poll, struct osm_reverse, poll);

    osm_turn_name("reverse connect");
    for (int i = 0; i < ACCEPT_BATCH; i++) {
        int fd = accept4(reverse->listener.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (fd >= 0) {
            take(reverse, fd);
            continue;
        }
        if (errno == ECONNABORTED || errno == EINTR)
            continue;
        if (errno == EAGAIN || errno == EWOULDBLOCK)
            return;
        osm_log_warning("Reverse connect: cannot accept for the moment: %s", strerror(errno));
        (void)uv_poll_stop(&reverse->poll);
        reverse->accept_at = now_of(reverse) + ACCEPT_PAUSE_MS;
        arm(reverse);
        return;
    }
}

static void accept_again(struct osm_reverse *reverse)
{
    reverse->accept_at = 0;
    (void)uv_poll_start(&reverse->poll, UV_READABLE, on_ready);
}

/* --- waiting ------------------------------------------------------------------------------- */

struct osm_reverse_wait *osm_reverse_wait(struct osm_reverse *reverse, const char *url,
                                          osm_msec limit, osm_reverse_fn *told, void *context)
{
    struct osm_reverse_wait *wait = osm_alloc(sizeof(*wait));

    *wait = (struct osm_reverse_wait){.reverse = reverse,
                                      .url = url,
                                      .due = now_of(reverse) + limit,
                                      .limit = limit,
                                      .told = told,
                                      .context = context};
    DL_APPEND(reverse->waits, wait);
    reverse->stats.waiting++;
    osm_stack_defer(reverse->stack, &reverse->later);
    arm(reverse);
    return wait;
}

void osm_reverse_cancel(struct osm_reverse_wait *wait)
{
    if (!wait)
        return;
    DL_DELETE(wait->reverse->waits, wait);
    wait->reverse->stats.waiting--;
    free(wait);
}

/* --- life ---------------------------------------------------------------------------------- */

int osm_reverse_new(uv_loop_t *loop, struct osm_stack *stack, struct osm_tcp_hub *hub,
                    const struct osm_address *address, char *const *allowed,
                    struct osm_reverse **out, char **error)
{
    struct osm_reverse *reverse = osm_alloc(sizeof(*reverse));
    int r = osm_listener_open(&reverse->listener, address, 0, error);

    if (r < 0) {
        free(reverse);
        return r;
    }
    reverse->stack = stack;
    reverse->hub = hub;
    reverse->allowed = allowed;
    reverse->later.run = look;
    reverse->timer = osm_loop_timer(stack->loop, on_timer, reverse);
    uv_poll_init(loop, &reverse->poll, reverse->listener.fd);
    accept_again(reverse);
    *out = reverse;
    return 0;
}

static void poll_closed(uv_handle_t *handle)
{
    struct osm_reverse *reverse = osm_container_of((uv_poll_t *)handle, struct osm_reverse, poll);
    void (*gone)(void *context) = reverse->gone;
    void *context = reverse->gone_context;

    free(reverse);
    gone(context);
}

void osm_reverse_free(struct osm_reverse *reverse, void (*gone)(void *context), void *context)
{
    if (!reverse)
        return;
    osm_assert(!reverse->waits);
    while (reverse->callers)
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the analyser cannot follow utlist */
        hang_up(reverse->callers);
    osm_stack_undefer(reverse->stack, &reverse->later);
    reverse->stack->loop->ops->timer_free(osm_steal(reverse->timer));
    reverse->gone = gone;
    reverse->gone_context = context;
    uv_close((uv_handle_t *)&reverse->poll, poll_closed);
    osm_listener_close(&reverse->listener);
}

const char *osm_reverse_uri(const struct osm_reverse *reverse)
{
    return reverse->listener.endpoint.uri;
}

const struct osm_reverse_stats *osm_reverse_stats(const struct osm_reverse *reverse)
{
    return &reverse->stats;
}
