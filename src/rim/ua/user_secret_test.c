/* SPDX-License-Identifier: MIT */
/* Secrets as a server opens them, by libcrypto alone where that is possible. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <open62541/nodeids.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "rim/ua/framing.h"
#include "rim/ua/policy_internal.h"
#include "rim/ua/user_secret.h"
#include "util/alloc.h"
#include "util/macros.h"

static uint8_t nonce_bytes[32] = "the server's nonce of 32 bytes..";
static uint8_t leaf_bytes[] = "a certificate";

/* --- RSA -------------------------------------------------------------------------------------- */

static void check_rsa(const struct osm_policy *policy, EVP_PKEY *key, size_t length)
{
    const struct osm_user_secret with = {
        .policy = policy, .server_nonce = {32, nonce_bytes}, .server_key = key};
    struct osm_buf out = {0};
    char *secret = osm_alloc(length + 1);
    const uint8_t *plain;
    size_t got;

    memset(secret, 's', length);
    assert_true(osm_user_secret_seal(&with, secret, length, &out));
    assert_int_equal(out.length % osm_policy_cipher_block(key), 0);
    assert_true(osm_policy_rsa_decrypt(policy, key, (uint8_t *)out.data, out.length, &got));
    plain = (const uint8_t *)out.data;
    assert_int_equal(got, 4 + length + 32);
    assert_int_equal(osm_framing_u32(plain), length + 32);
    assert_memory_equal(plain + 4, secret, length);
    assert_memory_equal(plain + 4 + length, nonce_bytes, 32);
    osm_buf_deinit(&out);
    free(secret);
}

static void test_rsa(void **state)
{
    static const size_t lengths[] = {0, 1, 150, 178, 500};
    EVP_PKEY *key = EVP_RSA_gen(2048);

    (void)state;
    for (const struct osm_policy *const *row = osm_policy_all(); *row; row++)
        for (size_t i = 0; i < OSM_ARRAY_SIZE(lengths); i++)
            if ((*row)->family == OSM_POLICY_FAMILY_RSA)
                check_rsa(*row, key, lengths[i]);
    EVP_PKEY_free(key);
}

/* --- elliptic curves -------------------------------------------------------------------------- */

static EVP_PKEY *curve_key(const struct osm_policy *policy)
{
    return osm_key_kind_generate(policy->key_kind);
}

/* Decrypts the payload as the server does; false when the tag of an AEAD does not hold. */
static bool open_payload(const struct osm_policy *policy, const struct osm_policy_nonce *server,
                         const UA_ByteString *sender, const uint8_t *clear, size_t clear_length,
                         uint8_t *payload, size_t length)
{
    uint8_t shared[OSM_POLICY_SHARED_MOST], material[OSM_POLICY_MATERIAL_MOST];
    struct osm_piece secret = {shared, 0};
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, policy->algorithms->cipher, NULL);
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int written;
    bool good = true;

    assert_true(osm_policy_agree(policy, server->ephemeral, sender->data, sender->length, shared,
                                 &secret.length));
    assert_true(osm_policy_expand(policy, secret, "opcua-secret",
                                  (struct osm_piece){sender->data, sender->length},
                                  (struct osm_piece){server->bytes, server->length}, material,
                                  policy->encrypt_key_length + osm_policy_iv_length(policy)));
    assert_int_equal(
        EVP_DecryptInit_ex2(context, cipher, material, material + policy->encrypt_key_length, NULL),
        1);
    EVP_CIPHER_CTX_set_padding(context, 0);
    if (policy->authenticated) {
        length -= 16;
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, 16, payload + length);
        EVP_DecryptUpdate(context, NULL, &written, clear, (int)clear_length);
    }
    EVP_DecryptUpdate(context, payload, &written, payload, (int)length);
    good = EVP_DecryptFinal_ex(context, payload + written, &written) == 1;
    EVP_CIPHER_CTX_free(context);
    EVP_CIPHER_free(cipher);
    return good;
}

static void check_payload(uint8_t *payload, size_t length, const char *secret, size_t secret_length)
{
    struct osm_framing_reader reader = {payload, length, true};
    UA_ByteString nonce, found;
    size_t padding = (size_t)payload[length - 2] | (size_t)payload[length - 1] << 8;

    osm_framing_read_bytes(&reader, &nonce);
    osm_framing_read_bytes(&reader, &found);
    assert_true(reader.ok);
    assert_int_equal(length % 16, 0);
    assert_int_equal(nonce.length, 32);
    assert_memory_equal(nonce.data, nonce_bytes, 32);
    assert_int_equal(found.length, secret_length);
    assert_memory_equal(found.data, secret, secret_length);
    assert_int_equal(reader.left, padding + 2);
    for (size_t i = 0; i < padding; i++)
        assert_int_equal(reader.at[i], (uint8_t)padding);
}

