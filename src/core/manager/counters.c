/* SPDX-License-Identifier: MIT */
/* The register of counters; see counters.h. */
#include "core/manager/counters.h"

#include <utlist.h>

void osm_counters_register(struct osm_counters *counters, struct osm_counter_group *group)
{
    DL_APPEND(counters->groups, group);
}

void osm_counters_each(const struct osm_counters *counters,
                       void (*visit)(void *context, const struct osm_counter_group *group,
                                     const struct osm_counter *row, uint64_t value),
                       void *context)
{
    const struct osm_counter_group *group;

    DL_FOREACH (counters->groups, group) {
        const char *values = group->look(group->context);

        for (size_t i = 0; i < group->size; i++)
            visit(context, group, &group->rows[i],
                  *(const uint64_t *)(const void *)(values + group->rows[i].offset));
    }
}

void osm_counters_add_bound(struct osm_counters *counters, struct osm_bound *bound)
{
    DL_APPEND(counters->bounds, bound);
}

const struct osm_bound *osm_counters_bounds(const struct osm_counters *counters)
{
    return counters->bounds;
}
