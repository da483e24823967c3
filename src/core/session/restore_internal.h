/* SPDX-License-Identifier: MIT */
#ifndef OSM_CORE_SESSION_RESTORE_INTERNAL_H
#define OSM_CORE_SESSION_RESTORE_INTERNAL_H
/* What restore.c (subscriptions), restore_items.c (items) and restore_links.c share: nobody else
 * includes this. */
#include "core/session/session_internal.h"

/* What the request at work is about. */
void osm_restore_note_ids(struct osm_session *session, const uint32_t *ids, size_t size);
/* The subscription the step was about, or NULL when it has been deleted meanwhile. */
struct osm_subscription *osm_restore_at_work(const struct osm_session *session);
/* Something may be done in it: the server has it, and it is wanted. */
bool osm_restore_is_here(const struct osm_subscription *subscription);

extern const struct osm_recovery_step osm_restore_delete_items, osm_restore_resolve_paths,
    osm_restore_create_items, osm_restore_modify_items, osm_restore_links;

#endif
