/* SPDX-License-Identifier: MIT */
/*
 * See secure_channel.h. Received bytes are cut by framing.h and opened in place; what is asymmetric
 * is opening.h's. What is sent while an OPN request is being signed waits behind it, because its
 * sequence numbers are later ones.
 */
#include "rim/ua/secure_channel.h"

#include <string.h>

#include "port/status_code.h"
#include "rim/pki/cert.h"
#include "rim/ua/message.h"
#include "rim/ua/opening.h"
#include "util/alloc.h"
#include "util/log.h"

#define OSM_CHANNEL_HEADER ((size_t)16) /* message header, channel id, token id */
/* Sequence numbers begin anew within this distance of the largest one (OPC 10000-6 §6.7.2.4). */
#define OSM_CHANNEL_WRAP 1024u
/* What may wait behind an OPN that is being signed: as much as behind a socket. */
#define OSM_CHANNEL_HELD_BYTES ((size_t)32 * 1024 * 1024)
/* The longest request, whatever the server takes: a longer one could not be queued behind others
 * and would cost all callers the channel. */
#define OSM_CHANNEL_REQUEST_BYTES ((size_t)24 * 1024 * 1024)
/* How long a channel that nobody needs any more waits for the signature its goodbye stands behind.
 */
#define OSM_CHANNEL_GOODBYE ((osm_msec)3000)
/* A token's lifetime beyond these is no lifetime. */
#define OSM_CHANNEL_LIFE_LEAST 100u
#define OSM_CHANNEL_LIFE_MOST (24u * 60 * 60 * 1000)

struct token {
    uint32_t id; /* 0 = there is none */
    struct osm_policy_keys *sending, *receiving;
};

struct osm_secure_channel {
    struct osm_stack *stack;
    const struct osm_channel_events *events;
    void *context;
    struct osm_channel_config config; /* own copies */
    struct osm_transport *transport;  /* NULL once gone */
    uint64_t written;                 /* by the transport that is gone */
    struct osm_framing framing;
    struct osm_framing_ack ack;
    struct osm_timer *timer;
    struct osm_opening *opening; /* under way */
    struct osm_buf held;         /* sent behind the OPN that is being signed */
    struct token token, old;
    uint32_t id, lifetime;
    uint32_t sent, received_number; /* sequence numbers, the last ones */
    uint32_t request_id;
    unsigned received;
    enum osm_channel_stage stage;
    bool signing;      /* the OPN request is in its job */
    bool reading_open; /* the OPN response is: no chunk is read */
    bool on_hold;      /* the owner is busy: no chunk is read */
    bool any_received;
    bool inside, freed;           /* an event of ours is running; destroyed after it */
    bool lingering;               /* freed, and a goodbye waits behind the OPN being signed */
    struct osm_stack_later later; /* tells closed */
    struct osm_stack_later resume;
    struct osm_stack_error error;
};

static void begin_open(struct osm_secure_channel *channel);

/* --- life ---------------------------------------------------------------------------------- */

static void arm(struct osm_secure_channel *channel, osm_msec delay)
{
    channel->stack->loop->ops->timer_start(channel->timer, delay);
}

static void disarm(struct osm_secure_channel *channel)
{
    channel->stack->loop->ops->timer_stop(channel->timer);
}

static void drop_token(struct token *token)
{
    osm_policy_keys_free(token->sending);
    osm_policy_keys_free(token->receiving);
    *token = (struct token){0};
}

static void end_transport(struct osm_secure_channel *channel)
{
    struct osm_transport *transport = osm_steal(channel->transport);

    if (transport)
        channel->written = transport->ops->close(transport);
}

static void set_stage(struct osm_secure_channel *channel, enum osm_channel_stage stage)
{
    static const char *const names[] = {"connecting", "hello", "opening", "open", "closed"};

    osm_log_debug("secure channel %u: %s -> %s%s%s", channel->id, names[channel->stage],
                  names[stage], osm_stack_error_is_set(&channel->error) ? ": " : "",
                  channel->error.text);
    channel->stage = stage;
}

static void tell_closed(struct osm_stack_later *later)
{
    struct osm_secure_channel *channel = osm_container_of(later, struct osm_secure_channel, later);

    channel->events->closed(channel->context, &channel->error);
}

