/* SPDX-License-Identifier: MIT */
/* Events into a file; see file.h. */
#include "sink/file.h"
#include "sink/sink_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/alloc.h"
#include "util/buf.h"
#include "util/dirs.h"
#include "util/log.h"

/* One job writes at most so much (and always at least one line). */
#define BATCH_BYTES ((size_t)1 << 20)

struct file_sink {
    struct osm_sink sink;
    char *path;
    bool durable;
    struct osm_timer *retry;
    bool reopen;  /* asked for */
    bool busy;    /* a job is under way, and what follows belongs to it */
    bool pausing; /* after a failure */

    int fd;
    bool reopening;
    const struct osm_sink_record *first; /* of the lines to be written, which stay meanwhile */
    size_t lines;                        /* so many */
    uint64_t batch_end;                  /* cursor of the last one */
    struct osm_buf batch;                /* all of them, the job's */
    size_t skip;                         /* bytes of the first line that are out already */
    size_t written;                      /* of the batch */
    int write_error, reopen_error;
};

static struct file_sink *file_sink_of(struct osm_sink *sink)
{
    return osm_container_of(sink, struct file_sink, sink);
}

/* --- off the loop -------------------------------------------------------------------------- */

/* A daemon that was killed may have left half a line: the next one starts on a line of its own. */
static void end_torn_line(int fd, off_t size)
{
    char last = '\n';

    if (size > 0 && pread(fd, &last, 1, size - 1) == 1 && last != '\n')
        (void)!write(fd, "\n", 1);
}

int osm_file_sink_open(const char *path)
{
    struct stat status;
    int fd, r = osm_dirs_make_parent(path, 0750);

    if (r < 0)
        return r;
    fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0640);
    if (fd < 0 && errno == EACCES) /* append-only places let nobody read */
        fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0640);
    if (fd < 0)
        return -errno;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode))
        end_torn_line(fd, status.st_size);
    return fd;
}

static void reopen_file(struct file_sink *file)
{
    int fd = osm_file_sink_open(file->path);

    file->reopen_error = fd < 0 ? -fd : 0;
    if (fd < 0)
        return;
    (void)close(file->fd);
    file->fd = fd;
    file->skip = 0; /* the rest of a line makes no line in another file */
}

static void fill_batch(struct file_sink *file)
{
    const struct osm_sink_record *record = file->first;

    osm_buf_reset(&file->batch, BATCH_BYTES);
    for (size_t i = 0; i < file->lines; i++) {
        record = i ? record->next : record;
        osm_rope_add_to(&record->line, &file->batch);
    }
}

/* Writes what it can; the number of bytes is in file->written. Returns 0 or errno. */
static int write_batch(struct file_sink *file)
{
    const struct osm_buf *batch = &file->batch;

    file->written = file->skip;
    while (file->written < batch->length) {
        ssize_t n = write(file->fd, batch->data + file->written, batch->length - file->written);

        if (n < 0 && errno != EINTR)
            return errno;
        file->written += n > 0 ? (size_t)n : 0;
    }
    return 0;
}

/* After a failure: cuts the file back to whole lines, or remembers how much of a line is out. */
static void mend(struct file_sink *file)
{
    const char *start = file->batch.data;
    const char *end = file->written ? memrchr(start, '\n', file->written) : NULL;
    size_t whole = end ? (size_t)(end - start) + 1 : 0;
    size_t torn = file->written - whole;
    struct stat status;

    file->written = whole;
    file->skip = torn;
    if (torn && fstat(file->fd, &status) == 0 && S_ISREG(status.st_mode) &&
        status.st_size >= (off_t)torn && ftruncate(file->fd, status.st_size - (off_t)torn) == 0)
        file->skip = 0;
}

static void run_job(void *context)
{
    struct file_sink *file = context;

    if (file->reopening)
        reopen_file(file);
    fill_batch(file);
    file->write_error = write_batch(file);
    if (file->write_error) {
        mend(file);
        return;
    }
    file->skip = 0;
    if (!file->durable || !file->batch.length)
        return;
    if (fdatasync(file->fd) < 0 && errno != EINVAL) { /* lint: allow fdatasync – off the loop */
        file->write_error = errno;
        file->written = 0; /* nobody knows what is there: write it all again */
    }
}

