/* SPDX-License-Identifier: MIT */
/* Items whose namespaces get other numbers. */
#include "testing/testing.h"

#include "core/subscription/event_filter.h"
#include "core/subscription/subscription.h"
#include "wire/text/node_id.h"

static const UA_String before[] = {UA_STRING_STATIC("ua"), UA_STRING_STATIC("urn:a"),
                                   UA_STRING_STATIC("urn:b"), UA_STRING_STATIC("urn:c")};

static const struct osm_monitored_item *watch(struct osm_subscriptions *all,
                                              const struct osm_monitored_item_params *params)
{
    static const struct osm_subscription_params asked = {.publishing_interval = 500};
    struct osm_subscription *subscription = osm_subscription_find(all, 7);
    UA_CreateSubscriptionResponse created;

    UA_CreateSubscriptionResponse_init(&created);
    created.subscriptionId = 7;
    if (!subscription)
        subscription = osm_subscription_add(all, &asked, &created);
    return osm_monitored_item_add(all, subscription, params, subscription->item_count + 1,
                                  subscription->item_count + 1);
}

/* The node a path has led to goes with it; of a namespace that is no more it is forgotten. */
static void test_nodes_found_by_paths(void **state)
{
    const UA_String after[] = {before[0], before[1], before[3]};
    struct osm_monitored_item_params params = {.path = UA_STRING_STATIC("3:Tank")};
    struct osm_subscriptions all = {0};
    const struct osm_monitored_item *items[2];

    (void)state;
    for (UA_UInt16 i = 0; i < 2; i++) {
        params.node_id = UA_NODEID_NUMERIC((UA_UInt16)(3 - i), 7);
        items[i] = watch(&all, &params);
    }
    osm_subscriptions_renumber(&all, before, 4, after, 3);
    assert_int_equal(items[0]->params.path.data[0], '2');
    assert_int_equal(items[0]->params.node_id.namespaceIndex, 2);
    assert_true(UA_NodeId_isNull(&items[1]->params.node_id));
    assert_int_equal(items[1]->absent_namespace.length, 0);
    osm_subscriptions_clear(&all);
}

static void test_paths_of_event_fields(void **state)
{
    static const char *const expected[] = {"12:Tank/2:Level", "Message",   "1:Own/Id",
                                           "77:Far",          "2x:y/12:z", ""};
    char texts[][16] = {"2:Tank/3:Level", "Message", "1:Own/0:Id", "77:Far", "2x:y/2:z", ""};
    UA_String after[13] = {UA_STRING_STATIC("ua"), UA_STRING_STATIC("urn:x")};
    UA_String fields[OSM_ARRAY_SIZE(texts)];
    struct osm_monitored_item_params params = {.node_id = UA_NODEID_NUMERIC(0, 2253)};
    UA_LiteralOperand literal = {.value.type = &UA_TYPES[UA_TYPES_NODEID]};
    UA_NodeId type = UA_NODEID_NUMERIC(3, 9);
    UA_ExtensionObject operand;
    UA_ContentFilterElement element = {.filterOperands = &operand, .filterOperandsSize = 1};
    struct osm_subscriptions all = {0};
    const struct osm_monitored_item *item;
    struct osm_arena arena;

    (void)state;
    osm_arena_init(&arena);
    for (size_t i = 0; i < OSM_ARRAY_SIZE(texts); i++)
        fields[i] = UA_STRING(texts[i]);
    after[2] = before[3];
    after[12] = before[2];
    params.event = osm_event_filter_make(fields, OSM_ARRAY_SIZE(texts), &arena);
    params.event->whereClause = (UA_ContentFilter){.elements = &element, .elementsSize = 1};
    literal.value.data = &type;
    UA_ExtensionObject_setValueNoDelete(&operand, &literal, &UA_TYPES[UA_TYPES_LITERALOPERAND]);
    item = watch(&all, &params);
    osm_subscriptions_renumber(&all, before, 4, after, 13);
    for (size_t i = 0; i < OSM_ARRAY_SIZE(expected); i++)
        assert_string_equal(osm_event_filter_text(&item->params.event->selectClauses[i], &arena),
                            expected[i]);
    operand = *item->params.event->whereClause.elements->filterOperands;
    literal = *(UA_LiteralOperand *)operand.content.decoded.data;
    assert_int_equal(((UA_NodeId *)literal.value.data)->namespaceIndex, 2);
    osm_subscriptions_clear(&all);
    osm_arena_deinit(&arena);
}

static void path_is(const struct osm_monitored_item *item, const char *expected)
{
    assert_int_equal(item->params.path.length, strlen(expected));
    assert_memory_equal(item->params.path.data, expected, strlen(expected));
}

/* Numbers the server had no namespace for mean what they mean; so do the standard's and its own,
 * whatever it is called. */
static void test_indexes_of_no_namespace_stay(void **state)
{
    const UA_String after[] = {before[0], UA_STRING_STATIC("urn:renamed"), before[2], before[1]};
    struct osm_monitored_item_params params = {.path = UA_STRING_STATIC("4:Far/1:Own/3:C/2:A")};
    struct osm_subscriptions all = {0};
    const struct osm_monitored_item *by_path, *item, *own;

    (void)state;
    params.node_id = UA_NODEID_NUMERIC(4, 7);
    by_path = watch(&all, &params);
    params.path = UA_STRING_NULL;
    item = watch(&all, &params);
    params.node_id = UA_NODEID_NUMERIC(1, 7);
    own = watch(&all, &params);
    osm_subscriptions_renumber(&all, before, 4, after, 4);
    path_is(by_path, "4:Far/1:Own/nsu=urn:c;C/2:A");
    assert_true(by_path->by_uri);
    assert_int_equal(by_path->params.node_id.namespaceIndex, 4);
    assert_int_equal(item->params.node_id.namespaceIndex, 4);
    assert_int_equal(item->absent_namespace.length, 0);
    assert_int_equal(own->params.node_id.namespaceIndex, 1);
    osm_subscriptions_clear(&all);
}

