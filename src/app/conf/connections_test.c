/* SPDX-License-Identifier: MIT */
/* Connections from files: defaults, every key, every mistake with its line. */
#include "app/conf/connections.h"
#include "core/subscription/event_filter.h"
#include "testing/testing_settings.h"
#include "wire/text/node_id.h"

static struct osm_desired *read_as(struct test_file *file, const char *text, bool good)
{
    struct osm_desired *wanted = osm_desired_new();
    const struct osm_node *root = test_read(file, text);

    assert_non_null(root);
    assert_int_equal(osm_connections_read(wanted, "f", root, &file->faults), good);
    return wanted;
}

static void refused(struct test_file *file, const char *text, const char *findings)
{
    struct osm_desired *wanted = read_as(file, text, false);

    test_findings(file, findings);
    assert_int_equal(wanted->size, 0);
    osm_desired_free(wanted);
}

static void test_defaults(void **state)
{
    struct osm_desired *wanted = read_as(*state,
                                         "plant:\n"
                                         "  endpoint: opc.tcp://h\n"
                                         "  subscriptions:\n"
                                         "    - monitored_items: [{node_id: i=1}]\n"
                                         "      event_monitored_items: [{node_id: i=2}]\n",
                                         true);
    const struct osm_desired_connection *one = wanted->connections;
    const struct osm_desired_subscription *subscription = one->subscriptions;
    const struct osm_desired_item *item = subscription->items;

    assert_int_equal(wanted->size, 1);
    assert_string_equal(one->label, "plant");
    assert_string_equal(one->endpoint, "opc.tcp://h");
    assert_int_equal(one->config.set, 0);
    assert_int_equal(one->line, 1);
    assert_int_equal(one->subscriptions_size, 1);
    assert_true(subscription->params.publishing_interval == 500.0);
    assert_int_equal(subscription->params.lifetime_count, 2400);
    assert_int_equal(subscription->params.keep_alive_count, 10);
    assert_int_equal(subscription->params.max_notifications, 0);
    assert_int_equal(subscription->params.priority, 0);
    assert_int_equal(subscription->items_size, 2);
    assert_string_equal(item->node, "i=1");
    assert_null(item->params.event);
    assert_int_equal(item->params.attribute_id, 13);
    assert_true(item->params.sampling_interval == 250.0);
    assert_int_equal(item->params.queue_size, 1);
    assert_int_equal(item->params.client_handle, 0);
    assert_non_null(item[1].params.event);
    assert_int_equal(item[1].params.client_handle, 1);
    assert_int_equal(item[1].params.selected, OSM_EVENT_FILTER_FIELDS);
    assert_int_equal(item[1].params.event->whereClause.elementsSize, 0);
    assert_int_equal(item[1].params.queue_size, 1000);
    assert_false(item[1].params.refresh);
    osm_desired_free(wanted);
}

