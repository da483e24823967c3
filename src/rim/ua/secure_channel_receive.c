/* SPDX-License-Identifier: MIT */
/* What a secure channel receives: chunks by their kind, opened and checked (OPC 10000-6 §6.7.2). */
#include "rim/ua/secure_channel_internal.h"

#include <string.h>

#include "port/status_code.h"

static bool unexpected(struct osm_secure_channel *channel, const uint8_t *chunk)
{
    static const char *const wanted[] = {
        [OSM_CHANNEL_HELLO] = "ACK", [OSM_CHANNEL_OPENING] = "OPN"};

    if (channel->stage == OSM_CHANNEL_OPEN)
        return osm_channel_blame(channel, OSM_FAULT_PROTOCOL,
                                 UA_STATUSCODE_BADTCPMESSAGETYPEINVALID,
                                 "Unexpected message type: %.3s", (const char *)chunk);
    return osm_channel_blame(
        channel, OSM_FAULT_MESSAGE_TYPE, UA_STATUSCODE_BADTCPMESSAGETYPEINVALID,
        "Expected %s response, got: %.3s", wanted[channel->stage], (const char *)chunk);
}

/* framing.h has said what is wrong. */
static bool end_broken(struct osm_secure_channel *channel)
{
    *osm_channel_error(channel) = channel->stack->broken;
    channel->stack->broken = (struct osm_stack_error){0};
    return osm_channel_end(channel);
}

static bool take_acknowledge(struct osm_secure_channel *channel, uint8_t *chunk, size_t length)
{
    if (channel->stage != OSM_CHANNEL_HELLO)
        return unexpected(channel, chunk);
    if (!osm_framing_parse_ack(chunk, length, &channel->ack, &channel->stack->broken))
        return end_broken(channel);
    osm_channel_set_stage(channel, OSM_CHANNEL_OPENING);
    osm_channel_begin_open(channel);
    return true;
}

/* ERR (OPC 10000-6 §7.1.2.5): its name depends on what it answered. */
static bool take_error(struct osm_secure_channel *channel, uint8_t *chunk, size_t length)
{
    static const char unknown[] = "Unknown error";
    struct osm_framing_err err;
    const char *reason;
    int size;

    osm_framing_parse_err(chunk + OSM_FRAMING_HEADER, length - OSM_FRAMING_HEADER, &err);
    reason = err.reason.length ? (const char *)err.reason.data : unknown;
    size = err.reason.length ? (int)OSM_MIN(err.reason.length, (size_t)300) : (int)sizeof(unknown);
    if (channel->stage == OSM_CHANNEL_HELLO)
        osm_stack_error_set(osm_channel_error(channel), OSM_ORIGIN_SERVER, OSM_FAULT_HANDSHAKE,
                            err.status, "Server error during handshake: [%u] %.*s", err.status,
                            size, reason);
    else if (channel->stage == OSM_CHANNEL_OPENING)
        osm_stack_error_set(osm_channel_error(channel), OSM_ORIGIN_SERVER, OSM_FAULT_PROTOCOL,
                            err.status, "OPN rejected by server: 0x%08X \u2014 %.*s", err.status,
                            err.reason.length ? size : 300,
                            err.reason.length ? reason : UA_StatusCode_name(err.status));
    else
        osm_stack_error_set(osm_channel_error(channel), OSM_ORIGIN_SERVER, OSM_FAULT_SERVICE,
                            err.status, "Server error 0x%08X: %.*s", err.status, size, reason);
    return osm_channel_end(channel);
}

static bool take_open(struct osm_secure_channel *channel, uint8_t *chunk, size_t length)
{
    if (channel->stage != OSM_CHANNEL_OPENING && channel->stage != OSM_CHANNEL_OPEN)
        return unexpected(channel, chunk);
    if (!channel->opening || channel->signing)
        return osm_channel_blame(channel, OSM_FAULT_PROTOCOL,
                                 UA_STATUSCODE_BADTCPMESSAGETYPEINVALID,
                                 "OPN response without a request");
    if (chunk[3] != 'F')
        return osm_channel_blame(channel, OSM_FAULT_PROTOCOL,
                                 UA_STATUSCODE_BADTCPMESSAGETYPEINVALID,
                                 "OPN response is cut into chunks");
    if (!osm_channel_is_plain(channel)) {
        channel->reading_open = true;
        osm_channel_arm(channel,
                        channel->config.timeout); /* it has answered in time; now it is our turn */
        channel->transport->ops->pause(channel->transport, true);
    }
    osm_opening_unseal(channel->opening, chunk, length);
    return true;
}

static struct osm_channel_token *token_of(struct osm_secure_channel *channel, uint32_t id)
{
    if (id == channel->token.id)
        return &channel->token;
    return channel->old.id && id == channel->old.id ? &channel->old : NULL;
}

