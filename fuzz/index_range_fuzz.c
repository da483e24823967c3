/* SPDX-License-Identifier: MIT */
/* What passes as an index range has nothing in it but numbers, colons and commas, and is one for
 * the library, too. */
#include <open62541/util.h>

#include "fuzz.h"
#include "util/macros.h"
#include "wire/text/index_range.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const UA_String text = {size, (UA_Byte *)(uintptr_t)data};
    UA_NumericRange range = {0};

    if (!osm_index_range_check((const char *)data, size))
        return 0;
    for (size_t i = 0; i < size; i++)
        osm_assert((data[i] >= '0' && data[i] <= '9') || data[i] == ':' || data[i] == ',');
    if (size < 100) /* the library's numbers have few digits */
        osm_assert(UA_NumericRange_parse(&range, text) == UA_STATUSCODE_GOOD);
    UA_free(range.dimensions);
    return 0;
}
