/* SPDX-License-Identifier: MIT */
#ifndef OSM_CORE_MANAGER_TALLY_H
#define OSM_CORE_MANAGER_TALLY_H
/*
 * What callers ask, how often it fails and how long it takes: a tally for each command, and for
 * each method with the command it came by. Made when it is first asked for; names are static texts
 * of tables, so there are few, and never a caller's own words.
 */
#include <stdint.h>

#include "util/histogram.h"

/* Of all commands and methods; beyond, everything counts as the last one. */
#define OSM_TALLIES 256

struct osm_tally {
    struct osm_tallies *all;
    const char *command, *method; /* static; "" = none */
    uint64_t errors;              /* requests answered with an error */
    struct osm_histogram seconds; /* from when a request is looked at to its reply, of all */
};

struct osm_tallies {
    unsigned holders; /* the manager, and replies that are written off the loop */
    unsigned size;
    struct osm_tally rows[OSM_TALLIES];
};

struct osm_tallies *osm_tallies_new(void);
/* Whoever wants to count after the manager has gone holds them. */
void osm_tallies_hold(struct osm_tallies *tallies);
void osm_tallies_release(struct osm_tallies *tallies);

/* Compares the texts' addresses. Stays as long as somebody holds them all, as the manager does. */
struct osm_tally *osm_tally_of(struct osm_tallies *tallies, const char *command,
                               const char *method);

#endif
