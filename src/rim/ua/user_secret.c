/* SPDX-License-Identifier: MIT */
/* Secrets in user identity tokens; see user_secret.h. */
#include "rim/ua/user_secret.h"

#include <string.h>

#include <open62541/nodeids.h>

#include "rim/ua/policy_internal.h"
#include "util/alloc.h"
#include "util/macros.h"
#include "util/wipe.h"

#define ASK "ECDHPolicyUri"
#define ANSWER "ECDHKey"
/* What is longer holds no such key: decoding it would hold the loop, and a key stays with its
 * session. */
#define BODY_MOST 16384
#define KEY_MOST 4096
/* Payloads are padded to blocks, of ciphers without blocks as well (OPC 10000-4 §7.40.2.3). */
#define PAYLOAD_BLOCK 16

static void put_number(struct osm_buf *out, uint64_t number, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        osm_buf_add_byte(out, (char)(uint8_t)(number >> (8 * i)));
}

static void put_bytes(struct osm_buf *out, const void *data, size_t length)
{
    put_number(out, length, 4);
    osm_buf_add(out, data, length);
}

/* --- RSA (§7.40.2.2) -------------------------------------------------------------------------- */

static bool seal_rsa(const struct osm_user_secret *with, const void *secret, size_t length,
                     struct osm_buf *out)
{
    struct osm_buf plain = {0};
    bool done;

    osm_buf_reserve(&plain, 4 + length + with->server_nonce.length); /* never moved */
    put_number(&plain, length + with->server_nonce.length, 4);
    osm_buf_add(&plain, secret, length);
    osm_buf_add(&plain, with->server_nonce.data, with->server_nonce.length);
    done = osm_policy_rsa_encrypt(with->policy, with->server_key, (uint8_t *)plain.data,
                                  plain.length, out);
    osm_buf_deinit_secret(&plain);
    return done;
}

/* --- elliptic curves (§7.40.2.5) -------------------------------------------------------------- */

#define LENGTH_AT 5 /* behind type id and encoding mask */
#define BODY_AT 9

static size_t payload_padding(size_t filled, size_t secret)
{
    size_t rest = filled % PAYLOAD_BLOCK, padding = rest ? PAYLOAD_BLOCK - rest : 0;

    return secret + padding < PAYLOAD_BLOCK ? padding + PAYLOAD_BLOCK : padding;
}

static void put_payload(const struct osm_user_secret *with, const void *secret, size_t length,
                        struct osm_buf *out)
{
    size_t nonce = with->server_nonce.length, filled = 4 + nonce + 4 + length + 2;
    size_t padding = payload_padding(filled, length);

    put_bytes(out, with->server_nonce.data, nonce);
    put_bytes(out, secret, length);
    for (size_t i = 0; i < padding; i++)
        osm_buf_add_byte(out, (char)(uint8_t)padding);
    put_number(out, padding, 2);
}

static void put_headers(const struct osm_user_secret *with, const struct osm_policy_nonce *sender,
                        struct osm_buf *out)
{
    const struct osm_policy *policy = with->policy;

    put_number(out, 1, 2); /* NodeId in four bytes, namespace 0 */
    put_number(out, UA_NS0ID_ECCENCRYPTEDSECRET, 2);
    put_number(out, 1, 1); /* the body is a ByteString */
    put_number(out, 0, 4); /* its length, later */
    put_bytes(out, policy->uri, strlen(policy->uri));
    put_bytes(out, with->own_leaf.data, with->own_leaf.length);
    put_number(out, (uint64_t)with->now, 8);
    put_number(out, 4 + sender->length + 4 + with->server_ephemeral.length, 2);
    put_bytes(out, sender->bytes, sender->length);
    put_bytes(out, with->server_ephemeral.data, with->server_ephemeral.length);
}

/* Key and IV of the payload (OPC 10000-6 §6.8.3). */
static bool derive(const struct osm_user_secret *with, const struct osm_policy_nonce *sender,
                   uint8_t *material)
{
    const struct osm_policy *policy = with->policy;
    uint8_t shared[OSM_POLICY_SHARED_MOST];
    struct osm_piece secret = {shared, 0};
    struct osm_piece first = {sender->bytes, sender->length};
    struct osm_piece second = {with->server_ephemeral.data, with->server_ephemeral.length};
    bool done =
        osm_policy_agree(policy, sender->ephemeral, second.data, second.length, shared,
                         &secret.length) &&
        osm_policy_expand(policy, secret, "opcua-secret", first, second, material,
                          (size_t)policy->encrypt_key_length + osm_policy_iv_length(policy));

    osm_wipe(shared, sizeof(shared));
    return done;
}

static void put_length(struct osm_buf *out, size_t start, size_t length)
{
    for (size_t i = 0; i < 4; i++)
        out->data[start + LENGTH_AT + i] = (char)(uint8_t)(length >> (8 * i));
}

static bool seal_with(const struct osm_user_secret *with, const struct osm_policy_nonce *sender,
                      const void *secret, size_t length, struct osm_buf *out)
{
    const struct osm_policy *policy = with->policy;
    size_t start = out->length, tag = policy->authenticated ? policy->signature_size : 0, payload;
    uint8_t material[OSM_POLICY_MATERIAL_MOST];
    bool done = derive(with, sender, material);

    put_headers(with, sender, out);
    payload = out->length;
    put_payload(with, secret, length, out);
    put_length(out, start,
               out->length + tag + osm_policy_asym_signature(policy, with->own_key) - start -
                   BODY_AT);
    osm_buf_reserve(out, tag);
    done = done && osm_policy_encrypt(policy, material,
                                      (struct osm_piece){out->data + start, payload - start},
                                      (uint8_t *)out->data + payload, out->length - payload);
    osm_wipe(material, sizeof(material));
    if (!done) { /* nothing of the secret stays in clear */
        osm_wipe(out->data + payload, out->length - payload);
        osm_buf_truncate(out, start);
        return false;
    }
    osm_buf_commit(out, tag);
    return osm_policy_sign(policy, with->own_key, out->data + start, out->length - start, out);
}

