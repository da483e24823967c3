/* SPDX-License-Identifier: MIT */
/* The monitored items of a subscription as they are meant to be; see subscription.h. */
#include <string.h>

#include <open62541/types_generated_handling.h>
#include <utlist.h>

#include "core/subscription/alarm.h"
#include "core/subscription/event_filter.h"
#include "core/subscription/wish.h"
#include "util/alloc.h"
#include "wire/text/node_id.h"

/* Handles of our own choice: far from what callers ask for. */
#define OSM_FIRST_SPARE_HANDLE UINT32_C(0x80000000)
#define OSM_FIRST_SPARE_ITEM_ID UINT32_C(0x40000000)

bool osm_monitored_items_have_room(const struct osm_subscriptions *all, size_t more)
{
    return more <= OSM_MONITORED_ITEMS_TRACKED &&
           all->item_count + more <= OSM_MONITORED_ITEMS_TRACKED;
}

/* --- finding ------------------------------------------------------------------------------- */

struct osm_monitored_item *osm_monitored_item_find(const struct osm_subscription *subscription,
                                                   uint32_t id)
{
    struct osm_monitored_item *item = NULL;

    if (subscription)
        HASH_FIND(hh, subscription->items, &id, sizeof(id), item);
    return item;
}

struct osm_monitored_item *
osm_monitored_item_find_handle(const struct osm_subscription *subscription, uint32_t handle)
{
    struct osm_monitored_item *item = NULL;

    if (subscription)
        HASH_FIND(hh_handle, subscription->by_handle, &handle, sizeof(handle), item);
    return item;
}

uint32_t osm_monitored_item_server_id(const struct osm_subscription *subscription, uint32_t id)
{
    const struct osm_monitored_item *item = osm_monitored_item_find(subscription, id);

    if (item)
        return item->server_id;
    return subscription && subscription->made_at ? 0 : id; /* ids of before mean nothing now */
}

uint32_t osm_monitored_item_client_handle(const struct osm_subscription *subscription,
                                          uint32_t handle)
{
    const struct osm_monitored_item *item = osm_monitored_item_find_handle(subscription, handle);

    return item ? item->params.client_handle : handle;
}

/* --- coming and going ---------------------------------------------------------------------- */

static void copy_params(struct osm_monitored_item_params *out,
                        const struct osm_monitored_item_params *params)
{
    UA_StatusCode status;

    *out = *params;
    status = UA_NodeId_copy(&params->node_id, &out->node_id);
    status |= UA_String_copy(&params->namespace_uri, &out->namespace_uri);
    status |= UA_String_copy(&params->path, &out->path);
    status |= UA_String_copy(&params->index_range, &out->index_range);
    if (params->event) {
        out->event = UA_EventFilter_new();
        osm_assert(out->event);
        status |= UA_EventFilter_copy(params->event, out->event);
    }
    osm_assert(status == UA_STATUSCODE_GOOD);
}

/* The id itself, or one no other item of the subscription has. */
static uint32_t free_id(struct osm_subscription *subscription, uint32_t id)
{
    while (osm_monitored_item_find(subscription, id))
        id = OSM_FIRST_SPARE_ITEM_ID + subscription->next_item_id++;
    return id;
}

static struct osm_monitored_item *insert(struct osm_subscriptions *all,
                                         struct osm_subscription *subscription,
                                         const struct osm_monitored_item_params *params,
                                         uint32_t handle, uint32_t id)
{
    struct osm_monitored_item *item = osm_alloc(sizeof(*item));

    osm_assert(!osm_monitored_item_find_handle(subscription, handle));
    item->id = free_id(subscription, id);
    item->handle = handle;
    copy_params(&item->params, params);
    HASH_ADD(hh, subscription->items, id, sizeof(item->id), item);
    HASH_ADD(hh_handle, subscription->by_handle, handle, sizeof(item->handle), item);
    subscription->item_count++;
    all->item_count++;
    return item;
}

