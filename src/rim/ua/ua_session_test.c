/* SPDX-License-Identifier: MIT */
/*
 * A session with elliptic curves at a scripted server: what is asked, signed and sealed for each
 * curve, and what becomes of a server that cannot prove who it is. The channel is in clear: what a
 * session proves does not depend on it.
 */
#include "testing/testing_stack.h"

#include <openssl/x509.h>

#include "port/policy_name.h"
#include "rim/pki/self_signed.h"
#include "rim/ua/ua_session.h"
#include "rim/ua/user_secret.h"

#define PASSWORD "a password of the plant"
#define TOKEN_ID 4711
#define NISTP256 OSM_POLICY_PREFIX "ECC_nistP256"

enum lie {
    NO_LIE,
    FORGED_SIGNATURE,
    FORGED_KEY,
    NO_KEY,
    SHORT_NONCE,
    ENDLESS_NONCE,
    ENDLESS_TOKEN,
    OTHER_CERTIFICATE
};

struct world {
    struct test_stack test;
    struct osm_calls calls;
    struct osm_ua_session session;
    struct osm_ua_session_setup setup;
    struct osm_credentials credentials;
    EVP_PKEY *server_key;
    uint8_t nonce[32]; /* the server's */
    struct osm_policy_nonce ephemeral;
    UA_EndpointDescription endpoints[2]; /* it shows with the session */
    size_t endpoint_count;
    uint32_t request_bytes;
    unsigned ended;
    enum osm_ua_session_verdict verdict;
    struct osm_stack_error error;
};

static void on_opened(void *context)
{
    struct world *world = context;

    osm_calls_attach(&world->calls, world->test.channel);
}

static void on_chunk(void *context, uint32_t request_id, char final, const uint8_t *body,
                     size_t length)
{
    osm_calls_chunk(&((struct world *)context)->calls, request_id, final, body, length);
}

static void on_closed(void *context, const struct osm_stack_error *error)
{
    osm_calls_lose(&((struct world *)context)->calls, error);
}

static const struct osm_channel_events events = {
    .opened = on_opened, .chunk = on_chunk, .closed = on_closed};

static void on_ended(void *context, const struct osm_ua_session_end *end)
{
    struct world *world = context;

    world->ended++;
    world->verdict = end->verdict;
    if (end->error)
        world->error = *end->error;
}

/* --- who they are -------------------------------------------------------------------------- */

static EVP_PKEY *make_certificate(const struct osm_policy *policy, UA_ByteString *der)
{
    unsigned char *bytes = NULL;
    EVP_PKEY *key;
    X509 *cert;
    int length;

    assert_true(osm_self_signed_make(policy->key_kind, &key, &cert));
    length = i2d_X509(cert, &bytes);
    assert_true(length > 0);
    *der = (UA_ByteString){(size_t)length, bytes};
    X509_free(cert);
    return key;
}

static void begin(struct world *world, const struct osm_policy *policy)
{
    const struct osm_channel_config config = test_plain_config();
    struct osm_credentials *credentials = &world->credentials;
    UA_ByteString own, server;

    *world = (struct world){0};
    test_stack_init(&world->test);
    osm_calls_init(&world->calls, &world->test.stack);
    test_stack_begin(&world->test, &config, &events, world);
    test_open_plain(&world->test, 65536, 0, 0);
    credentials->own_key = make_certificate(policy, &own);
    world->server_key = make_certificate(policy, &server);
    credentials->server_key = world->server_key;
    EVP_PKEY_up_ref(world->server_key);
    credentials->own_leaf = osm_credentials_copy(credentials, &own);
    credentials->server_chain = osm_credentials_copy(credentials, &server);
    OPENSSL_free(own.data);
    OPENSSL_free(server.data);
    memset(world->nonce, 'n', sizeof(world->nonce));
    assert_true(osm_policy_nonce_make(policy, &world->ephemeral));
    world->setup = (struct osm_ua_session_setup){.url = "opc.tcp://plant:4840",
                                                 .mode = UA_MESSAGESECURITYMODE_SIGNANDENCRYPT,
                                                 .policy = policy,
                                                 .credentials = credentials,
                                                 .user = UA_USERTOKENTYPE_USERNAME,
                                                 .policy_id = UA_STRING_STATIC("user"),
                                                 .token_policy = policy,
                                                 .username = "admin",
                                                 .password = PASSWORD,
                                                 .timeout = 5000};
}

