/* SPDX-License-Identifier: MIT */
/* SQLite behind its door: values, transactions, and what is told of files that are no good. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rim/db/db.h"
#include "util/alloc.h"

enum { PUT, ALL };

static const char *const texts[] = {"INSERT INTO t(n, text, bytes) VALUES(?1, ?2, ?3)",
                                    "SELECT n, text, bytes FROM t ORDER BY n"};
static const struct osm_db_spec spec = {
    .schema = "CREATE TABLE IF NOT EXISTS t(n INTEGER PRIMARY KEY, text TEXT, bytes BLOB NOT NULL)",
    .statements = texts,
    .count = OSM_ARRAY_SIZE(texts)};

static char dir[] = "/tmp/osm-db-XXXXXX";
static char path[64];

static int setup(void **state)
{
    memcpy(strrchr(dir, '-') + 1, "XXXXXX", 6);
    assert_non_null(mkdtemp(dir));
    (void)snprintf(path, sizeof(path), "%s/file", dir);
    return 0;
}

static int teardown(void **state)
{
    osm_db_remove(path);
    assert_int_equal(rmdir(dir), 0); /* nothing else is left */
    return 0;
}

static struct osm_db *opened(void)
{
    struct osm_db *db;

    assert_int_equal(osm_db_open(&spec, path, &db), 0);
    return db;
}

static int put(struct osm_db *db, uint64_t n, const char *text)
{
    osm_db_bind_number(db, PUT, 1, n);
    osm_db_bind_text(db, PUT, 2, text);
    osm_db_bind_bytes(db, PUT, 3, text, text ? 1 : 0);
    return osm_db_run(db, PUT);
}

static uint64_t rows(struct osm_db *db)
{
    uint64_t count;

    assert_int_equal(osm_db_once(db, "SELECT count(*) FROM t", NULL, 0, &count, NULL), 0);
    return count;
}

static void test_values(void **state)
{
    struct osm_db *db = opened();
    size_t length;
    struct stat status;

    assert_int_equal(put(db, 7, "seven"), 0);
    assert_int_equal(put(db, UINT64_MAX, NULL), 0);
    db = osm_db_close(db);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    db = opened();
    assert_int_equal(osm_db_step(db, ALL), 1);
    assert_int_equal(osm_db_number(db, ALL, 0), UINT64_MAX);
    assert_string_equal(osm_db_text(db, ALL, 1), ""); /* NULL */
    assert_non_null(osm_db_bytes(db, ALL, 2, &length));
    assert_int_equal(length, 0);
    assert_int_equal(osm_db_step(db, ALL), 1);
    assert_int_equal(osm_db_number(db, ALL, 0), 7);
    assert_string_equal(osm_db_text(db, ALL, 1), "seven");
    assert_memory_equal(osm_db_bytes(db, ALL, 2, &length), "s", 1);
    assert_int_equal(length, 1);
    assert_int_equal(osm_db_step(db, ALL), 0);
    assert_int_equal(osm_db_step(db, ALL), 1); /* from the beginning */
    osm_db_reset(db, ALL);
    osm_db_close(db);
}

static void test_once(void **state)
{
    struct osm_db *db = opened();
    uint64_t n = 99;
    bool found = true;

    assert_int_equal(put(db, 7, "seven"), 0);
    assert_int_equal(osm_db_once(db, "SELECT n FROM t WHERE text = ?1", "x", 0, &n, &found), 0);
    assert_false(found);
    assert_int_equal(n, 99);
    assert_int_equal(
        osm_db_once(db, "SELECT n FROM t WHERE text = ?1 AND n = ?2", "seven", 7, &n, &found), 0);
    assert_true(found);
    assert_int_equal(n, 7);
    assert_true(osm_db_once(db, "SELECT missing", NULL, 0, NULL, NULL) < 0);
    assert_string_equal(osm_db_error(db), "no such column: missing");
    assert_false(osm_db_is_damaged(db));
    osm_db_close(db);
}

static void test_transactions(void **state)
{
    struct osm_db *db = opened();

    assert_int_equal(osm_db_begin(db), 0);
    assert_int_equal(put(db, 1, "one"), 0);
    assert_int_equal(osm_db_end(db, 0), 0);
    assert_int_equal(osm_db_begin(db), 0);
    assert_int_equal(put(db, 2, "two"), 0);
    assert_true(put(db, 1, "again") < 0);
    assert_int_equal(osm_db_end(db, -5), -5);
    assert_int_equal(rows(db), 1);
    assert_int_equal(osm_db_begin(db), 0);
    assert_int_equal(put(db, 2, "two"), 0);
    db = osm_db_close(db); /* not committed */
    db = opened();
    assert_int_equal(rows(db), 1);
    osm_db_close(db);
}

