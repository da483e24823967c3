/* SPDX-License-Identifier: MIT */
/* `[<ns>:]name`: prefix and name are the whole text, and its number is told rightly. */
#include <string.h>

#include "fuzz.h"
#include "util/macros.h"
#include "wire/text/qualified_name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    uint16_t index = 0;
    size_t prefix = osm_qualified_name_prefix(text, size, &index);
    UA_QualifiedName name = osm_qualified_name_parse(text, size);

    osm_assert(prefix <= size && (prefix == 0 || text[prefix - 1] == ':'));
    osm_assert(name.namespaceIndex == (prefix ? index : 0));
    osm_assert(name.name.length == size - prefix);
    osm_assert(!name.name.length || memcmp(name.name.data, text + prefix, size - prefix) == 0);
    return 0;
}
