/* SPDX-License-Identifier: MIT */
/* Making and removing the listening socket; see listener.h. */
#include "rim/io/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "util/alloc.h"
#include "util/dirs.h"
#include "util/fd.h"
#include "util/log.h"

/* Nobody but us may reach the socket between bind and chmod. */
#define OSM_LISTENER_UMASK 0077

static int fail(const struct osm_address *endpoint, int code, const char *reason, char **error)
{
    *error = osm_printf("Failed to listen on %s \"%s\": %s",
                        endpoint->is_unix ? "Unix domain socket" : "TCP socket", endpoint->uri,
                        reason ? reason : strerror(-code));
    return code;
}

static int connect_test(const struct osm_address *endpoint)
{
    _cleanup_(osm_close_fd) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -errno;
    if (connect(fd, (const struct sockaddr *)&endpoint->address, endpoint->address_length) == 0)
        return 0;
    return -errno;
}

/* In a folder everybody may write to somebody has been there first: whether by mistake or in order
 * to be taken for us, it is not for us to decide. */
static int refuse_foreign(const struct osm_address *endpoint, const struct stat *status,
                          char **error)
{
    _cleanup_(osm_freep) char *reason =
        osm_printf("a %s of another user (uid %u) is there, and everybody may put files there; "
                   "remove it or choose another path with --socket",
                   S_ISSOCK(status->st_mode)  ? "socket"
                   : S_ISLNK(status->st_mode) ? "symbolic link"
                                              : "file",
                   (unsigned)status->st_uid);

    return fail(endpoint, -EADDRINUSE, reason, error);
}

/* Makes the path free if what lies there is a socket nobody answers on. */
static int remove_stale(const struct osm_address *endpoint, char **error)
{
    const char *path = osm_address_path(endpoint);
    struct stat status;
    int answer;

    if (lstat(path, &status) < 0)
        return errno == ENOENT ? 0 : fail(endpoint, -errno, NULL, error);
    if (status.st_uid != geteuid() && osm_dirs_are_shared(path))
        return refuse_foreign(endpoint, &status, error);
    if (!S_ISSOCK(status.st_mode))
        return fail(endpoint, -EEXIST,
                    "the path exists and is not a socket; move it away or choose another path with "
                    "--socket",
                    error);
    answer = connect_test(endpoint);
    if (answer == 0 || answer == -EAGAIN || answer == -EPROTOTYPE)
        return fail(endpoint, -EADDRINUSE,
                    "another process is listening there; stop it or choose another path with "
                    "--socket",
                    error);
    if (answer == -ENOENT)
        return 0;
    if (answer != -ECONNREFUSED) {
        _cleanup_(osm_freep) char *reason =
            osm_printf("a socket exists there, and whether it is in use cannot be told (%s); "
                       "remove it or choose another path with --socket",
                       strerror(-answer));

        return fail(endpoint, answer, reason, error);
    }
    if (unlink(path) < 0 && errno != ENOENT)
        return fail(endpoint, -errno, NULL, error);
    osm_log(NOTICE, "Removed the stale socket %s", path);
    return 0;
}

static int bind_unix(struct osm_listener *listener, int fd, unsigned mode, char **error)
{
    const struct osm_address *endpoint = &listener->endpoint;
    const char *path = osm_address_path(endpoint);
    mode_t before = umask(OSM_LISTENER_UMASK);
    int r = bind(fd, (const struct sockaddr *)&endpoint->address, endpoint->address_length);
    int code = r < 0 ? -errno : 0;
    struct stat status;

    umask(before);
    if (code < 0)
        return fail(endpoint, code, NULL, error);
    if (lstat(path, &status) < 0)
        return fail(endpoint, -errno, NULL, error);
    listener->device = status.st_dev;
    listener->inode = status.st_ino;
    listener->fd = fd; /* from here on closing removes the file */
    if (chmod(path, (mode_t)mode) < 0)
        return fail(endpoint, -errno, NULL, error);
    return 0;
}

