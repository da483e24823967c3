/* SPDX-License-Identifier: MIT */
#ifndef OSM_UA_JUDGE_H
#define OSM_UA_JUDGE_H
/*
 * Whether a server's certificate is trusted (ipc-protocol.md §6.2). Reads and writes the trust
 * store: off the loop only.
 */
#include <stdbool.h>

#include <open62541/types.h>

#include "core/trust_store.h"
#include "core/ua_ops.h"
#include "util/fault.h"

struct osm_judge {
    char *store_path; /* owned, or NULL: every certificate will do */
    char *policy;     /* owned: "fingerprint", "fingerprint+expiry", "full"; or NULL */
    char *ca_path;    /* owned, or NULL: authorities for "full" */
    char *const *allowed_dirs;
    bool auto_accept, auto_accept_force;
};

/* Whether there is anything to judge by. */
bool osm_judge_is_set(const struct osm_judge *judge);
void osm_judge_deinit(struct osm_judge *judge);

/* What was decided, for log and events; owned texts or NULL. */
struct osm_judge_log {
    char *info;
    char *warning;
    enum osm_ua_trust trust;
    char fingerprint[OSM_FINGERPRINT_TEXT];
    char *subject;
    const char *reason; /* static */
};

void osm_judge_log_deinit(struct osm_judge_log *log);

/*
 * Judges a certificate, with what came behind it. May trust it for good (autoAccept) or put it
 * among the rejected ones; with `look` it only looks, and nothing is accepted by itself. False
 * sets the contract's UntrustedCertificateException, in the arena.
 */
OSM_MUST_CHECK bool osm_judge_certificate(const struct osm_judge *judge, const UA_ByteString *chain,
                                          bool look, struct osm_judge_log *log,
                                          struct osm_arena *arena, struct osm_fault *fault);

#endif
