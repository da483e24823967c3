/* SPDX-License-Identifier: MIT */
/* The files of a trust store; see trust_store.h. */
#include "rim/pki/trust_store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rim/pki/cert_paths.h"
#include "util/alloc.h"
#include "util/digest.h"
#include "util/dirs.h"
#include "util/fd.h"
#include "util/hex.h"
#include "util/write_file.h"

#define DIR_FLAGS (O_RDONLY | O_DIRECTORY | O_CLOEXEC)
#define TRUSTED "trusted"
#define REJECTED "rejected"
#define LISTS "crl"

/* --- fingerprints -------------------------------------------------------------------------- */

struct osm_fingerprint osm_trust_fingerprint_of(const void *der, size_t size)
{
    struct osm_fingerprint fingerprint = {0};
    uint8_t bytes[OSM_SHA1_BYTES];

    osm_digest_sha1(der, size, bytes);
    osm_hex_print(fingerprint.text, bytes, sizeof(bytes));
    return fingerprint;
}

bool osm_trust_fingerprint_parse(const char *text, size_t length, struct osm_fingerprint *out)
{
    size_t digits = 0;

    *out = (struct osm_fingerprint){0};
    for (size_t i = 0; i < length; i++) {
        int value = osm_hex_digit(text[i]);

        if (text[i] == ':')
            continue;
        if (digits == OSM_FINGERPRINT_DIGITS || value < 0)
            return false;
        out->text[digits++] = osm_hex_digits[value];
    }
    return digits == OSM_FINGERPRINT_DIGITS;
}

void osm_trust_fingerprint_print(const struct osm_fingerprint *fingerprint,
                                 char text[OSM_FINGERPRINT_TEXT])
{
    for (size_t i = 0; i < OSM_FINGERPRINT_DIGITS / 2; i++) {
        memcpy(text + 3 * i, fingerprint->text + 2 * i, 2);
        text[3 * i + 2] = ':';
    }
    text[OSM_FINGERPRINT_TEXT - 1] = '\0';
}

/* --- directories --------------------------------------------------------------------------- */

/* The store's directory, or negative errno. */
static int open_store(const struct osm_trust_store *store)
{
    int fd = open(store->path, DIR_FLAGS);

    if (fd < 0)
        return -errno;
    if (!store->allowed_dirs || osm_cert_paths_allow_dir(fd, store->allowed_dirs))
        return fd;
    (void)close(fd);
    return -EACCES;
}

static int open_folder(const struct osm_trust_store *store, const char *name)
{
    _cleanup_(osm_close_fd) int dir = open_store(store);
    int fd;

    if (dir < 0)
        return dir;
    fd = openat(dir, name, DIR_FLAGS | O_NOFOLLOW);
    return fd < 0 ? -errno : fd;
}

/* The part of the path that is there already; `rest` is what follows, without its slash. */
static int open_existing(const char *path, const char **rest)
{
    size_t length = strlen(path);

    for (;;) {
        _cleanup_(osm_freep) char *prefix = osm_strndup(path, length);
        int fd = open(length ? prefix : "/", DIR_FLAGS);

        *rest = path + length + (path[length] == '/');
        if (fd >= 0 || errno != ENOENT || !length)
            return fd < 0 ? -errno : fd;
        while (length > 0 && path[--length] != '/')
            ;
    }
}

/* One folder further down, made if it is missing; never through a link. Takes dir. */
static int descend(int dir, const char *name)
{
    int fd = -EINVAL;

    if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0) {
        fd = mkdirat(dir, name, 0700) < 0 && errno != EEXIST ? -errno : 0;
        if (fd == 0) {
            fd = openat(dir, name, DIR_FLAGS | O_NOFOLLOW);
            fd = fd < 0 ? -errno : fd;
        }
    }
    (void)close(dir);
    return fd;
}

/* The store's directory, made where it is missing: only below what was opened and found to be
 * allowed, whoever changes names meanwhile. */
