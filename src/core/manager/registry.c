/* SPDX-License-Identifier: MIT */
/*
 * The sessions and how they are found; see registry.h. moved() is the one function that changes
 * what list a session is in, and the counts with it: a list is what states it holds.
 */
#include "core/manager/registry.h"

#include <utlist.h>

#include "core/subscription/publisher.h"

/* --- lists --------------------------------------------------------------------------------- */

static void leave(struct osm_manager *manager, struct osm_session *session,
                  enum osm_session_state state)
{
    manager->state_count[state]--;
    switch (state) {
    case OSM_SESSION_CONNECTING:
        DL_DELETE(manager->opening, session);
        break;
    case OSM_SESSION_CLOSING:
        DL_DELETE(manager->closing, session);
        break;
    default:
        HASH_DEL(manager->by_id, session);
        DL_DELETE(manager->stored, session);
    }
}

static void enter(struct osm_manager *manager, struct osm_session *session,
                  enum osm_session_state state)
{
    manager->state_count[state]++;
    switch (state) {
    case OSM_SESSION_CONNECTING:
        DL_APPEND(manager->opening, session);
        break;
    case OSM_SESSION_CLOSING:
        DL_APPEND(manager->closing, session);
        break;
    default:
        DL_APPEND(manager->stored, session);
        HASH_ADD(hh, manager->by_id, id, OSM_SESSION_ID_LENGTH, session);
    }
}

/* ACTIVE, FAILED and RECOVERING: the places between which nothing moves. */
static bool is_stored(enum osm_session_state state)
{
    return state == OSM_SESSION_ACTIVE || state == OSM_SESSION_FAILED ||
           state == OSM_SESSION_RECOVERING;
}

static void moved(struct osm_session_owner *owner, struct osm_session *session,
                  enum osm_session_state from, enum osm_session_state to)
{
    struct osm_manager *manager = osm_container_of(owner, struct osm_manager, owner);

    if (to != OSM_SESSION_NOWHERE)
        manager->state_entered[to]++;
    if (is_stored(from) && is_stored(to)) {
        manager->state_count[from]--;
        manager->state_count[to]++;
        return;
    }
    if (from != OSM_SESSION_NOWHERE)
        leave(manager, session, from);
    if (to != OSM_SESSION_NOWHERE)
        enter(manager, session, to);
}

void osm_registry_init(struct osm_manager *manager)
{
    manager->owner.env = &manager->env;
    manager->owner.bus = manager->bus;
    manager->owner.allowed_cert_dirs = manager->config.allowed_cert_dirs;
    manager->owner.refuse_other_uri = manager->config.refuse_other_uri;
    manager->owner.auto_publish = manager->config.auto_publish;
    manager->owner.moved = moved;
}

/* --- finding ------------------------------------------------------------------------------- */

struct osm_session *osm_registry_get(struct osm_manager *manager, const char *id, size_t length)
{
    struct osm_session *session = NULL;

    if (length == OSM_SESSION_ID_LENGTH)
        HASH_FIND(hh, manager->by_id, id, OSM_SESSION_ID_LENGTH, session);
    return session;
}

static struct osm_session *find_in(struct osm_session *list, const char *endpoint_url,
                                   const struct osm_config *config)
{
    struct osm_session *session;

    DL_FOREACH (list, session)
        if (strcmp(session->endpoint_url, endpoint_url) == 0 &&
            osm_config_equal(&session->config, config) &&
            osm_config_digest_matches(config, &session->secrets))
            return session;
    return NULL;
}

struct osm_session *osm_registry_find(struct osm_manager *manager, const char *endpoint_url,
                                      const struct osm_config *config)
{
    struct osm_session *session = find_in(manager->stored, endpoint_url, config);

    return session ? session : find_in(manager->opening, endpoint_url, config);
}

struct osm_session *osm_registry_holder(const struct osm_session *session, uint32_t subscription)
{
    struct osm_session *other;

    DL_FOREACH (osm_registry_manager(session)->stored, other)
        if (other != session && strcmp(other->endpoint_url, session->endpoint_url) == 0 &&
            osm_subscription_find(&other->subscriptions, subscription))
            return other;
    return NULL;
}

unsigned osm_registry_count(const struct osm_manager *manager)
{
    return HASH_COUNT(manager->by_id);
}

bool osm_registry_is_full(const struct osm_manager *manager)
{
    int64_t limit = manager->config.max_sessions;

    return limit > 0 &&
           (int64_t)osm_registry_count(manager) + manager->state_count[OSM_SESSION_CONNECTING] >=
               limit;
}

/* --- all of them --------------------------------------------------------------------------- */

void osm_registry_release_acks(struct osm_manager *manager, uint64_t safe)
{
    struct osm_session *session;

    DL_FOREACH (manager->stored, session)
        osm_publisher_release_acks(session->publisher, safe);
}

void osm_manager_auto_publish_on(struct osm_manager *manager)
{
    struct osm_session *session;

    manager->owner.auto_publish = true;
    DL_FOREACH (manager->stored, session)
        osm_publisher_go(session->publisher);
}
