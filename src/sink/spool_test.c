/* SPDX-License-Identifier: MIT */
/* What the spool tells of itself: the file's counters are another thread's while a round runs. */
#include <unistd.h>

#include "core/event/events.h"
#include "sink/sink_internal.h"
#include "sink/spool.h"
#include "testing/testing.h"

struct fixture {
    struct test_world *world;
    struct osm_session *session;
    struct osm_sink sink;
    struct osm_spool *spool;
    char folder[64], path[96];
};

static void wake(struct osm_sink *sink)
{
    (void)sink;
}

static int setup(void **state)
{
    static const struct osm_sink_ops ops = {.wake = wake};
    struct fixture *fixture = osm_alloc(sizeof(*fixture));
    _cleanup_(osm_freep) char *error = NULL;
    struct osm_spool_config config = {.path = fixture->path, .bytes = 1 << 20};

    (void)snprintf(fixture->folder, sizeof(fixture->folder), "/tmp/osm-spool-XXXXXX");
    assert_non_null(mkdtemp(fixture->folder));
    (void)snprintf(fixture->path, sizeof(fixture->path), "%s/events.db", fixture->folder);
    fixture->world = test_world_new();
    fixture->session = test_session_open(fixture->world, "{}");
    osm_sink_init(&fixture->sink, &ops, "test", &fixture->world->loop.loop);
    assert_int_equal(osm_spool_new(&config, &fixture->world->loop.loop,
                                   osm_manager_bus(fixture->world->manager), &fixture->spool,
                                   &error),
                     0);
    osm_spool_add(fixture->spool, &fixture->sink);
    assert_int_equal(osm_spool_start(fixture->spool, &error), 0);
    test_turn(fixture->world);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    const char *const ends[] = {"", "-wal", "-shm"};

    osm_spool_detach(fixture->spool);
    test_turn(fixture->world);
    osm_spool_free(fixture->spool);
    osm_sink_deinit(&fixture->sink);
    test_world_free(fixture->world);
    for (size_t i = 0; i < OSM_ARRAY_SIZE(ends); i++) {
        _cleanup_(osm_freep) char *path = osm_printf("%s%s", fixture->path, ends[i]);

        (void)unlink(path);
    }
    assert_int_equal(rmdir(fixture->folder), 0);
    free(fixture);
    return 0;
}

static uint64_t waiting(const struct fixture *fixture)
{
    return osm_spool_look(fixture->spool)->waiting;
}

static void test_what_is_saved_is_counted_while_more_is_being_saved(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(waiting(fixture), 0);
    osm_event_subscription_lost(fixture->session, 1, "test");
    osm_event_subscription_lost(fixture->session, 2, "test");
    test_turn(fixture->world);
    fixture->world->loop.hold_work = true; /* nobody has looked; now the file is busy */
    osm_event_subscription_lost(fixture->session, 3, "test");
    test_turn(fixture->world);
    assert_false(osm_spool_is_idle(fixture->spool));
    assert_int_equal(waiting(fixture), 2);
    fixture->world->loop.hold_work = false;
    test_turn(fixture->world);
    assert_int_equal(waiting(fixture), 3);
    assert_int_equal(fixture->sink.count, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_is_saved_is_counted_while_more_is_being_saved,
                                        setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