/* --- on the loop --------------------------------------------------------------------------- */

static void take_batch(struct file_sink *file)
{
    struct osm_sink_record *record;
    size_t bytes = 0;

    file->lines = 0;
    while (bytes < BATCH_BYTES && (record = osm_sink_next(&file->sink))) {
        if (!file->lines++)
            file->first = record;
        bytes += record->length;
        file->batch_end = record->cursor;
    }
}

static void job_done(void *context);

static void start_job(struct file_sink *file)
{
    if (file->busy || file->pausing)
        return;
    take_batch(file);
    if (!file->lines && !file->reopen)
        return;
    file->busy = true;
    file->reopening = file->reopen;
    file->reopen = false;
    file->sink.loop->ops->work(file->sink.loop->context, run_job, job_done, file);
}

static void tell_reopened(struct file_sink *file)
{
    if (!file->reopening)
        return;
    if (file->reopen_error)
        osm_log_error("Cannot reopen event log %s, still writing to the old file: %s", file->path,
                      strerror(file->reopen_error));
    else
        osm_log_info("Event log %s reopened", file->path);
    file->reopening = false;
}

/* Confirms the lines that were written whole and takes the others back. */
static void settle_failure(struct file_sink *file)
{
    size_t at = 0;
    osm_msec pause;

    while (file->sink.head && at + file->sink.head->length <= file->written) {
        at += file->sink.head->length;
        osm_sink_confirm(&file->sink, file->sink.head);
    }
    osm_sink_rewind(&file->sink);
    pause = osm_sink_failed(&file->sink, "cannot write to %s: %s", file->path,
                            strerror(file->write_error));
    file->pausing = true;
    file->sink.loop->ops->timer_start(file->retry, pause);
}

static void job_done(void *context)
{
    struct file_sink *file = context;

    file->busy = false;
    tell_reopened(file);
    if (file->write_error) {
        settle_failure(file);
    } else if (file->lines) {
        osm_sink_works(&file->sink);
        osm_sink_confirm_up_to(&file->sink, file->batch_end);
    }
    if (file->sink.stopping)
        osm_sink_stopped(&file->sink);
    else
        start_job(file);
}

static void on_retry(void *context)
{
    struct file_sink *file = context;

    file->pausing = false;
    start_job(file);
}

static void file_wake(struct osm_sink *sink)
{
    start_job(file_sink_of(sink));
}

static void file_reopen(struct osm_sink *sink)
{
    struct file_sink *file = file_sink_of(sink);

    file->reopen = true;
    file->pausing = false; /* the new file may lie where there is room */
    start_job(file);
}

static void file_stop(struct osm_sink *sink)
{
    struct file_sink *file = file_sink_of(sink);

    sink->loop->ops->timer_stop(file->retry);
    if (!file->busy)
        osm_sink_stopped(sink);
}

static void file_free(struct osm_sink *sink)
{
    struct file_sink *file = file_sink_of(sink);

    sink->loop->ops->timer_free(file->retry);
    osm_sink_deinit(sink);
    osm_buf_deinit(&file->batch);
    (void)close(file->fd);
    free(file->path);
    free(file);
}

int osm_file_sink_new(const struct osm_file_sink_config *config, const struct osm_loop *loop,
                      struct osm_sink **out, char **error)
{
    static const struct osm_sink_ops ops = {file_wake, file_reopen, file_stop, NULL, file_free};
    struct file_sink *file;
    int fd = config->fd > 0 ? config->fd : osm_file_sink_open(config->path);

    if (fd < 0) {
        *error = osm_printf("Cannot open event log %s: %s", config->path, strerror(-fd));
        return fd;
    }
    file = osm_alloc(sizeof(*file));
    osm_sink_init(&file->sink, &ops, "log", loop);
    file->path = osm_strdup(config->path);
    file->durable = config->durable;
    file->fd = fd;
    file->retry = osm_loop_timer(loop, on_retry, file);
    *out = &file->sink;
    return 0;
}
