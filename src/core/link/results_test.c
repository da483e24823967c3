/* SPDX-License-Identifier: MIT */
/* One result for each entry, of every service that promises it. */
#include "core/link/results.h"

#include <string.h>

#include <open62541/types_generated_handling.h>

#include "port/service.h"
#include "testing/testing_wire.h"
#include "util/arena.h"
#include "util/macros.h"

static const struct osm_ua_service *const counted[] = {&osm_service_read,
                                                       &osm_service_write,
                                                       &osm_service_browse,
                                                       &osm_service_browse_next,
                                                       &osm_service_call,
                                                       &osm_service_translate_browse_paths,
                                                       &osm_service_history_read,
                                                       &osm_service_history_update,
                                                       &osm_service_add_nodes,
                                                       &osm_service_delete_nodes,
                                                       &osm_service_add_references,
                                                       &osm_service_delete_references,
                                                       &osm_service_delete_subscriptions,
                                                       &osm_service_transfer_subscriptions,
                                                       &osm_service_create_monitored_items,
                                                       &osm_service_modify_monitored_items,
                                                       &osm_service_delete_monitored_items,
                                                       &osm_service_set_triggering};

static void set_size(void *message, size_t offset, size_t size)
{
    memcpy((char *)message + offset, &size, sizeof(size));
}

/* Only sizes are looked at, so no list has to be there. */
static bool fits(const struct osm_ua_service *service, size_t list, size_t asked, size_t size,
                 const char *expected)
{
    union {
        char bytes[1024];
        void *aligned;
    } request = {{0}}, response = {{0}};
    struct osm_fault fault = {0};
    struct osm_results results;
    struct osm_arena arena;
    bool good;

    assert_true(service->request->memSize <= sizeof(request));
    set_size(&request, service->lists[list].asked, asked);
    set_size(&response, service->lists[list].answered, size);
    results = osm_results_of(service, &request);
    osm_arena_init(&arena);
    good = osm_results_check(&results, &response, &arena, &fault);
    assert_int_equal(good, !osm_fault_is_set(&fault));
    if (expected) {
        assert_int_equal(fault.type, OSM_FAULT_SERVICE);
        assert_string_equal(fault.message, expected);
    }
    osm_arena_deinit(&arena);
    return good;
}

static void test_every_service(void **state)
{
    for (size_t i = 0; i < OSM_ARRAY_SIZE(counted); i++) {
        assert_int_not_equal(counted[i]->lists[0].asked, 0);
        assert_true(fits(counted[i], 0, 0, 0, NULL));
        assert_true(fits(counted[i], 0, 3, 3, NULL));
        assert_false(fits(counted[i], 0, 3, 2, NULL));
        assert_false(fits(counted[i], 0, 3, 4, NULL));
        assert_false(fits(counted[i], 0, 1, 0, NULL));
        assert_false(fits(counted[i], 0, 0, 1, NULL));
    }
    assert_false(fits(&osm_service_set_triggering, 1, 3, 2, NULL));
    assert_true(fits(&osm_service_set_triggering, 1, 3, 3, NULL));
}

static void test_words(void **state)
{
    (void)fits(&osm_service_write, 0, 3, 1, "The server answered Write with 1 results for 3");
    (void)fits(&osm_service_read, 0, 1, 2, "The server answered Read with 2 results for 1");
}

static void test_others_are_not_counted(void **state)
{
    const struct osm_results none = {0};
    UA_PublishResponse response;

    UA_PublishResponse_init(&response);
    response.resultsSize = 7; /* acknowledgements: nobody waits for them */
    assert_true(osm_results_check(&none, &response, NULL, NULL));
    assert_int_equal(osm_service_publish.lists[0].asked, 0);
    assert_int_equal(osm_service_create_subscription.lists[0].asked, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_service),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_others_are_not_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
