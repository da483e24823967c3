/* SPDX-License-Identifier: MIT */
/* Calls over a channel on a scripted stream: answers, faults, aborts, limits, time, loss. */
#include "testing/testing_stack.h"

#include "rim/ua/calls.h"
#include "rim/ua/decoding.h"

struct seen {
    unsigned times;
    enum osm_call_outcome outcome;
    UA_StatusCode status;
    bool sent, has_response;
    size_t endpoints;
    struct osm_stack_error error;
};

struct world {
    struct test_stack test;
    struct osm_calls calls;
    struct seen seen[3];
};

static void on_chunk(void *context, uint32_t request_id, char final, const uint8_t *body,
                     size_t length)
{
    struct world *world = context;

    osm_calls_chunk(&world->calls, request_id, final, body, length);
}

static void on_opened(void *context)
{
    struct world *world = context;

    test_stack_opened(&world->test);
    osm_calls_attach(&world->calls, world->test.channel);
}

static void on_closed(void *context, const struct osm_stack_error *error)
{
    struct world *world = context;

    test_closed(&world->test, error);
    osm_calls_lose(&world->calls, error);
}

static const struct osm_channel_events events = {
    .opened = on_opened, .chunk = on_chunk, .closed = on_closed};

static void open_with(struct world *world, uint32_t receive, uint32_t message)
{
    struct osm_channel_config config = test_plain_config();

    test_stack_begin(&world->test, &config, &events, world);
    test_open_plain(&world->test, receive, message, 0);
}

static int setup(void **state)
{
    struct world *world = osm_alloc(sizeof(*world));

    test_stack_init(&world->test);
    osm_calls_init(&world->calls, &world->test.stack);
    *state = world;
    return 0;
}

static int teardown(void **state)
{
    struct world *world = *state;

    osm_calls_deinit(&world->calls);
    assert_int_equal(world->test.stack.receiving.used, 0);
    test_stack_deinit(&world->test);
    free(world);
    return 0;
}

static void done(void *context, const struct osm_call_result *result)
{
    struct seen *seen = context;
    const UA_GetEndpointsResponse *response = result->response;

    seen->times++;
    seen->outcome = result->outcome;
    seen->status = result->status;
    seen->sent = result->sent;
    seen->has_response = response;
    seen->endpoints = response ? response->endpointsSize : 0;
    if (result->error)
        seen->error = *result->error;
    assert_int_equal(result->outcome == OSM_CALL_ANSWERED, result->header != NULL);
}

static struct osm_call *ask(struct world *world, size_t slot, size_t url_length, osm_msec limit)
{
    const struct osm_call_time time = {limit, 4321};
    char *url = osm_alloc(url_length + 1);
    UA_GetEndpointsRequest request = {.endpointUrl = {url_length, (UA_Byte *)url}};
    struct osm_call *call;

    memset(url, 'u', url_length);
    call =
        osm_calls_start(&world->calls, &UA_TYPES[UA_TYPES_GETENDPOINTSREQUEST], &request,
                        &UA_TYPES[UA_TYPES_GETENDPOINTSRESPONSE], &time, done, &world->seen[slot]);
    free(url);
    return call;
}

/* The id of the request that was sent next. */
static uint32_t take_request(struct world *world)
{
    struct osm_buf message = {0};
    uint32_t id;

    test_sent(&world->test, "MSG", &message);
    id = osm_framing_u32((uint8_t *)message.data + 20);
    osm_buf_deinit(&message);
    return id;
}

static void say_structure(struct world *world, uint32_t id, const void *value, UA_UInt32 type)
{
    struct osm_buf body = {0};

    assert_int_equal(osm_message_encode(&body, &UA_TYPES[type], value), UA_STATUSCODE_GOOD);
    world->test.request_id = id;
    test_say_chunk(&world->test, "MSGF", body.data, body.length);
    osm_buf_deinit(&body);
}

static void say_endpoints(struct world *world, uint32_t id, size_t count)
{
    UA_EndpointDescription endpoints[3] = {0};
    UA_GetEndpointsResponse response = {.endpoints = endpoints, .endpointsSize = count};

    say_structure(world, id, &response, UA_TYPES_GETENDPOINTSRESPONSE);
}

