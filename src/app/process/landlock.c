/* SPDX-License-Identifier: MIT */
/* Landlock: what of the file system is left; see sandbox.h. libc has no functions for it. */
#include "app/process/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "util/alloc.h"
#include "util/fd.h"

/* Newer than the headers of Debian 12. */
#define OSM_ACCESS_REFER (1ULL << 13)    /* version 2 */
#define OSM_ACCESS_TRUNCATE (1ULL << 14) /* version 3 */

#define DEVICES (LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_BLOCK)
#define WRITING                                                                                    \
    (LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |                               \
     LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |  \
     LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_SYM)

static uint64_t writing_of(int version)
{
    return WRITING | (version >= 2 ? OSM_ACCESS_REFER : 0) |
           (version >= 3 ? OSM_ACCESS_TRUNCATE : 0);
}

/* The folder, or the next one above that exists. */
static int open_folder(const char *path)
{
    _cleanup_(osm_freep) char *at = osm_strdup(path);
    char *slash;
    int fd;

    while ((fd = open(at, O_PATH | O_CLOEXEC)) < 0 && errno == ENOENT) {
        slash = strrchr(at, '/');
        if (!slash)
            return open(".", O_PATH | O_CLOEXEC);
        slash[slash == at] = '\0'; /* at least the root is left, and that exists */
    }
    return fd;
}

static int allow(int ruleset, const char *path, uint64_t access)
{
    _cleanup_(osm_close_fd) int fd = open_folder(path);
    struct landlock_path_beneath_attr rule = {.allowed_access = access, .parent_fd = fd};

    if (fd < 0)
        return -errno;
    return syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0
               ? -errno
               : 0;
}

static int allow_writing(int ruleset, char *const *writable, int version)
{
    int r = allow(ruleset, "/dev", LANDLOCK_ACCESS_FS_WRITE_FILE); /* /dev/null and the like */

    for (; r == 0 && *writable; writable++)
        r = allow(ruleset, *writable, writing_of(version));
    return r;
}

int osm_landlock_apply(bool children, char *const *writable, struct osm_landlock_report *report)
{
    struct landlock_ruleset_attr attributes = {.handled_access_fs = DEVICES};
    _cleanup_(osm_close_fd) int ruleset = -1;
    int version =
        (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    int r = 0;

    *report = (struct osm_landlock_report){.version = version};
    if (version < 0)
        return -errno;
    if (!children)
        attributes.handled_access_fs |= LANDLOCK_ACCESS_FS_EXECUTE;
    if (writable)
        attributes.handled_access_fs |= writing_of(version);
    ruleset = (int)syscall(SYS_landlock_create_ruleset, &attributes,
                           sizeof(attributes.handled_access_fs), 0);
    if (ruleset < 0)
        return -errno;
    if (writable)
        r = allow_writing(ruleset, writable, version);
    if (r == 0 && syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
        r = -errno;
    return r;
}
