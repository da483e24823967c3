/* SPDX-License-Identifier: MIT */
/* Who may log in, and what each role may do.
 *
 * The roles: `operator` may do everything; `anonymous` everything that is not reserved, so
 * that the plant can be tried without a login; `viewer` only reads. A node is reserved by
 * giving it a struct osm_plant_node (plant.h) with its own readers and writers. */
#ifndef OSM_DEMO_ACCOUNTS_H
#define OSM_DEMO_ACCOUNTS_H

#include <open62541/server.h>
#include <stdbool.h>

enum osm_role {
    OSM_ROLE_ANONYMOUS = 1,
    OSM_ROLE_VIEWER = 2,
    OSM_ROLE_OPERATOR = 4,
};
#define OSM_ROLE_ALL (OSM_ROLE_ANONYMOUS | OSM_ROLE_VIEWER | OSM_ROLE_OPERATOR)
#define OSM_ROLE_USERS (OSM_ROLE_VIEWER | OSM_ROLE_OPERATOR)
#define OSM_ROLE_CHANGERS (OSM_ROLE_ANONYMOUS | OSM_ROLE_OPERATOR)

/* Replaces the access control of `config`, whose security policies must be set already. */
UA_StatusCode osm_accounts_apply(UA_ServerConfig *config, bool allow_anonymous,
                                 bool allow_certificates);

/* The user name behind a session context, "anonymous" for none. Never NULL, not owned. */
const char *osm_accounts_name(const void *session_context);

#endif
