/* SPDX-License-Identifier: MIT */
/*
 * Elliptic curves (OPC 10000-6 §6.8.1): ephemeral keys in the place of nonces, the secret both
 * sides agree on, and signatures as two numbers of fixed length.
 */
#include "rim/ua/policy_internal.h"

#include <string.h>

#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>

#include "util/alloc.h"
#include "util/digest.h"
#include "util/macros.h"
#include "util/random.h"
#include "util/wipe.h"

static void free_key(EVP_PKEY **key)
{
    EVP_PKEY_free(*key);
}

static void free_key_context(EVP_PKEY_CTX **context)
{
    EVP_PKEY_CTX_free(*context);
}

/* --- ephemeral keys --------------------------------------------------------------------------- */

static EVP_PKEY *generate(const struct osm_policy_algorithms *algorithms)
{
    if (algorithms->curve)
        return EVP_PKEY_Q_keygen(NULL, NULL, "EC", algorithms->curve);
    return EVP_PKEY_Q_keygen(NULL, NULL, algorithms->ephemeral);
}

bool osm_policy_public(EVP_PKEY *key, uint8_t *out, size_t most, size_t *length)
{
    unsigned char *encoded = NULL;
    size_t size = EVP_PKEY_get1_encoded_public_key(key, &encoded);
    /* An uncompressed point has a byte before it that says so (SEC 1 §2.3.3). */
    size_t skip = EVP_PKEY_is_a(key, "EC") ? 1 : 0;
    bool fits = size > skip && size - skip <= most;

    if (fits) {
        *length = size - skip;
        memcpy(out, encoded + skip, *length);
    }
    OPENSSL_free(encoded);
    ERR_clear_error();
    return fits;
}

bool osm_policy_nonce_make(const struct osm_policy *policy, struct osm_policy_nonce *nonce)
{
    bool made = true;

    *nonce = (struct osm_policy_nonce){.length = policy->nonce_length};
    if (!policy->algorithms)
        return true;
    if (policy->algorithms->ephemeral) {
        nonce->ephemeral = generate(policy->algorithms);
        made = nonce->ephemeral && osm_policy_public(nonce->ephemeral, nonce->bytes,
                                                     sizeof(nonce->bytes), &nonce->length);
    } else {
        osm_random(nonce->bytes, nonce->length);
    }
    ERR_clear_error();
    return made;
}

void osm_policy_nonce_deinit(struct osm_policy_nonce *nonce)
{
    EVP_PKEY_free(nonce->ephemeral);
    osm_wipe(nonce, sizeof(*nonce));
}

/* --- agreement -------------------------------------------------------------------------------- */

/* A key of the same kind as `like` from the other side's nonce; NULL when it is no point of the
 * curve. */
static EVP_PKEY *public_from(EVP_PKEY *like, const uint8_t *bytes, size_t length)
{
    uint8_t point[1 + 128] = {POINT_CONVERSION_UNCOMPRESSED};
    EVP_PKEY *key;

    if (length >= sizeof(point))
        return NULL;
    if (!EVP_PKEY_is_a(like, "EC"))
        return EVP_PKEY_new_raw_public_key_ex(NULL, EVP_PKEY_get0_type_name(like), NULL, bytes,
                                              length);
    memcpy(point + 1, bytes, length);
    key = EVP_PKEY_new();
    if (key && EVP_PKEY_copy_parameters(key, like) == 1 &&
        EVP_PKEY_set1_encoded_public_key(key, point, length + 1) == 1)
        return key;
    EVP_PKEY_free(key);
    return NULL;
}

bool osm_policy_agree(const struct osm_policy *policy, EVP_PKEY *own, const void *remote,
                      size_t remote_length, uint8_t shared[OSM_POLICY_SHARED_MOST],
                      size_t *shared_length)
{
    _cleanup_(free_key) EVP_PKEY *peer =
        remote_length == policy->nonce_length ? public_from(own, remote, remote_length) : NULL;
    _cleanup_(free_key_context) EVP_PKEY_CTX *context = peer ? EVP_PKEY_CTX_new(own, NULL) : NULL;
    bool done;

    *shared_length = OSM_POLICY_SHARED_MOST;
    done = context && EVP_PKEY_derive_init(context) == 1 &&
           EVP_PKEY_derive_set_peer(context, peer) == 1 &&
           EVP_PKEY_derive(context, shared, shared_length) == 1;
    ERR_clear_error();
    return done;
}

bool osm_policy_expand(const struct osm_policy *policy, struct osm_piece shared, const char *label,
                       struct osm_piece first, struct osm_piece second, uint8_t *out, size_t length)
{
    uint8_t bytes[2 + 16 + 2 * 128];
    size_t label_length = strlen(label);
    struct osm_piece salt = {bytes, 2 + label_length + first.length + second.length};

    if (label_length > 16 || first.length > 128 || second.length > 128)
        return false;
    bytes[0] = (uint8_t)length;
    bytes[1] = (uint8_t)(length >> 8);
    memcpy(bytes + 2, label, label_length);
    memcpy(bytes + 2 + label_length, first.data, first.length);
    memcpy(bytes + 2 + label_length + first.length, second.data, second.length);
    return osm_policy_hkdf(policy->algorithms->derive_hash, shared, salt, salt, out, length);
}

/* --- signatures ------------------------------------------------------------------------------- */

bool osm_policy_raw_from_der(const uint8_t *der, size_t length, uint8_t *raw, size_t size)
{
    const unsigned char *at = der;
    ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &at, (long)length);
    int half = (int)(size / 2);
    bool done = signature && BN_bn2binpad(ECDSA_SIG_get0_r(signature), raw, half) == half &&
                BN_bn2binpad(ECDSA_SIG_get0_s(signature), raw + half, half) == half;

    ECDSA_SIG_free(signature);
    ERR_clear_error();
    return done;
}

bool osm_policy_der_from_raw(const uint8_t *raw, size_t size, uint8_t **der, size_t *length)
{
    int half = (int)(size / 2), written = 0;
    ECDSA_SIG *signature = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(raw, half, NULL), *s = BN_bin2bn(raw + half, half, NULL);

    *der = NULL;
    if (signature && r && s && ECDSA_SIG_set0(signature, r, s) == 1) {
        written = i2d_ECDSA_SIG(signature, der);
    } else {
        BN_free(r);
        BN_free(s);
    }
    ECDSA_SIG_free(signature);
    ERR_clear_error();
    *length = written > 0 ? (size_t)written : 0;
    return written > 0;
}
