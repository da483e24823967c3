/* SPDX-License-Identifier: MIT */
#ifndef OSM_WIRE_TAGGED_TAGGED_STYLE_H
#define OSM_WIRE_TAGGED_TAGGED_STYLE_H
/* The parts the tagged encoder's files share. */
#include "wire/value/styles.h"

/* Opens an object that says what it is: `{"__t":"<tag>"`. The tag is plain ASCII. */
void osm_tagged_begin(struct osm_json *json, const char *tag);
/* {"__t":<tag>,"v":<number>}: an enumeration. */
void osm_tagged_encode_number(struct osm_json *json, const char *tag, uint32_t number);

osm_encode_fn osm_tagged_encode_node_id, osm_tagged_encode_expanded_node_id,
    osm_tagged_encode_qualified_name, osm_tagged_encode_localized_text, osm_tagged_encode_date_time,
    osm_tagged_encode_extension_object, osm_tagged_encode_data_value, osm_tagged_encode_variant;

#endif
