/* SPDX-License-Identifier: MIT */
/* A session's life: connecting, loss, recovery, goodbye; see session.h for the picture. */
#include "core/session/session.h"

#include <utlist.h>

#include "core/link/op.h"
#include "core/manager/registry.h"
#include "core/subscription/publish.h"
#include "core/subscription/publish_engine.h"
#include "port/status_code.h"
#include "util/alloc.h"
#include "util/log.h"
#include "wire/value/type_registry.h"

static const struct osm_ua_events conn_events;
static const struct osm_fault not_connected = {OSM_FAULT_CONNECTION, "Not connected"};
static void on_timer(void *context);

const char *osm_session_state_name(enum osm_session_state state)
{
    static const char *const names[] = {
#define X(id, name) name,
        OSM_SESSION_STATES(X)
#undef X
    };

    osm_assert(state < OSM_SESSION_STATE_COUNT_);
    return names[state];
}

static bool may_become(enum osm_session_state from, enum osm_session_state to)
{
    static const bool allowed[OSM_SESSION_STATE_COUNT_][OSM_SESSION_STATE_COUNT_] = {
        [OSM_SESSION_CONNECTING] = {[OSM_SESSION_ACTIVE] = true, [OSM_SESSION_CLOSING] = true},
        [OSM_SESSION_ACTIVE] = {[OSM_SESSION_FAILED] = true,
                                [OSM_SESSION_RECOVERING] = true,
                                [OSM_SESSION_CLOSING] = true},
        [OSM_SESSION_FAILED] = {[OSM_SESSION_RECOVERING] = true, [OSM_SESSION_CLOSING] = true},
        [OSM_SESSION_RECOVERING] = {[OSM_SESSION_ACTIVE] = true,
                                    [OSM_SESSION_FAILED] = true,
                                    [OSM_SESSION_CLOSING] = true},
    };

    return allowed[from][to];
}

void osm_session_set_state(struct osm_session *session, enum osm_session_state state,
                           const char *reason)
{
    struct osm_manager *manager = session->manager;

    osm_assert(may_become(session->state, state));
    osm_log_debug("Session %s: %s -> %s (%s)", session->id, osm_session_state_name(session->state),
                  osm_session_state_name(state), reason);
    manager->state_count[session->state]--;
    manager->state_count[state]++;
    manager->state_entered[state]++;
    session->state = state;
    free(session->state_reason);
    session->state_reason = osm_strdup(reason);
    session->state_since = osm_session_wall(session);
}

void osm_session_read_sent(struct osm_session *session)
{
    session->read_sent_at = osm_session_now(session);
}

void osm_session_heard(struct osm_session *session)
{
    session->heard_at = osm_session_wall(session);
    session->round_trip = osm_session_now(session) - session->read_sent_at;
}

osm_msec osm_session_now(const struct osm_session *session)
{
    return osm_clock_now(session->manager->loop.clock);
}

double osm_session_wall(const struct osm_session *session)
{
    return osm_clock_wall(session->manager->loop.clock);
}

osm_msec osm_session_timeout(const struct osm_session *session)
{
    double milliseconds = osm_config_timeout(&session->config) * 1000.0;

    return milliseconds > 1e12 ? (osm_msec)1e12 : (osm_msec)milliseconds;
}

void osm_session_touch(struct osm_session *session)
{
    session->last_used = osm_session_now(session);
    session->last_used_wall = osm_clock_wall(session->manager->loop.clock);
}

struct osm_wire_context osm_session_wire_context(const struct osm_session *session)
{
    return (struct osm_wire_context){.namespaces = session->namespaces,
                                     .namespaces_size = session->namespaces_size,
                                     .structure = session->types ? osm_type_registry_find : NULL,
                                     .structures = session->types};
}

/* --- the timer ----------------------------------------------------------------------------- */

void osm_session_arm(struct osm_session *session, osm_msec due)
{
    osm_msec now = osm_session_now(session);

    if (due >= session->timer_due)
        return;
    session->timer_due = due;
    session->manager->loop.ops->timer_start(session->timer, due > now ? due - now : 0);
}

static void on_timer(void *context)
{
    struct osm_session *session = context;
    osm_msec now = osm_session_now(session);
    osm_msec next = OSM_MSEC_NEVER;

    session->timer_due = OSM_MSEC_NEVER;
    if (session->setup_call) {
        static const struct osm_fault timeout = {OSM_FAULT_CONNECTION, "Read timeout"};

        next = session->setup_deadline;
        if (now >= next) {
            next = OSM_MSEC_NEVER;
            session->manager->ua_ops->conn_drop(session->conn, &timeout);
        }
    }
    next = OSM_MIN(next, osm_session_keep_alive_tick(session, now));
    next = OSM_MIN(next, osm_recovery_tick(session, now));
    next = OSM_MIN(next, osm_publish_engine_tick(session, now));
    next = OSM_MIN(next, osm_ops_tick(session, now));
    /* What is still due now stays so until something else has happened: libuv fires a timer that
     * is started with 0 before it lets anything else happen. */
    if (next != OSM_MSEC_NEVER)
        osm_session_arm(session, OSM_MAX(next, now + 1));
}

