/* SPDX-License-Identifier: MIT */
#ifndef OSM_CORE_MANAGER_REFUSED_CERTIFICATES_H
#define OSM_CORE_MANAGER_REFUSED_CERTIFICATES_H
/*
 * Server certificates that a session's trust store has refused, for operators who may trust them
 * (extensions.md §12). One for each store and fingerprint, the newest
 * OSM_REFUSED_CERTIFICATES; one that is trusted meanwhile leaves. Kept in memory only: the
 * certificate itself lies in the store's `rejected/`.
 */
#include <stddef.h>

#include "util/macros.h"

#define OSM_REFUSED_CERTIFICATES 100

struct osm_session;
struct osm_ua_judgement;

struct osm_refused_certificate {
    char *fingerprint; /* "aa:bb:…" */
    char *store, *endpoint_url, *subject, *reason;
    double since; /* seconds since 1970: when it was refused last */
};

/* The newest first; zeroed = empty. */
struct osm_refused_certificates {
    struct osm_refused_certificate list[OSM_REFUSED_CERTIFICATES];
    size_t size;
};

void osm_refused_certificates_deinit(struct osm_refused_certificates *all);
/* What has been said of a server's certificate. */
void osm_refused_certificates_note(struct osm_refused_certificates *all,
                                   const struct osm_session *session,
                                   const struct osm_ua_judgement *judgement);
/* It waits no longer; unknown ones are fine. */
void osm_refused_certificates_forget(struct osm_refused_certificates *all, const char *store,
                                     const char *fingerprint);

#endif
