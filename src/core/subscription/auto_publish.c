/* SPDX-License-Identifier: MIT */
/* The switch of automatic publishing; see auto_publish.h. */
#include "core/subscription/auto_publish.h"

#include <utlist.h>

#include "core/manager/registry.h"
#include "core/subscription/publish_engine.h"

void osm_manager_auto_publish_on(struct osm_manager *manager)
{
    struct osm_session *session;

    manager->auto_publish = true;
    DL_FOREACH (manager->stored, session)
        osm_publish_engine_go(session);
}

void osm_session_auto_publish_on(struct osm_session *session)
{
    session->auto_publish = true;
    osm_publish_engine_go(session);
}

bool osm_session_auto_publishes(const struct osm_session *session)
{
    return session->auto_publish || session->manager->auto_publish;
}