static void test_every_key(void **state)
{
    struct osm_desired *wanted = read_as(
        *state,
        "{\"a\":{\"endpoint\":\"opc.tcp://h:1\",\"config\":{\"opcuaTimeout\":2.5,\"autoRetry\":3,"
        "\"username\":\"u\",\"password\":\"p\\\"q\",\"autoAccept\":true,\"batchSize\":null},"
        "\"subscriptions\":[{\"publishing_interval\":1e2,\"lifetime_count\":60,"
        "\"max_keep_alive_count\":7,\"max_notifications_per_publish\":9,\"priority\":255,"
        "\"condition_refresh\":true,"
        "\"monitored_items\":[{\"node_id\":\"ns=1;s=x\",\"attribute_id\":1,\"index_range\":\"0:3,"
        "1\","
        "\"sampling_interval\":-1,\"queue_size\":5,\"client_handle\":4294967295,"
        "\"discard_oldest\":false,\"filter\":{\"trigger\":2,\"deadband_type\":1,"
        "\"deadbandValue\":0.5}}],"
        "\"event_monitored_items\":[{\"node_id\":\"/Objects/2:Line\","
        "\"select_fields\":[\"Time\",\"ActiveState/Id\"],"
        "\"where\":{\"severity\":500,\"ofType\":\"i=2915\"},"
        "\"client_handle\":8,\"queue_size\":6}]}]}}",
        true);
    const struct osm_config *config = &wanted->connections->config;
    const struct osm_desired_subscription *subscription = wanted->connections->subscriptions;
    const struct osm_desired_item *item = subscription->items;

    assert_true(osm_config_timeout(config) == 2.5);
    assert_int_equal(osm_config_int(config, OSM_CONFIG_autoRetry, 0), 3);
    assert_string_equal(osm_config_text(config, OSM_CONFIG_username), "u");
    assert_string_equal(osm_config_text(config, OSM_CONFIG_password), "p\"q");
    assert_true(osm_config_bool(config, OSM_CONFIG_autoAccept, false));
    assert_false(osm_config_has(config, OSM_CONFIG_batchSize)); /* null is absent */
    assert_true(subscription->params.publishing_interval == 100.0);
    assert_int_equal(subscription->params.lifetime_count, 60);
    assert_int_equal(subscription->params.keep_alive_count, 7);
    assert_int_equal(subscription->params.max_notifications, 9);
    assert_int_equal(subscription->params.priority, 255);
    assert_int_equal(item->params.attribute_id, 1);
    assert_int_equal(item->params.index_range.length, 5);
    assert_memory_equal(item->params.index_range.data, "0:3,1", 5);
    assert_true(item->params.sampling_interval == -1.0);
    assert_int_equal(item->params.queue_size, 5);
    assert_true(item->params.client_handle == UINT32_MAX);
    assert_false(item->params.discard_oldest);
    assert_true(item->params.filtered && !item[1].params.filtered);
    assert_int_equal(item->params.filter.trigger, UA_DATACHANGETRIGGER_STATUSVALUETIMESTAMP);
    assert_int_equal(item->params.filter.deadbandType, UA_DEADBANDTYPE_ABSOLUTE);
    assert_true(item->params.filter.deadbandValue == 0.5);
    assert_false(item->params.refresh);
    assert_string_equal(item[1].node, "/Objects/2:Line");
    assert_int_equal(item[1].params.selected, 2);
    assert_int_equal(item[1].params.event->selectClausesSize, 4); /* and ours */
    assert_int_equal(item[1].params.event->whereClause.elementsSize, 3);
    assert_int_equal(item[1].params.path.length, strlen("/Objects/2:Line"));
    assert_true(osm_event_filter_is(&item[1].params.event->selectClauses[1], "ActiveState/Id"));
    assert_true(item[1].params.refresh);
    assert_int_equal(item[1].params.queue_size, 6);
    osm_desired_free(wanted);
}

static void test_surrogate_pairs(void **state)
{
    struct osm_desired *wanted =
        read_as(*state, "{\"a\\ud83d\\ude00\": {\"endpoint\": \"opc.tcp://h\"}}", true);

    assert_string_equal(wanted->connections->label, "a\xF0\x9F\x98\x80");
    osm_desired_free(wanted);
}

static void test_nodes_by_uri(void **state)
{
    struct osm_desired *wanted =
        read_as(*state,
                "a: {endpoint: opc.tcp://h, subscriptions: [{\n"
                " monitored_items: [{node_id: \"nsu=urn:a%3Bb;s=x\"}, {node_id: i=1}],\n"
                " event_monitored_items: [{node_id: \"nsu=http://x/y;i=2\"},"
                "{node_id: \"nsu=http://x/y;Line/Tag\"}]}]}",
                true);
    const struct osm_desired_item *item = wanted->connections->subscriptions->items;

    assert_int_equal(item[0].params.namespace_uri.length, 7);
    assert_memory_equal(item[0].params.namespace_uri.data, "urn:a;b", 7);
    assert_int_equal(item[0].params.node_id.namespaceIndex, 0);
    assert_int_equal(item[1].params.namespace_uri.length, 0);
    assert_int_equal(item[2].params.namespace_uri.length, 10);
    assert_int_equal(item[2].params.node_id.identifier.numeric, 2);
    assert_int_equal(item[3].params.namespace_uri.length, 0);
    assert_int_equal(item[3].params.path.length, strlen("nsu=http://x/y;Line/Tag"));
    osm_desired_free(wanted);
}

/* Until there is a server they are kept as they are written. */
static void test_filters_by_uri(void **state)
{
    struct osm_desired *wanted =
        read_as(*state,
                "a: {endpoint: opc.tcp://h, subscriptions: [{event_monitored_items: [{\n"
                " node_id: i=2253, select_fields: [\"nsu=urn:a;i=5/nsu=urn:b;Level\"],\n"
                " where: {ofType: \"nsu=urn:a;i=5\"}}]}]}",
                true);
    UA_EventFilter *filter = wanted->connections->subscriptions->items[0].params.event;
    const UA_LiteralOperand *literal =
        filter->whereClause.elements[0].filterOperands[0].content.decoded.data;

    assert_true(osm_event_filter_is_by_uri(filter));
    assert_true(osm_node_id_is_deferred(literal->value.data));
    assert_true(osm_node_id_is_deferred(&filter->selectClauses[0].typeDefinitionId));
    osm_desired_free(wanted);
}

