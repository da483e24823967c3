/* SPDX-License-Identifier: MIT */
/* Recent values (extensions.md §4): whose, how old, how large, and when they are worth keeping. */
#include "core/cache/value_cache.h"

#include <open62541/types_generated_handling.h>

#include "testing/testing_loop.h"
#include "util/digest.h"

#define LARGEST ((size_t)1024 * 1024)
#define IDLE ((osm_msec)600000) /* ten minutes */

struct fixture {
    struct test_loop loop;
    struct osm_arena arena;
    struct osm_identities *identities;
    struct osm_identity *identity;
    struct osm_cache_scope scope;
    struct osm_value_cache *recent;
};

static const uint8_t numbering[OSM_SHA1_BYTES];
static const UA_ReadValueId tank = {.nodeId = {.identifier.numeric = 1},
                                    .attributeId = UA_ATTRIBUTEID_VALUE};
static const UA_ReadValueId other = {.nodeId = {.identifier.numeric = 2},
                                     .attributeId = UA_ATTRIBUTEID_VALUE};

static int setup(void **state)
{
    struct fixture *fixture = osm_alloc(sizeof(*fixture));
    const struct osm_identity_texts texts = {.endpoint_url = "opc.tcp://plant:4840"};

    test_loop_init(&fixture->loop);
    osm_arena_init(&fixture->arena);
    fixture->identities = osm_identities_new();
    fixture->identity = osm_identity_join(fixture->identities, &texts);
    fixture->scope = (struct osm_cache_scope){fixture->identity, numbering};
    fixture->recent = osm_value_cache_new(&fixture->loop.clock);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;

    fixture->recent = osm_value_cache_free(fixture->recent);
    fixture->identity = osm_identity_leave(fixture->identity);
    fixture->identities = osm_identities_free(fixture->identities);
    osm_arena_deinit(&fixture->arena);
    free(fixture);
    return 0;
}

static void keep(struct fixture *fixture, const UA_ReadValueId *node, UA_UInt32 number,
                 UA_StatusCode status, osm_msec at)
{
    UA_DataValue value = {.hasValue = true, .hasStatus = true, .status = status};

    UA_Variant_setScalar(&value.value, &number, &UA_TYPES[UA_TYPES_UINT32]);
    osm_value_cache_keep(fixture->recent, &fixture->scope, node, &value, at);
}

/* The number that is kept and not older; 0 = none. */
static UA_UInt32 got(struct fixture *fixture, const UA_ReadValueId *node, osm_msec max_age)
{
    UA_ByteString bytes =
        osm_value_cache_get(fixture->recent, &fixture->scope, node, max_age, &fixture->arena);
    UA_UInt32 number;
    UA_DataValue value;

    if (!bytes.length)
        return 0;
    assert_int_equal(UA_decodeBinary(&bytes, &value, &UA_TYPES[UA_TYPES_DATAVALUE], NULL), 0);
    number = *(UA_UInt32 *)value.value.data;
    UA_DataValue_clear(&value);
    return number;
}

static void test_a_value_is_as_old_as_it_says(void **state)
{
    struct fixture *fixture = *state;

    osm_value_cache_want(fixture->recent, fixture->identity);
    keep(fixture, &tank, 7, 0, fixture->loop.now);
    fixture->loop.now += 100;
    assert_int_equal(got(fixture, &tank, 100), 7);
    assert_int_equal(got(fixture, &tank, 99), 0);
    assert_int_equal(got(fixture, &other, 100), 0);
    assert_int_equal(osm_value_cache_counters(fixture->recent)->hits, 1);
    assert_int_equal(osm_value_cache_counters(fixture->recent)->misses, 2);
    assert_int_equal(osm_value_cache_counters(fixture->recent)->stores, 1);
}

/* A message that took its time tells nothing new; one of the same moment does. */
static void test_the_newest_value_stays(void **state)
{
    struct fixture *fixture = *state;
    osm_msec at = fixture->loop.now + 100;

    fixture->loop.now = at;
    osm_value_cache_want(fixture->recent, fixture->identity);
    keep(fixture, &tank, 7, 0, at);
    keep(fixture, &tank, 6, 0, at - 1);
    assert_int_equal(got(fixture, &tank, 0), 7);
    keep(fixture, &tank, 8, 0, at);
    assert_int_equal(got(fixture, &tank, 0), 8);
}