static void say(struct world *world, uint32_t id, const char *type, const void *body, size_t length)
{
    world->test.request_id = id;
    test_say_chunk(&world->test, type, body, length);
}

/* --- answers ------------------------------------------------------------------------------- */

static void test_answers_find_their_requests(void **state)
{
    struct world *world = *state;
    struct osm_buf message = {0};
    uint32_t first, second;

    assert_null(ask(world, 0, 1, 0)); /* no channel */
    open_with(world, 65536, 0);
    assert_non_null(ask(world, 0, 1, 0));
    test_sent(&world->test, "MSGF", &message);
    first = osm_framing_u32((uint8_t *)message.data + 20);
    /* type id, null token, timestamp, handle, diagnostics, null audit id, hint */
    assert_int_equal(osm_framing_u32((uint8_t *)message.data + 24 + 4 + 2 + 8), first);
    assert_int_equal(osm_framing_u32((uint8_t *)message.data + 24 + 4 + 2 + 8 + 4 + 4 + 4), 4321);
    ask(world, 1, 1, 0);
    second = take_request(world);
    assert_int_not_equal(first, second);
    say_endpoints(world, second, 2);
    assert_int_equal(world->seen[0].times, 0);
    assert_int_equal(world->seen[1].times, 1);
    assert_int_equal(world->seen[1].outcome, OSM_CALL_ANSWERED);
    assert_int_equal(world->seen[1].endpoints, 2);
    say_endpoints(world, first, 3);
    assert_int_equal(world->seen[0].endpoints, 3);
    say_endpoints(world, first, 3); /* twice */
    assert_int_equal(world->seen[0].times, 1);
    assert_int_equal(world->calls.late, 1);
    assert_int_equal(osm_channel_stage(world->test.channel), OSM_CHANNEL_OPEN);
    osm_buf_deinit(&message);
}

static void test_faults_and_bad_results(void **state)
{
    struct world *world = *state;
    UA_ServiceFault fault = {
        .responseHeader = {.serviceResult = UA_STATUSCODE_BADUSERACCESSDENIED}};
    UA_GetEndpointsResponse bad = {
        .responseHeader = {.serviceResult = UA_STATUSCODE_BADTOOMANYOPERATIONS}};

    open_with(world, 65536, 0);
    ask(world, 0, 1, 0);
    say_structure(world, take_request(world), &fault, UA_TYPES_SERVICEFAULT);
    assert_int_equal(world->seen[0].status, UA_STATUSCODE_BADUSERACCESSDENIED);
    assert_int_equal(world->seen[0].outcome, OSM_CALL_ANSWERED);
    assert_false(world->seen[0].has_response);
    ask(world, 1, 1, 0);
    say_structure(world, take_request(world), &bad, UA_TYPES_GETENDPOINTSRESPONSE);
    assert_int_equal(world->seen[1].status, UA_STATUSCODE_BADTOOMANYOPERATIONS);
    assert_false(world->seen[1].has_response);
    fault.responseHeader.serviceResult = UA_STATUSCODE_GOOD;
    ask(world, 2, 1, 0);
    say_structure(world, take_request(world), &fault, UA_TYPES_SERVICEFAULT);
    assert_int_equal(world->seen[2].outcome, OSM_CALL_FAILED);
    assert_int_equal(world->seen[2].status, UA_STATUSCODE_BADUNKNOWNRESPONSE);
    assert_int_equal(world->seen[2].error.origin, OSM_ORIGIN_PEER);
    assert_string_equal(world->seen[2].error.text,
                        "The server answered with a ServiceFault that is none: 0x00000000 Good");
    assert_false(world->seen[2].has_response);
}

