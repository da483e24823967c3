/* SPDX-License-Identifier: MIT */
/* A channel on a scripted stream, signed and encrypted: keys, jobs, renewals, goodbyes. */
#include "testing/testing_stack.h"

#include <sys/mman.h>
#include <unistd.h>

#include <openssl/rsa.h>
#include <openssl/x509.h>

/* Both sides have the same key and certificate: the keys of one direction are not those of the
 * other all the same. */
struct sealed {
    const struct osm_policy *policy;
    EVP_PKEY *key;
    UA_ByteString certificate;
    struct osm_policy_keys *sending, *receiving; /* the server's */
    UA_MessageSecurityMode mode;
    uint32_t lifetime;
    uint32_t receive; /* of ACK; 0 = 65536 */
    osm_msec timeout; /* of the channel; 0 = the usual one */
};

/* RSA keys take long to find: one of the usual length for all tests. */
static EVP_PKEY *usual_key;

static int find_key(void **state)
{
    (void)state;
    usual_key = EVP_RSA_gen(2048);
    return usual_key ? 0 : -1;
}

static int drop_key(void **state)
{
    (void)state;
    EVP_PKEY_free(usual_key);
    return 0;
}

/* Takes the key over. */
static void make_certificate_of(struct sealed *sealed, EVP_PKEY *key)
{
    X509 *cert = X509_new();
    unsigned char *der = NULL;

    sealed->key = key;
    X509_set_version(cert, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
    X509_gmtime_adj(X509_getm_notBefore(cert), 0);
    X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
    X509_set_pubkey(cert, sealed->key);
    assert_true(X509_sign(cert, sealed->key, EVP_sha256()) > 0);
    sealed->certificate.length = (size_t)i2d_X509(cert, &der);
    sealed->certificate.data = der;
    X509_free(cert);
}

static void make_certificate(struct sealed *sealed)
{
    EVP_PKEY_up_ref(usual_key);
    make_certificate_of(sealed, usual_key);
}

static struct osm_policy_asym asym_of(const struct sealed *sealed)
{
    return (struct osm_policy_asym){sealed->policy, sealed->key, sealed->key};
}

/* Reads the sealed OPN request and derives the server's keys. */
static void take_sealed_open(struct test_stack *test, struct sealed *sealed,
                             struct osm_policy_nonce *own)
{
    struct osm_policy_asym asym = asym_of(sealed);
    struct osm_buf message = {0};
    uint8_t *chunk;
    size_t header, plain;
    UA_OpenSecureChannelRequest request;
    UA_ByteString body, rest;
    uint32_t id;

    test_until_sent(test);
    test_sent(test, "OPNF", &message);
    chunk = (uint8_t *)message.data;
    header = 12 + 4 + strlen(sealed->policy->uri) + 4 + sealed->certificate.length + 4 + 20;
    assert_true(osm_policy_asym_unseal(&asym, chunk, message.length, header, &plain));
    test->request_id = osm_framing_u32(chunk + header + 4);
    body = (UA_ByteString){plain - 8, chunk + header + 8};
    assert_true(osm_message_type(&body, &id, &rest));
    assert_int_equal(
        UA_decodeBinary(&rest, &request, &UA_TYPES[UA_TYPES_OPENSECURECHANNELREQUEST], NULL),
        UA_STATUSCODE_GOOD);
    assert_int_equal(request.securityMode, sealed->mode);
    assert_true(osm_policy_nonce_make(sealed->policy, own));
    osm_policy_keys_free(sealed->sending);
    osm_policy_keys_free(sealed->receiving);
    assert_true(osm_policy_derive(sealed->policy, own, request.clientNonce.data,
                                  request.clientNonce.length, &sealed->sending,
                                  &sealed->receiving));
    UA_clear(&request, &UA_TYPES[UA_TYPES_OPENSECURECHANNELREQUEST]);
    osm_buf_deinit(&message);
}

/* flip: which byte of the chunk is changed, 0 = none. */
static void say_sealed_open(struct test_stack *test, struct sealed *sealed,
                            const struct osm_policy_nonce *own, size_t flip)
{
    UA_ByteString nonce = {own->length, (UA_Byte *)(uintptr_t)own->bytes};
    struct osm_policy_asym asym = asym_of(sealed);
    struct osm_buf chunk = {0};
    uint8_t thumbprint[20];
    size_t header;

    osm_policy_thumbprint(sealed->certificate.data, sealed->certificate.length, thumbprint);
    osm_buf_add(&chunk, "OPNF\0\0\0\0", 8);
    test_say_u32(&chunk, test->channel_id);
    test_say_bytes(&chunk, sealed->policy->uri, strlen(sealed->policy->uri));
    test_say_bytes(&chunk, sealed->certificate.data, sealed->certificate.length);
    test_say_bytes(&chunk, thumbprint, 20);
    header = chunk.length;
    test_open_body(test, sealed->lifetime ? sealed->lifetime : 3600000, &nonce, UA_STATUSCODE_GOOD,
                   &chunk);
    assert_true(osm_policy_asym_seal(&asym, &chunk, header));
    if (flip)
        chunk.data[chunk.length - flip] ^= 1;
    test_say(test, chunk.data, chunk.length);
    osm_buf_deinit(&chunk);
}

static void say_sealed(struct test_stack *test, struct sealed *sealed, const char *text, bool flip)
{
    size_t plain = 8 + strlen(text),
           size = osm_policy_sym_size(sealed->policy, sealed->mode, 16, plain);
    struct osm_policy_count count = {test->token_id, test->sequence};
    uint8_t *chunk = osm_alloc(size);

    memcpy(chunk, "MSGF", 4);
    osm_framing_put_u32(chunk + 4, (uint32_t)size);
    osm_framing_put_u32(chunk + 8, test->channel_id);
    osm_framing_put_u32(chunk + 12, test->token_id);
    osm_framing_put_u32(chunk + 16, ++test->sequence);
    osm_framing_put_u32(chunk + 20, 3);
    memcpy(chunk + 24, text, strlen(text));
    assert_true(osm_policy_sym_seal(sealed->policy, sealed->mode, sealed->sending, &count, chunk,
                                    16, plain));
    chunk[size - 1] ^= flip;
    test_say(test, chunk, size);
    free(chunk);
}

static void begin_sealed(struct test_stack *test, struct sealed *sealed)
{
    struct osm_channel_config config = test_plain_config();
    struct osm_buf hello = {0};

    osm_channel_free(test->channel);
    osm_buf_truncate(&test->script.out, 0);
    test->script.closed = false;
    config.policy = sealed->policy;
    config.mode = sealed->mode;
    config.timeout = sealed->timeout ? sealed->timeout : config.timeout;
    config.own_key = sealed->key;
    config.own_chain = config.remote_certificate = sealed->certificate;
    test_stack_begin(test, &config, &test_channel_events, test);
    test_sent(test, "HELF", &hello);
    osm_buf_deinit(&hello);
    test_say_ack(test, sealed->receive ? sealed->receive : 65536, 0, 0);
}

static void drop_sealed(struct sealed *sealed)
{
    osm_policy_keys_free(sealed->sending);
    osm_policy_keys_free(sealed->receiving);
    EVP_PKEY_free(sealed->key);
    OPENSSL_free(sealed->certificate.data);
    sealed->sending = sealed->receiving = NULL;
}

#define BASIC256SHA256 "http://opcfoundation.org/UA/SecurityPolicy#Basic256Sha256"

static void sealed_channel(struct test_stack *test, struct sealed *sealed)
{
    struct osm_policy_nonce own = {0};
    struct osm_buf message = {0};
    struct osm_policy_count count;
    uint64_t sent_at;
    size_t plain;

    begin_sealed(test, sealed);
    take_sealed_open(test, sealed, &own);
    say_sealed_open(test, sealed, &own, 0);
    assert_true(test->script.paused);
    say_sealed(test, sealed, "early", false); /* in the same breath as OPN: waits for its job */
    assert_int_equal(test->chunks, 0);
    test_stack_until(test, &test->opened, 1);
    assert_false(test->script.paused);
    assert_int_equal(test->chunks, 1);
    assert_memory_equal(test->last_body.data, "early", 5);
    assert_int_equal(osm_channel_send(test->channel, 9, (const uint8_t *)"hello", 5, &sent_at),
                     UA_STATUSCODE_GOOD);
    test_sent(test, "MSGF", &message);
    count = (struct osm_policy_count){test->token_id, 1};
    assert_true(osm_policy_sym_unseal(sealed->policy, sealed->mode, sealed->receiving, &count,
                                      (uint8_t *)message.data, message.length, 16, &plain));
    assert_int_equal(plain, 8 + 5);
    assert_memory_equal(message.data + 24, "hello", 5);
    say_sealed(test, sealed, "forged", true);
    assert_int_equal(test->chunks, 1);
    test_stack_ends(test, OSM_ORIGIN_HERE, OSM_FAULT_SIGNATURE,
                    "MSG response symmetric signature verification failed");
    osm_policy_nonce_deinit(&own);
    osm_buf_deinit(&message);
}

static void test_sealed_and_signed(void **state)
{
    struct test_stack *test = *state;
    struct sealed sealed = {.policy = osm_policy_find(BASIC256SHA256, strlen(BASIC256SHA256)),
                            .mode = UA_MESSAGESECURITYMODE_SIGN};

    make_certificate(&sealed);
    sealed_channel(test, &sealed);
    test->opened = test->closed = test->chunks = 0;
    sealed.mode = UA_MESSAGESECURITYMODE_SIGNANDENCRYPT;
    sealed_channel(test, &sealed);
    drop_sealed(&sealed);
}

static void test_forged_open_response(void **state)
{
    struct test_stack *test = *state;
    struct sealed sealed = {.policy = osm_policy_find(BASIC256SHA256, strlen(BASIC256SHA256)),
                            .mode = UA_MESSAGESECURITYMODE_SIGN};
    struct osm_policy_nonce own = {0};

    make_certificate(&sealed);
    begin_sealed(test, &sealed);
    take_sealed_open(test, &sealed, &own);
    say_sealed_open(test, &sealed, &own, 1);
    test_stack_ends(test, OSM_ORIGIN_HERE, OSM_FAULT_SIGNATURE,
                    "OPN response signature verification failed");
    assert_int_equal(test->opened, 0);
    osm_policy_nonce_deinit(&own);
    drop_sealed(&sealed);
}

static void test_owner_goes_while_a_job_runs(void **state)
{
    struct test_stack *test = *state;
    struct sealed sealed = {.policy = osm_policy_find(BASIC256SHA256, strlen(BASIC256SHA256)),
                            .mode = UA_MESSAGESECURITYMODE_SIGN};

    make_certificate(&sealed);
    begin_sealed(test, &sealed);
    osm_channel_free(osm_steal(test->channel));
    while (test->stack.jobs.running)
        test_stack_turn(test);
    test_nothing_sent(test);
    assert_int_equal(test->closed, 0);
    drop_sealed(&sealed);
}

static const struct osm_loop_ops *real_ops;
static unsigned waits_begun;

static void note_wait(struct osm_timer *timer, osm_msec delay)
{
    waits_begun += delay == test_plain_config().timeout;
    real_ops->timer_start(timer, delay);
}

/* What our own keys take is not taken off the time the server has. */
static void test_each_step_of_opening_has_its_time(void **state)
{
    struct test_stack *test = *state;
    struct sealed sealed = {.policy = osm_policy_find(BASIC256SHA256, strlen(BASIC256SHA256)),
                            .mode = UA_MESSAGESECURITYMODE_SIGN};
    struct osm_policy_nonce own = {0};
    static struct osm_loop_ops ops;

    make_certificate(&sealed);
    real_ops = test->loop.loop.ops;
    ops = *real_ops;
    ops.timer_start = note_wait;
    test->loop.loop.ops = &ops;
    begin_sealed(test, &sealed);
    waits_begun = 0;
    take_sealed_open(test, &sealed, &own);
    assert_int_equal(waits_begun, 1);
    say_sealed_open(test, &sealed, &own, 0);
    assert_int_equal(waits_begun, 2);
    test_stack_until(test, &test->opened, 1);
    test->loop.loop.ops = real_ops;
    osm_policy_nonce_deinit(&own);
    drop_sealed(&sealed);
}

static void test_owner_goes_while_a_job_waits(void **state)
{
    struct test_stack *test = *state;
    struct sealed sealed = {.policy = osm_policy_find(BASIC256SHA256, strlen(BASIC256SHA256)),
                            .mode = UA_MESSAGESECURITYMODE_SIGN};

    make_certificate(&sealed);
    test->stack.jobs.limit = 0;
    begin_sealed(test, &sealed);
    assert_int_equal(test->stack.jobs.waiting_count, 1);
    osm_channel_free(osm_steal(test->channel));
    assert_int_equal(test->stack.jobs.waiting_count, 0);
    drop_sealed(&sealed);
}

/* A channel whose renewal waits for its signature. */
static void renewing(struct test_stack *test, struct sealed *sealed)
{
    struct osm_policy_nonce own = {0};

    make_certificate(sealed);
    begin_sealed(test, sealed);
    take_sealed_open(test, sealed, &own);
    say_sealed_open(test, sealed, &own, 0);
    test->stack.jobs.limit = 0; /* the one that runs is the last */
    test_stack_until(test, &test->opened, 1);
    for (int i = 0; i < TEST_TURNS && !test->stack.jobs.waiting_count; i++)
        test_stack_turn(test);
    assert_int_equal(test->stack.jobs.waiting_count, 1);
    osm_policy_nonce_deinit(&own);
}

static void test_what_waits_behind_a_renewal_is_bounded(void **state)
{
    struct test_stack *test = *state;
    struct sealed sealed = {.policy = osm_policy_find(BASIC256SHA256, strlen(BASIC256SHA256)),
                            .mode = UA_MESSAGESECURITYMODE_SIGN,
                            .lifetime = 100};
    size_t length = (size_t)1 << 20, sent = 0;
    uint8_t *body = osm_alloc(length);
    UA_StatusCode status = UA_STATUSCODE_GOOD;
    uint64_t sent_at;

    renewing(test, &sealed);
    while (status == UA_STATUSCODE_GOOD && sent < 40)
        sent += (status = osm_channel_send(test->channel, 9, body, length, &sent_at)) ==
                UA_STATUSCODE_GOOD;
    assert_int_equal(status, UA_STATUSCODE_BADTCPNOTENOUGHRESOURCES);
    assert_int_equal(sent, 31);
    test_stack_ends(test, OSM_ORIGIN_HERE, OSM_FAULT_CONNECTION,
                    "Failed to send data: the server does not read what it is sent");
    free(body);
    drop_sealed(&sealed);
}

static void run_nothing(struct osm_job *job)
{
    (void)job;
}

/* Takes the next chunk under the first token and checks its text and sequence number. */
static void takes_sealed(struct test_stack *test, const struct sealed *sealed, const char *type,
                         uint32_t number, const char *text)
{
    struct osm_policy_count count = {1, number - 1};
    struct osm_buf message = {0};
    size_t plain;

    test_sent(test, type, &message);
    assert_true(osm_policy_sym_unseal(sealed->policy, sealed->mode, sealed->receiving, &count,
                                      (uint8_t *)message.data, message.length, 16, &plain));
    assert_int_equal(osm_framing_u32((uint8_t *)message.data + 16), number);
    if (text)
        assert_memory_equal(message.data + 24, text, strlen(text));
    osm_buf_deinit(&message);
}

/* CloseSession was sent behind the renewal, then its owner went: the server hears all of it. */
static void test_goodbye_behind_a_renewal(void **state)
{
    struct test_stack *test = *state;
    struct sealed sealed = {.policy = osm_policy_find(BASIC256SHA256, strlen(BASIC256SHA256)),
                            .mode = UA_MESSAGESECURITYMODE_SIGN,
                            .lifetime = 100};
    static struct osm_job other = {.run = run_nothing, .done = run_nothing};
    struct osm_buf message = {0};
    uint64_t sent_at;

    renewing(test, &sealed);
    assert_int_equal(osm_channel_send(test->channel, 9, (const uint8_t *)"bye", 3, &sent_at),
                     UA_STATUSCODE_GOOD);
    osm_channel_free(osm_steal(test->channel));
    test_nothing_sent(test);
    assert_false(test->script.closed);
    assert_true(test->script.paused);
    test->stack.jobs.limit = 1;
    osm_jobs_submit(&test->stack.jobs, &other);
    for (int i = 0; i < TEST_TURNS && (!test->script.closed || test->stack.jobs.running); i++)
        test_stack_turn(test);
    assert_true(test->script.closed);
    test_sent(test, "OPNF", &message);
    takes_sealed(test, &sealed, "MSGF", 3, "bye");
    takes_sealed(test, &sealed, "CLOF", 4, NULL);
    test_nothing_sent(test);
    assert_int_equal(test->closed, 0);
    osm_buf_deinit(&message);
    drop_sealed(&sealed);
}

/* The stream is lost meanwhile, or nobody signs in time (the timer): it ends all the same. */
static void test_goodbye_that_cannot_be_said(void **state)
{
    static const struct osm_stack_error cut = {OSM_ORIGIN_NETWORK, OSM_FAULT_CONNECTION, 0, "cut"};
    struct test_stack *test = *state;
    struct sealed sealed = {.policy = osm_policy_find(BASIC256SHA256, strlen(BASIC256SHA256)),
                            .mode = UA_MESSAGESECURITYMODE_SIGN,
                            .lifetime = 100};

    renewing(test, &sealed);
    osm_channel_free(osm_steal(test->channel));
    test->script.closed = true;
    osm_channel_transport_events.closed(test->script.base.context, &cut);
    assert_int_equal(test->stack.jobs.waiting_count, 0);
    drop_sealed(&sealed);
    test->opened = 0;
    test->stack.jobs.limit = 1;
    sealed.timeout = 300;
    renewing(test, &sealed);
    osm_channel_free(osm_steal(test->channel));
    for (int i = 0; i < TEST_TURNS && !test->script.closed; i++)
        test_stack_turn(test);
    assert_true(test->script.closed);
    assert_int_equal(test->stack.jobs.waiting_count, 0);
    test_nothing_sent(test);
    drop_sealed(&sealed);
}

/* What is written is what the server's side of the same channel derives. */
static void test_key_log(void **state)
{
    struct test_stack *test = *state;
    struct sealed sealed = {.policy = osm_policy_find(BASIC256SHA256, strlen(BASIC256SHA256)),
                            .mode = UA_MESSAGESECURITYMODE_SIGNANDENCRYPT};
    struct osm_policy_nonce own = {0};
    struct osm_buf expected = {0};
    char text[1000] = "";
    int log = memfd_create("keys", MFD_CLOEXEC);

    make_certificate(&sealed);
    test->stack.key_log = log;
    begin_sealed(test, &sealed);
    take_sealed_open(test, &sealed, &own);
    say_sealed_open(test, &sealed, &own, 0);
    test_stack_until(test, &test->opened, 1);
    osm_policy_keys_log(sealed.receiving, "client", 7, 1, &expected);
    osm_policy_keys_log(sealed.sending, "server", 7, 1, &expected);
    assert_int_equal(pread(log, text, sizeof(text) - 1, 0), expected.length);
    assert_string_equal(text, osm_buf_text(&expected));
    assert_non_null(strstr(text, "\nserver_key_7_1: "));
    test->stack.key_log = -1;
    assert_int_equal(close(log), 0);
    osm_policy_nonce_deinit(&own);
    osm_buf_deinit(&expected);
    drop_sealed(&sealed);
}

/* Told before anything is signed for it. */
static void test_short_key_of_the_server(void **state)
{
    struct test_stack *test = *state;
    struct sealed sealed = {.policy = osm_policy_find(BASIC256SHA256, strlen(BASIC256SHA256)),
                            .mode = UA_MESSAGESECURITYMODE_SIGN};

    make_certificate_of(&sealed, EVP_RSA_gen(1024));
    begin_sealed(test, &sealed);
    test_stack_ends(
        test, OSM_ORIGIN_HERE, OSM_FAULT_SECURITY,
        "The server's key is too weak: it has 1024 bits, and Basic256Sha256 needs 2048 to 4096");
    test_nothing_sent(test);
    drop_sealed(&sealed);
}

static void test_open_request_longer_than_the_server_takes(void **state)
{
    struct test_stack *test = *state;
    struct sealed sealed = {.policy = osm_policy_find(BASIC256SHA256, strlen(BASIC256SHA256)),
                            .mode = UA_MESSAGESECURITYMODE_SIGN,
                            .receive = 512};

    make_certificate(&sealed);
    begin_sealed(test, &sealed);
    test_stack_until(test, &test->closed, 1);
    assert_string_equal(strchr(test->error.text, ','),
                        ", and the server takes 512 in a chunk: show it a shorter chain of client "
                        "certificates");
    assert_int_equal(test->error.status, UA_STATUSCODE_BADREQUESTTOOLARGE);
    test_nothing_sent(test);
    drop_sealed(&sealed);
}

#define test_case(function)                                                                        \
    cmocka_unit_test_setup_teardown(function, test_stack_setup, test_stack_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_case(test_sealed_and_signed),
        test_case(test_forged_open_response),
        test_case(test_owner_goes_while_a_job_runs),
        test_case(test_each_step_of_opening_has_its_time),
        test_case(test_owner_goes_while_a_job_waits),
        test_case(test_what_waits_behind_a_renewal_is_bounded),
        test_case(test_goodbye_behind_a_renewal),
        test_case(test_goodbye_that_cannot_be_said),
        test_case(test_key_log),
        test_case(test_short_key_of_the_server),
        test_case(test_open_request_longer_than_the_server_takes),
    };

    return cmocka_run_group_tests(tests, find_key, drop_key);
}
