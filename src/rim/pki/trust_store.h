/* SPDX-License-Identifier: MIT */
#ifndef OSM_RIM_PKI_TRUST_STORE_H
#define OSM_RIM_PKI_TRUST_STORE_H
/*
 * A directory of certificates (ipc-protocol.md §6.2): `<dir>/trusted/<sha1>.der` and
 * `<dir>/rejected/<sha1>.der`; ours is `<dir>/crl/`, where revocation lists may lie. People and
 * other programs work in it as well, so nothing of it is kept in memory, a file appears complete or
 * not at all, and symbolic links below the directory are not followed.
 *
 * Everything but the fingerprints touches files and may block: off the loop only.
 */
#include <stdbool.h>
#include <stddef.h>

#include "rim/pki/cert_paths.h"
#include "util/macros.h"

/* Borrowed texts. allowed_dirs: NULL-terminated, or NULL = any directory; the directory that was
 * opened is checked, not its name (S3). */
struct osm_trust_store {
    const char *path;
    char *const *allowed_dirs;
    bool fixed; /* nothing may be written: whoever tries is told -EPERM */
};

/* A SHA-1 fingerprint as file names have it: 40 lower-case hex digits. */
#define OSM_FINGERPRINT_DIGITS 40
struct osm_fingerprint {
    char text[OSM_FINGERPRINT_DIGITS + 1];
};

/* Of a certificate's DER bytes. */
struct osm_fingerprint osm_trust_fingerprint_of(const void *der, size_t size);
/* From hex digits of any case with colons anywhere; false when it is not that. */
OSM_MUST_CHECK bool osm_trust_fingerprint_parse(const char *text, size_t length,
                                                struct osm_fingerprint *out);

/* Makes the directories that are missing, 0700. 0, or negative errno (-EACCES also when the
 * directory is not in an allowed one). */
OSM_MUST_CHECK int osm_trust_store_prepare(const struct osm_trust_store *store);
/* Puts the certificate into trusted/, making what is missing. 0 or negative errno. */
OSM_MUST_CHECK int osm_trust_store_trust(const struct osm_trust_store *store, const void *der,
                                         size_t size);
/* Takes it out of trusted/; 0 also when it is not there, else negative errno. */
OSM_MUST_CHECK int osm_trust_store_untrust(const struct osm_trust_store *store,
                                           const struct osm_fingerprint *fingerprint);

/* 1 if exactly this certificate is trusted, 0 if not, or negative errno. */
OSM_MUST_CHECK int osm_trust_store_holds(const struct osm_trust_store *store, const void *der,
                                         size_t size);
/* Trusts the certificate if no other is trusted yet: 1; 0 if there is one. Of two that try at the
 * same time one is the first. Else negative errno. */
OSM_MUST_CHECK int osm_trust_store_trust_first(const struct osm_trust_store *store, const void *der,
                                               size_t size);
/* Most certificates that are kept for people to look at; more are not written. */
#define OSM_TRUST_STORE_REJECTED 1000
/* Puts the certificate into rejected/. 0 (also when that is full) or negative errno. */
OSM_MUST_CHECK int osm_trust_store_reject(const struct osm_trust_store *store, const void *der,
                                          size_t size);
/* Moves a certificate from rejected/ to trusted/. 0 or negative errno (-ENOENT: it is not there,
 * -EBADMSG: the file is not what its name says). */
OSM_MUST_CHECK int osm_trust_store_accept(const struct osm_trust_store *store,
                                          const struct osm_fingerprint *fingerprint);
/* Takes it out of rejected/; 0 also when it is not there, else negative errno. */
OSM_MUST_CHECK int osm_trust_store_drop(const struct osm_trust_store *store,
                                        const struct osm_fingerprint *fingerprint);
/* Calls each(context, name, file, error) for every file of crl/, with a negative errno for one that
 * cannot be read, until it returns another one than 0. Returns that, 0 also without that folder, or
 * negative errno. */
typedef int osm_trust_store_each_fn(void *context, const char *name,
                                    const struct osm_cert_file *file, int error);
OSM_MUST_CHECK int osm_trust_store_lists(const struct osm_trust_store *store,
                                         osm_trust_store_each_fn *each, void *context);
/* "aa:bb:…" as texts and events have it; 60 bytes with the end. */
#define OSM_FINGERPRINT_TEXT (OSM_FINGERPRINT_DIGITS / 2 * 3)
void osm_trust_fingerprint_print(const struct osm_fingerprint *fingerprint,
                                 char text[OSM_FINGERPRINT_TEXT]);

#endif
