/* SPDX-License-Identifier: MIT */
#ifndef OSM_RIM_UA_ENDPOINT_SELECT_H
#define OSM_RIM_UA_ENDPOINT_SELECT_H
/*
 * Which of a server's endpoints a session uses, and by which of its token policies the user
 * shows who he is (ipc-protocol.md §6, "Identity token choice"). Pure: looks at the list only.
 */
#include <stdbool.h>
#include <stddef.h>

#include <open62541/types_generated.h>

#include "port/policy_name.h"

/* The first binary endpoint of this policy and mode among 65 536; NULL when there is none. */
const UA_EndpointDescription *osm_endpoint_select_endpoint(const UA_EndpointDescription *endpoints,
                                                           size_t size, const char *policy_uri,
                                                           int mode);

/* The token policy of that kind to be used: one with exactly the session's security policy, else
 * one that names none, else by strength as the contract orders it, else the first; NULL when the
 * endpoint does not take such users. For a password on an unsecured channel those that encrypt it
 * come before the first two (differences.md, S18). */
const UA_UserTokenPolicy *osm_endpoint_select_token(const UA_EndpointDescription *endpoint,
                                                    const char *policy_uri, UA_UserTokenType type);

/* Whether a secured endpoint wants passwords as they are: one of its token policies for them is
 * None. Also true when it has none for them, which says nothing. */
bool osm_endpoint_select_takes_clear(const UA_EndpointDescription *endpoint);

/* Policies and modes on offer, for a message: "None, Basic256Sha256 (Sign)". Cut to size. */
void osm_endpoint_select_describe(const UA_EndpointDescription *endpoints, size_t count, char *text,
                                  size_t size);

#endif
