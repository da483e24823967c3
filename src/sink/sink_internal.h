/* SPDX-License-Identifier: MIT */
#ifndef OSM_SINK_SINK_INTERNAL_H
#define OSM_SINK_SINK_INTERNAL_H
/*
 * What all sinks have in common. A sink carries events, as lines of JSON, to somebody outside: a
 * file, a child process, an MQTT broker. Each is one struct osm_sink with a table of operations;
 * whoever feeds it (sinks.h) does not know which kind it is.
 *
 * Between feeder and sink stands the window, a bounded queue in order of cursors:
 *
 *   confirmed and gone | sent, not yet confirmed | not yet sent | room
 *                      ▲ head                    ▲ unsent
 *
 * The sink takes records with osm_sink_next(), confirms each when it is safe at the other end,
 * and calls osm_sink_rewind() when it cannot know what became of those it has sent. A record is
 * forgotten when it and all before it are confirmed; that moves `position`, from where delivery
 * goes on after a restart. When the window is full the feeder keeps the rest.
 *
 * Troubles are not passed on. The sink tries again with growing pauses, the log says it once, and
 * the counters go on (core/manager/sink_status.h).
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/manager/sink_status.h"
#include "port/loop_ops.h"
#include "util/macros.h"
#include "util/rope.h"

/* The window: enough to keep a broker busy over a round trip, little enough to forget about. */
#define OSM_SINK_WINDOW 4096
#define OSM_SINK_WINDOW_BYTES ((size_t)4 << 20)
/* Pauses between attempts: the first, and the longest. */
#define OSM_SINK_PAUSE ((osm_msec)1000)
#define OSM_SINK_PAUSE_MAX ((osm_msec)60000)

/* One event on its way. */
struct osm_sink_record {
    struct osm_sink_record *next;
    uint64_t cursor;
    double since; /* seconds since 1970 */
    bool confirmed;
    int tag;              /* the sink's own, e.g. an MQTT message id */
    size_t length;        /* of all of the line */
    struct osm_rope line; /* JSON with its '\n' */
    /* Its pieces, then its text. */
    struct osm_rope_piece pieces[];
};

struct osm_sink;

/* How long a sink may take to stop. */
#define OSM_SINK_STOP_MS ((osm_msec)1000)

struct osm_sink_ops {
    /* There are records to take, or there may be. Never called from inside the sink. */
    void (*wake)(struct osm_sink *sink);
    /* SIGHUP; NULL = nothing to reopen. */
    void (*reopen)(struct osm_sink *sink);
    /* Begins the end. The sink calls osm_sink_stopped() when nothing of it runs any more, at
     * the latest OSM_SINK_STOP_MS later; what was not confirmed by then is not delivered. */
    void (*stop)(struct osm_sink *sink);
    /* The loop ends, and the sink has not stopped: lets go of what hangs in another thread, which
     * cleans up after itself. False (as with NULL) = not possible. */
    bool (*abandon)(struct osm_sink *sink);
    /* After osm_sink_stopped(), or when it was abandoned: frees the sink. */
    void (*free)(struct osm_sink *sink);
};

/* Who fills windows. */
struct osm_sink_feed {
    /* The window has room: push what there is, now (the sink looks at its window afterwards) or
     * later (and then wake it). Called often. */
    void (*feed)(struct osm_sink_feed *feed, struct osm_sink *sink);
    /* sink->position has moved, or records were dropped. */
    void (*moved)(struct osm_sink_feed *feed, struct osm_sink *sink);
    /* osm_sink_stopped(). */
    void (*stopped)(struct osm_sink_feed *feed, struct osm_sink *sink);
};

struct osm_sink {
    const struct osm_sink_ops *ops;
    const char *name; /* static: `log`, `command`, `mqtt` */
    const struct osm_loop *loop;
    struct osm_sink_feed *feed;
    void *feeding; /* the feeder's own */

    struct osm_sink_record *head, *tail, *unsent;
    size_t count, bytes;
    uint64_t position; /* everything up to this cursor is confirmed or given up */
    uint64_t pulled;   /* newest cursor ever pushed */

    unsigned attempts; /* failed ones in a row */
    bool stopping;     /* ops->stop() was called */
    struct osm_sink_status status;
};

void osm_sink_init(struct osm_sink *sink, const struct osm_sink_ops *ops, const char *name,
                   const struct osm_loop *loop);
/* Forgets what is in the window. */
void osm_sink_deinit(struct osm_sink *sink);

/* --- for the feeder ------------------------------------------------------------------------ */

/* Whether the window takes one more record. */
bool osm_sink_has_room(const struct osm_sink *sink);
/* Appends a line (without '\n'; copied, what is shared in it held). Cursors must grow. The feeder
 * wakes the sink. */
void osm_sink_push(struct osm_sink *sink, uint64_t cursor, const struct osm_rope *line);
/* Has the sink look at its window. */
void osm_sink_wake(struct osm_sink *sink);
/* Fills in what changes all the time: waiting, position. */
const struct osm_sink_status *osm_sink_look(struct osm_sink *sink);

/* --- for the sink -------------------------------------------------------------------------- */

/* The next record to send, which then counts as sent; NULL = none. */
struct osm_sink_record *osm_sink_next(struct osm_sink *sink);
/* Gives a sent record back, and all behind it. */
void osm_sink_unsend(struct osm_sink *sink, struct osm_sink_record *record);
/* The record is safe at the other end; it may be gone after this. */
void osm_sink_confirm(struct osm_sink *sink, struct osm_sink_record *record);
/* The same for all sent records up to a cursor. */
void osm_sink_confirm_up_to(struct osm_sink *sink, uint64_t cursor);
/* The other end will never take it: counted, and gone like a confirmed one. */
void osm_sink_refuse(struct osm_sink *sink, struct osm_sink_record *record);
/* All unconfirmed records are to be sent again. */
void osm_sink_rewind(struct osm_sink *sink);

/* An attempt failed. Counts it, logs the reason if it is news, and returns the pause before the
 * next attempt. */
osm_msec osm_sink_failed(struct osm_sink *sink, const char *format, ...) OSM_PRINTF(2, 3);
/* It works (again): says so in the log after a failure. */
void osm_sink_works(struct osm_sink *sink);
/* The answer to ops->stop(); the feeder may free the sink inside. */
void osm_sink_stopped(struct osm_sink *sink);

#endif