/* error is set: the channel ends, its owner hears of it soon. */
static void resume(struct osm_stack_later *later);

static bool end(struct osm_secure_channel *channel)
{
    if (channel->stage == OSM_CHANNEL_CLOSED)
        return false;
    set_stage(channel, OSM_CHANNEL_CLOSED);
    disarm(channel);
    end_transport(channel);
    osm_opening_free(osm_steal(channel->opening));
    if (!channel->freed)
        osm_stack_defer(channel->stack, &channel->later);
    return false;
}

static bool peer_error(struct osm_secure_channel *channel, enum osm_fault_type type,
                       UA_StatusCode status, const char *format, ...) OSM_PRINTF(4, 5);

static bool peer_error(struct osm_secure_channel *channel, enum osm_fault_type type,
                       UA_StatusCode status, const char *format, ...)
{
    char text[300];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    osm_stack_error_set(&channel->error, OSM_ORIGIN_PEER, type, status, "%s", text);
    return end(channel);
}

static void timed_out(struct osm_secure_channel *channel)
{
    if (channel->stage == OSM_CHANNEL_OPEN)
        osm_stack_error_set(&channel->error, OSM_ORIGIN_HERE, OSM_FAULT_CONNECTION,
                            UA_STATUSCODE_BADTIMEOUT,
                            OSM_FAULT_LATE ": the server did not renew the secure channel");
    else
        osm_stack_error_set(&channel->error, OSM_ORIGIN_HERE, OSM_FAULT_CONNECTION,
                            UA_STATUSCODE_BADTIMEOUT, OSM_FAULT_LATE);
    end(channel);
}

static void destroy(struct osm_secure_channel *channel);

/* The goodbye has been said, or cannot be. */
static void end_lingering(struct osm_secure_channel *channel)
{
    channel->lingering = false;
    end(channel);
    destroy(channel);
}

static void on_timer(void *context)
{
    struct osm_secure_channel *channel = context;

    if (channel->lingering)
        end_lingering(channel);
    else if (channel->stage == OSM_CHANNEL_OPEN && !channel->opening)
        begin_open(channel);
    else
        timed_out(channel);
}

static UA_ByteString copy_of(const UA_ByteString *bytes, size_t length)
{
    UA_ByteString copy = {length, osm_alloc(length + 1)};

    if (length)
        memcpy(copy.data, bytes->data, length);
    return copy;
}

struct osm_secure_channel *osm_channel_new(struct osm_stack *stack,
                                           const struct osm_channel_config *config,
                                           const struct osm_channel_events *events, void *context)
{
    struct osm_secure_channel *channel = osm_alloc(sizeof(*channel));

    channel->stack = stack;
    channel->events = events;
    channel->context = context;
    channel->config = *config;
    channel->config.url = osm_strdup(config->url);
    channel->config.own_chain = copy_of(&config->own_chain, config->own_chain.length);
    channel->config.remote_certificate =
        copy_of(&config->remote_certificate, osm_cert_der_leaf(config->remote_certificate.data,
                                                               config->remote_certificate.length));
    if (config->own_key)
        EVP_PKEY_up_ref(config->own_key);
    channel->timer = osm_loop_timer(stack->loop, on_timer, channel);
    channel->later.run = tell_closed;
    channel->resume.run = resume;
    channel->lifetime = config->lifetime;
    channel->sent = config->policy->counts_from_zero ? UINT32_MAX : 0;
    osm_framing_init(&channel->framing, stack->limits.chunk_bytes, &channel->error);
    return channel;
}

void osm_channel_start(struct osm_secure_channel *channel, struct osm_transport *transport)
{
    osm_assert(!channel->transport && channel->stage == OSM_CHANNEL_CONNECTING);
    channel->transport = transport;
}

static void destroy(struct osm_secure_channel *channel)
{
    channel->stack->loop->ops->timer_free(channel->timer);
    osm_stack_undefer(channel->stack, &channel->later);
    osm_stack_undefer(channel->stack, &channel->resume);
    osm_opening_free(channel->opening);
    osm_framing_deinit(&channel->framing);
    osm_buf_deinit(&channel->held);
    drop_token(&channel->token);
    drop_token(&channel->old);
    EVP_PKEY_free(channel->config.own_key);
    free(channel->config.own_chain.data);
    free(channel->config.remote_certificate.data);
    free((void *)(uintptr_t)channel->config.url);
    free(channel);
}

