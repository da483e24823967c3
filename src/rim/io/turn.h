/* SPDX-License-Identifier: MIT */
#ifndef OSM_RIM_IO_TURN_H
#define OSM_RIM_IO_TURN_H
/*
 * Who is holding the event loop, and for how long. Callbacks at the rim name themselves when they
 * begin: the first of a turn ends the loop's sleep; the watchdog (src/rim/io/watchdog.c) asks once
 * per turn which of them took longest. Lives down here because every floor may name itself, but
 * only one measures. (libuv would measure its sleep, too, at the price of polling twice per turn.)
 */
#include <stdint.h>

struct osm_turn {
    uint64_t busy_ns;    /* since the first name; 0 when nobody named himself */
    const char *longest; /* static text; NULL when nobody named himself */
    uint64_t longest_ns;
};

/* From now on the loop is held by `name` (static text), until the next call or the end of the
 * turn. */
void osm_turn_name(const char *name);

/* Ends the turn and starts anew without a name. */
struct osm_turn osm_turn_end(void);

#endif