static void test_two_at_once(void **state)
{
    struct osm_db *one = opened(), *two = opened();

    assert_int_equal(osm_db_begin(one), 0);
    assert_true(osm_db_begin(two) < 0);
    assert_true(osm_db_is_busy(two));
    assert_false(osm_db_is_damaged(two));
    assert_int_equal(osm_db_end(one, 0), 0);
    assert_int_equal(osm_db_begin(two), 0);
    assert_int_equal(osm_db_end(two, 0), 0);
    osm_db_close(one);
    osm_db_close(two);
}

static void write_file(const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    assert_int_equal(close(fd), 0);
}

static void test_damage(void **state)
{
    char aside[96];
    struct osm_db *db;

    write_file("This is certainly not a database, and it is long enough to see that at once.");
    assert_true(osm_db_open(&spec, path, &db) < 0);
    assert_true(osm_db_is_damaged(db));
    osm_db_close(db);
    osm_db_put_aside(path, 42);
    (void)snprintf(aside, sizeof(aside), "%s.damaged-42", path);
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(unlink(aside), 0);
    osm_db_close(opened());
}

static void test_files_that_cannot_be(void **state)
{
    struct osm_db *db;
    char other[96];

    (void)snprintf(other, sizeof(other), "%s.other", path);
    assert_int_equal(symlink(other, path), 0);
    assert_true(osm_db_open(&spec, path, &db) < 0);
    assert_false(osm_db_is_damaged(db));
    osm_db_close(db);
    assert_int_equal(access(other, F_OK), -1);
    assert_true(osm_db_open(&spec, "/nowhere/file", &db) < 0);
    assert_true(strlen(osm_db_error(db)) > 0);
    osm_db_close(db);
    assert_null(osm_db_close(NULL));
}

#define with_dir(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

/* Links in the way to the file's directory are the user's: /var/run is one everywhere. Only the
 * file itself must not be one. */
static void test_links(void **state)
{
    char *link = osm_printf("%s-link", dir), *through = osm_printf("%s-link/file", dir);
    char *other = osm_printf("%s/other", dir);
    struct osm_db *db;

    assert_int_equal(symlink(dir, link), 0);
    assert_int_equal(osm_db_open(&spec, through, &db), 0);
    assert_int_equal(put(db, 1, "one"), 0);
    (void)osm_db_close(db);
    assert_int_equal(access(path, F_OK), 0);
    assert_int_equal(symlink(path, other), 0);
    assert_true(osm_db_open(&spec, other, &db) < 0);
    (void)osm_db_close(db);
    assert_int_equal(unlink(other), 0);
    assert_int_equal(unlink(link), 0);
    free(link);
    free(through);
    free(other);
}

static unsigned rights(const char *suffix)
{
    char *name = osm_printf("%s%s", path, suffix);
    struct stat status;

    assert_int_equal(stat(name, &status), 0);
    free(name);
    return status.st_mode & 0777;
}

/* Nobody else reads what is kept, in the file or beside it, whoever has made it and how. */
static void test_rights(void **state)
{
    mode_t mask = umask(0);
    struct osm_db *db = opened();

    (void)state;
    assert_int_equal(osm_db_once(db, "PRAGMA journal_mode=WAL", NULL, 0, NULL, NULL), 0);
    assert_int_equal(put(db, 1, "one"), 0);
    assert_int_equal(rights(""), 0600);
    assert_int_equal(rights("-wal"), 0600);
    assert_int_equal(rights("-shm"), 0600);
    (void)osm_db_close(db);
    assert_int_equal(chmod(path, 0666), 0);
    db = opened();
    assert_int_equal(put(db, 2, "two"), 0);
    assert_int_equal(rights(""), 0600);
    assert_int_equal(rights("-wal"), 0600);
    assert_int_equal(rights("-shm"), 0600);
    (void)osm_db_close(db);
    umask(mask);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_dir(test_rights),
        with_dir(test_values),
        with_dir(test_once),
        with_dir(test_transactions),
        with_dir(test_two_at_once),
        with_dir(test_damage),
        with_dir(test_files_that_cannot_be),
        with_dir(test_links),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
