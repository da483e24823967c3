/* SPDX-License-Identifier: MIT */
#ifndef OSM_CORE_EVENT_EVENT_BUS_H
#define OSM_CORE_EVENT_EVENT_BUS_H
/*
 * Where events of all sessions meet those who want to hear of them: streams of callers and sinks.
 *
 *   emitters (events.h) ──▶ ring of the newest events ◀── readers, each at its own cursor
 *
 * An event is kept once, as the JSON all readers pass on, whatever their number; what is large in
 * it they do not even copy (util/rope.h). The ring is bounded in events and bytes; the oldest go
 * first. A reader that was too slow is told what it has missed (a gap) and goes on; it costs nobody
 * else anything.
 *
 * Recorded is what somebody has asked for: a type somebody has ever attached for (for all
 * sessions or for this one) is recorded from then on, also while that reader is away, so that it
 * can come back with its cursor. Before that, an event costs one test (osm_bus_wants).
 *
 * Cursors begin at the microsecond of the start of the daemon, so that they increase over
 * restarts too: a cursor of an earlier life is recognised as such.
 *
 * Nothing is told from inside an emission: readers hear of news once per turn of the loop, from a
 * timer. A reader that is not behind always stands at the newest event; one that is behind stands
 * right before an event that matches. Hence a gap is reported only when something matching was
 * lost, and what it counts are events that match.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/event/event.h"
#include "port/loop_ops.h"
#include "wire/value/encode.h"

struct osm_bus;
struct osm_event_origin; /* the session events come from; outlives it while events do */
struct osm_prepared_events;
struct osm_session;

#define OSM_BUS_EVENTS 65536        /* events kept unless told otherwise */
#define OSM_BUS_EVENT_BYTES 1024    /* bytes kept per event of the bound, on average */
#define OSM_EVENT_PIECES 8          /* more of one event are copied into it */
#define OSM_BUS_FROM_NOW UINT64_MAX /* a cursor: nothing of what has been */
#define OSM_BUS_FROM_START 0        /* a cursor: everything that is kept */
#define OSM_BUS_UNKNOWN UINT64_MAX  /* a number of events: lost with an earlier life */

/* Embedded in whoever reads. */
struct osm_bus_reader {
    /* Set before osm_bus_attach(). */
    osm_event_types types;
    struct osm_session *session; /* NULL = of all sessions; looked at by attach only */
    bool durable;                /* confirms what it has made safe: osm_bus_confirm() */
    /* Something that matches may have come, or osm_bus_ask() was called: at most once per turn,
     * never from inside an emission. May read, attach, detach (itself, too). */
    void (*news)(struct osm_bus_reader *reader);

    /* The bus's. */
    struct osm_bus *bus;
    uint64_t cursor; /* everything up to it has been read or does not match */
    uint64_t read;   /* the last event it was given */
    uint64_t confirmed;
    uint64_t passed; /* matching events, of all there ever were, up to the cursor */
    bool behind;     /* something matching (or a gap) waits */
    bool asked;
    bool of_earlier_life; /* attached with a cursor from before this start */
    struct osm_event_origin *origin;
    struct osm_bus_reader *prev, *next;
};

/* Events that fell off the ring before the reader got to them. */
struct osm_bus_gap {
    uint64_t from, to; /* cursors; from == 0: there is no gap */
    /* How many of them would have matched; for a reader that came back late "at most", and
     * OSM_BUS_UNKNOWN for what was before the start. */
    uint64_t dropped;
};

/* Somebody who wants to know when osm_bus_safe() has moved. Embedded. */
struct osm_bus_watcher {
    void (*safe_moved)(struct osm_bus_watcher *watcher); /* at most once per turn, deferred */
    struct osm_bus_watcher *prev, *next;
};

struct osm_bus_stats {
    uint64_t emitted; /* ever */
    uint64_t dropped; /* have left the ring */
    uint64_t bytes;   /* in the ring */
    uint64_t readers;
    uint64_t gaps; /* told to readers */
};

/* events: most events kept, 0 = OSM_BUS_EVENTS. The loop is borrowed. */
struct osm_bus *osm_bus_new(const struct osm_loop *loop, size_t events);
/* Detaches who is left. NULL is fine; returns NULL. */
struct osm_bus *osm_bus_free(struct osm_bus *bus);

/* --- emitting: for events_*.c, which everybody else calls ----------------------------------- */

/* Whether anybody has ever asked for such events of this session. Ask before working for one. */
bool osm_bus_wants(const struct osm_session *session, enum osm_event_type type);
/* The same for any of them. */
bool osm_bus_wants_any(const struct osm_session *session, osm_event_types types);
/* Begins an event; its fields are written as members into what is returned. */
struct osm_json *osm_event_begin(struct osm_session *session, enum osm_event_type type);
/* It came of a monitored item, by callers' ids. */
void osm_event_of_item(struct osm_session *session, uint32_t subscription, uint32_t item);
/* An encoder for values inside it (types.md §2). */
struct osm_encoder osm_event_encoder(struct osm_session *session);
/* Or a value that has been written, shared with whoever has it. */
void osm_event_add_shared(struct osm_session *session, struct osm_shared_text *text);
void osm_event_end(struct osm_session *session);
/* Bytes of text that events ever had of their own. */
uint64_t osm_bus_written(const struct osm_bus *bus);
/* Of all sessions: the head of their list (events_prepare.h). */
struct osm_prepared_events **osm_bus_prepared(struct osm_bus *bus);
/* The session is no more; its events stay. */
void osm_event_origin_leave(struct osm_event_origin *origin);

/* --- reading ------------------------------------------------------------------------------- */

/* The newest event's cursor; what comes next has this plus one. */
uint64_t osm_bus_last(const struct osm_bus *bus);
/* Before the first event: cursors begin behind this one (of an earlier life whose events are kept
 * somewhere), should the clock have been set back meanwhile. */
void osm_bus_start_behind(struct osm_bus *bus, uint64_t cursor);
/* Begins to read behind a cursor, or from OSM_BUS_FROM_NOW or _START. A cursor above
 * osm_bus_last() is taken for that. What waits already is told by news. */
void osm_bus_attach(struct osm_bus *bus, struct osm_bus_reader *reader, uint64_t cursor);
/* Fine for a reader that is not attached. */
void osm_bus_detach(struct osm_bus_reader *reader);
/* The next event that matches, or NULL when there is none. gap is always set; the event comes
 * behind it. */
const struct osm_event *osm_bus_next(struct osm_bus_reader *reader, struct osm_bus_gap *gap);
/* Takes only the gap that is before the next event; false when there is none. */
bool osm_bus_take_gap(struct osm_bus_reader *reader, struct osm_bus_gap *gap);
/* Have news called in the next turn: for who had to stop reading and can go on. */
void osm_bus_ask(struct osm_bus_reader *reader);

/* --- safety of events: for acknowledgements that wait until then ---------------------------- */

/* Durable readers: everything up to the cursor (that they read) is safe. */
void osm_bus_confirm(struct osm_bus_reader *reader, uint64_t cursor);
/* Everything up to this cursor is safe with all durable readers; without any, all there is. */
uint64_t osm_bus_safe(const struct osm_bus *bus);
void osm_bus_watch(struct osm_bus *bus, struct osm_bus_watcher *watcher);
void osm_bus_unwatch(struct osm_bus *bus, struct osm_bus_watcher *watcher);

struct osm_bus_stats osm_bus_stats(const struct osm_bus *bus);

#endif