/* --- sending ------------------------------------------------------------------------------- */

static uint32_t next_number(struct osm_secure_channel *channel)
{
    if (!channel->config.policy->counts_from_zero && channel->sent > UINT32_MAX - OSM_CHANNEL_WRAP)
        channel->sent = 0;
    return ++channel->sent;
}

static bool is_plain(const struct osm_secure_channel *channel)
{
    return channel->config.policy->family == OSM_POLICY_FAMILY_NONE;
}

/* Bytes of bodies that fit into one chunk the server takes. */
static size_t chunk_room(const struct osm_secure_channel *channel)
{
    size_t most = channel->stack->limits.chunk_bytes;

    if (channel->ack.receive_bytes)
        most = OSM_MIN(most, channel->ack.receive_bytes);
    if (is_plain(channel))
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

    if (!is_plain(channel))
        size = osm_policy_sym_size(config->policy, config->mode, OSM_CHANNEL_HEADER, plain);
    chunk = reserve(channel, size);
    if (!chunk)
        return false;
    memcpy(chunk, type, 4);
    osm_framing_put_u32(chunk + 4, (uint32_t)size);
    osm_framing_put_u32(chunk + 8, channel->id);
    osm_framing_put_u32(chunk + 12, channel->token.id);
    osm_framing_put_u32(chunk + 16, next_number(channel));
    osm_framing_put_u32(chunk + 20, request_id);
    memcpy(chunk + 24, body, length);
    if (!is_plain(channel) &&
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
        osm_stack_error_set(&channel->error, OSM_ORIGIN_HERE, OSM_FAULT_CONNECTION,
                            UA_STATUSCODE_BADTCPNOTENOUGHRESOURCES,
                            "Failed to send data: the server does not read what it is sent");
        end(channel);
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

/* Puts bytes that are ready on the transport. */
static bool put_bytes(struct osm_secure_channel *channel, const struct osm_buf *bytes)
{
    uint8_t *room = channel->transport->ops->reserve(channel->transport, bytes->length);

    if (!room) {
        osm_stack_error_set(&channel->error, OSM_ORIGIN_HERE, OSM_FAULT_CONNECTION,
                            UA_STATUSCODE_BADTCPNOTENOUGHRESOURCES, "Failed to send data");
        return end(channel);
    }
    memcpy(room, bytes->data, bytes->length);
    channel->transport->ops->commit(channel->transport, bytes->length);
    return true;
}

static void say_goodbye(struct osm_secure_channel *channel)
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

void osm_channel_fail(struct osm_secure_channel *channel, const struct osm_stack_error *error)
{
    if (channel->stage == OSM_CHANNEL_CLOSED)
        return;
    say_goodbye(channel);
    channel->error = *error;
    end(channel);
}

void osm_channel_free(struct osm_secure_channel *channel)
{
    if (!channel || channel->freed)
        return;
    channel->freed = true;
    say_goodbye(channel);
    osm_stack_undefer(channel->stack, &channel->later);
    /* CloseSession, too, may stand behind the OPN that is being signed. */
    if (channel->stage == OSM_CHANNEL_OPEN && channel->transport && channel->signing) {
        channel->lingering = true;
        channel->transport->ops->pause(channel->transport, true);
        arm(channel, OSM_MIN(channel->config.timeout, OSM_CHANNEL_GOODBYE));
        return;
    }
    end(channel);
    if (!channel->inside)
        destroy(channel);
}

/* --- opening and renewing ------------------------------------------------------------------ */

/* An OPN is one chunk (OPC 10000-6 §6.7.4): it cannot be cut to what the server takes. */
static bool check_request(struct osm_secure_channel *channel, const struct osm_opening *opening)
{
    uint32_t most = channel->ack.receive_bytes;

    if (osm_stack_error_is_set(&opening->error))
        channel->error = opening->error;
    else if (most && opening->chunk.length > most)
        osm_stack_error_set(&channel->error, OSM_ORIGIN_HERE, OSM_FAULT_CONFIGURATION,
                            UA_STATUSCODE_BADREQUESTTOOLARGE,
                            "OPN has %zu bytes, and the server takes %u in a chunk: show it a "
                            "shorter chain of client certificates",
                            opening->chunk.length, most);
    else
        return true;
    return end(channel);
}

static void open_sealed(void *context)
{
    struct osm_secure_channel *channel = context;
    struct osm_opening *opening = channel->opening;
    struct osm_buf held = channel->held;

    channel->signing = false;
    osm_buf_init(&channel->held);
    /* The server's time begins now: how long the signature had to wait is not its fault. */
    arm(channel, channel->config.timeout);
    if (check_request(channel, opening) && put_bytes(channel, &opening->chunk) && held.length)
        (void)put_bytes(channel, &held);
    osm_buf_deinit(&held);
    if (channel->lingering)
        end_lingering(channel);
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

static bool check_number(struct osm_secure_channel *channel, const char *type, uint32_t number)
{
    uint32_t last = channel->received_number;

    if (channel->any_received && number != last + 1 &&
        (last < UINT32_MAX - OSM_CHANNEL_WRAP || number >= OSM_CHANNEL_WRAP))
        return peer_error(channel, OSM_FAULT_PROTOCOL, UA_STATUSCODE_BADSEQUENCENUMBERINVALID,
                          "%s response has sequence number %u, the one before %u", type, number,
                          last);
    channel->any_received = true;
    channel->received_number = number;
    return true;
}

static bool check_opening(struct osm_secure_channel *channel, const struct osm_opening *opening)
{
    if (osm_stack_error_is_set(&opening->error)) {
        channel->error = opening->error;
        return end(channel);
    }
    if (!check_number(channel, "OPN", opening->response_sequence))
        return false;
    if (opening->response_request != opening->config.request_id)
        return peer_error(channel, OSM_FAULT_PROTOCOL, UA_STATUSCODE_BADSECURITYCHECKSFAILED,
                          "OPN response answers request %u, asked was %u",
                          opening->response_request, opening->config.request_id);
    if (!opening->token.channelId || (channel->id && opening->token.channelId != channel->id))
        return peer_error(channel, OSM_FAULT_PROTOCOL, UA_STATUSCODE_BADSECURECHANNELIDINVALID,
                          "OPN response is for secure channel %u, ours is %u",
                          opening->token.channelId, channel->id);
    return true;
}

static void take_token(struct osm_secure_channel *channel, struct osm_opening *opening)
{
    drop_token(&channel->old);
    channel->old = channel->token;
    channel->token.id = opening->token.tokenId;
    channel->token.sending = osm_steal(opening->sending);
    channel->token.receiving = osm_steal(opening->receiving);
    channel->id = opening->token.channelId;
    channel->lifetime = revised_lifetime(channel, opening->token.revisedLifetime);
    arm(channel, channel->lifetime / 4 * 3);
    if (channel->stage == OSM_CHANNEL_OPEN)
        osm_log_debug("secure channel %u: renewed for %u ms", channel->id, channel->lifetime);
}

static void read_chunks(struct osm_secure_channel *channel);

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
            set_stage(channel, OSM_CHANNEL_OPEN);
            channel->events->opened(channel->context);
        }
    }
    osm_opening_free(opening);
    channel->inside = was_inside;
    if (was_inside)
        return;
    if (!channel->freed && channel->transport && paused) {
        channel->transport->ops->pause(channel->transport, false);
        osm_framing_feed(&channel->framing, NULL, 0);
        read_chunks(channel);
        return;
    }
    if (channel->freed && !channel->lingering)
        destroy(channel);
}

