/* SPDX-License-Identifier: MIT */
/* See testing_auto.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "testing/testing_auto.h"

#include <utlist.h>

#include "serve/request/config.h"
#include "util/alloc.h"

int test_auto_setup(void **state)
{
    struct test_auto *site = osm_alloc(sizeof(*site));

    site->world = test_world_new();
    site->world->server.serve = test_plant_serve;
    site->world->server.serve_context = &site->plant;
    site->connect = osm_auto_connect_new(site->world->manager);
    *state = site;
    return 0;
}

int test_auto_teardown(void **state)
{
    struct test_auto *site = *state;

    osm_auto_connect_stop(site->connect);
    site->world->manager = osm_manager_free(site->world->manager);
    site->connect = osm_auto_connect_free(site->connect);
    test_world_free(site->world);
    free(site);
    return 0;
}

/* --- what is wanted ------------------------------------------------------------------------ */

struct osm_desired_connection *test_want(struct osm_desired *wanted, const char *label,
                                         const char *config, size_t subscriptions)
{
    struct osm_desired_connection *one;
    struct osm_fault fault = {0};
    yyjson_doc *doc;

    if (!wanted->connections)
        wanted->connections = osm_arena_array(&wanted->arena, 200, sizeof(*one));
    one = &wanted->connections[wanted->size++];
    one->label = osm_arena_text(&wanted->arena, label, strlen(label));
    one->endpoint = TEST_PLANT_URL;
    doc = yyjson_read(config, strlen(config), 0);
    assert_true(osm_config_parse(&one->config, yyjson_doc_get_root(doc), &wanted->arena, &fault));
    yyjson_doc_free(doc);
    one->subscriptions_size = subscriptions;
    one->subscriptions =
        osm_arena_array(&wanted->arena, subscriptions, sizeof(*one->subscriptions));
    for (size_t i = 0; i < subscriptions; i++) {
        one->subscriptions[i].params =
            (struct osm_subscription_params){.publishing_interval = 500.0,
                                             .lifetime_count = 2400,
                                             .keep_alive_count = 10,
                                             .publishing_enabled = true};
        one->subscriptions[i].items =
            osm_arena_array(&wanted->arena, 3000, sizeof(*one->subscriptions->items));
    }
    return one;
}

struct osm_desired_item *test_want_item(struct osm_desired *wanted,
                                        struct osm_desired_subscription *subscription,
                                        unsigned node)
{
    struct osm_desired_item *item = &subscription->items[subscription->items_size++];

    item->node = osm_arena_printf(&wanted->arena, "ns=1;i=%u", node);
    item->params = (struct osm_monitored_item_params){.node_id = UA_NODEID_NUMERIC(1, node),
                                                      .attribute_id = UA_ATTRIBUTEID_VALUE,
                                                      .mode = UA_MONITORINGMODE_REPORTING,
                                                      .sampling_interval = 250.0,
                                                      .queue_size = 1,
                                                      .client_handle = node};
    return item;
}

struct osm_desired *test_usual(unsigned items)
{
    struct osm_desired *wanted = osm_desired_new();
    struct osm_desired_connection *one = test_want(wanted, "plant", "{}", 1);

    for (unsigned i = 1; i <= items; i++)
        (void)test_want_item(wanted, &one->subscriptions[0], i);
    return wanted;
}

void test_apply(struct test_auto *site, struct osm_desired *wanted)
{
    osm_auto_connect_apply(site->connect, wanted);
    test_turn(site->world);
}

/* --- what is ------------------------------------------------------------------------------- */

const struct osm_auto_entry *test_entry(const struct test_auto *site)
{
    return site->connect->entries;
}

struct osm_session *test_entry_session(const struct test_auto *site)
{
    return osm_registry_get(site->world->manager, test_entry(site)->session_id,
                            OSM_SESSION_ID_LENGTH);
}

void test_entry_is(const struct test_auto *site, const char *state)
{
    assert_string_equal(osm_auto_state_name(osm_auto_entry_state(test_entry(site))), state);
}

void test_auto_did(struct test_auto *site, const char *expected)
{
    struct test_plant *plant = &site->plant;
    size_t kept = 0;

    for (size_t i = 0; i < plant->log_size; i++)
        if (strcmp(plant->log[i], "Publish") != 0 && strcmp(plant->log[i], "Republish") != 0)
            plant->log[kept++] = plant->log[i];
    plant->log_size = kept;
    test_plant_log_is(plant, expected);
}

struct osm_ua_call *test_held(struct test_auto *site, const struct osm_ua_service *service)
{
    struct osm_ua_call *call;

    DL_FOREACH (site->world->server.calls, call)
        if (call->service == service && !call->over)
            break;
    assert_non_null(call);
    return call;
}
