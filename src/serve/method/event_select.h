/* SPDX-License-Identifier: MIT */
#ifndef OSM_SERVE_METHOD_EVENT_SELECT_H
#define OSM_SERVE_METHOD_EVENT_SELECT_H
/*
 * The fields of events as callers and files write them (extensions.md §8; OPC 10000-4 §7.7.4.5):
 *
 *   text     [<type>/][<path>][#<attribute>]: `Severity`, `2:Tank/2:Level`, `ConditionId`,
 *            `i=2782#NodeId`, `ns=2;i=1001/2:Level`
 *   object   {"typeDefinitionId","browsePath","attributeId","indexRange"}, or "type", "path",
 *            "attribute"; a path is a text or a list of names, an attribute a number or its name
 *
 * Without a type it is BaseEventType, without an attribute Value. With a type and no path it is
 * the NodeId: so ConditionType alone is ConditionId, which also has that name.
 */
#include <open62541/types_generated.h>

#include "serve/method/parameters.h"

/* decode stands at the value; node ids may be tagged with invoke. Results borrow from the document
 * and the arena. */
OSM_MUST_CHECK bool osm_event_select_decode(const struct osm_decode *decode, bool tagged,
                                            yyjson_val *value, UA_SimpleAttributeOperand *out);
/* Whether an object can only be meant as a field. */
bool osm_event_select_is(yyjson_val *value);

#endif
