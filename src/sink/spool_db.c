/* SPDX-License-Identifier: MIT */
/* The spool's file; see spool_db.h. */
#include "sink/spool_db.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "rim/db/db.h"
#include "sink/line.h"
#include "util/alloc.h"
#include "util/dirs.h"
#include "util/log.h"

/* What an event takes beside its line, roughly. */
#define ROW_BYTES 32
/* From this length on copying a line would hold the loop. */
#define LARGE_LINE ((size_t)64 * 1024)

#define STATEMENTS(X)                                                                              \
    X(INSERT, "INSERT INTO events(cursor, line, lost) VALUES(?1, ?2, ?3)")                         \
    X(PLACE, "UPDATE sinks SET position = ?2, pulled = ?3 WHERE name = ?1")                        \
    X(LAST, "UPDATE meta SET last = ?1")                                                           \
    X(DONE, "DELETE FROM events WHERE cursor <= (SELECT min(position) FROM sinks)"                 \
            " RETURNING length(line)")                                                             \
    X(DONE_LOSSES, "DELETE FROM losses WHERE cursor <= (SELECT position FROM sinks"                \
                   " WHERE name = losses.sink)")                                                   \
    X(OLDEST, "SELECT cursor, length(line) FROM events WHERE NOT EXISTS (SELECT 1 FROM"            \
              " sinks WHERE events.cursor > position AND events.cursor <= pulled)"                 \
              " ORDER BY cursor")                                                                  \
    X(MISSED, "SELECT name, min(cursor), max(cursor), sum(max(lost, 1)) FROM sinks, events WHERE"  \
              " cursor > pulled AND cursor <= ?1 AND NOT EXISTS (SELECT 1 FROM sinks AS other"     \
              " WHERE events.cursor > other.position AND events.cursor <= other.pulled)"           \
              " GROUP BY name")                                                                    \
    X(TRIM, "DELETE FROM events WHERE cursor <= ?1 AND NOT EXISTS (SELECT 1 FROM sinks"            \
            " WHERE events.cursor > position AND events.cursor <= pulled)")                        \
    X(OLD_LOSS, "DELETE FROM losses WHERE sink = ?1 AND cursor > (SELECT pulled FROM sinks"        \
                " WHERE name = ?1) RETURNING first, dropped")                                      \
    X(SINCE, "SELECT CAST(json_extract(CAST(line AS TEXT), '$.time') AS INTEGER) FROM events"      \
             " ORDER BY cursor LIMIT 1")                                                           \
    X(LOSS, "INSERT OR REPLACE INTO losses(sink, cursor, first, dropped, line)"                    \
            " VALUES(?1, ?2, ?3, ?4, ?5)")                                                         \
    X(LOAD, "SELECT cursor, line, lost FROM (SELECT cursor, line, lost FROM events"                \
            " WHERE cursor > ?2 UNION ALL SELECT cursor, line, dropped FROM losses"                \
            " WHERE sink = ?1 AND cursor > ?2) ORDER BY cursor LIMIT ?3")

OSM_DB_STATEMENTS(STATEMENTS);

static const char schema[] =
    "PRAGMA locking_mode = EXCLUSIVE;"
    "PRAGMA journal_mode = WAL;"
    "PRAGMA synchronous = FULL;"
    "PRAGMA journal_size_limit = 8388608;"
    "CREATE TABLE IF NOT EXISTS meta(version INTEGER NOT NULL, last INTEGER NOT NULL);"
    "INSERT INTO meta SELECT 1, 0 WHERE NOT EXISTS (SELECT 1 FROM meta);"
    "CREATE TABLE IF NOT EXISTS events(cursor INTEGER PRIMARY KEY, line BLOB NOT NULL,"
    " lost INTEGER NOT NULL);"
    "CREATE TABLE IF NOT EXISTS sinks(name TEXT PRIMARY KEY, position INTEGER NOT NULL,"
    " pulled INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS losses(sink TEXT NOT NULL, cursor INTEGER NOT NULL,"
    " first INTEGER NOT NULL, dropped INTEGER NOT NULL, line BLOB NOT NULL,"
    " PRIMARY KEY(sink, cursor)) WITHOUT ROWID;";

