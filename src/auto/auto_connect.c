/* SPDX-License-Identifier: MIT */
/* Entries: opening, looking after, removing; see auto_connect.h. */
#include "auto/auto_connect.h"

#include <string.h>

#include <utlist.h>

#include "auto/auto_internal.h"
#include "core/subscription/publisher.h"
#include "port/status_code.h"
#include "util/alloc.h"
#include "util/backoff.h"
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
    entry->due = osm_clock_now(entry->owner->loop.clock) + delay;
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

struct osm_session *osm_auto_entry_session(const struct osm_auto_entry *entry)
{
    return *entry->session_id
               ? osm_registry_get(entry->owner->manager, entry->session_id, OSM_SESSION_ID_LENGTH)
               : NULL;
}

static void opened(struct osm_auto_entry *entry, struct osm_session *session)
{
    set_state(entry, OSM_AUTO_KEPT, "opened");
    entry->failures = 0;
    free(osm_steal(entry->failure));
    memcpy(entry->session_id, osm_session_id(session), OSM_SESSION_ID_LENGTH);
    osm_log_info("Auto-connected \"%s\" (session: %s)", entry->label, entry->session_id);
    osm_session_set_persistent(session, true);
    osm_auto_look(entry, 0);
}

/* Each new reason is logged once; an endless series of the same is no news. */
static void log_failure(const struct osm_auto_entry *entry, const struct osm_fault *fault,
                        const char *spelled)
{
    if (entry->failure && strcmp(entry->failure, spelled) == 0)
        osm_log_debug("Auto-connect failed again for \"%s\": %s", entry->label, fault->message);
    else if (fault->type == OSM_FAULT_MAX_SESSIONS_REACHED)
        osm_log_info("Auto-connect failed for \"%s\"", entry->label);
    else
        osm_log_error("Auto-connect failed for \"%s\": %s", entry->label, fault->message);
}

static void failed(struct osm_auto_entry *entry, const struct osm_fault *fault)
{
    static const struct osm_backoff pauses = {OSM_AUTO_OPEN_FIRST, OSM_AUTO_OPEN_MOST};

    char *spelled = osm_status_code_spell(fault->message);

    set_state(entry, OSM_AUTO_WAITING, spelled);
    log_failure(entry, fault, spelled);
    free(entry->failure);
    entry->failure = spelled;
    entry->failures++;
    osm_auto_look(entry, osm_backoff_delay(&pauses, entry->failures, osm_backoff_random()));
}

/* May come from the middle of anything: what follows is left to the entry's timer. */
static void open_done(struct osm_session_open *opening, struct osm_session *session, bool reused,
                      const struct osm_fault *fault)
{
    struct osm_auto_open *open = osm_container_of(opening, struct osm_auto_open, open);
    struct osm_auto_entry *entry = open->entry;

    (void)reused;
    if (entry) {
        entry->open = NULL;
        slot_free(entry->owner);
        if (session)
            opened(entry, session);
        else
            failed(entry, fault);
        if (!entry->wanted)
            osm_auto_look(entry, 0);
    }
    osm_arena_deinit(&open->arena);
    free(open);
}

