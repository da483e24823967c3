/* SPDX-License-Identifier: MIT */
#ifndef OSM_RIM_IO_TURN_H
#define OSM_RIM_IO_TURN_H
/*
 * Who is holding the event loop. Callbacks at the rim name themselves when they begin; the
 * watchdog (src/rim/io/watchdog.c) asks once per turn which of them took longest. Lives down here
 * because every floor may name itself, but only one measures.
 */
#include <stdbool.h>
#include <stdint.h>

struct osm_turn_span {
    const char *name; /* static text; NULL when nobody named itself */
    uint64_t nanoseconds;
    bool interrupted; /* osm_turn_interrupted() was called */
};

/* From now on the loop is held by `name` (static text), until the next call or the end of the
 * turn. */
void osm_turn_name(const char *name);

/* For callbacks of signals: libuv forgets how long it has slept when a signal wakes it, so this
 * turn cannot be judged. */
void osm_turn_interrupted(void);

/* Ends the turn: returns its longest named span and starts anew without a name. */
struct osm_turn_span osm_turn_end(void);

#endif
