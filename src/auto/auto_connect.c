/* SPDX-License-Identifier: MIT */
/* Entries: opening, looking after, removing; see auto_connect.h. */
#include "auto/auto_connect.h"

#include <string.h>

#include <utlist.h>

#include "auto/auto_internal.h"
#include "core/subscription/publisher.h"
#include "util/alloc.h"
#include "util/log.h"

#define GOODBYE_MS 5000 /* of a session nobody else uses */

const char *osm_auto_state_name(enum osm_auto_state state)
{
    static const char *const names[] = {
#define X(id, name) name,
        OSM_AUTO_STATES(X)
#undef X
    };

    return names[state];
}

const struct osm_auto_entry *osm_auto_connect_entries(const struct osm_auto_connect *all)
{
    return all ? all->entries : NULL;
}

static void set_state(struct osm_auto_entry *entry, enum osm_auto_state state, const char *reason)
{
    if (entry->state == state)
        return;
    osm_log_debug("Auto-connect \"%s\": %s -> %s (%s)", entry->label,
                  osm_auto_state_name(entry->state), osm_auto_state_name(state), reason);
    entry->state = state;
}

void osm_auto_look(struct osm_auto_entry *entry, osm_msec delay)
{
    entry->due = osm_auto_now(entry->owner) + delay;
    entry->owner->loop.ops->timer_start(entry->timer, delay);
}

/* --- slots --------------------------------------------------------------------------------- */

static struct osm_auto_entry **queue_of(struct osm_auto_entry *entry)
{
    return entry->failures ? &entry->owner->again : &entry->owner->fresh;
}

static void enqueue(struct osm_auto_entry *entry)
{
    if (!entry->queued)
        DL_APPEND2(*queue_of(entry), entry, queue_prev, queue_next);
    entry->queued = true;
}

static void dequeue(struct osm_auto_entry *entry)
{
    if (entry->queued)
        DL_DELETE2(*queue_of(entry), entry, queue_prev, queue_next);
    entry->queued = false;
}

/* Who waits for a slot gets it, if there is one. */
static void wake_next(struct osm_auto_connect *all)
{
    struct osm_auto_entry *next = all->fresh ? all->fresh : all->again;

    if (next && all->opening < OSM_AUTO_SLOTS)
        osm_auto_look(next, 0);
}

static void slot_free(struct osm_auto_connect *all)
{
    all->opening--;
    wake_next(all);
}

/* --- opening ------------------------------------------------------------------------------- */

static void start_open(struct osm_auto_entry *entry)
{
    struct osm_auto_call *call = osm_auto_call_new(entry);

    osm_json_object_begin(&call->json);
    osm_json_key(&call->json, "command");
    osm_json_cstring(&call->json, "open");
    osm_json_key(&call->json, "endpointUrl");
    osm_json_cstring(&call->json, entry->endpoint);
    osm_json_key(&call->json, "config");
    osm_json_raw(&call->json, entry->wanted->config, entry->wanted->config_length);
    osm_auto_call_send(call);
}

static void open_entry(struct osm_auto_entry *entry)
{
    struct osm_auto_connect *all = entry->owner;

    if (all->opening >= OSM_AUTO_SLOTS) {
        enqueue(entry);
        return;
    }
    dequeue(entry);
    all->opening++;
    set_state(entry, OSM_AUTO_OPENING, "its turn");
    start_open(entry);
}

static void opened(struct osm_auto_entry *entry, yyjson_val *data)
{
    const char *id = yyjson_get_str(osm_json_get(data, "sessionId"));
    struct osm_session *session = osm_registry_get(entry->owner->manager, id, strlen(id));

    set_state(entry, OSM_AUTO_BUILDING, "opened");
    entry->failures = 0;
    free(osm_steal(entry->failure));
    memcpy(entry->session_id, id, OSM_SESSION_ID_LENGTH);
    osm_log_info("Auto-connected \"%s\" (session: %s)", entry->label, entry->session_id);
    if (session)
        session->persistent = true; /* else it was lost at once, and the next look will see it */
    osm_auto_look(entry, 0);
}

/* Each new reason is logged once; an endless series of the same is no news. */
static void log_failure(struct osm_auto_entry *entry, const char *type, const char *message)
{
    if (entry->failure && strcmp(entry->failure, message) == 0)
        osm_log_debug("Auto-connect failed again for \"%s\": %s", entry->label, message);
    else if (strcmp(type, osm_fault_name(OSM_FAULT_MAX_SESSIONS_REACHED)) == 0)
        osm_log_info("Auto-connect failed for \"%s\"", entry->label);
    else
        osm_log_error("Auto-connect failed for \"%s\": %s", entry->label, message);
}

