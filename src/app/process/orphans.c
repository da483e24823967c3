/* SPDX-License-Identifier: MIT */
/* See orphans.h. */
#include "app/process/orphans.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "rim/io/program.h"
#include "rim/io/turn.h"

#define MOST_AT_ONCE 256
#define LATER_MS 100

static bool is_theirs(void)
{
    int reaper = 0;

    return getpid() == 1 || (prctl(PR_GET_CHILD_SUBREAPER, &reaper, 0, 0, 0) == 0 && reaper);
}

/* The number of a child that has ended, 0 when there is none. */
static pid_t ended_child(void)
{
    siginfo_t info = {0};

    return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 ? info.si_pid : 0;
}

/* Or may be: of one that is being started the number is not known yet. */
static bool is_program(pid_t pid)
{
    return osm_program_is_starting() || osm_program_is_ours(pid);
}

/* Whoever has started a program sees to it in this turn, or soon; it hides those behind it. */
static void on_later(uv_timer_t *timer)
{
    pid_t pid;

    osm_turn_name("orphaned processes");
    for (size_t i = 0; (pid = ended_child()) != 0; i++) {
        bool waits = is_program(pid);

        if (waits || i == MOST_AT_ONCE) {
            (void)uv_timer_start(timer, on_later, waits ? LATER_MS : 0, 0);
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