static void end(struct world *world)
{
    osm_ua_session_stop(&world->session);
    osm_ua_session_forget(&world->session);
    osm_calls_deinit(&world->calls);
    osm_credentials_deinit(&world->credentials);
    osm_policy_nonce_deinit(&world->ephemeral);
    EVP_PKEY_free(world->server_key);
    test_stack_deinit(&world->test);
}

/* --- the server ---------------------------------------------------------------------------- */

/* Takes the next request of the type. */
static void take(struct world *world, const UA_DataType *type, void *out)
{
    struct osm_buf message = {0};
    UA_ByteString body, rest;
    uint32_t id;

    test_until_sent(&world->test);
    test_sent(&world->test, "MSG", &message);
    world->test.request_id = osm_framing_u32((uint8_t *)message.data + 20);
    body = (UA_ByteString){message.length - 24, (UA_Byte *)message.data + 24};
    assert_true(osm_message_type(&body, &id, &rest));
    assert_int_equal(id, osm_message_id_of(type));
    assert_int_equal(UA_decodeBinary(&rest, out, type, NULL), UA_STATUSCODE_GOOD);
    osm_buf_deinit(&message);
}

static void say(struct world *world, const UA_DataType *type, const void *response)
{
    struct osm_buf body = {0};

    assert_int_equal(osm_message_encode(&body, type, response), UA_STATUSCODE_GOOD);
    test_say_chunk(&world->test, "MSGF", body.data, body.length);
    osm_buf_deinit(&body);
}

/* The server's key for the password, signed (OPC 10000-6 §6.8.2). */
static void put_key(struct world *world, UA_ExtensionObject *header, struct osm_buf *signature,
                    UA_KeyValuePair *pair, UA_AdditionalParametersType *parameters, bool forged)
{
    static UA_EphemeralKeyType key;

    assert_true(osm_policy_sign(world->setup.policy, world->server_key, world->ephemeral.bytes,
                                world->ephemeral.length, signature));
    signature->data[0] ^= forged;
    key.publicKey = (UA_ByteString){world->ephemeral.length, world->ephemeral.bytes};
    key.signature = (UA_ByteString){signature->length, (UA_Byte *)signature->data};
    UA_KeyValuePair_init(pair);
    pair->key = UA_QUALIFIEDNAME(0, (char *)(uintptr_t) "ECDHKey");
    UA_Variant_setScalar(&pair->value, &key, &UA_TYPES[UA_TYPES_EPHEMERALKEYTYPE]);
    *parameters = (UA_AdditionalParametersType){1, pair};
    UA_ExtensionObject_setValueNoDelete(header, parameters,
                                        &UA_TYPES[UA_TYPES_ADDITIONALPARAMETERSTYPE]);
}

/* Longer than what a session keeps, and a text. */
static UA_Byte endless[32 * 1024 + 1];

static void answer_create(struct world *world, const UA_CreateSessionRequest *request, enum lie lie)
{
    struct osm_buf proven = {0}, signature = {0}, key_signature = {0};
    UA_AdditionalParametersType parameters;
    UA_CreateSessionResponse response;
    UA_KeyValuePair pair;

    osm_buf_add(&proven, request->clientCertificate.data, request->clientCertificate.length);
    osm_buf_add(&proven, request->clientNonce.data, request->clientNonce.length);
    assert_true(osm_policy_sign(world->setup.policy, world->server_key, proven.data, proven.length,
                                &signature));
    signature.data[3] ^= lie == FORGED_SIGNATURE;
    UA_CreateSessionResponse_init(&response);
    if (lie != NO_KEY)
        put_key(world, &response.responseHeader.additionalHeader, &key_signature, &pair,
                &parameters, lie == FORGED_KEY);
    response.authenticationToken = UA_NODEID_NUMERIC(0, TOKEN_ID);
    response.serverNonce = (UA_ByteString){lie == SHORT_NONCE ? 31 : 32, world->nonce};
    if (lie == ENDLESS_NONCE)
        response.serverNonce = (UA_ByteString){sizeof(endless), endless};
    if (lie == ENDLESS_TOKEN)
        response.authenticationToken = UA_NODEID_BYTESTRING(1, (char *)endless);
    response.serverCertificate =
        lie == OTHER_CERTIFICATE ? world->credentials.own_leaf : world->credentials.server_chain;
    response.serverSignature.signature =
        (UA_ByteString){signature.length, (UA_Byte *)signature.data};
    response.revisedSessionTimeout = 60000;
    response.serverEndpoints = world->endpoints;
    response.serverEndpointsSize = world->endpoint_count;
    response.maxRequestMessageSize = world->request_bytes;
    say(world, &UA_TYPES[UA_TYPES_CREATESESSIONRESPONSE], &response);
    osm_buf_deinit(&proven);
    osm_buf_deinit(&signature);
    osm_buf_deinit(&key_signature);
}

