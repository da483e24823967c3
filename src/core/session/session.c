/* SPDX-License-Identifier: MIT */
/* A session's life: connecting, loss, recovery, goodbye; see session.h for the picture. */
#include "core/session/session_internal.h"

#include <utlist.h>

#include "core/link/points.h"
#include "core/subscription/published_values.h"
#include "core/subscription/publisher.h"
#include "port/status_code.h"
#include "util/alloc.h"
#include "util/hex.h"
#include "util/log.h"
#include "util/random.h"

static const struct osm_ua_events conn_events;
static const struct osm_fault not_connected = {OSM_FAULT_CONNECTION, "Not connected"};

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

static enum osm_link_state link_state(enum osm_session_state state)
{
    if (state == OSM_SESSION_CLOSING)
        return OSM_LINK_CLOSING;
    return state == OSM_SESSION_ACTIVE ? OSM_LINK_UP : OSM_LINK_DOWN;
}

void osm_session_set_state(struct osm_session *session, enum osm_session_state state,
                           const char *reason)
{
    enum osm_session_state from = session->state;
    char *spelled = osm_status_code_spell(reason);

    osm_assert(may_become(session->state, state));
    osm_shared_drop(session->state_reason);
    session->state_reason = osm_shared_text(session->link.env->shared, spelled);
    free(spelled);
    osm_log_debug("Session %s: %s -> %s (%s)", session->id, osm_session_state_name(session->state),
                  osm_session_state_name(state), session->state_reason);
    session->state = state;
    session->losses += from == OSM_SESSION_ACTIVE && state == OSM_SESSION_FAILED;
    session->reconnects += from == OSM_SESSION_RECOVERING && state == OSM_SESSION_ACTIVE;
    session->link.state = link_state(state);
    session->state_since = osm_session_wall(session);
    session->owner->moved(session->owner, session, from, state);
}

static void on_timer(void *context)
{
    struct osm_session *session = context;
    osm_msec now = osm_session_now(session), next;

    osm_link_speaks(&session->link);
    osm_link_fired(&session->link);
    next = osm_capabilities_tick(&session->capabilities, now);
    next = OSM_MIN(next, osm_keep_alive_tick(&session->keep_alive, now));
    next = OSM_MIN(next, osm_recovery_tick(session, now));
    next = OSM_MIN(next, osm_publisher_tick(session->publisher, now));
    next = OSM_MIN(next, osm_ops_tick(session->ops, now));
    osm_session_check_health(session);
    osm_link_rearm(&session->link, next);
}

/* --- what is known of the server ----------------------------------------------------------- */

static void on_renamed(void *context, const UA_String *namespaces, size_t size)
{
    struct osm_session *session = context;

    osm_subscriptions_renumber(&session->subscriptions, session->link.numbering->uris,
                               session->link.numbering->size, namespaces, size);
}

static void on_known(void *context)
{
    osm_recovery_begin(context);
}

static const struct osm_capabilities_owner capabilities_owner = {.renamed = on_renamed,
                                                                 .known = on_known};

/* --- what is published --------------------------------------------------------------------- */

static void on_arrived(void *context, const UA_PublishResponse *response)
{
    const struct osm_session *session = context;

    osm_published_values_keep(
        &(struct osm_published_values){.values = session->link.env->values,
                                       .scope = osm_session_cache_scope(session),
                                       .clock = session->link.env->loop.clock},
        &session->subscriptions, response);
}

static void on_heard(void *context)
{
    osm_session_touch(context);
}

static void on_health(void *context)
{
    osm_session_check_health(context);
}

static void on_gone(void *context, struct osm_subscription *subscription, const char *reason)
{
    osm_recovery_subscription_lost(context, subscription, reason);
}

struct osm_publisher *osm_session_publisher(const struct osm_session *session)
{
    struct osm_session *self = session->seat.session; /* which may be changed */
    static const struct osm_publisher_owner owner = {
        .arrived = on_arrived, .heard = on_heard, .health = on_health, .gone = on_gone};