static int bind_tcp(struct osm_listener *listener, int fd, char **error)
{
    struct osm_address *endpoint = &listener->endpoint;
    socklen_t length = sizeof(endpoint->address);
    const int on = 1;

    listener->fd = fd;
    /* Accepted sockets inherit TCP_NODELAY from the listening one. */
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) < 0 ||
        bind(fd, (const struct sockaddr *)&endpoint->address, endpoint->address_length) < 0 ||
        getsockname(fd, (struct sockaddr *)&endpoint->address, &length) < 0)
        return fail(endpoint, -errno, NULL, error);
    osm_address_set_port(endpoint, osm_address_port(endpoint));
    return 0;
}

/* --- sockets that were passed on ----------------------------------------------------------- */

static struct {
    int fds[OSM_LISTENERS_INHERITED];
    size_t count;
} passed;

void osm_listener_inherit(int fd)
{
    if (passed.count < OSM_LISTENERS_INHERITED)
        passed.fds[passed.count++] = fd;
    else
        (void)close(fd);
}

/* Whether a socket listens there; Unix paths are compared as they were bound. */
static bool listens_at(int fd, const struct osm_address *endpoint)
{
    struct sockaddr_storage address = {0};
    socklen_t length = sizeof(address), size = sizeof(int);
    int listens = 0;

    if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) < 0 || !listens ||
        getsockname(fd, (struct sockaddr *)&address, &length) < 0 ||
        address.ss_family != endpoint->address.ss_family)
        return false;
    if (endpoint->is_unix)
        return !strcmp(((struct sockaddr_un *)&address)->sun_path, osm_address_path(endpoint));
    return length == endpoint->address_length &&
           !memcmp(&address, &endpoint->address, (size_t)length);
}

static int take_inherited(const struct osm_address *endpoint)
{
    const int on = 1;

    for (size_t i = 0; i < passed.count; i++) {
        int fd = passed.fds[i];

        if (!listens_at(fd, endpoint))
            continue;
        passed.fds[i] = passed.fds[--passed.count];
        (void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
        if (!endpoint->is_unix) /* as in bind_tcp() */
            (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        return fd;
    }
    return -1;
}

void osm_listener_disinherit(void)
{
    for (size_t i = 0; i < passed.count; i++) {
        osm_log_warning("A socket that came with the process (descriptor %d) is at no address an "
                        "option names: closed. --socket, --metrics and --web must name what the "
                        "socket unit listens on",
                        passed.fds[i]);
        (void)close(passed.fds[i]);
    }
    passed.count = 0;
}

int osm_listener_open(struct osm_listener *listener, const struct osm_address *endpoint,
                      unsigned mode, char **error)
{
    int fd, r;

    *listener = (struct osm_listener){.fd = take_inherited(endpoint), .endpoint = *endpoint};
    if (listener->fd >= 0) {
        listener->inherited = true;
        return 0;
    }
    if (endpoint->is_unix) {
        r = remove_stale(endpoint, error);
        if (r < 0)
            return r;
    }
    fd = socket(endpoint->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return fail(endpoint, -errno, NULL, error);
    r = endpoint->is_unix ? bind_unix(listener, fd, mode, error) : bind_tcp(listener, fd, error);
    if (r == 0 && listen(fd, OSM_LISTENER_BACKLOG) < 0)
        r = fail(endpoint, -errno, NULL, error);
    if (r < 0) {
        if (listener->fd < 0)
            close(fd);
        osm_listener_close(listener);
    }
    return r;
}

static void remove_own_file(const struct osm_listener *listener)
{
    const char *path = osm_address_path(&listener->endpoint);
    struct stat status;

    if (lstat(path, &status) < 0)
        return;
    if (status.st_dev != listener->device || status.st_ino != listener->inode) {
        osm_log_warning("The socket %s belongs to somebody else now; left in place", path);
        return;
    }
    if (unlink(path) < 0)
        osm_log_warning("Cannot remove the socket %s: %s", path, strerror(errno));
}

void osm_listener_close(struct osm_listener *listener)
{
    if (listener->fd < 0)
        return;
    if (listener->endpoint.is_unix && !listener->inherited)
        remove_own_file(listener);
    close(listener->fd);
    listener->fd = -1;
}
