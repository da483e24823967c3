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
