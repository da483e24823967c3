/* SPDX-License-Identifier: MIT */
#ifndef OSM_SERVE_METHOD_EVENT_WHERE_H
#define OSM_SERVE_METHOD_EVENT_WHERE_H
/*
 * Where clauses of event filters as callers and files write them (extensions.md §8; OPC 10000-4
 * §7.7): an object, each of whose members is a condition; several of them must all hold.
 *
 *   {"severity":500,"ofType":"i=2915","source":"Tank"}     the usual ones
 *   {"GreaterThanOrEqual":["Severity",500]}                any operator of the standard
 *   {"Or":[{…},{"Not":{"Equals":["SourceName","Tank"]}}]}
 *   {"operator":"Between","operands":["Severity",100,500]} the same at length
 *
 * In comparisons the first operand is a field (event_select.h), the others are values; an object
 * {"field":…} is a field and {"value":…,"type":…} a value of that builtin type wherever it stands.
 */
#include <open62541/types_generated.h>

#include "serve/method/parameters.h"

#define OSM_EVENT_WHERE_CONDITIONS 200

/* decode stands at the value. Absent or null: no condition. Results borrow from the document and
 * the arena. */
OSM_MUST_CHECK bool osm_event_where_decode(const struct osm_decode *decode, bool tagged,
                                           yyjson_val *value, UA_ContentFilter *out);

#endif