static void failed(struct osm_auto_entry *entry, const char *type, const char *message)
{
    osm_msec delay = osm_auto_delay(OSM_AUTO_OPEN_FIRST, OSM_AUTO_OPEN_MOST, entry->failures++);

    log_failure(entry, type, message);
    free(entry->failure);
    entry->failure = osm_strdup(message);
    osm_auto_look(entry, delay);
}

/* --- replies ------------------------------------------------------------------------------- */

/* What says nothing about the request, only about the session. */
static bool is_of_the_session(const char *type)
{
    return strcmp(type, osm_fault_name(OSM_FAULT_CONNECTION)) == 0 ||
           strcmp(type, osm_fault_name(OSM_FAULT_SESSION_NOT_FOUND)) == 0;
}

static void take_error(struct osm_auto_entry *entry, struct osm_auto_call *call, yyjson_val *error)
{
    const char *type = yyjson_get_str(osm_json_get(error, "type"));
    const char *message = yyjson_get_str(osm_json_get(error, "message"));

    if (!type || !message)
        type = message = "unreadable reply";
    if (entry->state == OSM_AUTO_OPENING)
        set_state(entry, OSM_AUTO_WAITING, message);
    if (!call->step || is_of_the_session(type)) {
        failed(entry, type, message);
    } else {
        call->step->bad(entry, call, message);
        osm_auto_look(entry, 0);
    }
}

static void take_reply(struct osm_auto_entry *entry)
{
    struct osm_auto_call *call = osm_steal(entry->call);
    yyjson_doc *doc = yyjson_read(call->request.out.data, call->request.out.length, 0);
    yyjson_val *root = yyjson_doc_get_root(doc);

    if (entry->state == OSM_AUTO_OPENING)
        slot_free(entry->owner);
    if (!yyjson_get_bool(osm_json_get(root, "success"))) {
        take_error(entry, call, osm_json_get(root, "error"));
    } else if (!call->step) {
        opened(entry, osm_json_get(root, "data"));
    } else {
        entry->failures = 0;
        free(osm_steal(entry->failure));
        call->step->good(entry, call, osm_json_get(root, "data"));
        osm_auto_look(entry, 0);
    }
    yyjson_doc_free(doc);
    osm_auto_call_drop(call);
}

/* --- looking after ------------------------------------------------------------------------- */

static struct osm_session *session_of(const struct osm_auto_entry *entry)
{
    return *entry->session_id
               ? osm_registry_get(entry->owner->manager, entry->session_id, OSM_SESSION_ID_LENGTH)
               : NULL;
}

/* A caller has closed it, or it could not be kept. */
static void session_gone(struct osm_auto_entry *entry)
{
    struct osm_auto_subscription *subscription;

    osm_log_info("Auto-connect \"%s\": session %s has been closed, it will be opened again",
                 entry->label, entry->session_id);
    *entry->session_id = '\0';
    DL_FOREACH (entry->subscriptions, subscription)
        osm_auto_subscription_lose(subscription);
    set_state(entry, OSM_AUTO_WAITING, "the session is gone");
    osm_auto_look(entry, osm_auto_delay(OSM_AUTO_AUDIT, OSM_AUTO_AUDIT, 0));
}

/* What callers have deleted is to be made again. */
static void audit(struct osm_auto_entry *entry, struct osm_session *session)
{
    struct osm_auto_subscription *mine;
    struct osm_auto_item *item;

    DL_FOREACH (entry->subscriptions, mine) {
        const struct osm_subscription *kept =
            mine->thing.id ? osm_subscription_find(&session->subscriptions, mine->thing.id) : NULL;

        if (mine->thing.id && !kept)
            osm_auto_subscription_lose(mine);
        DL_FOREACH (mine->items, item)
            if (kept && item->thing.id && !osm_monitored_item_find(kept, item->thing.id)) {
                item->thing.id = 0;
                if (item->thing.place != OSM_AUTO_DOOMED)
                    item->thing.place = OSM_AUTO_MISSING;
            }
    }
}

/* Sends the first request that is needed; false when everything is as it should be. */
static bool work(struct osm_auto_entry *entry, struct osm_session *session)
{
    struct osm_auto_call *call = osm_auto_call_new(entry);

    for (const struct osm_auto_step *step = osm_auto_steps; step->prepare; step++) {
        call->step = step;
        if (step->prepare(entry, session, call))
            return true;
    }
    call->done = true;
    osm_auto_call_drop(call);
    return false;
}