/* Clamped, uncertain, more to say: it is the answer all the same. */
static void test_results_that_are_not_just_good(void **state)
{
    static const UA_StatusCode results[] = {UA_STATUSCODE_GOODCLAMPED, 0x00000480,
                                            UA_STATUSCODE_UNCERTAIN};
    struct world *world = *state;

    open_with(world, 65536, 0);
    for (size_t i = 0; i < OSM_ARRAY_SIZE(results); i++) {
        UA_GetEndpointsResponse response = {.responseHeader = {.serviceResult = results[i]}};

        ask(world, i, 1, 0);
        say_structure(world, take_request(world), &response, UA_TYPES_GETENDPOINTSRESPONSE);
        assert_int_equal(world->seen[i].outcome, OSM_CALL_ANSWERED);
        assert_int_equal(world->seen[i].status, UA_STATUSCODE_GOOD);
        assert_true(world->seen[i].has_response);
    }
}

static void test_an_aborted_answer_costs_its_call_alone(void **state)
{
    struct world *world = *state;
    uint32_t id;

    open_with(world, 65536, 0);
    ask(world, 0, 1, 0);
    id = take_request(world);
    say(world, id, "MSGC", "begun", 5);
    assert_int_equal(world->test.stack.receiving.used, 5);
    say(world, id, "MSGA", "\0\0\xb9\x80\4\0\0\0full", 12);
    assert_int_equal(world->seen[0].outcome, OSM_CALL_FAILED);
    assert_int_equal(world->seen[0].status, 0x80b90000);
    assert_int_equal(world->seen[0].error.origin, OSM_ORIGIN_SERVER);
    assert_string_equal(world->seen[0].error.text,
                        "The server aborted its answer: 0x80B90000 BadResponseTooLarge: full");
    ask(world, 1, 1, 0);
    say(world, take_request(world), "MSGA", "\0\0\0\0\4\0\0\0fine", 12);
    assert_int_equal(world->seen[1].outcome, OSM_CALL_FAILED);
    assert_int_equal(world->seen[1].status, UA_STATUSCODE_BADUNKNOWNRESPONSE);
    assert_string_equal(world->seen[1].error.text,
                        "The server aborted its answer: 0x00000000 Good: fine");
    assert_int_equal(world->test.stack.receiving.used, 0);
    say(world, id, "MSGF", "late", 4);
    assert_int_equal(osm_channel_stage(world->test.channel), OSM_CHANNEL_OPEN);
}

static void test_an_undecodable_answer_costs_its_call_alone(void **state)
{
    struct world *world = *state;

    open_with(world, 65536, 0);
    ask(world, 0, 1, 0);
    say(world, take_request(world), "MSGF", "\1\0\xaf\1\0\0", 6); /* GetEndpointsResponse, cut */
    assert_int_equal(world->seen[0].outcome, OSM_CALL_FAILED);
    assert_int_equal(world->seen[0].status, UA_STATUSCODE_BADDECODINGERROR);
    assert_int_equal(world->seen[0].error.origin, OSM_ORIGIN_HERE);
    assert_string_equal(world->seen[0].error.text, "The server's GetEndpointsResponse cannot be "
                                                   "decoded: 0x80070000 BadDecodingError");
    assert_int_equal(osm_channel_stage(world->test.channel), OSM_CHANNEL_OPEN);
}

static void breaks(struct world *world, const char *type, const void *body, size_t length,
                   const char *text)
{
    struct seen *seen = &world->seen[0];

    osm_channel_free(osm_steal(world->test.channel));
    osm_buf_truncate(&world->test.script.out, 0);
    world->test.script.closed = false;
    world->test.closed = 0;
    *seen = (struct seen){0};
    open_with(world, 65536, 0);
    ask(world, 0, 1, 0);
    say(world, take_request(world), type, body, length);
    assert_int_equal(seen->times, 0);
    test_stack_until(&world->test, &world->test.closed, 1);
    assert_int_equal(seen->times, 1);
    assert_int_equal(seen->outcome, OSM_CALL_LOST);
    assert_int_equal(seen->error.origin, OSM_ORIGIN_PEER);
    assert_int_equal(seen->error.type, OSM_FAULT_PROTOCOL);
    assert_string_equal(seen->error.text, text);
}

