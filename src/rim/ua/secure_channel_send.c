/* SPDX-License-Identifier: MIT */
/* What a secure channel sends: messages cut into chunks, sealed (OPC 10000-6 §6.7.2, §6.7.3). */
#include "rim/ua/secure_channel_internal.h"

#include <string.h>

#include "rim/ua/message.h"

/* What may wait behind an OPN that is being signed: as much as behind a socket. */
#define OSM_CHANNEL_HELD_BYTES ((size_t)32 * 1024 * 1024)

/* A limit no service can be used with is a mistake. */
#define OSM_CHANNEL_LEAST_BODY 1024u

uint32_t osm_channel_next_number(struct osm_secure_channel *channel)
{
    if (!channel->config.policy->counts_from_zero && channel->sent > UINT32_MAX - OSM_CHANNEL_WRAP)
        channel->sent = 0;
    return ++channel->sent;
}

/* Bytes of bodies that fit into one chunk the server takes. */
static size_t chunk_room(const struct osm_secure_channel *channel)
{
    size_t most = channel->stack->limits.chunk_bytes;

    if (channel->ack.receive_bytes)
        most = OSM_MIN(most, channel->ack.receive_bytes);
    if (osm_channel_is_plain(channel))
        return most - OSM_CHANNEL_HEADER - OSM_FRAMING_SEQUENCE;
    return osm_policy_sym_room(channel->config.policy, channel->config.mode, OSM_CHANNEL_HEADER,
                               most) -
           OSM_FRAMING_SEQUENCE;
}

size_t osm_channel_room(const struct osm_secure_channel *channel)
{
    size_t room = SIZE_MAX, chunk = chunk_room(channel);

    if (channel->ack.message_bytes)
        room = channel->ack.message_bytes;
    if (channel->ack.chunks)
        room = OSM_MIN(room, channel->ack.chunks * chunk);
    return room;
}

void osm_channel_narrow(struct osm_secure_channel *channel, uint32_t bytes)
{
    if (bytes < OSM_CHANNEL_LEAST_BODY)
        return;
    if (!channel->ack.message_bytes || bytes < channel->ack.message_bytes)
        channel->ack.message_bytes = bytes;
}

static uint8_t *reserve(struct osm_secure_channel *channel, size_t size)
{
    if (channel->signing)
        return channel->held.length + size <= OSM_CHANNEL_HELD_BYTES
                   ? (uint8_t *)osm_buf_reserve(&channel->held, size)
                   : NULL;
    return channel->transport->ops->reserve(channel->transport, size);
}

static void commit(struct osm_secure_channel *channel, size_t size)
{
    if (channel->signing)
        osm_buf_commit(&channel->held, size);
    else
        channel->transport->ops->commit(channel->transport, size);
}

/* One chunk; false when the queue is full or the keys are worth nothing. */
static bool put_chunk(struct osm_secure_channel *channel, const char *type, uint32_t request_id,
                      const uint8_t *body, size_t length)
{
    struct osm_policy_count count = {channel->token.id, channel->sent};
    const struct osm_channel_config *config = &channel->config;
    size_t plain = OSM_FRAMING_SEQUENCE + length, size = OSM_CHANNEL_HEADER + plain;
    uint8_t *chunk;

    if (!osm_channel_is_plain(channel))
        size = osm_policy_sym_size(config->policy, config->mode, OSM_CHANNEL_HEADER, plain);
    chunk = reserve(channel, size);
    if (!chunk)
        return false;
    memcpy(chunk, type, 4);
    osm_framing_put_u32(chunk + 4, (uint32_t)size);
    osm_framing_put_u32(chunk + 8, channel->id);
    osm_framing_put_u32(chunk + 12, channel->token.id);
    osm_framing_put_u32(chunk + 16, osm_channel_next_number(channel));
    osm_framing_put_u32(chunk + 20, request_id);
    memcpy(chunk + 24, body, length);
    if (!osm_channel_is_plain(channel) &&
        !osm_policy_sym_seal(config->policy, config->mode, channel->token.sending, &count, chunk,
                             OSM_CHANNEL_HEADER, plain))
        return false;
    commit(channel, size);
    return true;
}

static bool put_message(struct osm_secure_channel *channel, const char *type, uint32_t request_id,
                        const uint8_t *body, size_t length)
{
    size_t room = chunk_room(channel);
    char head[4] = {type[0], type[1], type[2], 'C'};

    for (; length > room; body += room, length -= room)
        if (!put_chunk(channel, head, request_id, body, room))
            return false;
    head[3] = 'F';
    return put_chunk(channel, head, request_id, body, length);
}

UA_StatusCode osm_channel_send(struct osm_secure_channel *channel, uint32_t request_id,
                               const uint8_t *body, size_t length, uint64_t *sent_at)
{
    if (channel->stage != OSM_CHANNEL_OPEN)
        return UA_STATUSCODE_BADSECURECHANNELCLOSED;
    if (length > OSM_MIN(osm_channel_room(channel), OSM_CHANNEL_REQUEST_BYTES))
        return UA_STATUSCODE_BADREQUESTTOOLARGE;
    if (!put_message(channel, "MSG", request_id, body, length)) {
        osm_stack_error_set(osm_channel_error(channel), OSM_ORIGIN_HERE, OSM_FAULT_CONNECTION,
                            UA_STATUSCODE_BADTCPNOTENOUGHRESOURCES,
                            "Failed to send data: the server does not read what it is sent");
        osm_channel_end(channel);
        return UA_STATUSCODE_BADTCPNOTENOUGHRESOURCES;
    }
    /* What is held goes out behind an OPN of unknown length: rather too early than too late, so
     * that nothing is done twice. */
    *sent_at = channel->transport->ops->queued(channel->transport) + channel->held.length;
    return UA_STATUSCODE_GOOD;
}

uint32_t osm_channel_next_request_id(struct osm_secure_channel *channel)
{
    if (++channel->request_id == 0)
        channel->request_id = 1;
    return channel->request_id;
}

bool osm_channel_left(const struct osm_secure_channel *channel, uint64_t sent_at)
{
    const struct osm_transport *transport = channel->transport;

    return (transport ? transport->ops->written(transport) : channel->written) >= sent_at;
}

bool osm_channel_put_bytes(struct osm_secure_channel *channel, const struct osm_buf *bytes)
{
    uint8_t *room = channel->transport->ops->reserve(channel->transport, bytes->length);

    if (!room) {
        osm_stack_error_set(osm_channel_error(channel), OSM_ORIGIN_HERE, OSM_FAULT_CONNECTION,
                            UA_STATUSCODE_BADTCPNOTENOUGHRESOURCES, "Failed to send data");
        return osm_channel_end(channel);
    }
    memcpy(room, bytes->data, bytes->length);
    channel->transport->ops->commit(channel->transport, bytes->length);
    return true;
}

void osm_channel_say_goodbye(struct osm_secure_channel *channel)
{
    UA_CloseSecureChannelRequest request = {.requestHeader = {.timestamp = UA_DateTime_now()}};
    struct osm_buf body;

    if (channel->stage != OSM_CHANNEL_OPEN || !channel->transport)
        return;
    osm_buf_init(&body);
    if (osm_message_encode(&body, &UA_TYPES[UA_TYPES_CLOSESECURECHANNELREQUEST], &request) ==
        UA_STATUSCODE_GOOD)
        (void)put_message(channel, "CLO", osm_channel_next_request_id(channel),
                          (const uint8_t *)body.data, body.length);
    osm_buf_deinit(&body);
}
