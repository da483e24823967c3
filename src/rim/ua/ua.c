/* SPDX-License-Identifier: MIT */
/* What all connections share, and the table through which the core uses them; see ua.h. */
#include "rim/ua/ua.h"

#include "rim/pki/own_cert.h"
#include "rim/ua/ua_internal.h"
#include "util/alloc.h"
#include "util/log.h"
#include "wire/value/raw_types.h"

/* The library's own log: detail for debugging, never the user's business as such. */
OSM_PRINTF(4, 0)
static void library_log(void *context, UA_LogLevel level, UA_LogCategory category,
                        const char *format, va_list args)
{
    char text[512];

    if (!osm_log_enabled(OSM_LOG_DEBUG) || level < UA_LOGLEVEL_INFO)
        return;
    (void)vsnprintf(text, sizeof(text), format, args);
    osm_log_debug("open62541: %s", text);
}

struct osm_ua *osm_ua_new(uv_loop_t *loop, const char *state_dir)
{
    struct osm_ua *ua = osm_alloc(sizeof(*ua));

    osm_raw_types_init();
    ua->loop = loop;
    ua->logger = (UA_Logger){.log = library_log};
    osm_ua_loop_init(ua);
    osm_tcp_manager_init(ua);
    ua->own_cert = osm_own_cert_new(state_dir);
    ua->plain = osm_policy_set_build(&(struct osm_policy_needs){0});
    osm_assert(ua->plain);
    return ua;
}

void osm_ua_free(struct osm_ua *ua, void (*done)(void *context), void *context)
{
    if (!ua)
        return;
    ua->done = done;
    ua->done_context = context;
    osm_ua_loop_close(ua);
}

static uint32_t conn_session_timeout(const struct osm_ua_conn *conn)
{
    return conn->peek.session_timeout;
}

static unsigned conn_messages(const struct osm_ua_conn *conn)
{
    return conn->peek.messages;
}

static void attribute(struct osm_ua_conn *conn, const char *name, const UA_DataType *type,
                      void *out)
{
    const UA_QualifiedName key = {.name = {strlen(name), (UA_Byte *)(uintptr_t)name}};

    (void)UA_Client_getConnectionAttribute_scalar(conn->client, key, type, out);
}

static void conn_channel(struct osm_ua_conn *conn, struct osm_ua_channel *out)
{
    UA_String uri = UA_STRING_NULL;
    size_t start;

    *out =
        (struct osm_ua_channel){.id = conn->peek.channel_id, .mode = UA_MESSAGESECURITYMODE_NONE};
    attribute(conn, "securityMode", &UA_TYPES[UA_TYPES_MESSAGESECURITYMODE], &out->mode);
    attribute(conn, "securityPolicyUri", &UA_TYPES[UA_TYPES_STRING], &uri);
    start = uri.length;
    while (start > 0 && uri.data[start - 1] != '#')
        start--;
    (void)snprintf(out->policy, sizeof(out->policy), "%.*s", (int)(uri.length - start),
                   uri.data ? (const char *)uri.data + start : "");
}

const struct osm_ua_ops *osm_ua_ops(void)
{
    static const struct osm_ua_ops ops = {
        .conn_new = osm_conn_new,
        .conn_connect = osm_conn_connect,
        .conn_drop = osm_conn_drop,
        .conn_close = osm_conn_close,
        .conn_free = osm_conn_free,
        .conn_session_timeout = conn_session_timeout,
        .conn_messages = conn_messages,
        .conn_channel = conn_channel,
        .call = osm_call_start,
        .call_abandon = osm_call_abandon,
    };

    return &ops;
}
