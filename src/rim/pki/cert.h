/* SPDX-License-Identifier: MIT */
#ifndef OSM_RIM_PKI_CERT_H
#define OSM_RIM_PKI_CERT_H
/*
 * X.509 as far as the daemon has to understand it: reading certificates, revocation lists and
 * keys as people keep them in files (PEM or DER), and what a certificate says. The cryptography
 * of channels is in rim/ua; this is libcrypto and knows nothing of OPC UA.
 *
 * Everything here is pure computation on its arguments and may run on any thread. Input is
 * foreign: a malformed one gives NULL, never more.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "util/macros.h"

/* Certificates in the order of the file: PEM blocks (others are skipped) or DER, one behind the
 * other. NULL when there is none, or one of them cannot be read. To be freed with
 * osm_certs_free. */
STACK_OF(X509) * osm_certs_parse(const void *data, size_t size);
/* The same of what a peer has shown: DER only, whatever text stands in it or behind it. What is
 * looked at is then the certificate that osm_cert_der_leaf() and the channel see. Those behind it
 * may be missing, or be none: the list ends there. */
STACK_OF(X509) * osm_certs_parse_der(const void *data, size_t size);
void osm_certs_free(STACK_OF(X509) * certs);
/* The same for revocation lists. */
STACK_OF(X509_CRL) * osm_crls_parse(const void *data, size_t size);
void osm_cert_crls_free(STACK_OF(X509_CRL) * crls);
/* A private key, PKCS#1 or PKCS#8, not encrypted; NULL when it is none. */
EVP_PKEY *osm_cert_key_parse(const void *data, size_t size);

/* The DER bytes, to be freed with free(); NULL when they cannot be had. */
uint8_t *osm_cert_der(const X509 *cert, size_t *size);
/* The same of a key, PKCS#8; to be wiped. */
uint8_t *osm_cert_key_der(const EVP_PKEY *key, size_t *size);
/* Length of the first DER element of a chain that is one behind the other; 0 when it is none. */
size_t osm_cert_der_leaf(const void *data, size_t size);

/* The first URI of the subject alternative names, owned by the caller; NULL = none. */
char *osm_cert_uri(const X509 *cert);
/* The subject's common name, owned by the caller; "Unknown" when it has none. */
char *osm_cert_common_name(const X509 *cert);
/* Whether one of the alternative names (or, without any, the common name) is this host. */
bool osm_cert_is_for_host(X509 *cert, const char *host);
bool osm_cert_fits_key(const X509 *cert, const EVP_PKEY *key);

enum osm_cert_age { OSM_CERT_VALID, OSM_CERT_EXPIRED, OSM_CERT_NOT_YET_VALID };
/* Its age at a moment, seconds since 1970. */
enum osm_cert_age osm_cert_age(const X509 *cert, int64_t when);

/* When the first certificate of these DER bytes ends, seconds since 1970; 0 when there is none or
 * it cannot be read. */
double osm_cert_ends(const void *data, size_t size);

/* Whether a chain leads from the certificate over `between` (may be NULL) to one of the
 * authorities, each link valid and, as far as there are lists, not revoked. */
bool osm_cert_verify_chain(X509 *cert, STACK_OF(X509) * between, STACK_OF(X509) * authorities,
                           STACK_OF(X509_CRL) * crls);

#endif
