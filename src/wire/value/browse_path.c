/* SPDX-License-Identifier: MIT */
/* Browse paths; see browse_path.h. */
#include "wire/value/browse_path.h"

#include <open62541/nodeids.h>

#include "wire/text/qualified_name.h"

UA_String osm_browse_path_trim(UA_String text)
{
    while (text.length && text.data[0] == '/') {
        text.data++;
        text.length--;
    }
    while (text.length && text.data[text.length - 1] == '/')
        text.length--;
    return text;
}

static void parse_segment(UA_String text, UA_RelativePathElement *out)
{
    out->referenceTypeId = UA_NODEID_NUMERIC(0, UA_NS0ID_HIERARCHICALREFERENCES);
    out->includeSubtypes = true;
    out->targetName = osm_qualified_name_parse((const char *)text.data, text.length);
}

void osm_browse_path_parse(const UA_String *text, UA_NodeId start, struct osm_arena *arena,
                           UA_BrowsePath *out)
{
    UA_String rest = osm_browse_path_trim(*text);
    size_t segments = 1;

    for (size_t i = 0; i < rest.length; i++)
        segments += rest.data[i] == '/';
    UA_BrowsePath_init(out);
    out->startingNode = start;
    out->relativePath.elementsSize = segments;
    out->relativePath.elements =
        osm_arena_array(arena, segments, sizeof(*out->relativePath.elements));
    for (size_t i = 0; i < segments; i++) {
        UA_String segment = rest;

        segment.length = 0;
        while (segment.length < rest.length && rest.data[segment.length] != '/')
            segment.length++;
        parse_segment(segment, &out->relativePath.elements[i]);
        if (segment.length < rest.length)
            segment.length++;
        rest.data += segment.length;
        rest.length -= segment.length;
    }
}
