/* SPDX-License-Identifier: MIT */
/*
 * Every policy against itself with the sides exchanged: what one seals the other opens, and no
 * changed byte passes. That the bytes are those of other stacks is shown by policy_known_test.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "port/policy_name.h"
#include "rim/ua/policy_internal.h"
#include "util/alloc.h"
#include "util/macros.h"

#define HEADER 60

struct side {
    EVP_PKEY *key;
    struct osm_policy_nonce nonce;
    struct osm_policy_keys *sending, *receiving;
};

struct pair {
    const struct osm_policy *policy;
    struct side client, server;
};

/* RSA keys take long to find: two lengths, on both sides of the one where padding has two bytes,
 * and a short one that is fast. */
static EVP_PKEY *rsa[3];

static int make_keys(void **state)
{
    (void)state;
    rsa[0] = EVP_RSA_gen(2048);
    rsa[1] = EVP_RSA_gen(3072);
    rsa[2] = EVP_RSA_gen(1024);
    return rsa[0] && rsa[1] && rsa[2] ? 0 : -1;
}

static int drop_keys(void **state)
{
    (void)state;
    EVP_PKEY_free(rsa[0]);
    EVP_PKEY_free(rsa[1]);
    EVP_PKEY_free(rsa[2]);
    return 0;
}

static EVP_PKEY *key_for(const struct osm_policy *policy, size_t which)
{
    if (policy->family == OSM_POLICY_FAMILY_RSA) {
        EVP_PKEY_up_ref(rsa[which]);
        return rsa[which];
    }
    return osm_key_kind_generate(policy->key_kind);
}

static void server_derives(struct pair *pair)
{
    const struct osm_policy *policy = pair->policy;
    struct osm_piece client = {pair->client.nonce.bytes, pair->client.nonce.length};
    struct osm_piece server = {pair->server.nonce.bytes, pair->server.nonce.length};
    uint8_t shared[OSM_POLICY_SHARED_MOST], material[OSM_POLICY_MATERIAL_MOST];
    struct osm_piece secret = {shared, 0};

    if (policy->family == OSM_POLICY_FAMILY_RSA) {
        assert_true(osm_policy_derive(policy, &pair->server.nonce, client.data, client.length,
                                      &pair->server.sending, &pair->server.receiving));
        return;
    }
    assert_true(osm_policy_agree(policy, pair->server.nonce.ephemeral, client.data, client.length,
                                 shared, &secret.length));
    assert_true(osm_policy_expand(policy, secret, "opcua-server", server, client, material,
                                  osm_policy_material(policy)));
    pair->server.sending = osm_policy_keys_new(policy, true, material);
    assert_true(osm_policy_expand(policy, secret, "opcua-client", client, server, material,
                                  osm_policy_material(policy)));
    pair->server.receiving = osm_policy_keys_new(policy, false, material);
}

static void pair_init(struct pair *pair, const struct osm_policy *policy, size_t client,
                      size_t server)
{
    *pair = (struct pair){.policy = policy};
    pair->client.key = key_for(policy, client);
    pair->server.key = key_for(policy, server);
    assert_true(osm_policy_nonce_make(policy, &pair->client.nonce));
    assert_true(osm_policy_nonce_make(policy, &pair->server.nonce));
    assert_int_equal(pair->client.nonce.length, policy->nonce_length);
    assert_true(osm_policy_derive(policy, &pair->client.nonce, pair->server.nonce.bytes,
                                  pair->server.nonce.length, &pair->client.sending,
                                  &pair->client.receiving));
    server_derives(pair);
}

static void side_deinit(struct side *side)
{
    EVP_PKEY_free(side->key);
    osm_policy_nonce_deinit(&side->nonce);
    osm_policy_keys_free(side->sending);
    osm_policy_keys_free(side->receiving);
}

static void pair_deinit(struct pair *pair)
{
    side_deinit(&pair->client);
    side_deinit(&pair->server);
}

/* --- OPN -------------------------------------------------------------------------------------- */

