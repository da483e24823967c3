/* SPDX-License-Identifier: MIT */
/* See cache_dir.h. */
#include "app/daemon/cache_dir.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "util/alloc.h"
#include "util/dirs.h"

int osm_cache_dir_prepare(const struct osm_options *options, char **error)
{
    const char *path = options->cache_path;
    int r;

    if (options->cache_driver != OSM_CACHE_FILE)
        return 0;
    if (!path || !*path) {
        *error = osm_strdup("--cache-path is required when --cache-driver=file");
        return -EINVAL;
    }
    r = osm_dirs_make(path, 0700);
    if (r == 0 && access(path, R_OK | W_OK | X_OK) < 0)
        r = -errno;
    if (r < 0)
        *error = osm_printf("Cannot use cache directory %s: %s", path, strerror(-r));
    return r;
}
