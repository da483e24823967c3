/* SPDX-License-Identifier: MIT */
/* The cache's table; see cache_store.h. */
#include "rim/db/cache_store.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rim/db/db.h"
#include "util/alloc.h"
#include "util/digest.h"
#include "util/log.h"

/* What an entry takes beside its key and value, roughly. */
#define ROW_BYTES 64
/* A store of another process holds us so long; less than the core's patience. */
#define BUSY_MS 1000

#define STATEMENTS(X)                                                                              \
    X(GET, "SELECT expires, checksum, value FROM entries WHERE subject = ?1 AND rest = ?2")        \
    X(PUT, "INSERT INTO entries(subject, rest, expires, size, checksum, value)"                    \
           " VALUES(?1, ?2, ?3, ?4, ?5, ?6)")                                                      \
    X(DELETE, "DELETE FROM entries WHERE subject = ?1 AND rest = ?2 RETURNING size")               \
    X(FORGET, "DELETE FROM entries WHERE subject = ?1 RETURNING size")                             \
    X(EXPIRE, "DELETE FROM entries WHERE expires <= ?1 RETURNING size")                            \
    X(SIZE, "SELECT coalesce(sum(size), 0) FROM entries")                                          \
    X(TRIM, "DELETE FROM entries WHERE id IN (SELECT min(id) FROM entries)"                        \
            " RETURNING size")

OSM_DB_STATEMENTS(STATEMENTS);

/* One file beside which nothing lies when the daemon rests or was killed: no WAL. */
static const struct osm_db_spec spec = {
    .schema = "PRAGMA journal_mode = DELETE;"
              "PRAGMA synchronous = NORMAL;"
              "CREATE TABLE IF NOT EXISTS entries(id INTEGER PRIMARY KEY, subject BLOB NOT NULL,"
              " rest BLOB NOT NULL, expires INTEGER NOT NULL, size INTEGER NOT NULL,"
              " checksum BLOB NOT NULL, value BLOB NOT NULL);"
              "CREATE UNIQUE INDEX IF NOT EXISTS by_key ON entries(subject, rest);"
              "CREATE INDEX IF NOT EXISTS by_expiry ON entries(expires);",
    .statements = statement_texts,
    .count = SQL_COUNT_,
    .busy_ms = BUSY_MS,
};

struct osm_store {
    char *directory, *path;
    struct osm_db *db; /* NULL = not open */
    dev_t device;      /* of the open file … */
    ino_t inode;       /* … which may be taken away */
    bool writing;      /* a transaction is open */
    uint64_t bytes;    /* in the table, as far as this process knows */
    uint64_t most_bytes;
};

/* --- the file ------------------------------------------------------------------------------ */

static struct osm_store *open_store(const char *directory)
{
    struct osm_store *store = osm_alloc(sizeof(*store));

    store->directory = osm_strdup(directory);
    store->path = osm_printf("%s/%s", directory, OSM_CACHE_STORE_FILE);
    store->most_bytes = OSM_CACHE_STORE_BYTES;
    return store;
}

static int commit(struct osm_store *store)
{
    if (!store->writing)
        return 0;
    store->writing = false;
    return osm_db_end(store->db, 0);
}

static void shut(struct osm_store *store)
{
    store->db = osm_db_close(store->db); /* takes back what was not committed */
    store->writing = false;
}

static void close_store(struct osm_store *store)
{
    if (!store)
        return;
    (void)commit(store);
    shut(store);
    free(store->path);
    free(store->directory);
    free(store);
}

/* After a failure: -EIO, and a file that is no good has gone. */
static int failed(struct osm_store *store)
{
    bool damaged = osm_db_is_damaged(store->db);

    if (damaged)
        osm_log_warning("Cache %s is damaged (%s): starting with a new one", store->path,
                        osm_db_error(store->db));
    shut(store);
    if (damaged)
        osm_db_remove(store->path);
    return -EIO;
}

/* 1 = it was no good, has gone, and may be made anew. */
static int try_open(struct osm_store *store)
{
    struct stat status;
    int r = osm_db_open(&spec, store->path, &store->db);

    if (r == 0)
        r = osm_db_once(store->db, statement_texts[SQL_SIZE], NULL, 0, &store->bytes, NULL);
    if (r < 0 || lstat(store->path, &status) < 0) {
        bool damaged = osm_db_is_damaged(store->db);

        r = failed(store);
        return damaged ? 1 : r;
    }
    store->device = status.st_dev;
    store->inode = status.st_ino;
    return 0;
}

static int open_file(struct osm_store *store)
{
    int r = access(store->directory, W_OK | X_OK) < 0 ? -errno : try_open(store);

    if (r > 0)
        r = try_open(store);
    return r > 0 ? -EIO : r;
}

