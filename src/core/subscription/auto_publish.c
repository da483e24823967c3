/* SPDX-License-Identifier: MIT */
/* The switch of automatic publishing; see auto_publish.h. */
#include "core/subscription/auto_publish.h"

#include "core/subscription/publish_engine.h"

void osm_session_auto_publish_on(struct osm_session *session)
{
    session->auto_publish = true;
    osm_publish_engine_go(session);
}

bool osm_session_auto_publishes(const struct osm_session *session)
{
    return session->auto_publish || session->owner->auto_publish;
}
