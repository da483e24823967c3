/* SPDX-License-Identifier: MIT */
/* The life of a secure channel; see secure_channel.h and secure_channel_internal.h. */
#include "rim/ua/secure_channel_internal.h"

#include <string.h>

#include "rim/pki/cert.h"
#include "util/alloc.h"
#include "util/log.h"

/* How long a channel that nobody needs any more waits for the signature its goodbye stands behind.
 */
#define OSM_CHANNEL_GOODBYE ((osm_msec)3000)

struct osm_stack_error *osm_channel_error(struct osm_secure_channel *channel)
{
    if (!channel->error)
        channel->error = osm_alloc(sizeof(*channel->error));
    return channel->error;
}

/* --- life ---------------------------------------------------------------------------------- */

void osm_channel_arm(struct osm_secure_channel *channel, osm_msec delay)
{
    channel->stack->loop->ops->timer_start(channel->timer, delay);
}

static void disarm(struct osm_secure_channel *channel)
{
    channel->stack->loop->ops->timer_stop(channel->timer);
}

void osm_channel_drop_token(struct osm_channel_token *token)
{
    osm_policy_keys_free(token->sending);
    osm_policy_keys_free(token->receiving);
    *token = (struct osm_channel_token){0};
}

static void end_transport(struct osm_secure_channel *channel)
{
    struct osm_transport *transport = osm_steal(channel->transport);

    if (transport)
        channel->written = transport->ops->close(transport);
}

void osm_channel_set_stage(struct osm_secure_channel *channel, enum osm_channel_stage stage)
{
    static const char *const names[] = {"connecting", "hello", "opening", "open", "closed"};

    osm_log_debug("secure channel %u: %s -> %s%s%s", channel->id, names[channel->stage],
                  names[stage], channel->error ? ": " : "",
                  channel->error ? channel->error->text : "");
    channel->stage = stage;
}

static void tell_closed(struct osm_stack_later *later)
{
    struct osm_secure_channel *channel = osm_container_of(later, struct osm_secure_channel, later);

    channel->events->closed(channel->context, osm_channel_error(channel));
}

bool osm_channel_end(struct osm_secure_channel *channel)
{
    if (channel->stage == OSM_CHANNEL_CLOSED)
        return false;
    osm_channel_set_stage(channel, OSM_CHANNEL_CLOSED);
    disarm(channel);
    end_transport(channel);
    osm_opening_free(osm_steal(channel->opening));
    if (!channel->freed)
        osm_stack_defer(channel->stack, &channel->later);
    return false;
}

bool osm_channel_blame(struct osm_secure_channel *channel, enum osm_fault_type type,
                       UA_StatusCode status, const char *format, ...)
{
    char text[300];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    osm_stack_error_set(osm_channel_error(channel), OSM_ORIGIN_PEER, type, status, "%s", text);
    return osm_channel_end(channel);
}

static void timed_out(struct osm_secure_channel *channel)
{
    if (channel->stage == OSM_CHANNEL_OPEN)
        osm_stack_error_set(osm_channel_error(channel), OSM_ORIGIN_HERE, OSM_FAULT_CONNECTION,
                            UA_STATUSCODE_BADTIMEOUT,
                            OSM_FAULT_LATE ": the server did not renew the secure channel");
    else
        osm_stack_error_set(osm_channel_error(channel), OSM_ORIGIN_HERE, OSM_FAULT_CONNECTION,
                            UA_STATUSCODE_BADTIMEOUT, OSM_FAULT_LATE);
    osm_channel_end(channel);
}

void osm_channel_end_lingering(struct osm_secure_channel *channel)
{
    channel->lingering = false;
    osm_channel_end(channel);
    osm_channel_destroy(channel);
}

static void on_timer(void *context)
{
    struct osm_secure_channel *channel = context;

    if (channel->lingering)
        osm_channel_end_lingering(channel);
    else if (channel->stage == OSM_CHANNEL_OPEN && !channel->opening)
        osm_channel_begin_open(channel);
    else
        timed_out(channel);
}

