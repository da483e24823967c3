/* SPDX-License-Identifier: MIT */
/* Time text: what is read prints, and what was printed reads as the same microsecond. */
#include "fuzz.h"
#include "wire/text/time_text.h"

#define NOW 1709210096.789012

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const UA_DateTime clamped = INT64_C(2650467743990000000);
    char text[OSM_TIME_TEXT];
    UA_DateTime ticks, again;
    size_t length;

    if (osm_time_parse_strict((const char *)data, size, &ticks))
        osm_assert(osm_time_parse((const char *)data, size, NOW, &again) && again == ticks);
    if (!osm_time_parse((const char *)data, size, NOW, &ticks))
        return 0;
    osm_assert(ticks >= 0);
    for (int micros = 0; micros < 2; micros++) {
        length = osm_time_text(text, ticks, micros);
        osm_assert(length <= sizeof(text) && osm_time_parse(text, length, 0, &again));
        osm_assert(again == ticks - ticks % 10 || (again == clamped && ticks > clamped));
    }
    return 0;
}
