/* SPDX-License-Identifier: MIT */
/* One session in the reply to `status`. */
#include "serve/command/status.h"

#include <utlist.h>

#include "core/link/op.h"
#include "core/subscription/publisher.h"
#include "port/status_code.h"

/* Of whom the members tell. */
struct told {
    const struct osm_session *session;
    struct osm_session_view view;
    const struct osm_status_labels *labels;
    const struct osm_status_now *now;
};

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

static void print_subscriptions(struct osm_json *json, const char *key, const struct told *told)
{
    const struct osm_subscription *subscription, *next;

    osm_json_key(json, key);
    osm_json_array_begin(json);
    HASH_ITER (hh, osm_session_subscriptions(told->session)->by_id, subscription, next)
        if (!subscription->doomed)
            osm_status_subscription(json, subscription, told->now);
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

static void print_publishing(struct osm_json *json, const char *key, const struct told *told)
{
    const struct osm_publisher_status status = osm_session_publishing(told->session);
    const char *counters = (const char *)&status.counters;

    osm_json_key(json, key);
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

static void print_id(struct osm_json *json, const char *key, const struct told *told)
{
    osm_json_key(json, key);
    osm_json_cstring(json, osm_session_id(told->session));
}

static void print_endpoint(struct osm_json *json, const char *key, const struct told *told)
{
    osm_json_key(json, key);
    osm_json_cstring(json, osm_session_endpoint_url(told->session));
}

/* Connected is not the same as well. */
static void print_state(struct osm_json *json, const char *key, const struct told *told)
{
    enum osm_session_state state = osm_session_state(told->session);

    osm_json_key(json, key);
    osm_json_cstring(json, state == OSM_SESSION_ACTIVE && told->view.degraded
                               ? "degraded"
                               : osm_session_state_name(state));
}

static void print_reason(struct osm_json *json, const char *key, const struct told *told)
{
    const char *ailment;
    struct osm_arena arena;

    osm_arena_init(&arena);
    ailment = osm_session_ailment(told->session, &arena);
    osm_status_code_message(json, key, ailment ? ailment : told->view.reason);
    osm_arena_deinit(&arena);
}

static void print_since(struct osm_json *json, const char *key, const struct told *told)
{
    osm_status_time(json, key, told->view.since);
}

/* When it does something about it by itself: connects again, or tries what was refused. */
static void print_next_retry(struct osm_json *json, const char *key, const struct told *told)
{
    bool failed = osm_session_state(told->session) == OSM_SESSION_FAILED;

    osm_status_at(json, key, told->now, failed ? told->view.next_attempt : told->view.next_retry);
}

static void print_labels(struct osm_json *json, const char *key, const struct told *told)
{
    osm_status_labels_print(json, key, told->labels, told->session);
}

static void print_last_used(struct osm_json *json, const char *key, const struct told *told)
{
    osm_status_time(json, key, told->view.last_used);
}

static void print_last_keep_alive(struct osm_json *json, const char *key, const struct told *told)
{
    osm_status_time(json, key, osm_session_link(told->session)->heard_at);
}

static void print_round_trip(struct osm_json *json, const char *key, const struct told *told)
{
    const struct osm_link *link = osm_session_link(told->session);

    osm_json_key(json, key);
    if (link->heard_at > 0)
        osm_json_uint(json, link->round_trip);
    else
        osm_json_null(json);
}

static void print_requests(struct osm_json *json, const char *key, const struct told *told)
{
    const struct osm_op_counts counts = osm_op_queue_counts(osm_session_ops(told->session));

    osm_json_key(json, key);
    osm_json_object_begin(json);
    print_uint(json, "running", counts.running);
    print_uint(json, "waiting", counts.waiting);
    print_uint(json, "stranded", counts.stranded);
    osm_json_object_end(json);
}

static const struct {
    const char *key, *meaning;
    void (*print)(struct osm_json *json, const char *key, const struct told *told);
} members[] = {
    {"id", "as `list` shows it", print_id},
    {"endpointUrl", "as `list` shows it", print_endpoint},
    {"state",
     "`connecting`, `active`, `degraded` (connected, but data does not flow: a subscription or an "
     "item is refused, the server refuses Publish, or has sent neither values nor keep-alives of a "
     "subscription for three keep-alive times), `recovering`, `failed` or `closing`",
     print_state},
    {"reason", "why it is in that state …", print_reason},
    {"since", "… and since when", print_since},
    {"nextRetry", "when the daemon connects again or asks again for what was refused, by itself",
     print_next_retry},
    {"autoConnect", "labels of the connections of the configuration file that keep it",
     print_labels},
    {"lastUsed", "as `list` shows it", print_last_used},
    {"lastKeepAlive",
     "when the server last answered a Read of the daemon's own (after connecting, then when "
     "nothing else was heard for a while)",
     print_last_keep_alive},
    {"roundTrip", "the milliseconds that took", print_round_trip},
    {"requests", "`running` at the server, `waiting` for others, `stranded` by a loss",
     print_requests},
    {"publishing",
     "whether it is `automatic`, `state`, `last` good answer, requests `outstanding`, and what has "
     "been received, found missing (`gaps`), got back (`republished`) and not got back (`lost`); "
     "`most_outstanding` requests the server allows (0: not known), acknowledgements waiting "
     "(`acks_waiting`), withheld until events are safe (`acks_withheld`) or given up "
     "(`acks_dropped`, `withheld_dropped`); `waiting_bytes` of responses that wait for their "
     "subscription, missing ones or a caller, in all sessions together, and how often some of this "
     "session had to go for want of `no_room`",
     print_publishing},
    {"subscriptions",
     "`id` as callers know it, `serverId`, `publishingInterval`, `error`, `nextRetry`, `items`: "
     "how "
     "many are `desired` and `actual` on the server, and up to 100 `errors` of those that are not",
     print_subscriptions},
};

void osm_status_session(struct osm_json *json, const struct osm_session *session,
                        const struct osm_status_labels *labels, const struct osm_status_now *now)
{
    const struct told told = {session, osm_session_view(session), labels, now};

    osm_json_object_begin(json);
    for (size_t i = 0; i < OSM_ARRAY_SIZE(members); i++)
        members[i].print(json, members[i].key, &told);
    osm_json_object_end(json);
}

void osm_status_each_of_session(void (*visit)(void *context, const char *key, const char *meaning),
                                void *context)
{
    for (size_t i = 0; i < OSM_ARRAY_SIZE(members); i++)
        visit(context, members[i].key, members[i].meaning);
}
