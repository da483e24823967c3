/* SPDX-License-Identifier: MIT */
#ifndef OSM_SINK_SPOOL_H
#define OSM_SINK_SPOOL_H
/*
 * Store and forward: with a spool, events go from the bus into a file first (spool_db.h), and from
 * there to the sinks, so that they outlive whatever is away: broker, child, this daemon.
 *
 * All work on the file is done off the loop in rounds, one at a time: keep what has come, note what
 * sinks have confirmed, load for sinks that are behind. A sink that is not behind is given new
 * events straight from memory once they are safe.
 *
 *   bus ──▶ round ──saved──▶ window of a sink that is up to date
 *             ▲  └──loaded─▶ window of a sink that is behind
 *             └── positions of sinks
 *
 * While the file cannot be written (disk full) events wait on the bus.
 */
#include "core/event/event_bus.h"
#include "core/manager/sink_status.h"
#include "port/loop_ops.h"

struct osm_sink;

struct osm_spool;

struct osm_spool_config {
    const char *path;
    uint64_t bytes; /* of lines kept at most */
    /* The spool has become idle (osm_spool_is_idle()). */
    void (*idle)(void *context);
    void *context;
};

/* Opens the file; may wait for the disk. Returns 0, or negative errno and a message for the user
 * in *error, to be freed. */
OSM_MUST_CHECK int osm_spool_new(const struct osm_spool_config *config, const struct osm_loop *loop,
                                 struct osm_bus *bus, struct osm_spool **out, char **error);
/* Before the start: feeds this sink. */
void osm_spool_add(struct osm_spool *spool, struct osm_sink *sink);
/* Gives the sinks their positions and begins to read the bus. May wait for the disk. */
OSM_MUST_CHECK int osm_spool_start(struct osm_spool *spool, char **error);

/* The sink's window has room. */
void osm_spool_feed(struct osm_spool *spool, struct osm_sink *sink);
/* A position has moved. */
void osm_spool_moved(struct osm_spool *spool);
/* Reads the bus and writes everything that is not in the file, now. */
void osm_spool_flush(struct osm_spool *spool);
/* Nothing is left to write, or it cannot be written now. */
bool osm_spool_is_idle(const struct osm_spool *spool);
/* Leaves the bus. */
void osm_spool_detach(struct osm_spool *spool);
const struct osm_sink_status *osm_spool_look(struct osm_spool *spool);

/* NULL is fine; returns NULL. Only while no round is under way (osm_spool_is_idle()). */
struct osm_spool *osm_spool_free(struct osm_spool *spool);

#endif
