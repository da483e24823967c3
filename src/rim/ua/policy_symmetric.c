/* SPDX-License-Identifier: MIT */
/*
 * MSG and CLO chunks: AES-CBC with HMAC (OPC 10000-6 §6.7.2, §6.7.5), or ChaCha20-Poly1305, whose
 * tag stands where signatures stand and whose nonce is the derived IV changed by token id and
 * the sequence number before (§6.8.1).
 *
 * What libcrypto prepares from keys is ten times as large as they are. It is kept for the keys used
 * last, of which a thread has a few desks: with them a chunk costs no key schedule and no look-up
 * of algorithms, and a session that is quiet costs no more than its keys. One direction's keys are
 * used, and freed then, by one thread; another may have made them.
 */
#include "rim/ua/policy_internal.h"

#include <limits.h>
#include <stdatomic.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/params.h>

#include "util/alloc.h"
#include "util/macros.h"
#include "util/wipe.h"

struct osm_policy_keys {
    const struct osm_policy *policy;
    uint64_t id;   /* no other keys have it, nor ever had */
    unsigned desk; /* that had them last; theirs only as long as it says so */
    bool sending;
    uint8_t sign_length, encrypt_length, iv_length, signature_size;
    uint8_t bytes[]; /* signing key, encrypting key, IV */
};

/* Where keys lie ready to be used. */
struct desk {
    uint64_t id; /* of the keys; 0 = it is free */
    const struct osm_policy *policy;
    bool sending;
    uint64_t used;
    EVP_CIPHER_CTX *cipher; /* keyed: for encryption, or the AEAD's key in mode SignAndEncrypt */
    EVP_MAC_CTX *mac;       /* keyed; NULL for an AEAD */
};

#define DESKS 16

static _Thread_local struct desk desks[DESKS];
static _Thread_local uint64_t uses;
static _Atomic uint64_t last_id;

static const uint8_t *sign_key(const struct osm_policy_keys *keys)
{
    return keys->bytes;
}

static const uint8_t *encrypt_key(const struct osm_policy_keys *keys)
{
    return keys->bytes + keys->sign_length;
}

static const uint8_t *iv_of(const struct osm_policy_keys *keys)
{
    return keys->bytes + keys->sign_length + keys->encrypt_length;
}

/* --- keys ------------------------------------------------------------------------------------- */

static EVP_CIPHER_CTX *cipher_new(const struct osm_policy *policy, const uint8_t *key, bool sending)
{
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, policy->algorithms->cipher, NULL);
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();

    osm_assert(cipher && context &&
               EVP_CipherInit_ex2(context, cipher, key, NULL, sending, NULL) == 1 &&
               EVP_CIPHER_CTX_set_padding(context, 0) == 1);
    EVP_CIPHER_free(cipher);
    return context;
}

static EVP_MAC_CTX *mac_new(const char *hash, const uint8_t *key, size_t length)
{
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *context = mac ? EVP_MAC_CTX_new(mac) : NULL;
    const OSSL_PARAM params[] = {
        OSSL_PARAM_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)(uintptr_t)hash, strlen(hash)),
        OSSL_PARAM_END};

    osm_assert(context && EVP_MAC_init(context, key, length, params) == 1);
    EVP_MAC_free(mac);
    return context;
}

struct osm_policy_keys *osm_policy_keys_new(const struct osm_policy *policy, bool sending,
                                            const uint8_t *material)
{
    size_t length = osm_policy_material(policy);
    struct osm_policy_keys *keys = osm_alloc(sizeof(*keys) + length);

    keys->policy = policy;
    keys->id = atomic_fetch_add(&last_id, 1) + 1;
    keys->sending = sending;
    keys->sign_length = policy->sign_key_length;
    keys->encrypt_length = policy->encrypt_key_length;
    keys->iv_length = (uint8_t)osm_policy_iv_length(policy);
    keys->signature_size = policy->signature_size;
    memcpy(keys->bytes, material, length);
    return keys;
}

static void clear(struct desk *desk)
{
    EVP_CIPHER_CTX_free(desk->cipher);
    EVP_MAC_CTX_free(desk->mac);
    *desk = (struct desk){0};
}

void osm_policy_keys_free(struct osm_policy_keys *keys)
{
    if (!keys)
        return;
    if (desks[keys->desk].id == keys->id)
        clear(&desks[keys->desk]);
    osm_wipe(keys, sizeof(*keys) + keys->sign_length + keys->encrypt_length + keys->iv_length);
    free(keys);
}

/* --- desks ------------------------------------------------------------------------------------ */

