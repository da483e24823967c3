/* SPDX-License-Identifier: MIT */
/* See program.h. */
#include "rim/io/program.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <utlist.h>

#include "util/alloc.h"

extern char **environ;

/* --- whose children they are -------------------------------------------------------------------
 */

struct own {
    pid_t pid;
    struct own *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct own *owns; /* under the lock, as all up to here */
static unsigned starting;

static struct own *find(pid_t pid)
{
    struct own *own;

    LL_SEARCH_SCALAR(owns, own, pid, pid);
    return own;
}

static void begin_start(void)
{
    (void)pthread_mutex_lock(&lock);
    starting++;
    (void)pthread_mutex_unlock(&lock);
}

static void end_start(pid_t pid)
{
    struct own *own = pid ? osm_alloc(sizeof(*own)) : NULL;

    (void)pthread_mutex_lock(&lock);
    starting--;
    if (own) {
        own->pid = pid;
        LL_PREPEND(owns, own);
    }
    (void)pthread_mutex_unlock(&lock);
}

static void forget(pid_t pid)
{
    struct own *own;

    (void)pthread_mutex_lock(&lock);
    own = find(pid);
    if (own)
        LL_DELETE(owns, own);
    (void)pthread_mutex_unlock(&lock);
    free(own);
}

bool osm_program_is_ours(pid_t pid)
{
    bool found;

    (void)pthread_mutex_lock(&lock);
    found = find(pid) != NULL;
    (void)pthread_mutex_unlock(&lock);
    return found;
}

bool osm_program_is_starting(void)
{
    bool is;

    (void)pthread_mutex_lock(&lock);
    is = starting > 0;
    (void)pthread_mutex_unlock(&lock);
    return is;
}

/* --- the start ---------------------------------------------------------------------------------
 */

static void close_all(int *fds)
{
    for (size_t i = 0; i < OSM_PROGRAM_PIPES; i++) {
        if (fds[i] >= 0)
            (void)close(fds[i]);
        fds[i] = -1;
    }
}

/* Out of the way of 0, 1 and 2, one after the other of which the program's ends replace. */
static int move_up(int *fd)
{
    int moved;

    if (*fd >= OSM_PROGRAM_PIPES)
        return 0;
    moved = fcntl(*fd, F_DUPFD_CLOEXEC, OSM_PROGRAM_PIPES);
    if (moved < 0)
        return -errno;
    (void)close(*fd);
    *fd = moved;
    return 0;
}

/* ours[i] and theirs[i] are the two ends of descriptor i of the program. */
static int make_pipes(int *ours, int *theirs)
{
    for (size_t i = 0; i < OSM_PROGRAM_PIPES; i++)
        ours[i] = theirs[i] = -1;
    for (size_t i = 0; i < OSM_PROGRAM_PIPES; i++) {
        int ends[2];

        if (pipe2(ends, O_CLOEXEC) < 0)
            return -errno;
        theirs[i] = ends[i > 0];
        ours[i] = ends[i == 0];
        if (fcntl(ours[i], F_SETFL, O_NONBLOCK) < 0)
            return -errno;
    }
    for (size_t i = 0; i < OSM_PROGRAM_PIPES; i++) {
        int r = move_up(&theirs[i]);

        if (r < 0)
            return r;
    }
    return 0;
}

static int set_signals(posix_spawnattr_t *attributes)
{
    sigset_t set;
    int r;

    (void)sigfillset(&set);
    r = posix_spawnattr_setsigdefault(attributes, &set);
    (void)sigemptyset(&set);
    r = r ? r : posix_spawnattr_setsigmask(attributes, &set);
    return r ? r
             : posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
}

static int set_descriptors(posix_spawn_file_actions_t *actions, const int *theirs)
{
    int r = 0;

    for (int i = 0; r == 0 && i < OSM_PROGRAM_PIPES; i++)
        r = posix_spawn_file_actions_adddup2(actions, theirs[i], i);
    return r ? r : posix_spawn_file_actions_addclosefrom_np(actions, OSM_PROGRAM_PIPES);
}

/* A text without a `#!` is the shell's, as for execvp(). It looks in PATH as well. */
static int spawn_text(pid_t *pid, const posix_spawn_file_actions_t *actions,
                      const posix_spawnattr_t *attributes, char **argv)
{
    static char shell[] = "/bin/sh", option[] = "-c", command[] = ". \"$0\"";
    size_t count = 0;
    _cleanup_(osm_freep) char **longer = NULL;

    while (argv[count])
        count++;
    longer = osm_alloc((count + 4) * sizeof(*longer));
    longer[0] = shell;
    longer[1] = option;
    longer[2] = command;
    memcpy(longer + 3, argv, count * sizeof(*longer));
    return posix_spawn(pid, shell, actions, attributes, longer, environ);
}

/* 0 or errno. */
static int spawn(pid_t *pid, char **argv, const int *theirs)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int r = posix_spawn_file_actions_init(&actions);

    if (r)
        return r;
    r = posix_spawnattr_init(&attributes);
    if (r == 0) {
        r = set_signals(&attributes);
        r = r ? r : set_descriptors(&actions, theirs);
        r = r ? r : posix_spawnp(pid, argv[0], &actions, &attributes, argv, environ);
        if (r == ENOEXEC)
            r = spawn_text(pid, &actions, &attributes, argv);
        (void)posix_spawnattr_destroy(&attributes);
    }
    (void)posix_spawn_file_actions_destroy(&actions);
    return r;
}

int osm_program_start(char **argv, struct osm_program *program)
{
    int theirs[OSM_PROGRAM_PIPES];
    int r = make_pipes(program->pipes, theirs);

    program->pid = 0;
    if (r == 0) {
        begin_start();
        r = -spawn(&program->pid, argv, theirs);
        if (r < 0)
            program->pid = 0;
        end_start(program->pid);
    }
    close_all(theirs);
    if (r < 0)
        close_all(program->pipes);
    return r;
}

/* --- the end -----------------------------------------------------------------------------------
 */

static bool wait_for(pid_t pid, int *status, int options)
{
    pid_t r;

    do {
        r = waitpid(pid, status, options);
    } while (r < 0 && errno == EINTR);
    if (r == 0)
        return false;
    if (r < 0)
        *status = -1; /* somebody else has taken it */
    forget(pid);
    return true;
}

bool osm_program_has_ended(pid_t pid, int *status)
{
    return wait_for(pid, status, WNOHANG);
}

void osm_program_end(struct osm_program *program)
{
    int status;

    if (!program->pid)
        return;
    close_all(program->pipes);
    (void)kill(program->pid, SIGKILL);
    (void)wait_for(program->pid, &status, 0);
    *program = (struct osm_program){0};
}

static void end_one(void *context)
{
    osm_program_end(context);
}

void osm_program_end_later(struct osm_program *program, const struct osm_loop *loop)
{
    struct osm_program *copy;

    if (!program->pid)
        return;
    copy = osm_alloc(sizeof(*copy));
    *copy = *program;
    *program = (struct osm_program){0};
    loop->ops->work(loop->context, end_one, free, copy);
}
