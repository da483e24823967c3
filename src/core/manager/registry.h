/* SPDX-License-Identifier: MIT */
#ifndef OSM_CORE_MANAGER_REGISTRY_H
#define OSM_CORE_MANAGER_REGISTRY_H
/*
 * The sessions and how they are found, for those who work on sessions: the commands, the methods,
 * auto-connect.
 *
 * A session is in exactly one of three lists, by its state: opening (CONNECTING: no caller knows
 * its id yet), stored (ACTIVE, FAILED, RECOVERING: in the order they became so, and in the hash),
 * closing.
 */
#include "core/manager/manager.h"
#include "core/session/session.h"

/* By session state (session.h). */
struct osm_registry_counts {
    unsigned now[OSM_SESSION_STATE_COUNT_];
    uint64_t entered[OSM_SESSION_STATE_COUNT_]; /* since the start */
};

enum osm_registry_list { OSM_REGISTRY_STORED, OSM_REGISTRY_OPENING, OSM_REGISTRY_CLOSING };

/* The stored session of that id, or NULL. */
struct osm_session *osm_registry_get(struct osm_manager *manager, const char *id, size_t length);
/* A new one, opening (osm_session_new). */
struct osm_session *osm_registry_add(struct osm_manager *manager, const char *endpoint_url,
                                     struct osm_config *config,
                                     const struct osm_session_maker *maker, struct osm_arena *arena,
                                     struct osm_fault *fault);
/* All of a list, in order; none of them may leave it meanwhile. NULL = no (more) sessions. */
struct osm_session *osm_registry_first(const struct osm_manager *manager,
                                       enum osm_registry_list list);
struct osm_session *osm_registry_next(struct osm_session *session);
#define OSM_REGISTRY_EACH(manager_, list_, session_)                                               \
    for ((session_) = osm_registry_first(manager_, list_); (session_);                             \
         (session_) = osm_registry_next(session_))
/* A walk over a list in several turns: sessions may come and go between two of them. */
struct osm_registry_cursor {
    struct osm_manager *manager;
    struct osm_session_seat *at; /* the next one */
    struct osm_registry_cursor *prev, *next;
};
void osm_registry_cursor_begin(struct osm_registry_cursor *cursor, struct osm_manager *manager,
                               enum osm_registry_list list);
/* NULL = no more, for now. */
struct osm_session *osm_registry_cursor_next(struct osm_registry_cursor *cursor);
/* While there is a manager. */
void osm_registry_cursor_end(struct osm_registry_cursor *cursor);
/* The first session, stored or opening, of the same identity (ipc-protocol.md §7), or NULL. */
struct osm_session *osm_registry_find(struct osm_manager *manager, const char *endpoint_url,
                                      const struct osm_config *config);
unsigned osm_registry_count(const struct osm_manager *manager);
/* How many sessions, those that are opening or closing too, have that maker. */
size_t osm_registry_made_by(const struct osm_manager *manager, uint64_t maker);
/* No room for another session (ipc-protocol.md §5.3 step 3). */
bool osm_registry_is_full(const struct osm_manager *manager);

/* Work off the loop begins that needs the manager when it comes back … */
void osm_registry_work_begin(struct osm_manager *manager);
/* … and is back. False when the manager has been freed meanwhile: nothing of it may be used. */
OSM_MUST_CHECK bool osm_registry_work_end(struct osm_manager *manager);
/* How much of it has begun and not come back. */
uint64_t osm_registry_works(const struct osm_manager *manager);

/* Another session at the same server that has the subscription (callers' id), or NULL. */
struct osm_session *osm_registry_holder(const struct osm_session *session, uint32_t subscription);

/* Who keeps the session. */
struct osm_manager *osm_registry_manager(const struct osm_session *session);
/* What sessions that are no more have counted. */
const struct osm_publish_counters *osm_registry_published(const struct osm_manager *manager);
const struct osm_registry_counts *osm_registry_counts(const struct osm_manager *manager);

#endif