/* Whether what lies there is of the same kind, so that only the keys have to be changed. */
static bool is_alike(const struct desk *desk, const struct osm_policy_keys *keys)
{
    return desk->id && desk->policy == keys->policy && desk->sending == keys->sending;
}

static struct desk *older(struct desk *one, struct desk *other)
{
    return one && one->used <= other->used ? one : other;
}

/* A free one; else that of the same kind, else any, that has not been used for longest. */
static struct desk *choose_desk(const struct osm_policy_keys *keys)
{
    struct desk *oldest = NULL, *alike = NULL;

    for (struct desk *desk = desks; desk < desks + DESKS; desk++) {
        if (!desk->id)
            return desk;
        oldest = older(oldest, desk);
        if (is_alike(desk, keys))
            alike = older(alike, desk);
    }
    return alike ? alike : oldest;
}

static bool change_keys(const struct desk *desk, const struct osm_policy_keys *keys)
{
    return EVP_CipherInit_ex2(desk->cipher, NULL, encrypt_key(keys), NULL, -1, NULL) == 1 &&
           (!desk->mac || EVP_MAC_init(desk->mac, sign_key(keys), keys->sign_length, NULL) == 1);
}

static void lay_out(struct desk *desk, const struct osm_policy_keys *keys)
{
    const struct osm_policy *policy = keys->policy;

    if (!is_alike(desk, keys) || !change_keys(desk, keys)) {
        clear(desk);
        desk->cipher = cipher_new(policy, encrypt_key(keys), keys->sending);
        if (!policy->authenticated)
            desk->mac = mac_new(policy->algorithms->derive_hash, sign_key(keys), keys->sign_length);
    }
    desk->policy = policy;
    desk->sending = keys->sending;
    desk->id = keys->id;
}

static struct desk *desk_of(struct osm_policy_keys *keys)
{
    struct desk *desk = &desks[keys->desk];

    if (desk->id != keys->id) {
        desk = choose_desk(keys);
        lay_out(desk, keys);
        keys->desk = (unsigned)(desk - desks);
    }
    desk->used = ++uses;
    return desk;
}

/* --- sizes ------------------------------------------------------------------------------------ */

static bool is_secured(const struct osm_policy *policy, UA_MessageSecurityMode mode)
{
    return policy->algorithms &&
           (mode == UA_MESSAGESECURITYMODE_SIGN || mode == UA_MESSAGESECURITYMODE_SIGNANDENCRYPT);
}

static bool is_padded(const struct osm_policy *policy, UA_MessageSecurityMode mode)
{
    return mode == UA_MESSAGESECURITYMODE_SIGNANDENCRYPT && !policy->authenticated;
}

/* Bytes of padding, its length byte included. */
static size_t padding_for(const struct osm_policy *policy, size_t plain)
{
    size_t block = policy->block_size;
    size_t rest = (plain + 1 + policy->signature_size) % block;

    return 1 + (rest ? block - rest : 0);
}

size_t osm_policy_sym_size(const struct osm_policy *policy, UA_MessageSecurityMode mode,
                           size_t header, size_t plain)
{
    if (!is_secured(policy, mode))
        return header + plain;
    return header + plain + policy->signature_size +
           (is_padded(policy, mode) ? padding_for(policy, plain) : 0);
}

size_t osm_policy_sym_room(const struct osm_policy *policy, UA_MessageSecurityMode mode,
                           size_t header, size_t chunk)
{
    size_t room = chunk > header ? chunk - header : 0, taken = policy->signature_size;

    if (!is_secured(policy, mode))
        return room;
    if (is_padded(policy, mode)) {
        room -= room % policy->block_size;
        taken++;
    }
    return room > taken ? room - taken : 0;
}

/* --- CBC and HMAC ----------------------------------------------------------------------------- */

static bool mac_of(struct osm_policy_keys *keys, const uint8_t *data, size_t length, uint8_t *out)
{
    EVP_MAC_CTX *mac = desk_of(keys)->mac;
    size_t written = 0;

    return EVP_MAC_init(mac, NULL, 0, NULL) == 1 && EVP_MAC_update(mac, data, length) == 1 &&
           EVP_MAC_final(mac, out, &written, OSM_POLICY_KEY_MOST) == 1;
}

static bool crypt_blocks(struct osm_policy_keys *keys, uint8_t *data, size_t length)
{
    EVP_CIPHER_CTX *cipher = desk_of(keys)->cipher;
    int written = 0;

    return length <= INT_MAX &&
           EVP_CipherInit_ex2(cipher, NULL, NULL, iv_of(keys), -1, NULL) == 1 &&
           EVP_CipherUpdate(cipher, data, &written, data, (int)length) == 1 &&
           (size_t)written == length;
}

