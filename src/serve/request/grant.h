/* SPDX-License-Identifier: MIT */
#ifndef OSM_SERVE_REQUEST_GRANT_H
#define OSM_SERVE_REQUEST_GRANT_H
/*
 * What a caller may do: a role, and the servers it is for. A grant comes with the token a caller
 * has sent (app/conf/token_file.h); callers of a daemon without a token file have none, and may do
 * everything.
 *
 * Each command and each method names the role it takes in its table row. What a caller has made
 * is his by the id of his token, which goes into sessions, subscriptions and items as their maker.
 *
 * Grants are shared and counted: the set of tokens may be read anew while requests and streams
 * still carry them. A token that is in the new file, too, keeps its grant, and with it what it has
 * in use; the grant of one that is not is revoked and allows nothing any more.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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

/* What a token may have of something at once. Name in token files and in `status`. */
#define OSM_QUOTAS(X)                                                                              \
    X(SESSIONS, "sessions")       /* that it has made */                                           \
    X(CONNECTIONS, "connections") /* to the daemon */                                              \
    X(REQUESTS, "requests")       /* in flight, those of callers that have gone as well */         \
    X(BYTES, "bytes")             /* of memory these take */

enum osm_quota {
#define X(id, name) OSM_QUOTA_##id,
    OSM_QUOTAS(X)
#undef X
        OSM_QUOTA_COUNT_
};

/* As a token file says it. */
struct osm_grant_terms {
    unsigned line; /* of the file, from 1: what `status` calls the token by */
    enum osm_role role;
    char **endpoints; /* patterns (endpoint_rule.h), NULL-terminated, owned; NULL = every server */
    size_t limits[OSM_QUOTA_COUNT_]; /* 0 = none */
};

struct osm_grant {
    unsigned references;
    uint64_t id;  /* of the token, the same in every file; never 0 */
    bool revoked; /* its token has been taken out of the file */
    struct osm_grant_terms terms;
    size_t used[OSM_QUOTA_COUNT_]; /* all but sessions, which are counted when they are asked for */
    unsigned classic;              /* of the connections, those for one request */
    unsigned streams;              /* of what all sessions publish, open at the moment */
    unsigned abandoned;            /* requests in flight whose callers have gone */
    uint64_t refused;              /* by a quota, since the start */
};

const char *osm_grant_role_name(enum osm_role role);
/* The role of that name, or OSM_ROLE_COUNT_. */
enum osm_role osm_grant_role_find(const char *name);

const char *osm_grant_quota_name(enum osm_quota quota);

/* One reference, the caller's; takes the list of endpoints over. */
struct osm_grant *osm_grant_new(uint64_t id, const struct osm_grant_terms *terms);
/* From now on it allows that; the list of endpoints is taken over. */
void osm_grant_set_terms(struct osm_grant *grant, const struct osm_grant_terms *terms);
/* From now on it allows nothing. */
void osm_grant_revoke(struct osm_grant *grant);
/* NULL is fine for all of these and means that everything is allowed. */
struct osm_grant *osm_grant_ref(struct osm_grant *grant);
struct osm_grant *osm_grant_unref(struct osm_grant *grant);
bool osm_grant_reaches(const struct osm_grant *grant, const char *endpoint_url);
bool osm_grant_has(const struct osm_grant *grant, enum osm_role role);
/* False with a fault (access_denied) that says what takes which role. */
bool osm_grant_check(const struct osm_grant *grant, enum osm_role role, const char *what,
                     struct osm_arena *arena, struct osm_fault *fault);
/* Whose things its holder makes: the id, or 0 for a holder who may do everything. */
uint64_t osm_grant_maker(const struct osm_grant *grant);
/* Whether its holder may change what `maker` has made: his own, or with the role `write`. */
bool osm_grant_may_change(const struct osm_grant *grant, uint64_t maker);
/* The same; false with a fault (access_denied) that names what cannot be done. */
bool osm_grant_check_maker(const struct osm_grant *grant, uint64_t maker, const char *what,
                           struct osm_arena *arena, struct osm_fault *fault);
/* Whether `more` of it is within the quota, on top of what is in use; else false with a fault
 * (quota_exceeded) that names quota and limit. Takes nothing. */
bool osm_grant_check_quota(struct osm_grant *grant, enum osm_quota quota, size_t used, size_t more,
                           struct osm_arena *arena, struct osm_fault *fault);

#endif
