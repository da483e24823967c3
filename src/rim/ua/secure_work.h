/* SPDX-License-Identifier: MIT */
#ifndef OSM_RIM_UA_SECURE_WORK_H
#define OSM_RIM_UA_SECURE_WORK_H
/*
 * What has to be done off the loop between the two stages of a secured connect (secure.h): read
 * files, judge the server's certificate, build policies. Runs on another thread and touches
 * nothing but its struct.
 */
#include <open62541/types_generated.h>

#include "rim/pki/own_cert.h"
#include "rim/pki/verdict.h"
#include "rim/ua/policies.h"
#include "util/arena.h"
#include "util/fault.h"

struct osm_secure_work {
    /* for good; texts are owned, NULL = absent */
    struct osm_own_cert *own;
    char *host; /* of the URL */
    char *client_cert_path, *client_key_path, *ca_cert_path;
    char *user_cert_path, *user_key_path;
    char *const *allowed_dirs;
    struct osm_verdict judge;

    /* for this attempt */
    const char *channel_uri, *token_uri; /* NULL = None; in the arena or for good */
    UA_EndpointDescription endpoint;
    UA_ByteString server_chain;
    bool look; /* only at the trust in server_chain, of a live connection */

    /* results */
    struct osm_arena arena;
    struct osm_fault fault;
    struct osm_policy_set *set;
    char *application_uri;   /* of the client certificate; NULL = none */
    UA_ByteString user_leaf; /* the user's certificate */
    struct osm_verdict_log log;
    char *warnings; /* more for the log */
};

void osm_secure_work_run(struct osm_secure_work *work);
/* Forgets attempt and results. */
void osm_secure_work_reset(struct osm_secure_work *work);
void osm_secure_work_deinit(struct osm_secure_work *work);

#endif
