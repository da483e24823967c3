/* SPDX-License-Identifier: MIT */
#ifndef OSM_WIRE_VALUE_STYLES_H
#define OSM_WIRE_VALUE_STYLES_H
/*
 * The encodings a reply can be written in; osm_encoder_make() (encode.h) takes one of them.
 *
 *   plain   `query`: untagged objects (types.md §2, §3)
 *   tagged  `invoke`: objects that say what they are in `__t` (types.md §5)
 *   opcua   `query` with "encoding":"opcua": OPC 10000-6 §5.4, compact (extensions.md §3)
 */
#include "wire/value/encode.h"

extern const struct osm_style osm_plain_style, osm_tagged_style, osm_opcua_style;

#endif