static void check_curve(const struct osm_policy *policy, size_t length)
{
    EVP_PKEY *own = curve_key(policy);
    size_t signature = osm_policy_asym_signature(policy, own), clear;
    struct osm_policy_nonce server;
    struct osm_buf out = {0};
    struct osm_framing_reader reader;
    UA_ByteString uri, leaf, sender, receiver;
    char secret[512];
    uint8_t *bytes;

    memset(secret, 'x', sizeof(secret));
    assert_true(osm_policy_nonce_make(policy, &server));
    const struct osm_user_secret with = {.policy = policy,
                                         .server_nonce = {32, nonce_bytes},
                                         .own_key = own,
                                         .own_leaf = {sizeof(leaf_bytes), leaf_bytes},
                                         .server_ephemeral = {server.length, server.bytes},
                                         .now = 132000000000000000};
    assert_true(osm_user_secret_seal(&with, secret, length, &out));
    bytes = (uint8_t *)out.data;
    assert_true(osm_policy_verify(policy, own, bytes, out.length - signature,
                                  bytes + out.length - signature, signature));
    assert_memory_equal(bytes, ((uint8_t[]){1, 0, 0x8a, 0x44, 1}), 5);
    assert_int_equal(osm_framing_u32(bytes + 5), out.length - 9);
    reader = (struct osm_framing_reader){bytes + 9, out.length - 9, true};
    osm_framing_read_bytes(&reader, &uri);
    osm_framing_read_bytes(&reader, &leaf);
    assert_memory_equal(uri.data, policy->uri, uri.length);
    assert_memory_equal(leaf.data, leaf_bytes, leaf.length);
    assert_int_equal(reader.at[8] | reader.at[9] << 8, 8 + 2 * policy->nonce_length);
    reader.at += 10; /* signing time, length of the keys */
    reader.left -= 10;
    osm_framing_read_bytes(&reader, &sender);
    osm_framing_read_bytes(&reader, &receiver);
    assert_true(reader.ok);
    assert_memory_equal(receiver.data, server.bytes, server.length);
    clear = out.length - reader.left;
    assert_true(open_payload(policy, &server, &sender, bytes, clear, bytes + clear,
                             reader.left - signature));
    check_payload(bytes + clear, reader.left - signature - (policy->authenticated ? 16 : 0), secret,
                  length);
    osm_policy_nonce_deinit(&server);
    osm_buf_deinit(&out);
    EVP_PKEY_free(own);
}

static void test_curves(void **state)
{
    (void)state;
    for (const struct osm_policy *const *row = osm_policy_all(); *row; row++)
        for (size_t length = 0; length < 500; length += length < 20 ? 1 : 37)
            if (osm_user_secret_needs_ephemeral(*row))
                check_curve(*row, length);
}

static void test_bad_ephemeral(void **state)
{
    const struct osm_policy *policy = osm_policy_all()[6];
    EVP_PKEY *own = curve_key(policy);
    uint8_t zeros[64] = {0};
    const struct osm_user_secret with = {.policy = policy,
                                         .server_nonce = {32, nonce_bytes},
                                         .own_key = own,
                                         .server_ephemeral = {64, zeros}};
    struct osm_buf out = {0};

    (void)state;
    assert_false(osm_user_secret_seal(&with, "secret", 6, &out));
    assert_int_equal(out.length, 0);
    osm_buf_deinit(&out);
    EVP_PKEY_free(own);
}

/* --- the server's key ------------------------------------------------------------------------- */

