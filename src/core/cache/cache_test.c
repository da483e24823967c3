/* SPDX-License-Identifier: MIT */
/* The cache: both drivers, their bounds, time and what must not be told. */
#include "core/cache/cache.h"
#include "core/cache/cache_file.h"
#include "testing/testing_loop.h"
#include "testing/testing_store.h"
#include "util/buf.h"
#include "util/log.h"

struct fixture {
    struct test_loop loop;
    struct osm_cache *cache;
    char *answer; /* "-" = a miss, NULL = not told */
    unsigned told;
    struct osm_cache_wait *wait;
};

static void turn(struct fixture *fixture)
{
    while (test_loop_work_off(&fixture->loop))
        ;
}

static void start(struct fixture *fixture, struct osm_cache_config config)
{
    config.path = "/nowhere";
    config.store = &test_store_ops;
    fixture->cache = osm_cache_new(&config, &fixture->loop.loop);
}

static int setup(void **state)
{
    struct fixture *fixture = osm_alloc(sizeof(*fixture));

    osm_log_threshold = OSM_LOG_EMERGENCY;
    test_loop_init(&fixture->loop);
    *state = fixture;
    return 0;
}

static unsigned kept(void)
{
    struct test_store_entry *entry;
    unsigned count;

    DL_COUNT(test_store_disk.entries, entry, count);
    return count;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;

    fixture->cache = osm_cache_free(fixture->cache);
    fixture->loop.hold_work = false;
    turn(fixture);
    assert_null(fixture->loop.timers);
    test_store_wipe();
    free(fixture->answer);
    free(fixture);
    return 0;
}

/* --- asking -------------------------------------------------------------------------------- */

static void note(void *context, const UA_ByteString *value)
{
    struct fixture *fixture = context;

    free(fixture->answer);
    fixture->answer = value ? osm_strndup((const char *)value->data, value->length) : strdup("-");
    fixture->told++;
}

/* "node|rest": the part before the bar is the subject. */
static struct osm_cache_key key_of(const char *text)
{
    return (struct osm_cache_key){(const uint8_t *)text, strlen(text),
                                  (size_t)(strchr(text, '|') - text) + 1};
}

static void put(struct fixture *fixture, const char *key, const char *value)
{
    struct osm_cache_key made = key_of(key);

    osm_cache_put(fixture->cache, &made, UA_BYTESTRING_ALLOC(value),
                  osm_cache_generation(fixture->cache));
    turn(fixture);
}

static const char *get(struct fixture *fixture, const char *key)
{
    struct osm_cache_key made = key_of(key);

    free(osm_steal(fixture->answer));
    fixture->wait = osm_cache_get(fixture->cache, &made, note, fixture);
    turn(fixture);
    return fixture->answer;
}

static void invalidate(struct fixture *fixture, const char *key)
{
    struct osm_cache_key made = key_of(key);

    (void)osm_cache_invalidate(fixture->cache, &made, note, fixture);
    turn(fixture);
}

#define assert_got(key, value) assert_string_equal(get(fixture, key), value)

/* --- what both drivers do ------------------------------------------------------------------ */

static void keeps_and_forgets(struct fixture *fixture)
{
    assert_true(osm_cache_is_on(fixture->cache));
    assert_got("a|1", "-");
    put(fixture, "a|1", "one");
    put(fixture, "a|2", "");
    put(fixture, "ab|1", "three");
    assert_got("a|1", "one");
    assert_got("a|2", "");
    assert_got("ab|1", "three");
    assert_got("a|", "-");
    put(fixture, "a|1", "again");
    assert_got("a|1", "again");
    invalidate(fixture, "a|none");
    assert_got("a|1", "-");
    assert_got("a|2", "-");
    assert_got("ab|1", "three");
    put(fixture, "a|1", "new");
    (void)osm_cache_flush(fixture->cache, note, fixture);
    turn(fixture);
    assert_got("a|1", "-");
    assert_got("ab|1", "-");
}

