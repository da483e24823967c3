/* SPDX-License-Identifier: MIT */
#ifndef OSM_CORE_SUBSCRIPTION_EVENT_FILTER_H
#define OSM_CORE_SUBSCRIPTION_EVENT_FILTER_H
/*
 * Event filters (OPC 10000-4 §7.22.3): which fields of which events an item tells. Here is what
 * the core does with them; how callers and files write them is serve/method/event_select.h and
 * event_where.h.
 *
 * A field is an operand: a type, the path to a component of it, an attribute. Most are named by
 * the path alone (`Message`, `ActiveState/Id`); segments are in namespace 0 unless they say
 * otherwise (`2:Tank/2:Level`). ConditionId is no component: it is selected as the attribute
 * NodeId of ConditionType with an empty path (OPC 10000-9 §5.5.2.13).
 *
 * Behind the fields a caller has asked for, we ask for those that sinks need to tell an alarm so
 * that it can be acknowledged: EventId and ConditionId. Callers are not shown them.
 */
#include <stdbool.h>

#include <open62541/types_generated.h>

#include "util/arena.h"
#include "wire/text/names.h"

/* The usual ones. */
#define OSM_EVENT_FILTER_FIELDS 6
extern UA_String osm_event_filter_fields[OSM_EVENT_FILTER_FIELDS];

/* The field of a path, of BaseEventType; `ConditionId` is ConditionId. Names point into the text,
 * the path is the arena's. */
void osm_event_filter_path(UA_String text, struct osm_arena *arena, UA_SimpleAttributeOperand *out);
/* One name. A namespace that is given by its URI stays part of it until there is a server. */
UA_QualifiedName osm_event_filter_name(const char *text, size_t length);
/* Only the path of it, as it is written. */
void osm_event_filter_names(UA_String text, struct osm_arena *arena,
                            UA_SimpleAttributeOperand *out);
/* Selects the fields, refuses no event. In the arena; names point into the fields. */
UA_EventFilter *osm_event_filter_make(const UA_String *fields, size_t size,
                                      struct osm_arena *arena);
/* Asks for what we need, too, unless it is asked for; of a filter that selects nothing, nothing. */
void osm_event_filter_complete(UA_EventFilter *filter, struct osm_arena *arena);
/* Whether the field is the value at that path of names in namespace 0, of whatever type. */
bool osm_event_filter_is(const UA_SimpleAttributeOperand *field, const char *path);
bool osm_event_filter_is_condition_id(const UA_SimpleAttributeOperand *field);
/* How messages call the field, in the arena. */
const char *osm_event_filter_text(const UA_SimpleAttributeOperand *field, struct osm_arena *arena);
/* Whether a server would not have the item because of fields behind the first `selected`: some say
 * of the whole filter what they think of one field. */
bool osm_event_filter_is_refused(const UA_EventFilter *filter, size_t selected,
                                 UA_StatusCode status, const UA_EventFilterResult *result);
/* The result of a filter that came with the result of an item; NULL without one. */
const UA_EventFilterResult *osm_event_filter_result(const UA_ExtensionObject *result);
/* What it has against the first `selected` fields and the where clause: texts in the arena. */
const char **osm_event_filter_warnings(const UA_EventFilter *filter, size_t selected,
                                       const UA_EventFilterResult *result, struct osm_arena *arena,
                                       size_t *size);
/*
 * Namespaces. A name may begin with `nsu=<uri>;` (names.h) as long as the server's number is not
 * known, and an id be its whole text; in fields and in conditions.
 */
bool osm_event_filter_is_by_uri(UA_EventFilter *filter);
/* Names and ids by URI get the server's number, and those the filter depends on are noted. False,
 * with a fault, when there are some it has not got; the others are done. owned: the filter is on
 * the heap, as that of an item; else new names are the arena's. */
bool osm_event_filter_number(UA_EventFilter *filter, struct osm_names *names, bool owned,
                             struct osm_arena *arena, struct osm_fault *fault);
/* The namespaces have new numbers: map[i] of the old number i, UINT32_MAX where it has none; names
 * in such a one are given by its URI. On the heap. True when there are names by URI. */
bool osm_event_filter_renumber(UA_EventFilter *filter, const UA_String *uris, const uint32_t *map,
                               size_t size);

#endif