static void begin_open(struct osm_secure_channel *channel)
{
    const struct osm_opening_config config = {
        .policy = channel->config.policy,
        .mode = channel->config.mode,
        .own_key = channel->config.own_key,
        .own_chain = channel->config.own_chain,
        .remote_leaf = channel->config.remote_certificate,
        .renew = channel->stage == OSM_CHANNEL_OPEN,
        .channel_id = channel->id,
        .sequence_number = next_number(channel),
        .request_id = osm_channel_next_request_id(channel),
        .lifetime = channel->config.lifetime,
    };

    channel->opening =
        osm_opening_new(channel->stack, &config, open_sealed, open_unsealed, channel);
    channel->signing = true;
    arm(channel, channel->config.timeout);
    osm_opening_seal(channel->opening);
}

/* --- receiving ----------------------------------------------------------------------------- */

static bool unexpected(struct osm_secure_channel *channel, const uint8_t *chunk)
{
    static const char *const wanted[] = {
        [OSM_CHANNEL_HELLO] = "ACK", [OSM_CHANNEL_OPENING] = "OPN"};

    if (channel->stage == OSM_CHANNEL_OPEN)
        return peer_error(channel, OSM_FAULT_PROTOCOL, UA_STATUSCODE_BADTCPMESSAGETYPEINVALID,
                          "Unexpected message type: %.3s", (const char *)chunk);
    return peer_error(channel, OSM_FAULT_MESSAGE_TYPE, UA_STATUSCODE_BADTCPMESSAGETYPEINVALID,
                      "Expected %s response, got: %.3s", wanted[channel->stage],
                      (const char *)chunk);
}

