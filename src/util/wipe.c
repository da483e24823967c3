/* SPDX-License-Identifier: MIT */
/* Overwriting what must not stay in memory; see wipe.h. */
#include "util/wipe.h"

#include <stdlib.h>
#include <string.h>

void osm_wipe(void *memory, size_t size)
{
    if (memory && size)
        explicit_bzero(memory, size);
}

void osm_wipe_and_free(char *text)
{
    if (text)
        osm_wipe(text, strlen(text));
    free(text);
}