static int make_below(const struct osm_trust_store *store)
{
    const char *rest;
    int dir = open_existing(store->path, &rest);

    if (dir >= 0 && !osm_cert_paths_allow_dir(dir, store->allowed_dirs)) {
        (void)close(dir);
        return -EACCES;
    }
    while (dir >= 0 && *rest) {
        size_t length = strcspn(rest, "/");
        _cleanup_(osm_freep) char *name = osm_strndup(rest, length);

        if (length)
            dir = descend(dir, name);
        rest += length + (rest[length] == '/');
    }
    return dir;
}

static int make_store(const struct osm_trust_store *store)
{
    int r;

    if (store->allowed_dirs)
        return store->path[0] == '/' ? make_below(store) : -EACCES;
    r = osm_dirs_make(store->path, 0700);
    return r < 0 ? r : open_store(store);
}

int osm_trust_store_prepare(const struct osm_trust_store *store)
{
    _cleanup_(osm_close_fd) int dir = store->fixed ? -EPERM : make_store(store);

    if (dir < 0)
        return dir;
    if (mkdirat(dir, TRUSTED, 0700) < 0 && errno != EEXIST)
        return -errno;
    if (mkdirat(dir, REJECTED, 0700) < 0 && errno != EEXIST)
        return -errno;
    return 0;
}

/* --- certificates -------------------------------------------------------------------------- */

struct file_name {
    char text[OSM_FINGERPRINT_DIGITS + sizeof(".der")];
};

static struct file_name name_of(const struct osm_fingerprint *fingerprint)
{
    struct file_name name;

    (void)snprintf(name.text, sizeof(name.text), "%s.der", fingerprint->text);
    return name;
}

int osm_trust_store_trust(const struct osm_trust_store *store, const void *der, size_t size)
{
    const struct osm_fingerprint fingerprint = osm_trust_fingerprint_of(der, size);
    const struct file_name name = name_of(&fingerprint);
    _cleanup_(osm_close_fd) int folder = -1;
    int r = osm_trust_store_prepare(store);

    if (r < 0)
        return r;
    folder = open_folder(store, TRUSTED);
    return folder < 0 ? folder : osm_write_file(folder, name.text, 0600, der, size);
}

static int take_out(const struct osm_trust_store *store, const char *from,
                    const struct osm_fingerprint *fingerprint)
{
    const struct file_name name = name_of(fingerprint);
    _cleanup_(osm_close_fd) int folder = open_folder(store, from);

    if (folder < 0)
        return folder == -ENOENT ? 0 : folder;
    if (unlinkat(folder, name.text, 0) < 0 && errno != ENOENT)
        return -errno;
    return 0;
}

int osm_trust_store_untrust(const struct osm_trust_store *store,
                            const struct osm_fingerprint *fingerprint)
{
    return take_out(store, TRUSTED, fingerprint);
}

int osm_trust_store_drop(const struct osm_trust_store *store,
                         const struct osm_fingerprint *fingerprint)
{
    return take_out(store, REJECTED, fingerprint);
}

/* --- what is trusted ------------------------------------------------------------------------ */

static int read_file(int folder, const char *name, struct osm_cert_file *file)
{
    _cleanup_(osm_close_fd) int fd =
        openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);

    return fd < 0 ? -errno : osm_cert_file_read_fd(fd, file);
}

static int folder_holds(int folder, const void *der, size_t size)
{
    const struct osm_fingerprint fingerprint = osm_trust_fingerprint_of(der, size);
    const struct file_name name = name_of(&fingerprint);
    struct osm_cert_file file = {0};
    int r = read_file(folder, name.text, &file);
    bool same = r == 0 && file.data && file.size == size && memcmp(file.data, der, size) == 0;

    osm_cert_file_deinit(&file);
    return r == -ENOENT || r == -ELOOP ? 0 : r < 0 ? r : same;
}

int osm_trust_store_holds(const struct osm_trust_store *store, const void *der, size_t size)
{
    _cleanup_(osm_close_fd) int folder = open_folder(store, TRUSTED);

    if (folder < 0)
        return folder == -ENOENT ? 0 : folder;
    return folder_holds(folder, der, size);
}

