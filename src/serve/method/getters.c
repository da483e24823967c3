/* SPDX-License-Identifier: MIT */
/* The getters of a session's configuration and its server's limits (methods.md §2.28). */
#include "serve/method/method.h"

/* What the getter says; the effective default is 0 (M14). */
#define OSM_REPORTED_AUTO_RETRY 1
#define OSM_DEFAULT_BROWSE_DEPTH 10
#define OSM_DEFAULT_SESSION_TIMEOUT 120000

#define GETTER(method, write)                                                                      \
    static void method##_start(struct osm_op *op)                                                  \
    {                                                                                              \
        const struct osm_session *session = osm_op_session(op);                                    \
        struct osm_json *json = osm_reply_begin(op);                                               \
                                                                                                   \
        write(json, session);                                                                      \
        osm_op_finish(op);                                                                         \
    }                                                                                              \
    OSM_METHOD(method, .flags = OSM_OP_READS | OSM_OP_LOCAL, .start = method##_start);

static void write_timeout(struct osm_json *json, const struct osm_session *session)
{
    osm_json_double(json, osm_config_timeout(osm_session_config(session)));
}

/* As the server has revised it; what it is asked for as long as it has not been reached. */
static void write_session_timeout(struct osm_json *json, const struct osm_session *session)
{
    const struct osm_link *link = osm_session_link(session);
    uint32_t timeout = link->env->ua_ops->conn_session_timeout(link->conn);

    if (!timeout)
        timeout = osm_config_session_timeout(osm_session_config(session));
    osm_json_double(json, timeout ? timeout : OSM_DEFAULT_SESSION_TIMEOUT);
}

static void write_auto_retry(struct osm_json *json, const struct osm_session *session)
{
    osm_json_int(json, osm_config_int(osm_session_config(session), OSM_CONFIG_autoRetry,
                                      OSM_REPORTED_AUTO_RETRY));
}

static void write_batch_size(struct osm_json *json, const struct osm_session *session)
{
    if (osm_config_has(osm_session_config(session), OSM_CONFIG_batchSize))
        osm_json_int(json, osm_config_int(osm_session_config(session), OSM_CONFIG_batchSize, 0));
    else
        osm_json_null(json);
}

static void write_browse_depth(struct osm_json *json, const struct osm_session *session)
{
    osm_json_int(json, osm_config_int(osm_session_config(session), OSM_CONFIG_defaultBrowseMaxDepth,
                                      OSM_DEFAULT_BROWSE_DEPTH));
}

static void write_limit(struct osm_json *json, uint32_t limit)
{
    if (limit)
        osm_json_uint(json, limit);
    else
        osm_json_null(json);
}

static const struct osm_server_limits *limits_of(const struct osm_session *session)
{
    return osm_operation_limits_server(&osm_session_link(session)->limits);
}

static void write_max_read(struct osm_json *json, const struct osm_session *session)
{
    write_limit(json, limits_of(session)->named[OSM_LIMIT_READ]);
}

static void write_max_write(struct osm_json *json, const struct osm_session *session)
{
    write_limit(json, limits_of(session)->named[OSM_LIMIT_WRITE]);
}

/* M21: the policy, not a refusal to print it. */
static void write_trust_policy(struct osm_json *json, const struct osm_session *session)
{
    const char *policy = osm_config_text(osm_session_config(session), OSM_CONFIG_trustPolicy);

    if (policy)
        osm_json_cstring(json, policy);
    else
        osm_json_null(json);
}

GETTER(getTimeout, write_timeout)
GETTER(getSessionTimeout, write_session_timeout)
GETTER(getAutoRetry, write_auto_retry)
GETTER(getBatchSize, write_batch_size)
GETTER(getDefaultBrowseMaxDepth, write_browse_depth)
GETTER(getServerMaxNodesPerRead, write_max_read)
GETTER(getServerMaxNodesPerWrite, write_max_write)
GETTER(getTrustPolicy, write_trust_policy)

/* --- objects of the PHP process: no JSON form ---------------------------------------------- */

static void refuse(struct osm_op *op, const char *type)
{
    osm_op_failf(op, OSM_FAULT_SERIALIZATION, "Cannot serialize value of type %s", type);
}

static void trust_store_start(struct osm_op *op)
{
    if (osm_config_text(osm_session_config(osm_op_session(op)), OSM_CONFIG_trustStorePath))
        refuse(op, "PhpOpcua\\Client\\TrustStore\\FileTrustStore");
    else
        osm_reply_null(op);
}

static void event_dispatcher_start(struct osm_op *op)
{
    refuse(op, "PhpOpcua\\Client\\Event\\NullEventDispatcher");
}

static void logger_start(struct osm_op *op)
{
    refuse(op, "PhpOpcua\\SessionManager\\Logging\\StreamLogger");
}

OSM_METHOD(getTrustStore, .flags = OSM_OP_READS | OSM_OP_LOCAL, .start = trust_store_start);
OSM_METHOD(getEventDispatcher, .flags = OSM_OP_READS | OSM_OP_LOCAL,
           .start = event_dispatcher_start);
OSM_METHOD(getLogger, .flags = OSM_OP_READS | OSM_OP_LOCAL, .start = logger_start);