static void put_answer(UA_ExtensionObject *header, const UA_EphemeralKeyType *key, bool encoded)
{
    UA_AdditionalParametersType *parameters = UA_AdditionalParametersType_new();
    UA_KeyValuePair *pairs = UA_Array_new(2, &UA_TYPES[UA_TYPES_KEYVALUEPAIR]);

    pairs[0].key = UA_QUALIFIEDNAME_ALLOC(0, "ECDHPolicyUri");
    pairs[1].key = UA_QUALIFIEDNAME_ALLOC(0, "ECDHKey");
    UA_Variant_setScalarCopy(&pairs[1].value, key, &UA_TYPES[UA_TYPES_EPHEMERALKEYTYPE]);
    *parameters = (UA_AdditionalParametersType){2, pairs};
    if (!encoded) {
        UA_ExtensionObject_setValue(header, parameters,
                                    &UA_TYPES[UA_TYPES_ADDITIONALPARAMETERSTYPE]);
        return;
    }
    header->encoding = UA_EXTENSIONOBJECT_ENCODED_BYTESTRING;
    header->content.encoded.typeId =
        UA_NODEID_NUMERIC(0, UA_NS0ID_ADDITIONALPARAMETERSTYPE_ENCODING_DEFAULTBINARY);
    assert_int_equal(UA_encodeBinary(parameters, &UA_TYPES[UA_TYPES_ADDITIONALPARAMETERSTYPE],
                                     &header->content.encoded.body),
                     UA_STATUSCODE_GOOD);
    UA_AdditionalParametersType_delete(parameters);
}

static void test_answer(void **state)
{
    const struct osm_policy *policy = osm_policy_all()[6];
    EVP_PKEY *server_key = curve_key(policy), *other = curve_key(policy);
    struct osm_policy_nonce nonce;
    struct osm_buf signature = {0};
    UA_EphemeralKeyType key, found;

    (void)state;
    assert_true(osm_policy_nonce_make(policy, &nonce));
    assert_true(osm_policy_sign(policy, server_key, nonce.bytes, nonce.length, &signature));
    key = (UA_EphemeralKeyType){{nonce.length, nonce.bytes},
                                {signature.length, (UA_Byte *)signature.data}};
    for (int encoded = 0; encoded < 2; encoded++) {
        UA_ExtensionObject header;

        UA_ExtensionObject_init(&header);
        assert_false(osm_user_secret_answer(&header, &found));
        put_answer(&header, &key, encoded);
        assert_true(osm_user_secret_answer(&header, &found));
        assert_true(osm_user_secret_verify(policy, server_key, &found));
        assert_false(osm_user_secret_verify(policy, other, &found));
        assert_false(osm_user_secret_verify(osm_policy_all()[7], server_key, &found));
        for (size_t i = 0; i < found.signature.length; i++) {
            found.signature.data[i] ^= 1;
            assert_false(osm_user_secret_verify(policy, server_key, &found));
            found.signature.data[i] ^= 1;
        }
        found.publicKey.length--;
        assert_false(osm_user_secret_verify(policy, server_key, &found));
        UA_EphemeralKeyType_clear(&found);
        UA_ExtensionObject_clear(&header);
    }
    osm_policy_nonce_deinit(&nonce);
    osm_buf_deinit(&signature);
    EVP_PKEY_free(server_key);
    EVP_PKEY_free(other);
}

/* What stays with a session must not be as long as a server likes. */
static void test_answer_that_is_too_long(void **state)
{
    static UA_Byte bytes[20000];
    static const size_t lengths[] = {4096, 4097, sizeof(bytes)};

    (void)state;
    for (size_t i = 0; i < 2 * OSM_ARRAY_SIZE(lengths); i++) {
        size_t length = lengths[i / 2];
        UA_EphemeralKeyType key = {{length, bytes}, {0, NULL}}, found;
        UA_ExtensionObject header;

        UA_ExtensionObject_init(&header);
        put_answer(&header, &key, i % 2);
        assert_int_equal(osm_user_secret_answer(&header, &found), length == 4096);
        assert_int_equal(found.publicKey.length, length == 4096 ? length : 0);
        UA_EphemeralKeyType_clear(&found);
        UA_ExtensionObject_clear(&header);
    }
}

static void test_ask(void **state)
{
    UA_ExtensionObject header;
    const UA_AdditionalParametersType *parameters;

    (void)state;
    UA_ExtensionObject_init(&header);
    osm_user_secret_ask(&header, osm_policy_all()[6]);
    parameters = header.content.decoded.data;
    assert_int_equal(parameters->parametersSize, 1);
    assert_memory_equal(parameters->parameters[0].key.name.data, "ECDHPolicyUri", 13);
    assert_true(
        UA_Variant_hasScalarType(&parameters->parameters[0].value, &UA_TYPES[UA_TYPES_STRING]));
    UA_ExtensionObject_clear(&header);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rsa),           cmocka_unit_test(test_curves),
        cmocka_unit_test(test_bad_ephemeral), cmocka_unit_test(test_answer),
        cmocka_unit_test(test_ask),           cmocka_unit_test(test_answer_that_is_too_long),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