    if (self->publisher)
        return self->publisher;
    self->publisher =
        osm_publisher_new(&(struct osm_publisher_setup){.id = self->id,
                                                        .link = &self->link,
                                                        .subscriptions = &self->subscriptions,
                                                        .observer = &self->observer,
                                                        .on_for_all = &self->owner->auto_publish,
                                                        .owner = &owner,
                                                        .context = self});
    return self->publisher;
}

/* --- birth --------------------------------------------------------------------------------- */

static void make_id(struct osm_session *session)
{
    uint8_t bytes[OSM_SESSION_ID_LENGTH / 2];

    osm_random(bytes, sizeof(bytes));
    osm_hex_print(session->id, bytes, sizeof(bytes));
}

/* --- what operations ask for --------------------------------------------------------------- */

static bool may_connect(void *context)
{
    const struct osm_session *session = context;

    return session->state == OSM_SESSION_FAILED;
}

static bool may_retry(void *context)
{
    return osm_recovery_may_retry(context);
}

static void connect_for_operation(void *context)
{
    osm_session_recover(context, "an operation needs it");
}

static void on_late_answer(void *context)
{
    osm_recovery_repair(context);
}

static const struct osm_op_owner op_owner = {.may_connect = may_connect,
                                             .may_retry = may_retry,
                                             .connect = connect_for_operation,
                                             .late_answer = on_late_answer};

/* --- configuration ------------------------------------------------------------------------- */

static osm_msec timeout_of(const struct osm_config *config)
{
    double milliseconds = osm_config_timeout(config) * 1000.0;

    return milliseconds > 1e12 ? (osm_msec)1e12 : (osm_msec)milliseconds;
}

/* batchSize (ipc-protocol.md §6). */
static void size_batches(struct osm_operation_limits *limits, const struct osm_config *config)
{
    int64_t size = osm_config_int(config, OSM_CONFIG_batchSize, 0);

    limits->sized = osm_config_has(config, OSM_CONFIG_batchSize);
    limits->undiscovered = limits->sized && size == 0;
    limits->batch_size = size > 0 && size < UINT32_MAX ? (uint32_t)size : 0;
}

static struct osm_ua_params conn_params(const struct osm_session *session,
                                        const struct osm_config *config)
{
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
        .may_not_trust = session->maker.may_not_trust,
        .session_timeout = osm_config_session_timeout(config),
        .allowed_cert_dirs = session->owner->allowed_cert_dirs,
        .refuse_other_uri = session->owner->refuse_other_uri,
        .reverse = osm_config_bool(config, OSM_CONFIG_reverse, false),
    };
}

static struct osm_identity *identity_of(const struct osm_session *session,
                                        const struct osm_config *config)
{
    const struct osm_identity_texts texts = {
        .endpoint_url = session->endpoint_url,
        .policy = osm_config_text(config, OSM_CONFIG_securityPolicy),
        .mode = (char)osm_config_int(config, OSM_CONFIG_securityMode, 1),
        .user = osm_config_text(config, OSM_CONFIG_username),
        .user_cert = osm_config_text(config, OSM_CONFIG_userCertPath)};

    return osm_identity_join(session->link.env->identities, &texts);
}

struct osm_session *osm_session_new(struct osm_session_owner *owner, const char *endpoint_url,
                                    struct osm_config *config,
                                    const struct osm_session_maker *maker, struct osm_arena *arena,
                                    struct osm_fault *fault)
{
    struct osm_session *session = osm_alloc(sizeof(*session));
    struct osm_ua_params params;