static void fill(struct osm_buf *chunk, size_t plain)
{
    memset(chunk, 0, sizeof(*chunk));
    for (size_t i = 0; i < HEADER + plain; i++)
        osm_buf_add_byte(chunk, (char)(uint8_t)(i * 7));
}

static bool is_filled(const uint8_t *chunk, size_t plain)
{
    for (size_t i = HEADER; i < HEADER + plain; i++)
        if (chunk[i] != (uint8_t)(i * 7))
            return false;
    return true;
}

static bool unseals(const struct osm_policy_asym *asym, const struct osm_buf *chunk, size_t flip,
                    size_t length, size_t *plain)
{
    uint8_t *copy = osm_alloc(chunk->length);
    bool good;

    memcpy(copy, chunk->data, chunk->length);
    if (flip < chunk->length)
        copy[flip] ^= 0x10;
    good = osm_policy_asym_unseal(asym, copy, length, HEADER, plain) && is_filled(copy, *plain);
    free(copy);
    return good;
}

static void check_opn(const struct pair *pair, size_t plain, bool each_byte)
{
    const struct osm_policy_asym out = {pair->policy, pair->client.key, pair->server.key};
    const struct osm_policy_asym in = {pair->policy, pair->server.key, pair->client.key};
    struct osm_buf chunk;
    size_t got = 0, said = 0;

    fill(&chunk, plain);
    assert_true(osm_policy_asym_seal(&out, &chunk, HEADER));
    for (size_t i = 0; i < 4; i++)
        said |= (size_t)(uint8_t)chunk.data[4 + i] << (8 * i);
    assert_int_equal(said, chunk.length);
    assert_true(unseals(&in, &chunk, SIZE_MAX, chunk.length, &got));
    assert_int_equal(got, plain);
    assert_false(unseals(&in, &chunk, SIZE_MAX, chunk.length - 1, &got));
    assert_false(unseals(&in, &chunk, SIZE_MAX, HEADER, &got));
    if (pair->client.key != pair->server.key)
        assert_false(unseals(&out, &chunk, SIZE_MAX, chunk.length, &got));
    /* Private keys are slow: every byte of one chunk a policy, some of the others. */
    for (size_t at = 0; at < chunk.length; at += each_byte || at + 2 > chunk.length ? 1 : 211)
        assert_false(unseals(&in, &chunk, at, chunk.length, &got));
    osm_buf_deinit(&chunk);
}

static void test_opn(void **state)
{
    (void)state;
    for (const struct osm_policy *const *row = osm_policy_all() + 1; *row; row++) {
        bool is_rsa = (*row)->family == OSM_POLICY_FAMILY_RSA;
        struct pair pair;

        for (size_t which = 0; which < (is_rsa ? 4 : 1); which++) {
            pair_init(&pair, *row, which & 1, which >> 1);
            for (size_t plain = 100; plain < 500; plain += is_rsa ? 251 : 97)
                check_opn(&pair, plain, !is_rsa && plain == 100);
            pair_deinit(&pair);
        }
    }
}

static void test_opn_every_byte(void **state)
{
    (void)state;
    for (const struct osm_policy *const *row = osm_policy_all() + 1; *row; row++) {
        struct pair pair;

        if ((*row)->family != OSM_POLICY_FAMILY_RSA)
            continue;
        pair_init(&pair, *row, 2, 2);
        check_opn(&pair, 132, true);
        pair_deinit(&pair);
    }
}

/* Whoever can make the server sign what he likes must not get odd padding through. */
static void test_opn_padding(void **state)
{
    const struct osm_policy *policy = osm_policy_all()[3];
    struct pair pair;
    struct osm_buf chunk, sealed = {0};
    size_t got;

    (void)state;
    pair_init(&pair, policy, 0, 0);
    for (int odd = 0; odd < 2; odd++) {
        const struct osm_policy_asym in = {policy, pair.server.key, pair.client.key};

        fill(&chunk, 100);
        for (int i = 0; i <= 60; i++)
            osm_buf_add_byte(&chunk, (char)(odd && i == 30 ? 61 : 60));
        assert_true(osm_policy_sign(policy, pair.client.key, chunk.data, chunk.length, &chunk));
        osm_buf_add(&sealed, chunk.data, HEADER);
        assert_true(osm_policy_rsa_encrypt(policy, pair.server.key, (uint8_t *)chunk.data + HEADER,
                                           chunk.length - HEADER, &sealed));
        assert_int_equal(unseals(&in, &sealed, SIZE_MAX, sealed.length, &got), !odd);
        osm_buf_deinit(&chunk);
        osm_buf_reset(&sealed, 0);
    }
    osm_buf_deinit(&sealed);
    pair_deinit(&pair);
}

