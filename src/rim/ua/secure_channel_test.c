/* SPDX-License-Identifier: MIT */
/* A channel on a scripted stream, in clear: stages, numbers, limits, tokens. */
#include "testing/testing_stack.h"

static void again(struct test_stack *test)
{
    struct osm_channel_config config = test_plain_config();
    uint32_t sequence = test->sequence;

    osm_channel_free(test->channel);
    osm_buf_truncate(&test->script.out, 0);
    test->script.closed = false;
    test->closed = test->opened = test->chunks = 0;
    test->channel_id = 7;
    test->token_id = 1;
    test->sequence = sequence;
    test_stack_begin(test, &config, &test_channel_events, test);
}

/* --- opening ------------------------------------------------------------------------------- */

static void test_opens_and_sends(void **state)
{
    struct test_stack *test = *state;
    struct osm_buf message = {0};
    uint64_t sent_at;

    test_open_plain(test, 65536, 0, 0);
    assert_int_equal(test->opened, 1);
    assert_int_equal(osm_channel_id(test->channel), 7);
    assert_int_equal(osm_channel_room(test->channel), SIZE_MAX);
    assert_int_equal(osm_channel_send(test->channel, 55, (const uint8_t *)"body", 4, &sent_at),
                     UA_STATUSCODE_GOOD);
    test_sent(test, "MSGF", &message);
    assert_memory_equal(message.data + 8, "\7\0\0\0\1\0\0\0\2\0\0\0\x37\0\0\0body", 20);
    assert_false(osm_channel_left(test->channel, sent_at));
    test->script.written = test->script.queued;
    assert_true(osm_channel_left(test->channel, sent_at));
    osm_channel_free(osm_steal(test->channel));
    test_sent(test, "CLOF", &message);
    assert_memory_equal(message.data + 8, "\7\0\0\0\1\0\0\0\3\0\0\0", 12);
    osm_buf_deinit(&message);
}

static void test_is_refused_at_each_stage(void **state)
{
    struct test_stack *test = *state;

    test_say_err(test, 0x80130000, "Not today");
    test_stack_ends(test, OSM_ORIGIN_SERVER, OSM_FAULT_HANDSHAKE,
                    "Server error during handshake: [2148728832] Not today");
    again(test);
    test_say_ack(test, 65536, 0, 0);
    test_say_err(test, 0x80130000, "");
    test_stack_ends(test, OSM_ORIGIN_SERVER, OSM_FAULT_PROTOCOL,
                    "OPN rejected by server: 0x80130000 \u2014 BadSecurityChecksFailed");
    again(test);
    test_say_ack(test, 65536, 0, 0);
    osm_buf_consume(&test->script.out, osm_framing_u32((uint8_t *)test->script.out.data + 4));
    test_take_open(test);
    test_say_open(test, 3600000, UA_STATUSCODE_BADSECURITYPOLICYREJECTED);
    test_stack_ends(test, OSM_ORIGIN_SERVER, OSM_FAULT_PROTOCOL,
                    "OPN rejected by server: 0x80550000 \u2014 BadSecurityPolicyRejected");
    again(test);
    test_open_plain(test, 65536, 0, 0);
    test_say_err(test, 0x80800000, "");
    test_stack_ends(test, OSM_ORIGIN_SERVER, OSM_FAULT_SERVICE,
                    "Server error 0x80800000: Unknown error");
}

