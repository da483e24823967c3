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

#endif
