/* SPDX-License-Identifier: MIT */
#ifndef OSM_PORT_UA_OPS_H
#define OSM_PORT_UA_OPS_H
/*
 * What the core asks of OPC UA: connections that are opened, used and lost asynchronously. The
 * daemon gives it the client of src/rim/ua, tests a scripted server.
 *
 * A connection is one secure channel with one session on it (OPC 10000-4 §5.5, §5.6). It is
 * created idle, connects on request, and may be connected again after a loss: the same server
 * session is then re-activated on a new channel if the server still knows it.
 *
 * Rules of the road
 *  - No event and no call result is delivered from inside conn_new, conn_connect, conn_close or
 *    call. Everything arrives later, on the loop, never nested in another event.
 *  - conn_connect is answered by exactly one of connected or failed.
 *  - After connected, a loss is told exactly once by lost. All calls outstanding then have been
 *    answered with OSM_UA_LOST before.
 *  - Every call is answered exactly once, unless it was abandoned.
 */
#include <stdbool.h>
#include <stdint.h>

#include <open62541/types_generated.h>

#include "util/clock.h"
#include "util/fault.h"

struct osm_ua;        /* the rim */
struct osm_ua_conn;   /* one connection */
struct osm_ua_call;   /* one outstanding service call */
struct osm_ua_answer; /* a large answer that stays */

/* How to connect. Texts are borrowed for the time of conn_new; NULL = absent. */
struct osm_ua_params {
    const char *endpoint_url;        /* as the caller gave it */
    osm_msec timeout;                /* for each answer of the server while connecting */
    const char *security_policy_uri; /* NULL = None */
    int security_mode;               /* 1 None, 2 Sign, 3 SignAndEncrypt */
    const char *username;            /* used together with password */
    const char *password;
    const char *client_cert_path, *client_key_path, *ca_cert_path;
    const char *user_cert_path, *user_key_path;
    const char *trust_store_path, *trust_policy;
    bool auto_accept, auto_accept_force;
    bool may_not_trust; /* nothing is written into the trust store */
    /* Where files may lie, NULL-terminated; outlives the connection. NULL = anywhere. */
    char *const *allowed_cert_dirs;
    uint32_t session_timeout; /* asked for, milliseconds; 0 = 120 000 */
    bool refuse_other_uri;    /* --certificate-uri refuse */
    bool reverse;             /* the server connects to us (OPC 10000-6 §7.1.3) */
};

/* The secure channel of a connection, as agreed with the server. */
struct osm_ua_channel {
    uint32_t id; /* 0 = there is none */
    UA_MessageSecurityMode mode;
    const char *policy;  /* the last part of its URI: "None", "Basic256Sha256"; for good */
    osm_msec renewed_at; /* its present token, by the loop's clock … */
    uint32_t lifetime;   /* … and how long that counts, milliseconds */
    /* Seconds since 1970; 0 = none. */
    double own_certificate_ends, server_certificate_ends, user_certificate_ends;
};

/* What was decided about a server's certificate. */
enum osm_ua_trust {
    OSM_UA_TRUST_NOT_ASKED,
    OSM_UA_TRUST_TRUSTED,
    OSM_UA_TRUST_ACCEPTED, /* by autoAccept, from now on */
    OSM_UA_TRUST_REJECTED
};

struct osm_ua_judgement {
    enum osm_ua_trust trust;
    const char *fingerprint, *subject;
    const char *reason; /* REJECTED */
};

/* A new token of the present channel. */
struct osm_ua_renewal {
    uint32_t channel, token;
    uint32_t lifetime; /* revised, milliseconds */
};

/* Fault texts are valid only during the event. */
struct osm_ua_events {
    /* new_session: the server has a new session for us (false: the old one was re-activated). */
    void (*connected)(void *context, bool new_session);
    void (*failed)(void *context, const struct osm_fault *fault);
    void (*lost)(void *context, const struct osm_fault *fault);
    /* While connecting: the server's certificate was judged. Texts are valid during the event. */
    void (*judged)(void *context, const struct osm_ua_judgement *judgement);
    /* The secure channel has been renewed; may be NULL. */
    void (*renewed)(void *context, const struct osm_ua_renewal *renewal);
    /* The goodbye of conn_close is over (or was given up). */
    void (*closed)(void *context);
};

#define OSM_UA_LISTS 2

struct osm_ua_service {
    const char *name; /* "Read" */
    const UA_DataType *request;
    const UA_DataType *response;
    bool reads; /* a server is after it as it was before */
    /* Lists of the request that are answered entry by entry: where their sizes (size_t) stand in
     * request and response; 0 = none. */
    struct {
        uint16_t asked, answered;
    } lists[OSM_UA_LISTS];
};

enum osm_ua_outcome {
    OSM_UA_ANSWERED, /* the server answered; its service result may still be bad */
    OSM_UA_LOST      /* the connection died first */
};

