/* SPDX-License-Identifier: MIT */
/* What a session remembers of its subscriptions, and event filters (methods.md §2.14–2.19). */
#include "testing/testing.h"

#include "core/subscription/event_filter.h"
#include "core/subscription/notification.h"
#include "core/subscription/subscription.h"

static const struct osm_subscription_params asked = {
    .publishing_interval = 500, .lifetime_count = 2400, .keep_alive_count = 10, .priority = 3};

static struct osm_subscription *add(struct osm_subscriptions *all, uint32_t server_id,
                                    double interval, uint32_t keep_alive)
{
    UA_CreateSubscriptionResponse created;

    UA_CreateSubscriptionResponse_init(&created);
    created.subscriptionId = server_id;
    created.revisedPublishingInterval = interval;
    created.revisedMaxKeepAliveCount = keep_alive;
    return osm_subscription_add(all, &asked, &created);
}

static struct osm_monitored_item_params item_params(uint32_t client_handle)
{
    return (struct osm_monitored_item_params){
        .node_id = UA_NODEID_STRING(1, (char *)(uintptr_t) "Counter"),
        .attribute_id = UA_ATTRIBUTEID_VALUE,
        .client_handle = client_handle,
        .queue_size = 1};
}

static void test_ids_stay_what_they_are(void **state)
{
    struct osm_subscriptions all = {0};
    struct osm_subscription *one = add(&all, 7, 500, 10);

    assert_int_equal(one->id, 7);
    assert_ptr_equal(osm_subscription_find(&all, 7), one);
    assert_ptr_equal(osm_subscription_find_server(&all, 7), one);
    assert_int_equal(osm_subscription_server_id(&all, 7), 7);
    assert_int_equal(osm_subscription_server_id(&all, 8), 8);
    assert_true(one->params.priority == 3 && !one->adopted);
    osm_subscription_remove(&all, one);
    assert_null(osm_subscription_find(&all, 7));
    assert_null(osm_subscription_find_server(&all, 7));
    osm_subscriptions_clear(&all);
}

static void test_an_id_in_use_is_not_given_again(void **state)
{
    struct osm_subscriptions all = {0};
    struct osm_subscription *one = add(&all, 7, 500, 10), *two;

    /* as after a recovery: callers keep 7, the server calls it 20 */
    HASH_DELETE(hh_server, all.by_server_id, one);
    one->server_id = 20;
    HASH_ADD(hh_server, all.by_server_id, server_id, sizeof(one->server_id), one);
    two = add(&all, 7, 500, 10);
    assert_int_not_equal(two->id, 7);
    assert_int_equal(osm_subscription_server_id(&all, 7), 20);
    assert_int_equal(osm_subscription_server_id(&all, two->id), 7);
    osm_subscriptions_clear(&all);
}

static void test_a_server_id_given_twice_replaces(void **state)
{
    struct osm_subscriptions all = {0};
    struct osm_monitored_item_params params = item_params(1);

    osm_monitored_item_add(&all, add(&all, 7, 500, 10), &params, 1, 1);
    assert_null(add(&all, 7, 100, 10)->items);
    assert_int_equal(HASH_COUNT(all.by_id), 1);
    assert_int_equal(all.item_count, 0);
    osm_subscriptions_clear(&all);
}

static void test_the_longest_silence(void **state)
{
    struct osm_subscriptions all = {0};

    assert_int_equal(osm_subscriptions_keep_alive(&all), 0);
    add(&all, 1, 500, 10);
    add(&all, 2, 200, 60);
    add(&all, 3, 1000, 1);
    assert_int_equal(osm_subscriptions_keep_alive(&all), 12000);
    osm_subscription_adopt(&all, 4, 4);
    assert_true(osm_subscriptions_keep_alive(&all) == OSM_MSEC_NEVER);
    osm_subscriptions_clear(&all);
    add(&all, 1, 1e300, UINT32_MAX);
    assert_true(osm_subscriptions_keep_alive(&all) == OSM_MSEC_NEVER);
    osm_subscriptions_clear(&all);
}

