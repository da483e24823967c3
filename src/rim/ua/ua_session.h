/* SPDX-License-Identifier: MIT */
#ifndef OSM_RIM_UA_UA_SESSION_H
#define OSM_RIM_UA_UA_SESSION_H
/*
 * A server's session as its client knows it (OPC 10000-4 §5.7): created and activated on a
 * channel, activated again on a later one, closed. One procedure runs at a time and ends with one
 * call of ended, or with none when the channel is lost meanwhile.
 *
 *   create    CreateSession ─▶ checks ─▶ proof (job) ─▶ ActivateSession
 *   activate                             proof (job) ─▶ ActivateSession
 *   close     CloseSession
 *
 * Signatures and secrets are made and checked in jobs (ua_session_proof.c).
 */
#include "rim/ua/calls.h"
#include "rim/ua/credentials.h"
#include "rim/ua/discovery.h"

struct osm_ua_proof;

/* What the procedures work with; the owner's, in place until the procedure has ended. */
struct osm_ua_session_setup {
    const char *url;
    UA_MessageSecurityMode mode;
    const struct osm_policy *policy; /* of the channel; NULL = None */
    struct osm_credentials *credentials;
    UA_UserTokenType user;
    UA_String policy_id;                   /* of the token */
    const struct osm_policy *token_policy; /* what secrets are sent under; NULL = as they are */
    const char *username, *password;
    osm_msec timeout;         /* for each answer */
    uint32_t session_timeout; /* asked for, milliseconds; 0 = OSM_SESSION_TIMEOUT_MS */
    uint8_t client_nonce[32]; /* set by CreateSession */
};

/* Whether activating takes more than being asked for: a signature, a secret. */
static inline bool osm_ua_session_proves(const struct osm_ua_session_setup *setup)
{
    return setup->policy || setup->user != UA_USERTOKENTYPE_ANONYMOUS;
}

enum osm_ua_session_verdict {
    OSM_UA_SESSION_READY,
    OSM_UA_SESSION_REFUSED, /* by the server, with a status */
    OSM_UA_SESSION_LATE,    /* no answer in time */
    OSM_UA_SESSION_BROKEN,  /* our own check, or the answer could not be read */
};

struct osm_ua_session_end {
    enum osm_ua_session_verdict verdict;
    bool activating; /* how far it came: ActivateSession had been reached */
    UA_StatusCode status;
    const struct osm_stack_error *error; /* not READY */
};

typedef void osm_ua_session_ended_fn(void *context, const struct osm_ua_session_end *end);

/* Zeroed = there is none. Everything else owned. */
struct osm_ua_session {
    UA_NodeId id;
    UA_NodeId token; /* the authentication token: null = no session */
    UA_ByteString server_nonce;
    UA_ByteString server_leaf;     /* shared */
    UA_EphemeralKeyType ephemeral; /* of ECC, for the next secret */
    uint32_t timeout;              /* revised, milliseconds; 0 = unknown */
    uint32_t request_bytes;        /* the largest request, said the server; 0 = nothing said */
    bool unsure; /* the answer to an activation was lost: it may be active, its nonce is unknown */
    bool told;   /* the owner's, not looked at here */

    /* the procedure that runs */
    struct osm_ua_session_setup *setup;
    struct osm_calls *calls;
    struct osm_call *call;
    struct osm_ua_proof *proof;
    bool creating, activating;
    bool give_up; /* when CreateSession is answered, nothing more is to be done (READY) */
    osm_ua_session_ended_fn *ended;
    void *context;
};

static inline bool osm_ua_session_exists(const struct osm_ua_session *session)
{
    return !UA_NodeId_isNull(&session->token);
}
/* Whether CreateSession is on its way: the server may have made one we do not know yet. */
static inline bool osm_ua_session_is_creating(const struct osm_ua_session *session)
{
    return session->creating && session->call;
}

void osm_ua_session_create(struct osm_ua_session *session, struct osm_calls *calls,
                           struct osm_ua_session_setup *setup, osm_ua_session_ended_fn *ended,
                           void *context);
void osm_ua_session_activate(struct osm_ua_session *session, struct osm_calls *calls,
                             struct osm_ua_session_setup *setup, osm_ua_session_ended_fn *ended,
                             void *context);
/* ended is called with READY, or LATE after limit; the session is forgotten at once. ended NULL:
 * sent, and nothing is waited for. */
void osm_ua_session_close(struct osm_ua_session *session, struct osm_calls *calls,
                          bool delete_subscriptions, osm_msec limit, osm_ua_session_ended_fn *ended,
                          void *context);
/* Ends the procedure without a word; the channel may be gone. An activation that has left makes the
 * session unsure. */
void osm_ua_session_stop(struct osm_ua_session *session);
/* There is none any more. */
void osm_ua_session_forget(struct osm_ua_session *session);

/* --- ua_session_proof.c -------------------------------------------------------------------- */

/* What ActivateSession needs, and whether CreateSession was answered by whom we think. */
struct osm_ua_proof {
    struct osm_job job;
    void (*told)(void *context, struct osm_ua_proof *proof);
    void *context; /* NULL = nobody waits any more */
    /* asked: keys are counted, bytes owned */
    const struct osm_policy *policy, *token_policy; /* NULL = None */
    EVP_PKEY *own_key, *user_key, *server_key;
    struct osm_buf signed_by_server; /* our certificate and nonce; empty = not to be checked */
    struct osm_buf server_signature;
    struct osm_buf to_sign; /* the server's certificate and nonce */
    size_t server_leaf;     /* of to_sign: the certificate */
    struct osm_buf secret;  /* the password */
    UA_ByteString server_nonce, own_leaf;
    UA_EphemeralKeyType ephemeral;
    /* found */
    struct osm_stack_error error;
    struct osm_buf signature, user_signature, sealed;
};

/* From the session and its setup; told and context are set by the caller. */
struct osm_ua_proof *osm_ua_proof_new(const struct osm_ua_session *session);
void osm_ua_proof_submit(struct osm_ua_proof *proof, struct osm_jobs *jobs);
/* Nobody waits for it any more: told is not called. NULL is fine. */
void osm_ua_proof_abandon(struct osm_ua_proof *proof);

#endif
