/* SPDX-License-Identifier: MIT */
#ifndef OSM_RIM_PKI_KEY_PAIR_H
#define OSM_RIM_PKI_KEY_PAIR_H
/*
 * A certificate with its private key, as a session needs them: from files, checked before they
 * reach a server, or generated. Reading may block and parsing takes time: off the loop only.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <open62541/types.h>

#include "util/fault.h"

struct osm_key_pair {
    UA_ByteString leaf;  /* DER */
    UA_ByteString chain; /* leaf and what came with it, one behind the other */
    UA_ByteString key;   /* DER, secret */
    char *uri;           /* application URI of the certificate, NULL = none */
    int bits;            /* of its RSA key */
};

/* Wipes and frees; a zeroed one is fine. */
void osm_key_pair_deinit(struct osm_key_pair *pair);

/* Whose files they are, in messages. */
enum osm_key_pair_role { OSM_KEY_PAIR_CLIENT, OSM_KEY_PAIR_USER };

/* From the files, under the rules of rim/pki/cert_paths.h. ca_path (may be NULL): more of the
 * chain. The message of a fault is in the arena. */
OSM_MUST_CHECK bool osm_key_pair_load(struct osm_key_pair *pair, enum osm_key_pair_role role,
                                      const char *cert_path, const char *key_path,
                                      const char *ca_path, char *const *allowed_dirs,
                                      struct osm_arena *arena, struct osm_fault *fault);
/* From the bytes of files; names are for messages. */
OSM_MUST_CHECK bool osm_key_pair_parse(struct osm_key_pair *pair, enum osm_key_pair_role role,
                                       const void *cert, size_t cert_size, const char *cert_name,
                                       const void *key, size_t key_size, const char *key_name,
                                       struct osm_arena *arena, struct osm_fault *fault);

/* Whether the key is as long as the policy (its URI) asks for; else a fault that says so. */
OSM_MUST_CHECK bool osm_key_pair_suits(const struct osm_key_pair *pair, enum osm_key_pair_role role,
                                       const char *policy_uri, struct osm_arena *arena,
                                       struct osm_fault *fault);

#endif
