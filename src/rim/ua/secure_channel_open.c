/* SPDX-License-Identifier: MIT */
/* OPN of a secure channel: issue, renewal, tokens (OPC 10000-4 §5.6.2, OPC 10000-6 §6.7.4). */
#include "rim/ua/secure_channel_internal.h"

#include "util/log.h"

/* A token's lifetime beyond these is no lifetime. */
#define OSM_CHANNEL_LIFE_LEAST 100u
#define OSM_CHANNEL_LIFE_MOST (24u * 60 * 60 * 1000)

/* An OPN is one chunk (OPC 10000-6 §6.7.4): it cannot be cut to what the server takes. */
static bool check_request(struct osm_secure_channel *channel, const struct osm_opening *opening)
{
    uint32_t most = channel->ack.receive_bytes;

    if (osm_stack_error_is_set(&opening->error))
        *osm_channel_error(channel) = opening->error;
    else if (most && opening->chunk.length > most)
        osm_stack_error_set(osm_channel_error(channel), OSM_ORIGIN_HERE, OSM_FAULT_CONFIGURATION,
                            UA_STATUSCODE_BADREQUESTTOOLARGE,
                            "OPN has %zu bytes, and the server takes %u in a chunk: show it a "
                            "shorter chain of client certificates",
                            opening->chunk.length, most);
    else
        return true;
    return osm_channel_end(channel);
}

static void open_sealed(void *context)
{
    struct osm_secure_channel *channel = context;
    struct osm_opening *opening = channel->opening;
    struct osm_buf held = channel->held;

    channel->signing = false;
    osm_buf_init(&channel->held);
    /* The server's time begins now: how long the signature had to wait is not its fault. */
    osm_channel_arm(channel, channel->config.timeout);
    if (check_request(channel, opening) && osm_channel_put_bytes(channel, &opening->chunk) &&
        held.length)
        (void)osm_channel_put_bytes(channel, &held);
    osm_buf_deinit(&held);
    if (channel->opening) /* else it has ended */
        osm_opening_sent(channel->opening);
    if (channel->lingering)
        osm_channel_end_lingering(channel);
}

static uint32_t revised_lifetime(const struct osm_secure_channel *channel, uint32_t revised)
{
    if (revised >= OSM_CHANNEL_LIFE_LEAST && revised <= OSM_CHANNEL_LIFE_MOST)
        return revised;
    osm_log_warning(
        "The server gives secure channel %u a lifetime of %u ms: it is renewed as if it "
        "were the %u ms asked for",
        channel->id, revised, channel->config.lifetime);
    return channel->config.lifetime;
}

bool osm_channel_check_number(struct osm_secure_channel *channel, const char *type, uint32_t number)
{
    uint32_t last = channel->received_number;

    if (channel->any_received && number != last + 1 &&
        (last < UINT32_MAX - OSM_CHANNEL_WRAP || number >= OSM_CHANNEL_WRAP))
        return osm_channel_blame(
            channel, OSM_FAULT_PROTOCOL, UA_STATUSCODE_BADSEQUENCENUMBERINVALID,
            "%s response has sequence number %u, the one before %u", type, number, last);
    channel->any_received = true;
    channel->received_number = number;
    return true;
}

static bool check_opening(struct osm_secure_channel *channel, const struct osm_opening *opening)
{
    if (osm_stack_error_is_set(&opening->error)) {
        *osm_channel_error(channel) = opening->error;
        return osm_channel_end(channel);
    }
    if (!osm_channel_check_number(channel, "OPN", opening->response_sequence))
        return false;
    if (opening->response_request != opening->config.request_id)
        return osm_channel_blame(channel, OSM_FAULT_PROTOCOL, UA_STATUSCODE_BADSECURITYCHECKSFAILED,
                                 "OPN response answers request %u, asked was %u",
                                 opening->response_request, opening->config.request_id);
    if (!opening->token.channelId)
        return osm_channel_blame(channel, OSM_FAULT_PROTOCOL,
                                 UA_STATUSCODE_BADSECURECHANNELIDINVALID,
                                 "OPN response has the secure channel id 0, which is none");
    if (channel->id && opening->token.channelId != channel->id)
        return osm_channel_blame(channel, OSM_FAULT_PROTOCOL,
                                 UA_STATUSCODE_BADSECURECHANNELIDINVALID,
                                 "OPN response is for secure channel %u, ours is %u",
                                 opening->token.channelId, channel->id);
    /* Before there is a channel, some leave the header's id empty. */
    if (opening->response_channel != opening->token.channelId &&
        (channel->id || opening->response_channel))
        return osm_channel_blame(
            channel, OSM_FAULT_PROTOCOL, UA_STATUSCODE_BADSECURECHANNELIDINVALID,
            "OPN response has secure channel %u in its header, and %u in its token",
            opening->response_channel, opening->token.channelId);
    return true;
}

static void take_token(struct osm_secure_channel *channel, struct osm_opening *opening)
{
    osm_channel_drop_token(&channel->old);
    channel->old = channel->token;
    channel->token.id = opening->token.tokenId;
    channel->token.sending = osm_steal(opening->sending);
    channel->token.receiving = osm_steal(opening->receiving);
    channel->id = opening->token.channelId;
    channel->lifetime = revised_lifetime(channel, opening->token.revisedLifetime);
    channel->renewed_at = osm_clock_now(channel->stack->loop->clock);
    osm_channel_arm(channel, channel->lifetime / 4 * 3);
    if (channel->stage == OSM_CHANNEL_OPEN)
        osm_log_debug("secure channel %u: renewed for %u ms", channel->id, channel->lifetime);
}

static void open_unsealed(void *context)
{
    struct osm_secure_channel *channel = context;
    struct osm_opening *opening = osm_steal(channel->opening);
    bool was_inside = channel->inside, paused = channel->reading_open;

    channel->reading_open = false;
    channel->inside = true;
    if (check_opening(channel, opening)) {
        take_token(channel, opening);
        if (channel->stage == OSM_CHANNEL_OPENING) {
            osm_channel_set_stage(channel, OSM_CHANNEL_OPEN);
            channel->events->opened(channel->context);
        } else if (channel->events->renewed) {
            channel->events->renewed(channel->context, channel->id, channel->token.id,
                                     channel->lifetime);
        }
    }
    osm_opening_free(opening);
    channel->inside = was_inside;
    if (was_inside)
        return;
    if (!channel->freed && channel->transport && paused) {
        channel->transport->ops->pause(channel->transport, false);
        osm_framing_feed(&channel->framing, NULL, 0);
        osm_channel_read(channel);
        return;
    }
    if (channel->freed && !channel->lingering)
        osm_channel_destroy(channel);
}

void osm_channel_begin_open(struct osm_secure_channel *channel)
{
    const struct osm_opening_config config = {
        .policy = channel->config.policy,
        .mode = channel->config.mode,
        .own_key = channel->config.own_key,
        .own_chain = channel->config.own_chain,
        .remote_leaf = channel->config.remote_certificate,
        .renew = channel->stage == OSM_CHANNEL_OPEN,
        .channel_id = channel->id,
        .sequence_number = osm_channel_next_number(channel),
        .request_id = osm_channel_next_request_id(channel),
        .lifetime = channel->config.lifetime,
    };

    channel->opening =
        osm_opening_new(channel->stack, &config, open_sealed, open_unsealed, channel);
    channel->signing = true;
    osm_channel_arm(channel, channel->config.timeout);
    osm_opening_seal(channel->opening);
}