static const struct osm_db_spec spec = {
    .schema = schema, .statements = statement_texts, .count = SQL_COUNT_};

struct osm_spool_db {
    struct osm_db *db;
    uint64_t most_bytes;
    struct osm_spool_stats stats;
    struct osm_spool_stats before; /* the transaction */
};

/* --- lines --------------------------------------------------------------------------------- */

void osm_spool_lines_add(struct osm_spool_lines *lines, uint64_t cursor, uint64_t lost,
                         const struct osm_rope *line)
{
    struct osm_spool_line *added;

    if (lines->count == lines->capacity) {
        lines->capacity = OSM_MAX(lines->capacity * 2, (size_t)64);
        lines->lines = osm_alloc_resize(lines->lines, lines->capacity * sizeof(*lines->lines));
    }
    added = &lines->lines[lines->count++];
    *added = (struct osm_spool_line){.cursor = cursor,
                                     .lost = lost,
                                     .offset = lines->text.length,
                                     .length = line->text_length,
                                     .piece_count = line->count};
    if (line->count) {
        added->pieces = osm_alloc(line->count * sizeof(*added->pieces));
        osm_rope_hold(line, added->pieces);
    }
    osm_buf_add(&lines->text, line->text, line->text_length);
    lines->bytes += osm_rope_length(line);
}

struct osm_rope osm_spool_line_rope(const struct osm_spool_lines *lines, size_t i)
{
    const struct osm_spool_line *line = &lines->lines[i];

    return (struct osm_rope){lines->text.data + line->offset, line->length, line->pieces,
                             line->piece_count};
}

void osm_spool_lines_clear(struct osm_spool_lines *lines)
{
    for (size_t i = 0; i < lines->count; i++) {
        osm_rope_leave(lines->lines[i].pieces, lines->lines[i].piece_count);
        free(lines->lines[i].pieces);
    }
    lines->count = 0;
    lines->bytes = 0;
    osm_buf_reset(&lines->text, (size_t)1 << 20);
}

void osm_spool_lines_deinit(struct osm_spool_lines *lines)
{
    osm_spool_lines_clear(lines);
    osm_buf_deinit(&lines->text);
    free(lines->lines);
    *lines = (struct osm_spool_lines){0};
}

/* A line out of the file; what is large of it can be shared from now on. */
static void add_loaded(struct osm_spool_lines *lines, uint64_t cursor, uint64_t lost,
                       const char *text, size_t length)
{
    struct osm_rope line = osm_rope_of(text, length);
    struct osm_rope_piece piece;
    struct osm_buf rest;

    if (length < LARGE_LINE) {
        osm_spool_lines_add(lines, cursor, lost, &line);
        return;
    }
    osm_buf_init(&rest);
    osm_buf_fit(&rest, length - 1);
    osm_buf_add(&rest, text + 1, length - 1);
    piece = (struct osm_rope_piece){1, osm_rope_text_new(&rest)};
    line = (struct osm_rope){text, 1, &piece, 1};
    osm_spool_lines_add(lines, cursor, lost, &line);
    osm_rope_leave(&piece, 1);
}

/* --- keeping ------------------------------------------------------------------------------- */

static int insert_lines(struct osm_spool_db *db, const struct osm_spool_lines *lines)
{
    _cleanup_(osm_buf_deinit) struct osm_buf whole = {0};

    for (size_t i = 0; i < lines->count; i++) {
        const struct osm_spool_line *line = &lines->lines[i];
        struct osm_rope rope = osm_spool_line_rope(lines, i);
        int r;

        if (rope.count) {
            osm_buf_truncate(&whole, 0);
            osm_rope_add_to(&rope, &whole);
            rope = osm_rope_of(whole.data, whole.length);
        }
        osm_db_bind_number(db->db, SQL_INSERT, 1, line->cursor);
        osm_db_bind_bytes(db->db, SQL_INSERT, 2, rope.text, rope.text_length);
        osm_db_bind_number(db->db, SQL_INSERT, 3, line->lost);
        r = osm_db_run(db->db, SQL_INSERT);
        if (r < 0)
            return r;
        db->stats.last = line->cursor;
        db->stats.events++;
        db->stats.bytes += rope.text_length + ROW_BYTES;
    }
    if (!lines->count)
        return 0;
    osm_db_bind_number(db->db, SQL_LAST, 1, db->stats.last);
    return osm_db_run(db->db, SQL_LAST);
}

