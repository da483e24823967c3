/* SPDX-License-Identifier: MIT */
/* The path rules for certificates, keys and trust stores; see cert_paths.h. */
#include "core/cert_paths.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "util/alloc.h"

static const struct {
    enum osm_config_key key;
    const char *label;
} files[] = {
    {OSM_CONFIG_clientCertPath, "Client certificate"},
    {OSM_CONFIG_clientKeyPath, "Client key"},
    {OSM_CONFIG_caCertPath, "CA certificate"},
    {OSM_CONFIG_userCertPath, "User certificate"},
    {OSM_CONFIG_userKeyPath, "User key"},
};

bool osm_cert_paths_named(const struct osm_config *config)
{
    for (size_t i = 0; i < OSM_ARRAY_SIZE(files); i++)
        if (osm_config_has(config, files[i].key))
            return true;
    return osm_config_has(config, OSM_CONFIG_trustStorePath);
}

/* Both without symbolic links; the separator counts, so that /a does not allow /ab. */
static bool is_below(const char *path, const char *dir)
{
    size_t length = strlen(dir);

    while (length > 0 && dir[length - 1] == '/')
        length--;
    return strncmp(path, dir, length) == 0 && path[length] == '/';
}

static bool is_allowed(const char *real_path, char *const *allowed_dirs)
{
    for (; *allowed_dirs; allowed_dirs++) {
        _cleanup_(osm_freep) char *dir = realpath(*allowed_dirs, NULL);

        if (dir && is_below(real_path, dir))
            return true;
    }
    return false;
}

static bool check_file(const char *label, const char *path, char *const *allowed_dirs,
                       struct osm_arena *arena, struct osm_fault *fault)
{
    _cleanup_(osm_freep) char *real_path = NULL;
    struct stat status;

    if (stat(path, &status) < 0 || !S_ISREG(status.st_mode))
        return osm_fault_set(fault, arena, OSM_FAULT_INVALID_ARGUMENT_EXCEPTION,
                             "%s does not exist or is not a file: %s", label, path);
    if (!allowed_dirs)
        return true;
    real_path = realpath(path, NULL);
    if (!real_path)
        return osm_fault_set(fault, arena, OSM_FAULT_INVALID_ARGUMENT_EXCEPTION,
                             "%s path cannot be resolved: %s", label, path);
    if (path[0] == '/' && is_allowed(real_path, allowed_dirs))
        return true;
    return osm_fault_set(fault, arena, OSM_FAULT_INVALID_ARGUMENT_EXCEPTION,
                         "%s is not in an allowed directory: %s", label, path);
}

/* The same for a directory, which may also be an allowed one itself. */
static bool is_allowed_dir(const char *real_path, char *const *allowed_dirs)
{
    _cleanup_(osm_freep) char *inside = osm_printf("%s/.", real_path);

    return is_allowed(inside, allowed_dirs);
}

bool osm_cert_paths_allow_dir(int fd, char *const *allowed_dirs)
{
    _cleanup_(osm_freep) char *link = osm_printf("/proc/self/fd/%d", fd);
    _cleanup_(osm_freep) char *real_path = realpath(link, NULL);

    return real_path && is_allowed_dir(real_path, allowed_dirs);
}

/* The path itself if it exists, else its nearest parent that does; "" at the root's end. */
static char *nearest_existing(const char *path)
{
    _cleanup_(osm_freep) char *prefix = osm_strdup(path);

    for (;;) {
        char *real_path = realpath(prefix, NULL);
        char *slash;

        if (real_path)
            return real_path;
        slash = strrchr(prefix, '/');
        if (!slash || slash == prefix)
            return osm_strdup("/");
        *slash = '\0';
    }
}

static bool check_store(const char *path, char *const *allowed_dirs, struct osm_arena *arena,
                        struct osm_fault *fault)
{
    _cleanup_(osm_freep) char *existing = NULL;

    if (!path || !allowed_dirs)
        return true;
    /* ".." behind a part that does not exist yet would lead out again. */
    if (path[0] == '/' && !strstr(path, "/..")) {
        existing = nearest_existing(path);
        if (is_allowed_dir(existing, allowed_dirs))
            return true;
    }
    return osm_fault_set(fault, arena, OSM_FAULT_INVALID_ARGUMENT_EXCEPTION,
                         "Trust store is not in an allowed directory: %s", path);
}

bool osm_cert_paths_check(const struct osm_config *config, char *const *allowed_dirs,
                          struct osm_arena *arena, struct osm_fault *fault)
{
    for (size_t i = 0; i < OSM_ARRAY_SIZE(files); i++) {
        const char *path = osm_config_text(config, files[i].key);

        if (path && !check_file(files[i].label, path, allowed_dirs, arena, fault))
            return false;
    }
    return check_store(osm_config_text(config, OSM_CONFIG_trustStorePath), allowed_dirs, arena,
                       fault);
}