/* --- MSG -------------------------------------------------------------------------------------- */

static void check_msg(const struct pair *pair, UA_MessageSecurityMode mode, size_t plain,
                      bool each_byte)
{
    const struct osm_policy *policy = pair->policy;
    const struct osm_policy_count count = {7, 1234};
    size_t size = osm_policy_sym_size(policy, mode, HEADER, plain), got = 0;
    struct osm_buf chunk;
    uint8_t *copy = osm_alloc(size);

    fill(&chunk, plain);
    osm_buf_reserve(&chunk, size - chunk.length);
    assert_true(osm_policy_sym_seal(policy, mode, pair->client.sending, &count,
                                    (uint8_t *)chunk.data, HEADER, plain));
    memcpy(copy, chunk.data, size);
    assert_true(osm_policy_sym_unseal(policy, mode, pair->server.receiving, &count, copy, size,
                                      HEADER, &got));
    assert_int_equal(got, plain);
    assert_true(is_filled(copy, plain));
    /* And the same way back, with the other keys. */
    osm_buf_deinit(&chunk);
    fill(&chunk, plain);
    osm_buf_reserve(&chunk, size - chunk.length);
    assert_true(osm_policy_sym_seal(policy, mode, pair->server.sending, &count,
                                    (uint8_t *)chunk.data, HEADER, plain));
    memcpy(copy, chunk.data, size);
    assert_true(osm_policy_sym_unseal(policy, mode, pair->client.receiving, &count, copy, size,
                                      HEADER, &got));
    assert_true(got == plain && is_filled(copy, plain));
    for (size_t at = 0; at < size && each_byte; at++) {
        memcpy(copy, chunk.data, size);
        copy[at] ^= 1;
        assert_false(osm_policy_sym_unseal(policy, mode, pair->client.receiving, &count, copy, size,
                                           HEADER, &got));
    }
    for (size_t length = 0; length < size && each_byte; length++) {
        memcpy(copy, chunk.data, size);
        assert_false(osm_policy_sym_unseal(policy, mode, pair->client.receiving, &count, copy,
                                           length, HEADER, &got));
    }
    free(copy);
    osm_buf_deinit(&chunk);
}

static void test_msg(void **state)
{
    (void)state;
    for (const struct osm_policy *const *row = osm_policy_all() + 1; *row; row++) {
        struct pair pair;

        pair_init(&pair, *row, 0, 1);
        for (size_t plain = 8; plain < 90; plain++) {
            check_msg(&pair, UA_MESSAGESECURITYMODE_SIGN, plain, plain == 40);
            check_msg(&pair, UA_MESSAGESECURITYMODE_SIGNANDENCRYPT, plain, plain == 40);
        }
        pair_deinit(&pair);
    }
}

/* A tag of an authenticated cipher holds for its token and its place in the sequence only. */
static void test_msg_counts(void **state)
{
    const struct osm_policy_count right = {7, 1234}, wrong[] = {{8, 1234}, {7, 1235}};
    struct pair pair;
    uint8_t chunk[HEADER + 40 + 16];
    size_t got;

    (void)state;
    pair_init(&pair,
              osm_policy_find("http://opcfoundation.org/UA/SecurityPolicy#ECC_curve25519", 57), 0,
              0);
    for (size_t i = 0; i < OSM_ARRAY_SIZE(wrong); i++) {
        memset(chunk, 1, sizeof(chunk));
        assert_true(osm_policy_sym_seal(pair.policy, UA_MESSAGESECURITYMODE_SIGNANDENCRYPT,
                                        pair.client.sending, &right, chunk, HEADER, 40));
        assert_false(osm_policy_sym_unseal(pair.policy, UA_MESSAGESECURITYMODE_SIGNANDENCRYPT,
                                           pair.server.receiving, &wrong[i], chunk, sizeof(chunk),
                                           HEADER, &got));
    }
    pair_deinit(&pair);
}