static int note_places(struct osm_spool_db *db, const struct osm_spool_place *places, size_t count)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < count; i++) {
        osm_db_bind_text(db->db, SQL_PLACE, 1, places[i].name);
        osm_db_bind_number(db->db, SQL_PLACE, 2, places[i].position);
        osm_db_bind_number(db->db, SQL_PLACE, 3, places[i].pulled);
        r = osm_db_run(db->db, SQL_PLACE);
    }
    return r;
}

static void count_out(struct osm_spool_db *db, uint64_t length)
{
    db->stats.events--;
    db->stats.bytes -= OSM_MIN(db->stats.bytes, length + ROW_BYTES);
}

static int delete_done(struct osm_spool_db *db)
{
    int r;

    while ((r = osm_db_step(db->db, SQL_DONE)) > 0)
        count_out(db, osm_db_number(db->db, SQL_DONE, 0));
    return r < 0 ? r : osm_db_run(db->db, SQL_DONE_LOSSES);
}

/* A line that is no event of ours has no time. */
static void note_oldest(struct osm_spool_db *db)
{
    db->stats.oldest = 0;
    if (osm_db_step(db->db, SQL_SINCE) > 0)
        db->stats.oldest = osm_db_number(db->db, SQL_SINCE, 0);
    osm_db_reset(db->db, SQL_SINCE);
}

/* --- the bound ----------------------------------------------------------------------------- */

/* Finds up to which cursor events have to go; 0 = none. */
static int find_limit(struct osm_spool_db *db, uint64_t *limit)
{
    int r = 1;

    *limit = 0;
    while (db->stats.bytes > db->most_bytes && (r = osm_db_step(db->db, SQL_OLDEST)) > 0) {
        *limit = osm_db_number(db->db, SQL_OLDEST, 0);
        count_out(db, osm_db_number(db->db, SQL_OLDEST, 1));
    }
    osm_db_reset(db->db, SQL_OLDEST);
    return OSM_MIN(r, 0);
}

struct miss {
    char name[16];
    struct osm_lost_events lost;
};

/* Joins a miss with the one before it that the sink has not been told yet, and keeps it. */
static int keep_miss(struct osm_spool_db *db, struct miss *miss)
{
    _cleanup_(osm_buf_deinit) struct osm_buf line = {0};
    int r;

    db->stats.dropped += miss->lost.dropped;
    osm_db_bind_text(db->db, SQL_OLD_LOSS, 1, miss->name);
    while ((r = osm_db_step(db->db, SQL_OLD_LOSS)) > 0) {
        miss->lost.from = OSM_MIN(miss->lost.from, osm_db_number(db->db, SQL_OLD_LOSS, 0));
        miss->lost.dropped += osm_db_number(db->db, SQL_OLD_LOSS, 1);
    }
    if (r < 0)
        return r;
    osm_line_of_lost(&line, &miss->lost);
    osm_db_bind_text(db->db, SQL_LOSS, 1, miss->name);
    osm_db_bind_number(db->db, SQL_LOSS, 2, miss->lost.to);
    osm_db_bind_number(db->db, SQL_LOSS, 3, miss->lost.from);
    osm_db_bind_number(db->db, SQL_LOSS, 4, miss->lost.dropped);
    osm_db_bind_bytes(db->db, SQL_LOSS, 5, line.data, line.length);
    return osm_db_run(db->db, SQL_LOSS);
}