static void start_open(struct osm_auto_entry *entry)
{
    struct osm_auto_open *open = osm_alloc(sizeof(*open));

    osm_arena_init(&open->arena);
    open->entry = entry;
    open->open.manager = entry->owner->manager;
    open->open.arena = &open->arena;
    open->open.url =
        osm_arena_text(&open->arena, entry->wanted->endpoint, strlen(entry->wanted->endpoint));
    osm_config_copy(&open->open.config, &entry->wanted->config);
    open->open.done = open_done;
    entry->open = open;
    osm_session_open(&open->open);
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

/* --- looking after ------------------------------------------------------------------------- */

enum osm_auto_state osm_auto_entry_state(const struct osm_auto_entry *entry)
{
    const struct osm_session *session = osm_auto_entry_session(entry);

    if (entry->state == OSM_AUTO_KEPT && session &&
        (osm_session_state(session) != OSM_SESSION_ACTIVE || osm_session_view(session).restoring))
        return OSM_AUTO_BUILDING;
    if (entry->state == OSM_AUTO_KEPT && session && osm_session_is_degraded(session))
        return OSM_AUTO_DEGRADED;
    return entry->state;
}

/* A caller has closed it, or it could not be kept. */
static void session_gone(struct osm_auto_entry *entry)
{
    struct osm_auto_subscription *subscription;

    osm_log_info("Auto-connect \"%s\": session %s has been closed, it will be opened again",
                 entry->label, entry->session_id);
    *entry->session_id = '\0';
    DL_FOREACH (entry->subscriptions, subscription)
        if (subscription->kept)
            osm_subscription_disown(subscription->kept);
    set_state(entry, OSM_AUTO_WAITING, "the session is gone");
    osm_auto_look(entry, osm_backoff_shorten(OSM_AUTO_AUDIT, osm_backoff_random()));
}

static void note_room(struct osm_auto_entry *entry, bool fits)
{
    static const char full[] = "The session keeps no more subscriptions or monitored items";

    if (!fits && !entry->failure) {
        osm_log_error("Auto-connect \"%s\": %s: not everything is watched", entry->label, full);
        entry->failure = osm_strdup(full);
    } else if (fits) {
        free(osm_steal(entry->failure));
    }
}

static void look_after(struct osm_auto_entry *entry)
{
    struct osm_session *session = osm_auto_entry_session(entry);

    if (!session) {
        session_gone(entry);
        return;
    }
    note_room(entry, osm_auto_wish_all(entry, session));
    if (entry->subscriptions)
        osm_publisher_switch_on(osm_session_publisher(session));
    osm_auto_look(entry, OSM_AUTO_AUDIT);
}

/* --- removing ------------------------------------------------------------------------------ */

static void entry_free(struct osm_auto_entry *entry)
{
    struct osm_auto_connect *all = entry->owner;

    dequeue(entry);
    if (entry->open) {
        entry->open->entry = NULL;
        all->opening--;
    }
    wake_next(all);
    while (entry->subscriptions)
        osm_auto_subscription_free(entry, entry->subscriptions);
    osm_auto_status_leaves(entry);
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
        if (other != entry && other->wanted && strcmp(other->session_id, entry->session_id) == 0)
            return true;
    return false;
}

/* The session goes, unless somebody else uses it: then what was wished in it has been withdrawn. */
static void remove_entry(struct osm_auto_entry *entry)
{
    struct osm_session *session = osm_auto_entry_session(entry);
    bool kept = session && others_keep(entry);

    if (session && !kept && !osm_session_view(session).shared) {
        osm_log_info("Auto-connect \"%s\" is no longer wanted, session %s is closed", entry->label,
                     osm_session_id(session));
        entry_free(entry);
        osm_session_close(session, GOODBYE_MS, NULL, NULL);
        return;
    }
    if (session) {
        osm_session_set_persistent(session, kept);
        osm_log_info("Auto-connect \"%s\" is no longer wanted, session %s stays with its callers",
                     entry->label, osm_session_id(session));
        osm_recovery_repair(session);
    }
    entry_free(entry);
}

/* --- the timer ----------------------------------------------------------------------------- */

static void on_timer(void *context)
{
    struct osm_auto_entry *entry = context;

    if (entry->owner->stopped)
        return;
    if (!entry->wanted)
        set_state(entry, OSM_AUTO_REMOVING, "no longer wanted");
    if (entry->open)
        return; /* its end wakes the entry up */
    if (!entry->wanted)
        remove_entry(entry);
    else if (*entry->session_id)
        look_after(entry);
    else
        open_entry(entry);
}

/* --- all of them --------------------------------------------------------------------------- */

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

struct osm_auto_connect *osm_auto_connect_new(struct osm_manager *manager)
{
    struct osm_auto_connect *all = osm_alloc(sizeof(*all));

    all->manager = manager;
    all->loop = osm_manager_env(manager)->loop;
    osm_auto_status_lend(all);
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
    osm_auto_status_end(all);
    osm_desired_free(all->wanted);
    free(all);
    return NULL;
}
