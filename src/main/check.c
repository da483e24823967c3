/* SPDX-License-Identifier: MIT */
/* Looking without touching; see check.h. */
#include "main/check.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "ipc/endpoint.h"
#include "util/alloc.h"

static bool complain(struct osm_buf *err, const char *message)
{
    size_t size = 4 * strlen(message) + 1;
    _cleanup_(osm_freep) char *escaped = osm_alloc(size);

    osm_buf_add(err, escaped, osm_log_escape(escaped, size, message, strlen(message)));
    osm_buf_add_byte(err, '\n');
    return false;
}

static bool check_socket(const struct osm_options *options, struct osm_buf *err)
{
    _cleanup_(osm_freep) char *error = NULL;
    struct osm_endpoint endpoint;

    return osm_endpoint_parse(options->socket, &endpoint, &error) == 0 || complain(err, error);
}

static bool check_cache(const struct osm_options *options, struct osm_buf *err)
{
    const char *path = options->cache_path;
    _cleanup_(osm_freep) char *message = NULL;
    struct stat status;

    if (options->cache_driver != OSM_CACHE_FILE)
        return true;
    if (!path || !*path)
        return complain(err, "--cache-path is required when --cache-driver=file");
    if (stat(path, &status) < 0 || S_ISDIR(status.st_mode))
        return true; /* what is missing will be made */
    message = osm_printf("Cannot use cache directory %s: %s", path, strerror(ENOTDIR));
    return complain(err, message);
}

int osm_check_options(const struct osm_options *options, struct osm_buf *err)
{
    static bool (*const checks[])(const struct osm_options *options, struct osm_buf *err) = {
        check_socket,
        check_cache,
    };
    bool good = true;

    for (size_t i = 0; i < OSM_ARRAY_SIZE(checks); i++)
        good = checks[i](options, err) && good;
    return good ? 0 : -EINVAL;
}
