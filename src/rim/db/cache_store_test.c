/* SPDX-License-Identifier: MIT */
/* The cache's table: what it keeps, its bound, and files that are no good. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rim/db/cache_store.h"
#include "util/alloc.h"
#include "util/log.h"

struct fixture {
    const struct osm_store_ops *ops;
    struct osm_store *store;
    char dir[64];
    char path[96];
    char *answer;
};

static void reopen(struct fixture *fixture)
{
    fixture->ops->close(fixture->store);
    fixture->store = fixture->ops->open(fixture->dir);
}

static int setup(void **state)
{
    struct fixture *fixture = osm_alloc(sizeof(*fixture));

    osm_log_threshold = OSM_LOG_EMERGENCY;
    (void)snprintf(fixture->dir, sizeof(fixture->dir), "/tmp/osm-store-XXXXXX");
    assert_non_null(mkdtemp(fixture->dir));
    (void)snprintf(fixture->path, sizeof(fixture->path), "%s/%s", fixture->dir,
                   OSM_CACHE_STORE_FILE);
    fixture->ops = osm_cache_store_ops();
    reopen(fixture);
    *state = fixture;
    return 0;
}

static int files(const struct fixture *fixture)
{
    DIR *stream = opendir(fixture->dir);
    struct dirent *entry;
    int count = 0;

    assert_non_null(stream);
    while ((entry = readdir(stream)))
        count += entry->d_name[0] != '.';
    (void)closedir(stream);
    return count;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(fixture->ops->clear(fixture->store), 0);
    fixture->ops->close(fixture->store);
    assert_int_equal(rmdir(fixture->dir), 0);
    free(fixture->answer);
    free(fixture);
    return 0;
}

/* "subject|rest" */
static struct osm_store_key key_of(const char *text)
{
    size_t subject = (size_t)(strchr(text, '|') - text);

    return (struct osm_store_key){(const uint8_t *)text, subject,
                                  (const uint8_t *)text + subject + 1, strlen(text) - subject - 1};
}

static int put_until(struct fixture *fixture, const char *key, const char *value, int64_t expires)
{
    struct osm_store_key made = key_of(key);
    int r =
        fixture->ops->put(fixture->store, &made, (const uint8_t *)value, strlen(value), expires);

    return r < 0 ? r : fixture->ops->commit(fixture->store);
}

static void put(struct fixture *fixture, const char *key, const char *value)
{
    assert_int_equal(put_until(fixture, key, value, 1000), 0);
}

/* At that time; "-" = nothing. */
static const char *get_at(struct fixture *fixture, const char *key, int64_t now)
{
    struct osm_store_key made = key_of(key);
    uint8_t *value;
    size_t length;

    assert_int_equal(fixture->ops->get(fixture->store, &made, now, &value, &length), 0);
    assert_int_equal(fixture->ops->commit(fixture->store), 0);
    free(fixture->answer);
    fixture->answer = value ? osm_strndup((const char *)value, length) : osm_strdup("-");
    free(value);
    return fixture->answer;
}

#define assert_got(key, value) assert_string_equal(get_at(fixture, key, 0), value)

static void forget(struct fixture *fixture, const char *key)
{
    struct osm_store_key made = key_of(key);

    assert_int_equal(fixture->ops->forget(fixture->store, &made), 0);
    assert_int_equal(fixture->ops->commit(fixture->store), 0);
}

static void test_keeps_and_forgets(void **state)
{
    struct fixture *fixture = *state;
    struct stat status;

    assert_got("a|1", "-");
    forget(fixture, "a|");
    assert_int_equal(files(fixture), 0); /* nothing is made for nothing */
    put(fixture, "a|1", "one");
    put(fixture, "a|2", "");
    put(fixture, "ab|1", "three");
    put(fixture, "|a1", "four");
    assert_int_equal(files(fixture), 1);
    assert_int_equal(stat(fixture->path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    reopen(fixture);
    assert_got("a|1", "one");
    assert_got("a|2", "");
    assert_got("ab|1", "three");
    assert_got("|a1", "four");
    assert_got("a|", "-");
    put(fixture, "a|1", "again");
    assert_got("a|1", "again");
    forget(fixture, "a|x");
    assert_got("a|1", "-");
    assert_got("a|2", "-");
    assert_got("ab|1", "three");
    assert_int_equal(fixture->ops->clear(fixture->store), 0);
    assert_int_equal(files(fixture), 0);
    assert_got("ab|1", "-");
    put(fixture, "a|1", "new");
    assert_got("a|1", "new");
}

static void test_nothing_lasts_before_commit(void **state)
{
    struct fixture *fixture = *state;
    struct osm_store_key key = key_of("a|2");
    struct osm_store *other = fixture->ops->open(fixture->dir);
    uint8_t *value;
    size_t length;

    put(fixture, "a|1", "one");
    assert_int_equal(fixture->ops->put(fixture->store, &key, (const uint8_t *)"x", 1, 1000), 0);
    assert_int_equal(fixture->ops->get(other, &key, 0, &value, &length), 0);
    assert_null(value);
    assert_got("a|2", "x"); /* commits */
    assert_int_equal(fixture->ops->get(other, &key, 0, &value, &length), 0);
    assert_non_null(value);
    free(value);
    fixture->ops->close(other);
}

static void test_expiry(void **state)
{
    struct fixture *fixture = *state;

    put(fixture, "a|1", "one");
    assert_int_equal(put_until(fixture, "a|2", "two", INT64_MAX), 0);
    assert_string_equal(get_at(fixture, "a|1", 999), "one");
    assert_string_equal(get_at(fixture, "a|1", 1000), "-");
    assert_string_equal(get_at(fixture, "a|1", 999), "-"); /* deleted when it was found so */
    put(fixture, "a|1", "one");
    assert_int_equal(fixture->ops->tidy(fixture->store, 1000), 0);
    assert_string_equal(get_at(fixture, "a|1", 999), "-");
    assert_string_equal(get_at(fixture, "a|2", INT64_MAX - 1), "two");
}

/* The entries that were stored first make room; what can never have room is not kept. */
static void test_bound(void **state)
{
    struct fixture *fixture = *state;
    char large[1000], key[16];

    memset(large, 'x', sizeof(large));
    large[sizeof(large) - 1] = '\0';
    osm_cache_store_limit(fixture->store, 200 * sizeof(large));
    for (int i = 0; i < 300; i++) {
        (void)snprintf(key, sizeof(key), "%d|", i);
        put(fixture, key, large);
    }
    assert_got("0|", "-");
    assert_got("60|", "-");
    assert_got("299|", large);
    assert_got("200|", large);
    osm_cache_store_limit(fixture->store, 500);
    put(fixture, "299|", large);
    assert_got("299|", "-"); /* not the old one either */
    put(fixture, "1|", "small");
    assert_got("1|", "small");
    assert_got("298|", "-");
}

/* --- files that are no good ----------------------------------------------------------------- */

static void write_file(const char *path, const char *bytes, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, size), (ssize_t)size);
    assert_int_equal(close(fd), 0);
}

