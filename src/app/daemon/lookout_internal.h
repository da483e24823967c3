/* SPDX-License-Identifier: MIT */
#ifndef OSM_APP_DAEMON_LOOKOUT_INTERNAL_H
#define OSM_APP_DAEMON_LOOKOUT_INTERNAL_H
/* What is looked at, and when it is worth a notice: lookout_server.c, lookout_files.c. */
#include "app/conf/options.h"
#include "core/manager/connection_source.h"
#include "core/manager/notices.h"
#include "core/manager/sink_status.h"
#include "core/session/session.h"

/* --- lookout_server.c ---------------------------------------------------------------------- */

#define OSM_LOOKOUT_OF_SERVERS                                                                     \
    (OSM_NOTICE_BIT(OSM_NOTICE_SERVER_CERTIFICATE) |                                               \
     OSM_NOTICE_BIT(OSM_NOTICE_CLIENT_CERTIFICATE) | OSM_NOTICE_BIT(OSM_NOTICE_LIMITS) |           \
     OSM_NOTICE_BIT(OSM_NOTICE_USER_CERTIFICATE) | OSM_NOTICE_BIT(OSM_NOTICE_REVISED) |            \
     OSM_NOTICE_BIT(OSM_NOTICE_CLOCK))

/* Raises the notice of a certificate that ends soon, or has ended: both seconds since 1970, 0 = it
 * is not known when. */
void osm_lookout_at_certificate(struct osm_notices *notices, enum osm_notice_kind kind,
                                const char *object, const char *endpoint, double ends, double now);
/* What is known of the session's server; now is wall clock. Of one that is not connected what was
 * known goes on standing. */
void osm_lookout_at_session(struct osm_notices *notices, const struct osm_session *session,
                            double now);
/* Of one that does not get through. */
void osm_lookout_at_connection(struct osm_notices *notices,
                               const struct osm_connection_status *connection);
/* Raised at 80 % of its bytes, settled below 70 %. */
void osm_lookout_at_sink(struct osm_notices *notices, const struct osm_sink_status *sink);

/* --- lookout_certificates.c ---------------------------------------------------------------- */

/* Certificates of connections that do not get through: nobody has heard of them from a session, and
 * their end may be why. Noted and told on the loop, looked at in the pool. */
#define OSM_LOOKOUT_CERTIFICATES 64

struct osm_lookout_certificates {
    struct osm_lookout_certificate {
        enum osm_notice_kind kind;
        char *path, *endpoint; /* owned */
        double ends;           /* seconds since 1970; 0 = not known */
    } list[OSM_LOOKOUT_CERTIFICATES];
    size_t size;
};

/* Those a connection names; beyond the bound nothing. */
void osm_lookout_certificates_note(struct osm_lookout_certificates *certificates,
                                   const struct osm_connection_status *connection);
/* May block. */
void osm_lookout_certificates_look(struct osm_lookout_certificates *certificates);
void osm_lookout_certificates_tell(const struct osm_lookout_certificates *certificates,
                                   struct osm_notices *notices, double now);
void osm_lookout_certificates_clear(struct osm_lookout_certificates *certificates);

/* --- lookout_files.c ----------------------------------------------------------------------- */

#define OSM_LOOKOUT_OF_FILES (OSM_NOTICE_BIT(OSM_NOTICE_DISK) | OSM_NOTICE_BIT(OSM_NOTICE_SECRETS))
#define OSM_LOOKOUT_FILES 10

/* One look at files: made and told on the loop, looked in the pool. */
struct osm_lookout_file {
    char *path; /* owned */
    enum osm_notice_kind kind;
    bool failing;
    char text[128];
};

struct osm_lookout_files {
    struct osm_lookout_file list[OSM_LOOKOUT_FILES];
    size_t size;
};

/* Those the options name. */
void osm_lookout_files_init(struct osm_lookout_files *files, const struct osm_options *options);
void osm_lookout_files_deinit(struct osm_lookout_files *files);
/* May block. */
void osm_lookout_files_look(struct osm_lookout_files *files);
/* A round of notices. */
void osm_lookout_files_tell(const struct osm_lookout_files *files, struct osm_notices *notices);

#endif
