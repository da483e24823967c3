/* SPDX-License-Identifier: MIT */
/* NumericRanges; see index_range.h. */
#include "wire/text/index_range.h"

#include <stdint.h>

/* The digits at *text, up to a UInt32; moves behind them. */
static bool take_index(const char **text, const char *end, uint32_t *out)
{
    const char *begin = *text;
    uint64_t number = 0;

    while (*text < end && **text >= '0' && **text <= '9' && number <= UINT32_MAX)
        number = number * 10 + (uint64_t)(*(*text)++ - '0');
    *out = (uint32_t)number;
    return *text > begin && number <= UINT32_MAX;
}

static bool take_dimension(const char **text, const char *end)
{
    uint32_t first, last;

    if (!take_index(text, end, &first))
        return false;
    if (*text == end || **text != ':')
        return true;
    ++*text;
    return take_index(text, end, &last) && first < last;
}

bool osm_index_range_check(const char *text, size_t length)
{
    const char *end = text + length;

    while (take_dimension(&text, end)) {
        if (text == end)
            return true;
        if (*text++ != ',')
            return false;
    }
    return false;
}
