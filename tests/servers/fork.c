// SPDX-License-Identifier: MIT
/*
 * fork() for Node: an addon for template.js, which loads once what every test server needs and
 * then becomes a server by forking. Node is told --single-threaded, so that V8 has its work done by
 * the thread that asks; the template runs no event loop and has no open handle of libuv while it
 * forks. libuv forgets its thread pool at a fork by itself, and its loop is made anew here.
 *
 * Left are the threads of Node that wait for work. Children do not have them, but would have the
 * condition variables on which they wait, and hang when they wake one of them. So the addon is also
 * preloaded (LD_PRELOAD) to know who waits: it forks when all do, and the child makes these
 * variables anew.
 *
 * A forked server ends by SIGKILL only: at exit Node would wait for threads that it has not got.
 *
 * Node's headers are no part of Debian's package; the functions used here are of its stable ABI.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

typedef struct napi_env__ *napi_env;
typedef struct napi_value__ *napi_value;
typedef struct napi_callback_info__ *napi_callback_info;
typedef napi_value (*napi_callback)(napi_env, napi_callback_info);

enum { NAPI_OK, UP_TO_ITS_END = -1, PATH_SIZE = 4096, ARGUMENTS = 2, THREADS = 64 };

int napi_create_function(napi_env, const char *, size_t, napi_callback, void *, napi_value *);
int napi_create_int32(napi_env, int, napi_value *);
int napi_get_cb_info(napi_env, napi_callback_info, size_t *, napi_value *, napi_value *, void **);
int napi_get_value_string_utf8(napi_env, napi_value, char *, size_t, size_t *);
int napi_throw_error(napi_env, const char *, const char *);
napi_value napi_register_module_v1(napi_env env, napi_value exports);

/* --- threads that wait --------------------------------------------------------------------- */

struct wait {
    pthread_cond_t *condition; /* NULL: a free place */
    pthread_mutex_t *mutex;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct wait waits[THREADS];
static unsigned waiting, most_waiting;

static struct wait *begin_to_wait(pthread_cond_t *condition, pthread_mutex_t *mutex)
{
    struct wait *wait = waits;

    (void)pthread_mutex_lock(&lock);
    while (wait->condition)
        if (++wait == waits + THREADS)
            abort();
    *wait = (struct wait){condition, mutex};
    if (++waiting > most_waiting)
        most_waiting = waiting;
    (void)pthread_mutex_unlock(&lock);
    return wait;
}

static void end_to_wait(struct wait *wait)
{
    (void)pthread_mutex_lock(&lock);
    wait->condition = NULL;
    waiting--;
    (void)pthread_mutex_unlock(&lock);
}

/* In place of libc's. */
int fork_cond_wait(pthread_cond_t *condition, pthread_mutex_t *mutex) __asm__("pthread_cond_wait");

int fork_cond_wait(pthread_cond_t *condition, pthread_mutex_t *mutex)
{
    int (*libc_wait)(pthread_cond_t *, pthread_mutex_t *);
    struct wait *wait = begin_to_wait(condition, mutex);
    int r;

    *(void **)&libc_wait = dlsym(RTLD_NEXT, "pthread_cond_wait");
    r = libc_wait(condition, mutex);
    end_to_wait(wait);
    return r;
}

/* Returns with the lock. */
static void until_all_wait(void)
{
    (void)pthread_mutex_lock(&lock);
    while (waiting < most_waiting) {
        (void)pthread_mutex_unlock(&lock);
        (void)usleep(1000);
        (void)pthread_mutex_lock(&lock);
    }
}

static void nobody_waits(void)
{
    static const pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
    static const pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

    for (struct wait *wait = waits; wait < waits + THREADS; wait++)
        if (wait->condition) {
            memcpy(wait->condition, &condition, sizeof(condition));
            memcpy(wait->mutex, &mutex, sizeof(mutex));
            wait->condition = NULL;
        }
    waiting = most_waiting = 0;
}

/* --- forking ------------------------------------------------------------------------------- */

/* V8 keeps its reserved memory, and code in it, from children (MADV_DONTFORK); these need it. */
static void inherit_all_memory(void)
{
    char line[PATH_SIZE];
    FILE *maps = fopen("/proc/self/maps", "re");
    if (!maps)
        return;
    while (fgets(line, sizeof line, maps)) {
        char *end;
        const unsigned long from = strtoul(line, &end, 16);
        const unsigned long to = *end == '-' ? strtoul(end + 1, NULL, 16) : from;
        (void)madvise((void *)from, to - from,
                      MADV_DOFORK); // what the kernel owns is refused, rightly
    }
    (void)fclose(maps);
}

static void put(int target, const char *path, int flags)
{
    const int fd = open(path, flags | O_CLOEXEC, 0600);
    if (fd < 0 || dup2(fd, target) < 0)
        abort();
    (void)close(fd);
}

static void become_a_child(const char *out, const char *err)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    put(STDIN_FILENO, "/dev/null", O_RDONLY);
    put(STDOUT_FILENO, out, O_WRONLY | O_APPEND | O_CREAT);
    put(STDERR_FILENO, err, O_WRONLY | O_APPEND | O_CREAT);
    if (uv_loop_fork(uv_default_loop()) != 0)
        abort();
}

/* fork(stdout, stderr), paths of files: the process id of the child; in the child 0. */
static napi_value fork_node(napi_env env, napi_callback_info info)
{
    char path[ARGUMENTS][PATH_SIZE] = {0};
    napi_value given[ARGUMENTS], result = NULL;
    size_t count = ARGUMENTS, length;
    (void)napi_get_cb_info(env, info, &count, given, NULL, NULL);
    for (size_t i = 0; i < ARGUMENTS; i++)
        if (napi_get_value_string_utf8(env, given[i], path[i], sizeof path[i], &length) !=
            NAPI_OK) {
            (void)napi_throw_error(env, NULL, "fork(stdout, stderr) takes two paths");
            return NULL;
        }
    while (waitpid(-1, NULL, WNOHANG) > 0) {
    }
    inherit_all_memory();
    until_all_wait();
    const pid_t pid = fork();
    if (pid == 0)
        nobody_waits();
    (void)pthread_mutex_unlock(&lock);
    if (pid < 0)
        (void)napi_throw_error(env, NULL, "no new process");
    if (pid == 0)
        become_a_child(path[0], path[1]);
    (void)napi_create_int32(env, pid, &result);
    return result;
}

napi_value napi_register_module_v1(napi_env env, napi_value exports)
{
    napi_value function = exports;
    (void)napi_create_function(env, "fork", (size_t)UP_TO_ITS_END, fork_node, NULL, &function);
    return function;
}