static void test_handles_are_unique(void **state)
{
    struct osm_subscriptions all = {0};
    struct osm_subscription *one = add(&all, 7, 500, 10);
    struct osm_monitored_item_params items[] = {item_params(5), item_params(0), item_params(5),
                                                item_params(0), item_params(6)};
    uint32_t handles[5], again[2];

    osm_monitored_item_assign_handles(one, items, 5, handles);
    assert_int_equal(handles[0], 5);
    assert_int_equal(handles[4], 6);
    for (size_t i = 0; i < 5; i++) {
        assert_int_not_equal(handles[i], 0);
        for (size_t j = 0; j < i; j++)
            assert_int_not_equal(handles[i], handles[j]);
        osm_monitored_item_add(&all, one, &items[i], handles[i], 100 + (uint32_t)i);
        assert_int_equal(osm_monitored_item_client_handle(one, handles[i]), items[i].client_handle);
    }
    osm_monitored_item_assign_handles(one, items, 2, again);
    for (size_t j = 0; j < 5; j++)
        assert_true(again[0] != handles[j] && again[1] != handles[j]);
    assert_int_equal(osm_monitored_item_client_handle(one, 77), 77);
    assert_int_equal(osm_monitored_item_client_handle(NULL, 77), 77);
    osm_monitored_item_assign_handles(NULL, items, 5, handles);
    assert_int_equal(handles[0], 5);
    osm_subscriptions_clear(&all);
}

static void test_items_own_what_was_asked(void **state)
{
    struct osm_subscriptions all = {0};
    struct osm_subscription *one = add(&all, 7, 500, 10);
    char name[] = "Counter", field[] = "Message";
    UA_String fields[] = {UA_STRING(field)};
    struct osm_monitored_item_params params = item_params(5);
    struct osm_monitored_item *item;
    struct osm_arena arena;

    params.node_id = UA_NODEID_STRING(1, name);
    osm_arena_init(&arena);
    params.event = osm_event_filter_make(fields, 1, &arena);
    params.selected = 1;
    item = osm_monitored_item_add(&all, one, &params, 5, 100);
    name[0] = field[0] = '?';
    osm_arena_deinit(&arena);
    assert_memory_equal(item->params.node_id.identifier.string.data, "Counter", 7);
    assert_true(osm_event_filter_is(item->params.event->selectClauses, "Message"));
    assert_ptr_equal(osm_monitored_item_find(one, 100), item);
    assert_int_equal(osm_monitored_item_server_id(one, 100), 100);
    assert_int_equal(osm_monitored_item_server_id(one, 101), 101);
    assert_int_equal(osm_monitored_item_server_id(NULL, 101), 101);
    osm_monitored_item_remove(&all, one, item);
    assert_null(osm_monitored_item_find(one, 100));
    assert_int_equal(all.item_count, 0);
    osm_subscriptions_clear(&all);
}

static void test_an_item_id_in_use_is_not_given_again(void **state)
{
    struct osm_subscriptions all = {0};
    struct osm_subscription *one = add(&all, 7, 500, 10);
    struct osm_monitored_item_params params = item_params(0);
    struct osm_monitored_item *first = osm_monitored_item_add(&all, one, &params, 1, 100), *second;

    first->server_id = 200; /* as after a recovery */
    second = osm_monitored_item_add(&all, one, &params, 2, 100);
    assert_int_not_equal(second->id, 100);
    assert_int_equal(osm_monitored_item_server_id(one, 100), 200);
    assert_int_equal(osm_monitored_item_server_id(one, second->id), 100);
    osm_subscriptions_clear(&all);
}

static void test_links_end_with_their_items(void **state)
{
    struct osm_subscriptions all = {0};
    struct osm_subscription *one = add(&all, 7, 500, 10);
    struct osm_monitored_item_params params = item_params(0);
    struct osm_monitored_item *item = osm_monitored_item_add(&all, one, &params, 1, 100);

    osm_monitored_item_set_link(one, 100, 101, true);
    osm_monitored_item_set_link(one, 100, 101, true);
    osm_monitored_item_set_link(one, 102, 100, true);
    osm_monitored_item_set_link(one, 102, 103, true);
    assert_int_equal(one->link_count, 3);
    osm_monitored_item_set_link(one, 102, 104, false);
    osm_monitored_item_remove(&all, one, item);
    assert_int_equal(one->link_count, 1);
    osm_monitored_item_set_link(one, 102, 103, false);
    assert_null(one->links);
    for (uint32_t i = 0; i <= OSM_LINKS_TRACKED; i++)
        osm_monitored_item_set_link(one, 1, i, true);
    assert_int_equal(one->link_count, OSM_LINKS_TRACKED);
    osm_subscriptions_clear(&all);
}