static void test_what_comes_at_the_wrong_time(void **state)
{
    struct test_stack *test = *state;

    test_say_message(test, "MSGF", "12345678", 8);
    test_stack_ends(test, OSM_ORIGIN_PEER, OSM_FAULT_MESSAGE_TYPE,
                    "Expected ACK response, got: MSG");
    again(test);
    test_say_ack(test, 65536, 0, 0);
    test_say_ack(test, 65536, 0, 0);
    test_stack_ends(test, OSM_ORIGIN_PEER, OSM_FAULT_MESSAGE_TYPE,
                    "Expected OPN response, got: ACK");
    again(test);
    test_open_plain(test, 65536, 0, 0);
    test_say_open(test, 3600000, UA_STATUSCODE_GOOD);
    test_stack_ends(test, OSM_ORIGIN_PEER, OSM_FAULT_PROTOCOL, "OPN response without a request");
    again(test);
    test_open_plain(test, 65536, 0, 0);
    test_say_message(test, "RHEF", "", 0);
    test_stack_ends(test, OSM_ORIGIN_PEER, OSM_FAULT_PROTOCOL, "Unexpected message type: RHE");
    again(test);
    test_open_plain(test, 65536, 0, 0);
    test_say_message(test, "CLOF", "", 0);
    test_stack_ends(test, OSM_ORIGIN_SERVER, OSM_FAULT_CONNECTION, "Connection closed by remote");
}

/* An OPN response whose header names another channel than its token. */
static void say_open_headed(struct test_stack *test, uint32_t channel)
{
    struct osm_buf body = {0};

    test_say_u32(&body, channel);
    test_say_bytes(&body, TEST_NONE_URI, strlen(TEST_NONE_URI));
    test_say_bytes(&body, NULL, 0);
    test_say_bytes(&body, NULL, 0);
    test_open_body(test, 3600000, NULL, UA_STATUSCODE_GOOD, &body);
    test_say_message(test, "OPNF", body.data, body.length);
    osm_buf_deinit(&body);
}

static void test_answers_to_other_requests(void **state)
{
    struct test_stack *test = *state;

    test_say_ack(test, 65536, 0, 0);
    test->request_id = 9;
    test_say_open(test, 3600000, UA_STATUSCODE_GOOD);
    test_stack_ends(test, OSM_ORIGIN_PEER, OSM_FAULT_PROTOCOL,
                    "OPN response answers request 9, asked was 1");
    again(test);
    test_say_ack(test, 65536, 0, 0);
    test->request_id = 1;
    test->channel_id = 0;
    test_say_open(test, 3600000, UA_STATUSCODE_GOOD);
    test_stack_ends(test, OSM_ORIGIN_PEER, OSM_FAULT_PROTOCOL,
                    "OPN response has the secure channel id 0, which is none");
    again(test);
    test_say_ack(test, 65536, 0, 0);
    test->channel_id = 7;
    say_open_headed(test, 8);
    test_stack_ends(test, OSM_ORIGIN_PEER, OSM_FAULT_PROTOCOL,
                    "OPN response has secure channel 8 in its header, and 7 in its token");
    again(test);
    test_say_ack(test, 65536, 0, 0);
    say_open_headed(test, 0); /* as some do */
    assert_int_equal(osm_channel_stage(test->channel), OSM_CHANNEL_OPEN);
    again(test);
    test_say_ack(test, 65536, 0, 0);
    test_say_message(test, "OPNF", "\7\0\0\0\4\0\0\0http\xff\xff\xff\xff\xff\xff\xff\xff", 20);
    test_stack_ends(test, OSM_ORIGIN_PEER, OSM_FAULT_PROTOCOL,
                    "OPN response: it has another security policy than the request");
    again(test);
    test_say_ack(test, 65536, 0, 0);
    test_say_message(test, "OPNF", "\7\0\0\0\xf0\0\0\0http", 12);
    test_stack_ends(test, OSM_ORIGIN_PEER, OSM_FAULT_PROTOCOL,
                    "OPN response: its security header is malformed");
}

static void test_says_nothing(void **state)
{
    struct test_stack *test = *state;
    struct osm_channel_config config = test_plain_config();

    config.timeout = 1;
    osm_channel_free(test->channel);
    test->script.closed = false;
    test_stack_begin(test, &config, &test_channel_events, test);
    test_stack_ends(test, OSM_ORIGIN_HERE, OSM_FAULT_CONNECTION, "Read timeout");
}

