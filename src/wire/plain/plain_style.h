/* SPDX-License-Identifier: MIT */
#ifndef OSM_WIRE_PLAIN_PLAIN_STYLE_H
#define OSM_WIRE_PLAIN_PLAIN_STYLE_H
/* The parts the plain encoder's files share. */
#include "wire/value/encode.h"
#include "wire/value/styles.h"

/* Slots of the style that other files need too. */
osm_encode_fn osm_plain_encode_node_id, osm_plain_encode_expanded_node_id,
    osm_plain_encode_qualified_name, osm_plain_encode_localized_text,
    osm_plain_encode_diagnostic_info, osm_plain_encode_extension_object,
    osm_plain_encode_data_value, osm_plain_encode_variant;

#endif
