/* SPDX-License-Identifier: MIT */
/* The path rules for certificates, keys and trust stores; see cert_paths.h. */
#include "rim/pki/cert_paths.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/openat2.h>

#include "util/alloc.h"
#include "util/fd.h"
#include "util/read_file.h"
#include "util/wipe.h"

static const struct {
    enum osm_config_key key;
    const char *label;
    const char *unreadable;
} files[] = {
    {OSM_CONFIG_clientCertPath, "Client certificate", "client certificate"},
    {OSM_CONFIG_clientKeyPath, "Client key", "private key file"},
    {OSM_CONFIG_caCertPath, "CA certificate", "certificate file"},
    {OSM_CONFIG_userCertPath, "User certificate", "certificate file"},
    {OSM_CONFIG_userKeyPath, "User key", "private key file"},
};

/* Longer ones are no certificates. */
#define OSM_CERT_FILE_LIMIT ((size_t)1 << 20)
/* Nothing that is opened may hold us up, as a pipe would. */
#define OPEN_FLAGS (O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)

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

/* Where an open file lies by now; NULL when that cannot be told. */
static char *where_is(int fd)
{
    _cleanup_(osm_freep) char *link = osm_printf("/proc/self/fd/%d", fd);

    return realpath(link, NULL);
}

static bool lies_in(int fd, char *const *allowed_dirs)
{
    _cleanup_(osm_freep) char *real_path = where_is(fd);

    return real_path && is_allowed(real_path, allowed_dirs);
}

/* --- reading ------------------------------------------------------------------------------- */

void osm_cert_file_deinit(struct osm_cert_file *file)
{
    osm_wipe(file->data, file->size);
    free(file->data);
    *file = (struct osm_cert_file){0};
}

int osm_cert_file_read_fd(int fd, struct osm_cert_file *file)
{
    _cleanup_(osm_buf_deinit_secret) struct osm_buf bytes = {0};
    int r = osm_file_read_fd(fd, OSM_CERT_FILE_LIMIT, &bytes, NULL);

    if (r < 0)
        return r;
    file->size = bytes.length;
    file->data = (uint8_t *)osm_steal(bytes.data);
    return 0;
}

int osm_cert_file_read(const char *path, struct osm_cert_file *file)
{
    _cleanup_(osm_close_fd) int fd = open(path, OPEN_FLAGS);

    return fd < 0 ? -errno : osm_cert_file_read_fd(fd, file);
}

/* Opens a path without links and without leaving the directory. Kernels before 5.6, and some
 * sandboxes, have no openat2: there the file is opened and then looked up where it lies. */
static int open_beneath(const char *real_path, const char *dir, char *const *allowed_dirs)
{
    _cleanup_(osm_close_fd) int dir_fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
    struct open_how how = {.flags = OPEN_FLAGS,
                           .resolve =
                               RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS};
    const char *below = real_path + strlen(dir);
    int fd;

    if (dir_fd < 0)
        return -errno;
    while (*below == '/')
        below++;
    fd = (int)syscall(SYS_openat2, dir_fd, below, &how, sizeof(how));
    if (fd < 0 && (errno == ENOSYS || errno == EPERM)) {
        fd = open(real_path, OPEN_FLAGS | O_NOFOLLOW);
        if (fd >= 0 && !lies_in(fd, allowed_dirs)) {
            (void)close(fd);
            return -EXDEV;
        }
    }
    return fd < 0 ? -errno : fd;
}

/* The file by its real path, below the allowed directory it lies in. */
static int open_allowed(const char *path, char *const *allowed_dirs)
{
    _cleanup_(osm_freep) char *real_path = path[0] == '/' ? realpath(path, NULL) : NULL;

    if (!real_path)
        return -EXDEV;
    for (char *const *allowed = allowed_dirs; *allowed; allowed++) {
        _cleanup_(osm_freep) char *dir = realpath(*allowed, NULL);

        if (dir && is_below(real_path, dir))
            return open_beneath(real_path, dir, allowed_dirs);
    }
    return -EXDEV;
}

static const char *unreadable_of(enum osm_config_key key)
{
    for (size_t i = 0; i < OSM_ARRAY_SIZE(files); i++)
        if (files[i].key == key)
            return files[i].unreadable;
    return "file";
}

bool osm_cert_paths_read(enum osm_config_key key, const char *path, char *const *allowed_dirs,
                         struct osm_cert_file *file, struct osm_arena *arena,
                         struct osm_fault *fault)
{
    _cleanup_(osm_close_fd) int fd =
        allowed_dirs ? open_allowed(path, allowed_dirs) : open(path, OPEN_FLAGS);
    int r = fd < 0 ? (allowed_dirs ? fd : -errno) : osm_cert_file_read_fd(fd, file);

    if (r == 0)
        return true;
    osm_cert_file_deinit(file);
    return osm_fault_set(fault, arena, OSM_FAULT_CONFIGURATION, "Failed to read %s: %s: %s",
                         unreadable_of(key), path,
                         r == -EXDEV || r == -ELOOP ? "it is not in an allowed directory any more"
                                                    : strerror(-r));
}

/* --- directories --------------------------------------------------------------------------- */

/* The same for a directory, which may also be an allowed one itself. */
static bool is_allowed_dir(const char *real_path, char *const *allowed_dirs)
{
    _cleanup_(osm_freep) char *inside = osm_printf("%s/.", real_path);

    return is_allowed(inside, allowed_dirs);
}

bool osm_cert_paths_allow_dir(int fd, char *const *allowed_dirs)
{
    _cleanup_(osm_freep) char *real_path = where_is(fd);

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

static bool not_allowed(const char *label, const char *path, struct osm_arena *arena,
                        struct osm_fault *fault)
{
    return osm_fault_set(fault, arena, OSM_FAULT_INVALID_ARGUMENT_EXCEPTION,
                         "%s is not in an allowed directory: %s", label, path);
}

/* Whether the path, of a file that need not exist, lies in an allowed directory. ".." behind a part
 * that does not exist would lead out again; so may a link that leads to nothing. */
static bool may_be_asked_for(const char *path, char *const *allowed_dirs)
{
    _cleanup_(osm_freep) char *existing = NULL;
    struct stat status;

    if (path[0] != '/' || strstr(path, "/.."))
        return false;
    if (lstat(path, &status) == 0 && S_ISLNK(status.st_mode))
        return false;
    existing = nearest_existing(path);
    return is_allowed_dir(existing, allowed_dirs);
}

/* Where directories are configured, what lies elsewhere is answered the same whether there is
 * something or not. */
static bool check_file(const char *label, const char *path, char *const *allowed_dirs,
                       struct osm_arena *arena, struct osm_fault *fault)
{
    _cleanup_(osm_freep) char *real_path = allowed_dirs ? realpath(path, NULL) : NULL;
    struct stat status;

    if (allowed_dirs && (real_path ? path[0] != '/' || !is_allowed_dir(real_path, allowed_dirs)
                                   : !may_be_asked_for(path, allowed_dirs)))
        return not_allowed(label, path, arena, fault);
    if (stat(real_path ? real_path : path, &status) == 0 && S_ISREG(status.st_mode))
        return true;
    return osm_fault_set(fault, arena, OSM_FAULT_INVALID_ARGUMENT_EXCEPTION,
                         "%s does not exist or is not a file: %s", label, path);
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
    return not_allowed("Trust store", path, arena, fault);
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
