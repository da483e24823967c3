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

/* `"<key>":<digits>` and what follows it; NULL when text begins with no such member. */
static const char *take_number(const char *text, const char *end, const char **key, size_t *length,
                               uint64_t *number)
{
    const char *at = text;

    if (at == end || *at++ != '"')
        return NULL;
    *key = at;
    at = memchr(at, '"', (size_t)(end - at));
    if (!at)
        return NULL;
    *length = (size_t)(at++ - *key);
    if (at == end || *at++ != ':' || at == end || *at < '0' || *at > '9')
        return NULL;
    for (*number = 0; at < end && *at >= '0' && *at <= '9'; at++)
        *number = *number * 10 + (uint64_t)(*at - '0');
    return at < end && *at == ',' ? at + 1 : at;
}

bool osm_event_number(const struct osm_event *event, const char *key, uint64_t *number)
{
    const char *end = event->fields + event->fields_length, *at = event->fields, *name;
    size_t length;

    while (at && (at = take_number(at, end, &name, &length, number)))
        if (strlen(key) == length && memcmp(key, name, length) == 0)
            return true;
    return false;
}
