/* SPDX-License-Identifier: MIT */
#ifndef OSM_WIRE_TAGGED_TAGGED_DECODE_H
#define OSM_WIRE_TAGGED_TAGGED_DECODE_H
/*
 * The tagged JSON of `invoke` as OPC UA values (contract: types.md §5, methods.md §4). Each
 * argument goes through osm_tagged_check() first, which walks it as upstream's decoder does: every
 * `__t` in it must be known and its payload valid. The readers below then take values by the
 * kind that is expected. They are strict: nothing is cast, another kind is a TypeError that names
 * the place (E1).
 *
 * A reader works on its own as well: what the check refuses in a value, its reader refuses too.
 * Memory and faults are those of plain_decode.h: results live in the arena or point into the
 * document, the first fault wins.
 */
#include <stdbool.h>
#include <stdint.h>

#include <open62541/types.h>
#include <open62541/types_generated.h>
#include <yyjson.h>

#include "wire/plain/plain_decode.h"

/* The value's `__t`, or NULL when it is no map or has none that is a string. */
const char *osm_tagged_type(yyjson_val *value);

/* Walks a whole argument. EncodingException with upstream's text for a bad or unknown `__t` or
 * payload, ValueError for an enum value that does not exist, TypeError for a field of the wrong
 * kind. NULL and untagged scalars are fine. */
OSM_MUST_CHECK bool osm_tagged_check(const struct osm_decode *decode, yyjson_val *value);
/* The same for every argument of a call, a list or an object of names; NULL is none. */
OSM_MUST_CHECK bool osm_tagged_check_args(const struct osm_decode *decode, yyjson_val *args);

/* A tagged NodeId, or its text. */
OSM_MUST_CHECK bool osm_tagged_read_node_id(const struct osm_decode *decode, yyjson_val *value,
                                            UA_NodeId *out);
/* {"__t":<tag>,"v":n} of BuiltinType, NodeClass, BrowseDirection, PerformUpdateType or
 * OpenFileMode; a plain number is a TypeError. */
OSM_MUST_CHECK bool osm_tagged_read_enum(const struct osm_decode *decode, yyjson_val *value,
                                         const char *tag, int64_t *out);
/* {"__t":"AggregateFunction","v":"average"}: the name, one of the known ones. */
OSM_MUST_CHECK bool osm_tagged_read_aggregate_function(const struct osm_decode *decode,
                                                       yyjson_val *value, const char **out);
OSM_MUST_CHECK bool osm_tagged_read_qualified_name(const struct osm_decode *decode,
                                                   yyjson_val *value, UA_QualifiedName *out);
OSM_MUST_CHECK bool osm_tagged_read_localized_text(const struct osm_decode *decode,
                                                   yyjson_val *value, UA_LocalizedText *out);
OSM_MUST_CHECK bool osm_tagged_read_date_time(const struct osm_decode *decode, yyjson_val *value,
                                              UA_DateTime *out);
/* Absent or null gives 0. */
OSM_MUST_CHECK bool osm_tagged_read_date_time_or_null(const struct osm_decode *decode,
                                                      yyjson_val *value, UA_DateTime *out);
OSM_MUST_CHECK bool osm_tagged_read_variant(const struct osm_decode *decode, yyjson_val *value,
                                            UA_Variant *out);
OSM_MUST_CHECK bool osm_tagged_read_data_value(const struct osm_decode *decode, yyjson_val *value,
                                               UA_DataValue *out);
/* The value argument of write: an untagged scalar or list, or tagged values, for a node of a
 * known builtin type 1–25 (types.md §4). */
OSM_MUST_CHECK bool osm_tagged_read_value(const struct osm_decode *decode, yyjson_val *value,
                                          uint32_t builtin_type, UA_Variant *out);

#endif