    session->owner = owner;
    session->seat.session = session;
    session->endpoint_url = osm_shared_text(owner->env->shared, endpoint_url);
    session->maker = maker ? *maker : (struct osm_session_maker){0};
    session->state = OSM_SESSION_CONNECTING;
    session->observer = (struct osm_observer){owner->observer, session};
    osm_link_init(&session->link, owner->env, timeout_of(config), on_timer, session);
    session->link.session = session->id;
    session->link.server = session->endpoint_url;
    session->identity = identity_of(session, config);
    size_batches(&session->link.limits, config);
    session->ops = osm_op_queue_new(&session->link, osm_config_int(config, OSM_CONFIG_autoRetry, 0),
                                    &session->observer, &op_owner, session);
    osm_capabilities_init(&session->capabilities, &session->link, &capabilities_owner, session);
    osm_keep_alive_init(&session->keep_alive, &session->link);
    session->subscriptions.budget = &owner->publish_budget;
    osm_recovery_init(&session->recovery);
    make_id(session);
    params = conn_params(session, config);
    session->link.conn =
        owner->env->ua_ops->conn_new(owner->env->ua, &params, &conn_events, session, arena, fault);
    /* The connection has its copy of the password. */
    session->config = osm_configs_join(owner->env->configs, config);
    if (!session->link.conn) {
        osm_op_queue_free(session->ops);
        osm_link_deinit(&session->link);
        osm_identity_leave(session->identity);
        osm_configs_leave(session->config);
        osm_shared_drop(session->endpoint_url);
        free(session);
        return NULL;
    }
    session->state_reason = osm_shared_text(owner->env->shared, "opened");
    session->state_since = osm_session_wall(session);
    owner->moved(owner, session, OSM_SESSION_NOWHERE, session->state);
    osm_session_touch(session);
    return session;
}

static void connect_now(struct osm_session *session)
{
    osm_observe(&session->observer, connecting);
    session->link.env->ua_ops->conn_connect(session->link.conn);
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
        osm_link_drop(&session->link, &reason);
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
    struct osm_ua_channel channel;

    osm_link_speaks(&session->link);
    osm_log_debug("Session %s: %s", session->id,
                  new_session ? "Session created and activated" : "Session activated again");
    session->resumed = !new_session;
    session->link.env->ua_ops->conn_channel(session->link.conn, &channel);
    session->channel = channel.id;
    osm_observe(&session->observer, activated, &channel, new_session);
    osm_method_nodes_clear(&session->link.method_nodes);
    osm_points_connected(&session->link, !new_session);
    if (new_session)
        osm_recovery_new_session(session);
    osm_capabilities_start(&session->capabilities);
}

void osm_session_ready(struct osm_session *session)
{
    bool first = session->state == OSM_SESSION_CONNECTING;

    osm_session_set_state(session, OSM_SESSION_ACTIVE, first ? "connected" : "recovered");
    osm_log_info("Connected to %s", session->endpoint_url);
    osm_observe(&session->observer, connected);
    if (!first)
        osm_log_info("Reconnected session %s", session->id);
    osm_recovery_note_active(session);
    osm_keep_alive_start(&session->keep_alive);
    osm_ops_hold(session->ops); /* what was at work before the loss comes first */
    osm_ops_recovered(session->ops);
    tell_waiters(session, NULL);
    if (session->resumed)
        osm_publisher_resumed(session->publisher);
    osm_publisher_go(session->publisher);
    osm_ops_release(session->ops);
}

/* A shutdown may be waiting for this one. */
static void free_and_tell(struct osm_session *session)
{
    struct osm_session_owner *owner = session->owner;

    osm_session_free(session);
    owner->gone(owner);
}

static void first_connect_failed(struct osm_session *session, const struct osm_fault *fault)
{
    osm_log_error("Connection failed: %s", fault->message);
    osm_session_set_state(session, OSM_SESSION_CLOSING, fault->message); /* nobody finds it now */
    tell_waiters(session, fault);
    free_and_tell(session);
}

static void recovery_failed(struct osm_session *session, const struct osm_fault *fault)
{
    osm_session_set_state(session, OSM_SESSION_FAILED, fault->message);
    osm_recovery_note_failure(session);
    osm_log_error("Reconnect failed for session %s: %s", session->id, fault->message);
    osm_ops_hold(session->ops);
    osm_ops_recovery_failed(session->ops);
    tell_waiters(session, fault);
    osm_ops_release(session->ops); /* tries again for those that are left */
    osm_recovery_schedule(session);
}

