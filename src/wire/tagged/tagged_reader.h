/* SPDX-License-Identifier: MIT */
#ifndef OSM_WIRE_TAGGED_TAGGED_READER_H
#define OSM_WIRE_TAGGED_TAGGED_READER_H
/*
 * Inside of the tagged decoder. Its readers sit beside those of the plain one (plain_reader.h):
 * a reader whose `read_tagged` is osm_tagged_read_scalar() gives it every value that carries a
 * `__t` and takes all others by the plain rules.
 */
#include "wire/plain/plain_reader.h"
#include "wire/tagged/tagged_decode.h"

/* Looks at a payload's fields; the members that are tagged themselves have been checked. */
typedef bool osm_tagged_check_fn(const struct osm_decode *decode, yyjson_val *value);

osm_tagged_check_fn osm_tagged_check_node_id, osm_tagged_check_qualified_name,
    osm_tagged_check_localized_text, osm_tagged_check_date_time, osm_tagged_check_variant,
    osm_tagged_check_data_value, osm_tagged_check_extension_object, osm_tagged_check_enum,
    osm_tagged_check_connection_state, osm_tagged_check_aggregate_function,
    osm_tagged_check_browse_node;

/* A result's payload, by its record. */
struct osm_record;
OSM_MUST_CHECK bool osm_tagged_check_record(const struct osm_decode *decode, yyjson_val *value,
                                            const struct osm_record *record);
/* The record of that tag, or NULL. */
const struct osm_record *osm_tagged_record(const char *tag);

/* A tagged value as the builtin type the reader wants; TypeError when it is another one. */
OSM_MUST_CHECK bool osm_tagged_read_scalar(const struct osm_reader *reader, yyjson_val *value,
                                           void *out);

/* Whether value is a map with that `__t`. */
static inline bool osm_tagged_is(yyjson_val *value, const char *tag)
{
    return yyjson_equals_str(osm_json_get(value, "__t"), tag);
}

/* EncodingException with one of upstream's texts; false. */
static inline bool osm_tagged_error(const struct osm_decode *decode, const char *message)
{
    return osm_fault_set(decode->fault, decode->arena, OSM_FAULT_ENCODING, "%s", message);
}

/* An integer, as JSON has it: 5 or 5.0. */
static inline bool osm_tagged_is_integer(yyjson_val *value)
{
    uint64_t bits;
    bool negative;

    return osm_cast_number_integer(value, &bits, &negative);
}

#endif
