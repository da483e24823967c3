/* SPDX-License-Identifier: MIT */
#ifndef OSM_CORE_EVENT_EVENT_OBSERVER_H
#define OSM_CORE_EVENT_EVENT_OBSERVER_H
/*
 * What happens to sessions, told to the bus as events: the daemon's observer (core/link/
 * observer.h). Withholds nothing.
 */
#include "core/link/observer.h"

extern const struct osm_observer_ops osm_event_observer;

#endif