/* --- birth --------------------------------------------------------------------------------- */

static void make_id(struct osm_session *session)
{
    static const char digits[] = "0123456789abcdef";
    uint8_t bytes[OSM_SESSION_ID_LENGTH / 2];

    osm_random(bytes, sizeof(bytes));
    for (size_t i = 0; i < sizeof(bytes); i++) {
        session->id[2 * i] = digits[bytes[i] >> 4];
        session->id[2 * i + 1] = digits[bytes[i] & 15];
    }
}

static struct osm_ua_params conn_params(const struct osm_session *session)
{
    const struct osm_config *config = &session->config;

    return (struct osm_ua_params){
        .endpoint_url = session->endpoint_url,
        .timeout = osm_session_timeout(session),
        .security_policy_uri = osm_config_text(config, OSM_CONFIG_securityPolicy),
        .security_mode = (int)osm_config_int(config, OSM_CONFIG_securityMode, 1),
        .username = osm_config_text(config, OSM_CONFIG_username),
        .password = osm_config_text(config, OSM_CONFIG_password),
        .client_cert_path = osm_config_text(config, OSM_CONFIG_clientCertPath),
        .client_key_path = osm_config_text(config, OSM_CONFIG_clientKeyPath),
        .ca_cert_path = osm_config_text(config, OSM_CONFIG_caCertPath),
        .user_cert_path = osm_config_text(config, OSM_CONFIG_userCertPath),
        .user_key_path = osm_config_text(config, OSM_CONFIG_userKeyPath),
        .trust_store_path = osm_config_text(config, OSM_CONFIG_trustStorePath),
        .trust_policy = osm_config_text(config, OSM_CONFIG_trustPolicy),
        .auto_accept = osm_config_bool(config, OSM_CONFIG_autoAccept, false),
        .auto_accept_force = osm_config_bool(config, OSM_CONFIG_autoAcceptForce, false),
        .allowed_cert_dirs = session->manager->config.allowed_cert_dirs,
    };
}

struct osm_session *osm_session_new(struct osm_manager *manager, const char *endpoint_url,
                                    struct osm_config *config, struct osm_arena *arena,
                                    struct osm_fault *fault)
{
    struct osm_session *session = osm_alloc(sizeof(*session));
    struct osm_ua_params params;

    session->manager = manager;
    session->endpoint_url = osm_strdup(endpoint_url);
    session->config = *config;
    *config = (struct osm_config){0};
    session->state = OSM_SESSION_CONNECTING;
    session->timer_due = OSM_MSEC_NEVER;
    session->keep_alive_at = OSM_MSEC_NEVER;
    session->bus = manager->bus;
    session->observer = (struct osm_observer){&manager->observer, session};
    osm_recovery_init(&session->recovery);
    make_id(session);
    osm_config_digest(&session->config, &session->secrets);
    params = conn_params(session);
    session->conn =
        manager->ua_ops->conn_new(manager->ua, &params, &conn_events, session, arena, fault);
    if (!session->conn) {
        osm_config_deinit(&session->config);
        free(session->endpoint_url);
        free(session);
        return NULL;
    }
    session->timer = osm_loop_timer(&manager->loop, on_timer, session);
    manager->state_count[OSM_SESSION_CONNECTING]++;
    manager->state_entered[OSM_SESSION_CONNECTING]++;
    session->state_reason = osm_strdup("opened");
    session->state_since = osm_session_wall(session);
    osm_registry_add_opening(manager, session);
    osm_session_touch(session);
    return session;
}

static void connect_now(struct osm_session *session)
{
    osm_observe(&session->observer, connecting);
    session->manager->ua_ops->conn_connect(session->conn);
}

void osm_session_connect(struct osm_session *session)
{
    osm_log_info("Connecting to %s", session->endpoint_url);
    connect_now(session);
}

/* --- waiting for the connection ------------------------------------------------------------ */

static void reconnect(struct osm_session *session, const char *reason)
{
    osm_session_set_state(session, OSM_SESSION_RECOVERING, reason);
    osm_recovery_note_attempt(session);
    osm_log_info("Reconnecting to %s", session->endpoint_url);
    osm_observe(&session->observer, reconnecting);
    connect_now(session);
}

