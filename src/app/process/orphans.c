/* SPDX-License-Identifier: MIT */
/* See orphans.h. */
#include "app/process/orphans.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "rim/io/turn.h"

#define MOST_AT_ONCE 256

static bool is_theirs(void)
{
    int reaper = 0;

    return getpid() == 1 || (prctl(PR_GET_CHILD_SUBREAPER, &reaper, 0, 0, 0) == 0 && reaper);
}

struct search {
    pid_t pid;
    bool found;
};

static void compare(uv_handle_t *handle, void *context)
{
    struct search *search = context;

    if (handle->type == UV_PROCESS && uv_is_active(handle) &&
        uv_process_get_pid((uv_process_t *)handle) == search->pid)
        search->found = true;
}

static bool is_of_loop(uv_loop_t *loop, pid_t pid)
{
    struct search search = {.pid = pid};

    uv_walk(loop, compare, &search);
    return search.found;
}

/* The number of a child that has ended and nobody waits for, 0 when there is none. One of the
 * loop's ends the search: its signal is on the way, and with it the next look. */
static pid_t ended_orphan(uv_loop_t *loop)
{
    siginfo_t info = {0};

    if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0)
        return 0;
    return info.si_pid && !is_of_loop(loop, info.si_pid) ? info.si_pid : 0;
}

/* By now the loop has seen to its own. */
static void on_later(uv_timer_t *timer)
{
    pid_t pid;

    osm_turn_name("orphaned processes");
    for (size_t i = 0; (pid = ended_orphan(timer->loop)) != 0; i++) {
        if (i == MOST_AT_ONCE) {
            (void)uv_timer_start(timer, on_later, 0, 0);
            return;
        }
        (void)waitpid(pid, NULL, WNOHANG);
    }
}

static void on_child(uv_signal_t *handle, int number)
{
    struct osm_orphans *orphans = osm_container_of(handle, struct osm_orphans, child);

    (void)number;
    osm_turn_name("signal");
    (void)uv_timer_start(&orphans->later, on_later, 0, 0);
}

int osm_orphans_init(struct osm_orphans *orphans, uv_loop_t *loop)
{
    int r;

    *orphans = (struct osm_orphans){0};
    if (!is_theirs())
        return 0;
    r = uv_signal_init(loop, &orphans->child);
    if (r < 0)
        return r;
    (void)uv_timer_init(loop, &orphans->later);
    uv_unref((uv_handle_t *)&orphans->child);
    uv_unref((uv_handle_t *)&orphans->later);
    return uv_signal_start(&orphans->child, on_child, SIGCHLD);
}

void osm_orphans_close(struct osm_orphans *orphans)
{
    if (!orphans->child.loop || uv_is_closing((uv_handle_t *)&orphans->child))
        return;
    uv_close((uv_handle_t *)&orphans->child, NULL);
    uv_close((uv_handle_t *)&orphans->later, NULL);
}
