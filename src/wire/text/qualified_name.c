/* SPDX-License-Identifier: MIT */
/* See qualified_name.h. */
#include "wire/text/qualified_name.h"

#include "wire/text/node_id.h"
#include "wire/text/string.h"

size_t osm_qualified_name_prefix(const char *text, size_t length, uint16_t *index)
{
    uint32_t number = 0;
    size_t digits = 0;

    while (digits < length && text[digits] >= '0' && text[digits] <= '9' && number <= UINT16_MAX)
        number = number * 10 + (uint32_t)(text[digits++] - '0');
    if (digits == 0 || digits == length || text[digits] != ':' || number > UINT16_MAX)
        return 0;
    *index = (uint16_t)number;
    return digits + 1;
}

UA_QualifiedName osm_qualified_name_parse(const char *text, size_t length)
{
    UA_QualifiedName result = {0};
    size_t prefix = osm_qualified_name_prefix(text, length, &result.namespaceIndex);

    result.name = osm_string_view(text + prefix, length - prefix);
    return result;
}

bool osm_qualified_name_read(const char *text, size_t length, struct osm_names *names,
                             UA_QualifiedName *out, struct osm_arena *arena,
                             struct osm_fault *fault)
{
    UA_String uri;
    size_t prefix = osm_names_split(text, length, arena, &uri);

    if (!prefix) {
        *out = osm_qualified_name_parse(text, length);
        osm_names_note(names, out->namespaceIndex);
        return true;
    }
    if (names && names->deferred) {
        *out = (UA_QualifiedName){.name = osm_string_view(text, length)};
        return true;
    }
    out->name = osm_string_view(text + prefix, length - prefix);
    return osm_names_resolve(names, &uri, &out->namespaceIndex, arena, fault);
}
