/* SPDX-License-Identifier: MIT */
/*
 * The table of security policies (OPC 10000-7 §6.6): one row a policy, one description of
 * algorithms for those that share them. Everything that differs between policies is said here;
 * code elsewhere never asks which policy it has before it.
 */
#include "rim/ua/policy_internal.h"

#include <string.h>

#include <openssl/rsa.h>

#include "port/policy_name.h"
#include "rim/io/loop.h"
#include "util/digest.h"
#include "util/macros.h"

#define XMLDSIG_RSA_SHA1 "http://www.w3.org/2000/09/xmldsig#rsa-sha1"
#define XMLDSIG_RSA_SHA256 "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
#define UA_RSA_PSS_SHA256 "http://opcfoundation.org/UA/security/rsa-pss-sha2-256"
#define XMLENC_RSA_15 "http://www.w3.org/2001/04/xmlenc#rsa-1_5"
#define XMLENC_RSA_OAEP "http://www.w3.org/2001/04/xmlenc#rsa-oaep"
#define UA_RSA_OAEP_SHA256 "http://opcfoundation.org/UA/security/rsa-oaep-sha2-256"

#define NAMED(text) .uri = OSM_POLICY_PREFIX text, .name = text

/* --- RSA -------------------------------------------------------------------------------------- */

static const struct osm_policy_algorithms basic128_algorithms = {
    .hash = "SHA1",
    .rsa_padding = RSA_PKCS1_PADDING,
    .derive_hash = "SHA1",
    .cipher = "AES-128-CBC",
};
static const struct osm_policy_algorithms basic256_algorithms = {
    .hash = "SHA1",
    .rsa_padding = RSA_PKCS1_OAEP_PADDING,
    .oaep_hash = "SHA1",
    .derive_hash = "SHA1",
    .cipher = "AES-256-CBC",
};
static const struct osm_policy_algorithms basic256sha256_algorithms = {
    .hash = "SHA256",
    .rsa_padding = RSA_PKCS1_OAEP_PADDING,
    .oaep_hash = "SHA1",
    .derive_hash = "SHA256",
    .cipher = "AES-256-CBC",
};
static const struct osm_policy_algorithms aes128_algorithms = {
    .hash = "SHA256",
    .rsa_padding = RSA_PKCS1_OAEP_PADDING,
    .oaep_hash = "SHA1",
    .derive_hash = "SHA256",
    .cipher = "AES-128-CBC",
};
static const struct osm_policy_algorithms aes256_algorithms = {
    .hash = "SHA256",
    .pss = true,
    .rsa_padding = RSA_PKCS1_OAEP_PADDING,
    .oaep_hash = "SHA256",
    .derive_hash = "SHA256",
    .cipher = "AES-256-CBC",
};

/* --- elliptic curves -------------------------------------------------------------------------- */

#define EC_256(group)                                                                              \
    {                                                                                              \
        .hash = "SHA256", .curve = (group), .ephemeral = "EC", .derivation = OSM_DERIVE_HKDF,      \
        .derive_hash = "SHA256", .cipher = "AES-128-CBC",                                          \
    }
#define EC_384(group)                                                                              \
    {                                                                                              \
        .hash = "SHA384", .curve = (group), .ephemeral = "EC", .derivation = OSM_DERIVE_HKDF,      \
        .derive_hash = "SHA384", .cipher = "AES-256-CBC",                                          \
    }

static const struct osm_policy_algorithms nist_p256_algorithms = EC_256("prime256v1");
static const struct osm_policy_algorithms nist_p384_algorithms = EC_384("secp384r1");
static const struct osm_policy_algorithms brainpool_p256_algorithms = EC_256("brainpoolP256r1");
static const struct osm_policy_algorithms brainpool_p384_algorithms = EC_384("brainpoolP384r1");
static const struct osm_policy_algorithms curve25519_algorithms = {
    .ephemeral = "X25519",
    .derivation = OSM_DERIVE_HKDF,
    .derive_hash = "SHA256",
    .cipher = "ChaCha20-Poly1305",
};
static const struct osm_policy_algorithms curve448_algorithms = {
    .ephemeral = "X448",
    .derivation = OSM_DERIVE_HKDF,
    .derive_hash = "SHA256",
    .cipher = "ChaCha20-Poly1305",
};

#define RSA_ROW(bits_least, bits_most, nonce, sign, encrypt, mac)                                  \
    .family = OSM_POLICY_FAMILY_RSA, .key_kind = OSM_KEY_RSA, .min_key_bits = (bits_least),        \
    .max_key_bits = (bits_most), .nonce_length = (nonce), .sign_key_length = (sign),               \
    .encrypt_key_length = (encrypt), .block_size = 16, .signature_size = (mac)
#define ECC_ROW(kind, bits, nonce, sign, encrypt, block, mac)                                      \
    .family = OSM_POLICY_FAMILY_ECC, .key_kind = (kind), .min_key_bits = (bits),                   \
    .max_key_bits = (bits), .nonce_length = (nonce), .sign_key_length = (sign),                    \
    .encrypt_key_length = (encrypt), .block_size = (block), .signature_size = (mac),               \
    .counts_from_zero = true

static const struct osm_policy none = {NAMED("None"), .family = OSM_POLICY_FAMILY_NONE,
                                       .block_size = 1};