static int trim(struct osm_spool_db *db, double now)
{
    struct miss misses[OSM_SPOOL_SINKS];
    size_t count = 0;
    uint64_t limit;
    int r = find_limit(db, &limit);

    if (r < 0 || !limit)
        return r;
    osm_db_bind_number(db->db, SQL_MISSED, 1, limit);
    while ((r = osm_db_step(db->db, SQL_MISSED)) > 0) {
        struct miss *miss = &misses[count];

        osm_assert(count < OSM_SPOOL_SINKS);
        (void)snprintf(miss->name, sizeof(miss->name), "%s", osm_db_text(db->db, SQL_MISSED, 0));
        miss->lost = (struct osm_lost_events){.from = osm_db_number(db->db, SQL_MISSED, 1),
                                              .to = osm_db_number(db->db, SQL_MISSED, 2),
                                              .dropped = osm_db_number(db->db, SQL_MISSED, 3),
                                              .time = now,
                                              .reason = "the spool is full "
                                                        "(--event-spool-bytes)"};
        count++;
    }
    for (size_t i = 0; r == 0 && i < count; i++)
        r = keep_miss(db, &misses[i]);
    db->stats.trimmed = OSM_MAX(db->stats.trimmed, limit);
    osm_db_bind_number(db->db, SQL_TRIM, 1, limit);
    return r < 0 ? r : osm_db_run(db->db, SQL_TRIM);
}

int osm_spool_db_save(struct osm_spool_db *db, const struct osm_spool_lines *lines,
                      const struct osm_spool_place *places, size_t count, double now)
{
    int r = osm_db_begin(db->db);

    if (r < 0)
        return r;
    db->before = db->stats;
    r = insert_lines(db, lines);
    if (r == 0)
        r = note_places(db, places, count);
    if (r == 0)
        r = delete_done(db);
    if (r == 0)
        r = trim(db, now);
    r = osm_db_end(db->db, r);
    if (r < 0)
        db->stats = db->before;
    else
        note_oldest(db);
    return r;
}

int osm_spool_db_load(struct osm_spool_db *db, const char *sink, uint64_t behind, size_t most,
                      size_t most_bytes, struct osm_spool_lines *out)
{
    size_t end = out->bytes + most_bytes;
    int r;

    osm_db_bind_text(db->db, SQL_LOAD, 1, sink);
    osm_db_bind_number(db->db, SQL_LOAD, 2, behind);
    osm_db_bind_number(db->db, SQL_LOAD, 3, most);
    while ((r = osm_db_step(db->db, SQL_LOAD)) > 0) {
        size_t length;
        const char *line = osm_db_bytes(db->db, SQL_LOAD, 1, &length);

        add_loaded(out, osm_db_number(db->db, SQL_LOAD, 0), osm_db_number(db->db, SQL_LOAD, 2),
                   line, length);
        if (out->bytes >= end)
            break;
    }
    osm_db_reset(db->db, SQL_LOAD);
    return OSM_MIN(r, 0);
}

/* --- sinks --------------------------------------------------------------------------------- */

static int enlist_one(struct osm_spool_db *db, struct osm_spool_place *place)
{
    bool found = false;
    int r = osm_db_once(db->db, "SELECT position FROM sinks WHERE name = ?1", place->name, 0,
                        &place->position, &found);

    if (r == 0 && !found) {
        place->position = db->stats.last;
        r = osm_db_once(db->db, "INSERT INTO sinks(name, position, pulled) VALUES(?1, ?2, ?2)",
                        place->name, place->position + !place->position, NULL, NULL);
    }
    place->pulled = place->position;
    return r;
}

