/* SPDX-License-Identifier: MIT */
/* See sigpipe.h. */
#include "util/sigpipe.h"

#include <stddef.h>
#include <time.h>

static const struct timespec no_time = {0, 0};

void osm_sigpipe_hold(struct osm_sigpipe *held)
{
    sigset_t pipe, pending;

    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    sigpending(&pending);
    held->was_pending = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &pipe, &held->mask);
}

void osm_sigpipe_release(const struct osm_sigpipe *held)
{
    sigset_t pipe, pending;

    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    sigpending(&pending);
    if (!held->was_pending && sigismember(&pending, SIGPIPE) == 1)
        (void)sigtimedwait(&pipe, NULL, &no_time);
    pthread_sigmask(SIG_SETMASK, &held->mask, NULL);
}