static const struct osm_policy basic128rsa15 = {
    NAMED("Basic128Rsa15"), RSA_ROW(1024, 2048, 16, 16, 16, 20), .signature_uri = XMLDSIG_RSA_SHA1,
    .encryption_uri = XMLENC_RSA_15, .algorithms = &basic128_algorithms};
static const struct osm_policy basic256 = {
    NAMED("Basic256"), RSA_ROW(1024, 2048, 32, 24, 32, 20), .signature_uri = XMLDSIG_RSA_SHA1,
    .encryption_uri = XMLENC_RSA_OAEP, .algorithms = &basic256_algorithms};
static const struct osm_policy basic256sha256 = {
    NAMED("Basic256Sha256"), RSA_ROW(2048, 4096, 32, 32, 32, 32),
    .signature_uri = XMLDSIG_RSA_SHA256, .encryption_uri = XMLENC_RSA_OAEP,
    .algorithms = &basic256sha256_algorithms};
static const struct osm_policy aes128 = {
    NAMED("Aes128_Sha256_RsaOaep"), RSA_ROW(2048, 4096, 32, 32, 16, 32),
    .signature_uri = XMLDSIG_RSA_SHA256, .encryption_uri = XMLENC_RSA_OAEP,
    .algorithms = &aes128_algorithms};
static const struct osm_policy aes256 = {
    NAMED("Aes256_Sha256_RsaPss"), RSA_ROW(2048, 4096, 32, 32, 32, 32),
    .signature_uri = UA_RSA_PSS_SHA256, .encryption_uri = UA_RSA_OAEP_SHA256,
    .algorithms = &aes256_algorithms};
static const struct osm_policy nist_p256 = {NAMED("ECC_nistP256"),
                                            ECC_ROW(OSM_KEY_NIST_P256, 256, 64, 32, 16, 16, 32),
                                            .algorithms = &nist_p256_algorithms};
static const struct osm_policy nist_p384 = {NAMED("ECC_nistP384"),
                                            ECC_ROW(OSM_KEY_NIST_P384, 384, 96, 48, 32, 16, 48),
                                            .algorithms = &nist_p384_algorithms};
static const struct osm_policy brainpool_p256 = {
    NAMED("ECC_brainpoolP256r1"), ECC_ROW(OSM_KEY_BRAINPOOL_P256, 256, 64, 32, 16, 16, 32),
    .algorithms = &brainpool_p256_algorithms};
static const struct osm_policy brainpool_p384 = {
    NAMED("ECC_brainpoolP384r1"), ECC_ROW(OSM_KEY_BRAINPOOL_P384, 384, 96, 48, 32, 16, 48),
    .algorithms = &brainpool_p384_algorithms};
static const struct osm_policy curve25519 = {
    NAMED("ECC_curve25519"), ECC_ROW(OSM_KEY_CURVE25519, 253, 32, 32, 32, 1, 16),
    .authenticated = true, .algorithms = &curve25519_algorithms};
static const struct osm_policy curve448 = {
    NAMED("ECC_curve448"), ECC_ROW(OSM_KEY_CURVE448, 456, 56, 32, 32, 1, 16), .authenticated = true,
    .algorithms = &curve448_algorithms};

static const struct osm_policy *const rows[] = {
    &none,      &basic128rsa15,  &basic256,       &basic256sha256, &aes128,   &aes256, &nist_p256,
    &nist_p384, &brainpool_p256, &brainpool_p384, &curve25519,     &curve448, NULL};

const struct osm_policy *const *osm_policy_all(void)
{
    return rows;
}

const struct osm_policy *osm_policy_find(const char *uri, size_t length)
{
    if (!uri || !length)
        return &none;
    for (const struct osm_policy *const *row = rows; *row; row++)
        if (strlen((*row)->uri) == length && memcmp((*row)->uri, uri, length) == 0)
            return *row;
    return NULL;
}

bool osm_policy_takes_key(const struct osm_policy *policy, const EVP_PKEY *key,
                          char text[OSM_POLICY_KEY_TEXT])
{
    enum osm_key_kind kind = osm_key_kind_of(key), wanted = policy->key_kind;
    int bits = EVP_PKEY_get_bits(key), least = policy->min_key_bits, most = policy->max_key_bits;
    char unused[OSM_POLICY_KEY_TEXT];

    if (!policy->algorithms)
        return true;
    if (kind == wanted && (wanted != OSM_KEY_RSA || (bits >= least && bits <= most)))
        return true;
    text = text ? text : unused;
    if (kind != wanted)
        (void)snprintf(text, OSM_POLICY_KEY_TEXT,
                       "The server's certificate has %s, and %s needs %s", osm_key_kind_text(kind),
                       policy->name, osm_key_kind_text(wanted));
    else
        (void)snprintf(text, OSM_POLICY_KEY_TEXT,
                       "The server's key is too %s: it has %d bits, and %s needs %d to %d",
                       bits < least ? "weak" : "long", bits, policy->name, least, most);
    return false;
}

void osm_policy_thumbprint(const void *leaf, size_t length, uint8_t thumbprint[20])
{
    osm_digest_sha1(leaf, length, thumbprint);
}

static _Thread_local bool on_loop;

void osm_policy_forbid_private_keys(void)
{
    on_loop = true;
}

void osm_policy_assert_off_loop(void)
{
    osm_assert(!on_loop || osm_io_is_work());
}
