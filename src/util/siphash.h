/* SPDX-License-Identifier: MIT */
#ifndef OSM_UTIL_SIPHASH_H
#define OSM_UTIL_SIPHASH_H
/*
 * SipHash-2-4 (Aumasson, Bernstein 2012): a hash for tables whose keys a stranger chooses. Who does
 * not know its key cannot make texts that collide.
 */
#include <stddef.h>
#include <stdint.h>

#define OSM_SIPHASH_KEY 16 /* bytes */

uint64_t osm_siphash(const uint8_t key[OSM_SIPHASH_KEY], const void *data, size_t length);

#endif
