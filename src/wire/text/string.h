/* SPDX-License-Identifier: MIT */
#ifndef OSM_WIRE_TEXT_STRING_H
#define OSM_WIRE_TEXT_STRING_H
/* Text as OPC UA and printf() want it. */
#include <stddef.h>
#include <stdint.h>

#include <open62541/types.h>

/* Text as a UA_String without a copy; an empty text is the empty string, not the null string. */
static inline UA_String osm_string_view(const char *text, size_t length)
{
    /* A pointer to nothing makes it the empty string, not the null string. */
    return (UA_String){.length = length,
                       .data = length ? (UA_Byte *)(uintptr_t)text : UA_EMPTY_ARRAY_SENTINEL};
}

/* A length for "%.*s". */
static inline int osm_clamp_int(size_t length)
{
    return length < 0x7fffffff ? (int)length : 0x7fffffff;
}

#endif
