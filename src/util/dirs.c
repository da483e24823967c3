/* SPDX-License-Identifier: MIT */
/* mkdir -p; see dirs.h. */
#include "util/dirs.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "util/alloc.h"

static int make_one(const char *path, mode_t mode)
{
    struct stat status;

    if (mkdir(path, mode) == 0)
        return 0;
    if (errno != EEXIST && errno != EROFS && errno != EISDIR)
        return -errno;
    if (stat(path, &status) < 0)
        return -errno;
    return S_ISDIR(status.st_mode) ? 0 : -ENOTDIR;
}

int osm_dirs_make(const char *path, mode_t mode)
{
    _cleanup_(osm_freep) char *copy = osm_strdup(path);
    char *slash = copy;
    struct stat status;

    if (!*path)
        return -ENOENT;
    /* The usual case; also spares search-only parents from attempts to create them. */
    if (stat(path, &status) == 0)
        return S_ISDIR(status.st_mode) ? 0 : -ENOTDIR;
    while ((slash = strchr(slash + 1, '/'))) {
        int r;

        *slash = '\0';
        r = stat(copy, &status) == 0 ? 0 : make_one(copy, mode);
        if (r < 0)
            return r;
        *slash = '/';
    }
    return make_one(path, mode);
}

int osm_dirs_make_parent(const char *path, mode_t mode)
{
    const char *slash = strrchr(path, '/');
    _cleanup_(osm_freep) char *parent = NULL;

    if (!slash || slash == path)
        return 0;
    parent = osm_strndup(path, (size_t)(slash - path));
    return osm_dirs_make(parent, mode);
}

bool osm_dirs_are_shared(const char *path)
{
    const char *slash = strrchr(path, '/');
    _cleanup_(osm_freep) char *folder =
        slash ? osm_strndup(path, slash == path ? 1 : (size_t)(slash - path)) : osm_strdup(".");
    struct stat status;

    return stat(folder, &status) == 0 && (status.st_mode & S_IWOTH);
}
