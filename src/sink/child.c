/* SPDX-License-Identifier: MIT */
/*
 * See child.h. The pipes are plain ones, which programs may also open as /dev/stdin, and are
 * watched with polls: so it is known to the byte what the child has been given. Of its end SIGCHLD
 * tells, and a look in the first turn: it may have ended before anybody listened.
 */
#include "sink/child.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "rim/io/turn.h"
#include "util/alloc.h"
#include "util/buf.h"

#define PIPES OSM_PROGRAM_PIPES
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
    pid_t pid;
    uv_signal_t signal;
    uv_timer_t first_look;
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

static void on_signal_closed(uv_handle_t *handle)
{
    handle_closed(osm_container_of((uv_signal_t *)handle, struct osm_child, signal));
}

static void on_look_closed(uv_handle_t *handle)
{
    handle_closed(osm_container_of((uv_timer_t *)handle, struct osm_child, first_look));
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

static void tell_end(struct osm_child *child, int status)
{
    bool killed = status >= 0 && WIFSIGNALED(status);

    child->exited = true;
    for (size_t i = 1; i < PIPES; i++) {
        if (child->pipes[i].fd >= 0)
            (void)read_some(&child->pipes[i], SIZE_MAX);
        if (child->pipes[i].in.length)
            end_line(&child->pipes[i]);
    }
    for (size_t i = 0; i < PIPES; i++)
        close_pipe(&child->pipes[i]);
    uv_close((uv_handle_t *)&child->signal, on_signal_closed);
    uv_close((uv_handle_t *)&child->first_look, on_look_closed);
    child->ops->ended(child->context, status < 0 || killed ? -1 : WEXITSTATUS(status),
                      killed ? WTERMSIG(status) : 0);
}

static void look_for_end(struct osm_child *child)
{
    int status;

    osm_turn_name("end of the event command");
    if (!child->exited && osm_program_has_ended(child->pid, &status))
        tell_end(child, status);
}

static void on_signal(uv_signal_t *signal, int number)
{
    (void)number;
    look_for_end(osm_container_of(signal, struct osm_child, signal));
}

static void on_first_look(uv_timer_t *timer)
{
    look_for_end(osm_container_of(timer, struct osm_child, first_look));
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
        (void)kill(child->pid, signal);
}

int osm_child_pid(const struct osm_child *child)
{
    return child->pid;
}

/* --- the beginning ------------------------------------------------------------------------- */

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

static void watch_end(struct osm_child *child, uv_loop_t *loop)
{
    int r = uv_signal_init(loop, &child->signal);

    osm_assert(r == 0);
    r = uv_signal_start(&child->signal, on_signal, SIGCHLD);
    osm_assert(r == 0);
    (void)uv_timer_init(loop, &child->first_look);
    (void)uv_timer_start(&child->first_look, on_first_look, 0, 0);
    child->handles += 2;
}

struct osm_child *osm_child_new(struct osm_program *program, uv_loop_t *loop,
                                const struct osm_child_ops *ops, void *context)
{
    struct osm_child *child = osm_alloc(sizeof(*child));

    child->ops = ops;
    child->context = context;
    child->pid = program->pid;
    watch_end(child, loop);
    watch_pipes(child, loop, program->pipes);
    *program = (struct osm_program){0};
    return child;
}