static bool take_acknowledge(struct osm_secure_channel *channel, uint8_t *chunk, size_t length)
{
    if (channel->stage != OSM_CHANNEL_HELLO)
        return unexpected(channel, chunk);
    if (!osm_framing_parse_ack(chunk, length, &channel->ack, &channel->error))
        return end(channel);
    set_stage(channel, OSM_CHANNEL_OPENING);
    begin_open(channel);
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
        osm_stack_error_set(&channel->error, OSM_ORIGIN_SERVER, OSM_FAULT_HANDSHAKE, err.status,
                            "Server error during handshake: [%u] %.*s", err.status, size, reason);
    else if (channel->stage == OSM_CHANNEL_OPENING)
        osm_stack_error_set(&channel->error, OSM_ORIGIN_SERVER, OSM_FAULT_PROTOCOL, err.status,
                            "OPN rejected by server: 0x%08X \u2014 %.*s", err.status,
                            err.reason.length ? size : 300,
                            err.reason.length ? reason : UA_StatusCode_name(err.status));
    else
        osm_stack_error_set(&channel->error, OSM_ORIGIN_SERVER, OSM_FAULT_SERVICE, err.status,
                            "Server error 0x%08X: %.*s", err.status, size, reason);
    return end(channel);
}

static bool take_open(struct osm_secure_channel *channel, uint8_t *chunk, size_t length)
{
    if (channel->stage != OSM_CHANNEL_OPENING && channel->stage != OSM_CHANNEL_OPEN)
        return unexpected(channel, chunk);
    if (!channel->opening || channel->signing)
        return peer_error(channel, OSM_FAULT_PROTOCOL, UA_STATUSCODE_BADTCPMESSAGETYPEINVALID,
                          "OPN response without a request");
    if (chunk[3] != 'F')
        return peer_error(channel, OSM_FAULT_PROTOCOL, UA_STATUSCODE_BADTCPMESSAGETYPEINVALID,
                          "OPN response is cut into chunks");
    if (!is_plain(channel)) {
        channel->reading_open = true;
        arm(channel, channel->config.timeout); /* it has answered in time; now it is our turn */
        channel->transport->ops->pause(channel->transport, true);
    }
    osm_opening_unseal(channel->opening, chunk, length);
    return true;
}

static struct token *token_of(struct osm_secure_channel *channel, uint32_t id)
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
    struct token *token = token_of(channel, count.token_id);

    if (id != channel->id)
        return peer_error(channel, OSM_FAULT_PROTOCOL, UA_STATUSCODE_BADSECURECHANNELIDINVALID,
                          "%.3s response is for secure channel %u, ours is %u", (char *)chunk, id,
                          channel->id);
    if (!token)
        return peer_error(channel, OSM_FAULT_PROTOCOL, UA_STATUSCODE_BADSECURECHANNELTOKENUNKNOWN,
                          "%.3s response has the unknown security token %u", (char *)chunk,
                          count.token_id);
    *plain = length - OSM_CHANNEL_HEADER;
    if (!is_plain(channel) &&
        !osm_policy_sym_unseal(channel->config.policy, channel->config.mode, token->receiving,
                               &count, chunk, length, OSM_CHANNEL_HEADER, plain)) {
        osm_stack_error_set(&channel->error, OSM_ORIGIN_HERE, OSM_FAULT_SIGNATURE,
                            UA_STATUSCODE_BADSECURITYCHECKSFAILED,
                            "MSG response symmetric signature verification failed");
        return end(channel);
    }
    if (token == &channel->token)
        drop_token(&channel->old);
    return true;
}

