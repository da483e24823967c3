/* SPDX-License-Identifier: MIT */
/* Event filters; see event_filter.h. */
#include "core/subscription/event_filter.h"

#include <open62541/nodeids.h>

#include "wire/text/qualified_name.h"

UA_String osm_event_filter_fields[OSM_EVENT_FILTER_FIELDS] = {
    UA_STRING_STATIC("EventId"), UA_STRING_STATIC("EventType"), UA_STRING_STATIC("SourceName"),
    UA_STRING_STATIC("Time"),    UA_STRING_STATIC("Message"),   UA_STRING_STATIC("Severity")};

static size_t until_slash(UA_String text)
{
    size_t length = 0;

    while (length < text.length && text.data[length] != '/')
        length++;
    return length;
}

static void parse_path(UA_String text, struct osm_arena *arena, UA_SimpleAttributeOperand *out)
{
    size_t segments = 1;

    for (size_t i = 0; i < text.length; i++)
        segments += text.data[i] == '/';
    out->browsePath = osm_arena_array(arena, segments, sizeof(*out->browsePath));
    out->browsePathSize = segments;
    for (size_t i = 0; i < segments; i++) {
        size_t length = until_slash(text);

        out->browsePath[i] = osm_qualified_name_parse((const char *)text.data, length);
        length += length < text.length; /* the slash */
        text.data += length;
        text.length -= length;
    }
}

UA_EventFilter *osm_event_filter_make(const UA_String *fields, size_t size, struct osm_arena *arena)
{
    UA_EventFilter *filter = osm_arena_alloc(arena, sizeof(*filter));

    filter->selectClauses = osm_arena_array(arena, size, sizeof(*filter->selectClauses));
    filter->selectClausesSize = size;
    for (size_t i = 0; i < size; i++) {
        UA_SimpleAttributeOperand *operand = &filter->selectClauses[i];

        operand->typeDefinitionId = UA_NODEID_NUMERIC(0, UA_NS0ID_BASEEVENTTYPE);
        operand->attributeId = UA_ATTRIBUTEID_VALUE;
        parse_path(fields[i], arena, operand);
    }
    return filter;
}
