/* SPDX-License-Identifier: MIT */
#ifndef OSM_SERVE_REQUEST_GRANT_H
#define OSM_SERVE_REQUEST_GRANT_H
/*
 * What a caller may do: a role, and the servers it is for. A grant comes with the token a caller
 * has sent (app/conf/token_file.h); callers of a daemon without a token file have none, and may do
 * everything.
 *
 * Each command and each method names the role it takes in its table row. Grants are shared and
 * counted: the set of tokens may be read anew while requests and streams still carry old ones.
 */
#include <stdbool.h>

struct osm_arena;
struct osm_fault;

/* Each may do what the ones before it may. Name in token files. */
#define OSM_ROLES(X)                                                                               \
    X(READ, "read")   /* open and close sessions, read, browse, subscribe */                       \
    X(WRITE, "write") /* change values, files and history, call methods */                         \
    X(ADMIN, "admin") /* change address spaces and what is trusted */

enum osm_role {
#define X(id, name) OSM_ROLE_##id,
    OSM_ROLES(X)
#undef X
        OSM_ROLE_COUNT_
};

struct osm_grant {
    unsigned references;
    enum osm_role role;
    char **endpoints; /* patterns (endpoint_rule.h), NULL-terminated; NULL = every server */
};

const char *osm_grant_role_name(enum osm_role role);
/* The role of that name, or OSM_ROLE_COUNT_. */
enum osm_role osm_grant_role_find(const char *name);

/* One reference, the caller's; takes the list over. */
struct osm_grant *osm_grant_new(enum osm_role role, char **endpoints);
/* NULL is fine for all of these and means that everything is allowed. */
struct osm_grant *osm_grant_ref(struct osm_grant *grant);
struct osm_grant *osm_grant_unref(struct osm_grant *grant);
bool osm_grant_reaches(const struct osm_grant *grant, const char *endpoint_url);
/* False with a fault (access_denied) that says what takes which role. */
bool osm_grant_check(const struct osm_grant *grant, enum osm_role role, const char *what,
                     struct osm_arena *arena, struct osm_fault *fault);

#endif