/* --- numbers of received chunks ------------------------------------------------------------ */

static void test_ids_are_checked(void **state)
{
    struct test_stack *test = *state;

    test_open_plain(test, 65536, 0, 0);
    test_say_chunk(test, "MSGC", "x", 1);
    assert_int_equal(test->chunks, 1);
    assert_int_equal(test->last_final, 'C');
    test->channel_id = 8;
    test_say_chunk(test, "MSGF", "x", 1);
    test_stack_ends(test, OSM_ORIGIN_PEER, OSM_FAULT_PROTOCOL,
                    "MSG response is for secure channel 8, ours is 7");
    again(test);
    test_open_plain(test, 65536, 0, 0);
    test->token_id = 2;
    test_say_chunk(test, "MSGF", "x", 1);
    test_stack_ends(test, OSM_ORIGIN_PEER, OSM_FAULT_PROTOCOL,
                    "MSG response has the unknown security token 2");
    again(test);
    test_open_plain(test, 65536, 0, 0);
    test_say_message(test, "MSGF", "\7\0\0\0\1\0\0\0\2\0\0\0\1\0\0", 15);
    test_stack_ends(test, OSM_ORIGIN_PEER, OSM_FAULT_PROTOCOL, "Invalid message size: 23");
    assert_int_equal(test->chunks, 0);
}

static bool follows(struct test_stack *test, uint32_t last, uint32_t next)
{
    again(test);
    test->sequence = last - 1;
    test_open_plain(test, 65536, 0, 0);
    test->sequence = next - 1;
    test_say_chunk(test, "MSGF", "x", 1);
    return test->chunks == 1;
}

static void test_sequence_numbers(void **state)
{
    struct test_stack *test = *state;

    assert_true(follows(test, 5, 6));
    assert_false(follows(test, 5, 5));
    test_stack_until(test, &test->closed, 1);
    assert_string_equal(test->error.text, "MSG response has sequence number 5, the one before 5");
    assert_false(follows(test, 5, 7));
    assert_false(follows(test, 5, 1));
    assert_true(follows(test, UINT32_MAX - 1024, 1));
    assert_true(follows(test, UINT32_MAX - 1024, 1023));
    assert_false(follows(test, UINT32_MAX - 1024, 1024));
    assert_false(follows(test, UINT32_MAX - 1025, 1));
    assert_true(follows(test, UINT32_MAX, 0));
    assert_true(follows(test, UINT32_MAX - 1024, UINT32_MAX - 1023));
}

/* --- limits of the server ------------------------------------------------------------------ */

static void test_requests_are_cut(void **state)
{
    struct test_stack *test = *state;
    struct osm_buf message = {0};
    uint8_t body[600];
    uint64_t sent_at;

    memset(body, 'b', sizeof(body));
    test_open_plain(test, 256, 600, 3);
    assert_int_equal(osm_channel_send(test->channel, 9, body, 600, &sent_at), UA_STATUSCODE_GOOD);
    for (int i = 0; i < 3; i++) {
        test_sent(test, i < 2 ? "MSGC" : "MSGF", &message);
        assert_int_equal(message.length, i < 2 ? 256 : 24 + 600 - 2 * 232);
        assert_int_equal((uint8_t)message.data[16], 2 + i);
        assert_int_equal((uint8_t)message.data[20], 9);
    }
    assert_int_equal(osm_channel_send(test->channel, 9, body, 601, &sent_at),
                     UA_STATUSCODE_BADREQUESTTOOLARGE);
    test_nothing_sent(test);
    assert_int_equal(osm_channel_stage(test->channel), OSM_CHANNEL_OPEN);
    again(test);
    test_open_plain(test, 256, 0, 2);
    assert_int_equal(osm_channel_room(test->channel), 464);
    assert_int_equal(osm_channel_send(test->channel, 9, body, 465, &sent_at),
                     UA_STATUSCODE_BADREQUESTTOOLARGE);
    test_nothing_sent(test);
    assert_int_equal(osm_channel_send(test->channel, 9, body, 464, &sent_at), UA_STATUSCODE_GOOD);
    osm_buf_deinit(&message);
}

