/* SPDX-License-Identifier: MIT */
/*
 * items (extensions.md §10): a page of the monitored items of a session, as they are meant to be.
 * One answer looks at a bounded number of them, whatever is searched for, so that a session with
 * 200 000 holds nobody up: `next` says where to go on.
 */
#include <string.h>

#include "port/status_code.h"
#include "serve/command/command_internal.h"
#include "wire/text/cast.h"
#include "wire/text/node_id.h"

#define FEW 100       /* items of a page, unless told otherwise */
#define MOST 1000     /* that can be asked for */
#define LOOKED 20000u /* looked at for one answer */

struct page {
    struct osm_json *json;
    const char *search; /* NULL = everything */
    bool has_subscription;
    uint64_t subscription, from, limit;
    uint64_t total; /* items of what was asked for */
    uint64_t looked, shown;
    uint64_t next;
};

static const char *const places[OSM_MONITORED_ITEM_PLACES_] = {
    [OSM_MONITORED_ITEM_ON_SERVER] = "onServer", [OSM_MONITORED_ITEM_MISSING] = "missing",
    [OSM_MONITORED_ITEM_REFUSED] = "refused",    [OSM_MONITORED_ITEM_CHANGED] = "changed",
    [OSM_MONITORED_ITEM_DOOMED] = "doomed",
};

static void key_uint(struct osm_json *json, const char *key, uint64_t value)
{
    osm_json_key(json, key);
    osm_json_uint(json, value);
}

static void key_text(struct osm_json *json, const char *key, const char *value)
{
    osm_json_key(json, key);
    if (value)
        osm_json_cstring(json, value);
    else
        osm_json_null(json);
}

static void print_item(struct page *page, const struct osm_subscription *subscription,
                       const struct osm_monitored_item *item, const char *text,
                       struct osm_arena *arena)
{
    struct osm_json *json = page->json;
    bool known = !UA_NodeId_isNull(&item->params.node_id) && !item->absent_namespace.length;

    osm_json_object_begin(json);
    key_uint(json, "subscriptionId", subscription->id);
    key_uint(json, "id", item->id);
    key_uint(json, "clientHandle", item->params.client_handle);
    key_text(json, "name", text);
    key_text(json, "nodeId", known ? osm_node_id_text(arena, &item->params.node_id) : NULL);
    key_uint(json, "attributeId", item->params.attribute_id);
    key_text(json, "kind", item->params.event ? "events" : "values");
    osm_json_key(json, "samplingInterval");
    osm_json_double(json, item->params.sampling_interval);
    key_uint(json, "queueSize", item->params.queue_size);
    key_text(json, "state", places[item->place]);
    key_text(json, "error",
             item->refusal.status ? osm_status_code_name(item->refusal.status, arena) : NULL);
    osm_json_object_end(json);
}

/* False when the page is full. */
static bool visit(struct page *page, const struct osm_subscription *subscription,
                  const struct osm_monitored_item *item)
{
    struct osm_arena arena;
    const char *text;

    if (page->shown == page->limit || page->looked == LOOKED)
        return false;
    page->looked++;
    page->next++;
    osm_arena_init(&arena);
    text = osm_monitored_item_text(item, &arena);
    if (!page->search || strcasestr(text, page->search)) {
        print_item(page, subscription, item, text, &arena);
        page->shown++;
    }
    osm_arena_deinit(&arena);
    return true;
}

/* Items before the page are passed over without a look. */
static void visit_items(struct page *page, const struct osm_subscription *subscription)
{
    const struct osm_monitored_item *item, *next;
    uint64_t place = page->total;

    page->total += subscription->item_count;
    if (page->total <= page->next)
        return;
    HASH_ITER (hh, subscription->items, item, next)
        if (place++ >= page->next && !visit(page, subscription, item))
            return;
}

static void print_page(struct page *page, const struct osm_session *session)
{
    const struct osm_subscription *subscription, *next;
    struct osm_json *json = page->json;

    osm_json_object_begin(json);
    osm_json_key(json, "items");
    osm_json_array_begin(json);
    page->next = page->from;
    HASH_ITER (hh, osm_session_subscriptions(session)->by_id, subscription, next)
        if (!page->has_subscription || subscription->id == page->subscription)
            visit_items(page, subscription);
    osm_json_array_end(json);
    key_uint(json, "total", page->total);
    osm_json_key(json, "next");
    if (page->next < page->total)
        osm_json_uint(json, page->next);
    else
        osm_json_null(json);
    osm_json_object_end(json);
}

/* A whole number up to `most`; absent leaves what it is. */
static bool take_number(struct osm_request *request, enum osm_request_member member, uint64_t most,
                        uint64_t *number)
{
    yyjson_val *value = osm_request_get(request, member);

    if (osm_is_null(value))
        return true;
    if (yyjson_is_uint(value) && yyjson_get_uint(value) <= most) {
        *number = yyjson_get_uint(value);
        return true;
    }
    osm_request_failf(request, OSM_FAULT_INVALID_ARGUMENT,
                      "%s must be a whole number of at least 0 and at most %llu",
                      osm_request_member_name(member), (unsigned long long)most);
    return false;
}

void osm_command_items(struct osm_manager *manager, struct osm_request *request)
{
    struct page page = {.limit = FEW};
    yyjson_val *search = osm_request_get(request, OSM_REQUEST_search);
    const struct osm_session *session = osm_command_session(manager, request);

    if (!session ||
        !take_number(request, OSM_REQUEST_subscriptionId, UINT32_MAX, &page.subscription) ||
        !take_number(request, OSM_REQUEST_from, UINT32_MAX, &page.from) ||
        !take_number(request, OSM_REQUEST_limit, MOST, &page.limit))
        return;
    page.has_subscription = !osm_is_null(osm_request_get(request, OSM_REQUEST_subscriptionId));
    page.search = yyjson_get_len(search) ? yyjson_get_str(search) : NULL;
    page.json = osm_request_reply_begin(request);
    print_page(&page, session);
    osm_request_reply_end(request);
}