static void test_odd_answers_end_the_channel(void **state)
{
    struct world *world = *state;

    breaks(world, "MSGF", "\3\0\0\0\0\0", 6, "The type of the server's answer cannot be decoded");
    breaks(world, "MSGF", "", 0, "The type of the server's answer cannot be decoded");
    breaks(world, "MSGF", "\1\1\xaf\1", 4, "The type of the server's answer cannot be decoded");
    breaks(world, "MSGF", "\1\0\x7a\2\0\0\0\0", 8,
           "The server's answer is not of the type that was asked for");
    breaks(world, "MSGC", "", 0, "An intermediate chunk of the server is empty");
    breaks(world, "MSGX", "x", 1, "A chunk of the server is of no known kind");
}

/* --- limits -------------------------------------------------------------------------------- */

static void test_too_large_a_request_costs_its_call_alone(void **state)
{
    struct world *world = *state;

    open_with(world, 8192, 1000);
    assert_non_null(ask(world, 0, 1000, 0));
    test_nothing_sent(&world->test);
    assert_int_equal(world->seen[0].times, 0);
    test_stack_until(&world->test, &world->seen[0].times, 1);
    assert_int_equal(world->seen[0].outcome, OSM_CALL_FAILED);
    assert_int_equal(world->seen[0].status, UA_STATUSCODE_BADREQUESTTOOLARGE);
    assert_int_equal(world->seen[0].error.origin, OSM_ORIGIN_HERE);
    assert_string_equal(world->seen[0].error.text,
                        "The request has 1045 bytes, and the server takes no more than 1000 "
                        "(BadRequestTooLarge)");
    assert_false(world->seen[0].sent);
    osm_calls_abandon(ask(world, 1, 1000, 0));
    ask(world, 2, 500, 0);
    say_endpoints(world, take_request(world), 1);
    assert_int_equal(world->seen[2].endpoints, 1);
    assert_int_equal(world->seen[1].times, 0);
}

static void test_too_large_an_answer_costs_its_call_alone(void **state)
{
    struct world *world = *state;
    uint32_t id, other;
    char body[60] = "";

    world->test.stack.limits.message_bytes = 150;
    open_with(world, 65536, 0);
    ask(world, 0, 1, 0);
    ask(world, 1, 1, 0);
    id = take_request(world);
    other = take_request(world);
    for (int i = 0; i < 3; i++)
        say(world, id, "MSGC", body, sizeof(body));
    say_endpoints(world, other, 1);
    assert_int_equal(world->seen[1].endpoints, 1);
    assert_int_equal(world->seen[0].times, 0);
    assert_int_equal(world->test.stack.receiving.used, 0);
    say(world, id, "MSGF", body, sizeof(body));
    assert_int_equal(world->seen[0].outcome, OSM_CALL_FAILED);
    assert_int_equal(world->seen[0].status, UA_STATUSCODE_BADRESPONSETOOLARGE);
    assert_int_equal(world->seen[0].error.origin, OSM_ORIGIN_HERE);
}

static void test_answer_of_too_many_chunks(void **state)
{
    struct world *world = *state;
    uint32_t id;

    open_with(world, 65536, 0);
    world->test.stack.limits.chunks = 2;
    ask(world, 0, 1, 0);
    id = take_request(world);
    say(world, id, "MSGC", "a", 1);
    say(world, id, "MSGC", "b", 1);
    say(world, id, "MSGF", "c", 1);
    assert_int_equal(world->seen[0].status, UA_STATUSCODE_BADRESPONSETOOLARGE);
    assert_string_equal(world->seen[0].error.text,
                        "The server's answer is larger than 16777216 bytes or has more than 2 "
                        "chunks: 0x80B90000 BadResponseTooLarge");
    assert_int_equal(osm_channel_stage(world->test.channel), OSM_CHANNEL_OPEN);
}

