/* SPDX-License-Identifier: MIT */
/* What a server thinks of an event filter (OPC 10000-4 §7.22.3.4), in words; see event_filter.h. */
#include <open62541/types_generated_handling.h>

#include "core/subscription/event_filter.h"

/* Statuses of a where clause: of an element, else of its first operand that has one. */
static UA_StatusCode status_of(const UA_ContentFilterElementResult *element)
{
    for (size_t i = 0;
         !UA_StatusCode_isBad(element->statusCode) && i < element->operandStatusCodesSize; i++)
        if (UA_StatusCode_isBad(element->operandStatusCodes[i]))
            return element->operandStatusCodes[i];
    return element->statusCode;
}

const UA_EventFilterResult *osm_event_filter_result(const UA_ExtensionObject *result)
{
    if (result->encoding < UA_EXTENSIONOBJECT_DECODED ||
        result->content.decoded.type != &UA_TYPES[UA_TYPES_EVENTFILTERRESULT])
        return NULL;
    return result->content.decoded.data;
}

bool osm_event_filter_is_refused(const UA_EventFilter *filter, size_t selected,
                                 UA_StatusCode status, const UA_EventFilterResult *result)
{
    if (!UA_StatusCode_isBad(status) || selected == filter->selectClausesSize)
        return false;
    for (size_t i = selected; result && i < result->selectClauseResultsSize; i++)
        if (UA_StatusCode_isBad(result->selectClauseResults[i]))
            return true;
    return status == UA_STATUSCODE_BADEVENTFILTERINVALID ||
           status == UA_STATUSCODE_BADMONITOREDITEMFILTERINVALID ||
           status == UA_STATUSCODE_BADMONITOREDITEMFILTERUNSUPPORTED ||
           status == UA_STATUSCODE_BADTYPEDEFINITIONINVALID;
}

/* node-opcua says BadNothingToDo of every field without a path, and tells ConditionId all the same.
 */
static bool is_bad(const UA_SimpleAttributeOperand *field, UA_StatusCode status)
{
    return UA_StatusCode_isBad(status) &&
           (field->browsePathSize || status != UA_STATUSCODE_BADNOTHINGTODO);
}

const char **osm_event_filter_warnings(const UA_EventFilter *filter, size_t selected,
                                       const UA_EventFilterResult *result, struct osm_arena *arena,
                                       size_t *size)
{
    const UA_ContentFilterResult *where = &result->whereClauseResult;
    const size_t elements = OSM_MIN(where->elementResultsSize, filter->whereClause.elementsSize);
    const char **list;

    selected =
        OSM_MIN(OSM_MIN(selected, filter->selectClausesSize), result->selectClauseResultsSize);
    list = osm_arena_array(arena, selected + elements, sizeof(*list));
    *size = 0;
    for (size_t i = 0; i < selected; i++)
        if (is_bad(&filter->selectClauses[i], result->selectClauseResults[i]))
            list[(*size)++] =
                osm_arena_printf(arena, "field %zu, %s, selects nothing: the server says %s", i + 1,
                                 osm_event_filter_text(&filter->selectClauses[i], arena),
                                 UA_StatusCode_name(result->selectClauseResults[i]));
    for (size_t i = 0; i < elements; i++) {
        UA_StatusCode status = status_of(&where->elementResults[i]);

        if (UA_StatusCode_isBad(status))
            list[(*size)++] =
                osm_arena_printf(arena, "condition %zu of the where clause: the server says %s",
                                 i + 1, UA_StatusCode_name(status));
    }
    return list;
}