static void test_room(void **state)
{
    (void)state;
    for (const struct osm_policy *const *row = osm_policy_all(); *row; row++)
        for (int mode = 1; mode <= 3; mode++)
            for (size_t chunk = 200; chunk < 300; chunk++) {
                size_t room = osm_policy_sym_room(*row, (UA_MessageSecurityMode)mode, 16, chunk);

                assert_true(osm_policy_sym_size(*row, (UA_MessageSecurityMode)mode, 16, room) <=
                            chunk);
                assert_true(osm_policy_sym_size(*row, (UA_MessageSecurityMode)mode, 16, room + 1) >
                            chunk);
            }
}

/* --- many keys -------------------------------------------------------------------------------- */

#define MANY 40

struct line {
    const struct osm_policy *policy;
    struct osm_policy_keys *out, *in;
};

static void line_init(struct line *line, const struct osm_policy *policy, int seed)
{
    uint8_t material[OSM_POLICY_MATERIAL_MOST];

    for (size_t i = 0; i < sizeof(material); i++)
        material[i] = (uint8_t)(seed * 31 + (int)i);
    line->policy = policy;
    line->out = osm_policy_keys_new(policy, true, material);
    line->in = osm_policy_keys_new(policy, false, material);
}

static void check_line(const struct line *line, const struct line *other)
{
    const struct osm_policy_count count = {1, 7};
    const UA_MessageSecurityMode mode = UA_MESSAGESECURITYMODE_SIGNANDENCRYPT;
    uint8_t chunk[256], again[256];
    size_t size = osm_policy_sym_size(line->policy, mode, HEADER, 100), plain;

    memset(chunk, 0x5a, sizeof(chunk));
    assert_true(osm_policy_sym_seal(line->policy, mode, line->out, &count, chunk, HEADER, 100));
    memcpy(again, chunk, sizeof(chunk));
    assert_true(
        osm_policy_sym_unseal(line->policy, mode, line->in, &count, chunk, size, HEADER, &plain));
    assert_int_equal(plain, 100);
    for (size_t i = 0; i < 100; i++)
        assert_int_equal(chunk[HEADER + i], 0x5a);
    assert_false(
        osm_policy_sym_unseal(line->policy, mode, other->in, &count, again, size, HEADER, &plain));
}

/* Each chunk is sealed and opened with its own keys, whoever was there before. */
static void use_many(const struct osm_policy *const *rows, int count)
{
    struct line lines[MANY];

    for (int i = 0; i < MANY; i++)
        line_init(&lines[i], rows[i % count], i);
    for (int round = 0; round < 3; round++)
        for (int i = 0; i < MANY; i++)
            check_line(&lines[i], &lines[(i + count) % MANY]);
    for (int i = 0; i < MANY; i++) {
        osm_policy_keys_free(lines[i].out);
        osm_policy_keys_free(lines[i].in);
        line_init(&lines[i], rows[i % count], i + MANY);
        check_line(&lines[i], &lines[(i + count) % MANY]);
    }
    for (int i = 0; i < MANY; i++) {
        osm_policy_keys_free(lines[i].out);
        osm_policy_keys_free(lines[i].in);
    }
}

static void test_many_keys_in_turn(void **state)
{
    const struct osm_policy *const *rows = osm_policy_all() + 1; /* without None */

    (void)state;
    for (int i = 0; rows[i]; i++)
        use_many(rows + i, 1);
    use_many(rows, 8);
}

