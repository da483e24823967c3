/* SPDX-License-Identifier: MIT */
/* registerTypeCodec (S4): listed by describe, never run. Upstream instantiates any class. */
#include "serve/method/methods.h"

OSM_METHOD(registerTypeCodec, .flags = OSM_OP_LOCAL);
