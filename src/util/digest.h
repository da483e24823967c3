/* SPDX-License-Identifier: MIT */
#ifndef OSM_UTIL_DIGEST_H
#define OSM_UTIL_DIGEST_H
/* Hashes, and salted digests of secrets (libcrypto). */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OSM_SALT_BYTES 16
#define OSM_DIGEST_BYTES 32

/* SHA-1, for the names certificates go by (not for anything that has to be secure). */
#define OSM_SHA1_BYTES 20
void osm_digest_sha1(const void *data, size_t size, uint8_t hash[OSM_SHA1_BYTES]);

/* SHA-256. */
#define OSM_SHA256_BYTES 32
void osm_digest_sha256(const void *data, size_t size, uint8_t hash[OSM_SHA256_BYTES]);
/* Whether both are the same; takes the same time whatever the answer. */
bool osm_digest_bytes_equal(const void *one, const void *other, size_t size);

/* Of a secret, which can be compared but not read back: HMAC-SHA-256 under a random salt. */
void osm_digest_salted(const uint8_t salt[OSM_SALT_BYTES], const void *secret, size_t size,
                       uint8_t digest[OSM_DIGEST_BYTES]);

#endif
