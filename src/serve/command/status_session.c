/* SPDX-License-Identifier: MIT */
/* One session in the reply to `status`. */
#include "serve/command/status.h"

#include <utlist.h>

#include "core/link/op.h"
#include "core/subscription/publisher.h"
#include "port/status_code.h"

static void print_uint(struct osm_json *json, const char *key, uint64_t value)
{
    osm_json_key(json, key);
    osm_json_uint(json, value);
}

/* --- subscriptions ------------------------------------------------------------------------- */

static void print_item_error(struct osm_json *json, const struct osm_monitored_item *item,
                             const struct osm_status_now *now)
{
    struct osm_arena arena;

    osm_arena_init(&arena);
    osm_json_object_begin(json);
    osm_json_key(json, "id");
    if (item->unborn)
        osm_json_null(json);
    else
        osm_json_uint(json, item->id);
    osm_json_key(json, "nodeId");
    osm_json_cstring(json, osm_monitored_item_text(item, &arena));
    osm_json_key(json, "error");
    if (item->place == OSM_MONITORED_ITEM_REFUSED)
        osm_json_cstring(json, osm_status_code_name(item->refusal.status, &arena));
    else
        osm_json_cstring(json, "not made yet");
    osm_status_at(json, "nextRetry", now, item->refusal.retry_at);
    osm_json_object_end(json);
    osm_arena_deinit(&arena);
}

/* Those that are not on the server as they should be; the ones that are to be deleted are nobody's
 * desire. */
static void print_items(struct osm_json *json, const struct osm_subscription *subscription,
                        const struct osm_status_now *now)
{
    const struct osm_monitored_item *const lists[] = {subscription->refused_items,
                                                      subscription->missing};
    const struct osm_monitored_item *item;
    unsigned desired, doomed, absent = 0, shown = 0;

    DL_COUNT(subscription->doomed_items, item, doomed);
    desired = subscription->item_count - doomed;
    for (size_t i = 0; i < OSM_ARRAY_SIZE(lists); i++)
        DL_FOREACH (lists[i], item)
            absent += !item->server_id;
    osm_json_key(json, "items");
    osm_json_object_begin(json);
    print_uint(json, "desired", desired);
    print_uint(json, "actual", desired - absent);
    osm_json_key(json, "errors");
    osm_json_array_begin(json);
    for (size_t i = 0; i < OSM_ARRAY_SIZE(lists); i++)
        DL_FOREACH (lists[i], item)
            if (shown++ < OSM_STATUS_ERRORS)
                print_item_error(json, item, now);
    osm_json_array_end(json);
    osm_json_object_end(json);
}

void osm_status_subscription(struct osm_json *json, const struct osm_subscription *subscription,
                             const struct osm_status_now *now)
{
    struct osm_arena arena;

    osm_arena_init(&arena);
    osm_json_object_begin(json);
    osm_json_key(json, "id");
    if (subscription->unborn)
        osm_json_null(json);
    else
        osm_json_uint(json, subscription->id);
    print_uint(json, "serverId", subscription->server_id);
    osm_json_key(json, "publishingInterval");
    osm_json_double(json, subscription->revised_interval);
    osm_json_key(json, "error");
    if (subscription->refused)
        osm_json_cstring(json, osm_status_code_name(subscription->refusal.status, &arena));
    else
        osm_json_null(json);
    osm_status_at(json, "nextRetry", now, subscription->refusal.retry_at);
    print_items(json, subscription, now);
    osm_json_object_end(json);
    osm_arena_deinit(&arena);
}

static void print_subscriptions(struct osm_json *json, const struct osm_session *session,
                                const struct osm_status_now *now)
{
    const struct osm_subscription *subscription, *next;

    osm_json_key(json, "subscriptions");
    osm_json_array_begin(json);
    HASH_ITER (hh, osm_session_subscriptions(session)->by_id, subscription, next)
        if (!subscription->doomed)
            osm_status_subscription(json, subscription, now);
    osm_json_array_end(json);
}

/* --- publishing ---------------------------------------------------------------------------- */

