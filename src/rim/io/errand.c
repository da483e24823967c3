/* SPDX-License-Identifier: MIT */
/*
 * See errand.h.
 *
 *   waiting ──room──▶ thread ──▶ back ──turn of the loop──▶ done, freed
 *                        └── the loop has gone: freed by the thread
 *
 * An errand belongs to the loop, to its thread while it has one, and to the loop again once it is
 * back; only whether it is still wanted stays the loop's all the time.
 */
#include "rim/io/errand.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>

#include <utlist.h>

#include "rim/io/turn.h"
#include "util/alloc.h"

struct osm_errand {
    struct osm_errands *errands;
    void *work;
    int status;
    struct osm_errand *next;
    bool wanted;
    bool has_thread;
};

struct osm_errands {
    uv_mutex_t lock;
    struct osm_errand *back; /* under the lock, as all up to here */
    unsigned holders;        /* the loop, and each thread */
    bool closed;             /* nobody takes what comes back */

    const struct osm_errand_ops *ops;
    uv_async_t async; /* somebody is back */
    struct osm_errand *waiting;
    unsigned threads, most;
    unsigned wanted;
    void (*gone)(void *context);
    void *context;
};

static void errand_free(struct osm_errand *errand)
{
    errand->errands->ops->free(errand->work);
    free(errand);
}

static unsigned count_holders(struct osm_errands *errands, int more)
{
    unsigned holders;

    uv_mutex_lock(&errands->lock);
    holders = errands->holders += (unsigned)more;
    uv_mutex_unlock(&errands->lock);
    return holders;
}

static void let_go(struct osm_errands *errands)
{
    if (count_holders(errands, -1))
        return;
    uv_mutex_destroy(&errands->lock);
    free(errands);
}

/* --- in the thread --------------------------------------------------------------------------- */

static void come_back(struct osm_errand *errand)
{
    struct osm_errands *errands = errand->errands;
    bool closed;

    uv_mutex_lock(&errands->lock);
    closed = errands->closed;
    if (!closed) {
        LL_PREPEND(errands->back, errand);
        (void)uv_async_send(&errands->async);
    }
    uv_mutex_unlock(&errands->lock);
    if (closed)
        errand_free(errand);
}

static void run(void *context)
{
    struct osm_errand *errand = context;
    struct osm_errands *errands = errand->errands;

    errands->ops->run(errand->work);
    come_back(errand);
    let_go(errands);
}

/* --- on the loop ------------------------------------------------------------------------------ */

/* Signals are for the threads that were there before. */
static int start_thread(struct osm_errand *errand)
{
    sigset_t all, before;
    uv_thread_t thread;
    int r;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    r = uv_thread_create(&thread, run, errand);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (r == 0)
        (void)pthread_detach(thread);
    return r;
}

static void begin(struct osm_errand *errand)
{
    struct osm_errands *errands = errand->errands;
    int r;

    errands->threads++;
    errand->has_thread = true;
    (void)count_holders(errands, 1);
    r = start_thread(errand);
    if (r == 0)
        return; /* it is the thread's, or back already */
    errand->status = r;
    come_back(errand);
    (void)count_holders(errands, -1); /* the loop holds them still */
}

static void begin_next(struct osm_errands *errands)
{
    while (errands->waiting && errands->threads < errands->most) {
        struct osm_errand *errand = errands->waiting;

        LL_DELETE(errands->waiting, errand);
        begin(errand);
    }
}

static void unwant(struct osm_errand *errand)
{
    errand->wanted = false;
    if (--errand->errands->wanted == 0)
        uv_unref((uv_handle_t *)&errand->errands->async);
}

static void tell(struct osm_errand *errand)
{
    if (errand->wanted) {
        unwant(errand);
        errand->errands->ops->done(errand->work, errand->status);
    }
    errand_free(errand);
}

static struct osm_errand *take_back(struct osm_errands *errands)
{
    struct osm_errand *back;

    uv_mutex_lock(&errands->lock);
    back = osm_steal(errands->back);
    uv_mutex_unlock(&errands->lock);
    return back;
}

static void on_back(uv_async_t *async)
{
    struct osm_errands *errands = osm_container_of(async, struct osm_errands, async);
    struct osm_errand *back = take_back(errands), *next;

    osm_turn_name(errands->ops->turn);
    for (; back; back = next) {
        next = back->next;
        errands->threads--;
        tell(back);
    }
    if (!uv_is_closing((uv_handle_t *)async)) /* whoever was told may have ended it all */
        begin_next(errands);
}

struct osm_errand *osm_errand_new(struct osm_errands *errands, void *work)
{
    struct osm_errand *errand = osm_alloc(sizeof(*errand));

    errand->errands = errands;
    errand->work = work;
    errand->wanted = true;
    if (errands->wanted++ == 0)
        uv_ref((uv_handle_t *)&errands->async);
    LL_APPEND(errands->waiting, errand);
    begin_next(errands);
    /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): only what is closed frees what is back */
    return errand;
}

void osm_errand_drop(struct osm_errand *errand)
{
    if (!errand)
        return;
    unwant(errand);
    if (errand->has_thread)
        return;
    LL_DELETE(errand->errands->waiting, errand);
    errand_free(errand);
}

struct osm_errands *osm_errands_new(uv_loop_t *loop, const struct osm_errand_ops *ops,
                                    unsigned most)
{
    struct osm_errands *errands = osm_alloc(sizeof(*errands));
    int r = uv_async_init(loop, &errands->async, on_back);

    osm_assert(r == 0);
    uv_unref((uv_handle_t *)&errands->async);
    r = uv_mutex_init(&errands->lock);
    osm_assert(r == 0);
    errands->ops = ops;
    errands->most = most;
    errands->holders = 1;
    return errands;
}

static void on_closed(uv_handle_t *handle)
{
    struct osm_errands *errands = osm_container_of((uv_async_t *)handle, struct osm_errands, async);
    void (*gone)(void *context) = errands->gone;
    void *context = errands->context;

    let_go(errands);
    if (gone)
        gone(context);
}

void osm_errands_free(struct osm_errands *errands, void (*gone)(void *context), void *context)
{
    struct osm_errand *back, *next;

    if (!errands)
        return;
    errands->gone = gone;
    errands->context = context;
    uv_mutex_lock(&errands->lock);
    errands->closed = true;
    back = osm_steal(errands->back);
    uv_mutex_unlock(&errands->lock);
    LL_CONCAT(back, errands->waiting);
    errands->waiting = NULL;
    LL_FOREACH_SAFE (back, back, next)
        errand_free(back);
    uv_close((uv_handle_t *)&errands->async, on_closed);
}