struct osm_monitored_item *osm_monitored_item_add(struct osm_subscriptions *all,
                                                  struct osm_subscription *subscription,
                                                  const struct osm_monitored_item_params *params,
                                                  uint32_t handle, uint32_t server_id)
{
    struct osm_monitored_item *item = osm_monitored_item_find(subscription, server_id);

    /* A server that gives an id twice has forgotten the first item. */
    if (item && item->server_id == server_id)
        osm_monitored_item_remove(all, subscription, item);
    item = insert(all, subscription, params, handle, server_id);
    item->server_id = server_id;
    return item;
}

static bool names_by_uri(const struct osm_monitored_item_params *params)
{
    return (params->path.length && memmem(params->path.data, params->path.length, "nsu=", 4)) ||
           (params->event && osm_event_filter_is_by_uri(params->event));
}

struct osm_monitored_item *
osm_monitored_item_add_unborn(struct osm_subscriptions *all, struct osm_subscription *subscription,
                              const struct osm_monitored_item_params *params)
{
    struct osm_monitored_item *item;
    uint32_t handle;

    osm_monitored_item_assign_handles(subscription, params, 1, &handle);
    item = insert(all, subscription, params, handle,
                  OSM_FIRST_SPARE_ITEM_ID + subscription->next_item_id++);
    item->unborn = true;
    item->absent_namespace = item->params.namespace_uri;
    item->params.namespace_uri = UA_STRING_NULL;
    item->by_uri = names_by_uri(&item->params);
    osm_monitored_item_set_place(all, subscription, item, OSM_MONITORED_ITEM_MISSING);
    return item;
}

/* --- places -------------------------------------------------------------------------------- */

static struct osm_monitored_item **list_of(struct osm_subscription *subscription,
                                           enum osm_monitored_item_place place)
{
    struct osm_monitored_item **const lists[OSM_MONITORED_ITEM_PLACES_] = {
        [OSM_MONITORED_ITEM_MISSING] = &subscription->missing,
        [OSM_MONITORED_ITEM_REFUSED] = &subscription->refused_items,
        [OSM_MONITORED_ITEM_CHANGED] = &subscription->changed_items,
        [OSM_MONITORED_ITEM_DOOMED] = &subscription->doomed_items};

    return lists[place];
}

static void leave_place(struct osm_subscriptions *all, struct osm_subscription *subscription,
                        struct osm_monitored_item *item)
{
    struct osm_monitored_item **list = list_of(subscription, item->place);

    if (!list)
        return;
    DL_DELETE(*list, item);
    all->unmet_items--;
}

void osm_monitored_item_set_place(struct osm_subscriptions *all,
                                  struct osm_subscription *subscription,
                                  struct osm_monitored_item *item,
                                  enum osm_monitored_item_place place)
{
    struct osm_monitored_item **list = list_of(subscription, place);

    leave_place(all, subscription, item);
    item->place = place;
    item->refusal.status = UA_STATUSCODE_GOOD;
    item->refusal.retry_at = 0;
    if (!list)
        return;
    DL_APPEND(*list, item);
    all->unmet_items++;
}

/* A wish is known to callers by the server's number, if that is free. */
static void get_born(struct osm_subscription *subscription, struct osm_monitored_item *item)
{
    if (!item->unborn)
        return;
    HASH_DELETE(hh, subscription->items, item);
    item->id = free_id(subscription, item->server_id);
    HASH_ADD(hh, subscription->items, id, sizeof(item->id), item);
    item->unborn = false;
}

void osm_monitored_item_made(struct osm_subscriptions *all, struct osm_subscription *subscription,
                             struct osm_monitored_item *item, uint32_t server_id)
{
    item->server_id = server_id;
    get_born(subscription, item);
    if (item->place != OSM_MONITORED_ITEM_DOOMED)
        osm_monitored_item_modified(all, subscription, item);
}

void osm_monitored_item_modified(struct osm_subscriptions *all,
                                 struct osm_subscription *subscription,
                                 struct osm_monitored_item *item)
{
    osm_monitored_item_set_place(all, subscription, item,
                                 item->stale ? OSM_MONITORED_ITEM_CHANGED
                                             : OSM_MONITORED_ITEM_ON_SERVER);
    item->refusal.failures = 0;
}