static void expires(struct fixture *fixture)
{
    put(fixture, "a|1", "one");
    fixture->loop.now += 9999;
    fixture->loop.wall += 9.999;
    assert_got("a|1", "one");
    fixture->loop.now += 1;
    fixture->loop.wall += 0.002;
    assert_got("a|1", "-");
}

/* What was asked of the server before an invalidation is not kept after it. */
static void overtaken(struct fixture *fixture)
{
    uint64_t generation = osm_cache_generation(fixture->cache);
    struct osm_cache_key key = key_of("a|1");

    invalidate(fixture, "b|");
    osm_cache_put(fixture->cache, &key, UA_BYTESTRING_ALLOC("old"), generation);
    assert_got("a|1", "-");
}

static void test_memory(void **state)
{
    struct fixture *fixture = *state;

    start(fixture, (struct osm_cache_config){.kind = OSM_CACHE_IN_MEMORY, .ttl = 10});
    keeps_and_forgets(fixture);
    expires(fixture);
    overtaken(fixture);
    assert_int_equal(osm_cache_counters(fixture->cache)->expired, 1);
    assert_int_equal(osm_cache_counters(fixture->cache)->dropped, 1);
}

static void test_files(void **state)
{
    struct fixture *fixture = *state;

    start(fixture, (struct osm_cache_config){.kind = OSM_CACHE_IN_FILES, .ttl = 10});
    keeps_and_forgets(fixture);
    expires(fixture);
    overtaken(fixture);
}

static void test_off(void **state)
{
    struct fixture *fixture = *state;

    start(fixture, (struct osm_cache_config){.kind = OSM_CACHE_OFF, .ttl = 10});
    assert_false(osm_cache_is_on(fixture->cache));
    put(fixture, "a|1", "one");
    assert_got("a|1", "-");
    invalidate(fixture, "a|1");
    assert_null(osm_cache_flush(fixture->cache, note, fixture));
}

static void for_ever(struct fixture *fixture)
{
    put(fixture, "a|1", "one");
    fixture->loop.now += (osm_msec)1 << 50;
    fixture->loop.wall += 1e12;
    assert_got("a|1", "one");
}

static void test_for_ever(void **state)
{
    struct fixture *fixture = *state;

    start(fixture, (struct osm_cache_config){.kind = OSM_CACHE_IN_MEMORY, .ttl = 0});
    for_ever(fixture);
    fixture->cache = osm_cache_free(fixture->cache);
    start(fixture, (struct osm_cache_config){.kind = OSM_CACHE_IN_FILES, .ttl = -5});
    for_ever(fixture);
}

/* --- memory: bounds ------------------------------------------------------------------------ */

static void test_least_recently_used(void **state)
{
    struct fixture *fixture = *state;

    start(fixture,
          (struct osm_cache_config){.kind = OSM_CACHE_IN_MEMORY, .ttl = 10, .max_entries = 3});
    put(fixture, "a|1", "one");
    put(fixture, "a|2", "two");
    put(fixture, "b|3", "three");
    assert_got("a|1", "one");
    put(fixture, "b|4", "four");
    assert_got("a|2", "-");
    put(fixture, "b|3", "3"); /* replacing pushes nothing out */
    assert_got("a|1", "one");
    assert_got("b|3", "3");
    assert_got("b|4", "four");
    assert_int_equal(osm_cache_counters(fixture->cache)->evicted, 1);
}

static void test_bytes(void **state)
{
    struct fixture *fixture = *state;
    char large[3000];

    memset(large, 'x', sizeof(large));
    large[sizeof(large) - 1] = '\0';
    start(fixture,
          (struct osm_cache_config){.kind = OSM_CACHE_IN_MEMORY, .ttl = 10, .max_bytes = 8000});
    put(fixture, "a|1", "small");
    put(fixture, "a|1", large); /* too large, and the old value is wrong by now */
    assert_got("a|1", "-");
    large[1000] = '\0';
    for (int n = '1'; n <= '9'; n++) {
        char key[] = "b|?";

        key[2] = (char)n;
        put(fixture, key, large);
    }
    assert_got("b|1", "-");
    assert_got("b|9", large);
    assert_true(osm_cache_counters(fixture->cache)->evicted >= 3);
}

