/* SPDX-License-Identifier: MIT */
#ifndef OSM_RIM_UA_POLICIES_H
#define OSM_RIM_UA_POLICIES_H
/*
 * Sets of security policies: what one connection needs of them, bound to its certificates. A
 * policy costs 4 KB and parses a key, so sets are made off the loop, hold only what is used (None,
 * that of the channel, that of the user's token), and connections with the same needs share one.
 */
#include <stdbool.h>

#include <open62541/plugin/securitypolicy.h>

#include "rim/pki/key_pair.h"
#include "util/macros.h"

struct osm_policy_set {
    struct osm_policy_set *prev, *next; /* among those in use */
    unsigned users;
    UA_SecurityPolicy none, channel, token, user; /* policyUri empty = not there */
    UA_SecurityPolicy list[3];                    /* what the library sees: borrowed from above */
    size_t size;
    UA_SecurityPolicy auth; /* the token's, borrowed */
    UA_ByteString chain;    /* what servers get of the channel's certificate */
    size_t auth_size;
};

/* What a set is for; borrowed. */
struct osm_policy_needs {
    const char *channel_uri;         /* NULL = None */
    const char *token_uri;           /* NULL = the token is sent as it is */
    const struct osm_key_pair *own;  /* for channel_uri, and to encrypt a password */
    const struct osm_key_pair *user; /* signs the token; NULL = no certificate of a user */
};

/* Whether the library offers the policy. */
bool osm_policy_is_offered(const char *uri);

/* Builds a set; any thread. A policy that refuses its key or certificate gives NULL. */
struct osm_policy_set *osm_policy_set_build(const struct osm_policy_needs *needs);
/* Frees a set that nobody uses. */
void osm_policy_set_free(struct osm_policy_set *set);

/* The loop's thread: takes a built set in use, or frees it for an equal one that is. */
struct osm_policy_set *osm_policy_set_share(struct osm_policy_set **in_use,
                                            struct osm_policy_set *set, const UA_Logger *logger);
/* Servers sign and compare the certificate without its chain when a session is made, but need the
 * chain when a channel is opened: whether the set shows it. */
void osm_policy_set_show_chain(struct osm_policy_set *set, bool show);
void osm_policy_set_release(struct osm_policy_set **in_use, struct osm_policy_set *set);

#endif
