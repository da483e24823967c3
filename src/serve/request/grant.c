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

static const char *const quota_names[] = {
#define X(id, name) name,
    OSM_QUOTAS(X)
#undef X
};

const char *osm_grant_quota_name(enum osm_quota quota)
{
    osm_assert(quota < OSM_QUOTA_COUNT_);
    return quota_names[quota];
}

struct osm_grant *osm_grant_new(uint64_t id, const struct osm_grant_terms *terms)
{
    struct osm_grant *grant = osm_alloc(sizeof(*grant));

    osm_assert(id);
    *grant = (struct osm_grant){.references = 1, .id = id, .terms = *terms};
    return grant;
}

static void free_endpoints(char **endpoints)
{
    for (size_t i = 0; endpoints && endpoints[i]; i++)
        free(endpoints[i]);
    free(endpoints);
}

void osm_grant_set_terms(struct osm_grant *grant, const struct osm_grant_terms *terms)
{
    free_endpoints(grant->terms.endpoints);
    grant->terms = *terms;
}

void osm_grant_revoke(struct osm_grant *grant)
{
    grant->revoked = true;
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
    free_endpoints(grant->terms.endpoints);
    free(grant);
    return NULL;
}

bool osm_grant_reaches(const struct osm_grant *grant, const char *endpoint_url)
{
    return !grant ||
           (!grant->revoked && osm_endpoint_rules_allow(grant->terms.endpoints, endpoint_url));
}

bool osm_grant_has(const struct osm_grant *grant, enum osm_role role)
{
    return !grant || (!grant->revoked && grant->terms.role >= role);
}

bool osm_grant_check(const struct osm_grant *grant, enum osm_role role, const char *what,
                     struct osm_arena *arena, struct osm_fault *fault)
{
    if (osm_grant_has(grant, role))
        return true;
    return osm_fault_set(fault, arena, OSM_FAULT_ACCESS_DENIED,
                         "%s takes the role \"%s\", this token has \"%s\"", what,
                         osm_grant_role_name(role), osm_grant_role_name(grant->terms.role));
}

uint64_t osm_grant_maker(const struct osm_grant *grant)
{
    return grant ? grant->id : 0;
}

bool osm_grant_may_change(const struct osm_grant *grant, uint64_t maker)
{
    return osm_grant_has(grant, OSM_ROLE_WRITE) || (!grant->revoked && grant->id == maker);
}

bool osm_grant_check_maker(const struct osm_grant *grant, uint64_t maker, const char *what,
                           struct osm_arena *arena, struct osm_fault *fault)
{
    if (osm_grant_may_change(grant, maker))
        return true;
    return osm_fault_set(fault, arena, OSM_FAULT_ACCESS_DENIED,
                         "%s of what this token has not made takes the role \"%s\", this token "
                         "has \"%s\"",
                         what, osm_grant_role_name(OSM_ROLE_WRITE),
                         osm_grant_role_name(grant->terms.role));
}

bool osm_grant_check_quota(struct osm_grant *grant, enum osm_quota quota, size_t used, size_t more,
                           struct osm_arena *arena, struct osm_fault *fault)
{
    size_t limit = grant ? grant->terms.limits[quota] : 0;

    if (!limit || (used <= limit && more <= limit - used))
        return true;
    grant->refused++;
    return osm_fault_set(fault, arena, OSM_FAULT_QUOTA_EXCEEDED,
                         "The quota of this token is used up: %s=%zu in the token file, %zu in "
                         "use. End some first, or ask whoever runs the daemon for more",
                         osm_grant_quota_name(quota), limit, used);
}
