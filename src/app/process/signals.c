/* SPDX-License-Identifier: MIT */
/* See signals.h. */
#include "app/process/signals.h"

#include <signal.h>
#include <unistd.h>

#include "rim/io/turn.h"

/* Read by the handler; set before the handler is installed and cleared before the file goes. */
static const struct osm_pid_file *volatile armed_pid_file;
static volatile sig_atomic_t is_armed;
static volatile sig_atomic_t is_orderly; /* what callers and servers can see has ended well */

static void change_mask(int how)
{
    sigset_t watched;

    if (getpid() != 1)
        return;
    (void)sigemptyset(&watched);
    (void)sigaddset(&watched, SIGTERM);
    (void)sigaddset(&watched, SIGINT);
    (void)sigaddset(&watched, SIGHUP);
    (void)pthread_sigmask(how, &watched, NULL);
}

void osm_signals_hold_back(void)
{
    change_mask(SIG_BLOCK);
}

/* Only async-signal-safe calls. */
static void on_emergency(int number)
{
    static const char again[] = "Second signal: exiting at once\n";
    static const char late[] = "Shutdown took too long: exiting at once\n";
    static const char thread[] = "A thread does not end: leaving it behind\n";
    const struct osm_pid_file *file = armed_pid_file;
    ssize_t written;

    if (number == SIGALRM && is_orderly) {
        written = write(STDERR_FILENO, thread, sizeof(thread) - 1);
        (void)written;
        if (file)
            osm_pid_file_unlink(file);
        _exit(0);
    }
    written = number == SIGALRM ? write(STDERR_FILENO, late, sizeof(late) - 1)
                                : write(STDERR_FILENO, again, sizeof(again) - 1);
    (void)written;
    if (file)
        osm_pid_file_unlink(file);
    _exit(1);
}

static void install_emergency(void)
{
    struct sigaction action = {.sa_handler = on_emergency};

    (void)sigfillset(&action.sa_mask);
    (void)sigaction(SIGTERM, &action, NULL);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGALRM, &action, NULL);
}

static void on_stop_signal(uv_signal_t *handle, int number)
{
    struct osm_signals *signals = handle->data;

    osm_turn_name("signal");
    if (!is_armed)
        signals->stop(signals->context);
    else
        on_emergency(number); /* both signals came before the loop saw the first */
}

static void on_hangup(uv_signal_t *handle, int number)
{
    struct osm_signals *signals = handle->data;

    (void)number;
    osm_turn_name("signal");
    signals->reopen(signals->context);
}

static int watch(struct osm_signals *signals, uv_loop_t *loop, uv_signal_t *handle,
                 uv_signal_cb callback, int number)
{
    int r = uv_signal_init(loop, handle);

    if (r < 0)
        return r;
    handle->data = signals;
    uv_unref((uv_handle_t *)handle);
    return uv_signal_start(handle, callback, number);
}

int osm_signals_init(struct osm_signals *signals, uv_loop_t *loop, void (*stop)(void *context),
                     void (*reopen)(void *context), void *context)
{
    int r;

    *signals = (struct osm_signals){.stop = stop, .reopen = reopen, .context = context};
    r = watch(signals, loop, &signals->terminate, on_stop_signal, SIGTERM);
    if (r == 0)
        r = watch(signals, loop, &signals->interrupt, on_stop_signal, SIGINT);
    if (r == 0)
        r = watch(signals, loop, &signals->hangup, on_hangup, SIGHUP);
    if (r == 0)
        r = osm_orphans_init(&signals->orphans, loop);
    change_mask(SIG_UNBLOCK);
    return r;
}

void osm_signals_arm(const struct osm_pid_file *pid_file, unsigned seconds)
{
    armed_pid_file = pid_file;
    is_armed = 1;
    install_emergency();
    (void)alarm(seconds);
}

void osm_signals_orderly(unsigned seconds)
{
    if (!is_armed)
        return;
    is_orderly = 1;
    (void)alarm(seconds);
}

void osm_signals_disarm(void)
{
    armed_pid_file = NULL;
}

static void close_watcher(uv_signal_t *handle)
{
    if (handle->loop && !uv_is_closing((uv_handle_t *)handle))
        uv_close((uv_handle_t *)handle, NULL);
}

void osm_signals_close(struct osm_signals *signals)
{
    sigset_t all, before;

    /* Closing the watchers restores the default action, which would be a bare death. */
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    close_watcher(&signals->terminate);
    close_watcher(&signals->interrupt);
    close_watcher(&signals->hangup);
    osm_orphans_close(&signals->orphans);
    if (is_armed) {
        install_emergency();
        (void)signal(SIGHUP, SIG_IGN);
    }
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}
