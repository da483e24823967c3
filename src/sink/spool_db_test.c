/* SPDX-License-Identifier: MIT */
/* The spool's file: order, positions, the bound and what is told about it, damage. */
#include <fcntl.h>
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sink/spool_db.h"
#include "testing/testing_sink.h"

struct fixture {
    char dir[64];
    char path[96];
    struct osm_spool_db *db;
    struct osm_spool_lines lines, loaded;
    struct osm_spool_place places[2];
};

static void open_db(struct fixture *fixture, uint64_t bytes)
{
    _cleanup_(osm_freep) char *error = NULL;

    fixture->db = osm_spool_db_free(fixture->db);
    assert_int_equal(osm_spool_db_new(fixture->path, bytes, &fixture->db, &error), 0);
    fixture->places[0] = (struct osm_spool_place){.name = "log"};
    fixture->places[1] = (struct osm_spool_place){.name = "mqtt"};
    assert_int_equal(osm_spool_db_enlist(fixture->db, fixture->places, 2), 0);
}

static int setup(void **state)
{
    struct fixture *fixture = osm_alloc(sizeof(*fixture));

    osm_log_threshold = OSM_LOG_EMERGENCY;
    (void)snprintf(fixture->dir, sizeof(fixture->dir), "/tmp/osm-spool-XXXXXX");
    assert_non_null(mkdtemp(fixture->dir));
    (void)snprintf(fixture->path, sizeof(fixture->path), "%s/new/spool", fixture->dir);
    open_db(fixture, 1 << 20);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    char pattern[128];
    glob_t found;

    osm_spool_db_free(fixture->db);
    osm_spool_lines_deinit(&fixture->lines);
    osm_spool_lines_deinit(&fixture->loaded);
    (void)snprintf(pattern, sizeof(pattern), "%s*", fixture->path);
    assert_int_equal(glob(pattern, 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++)
        assert_int_equal(unlink(found.gl_pathv[i]), 0);
    globfree(&found);
    (void)snprintf(pattern, sizeof(pattern), "%s/new", fixture->dir);
    assert_int_equal(rmdir(pattern), 0);
    assert_int_equal(rmdir(fixture->dir), 0);
    free(fixture);
    return 0;
}

/* Keeps events first … last with lines of so many bytes, and the places as they are. */
static int save(struct fixture *fixture, uint64_t first, uint64_t last, size_t size)
{
    char line[1024] = {0};
    const struct osm_rope rope = osm_rope_of(line, size);

    osm_spool_lines_clear(&fixture->lines);
    memset(line, 'x', sizeof(line));
    for (uint64_t cursor = first; cursor && cursor <= last; cursor++)
        osm_spool_lines_add(&fixture->lines, cursor, 0, &rope);
    return osm_spool_db_save(fixture->db, &fixture->lines, fixture->places, 2, 1.5);
}

/* The cursors a sink gets behind its window, as text; lost ones as `(n)`. */
static const char *load(struct fixture *fixture, size_t sink)
{
    static char text[512];
    size_t length = 0;

    osm_spool_lines_clear(&fixture->loaded);
    assert_int_equal(osm_spool_db_load(fixture->db, fixture->places[sink].name,
                                       fixture->places[sink].pulled, 100, 1 << 20,
                                       &fixture->loaded),
                     0);
    text[0] = '\0';
    for (size_t i = 0; i < fixture->loaded.count; i++) {
        const struct osm_spool_line *line = &fixture->loaded.lines[i];
        int n = line->lost
                    ? snprintf(text + length, sizeof(text) - length, "(%d)", (int)line->lost)
                    : snprintf(text + length, sizeof(text) - length, "%d ", (int)line->cursor);

        length += (size_t)n;
        assert_true(length < sizeof(text));
    }
    return text;
}

static void test_what_is_kept_comes_back_in_order(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(save(fixture, 11, 14, 10), 0);
    assert_string_equal(load(fixture, 0), "11 12 13 14 ");
    open_db(fixture, 1 << 20);
    assert_string_equal(load(fixture, 1), "11 12 13 14 ");
    assert_int_equal(osm_spool_db_stats(fixture->db).events, 4);
    assert_int_equal(osm_spool_db_stats(fixture->db).last, 14);
}

static void test_what_all_have_confirmed_goes(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(save(fixture, 11, 14, 10), 0);
    fixture->places[0].position = fixture->places[0].pulled = 14;
    fixture->places[1].position = 12;
    fixture->places[1].pulled = 13;
    assert_int_equal(save(fixture, 0, 0, 0), 0);
    assert_int_equal(osm_spool_db_stats(fixture->db).events, 2);
    open_db(fixture, 1 << 20); /* windows are empty again */
    assert_int_equal(fixture->places[0].position, 14);
    assert_int_equal(fixture->places[1].position, 12);
    assert_string_equal(load(fixture, 1), "13 14 ");
    fixture->places[1].position = fixture->places[1].pulled = 14;
    assert_int_equal(save(fixture, 0, 0, 0), 0);
    assert_int_equal(osm_spool_db_stats(fixture->db).events, 0);
    assert_int_equal(osm_spool_db_stats(fixture->db).bytes, 0);
    open_db(fixture, 1 << 20);
    assert_int_equal(osm_spool_db_stats(fixture->db).last, 14); /* cursors go on from there */
}

static void test_beyond_the_bound_the_oldest_go_and_it_is_told(void **state)
{
    struct fixture *fixture = *state;

    open_db(fixture, 10 * (100 + 32));
    fixture->places[0].position = fixture->places[0].pulled = 30; /* up to date */
    assert_int_equal(save(fixture, 11, 25, 100), 0);
    assert_string_equal(load(fixture, 1), "(5)16 17 18 19 20 21 22 23 24 25 ");
    assert_non_null(strstr(fixture->loaded.text.data, "\"from\":11,\"to\":15,\"dropped\":5"));
    assert_int_equal(save(fixture, 26, 27, 100), 0); /* joined with the one not told yet */
    assert_string_equal(load(fixture, 1), "(7)18 19 20 21 22 23 24 25 26 27 ");
    assert_string_equal(load(fixture, 0), "");
    assert_int_equal(osm_spool_db_stats(fixture->db).dropped, 7);
    open_db(fixture, 10 * (100 + 32));
    assert_string_equal(load(fixture, 1), "(7)18 19 20 21 22 23 24 25 26 27 ");
    fixture->places[1].position = fixture->places[1].pulled = 18; /* has been told */
    assert_int_equal(save(fixture, 0, 0, 0), 0);
    assert_string_equal(load(fixture, 1), "19 20 21 22 23 24 25 26 27 ");
}

static void test_what_a_window_holds_does_not_go(void **state)
{
    struct fixture *fixture = *state;

    open_db(fixture, 10 * (100 + 32));
    assert_int_equal(save(fixture, 11, 20, 100), 0);
    fixture->places[1].pulled = 13; /* 11 to 13 are in the hands of mqtt */
    assert_int_equal(save(fixture, 21, 24, 100), 0);
    assert_string_equal(load(fixture, 1), "(4)18 19 20 21 22 23 24 ");
    assert_string_equal(load(fixture, 0), "11 12 13 (4)18 19 20 21 22 23 24 ");
}

static void test_sinks_come_and_go(void **state)
{
    struct fixture *fixture = *state;
    struct osm_spool_place only = {.name = "mqtt"}, both[2] = {{.name = "log"}, {.name = "mqtt"}};

    assert_int_equal(save(fixture, 11, 12, 10), 0);
    assert_int_equal(osm_spool_db_enlist(fixture->db, &only, 1), 0);
    assert_int_equal(only.position, 0);
    assert_int_equal(osm_spool_db_enlist(fixture->db, both, 2), 0);
    assert_int_equal(both[0].position, 12); /* what was before it is not for it */
}

static void test_a_damaged_file_is_put_aside(void **state)
{
    struct fixture *fixture = *state;
    char pattern[128];
    glob_t found;
    int fd;

    assert_int_equal(save(fixture, 11, 12, 10), 0);
    fixture->db = osm_spool_db_free(fixture->db);
    fd = open(fixture->path, O_WRONLY | O_TRUNC | O_CLOEXEC);
    assert_int_equal(write(fd, "this is no database, whatever its name may say", 46), 46);
    (void)close(fd);
    open_db(fixture, 1 << 20);
    assert_int_equal(save(fixture, 13, 13, 10), 0);
    assert_string_equal(load(fixture, 0), "13 ");
    (void)snprintf(pattern, sizeof(pattern), "%s.damaged-*", fixture->path);
    assert_int_equal(glob(pattern, 0, NULL, &found), 0);
    assert_true(found.gl_pathc >= 1);
    globfree(&found);
}

static void test_only_one_process_uses_it(void **state)
{
    struct fixture *fixture = *state;
    _cleanup_(osm_freep) char *error = NULL;
    struct osm_spool_db *other;

    assert_true(osm_spool_db_new(fixture->path, 1 << 20, &other, &error) < 0);
    assert_null(other);
    assert_non_null(strstr(error, "another process uses it"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_what_is_kept_comes_back_in_order),
        TEST(test_what_all_have_confirmed_goes),
        TEST(test_beyond_the_bound_the_oldest_go_and_it_is_told),
        TEST(test_what_a_window_holds_does_not_go),
        TEST(test_sinks_come_and_go),
        TEST(test_a_damaged_file_is_put_aside),
        TEST(test_only_one_process_uses_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
