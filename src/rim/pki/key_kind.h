/* SPDX-License-Identifier: MIT */
#ifndef OSM_RIM_PKI_KEY_KIND_H
#define OSM_RIM_PKI_KEY_KIND_H
/*
 * The kinds of keys that certificates of OPC UA applications have (OPC 10000-7 §6.6): RSA, and one
 * curve for each policy of elliptic curves. Pure, any thread.
 */
#include <openssl/evp.h>

enum osm_key_kind {
    OSM_KEY_OTHER, /* none that a policy takes */
    OSM_KEY_RSA,
    OSM_KEY_NIST_P256,
    OSM_KEY_NIST_P384,
    OSM_KEY_BRAINPOOL_P256,
    OSM_KEY_BRAINPOOL_P384,
    OSM_KEY_CURVE25519,
    OSM_KEY_CURVE448,
    OSM_KEY_KINDS
};

enum osm_key_kind osm_key_kind_of(const EVP_PKEY *key);
/* A new one, RSA of 2048 bits; NULL when libcrypto refuses. Takes up to a second. */
EVP_PKEY *osm_key_kind_generate(enum osm_key_kind kind);
/* "an RSA key", "a key on nistP256": for messages. */
const char *osm_key_kind_text(enum osm_key_kind kind);
/* Part of file names: "" for RSA, else "-nistP256". */
const char *osm_key_kind_suffix(enum osm_key_kind kind);
/* The hash its certificates are signed with; NULL = part of the algorithm. */
const EVP_MD *osm_key_kind_hash(enum osm_key_kind kind);

#endif
