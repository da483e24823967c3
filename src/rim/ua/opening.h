/* SPDX-License-Identifier: MIT */
#ifndef OSM_RIM_UA_OPENING_H
#define OSM_RIM_UA_OPENING_H
/*
 * One exchange of OpenSecureChannel (OPC 10000-4 §5.6.2, OPC 10000-6 §6.7.4): the request being
 * made, the response being read. Both need private keys and run as jobs; everything they work on
 * stands in here, so that they outlive the channel they were for. Without a policy the same two
 * steps run where they are called.
 *
 * Life: osm_opening_new → osm_opening_seal → sealed() → the answer → osm_opening_unseal →
 * unsealed() → osm_opening_free. Freed in the middle of a job it stays until that is over, and
 * tells nothing; a job that has not begun is withdrawn.
 */
#include "rim/ua/policy.h"
#include "rim/ua/stack.h"
#include "rim/ua/stack_error.h"

/* What the request says. Keys and bytes are copied or referenced. */
struct osm_opening_config {
    const struct osm_policy *policy;
    UA_MessageSecurityMode mode;
    EVP_PKEY *own_key;
    UA_ByteString own_chain;
    UA_ByteString remote_leaf;
    bool renew;
    uint32_t channel_id; /* 0 = a new one */
    uint32_t sequence_number, request_id;
    uint32_t lifetime;
};

/* It and its copies are in an arena, as all that is there only while something is under way. */
struct osm_opening {
    struct osm_arena arena;
    struct osm_job job;
    struct osm_stack *stack;
    struct osm_opening_config config;
    void (*sealed)(void *context);
    void (*unsealed)(void *context);
    void *context; /* NULL: nobody waits */
    bool in_job, freed;
    EVP_PKEY *remote_key;
    struct osm_policy_nonce nonce;
    struct osm_buf chunk; /* the request, then the response */
    size_t header;
    /* of the response */
    uint32_t response_channel, response_sequence, response_request;
    UA_ChannelSecurityToken token;
    struct osm_policy_keys *sending, *receiving; /* taken by the channel */
    struct osm_stack_error error;
};

/* sealed and unsealed are told on the loop; with a policy None from inside _seal and _unseal. */
struct osm_opening *osm_opening_new(struct osm_stack *stack,
                                    const struct osm_opening_config *config,
                                    void (*sealed)(void *context), void (*unsealed)(void *context),
                                    void *context);
/* NULL is fine. */
void osm_opening_free(struct osm_opening *opening);

/* Makes the request: it stands in chunk when sealed is told, unless error is set. */
void osm_opening_seal(struct osm_opening *opening);
/* The request has been taken from chunk, whose memory does not wait for the response. */
void osm_opening_sent(struct osm_opening *opening);
/* Reads a response, header and all (the bytes are copied). Result: token, keys and the numbers of
 * the sequence header, or error. */
void osm_opening_unseal(struct osm_opening *opening, const uint8_t *chunk, size_t length);

#endif
