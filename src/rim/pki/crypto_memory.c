/* SPDX-License-Identifier: MIT */
/* Memory functions for libcrypto that wipe; see crypto_memory.h. */
#include "rim/pki/crypto_memory.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "util/alloc.h"
#include "util/wipe.h"

static void *get(size_t size, const char *file, int line)
{
    return malloc(size);
}

static void drop(void *memory, const char *file, int line)
{
    osm_wipe(memory, malloc_usable_size(memory));
    free(memory);
}

/* What has to move is wiped where it was; realloc() would leave it behind. */
static void *resize(void *memory, size_t size, const char *file, int line)
{
    size_t old = malloc_usable_size(memory);
    void *moved;

    if (memory && size && size <= old)
        return memory;
    moved = size ? malloc(size) : NULL;
    if (moved && memory)
        memcpy(moved, memory, old);
    if (moved || !size)
        drop(memory, file, line);
    return moved;
}

bool osm_crypto_memory_init(void)
{
    bool ours = CRYPTO_set_mem_functions(get, resize, drop) == 1;

    /* Modules its configuration names (FIPS) are loaded now: later no code can be mapped. */
    (void)OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, NULL);
    return ours;
}