static bool seal_cbc(const struct osm_policy *policy, UA_MessageSecurityMode mode,
                     struct osm_policy_keys *keys, uint8_t *chunk, size_t header, size_t plain)
{
    size_t end = header + plain;
    uint8_t mac[OSM_POLICY_KEY_MOST];

    if (is_padded(policy, mode)) {
        size_t padding = padding_for(policy, plain);

        memset(chunk + end, (int)(padding - 1), padding);
        end += padding;
    }
    if (!mac_of(keys, chunk, end, mac))
        return false;
    memcpy(chunk + end, mac, policy->signature_size);
    return mode == UA_MESSAGESECURITYMODE_SIGN ||
           crypt_blocks(keys, chunk + header, end + policy->signature_size - header);
}

/* Bytes of padding, its length byte included; 0 = not well-formed. The time it takes does not
 * depend on what the bytes say. */
static size_t padding_of(const uint8_t *plain, size_t length)
{
    size_t total = length ? (size_t)plain[length - 1] + 1 : 0;
    size_t look = OSM_MIN(length, 256);
    uint8_t wrong = 0;

    for (size_t i = 1; i <= look; i++) {
        bool inside = i <= total;

        wrong |= (uint8_t)((plain[length - i] ^ (uint8_t)(total - 1)) & (uint8_t) - (int)inside);
    }
    return wrong || total > length ? 0 : total;
}

static bool unseal_cbc(const struct osm_policy *policy, UA_MessageSecurityMode mode,
                       struct osm_policy_keys *keys, uint8_t *chunk, size_t length, size_t header,
                       size_t *plain)
{
    bool encrypted = mode == UA_MESSAGESECURITYMODE_SIGNANDENCRYPT;
    size_t end = length - policy->signature_size, padding = 0;
    uint8_t mac[OSM_POLICY_KEY_MOST];
    bool good;

    if (encrypted && ((length - header) % policy->block_size ||
                      !crypt_blocks(keys, chunk + header, length - header)))
        return false;
    good = mac_of(keys, chunk, end, mac) &&
           CRYPTO_memcmp(mac, chunk + end, policy->signature_size) == 0;
    if (encrypted) {
        padding = padding_of(chunk + header, end - header);
        good = good & (padding > 0);
    }
    *plain = end - header - padding;
    return good;
}

/* --- ChaCha20-Poly1305 ------------------------------------------------------------------------ */

static void make_nonce(const struct osm_policy_keys *keys, const struct osm_policy_count *count,
                       uint8_t nonce[12])
{
    memcpy(nonce, iv_of(keys), 12);
    for (unsigned i = 0; i < 4; i++) {
        nonce[i] ^= (uint8_t)(count->token_id >> (8 * i));
        nonce[4 + i] ^= (uint8_t)(count->last_sequence_number >> (8 * i));
    }
}

/* Begins with the clear bytes; in mode Sign those are all, under the signing key. */
static bool aead_begin(EVP_CIPHER_CTX *cipher, const struct osm_policy_keys *keys,
                       UA_MessageSecurityMode mode, const struct osm_policy_count *count,
                       const uint8_t *clear, size_t length)
{
    const uint8_t *key = mode == UA_MESSAGESECURITYMODE_SIGN ? sign_key(keys) : encrypt_key(keys);
    uint8_t nonce[12];
    int written;

    make_nonce(keys, count, nonce);
    return length <= INT_MAX && EVP_CipherInit_ex2(cipher, NULL, key, nonce, -1, NULL) == 1 &&
           EVP_CipherUpdate(cipher, NULL, &written, clear, (int)length) == 1;
}

static bool aead_text(EVP_CIPHER_CTX *cipher, uint8_t *data, size_t length)
{
    int written = 0;

    return !length ||
           (length <= INT_MAX && EVP_CipherUpdate(cipher, data, &written, data, (int)length) == 1 &&
            (size_t)written == length);
}

static bool seal_aead(const struct osm_policy *policy, UA_MessageSecurityMode mode,
                      struct osm_policy_keys *keys, const struct osm_policy_count *count,
                      uint8_t *chunk, size_t header, size_t plain)
{
    EVP_CIPHER_CTX *cipher = desk_of(keys)->cipher;
    size_t clear = mode == UA_MESSAGESECURITYMODE_SIGN ? header + plain : header;
    uint8_t none;
    int written;

    return aead_begin(cipher, keys, mode, count, chunk, clear) &&
           aead_text(cipher, chunk + clear, header + plain - clear) &&
           EVP_CipherFinal_ex(cipher, &none, &written) == 1 &&
           EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_GET_TAG, policy->signature_size,
                               chunk + header + plain) == 1;
}