static void test_bad_values_are_not_kept(void **state)
{
    struct fixture *fixture = *state;
    UA_DataValue value = {.status = UA_STATUSCODE_BAD}; /* not told: good */

    osm_value_cache_want(fixture->recent, fixture->identity);
    keep(fixture, &tank, 7, UA_STATUSCODE_BAD, fixture->loop.now);
    assert_int_equal(got(fixture, &tank, 0), 0);
    keep(fixture, &tank, 7, UA_STATUSCODE_UNCERTAIN, fixture->loop.now);
    assert_int_equal(got(fixture, &tank, 0), 7);
    osm_value_cache_keep(fixture->recent, &fixture->scope, &other, &value, fixture->loop.now);
    assert_int_equal(osm_value_cache_counters(fixture->recent)->stores, 2);
}

static void test_nothing_is_kept_for_who_does_not_ask(void **state)
{
    struct fixture *fixture = *state;

    keep(fixture, &tank, 7, 0, fixture->loop.now);
    osm_value_cache_forget(fixture->recent, &fixture->scope, &tank.nodeId); /* there is nothing */
    assert_int_equal(osm_value_cache_counters(fixture->recent)->stores, 0);
    osm_value_cache_want(fixture->recent, fixture->identity);
    fixture->loop.now += IDLE - 1;
    assert_true(osm_value_cache_is_wanted(fixture->recent, fixture->identity));
    fixture->loop.now += 1;
    assert_false(osm_value_cache_is_wanted(fixture->recent, fixture->identity));
    keep(fixture, &tank, 7, 0, fixture->loop.now);
    assert_int_equal(osm_value_cache_counters(fixture->recent)->stores, 0);
}

static void test_what_is_written_is_forgotten(void **state)
{
    struct fixture *fixture = *state;
    UA_ReadValueId name = tank;

    name.attributeId = UA_ATTRIBUTEID_DISPLAYNAME;
    osm_value_cache_want(fixture->recent, fixture->identity);
    keep(fixture, &tank, 7, 0, fixture->loop.now);
    keep(fixture, &name, 8, 0, fixture->loop.now);
    keep(fixture, &other, 9, 0, fixture->loop.now);
    osm_value_cache_forget(fixture->recent, &fixture->scope, &tank.nodeId);
    assert_int_equal(got(fixture, &tank, 0), 0);
    assert_int_equal(got(fixture, &name, 0), 0);
    assert_int_equal(got(fixture, &other, 0), 9);
}

/* Of a text of that length, whether it is kept. */
static bool is_kept(struct fixture *fixture, UA_Byte *bytes, size_t length)
{
    UA_ByteString text = {length, bytes};
    UA_DataValue value = {.hasValue = true};
    uint64_t before = osm_value_cache_counters(fixture->recent)->stores;

    UA_Variant_setScalar(&value.value, &text, &UA_TYPES[UA_TYPES_BYTESTRING]);
    osm_value_cache_keep(fixture->recent, &fixture->scope, &tank, &value, fixture->loop.now);
    return osm_value_cache_counters(fixture->recent)->stores > before;
}

static void test_large_values_are_not_kept(void **state)
{
    struct fixture *fixture = *state;
    size_t around = 1 + 1 + 4; /* which parts, which type, the length */
    UA_Byte *bytes = osm_alloc(LARGEST);

    osm_value_cache_want(fixture->recent, fixture->identity);
    assert_true(is_kept(fixture, bytes, LARGEST - around));
    assert_false(is_kept(fixture, bytes, LARGEST - around + 1));
    free(bytes);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_value_is_as_old_as_it_says), TEST(test_the_newest_value_stays),
        TEST(test_bad_values_are_not_kept),      TEST(test_nothing_is_kept_for_who_does_not_ask),
        TEST(test_what_is_written_is_forgotten), TEST(test_large_values_are_not_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
