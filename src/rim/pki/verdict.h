/* SPDX-License-Identifier: MIT */
#ifndef OSM_RIM_PKI_VERDICT_H
#define OSM_RIM_PKI_VERDICT_H
/*
 * Whether a server's certificate is trusted (ipc-protocol.md §6.2). Reads and writes the trust
 * store: off the loop only.
 */
#include <stdbool.h>

#include <open62541/types.h>

#include "port/ua_ops.h"
#include "rim/pki/trust_store.h"
#include "util/fault.h"

struct osm_verdict {
    char *store_path; /* owned, or NULL: every certificate will do */
    char *policy;     /* owned: "fingerprint", "fingerprint+expiry", "full"; or NULL */
    char *ca_path;    /* owned, or NULL: authorities for "full" */
    char *const *allowed_dirs;
    bool auto_accept, auto_accept_force;
    bool fixed;            /* the store is only looked at */
    bool refuse_other_uri; /* --certificate-uri refuse */
};

/* Whether there is anything to judge by. */
bool osm_verdict_is_set(const struct osm_verdict *judge);
void osm_verdict_deinit(struct osm_verdict *judge);

/* What was decided, for log and events; owned texts or NULL. */
struct osm_verdict_log {
    char *info;
    char *warning;
    enum osm_ua_trust trust;
    char fingerprint[OSM_FINGERPRINT_TEXT];
    char *subject;
    const char *reason; /* static */
};

void osm_verdict_log_deinit(struct osm_verdict_log *log);

/*
 * Judges a certificate, with what came behind it. May trust it for good (autoAccept) or put it
 * among the rejected ones; with `look` it only looks, and nothing is accepted by itself. False
 * sets the contract's UntrustedCertificateException, in the arena.
 */
OSM_MUST_CHECK bool osm_verdict_certificate(const struct osm_verdict *judge,
                                            const UA_ByteString *chain, bool look,
                                            struct osm_verdict_log *log, struct osm_arena *arena,
                                            struct osm_fault *fault);

/*
 * Compares the certificate with what the server says of itself (OPC 10000-4 §5.5.4): its
 * application URI, and the host it was asked for by. Another URI is refused with trust policy
 * "full", and always with refuse_other_uri: false, with the fault as above. Otherwise it is told,
 * as another host is (servers behind address translation never fit): *warning is a text for the
 * log, to be freed, or NULL. A certificate that cannot be read is left to others.
 */
OSM_MUST_CHECK bool osm_verdict_names(const struct osm_verdict *judge, const UA_ByteString *chain,
                                      const char *announced_uri, const char *host, char **warning,
                                      struct osm_verdict_log *log, struct osm_arena *arena,
                                      struct osm_fault *fault);

#endif
