/* SPDX-License-Identifier: MIT */
/* Wishes carried out by the steps of restoring (wish.h, recovery.h). */
#include "testing/testing_site.h"

#include "core/session/recovery_internal.h"
#include "core/subscription/event_filter.h"
#include "core/subscription/wish.h"

static const struct osm_subscription_params params = {.publishing_interval = 250,
                                                      .lifetime_count = 90,
                                                      .keep_alive_count = 30,
                                                      .publishing_enabled = true};

static struct osm_monitored_item_params node(uint32_t number)
{
    return (struct osm_monitored_item_params){.node_id = UA_NODEID_NUMERIC(2, number),
                                              .attribute_id = UA_ATTRIBUTEID_VALUE,
                                              .mode = UA_MONITORINGMODE_REPORTING,
                                              .client_handle = number,
                                              .sampling_interval = 50,
                                              .queue_size = 3};
}

static struct osm_subscriptions *all(struct test_site *site)
{
    return osm_session_subscriptions(site->session);
}

static void put_right(struct test_site *site)
{
    osm_recovery_repair(site->session);
    test_turn(site->world);
}

static void wish(struct test_site *site, unsigned items)
{
    assert_non_null(osm_subscription_wish(all(site), &params, &site->subscription));
    for (uint32_t i = 0; i < items; i++) {
        const struct osm_monitored_item_params one = node(i + 1);

        assert_non_null(
            osm_subscription_wish_item(all(site), site->subscription, &one, &site->items[i]));
    }
}

static void test_a_wish_comes_true(void **state)
{
    struct test_site *site = *state;

    wish(site, 3);
    assert_true(osm_session_is_degraded(site->session));
    assert_true(site->subscription->unborn);
    put_right(site);
    test_plant_log_is(&site->plant, "CreateSubscription CreateMonitoredItems");
    assert_false(osm_session_is_degraded(site->session));
    assert_int_equal(site->subscription->id, 101); /* the server's numbers are callers' now */
    assert_ptr_equal(osm_subscription_find(all(site), 101), site->subscription);
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(site->items[i]->id, 1001 + i);
        assert_ptr_equal(osm_monitored_item_find(site->subscription, 1001 + i), site->items[i]);
    }
}

/* The session is away: what is wished waits for it, and keeps its ids from then on. */
static void test_a_wish_waits_for_the_server(void **state)
{
    struct test_site *site = *state;

    site->world->server.down = true;
    test_lose_now(site->world, site->session);
    wish(site, 2);
    put_right(site);
    test_plant_log_is(&site->plant, "");
    site->world->server.down = false;
    test_advance(site->world, 60000);
    test_plant_log_is(&site->plant, "CreateSubscription CreateMonitoredItems");
    site->world->server.new_session = true;
    test_lose_now(site->world, site->session);
    test_advance(site->world, 60000);
    test_plant_log_is(&site->plant, "TransferSubscriptions CreateSubscription "
                                    "CreateMonitoredItems");
    assert_int_equal(site->subscription->id, 101);
    assert_int_equal(site->items[1]->id, 1002);
    assert_int_equal(site->items[1]->server_id, 1004);
}

static void test_wishes_change(void **state)
{
    struct test_site *site = *state;
    struct osm_subscription_params slow = params;
    struct osm_monitored_item_params other = node(2);

    wish(site, 3);
    put_right(site);
    site->plant.log_size = 0;
    slow.publishing_interval = 5000;
    other.queue_size = 9;
    osm_subscription_change(site->subscription, &slow);
    osm_subscription_change_item(all(site), site->subscription, site->items[1], &other);
    osm_subscription_doom_item(all(site), site->subscription, site->items[0]);
    assert_null(site->items[0]);
    put_right(site);
    test_plant_log_is(&site->plant, "DeleteMonitoredItems ModifySubscription ModifyMonitoredItems");
    assert_true(site->subscription->revised_interval == 5000);
    assert_int_equal(site->subscription->item_count, 2);
    assert_int_equal(site->items[1]->place, OSM_MONITORED_ITEM_ON_SERVER);
    assert_false(osm_session_is_degraded(site->session));
    osm_subscription_doom(site->subscription);
    assert_null(site->subscription);
    assert_null(site->items[1]);
    put_right(site);
    test_plant_log_is(&site->plant, "DeleteSubscriptions");
    assert_int_equal(site->plant.subscriptions, 0);
    assert_null(all(site)->by_id);
}

static struct osm_ua_call *held(struct test_site *site, const struct osm_ua_service *service)
{
    struct osm_ua_call *call;