/* The file, open: 1 = it is; 0 = there is none, and none is wanted. */
static int reach(struct osm_store *store, bool wanted)
{
    struct stat status;
    bool there = lstat(store->path, &status) == 0;
    int r;

    if (!there && errno != ENOENT)
        return -errno;
    if (store->db && there && status.st_dev == store->device && status.st_ino == store->inode)
        return 1;
    shut(store);
    if (there && !S_ISREG(status.st_mode)) { /* a link, a FIFO: never opened */
        if (unlink(store->path) < 0)
            return -errno;
        there = false;
    }
    if (!there && !wanted)
        return 0;
    r = open_file(store);
    return r < 0 ? r : 1;
}

static int write_to(struct osm_store *store, bool wanted)
{
    int r = reach(store, wanted);

    if (r <= 0 || store->writing)
        return r;
    if (osm_db_begin(store->db) < 0)
        return failed(store);
    store->writing = true;
    return 1;
}

/* --- entries ------------------------------------------------------------------------------- */

static void bind_key(struct osm_store *store, enum statement which, const struct osm_store_key *key)
{
    osm_db_bind_bytes(store->db, which, 1, key->subject, key->subject_length);
    osm_db_bind_bytes(store->db, which, 2, key->rest, key->rest_length);
}

/* Runs a statement that tells the sizes of what it deletes. */
static int delete_rows(struct osm_store *store, enum statement which)
{
    int r;

    while ((r = osm_db_step(store->db, which)) > 0)
        store->bytes -= OSM_MIN(store->bytes, osm_db_number(store->db, which, 0));
    return r;
}

/* Of everything that must belong together. */
static void sum(const struct osm_store_key *key, int64_t expires, const void *value, size_t length,
                uint8_t out[OSM_SHA1_BYTES])
{
    uint8_t parts[3 * OSM_SHA1_BYTES + sizeof(expires)];

    osm_digest_sha1(key->subject, key->subject_length, parts);
    osm_digest_sha1(key->rest, key->rest_length, parts + OSM_SHA1_BYTES);
    osm_digest_sha1(value, length, parts + 2 * OSM_SHA1_BYTES);
    memcpy(parts + 3 * OSM_SHA1_BYTES, &expires, sizeof(expires));
    osm_digest_sha1(parts, sizeof(parts), out);
}

/* Takes the present row of GET; false = it is of no use. */
static bool take_row(struct osm_store *store, const struct osm_store_key *key, int64_t now,
                     uint8_t **value, size_t *length)
{
    int64_t expires = (int64_t)osm_db_number(store->db, SQL_GET, 0);
    uint8_t expected[OSM_SHA1_BYTES];
    const void *checksum, *bytes;
    size_t checksum_length;

    checksum = osm_db_bytes(store->db, SQL_GET, 1, &checksum_length);
    bytes = osm_db_bytes(store->db, SQL_GET, 2, length);
    if (now >= expires || checksum_length != sizeof(expected))
        return false;
    sum(key, expires, bytes, *length, expected);
    if (memcmp(checksum, expected, sizeof(expected)) != 0)
        return false;
    *value = osm_alloc(*length + 1);
    memcpy(*value, bytes, *length);
    return true;
}

static int get(struct osm_store *store, const struct osm_store_key *key, int64_t now,
               uint8_t **value, size_t *length)
{
    bool fits = true;
    int r = reach(store, false);

    *value = NULL;
    if (r <= 0)
        return r;
    bind_key(store, SQL_GET, key);
    r = osm_db_step(store->db, SQL_GET);
    if (r > 0)
        fits = take_row(store, key, now, value, length);
    osm_db_reset(store->db, SQL_GET);
    if (r > 0 && !fits) {
        r = write_to(store, false);
        if (r <= 0)
            return r;
        bind_key(store, SQL_DELETE, key);
        r = delete_rows(store, SQL_DELETE);
    }
    return r < 0 ? failed(store) : 0;
}

static int trim(struct osm_store *store)
{
    int r;

    if (store->bytes <= store->most_bytes)
        return 0;
    r = osm_db_step(store->db, SQL_SIZE); /* another daemon may have made room */
    if (r > 0)
        store->bytes = osm_db_number(store->db, SQL_SIZE, 0);
    osm_db_reset(store->db, SQL_SIZE);
    while (r >= 0 && store->bytes > store->most_bytes) {
        uint64_t before = store->bytes;

        r = delete_rows(store, SQL_TRIM);
        if (store->bytes == before)
            break;
    }
    return OSM_MIN(r, 0);
}