static void test_server_that_does_not_read(void **state)
{
    struct test_stack *test = *state;
    uint64_t sent_at;

    test_open_plain(test, 65536, 0, 0);
    test->script.room = 10;
    assert_int_equal(osm_channel_send(test->channel, 9, (const uint8_t *)"x", 1, &sent_at),
                     UA_STATUSCODE_BADTCPNOTENOUGHRESOURCES);
    test_stack_ends(test, OSM_ORIGIN_HERE, OSM_FAULT_CONNECTION,
                    "Failed to send data: the server does not read what it is sent");
    assert_int_equal(osm_channel_send(test->channel, 9, (const uint8_t *)"x", 1, &sent_at),
                     UA_STATUSCODE_BADSECURECHANNELCLOSED);
}

static void test_request_that_no_queue_takes(void **state)
{
    struct test_stack *test = *state;
    size_t length = ((size_t)24 << 20) + 1;
    uint8_t *body = osm_alloc(length);
    uint64_t sent_at;

    test_open_plain(test, 0, 0, 0);
    test->script.room = (size_t)24 << 20;
    assert_int_equal(osm_channel_send(test->channel, 9, body, length, &sent_at),
                     UA_STATUSCODE_BADREQUESTTOOLARGE);
    test_nothing_sent(test);
    assert_int_equal(osm_channel_stage(test->channel), OSM_CHANNEL_OPEN);
    free(body);
}

/* --- ends ---------------------------------------------------------------------------------- */

static void test_owner_frees_it_in_an_event(void **state)
{
    struct test_stack *test = *state;
    struct osm_buf message = {0};

    test_open_plain(test, 65536, 0, 0);
    test->free_in_chunk = true;
    test_say_chunk(test, "MSGF", "x", 1);
    assert_null(test->channel);
    test_sent(test, "CLOF", &message);
    assert_true(test->script.closed);
    assert_int_equal(test->closed, 0);
    osm_buf_deinit(&message);
}

static void test_owner_gives_it_up(void **state)
{
    static const struct osm_stack_error reason = {OSM_ORIGIN_HERE, OSM_FAULT_PROTOCOL, 0, "odd"};
    struct test_stack *test = *state;
    struct osm_buf message = {0};

    test_open_plain(test, 65536, 0, 0);
    osm_channel_fail(test->channel, &reason);
    osm_channel_fail(test->channel, &reason);
    test_sent(test, "CLOF", &message);
    test_stack_ends(test, OSM_ORIGIN_HERE, OSM_FAULT_PROTOCOL, "odd");
    osm_buf_deinit(&message);
}

static void test_lost_stream(void **state)
{
    static const struct osm_stack_error reason = {OSM_ORIGIN_NETWORK, OSM_FAULT_CONNECTION, 0,
                                                  "cut"};
    struct test_stack *test = *state;
    uint64_t sent_at;

    test_open_plain(test, 65536, 0, 0);
    assert_int_equal(osm_channel_send(test->channel, 9, (const uint8_t *)"x", 1, &sent_at),
                     UA_STATUSCODE_GOOD);
    test->script.written = sent_at - 1;
    test->script.closed = true;
    osm_channel_transport_events.closed(test->channel, &reason);
    test_stack_ends(test, OSM_ORIGIN_NETWORK, OSM_FAULT_CONNECTION, "cut");
    assert_false(osm_channel_left(test->channel, sent_at));
    assert_true(osm_channel_left(test->channel, sent_at - 1));
}

/* --- tokens -------------------------------------------------------------------------------- */

