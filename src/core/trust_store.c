/* SPDX-License-Identifier: MIT */
/* The files of a trust store; see trust_store.h. */
#include "core/trust_store.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/cert_paths.h"
#include "util/digest.h"
#include "util/dirs.h"
#include "util/write_file.h"

#define DIR_FLAGS (O_RDONLY | O_DIRECTORY | O_CLOEXEC)
#define TRUSTED "trusted"
#define REJECTED "rejected"

static void close_fdp(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
}

/* --- fingerprints -------------------------------------------------------------------------- */

struct osm_fingerprint osm_fingerprint_of(const void *der, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    struct osm_fingerprint fingerprint = {0};
    uint8_t bytes[OSM_SHA1_BYTES];

    osm_sha1(der, size, bytes);
    for (size_t i = 0; i < sizeof(bytes); i++) {
        fingerprint.text[2 * i] = digits[bytes[i] >> 4];
        fingerprint.text[2 * i + 1] = digits[bytes[i] & 15];
    }
    return fingerprint;
}

bool osm_fingerprint_parse(const char *text, size_t length, struct osm_fingerprint *out)
{
    size_t digits = 0;

    *out = (struct osm_fingerprint){0};
    for (size_t i = 0; i < length; i++) {
        char c = text[i] >= 'A' && text[i] <= 'F' ? (char)(text[i] - 'A' + 'a') : text[i];

        if (c == ':')
            continue;
        if (digits == OSM_FINGERPRINT_DIGITS || !c || !strchr("0123456789abcdef", c))
            return false;
        out->text[digits++] = c;
    }
    return digits == OSM_FINGERPRINT_DIGITS;
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
    _cleanup_(close_fdp) int dir = open_store(store);
    int fd;

    if (dir < 0)
        return dir;
    fd = openat(dir, name, DIR_FLAGS | O_NOFOLLOW);
    return fd < 0 ? -errno : fd;
}

int osm_trust_store_prepare(const struct osm_trust_store *store)
{
    _cleanup_(close_fdp) int dir = -1;
    int r = osm_dirs_make(store->path, 0700);

    if (r < 0)
        return r;
    dir = open_store(store);
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
    const struct osm_fingerprint fingerprint = osm_fingerprint_of(der, size);
    const struct file_name name = name_of(&fingerprint);
    _cleanup_(close_fdp) int folder = -1;
    int r = osm_trust_store_prepare(store);

    if (r < 0)
        return r;
    folder = open_folder(store, TRUSTED);
    return folder < 0 ? folder : osm_write_file(folder, name.text, 0600, der, size);
}

int osm_trust_store_untrust(const struct osm_trust_store *store,
                            const struct osm_fingerprint *fingerprint)
{
    const struct file_name name = name_of(fingerprint);
    _cleanup_(close_fdp) int folder = open_folder(store, TRUSTED);

    if (folder < 0)
        return folder == -ENOENT ? 0 : folder;
    if (unlinkat(folder, name.text, 0) < 0 && errno != ENOENT)
        return -errno;
    return 0;
}