static void test_none(void **state)
{
    const struct osm_policy *none = osm_policy_find(NULL, 0);
    const struct osm_policy_count count = {1, 1};
    struct osm_policy_nonce nonce;
    struct osm_policy_keys *out, *in;
    uint8_t chunk[HEADER + 9] = {0};
    size_t plain;

    (void)state;
    assert_string_equal(none->name, "None");
    assert_true(osm_policy_nonce_make(none, &nonce));
    assert_int_equal(nonce.length, 0);
    assert_true(osm_policy_derive(none, &nonce, NULL, 0, &out, &in));
    assert_true(!out && !in);
    assert_true(
        osm_policy_sym_seal(none, UA_MESSAGESECURITYMODE_NONE, NULL, &count, chunk, HEADER, 9));
    assert_true(osm_policy_sym_unseal(none, UA_MESSAGESECURITYMODE_NONE, NULL, &count, chunk,
                                      sizeof(chunk), HEADER, &plain));
    assert_int_equal(plain, 9);
}

/* --- derivation, by the vectors of others ----------------------------------------------------- */

static void check_hex(const uint8_t *bytes, const char *hex)
{
    for (size_t i = 0; i < strlen(hex) / 2; i++) {
        char digits[3];

        snprintf(digits, sizeof(digits), "%02x", bytes[i]);
        assert_memory_equal(digits, hex + 2 * i, 2);
    }
}