static void test_bounds(void **state)
{
    struct osm_subscriptions all = {0};

    assert_true(osm_monitored_items_have_room(&all, OSM_MONITORED_ITEMS_TRACKED));
    assert_false(osm_monitored_items_have_room(&all, OSM_MONITORED_ITEMS_TRACKED + 1));
    assert_false(osm_monitored_items_have_room(&all, SIZE_MAX));
    for (uint32_t i = 1; i <= OSM_SUBSCRIPTIONS_TRACKED; i++) {
        assert_false(osm_subscriptions_are_full(&all));
        add(&all, i, 500, 10);
    }
    assert_true(osm_subscriptions_are_full(&all));
    osm_subscriptions_clear(&all);
}

static void test_moving_takes_everything_along(void **state)
{
    struct osm_subscriptions from = {0}, to = {0};
    struct osm_subscription *one = add(&from, 7, 500, 10);
    struct osm_monitored_item_params params = item_params(9);

    osm_monitored_item_add(&from, one, &params, 9, 100);
    osm_subscription_move(&from, &to, one);
    assert_int_equal(from.item_count, 0);
    assert_null(from.by_id);
    assert_int_equal(to.item_count, 1);
    assert_ptr_equal(osm_subscription_find(&to, 7), one);
    assert_non_null(osm_monitored_item_find(one, 100));
    osm_subscriptions_clear(&from);
    osm_subscriptions_clear(&to);
}

/* The path as `<ns>:<name>/…`. */
static void path_is(const UA_SimpleAttributeOperand *operand, const char *expected)
{
    struct osm_buf text;

    osm_buf_init(&text);
    for (size_t i = 0; i < operand->browsePathSize; i++) {
        const UA_QualifiedName *name = &operand->browsePath[i];

        osm_buf_printf(&text, "%s%u:%.*s", i ? "/" : "", name->namespaceIndex,
                       (int)name->name.length, (const char *)name->name.data);
    }
    assert_string_equal(osm_buf_text(&text), expected);
    osm_buf_deinit(&text);
}

static void test_event_fields_are_paths(void **state)
{
    static const char *const fields[][2] = {
        {"Message", "0:Message"},
        {"ActiveState/Id", "0:ActiveState/0:Id"},
        {"2:Tank/3:Level", "2:Tank/3:Level"},
        {"2:Tank/Id", "2:Tank/0:Id"},
        {"65535:x", "65535:x"},
        {"65536:x", "0:65536:x"},
        {"2:", "2:"},
        {":x", "0::x"},
        {"x:y", "0:x:y"},
        {"12", "0:12"},
        {"", "0:"},
    };
    UA_String texts[OSM_ARRAY_SIZE(fields)];
    struct osm_arena arena;
    UA_EventFilter *filter;

    osm_arena_init(&arena);
    for (size_t i = 0; i < OSM_ARRAY_SIZE(fields); i++)
        texts[i] = UA_STRING((char *)(uintptr_t)fields[i][0]);
    filter = osm_event_filter_make(texts, OSM_ARRAY_SIZE(fields), &arena);
    assert_int_equal(filter->selectClausesSize, OSM_ARRAY_SIZE(fields));
    for (size_t i = 0; i < OSM_ARRAY_SIZE(fields); i++) {
        const UA_SimpleAttributeOperand *operand = &filter->selectClauses[i];

        assert_int_equal(operand->typeDefinitionId.identifier.numeric, UA_NS0ID_BASEEVENTTYPE);
        assert_int_equal(operand->attributeId, UA_ATTRIBUTEID_VALUE);
        path_is(operand, fields[i][1]);
    }
    assert_int_equal(osm_event_filter_make(NULL, 0, &arena)->selectClausesSize, 0);
    osm_arena_deinit(&arena);
}

