/* SPDX-License-Identifier: MIT */
/*
 * The back-end that goes through the daemon: one persistent connection on its socket, never waited
 * for. Lines that the socket does not take wait here, bounded; input is bounded by the longest
 * line.
 *
 * A daemon that many call at once may have its backlog full for a moment: the connection is tried
 * again for a while. What the caller polls is then an epoll set (the gate), which the socket enters
 * once it is connected: one that is not would end every poll at once.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client/back_end.h"
#include "client/failure.h"
#include "rim/io/address.h"
#include "util/alloc.h"
#include "util/buf.h"
#include "util/clock.h"

#define MOST_WAITING ((size_t)64 << 20)
#define MOST_LINE ((size_t)1 << 30)
#define READ_BYTES ((size_t)65536)
/* Milliseconds between two attempts while the backlog is full. */
#define PAUSE 10
/* How long these go on. */
#define PATIENCE ((osm_msec)5000)

struct managed {
    struct osm_back_end base;
    struct osm_address address;
    const struct osm_clock *clock;
    int fd;
    int gate;         /* -1 = the socket took the first attempt */
    bool waits;       /* for the next attempt */
    osm_msec give_up; /* of these */
    struct osm_buf out, in;
    size_t looked; /* bytes of `in` known to hold no line end */
};

/* The base stands first. */
static const struct managed *as_managed(const struct osm_back_end *back_end)
{
    return (const struct managed *)back_end;
}

static bool lost(const struct managed *managed, struct opcua_error *error, const char *what,
                 int code)
{
    bool is_missing = code == ENOENT || code == ECONNREFUSED;

    osm_failure(error, OPCUA_SOURCE_DAEMON, "ConnectionException", managed->address.uri,
                "%s %s%s%s", what, managed->address.uri, code ? ": " : "",
                code ? strerror(code) : "");
    if (error)
        snprintf(error->next, sizeof(error->next), "%s",
                 is_missing ? "Start opcua-session-manager, or give the path of its socket"
                 : code == EACCES
                     ? "Your user may not use the socket: see --socket-mode and --allow-uid"
                 : code == EAGAIN ? "The daemon takes no connections: it is overloaded or hangs"
                                  : "");
    return false;
}

/* What the gate waits for: POLLOUT only while something is to be sent. */
static void watch(struct managed *managed, int operation)
{
    struct epoll_event event = {.events = EPOLLIN | (managed->out.length ? EPOLLOUT : 0)};

    if (managed->gate >= 0 && !managed->waits)
        (void)epoll_ctl(managed->gate, operation, managed->fd, &event);
}

/* A local socket takes a connection at once, or its backlog is full. */
static bool connect_now(struct managed *managed, struct opcua_error *error)
{
    const struct sockaddr *address = (const struct sockaddr *)&managed->address.address;
    bool again = managed->waits;

    managed->waits = false;
    if (connect(managed->fd, address, managed->address.address_length) == 0 ||
        errno == EINPROGRESS) {
        watch(managed, EPOLL_CTL_ADD);
        return true;
    }
    if (errno != EAGAIN || (again && osm_clock_now(managed->clock) >= managed->give_up))
        return lost(managed, error, "Cannot reach the daemon at", errno);
    managed->waits = true;
    if (again)
        return true;
    managed->give_up = osm_clock_now(managed->clock) + PATIENCE;
    managed->gate = epoll_create1(EPOLL_CLOEXEC);
    return managed->gate >= 0 || lost(managed, error, "Cannot wait for the daemon at", errno);
}

static bool send_some(struct managed *managed, struct opcua_error *error)
{
    while (managed->out.length) {
        ssize_t sent = send(managed->fd, managed->out.data, managed->out.length, MSG_NOSIGNAL);

        if (sent < 0 && (errno == EAGAIN || errno == EINTR))
            return true;
        if (sent < 0)
            return lost(managed, error, "Cannot send to the daemon at", errno);
        osm_buf_consume(&managed->out, (size_t)sent);
    }
    return true;
}

static bool flush(struct managed *managed, struct opcua_error *error)
{
    bool good = managed->waits || send_some(managed, error);

    watch(managed, EPOLL_CTL_MOD);
    return good;
}

static bool managed_send(struct osm_back_end *back_end, const char *line, size_t length,
                         struct opcua_error *error)
{
    struct managed *managed = osm_container_of(back_end, struct managed, base);

