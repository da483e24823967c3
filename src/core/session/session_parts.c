/* SPDX-License-Identifier: MIT */
/* What others may take of a session, and may know of it; see session.h. */
#include "core/link/op.h"
#include "core/session/session_internal.h"

const char *osm_session_id(const struct osm_session *session)
{
    return session->id;
}

uint64_t osm_session_maker(const struct osm_session *session)
{
    return session->maker.id;
}

const char *osm_session_endpoint_url(const struct osm_session *session)
{
    return session->endpoint_url;
}

const struct osm_config *osm_session_config(const struct osm_session *session)
{
    return &session->config->config;
}

enum osm_session_state osm_session_state(const struct osm_session *session)
{
    return session->state;
}

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

struct osm_session_view osm_session_view(const struct osm_session *session)
{
    return (struct osm_session_view){
        .reason = session->state_reason,
        .since = session->state_since,
        .last_used = session->last_used_wall,
        .used_at = session->last_used,
        .persistent = session->persistent,
        .shared = session->shared,
        .degraded = osm_session_is_degraded(session),
        .restoring = session->recovery.step != NULL,
        .failures = session->recovery.failures,
        .losses = session->losses,
        .reconnects = session->reconnects,
        .next_attempt = session->recovery.attempt_at,
        .next_retry = session->recovery.retry_at,
    };
}

/* --- its parts: who may look at the session may use them ----------------------------------- */

struct osm_link *osm_session_link(const struct osm_session *session)
{
    return &session->seat.session->link;
}

struct osm_session *osm_session_of(struct osm_link *link)
{
    return osm_container_of(link, struct osm_session, link);
}

struct osm_op_queue *osm_session_ops(const struct osm_session *session)
{
    return session->ops;
}

struct osm_subscriptions *osm_session_subscriptions(const struct osm_session *session)
{
    return &session->seat.session->subscriptions;
}

bool osm_session_is_publishing(const struct osm_session *session)
{
    return osm_publisher_is_publishing(session->publisher);
}

void osm_session_release_acks(struct osm_session *session, uint64_t until)
{
    if (session->publisher)
        osm_publisher_release_acks(session->publisher, until);
}

/* What one says that has had nothing to do. */
static struct osm_publisher_status nothing_published(const struct osm_session *session)
{
    const struct osm_publish_budget *budget = session->subscriptions.budget;
    bool gone = session->state == OSM_SESSION_FAILED || session->state == OSM_SESSION_RECOVERING;

    return (struct osm_publisher_status){.automatic = session->owner->auto_publish,
                                         .state = gone && session->link.state != OSM_LINK_UP
                                                      ? OSM_PUBLISH_OFFLINE
                                                      : OSM_PUBLISH_IDLE,
                                         .waiting_bytes = budget ? budget->bytes : 0};
}

struct osm_publisher_status osm_session_publishing(const struct osm_session *session)
{
    return session->publisher ? osm_publisher_status(session->publisher)
                              : nothing_published(session);
}

struct osm_identity *osm_session_identity(const struct osm_session *session)
{
    return session->identity;
}

struct osm_cache_scope osm_session_cache_scope(const struct osm_session *session)
{
    return (struct osm_cache_scope){session->identity, session->link.numbering->digest};
}

struct osm_wire_context osm_session_wire_context(const struct osm_session *session)
{
    return osm_link_wire_context(&session->link);
}

struct osm_session_owner *osm_session_owner(const struct osm_session *session)
{
    return session->owner;
}

struct osm_session_seat *osm_session_seat(struct osm_session *session)
{
    return &session->seat;
}

struct osm_bus *osm_session_bus(const struct osm_session *session)
{
    return session->owner->bus;
}

struct osm_event_origin *osm_session_origin(const struct osm_session *session)
{
    return session->origin;
}

void osm_session_set_origin(struct osm_session *session, struct osm_event_origin *origin)
{
    session->origin = origin;
}

/* --- time ---------------------------------------------------------------------------------- */

osm_msec osm_session_now(const struct osm_session *session)
{
    return osm_link_now(&session->link);
}

double osm_session_wall(const struct osm_session *session)
{
    return osm_link_wall(&session->link);
}

osm_msec osm_session_timeout(const struct osm_session *session)
{
    return session->link.timeout;
}

void osm_session_arm(struct osm_session *session, osm_msec due)
{
    osm_link_arm(&session->link, due);
}

/* --- who uses it --------------------------------------------------------------------------- */

double osm_session_touched(const struct osm_session *session)
{
    return session->last_used_wall;
}

void osm_session_touch(struct osm_session *session)
{
    session->last_used = osm_session_now(session);
    session->last_used_wall = osm_session_wall(session);
}

bool osm_session_has_expired(const struct osm_session *session, osm_msec limit)
{
    return !session->persistent && osm_session_now(session) - session->last_used > limit;
}

bool osm_session_is_idle(const struct osm_session *session)
{
    return osm_op_queue_is_empty(session->ops) && !session->waiters;
}

void osm_session_share(struct osm_session *session)
{
    session->shared = true;
}

void osm_session_set_persistent(struct osm_session *session, bool persistent)
{
    session->persistent = persistent;
}

bool osm_session_fits(const struct osm_session *session, const char *endpoint_url,
                      const struct osm_kept_config *config)
{
    return session->config == config && strcmp(session->endpoint_url, endpoint_url) == 0;
}