static int put(struct osm_store *store, const struct osm_store_key *key, const uint8_t *value,
               size_t length, int64_t expires)
{
    uint64_t size = key->subject_length + key->rest_length + length + ROW_BYTES;
    bool keeps = length <= OSM_CACHE_STORE_VALUE_MAX && size <= store->most_bytes;
    uint8_t checksum[OSM_SHA1_BYTES];
    int r = write_to(store, keeps);

    if (r <= 0)
        return r;
    bind_key(store, SQL_DELETE, key);
    r = delete_rows(store, SQL_DELETE);
    if (r < 0 || !keeps)
        return r < 0 ? failed(store) : 0;
    sum(key, expires, value, length, checksum);
    bind_key(store, SQL_PUT, key);
    osm_db_bind_number(store->db, SQL_PUT, 3, (uint64_t)expires);
    osm_db_bind_number(store->db, SQL_PUT, 4, size);
    osm_db_bind_bytes(store->db, SQL_PUT, 5, checksum, sizeof(checksum));
    osm_db_bind_bytes(store->db, SQL_PUT, 6, value, length);
    store->bytes += size;
    r = osm_db_run(store->db, SQL_PUT);
    if (r == 0)
        r = trim(store);
    return r < 0 ? failed(store) : 0;
}

static int forget(struct osm_store *store, const struct osm_store_key *key)
{
    int r = write_to(store, false);

    if (r <= 0)
        return r;
    osm_db_bind_bytes(store->db, SQL_FORGET, 1, key->subject, key->subject_length);
    r = delete_rows(store, SQL_FORGET);
    return r < 0 ? failed(store) : 0;
}

/* --- all files ----------------------------------------------------------------------------- */

static void close_dir(DIR **dir)
{
    if (*dir)
        (void)closedir(*dir);
}

/* What stands before the suffix: digits of a digest (md5, sha1, sha256) as the files of single
 * entries are named, or "answers-" and the number of a version. */
static bool is_stem(const char *name, size_t length)
{
    static const char table[] = "answers-";

    if (length > sizeof(table) - 1 && strncmp(name, table, sizeof(table) - 1) == 0)
        return strspn(name + sizeof(table) - 1, "0123456789") == length - (sizeof(table) - 1);
    return (length == 32 || length == 40 || length == 64) &&
           strspn(name, "0123456789abcdef") == length;
}

/* Whether a file of that name belongs to a cache: to this table, one of another version, or the
 * format before there were tables (a file per entry, and halves of them). Whatever else lies in
 * the directory is somebody else's. */
static bool is_of_a_cache(const char *name, bool ours)
{
    static const char *const suffixes[] = {".cache", ".cache.new", ".cache-journal"};
    size_t stem = strcspn(name, ".");

    if (!ours && strncmp(name, OSM_CACHE_STORE_FILE, strlen(OSM_CACHE_STORE_FILE)) == 0)
        return false;
    for (size_t i = 0; i < OSM_ARRAY_SIZE(suffixes); i++)
        if (strcmp(name + stem, suffixes[i]) == 0)
            return is_stem(name, stem);
    return false;
}

/* Deletes what belongs to other caches; with ours, to this one, too. */
static int sweep(struct osm_store *store, bool ours)
{
    _cleanup_(close_dir) DIR *stream = opendir(store->directory);
    struct dirent *entry;
    int first = 0;

    if (!stream)
        return -errno;
    while ((entry = readdir(stream))) {
        _cleanup_(osm_freep) char *path = NULL;

        if (!is_of_a_cache(entry->d_name, ours))
            continue;
        path = osm_printf("%s/%s", store->directory, entry->d_name);
        if (unlink(path) < 0 && errno != ENOENT && first == 0)
            first = -errno;
    }
    return first;
}

static int clear(struct osm_store *store)
{
    shut(store);
    osm_db_remove(store->path);
    return sweep(store, true);
}

static int tidy(struct osm_store *store, int64_t now)
{
    int first = sweep(store, false);
    int r = write_to(store, false);

    if (r > 0) {
        osm_db_bind_number(store->db, SQL_EXPIRE, 1, (uint64_t)now);
        r = delete_rows(store, SQL_EXPIRE) < 0 ? failed(store) : 0;
    }
    return first < 0 ? first : r;
}

/* --- the table ----------------------------------------------------------------------------- */

void osm_cache_store_limit(struct osm_store *store, uint64_t bytes)
{
    store->most_bytes = bytes;
}

const struct osm_store_ops *osm_cache_store_ops(void)
{
    static const struct osm_store_ops ops = {
        .open = open_store,
        .close = close_store,
        .get = get,
        .put = put,
        .forget = forget,
        .clear = clear,
        .tidy = tidy,
        .commit = commit,
    };

    return &ops;
}
