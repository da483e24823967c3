/* SPDX-License-Identifier: MIT */
#ifndef OSM_RIM_UA_SECURE_CHANNEL_H
#define OSM_RIM_UA_SECURE_CHANNEL_H
/*
 * A secure channel of a client (OPC 10000-6 §6.7.4–6.7.7, §7.1.3; OPC 10000-4 §5.6): HEL and ACK,
 * OPN issue and renew, chunks sealed and opened, CLO. One channel lives on one transport and is
 * never used again.
 *
 *   CONNECTING ─connected─▶ HELLO ─ACK─▶ OPENING ─OPN response─▶ OPEN ⇄ RENEWING
 *        any of them ── error, close ──▶ CLOSED
 *
 * Invariants: a chunk's body is handed on only after its signature has held and channel id, token
 * id and sequence number were right. Two tokens live at a time, the newer one is used for sending
 * as soon as it is there, the older one taken until the server uses the newer one. Private keys are
 * used in jobs only; while one works on a received OPN, no further chunk is read.
 * No event comes from inside a function of this file. Errors are told once.
 */
#include "rim/ua/framing.h"
#include "rim/ua/policy.h"
#include "rim/ua/transport.h"

struct osm_secure_channel;

enum osm_channel_stage { /* how far connecting came; part of what errors are worded by */
                         OSM_CHANNEL_CONNECTING,
                         OSM_CHANNEL_HELLO,
                         OSM_CHANNEL_OPENING,
                         OSM_CHANNEL_OPEN,
                         OSM_CHANNEL_CLOSED,
};

struct osm_channel_config {
    const char *url; /* of HEL; borrowed for the time of _new */
    const struct osm_policy *policy;
    UA_MessageSecurityMode mode;
    /* With a policy; keys are referenced (EVP_PKEY_up_ref), bytes copied. */
    EVP_PKEY *own_key;
    UA_ByteString own_chain;          /* DER, leaf first */
    UA_ByteString remote_certificate; /* DER of the server, chain or leaf: the leaf decides */
    uint32_t lifetime;                /* asked for, milliseconds */
    osm_msec timeout;                 /* for each answer while opening, and for a renewal */
};

struct osm_channel_events {
    void (*opened)(void *context);
    /* One chunk of an answer; final is 'C', 'F' or 'A' (abort). The body is behind the sequence
     * header, in place, gone after the event. */
    void (*chunk)(void *context, uint32_t request_id, char final, const uint8_t *body,
                  size_t length);
    /* It has a new token; may be NULL. */
    void (*renewed)(void *context, uint32_t channel, uint32_t token, uint32_t lifetime);
    /* It is open and about to be given up by us: what is sent now still leaves; may be NULL. */
    void (*parting)(void *context);
    /* It is CLOSED; the owner frees it. */
    void (*closed)(void *context, const struct osm_stack_error *error);
};

/* A channel that waits for a transport. */
struct osm_secure_channel *osm_channel_new(struct osm_stack *stack,
                                           const struct osm_channel_config *config,
                                           const struct osm_channel_events *events, void *context);
/* What the transport has to be made with. */
extern const struct osm_transport_events osm_channel_transport_events;
/* The transport, just made with the events above and the channel as context, becomes the
 * channel's. */
void osm_channel_start(struct osm_secure_channel *channel, struct osm_transport *transport);

/* Sends one message in as many chunks as it takes. body is the encoded request with its type id.
 *   Good                             queued; *sent_at is where in the stream it ends (see _left)
 *   BadRequestTooLarge               beyond what ACK allows, or 24 MiB; nothing was sent, the
 *                                    channel is well
 *   BadSecureChannelClosed           not open
 *   BadTcpNotEnoughResources         the server does not read: the channel is closed, told later */
UA_StatusCode osm_channel_send(struct osm_secure_channel *channel, uint32_t request_id,
                               const uint8_t *body, size_t length, uint64_t *sent_at);
/* A request id that was not in use for a long time; never 0. */
uint32_t osm_channel_next_request_id(struct osm_secure_channel *channel);
/* Whether everything up to there has left (or may have). Allowed inside closed. */
bool osm_channel_left(const struct osm_secure_channel *channel, uint64_t sent_at);

/* Whoever has a channel wait, one at a time; zeroed = nobody. */
struct osm_channel_hold {
    struct osm_secure_channel *channel; /* NULL: none, or it has gone meanwhile */
};
/* No further chunk is read, until it goes on at the end of the turn. Allowed inside events. */
void osm_channel_hold(struct osm_secure_channel *channel, struct osm_channel_hold *hold);
void osm_channel_go_on(struct osm_channel_hold *hold);
/* Gives it up for a reason of the owner's; closed follows. CLO is sent when it is open. */
void osm_channel_fail(struct osm_secure_channel *channel, const struct osm_stack_error *error);
/* CLO, and gone: no event follows. NULL is fine; allowed inside events. What was sent while a
 * renewal is being signed leaves behind it, if that takes no longer than three seconds. */
void osm_channel_free(struct osm_secure_channel *channel);

enum osm_channel_stage osm_channel_stage(const struct osm_secure_channel *channel);
uint32_t osm_channel_id(const struct osm_secure_channel *channel);
osm_msec osm_channel_renewed_at(const struct osm_secure_channel *channel);
uint32_t osm_channel_lifetime(const struct osm_secure_channel *channel); /* as used, ms */
const struct osm_policy *osm_channel_policy(const struct osm_secure_channel *channel);
UA_MessageSecurityMode osm_channel_mode(const struct osm_secure_channel *channel);
/* Chunks of service messages received: tells a slow answer from a dead server. A renewal is none:
 * it keeps no session alive. */
unsigned osm_channel_received(const struct osm_secure_channel *channel);
/* The longest request, whatever the server takes: a longer one could not be queued behind others
 * and would cost all callers the channel. */
#define OSM_CHANNEL_REQUEST_BYTES ((size_t)24 * 1024 * 1024)
/* The largest body (type id included) that the server takes; SIZE_MAX = no limit known. */
size_t osm_channel_room(const struct osm_secure_channel *channel);
/* The server has named a limit for bodies beside that of its ACK; 0 = it has not. */
void osm_channel_narrow(struct osm_secure_channel *channel, uint32_t bytes);

#endif
