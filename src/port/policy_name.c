/* SPDX-License-Identifier: MIT */
#include "port/policy_name.h"

#include <string.h>

#include "util/macros.h"

const char *osm_policy_name(const char *uri)
{
    const size_t length = sizeof(OSM_POLICY_PREFIX) - 1;

    return strncmp(uri, OSM_POLICY_PREFIX, length) == 0 ? uri + length : uri;
}

const char *osm_policy_mode_name(unsigned mode)
{
    static const char *const names[] = {"invalid", "None", "Sign", "SignAndEncrypt"};

    return names[mode < OSM_ARRAY_SIZE(names) ? mode : 0];
}
