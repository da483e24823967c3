/* SPDX-License-Identifier: MIT */
#ifndef OSM_CORE_SUBSCRIPTION_EVENT_FILTER_H
#define OSM_CORE_SUBSCRIPTION_EVENT_FILTER_H
/*
 * Event filters as callers write them: a list of fields, each the name of a component of
 * BaseEventType or of a subtype (`Message`), or a path to one (`ActiveState/Id`). Segments are in
 * namespace 0 unless they say otherwise (`2:Tank/2:Level`).
 */
#include <open62541/types_generated.h>

#include "util/arena.h"

/* The usual ones. */
#define OSM_EVENT_FILTER_FIELDS 6
extern UA_String osm_event_filter_fields[OSM_EVENT_FILTER_FIELDS];

/* Selects the fields, refuses no event. In the arena; names point into the fields. */
UA_EventFilter *osm_event_filter_make(const UA_String *fields, size_t size,
                                      struct osm_arena *arena);

#endif
