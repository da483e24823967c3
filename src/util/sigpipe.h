/* SPDX-License-Identifier: MIT */
#ifndef OSM_UTIL_SIGPIPE_H
#define OSM_UTIL_SIGPIPE_H
/*
 * A connection that breaks while it is written to raises SIGPIPE. A library may not change what the
 * process does about that: the signal is held back in this thread while the library is at work, and
 * one that came meanwhile is thrown away.
 */
#include <signal.h>
#include <stdbool.h>

struct osm_sigpipe {
    sigset_t mask;    /* before */
    bool was_pending; /* somebody else's */
};

void osm_sigpipe_hold(struct osm_sigpipe *held);
void osm_sigpipe_release(const struct osm_sigpipe *held);

#endif
