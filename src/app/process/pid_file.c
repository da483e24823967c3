/* SPDX-License-Identifier: MIT */
/*
 * See pid_file.h. Two starts may race in any order; each step below is safe because
 *   - only who holds the lock of a file may judge it stale and remove it,
 *   - who has locked a file looks again whether the path still names that file, and otherwise
 *     starts over.
 */
#include "app/process/pid_file.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "util/alloc.h"
#include "util/dirs.h"
#include "util/fd.h"

/* Another start may be between creating its file and writing its number: give it a moment. */
#define PID_FILE_TRIES 100
#define PID_FILE_PAUSE_NS 5000000L

/* Documented conditions of the steps of osm_pid_file_new(). */
enum {
    PID_FILE_AGAIN = 1,
};

struct osm_pid_file {
    char *path;
    int fd; /* open and locked */
    struct stat identity;
};

char *osm_pid_file_path(const struct osm_address *endpoint, const char *temporary)
{
    _cleanup_(osm_freep) char *slug = NULL;
    const char *from = endpoint->uri;
    char *to;

    if (endpoint->is_unix)
        return osm_printf("%s.pid", osm_address_path(endpoint));
    to = slug = osm_alloc(strlen(from) + 1);
    for (; *from; from++) {
        bool plain = isalnum((unsigned char)*from) || strchr("_.-", *from);
        bool skip =
            !plain && to > slug && !isalnum((unsigned char)from[-1]) && !strchr("_.-", from[-1]);

        if (!skip)
            *to++ = plain ? *from : '_';
    }
    return osm_printf("%s/opcua-session-manager-%s.pid",
                      temporary && *temporary ? temporary : "/tmp", slug);
}

static bool is_same(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Whether the path (still) names this open file. */
static bool path_names(const char *path, int fd)
{
    struct stat there, here;

    return lstat(path, &there) == 0 && fstat(fd, &here) == 0 && is_same(&there, &here);
}

/* The number inside, 0 when there is none. */
static pid_t read_pid(int fd)
{
    char text[32];
    ssize_t length = pread(fd, text, sizeof(text) - 1, 0);
    long long pid;

    if (length <= 0)
        return 0;
    text[length] = '\0';
    pid = strtoll(text, NULL, 10);
    return pid > 0 && pid <= INT32_MAX ? (pid_t)pid : 0;
}

static bool is_alive(pid_t pid)
{
    return pid > 0 && (kill(pid, 0) == 0 || errno == EPERM);
}

static int refuse_busy(const char *path, pid_t pid, char **error)
{
    *error = osm_printf(
        "Another daemon instance is already running (PID: %lld). If this is stale, remove %s",
        (long long)pid, path);
    return -EBUSY;
}

static int write_pid(int fd)
{
    char text[32];
    int length = snprintf(text, sizeof(text), "%lld", (long long)getpid());

    if (fchmod(fd, 0644) < 0)
        return -errno;
    errno = 0;
    if (pwrite(fd, text, (size_t)length, 0) != length)
        return errno ? -errno : -EIO;
    return 0;
}

/* Makes a new file and locks it; PID_FILE_AGAIN when one is there or somebody was faster. */
static int create(const char *path, struct osm_pid_file **out, char **error)
{
    _cleanup_(osm_close_fd) int fd =
        open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    struct osm_pid_file *file;
    int r = fd < 0 ? -errno : 0;

    if (r == -EEXIST)
        return PID_FILE_AGAIN;
    if (r == 0 && flock(fd, LOCK_EX | LOCK_NB) < 0)
        r = -errno;
    if (r == -EWOULDBLOCK || (r == 0 && !path_names(path, fd)))
        return PID_FILE_AGAIN;
    if (r == 0)
        r = write_pid(fd);
    if (r < 0) {
        if (fd >= 0)
            (void)unlink(path);
        *error = osm_printf("Cannot create PID file %s: %s", path, strerror(-r));
        return r;
    }
    file = osm_alloc(sizeof(*file));
    file->path = osm_strdup(path);
    file->fd = fd;
    fd = -1;
    (void)fstat(file->fd, &file->identity);
    *out = file;
    return 0;
}

/* Opens what lies there, if it can be a PID file at all. */
static int open_existing(const char *path, char **error)
{
    int flags = O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
    int fd = open(path, O_RDONLY | flags);
    struct stat status;

    if (fd < 0 && errno == ENOENT)
        return -ENOENT;
    if (fd < 0) {
        int r = -errno;

        *error = osm_printf("Cannot open PID file %s: %s", path,
                            r == -ELOOP ? "it is a symbolic link" : strerror(-r));
        return r == -ELOOP ? -EBUSY : r;
    }
    if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode)) {
        close(fd);
        *error = osm_printf("Cannot use PID file %s: it is not a regular file", path);
        return -EBUSY;
    }
    if (status.st_uid != geteuid() && osm_dirs_are_shared(path)) {
        close(fd);
        *error = osm_printf("Cannot use PID file %s: it belongs to another user (uid %u), and "
                            "everybody may put files there. Remove it, or choose another path with "
                            "--socket",
                            path, (unsigned)status.st_uid);
        return -EBUSY;
    }
    return fd;
}

/* Judges the file that is in the way: removes a stale one. PID_FILE_AGAIN: try to create. */
static int clear_existing(const char *path, bool last_try, char **error)
{
    _cleanup_(osm_close_fd) int fd = open_existing(path, error);
    bool locked;
    pid_t pid;

    if (fd == -ENOENT)
        return PID_FILE_AGAIN;
    if (fd < 0)
        return fd;
    locked = flock(fd, LOCK_EX | LOCK_NB) == 0;
    if (!path_names(path, fd))
        return PID_FILE_AGAIN;
    pid = read_pid(fd);
    if (!locked && !is_alive(pid) && !last_try)
        return PID_FILE_AGAIN; /* somebody is taking over right now */
    /* Our own number in a file that nobody holds is left from a former life, as in a container
     * where the daemon is always process 1. */
    if (!locked || (is_alive(pid) && pid != getpid()))
        return refuse_busy(path, pid, error);
    if (unlink(path) < 0 && errno != ENOENT) {
        int r = -errno;

        *error = osm_printf("Cannot remove stale PID file %s: %s", path, strerror(-r));
        return r;
    }
    return PID_FILE_AGAIN;
}

int osm_pid_file_new(const char *path, struct osm_pid_file **out, char **error)
{
    const struct timespec pause = {.tv_nsec = PID_FILE_PAUSE_NS};

    for (int i = 1; i <= PID_FILE_TRIES; i++) {
        int r = create(path, out, error);

        if (r == PID_FILE_AGAIN)
            r = clear_existing(path, i == PID_FILE_TRIES, error);
        if (r != PID_FILE_AGAIN)
            return r;
        if (i > 2)
            (void)nanosleep(&pause, NULL); /* lint: allow nanosleep – at start-up */
    }
    *error = osm_printf("Cannot create PID file %s: another start is in progress", path);
    return -EBUSY;
}

void osm_pid_file_unlink(const struct osm_pid_file *file)
{
    struct stat there;

    if (lstat(file->path, &there) == 0 && is_same(&there, &file->identity))
        (void)unlink(file->path);
}

struct osm_pid_file *osm_pid_file_free(struct osm_pid_file *file)
{
    if (file) {
        osm_pid_file_unlink(file);
        close(file->fd);
        free(file->path);
        free(file);
    }
    return NULL;
}
