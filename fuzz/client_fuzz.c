/* SPDX-License-Identifier: MIT */
/*
 * A whole client against a byte stream: what the server says comes from the input, in pieces, from
 * its ACK on; the client opens a channel, asks, gives up, is told. Whatever comes, every call is
 * answered once or abandoned, the channel ends once, and the budget is given back. Timers fire only
 * when they were set to 0, so that every run is the same.
 */
#include <string.h>

#include "fuzz.h"
#include "rim/ua/calls.h"
#include "util/alloc.h"

#define CALLS 4

struct osm_timer {
    osm_timer_fn *fire;
    void *context;
    bool due;
};

struct client {
    struct osm_timer *soon; /* the one of the stack */
    struct osm_transport transport;
    struct osm_buf out;
    bool ended, told;
    struct osm_stack stack;
    struct osm_calls calls;
    struct osm_secure_channel *channel;
    struct osm_call *pending[CALLS];
    unsigned answers[CALLS];
};

struct slot {
    struct client *client;
    size_t number;
};

/* --- a loop without time ------------------------------------------------------------------- */

static struct osm_timer *timer_new(void *loop, osm_timer_fn *fire, void *context)
{
    struct client *client = loop;
    struct osm_timer *timer = osm_alloc(sizeof(*timer));

    *timer = (struct osm_timer){fire, context, false};
    if (!client->soon)
        client->soon = timer;
    return timer;
}

static void timer_start(struct osm_timer *timer, osm_msec delay)
{
    timer->due = delay == 0;
}

static void timer_stop(struct osm_timer *timer)
{
    timer->due = false;
}

static void timer_free(struct osm_timer *timer)
{
    free(timer);
}

static void work(void *loop, void (*run)(void *), void (*done)(void *), void *context)
{
    (void)loop;
    run(context);
    done(context);
}

static const struct osm_loop_ops loop_ops = {timer_new, timer_start, timer_stop, timer_free, work};

/* --- a stream nobody reads ----------------------------------------------------------------- */

static struct client *client_of(const struct osm_transport *transport)
{
    return osm_container_of((struct osm_transport *)(uintptr_t)transport, struct client, transport);
}

static uint8_t *reserve(struct osm_transport *transport, size_t length)
{
    osm_buf_truncate(&client_of(transport)->out, 0);
    return (uint8_t *)osm_buf_reserve(&client_of(transport)->out, length);
}

static void commit(struct osm_transport *transport, size_t length)
{
    osm_assert(!client_of(transport)->ended && length >= OSM_FRAMING_HEADER);
}

static void pause_stream(struct osm_transport *transport, bool paused)
{
    (void)transport;
    (void)paused;
}

static uint64_t close_stream(struct osm_transport *transport)
{
    osm_assert(!client_of(transport)->ended);
    client_of(transport)->ended = true;
    return 0;
}

static uint64_t count(const struct osm_transport *transport)
{
    (void)transport;
    return 0;
}

static const struct osm_transport_ops transport_ops = {reserve,      commit, pause_stream,
                                                       close_stream, count,  count};

/* --- the client ---------------------------------------------------------------------------- */

static const UA_DataType *response_type(size_t number)
{
    return &UA_TYPES[number & 1 ? UA_TYPES_PUBLISHRESPONSE : UA_TYPES_READRESPONSE];
}

static void answered(void *context, const struct osm_call_result *result)
{
    struct slot *slot = context;

    osm_assert(slot->client->pending[slot->number]);
    slot->client->answers[slot->number]++;
    osm_assert(slot->client->answers[slot->number] == 1);
    osm_assert((result->outcome == OSM_CALL_ANSWERED) == (result->header != NULL));
    osm_assert(result->outcome == OSM_CALL_ANSWERED || result->error);
    slot->client->pending[slot->number] = NULL;
    /* Everything in it can be read. */
    if (result->response)
        osm_assert(UA_calcSizeBinary(result->response, response_type(slot->number)) > 0);
}

static struct slot slots[CALLS];

static void ask(struct client *client, size_t number)
{
    const struct osm_call_time time = {0, 1000};
    UA_ReadRequest read = {.maxAge = 0};
    UA_PublishRequest publish = {.subscriptionAcknowledgementsSize = 0};
    bool odd = number & 1;

    slots[number] = (struct slot){client, number};
    client->pending[number] = osm_calls_start(
        &client->calls, &UA_TYPES[odd ? UA_TYPES_PUBLISHREQUEST : UA_TYPES_READREQUEST],
        odd ? (void *)&publish : (void *)&read, response_type(number), &time, answered,
        &slots[number]);
}

static void opened(void *context)
{
    struct client *client = context;

    osm_calls_attach(&client->calls, client->channel);
    for (size_t i = 0; i < CALLS; i++)
        ask(client, i);
    osm_calls_abandon(osm_steal(client->pending[CALLS - 1]));
}

static void chunk(void *context, uint32_t request_id, char final, const uint8_t *body,
                  size_t length)
{
    struct client *client = context;

    osm_calls_chunk(&client->calls, request_id, final, body, length);
}

static void closed(void *context, const struct osm_stack_error *error)
{
    struct client *client = context;

    osm_assert(!client->told && client->ended && osm_stack_error_is_set(error) && error->text[0]);
    client->told = true;
    osm_calls_lose(&client->calls, error);
    for (size_t i = 0; i < CALLS; i++)
        osm_assert(!client->pending[i]);
}

static const struct osm_channel_events channel_events = {
    .opened = opened, .chunk = chunk, .closed = closed};

static void turn(struct client *client)
{
    while (client->soon->due) {
        client->soon->due = false;
        client->soon->fire(client->soon->context);
    }
}

static void feed(struct client *client, const uint8_t *data, size_t size, size_t piece)
{
    for (size_t at = 0; at < size && !client->ended; at += piece) {
        size_t part = OSM_MIN(piece, size - at);
        _cleanup_(osm_freep) uint8_t *copy = osm_alloc(part);

        memcpy(copy, data + at, part);
        osm_channel_transport_events.bytes(client->channel, copy, part);
        turn(client);
        osm_assert(client->stack.receiving.used <= client->stack.receiving.limit);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct client client = {.transport = {&transport_ops, &osm_channel_transport_events, NULL}};
    const struct osm_loop loop = {&loop_ops, &client, osm_clock_system()};
    const struct osm_channel_config config = {.url = "opc.tcp://plant:4840",
                                              .policy = osm_policy_find("", 0),
                                              .mode = UA_MESSAGESECURITYMODE_NONE,
                                              .lifetime = 3600000,
                                              .timeout = 1000};

    if (size < 1 || size > 65536)
        return 0;
    osm_stack_init(&client.stack, &loop);
    client.stack.limits = (struct osm_stack_limits){8192, 4096, 8};
    client.stack.receiving.limit = 6000;
    osm_calls_init(&client.calls, &client.stack);
    client.channel = osm_channel_new(&client.stack, &config, &channel_events, &client);
    client.transport.context = client.channel;
    osm_channel_start(client.channel, &client.transport);
    osm_channel_transport_events.connected(client.channel);
    feed(&client, data + 1, size - 1, 1u + data[0]);
    osm_assert(client.ended == client.told);
    osm_channel_free(client.channel);
    osm_calls_deinit(&client.calls);
    osm_stack_deinit(&client.stack);
    osm_buf_deinit(&client.out);
    return 0;
}
