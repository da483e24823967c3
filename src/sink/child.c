/* SPDX-License-Identifier: MIT */
/*
 * See child.h. The pipes are plain ones, which programs may also open as /dev/stdin, and are
 * watched with polls: so it is known to the byte what the child has been given.
 */
#include "sink/child.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "rim/io/turn.h"
#include "util/alloc.h"
#include "util/buf.h"

#define PIPES 3
/* Read per turn from one pipe. */
#define READ_BYTES 65536

struct child_pipe {
    struct osm_child *child;
    uv_poll_t poll;
    int fd;            /* -1 = closed */
    struct osm_buf in; /* an unfinished line */
    bool cut;          /* the rest of this line is thrown away */
};

struct osm_child {
    uv_process_t process;
    struct child_pipe pipes[PIPES];
    const struct osm_child_ops *ops;
    void *context;
    unsigned handles; /* that are not closed yet */
    bool exited;      /* its pid may be somebody else's */
};

/* --- the end ------------------------------------------------------------------------------- */

static void handle_closed(struct osm_child *child)
{
    if (--child->handles > 0)
        return;
    for (size_t i = 0; i < PIPES; i++)
        osm_buf_deinit(&child->pipes[i].in);
    free(child);
}

static void on_process_closed(uv_handle_t *handle)
{
    handle_closed(osm_container_of((uv_process_t *)handle, struct osm_child, process));
}

static void on_poll_closed(uv_handle_t *handle)
{
    handle_closed(osm_container_of((uv_poll_t *)handle, struct child_pipe, poll)->child);
}

static void close_pipe(struct child_pipe *pipe)
{
    if (pipe->fd < 0)
        return;
    uv_close((uv_handle_t *)&pipe->poll, on_poll_closed);
    (void)close(pipe->fd);
    pipe->fd = -1;
}

/* --- what it prints ------------------------------------------------------------------------ */

static void end_line(struct child_pipe *pipe)
{
    struct osm_child *child = pipe->child;

    if (!pipe->cut)
        child->ops->line(child->context, (int)(pipe - child->pipes), pipe->in.data,
                         pipe->in.length);
    pipe->cut = false;
    osm_buf_truncate(&pipe->in, 0);
}

static void take_text(struct child_pipe *pipe, const char *text, size_t length)
{
    while (length) {
        const char *end = memchr(text, '\n', length);
        size_t part = end ? (size_t)(end - text) : length;
        size_t room = OSM_CHILD_LINE - pipe->in.length;

        if (!pipe->cut)
            osm_buf_add(&pipe->in, text, OSM_MIN(part, room));
        if (!pipe->cut && part > room) {
            end_line(pipe);
            pipe->cut = true;
        }
        if (end)
            end_line(pipe);
        part += end != NULL;
        text += part;
        length -= part;
    }
}

/* False at the end of the stream. */
static bool read_some(struct child_pipe *pipe, size_t most)
{
    char chunk[4096];

    while (most) {
        ssize_t n = read(pipe->fd, chunk, OSM_MIN(sizeof(chunk), most));

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN;
        if (n == 0)
            return false;
        take_text(pipe, chunk, (size_t)n);
        most -= (size_t)n;
    }
    return true;
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    struct child_pipe *pipe = osm_container_of(poll, struct child_pipe, poll);

    osm_turn_name("output of the event command");
    if (status < 0 || !read_some(pipe, READ_BYTES))
        (void)uv_poll_stop(poll); /* its end will be told by the process */
}

static void on_child_exit(uv_process_t *process, int64_t status, int signal)
{
    struct osm_child *child = osm_container_of(process, struct osm_child, process);

    osm_turn_name("end of the event command");
    child->exited = true;
    for (size_t i = 1; i < PIPES; i++) {
        if (child->pipes[i].fd >= 0)
            (void)read_some(&child->pipes[i], SIZE_MAX);
        if (child->pipes[i].in.length)
            end_line(&child->pipes[i]);
    }
    for (size_t i = 0; i < PIPES; i++)
        close_pipe(&child->pipes[i]);
    uv_close((uv_handle_t *)process, on_process_closed);
    child->ops->ended(child->context, status, signal);
}

