/* SPDX-License-Identifier: MIT */
/* The scripted transport and the server's side of it (testing_stack.h). */
#include "testing/testing_stack.h"

static struct test_script *test_script_of(const struct osm_transport *transport)
{
    return osm_container_of((struct osm_transport *)(uintptr_t)transport, struct test_script, base);
}

static uint8_t *test_script_reserve(struct osm_transport *transport, size_t length)
{
    struct test_script *script = test_script_of(transport);

    assert_false(script->closed);
    if (script->out.length + length > script->room)
        return NULL;
    return (uint8_t *)osm_buf_reserve(&script->out, length);
}

static void test_script_commit(struct osm_transport *transport, size_t length)
{
    struct test_script *script = test_script_of(transport);

    osm_buf_commit(&script->out, length);
    script->queued += length;
}

static void test_script_pause(struct osm_transport *transport, bool paused)
{
    test_script_of(transport)->paused = paused;
}

static uint64_t test_script_close(struct osm_transport *transport)
{
    struct test_script *script = test_script_of(transport);

    assert_false(script->closed);
    script->closed = true;
    return script->written;
}

static uint64_t test_script_queued(const struct osm_transport *transport)
{
    return test_script_of(transport)->queued;
}

static uint64_t test_script_written(const struct osm_transport *transport)
{
    return test_script_of(transport)->written;
}

static const struct osm_transport_ops test_script_ops = {.reserve = test_script_reserve,
                                                         .commit = test_script_commit,
                                                         .pause = test_script_pause,
                                                         .close = test_script_close,
                                                         .queued = test_script_queued,
                                                         .written = test_script_written};

/* --- events -------------------------------------------------------------------------------- */

void test_stack_opened(void *context)
{
    struct test_stack *test = context;

    test->opened++;
}

static void test_chunk_came(void *context, uint32_t request_id, char final, const uint8_t *body,
                            size_t length)
{
    struct test_stack *test = context;

    test->chunks++;
    test->last_request = request_id;
    test->last_final = final;
    osm_buf_truncate(&test->last_body, 0);
    osm_buf_add(&test->last_body, body, length);
    if (test->free_in_chunk)
        osm_channel_free(osm_steal(test->channel));
}

void test_closed(void *context, const struct osm_stack_error *error)
{
    struct test_stack *test = context;

    test->closed++;
    test->error = *error;
}

const struct osm_channel_events test_channel_events = {
    .opened = test_stack_opened, .chunk = test_chunk_came, .closed = test_closed};

void test_stack_init(struct test_stack *test)
{
    *test = (struct test_stack){.channel_id = 7, .token_id = 1};
    test_loop_init(&test->loop);
    osm_stack_init(&test->stack, &test->loop.loop);
    test->script.base.ops = &test_script_ops;
    test->script.room = 1 << 20;
}

void test_stack_begin(struct test_stack *test, const struct osm_channel_config *config,
                      const struct osm_channel_events *events, void *context)
{
    test->channel = osm_channel_new(&test->stack, config, events, context);
    test->script.base.events = &osm_channel_transport_events;
    test->script.base.context = test->channel;
    osm_channel_start(test->channel, &test->script.base);
    osm_channel_transport_events.connected(test->channel);
}

void test_stack_turn(struct test_stack *test)
{
    if (!test_loop_work_off(&test->loop))
        (void)test_loop_fire(&test->loop, OSM_MSEC_NEVER);
}

void test_stack_until(struct test_stack *test, const unsigned *counter, unsigned value)
{
    for (int i = 0; i < TEST_TURNS && *counter < value; i++)
        test_stack_turn(test);
    assert_int_equal(*counter, value);
}

void test_stack_deinit(struct test_stack *test)
{
    osm_channel_free(test->channel);
    while (test->stack.jobs.running || test->stack.jobs.waiting)
        test_stack_turn(test);
    osm_stack_deinit(&test->stack);
    assert_null(test->loop.timers);
    osm_buf_deinit(&test->script.out);
    osm_buf_deinit(&test->last_body);
}

/* --- a test --------------------------------------------------------------------------------- */

int test_stack_setup(void **state)
{
    struct test_stack *test = osm_alloc(sizeof(*test));
    struct osm_channel_config config = test_plain_config();

    test_stack_init(test);
    test_stack_begin(test, &config, &test_channel_events, test);
    *state = test;
    return 0;
}

int test_stack_teardown(void **state)
{
    test_stack_deinit(*state);
    free(*state);
    return 0;
}

void test_stack_ends(struct test_stack *test, enum osm_stack_origin origin,
                     enum osm_fault_type type, const char *text)
{
    assert_int_equal(test->closed, 0); /* never from inside */
    test_stack_until(test, &test->closed, 1);
    assert_string_equal(test->error.text, text);
    assert_int_equal(test->error.origin, origin);
    assert_int_equal(test->error.type, type);
    assert_true(test->script.closed);
    assert_int_equal(osm_channel_stage(test->channel), OSM_CHANNEL_CLOSED);
}

/* --- what the channel said ------------------------------------------------------------------ */

