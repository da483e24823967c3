/* SPDX-License-Identifier: MIT */
/*
 * The sessions and how they are found; see registry.h. moved() is the one function that changes
 * what list a session is in, and the counts with it: a list is what states it holds.
 */
#include "core/manager/manager_internal.h"

#include <string.h>

#include <utlist.h>

#include "core/session/configs.h"
#include "core/subscription/publisher.h"

/* Ids are random digits of our own, so those they begin with are as good as a digest of all. */
static unsigned hash_of(const char *id)
{
    uint64_t first;

    memcpy(&first, id, sizeof(first));
    return (unsigned)(first * UINT64_C(0x9E3779B97F4A7C15) >> 32);
}

/* --- lists --------------------------------------------------------------------------------- */

static void leave(struct osm_manager *manager, struct osm_session_seat *seat,
                  enum osm_session_state state)
{
    struct osm_registry_cursor *cursor;

    DL_FOREACH (manager->cursors, cursor)
        if (cursor->at == seat)
            cursor->at = seat->next;
    manager->counts.now[state]--;
    switch (state) {
    case OSM_SESSION_CONNECTING:
        DL_DELETE(manager->opening, seat);
        break;
    case OSM_SESSION_CLOSING:
        DL_DELETE(manager->closing, seat);
        break;
    default:
        HASH_DEL(manager->by_id, seat);
        DL_DELETE(manager->stored, seat);
    }
}

static void enter(struct osm_manager *manager, struct osm_session_seat *seat,
                  enum osm_session_state state)
{
    manager->counts.now[state]++;
    switch (state) {
    case OSM_SESSION_CONNECTING:
        DL_APPEND(manager->opening, seat);
        break;
    case OSM_SESSION_CLOSING:
        seat->closes = manager->counts.entered[state];
        DL_APPEND(manager->closing, seat);
        break;
    default:
        DL_APPEND(manager->stored, seat);
        HASH_ADD_KEYPTR_BYHASHVALUE(hh, manager->by_id, osm_session_id(seat->session),
                                    OSM_SESSION_ID_LENGTH, hash_of(osm_session_id(seat->session)),
                                    seat);
    }
}

/* ACTIVE, FAILED and RECOVERING: the places between which nothing moves. */
static bool is_stored(enum osm_session_state state)
{
    return state == OSM_SESSION_ACTIVE || state == OSM_SESSION_FAILED ||
           state == OSM_SESSION_RECOVERING;
}

/* What a session has counted outlives it. */
static void keep_counters(struct osm_manager *manager, const struct osm_session *session)
{
    const struct osm_publisher_status status = osm_session_publishing(session);

    osm_publish_counters_add(&manager->published, &status.counters);
}

static void moved(struct osm_session_owner *owner, struct osm_session *session,
                  enum osm_session_state from, enum osm_session_state to)
{
    struct osm_manager *manager = osm_container_of(owner, struct osm_manager, owner);

    if (to != OSM_SESSION_NOWHERE)
        manager->counts.entered[to]++;
    else
        keep_counters(manager, session);
    if (is_stored(from) && is_stored(to)) {
        manager->counts.now[from]--;
        manager->counts.now[to]++;
        return;
    }
    if (from != OSM_SESSION_NOWHERE)
        leave(manager, osm_session_seat(session), from);
    if (to != OSM_SESSION_NOWHERE)
        enter(manager, osm_session_seat(session), to);
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

static struct osm_session *session_of(const struct osm_session_seat *seat)
{
    return seat ? seat->session : NULL;
}

struct osm_session *osm_registry_get(struct osm_manager *manager, const char *id, size_t length)
{
    struct osm_session_seat *seat = NULL;

    if (length == OSM_SESSION_ID_LENGTH)
        HASH_FIND_BYHASHVALUE(hh, manager->by_id, id, OSM_SESSION_ID_LENGTH, hash_of(id), seat);
    return session_of(seat);
}

struct osm_session *osm_registry_first(const struct osm_manager *manager,
                                       enum osm_registry_list list)
{
    const struct osm_session_seat *const heads[] = {[OSM_REGISTRY_STORED] = manager->stored,
                                                    [OSM_REGISTRY_OPENING] = manager->opening,
                                                    [OSM_REGISTRY_CLOSING] = manager->closing};

    return session_of(heads[list]);
}

struct osm_session *osm_registry_next(struct osm_session *session)
{
    return session_of(osm_session_seat(session)->next);
}

void osm_registry_cursor_begin(struct osm_registry_cursor *cursor, struct osm_manager *manager,
                               enum osm_registry_list list)
{
    struct osm_session *first = osm_registry_first(manager, list);