/* --- what it is given ---------------------------------------------------------------------- */

static void on_writable(uv_poll_t *poll, int status, int events)
{
    struct child_pipe *pipe = osm_container_of(poll, struct child_pipe, poll);

    osm_turn_name("input of the event command");
    (void)uv_poll_stop(poll);
    pipe->child->ops->writable(pipe->child->context);
}

ssize_t osm_child_write(struct osm_child *child, const struct iovec *pieces, int count)
{
    struct child_pipe *pipe = &child->pipes[0];
    size_t total = 0;
    ssize_t n;

    if (pipe->fd < 0 || child->exited)
        return -EPIPE;
    for (int i = 0; i < count; i++)
        total += pieces[i].iov_len;
    do {
        n = writev(pipe->fd, pieces, count);
    } while (n < 0 && errno == EINTR);
    if (n < 0 && errno != EAGAIN)
        return -errno;
    n = OSM_MAX(n, 0);
    if ((size_t)n < total)
        (void)uv_poll_start(&pipe->poll, UV_WRITABLE, on_writable);
    return n;
}

void osm_child_finish(struct osm_child *child)
{
    close_pipe(&child->pipes[0]);
}

void osm_child_kill(struct osm_child *child, int signal)
{
    if (!child->exited)
        (void)uv_process_kill(&child->process, signal);
}

int osm_child_pid(const struct osm_child *child)
{
    return child->process.pid;
}

/* --- the start ----------------------------------------------------------------------------- */

static void close_all(const int *fds, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (fds[i] >= 0)
            (void)close(fds[i]);
}

/* ours[i] and theirs[i] are the two ends of descriptor i of the child. */
static int make_pipes(int *ours, int *theirs)
{
    for (size_t i = 0; i < PIPES; i++)
        ours[i] = theirs[i] = -1;
    for (size_t i = 0; i < PIPES; i++) {
        int ends[2];

        if (pipe2(ends, O_CLOEXEC) < 0)
            return -errno;
        theirs[i] = ends[i > 0];
        ours[i] = ends[i == 0];
        if (fcntl(ours[i], F_SETFL, O_NONBLOCK) < 0)
            return -errno;
    }
    return 0;
}

static int spawn(struct osm_child *child, char **argv, uv_loop_t *loop, const int *theirs)
{
    uv_stdio_container_t stdio[PIPES];
    const uv_process_options_t options = {.file = argv[0],
                                          .args = argv,
                                          .stdio = stdio,
                                          .stdio_count = PIPES,
                                          .exit_cb = on_child_exit};

    for (size_t i = 0; i < PIPES; i++) {
        stdio[i].flags = UV_INHERIT_FD;
        stdio[i].data.fd = theirs[i];
    }
    return uv_spawn(loop, &child->process, &options);
}

static void watch_pipes(struct osm_child *child, uv_loop_t *loop, const int *ours)
{
    for (size_t i = 0; i < PIPES; i++) {
        struct child_pipe *pipe = &child->pipes[i];
        int r = uv_poll_init(loop, &pipe->poll, ours[i]);

        osm_assert(r == 0);
        pipe->child = child;
        pipe->fd = ours[i];
        child->handles++;
        if (i > 0)
            (void)uv_poll_start(&pipe->poll, UV_READABLE, on_readable);
    }
}

int osm_child_new(char **argv, uv_loop_t *loop, const struct osm_child_ops *ops, void *context,
                  struct osm_child **out)
{
    struct osm_child *child;
    int ours[PIPES], theirs[PIPES];
    int r = make_pipes(ours, theirs);

    if (r < 0) {
        close_all(ours, PIPES);
        close_all(theirs, PIPES);
        return r;
    }
    child = osm_alloc(sizeof(*child));
    child->ops = ops;
    child->context = context;
    child->handles = 1;
    for (size_t i = 0; i < PIPES; i++)
        child->pipes[i].fd = -1;
    r = spawn(child, argv, loop, theirs);
    close_all(theirs, PIPES);
    if (r < 0) {
        close_all(ours, PIPES);
        uv_close((uv_handle_t *)&child->process, on_process_closed);
        return r;
    }
    watch_pipes(child, loop, ours);
    *out = child;
    return 0;
}
