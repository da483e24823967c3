/* SPDX-License-Identifier: MIT */
/* Certificates of connections that do not get through; see lookout_internal.h. */
#include <stdlib.h>
#include <string.h>

#include "app/daemon/lookout_internal.h"
#include "rim/pki/cert.h"
#include "rim/pki/cert_paths.h"
#include "util/alloc.h"

static void note(struct osm_lookout_certificates *certificates, enum osm_notice_kind kind,
                 const char *path, const char *endpoint)
{
    if (!path || certificates->size == OSM_LOOKOUT_CERTIFICATES)
        return;
    certificates->list[certificates->size++] = (struct osm_lookout_certificate){
        .kind = kind, .path = osm_strdup(path), .endpoint = osm_strdup(endpoint)};
}

void osm_lookout_certificates_note(struct osm_lookout_certificates *certificates,
                                   const struct osm_connection_status *connection)
{
    if (!connection->config)
        return;
    note(certificates, OSM_NOTICE_USER_CERTIFICATE,
         osm_config_text(connection->config, OSM_CONFIG_userCertPath), connection->endpoint);
    note(certificates, OSM_NOTICE_CLIENT_CERTIFICATE,
         osm_config_text(connection->config, OSM_CONFIG_clientCertPath), connection->endpoint);
}

/* What cannot be read is told by the attempt to connect. */
static double ends_at(const char *path)
{
    struct osm_cert_file file = {0};
    STACK_OF(X509) *certs = NULL;
    uint8_t *der = NULL;
    size_t size = 0;
    double ends;

    if (osm_cert_file_read(path, &file) == 0)
        certs = osm_certs_parse(file.data, file.size);
    if (certs)
        der = osm_cert_der(sk_X509_value(certs, 0), &size);
    ends = der ? osm_cert_ends(der, size) : 0;
    free(der);
    osm_certs_free(certs);
    osm_cert_file_deinit(&file);
    return ends;
}

void osm_lookout_certificates_look(struct osm_lookout_certificates *certificates)
{
    for (size_t i = 0; i < certificates->size; i++)
        certificates->list[i].ends = ends_at(certificates->list[i].path);
}

void osm_lookout_certificates_tell(const struct osm_lookout_certificates *certificates,
                                   struct osm_notices *notices, double now)
{
    for (size_t i = 0; i < certificates->size; i++) {
        const struct osm_lookout_certificate *one = &certificates->list[i];

        osm_lookout_at_certificate(notices, one->kind, one->path, one->endpoint, one->ends, now);
    }
}

void osm_lookout_certificates_clear(struct osm_lookout_certificates *certificates)
{
    while (certificates->size) {
        struct osm_lookout_certificate *one = &certificates->list[--certificates->size];

        free(one->path);
        free(one->endpoint);
    }
}