    *cursor = (struct osm_registry_cursor){.manager = manager,
                                           .at = first ? osm_session_seat(first) : NULL};
    DL_APPEND(manager->cursors, cursor);
}

struct osm_session *osm_registry_cursor_next(struct osm_registry_cursor *cursor)
{
    struct osm_session_seat *seat = cursor->at;

    if (seat)
        cursor->at = seat->next;
    return session_of(seat);
}

void osm_registry_cursor_end(struct osm_registry_cursor *cursor)
{
    DL_DELETE(cursor->manager->cursors, cursor);
}

static struct osm_session *find_in(const struct osm_manager *manager, enum osm_registry_list list,
                                   const char *endpoint_url, const struct osm_kept_config *config)
{
    struct osm_session *session;

    OSM_REGISTRY_EACH(manager, list, session)
    if (osm_session_fits(session, endpoint_url, config))
        return session;
    return NULL;
}

struct osm_session *osm_registry_find(struct osm_manager *manager, const char *endpoint_url,
                                      const struct osm_config *config)
{
    const struct osm_kept_config *kept = osm_configs_find(manager->env.configs, config);
    struct osm_session *session;

    if (!kept)
        return NULL;
    session = find_in(manager, OSM_REGISTRY_STORED, endpoint_url, kept);
    return session ? session : find_in(manager, OSM_REGISTRY_OPENING, endpoint_url, kept);
}

struct osm_session *osm_registry_holder(const struct osm_session *session, uint32_t subscription)
{
    const char *endpoint_url = osm_session_endpoint_url(session);
    struct osm_session *other;

    OSM_REGISTRY_EACH(osm_registry_manager(session), OSM_REGISTRY_STORED, other)
    if (other != session && strcmp(osm_session_endpoint_url(other), endpoint_url) == 0 &&
        osm_subscription_find(osm_session_subscriptions(other), subscription))
        return other;
    return NULL;
}

struct osm_manager *osm_registry_manager(const struct osm_session *session)
{
    return osm_container_of(osm_session_owner(session), struct osm_manager, owner);
}

struct osm_session *osm_registry_add(struct osm_manager *manager, const char *endpoint_url,
                                     struct osm_config *config,
                                     const struct osm_session_maker *maker, struct osm_arena *arena,
                                     struct osm_fault *fault)
{
    struct osm_session *session =
        osm_session_new(&manager->owner, endpoint_url, config, maker, arena, fault);
    const struct osm_admin_source *admin = &manager->admin;

    if (session && admin->pause)
        osm_op_queue_pause(osm_session_ops(session),
                           admin->pause(admin->context, osm_session_endpoint_url(session)));
    return session;
}

const struct osm_registry_counts *osm_registry_counts(const struct osm_manager *manager)
{
    return &manager->counts;
}

const struct osm_publish_counters *osm_registry_published(const struct osm_manager *manager)
{
    return &manager->published;
}

unsigned osm_registry_count(const struct osm_manager *manager)
{
    return HASH_COUNT(manager->by_id);
}

size_t osm_registry_made_by(const struct osm_manager *manager, uint64_t maker)
{
    static const enum osm_registry_list lists[] = {OSM_REGISTRY_OPENING, OSM_REGISTRY_STORED,
                                                   OSM_REGISTRY_CLOSING};
    struct osm_session *session;
    size_t count = 0;

    for (size_t i = 0; i < OSM_ARRAY_SIZE(lists); i++)
        OSM_REGISTRY_EACH(manager, lists[i], session)
    count += osm_session_maker(session) == maker;
    return count;
}

bool osm_registry_is_full(const struct osm_manager *manager)
{
    int64_t limit = manager->config.max_sessions;

    return limit > 0 &&
           (int64_t)osm_registry_count(manager) + manager->counts.now[OSM_SESSION_CONNECTING] >=
               limit;
}

/* --- all of them --------------------------------------------------------------------------- */

void osm_registry_release_acks(struct osm_manager *manager, uint64_t safe)
{
    struct osm_session *session;

    OSM_REGISTRY_EACH(manager, OSM_REGISTRY_STORED, session)
    osm_session_release_acks(session, safe);
}

void osm_manager_auto_publish_on(struct osm_manager *manager)
{
    struct osm_session *session;

    manager->owner.auto_publish = true;
    OSM_REGISTRY_EACH(manager, OSM_REGISTRY_STORED, session)
    osm_publisher_go(osm_session_publisher(session));
}
