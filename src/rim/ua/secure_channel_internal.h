/* SPDX-License-Identifier: MIT */
#ifndef OSM_RIM_UA_SECURE_CHANNEL_INTERNAL_H
#define OSM_RIM_UA_SECURE_CHANNEL_INTERNAL_H
/*
 * A channel from the inside, for the files it is made of:
 *
 *   secure_channel.c          its life, what its transport and its timer tell
 *   secure_channel_open.c     OPN: issue and renew, tokens
 *   secure_channel_send.c     chunks out
 *   secure_channel_receive.c  chunks in
 *
 * Received bytes are cut by framing.h and opened in place; what is asymmetric is opening.h's. What
 * is sent while an OPN request is being signed waits behind it, because its sequence numbers are
 * later ones.
 */
#include "rim/ua/opening.h"
#include "rim/ua/secure_channel.h"

/* Sequence numbers begin anew within this distance of the largest one (OPC 10000-6 §6.7.2.4). */
#define OSM_CHANNEL_WRAP 1024u
#define OSM_CHANNEL_HEADER ((size_t)16) /* message header, channel id, token id */

struct osm_channel_token {
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
    struct osm_channel_token token, old;
    uint32_t id, lifetime;
    osm_msec renewed_at;
    uint32_t sent, received_number; /* sequence numbers, the last ones */
    uint32_t request_id;
    unsigned received;
    enum osm_channel_stage stage;
    bool signing;      /* the OPN request is in its job */
    bool reading_open; /* the OPN response is: no chunk is read */
    bool on_hold;      /* somebody is busy with what it has brought: no chunk is read */
    struct osm_channel_hold *holder;
    bool any_received;
    bool inside, freed;           /* an event of ours is running; destroyed after it */
    bool lingering;               /* freed, and a goodbye waits behind the OPN being signed */
    struct osm_stack_later later; /* tells closed */
    struct osm_stack_later resume;
    struct osm_stack_error *error; /* NULL = none yet */
};

static inline bool osm_channel_is_plain(const struct osm_secure_channel *channel)
{
    return channel->config.policy->family == OSM_POLICY_FAMILY_NONE;
}

/* secure_channel.c */
/* To be set, or looked at by those who know that there is one. */
struct osm_stack_error *osm_channel_error(struct osm_secure_channel *channel);
void osm_channel_arm(struct osm_secure_channel *channel, osm_msec delay);
void osm_channel_set_stage(struct osm_secure_channel *channel, enum osm_channel_stage stage);
void osm_channel_drop_token(struct osm_channel_token *token);
/* error is set: the channel ends, its owner hears of it soon. False. */
bool osm_channel_end(struct osm_secure_channel *channel);
/* The same for what the peer has done wrong. */
bool osm_channel_blame(struct osm_secure_channel *channel, enum osm_fault_type type,
                       UA_StatusCode status, const char *format, ...) OSM_PRINTF(4, 5);
void osm_channel_destroy(struct osm_secure_channel *channel);
/* The goodbye has been said, or cannot be. */
void osm_channel_end_lingering(struct osm_secure_channel *channel);

/* secure_channel_open.c */
void osm_channel_begin_open(struct osm_secure_channel *channel);
/* Whether a received sequence number follows; ends the channel if not. */
bool osm_channel_check_number(struct osm_secure_channel *channel, const char *type,
                              uint32_t number);

/* secure_channel_send.c */
uint32_t osm_channel_next_number(struct osm_secure_channel *channel);
/* Puts bytes that are ready on the transport. */
bool osm_channel_put_bytes(struct osm_secure_channel *channel, const struct osm_buf *bytes);
/* CLO, when it is open. */
void osm_channel_say_goodbye(struct osm_secure_channel *channel);

/* secure_channel_receive.c */
void osm_channel_on_bytes(void *context, uint8_t *data, size_t length);
/* Reads what framing has been fed, as far as it may be read now. */
void osm_channel_read(struct osm_secure_channel *channel);
void osm_channel_resume(struct osm_stack_later *later);

#endif
