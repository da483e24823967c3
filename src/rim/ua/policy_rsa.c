/* SPDX-License-Identifier: MIT */
/*
 * RSA encryption in blocks (OPC 10000-6 §6.7.2.6): OAEP, or PKCS#1 v1.5 for the oldest policy,
 * whose padding faults must not be told from any other fault.
 */
#include "rim/ua/policy_internal.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/rsa.h>

#include "util/alloc.h"
#include "util/macros.h"
#include "util/wipe.h"

static void free_key_context(EVP_PKEY_CTX **context)
{
    EVP_PKEY_CTX_free(*context);
}

size_t osm_policy_cipher_block(const EVP_PKEY *key)
{
    int size = EVP_PKEY_get_size(key);

    return size > 0 ? (size_t)size : 0;
}

size_t osm_policy_plain_block(const struct osm_policy *policy, const EVP_PKEY *key)
{
    const struct osm_policy_algorithms *algorithms = policy->algorithms;
    size_t overhead = 11; /* RFC 8017 §7.2.1 */
    size_t block = osm_policy_cipher_block(key);

    if (algorithms->rsa_padding == RSA_PKCS1_OAEP_PADDING) /* §7.1.1 */
        overhead = strcmp(algorithms->oaep_hash, "SHA256") == 0 ? 66 : 42;
    return block > overhead ? block - overhead : 0;
}

static bool set_padding(EVP_PKEY_CTX *context, const struct osm_policy_algorithms *algorithms)
{
    if (EVP_PKEY_CTX_set_rsa_padding(context, algorithms->rsa_padding) != 1)
        return false;
    return !algorithms->oaep_hash ||
           (EVP_PKEY_CTX_set_rsa_oaep_md_name(context, algorithms->oaep_hash, NULL) == 1 &&
            EVP_PKEY_CTX_set_rsa_mgf1_md_name(context, algorithms->oaep_hash, NULL) == 1);
}

bool osm_policy_rsa_encrypt(const struct osm_policy *policy, EVP_PKEY *key, const uint8_t *plain,
                            size_t length, struct osm_buf *out)
{
    _cleanup_(free_key_context) EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    size_t plain_block = osm_policy_plain_block(policy, key);
    size_t cipher_block = osm_policy_cipher_block(key);
    bool done = context && plain_block && EVP_PKEY_encrypt_init(context) == 1 &&
                set_padding(context, policy->algorithms);

    for (size_t at = 0; at < length && done; at += plain_block) {
        uint8_t *to = (uint8_t *)osm_buf_reserve(out, cipher_block);
        size_t written = cipher_block;

        done = EVP_PKEY_encrypt(context, to, &written, plain + at,
                                OSM_MIN(plain_block, length - at)) == 1 &&
               written == cipher_block;
        if (done)
            osm_buf_commit(out, cipher_block);
    }
    ERR_clear_error();
    return done;
}

bool osm_policy_rsa_decrypt(const struct osm_policy *policy, EVP_PKEY *key, uint8_t *data,
                            size_t length, size_t *plain)
{
    _cleanup_(free_key_context) EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    size_t cipher_block = osm_policy_cipher_block(key);
    size_t plain_block = osm_policy_plain_block(policy, key);
    _cleanup_(osm_freep) uint8_t *block = NULL;
    bool good = true;

    osm_policy_assert_off_loop();
    *plain = 0;
    if (!context || !plain_block || !cipher_block || !length || length % cipher_block ||
        EVP_PKEY_decrypt_init(context) != 1 || !set_padding(context, policy->algorithms))
        return false;
    block = osm_alloc(cipher_block);
    for (size_t at = 0; at < length; at += cipher_block) {
        size_t written = cipher_block;

        memset(block, 0, cipher_block);
        if (EVP_PKEY_decrypt(context, block, &written, data + at, cipher_block) != 1) {
            good = false;
            written = plain_block;
        }
        written = OSM_MIN(written, plain_block);
        memcpy(data + *plain, block, written);
        *plain += written;
    }
    osm_wipe(block, cipher_block);
    ERR_clear_error();
    return good;
}