static void test_requests_say_what_was_asked(void **state)
{
    struct osm_monitored_item_params params = item_params(5);
    UA_MonitoredItemCreateRequest request;
    UA_EventFilter filter = {0};
    struct osm_arena arena;

    osm_arena_init(&arena);
    params.mode = UA_MONITORINGMODE_SAMPLING;
    params.sampling_interval = 125;
    params.discard_oldest = true;
    osm_monitored_item_create_request(&params, 90, &arena, &request);
    assert_int_equal(request.monitoringMode, UA_MONITORINGMODE_SAMPLING);
    assert_int_equal(request.requestedParameters.clientHandle, 90);
    assert_true(request.requestedParameters.samplingInterval == 125);
    assert_int_equal(request.requestedParameters.filter.encoding,
                     UA_EXTENSIONOBJECT_ENCODED_NOBODY);
    params.event = &filter;
    osm_monitored_item_create_request(&params, 90, &arena, &request);
    assert_ptr_equal(request.requestedParameters.filter.content.decoded.type,
                     &UA_TYPES[UA_TYPES_EVENTFILTER]);
    osm_arena_deinit(&arena);
}

static void test_notifications_in_order(void **state)
{
    struct osm_subscriptions all = {0};
    struct osm_subscription *one = add(&all, 7, 500, 10);
    struct osm_monitored_item_params params = item_params(0);
    UA_MonitoredItemNotification changes[2] = {{.clientHandle = 90}, {.clientHandle = 91}};
    UA_Variant fields[2] = {{0}};
    UA_EventFieldList event = {.clientHandle = 90, .eventFieldsSize = 2, .eventFields = fields};
    UA_EventFilter filter;
    UA_DataChangeNotification data = {.monitoredItemsSize = 2, .monitoredItems = changes};
    UA_EventNotificationList events;
    UA_StatusChangeNotification status;
    UA_ExtensionObject parts[4];
    UA_NotificationMessage message = {.notificationDataSize = 4, .notificationData = parts};
    struct osm_notification *list, *renamed;
    struct osm_notification_names names;
    struct osm_arena arena;
    size_t size;

    osm_arena_init(&arena);
    UA_EventNotificationList_init(&events);
    events.eventsSize = 1;
    events.events = &event;
    UA_StatusChangeNotification_init(&status);
    status.status = UA_STATUSCODE_BADTIMEOUT;
    UA_EventFilter_init(&filter);
    params.event = &filter;
    params.selected = 1;
    osm_monitored_item_add(&all, one, &params, 90, 100);
    UA_ExtensionObject_setValueNoDelete(&parts[0], &events,
                                        &UA_TYPES[UA_TYPES_EVENTNOTIFICATIONLIST]);
    UA_ExtensionObject_setValueNoDelete(&parts[1], &status,
                                        &UA_TYPES[UA_TYPES_STATUSCHANGENOTIFICATION]);
    UA_ExtensionObject_setValueNoDelete(&parts[2], &data,
                                        &UA_TYPES[UA_TYPES_DATACHANGENOTIFICATION]);
    UA_ExtensionObject_init(&parts[3]);
    list = osm_notifications_read(one, &message, &arena, &size);
    assert_int_equal(size, 3);
    assert_int_equal(list[0].kind, OSM_NOTIFICATION_EVENT);
    assert_int_equal(list[0].client_handle, 0);
    assert_int_equal(list[1].kind, OSM_NOTIFICATION_DATA_CHANGE);
    assert_int_equal(list[1].client_handle, 0);
    assert_int_equal(list[2].client_handle, 91);
    renamed = osm_notifications_read(NULL, &message, &arena, &size);
    assert_int_equal(renamed[1].client_handle, 90);
    names = osm_notification_names(one, &arena);
    osm_notifications_rename(&names, renamed, size);
    for (size_t i = 0; i < size; i++) {
        assert_int_equal(renamed[i].client_handle, list[i].client_handle);
        assert_int_equal(renamed[i].event_fields_size, list[i].event_fields_size);
    }
    assert_int_equal(renamed[0].event_fields_size, 1); /* of two, one was asked for by us */
    osm_arena_deinit(&arena);
    osm_subscriptions_clear(&all);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ids_stay_what_they_are),
        cmocka_unit_test(test_an_id_in_use_is_not_given_again),
        cmocka_unit_test(test_a_server_id_given_twice_replaces),
        cmocka_unit_test(test_the_longest_silence),
        cmocka_unit_test(test_handles_are_unique),
        cmocka_unit_test(test_items_own_what_was_asked),
        cmocka_unit_test(test_an_item_id_in_use_is_not_given_again),
        cmocka_unit_test(test_links_end_with_their_items),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_moving_takes_everything_along),
        cmocka_unit_test(test_event_fields_are_paths),
        cmocka_unit_test(test_requests_say_what_was_asked),
        cmocka_unit_test(test_notifications_in_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
