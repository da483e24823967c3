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

#include <openssl/x509.h>

#include "rim/pki/key_kind.h"
#include "util/fault.h"

struct osm_key_pair {
    UA_ByteString leaf;  /* DER */
    UA_ByteString chain; /* leaf and what came with it, one behind the other */
    UA_ByteString key;   /* DER, secret */
    EVP_PKEY *private_key;
    char *uri; /* application URI of the certificate, NULL = none */
    enum osm_key_kind kind;
    int bits; /* of its key */
};

/* Wipes and frees; a zeroed one is fine. */
void osm_key_pair_deinit(struct osm_key_pair *pair);

/* Takes over what a certificate and its key say; false when libcrypto cannot write them as DER. The
 * arguments stay the caller's. */
OSM_MUST_CHECK bool osm_key_pair_take(struct osm_key_pair *pair, const X509 *cert, EVP_PKEY *key);
/* A copy that shares the private key. */
void osm_key_pair_copy(struct osm_key_pair *copy, const struct osm_key_pair *pair);

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

/* Whether the key is one that the policy (its name is for messages) works with: of that kind, and
 * as long; else a fault that says so. */
OSM_MUST_CHECK bool osm_key_pair_suits(const struct osm_key_pair *pair, enum osm_key_pair_role role,
                                       enum osm_key_kind kind, int least_bits,
                                       const char *policy_name, struct osm_arena *arena,
                                       struct osm_fault *fault);

#endif
