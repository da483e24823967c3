/* SPDX-License-Identifier: MIT */
/* Random bytes; see random.h. */
#include "util/random.h"

#include <errno.h>
#include <sys/random.h>

#include "util/macros.h"

void osm_random(void *memory, size_t size)
{
    unsigned char *at = memory;

    while (size > 0) {
        ssize_t got = getrandom(at, size, 0);

        osm_assert(got > 0 || errno == EINTR);
        if (got > 0) {
            at += got;
            size -= (size_t)got;
        }
    }
}