static size_t size_kept(struct fixture *fixture, const char *key)
{
    const char *value = get(fixture, key);

    return strcmp(value, "-") == 0 ? 0 : strlen(value);
}

/* A quarter of the room is the most for one; four such ones fill it to the last byte. */
static void test_shares(void **state)
{
    struct fixture *fixture = *state;
    char value[2001];
    size_t length = 0;

    start(fixture,
          (struct osm_cache_config){.kind = OSM_CACHE_IN_MEMORY, .ttl = 10, .max_bytes = 8000});
    memset(value, 'x', sizeof(value));
    for (size_t i = 1; i < sizeof(value); i++) {
        value[i] = '\0';
        put(fixture, "a|0", value);
        value[i] = 'x';
        length = OSM_MAX(length, size_kept(fixture, "a|0"));
    }
    assert_in_range(length, 1000, 2000);
    value[length] = '\0';
    put(fixture, "a|0", value);
    put(fixture, "a|1", value);
    put(fixture, "a|2", value);
    put(fixture, "a|3", value);
    assert_int_equal(osm_cache_counters(fixture->cache)->evicted, 0);
    put(fixture, "a|4", "");
    assert_int_equal(osm_cache_counters(fixture->cache)->evicted, 1);
    assert_got("a|0", "-");
}

/* --- files --------------------------------------------------------------------------------- */

static const struct osm_cache_config in_files = {.kind = OSM_CACHE_IN_FILES, .ttl = 10};

static void test_a_new_daemon_finds_them(void **state)
{
    struct fixture *fixture = *state;

    start(fixture, in_files);
    put(fixture, "a|1", "one");
    put(fixture, "a|2", "two");
    fixture->loop.wall += 5;
    put(fixture, "a|3", "three");
    fixture->cache = osm_cache_free(fixture->cache);
    fixture->loop.wall += 6;
    start(fixture, in_files);
    turn(fixture);
    assert_int_equal(kept(), 1); /* expired ones have gone */
    assert_got("a|3", "three");
    assert_got("a|1", "-");
}

static void test_a_disk_that_fails(void **state)
{
    struct fixture *fixture = *state;

    start(fixture, in_files);
    turn(fixture);
    test_store_disk.fails = true;
    put(fixture, "a|1", "one");
    assert_got("a|1", "-");
    invalidate(fixture, "a|1");
    assert_string_equal(fixture->answer, "-");
    assert_int_equal(osm_cache_counters(fixture->cache)->dropped, 1);
    assert_int_equal(osm_cache_counters(fixture->cache)->stores, 0);
    test_store_disk.fails = false;
    test_store_disk.fails_to_commit = true;
    put(fixture, "a|1", "one");
    assert_int_equal(osm_cache_counters(fixture->cache)->dropped, 2);
    assert_int_equal(osm_cache_counters(fixture->cache)->stores, 0);
    test_store_disk.fails_to_commit = false;
    put(fixture, "a|1", "one");
    assert_got("a|1", "one");
    assert_int_equal(osm_cache_counters(fixture->cache)->stores, 1);
}

/* Everything that waited is committed together. */
static void test_one_transaction(void **state)
{
    struct fixture *fixture = *state;
    unsigned before;

    start(fixture, in_files);
    turn(fixture);
    before = test_store_disk.commits;
    fixture->loop.hold_work = true;
    put(fixture, "a|0", "goes alone");
    put(fixture, "a|1", "one");
    put(fixture, "a|2", "two");
    put(fixture, "b|3", "three");
    fixture->loop.hold_work = false;
    turn(fixture);
    assert_int_equal(kept(), 4);
    assert_int_equal(test_store_disk.commits, before + 2);
}

