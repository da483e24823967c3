/* SPDX-License-Identifier: MIT */
/* registerTypeCodec (S4): listed by describe, never run. Upstream instantiates any class. */
#include "serve/method/methods.h"

const struct osm_method osm_method_registerTypeCodec = {.name = "registerTypeCodec",
                                                        .flags = OSM_OP_LOCAL};