static const struct {
    const char *name;
    size_t offset;
} publish_counters[] = {
#define ROW(member)                                                                                \
    {                                                                                              \
#member, offsetof(struct osm_publish_counters, member)                                     \
    }
    ROW(requests),   ROW(responses), ROW(keep_alives), ROW(messages),  ROW(values),  ROW(events),
    ROW(overflows),  ROW(gaps),      ROW(republished), ROW(lost),      ROW(errors),  ROW(kept),
    ROW(duplicates), ROW(parked),    ROW(unparked),    ROW(discarded), ROW(no_room),
#undef ROW
};

static void print_publishing(struct osm_json *json, const struct osm_session *session)
{
    const struct osm_publisher_status status = osm_publisher_status(osm_session_publisher(session));
    const char *counters = (const char *)&status.counters;

    osm_json_key(json, "publishing");
    osm_json_object_begin(json);
    osm_json_key(json, "automatic");
    osm_json_bool(json, status.automatic);
    osm_json_key(json, "state");
    osm_json_cstring(json, osm_publish_state_name(status.state));
    osm_status_time(json, "last", status.last);
    print_uint(json, "outstanding", status.outstanding);
    print_uint(json, "most_outstanding", status.most_outstanding);
    print_uint(json, "acks_waiting", status.acks_waiting);
    print_uint(json, "acks_dropped", status.acks_dropped);
    print_uint(json, "acks_withheld", status.acks_withheld);
    print_uint(json, "withheld_dropped", status.withheld_dropped);
    print_uint(json, "waiting_bytes", status.waiting_bytes);
    for (size_t i = 0; i < OSM_ARRAY_SIZE(publish_counters); i++)
        print_uint(json, publish_counters[i].name,
                   *(const uint64_t *)(const void *)(counters + publish_counters[i].offset));
    osm_json_object_end(json);
}

/* --- the session --------------------------------------------------------------------------- */

static void print_requests(struct osm_json *json, const struct osm_session *session)
{
    const struct osm_op_counts counts = osm_op_queue_counts(osm_session_ops(session));

    osm_json_key(json, "requests");
    osm_json_object_begin(json);
    print_uint(json, "running", counts.running);
    print_uint(json, "waiting", counts.waiting);
    print_uint(json, "stranded", counts.stranded);
    osm_json_object_end(json);
}

/* Connected is not the same as well. */
static const char *state_of(const struct osm_session *session)
{
    if (osm_session_state(session) == OSM_SESSION_ACTIVE && osm_session_is_degraded(session))
        return "degraded";
    return osm_session_state_name(osm_session_state(session));
}

/* When it does something about it by itself: connects again, or tries what was refused. */
static osm_msec next_retry(const struct osm_session *session)
{
    const struct osm_session_view view = osm_session_view(session);

    return osm_session_state(session) == OSM_SESSION_FAILED ? view.next_attempt : view.next_retry;
}

void osm_status_session(struct osm_json *json, const struct osm_session *session,
                        const struct osm_status_labels *labels, const struct osm_status_now *now)
{
    osm_json_object_begin(json);
    osm_json_key(json, "id");
    osm_json_cstring(json, osm_session_id(session));
    osm_json_key(json, "endpointUrl");
    osm_json_cstring(json, osm_session_endpoint_url(session));
    osm_json_key(json, "state");
    osm_json_cstring(json, state_of(session));
    osm_status_code_message(json, "reason", osm_session_view(session).reason);
    osm_status_time(json, "since", osm_session_view(session).since);
    osm_status_at(json, "nextRetry", now, next_retry(session));
    osm_status_labels_print(json, labels, session);
    osm_status_time(json, "lastUsed", osm_session_view(session).last_used);
    osm_status_time(json, "lastKeepAlive", osm_session_link(session)->heard_at);
    osm_json_key(json, "roundTrip");
    if (osm_session_link(session)->heard_at > 0)
        osm_json_uint(json, osm_session_link(session)->round_trip);
    else
        osm_json_null(json);
    print_requests(json, session);
    print_publishing(json, session);
    print_subscriptions(json, session, now);
    osm_json_object_end(json);
}
