/* SPDX-License-Identifier: MIT */
/* See refused_certificates.h. */
#include "core/manager/refused_certificates.h"

#include <stdlib.h>
#include <string.h>

#include "core/session/session.h"
#include "util/alloc.h"

static void drop(struct osm_refused_certificates *all, size_t at)
{
    struct osm_refused_certificate *gone = &all->list[at];

    free(gone->fingerprint);
    free(gone->store);
    free(gone->endpoint_url);
    free(gone->subject);
    free(gone->reason);
    all->size--;
    memmove(gone, gone + 1, (all->size - at) * sizeof(*gone));
}

void osm_refused_certificates_deinit(struct osm_refused_certificates *all)
{
    while (all->size)
        drop(all, all->size - 1);
}

void osm_refused_certificates_forget(struct osm_refused_certificates *all, const char *store,
                                     const char *fingerprint)
{
    for (size_t i = 0; i < all->size; i++) {
        if (strcmp(all->list[i].store, store) == 0 &&
            strcmp(all->list[i].fingerprint, fingerprint) == 0) {
            drop(all, i);
            return;
        }
    }
}

void osm_refused_certificates_note(struct osm_refused_certificates *all,
                                   const struct osm_session *session,
                                   const struct osm_ua_judgement *judgement)
{
    const char *store = osm_config_text(osm_session_config(session), OSM_CONFIG_trustStorePath);

    if (!store || !judgement->fingerprint || judgement->trust == OSM_UA_TRUST_NOT_ASKED)
        return;
    osm_refused_certificates_forget(all, store, judgement->fingerprint);
    if (judgement->trust != OSM_UA_TRUST_REJECTED)
        return;
    if (all->size == OSM_REFUSED_CERTIFICATES)
        drop(all, all->size - 1);
    memmove(all->list + 1, all->list, all->size * sizeof(*all->list));
    all->size++;
    all->list[0] = (struct osm_refused_certificate){
        .fingerprint = osm_strdup(judgement->fingerprint),
        .store = osm_strdup(store),
        .endpoint_url = osm_strdup(osm_session_endpoint_url(session)),
        .subject = judgement->subject ? osm_strdup(judgement->subject) : NULL,
        .reason = judgement->reason ? osm_strdup(judgement->reason) : NULL,
        .since = osm_session_wall(session),
    };
}
