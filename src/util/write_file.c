/* SPDX-License-Identifier: MIT */
/* Writing a file at once; see write_file.h. */
#include "util/write_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/alloc.h"
#include "util/digest.h"
#include "util/random.h"

static int write_all(int fd, const void *data, size_t size)
{
    const char *at = data;

    while (size > 0) {
        ssize_t written = write(fd, at, size);

        if (written < 0 && errno != EINTR)
            return -errno;
        if (written > 0) {
            at += written;
            size -= (size_t)written;
        }
    }
    if (fsync(fd) < 0) /* lint: allow fsync – callers are off the loop */
        return -errno;
    return 0;
}

int osm_write_file(int directory, const char *name, mode_t mode, const void *data, size_t size)
{
    _cleanup_(osm_freep) char *temporary = NULL;
    uint32_t number;
    int fd, r;

    osm_random(&number, sizeof(number));
    temporary = osm_printf(".%s.%08x.new", name, (unsigned)number);
    fd = openat(directory, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return -errno;
    r = write_all(fd, data, size);
    if (r == 0 && fchmod(fd, mode) < 0)
        r = -errno;
    if (close(fd) < 0 && r == 0)
        r = -errno;
    if (r == 0 && renameat(directory, temporary, directory, name) < 0)
        r = -errno;
    if (r < 0)
        (void)unlinkat(directory, temporary, 0);
    return r;
}
