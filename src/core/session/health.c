/* SPDX-License-Identifier: MIT */
/* Why a session is not well; see health.h. */
#include "core/session/health.h"

#include <string.h>

#include <utlist.h>

#include "core/session/session_internal.h"
#include "core/subscription/publisher.h"
#include "port/status_code.h"
#include "util/alloc.h"
#include "util/arena.h"
#include "util/log.h"

static const char *refused_subscription(const struct osm_subscription *subscription,
                                        struct osm_arena *arena)
{
    return osm_arena_printf(arena, "Subscription %u is refused: %s", subscription->id,
                            osm_status_code_name(subscription->refusal.status, arena));
}

static const char *refused_items(const struct osm_subscription *subscription,
                                 struct osm_arena *arena)
{
    const struct osm_monitored_item *first = subscription->refused_items, *item;
    unsigned count;

    DL_COUNT(first, item, count);
    return osm_arena_printf(arena, "%u monitored item%s of subscription %u %s refused, %s with %s",
                            count, count == 1 ? "" : "s", subscription->id,
                            count == 1 ? "is" : "are", osm_monitored_item_text(first, arena),
                            osm_status_code_name(first->refusal.status, arena));
}

/* What the server would not make. */
static const char *refusal(const struct osm_session *session, struct osm_arena *arena)
{
    const struct osm_subscription *subscription, *next;

    HASH_ITER (hh, session->subscriptions.by_id, subscription, next) {
        if (subscription->refused)
            return refused_subscription(subscription, arena);
        if (subscription->refused_items)
            return refused_items(subscription, arena);
    }
    return "Subscriptions are being put right";
}

const char *osm_session_ailment(const struct osm_session *session, struct osm_arena *arena)
{
    if (session->state != OSM_SESSION_ACTIVE)
        return NULL;
    if (osm_subscriptions_are_unmet(&session->subscriptions))
        return refusal(session, arena);
    return osm_publisher_ailment(session->publisher, arena);
}

bool osm_session_is_degraded(const struct osm_session *session)
{
    struct osm_arena arena;
    bool degraded;

    osm_arena_init(&arena);
    degraded = osm_session_ailment(session, &arena) != NULL;
    osm_arena_deinit(&arena);
    return degraded;
}

/* The same words again are no news. */
static void tell(struct osm_session *session, const char *ailment)
{
    if (ailment ? session->ailment && strcmp(session->ailment, ailment) == 0 : !session->ailment)
        return;
    if (ailment)
        osm_log_warning("Session %s is degraded: %s", session->id, ailment);
    else
        osm_log_info("Session %s is well again", session->id);
    free(session->ailment);
    session->ailment = ailment ? osm_strdup(ailment) : NULL;
    osm_observe(&session->observer, health_changed, ailment);
}

void osm_session_check_health(struct osm_session *session)
{
    struct osm_arena arena;

    if (session->state != OSM_SESSION_ACTIVE || session->recovery.step)
        return;
    osm_arena_init(&arena);
    tell(session, osm_session_ailment(session, &arena));
    osm_arena_deinit(&arena);
}
