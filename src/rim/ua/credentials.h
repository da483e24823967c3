/* SPDX-License-Identifier: MIT */
#ifndef OSM_RIM_UA_CREDENTIALS_H
#define OSM_RIM_UA_CREDENTIALS_H
/*
 * What a connection shows, and what it believes: certificates and keys of our side, read from
 * their files, and the server's certificate, judged by the trust store. Files may block and keys
 * take time to parse, so this is a job (jobs.h). It is done anew for every attempt to connect: a
 * changed key file, store or server certificate counts from the next attempt on.
 */
#include <openssl/evp.h>

#include "rim/pki/own_cert.h"
#include "rim/pki/verdict.h"
#include "rim/ua/jobs.h"
#include "rim/ua/policy.h"

/* What is used of the files; keys are owned, NULL or empty = not needed. It is there for as long as
 * it takes to connect, so its bytes are in an arena (util/slab.h). */
struct osm_credentials {
    struct osm_arena bytes;
    EVP_PKEY *own_key;
    UA_ByteString own_leaf, own_chain; /* DER */
    char *application_uri;             /* of our certificate; NULL = none */
    EVP_PKEY *user_key;
    UA_ByteString user_leaf;
    double user_ends;             /* as below */
    UA_ByteString server_chain;   /* as the server gave it */
    EVP_PKEY *server_key;         /* public, of its leaf */
    double own_ends, server_ends; /* when those certificates do, seconds since 1970; 0 = none */
};

/* Wipes and frees; a zeroed one is fine. */
void osm_credentials_deinit(struct osm_credentials *credentials);
/* Bytes that live as long as the credentials. */
UA_ByteString osm_credentials_copy(struct osm_credentials *credentials, const UA_ByteString *bytes);
/* The leaf of a chain, a view. */
UA_ByteString osm_credentials_leaf(const UA_ByteString *chain);

/* Where they come from, for the life of a connection; shared with jobs that outlive it. */
struct osm_credentials_source;

/* secured: a channel with a policy; user_cert: the user shows a certificate. own and the texts of
 * params that are needed are copied or outlive it. */
struct osm_credentials_source *osm_credentials_source_new(const struct osm_ua_params *params,
                                                          const char *host, bool secured,
                                                          bool user_cert, struct osm_own_cert *own);
void osm_credentials_source_release(struct osm_credentials_source *source);
const struct osm_verdict *osm_credentials_verdict(const struct osm_credentials_source *source);

struct osm_credentials_job {
    struct osm_job job;
    struct osm_credentials_source *source;
    /* asked */
    const struct osm_policy *channel, *token; /* NULL = None */
    UA_ByteString server_chain;               /* in the bytes of credentials */
    char *announced_uri;                      /* of the server's description; owned */
    bool look; /* only at the trust in server_chain, of a live connection */
    /* told; context NULL = nobody waits any more */
    void (*told)(void *context, struct osm_credentials_job *job);
    void *context;
    /* found */
    struct osm_arena arena;
    struct osm_fault fault;
    struct osm_credentials credentials; /* may be taken out */
    struct osm_verdict_log log;
    char *warnings; /* more for the log */
};

/* Fills in what is asked and told before it is submitted; frees itself after told. */
struct osm_credentials_job *osm_credentials_job_new(struct osm_credentials_source *source);
void osm_credentials_job_submit(struct osm_credentials_job *job, struct osm_jobs *jobs);
/* Nobody waits for it any more: told is not called. NULL is fine. */
void osm_credentials_job_abandon(struct osm_credentials_job *job);

#endif