static void test_unknown_keys_are_warnings(void **state)
{
    struct osm_desired *wanted =
        read_as(*state,
                "a: {endpoint: opc.tcp://h, tpyo: 1,\n config: {user: x},\n"
                " subscriptions: [{interval: 5, monitored_items: [{node_id: i=1, mode: 2}]}]}",
                true);

    test_findings((struct test_file *)*state,
                  "f:1: WARNING: unknown key \"tpyo\" of a connection is ignored\n"
                  "f:2: WARNING: unknown key \"user\" of config is ignored\n"
                  "f:3: WARNING: unknown key \"interval\" of a subscription is ignored\n"
                  "f:3: WARNING: unknown key \"mode\" of a monitored item is ignored\n");
    assert_int_equal(wanted->size, 1);
    osm_desired_free(wanted);
}

/* The scheme is a matter of the file; what the rest may be, url_test.c says. */
static void test_schemes(void **state)
{
    struct osm_desired *wanted =
        read_as(*state, "{a: {endpoint: \"OPC.tcp://h\"}, b: {endpoint: \"h:1\"}}", true);

    assert_int_equal(wanted->size, 2);
    osm_desired_free(wanted);
}

static const struct {
    const char *text, *findings;
} mistakes[] = {
    {"a:", "f:1: connection: must be a map, not nothing\n"},
    {"[a]", "f:1: connections: must be a map of labels, not a list\n"},
    {"a: {}", "f:1: connection: endpoint is missing\n"},
    {"a:\n  endpoint: opc.tcp://h\n  subscriptions:\n  - monitored_items:\n    - node_id: i=1\n"
     "      index_range: \"3:1\"\n",
     "f:6: index_range must be an index range: n, or n:m with n < m, for each dimension, "
     "separated by commas\n"},
    {"a: {endpoint: [x]}", "f:1: endpoint: must be a text, not a list\n"},
    {"a:\n  endpoint: bare", "f:2: endpoint: no URL such as opc.tcp://host:4840: bare\n"},
    {"a:\n  endpoint: http://x\nb:\n  endpoint: opc.wss://x:1",
     "f:2: endpoint: no URL such as opc.tcp://host:4840: http://x\n"
     "f:4: endpoint: no URL such as opc.tcp://host:4840: opc.wss://x:1\n"},
    {"a: {endpoint: opc.tcp://h, config: [1]}", "f:1: config: must be a map, not a list\n"},
    {"a: {endpoint: opc.tcp://h, config: {opcuaTimeout: soon}}",
     "f:1: config: opcuaTimeout: must be a number, not a text\n"},
    {"a: {endpoint: opc.tcp://h, config: {autoRetry: 1.5}}",
     "f:1: config: autoRetry: must be a whole number, not a number\n"},
    {"a: {endpoint: opc.tcp://h, config: {autoAccept: 1}}",
     "f:1: config: autoAccept: must be true or false, not a number\n"},
    {"a: {endpoint: opc.tcp://h, config: {username: \"a\\0b\"}}",
     "f:1: username: must not contain a NUL character\n"},
    {"a: {endpoint: opc.tcp://h, config: {securityMode: 4}}",
     "f:1: config: 4 is not a valid backing value for enum "
     "PhpOpcua\\Client\\Security\\SecurityMode\n"},
    {"a: {endpoint: opc.tcp://h, subscriptions: {x: 1}}",
     "f:1: subscriptions: must be a list, not a map\n"},
    {"a: {endpoint: opc.tcp://h, subscriptions: [x]}",
     "f:1: subscription: must be a map, not a text\n"},
    {"a: {endpoint: opc.tcp://h, subscriptions: [{priority: 256}]}",
     "f:1: priority: must be a whole number from 0 to 255, not 256\n"},
    {"a: {endpoint: opc.tcp://h, subscriptions: [{lifetime_count: -1}]}",
     "f:1: lifetime_count: must be a whole number from 0 to 4294967295, not -1\n"},
    {"a: {endpoint: opc.tcp://h, subscriptions: [{publishing_interval: .nan}]}",
     "f:1: publishing_interval: must be a number, not a number\n"},
    {"a: {endpoint: opc.tcp://h, subscriptions: [{monitored_items: [{}]}]}",
     "f:1: monitored item: node_id is missing\n"},
    {"a: {endpoint: opc.tcp://h, subscriptions: [{monitored_items: [{node_id: /x}]}]}",
     "f:1: node_id: Invalid NodeId format: /x\n"},
    {"a: {endpoint: opc.tcp://h, subscriptions: [{monitored_items: [{node_id: "
     "\"nsu=urn:a\"}]}]}",
     "f:1: node_id: Invalid NodeId format: nsu=urn:a\n"},
    {"a: {endpoint: opc.tcp://h, subscriptions: [{event_monitored_items: "
     "[{node_id: \"svr=1;nsu=http://x/;i=1\"}]}]}",
     "f:1: node_id: NodeId of another server (svr=): svr=1;nsu=http://x/;i=1; a session asks "
     "its "
     "own server only\n"},
    {"a: {endpoint: opc.tcp://h, subscriptions: [{event_monitored_items: "
     "[{node_id: \"nsu=http://x/;i=x\"}]}]}",
     "f:1: node_id: Invalid NodeId format: nsu=http://x/;i=x\n"},
    {"a: {endpoint: opc.tcp://h, subscriptions: [{event_monitored_items: "
     "[{node_id: i=1, select_fields: []}]}]}",
     "f:1: select_fields: names no field\n"},
    {"a: {endpoint: opc.tcp://h, subscriptions: [{event_monitored_items: "
     "[{node_id: i=1, select_fields: [Time, '']}]}]}",
     "f:1: select_fields: a field without a name\n"},
    {"a: {endpoint: opc.tcp://h, subscriptions: [{event_monitored_items: "
     "[{node_id: i=1, condition_refresh: 1}]}]}",
     "f:1: condition_refresh: must be true or false, not a number\n"},
    {"a: {endpoint: opc.tcp://h, subscriptions: [{event_monitored_items:\n"
     "[{node_id: i=1, select_fields: [A, {path: 5}]}]}]}",
     "f:2: event_monitored_items: select_fields.path must be a path or a list of names\n"},
    {"a: {endpoint: opc.tcp://h, subscriptions: [{event_monitored_items:\n"
     "[{node_id: i=1, where: {Or: [{severity: 1}, {Equals: [Severity]}]}}]}]}",
     "f:2: event_monitored_items: where.Or[1].Equals must be a list of 2\n"},
    {"a: {endpoint: opc.tcp://h, subscriptions: [{event_monitored_items:\n"
     "[{node_id: i=1, where: {ofType: \"nsu=urn:a;x=5\"}}]}]}",
     "f:2: Unknown NodeId type identifier: x\n"},
    {"a: {endpoint: opc.tcp://h, subscriptions: [{monitored_items: "
     "[{node_id: i=1, filter: {trigger: 3}}]}]}",
     "f:1: trigger: must be a whole number from 0 to 2, not 3\n"},
};

