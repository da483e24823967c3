/* SPDX-License-Identifier: MIT */
/* What all connections share, and the table through which the core uses them; see rim/ua/ua.h. */
#include "rim/ua/ua.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "rim/ua/binary.h"
#include "rim/ua/decoding.h"
#include "rim/ua/ua_internal.h"
#include "util/alloc.h"
#include "util/fd.h"
#include "util/log.h"
#include "wire/value/raw_types.h"

/* How often the end is looked for, and how long goodbyes may take then. */
#define OSM_END_LOOK_MS 5
#define OSM_END_LOOKS 200

struct osm_ua *osm_ua_new(const struct osm_io_loop *io, const struct osm_lookup_ops *names,
                          const char *state_dir)
{
    struct osm_ua *ua = osm_alloc(sizeof(*ua));

    osm_raw_types_init();
    osm_policy_forbid_private_keys();
    ua->io = io;
    osm_stack_init(&ua->stack, &io->loop);
    ua->hub = osm_tcp_hub_new(io->uv, names);
    ua->own_cert = osm_own_cert_new(state_dir);
    ua->watches.loop = io->uv;
    return ua;
}

int osm_ua_log_keys(struct osm_ua *ua, const char *path)
{
    _cleanup_(osm_close_fd) int fd =
        open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);

    if (fd < 0 || fchmod(fd, 0600) < 0)
        return -errno;
    ua->stack.key_log = fd;
    fd = -1;
    return 0;
}

int osm_ua_listen(struct osm_ua *ua, const char *address, char *const *allowed, char **error)
{
    struct osm_address parsed;
    int r = osm_address_parse_tcp(address, &parsed, error);

    if (r == 0)
        r = osm_reverse_new(ua->io->uv, &ua->stack, ua->hub, &parsed, allowed, &ua->reverse, error);
    if (r == 0)
        osm_log_info("Servers may connect on %s (reverse connect)", osm_reverse_uri(ua->reverse));
    return r;
}

bool osm_ua_listen_check(const char *address, char **error)
{
    struct osm_address parsed;

    return osm_address_parse_tcp(address, &parsed, error) == 0;
}

const struct osm_reverse_stats *osm_ua_reverse_stats(const struct osm_ua *ua)
{
    static const struct osm_reverse_stats none;

    return ua->reverse ? osm_reverse_stats(ua->reverse) : &none;
}

bool osm_ua_is_due(const struct osm_ua *ua)
{
    return osm_tcp_hub_is_due(ua->hub);
}

/* --- the end ------------------------------------------------------------------------------- */

static void end(struct osm_ua *ua)
{
    void (*done)(void *context) = ua->done;
    void *context = ua->done_context;

    osm_stack_deinit(&ua->stack);
    osm_close_fd(&ua->stack.key_log);
    osm_discovery_deinit(&ua->discovery);
    osm_own_cert_free(ua->own_cert);
    ua->io->loop.ops->timer_free(ua->end);
    free(ua);
    done(context);
}

static void reverse_gone(void *context)
{
    ((struct osm_ua *)context)->reverse = NULL;
}

/* Connections that say goodbye, jobs and handles end by themselves. */
static void look(void *context)
{
    struct osm_ua *ua = context;
    bool busy;

    if (++ua->looks > OSM_END_LOOKS)
        while (ua->conns)
            osm_conn_bury(ua->conns);
    if (!ua->conns && ua->reverse && !ua->reverse_ends) {
        ua->reverse_ends = true;
        osm_reverse_free(ua->reverse, reverse_gone, ua);
    }
    busy = ua->conns || ua->reverse || ua->stack.jobs.running || ua->stack.jobs.waiting;
    if (!busy && ua->hub)
        osm_tcp_hub_free(osm_steal(ua->hub));
    if (busy || ua->watches.handles)
        ua->io->loop.ops->timer_start(ua->end, OSM_END_LOOK_MS);
    else
        end(ua);
}

void osm_ua_free(struct osm_ua *ua, void (*done)(void *context), void *context)
{
    if (!ua)
        return;
    ua->done = done;
    ua->done_context = context;
    ua->end = osm_loop_timer(&ua->io->loop, look, ua);
    ua->io->loop.ops->timer_start(ua->end, 0);
}

/* --- the operations ------------------------------------------------------------------------ */

static uint32_t conn_session_timeout(const struct osm_ua_conn *conn)
{
    return conn->session.timeout;
}

static unsigned conn_messages(const struct osm_ua_conn *conn)
{
    return conn->messages + (conn->channel ? osm_channel_received(conn->channel) : 0);
}

void osm_ua_receiving(const struct osm_ua *ua, uint64_t *used, uint64_t *limit)
{
    *used = ua->stack.receiving.used;
    *limit = ua->stack.receiving.limit;
}

static void conn_channel(struct osm_ua_conn *conn, struct osm_ua_channel *out)
{
    *out = (struct osm_ua_channel){.mode = UA_MESSAGESECURITYMODE_NONE, .policy = ""};
    if (!conn->channel)
        return;
    out->id = osm_channel_id(conn->channel);
    out->mode = osm_channel_mode(conn->channel);
    out->renewed_at = osm_channel_renewed_at(conn->channel);
    out->lifetime = osm_channel_lifetime(conn->channel);
    out->own_certificate_ends = conn->own_ends;
    out->server_certificate_ends = conn->server_ends;
    out->user_certificate_ends = conn->user_ends;
    out->policy = osm_channel_policy(conn->channel)->name;
}

static bool decode(const UA_ByteString *bytes, const UA_DataType *type, struct osm_arena *arena,
                   void *value)
{
    return osm_binary_decode(bytes->data, bytes->length, type, value, arena, NULL) ==
           UA_STATUSCODE_GOOD;
}

static bool answer_is_large(struct osm_ua *ua, const void *response)
{
    return osm_decoding_is_large(&ua->stack, response);
}

static void answer_keep(struct osm_ua *ua, const void *response, struct osm_ua_work *work)
{
    osm_decoding_keep(&ua->stack, response, work);
}

/* What others call an answer is its decoding. */
static struct osm_ua_answer *answer_take(struct osm_ua *ua, const void *as)
{
    return (struct osm_ua_answer *)osm_decoding_take(&ua->stack, as);
}

static void answer_free(struct osm_ua_answer *answer)
{
    osm_decoding_give_back((struct osm_decoding *)answer);
}

const struct osm_ua_ops *osm_ua_ops(void)
{
    static const struct osm_ua_ops ops = {
        .conn_new = osm_conn_new,
        .conn_connect = osm_conn_connect,
        .conn_drop = osm_conn_drop,
        .conn_close = osm_conn_close,
        .conn_free = osm_conn_free,
        .conn_export = osm_conn_export,
        .conn_import = osm_conn_import,
        .conn_go_to = osm_conn_go_to,
        .conn_session_timeout = conn_session_timeout,
        .decode = decode,
        .conn_messages = conn_messages,
        .conn_channel = conn_channel,
        .call = osm_conn_call,
        .call_abandon = osm_conn_call_abandon,
        .call_adopt = osm_conn_call_adopt,
        .answer_is_large = answer_is_large,
        .answer_keep = answer_keep,
        .answer_take = answer_take,
        .answer_free = answer_free,
    };

    return &ops;
}
