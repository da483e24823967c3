/* SPDX-License-Identifier: MIT */
#ifndef OSM_RIM_PKI_CRYPTO_MEMORY_H
#define OSM_RIM_PKI_CRYPTO_MEMORY_H
/*
 * libcrypto's decoders give copies of private keys back to malloc() as they are, where they stay
 * until chance overwrites them. With memory functions of ours everything it frees is wiped.
 */
#include <stdbool.h>

#include "util/macros.h"

/* Before anything else uses libcrypto, which takes other memory functions only until its first
 * allocation: false then. */
OSM_MUST_CHECK bool osm_crypto_memory_init(void);

#endif
