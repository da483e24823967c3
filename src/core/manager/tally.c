/* SPDX-License-Identifier: MIT */
/* See tally.h. */
#include "core/manager/tally.h"

struct osm_tally *osm_tally_of(struct osm_tallies *tallies, const char *command, const char *method)
{
    struct osm_tally *tally;

    for (unsigned i = 0; i < tallies->size; i++)
        if (tallies->rows[i].command == command && tallies->rows[i].method == method)
            return &tallies->rows[i];
    if (tallies->size == OSM_TALLIES)
        return &tallies->rows[OSM_TALLIES - 1];
    tally = &tallies->rows[tallies->size++];
    tally->command = command;
    tally->method = method;
    return tally;
}
