/* SPDX-License-Identifier: MIT */
#ifndef OSM_CLIENT_VALUE_PRINT_H
#define OSM_CLIENT_VALUE_PRINT_H
/*
 * Values → JSON: for people and programs (opcua_value_to_json), and as the daemon takes them
 * (types.md §4), where bytes say that they are base64.
 */
#include "wire/text/json.h"
#include <opcua-session.h>

/* The value alone. for_wire: bytes as {"base64":…}; flat: matrices as one list. */
void osm_value_print(struct osm_json *json, const struct opcua_value *value, bool for_wire,
                     bool flat);
/* {"type":n,"value":…,"dimensions":…}, as call takes its arguments. */
void osm_value_print_variant(struct osm_json *json, const struct opcua_value *value);
/* A time as the contract writes it; null for 0. */
void osm_value_print_time(struct osm_json *json, int64_t time);

/* ---- the tagged encoding of `invoke` (types.md §5) ------------------------------------ */

void osm_value_print_tagged_time(struct osm_json *json, int64_t time);
/* Of what is inside a Variant only its own envelope is tagged; the rest may be as above. */
void osm_value_print_tagged(struct osm_json *json, const struct opcua_value *value);
void osm_value_print_tagged_data(struct osm_json *json, const struct opcua_data_value *value);
/* "2:Tank1", or without a number of namespace 0. */
void osm_value_print_tagged_name(struct osm_json *json, const char *name);
/* {"__t":tag,"v":number} */
void osm_value_print_tagged_enum(struct osm_json *json, const char *tag, uint32_t number);

#endif