    DL_FOREACH (site->world->server.calls, call)
        if (call->service == service && !call->over)
            break;
    assert_non_null(call);
    return call;
}

/* What is asked for at the moment may be made: it is known what the server has. */
static void test_wishes_change_on_the_way(void **state)
{
    struct test_site *site = *state;
    struct osm_monitored_item_params other = node(2);

    site->plant.hold = true;
    site->plant.hold_service = &osm_service_create_monitored_items;
    wish(site, 3);
    put_right(site);
    other.sampling_interval = 1000;
    osm_subscription_doom_item(all(site), site->subscription, site->items[0]);
    osm_subscription_change_item(all(site), site->subscription, site->items[1], &other);
    put_right(site);
    test_plant_log_is(&site->plant, "CreateSubscription CreateMonitoredItems");
    test_plant_items(&site->plant, held(site, &osm_service_create_monitored_items));
    test_turn(site->world);
    test_plant_log_is(&site->plant, "DeleteMonitoredItems ModifyMonitoredItems");
    assert_int_equal(site->plant.items, 2);
    assert_int_equal(site->subscription->item_count, 2);
    assert_false(osm_session_is_degraded(site->session));
}

static void test_a_subscription_doomed_on_the_way(void **state)
{
    struct test_site *site = *state;

    site->plant.hold = true;
    site->plant.hold_service = &osm_service_create_subscription;
    wish(site, 1);
    put_right(site);
    osm_subscription_doom(site->subscription);
    put_right(site);
    test_plant_create(&site->plant, held(site, &osm_service_create_subscription));
    test_turn(site->world);
    test_plant_log_is(&site->plant, "CreateSubscription DeleteSubscriptions");
    assert_int_equal(site->plant.subscriptions, 0);
    assert_null(all(site)->by_id);
}

/* It was never made, or it is lost meanwhile: nobody need be asked. */
static void test_doomed_before_it_was_made(void **state)
{
    struct test_site *site = *state;

    site->plant.unknown = 1;
    wish(site, 2);
    put_right(site);
    site->plant.log_size = 0;
    assert_int_equal(site->items[0]->refusal.status, UA_STATUSCODE_BADNODEIDUNKNOWN);
    osm_subscription_doom_item(all(site), site->subscription, site->items[0]);
    put_right(site);
    assert_int_equal(site->subscription->item_count, 1);
    site->world->server.new_session = true;
    site->world->server.down = true;
    test_lose_now(site->world, site->session);
    osm_subscription_doom(site->subscription);
    site->world->server.down = false;
    test_advance(site->world, 60000);
    test_plant_log_is(&site->plant, "TransferSubscriptions");
    assert_null(all(site)->by_id);
}

static void test_a_change_is_refused(void **state)
{
    struct test_site *site = *state;
    struct osm_subscription_params slow = params;

    wish(site, 1);
    put_right(site);
    site->plant.log_size = 0;
    slow.priority = 7;
    site->plant.modify_fault = UA_STATUSCODE_BADOUTOFMEMORY;
    osm_subscription_change(site->subscription, &slow);
    put_right(site);
    assert_true(osm_session_is_degraded(site->session));
    assert_int_equal(site->subscription->refusal.status, UA_STATUSCODE_BADOUTOFMEMORY);
    site->plant.modify_fault = UA_STATUSCODE_GOOD;
    test_advance(site->world, OSM_REFUSED_FIRST);
    test_plant_log_is(&site->plant, "ModifySubscription ModifySubscription");
    assert_false(osm_session_is_degraded(site->session));
}

/* It has lost the item: changing that is of no use. */
static void test_an_item_the_server_has_lost_is_made_anew(void **state)
{
    struct test_site *site = *state;
    struct osm_monitored_item_params other = node(2);

    wish(site, 2);
    put_right(site);
    site->plant.log_size = 0;
    site->plant.modify_item_status = UA_STATUSCODE_BADMONITOREDITEMIDINVALID;
    other.queue_size = 9;
    osm_subscription_change_item(all(site), site->subscription, site->items[1], &other);
    put_right(site);
    test_plant_log_is(&site->plant, "ModifyMonitoredItems CreateMonitoredItems");
    assert_int_equal(site->items[1]->id, 1002); /* as callers know it */
    assert_int_equal(site->items[1]->server_id, 1003);
    assert_false(osm_session_is_degraded(site->session));
}

