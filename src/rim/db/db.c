/* SPDX-License-Identifier: MIT */
/* SQLite; see db.h. */
#include "rim/db/db.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include "util/alloc.h"
#include "util/fd.h"

struct osm_db {
    sqlite3 *sqlite;
    const struct osm_db_spec *spec;
    sqlite3_stmt **statements;
    int failure; /* of the last call that failed */
    char error[160];
};

static int failed(struct osm_db *db)
{
    db->failure = db->sqlite ? sqlite3_extended_errcode(db->sqlite) : SQLITE_NOMEM;
    (void)snprintf(db->error, sizeof(db->error), "%s",
                   db->sqlite ? sqlite3_errmsg(db->sqlite) : "no memory");
    return -EIO;
}

/* --- statements ---------------------------------------------------------------------------- */

void osm_db_bind_number(struct osm_db *db, unsigned which, int n, uint64_t value)
{
    (void)sqlite3_bind_int64(db->statements[which], n, (sqlite3_int64)value);
}

void osm_db_bind_text(struct osm_db *db, unsigned which, int n, const char *text)
{
    (void)sqlite3_bind_text(db->statements[which], n, text, -1, SQLITE_STATIC);
}

/* No bytes are an empty blob, not NULL. */
void osm_db_bind_bytes(struct osm_db *db, unsigned which, int n, const void *data, size_t length)
{
    (void)sqlite3_bind_blob64(db->statements[which], n, length ? data : "", length, SQLITE_STATIC);
}

int osm_db_step(struct osm_db *db, unsigned which)
{
    int r = sqlite3_step(db->statements[which]);

    if (r == SQLITE_ROW)
        return 1;
    r = r == SQLITE_DONE ? 0 : failed(db);
    osm_db_reset(db, which);
    return r;
}

int osm_db_run(struct osm_db *db, unsigned which)
{
    int r;

    do
        r = osm_db_step(db, which);
    while (r > 0);
    return r;
}

void osm_db_reset(struct osm_db *db, unsigned which)
{
    (void)sqlite3_reset(db->statements[which]);
}

uint64_t osm_db_number(struct osm_db *db, unsigned which, int column)
{
    return (uint64_t)sqlite3_column_int64(db->statements[which], column);
}

const char *osm_db_text(struct osm_db *db, unsigned which, int column)
{
    const char *text = (const char *)sqlite3_column_text(db->statements[which], column);

    return text ? text : "";
}

const void *osm_db_bytes(struct osm_db *db, unsigned which, int column, size_t *length)
{
    const void *bytes = sqlite3_column_blob(db->statements[which], column);

    *length = (size_t)sqlite3_column_bytes(db->statements[which], column);
    return bytes ? bytes : "";
}

int osm_db_once(struct osm_db *db, const char *sql, const char *name, uint64_t number,
                uint64_t *out, bool *found)
{
    sqlite3_stmt *statement = NULL;
    int r = sqlite3_prepare_v2(db->sqlite, sql, -1, &statement, NULL);

    if (r != SQLITE_OK)
        return failed(db);
    if (name)
        (void)sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
    if (number)
        (void)sqlite3_bind_int64(statement, 2, (sqlite3_int64)number);
    r = sqlite3_step(statement);
    if (found)
        *found = r == SQLITE_ROW;
    if (r == SQLITE_ROW && out)
        *out = (uint64_t)sqlite3_column_int64(statement, 0);
    r = r == SQLITE_ROW || r == SQLITE_DONE ? 0 : failed(db);
    (void)sqlite3_finalize(statement);
    return r;
}

/* --- transactions -------------------------------------------------------------------------- */

