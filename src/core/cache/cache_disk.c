/* SPDX-License-Identifier: MIT */
/* The files of a cache directory; see cache_disk.h. */
#include "core/cache/cache_disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/cache/cache_format.h"
#include "util/alloc.h"
#include "util/digest.h"
#include "util/fd.h"

#define SUFFIX ".cache"
#define HALF_SUFFIX ".cache.new"
#define NAME_LENGTH (2 * OSM_SHA1_BYTES)

static void close_dir(DIR **dir)
{
    if (*dir)
        (void)closedir(*dir);
}

static bool ends_with(const char *name, const char *suffix)
{
    size_t length = strlen(name), end = strlen(suffix);

    return length >= end && strcmp(name + length - end, suffix) == 0;
}

static char *path_of(const char *dir, const struct osm_cache_key *key, const char *suffix)
{
    uint8_t sum[OSM_SHA1_BYTES];
    char name[NAME_LENGTH + 1];

    osm_sha1(key->data, key->length, sum);
    for (size_t i = 0; i < sizeof(sum); i++)
        (void)snprintf(name + 2 * i, 3, "%02x", sum[i]);
    return osm_printf("%s/%s%s", dir, name, suffix);
}

/* --- one file ------------------------------------------------------------------------------ */

static int read_fully(int fd, struct osm_buf *out, size_t size)
{
    while (out->length < size) {
        ssize_t got = read(fd, osm_buf_reserve(out, size - out->length), size - out->length);

        if (got < 0 && errno != EINTR)
            return -errno;
        if (got == 0)
            return 0; /* shorter than it said: no cache file */
        if (got > 0)
            osm_buf_commit(out, (size_t)got);
    }
    return 0;
}

/* Reads and checks a file. 1 = it is of no use any more. */
static int load(const char *path, int64_t now, struct osm_buf *bytes, struct osm_cache_file *file)
{
    _cleanup_(osm_close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    struct stat status;
    int r;

    if (fd < 0)
        return errno == ELOOP ? 1 : -errno;
    if (fstat(fd, &status) < 0)
        return -errno;
    if (!S_ISREG(status.st_mode) || status.st_size > (off_t)OSM_CACHE_FILE_MAX)
        return 1;
    r = read_fully(fd, bytes, (size_t)status.st_size);
    if (r < 0)
        return r;
    if (!osm_cache_format_read((const uint8_t *)bytes->data, bytes->length, file))
        return 1;
    return now >= file->expires;
}

static int delete_file(const char *path)
{
    return unlink(path) < 0 && errno != ENOENT ? -errno : 0;
}

static bool same_key(const struct osm_cache_file *file, const struct osm_cache_key *key)
{
    return file->key_length == key->length && memcmp(file->key, key->data, key->length) == 0;
}

int osm_cache_disk_get(const char *dir, const struct osm_cache_key *key, int64_t now,
                       UA_ByteString *value)
{
    _cleanup_(osm_freep) char *path = path_of(dir, key, SUFFIX);
    _cleanup_(osm_buf_deinit) struct osm_buf bytes = {0};
    struct osm_cache_file file;
    int r = load(path, now, &bytes, &file);

    if (r == -ENOENT)
        return 0;
    if (r == 0 && !same_key(&file, key))
        r = 1; /* a file that was given another's name */
    if (r != 0)
        return r < 0 ? r : delete_file(path);
    value->length = file.value_length;
    value->data = osm_alloc(file.value_length + 1);
    memcpy(value->data, file.value, file.value_length);
    return 0;
}

static int write_new(const char *path, const struct osm_buf *bytes)
{
    _cleanup_(osm_close_fd) int fd = -1;
    int r = delete_file(path);

    if (r < 0)
        return r;
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return -errno;
    for (size_t done = 0; done < bytes->length;) {
        ssize_t sent = write(fd, bytes->data + done, bytes->length - done);

        if (sent < 0 && errno != EINTR)
            return -errno;
        done += sent > 0 ? (size_t)sent : 0;
    }
    return 0;
}

int osm_cache_disk_put(const char *dir, const struct osm_cache_key *key, const UA_ByteString *value,
                       int64_t expires)
{
    _cleanup_(osm_freep) char *half = path_of(dir, key, HALF_SUFFIX);
    _cleanup_(osm_freep) char *path = path_of(dir, key, SUFFIX);
    _cleanup_(osm_buf_deinit) struct osm_buf bytes = {0};
    const struct osm_cache_file file = {.expires = expires,
                                        .key = key->data,
                                        .key_length = key->length,
                                        .value = value->data,
                                        .value_length = value->length};
    int r;

    if (!osm_cache_format_write(&bytes, &file))
        return delete_file(path); /* at least not the old value */
    r = write_new(half, &bytes);
    if (r == 0 && rename(half, path) < 0)
        r = -errno;
    if (r < 0) {
        (void)delete_file(half);
        (void)delete_file(path);
    }
    return r;
}

/* --- all files ----------------------------------------------------------------------------- */

struct sweep {
    const char *suffix;
    /* Whether a file is to go; NULL = all. */
    bool (*goes)(const struct sweep *sweep, const char *path);
    const struct osm_cache_key *key;
    int64_t now;
};

/* Deletes what has to go. Goes on after an error and returns the first one. */
static int sweep(const char *dir, const struct sweep *what)
{
    _cleanup_(close_dir) DIR *stream = opendir(dir);
    struct dirent *entry;
    int first = 0;

    if (!stream)
        return -errno;
    while ((entry = readdir(stream))) {
        _cleanup_(osm_freep) char *path = NULL;
        int r;

        if (!ends_with(entry->d_name, what->suffix))
            continue;
        path = osm_printf("%s/%s", dir, entry->d_name);
        if (what->goes && !what->goes(what, path))
            continue;
        r = delete_file(path);
        if (first == 0)
            first = r;
    }
    return first;
}

static bool of_the_node(const struct sweep *sweep, const char *path)
{
    _cleanup_(osm_buf_deinit) struct osm_buf bytes = {0};
    struct osm_cache_file file;
    int r = load(path, sweep->now, &bytes, &file);

    if (r != 0)
        return r > 0;
    return file.key_length >= sweep->key->subject &&
           memcmp(file.key, sweep->key->data, sweep->key->subject) == 0;
}

static bool of_no_use(const struct sweep *sweep, const char *path)
{
    _cleanup_(osm_buf_deinit) struct osm_buf bytes = {0};
    struct osm_cache_file file;

    return load(path, sweep->now, &bytes, &file) > 0;
}

int osm_cache_disk_invalidate(const char *dir, const struct osm_cache_key *key, int64_t now)
{
    return sweep(dir, &(struct sweep){SUFFIX, of_the_node, key, now});
}

int osm_cache_disk_flush(const char *dir)
{
    return sweep(dir, &(struct sweep){SUFFIX, NULL, NULL, 0});
}

int osm_cache_disk_tidy(const char *dir, int64_t now)
{
    int first = sweep(dir, &(struct sweep){HALF_SUFFIX, NULL, NULL, 0});
    int second = sweep(dir, &(struct sweep){SUFFIX, of_no_use, NULL, now});

    return first < 0 ? first : second;
}
