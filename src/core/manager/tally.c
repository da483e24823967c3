/* SPDX-License-Identifier: MIT */
/* See tally.h. */
#include "core/manager/tally.h"

#include <stdlib.h>

#include "util/alloc.h"

struct osm_tallies *osm_tallies_new(void)
{
    struct osm_tallies *tallies = osm_alloc(sizeof(*tallies));

    tallies->holders = 1;
    return tallies;
}

void osm_tallies_hold(struct osm_tallies *tallies)
{
    tallies->holders++;
}

void osm_tallies_release(struct osm_tallies *tallies)
{
    if (--tallies->holders == 0)
        free(tallies);
}

struct osm_tally *osm_tally_of(struct osm_tallies *tallies, const char *command, const char *method)
{
    struct osm_tally *tally;

    for (unsigned i = 0; i < tallies->size; i++)
        if (tallies->rows[i].command == command && tallies->rows[i].method == method)
            return &tallies->rows[i];
    if (tallies->size == OSM_TALLIES)
        return &tallies->rows[OSM_TALLIES - 1];
    tally = &tallies->rows[tallies->size++];
    tally->all = tallies;
    tally->command = command;
    tally->method = method;
    return tally;
}
