/* SPDX-License-Identifier: MIT */
/*
 * Tokens in the reply to `status`: what they have in use and what their quotas are. Named by their
 * lines in the token file, never by anything of theirs.
 */
#include "core/manager/caller_source.h"
#include "serve/command/status.h"

static void print_quota(struct osm_json *json, const char *name, size_t used, size_t limit)
{
    osm_json_key(json, name);
    osm_json_object_begin(json);
    osm_json_key(json, "used");
    osm_json_uint(json, used);
    osm_json_key(json, "limit");
    if (limit)
        osm_json_uint(json, limit);
    else
        osm_json_null(json);
    osm_json_object_end(json);
}

static void print_token(struct osm_json *json, const struct osm_manager *manager,
                        const struct osm_grant *grant)
{
    osm_json_object_begin(json);
    osm_json_key(json, "line");
    osm_json_uint(json, grant->terms.line);
    osm_json_key(json, "role");
    osm_json_cstring(json, osm_grant_role_name(grant->terms.role));
    for (int i = 0; i < OSM_QUOTA_COUNT_; i++)
        print_quota(json, osm_grant_quota_name((enum osm_quota)i),
                    i == OSM_QUOTA_SESSIONS ? osm_registry_made_by(manager, grant->id)
                                            : grant->used[i],
                    grant->terms.limits[i]);
    osm_json_key(json, "abandoned");
    osm_json_uint(json, grant->abandoned);
    osm_json_key(json, "refused");
    osm_json_uint(json, grant->refused);
    osm_json_object_end(json);
}

void osm_status_tokens(struct osm_json *json, const char *key, const struct osm_status *status)
{
    const struct osm_caller_source *source = osm_manager_callers(status->manager);
    const struct osm_grant *grant;

    osm_json_key(json, key);
    osm_json_array_begin(json);
    for (size_t n = 0; source->look && (grant = source->look(source->context, n)); n++)
        if (grant == status->grant || osm_grant_has(status->grant, OSM_ROLE_ADMIN))
            print_token(json, status->manager, grant);
    osm_json_array_end(json);
}
