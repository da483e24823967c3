/* SPDX-License-Identifier: MIT */
#ifndef OSM_RIM_UA_POLICY_INTERNAL_H
#define OSM_RIM_UA_POLICY_INTERNAL_H
/*
 * What the files of the policies share: which algorithms a row stands for, and the primitives they
 * are put together from. Nothing here knows chunks but policy_asymmetric.c and policy_symmetric.c.
 */
#include "rim/ua/policy.h"

enum osm_policy_derivation { OSM_DERIVE_P_HASH, OSM_DERIVE_HKDF };

struct osm_policy_algorithms {
    const char *hash; /* of asymmetric signatures; NULL = part of the algorithm (EdDSA) */
    bool pss;
    int rsa_padding;       /* of encryption: RSA_PKCS1_PADDING or RSA_PKCS1_OAEP_PADDING */
    const char *oaep_hash; /* with OAEP */
    const char *curve;     /* libcrypto's name of the group of EC keys, else NULL */
    const char *ephemeral; /* key type of nonces: NULL = random bytes */
    enum osm_policy_derivation derivation;
    const char *derive_hash; /* of derivation and symmetric signature */
    const char *cipher;
};

#define OSM_POLICY_IV_MOST 16
#define OSM_POLICY_KEY_MOST 64

/* 16, or the 12 bytes that authenticated ciphers take. */
static inline size_t osm_policy_iv_length(const struct osm_policy *policy)
{
    return policy->authenticated ? 12 : 16;
}

/* HMAC of up to three pieces. out has the hash's length, at most 64 bytes. */
struct osm_piece {
    const void *data;
    size_t length;
};
bool osm_policy_hmac(const char *hash, const void *key, size_t key_length,
                     const struct osm_piece *pieces, size_t count, uint8_t *out, size_t *length);
/* P_SHA1, P_SHA256 (RFC 5246 §5; OPC 10000-6 §6.7.5). */
bool osm_policy_p_hash(const char *hash, struct osm_piece secret, struct osm_piece seed,
                       uint8_t *out, size_t length);
/* HKDF, extract and expand (RFC 5869). */
bool osm_policy_hkdf(const char *hash, struct osm_piece secret, struct osm_piece salt,
                     struct osm_piece info, uint8_t *out, size_t length);

/* --- policy_ecc.c ----------------------------------------------------------------------------- */

#define OSM_POLICY_SHARED_MOST 66

/* The salt of OPC 10000-6 §6.8.1, §6.8.3: length of what is derived, label, both public keys. */
bool osm_policy_agree(const struct osm_policy *policy, EVP_PKEY *own, const void *remote,
                      size_t remote_length, uint8_t shared[OSM_POLICY_SHARED_MOST],
                      size_t *shared_length);
bool osm_policy_expand(const struct osm_policy *policy, struct osm_piece shared, const char *label,
                       struct osm_piece first, struct osm_piece second, uint8_t *out,
                       size_t length);
/* The public half as nonces have it: x and y, or the 32 or 56 bytes of X25519 and X448. */
bool osm_policy_public(EVP_PKEY *key, uint8_t *out, size_t most, size_t *length);
/* ECDSA signatures: DER as libcrypto has them, and r and s of OPC UA. Lengths are fixed by the
 * curve; size is that of the pair. */
bool osm_policy_raw_from_der(const uint8_t *der, size_t length, uint8_t *raw, size_t size);
bool osm_policy_der_from_raw(const uint8_t *raw, size_t size, uint8_t **der, size_t *length);

/* --- policy_rsa.c ----------------------------------------------------------------------------- */

/* Plain bytes in a block, and bytes of a block encrypted for the key. */
size_t osm_policy_plain_block(const struct osm_policy *policy, const EVP_PKEY *key);
size_t osm_policy_cipher_block(const EVP_PKEY *key);
/* Appends plain, encrypted block by block. The last block may be short. */
bool osm_policy_rsa_encrypt(const struct osm_policy *policy, EVP_PKEY *key, const uint8_t *plain,
                            size_t length, struct osm_buf *out);
/*
 * In place; *plain is how much there is. Every block is worked on whatever became of the others,
 * and zeros stand for one that is no good: the caller goes on, and counts the result as false.
 */
bool osm_policy_rsa_decrypt(const struct osm_policy *policy, EVP_PKEY *key, uint8_t *data,
                            size_t length, size_t *plain);

/* --- shared by users of private keys ---------------------------------------------------------- */

void osm_policy_assert_off_loop(void);
/* Length of the signatures a key gives, as they are sent. */
size_t osm_policy_asym_signature(const struct osm_policy *policy, const EVP_PKEY *key);

/* --- policy_symmetric.c ----------------------------------------------------------------------- */

/* material: signing key, encrypting key, IV, one behind the other. */
struct osm_policy_keys *osm_policy_keys_new(const struct osm_policy *policy, bool sending,
                                            const uint8_t *material);
static inline size_t osm_policy_material(const struct osm_policy *policy)
{
    return (size_t)policy->sign_key_length + policy->encrypt_key_length +
           osm_policy_iv_length(policy);
}
/*
 * Encrypts data in place, once: material is key and IV, one behind the other. An authenticated
 * cipher covers `clear` as well and puts its tag behind the data, where there must be room.
 */
bool osm_policy_encrypt(const struct osm_policy *policy, const uint8_t *material,
                        struct osm_piece clear, uint8_t *data, size_t length);
#define OSM_POLICY_MATERIAL_MOST (2 * OSM_POLICY_KEY_MOST + OSM_POLICY_IV_MOST)

#endif
