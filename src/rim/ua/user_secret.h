/* SPDX-License-Identifier: MIT */
#ifndef OSM_RIM_UA_USER_SECRET_H
#define OSM_RIM_UA_USER_SECRET_H
/*
 * Secrets in user identity tokens (OPC 10000-4 §7.40.2): passwords and issued tokens, encrypted for
 * the server alone, also on a channel without encryption. RSA policies use the format every server
 * knows (§7.40.2.2), elliptic curves EccEncryptedSecret (§7.40.2.5) under an ephemeral key that the
 * server gives with its answer to CreateSession or ActivateSession (OPC 10000-6 §6.8.2).
 */
#include <open62541/types_generated.h>

#include "rim/ua/policy.h"

/* What a secret is encrypted with; borrowed. */
struct osm_user_secret {
    const struct osm_policy *policy; /* of the token; not None */
    UA_ByteString server_nonce;      /* the session's last */
    EVP_PKEY *server_key;            /* public, RSA */
    /* ECC only: */
    EVP_PKEY *own_key; /* signs */
    UA_ByteString own_leaf;
    UA_ByteString server_ephemeral; /* of osm_user_secret_answer */
    UA_DateTime now;
};

/* Appends the encrypted secret. In a job (own_key). False when a key is not what the policy needs.
 */
bool osm_user_secret_seal(const struct osm_user_secret *with, const void *secret, size_t length,
                          struct osm_buf *out);

/* Whether a token of this policy needs an ephemeral key of the server. */
static inline bool osm_user_secret_needs_ephemeral(const struct osm_policy *policy)
{
    return policy->family == OSM_POLICY_FAMILY_ECC;
}

/* Puts the wish for an ephemeral key into the additionalHeader of a request; owned by the header
 * (UA_clear). */
void osm_user_secret_ask(UA_ExtensionObject *additional_header, const struct osm_policy *policy);
/*
 * The ephemeral key of an answer's additionalHeader, decoded or as bytes. False: there is none, or
 * it cannot be read. Public key and signature are owned by *key (UA_EphemeralKeyType_clear).
 */
bool osm_user_secret_answer(const UA_ExtensionObject *additional_header, UA_EphemeralKeyType *key);
/* Whether the server has signed it with the key of its certificate. In a job. */
bool osm_user_secret_verify(const struct osm_policy *policy, EVP_PKEY *server_key,
                            const UA_EphemeralKeyType *key);

#endif
