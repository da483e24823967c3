/* SPDX-License-Identifier: MIT */
#ifndef OSM_SINK_SPOOL_DB_H
#define OSM_SINK_SPOOL_DB_H
/*
 * The file behind `--event-spool`: SQLite in WAL mode. Every function may wait for the disk; they
 * are called by one thread at a time, never by the loop (except at the start).
 *
 *   events(cursor, line, lost)     what some sink has not confirmed, in order
 *   sinks(name, position, pulled)  confirmed up to; handed to its window up to
 *   losses(sink, cursor, line)     lines that stand for what was given up for want of room
 *
 * The bound is on the bytes of lines. Beyond it the oldest events go, but none that a window
 * holds; each sink that had yet to see one gets a line that says how many it will not get.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"
#include "util/rope.h"

struct osm_spool_db;

#define OSM_SPOOL_SINKS 3

/* One line on its way in or out. */
struct osm_spool_line {
    uint64_t cursor;
    uint64_t lost;                 /* how many lost events it stands for; 0 = it is an event */
    size_t offset, length;         /* of its small text */
    struct osm_rope_piece *pieces; /* held; NULL = nothing of it is large */
    size_t piece_count;
};

/* Lines with their text; lines[i] starts at text.data + offset. */
struct osm_spool_lines {
    struct osm_buf text;
    struct osm_spool_line *lines;
    size_t count, capacity;
    size_t bytes; /* of all lines */
};

void osm_spool_lines_add(struct osm_spool_lines *lines, uint64_t cursor, uint64_t lost,
                         const struct osm_rope *line);
struct osm_rope osm_spool_line_rope(const struct osm_spool_lines *lines, size_t i);
/* Forgets the lines, keeps the memory. On the loop, as the next one. */
void osm_spool_lines_clear(struct osm_spool_lines *lines);
void osm_spool_lines_deinit(struct osm_spool_lines *lines);

struct osm_spool_place {
    const char *name; /* of the sink, static */
    uint64_t position, pulled;
};

struct osm_spool_stats {
    uint64_t events, bytes, dropped; /* dropped: since the start, for all sinks together */
    uint64_t last;                   /* newest cursor ever kept */
    uint64_t oldest;                 /* when the first of the events was, seconds since 1970 */
    uint64_t trimmed;                /* newest cursor given up for want of room since the start */
};

/*
 * Opens or makes the file, for this process alone. A file that is damaged is renamed to
 * <path>.damaged-<seconds>, logged, and replaced. Returns 0, or negative errno and a message for
 * the user in *error, to be freed.
 */
OSM_MUST_CHECK int osm_spool_db_new(const char *path, uint64_t bytes, struct osm_spool_db **out,
                                    char **error);
/* The same after the file has turned out to be damaged. *out is NULL after a failure. */
OSM_MUST_CHECK int osm_spool_db_renew(const char *path, uint64_t bytes, struct osm_spool_db **out,
                                      char **error);
struct osm_spool_db *osm_spool_db_free(struct osm_spool_db *db);

/* Where these sinks stand: fills the positions. A sink that is new begins behind what there is;
 * those that are not named are forgotten. Returns 0 or -EIO. */
OSM_MUST_CHECK int osm_spool_db_enlist(struct osm_spool_db *db, struct osm_spool_place *places,
                                       size_t count);

/* In one transaction: keeps the lines, notes where the sinks are, deletes what all of them have
 * confirmed and what is beyond the bound. Returns 0, or -EIO (osm_spool_db_error()) when nothing
 * of it was done. */
OSM_MUST_CHECK int osm_spool_db_save(struct osm_spool_db *db, const struct osm_spool_lines *lines,
                                     const struct osm_spool_place *places, size_t count,
                                     double now);

/* Appends the lines behind a cursor for a sink, at most so many and so many bytes. */
OSM_MUST_CHECK int osm_spool_db_load(struct osm_spool_db *db, const char *sink, uint64_t behind,
                                     size_t most, size_t most_bytes, struct osm_spool_lines *out);

/* Why the last call failed. */
const char *osm_spool_db_error(const struct osm_spool_db *db);
/* The last failure was damage to the file: it should be replaced. */
bool osm_spool_db_is_damaged(const struct osm_spool_db *db);
struct osm_spool_stats osm_spool_db_stats(const struct osm_spool_db *db);

#endif
