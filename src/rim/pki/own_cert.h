/* SPDX-License-Identifier: MIT */
#ifndef OSM_RIM_PKI_OWN_CERT_H
#define OSM_RIM_PKI_OWN_CERT_H
/*
 * The daemon's own client certificate, for sessions that name none (ipc-protocol.md §6): generated
 * when it is first needed, and anew before it expires. With a state directory it is kept there,
 * so that the administrators of servers trust it once and not after every start:
 *
 *   client.pem               certificate and key, only the daemon's user may read it
 *   client-certificate.der   the certificate alone, to be given to servers
 *
 * These are RSA; for policies of elliptic curves there is one of each curve, named after it:
 * client-nistP256.pem, client-certificate-nistP256.der.
 *
 * Used from worker threads, which wait for each other while a key is generated.
 */
#include <stdbool.h>

#include "rim/pki/key_pair.h"

struct osm_own_cert;

/* state_dir NULL = in memory only; made (0700) when it is missing. */
struct osm_own_cert *osm_own_cert_new(const char *state_dir);
void osm_own_cert_free(struct osm_own_cert *own);

/*
 * A copy of the present certificate of that kind with its key, generated if need be. False with a
 * fault when there is no way to get one. That it could not be kept is no failure: *warning is then
 * a text for the log, to be freed, else NULL.
 */
OSM_MUST_CHECK bool osm_own_cert_get(struct osm_own_cert *own, enum osm_key_kind kind,
                                     struct osm_key_pair *copy, char **warning,
                                     struct osm_arena *arena, struct osm_fault *fault);

#endif
