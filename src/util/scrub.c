/* SPDX-License-Identifier: MIT */
/* Overwriting what libraries have freed; see scrub.h. */
#include "util/scrub.h"

#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>

#include "util/alloc.h"
#include "util/macros.h"

/* A thread keeps so many small blocks of a size for itself (tcache), which it does not overwrite.
 */
#define OSM_SCRUB_BLOCKS 8

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned depth;

static void switch_to(unsigned change)
{
#ifdef M_PERTURB
    (void)pthread_mutex_lock(&lock);
    depth += change;
    (void)mallopt(M_PERTURB, depth ? 0x5a : 0);
    (void)pthread_mutex_unlock(&lock);
#else
    (void)change;
#endif
}

void osm_scrub_begin(void)
{
    switch_to(1);
}

void osm_scrub_end(size_t size)
{
    void *blocks[OSM_SCRUB_BLOCKS];

    for (size_t i = 0; i < OSM_ARRAY_SIZE(blocks); i++) {
        blocks[i] = osm_alloc(size ? size : 1);
        osm_wipe(blocks[i], size);
    }
    for (size_t i = 0; i < OSM_ARRAY_SIZE(blocks); i++)
        free(blocks[i]);
    switch_to(-1U);
}