    if (managed->out.length > MOST_WAITING)
        return osm_failure(error, OPCUA_SOURCE_DAEMON, "ConnectionException", managed->address.uri,
                           "The daemon takes no requests: 64 MiB wait for it");
    osm_buf_add(&managed->out, line, length);
    /* A failure is met again by process, which tells all calls. */
    (void)flush(managed, NULL);
    return true;
}

static int managed_fd(const struct osm_back_end *back_end)
{
    const struct managed *managed = as_managed(back_end);

    return managed->gate >= 0 ? managed->gate : managed->fd;
}

static short managed_events(const struct osm_back_end *back_end)
{
    const struct managed *managed = as_managed(back_end);

    return managed->out.length && managed->gate < 0 ? POLLIN | POLLOUT : POLLIN;
}

static int managed_timeout(struct osm_back_end *back_end)
{
    return as_managed(back_end)->waits ? PAUSE : -1;
}

/* Tells every whole line. A line is told in place; nothing is read meanwhile. */
static void tell_lines(struct managed *managed)
{
    struct osm_buf in = managed->in;
    size_t start = 0;
    char *end;

    while ((end = memchr(in.data + managed->looked, '\n', in.length - managed->looked))) {
        size_t at = (size_t)(end - in.data);

        *end = '\0';
        managed->looked = at + 1;
        managed->base.user->line(managed->base.user, in.data + start, at - start);
        start = at + 1;
    }
    osm_buf_consume(&managed->in, start);
    managed->looked = managed->in.length;
}

static bool managed_process(struct osm_back_end *back_end, struct opcua_error *error)
{
    struct managed *managed = osm_container_of(back_end, struct managed, base);
    ssize_t count;

    if (managed->waits && (!connect_now(managed, error) || managed->waits))
        return managed->waits;
    if (!flush(managed, error))
        return false;
    /* As much as there is, but the caller has other things to do, too. */
    for (int i = 0; i < 16; i++) {
        count = recv(managed->fd, osm_buf_reserve(&managed->in, READ_BYTES), READ_BYTES, 0);
        if (count < 0 && (errno == EAGAIN || errno == EINTR))
            return true;
        if (count < 0)
            return lost(managed, error, "Cannot read from the daemon at", errno);
        if (count == 0)
            return lost(managed, error, "The daemon has closed its connection at", 0);
        osm_buf_commit(&managed->in, (size_t)count);
        tell_lines(managed);
        if (managed->in.length > MOST_LINE)
            return lost(managed, error, "A line of more than 1 GiB from the daemon at", 0);
    }
    return true;
}

static void managed_free(struct osm_back_end *back_end)
{
    struct managed *managed = osm_container_of(back_end, struct managed, base);

    if (managed->fd >= 0)
        close(managed->fd);
    if (managed->gate >= 0)
        close(managed->gate);
    osm_buf_deinit_secret(&managed->out);
    osm_buf_deinit(&managed->in);
    free(managed);
}

static const struct osm_back_end_ops managed_ops = {
    .send = managed_send,
    .fd = managed_fd,
    .events = managed_events,
    .timeout = managed_timeout,
    .process = managed_process,
    .free = managed_free,
};

static bool make_socket(struct managed *managed, struct opcua_error *error)
{
    managed->fd =
        socket(managed->address.address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    return managed->fd >= 0 || lost(managed, error, "Cannot make a socket for", errno);
}

struct osm_back_end *osm_managed_new(const char *socket, const struct osm_clock *clock,
                                     struct osm_back_end_user *user, struct opcua_error *error)
{
    struct managed *managed = osm_alloc(sizeof(*managed));
    _cleanup_(osm_freep) char *message = NULL;
    const char *given = socket ? socket : getenv("OPCUA_SOCKET");

    managed->base = (struct osm_back_end){&managed_ops, user};
    managed->clock = clock;
    managed->fd = managed->gate = -1;
    if (osm_address_parse(given && *given ? given : OSM_ADDRESS_DEFAULT, &managed->address,
                          &message) < 0) {
        osm_failure(error, OPCUA_SOURCE_HERE, "ConfigurationException", given, "%s", message);
    } else if (make_socket(managed, error) && connect_now(managed, error)) {
        return &managed->base;
    }
    managed_free(&managed->base);
    return NULL;
}