/* What is asked for while the thread is busy happens in order. */
static void test_order(void **state)
{
    struct fixture *fixture = *state;
    struct osm_cache_key key = key_of("a|1");

    start(fixture, in_files);
    put(fixture, "a|1", "one");
    fixture->loop.hold_work = true;
    (void)osm_cache_get(fixture->cache, &key, note, fixture);
    put(fixture, "a|1", "two");
    (void)osm_cache_flush(fixture->cache, note, fixture);
    (void)osm_cache_get(fixture->cache, &key, note, fixture);
    assert_int_equal(fixture->told, 0);
    fixture->loop.hold_work = false;
    turn(fixture);
    assert_int_equal(fixture->told, 3);
    assert_string_equal(fixture->answer, "-");
    assert_int_equal(osm_cache_counters(fixture->cache)->hits, 1);
}

static void test_nobody_waits_any_more(void **state)
{
    struct fixture *fixture = *state;

    start(fixture, in_files);
    fixture->loop.hold_work = true;
    (void)get(fixture, "a|1");
    osm_cache_unwait(fixture->wait);
    (void)get(fixture, "a|2");
    fixture->cache = osm_cache_free(fixture->cache); /* with work under way */
    fixture->loop.hold_work = false;
    turn(fixture);
    assert_int_equal(fixture->told, 0);
    osm_cache_unwait(NULL);
}

static void test_a_disk_that_hangs(void **state)
{
    struct fixture *fixture = *state;

    start(fixture, in_files);
    put(fixture, "a|1", "one");
    fixture->loop.hold_work = true;
    (void)get(fixture, "a|1");
    assert_int_equal(fixture->told, 0);
    assert_true(test_loop_fire(&fixture->loop, fixture->loop.now + OSM_CACHE_PATIENCE));
    assert_string_equal(fixture->answer, "-");
    assert_got("a|1", "-"); /* at once */
    put(fixture, "a|1", "two");
    assert_int_equal(osm_cache_counters(fixture->cache)->dropped, 1);
    invalidate(fixture, "a|1");
    assert_int_equal(fixture->told, 3);
    fixture->loop.hold_work = false;
    turn(fixture);
    assert_got("a|1", "-"); /* the invalidation has happened */
    put(fixture, "a|1", "three");
    assert_got("a|1", "three");
}

/* What is to be forgotten meanwhile is remembered one by one only up to a bound. */
static void test_a_disk_that_hangs_for_long(void **state)
{
    struct fixture *fixture = *state;

    start(fixture, in_files);
    for (unsigned round = 0; round < 2; round++) {
        put(fixture, "b|1", "one");
        turn(fixture);
        fixture->loop.hold_work = true;
        (void)get(fixture, "a|1");
        put(fixture, "b|1", "two");
        assert_true(test_loop_fire(&fixture->loop, fixture->loop.now + OSM_CACHE_PATIENCE));
        for (unsigned i = 0; i < OSM_CACHE_CHANGES_WAITING + round; i++)
            invalidate(fixture, "a|1");
        fixture->loop.hold_work = false;
        turn(fixture);
        assert_got("b|1", round == 0 ? "two" : "-");
    }
    put(fixture, "b|1", "three");
    assert_got("b|1", "three");
}

static void test_too_many_puts(void **state)
{
    struct fixture *fixture = *state;

    start(fixture, in_files);
    fixture->loop.hold_work = true;
    for (unsigned i = 0; i < OSM_CACHE_PUTS_WAITING + 10; i++)
        put(fixture, "a|1", "x");
    assert_int_equal(osm_cache_counters(fixture->cache)->dropped, 10);
    fixture->loop.hold_work = false;
    turn(fixture);
    put(fixture, "a|1", "y"); /* there is room again */
    assert_got("a|1", "y");
    assert_int_equal(osm_cache_counters(fixture->cache)->stores, OSM_CACHE_PUTS_WAITING + 1);
    assert_int_equal(osm_cache_counters(fixture->cache)->dropped, 10);
}