void osm_session_recover(struct osm_session *session, const char *reason)
{
    osm_log_warning("Connection lost for session %s, attempting recovery", session->id);
    reconnect(session, reason);
}

void osm_session_wait(struct osm_session *session, struct osm_session_waiter *waiter)
{
    osm_assert(session->state != OSM_SESSION_CLOSING);
    if (session->state == OSM_SESSION_ACTIVE) {
        waiter->ready(waiter, NULL);
        return;
    }
    DL_APPEND(session->waiters, waiter);
    if (session->state == OSM_SESSION_FAILED)
        osm_session_recover(session, "a caller needs it");
}

void osm_session_unwait(struct osm_session *session, struct osm_session_waiter *waiter)
{
    DL_DELETE(session->waiters, waiter);
}

void osm_session_reconnect(struct osm_session *session, struct osm_session_waiter *waiter)
{
    static const struct osm_fault reason = {OSM_FAULT_CONNECTION, "Connection closed to reconnect"};

    DL_APPEND(session->waiters, waiter);
    if (session->state == OSM_SESSION_FAILED) {
        reconnect(session, "asked to reconnect");
    } else if (session->state == OSM_SESSION_ACTIVE) {
        session->reconnecting = true;
        osm_session_set_state(session, OSM_SESSION_RECOVERING, "reconnect");
        osm_log_info("Reconnecting to %s", session->endpoint_url);
        osm_observe(&session->observer, reconnecting);
        session->manager->ua_ops->conn_drop(session->conn, &reason);
    }
}

/* Those who wait now; who comes meanwhile waits for the next word. */
static void tell_waiters(struct osm_session *session, const struct osm_fault *fault)
{
    struct osm_session_waiter *last = session->waiters ? session->waiters->prev : NULL, *waiter;

    while (session->waiters && last) {
        waiter = session->waiters;
        DL_DELETE(session->waiters, waiter);
        if (waiter == last)
            last = NULL;
        waiter->ready(waiter, fault);
    }
}

/* --- what the connection reports ----------------------------------------------------------- */

static void on_connected(void *context, bool new_session)
{
    struct osm_session *session = context;

    osm_log_debug("Session %s: %s", session->id,
                  new_session ? "Session created and activated" : "Session activated again");
    session->resumed = !new_session;
    session->manager->ua_ops->conn_channel(session->conn, &session->channel);
    osm_observe(&session->observer, activated, &session->channel, new_session);
    osm_method_nodes_clear(&session->method_nodes);
    if (new_session)
        osm_recovery_new_session(session);
    osm_session_start_setup(session);
}

void osm_session_ready(struct osm_session *session)
{
    bool first = session->state == OSM_SESSION_CONNECTING;

    osm_session_set_state(session, OSM_SESSION_ACTIVE, first ? "connected" : "recovered");
    osm_log_info("Connected to %s", session->endpoint_url);
    osm_observe(&session->observer, connected);
    if (!first)
        osm_log_info("Reconnected session %s", session->id);
    free(osm_steal(session->loss));
    osm_recovery_note_active(session);
    osm_session_keep_alive_start(session);
    osm_ops_hold(session); /* what was at work before the loss comes first */
    osm_ops_recovered(session);
    tell_waiters(session, NULL);
    if (session->resumed)
        osm_publish_engine_resumed(session);
    osm_publish_engine_go(session);
    osm_ops_release(session);
}

/* A shutdown may be waiting for this one. */
static void free_and_tell(struct osm_session *session)
{
    struct osm_manager *manager = session->manager;

    osm_session_free(session);
    osm_registry_session_gone(manager);
}

static void first_connect_failed(struct osm_session *session, const struct osm_fault *fault)
{
    osm_log_error("Connection failed: %s", fault->message);
    osm_registry_retire(session->manager, session); /* nobody may find it any more */
    osm_session_set_state(session, OSM_SESSION_CLOSING, fault->message);
    tell_waiters(session, fault);
    free_and_tell(session);
}

static void recovery_failed(struct osm_session *session, const struct osm_fault *fault)
{
    osm_session_set_state(session, OSM_SESSION_FAILED, fault->message);
    osm_recovery_note_failure(session);
    osm_log_error("Reconnect failed for session %s: %s", session->id, fault->message);
    osm_ops_hold(session);
    osm_ops_recovery_failed(session);
    tell_waiters(session, fault);
    osm_ops_release(session); /* tries again for those that are left */
    osm_recovery_schedule(session);
}

static void on_failed(void *context, const struct osm_fault *fault)
{
    struct osm_session *session = context;

    osm_observe(&session->observer, failed, fault);
    if (session->state == OSM_SESSION_CONNECTING)
        first_connect_failed(session, fault);
    else if (session->state == OSM_SESSION_RECOVERING)
        recovery_failed(session, fault);
}

