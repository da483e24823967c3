/* SPDX-License-Identifier: MIT */
/* Roles and the servers they are for; see grant.h. */
#include "serve/request/grant.h"

#include <string.h>

#include "serve/request/endpoint_rule.h"
#include "util/alloc.h"
#include "util/fault.h"

static const char *const role_names[] = {
#define X(id, name) name,
    OSM_ROLES(X)
#undef X
};

const char *osm_grant_role_name(enum osm_role role)
{
    osm_assert(role < OSM_ROLE_COUNT_);
    return role_names[role];
}

enum osm_role osm_grant_role_find(const char *name)
{
    for (int i = 0; i < OSM_ROLE_COUNT_; i++)
        if (strcmp(role_names[i], name) == 0)
            return (enum osm_role)i;
    return OSM_ROLE_COUNT_;
}

struct osm_grant *osm_grant_new(enum osm_role role, char **endpoints)
{
    struct osm_grant *grant = osm_alloc(sizeof(*grant));

    *grant = (struct osm_grant){.references = 1, .role = role, .endpoints = endpoints};
    return grant;
}

struct osm_grant *osm_grant_ref(struct osm_grant *grant)
{
    if (grant)
        grant->references++;
    return grant;
}

struct osm_grant *osm_grant_unref(struct osm_grant *grant)
{
    if (!grant || --grant->references > 0)
        return NULL;
    for (size_t i = 0; grant->endpoints && grant->endpoints[i]; i++)
        free(grant->endpoints[i]);
    free(grant->endpoints);
    free(grant);
    return NULL;
}

bool osm_grant_reaches(const struct osm_grant *grant, const char *endpoint_url)
{
    return !grant || osm_endpoint_rules_allow(grant->endpoints, endpoint_url);
}

bool osm_grant_check(const struct osm_grant *grant, enum osm_role role, const char *what,
                     struct osm_arena *arena, struct osm_fault *fault)
{
    if (!grant || grant->role >= role)
        return true;
    return osm_fault_set(fault, arena, OSM_FAULT_ACCESS_DENIED,
                         "%s takes the role \"%s\", this token has \"%s\"", what,
                         osm_grant_role_name(role), osm_grant_role_name(grant->role));
}