static void test_mistakes(void **state)
{
    for (size_t i = 0; i < OSM_ARRAY_SIZE(mistakes); i++)
        refused(*state, mistakes[i].text, mistakes[i].findings);
}

/* All of them, not only the first; and the good ones are not lost. */
static void test_one_look_finds_all(void **state)
{
    struct osm_desired *wanted =
        read_as(*state, "a: {endpoint: x}\nb: {endpoint: opc.tcp://h}\nc: 5\n", false);

    test_findings((struct test_file *)*state,
                  "f:1: endpoint: no URL such as opc.tcp://host:4840: x\n"
                  "f:3: connection: must be a map, not a number\n");
    assert_int_equal(wanted->size, 1);
    assert_string_equal(wanted->connections->label, "b");
    osm_desired_free(wanted);
}

/* The tree reports the key; what stood there first must neither win nor leak, whatever follows. */
static void test_a_repeated_key_of_config(void **state)
{
    static const char finding[] = "f:1: key \"password\" was given before, in line 1\n";
    struct osm_desired *wanted =
        read_as(*state, "a: {endpoint: opc.tcp://h, config: {password: a, password: b}}", true);

    test_findings((struct test_file *)*state, finding);
    assert_string_equal(osm_config_text(&wanted->connections->config, OSM_CONFIG_password), "b");
    osm_desired_free(wanted);
    wanted =
        read_as(*state, "a: {endpoint: opc.tcp://h, config: {password: a, password: []}}", false);
    assert_int_equal(wanted->size, 0);
    osm_desired_free(wanted);
}

static void test_two_files(void **state)
{
    struct test_file *file = *state;
    struct osm_desired *wanted = read_as(file, "a: {endpoint: opc.tcp://h}", true);
    const struct osm_node *second;

    second = test_read(file, "b: {endpoint: opc.tcp://i}\na: {endpoint: opc.tcp://j}");
    assert_false(osm_connections_read(wanted, "g", second, &file->faults));
    test_findings(file, "g:2: connection \"a\" is also in f, line 1\n");
    assert_int_equal(wanted->size, 2);
    assert_string_equal(wanted->connections[0].endpoint, "opc.tcp://h");
    assert_string_equal(wanted->connections[1].label, "b");
    osm_desired_free(wanted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_with_file(test_defaults),           test_with_file(test_every_key),
        test_with_file(test_nodes_by_uri),       test_with_file(test_surrogate_pairs),
        test_with_file(test_filters_by_uri),     test_with_file(test_unknown_keys_are_warnings),
        test_with_file(test_mistakes),           test_with_file(test_schemes),
        test_with_file(test_one_look_finds_all), test_with_file(test_a_repeated_key_of_config),
        test_with_file(test_two_files),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
