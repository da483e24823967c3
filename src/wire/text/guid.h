/* SPDX-License-Identifier: MIT */
#ifndef OSM_WIRE_TEXT_GUID_H
#define OSM_WIRE_TEXT_GUID_H
/* GUID text (contract: methods.md §2.1). */
#include <stdbool.h>
#include <stddef.h>

#include <open62541/types.h>

#include "util/arena.h"
#include "util/fault.h"
#include "util/macros.h"

/* 36 characters, five groups of hex digits, any case; false when it is not that. */
OSM_MUST_CHECK bool osm_guid_parse(const char *text, size_t length, UA_Guid *out);
/* As above with the fault the contract gives (EncodingException, "Invalid GUID format: …"). */
OSM_MUST_CHECK bool osm_guid_parse_or_fault(const char *text, size_t length, UA_Guid *out,
                                            struct osm_arena *arena, struct osm_fault *fault);
#define OSM_GUID_TEXT 36
/* Writes OSM_GUID_TEXT lower-case characters, no NUL. */
void osm_guid_print(char *out, const UA_Guid *guid);

#endif
