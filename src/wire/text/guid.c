/* SPDX-License-Identifier: MIT */
/* GUID text; see guid.h. */
#include "wire/text/guid.h"

#include <string.h>

#include "util/hex.h"
#include "wire/text/string.h"

/* Where the five groups of a GUID start, and how many digits they have. */
static const struct {
    size_t at;
    size_t digits;
} guid_groups[] = {{0, 8}, {9, 4}, {14, 4}, {19, 4}, {24, 12}};

static bool hex_number(const char *text, size_t digits, uint64_t *out)
{
    uint64_t value = 0;

    for (size_t i = 0; i < digits; i++) {
        int digit = osm_hex_digit(text[i]);

        if (digit < 0)
            return false;
        value = value << 4 | (uint64_t)digit;
    }
    *out = value;
    return true;
}

bool osm_guid_parse(const char *text, size_t length, UA_Guid *out)
{
    uint64_t groups[OSM_ARRAY_SIZE(guid_groups)];

    if (length != OSM_GUID_TEXT)
        return false;
    for (size_t i = 0; i < OSM_ARRAY_SIZE(guid_groups); i++) {
        if (i && text[guid_groups[i].at - 1] != '-')
            return false;
        if (!hex_number(text + guid_groups[i].at, guid_groups[i].digits, &groups[i]))
            return false;
    }
    out->data1 = (uint32_t)groups[0];
    out->data2 = (uint16_t)groups[1];
    out->data3 = (uint16_t)groups[2];
    for (int i = 0; i < 8; i++) {
        uint64_t tail = groups[3] << 48 | groups[4];

        out->data4[i] = (uint8_t)(tail >> (56 - 8 * i));
    }
    return true;
}

bool osm_guid_parse_or_fault(const char *text, size_t length, UA_Guid *out, struct osm_arena *arena,
                             struct osm_fault *fault)
{
    if (osm_guid_parse(text, length, out))
        return true;
    return osm_fault_set(fault, arena, OSM_FAULT_ENCODING, "Invalid GUID format: %.*s",
                         osm_clamp_int(length), text);
}

static void hex_print(char *out, uint64_t value, size_t digits)
{
    while (digits--) {
        out[digits] = osm_hex_digits[value & 15];
        value >>= 4;
    }
}

void osm_guid_print(char *out, const UA_Guid *guid)
{
    uint64_t tail = 0;

    for (int i = 0; i < 8; i++)
        tail = tail << 8 | guid->data4[i];
    memcpy(out, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx", OSM_GUID_TEXT);
    hex_print(out, guid->data1, 8);
    hex_print(out + 9, guid->data2, 4);
    hex_print(out + 14, guid->data3, 4);
    hex_print(out + 19, tail >> 48, 4);
    hex_print(out + 24, tail, 12);
}
