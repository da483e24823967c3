/* SPDX-License-Identifier: MIT */
#ifndef OSM_RIM_DB_DB_H
#define OSM_RIM_DB_DB_H
/*
 * SQLite as this daemon uses it: a file with a schema and a fixed table of prepared statements,
 * named by their number. The one place that includes <sqlite3.h>.
 *
 * Every function may wait for the disk. A file belongs to one thread at a time, never to the
 * loop (except at the start). Functions that can fail return 0 or -EIO; why, osm_db_error() says
 * until the next failure.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/macros.h"

struct osm_db;

struct osm_db_spec {
    const char *schema; /* pragmas first; run at every opening */
    const char *const *statements;
    size_t count;
    int busy_ms; /* how long to wait for another process */
};

/* The numbers and texts of statements, from `list`: a macro that calls X(name, text) for each; the
 * numbers are SQL_<name>, and how many there are SQL_COUNT_. */
#define OSM_DB_NUMBER(name_, text_) SQL_##name_,
#define OSM_DB_TEXT(name_, text_) [SQL_##name_] = (text_),
#define OSM_DB_STATEMENTS(list_)                                                                   \
    enum statement { list_(OSM_DB_NUMBER) SQL_COUNT_ };                                            \
    static const char *const statement_texts[] = {list_(OSM_DB_TEXT)}

/* Opens or makes the file (0600); the file must not be a link, its directory may. *out is never
 * NULL, also after a failure: it says why. The spec is borrowed for as long as the file is open. */
OSM_MUST_CHECK int osm_db_open(const struct osm_db_spec *spec, const char *path,
                               struct osm_db **out);
struct osm_db *osm_db_close(struct osm_db *db);

/* Values for the n-th parameter, from 1. Bytes and text are borrowed until the statement is
 * done. */
void osm_db_bind_number(struct osm_db *db, unsigned which, int n, uint64_t value);
void osm_db_bind_text(struct osm_db *db, unsigned which, int n, const char *text);
void osm_db_bind_bytes(struct osm_db *db, unsigned which, int n, const void *data, size_t length);
/* One step: 1 = a row, 0 = done and ready for the next time, -EIO likewise. */
OSM_MUST_CHECK int osm_db_step(struct osm_db *db, unsigned which);
/* All steps, rows are ignored. */
OSM_MUST_CHECK int osm_db_run(struct osm_db *db, unsigned which);
/* Ends a statement before its last row; what its columns were borrowed for is over. */
void osm_db_reset(struct osm_db *db, unsigned which);
/* Columns of the present row, from 0; borrowed until the next step. */
uint64_t osm_db_number(struct osm_db *db, unsigned which, int column);
const char *osm_db_text(struct osm_db *db, unsigned which, int column);
const void *osm_db_bytes(struct osm_db *db, unsigned which, int column, size_t *length);

/* A statement that is needed once. name and number (unless NULL and 0) are its parameters 1 and
 * 2. Of a row the first number is taken, *found says whether there was one; both may be NULL. */
OSM_MUST_CHECK int osm_db_once(struct osm_db *db, const char *sql, const char *name,
                               uint64_t number, uint64_t *out, bool *found);

/* One transaction for writing. end() commits when r is 0, else it takes everything back; returns
 * r, or why it could not be committed. */
OSM_MUST_CHECK int osm_db_begin(struct osm_db *db);
OSM_MUST_CHECK int osm_db_end(struct osm_db *db, int r);

/* Why the last call failed, for people. */
const char *osm_db_error(const struct osm_db *db);
/* The last failure was damage to the file: it should be replaced. */
bool osm_db_is_damaged(const struct osm_db *db);
/* The last failure was another process that uses the file. */
bool osm_db_is_busy(const struct osm_db *db);

/* A file that is not open, and what belongs to it: deleted; or renamed to
 * <path>.damaged-<seconds>, for who wants to look. */
void osm_db_remove(const char *path);
void osm_db_put_aside(const char *path, long long seconds);

#endif