/* Opens one chunk in place; *plain bytes of plain part stand behind the header. */
static bool unseal(struct osm_secure_channel *channel, uint8_t *chunk, size_t length, size_t *plain)
{
    struct osm_policy_count count = {osm_framing_u32(chunk + 12), channel->received_number};
    uint32_t id = osm_framing_u32(chunk + 8);
    struct osm_channel_token *token = token_of(channel, count.token_id);

    if (id != channel->id)
        return osm_channel_blame(
            channel, OSM_FAULT_PROTOCOL, UA_STATUSCODE_BADSECURECHANNELIDINVALID,
            "%.3s response is for secure channel %u, ours is %u", (char *)chunk, id, channel->id);
    if (!token)
        return osm_channel_blame(
            channel, OSM_FAULT_PROTOCOL, UA_STATUSCODE_BADSECURECHANNELTOKENUNKNOWN,
            "%.3s response has the unknown security token %u", (char *)chunk, count.token_id);
    *plain = length - OSM_CHANNEL_HEADER;
    if (!osm_channel_is_plain(channel) &&
        !osm_policy_sym_unseal(channel->config.policy, channel->config.mode, token->receiving,
                               &count, chunk, length, OSM_CHANNEL_HEADER, plain)) {
        osm_stack_error_set(osm_channel_error(channel), OSM_ORIGIN_HERE, OSM_FAULT_SIGNATURE,
                            UA_STATUSCODE_BADSECURITYCHECKSFAILED,
                            "MSG response symmetric signature verification failed");
        return osm_channel_end(channel);
    }
    if (token == &channel->token)
        osm_channel_drop_token(&channel->old);
    return true;
}

static bool take_message(struct osm_secure_channel *channel, uint8_t *chunk, size_t length)
{
    uint32_t request_id;
    size_t plain = 0;

    if (channel->stage != OSM_CHANNEL_OPEN)
        return unexpected(channel, chunk);
    if (length < OSM_CHANNEL_HEADER + OSM_FRAMING_SEQUENCE)
        return osm_channel_blame(channel, OSM_FAULT_PROTOCOL, UA_STATUSCODE_BADTCPINTERNALERROR,
                                 "Invalid message size: %zu", length);
    if (!unseal(channel, chunk, length, &plain))
        return false;
    if (plain < OSM_FRAMING_SEQUENCE)
        return osm_channel_blame(channel, OSM_FAULT_PROTOCOL, UA_STATUSCODE_BADTCPINTERNALERROR,
                                 "MSG response ends before its sequence header");
    if (!osm_channel_check_number(channel, "MSG", osm_framing_u32(chunk + OSM_CHANNEL_HEADER)))
        return false;
    channel->received++;
    request_id = osm_framing_u32(chunk + OSM_CHANNEL_HEADER + 4);
    channel->events->chunk(channel->context, request_id, (char)chunk[3],
                           chunk + OSM_CHANNEL_HEADER + OSM_FRAMING_SEQUENCE,
                           plain - OSM_FRAMING_SEQUENCE);
    return true;
}

static bool take_close(struct osm_secure_channel *channel, uint8_t *chunk, size_t length)
{
    (void)chunk;
    (void)length;
    osm_stack_error_set(osm_channel_error(channel), OSM_ORIGIN_SERVER, OSM_FAULT_CONNECTION,
                        UA_STATUSCODE_BADSECURECHANNELCLOSED, "Connection closed by remote");
    return osm_channel_end(channel);
}

static bool take_stray(struct osm_secure_channel *channel, uint8_t *chunk, size_t length)
{
    (void)length;
    return unexpected(channel, chunk);
}

static void take_chunk(struct osm_secure_channel *channel, uint8_t *chunk, size_t length)
{
    static const struct {
        char type[4];
        bool (*take)(struct osm_secure_channel *channel, uint8_t *chunk, size_t length);
    } kinds[] = {{"MSG", take_message}, {"OPN", take_open},  {"ACK", take_acknowledge},
                 {"ERR", take_error},   {"CLO", take_close}, {"RHE", take_stray}};

    for (size_t i = 0; i < OSM_ARRAY_SIZE(kinds); i++)
        if (memcmp(chunk, kinds[i].type, 3) == 0) {
            (void)!kinds[i].take(channel, chunk, length);
            return;
        }
}

static bool may_read(const struct osm_secure_channel *channel)
{
    return channel->stage != OSM_CHANNEL_CLOSED && !channel->reading_open && !channel->on_hold &&
           !channel->freed;
}

void osm_channel_read(struct osm_secure_channel *channel)
{
    enum osm_framing_verdict verdict = OSM_FRAMING_MORE;
    uint8_t *chunk;
    size_t length;

    channel->inside = true;
    while (may_read(channel)) {
        verdict = osm_framing_next(&channel->framing, &chunk, &length);
        if (verdict != OSM_FRAMING_CHUNK)
            break;
        take_chunk(channel, chunk, length);
    }
    channel->inside = false;
    osm_framing_keep(&channel->framing);
    if (verdict == OSM_FRAMING_BROKEN)
        end_broken(channel);
    if (channel->freed && !channel->lingering)
        osm_channel_destroy(channel);
}

void osm_channel_hold(struct osm_secure_channel *channel, struct osm_channel_hold *hold)
{
    osm_assert(!channel->holder);
    hold->channel = channel;
    channel->holder = hold;
    channel->on_hold = true;
    if (channel->transport)
        channel->transport->ops->pause(channel->transport, true);
}

void osm_channel_resume(struct osm_stack_later *later)
{
    struct osm_secure_channel *channel = osm_container_of(later, struct osm_secure_channel, resume);

    channel->on_hold = false;
    if (!channel->transport || channel->freed)
        return;
    channel->transport->ops->pause(channel->transport, false);
    osm_framing_feed(&channel->framing, NULL, 0);
    osm_channel_read(channel);
}

void osm_channel_go_on(struct osm_channel_hold *hold)
{
    struct osm_secure_channel *channel = osm_steal(hold->channel);

    if (!channel)
        return;
    channel->holder = NULL;
    osm_stack_defer(channel->stack, &channel->resume);
}

void osm_channel_on_bytes(void *context, uint8_t *data, size_t length)
{
    struct osm_secure_channel *channel = context;

    osm_framing_feed(&channel->framing, data, length);
    osm_channel_read(channel);
}