static bool unseal_aead(const struct osm_policy *policy, UA_MessageSecurityMode mode,
                        struct osm_policy_keys *keys, const struct osm_policy_count *count,
                        uint8_t *chunk, size_t length, size_t header, size_t *plain)
{
    EVP_CIPHER_CTX *cipher = desk_of(keys)->cipher;
    size_t end = length - policy->signature_size;
    size_t clear = mode == UA_MESSAGESECURITYMODE_SIGN ? end : header;
    uint8_t none;
    int written;

    *plain = end - header;
    return aead_begin(cipher, keys, mode, count, chunk, clear) &&
           EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_SET_TAG, policy->signature_size,
                               chunk + end) == 1 &&
           aead_text(cipher, chunk + clear, end - clear) &&
           EVP_CipherFinal_ex(cipher, &none, &written) == 1;
}

/* --- chunks ----------------------------------------------------------------------------------- */

bool osm_policy_sym_seal(const struct osm_policy *policy, UA_MessageSecurityMode mode,
                         struct osm_policy_keys *keys, const struct osm_policy_count *count,
                         uint8_t *chunk, size_t header, size_t plain)
{
    bool done;

    if (!is_secured(policy, mode))
        return true;
    done = policy->authenticated ? seal_aead(policy, mode, keys, count, chunk, header, plain)
                                 : seal_cbc(policy, mode, keys, chunk, header, plain);
    if (!done)
        ERR_clear_error();
    return done;
}

bool osm_policy_sym_unseal(const struct osm_policy *policy, UA_MessageSecurityMode mode,
                           struct osm_policy_keys *keys, const struct osm_policy_count *count,
                           uint8_t *chunk, size_t length, size_t header, size_t *plain)
{
    bool good;

    *plain = 0;
    if (length < header)
        return false;
    if (!is_secured(policy, mode)) {
        *plain = length - header;
        return true;
    }
    if (length - header < policy->signature_size)
        return false;
    good = policy->authenticated
               ? unseal_aead(policy, mode, keys, count, chunk, length, header, plain)
               : unseal_cbc(policy, mode, keys, chunk, length, header, plain);
    if (!good)
        ERR_clear_error();
    return good;
}

/* --- outside of channels --- */

bool osm_policy_encrypt(const struct osm_policy *policy, const uint8_t *material,
                        struct osm_piece clear, uint8_t *data, size_t length)
{
    EVP_CIPHER_CTX *context = cipher_new(policy, material, true);
    const uint8_t *iv = material + policy->encrypt_key_length;
    int written = 0;
    uint8_t none;
    bool done = length <= INT_MAX && clear.length <= INT_MAX &&
                EVP_CipherInit_ex2(context, NULL, NULL, iv, -1, NULL) == 1;

    if (policy->authenticated)
        done =
            done && EVP_CipherUpdate(context, NULL, &written, clear.data, (int)clear.length) == 1;
    done = done && EVP_CipherUpdate(context, data, &written, data, (int)length) == 1 &&
           (size_t)written == length;
    if (policy->authenticated)
        done = done && EVP_CipherFinal_ex(context, &none, &written) == 1 &&
               EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, policy->signature_size,
                                   data + length) == 1;
    EVP_CIPHER_CTX_free(context);
    ERR_clear_error();
    return done;
}

/* --- key log ---------------------------------------------------------------------------------- */

static void log_line(struct osm_buf *out, const char *side, const char *what, uint32_t channel_id,
                     uint32_t token_id, struct osm_piece bytes)
{
    osm_buf_printf(out, "%s_%s_%u_%u: ", side, what, channel_id, token_id);
    for (size_t i = 0; i < bytes.length; i++)
        osm_buf_printf(out, "%02X", ((const uint8_t *)bytes.data)[i]);
    osm_buf_add_byte(out, '\n');
}

void osm_policy_keys_log(const struct osm_policy_keys *keys, const char *side, uint32_t channel_id,
                         uint32_t token_id, struct osm_buf *out)
{
    log_line(out, side, "iv", channel_id, token_id,
             (struct osm_piece){iv_of(keys), keys->iv_length});
    log_line(out, side, "key", channel_id, token_id,
             (struct osm_piece){encrypt_key(keys), keys->encrypt_length});
    osm_buf_printf(out, "%s_siglen_%u_%u: %u\n", side, channel_id, token_id,
                   (unsigned)keys->signature_size);
}