static void create(struct world *world, enum lie lie)
{
    const UA_AdditionalParametersType *parameters;
    UA_CreateSessionRequest request;

    osm_ua_session_create(&world->session, &world->calls, &world->setup, on_ended, world);
    take(world, &UA_TYPES[UA_TYPES_CREATESESSIONREQUEST], &request);
    parameters = request.requestHeader.additionalHeader.content.decoded.data;
    assert_int_equal(parameters->parametersSize, 1);
    assert_int_equal(parameters->parameters[0].key.name.length, strlen("ECDHPolicyUri"));
    assert_true(UA_ByteString_equal(&request.clientCertificate, &world->credentials.own_leaf));
    assert_int_equal(request.clientNonce.length, 32);
    answer_create(world, &request, lie);
    UA_clear(&request, &UA_TYPES[UA_TYPES_CREATESESSIONREQUEST]);
}

/* What the client proves with, and that its password is nowhere to be read. */
static void check_activation(const struct world *world, const UA_ActivateSessionRequest *request)
{
    const UA_UserNameIdentityToken *token = request->userIdentityToken.content.decoded.data;
    const UA_ByteString *signature = &request->clientSignature.signature;
    struct osm_buf signed_bytes = {0};

    osm_buf_add(&signed_bytes, world->credentials.server_chain.data,
                world->credentials.server_chain.length);
    osm_buf_add(&signed_bytes, world->nonce, 32);
    assert_true(osm_policy_verify(world->setup.policy, world->credentials.own_key,
                                  signed_bytes.data, signed_bytes.length, signature->data,
                                  signature->length));
    assert_int_equal(request->requestHeader.authenticationToken.identifier.numeric, TOKEN_ID);
    assert_ptr_equal(request->userIdentityToken.content.decoded.type,
                     &UA_TYPES[UA_TYPES_USERNAMEIDENTITYTOKEN]);
    assert_memory_equal(token->userName.data, "admin", 5);
    assert_null(memmem(token->password.data, token->password.length, PASSWORD, strlen(PASSWORD)));
    assert_non_null(memmem(token->password.data, token->password.length, world->ephemeral.bytes,
                           world->ephemeral.length)); /* it is for that key */
    osm_buf_deinit(&signed_bytes);
}

static void activate(struct world *world)
{
    UA_ActivateSessionRequest request;
    UA_ActivateSessionResponse response;

    take(world, &UA_TYPES[UA_TYPES_ACTIVATESESSIONREQUEST], &request);
    check_activation(world, &request);
    UA_clear(&request, &UA_TYPES[UA_TYPES_ACTIVATESESSIONREQUEST]);
    UA_ActivateSessionResponse_init(&response);
    memset(world->nonce, 'm', sizeof(world->nonce));
    response.serverNonce = (UA_ByteString){32, world->nonce};
    say(world, &UA_TYPES[UA_TYPES_ACTIVATESESSIONRESPONSE], &response);
}

static void test_every_curve(void **state)
{
    struct world world;

    (void)state;
    for (const struct osm_policy *const *row = osm_policy_all(); *row; row++) {
        if ((*row)->family != OSM_POLICY_FAMILY_ECC)
            continue;
        begin(&world, *row);
        create(&world, NO_LIE);
        activate(&world);
        assert_int_equal(world.ended, 1);
        assert_int_equal(world.verdict, OSM_UA_SESSION_READY);
        assert_int_equal(world.session.timeout, 60000);
        assert_memory_equal(world.session.server_nonce.data, world.nonce, 32);
        end(&world);
    }
}

