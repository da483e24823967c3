/* SPDX-License-Identifier: MIT */
#ifndef OSM_RIM_PKI_SELF_SIGNED_H
#define OSM_RIM_PKI_SELF_SIGNED_H
/* The client certificate that is generated for sessions that name none (ipc-protocol.md §6):
 * self-signed, application URI urn:opcua-client, valid for 365 days. Off the loop. */
#include <stdbool.h>

#include <openssl/x509.h>

#include "rim/pki/key_kind.h"

/* A new key and its certificate, each to be freed; false when libcrypto refuses. */
bool osm_self_signed_make(enum osm_key_kind kind, EVP_PKEY **key, X509 **cert);

#endif