/* An event item whose node a browse path leads to, and whose present conditions are wanted. */
static void wish_for_events(struct test_site *site)
{
    struct osm_monitored_item_params one = node(0);

    one.node_id = UA_NODEID_NULL;
    one.path = (UA_String)UA_STRING_STATIC("/Objects/2:Plant");
    one.attribute_id = UA_ATTRIBUTEID_EVENTNOTIFIER;
    one.event = &(UA_EventFilter){0};
    one.refresh = true;
    wish(site, 0);
    assert_non_null(
        osm_subscription_wish_item(all(site), site->subscription, &one, &site->items[0]));
    put_right(site);
}

/* A node of the same number here is another one. */
static void test_a_path_that_leads_to_another_server(void **state)
{
    struct test_site *site = *state;

    site->plant.path_target = 7;
    site->plant.path_server = 1;
    wish_for_events(site);
    test_plant_log_is(&site->plant, "CreateSubscription TranslateBrowsePathsToNodeIds");
    assert_int_equal(site->items[0]->refusal.status, UA_STATUSCODE_BADNOMATCH);
}

static void test_a_path_is_looked_up_each_time(void **state)
{
    struct test_site *site = *state;

    site->plant.path_status = UA_STATUSCODE_BADNOMATCH;
    wish_for_events(site);
    test_plant_log_is(&site->plant, "CreateSubscription TranslateBrowsePathsToNodeIds");
    assert_int_equal(site->items[0]->refusal.status, UA_STATUSCODE_BADNOMATCH);
    site->plant.path_status = UA_STATUSCODE_GOOD;
    site->plant.path_target = 7;
    test_advance(site->world, OSM_REFUSED_FIRST);
    test_plant_log_is(&site->plant, "TranslateBrowsePathsToNodeIds CreateMonitoredItems Call");
    assert_int_equal(site->items[0]->params.node_id.identifier.numeric, 7);
    site->plant.path_target = 8;
    site->world->server.new_session = true;
    test_lose_now(site->world, site->session);
    test_advance(site->world, 60000);
    test_plant_log_is(&site->plant,
                      "TransferSubscriptions CreateSubscription TranslateBrowsePathsToNodeIds "
                      "CreateMonitoredItems Call");
    assert_int_equal(site->items[0]->params.node_id.identifier.numeric, 8);
}

static void test_conditions_are_asked_for_again(void **state)
{
    struct test_site *site = *state;

    site->plant.path_target = 7;
    site->plant.call_status = UA_STATUSCODE_BADOUTOFMEMORY;
    wish_for_events(site);
    assert_int_equal(site->subscription->refusal.status, UA_STATUSCODE_BADOUTOFMEMORY);
    site->plant.log_size = 0;
    site->plant.call_status = UA_STATUSCODE_BADREFRESHINPROGRESS; /* as good as our own */
    test_advance(site->world, OSM_REFUSED_FIRST);
    test_plant_log_is(&site->plant, "Call");
    assert_false(osm_session_is_degraded(site->session));
    test_advance(site->world, 60000);
    test_plant_log_is(&site->plant, "");
}

/* The pointers of whoever wishes never lead to something that is no more. */
static void test_wishes_are_let_go(void **state)
{
    struct test_site *site = *state;
    struct osm_subscriptions other = {0};
    struct osm_subscription *subscription;

    wish(site, 2);
    put_right(site);
    osm_monitored_item_remove(all(site), site->subscription, site->items[0]);
    assert_null(site->items[0]);
    subscription = site->subscription;
    osm_subscription_move(all(site), &other, subscription); /* another session's, not a wish now */
    assert_null(site->subscription);
    assert_null(site->items[1]);
    osm_subscriptions_clear(&other);
    wish(site, 1);
    osm_session_free(site->session);
    assert_null(site->subscription);
    assert_null(site->items[0]);
}

/* --- namespaces by URI --------------------------------------------------------------------- */

static void wish_by_uri(struct test_site *site)
{
    UA_String fields[] = {UA_STRING_STATIC("nsu=urn:line;Level/Id"), UA_STRING_STATIC("Time")};
    const UA_String uri = UA_STRING_STATIC("urn:line"),
                    path = UA_STRING_STATIC("/Objects/nsu=urn:line;Line/nsu=http://x/3:y;Tag");
    struct osm_monitored_item_params value = node(1), event = node(2);
    struct osm_arena arena;

    value.node_id.namespaceIndex = 0;
    value.namespace_uri = uri;
    event.node_id = UA_NODEID_NULL;
    event.path = path;
    osm_arena_init(&arena);
    event.event = osm_event_filter_make(fields, OSM_ARRAY_SIZE(fields), &arena);
    event.selected = OSM_ARRAY_SIZE(fields);
    assert_non_null(osm_subscription_wish(all(site), &params, &site->subscription));
    assert_non_null(
        osm_subscription_wish_item(all(site), site->subscription, &value, &site->items[0]));
    assert_non_null(
        osm_subscription_wish_item(all(site), site->subscription, &event, &site->items[1]));
    osm_arena_deinit(&arena);
    put_right(site);
}