static bool seal_ecc(const struct osm_user_secret *with, const void *secret, size_t length,
                     struct osm_buf *out)
{
    struct osm_policy_nonce sender;
    size_t most = 1024 + with->own_leaf.length + with->server_nonce.length + length;
    bool done;

    osm_buf_reserve(out, most); /* so that no copy of the secret is left behind */
    done = osm_policy_nonce_make(with->policy, &sender) &&
           seal_with(with, &sender, secret, length, out);
    osm_policy_nonce_deinit(&sender);
    return done;
}

bool osm_user_secret_seal(const struct osm_user_secret *with, const void *secret, size_t length,
                          struct osm_buf *out)
{
    osm_assert(with->policy->algorithms);
    return with->policy->family == OSM_POLICY_FAMILY_RSA ? seal_rsa(with, secret, length, out)
                                                         : seal_ecc(with, secret, length, out);
}

/* --- the server's ephemeral key (OPC 10000-6 §6.8.2) ------------------------------------------ */

void osm_user_secret_ask(UA_ExtensionObject *additional_header, const struct osm_policy *policy)
{
    UA_AdditionalParametersType *parameters = UA_AdditionalParametersType_new();
    UA_KeyValuePair *pair = UA_KeyValuePair_new();
    UA_String uri = UA_STRING((char *)(uintptr_t)policy->uri);

    osm_assert(parameters && pair);
    pair->key = UA_QUALIFIEDNAME_ALLOC(0, ASK);
    osm_assert(UA_Variant_setScalarCopy(&pair->value, &uri, &UA_TYPES[UA_TYPES_STRING]) ==
               UA_STATUSCODE_GOOD);
    *parameters = (UA_AdditionalParametersType){1, pair};
    UA_ExtensionObject_setValue(additional_header, parameters,
                                &UA_TYPES[UA_TYPES_ADDITIONALPARAMETERSTYPE]);
}

/* A structure of the type in an extension object, decoded there or here; the copy is the caller's.
 */
static bool take(const UA_ExtensionObject *object, const UA_DataType *type, void *out)
{
    switch (object->encoding) {
    case UA_EXTENSIONOBJECT_DECODED:
    case UA_EXTENSIONOBJECT_DECODED_NODELETE:
        return object->content.decoded.type == type &&
               UA_copy(object->content.decoded.data, out, type) == UA_STATUSCODE_GOOD;
    case UA_EXTENSIONOBJECT_ENCODED_BYTESTRING:
        return object->content.encoded.body.length <= BODY_MOST &&
               UA_NodeId_equal(&object->content.encoded.typeId, &type->binaryEncodingId) &&
               UA_decodeBinary(&object->content.encoded.body, out, type, NULL) ==
                   UA_STATUSCODE_GOOD;
    default:
        return false;
    }
}

static bool take_key(const UA_Variant *value, UA_EphemeralKeyType *key)
{
    if (UA_Variant_hasScalarType(value, &UA_TYPES[UA_TYPES_EPHEMERALKEYTYPE]))
        return UA_EphemeralKeyType_copy(value->data, key) == UA_STATUSCODE_GOOD;
    return UA_Variant_hasScalarType(value, &UA_TYPES[UA_TYPES_EXTENSIONOBJECT]) &&
           take(value->data, &UA_TYPES[UA_TYPES_EPHEMERALKEYTYPE], key);
}

static bool find_key(const UA_AdditionalParametersType *parameters, UA_EphemeralKeyType *key)
{
    static const UA_String answer = UA_STRING_STATIC(ANSWER);

    for (size_t i = 0; i < parameters->parametersSize; i++) {
        const UA_KeyValuePair *pair = &parameters->parameters[i];

        if (UA_String_equal(&pair->key.name, &answer) && take_key(&pair->value, key))
            return true;
    }
    return false;
}

bool osm_user_secret_answer(const UA_ExtensionObject *additional_header, UA_EphemeralKeyType *key)
{
    const UA_DataType *type = &UA_TYPES[UA_TYPES_ADDITIONALPARAMETERSTYPE];
    const UA_ExtensionObject *header = additional_header;
    bool decoded = header->encoding == UA_EXTENSIONOBJECT_DECODED ||
                   header->encoding == UA_EXTENSIONOBJECT_DECODED_NODELETE;
    UA_AdditionalParametersType parameters;
    bool found = false;

    UA_EphemeralKeyType_init(key);
    UA_AdditionalParametersType_init(&parameters);
    if (decoded && header->content.decoded.type == type) /* in place: it may be large */
        found = find_key(header->content.decoded.data, key);
    else if (take(header, type, &parameters))
        found = find_key(&parameters, key);
    UA_AdditionalParametersType_clear(&parameters);
    if (found && key->publicKey.length + key->signature.length > KEY_MOST) {
        UA_EphemeralKeyType_clear(key);
        found = false;
    }
    return found;
}

bool osm_user_secret_verify(const struct osm_policy *policy, EVP_PKEY *server_key,
                            const UA_EphemeralKeyType *key)
{
    return key->publicKey.length == policy->nonce_length &&
           osm_policy_takes_key(policy, server_key, NULL) &&
           osm_policy_verify(policy, server_key, key->publicKey.data, key->publicKey.length,
                             key->signature.data, key->signature.length);
}