/* RFC 5869, A.1 and A.2. */
static void test_hkdf(void **state)
{
    uint8_t secret[80], salt[80], info[80], out[82];

    (void)state;
    memset(secret, 0x0b, 22);
    for (size_t i = 0; i < 80; i++) {
        salt[i] = (uint8_t)i;
        info[i] = (uint8_t)(0xf0 + i);
    }
    assert_true(osm_policy_hkdf("SHA256", (struct osm_piece){secret, 22},
                                (struct osm_piece){salt, 13}, (struct osm_piece){info, 10}, out,
                                42));
    check_hex(
        out,
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
    for (size_t i = 0; i < 80; i++) {
        secret[i] = (uint8_t)i;
        salt[i] = (uint8_t)(0x60 + i);
        info[i] = (uint8_t)(0xb0 + i);
    }
    assert_true(osm_policy_hkdf("SHA256", (struct osm_piece){secret, 80},
                                (struct osm_piece){salt, 80}, (struct osm_piece){info, 80}, out,
                                82));
    check_hex(out,
              "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271"
              "cb41c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87");
}

/* P_SHA256 as the TLS working group published it (label and seed are one for P_hash). */
static void test_p_hash(void **state)
{
    static const uint8_t secret[] = {0x9b, 0xbe, 0x43, 0x6b, 0xa9, 0x40, 0xf0, 0x17,
                                     0xb1, 0x76, 0x52, 0x84, 0x9a, 0x71, 0xdb, 0x35};
    static const uint8_t seed[] = {'t',  'e',  's',  't',  ' ',  'l',  'a',  'b',  'e',
                                   'l',  0xa0, 0xba, 0x9f, 0x93, 0x6c, 0xda, 0x31, 0x18,
                                   0x27, 0xa6, 0xf7, 0x96, 0xff, 0xd5, 0x19, 0x8c};
    uint8_t out[100];

    (void)state;
    assert_true(osm_policy_p_hash("SHA256", (struct osm_piece){secret, sizeof(secret)},
                                  (struct osm_piece){seed, sizeof(seed)}, out, sizeof(out)));
    check_hex(out,
              "e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e90d35c9c9"
              "a46b4e14baf9af0fa022f7077def17abfd3797c0564bab4fbc91666e9def9b97fce34f796789baa480"
              "82d122ee42c5a72e5a5110fff70187347b66");
}

/* --- what is refused -------------------------------------------------------------------------- */

static void test_nonces(void **state)
{
    (void)state;
    for (const struct osm_policy *const *row = osm_policy_all() + 1; *row; row++) {
        struct osm_policy_nonce own;
        struct osm_policy_keys *out, *in;
        uint8_t zeros[128] = {0};

        assert_true(osm_policy_nonce_make(*row, &own));
        assert_false(osm_policy_derive(*row, &own, zeros, (*row)->nonce_length - 1u, &out, &in));
        assert_false(osm_policy_derive(*row, &own, NULL, 0, &out, &in));
        /* No point of the curve, or one of small order. */
        if ((*row)->family == OSM_POLICY_FAMILY_ECC)
            assert_false(osm_policy_derive(*row, &own, zeros, (*row)->nonce_length, &out, &in));
        assert_true(!out && !in);
        osm_policy_nonce_deinit(&own);
    }
}

static void test_keys_of_other_kinds(void **state)
{
    const struct osm_policy *const *rows = osm_policy_all();

    (void)state;
    for (size_t i = 1; rows[i]; i++)
        for (size_t j = 1; rows[j]; j++) {
            EVP_PKEY *key = key_for(rows[j], 0);
            bool same = rows[i]->family == OSM_POLICY_FAMILY_RSA
                            ? rows[j]->family == OSM_POLICY_FAMILY_RSA
                            : i == j;

            assert_int_equal(osm_policy_takes_key(rows[i], key, NULL), same);
            EVP_PKEY_free(key);
        }
    assert_null(osm_policy_find("http://opcfoundation.org/UA/SecurityPolicy#Basic512", 51));
}

/* OPC 10000-7 §6.6: from and to. */
static void test_lengths_of_keys(void **state)
{
    static const struct {
        const char *policy;
        size_t key; /* of 2048, 3072, 1024 bits */
        const char *text;
    } cases[] = {
        {"Basic128Rsa15", 0, NULL},
        {"Basic128Rsa15", 2, NULL},
        {"Basic256", 1,
         "The server's key is too long: it has 3072 bits, and Basic256 needs 1024 to 2048"},
        {"Basic256Sha256", 1, NULL},
        {"Basic256Sha256", 2,
         "The server's key is too weak: it has 1024 bits, and Basic256Sha256 needs 2048 to 4096"},
        {"Aes256_Sha256_RsaPss", 2,
         "The server's key is too weak: it has 1024 bits, and Aes256_Sha256_RsaPss needs 2048 to "
         "4096"},
        {"ECC_nistP256", 0,
         "The server's certificate has an RSA key, and ECC_nistP256 needs a key on nistP256"},
    };

    (void)state;
    for (size_t i = 0; i < OSM_ARRAY_SIZE(cases); i++) {
        char uri[80], text[OSM_POLICY_KEY_TEXT] = "";
        const struct osm_policy *policy;

        (void)snprintf(uri, sizeof(uri), "%s%s", OSM_POLICY_PREFIX, cases[i].policy);
        policy = osm_policy_find(uri, strlen(uri));
        assert_int_equal(osm_policy_takes_key(policy, rsa[cases[i].key], text), !cases[i].text);
        assert_string_equal(text, cases[i].text ? cases[i].text : "");
    }
}

static void test_key_log(void **state)
{
    const struct osm_policy *policy = osm_policy_all()[3];
    uint8_t material[OSM_POLICY_MATERIAL_MOST] = {0};
    struct osm_policy_keys *keys = osm_policy_keys_new(policy, true, material);
    struct osm_buf out = {0};

    (void)state;
    osm_policy_keys_log(keys, "client", 5, 6, &out);
    assert_non_null(
        strstr(osm_buf_text(&out), "client_iv_5_6: 00000000000000000000000000000000\n"));
    assert_non_null(strstr(osm_buf_text(&out), "client_siglen_5_6: 32\n"));
    osm_policy_keys_free(keys);
    osm_buf_deinit(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_opn),
        cmocka_unit_test(test_opn_every_byte),
        cmocka_unit_test(test_opn_padding),
        cmocka_unit_test(test_msg),
        cmocka_unit_test(test_msg_counts),
        cmocka_unit_test(test_room),
        cmocka_unit_test(test_many_keys_in_turn),
        cmocka_unit_test(test_none),
        cmocka_unit_test(test_hkdf),
        cmocka_unit_test(test_p_hash),
        cmocka_unit_test(test_nonces),
        cmocka_unit_test(test_keys_of_other_kinds),
        cmocka_unit_test(test_lengths_of_keys),
        cmocka_unit_test(test_key_log),
    };

    return cmocka_run_group_tests(tests, make_keys, drop_keys);
}
