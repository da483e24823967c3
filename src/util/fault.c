/* SPDX-License-Identifier: MIT */
/* The table of faults; see fault.h. */
#include "util/fault.h"

#include <stdarg.h>

static const struct {
    const char *name;
    bool sanitised;
} fault_table[] = {
#define X(id, name, sanitised) [OSM_FAULT_##id] = {name, sanitised},
    OSM_FAULT_TABLE(X)
#undef X
};

const struct osm_fault osm_fault_late = {OSM_FAULT_CONNECTION, OSM_FAULT_LATE};

bool osm_fault_set(struct osm_fault *fault, struct osm_arena *arena, enum osm_fault_type type,
                   const char *format, ...)
{
    va_list args, again;
    char *message;
    int length;

    osm_assert(type > OSM_FAULT_NONE && type < OSM_FAULT_COUNT_);
    if (osm_fault_is_set(fault))
        return false;
    va_start(args, format);
    va_copy(again, args);
    length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    osm_assert(length >= 0);
    message = osm_arena_alloc(arena, (size_t)length + 1);
    (void)vsnprintf(message, (size_t)length + 1, format, again);
    va_end(again);
    fault->type = type;
    fault->message = message;
    return false;
}

const char *osm_fault_name(enum osm_fault_type type)
{
    osm_assert(type < OSM_FAULT_COUNT_);
    return fault_table[type].name;
}

bool osm_fault_is_sanitised(enum osm_fault_type type)
{
    osm_assert(type < OSM_FAULT_COUNT_);
    return fault_table[type].sanitised;
}