static void test_budget_over_all(void **state)
{
    struct world *world = *state;

    world->test.stack.receiving.limit = 4;
    open_with(world, 65536, 0);
    ask(world, 0, 1, 0);
    say(world, take_request(world), "MSGC", "12345", 5);
    test_stack_until(&world->test, &world->test.closed, 1);
    assert_int_equal(world->seen[0].outcome, OSM_CALL_LOST);
    assert_string_equal(world->seen[0].error.text,
                        "Answers of all servers together exceed 4 bytes: this one is given up");
}

/* --- large answers ------------------------------------------------------------------------- */

/* As many endpoints as it takes, in chunks of 64 KiB; without the last `cut` bytes. */
static void say_large(struct world *world, uint32_t id, size_t cut)
{
    UA_GetEndpointsResponse response = {.endpointsSize = 12000};
    struct osm_buf body = {0};
    size_t at = 0;

    response.endpoints =
        UA_Array_new(response.endpointsSize, &UA_TYPES[UA_TYPES_ENDPOINTDESCRIPTION]);
    assert_int_equal(osm_message_encode(&body, &UA_TYPES[UA_TYPES_GETENDPOINTSRESPONSE], &response),
                     UA_STATUSCODE_GOOD);
    UA_clear(&response, &UA_TYPES[UA_TYPES_GETENDPOINTSRESPONSE]);
    assert_true(body.length - cut > OSM_DECODING_LARGE);
    for (; body.length - cut - at > 65000; at += 65000)
        say(world, id, "MSGC", body.data + at, 65000);
    say(world, id, "MSGF", body.data + at, body.length - cut - at);
    osm_buf_deinit(&body);
}

static void work_off(struct world *world)
{
    while (test_loop_work_off(&world->test.loop))
        continue;
}

/* Decoded off the loop; what comes behind it waits, and both come in order. */
static void test_a_large_answer(void **state)
{
    struct world *world = *state;
    uint32_t id, next;

    open_with(world, 65536, 0);
    ask(world, 0, 1, 1000);
    id = take_request(world);
    ask(world, 1, 1, 0);
    next = take_request(world);
    say_large(world, id, 0);
    assert_int_equal(world->seen[0].times, 0);
    assert_true(world->test.script.paused);
    say_endpoints(world, next, 1);
    assert_int_equal(world->seen[1].times, 0);
    assert_true(test_loop_work_off(&world->test.loop));
    assert_int_equal(world->seen[0].times, 1);
    assert_int_equal(world->seen[0].endpoints, 12000);
    assert_int_equal(world->seen[1].times, 0);
    test_stack_until(&world->test, &world->seen[1].times, 1);
    assert_false(world->test.script.paused);
    work_off(world);
    assert_int_equal(world->test.stack.receiving.used, 0);
}

static void test_a_large_answer_that_is_odd(void **state)
{
    struct world *world = *state;

    open_with(world, 65536, 0);
    ask(world, 0, 1, 0);
    say_large(world, take_request(world), 7);
    assert_true(test_loop_work_off(&world->test.loop));
    assert_int_equal(world->seen[0].outcome, OSM_CALL_FAILED);
    assert_int_equal(world->seen[0].status, UA_STATUSCODE_BADDECODINGERROR);
    work_off(world);
}

/* Abandoned before and after a thread has begun; the channel reads on. */
static void test_a_large_answer_nobody_waits_for(void **state)
{
    struct world *world = *state;

    open_with(world, 65536, 0);
    for (size_t limit = 0; limit < 2; limit++) {
        struct osm_call *call = ask(world, 0, 1, 0);

        world->test.stack.jobs.limit = limit;
        say_large(world, take_request(world), 0);
        osm_calls_abandon(call);
        world->test.stack.jobs.limit = 1;
        ask(world, 1, 1, 0);
        test_stack_turn(&world->test);
        say_endpoints(world, take_request(world), 1);
        test_stack_until(&world->test, &world->seen[1].times, (unsigned)limit + 1);
        work_off(world);
    }
    assert_int_equal(world->seen[0].times, 0);
}