void test_sent(struct test_stack *test, const char *type, struct osm_buf *message)
{
    struct osm_buf *out = &test->script.out;
    uint32_t size;

    assert_true(out->length >= 8);
    size = osm_framing_u32((const uint8_t *)out->data + 4);
    assert_true(out->length >= size);
    assert_memory_equal(out->data, type, strlen(type));
    osm_buf_truncate(message, 0);
    osm_buf_add(message, out->data, size);
    osm_buf_consume(out, size);
}

void test_until_sent(struct test_stack *test)
{
    for (int i = 0; i < TEST_TURNS && !test->script.out.length; i++)
        test_stack_turn(test);
    assert_true(test->script.out.length);
}

void test_nothing_sent(const struct test_stack *test)
{
    assert_int_equal(test->script.out.length, 0);
}

/* --- what the server says ------------------------------------------------------------------- */

void test_say_u32(struct osm_buf *out, uint32_t value)
{
    uint8_t bytes[4];

    osm_framing_put_u32(bytes, value);
    osm_buf_add(out, bytes, 4);
}

void test_say_bytes(struct osm_buf *out, const void *bytes, size_t length)
{
    test_say_u32(out, length ? (uint32_t)length : UINT32_MAX);
    osm_buf_add(out, bytes, length);
}

void test_say(struct test_stack *test, const void *bytes, size_t length)
{
    uint8_t *copy = osm_alloc(length + 1);

    memcpy(copy, bytes, length);
    osm_channel_transport_events.bytes(test->channel, copy, length);
    free(copy);
}

void test_say_message(struct test_stack *test, const char *type, const void *body, size_t length)
{
    struct osm_buf out = {0};

    osm_buf_add(&out, type, 4);
    test_say_u32(&out, (uint32_t)(8 + length));
    osm_buf_add(&out, body, length);
    test_say(test, out.data, out.length);
    osm_buf_deinit(&out);
}

void test_say_ack(struct test_stack *test, uint32_t receive, uint32_t message, uint32_t chunks)
{
    struct osm_buf body = {0};

    test_say_u32(&body, 0);
    test_say_u32(&body, receive);
    test_say_u32(&body, 65536);
    test_say_u32(&body, message);
    test_say_u32(&body, chunks);
    test_say_message(test, "ACKF", body.data, body.length);
    osm_buf_deinit(&body);
}

void test_say_err(struct test_stack *test, uint32_t code, const char *reason)
{
    struct osm_buf body = {0};

    test_say_u32(&body, code);
    test_say_bytes(&body, reason, strlen(reason));
    test_say_message(test, "ERRF", body.data, body.length);
    osm_buf_deinit(&body);
}

void test_say_chunk(struct test_stack *test, const char *type, const void *body, size_t length)
{
    struct osm_buf out = {0};

    test_say_u32(&out, test->channel_id);
    test_say_u32(&out, test->token_id);
    test_say_u32(&out, ++test->sequence);
    test_say_u32(&out, test->request_id);
    osm_buf_add(&out, body, length);
    test_say_message(test, type, out.data, out.length);
    osm_buf_deinit(&out);
}

void test_open_body(struct test_stack *test, uint32_t lifetime, const UA_ByteString *nonce,
                    UA_StatusCode result, struct osm_buf *out)
{
    UA_OpenSecureChannelResponse response = {.responseHeader = {.serviceResult = result},
                                             .securityToken = {.channelId = test->channel_id,
                                                               .tokenId = test->token_id,
                                                               .revisedLifetime = lifetime}};

    if (nonce)
        response.serverNonce = *nonce;
    test_say_u32(out, ++test->sequence);
    test_say_u32(out, test->request_id);
    assert_int_equal(
        osm_message_encode(out, &UA_TYPES[UA_TYPES_OPENSECURECHANNELRESPONSE], &response),
        UA_STATUSCODE_GOOD);
}

void test_say_open(struct test_stack *test, uint32_t lifetime, UA_StatusCode result)
{
    struct osm_buf body = {0};

    test_say_u32(&body, test->channel_id);
    test_say_bytes(&body, TEST_NONE_URI, strlen(TEST_NONE_URI));
    test_say_bytes(&body, NULL, 0);
    test_say_bytes(&body, NULL, 0);
    test_open_body(test, lifetime, NULL, result, &body);
    test_say_message(test, "OPNF", body.data, body.length);
    osm_buf_deinit(&body);
}

void test_take_open(struct test_stack *test)
{
    struct osm_buf message = {0};

    test_sent(test, "OPNF", &message);
    test->request_id =
        osm_framing_u32((uint8_t *)message.data + 12 + 4 + strlen(TEST_NONE_URI) + 12);
    osm_buf_deinit(&message);
}

void test_open_plain(struct test_stack *test, uint32_t receive, uint32_t message, uint32_t chunks)
{
    struct osm_buf hello = {0};

    test_sent(test, "HELF", &hello);
    osm_buf_deinit(&hello);
    test_say_ack(test, receive, message, chunks);
    test_take_open(test);
    test_say_open(test, 3600000, UA_STATUSCODE_GOOD);
    assert_int_equal(osm_channel_stage(test->channel), OSM_CHANNEL_OPEN);
}

struct osm_channel_config test_plain_config(void)
{
    return (struct osm_channel_config){.url = "opc.tcp://plant:4840",
                                       .policy = osm_policy_find("", 0),
                                       .mode = UA_MESSAGESECURITYMODE_NONE,
                                       .lifetime = 3600000,
                                       .timeout = 5000};
}
