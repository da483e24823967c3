/* SPDX-License-Identifier: MIT */
/*
 * See cache_file.h. A batch is everything that was in the queue when the thread was free. While
 * it is away only work() touches it, except for `told`, which belongs to the loop.
 */
#include "core/cache/cache_file.h"

#include <string.h>

#include <utlist.h>

#include "util/alloc.h"
#include "util/log.h"

enum job_kind { JOB_TIDY, JOB_GET, JOB_PUT, JOB_INVALIDATE, JOB_FLUSH };

struct osm_cache_wait {
    enum job_kind kind;
    uint8_t *bytes; /* of the key */
    struct osm_cache_key key;
    UA_ByteString value;  /* PUT: to be stored; GET: found */
    int64_t now, expires; /* wall clock, milliseconds */
    int error;
    osm_cache_told_fn *told; /* NULL: nobody waits (any more) */
    void *context;
    struct osm_cache_wait *prev, *next;
};

struct osm_cache_files {
    struct osm_loop loop;
    const struct osm_store_ops *ops;
    struct osm_store *store; /* only work() uses it while a batch is away */
    char *path;
    int64_t ttl; /* milliseconds; 0 = for ever */
    struct osm_cache_counters counters;
    struct osm_cache_wait *queue;
    struct osm_cache_wait *batch; /* off the loop at the moment */
    unsigned puts;                /* in queue and batch */
    size_t put_bytes;
    unsigned changes; /* invalidations in the queue, while stuck */
    struct osm_timer *patience;
    bool stuck;  /* the batch takes too long */
    bool warned; /* of an error that lasts */
    bool ended;  /* freed but for the batch */
};

static int64_t wall_now(const struct osm_cache_files *files)
{
    return (int64_t)(osm_clock_wall(files->loop.clock) * 1000.0);
}

/* --- off the loop -------------------------------------------------------------------------- */

static int do_get(struct osm_cache_files *files, const struct osm_store_key *key,
                  struct osm_cache_wait *job)
{
    uint8_t *value = NULL;
    size_t length = 0;
    int r = files->ops->get(files->store, key, job->now, &value, &length);

    if (r == 0 && value)
        job->value = (UA_ByteString){length, value};
    return r;
}

static int do_job(struct osm_cache_files *files, struct osm_cache_wait *job)
{
    const struct osm_store_key key = {.subject = job->key.data,
                                      .subject_length = job->key.subject,
                                      .rest = job->key.data + job->key.subject,
                                      .rest_length = job->key.length - job->key.subject};

    switch (job->kind) {
    case JOB_TIDY:
        return files->ops->tidy(files->store, job->now);
    case JOB_GET:
        return do_get(files, &key, job);
    case JOB_PUT:
        return files->ops->put(files->store, &key, job->value.data, job->value.length,
                               job->expires);
    case JOB_INVALIDATE:
        return files->ops->forget(files->store, &key);
    case JOB_FLUSH:
        return files->ops->clear(files->store);
    }
    return 0;
}

/* A batch is one transaction: what could not be committed has not been kept. */
static void work(void *context)
{
    struct osm_cache_files *files = context;
    struct osm_cache_wait *job;
    int r;

    DL_FOREACH (files->batch, job)
        job->error = do_job(files, job);
    r = files->ops->commit(files->store);
    DL_FOREACH (files->batch, job)
        if (job->kind != JOB_GET && job->error == 0)
            job->error = r;
}

/* --- on the loop --------------------------------------------------------------------------- */

static void free_job(struct osm_cache_wait *job)
{
    UA_ByteString_clear(&job->value);
    free(job->bytes);
    free(job);
}

static void free_jobs(struct osm_cache_wait *list)
{
    struct osm_cache_wait *job, *next;

    DL_FOREACH_SAFE (list, job, next)
        free_job(job);
}

static void free_files(struct osm_cache_files *files)
{
    free_jobs(files->batch);
    free_jobs(files->queue);
    files->ops->close(files->store);
    free(files->path);
    free(files);
}

static void tell(struct osm_cache_wait *job, const UA_ByteString *value)
{
    osm_cache_told_fn *told = osm_steal(job->told);

    if (told)
        told(job->context, value);
}

static void note_errors(struct osm_cache_files *files)
{
    const struct osm_cache_wait *job;
    int error = 0;

    DL_FOREACH (files->batch, job)
        error = OSM_MIN(error, job->error);
    if (error < 0 && !files->warned)
        osm_log_warning("Cache directory %s: %s; going on without it", files->path,
                        strerror(-error));
    files->warned = error < 0;
}

static void count(struct osm_cache_files *files)
{
    const struct osm_cache_wait *job;

    DL_FOREACH (files->batch, job)
        if (job->kind == JOB_GET) {
            files->counters.hits += job->value.data != NULL;
            files->counters.misses += job->value.data == NULL;
        } else if (job->kind == JOB_PUT) {
            files->counters.stores += job->error == 0;
            files->counters.dropped += job->error < 0;
            files->puts--;
            files->put_bytes -= job->value.length;
        }
}

static void begin_batch(struct osm_cache_files *files);

static void done(void *context)
{
    struct osm_cache_files *files = context;
    struct osm_cache_wait *batch = files->batch, *job;

    if (files->ended) {
        free_files(files);
        return;
    }
    files->loop.ops->timer_stop(files->patience);
    if (files->stuck)
        osm_log_warning("Cache directory %s answers again", files->path);
    files->stuck = false;
    note_errors(files);
    count(files);
    files->batch = NULL;
    begin_batch(files); /* first: whoever is told may end the cache with the daemon */
    while ((job = batch)) {
        DL_DELETE(batch, job);
        tell(job, job->kind == JOB_GET && job->value.data ? &job->value : NULL);
        free_job(job);
    }
}

