/* SPDX-License-Identifier: MIT */
/* Names and families of events; see event.h. */
#include "core/event/event.h"

#include <string.h>

#include "util/macros.h"

static const struct {
    const char *name;
    enum osm_event_family family;
} events[] = {
#define X(id, name_, family_) {name_, OSM_EVENT_OF_##family_},
    OSM_EVENTS(X)
#undef X
};

const char *osm_event_name(enum osm_event_type type)
{
    osm_assert(type < OSM_EVENT_COUNT_);
    return events[type].name;
}

bool osm_event_find(const char *name, size_t length, enum osm_event_type *type)
{
    for (size_t i = 0; i < OSM_EVENT_COUNT_; i++)
        if (strlen(events[i].name) == length && memcmp(events[i].name, name, length) == 0) {
            *type = (enum osm_event_type)i;
            return true;
        }
    return false;
}

osm_event_types osm_event_from_publish(void)
{
    osm_event_types types = 0;

    for (size_t i = 0; i < OSM_EVENT_COUNT_; i++)
        if (events[i].family == OSM_EVENT_OF_PUBLISH)
            types |= OSM_EVENT_BIT(i);
    return types;
}