static void test_loss_while_a_large_answer_is_decoded(void **state)
{
    static const struct osm_stack_error cut = {OSM_ORIGIN_NETWORK, OSM_FAULT_CONNECTION, 0, "cut"};
    struct world *world = *state;

    open_with(world, 65536, 0);
    ask(world, 0, 1, 0);
    say_large(world, take_request(world), 0);
    world->test.script.closed = true;
    osm_channel_transport_events.closed(world->test.channel, &cut);
    while (!world->test.closed)
        assert_true(test_loop_fire(&world->test.loop, OSM_MSEC_NEVER));
    assert_int_equal(world->seen[0].outcome, OSM_CALL_LOST);
    work_off(world);
    assert_int_equal(world->seen[0].times, 1);
}

/* Who is told a large answer and keeps it, works on it off the loop. */
struct keeper {
    struct osm_ua_work work;
    struct world *world;
    const UA_GetEndpointsResponse *response;
    unsigned told, begun, done;
    size_t endpoints; /* counted off the loop */
};

static void keeper_begin(struct osm_ua_work *work)
{
    struct keeper *keeper = osm_container_of(work, struct keeper, work);

    assert_int_equal(keeper->told, 1);
    keeper->begun++;
}

static void keeper_run(struct osm_ua_work *work)
{
    struct keeper *keeper = osm_container_of(work, struct keeper, work);

    for (size_t i = 0; i < keeper->response->endpointsSize; i++)
        keeper->endpoints += keeper->response->endpoints[i].endpointUrl.length == 0;
}

static void keeper_done(struct osm_ua_work *work)
{
    osm_container_of(work, struct keeper, work)->done++;
}

static void keep(void *context, const struct osm_call_result *result)
{
    struct keeper *keeper = context;
    struct osm_stack *stack = &keeper->world->test.stack;

    keeper->told++;
    keeper->response = result->response;
    if (result->outcome != OSM_CALL_ANSWERED)
        return;
    assert_false(osm_decoding_is_large(stack, keeper)); /* another response */
    assert_true(osm_decoding_is_large(stack, result->response));
    osm_decoding_keep(stack, result->response, &keeper->work);
    assert_false(osm_decoding_is_large(stack, result->response)); /* it has work */
}

static void keep_one(struct world *world, struct keeper *keeper)
{
    const struct osm_call_time time = {0, 0};
    UA_GetEndpointsRequest request = {0};

    *keeper = (struct keeper){
        .work = {.begin = keeper_begin, .run = keeper_run, .done = keeper_done}, .world = world};
    assert_non_null(osm_calls_start(&world->calls, &UA_TYPES[UA_TYPES_GETENDPOINTSREQUEST],
                                    &request, &UA_TYPES[UA_TYPES_GETENDPOINTSRESPONSE], &time, keep,
                                    keeper));
}

/* It stays, and nothing else is read, until the work has been done. */
static void test_a_large_answer_that_is_kept(void **state)
{
    struct world *world = *state;
    struct keeper keeper;
    uint32_t id, next;

    open_with(world, 65536, 0);
    keep_one(world, &keeper);
    id = take_request(world);
    ask(world, 1, 1, 0);
    next = take_request(world);
    say_large(world, id, 0);
    assert_true(test_loop_work_off(&world->test.loop));
    assert_int_equal(keeper.begun, 1);
    say_endpoints(world, next, 1);
    assert_int_equal(keeper.done + world->seen[1].times, 0);
    assert_true(world->test.script.paused);
    assert_true(test_loop_work_off(&world->test.loop));
    assert_int_equal(keeper.done, 1);
    assert_int_equal(keeper.endpoints, 12000);
    test_stack_until(&world->test, &world->seen[1].times, 1);
    assert_false(world->test.script.paused);
    assert_false(osm_decoding_is_large(&world->test.stack, keeper.response));
    work_off(world);
}

/* Small ones are dealt with at once. */
static void test_a_small_answer_is_not_kept(void **state)
{
    struct world *world = *state;

    open_with(world, 65536, 0);
    ask(world, 0, 1, 0);
    say_endpoints(world, take_request(world), 1);
    assert_int_equal(world->seen[0].times, 1);
    assert_false(osm_decoding_is_large(&world->test.stack, NULL));
}

