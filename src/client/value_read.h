/* SPDX-License-Identifier: MIT */
#ifndef OSM_CLIENT_VALUE_READ_H
#define OSM_CLIENT_VALUE_READ_H
/*
 * JSON → values, in the plain encoding of the contract (types.md §2, §3) and the freer forms
 * callers may write. Nothing is trusted: what does not fit is refused with a text that names the
 * place, and what had been made is freed.
 */
#include <yyjson.h>

#include <opcua-session.h>

struct osm_value_reader {
    bool bytes_are_base64; /* asked for; else an object says so itself ("base64":true) */
    const char *wrong;     /* what does not fit, set with the first false */
    unsigned depth;
};

/* `value` of that type; a list is an array, nested lists a matrix, which `dimensions` (a list, null
 * or NULL) says otherwise. */
bool osm_value_read(struct osm_value_reader *reader, enum opcua_type type, yyjson_val *value,
                    yyjson_val *dimensions, struct opcua_value *out);
/* Of the type the JSON suggests. */
bool osm_value_read_any(struct osm_value_reader *reader, yyjson_val *value,
                        struct opcua_value *out);
/* A Variant or a DataValue object. */
bool osm_value_read_variant(struct osm_value_reader *reader, yyjson_val *variant,
                            struct opcua_value *out);
bool osm_value_read_data_value(struct osm_value_reader *reader, yyjson_val *object,
                               struct opcua_data_value *out);
/* The text of a NodeId object; NULL when it is none. To be freed with free(). */
char *osm_value_read_node_id(yyjson_val *object);

/* Bytes as base64; null leaves *text null. False when it is something else. */
bool osm_value_read_base64(yyjson_val *json, struct opcua_text *text);

#endif