int osm_spool_db_enlist(struct osm_spool_db *db, struct osm_spool_place *places, size_t count)
{
    _cleanup_(osm_buf_deinit) struct osm_buf sql = {0};
    int r;

    osm_buf_add_text(&sql, "DELETE FROM sinks WHERE name NOT IN (''");
    for (size_t i = 0; i < count; i++)
        osm_buf_printf(&sql, ", '%s'", places[i].name);
    osm_buf_add_text(&sql, ")");
    r = osm_db_once(db->db, osm_buf_text(&sql), NULL, 0, NULL, NULL);
    if (r == 0)
        r = osm_db_once(db->db, "DELETE FROM losses WHERE sink NOT IN (SELECT name FROM sinks)",
                        NULL, 0, NULL, NULL);
    /* Windows were empty when the last daemon ended. */
    if (r == 0)
        r = osm_db_once(db->db, "UPDATE sinks SET pulled = position", NULL, 0, NULL, NULL);
    for (size_t i = 0; r == 0 && i < count; i++)
        r = enlist_one(db, &places[i]);
    return r;
}

/* --- life ---------------------------------------------------------------------------------- */

const char *osm_spool_db_error(const struct osm_spool_db *db)
{
    return osm_db_error(db->db);
}

bool osm_spool_db_is_damaged(const struct osm_spool_db *db)
{
    return osm_db_is_damaged(db->db);
}

struct osm_spool_stats osm_spool_db_stats(const struct osm_spool_db *db)
{
    return db->stats;
}

struct osm_spool_db *osm_spool_db_free(struct osm_spool_db *db)
{
    if (!db)
        return NULL;
    (void)osm_db_close(db->db);
    free(db);
    return NULL;
}

static int read_stats(struct osm_spool_db *db)
{
    int r = osm_db_once(db->db, "SELECT last FROM meta", NULL, 0, &db->stats.last, NULL);

    if (r == 0)
        r = osm_db_once(db->db, "SELECT count(*) FROM events", NULL, 0, &db->stats.events, NULL);
    if (r == 0)
        r = osm_db_once(db->db, "SELECT coalesce(sum(length(line)), 0) FROM events", NULL, 0,
                        &db->stats.bytes, NULL);
    db->stats.bytes += db->stats.events * ROW_BYTES;
    return r;
}

static int open_db(const char *path, uint64_t bytes, struct osm_spool_db **out)
{
    struct osm_spool_db *db = osm_alloc(sizeof(*db));
    int r = osm_db_open(&spec, path, &db->db);

    *out = db;
    db->most_bytes = bytes;
    return r < 0 ? r : read_stats(db);
}

/* Out of the way, with what belongs to it, but kept for who wants to look. */
static void put_aside(const char *path)
{
    long long now = (long long)time(NULL);

    osm_db_put_aside(path, now);
    osm_log_error("Event spool %s is damaged: kept as %s.damaged-%lld, starting with a new one; "
                  "what was in it is not delivered",
                  path, path, now);
}

/* Opens the file and says what went wrong, unless that was damage and may_be_damaged. */
static int open_or_explain(const char *path, uint64_t bytes, bool may_be_damaged,
                           struct osm_spool_db **out, char **error)
{
    int r = open_db(path, bytes, out);

    if (r == 0 || (may_be_damaged && osm_spool_db_is_damaged(*out)))
        return r;
    *error = osm_printf("Cannot open event spool %s: %s", path,
                        osm_db_is_busy((*out)->db) ? "another process uses it"
                                                   : osm_spool_db_error(*out));
    *out = osm_spool_db_free(*out);
    return r;
}

int osm_spool_db_renew(const char *path, uint64_t bytes, struct osm_spool_db **out, char **error)
{
    put_aside(path);
    return open_or_explain(path, bytes, false, out, error);
}

int osm_spool_db_new(const char *path, uint64_t bytes, struct osm_spool_db **out, char **error)
{
    int r = osm_dirs_make_parent(path, 0700);

    *out = NULL;
    if (r < 0) {
        *error = osm_printf("Cannot open event spool %s: %s", path, strerror(-r));
        return r;
    }
    r = open_or_explain(path, bytes, true, out, error);
    if (r == 0 || !*out)
        return r;
    *out = osm_spool_db_free(*out);
    return osm_spool_db_renew(path, bytes, out, error);
}