/* The channel may go meanwhile, and everything else of the connection. */
static void test_loss_while_a_large_answer_is_kept(void **state)
{
    static const struct osm_stack_error cut = {OSM_ORIGIN_NETWORK, OSM_FAULT_CONNECTION, 0, "cut"};
    struct world *world = *state;
    struct keeper keeper;

    open_with(world, 65536, 0);
    keep_one(world, &keeper);
    say_large(world, take_request(world), 0);
    assert_true(test_loop_work_off(&world->test.loop));
    world->test.script.closed = true;
    osm_channel_transport_events.closed(world->test.channel, &cut);
    while (!world->test.closed)
        assert_true(test_loop_fire(&world->test.loop, OSM_MSEC_NEVER));
    osm_channel_free(osm_steal(world->test.channel));
    assert_int_equal(keeper.done, 0);
    work_off(world);
    assert_int_equal(keeper.done, 1);
    assert_int_equal(keeper.told, 1);
}

/* --- answers that somebody takes ----------------------------------------------------------- */

struct taker {
    struct keeper keeper;
    struct osm_decoding *answer;
};

static void taker_done(struct osm_ua_work *work)
{
    struct taker *taker = osm_container_of(work, struct taker, keeper.work);

    taker->keeper.done++;
    if (!taker->answer)
        taker->answer = osm_decoding_take(&taker->keeper.world->test.stack, taker);
}

static void take_one(struct world *world, struct taker *taker)
{
    open_with(world, 65536, 0);
    *taker = (struct taker){.answer = NULL};
    keep_one(world, &taker->keeper);
    taker->keeper.work.done = taker_done;
    say_large(world, take_request(world), 0);
    assert_true(test_loop_work_off(&world->test.loop));
    assert_true(test_loop_work_off(&world->test.loop));
    assert_int_equal(taker->keeper.done, 1);
    assert_non_null(taker->answer);
}

/* The channel goes on, the answer stays; it is counted by who has taken it, and may be worked on.
 */
static void test_a_large_answer_that_is_taken(void **state)
{
    struct world *world = *state;
    struct taker taker;

    take_one(world, &taker);
    assert_int_equal(world->test.stack.receiving.used, 0);
    ask(world, 1, 1, 0);
    say_endpoints(world, take_request(world), 1);
    test_stack_until(&world->test, &world->seen[1].times, 1);
    assert_true(osm_decoding_is_large(&world->test.stack, &taker));
    assert_false(osm_decoding_is_large(&world->test.stack, taker.keeper.response));
    osm_decoding_keep(&world->test.stack, &taker, &taker.keeper.work);
    assert_false(osm_decoding_is_large(&world->test.stack, &taker));
    assert_int_equal(taker.keeper.begun, 1); /* not from inside */
    taker.keeper.endpoints = 0;
    osm_decoding_give_back(taker.answer); /* goes when the work is done */
    while (taker.keeper.done < 2)
        assert_true(test_loop_fire(&world->test.loop, OSM_MSEC_NEVER) ||
                    test_loop_work_off(&world->test.loop));
    assert_int_equal(taker.keeper.begun, 2);
    assert_int_equal(taker.keeper.endpoints, 12000);
    work_off(world);
}

/* The connection goes, the answer stays. */
static void test_loss_of_the_channel_of_a_taken_one(void **state)
{
    static const struct osm_stack_error cut = {OSM_ORIGIN_NETWORK, OSM_FAULT_CONNECTION, 0, "cut"};
    struct world *world = *state;
    struct taker taker;

    take_one(world, &taker);
    world->test.script.closed = true;
    osm_channel_transport_events.closed(world->test.channel, &cut);
    while (!world->test.closed)
        assert_true(test_loop_fire(&world->test.loop, OSM_MSEC_NEVER));
    osm_channel_free(osm_steal(world->test.channel));
    assert_int_equal(taker.keeper.response->endpointsSize, 12000);
    osm_decoding_give_back(taker.answer);
    work_off(world);
}

/* --- time, abandoning, loss ---------------------------------------------------------------- */