static void on_failed(void *context, const struct osm_fault *fault)
{
    struct osm_session *session = context;

    osm_link_speaks(&session->link);
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
    osm_ops_note_loss(session->ops, fault);
    if (session->state != OSM_SESSION_FAILED)
        return; /* operations wait: recovery has begun */
    osm_ops_keep_loss(session->ops, fault);
    osm_recovery_schedule(session);
}

static void on_lost(void *context, const struct osm_fault *fault)
{
    struct osm_session *session = context;

    osm_link_speaks(&session->link);
    osm_keep_alive_lost(&session->keep_alive);
    session->channel = 0;
    osm_publisher_lost(session->publisher, fault);
    osm_recovery_stop(session);
    if (session->state == OSM_SESSION_ACTIVE) {
        active_lost(session, fault);
    } else if (session->reconnecting) {
        session->reconnecting = false;
        osm_ops_note_loss(session->ops, fault);
        connect_now(session);
    } else {
        on_failed(session, fault); /* while limits and namespaces were being read */
    }
}

static void on_closed(void *context)
{
    struct osm_session *session = context;

    osm_link_speaks(&session->link);
    osm_observe(&session->observer, disconnected);
    free_and_tell(context);
}

static void on_judged(void *context, const struct osm_ua_judgement *judgement)
{
    struct osm_session *session = context;

    osm_link_speaks(&session->link);
    osm_observe(&session->observer, judged, judgement);
}

static void on_renewed(void *context, const struct osm_ua_renewal *renewal)
{
    struct osm_session *session = context;

    osm_link_speaks(&session->link);
    osm_observe(&session->observer, renewed, renewal);
}

static const struct osm_ua_events conn_events = {.judged = on_judged,
                                                 .renewed = on_renewed,
                                                 .connected = on_connected,
                                                 .failed = on_failed,
                                                 .lost = on_lost,
                                                 .closed = on_closed};

/* --- the end ------------------------------------------------------------------------------- */

void osm_session_close(struct osm_session *session, osm_msec limit, void (*closed)(void *context),
                       void *context)
{
    osm_session_set_state(session, OSM_SESSION_CLOSING, "closed");
    session->reconnecting = false;
    session->closed = closed;
    session->closed_context = context;
    osm_capabilities_stop(&session->capabilities);
    osm_keep_alive_stop(&session->keep_alive);
    osm_recovery_stop(session);
    session->link.env->loop.ops->timer_stop(session->link.timer);
    tell_waiters(session, &not_connected); /* first: a waiter may live in an operation's memory */
    osm_ops_fail_all(session->ops, not_connected.type, not_connected.message);
    osm_publisher_stop(session->publisher);
    osm_log_info("Disconnecting");
    osm_observe(&session->observer, leaving, session->channel);
    session->channel = 0;
    session->link.env->ua_ops->conn_close(session->link.conn, limit);
}

void osm_session_free(struct osm_session *session)
{
    void (*closed)(void *context);
    void *closed_context;

    if (!session)
        return;
    closed = session->closed;
    closed_context = session->closed_context;
    tell_waiters(session, &not_connected);
    osm_ops_fail_all(session->ops, not_connected.type, not_connected.message);
    session->owner->moved(session->owner, session, session->state, OSM_SESSION_NOWHERE);
    osm_capabilities_stop(&session->capabilities);
    osm_keep_alive_stop(&session->keep_alive);
    osm_recovery_stop(session);
    osm_publisher_free(session->publisher);
    osm_link_deinit(&session->link);
    osm_points_end(&session->link);
    osm_subscriptions_clear(&session->subscriptions);
    osm_identity_leave(session->identity);
    osm_configs_leave(session->config);
    osm_observe(&session->observer, freed);
    osm_shared_drop(session->endpoint_url);
    free(session->ailment);
    osm_shared_drop(session->state_reason);
    osm_op_queue_free(session->ops);
    free(session);
    if (closed)
        closed(closed_context);
}