static void active_lost(struct osm_session *session, const struct osm_fault *fault)
{
    osm_session_set_state(session, OSM_SESSION_FAILED, fault->message);
    osm_recovery_note_loss(session);
    osm_ops_note_loss(session, fault);
    if (session->state != OSM_SESSION_FAILED)
        return; /* operations wait: recovery has begun */
    /* Nobody was there to see it: the next operation will report it (daemon.md §9). */
    free(session->loss);
    session->loss = osm_strdup(fault->message);
    session->loss_type = fault->type;
    osm_recovery_schedule(session);
}

static void on_lost(void *context, const struct osm_fault *fault)
{
    struct osm_session *session = context;

    session->keep_alive_at = OSM_MSEC_NEVER;
    session->keep_alive_deadline = OSM_MSEC_NEVER;
    session->channel.id = 0;
    osm_publish_engine_lost(session, fault);
    osm_recovery_stop(session);
    if (session->state == OSM_SESSION_ACTIVE) {
        active_lost(session, fault);
    } else if (session->reconnecting) {
        session->reconnecting = false;
        osm_ops_note_loss(session, fault);
        connect_now(session);
    } else {
        on_failed(session, fault); /* while limits and namespaces were being read */
    }
}

static void on_closed(void *context)
{
    struct osm_session *session = context;

    osm_observe(&session->observer, disconnected);
    free_and_tell(context);
}

static void on_judged(void *context, const struct osm_ua_judgement *judgement)
{
    struct osm_session *session = context;

    osm_observe(&session->observer, judged, judgement);
}

static const struct osm_ua_events conn_events = {.judged = on_judged,
                                                 .connected = on_connected,
                                                 .failed = on_failed,
                                                 .lost = on_lost,
                                                 .closed = on_closed};

void osm_session_drop(struct osm_session *session, const struct osm_fault *reason)
{
    session->manager->ua_ops->conn_drop(session->conn, reason);
}

void osm_session_drop_status(struct osm_session *session, UA_StatusCode status)
{
    struct osm_fault fault = {0};
    struct osm_arena arena;

    osm_arena_init(&arena);
    osm_status_code_fault(status, &arena, &fault);
    osm_session_drop(session, &fault);
    osm_arena_deinit(&arena);
}

/* --- the end ------------------------------------------------------------------------------- */

void osm_session_close(struct osm_session *session, osm_msec limit, void (*closed)(void *context),
                       void *context)
{
    struct osm_manager *manager = session->manager;

    osm_registry_retire(manager, session);
    osm_session_set_state(session, OSM_SESSION_CLOSING, "closed");
    session->reconnecting = false;
    session->closed = closed;
    session->closed_context = context;
    manager->ua_ops->call_abandon(osm_steal(session->setup_call));
    manager->ua_ops->call_abandon(osm_steal(session->keep_alive_call));
    osm_recovery_stop(session);
    manager->loop.ops->timer_stop(session->timer);
    tell_waiters(session, &not_connected); /* first: a waiter may live in an operation's memory */
    osm_ops_fail_all(session, not_connected.type, not_connected.message);
    osm_publish_engine_stop(session);
    osm_log_info("Disconnecting from %s", session->endpoint_url);
    osm_observe(&session->observer, leaving, session->channel.id);
    session->channel.id = 0;
    manager->ua_ops->conn_close(session->conn, limit);
}

void osm_session_free(struct osm_session *session)
{
    struct osm_manager *manager;
    void (*closed)(void *context);
    void *closed_context;

    if (!session)
        return;
    manager = session->manager;
    closed = session->closed;
    closed_context = session->closed_context;
    tell_waiters(session, &not_connected);
    osm_ops_fail_all(session, not_connected.type, not_connected.message);
    osm_registry_remove(manager, session);
    manager->state_count[session->state]--;
    manager->ua_ops->call_abandon(session->setup_call);
    manager->ua_ops->call_abandon(session->keep_alive_call);
    osm_recovery_stop(session);
    osm_publisher_clear(session);
    manager->ua_ops->conn_free(session->conn);
    manager->loop.ops->timer_free(session->timer);
    osm_method_nodes_clear(&session->method_nodes);
    osm_subscriptions_clear(&session->subscriptions);
    UA_Array_delete(session->namespaces, session->namespaces_size, &UA_TYPES[UA_TYPES_STRING]);
    osm_type_registry_free(session->types);
    osm_config_deinit(&session->config);
    osm_bus_origin_leave(session->origin);
    free(session->endpoint_url);
    free(session->state_reason);
    free(session->loss);
    free(session);
    if (closed)
        closed(closed_context);
}
