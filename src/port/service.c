/* SPDX-License-Identifier: MIT */
/* The table of services; see service.h. */
#include "port/service.h"

#define X(id, text, type, ...)                                                                     \
    const struct osm_ua_service osm_service_##id = {                                               \
        .name = (text),                                                                            \
        .request = &UA_TYPES[UA_TYPES_##type##REQUEST],                                            \
        .response = &UA_TYPES[UA_TYPES_##type##RESPONSE],                                          \
        __VA_ARGS__};
OSM_SERVICES(X)
#undef X
