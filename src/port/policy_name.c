/* SPDX-License-Identifier: MIT */
#include "port/policy_name.h"

#include <string.h>

const char *osm_policy_name(const char *uri)
{
    const size_t length = sizeof(OSM_POLICY_PREFIX) - 1;

    return strncmp(uri, OSM_POLICY_PREFIX, length) == 0 ? uri + length : uri;
}
