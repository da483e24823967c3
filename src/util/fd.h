/* SPDX-License-Identifier: MIT */
#ifndef OSM_UTIL_FD_H
#define OSM_UTIL_FD_H
/* Owned descriptors: `_cleanup_(osm_close_fd) int fd = open(…);`, -1 = none. */
#include <unistd.h>

static inline void osm_close_fd(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
}

/* The descriptor, which is the caller's to close from now on. */
static inline int osm_steal_fd(int *fd)
{
    int stolen = *fd;

    *fd = -1;
    return stolen;
}

#endif