void osm_monitored_item_refuse(struct osm_subscriptions *all, struct osm_subscription *subscription,
                               struct osm_monitored_item *item, UA_StatusCode status, osm_msec now,
                               uint32_t random)
{
    osm_monitored_item_set_place(all, subscription, item, OSM_MONITORED_ITEM_REFUSED);
    osm_subscription_note_refusal(&item->refusal, status, now, random);
}

static void note_revision(struct osm_revision *revision, bool *noted, bool cut, double asked,
                          double given)
{
    revision->items -= *noted;
    *noted = cut;
    if (!cut)
        return;
    revision->items++;
    revision->asked = asked;
    revision->given = given;
}

static void forget_revisions(struct osm_subscription *subscription, struct osm_monitored_item *item)
{
    note_revision(&subscription->sampling, &item->slowed, false, 0, 0);
    note_revision(&subscription->queue, &item->shortened, false, 0, 0);
}

/* Below 0 the publishing interval is asked for, 0 is whatever the server can. A queue of one value
 * has nothing to lose, and for events the daemon asks for a long one by itself. */
void osm_monitored_item_revised(struct osm_subscription *subscription,
                                struct osm_monitored_item *item, double interval, uint32_t queue)
{
    double sampling = item->params.sampling_interval, size = item->params.queue_size;

    if (sampling < 0)
        sampling = subscription->revised_interval;
    note_revision(&subscription->sampling, &item->slowed,
                  sampling > 0 && interval > OSM_REVISED * sampling, sampling, interval);
    note_revision(&subscription->queue, &item->shortened,
                  !item->params.event && size > 1 && size > OSM_REVISED * queue, size, queue);
}

void osm_monitored_item_lose(struct osm_subscriptions *all, struct osm_subscription *subscription,
                             struct osm_monitored_item *item)
{
    item->server_id = 0;
    forget_revisions(subscription, item);
    if (item->params.path.length) /* it may lead to another node by now */
        UA_NodeId_clear(&item->params.node_id);
    if (item->place != OSM_MONITORED_ITEM_DOOMED)
        osm_monitored_item_set_place(all, subscription, item, OSM_MONITORED_ITEM_MISSING);
}

/* --- going --------------------------------------------------------------------------------- */

void osm_monitored_item_disown(struct osm_monitored_item *item)
{
    if (item->wish)
        *item->wish = NULL;
    item->wish = NULL;
}

void osm_monitored_item_remove(struct osm_subscriptions *all, struct osm_subscription *subscription,
                               struct osm_monitored_item *item)
{
    struct osm_trigger_link *link, *next;

    DL_FOREACH_SAFE (subscription->links, link, next)
        if (link->trigger == item->id || link->item == item->id)
            osm_monitored_item_set_link(subscription, link->trigger, link->item, false);
    leave_place(all, subscription, item);
    forget_revisions(subscription, item);
    HASH_DELETE(hh, subscription->items, item);
    HASH_DELETE(hh_handle, subscription->by_handle, item);
    UA_String_clear(&item->absent_namespace);
    item->alarms = osm_alarms_free(item->alarms);
    osm_monitored_item_disown(item);
    UA_NodeId_clear(&item->params.node_id);
    UA_String_clear(&item->params.path);
    UA_String_clear(&item->params.index_range);
    if (item->params.event)
        UA_EventFilter_delete(item->params.event);
    free(item);
    subscription->item_count--;
    all->item_count--;
}

/* --- handles ------------------------------------------------------------------------------- */

/* A handle given out in the request at hand. */
struct handle {
    uint32_t number;
    UT_hash_handle hh;
};

static bool is_taken(const struct osm_subscription *subscription, const struct handle *given,
                     uint32_t number)
{
    const struct handle *found;

    HASH_FIND(hh, given, &number, sizeof(number), found);
    return found || osm_monitored_item_find_handle(subscription, number);
}

void osm_monitored_item_assign_handles(struct osm_subscription *subscription,
                                       const struct osm_monitored_item_params *items, size_t size,
                                       uint32_t *handles)
{
    struct handle *list = osm_alloc(size * sizeof(*list)), *given = NULL;
    uint32_t own = 0, *next = subscription ? &subscription->next_handle : &own;

    for (size_t i = 0; i < size; i++) {
        uint32_t number = items[i].client_handle;

        if (number == 0)
            number = OSM_FIRST_SPARE_HANDLE + (*next)++;
        while (is_taken(subscription, given, number))
            number = OSM_FIRST_SPARE_HANDLE + (*next)++;
        handles[i] = list[i].number = number;
        HASH_ADD(hh, given, number, sizeof(number), &list[i]);
    }
    HASH_CLEAR(hh, given);
    free(list);
}