static void test_time_is_limited(void **state)
{
    struct world *world = *state;
    uint32_t id;

    open_with(world, 65536, 0);
    ask(world, 0, 1, 1);
    id = take_request(world);
    ask(world, 1, 1, 100000);
    ask(world, 2, 1, 0);
    world->test.script.written = world->test.script.queued;
    test_stack_until(&world->test, &world->seen[0].times, 1);
    assert_int_equal(world->seen[0].outcome, OSM_CALL_FAILED);
    assert_int_equal(world->seen[0].status, UA_STATUSCODE_BADTIMEOUT);
    assert_string_equal(world->seen[0].error.text, "Read timeout");
    assert_true(world->seen[0].sent);
    assert_int_equal(world->seen[1].times + world->seen[2].times, 0);
    say_endpoints(world, id, 1);
    assert_int_equal(world->seen[0].times, 1);
    assert_int_equal(world->calls.late, 1);
}

static void test_what_was_abandoned_is_not_stored(void **state)
{
    struct world *world = *state;
    struct osm_call *call;
    uint32_t id;

    open_with(world, 65536, 0);
    call = ask(world, 0, 1, 0);
    id = take_request(world);
    say(world, id, "MSGC", "abc", 3);
    osm_calls_abandon(call);
    osm_calls_abandon(NULL);
    assert_int_equal(world->test.stack.receiving.used, 0);
    say(world, id, "MSGC", "def", 3);
    assert_int_equal(world->test.stack.receiving.used, 0);
    say(world, id, "MSGF", "ghi", 3);
    assert_int_equal(world->calls.late, 1);
    assert_int_equal(world->calls.outstanding, 0);
    assert_int_equal(world->seen[0].times, 0);
}

static void test_loss_says_what_had_left(void **state)
{
    static const struct osm_stack_error cut = {OSM_ORIGIN_NETWORK, OSM_FAULT_CONNECTION, 0, "cut"};
    struct world *world = *state;

    open_with(world, 65536, 1500);
    ask(world, 0, 1, 0);
    world->test.script.written = world->test.script.queued;
    ask(world, 1, 1, 0);
    ask(world, 2, 2000, 0); /* too large; told before the loss, too */
    world->test.script.closed = true;
    osm_channel_transport_events.closed(world->test.channel, &cut);
    test_stack_until(&world->test, &world->test.closed, 1);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(world->seen[i].times, 1);
        assert_int_equal(world->seen[i].outcome, OSM_CALL_LOST);
        assert_string_equal(world->seen[i].error.text, "cut");
    }
    assert_true(world->seen[0].sent);
    assert_false(world->seen[1].sent);
    assert_int_equal(world->seen[2].times, 1);
    assert_int_equal(world->seen[2].status, UA_STATUSCODE_BADREQUESTTOOLARGE);
    assert_null(ask(world, 2, 1, 0));
}

#define test_case(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_case(test_answers_find_their_requests),
        test_case(test_faults_and_bad_results),
        test_case(test_results_that_are_not_just_good),
        test_case(test_an_aborted_answer_costs_its_call_alone),
        test_case(test_an_undecodable_answer_costs_its_call_alone),
        test_case(test_odd_answers_end_the_channel),
        test_case(test_too_large_a_request_costs_its_call_alone),
        test_case(test_too_large_an_answer_costs_its_call_alone),
        test_case(test_answer_of_too_many_chunks),
        test_case(test_budget_over_all),
        test_case(test_a_large_answer),
        test_case(test_a_large_answer_that_is_odd),
        test_case(test_a_large_answer_nobody_waits_for),
        test_case(test_loss_while_a_large_answer_is_decoded),
        test_case(test_a_large_answer_that_is_kept),
        test_case(test_a_small_answer_is_not_kept),
        test_case(test_loss_while_a_large_answer_is_kept),
        test_case(test_a_large_answer_that_is_taken),
        test_case(test_loss_of_the_channel_of_a_taken_one),
        test_case(test_time_is_limited),
        test_case(test_what_was_abandoned_is_not_stored),
        test_case(test_loss_says_what_had_left),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