static void begin_batch(struct osm_cache_files *files)
{
    if (files->batch || !files->queue)
        return;
    files->batch = osm_steal(files->queue);
    files->changes = 0;
    files->loop.ops->timer_start(files->patience, OSM_CACHE_PATIENCE);
    files->loop.ops->work(files->loop.context, work, done, files);
}

static void tell_miss(struct osm_cache_wait *list)
{
    struct osm_cache_wait *job;

    DL_FOREACH (list, job)
        tell(job, NULL);
}

static void on_patience(void *context)
{
    struct osm_cache_files *files = context;
    struct osm_cache_wait *queue = osm_steal(files->queue); /* whoever is told may ask for more */

    files->stuck = true;
    osm_log_warning("Cache directory %s does not answer; going on without it", files->path);
    tell_miss(files->batch);
    tell_miss(queue);
    DL_CONCAT(queue, files->queue);
    files->queue = queue;
}

/* --- life ---------------------------------------------------------------------------------- */

static struct osm_cache_wait *new_job(struct osm_cache_files *files, enum job_kind kind,
                                      const struct osm_cache_key *key)
{
    struct osm_cache_wait *job = osm_alloc(sizeof(*job));

    job->kind = kind;
    job->now = wall_now(files);
    if (key) {
        job->bytes = osm_alloc(key->length);
        memcpy(job->bytes, key->data, key->length);
        job->key = (struct osm_cache_key){job->bytes, key->length, key->subject};
    }
    DL_APPEND(files->queue, job);
    return job;
}

void osm_cache_files_set_ttl(struct osm_cache_files *files, int64_t ttl)
{
    files->ttl = ttl > 0 ? ttl * 1000 : 0;
}

struct osm_cache_files *osm_cache_files_new(const struct osm_cache_config *config,
                                            const struct osm_loop *loop)
{
    struct osm_cache_files *files = osm_alloc(sizeof(*files));

    files->loop = *loop;
    files->path = osm_strdup(config->path);
    files->ops = config->store;
    files->store = config->store->open(config->path);
    osm_cache_files_set_ttl(files, config->ttl);
    files->patience = osm_loop_timer(&files->loop, on_patience, files);
    (void)new_job(files, JOB_TIDY, NULL);
    begin_batch(files);
    return files;
}

void osm_cache_files_free(struct osm_cache_files *files)
{
    if (!files)
        return;
    files->loop.ops->timer_free(files->patience);
    files->ended = true;
    if (!files->batch)
        free_files(files); /* else when it is back */
}

const struct osm_cache_counters *osm_cache_files_counters(const struct osm_cache_files *files)
{
    return &files->counters;
}

void osm_cache_unwait(struct osm_cache_wait *wait)
{
    if (wait)
        wait->told = NULL;
}

/* --- what is asked for --------------------------------------------------------------------- */

/* Everything is to be forgotten: what waits before that need not be done. While the disk hangs
 * nobody waits for it. */
static void drop_queue(struct osm_cache_files *files)
{
    struct osm_cache_wait *job, *next;

    DL_FOREACH_SAFE (files->queue, job, next) {
        if (job->kind == JOB_PUT) {
            files->counters.dropped++;
            files->puts--;
            files->put_bytes -= job->value.length;
        }
        free_job(job);
    }
    files->queue = NULL;
    files->changes = 0;
}

static struct osm_cache_wait *ask(struct osm_cache_files *files, enum job_kind kind,
                                  const struct osm_cache_key *key, osm_cache_told_fn *told,
                                  void *context)
{
    struct osm_cache_wait *job;

    if (files->stuck && kind == JOB_GET) {
        files->counters.misses++;
        told(context, NULL);
        return NULL;
    }
    if (files->stuck && kind == JOB_INVALIDATE && ++files->changes > OSM_CACHE_CHANGES_WAITING)
        kind = JOB_FLUSH;
    if (files->stuck && kind == JOB_FLUSH)
        drop_queue(files);
    job = new_job(files, kind, key);
    if (!files->stuck) {
        job->told = told;
        job->context = context;
        begin_batch(files);
        return job;
    }
    told(context, NULL); /* it will happen; nobody sees an entry before it has */
    return NULL;
}

struct osm_cache_wait *osm_cache_files_get(struct osm_cache_files *files,
                                           const struct osm_cache_key *key, osm_cache_told_fn *told,
                                           void *context)
{
    return ask(files, JOB_GET, key, told, context);
}

struct osm_cache_wait *osm_cache_files_invalidate(struct osm_cache_files *files,
                                                  const struct osm_cache_key *key,
                                                  osm_cache_told_fn *told, void *context)
{
    return ask(files, JOB_INVALIDATE, key, told, context);
}

struct osm_cache_wait *osm_cache_files_flush(struct osm_cache_files *files, osm_cache_told_fn *told,
                                             void *context)
{
    return ask(files, JOB_FLUSH, NULL, told, context);
}

void osm_cache_files_put(struct osm_cache_files *files, const struct osm_cache_key *key,
                         UA_ByteString value)
{
    struct osm_cache_wait *job;

    if (files->stuck || files->puts >= OSM_CACHE_PUTS_WAITING ||
        files->put_bytes + value.length > OSM_CACHE_PUT_BYTES_WAITING) {
        files->counters.dropped++;
        UA_ByteString_clear(&value);
        return;
    }
    job = new_job(files, JOB_PUT, key);
    job->value = value;
    job->expires = files->ttl ? job->now + files->ttl : INT64_MAX;
    files->puts++;
    files->put_bytes += value.length;
    begin_batch(files);
}
