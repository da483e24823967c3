/* SPDX-License-Identifier: MIT */
/*
 * Keys from nonces: P_SHA1 and P_SHA256 for RSA (OPC 10000-6 §6.7.5), HKDF for elliptic curves
 * (§6.8.1). Both directions of a channel are derived at once, as the client does.
 */
#include "rim/ua/policy_internal.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "util/alloc.h"
#include "util/macros.h"
#include "util/wipe.h"

#define HASH_MOST 64

static void free_mac(EVP_MAC **mac)
{
    EVP_MAC_free(*mac);
}

static void free_mac_context(EVP_MAC_CTX **context)
{
    EVP_MAC_CTX_free(*context);
}

bool osm_policy_hmac(const char *hash, const void *key, size_t key_length,
                     const struct osm_piece *pieces, size_t count, uint8_t *out, size_t *length)
{
    _cleanup_(free_mac) EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    _cleanup_(free_mac_context) EVP_MAC_CTX *context = mac ? EVP_MAC_CTX_new(mac) : NULL;
    const OSSL_PARAM params[] = {
        OSSL_PARAM_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)(uintptr_t)hash, strlen(hash)),
        OSSL_PARAM_END};
    bool done = context && EVP_MAC_init(context, key, key_length, params) == 1;

    for (size_t i = 0; i < count && done; i++)
        done = EVP_MAC_update(context, pieces[i].data, pieces[i].length) == 1;
    done = done && EVP_MAC_final(context, out, length, HASH_MOST) == 1;
    ERR_clear_error();
    return done;
}

bool osm_policy_p_hash(const char *hash, struct osm_piece secret, struct osm_piece seed,
                       uint8_t *out, size_t length)
{
    uint8_t a[HASH_MOST], block[HASH_MOST];
    size_t a_length = 0, block_length = 0;
    bool done = osm_policy_hmac(hash, secret.data, secret.length, &seed, 1, a, &a_length);

    for (size_t at = 0; at < length && done; at += block_length) {
        const struct osm_piece pieces[] = {{a, a_length}, seed};

        done = osm_policy_hmac(hash, secret.data, secret.length, pieces, 2, block, &block_length) &&
               osm_policy_hmac(hash, secret.data, secret.length, pieces, 1, a, &a_length);
        if (done)
            memcpy(out + at, block, OSM_MIN(block_length, length - at));
    }
    osm_wipe(a, sizeof(a));
    osm_wipe(block, sizeof(block));
    return done;
}

bool osm_policy_hkdf(const char *hash, struct osm_piece secret, struct osm_piece salt,
                     struct osm_piece info, uint8_t *out, size_t length)
{
    uint8_t prk[HASH_MOST], block[HASH_MOST];
    size_t prk_length = 0, block_length = 0;
    bool done = osm_policy_hmac(hash, salt.data, salt.length, &secret, 1, prk, &prk_length);
    uint8_t number = 1;

    for (size_t at = 0; at < length && done; at += block_length, number++) {
        const struct osm_piece pieces[] = {{block, block_length}, info, {&number, 1}};

        done = osm_policy_hmac(hash, prk, prk_length, pieces, 3, block, &block_length);
        if (done)
            memcpy(out + at, block, OSM_MIN(block_length, length - at));
    }
    osm_wipe(prk, sizeof(prk));
    osm_wipe(block, sizeof(block));
    return done;
}

static bool derive_rsa(const struct osm_policy *policy, struct osm_piece own,
                       struct osm_piece remote, uint8_t *sending, uint8_t *receiving)
{
    const char *hash = policy->algorithms->derive_hash;
    size_t length = osm_policy_material(policy);

    return remote.length >= policy->nonce_length &&
           osm_policy_p_hash(hash, remote, own, sending, length) &&
           osm_policy_p_hash(hash, own, remote, receiving, length);
}

static bool derive_ecc(const struct osm_policy *policy, EVP_PKEY *ephemeral, struct osm_piece own,
                       struct osm_piece remote, uint8_t *sending, uint8_t *receiving)
{
    uint8_t shared[OSM_POLICY_SHARED_MOST];
    struct osm_piece secret = {shared, 0};
    size_t length = osm_policy_material(policy);
    bool done =
        remote.length == policy->nonce_length &&
        osm_policy_agree(policy, ephemeral, remote.data, remote.length, shared, &secret.length) &&
        osm_policy_expand(policy, secret, "opcua-client", own, remote, sending, length) &&
        osm_policy_expand(policy, secret, "opcua-server", remote, own, receiving, length);

    osm_wipe(shared, sizeof(shared));
    return done;
}

bool osm_policy_derive(const struct osm_policy *policy, const struct osm_policy_nonce *own,
                       const void *remote, size_t remote_length, struct osm_policy_keys **sending,
                       struct osm_policy_keys **receiving)
{
    uint8_t out[OSM_POLICY_MATERIAL_MOST], in[OSM_POLICY_MATERIAL_MOST];
    struct osm_piece ours = {own->bytes, own->length}, theirs = {remote, remote_length};
    bool done;

    *sending = *receiving = NULL;
    if (!policy->algorithms)
        return true;
    if (policy->algorithms->derivation == OSM_DERIVE_HKDF)
        done = derive_ecc(policy, own->ephemeral, ours, theirs, out, in);
    else
        done = derive_rsa(policy, ours, theirs, out, in);
    if (done) {
        *sending = osm_policy_keys_new(policy, true, out);
        *receiving = osm_policy_keys_new(policy, false, in);
    }
    osm_wipe(out, sizeof(out));
    osm_wipe(in, sizeof(in));
    return done;
}