/* A table that is the same, or was not known, changes nothing; one that is shorter, or differs in
 * its last entry, does. */
static void test_tables_that_differ(void **state)
{
    const UA_String other[] = {before[0], before[1], before[3], before[2]};
    static const struct {
        size_t known, size;
        bool other;
        UA_UInt16 expected;
        bool absent;
    } rows[] = {
        {4, 4, false, 3, false}, {0, 4, true, 3, false}, {4, 3, false, 3, true},
        {4, 4, true, 2, false},  {4, 3, true, 2, false},
    };

    (void)state;
    for (size_t i = 0; i < OSM_ARRAY_SIZE(rows); i++) {
        struct osm_monitored_item_params params = {.node_id = UA_NODEID_NUMERIC(3, 7)};
        struct osm_subscriptions all = {0};
        const struct osm_monitored_item *item = watch(&all, &params);

        osm_subscriptions_renumber(&all, before, rows[i].known, rows[i].other ? other : before,
                                   rows[i].size);
        assert_int_equal(item->params.node_id.namespaceIndex, rows[i].expected);
        assert_int_equal(item->absent_namespace.length != 0, rows[i].absent);
        osm_subscriptions_clear(&all);
    }
}

/* Gone and come back under another number: it is what it was. */
static void test_a_namespace_that_comes_back(void **state)
{
    const UA_String without[] = {before[0], before[1], before[2]};
    const UA_String back[] = {before[0], before[1], before[2], UA_STRING_STATIC("urn:x"),
                              before[3]};
    struct osm_monitored_item_params params = {.node_id = UA_NODEID_NUMERIC(3, 7)};
    struct osm_subscriptions all = {0};
    const struct osm_monitored_item *item = watch(&all, &params);

    (void)state;
    osm_subscriptions_renumber(&all, before, 4, without, 3);
    assert_int_equal(item->absent_namespace.length, strlen("urn:c"));
    osm_subscriptions_renumber(&all, without, 3, before, 2);
    assert_int_equal(item->absent_namespace.length, strlen("urn:c"));
    osm_subscriptions_renumber(&all, before, 2, back, 5);
    assert_int_equal(item->absent_namespace.length, 0);
    assert_int_equal(item->params.node_id.namespaceIndex, 4);
    osm_subscriptions_clear(&all);
}

static struct osm_names names_of(const UA_String *uris, size_t size)
{
    return (struct osm_names){.uris = uris, .size = size, .known = true};
}

/* A condition by URI: its number is looked up at each connect, and given up with the namespace. */
static void test_conditions_by_uri(void **state)
{
    const UA_String after[] = {before[0], before[1], before[3]};
    char text[] = "nsu=urn:b;i=9";
    UA_NodeId type = UA_NODEID_STRING(0, text);
    UA_LiteralOperand literal = {.value = {.type = &UA_TYPES[UA_TYPES_NODEID], .data = &type}};
    UA_ExtensionObject operand;
    UA_ContentFilterElement element = {.filterOperands = &operand, .filterOperandsSize = 1};
    struct osm_monitored_item_params params = {.node_id = UA_NODEID_NUMERIC(0, 2253)};
    struct osm_names all_four = names_of(before, 4), three = names_of(after, 3);
    struct osm_subscriptions all = {0};
    struct osm_fault fault = {0};
    struct osm_monitored_item *item;
    const UA_NodeId *id;
    struct osm_arena arena;

    osm_arena_init(&arena);
    params.event = osm_event_filter_make(NULL, 0, &arena);
    params.event->whereClause = (UA_ContentFilter){.elements = &element, .elementsSize = 1};
    UA_ExtensionObject_setValueNoDelete(&operand, &literal, &UA_TYPES[UA_TYPES_LITERALOPERAND]);
    (void)watch(&all, &params);
    item = osm_subscription_find(&all, 7)->items;
    item->by_uri = osm_event_filter_is_by_uri(item->params.event); /* as a wish */
    assert_true(item->by_uri);
    operand = *item->params.event->whereClause.elements->filterOperands;
    id = ((UA_LiteralOperand *)operand.content.decoded.data)->value.data;
    assert_true(osm_subscription_number_item(item, &three, &arena, &fault));
    assert_true(item->by_uri); /* the server has not got it: the item does without */
    assert_string_equal(osm_node_id_text(&arena, id), "s=nsu=urn:b;i=9");
    assert_true(osm_subscription_number_item(item, &all_four, &arena, &fault));
    assert_false(item->by_uri);
    assert_string_equal(osm_node_id_text(&arena, id), "ns=2;i=9");
    osm_subscriptions_renumber(&all, before, 4, after, 3);
    assert_true(item->by_uri);
    assert_string_equal(osm_node_id_text(&arena, id), "s=nsu=urn:b;i=9");
    osm_subscriptions_clear(&all);
    osm_arena_deinit(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nodes_found_by_paths),
        cmocka_unit_test(test_paths_of_event_fields),
        cmocka_unit_test(test_indexes_of_no_namespace_stay),
        cmocka_unit_test(test_tables_that_differ),
        cmocka_unit_test(test_a_namespace_that_comes_back),
        cmocka_unit_test(test_conditions_by_uri),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