const char *osm_monitored_item_text(const struct osm_monitored_item *item, struct osm_arena *arena)
{
    _cleanup_(osm_buf_deinit) struct osm_buf text = {0};
    const UA_String *path = &item->params.path;

    if (path->length)
        return osm_arena_text(arena, (const char *)path->data, path->length);
    if (!item->absent_namespace.length)
        return osm_node_id_text(arena, &item->params.node_id);
    osm_names_print_uri(&text, &item->absent_namespace);
    osm_node_id_print_identifier(&text, &item->params.node_id);
    return osm_arena_text(arena, text.data, text.length);
}

/* --- requests ------------------------------------------------------------------------------ */

void osm_monitored_item_filter(const struct osm_monitored_item_params *params,
                               struct osm_arena *arena, UA_ExtensionObject *out)
{
    UA_EventFilter *event;

    UA_ExtensionObject_init(out);
    if (params->filtered) {
        UA_ExtensionObject_setValueNoDelete(out, (void *)(uintptr_t)&params->filter,
                                            &UA_TYPES[UA_TYPES_DATACHANGEFILTER]);
    } else if (params->event) {
        event = osm_arena_alloc(arena, sizeof(*event));
        *event = *params->event;
        if (params->bare)
            event->selectClausesSize = params->selected;
        UA_ExtensionObject_setValueNoDelete(out, event, &UA_TYPES[UA_TYPES_EVENTFILTER]);
    }
}

void osm_monitored_item_create_request(const struct osm_monitored_item_params *params,
                                       uint32_t handle, struct osm_arena *arena,
                                       UA_MonitoredItemCreateRequest *out)
{
    UA_MonitoredItemCreateRequest_init(out);
    out->itemToMonitor.nodeId = params->node_id;
    out->itemToMonitor.attributeId = params->attribute_id;
    out->itemToMonitor.indexRange = params->index_range;
    out->monitoringMode = params->mode;
    out->requestedParameters.clientHandle = handle;
    out->requestedParameters.samplingInterval = params->sampling_interval;
    out->requestedParameters.queueSize = params->queue_size;
    out->requestedParameters.discardOldest = params->discard_oldest;
    osm_monitored_item_filter(params, arena, &out->requestedParameters.filter);
}

/* --- triggering ---------------------------------------------------------------------------- */

static struct osm_trigger_link *find_link(const struct osm_subscription *subscription,
                                          uint32_t trigger, uint32_t item)
{
    struct osm_trigger_link *link;

    DL_FOREACH (subscription->links, link)
        if (link->trigger == trigger && link->item == item)
            return link;
    return NULL;
}

static void add_link(struct osm_subscription *subscription, uint32_t trigger, uint32_t item)
{
    struct osm_trigger_link *link;

    if (subscription->link_count >= OSM_LINKS_TRACKED)
        return;
    link = osm_alloc(sizeof(*link));
    link->trigger = trigger;
    link->item = item;
    link->tried = true;
    DL_APPEND(subscription->links, link);
    subscription->link_count++;
}

void osm_monitored_item_set_link(struct osm_subscription *subscription, uint32_t trigger,
                                 uint32_t item, bool linked)
{
    struct osm_trigger_link *link = find_link(subscription, trigger, item);

    if (linked && link) {
        link->doomed = false;
        link->tried = true;
    } else if (linked) {
        add_link(subscription, trigger, item);
    } else if (link) {
        DL_DELETE(subscription->links, link);
        free(link);
        subscription->link_count--;
    }
}

bool osm_subscription_doom_links(struct osm_subscription *subscription,
                                 const struct osm_monitored_item *item)
{
    struct osm_trigger_link *link;
    bool any = false;

    DL_FOREACH (subscription->links, link) {
        if (link->item != item->id || link->doomed)
            continue;
        link->doomed = true;
        link->tried = false;
        any = true;
    }
    return any;
}