static void open_for(struct test_stack *test, uint32_t lifetime)
{
    struct osm_channel_config config = test_plain_config();

    config.lifetime = 100;
    osm_channel_free(test->channel);
    osm_buf_truncate(&test->script.out, 0);
    test->script.closed = false;
    test_stack_begin(test, &config, &test_channel_events, test);
    osm_buf_truncate(&test->script.out, 0);
    test_say_ack(test, 65536, 0, 0);
    test_take_open(test);
    test_say_open(test, lifetime, UA_STATUSCODE_GOOD);
}

static void test_old_token_holds_until_the_new_one_is_used(void **state)
{
    struct test_stack *test = *state;

    open_for(test, 100);
    test_until_sent(test);
    test_take_open(test);
    test->token_id = 2;
    test_say_open(test, 100000, UA_STATUSCODE_GOOD);
    assert_int_equal(test->opened, 1);
    assert_int_equal(osm_channel_lifetime(test->channel), 100000);
    test->token_id = 1;
    test_say_chunk(test, "MSGF", "x", 1);
    test->token_id = 2;
    test_say_chunk(test, "MSGF", "x", 1);
    assert_int_equal(test->chunks, 2);
    test->token_id = 1;
    test_say_chunk(test, "MSGF", "x", 1);
    test_stack_ends(test, OSM_ORIGIN_PEER, OSM_FAULT_PROTOCOL,
                    "MSG response has the unknown security token 1");
}

/* Who counts what is heard of a session must not hear of the channel alone. */
static void test_only_services_are_heard(void **state)
{
    struct test_stack *test = *state;

    open_for(test, 100);
    test_until_sent(test);
    test_take_open(test);
    test_say_open(test, 100000, UA_STATUSCODE_GOOD);
    assert_int_equal(osm_channel_received(test->channel), 0);
    test_say_chunk(test, "MSGF", "x", 1);
    assert_int_equal(osm_channel_received(test->channel), 1);
}

static void test_lifetimes_that_are_none(void **state)
{
    static const uint32_t lifetimes[] = {0, 99, UINT32_MAX};
    struct test_stack *test = *state;

    for (size_t i = 0; i < OSM_ARRAY_SIZE(lifetimes); i++) {
        open_for(test, lifetimes[i]);
        assert_int_equal(osm_channel_lifetime(test->channel), 100);
    }
    test_until_sent(test); /* and it is renewed by that */
    test_take_open(test);
}

static void test_renewal_that_is_not_answered(void **state)
{
    struct test_stack *test = *state;
    struct osm_channel_config config = test_plain_config();

    config.timeout = 1;
    osm_channel_free(test->channel);
    osm_buf_truncate(&test->script.out, 0);
    test->script.closed = false;
    test_stack_begin(test, &config, &test_channel_events, test);
    osm_buf_truncate(&test->script.out, 0);
    test_say_ack(test, 65536, 0, 0);
    test_take_open(test);
    test_say_open(test, 100, UA_STATUSCODE_GOOD);
    test_stack_ends(test, OSM_ORIGIN_HERE, OSM_FAULT_CONNECTION,
                    "Read timeout: the server did not renew the secure channel");
}

#define test_case(function)                                                                        \
    cmocka_unit_test_setup_teardown(function, test_stack_setup, test_stack_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_case(test_opens_and_sends),
        test_case(test_is_refused_at_each_stage),
        test_case(test_what_comes_at_the_wrong_time),
        test_case(test_answers_to_other_requests),
        test_case(test_says_nothing),
        test_case(test_ids_are_checked),
        test_case(test_sequence_numbers),
        test_case(test_requests_are_cut),
        test_case(test_server_that_does_not_read),
        test_case(test_request_that_no_queue_takes),
        test_case(test_owner_frees_it_in_an_event),
        test_case(test_owner_gives_it_up),
        test_case(test_lost_stream),
        test_case(test_old_token_holds_until_the_new_one_is_used),
        test_case(test_only_services_are_heard),
        test_case(test_lifetimes_that_are_none),
        test_case(test_renewal_that_is_not_answered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
