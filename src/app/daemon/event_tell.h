/* SPDX-License-Identifier: MIT */
#ifndef OSM_APP_DAEMON_EVENT_TELL_H
#define OSM_APP_DAEMON_EVENT_TELL_H
/*
 * Events told to a function of the program the daemon is embedded in: a reader of the bus like a
 * stream, of all sessions and types. What a function was too slow for is told as a StreamGap.
 *
 * The function gets each event as one text. Those with large pieces (util/rope.h) are put together
 * off the loop, one at a time, and later ones wait. How long the function itself takes the loop is
 * held: that is the program's time.
 */
#include "core/event/event_bus.h"

/* name: "DataChangeReceived" …; json: the whole event as an object; both valid during the call. */
typedef void osm_event_tell_fn(void *context, const char *name, const char *json, size_t length);

struct osm_event_text;

struct osm_event_tell {
    struct osm_bus_reader reader;
    const struct osm_loop *loop;
    struct osm_event_text *at_work; /* the one that is being put together; NULL = none */
    osm_event_tell_fn *tell;
    void *context;
};

/* Events from now on, from the turns of the loop, which is borrowed. */
void osm_event_tell_begin(struct osm_event_tell *tell, const struct osm_loop *loop,
                          struct osm_bus *bus, osm_event_tell_fn *fn, void *context);
/* Fine for one that has not begun. */
void osm_event_tell_end(struct osm_event_tell *tell);

#endif
