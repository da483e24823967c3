/* SPDX-License-Identifier: MIT */
/* Surroundings of the process; see process.h. */
#include "app/process/process.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "util/alloc.h"
#include "util/log.h"
#include "util/slab.h"
#include "util/wipe.h"

/* Requests and replies of some hundred kilobytes come and go by the thousand. By default glibc
 * gives such memory back to the kernel each time, or not, depending on what was freed before; to
 * get it again costs as much as to answer. Up to so much stays with the process. */
#define KEPT_FREE (8 << 20)
#define ASKED_ALONE (4 << 20) /* from here on blocks are the kernel's, and go back at once */
#define KEPT_SLABS 32         /* 4 MiB */

static void keep_memory(void)
{
#ifdef __GLIBC__
    (void)mallopt(M_TRIM_THRESHOLD, KEPT_FREE);
    (void)mallopt(M_MMAP_THRESHOLD, ASKED_ALONE);
    /* One heap for all threads: what a job has freed is there for the loop, and no thread keeps a
     * megabyte because of the certificates it has looked at. */
    (void)mallopt(M_ARENA_MAX, 1);
#endif
    osm_slab_begin(KEPT_SLABS);
}

static void fill_standard_descriptors(void)
{
    int fd;

    /* open() takes the lowest free number, so this ends with the first one above 2. */
    do
        fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
}

static void raise_descriptor_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur == limit.rlim_max)
        return;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

void osm_process_init(void)
{
    fill_standard_descriptors();
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN); /* a file at its limit is an error like a full disk */
    raise_descriptor_limit();
    keep_memory();
}

/* Secrets are wiped when they are done with, but a session keeps what reconnecting needs, anywhere
 * on the heap: the kernel is told to leave out all memory of data. */
static void leave_out_data(void)
{
    int fd = open("/proc/self/coredump_filter", O_WRONLY | O_CLOEXEC);

    if (fd < 0)
        return;
    (void)!write(fd, "0x10", 4); /* headers of ELF files only (core(5)) */
    (void)close(fd);
}

void osm_process_core_dumps(enum osm_core_dumps kind)
{
    static const struct rlimit none = {0};

    if (kind == OSM_CORE_DUMPS_FULL)
        return;
    leave_out_data();
    if (kind == OSM_CORE_DUMPS_NONE) {
        (void)setrlimit(RLIMIT_CORE, &none);
        (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    }
}

void osm_process_print(int fd, const struct osm_buf *text)
{
    size_t at = 0;

    while (at < text->length) {
        ssize_t written = write(fd, text->data + at, text->length - at);

        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return;
        at += (size_t)written;
    }
}

void osm_process_complain(const char *message)
{
    size_t length = strlen(message), size = 4 * length + 1;
    _cleanup_(osm_freep) char *escaped = osm_alloc(size);
    _cleanup_(osm_buf_deinit) struct osm_buf line = {0};

    osm_buf_add(&line, escaped, osm_log_escape(escaped, size, message, length));
    osm_buf_add_byte(&line, '\n');
    osm_process_print(STDERR_FILENO, &line);
}

void osm_process_forget_environment(const char *name)
{
    char *value = getenv(name);

    if (!value)
        return;
    osm_wipe(value, strlen(value));
    (void)unsetenv(name);
}