static void test_servers_that_prove_nothing(void **state)
{
    static const struct {
        enum lie lie;
        enum osm_fault_type type;
        const char *text;
    } cases[] = {
        {FORGED_SIGNATURE, OSM_FAULT_SIGNATURE,
         "CreateSession response signature verification failed"},
        {FORGED_KEY, OSM_FAULT_SIGNATURE, "The server has not signed its key for the password"},
        {NO_KEY, OSM_FAULT_SIGNATURE, "The server has not signed its key for the password"},
        {SHORT_NONCE, OSM_FAULT_SECURITY,
         "The nonce in the CreateSession response is shorter than 32 bytes"},
        {ENDLESS_NONCE, OSM_FAULT_PROTOCOL,
         "The ids, nonce and certificate in the CreateSession response exceed 32 KiB"},
        {ENDLESS_TOKEN, OSM_FAULT_PROTOCOL,
         "The ids, nonce and certificate in the CreateSession response exceed 32 KiB"},
        {OTHER_CERTIFICATE, OSM_FAULT_SECURITY,
         "The certificate in the CreateSession response is not the one of the channel"},
    };
    struct world world;

    (void)state;
    memset(endless, 'e', sizeof(endless) - 1);
    for (size_t i = 0; i < OSM_ARRAY_SIZE(cases); i++) {
        begin(&world, osm_policy_find(NISTP256, strlen(NISTP256)));
        create(&world, cases[i].lie);
        test_stack_until(&world.test, &world.ended, 1);
        assert_int_equal(world.verdict, OSM_UA_SESSION_BROKEN);
        assert_string_equal(world.error.text, cases[i].text);
        assert_int_equal(world.error.type, cases[i].type);
        test_nothing_sent(&world.test); /* above all no password */
        /* its owner closes it, unless what it is closed by could not be kept */
        assert_int_equal(osm_ua_session_exists(&world.session), cases[i].lie != ENDLESS_TOKEN);
        end(&world);
    }
}

/* One with the certificate in use, and one of the same policy and mode with another, in either
 * order: which comes first says nothing. */
static void test_endpoints_of_the_session(void **state)
{
    const struct osm_policy *policy = osm_policy_find(NISTP256, strlen(NISTP256));
    struct world world;

    (void)state;
    for (size_t ours = 0; ours <= 2; ours++) { /* 2 = it is not there */
        begin(&world, policy);
        world.endpoint_count = 2;
        for (size_t i = 0; i < 2; i++) {
            UA_EndpointDescription *endpoint = &world.endpoints[i];

            endpoint->securityMode = world.setup.mode;
            endpoint->securityPolicyUri = UA_STRING((char *)(uintptr_t)NISTP256);
            endpoint->serverCertificate =
                i == ours ? world.credentials.server_chain : world.credentials.own_leaf;
        }
        create(&world, NO_LIE);
        if (ours < 2)
            activate(&world);
        else
            test_stack_until(&world.test, &world.ended, 1);
        assert_int_equal(world.verdict, ours < 2 ? OSM_UA_SESSION_READY : OSM_UA_SESSION_BROKEN);
        end(&world);
    }
}

/* A limit for requests counts on the channel the session is on; one that nothing fits is none. */
static void test_the_largest_request(void **state)
{
    static const struct {
        uint32_t said;
        size_t room;
    } cases[] = {{0, SIZE_MAX}, {1, SIZE_MAX}, {8192, 8192}, {UINT32_MAX, UINT32_MAX}};
    struct world world;

    (void)state;
    for (size_t i = 0; i < OSM_ARRAY_SIZE(cases); i++) {
        begin(&world, osm_policy_find(NISTP256, strlen(NISTP256)));
        world.request_bytes = cases[i].said;
        create(&world, NO_LIE);
        activate(&world);
        assert_int_equal(osm_channel_room(world.test.channel), cases[i].room);
        end(&world);
    }
}

/* Who goes in the middle takes the signature back that no thread has begun. */
static void test_a_proof_nobody_waits_for(void **state)
{
    const char *uri = "http://opcfoundation.org/UA/SecurityPolicy#ECC_curve25519";
    struct world world;

    (void)state;
    begin(&world, osm_policy_find(uri, strlen(uri)));
    world.test.stack.jobs.limit = 0;
    create(&world, NO_LIE);
    assert_int_equal(world.test.stack.jobs.waiting_count, 1);
    osm_ua_session_stop(&world.session);
    assert_int_equal(world.test.stack.jobs.waiting_count, 0);
    assert_int_equal(world.ended, 0);
    end(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_curve),
        cmocka_unit_test(test_servers_that_prove_nothing),
        cmocka_unit_test(test_endpoints_of_the_session),
        cmocka_unit_test(test_the_largest_request),
        cmocka_unit_test(test_a_proof_nobody_waits_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