static void test_garbage(void **state)
{
    static char garbage[8192];
    struct fixture *fixture = *state;

    for (int open = 0; open < 2; open++) {
        put(fixture, "a|1", "one");
        if (!open)
            reopen(fixture);
        memset(garbage, 'g', sizeof(garbage));
        write_file(fixture->path, garbage, sizeof(garbage));
        if (open)
            reopen(fixture);
        assert_got("a|1", "-");
        put(fixture, "a|1", "two");
        assert_got("a|1", "two");
    }
}

/* A byte of a value that a disk has changed is noticed. */
static void test_damaged_value(void **state)
{
    static const char value[] = "a value that is to be found in the file";
    struct fixture *fixture = *state;
    static char bytes[1 << 20];
    FILE *file;
    size_t size;
    char *at;

    put(fixture, "a|1", value);
    put(fixture, "a|2", "two");
    reopen(fixture);
    file = fopen(fixture->path, "r+");
    assert_non_null(file);
    size = fread(bytes, 1, sizeof(bytes), file);
    at = memmem(bytes, size, value, sizeof(value) - 1);
    assert_non_null(at);
    assert_int_equal(fseek(file, at - bytes, SEEK_SET), 0);
    assert_int_equal(fputc('A', file), 'A');
    assert_int_equal(fclose(file), 0);
    assert_got("a|1", "-");
    assert_got("a|2", "two");
}

/* Files of other versions, and halves of them; not what is somebody else's. */
static void test_old_files(void **state)
{
    static const char *const names[] = {"0123456789abcdef0123456789abcdef01234567.cache",
                                        "0123456789abcdef0123456789abcdef.cache.new",
                                        "answers-0.cache",
                                        "answers-0.cache-journal",
                                        "readme.txt",
                                        "mine.cache",
                                        "answers-x.cache",
                                        "0123.cache"};
    struct fixture *fixture = *state;
    char path[128];

    for (size_t i = 0; i < OSM_ARRAY_SIZE(names); i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", fixture->dir, names[i]);
        write_file(path, "OSMCACH1", 8);
    }
    put(fixture, "a|1", "one");
    assert_int_equal(fixture->ops->tidy(fixture->store, 0), 0);
    assert_int_equal(files(fixture), 1 + 4);
    assert_got("a|1", "one");
    for (size_t i = OSM_ARRAY_SIZE(names) - 4; i < OSM_ARRAY_SIZE(names); i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", fixture->dir, names[i]);
        assert_int_equal(unlink(path), 0); /* still there */
    }
}

/* A link, a FIFO: neither read nor waited for. */
static void test_impostors(void **state)
{
    struct fixture *fixture = *state;
    char other[128];

    (void)snprintf(other, sizeof(other), "%s/other", fixture->dir);
    put(fixture, "a|1", "one");
    assert_int_equal(rename(fixture->path, other), 0);
    assert_int_equal(symlink(other, fixture->path), 0);
    assert_got("a|1", "-");
    assert_int_equal(mkfifo(fixture->path, 0600), 0);
    assert_got("a|1", "-");
    put(fixture, "a|1", "two");
    assert_got("a|1", "two");
    assert_int_equal(unlink(other), 0);
}

/* Directory and file may go and come while the store is open. */
static void test_no_directory(void **state)
{
    struct fixture *fixture = *state;

    put(fixture, "a|1", "one");
    assert_int_equal(unlink(fixture->path), 0);
    assert_got("a|1", "-");
    assert_int_equal(rmdir(fixture->dir), 0);
    assert_true(put_until(fixture, "a|1", "one", 1000) < 0);
    assert_got("a|1", "-");
    assert_int_equal(mkdir(fixture->dir, 0700), 0);
    put(fixture, "a|1", "one");
    assert_got("a|1", "one");
}

#define with_fixture(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_fixture(test_keeps_and_forgets),
        with_fixture(test_nothing_lasts_before_commit),
        with_fixture(test_expiry),
        with_fixture(test_bound),
        with_fixture(test_garbage),
        with_fixture(test_damaged_value),
        with_fixture(test_old_files),
        with_fixture(test_impostors),
        with_fixture(test_no_directory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
