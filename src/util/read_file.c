/* SPDX-License-Identifier: MIT */
/* See read_file.h. */
#include "util/read_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "util/fd.h"

#define STEP ((size_t)4096)

/* With an access list the group's bits are its mask and say nothing; service managers hand out
 * credentials that way. */
static bool is_exposed(int fd, const struct stat *status)
{
    bool listed = fgetxattr(fd, "system.posix_acl_access", NULL, 0) > 0;

    return status->st_mode & (listed ? 0007 : 0077);
}

static int read_all(int fd, size_t most, struct osm_buf *out)
{
    size_t limit = out->length + most;

    for (;;) {
        size_t room = OSM_MAX(out->capacity - out->length, STEP);
        ssize_t got = read(fd, osm_buf_reserve(out, room), room);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -errno;
        if (got == 0)
            return 0;
        osm_buf_commit(out, (size_t)got);
        if (out->length > limit)
            return -EFBIG;
    }
}

int osm_file_read_fd(int fd, size_t most, struct osm_buf *out, bool *exposed)
{
    struct stat status;

    if (fstat(fd, &status) < 0)
        return -errno;
    if (!S_ISREG(status.st_mode))
        return -EINVAL;
    if (exposed)
        *exposed = is_exposed(fd, &status);
    /* At once in the usual case, so that a secret leaves no copies behind as the buffer grows. */
    osm_buf_reserve(out, OSM_MIN((size_t)status.st_size, most) + 2 * STEP);
    return read_all(fd, most, out);
}

/* O_NONBLOCK: a FIFO must not hold up the start. */
static int open_file(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    return fd < 0 ? -errno : fd;
}

int osm_file_read(const char *path, size_t most, struct osm_buf *out, bool *exposed)
{
    _cleanup_(osm_close_fd) int fd = open_file(path);

    return fd < 0 ? fd : osm_file_read_fd(fd, most, out, exposed);
}

int osm_file_check(const char *path)
{
    _cleanup_(osm_close_fd) int fd = open_file(path);
    struct stat status;

    if (fd < 0)
        return fd;
    if (fstat(fd, &status) < 0)
        return -errno;
    return S_ISREG(status.st_mode) ? 0 : -EINVAL;
}

bool osm_file_is_exposed(const char *path)
{
    _cleanup_(osm_close_fd) int fd = open_file(path);
    struct stat status;

    return fd >= 0 && fstat(fd, &status) == 0 && is_exposed(fd, &status);
}