static bool take_message(struct osm_secure_channel *channel, uint8_t *chunk, size_t length)
{
    uint32_t request_id;
    size_t plain = 0;

    if (channel->stage != OSM_CHANNEL_OPEN)
        return unexpected(channel, chunk);
    if (length < OSM_CHANNEL_HEADER + OSM_FRAMING_SEQUENCE)
        return peer_error(channel, OSM_FAULT_PROTOCOL, UA_STATUSCODE_BADTCPINTERNALERROR,
                          "Invalid message size: %zu", length);
    if (!unseal(channel, chunk, length, &plain))
        return false;
    if (plain < OSM_FRAMING_SEQUENCE)
        return peer_error(channel, OSM_FAULT_PROTOCOL, UA_STATUSCODE_BADTCPINTERNALERROR,
                          "MSG response ends before its sequence header");
    if (!check_number(channel, "MSG", osm_framing_u32(chunk + OSM_CHANNEL_HEADER)))
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
    osm_stack_error_set(&channel->error, OSM_ORIGIN_SERVER, OSM_FAULT_CONNECTION,
                        UA_STATUSCODE_BADSECURECHANNELCLOSED, "Connection closed by remote");
    return end(channel);
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

/* Reads what framing has been fed, as far as it may be read now. */
static void read_chunks(struct osm_secure_channel *channel)
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
        end(channel);
    if (channel->freed && !channel->lingering)
        destroy(channel);
}

void osm_channel_hold(struct osm_secure_channel *channel)
{
    channel->on_hold = true;
    if (channel->transport)
        channel->transport->ops->pause(channel->transport, true);
}

static void resume(struct osm_stack_later *later)
{
    struct osm_secure_channel *channel = osm_container_of(later, struct osm_secure_channel, resume);

    channel->on_hold = false;
    if (!channel->transport || channel->freed)
        return;
    channel->transport->ops->pause(channel->transport, false);
    osm_framing_feed(&channel->framing, NULL, 0);
    read_chunks(channel);
}

void osm_channel_go_on(struct osm_secure_channel *channel)
{
    osm_stack_defer(channel->stack, &channel->resume);
}

static void on_connected(void *context)
{
    struct osm_secure_channel *channel = context;
    struct osm_buf hello;

    osm_buf_init(&hello);
    osm_framing_put_hello(&hello, &channel->stack->limits, channel->config.url);
    set_stage(channel, OSM_CHANNEL_HELLO);
    arm(channel, channel->config.timeout);
    (void)put_bytes(channel, &hello);
    osm_buf_deinit(&hello);
}

static void on_bytes(void *context, uint8_t *data, size_t length)
{
    struct osm_secure_channel *channel = context;

    osm_framing_feed(&channel->framing, data, length);
    read_chunks(channel);
}

static void on_closed(void *context, const struct osm_stack_error *error)
{
    struct osm_secure_channel *channel = context;

    channel->written = channel->transport->ops->written(channel->transport);
    channel->transport = NULL;
    if (!osm_stack_error_is_set(&channel->error))
        channel->error = *error;
    if (channel->lingering)
        end_lingering(channel);
    else
        end(channel);
}

const struct osm_transport_events osm_channel_transport_events = {
    .connected = on_connected, .bytes = on_bytes, .closed = on_closed};

/* --- what others may know ------------------------------------------------------------------ */

enum osm_channel_stage osm_channel_stage(const struct osm_secure_channel *channel)
{
    return channel->stage;
}

uint32_t osm_channel_id(const struct osm_secure_channel *channel)
{
    return channel->id;
}

uint32_t osm_channel_lifetime(const struct osm_secure_channel *channel)
{
    return channel->lifetime;
}

const struct osm_policy *osm_channel_policy(const struct osm_secure_channel *channel)
{
    return channel->config.policy;
}

UA_MessageSecurityMode osm_channel_mode(const struct osm_secure_channel *channel)
{
    return channel->config.mode;
}

unsigned osm_channel_received(const struct osm_secure_channel *channel)
{
    return channel->received;
}

UA_ByteString osm_channel_remote_leaf(const struct osm_secure_channel *channel)
{
    return channel->config.remote_certificate;
}