static void field_is(const struct osm_monitored_item *item, const char *expected)
{
    struct osm_arena arena;

    osm_arena_init(&arena);
    assert_string_equal(osm_event_filter_text(item->params.event->selectClauses, &arena), expected);
    osm_arena_deinit(&arena);
}

static void text_is(const UA_String *text, const char *expected)
{
    assert_int_equal(text->length, strlen(expected));
    assert_memory_equal(text->data, expected, text->length);
}

static void reconnect(struct test_site *site)
{
    site->world->server.new_session = true;
    test_lose_now(site->world, site->session);
    test_advance(site->world, 60000);
}

static void test_nodes_by_uri(void **state)
{
    struct test_site *site = *state;
    const UA_NodeId *created;

    site->plant.path_target = 7;
    site->world->server.namespaces[0] = "urn:line";
    site->world->server.namespaces[1] = "http://x/3:y";
    wish_by_uri(site);
    reconnect(site);
    assert_int_equal(site->items[0]->params.node_id.namespaceIndex, 2);
    text_is(&site->items[1]->params.path, "/Objects/2:Line/3:Tag");
    field_is(site->items[1], "2:Level/Id");
    assert_false(osm_session_is_degraded(site->session));
    site->world->server.namespaces[0] = "http://x/3:y";
    site->world->server.namespaces[1] = "urn:line";
    reconnect(site);
    created = &site->plant.last_items->itemsToCreate[0].itemToMonitor.nodeId;
    assert_int_equal(created->namespaceIndex, 3);
    text_is(&site->items[1]->params.path, "/Objects/3:Line/2:Tag");
    field_is(site->items[1], "3:Level/Id");
}

/* The server gets the namespace later, and loses it again: no other node is watched meanwhile. */
static void test_namespaces_come_and_go(void **state)
{
    struct test_site *site = *state;
    struct osm_arena arena;

    osm_arena_init(&arena);
    site->plant.path_target = 7;
    site->world->server.namespaces[0] = "urn:other";
    test_lose_now(site->world, site->session);
    wish_by_uri(site);
    test_advance(site->world, 60000);
    test_plant_log_is(&site->plant, "CreateSubscription");
    assert_int_equal(site->items[0]->refusal.status, UA_STATUSCODE_BADNODEIDUNKNOWN);
    assert_int_equal(site->items[1]->refusal.status, UA_STATUSCODE_BADNODEIDUNKNOWN);
    assert_string_equal(osm_monitored_item_text(site->items[0], &arena), "nsu=urn:line;i=1");
    site->world->server.namespaces[1] = "urn:line";
    site->world->server.namespaces[2] = "http://x/3:y";
    reconnect(site);
    assert_false(osm_session_is_degraded(site->session));
    text_is(&site->items[1]->params.path, "/Objects/3:Line/4:Tag");
    site->world->server.namespaces[1] = "urn:more";
    site->world->server.namespaces[2] = "urn:some";
    site->plant.last_items = NULL;
    reconnect(site);
    assert_null(site->plant.last_items);
    text_is(&site->items[1]->params.path, "/Objects/nsu=urn:line;Line/nsu=http://x/3:y;Tag");
    assert_string_equal(osm_monitored_item_text(site->items[0], &arena), "nsu=urn:line;i=1");
    osm_arena_deinit(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_on_site(test_a_wish_comes_true),
        test_on_site(test_a_wish_waits_for_the_server),
        test_on_site(test_wishes_change),
        test_on_site(test_wishes_change_on_the_way),
        test_on_site(test_a_subscription_doomed_on_the_way),
        test_on_site(test_doomed_before_it_was_made),
        test_on_site(test_a_change_is_refused),
        test_on_site(test_an_item_the_server_has_lost_is_made_anew),
        test_on_site(test_a_path_that_leads_to_another_server),
        test_on_site(test_a_path_is_looked_up_each_time),
        test_on_site(test_conditions_are_asked_for_again),
        test_on_site(test_wishes_are_let_go),
        test_on_site(test_nodes_by_uri),
        test_on_site(test_namespaces_come_and_go),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