static int execute(struct osm_db *db, const char *sql)
{
    return sqlite3_exec(db->sqlite, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : failed(db);
}

int osm_db_begin(struct osm_db *db)
{
    return execute(db, "BEGIN IMMEDIATE");
}

int osm_db_end(struct osm_db *db, int r)
{
    if (r == 0)
        r = execute(db, "COMMIT");
    /* It may be rolled back already, and the failure to be told is the first one. */
    if (r < 0 && !sqlite3_get_autocommit(db->sqlite))
        (void)sqlite3_exec(db->sqlite, "ROLLBACK", NULL, NULL, NULL);
    return r;
}

/* --- failures ------------------------------------------------------------------------------ */

const char *osm_db_error(const struct osm_db *db)
{
    return db->error;
}

bool osm_db_is_damaged(const struct osm_db *db)
{
    int primary = db->failure & 0xff;

    return primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB;
}

bool osm_db_is_busy(const struct osm_db *db)
{
    return (db->failure & 0xff) == SQLITE_BUSY;
}

static const char *const companions[] = {"", "-wal", "-shm", "-journal"};

void osm_db_remove(const char *path)
{
    for (size_t i = 0; i < OSM_ARRAY_SIZE(companions); i++) {
        _cleanup_(osm_freep) char *name = osm_printf("%s%s", path, companions[i]);

        (void)unlink(name);
    }
}

void osm_db_put_aside(const char *path, long long seconds)
{
    for (size_t i = 0; i < OSM_ARRAY_SIZE(companions); i++) {
        _cleanup_(osm_freep) char *from = osm_printf("%s%s", path, companions[i]);
        _cleanup_(osm_freep) char *to =
            osm_printf("%s.damaged-%lld%s", path, seconds, companions[i]);

        (void)rename(from, to);
    }
}

/* --- life ---------------------------------------------------------------------------------- */

static int prepare_all(struct osm_db *db)
{
    for (size_t i = 0; i < db->spec->count; i++) {
        if (sqlite3_prepare_v3(db->sqlite, db->spec->statements[i], -1, SQLITE_PREPARE_PERSISTENT,
                               &db->statements[i], NULL) != SQLITE_OK)
            return failed(db);
    }
    return 0;
}

/* A file that is there already, perhaps with wider rights. */
static void narrow(const char *path)
{
    _cleanup_(osm_close_fd) int fd =
        open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    struct stat status;

    if (fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
        (status.st_mode & (S_IRWXG | S_IRWXO)))
        (void)fchmod(fd, 0600);
}

/* SQLite would make it readable for everybody, and gives its companions the same rights. Errors
 * are left to SQLite to explain. */
static void make_private(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (fd >= 0)
        (void)close(fd);
    for (size_t i = 0; i < OSM_ARRAY_SIZE(companions); i++) {
        _cleanup_(osm_freep) char *name = osm_printf("%s%s", path, companions[i]);

        narrow(name);
    }
}

/* The same file without links in the way to it, all of which SQLite would refuse. */
static char *straighten(const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    _cleanup_(osm_freep) char *dir =
        slash ? osm_strndup(path, (size_t)(name - path)) : osm_strdup(".");
    _cleanup_(osm_freep) char *real_dir = realpath(dir, NULL);

    return real_dir ? osm_printf("%s/%s", real_dir, name) : osm_strdup(path);
}

int osm_db_open(const struct osm_db_spec *spec, const char *path, struct osm_db **out)
{
    const int flags =
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW;
    _cleanup_(osm_freep) char *straight = straighten(path);
    struct osm_db *db = osm_alloc(sizeof(*db));
    int r;

    *out = db;
    db->spec = spec;
    db->statements = osm_alloc(spec->count * sizeof(sqlite3_stmt *));
    make_private(straight);
    if (sqlite3_open_v2(straight, &db->sqlite, flags, NULL) != SQLITE_OK)
        return failed(db);
    (void)sqlite3_busy_timeout(db->sqlite, spec->busy_ms);
    r = execute(db, spec->schema);
    return r < 0 ? r : prepare_all(db);
}

struct osm_db *osm_db_close(struct osm_db *db)
{
    if (!db)
        return NULL;
    for (size_t i = 0; i < db->spec->count; i++)
        (void)sqlite3_finalize(db->statements[i]);
    (void)sqlite3_close(db->sqlite);
    free(db->statements);
    free(db);
    return NULL;
}
