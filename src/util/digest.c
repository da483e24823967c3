/* SPDX-License-Identifier: MIT */
/* Hashes and salted digests; see digest.h. */
#include "util/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "util/macros.h"
#include "util/random.h"

void osm_digest_sha1(const void *data, size_t size, uint8_t hash[OSM_SHA1_BYTES])
{
    unsigned length = 0;

    osm_assert(EVP_Digest(data, size, hash, &length, EVP_sha1(), NULL));
    osm_assert(length == OSM_SHA1_BYTES);
}

void osm_digest_sha256(const void *data, size_t size, uint8_t hash[OSM_SHA256_BYTES])
{
    unsigned length = 0;

    osm_assert(EVP_Digest(data, size, hash, &length, EVP_sha256(), NULL));
    osm_assert(length == OSM_SHA256_BYTES);
}

bool osm_digest_bytes_equal(const void *one, const void *other, size_t size)
{
    return CRYPTO_memcmp(one, other, size) == 0;
}

void osm_digest_salted(const uint8_t salt[OSM_SALT_BYTES], const void *secret, size_t size,
                       uint8_t digest[OSM_DIGEST_BYTES])
{
    unsigned length = 0;

    osm_assert(HMAC(EVP_sha256(), salt, OSM_SALT_BYTES, secret, size, digest, &length));
    osm_assert(length == OSM_DIGEST_BYTES);
}
