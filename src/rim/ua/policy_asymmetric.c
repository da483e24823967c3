/* SPDX-License-Identifier: MIT */
/*
 * Signatures by certificates, and OPN chunks (OPC 10000-6 §6.7.2.5, §6.7.2.6, §6.7.4): padded,
 * signed and encrypted with RSA, only signed with elliptic curves. In jobs only.
 */
#include "rim/ua/policy_internal.h"

#include <limits.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

#include "util/alloc.h"
#include "util/macros.h"
#include "util/wipe.h"

#define SIZE_AT 4 /* MessageSize in the message header */
/* Keys of 16 384 bits and not one more. */
#define SIGNATURE_MOST 2048
/* Beyond this block length the padding's length has two bytes. */
#define EXTRA_BEYOND 256

static void free_digest_context(EVP_MD_CTX **context)
{
    EVP_MD_CTX_free(*context);
}

/* --- signatures ------------------------------------------------------------------------------- */

size_t osm_policy_asym_signature(const struct osm_policy *policy, const EVP_PKEY *key)
{
    int bits = EVP_PKEY_get_bits(key);

    if (policy->algorithms->curve) /* two numbers as long as the group's order */
        return bits > 0 ? 2 * (((size_t)bits + 7) / 8) : 0;
    return osm_policy_cipher_block(key);
}

static bool set_pss(const struct osm_policy_algorithms *algorithms, EVP_PKEY_CTX *context)
{
    return !algorithms->pss ||
           (EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
            EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1);
}

bool osm_policy_sign(const struct osm_policy *policy, EVP_PKEY *key, const void *data,
                     size_t length, struct osm_buf *out)
{
    const struct osm_policy_algorithms *algorithms = policy->algorithms;
    _cleanup_(free_digest_context) EVP_MD_CTX *context = EVP_MD_CTX_new();
    size_t size = algorithms ? osm_policy_asym_signature(policy, key) : 0;
    uint8_t made[SIGNATURE_MOST + 16], *to;
    size_t made_length = sizeof(made);
    EVP_PKEY_CTX *padding = NULL;
    bool done;

    osm_policy_assert_off_loop();
    if (!algorithms)
        return true;
    done = context && size && size <= SIGNATURE_MOST &&
           EVP_DigestSignInit_ex(context, &padding, algorithms->hash, NULL, NULL, key, NULL) == 1 &&
           set_pss(algorithms, padding) &&
           EVP_DigestSign(context, made, &made_length, data, length) == 1;
    ERR_clear_error();
    if (!done)
        return false;
    to = (uint8_t *)osm_buf_reserve(out, size);
    if (algorithms->curve)
        done = osm_policy_raw_from_der(made, made_length, to, size);
    else if ((done = made_length == size))
        memcpy(to, made, size);
    if (done)
        osm_buf_commit(out, size);
    return done;
}

bool osm_policy_verify(const struct osm_policy *policy, EVP_PKEY *key, const void *data,
                       size_t length, const void *signature, size_t signature_length)
{
    const struct osm_policy_algorithms *algorithms = policy->algorithms;
    _cleanup_(free_digest_context) EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *padding = NULL;
    uint8_t *der = NULL;
    bool good;

    if (!algorithms)
        return true;
    if (!context || signature_length != osm_policy_asym_signature(policy, key))
        return false;
    if (algorithms->curve &&
        !osm_policy_der_from_raw(signature, signature_length, &der, &signature_length))
        return false;
    good =
        EVP_DigestVerifyInit_ex(context, &padding, algorithms->hash, NULL, NULL, key, NULL) == 1 &&
        set_pss(algorithms, padding) &&
        EVP_DigestVerify(context, der ? der : signature, signature_length, data, length) == 1;
    OPENSSL_free(der);
    ERR_clear_error();
    return good;
}

/* --- sealing ---------------------------------------------------------------------------------- */

static void put_size(struct osm_buf *chunk, size_t size)
{
    for (size_t i = 0; i < 4; i++)
        chunk->data[SIZE_AT + i] = (char)(uint8_t)(size >> (8 * i));
}

/* Fills the last block up and says by how much (§6.7.2.5). */
static void pad(struct osm_buf *chunk, size_t used, size_t block, bool extra)
{
    size_t rest = (used + 1 + extra) % block, padding = rest ? block - rest : 0;

    for (size_t i = 0; i <= padding; i++)
        osm_buf_add_byte(chunk, (char)(uint8_t)padding);
    if (extra)
        osm_buf_add_byte(chunk, (char)(uint8_t)(padding >> 8));
}