static void put_bytes(struct fixture *fixture, size_t length)
{
    struct osm_cache_key key = key_of("a|1");
    UA_ByteString value;

    assert_int_equal(UA_ByteString_allocBuffer(&value, length), 0);
    memset(value.data, 0, length);
    osm_cache_put(fixture->cache, &key, value, osm_cache_generation(fixture->cache));
    turn(fixture);
}

/* What waits for the disk is bounded in bytes, too. */
static void test_too_large_puts(void **state)
{
    struct fixture *fixture = *state;

    start(fixture, in_files);
    for (unsigned round = 1; round <= 2; round++) { /* what has been written waits no longer */
        fixture->loop.hold_work = true;
        put_bytes(fixture, OSM_CACHE_PUT_BYTES_WAITING - 5);
        put_bytes(fixture, 6);
        assert_int_equal(osm_cache_counters(fixture->cache)->dropped, 2 * round - 1);
        put_bytes(fixture, 5);
        assert_int_equal(osm_cache_counters(fixture->cache)->dropped, 2 * round - 1);
        put_bytes(fixture, 1);
        assert_int_equal(osm_cache_counters(fixture->cache)->dropped, 2 * round);
        fixture->loop.hold_work = false;
        turn(fixture);
        assert_int_equal(osm_cache_counters(fixture->cache)->stores, 2 * round);
    }
}

static unsigned warnings;
static char last_warning[160];

static void count_warning(struct osm_log_target *target, enum osm_log_level level, const char *text)
{
    warnings += level == OSM_LOG_WARNING;
    (void)snprintf(last_warning, sizeof(last_warning), "%s", text);
}

/* A disk that fails is told once, until it has worked again; so is one that hangs. */
static void test_what_operators_are_told(void **state)
{
    struct osm_log_target target = {.threshold = OSM_LOG_INFO, .write = count_warning};
    struct osm_log_target *before = osm_log_here(&target);
    struct fixture *fixture = *state;

    warnings = 0;
    start(fixture, in_files);
    put(fixture, "a|1", "one");
    assert_int_equal(warnings, 0);
    test_store_disk.fails = true;
    (void)get(fixture, "a|1"); /* also when nothing is to be written */
    put(fixture, "a|1", "two");
    assert_int_equal(warnings, 1);
    assert_string_equal(last_warning,
                        "Cache directory /nowhere: Input/output error; going on without it");
    test_store_disk.fails = false;
    put(fixture, "a|1", "three");
    test_store_disk.fails_to_commit = true;
    put(fixture, "a|1", "four");
    assert_int_equal(warnings, 2);
    test_store_disk.fails_to_commit = false;
    fixture->loop.hold_work = true;
    put(fixture, "a|1", "five");
    assert_true(test_loop_fire(&fixture->loop, fixture->loop.now + OSM_CACHE_PATIENCE));
    assert_string_equal(last_warning,
                        "Cache directory /nowhere does not answer; going on without it");
    fixture->loop.hold_work = false;
    turn(fixture);
    assert_string_equal(last_warning, "Cache directory /nowhere answers again");
    assert_int_equal(warnings, 4);
    (void)osm_log_here(before);
}

#define with_fixture(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_fixture(test_memory),
        with_fixture(test_files),
        with_fixture(test_off),
        with_fixture(test_for_ever),
        with_fixture(test_least_recently_used),
        with_fixture(test_bytes),
        with_fixture(test_shares),
        with_fixture(test_a_new_daemon_finds_them),
        with_fixture(test_a_disk_that_fails),
        with_fixture(test_one_transaction),
        with_fixture(test_order),
        with_fixture(test_nobody_waits_any_more),
        with_fixture(test_a_disk_that_hangs),
        with_fixture(test_a_disk_that_hangs_for_long),
        with_fixture(test_too_many_puts),
        with_fixture(test_too_large_puts),
        with_fixture(test_what_operators_are_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