static bool is_certificate(const char *name)
{
    size_t length = strlen(name);

    return name[0] != '.' && length > 4 && strcmp(name + length - 4, ".der") == 0;
}

/* Certificates in a folder, counted up to a limit; or negative errno. */
static int count(int folder, int limit)
{
    int fd = openat(folder, ".", DIR_FLAGS), found = 0;
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    const struct dirent *entry;

    if (!dir) {
        int error = -errno;

        osm_close_fd(&fd);
        return error;
    }
    while (found < limit && (entry = readdir(dir)) != NULL)
        found += is_certificate(entry->d_name);
    (void)closedir(dir);
    return found;
}

static int put(int folder, const void *der, size_t size)
{
    const struct osm_fingerprint fingerprint = osm_trust_fingerprint_of(der, size);
    const struct file_name name = name_of(&fingerprint);

    return osm_write_file(folder, name.text, 0600, der, size);
}

int osm_trust_store_trust_first(const struct osm_trust_store *store, const void *der, size_t size)
{
    _cleanup_(osm_close_fd) int folder = -1;
    int r = osm_trust_store_prepare(store);

    if (r < 0)
        return r;
    folder = open_folder(store, TRUSTED);
    if (folder < 0)
        return folder;
    if (flock(folder, LOCK_EX) < 0) /* until it is closed */
        return -errno;
    r = count(folder, 1);
    if (r != 0)
        return r < 0 ? r : folder_holds(folder, der, size);
    r = put(folder, der, size);
    return r < 0 ? r : 1;
}

int osm_trust_store_reject(const struct osm_trust_store *store, const void *der, size_t size)
{
    _cleanup_(osm_close_fd) int folder = -1;
    int r = osm_trust_store_prepare(store);

    if (r < 0)
        return r;
    folder = open_folder(store, REJECTED);
    if (folder < 0)
        return folder;
    r = count(folder, OSM_TRUST_STORE_REJECTED);
    if (r < 0 || r >= OSM_TRUST_STORE_REJECTED)
        return OSM_MIN(r, 0);
    return put(folder, der, size);
}

int osm_trust_store_accept(const struct osm_trust_store *store,
                           const struct osm_fingerprint *fingerprint)
{
    const struct file_name name = name_of(fingerprint);
    _cleanup_(osm_close_fd) int folder = open_folder(store, REJECTED);
    struct osm_cert_file file = {0};
    int r = folder < 0 ? folder : read_file(folder, name.text, &file);

    if (r == 0 && file.data) {
        const struct osm_fingerprint found = osm_trust_fingerprint_of(file.data, file.size);

        r = strcmp(found.text, fingerprint->text) == 0
                ? osm_trust_store_trust(store, file.data, file.size)
                : -EBADMSG;
    }
    osm_cert_file_deinit(&file);
    return r < 0 ? r : osm_trust_store_drop(store, fingerprint);
}

/* --- revocation lists ----------------------------------------------------------------------- */

int osm_trust_store_lists(const struct osm_trust_store *store, osm_trust_store_each_fn *each,
                          void *context)
{
    int folder = open_folder(store, LISTS), limit = OSM_TRUST_STORE_REJECTED, r = 0;
    DIR *dir = folder >= 0 ? fdopendir(folder) : NULL;
    const struct dirent *entry;

    if (!dir) {
        int error = folder < 0 ? folder : -errno;

        osm_close_fd(&folder);
        return error == -ENOENT ? 0 : error;
    }
    while (r == 0 && (entry = readdir(dir)) != NULL) {
        struct osm_cert_file file = {0};

        if (entry->d_name[0] == '.')
            continue;
        r = limit-- > 0 ? read_file(folder, entry->d_name, &file) : -E2BIG;
        r = each(context, entry->d_name, &file, r);
        osm_cert_file_deinit(&file);
    }
    (void)closedir(dir);
    return r;
}