static bool encrypt_tail(const struct osm_policy_asym *asym, struct osm_buf *chunk, size_t header)
{
    size_t length = chunk->length - header;
    _cleanup_(osm_freep) uint8_t *plain = osm_alloc(length);
    bool done;

    memcpy(plain, chunk->data + header, length);
    osm_wipe(chunk->data + header, length);
    osm_buf_truncate(chunk, header);
    done = osm_policy_rsa_encrypt(asym->policy, asym->remote_key, plain, length, chunk);
    osm_wipe(plain, length);
    return done;
}

static bool seal_rsa(const struct osm_policy_asym *asym, struct osm_buf *chunk, size_t header)
{
    size_t signature = osm_policy_asym_signature(asym->policy, asym->own_key);
    size_t plain_block = osm_policy_plain_block(asym->policy, asym->remote_key);
    size_t cipher_block = osm_policy_cipher_block(asym->remote_key);
    size_t blocks;

    if (!plain_block || !signature)
        return false;
    pad(chunk, chunk->length - header + signature, plain_block, cipher_block > EXTRA_BEYOND);
    blocks = (chunk->length - header + signature) / plain_block;
    put_size(chunk, header + blocks * cipher_block);
    return osm_policy_sign(asym->policy, asym->own_key, chunk->data, chunk->length, chunk) &&
           encrypt_tail(asym, chunk, header);
}

bool osm_policy_asym_seal(const struct osm_policy_asym *asym, struct osm_buf *chunk, size_t header)
{
    const struct osm_policy *policy = asym->policy;

    osm_assert(chunk->length >= header && header > SIZE_AT + 4);
    if (!policy->algorithms) {
        put_size(chunk, chunk->length);
        return true;
    }
    if (policy->family == OSM_POLICY_FAMILY_RSA)
        return seal_rsa(asym, chunk, header);
    put_size(chunk, chunk->length + osm_policy_asym_signature(policy, asym->own_key));
    return osm_policy_sign(policy, asym->own_key, chunk->data, chunk->length, chunk);
}

/* --- unsealing -------------------------------------------------------------------------------- */

/* Bytes of padding with its length at the end of the plain part; 0 = not well-formed. The time it
 * takes depends on the lengths alone. */
static size_t padding_of(const uint8_t *plain, size_t length, bool extra)
{
    size_t ends = 1 + (size_t)extra, count, total;
    uint8_t wrong = 0;

    if (length < ends)
        return 0;
    count = plain[length - ends];
    if (extra) {
        /* The length's low byte stands before all of the padding, and is repeated in it. */
        count |= (size_t)plain[length - 1] << 8;
    }
    total = count + ends;
    for (size_t i = 0; i < length - (ends - 1); i++) {
        bool inside = i + total >= length;

        wrong |= (uint8_t)((plain[i] ^ (uint8_t)count) & (uint8_t) - (int)inside);
    }
    return wrong || total > length ? 0 : total;
}

static bool unseal_rsa(const struct osm_policy_asym *asym, uint8_t *chunk, size_t length,
                       size_t header, size_t *plain)
{
    size_t signature = osm_policy_asym_signature(asym->policy, asym->remote_key);
    bool extra = osm_policy_cipher_block(asym->own_key) > EXTRA_BEYOND, good, verified;
    size_t got = 0, body, padding;

    good =
        osm_policy_rsa_decrypt(asym->policy, asym->own_key, chunk + header, length - header, &got);
    if (got < signature)
        return false;
    body = got - signature;
    verified = osm_policy_verify(asym->policy, asym->remote_key, chunk, header + body,
                                 chunk + header + body, signature);
    padding = padding_of(chunk + header, body, extra);
    *plain = body - padding;
    return good & verified & (padding > 0);
}

bool osm_policy_asym_unseal(const struct osm_policy_asym *asym, uint8_t *chunk, size_t length,
                            size_t header, size_t *plain)
{
    size_t signature;

    *plain = 0;
    if (length < header)
        return false;
    if (!asym->policy->algorithms) {
        *plain = length - header;
        return true;
    }
    if (asym->policy->family == OSM_POLICY_FAMILY_RSA)
        return unseal_rsa(asym, chunk, length, header, plain);
    signature = osm_policy_asym_signature(asym->policy, asym->remote_key);
    if (length - header < signature)
        return false;
    *plain = length - header - signature;
    return osm_policy_verify(asym->policy, asym->remote_key, chunk, length - signature,
                             chunk + length - signature, signature);
}