struct osm_ua_result {
    enum osm_ua_outcome outcome;
    UA_StatusCode service_result; /* of the response header */
    /* Not NULL: the server has not answered this one, or not so that it could be read. Why, in
     * words that say who found out; service_result is the code of it. */
    const struct osm_fault *fault;
    /* The decoded response when service_result is Good. It lies in the message it came in and is
     * gone with the call of done: what is to stay is copied (UA_copy), nothing is cleared. A large
     * one can be had to stay for a while (answer_keep). */
    void *response;
    bool sent; /* the request had left completely (daemon.md §9 step 3) */
};

/* What is to be done with a large answer off the loop; its maker's, until done. Of begin and run
 * NULL is nothing. */
struct osm_ua_work {
    void (*begin)(struct osm_ua_work *work); /* on the loop: the answer has been told */
    void (*run)(struct osm_ua_work *work);   /* on another thread */
    void (*done)(struct osm_ua_work *work);  /* on the loop, exactly once */
};

typedef void osm_ua_call_fn(void *context, const struct osm_ua_result *result);

struct osm_ua_ops {
    /* An idle connection, or NULL with a fault (unusable URL, unreadable file). */
    struct osm_ua_conn *(*conn_new)(struct osm_ua *ua, const struct osm_ua_params *params,
                                    const struct osm_ua_events *events, void *context,
                                    struct osm_arena *arena, struct osm_fault *fault);
    /* Allowed while idle: after conn_new, failed or lost. */
    void (*conn_connect)(struct osm_ua_conn *conn);
    /* Gives the channel up as lost for the given reason; `lost` (or `failed`) follows. The
     * server session is kept for the next conn_connect. */
    void (*conn_drop)(struct osm_ua_conn *conn, const struct osm_fault *reason);
    /* CloseSession with its subscriptions, CloseSecureChannel; `closed` follows, at the latest
     * after limit milliseconds. */
    void (*conn_close)(struct osm_ua_conn *conn, osm_msec limit);
    /* No event will follow. NULL is fine; allowed inside events. */
    void (*conn_free)(struct osm_ua_conn *conn);
    /* Appends what another process needs to go on with the session: a secret. False: there is no
     * session that was ever active. The connection keeps it, too, until it is lost; only one of
     * both may activate it then. */
    bool (*conn_export)(const struct osm_ua_conn *conn, struct osm_buf *out);
    /* The reverse, on a connection that is not connecting: the next connect activates that session
     * on its own channel; `connected` says whether the server still knew it. False: these bytes are
     * no such thing, or of a session under another policy or mode. */
    bool (*conn_import)(struct osm_ua_conn *conn, const void *bytes, size_t length);
    /* From the next connect on the connection, with its session, is one to that URL; not while it
     * connects or is connected. A server there that does not know the session makes a new one.
     * False: that is no URL. */
    bool (*conn_go_to)(struct osm_ua_conn *conn, const char *endpoint_url);
    /* Revised session timeout in milliseconds, 0 while unknown. */
    /* A value that was encoded, its bytes in the arena; bodies of structures stay bytes (M25). NULL
     * = the library's decoder is good enough. */
    bool (*decode)(const UA_ByteString *bytes, const UA_DataType *type, struct osm_arena *arena,
                   void *value);

    uint32_t (*conn_session_timeout)(const struct osm_ua_conn *conn);
    /* Messages of services received on the present channel: tells a slow answer from a dead server,
     * and whether the session was heard of. */
    unsigned (*conn_messages)(const struct osm_ua_conn *conn);

    /* The present channel; only while connected. */
    void (*conn_channel)(struct osm_ua_conn *conn, struct osm_ua_channel *out);

    /* Sends a request (encoded before this returns; the structure stays the caller's). Its
     * timeoutHint is how long the answer is of use (differences.md R25), 0 = always. NULL when
     * the connection cannot send any more: nothing was sent, done is not called, a loss follows. */
    struct osm_ua_call *(*call)(struct osm_ua_conn *conn, const struct osm_ua_service *service,
                                void *request, osm_ua_call_fn *done, void *context);
    /* The answer is not wanted any more; done will not be called. NULL is fine. */
    void (*call_abandon)(struct osm_ua_call *call);
    /* The same, but what comes all the same is told to that one. */
    void (*call_adopt)(struct osm_ua_call *call, osm_ua_call_fn *done, void *context);
    /* Whether that is a response so large that reading it would hold the loop, and has no work yet:
     * one that is being told (inside done, of its call or of work), or that was taken. NULL = all
     * are small. */
    bool (*answer_is_large)(struct osm_ua *ua, const void *response);
    /* Of one that is: it stays until the work has run, and its connection waits if it has not been
     * taken before. The work begins later in this turn. */
    void (*answer_keep)(struct osm_ua *ua, const void *response, struct osm_ua_work *work);
    /* Inside done: what is being told stays until answer_free, however long that is, and goes by
     * that address (of a response that borrows from it) from now on. Its connection waits no longer
     * than for the work that was found until then. Once for each answer. */
    struct osm_ua_answer *(*answer_take)(struct osm_ua *ua, const void *as);
    /* Allowed at any time: it goes when its work is done. */
    void (*answer_free)(struct osm_ua_answer *answer);
};

static inline bool osm_ua_answer_is_large(const struct osm_ua_ops *ops, struct osm_ua *ua,
                                          const void *response)
{
    return ops->answer_is_large && ops->answer_is_large(ua, response);
}

#endif