static void look_after(struct osm_auto_entry *entry)
{
    struct osm_session *session = session_of(entry);
    osm_msec now = osm_auto_now(entry->owner), next;

    if (!session) {
        session_gone(entry);
        return;
    }
    if (session->state != OSM_SESSION_ACTIVE) {
        osm_auto_look(entry, OSM_AUTO_AUDIT); /* it recovers by itself */
        return;
    }
    if (entry->state == OSM_AUTO_KEPT)
        audit(entry, session);
    osm_auto_sweep(entry);
    if (entry->subscriptions)
        osm_publisher_switch_on(session->publisher);
    if (work(entry, session)) {
        set_state(entry, OSM_AUTO_BUILDING, "something is to be done");
        return;
    }
    set_state(entry, OSM_AUTO_KEPT, "everything is there");
    next = osm_auto_next_retry(entry);
    osm_auto_look(entry, OSM_MIN(next > now ? next - now : 0, OSM_AUTO_AUDIT));
}

/* --- removing ------------------------------------------------------------------------------ */

static void entry_free(struct osm_auto_entry *entry)
{
    struct osm_auto_connect *all = entry->owner;

    dequeue(entry);
    if (entry->call && entry->state == OSM_AUTO_OPENING)
        all->opening--;
    osm_auto_call_drop(entry->call);
    wake_next(all);
    while (entry->subscriptions)
        osm_auto_subscription_free(entry, entry->subscriptions);
    DL_DELETE(all->entries, entry);
    all->loop.ops->timer_free(entry->timer);
    free(entry->failure);
    free(entry->label);
    free(entry->endpoint);
    free(entry);
}

static bool others_keep(const struct osm_auto_entry *entry)
{
    const struct osm_auto_entry *other;

    DL_FOREACH (entry->owner->entries, other)
        if (other != entry && !other->doomed && strcmp(other->session_id, entry->session_id) == 0)
            return true;
    return false;
}

static bool has_something(const struct osm_auto_entry *entry)
{
    const struct osm_auto_subscription *subscription;

    DL_FOREACH (entry->subscriptions, subscription)
        if (subscription->thing.id)
            return true;
    return false;
}

/* The session goes, unless somebody else uses it: then only what is ours in it. */
static void remove_entry(struct osm_auto_entry *entry)
{
    struct osm_session *session = session_of(entry);
    bool kept;

    set_state(entry, OSM_AUTO_REMOVING, "no longer wanted");
    if (!session) {
        entry_free(entry);
        return;
    }
    kept = others_keep(entry);
    if (!kept && !session->shared) {
        osm_log_info("Auto-connect \"%s\" is no longer wanted, session %s is closed", entry->label,
                     session->id);
        entry_free(entry);
        osm_session_close(session, GOODBYE_MS, NULL, NULL);
        return;
    }
    osm_auto_sweep(entry);
    if (!has_something(entry)) {
        session->persistent = kept;
        osm_log_info("Auto-connect \"%s\" is no longer wanted, session %s stays with its callers",
                     entry->label, session->id);
        entry_free(entry);
    } else if (session->state != OSM_SESSION_ACTIVE || !work(entry, session)) {
        osm_auto_look(entry, OSM_AUTO_AUDIT);
    }
}

/* --- the timer ----------------------------------------------------------------------------- */

static void on_timer(void *context)
{
    struct osm_auto_entry *entry = context;

    if (entry->owner->stopped)
        return;
    if (entry->call) {
        if (entry->call->done)
            take_reply(entry);
        return; /* the reply wakes it up */
    }
    if (entry->doomed)
        remove_entry(entry);
    else if (*entry->session_id)
        look_after(entry);
    else
        open_entry(entry);
}

struct osm_auto_entry *osm_auto_entry_new(struct osm_auto_connect *all, const char *label,
                                          const char *endpoint)
{
    struct osm_auto_entry *entry = osm_alloc(sizeof(*entry));

    entry->owner = all;
    entry->label = osm_strdup(label);
    entry->endpoint = osm_strdup(endpoint);
    entry->timer = osm_loop_timer(&all->loop, on_timer, entry);
    DL_APPEND(all->entries, entry);
    osm_auto_look(entry, 0);
    return entry;
}

struct osm_auto_connect *osm_auto_connect_new(struct osm_manager *manager, osm_auto_ask_fn *ask)
{
    struct osm_auto_connect *all = osm_alloc(sizeof(*all));

    all->manager = manager;
    all->loop = manager->env.loop;
    all->ask = ask;
    manager->auto_connect = all;
    return all;
}

void osm_auto_connect_stop(struct osm_auto_connect *all)
{
    all->stopped = true;
}

struct osm_auto_connect *osm_auto_connect_free(struct osm_auto_connect *all)
{
    struct osm_auto_entry *entry, *next;

    if (!all)
        return NULL;
    DL_FOREACH_SAFE (all->entries, entry, next)
        entry_free(entry);
    osm_desired_free(all->wanted);
    free(all);
    return NULL;
}