struct osm_secure_channel *osm_channel_new(struct osm_stack *stack,
                                           const struct osm_channel_config *config,
                                           const struct osm_channel_events *events, void *context)
{
    struct osm_secure_channel *channel = osm_alloc(sizeof(*channel));
    UA_ByteString leaf = config->remote_certificate;

    leaf.length = osm_cert_der_leaf(leaf.data, leaf.length);
    channel->stack = stack;
    channel->events = events;
    channel->context = context;
    channel->config = *config;
    channel->config.url = osm_shared_text(&stack->shared, config->url);
    channel->config.own_chain = osm_shared_bytes_keep(&stack->shared, &config->own_chain);
    channel->config.remote_certificate = osm_shared_bytes_keep(&stack->shared, &leaf);
    if (config->own_key)
        EVP_PKEY_up_ref(config->own_key);
    channel->timer = osm_loop_timer(stack->loop, on_timer, channel);
    channel->later.run = tell_closed;
    channel->resume.run = osm_channel_resume;
    channel->lifetime = config->lifetime;
    channel->sent = config->policy->counts_from_zero ? UINT32_MAX : 0;
    osm_framing_init(&channel->framing, stack->limits.chunk_bytes, &stack->broken);
    return channel;
}

void osm_channel_start(struct osm_secure_channel *channel, struct osm_transport *transport)
{
    osm_assert(!channel->transport && channel->stage == OSM_CHANNEL_CONNECTING);
    channel->transport = transport;
}

void osm_channel_destroy(struct osm_secure_channel *channel)
{
    channel->stack->loop->ops->timer_free(channel->timer);
    osm_stack_undefer(channel->stack, &channel->later);
    osm_stack_undefer(channel->stack, &channel->resume);
    if (channel->holder)
        channel->holder->channel = NULL;
    osm_opening_free(channel->opening);
    osm_framing_deinit(&channel->framing);
    osm_buf_deinit(&channel->held);
    free(channel->error);
    osm_channel_drop_token(&channel->token);
    osm_channel_drop_token(&channel->old);
    EVP_PKEY_free(channel->config.own_key);
    osm_shared_bytes_drop(&channel->config.own_chain);
    osm_shared_bytes_drop(&channel->config.remote_certificate);
    osm_shared_drop(channel->config.url);
    free(channel);
}

void osm_channel_fail(struct osm_secure_channel *channel, const struct osm_stack_error *error)
{
    if (channel->stage == OSM_CHANNEL_OPEN && channel->events->parting && !channel->freed)
        channel->events->parting(channel->context);
    if (channel->stage == OSM_CHANNEL_CLOSED)
        return;
    osm_channel_say_goodbye(channel);
    *osm_channel_error(channel) = *error;
    osm_channel_end(channel);
}

void osm_channel_free(struct osm_secure_channel *channel)
{
    if (!channel || channel->freed)
        return;
    channel->freed = true;
    osm_channel_say_goodbye(channel);
    osm_stack_undefer(channel->stack, &channel->later);
    /* CloseSession, too, may stand behind the OPN that is being signed. */
    if (channel->stage == OSM_CHANNEL_OPEN && channel->transport && channel->signing) {
        channel->lingering = true;
        channel->transport->ops->pause(channel->transport, true);
        osm_channel_arm(channel, OSM_MIN(channel->config.timeout, OSM_CHANNEL_GOODBYE));
        return;
    }
    osm_channel_end(channel);
    if (!channel->inside)
        osm_channel_destroy(channel);
}

/* --- the transport ------------------------------------------------------------------------- */

static void on_connected(void *context)
{
    struct osm_secure_channel *channel = context;
    struct osm_buf hello;

    osm_buf_init(&hello);
    osm_framing_put_hello(&hello, &channel->stack->limits, channel->config.url);
    osm_channel_set_stage(channel, OSM_CHANNEL_HELLO);
    osm_channel_arm(channel, channel->config.timeout);
    (void)osm_channel_put_bytes(channel, &hello);
    osm_buf_deinit(&hello);
}

static void on_closed(void *context, const struct osm_stack_error *error)
{
    struct osm_secure_channel *channel = context;

    channel->written = channel->transport->ops->written(channel->transport);
    channel->transport = NULL;
    if (!channel->error)
        *osm_channel_error(channel) = *error;
    if (channel->lingering)
        osm_channel_end_lingering(channel);
    else
        osm_channel_end(channel);
}

const struct osm_transport_events osm_channel_transport_events = {
    .connected = on_connected, .bytes = osm_channel_on_bytes, .closed = on_closed};

/* --- what others may know ------------------------------------------------------------------ */

enum osm_channel_stage osm_channel_stage(const struct osm_secure_channel *channel)
{
    return channel->stage;
}

uint32_t osm_channel_id(const struct osm_secure_channel *channel)
{
    return channel->id;
}

osm_msec osm_channel_renewed_at(const struct osm_secure_channel *channel)
{
    return channel->renewed_at;
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
