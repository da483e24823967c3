/* SPDX-License-Identifier: MIT */
#ifndef OSM_RIM_UA_SESSION_STATE_H
#define OSM_RIM_UA_SESSION_STATE_H
/*
 * What it takes to activate a server's session on a new channel (OPC 10000-4 §5.7.3), as bytes: for
 * another process, or for this one after a restart. Who has them, and the client's key or the
 * user's password, has the session: they are a secret, and not sealed here.
 */
#include <open62541/types_generated.h>

#include "util/arena.h"
#include "util/buf.h"
#include "util/macros.h"

struct osm_session_state {
    UA_String policy_uri;    /* of the channel it was made on */
    uint32_t mode;           /* UA_MessageSecurityMode */
    UA_NodeId id, token;     /* sessionId, authenticationToken */
    UA_ByteString nonce;     /* the server's last one: what is signed or encrypted next */
    UA_ByteString leaf;      /* the server's certificate */
    UA_ByteString ephemeral; /* its key for the next secret, with ECC; else null */
    UA_ByteString ephemeral_signature;
    uint32_t timeout; /* revised, milliseconds */
    bool unsure;      /* the answer to an activation was lost */
};

/* Appends it. */
void osm_session_state_write(const struct osm_session_state *state, struct osm_buf *out);
/* False when the bytes are none of ours. Ids and texts are views into them, or in the arena. */
OSM_MUST_CHECK bool osm_session_state_read(const void *bytes, size_t length,
                                           struct osm_arena *arena,
                                           struct osm_session_state *state);

#endif
