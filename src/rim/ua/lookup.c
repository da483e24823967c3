/* SPDX-License-Identifier: MIT */
/*
 * See lookup.h.
 *
 *   waiting ──room──▶ thread ──▶ found ──turn of the loop──▶ told, freed
 *                        └── the loop has gone: freed by the thread
 *
 * A lookup belongs to the loop, to its thread while it has one, and to the loop again once it is
 * found; only who is told (told, context) stays the loop's all the time.
 */
#include "rim/ua/lookup.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>

#include <utlist.h>

#include "rim/io/turn.h"
#include "util/alloc.h"
#include "util/macros.h"

struct osm_lookup {
    struct osm_lookups *lookups;
    char *host;
    char port[8];
    int status;
    struct addrinfo *addresses;
    struct osm_lookup *next;
    osm_lookup_fn *told; /* NULL = nobody wants to know any more */
    void *context;
    bool has_thread;
};

struct osm_lookups {
    uv_mutex_t lock;
    struct osm_lookup *found; /* under the lock, as all up to here */
    unsigned holders;         /* the loop, and each thread */
    bool closed;              /* nobody takes what is found */

    uv_async_t async; /* somebody has found something */
    struct osm_lookup *waiting;
    unsigned threads;
    unsigned wanted;
    void (*gone)(void *context);
    void *context;
};

static void lookup_free(struct osm_lookup *lookup)
{
    if (lookup->addresses)
        uv_freeaddrinfo(lookup->addresses);
    free(lookup->host);
    free(lookup);
}

static void let_go(struct osm_lookups *lookups)
{
    unsigned holders;

    uv_mutex_lock(&lookups->lock);
    holders = --lookups->holders;
    uv_mutex_unlock(&lookups->lock);
    if (holders)
        return;
    uv_mutex_destroy(&lookups->lock);
    free(lookups);
}

/* --- in the thread --------------------------------------------------------------------------- */

/* libuv's way of asking, which knows names that are not ASCII; it wants a loop to belong to. */
static void ask(struct osm_lookup *lookup)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    uv_getaddrinfo_t request;
    uv_loop_t loop;
    int r;

    lookup->status = uv_loop_init(&loop);
    if (lookup->status < 0)
        return;
    lookup->status = uv_getaddrinfo(&loop, &request, NULL, lookup->host, lookup->port, &hints);
    if (lookup->status == 0)
        lookup->addresses = request.addrinfo;
    r = uv_loop_close(&loop);
    osm_assert(r == 0);
}

static void hand_back(struct osm_lookup *lookup)
{
    struct osm_lookups *lookups = lookup->lookups;
    bool closed;

    uv_mutex_lock(&lookups->lock);
    closed = lookups->closed;
    if (!closed) {
        LL_PREPEND(lookups->found, lookup);
        (void)uv_async_send(&lookups->async);
    }
    uv_mutex_unlock(&lookups->lock);
    if (closed)
        lookup_free(lookup);
}

static void run(void *context)
{
    struct osm_lookup *lookup = context;
    struct osm_lookups *lookups = lookup->lookups;

    ask(lookup);
    hand_back(lookup);
    let_go(lookups);
}

/* --- on the loop ------------------------------------------------------------------------------ */

/* Signals are for the threads that were there before. */
static int start_thread(struct osm_lookup *lookup)
{
    sigset_t all, before;
    uv_thread_t thread;
    int r;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    r = uv_thread_create(&thread, run, lookup);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (r == 0)
        (void)pthread_detach(thread);
    return r;
}

static void begin(struct osm_lookup *lookup)
{
    struct osm_lookups *lookups = lookup->lookups;
    int r;

    lookups->threads++;
    lookup->has_thread = true;
    uv_mutex_lock(&lookups->lock);
    lookups->holders++;
    uv_mutex_unlock(&lookups->lock);
    r = start_thread(lookup);
    if (r == 0)
        return; /* it is the thread's, or told already */
    lookup->status = r;
    hand_back(lookup);
    let_go(lookups);
}

static void begin_next(struct osm_lookups *lookups)
{
    while (lookups->waiting && lookups->threads < OSM_LOOKUPS_AT_ONCE) {
        struct osm_lookup *lookup = lookups->waiting;

        LL_DELETE(lookups->waiting, lookup);
        begin(lookup);
    }
}

static void unwant(struct osm_lookup *lookup)
{
    lookup->told = NULL;
    if (--lookup->lookups->wanted == 0)
        uv_unref((uv_handle_t *)&lookup->lookups->async);
}

static void tell(struct osm_lookup *lookup)
{
    osm_lookup_fn *told = lookup->told;

    if (told) {
        unwant(lookup);
        told(lookup->context, lookup->status, lookup->addresses);
    }
    lookup_free(lookup);
}

static struct osm_lookup *take_found(struct osm_lookups *lookups)
{
    struct osm_lookup *found;

    uv_mutex_lock(&lookups->lock);
    found = osm_steal(lookups->found);
    uv_mutex_unlock(&lookups->lock);
    return found;
}

static void on_found(uv_async_t *async)
{
    struct osm_lookups *lookups = osm_container_of(async, struct osm_lookups, async);
    struct osm_lookup *found = take_found(lookups), *next;

    osm_turn_name("names that were looked up");
    for (; found; found = next) {
        next = found->next;
        lookups->threads--;
        tell(found);
    }
    if (!uv_is_closing((uv_handle_t *)async)) /* whoever was told may have ended it all */
        begin_next(lookups);
}

struct osm_lookup *osm_lookup_new(struct osm_lookups *lookups, const char *host, uint16_t port,
                                  osm_lookup_fn *told, void *context)
{
    struct osm_lookup *lookup = osm_alloc(sizeof(*lookup));

    lookup->lookups = lookups;
    lookup->host = osm_strdup(host);
    (void)snprintf(lookup->port, sizeof(lookup->port), "%u", (unsigned)port);
    lookup->told = told;
    lookup->context = context;
    if (lookups->wanted++ == 0)
        uv_ref((uv_handle_t *)&lookups->async);
    LL_APPEND(lookups->waiting, lookup);
    begin_next(lookups);
    /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): only what is closed frees what was found */
    return lookup;
}

void osm_lookup_drop(struct osm_lookup *lookup)
{
    if (!lookup)
        return;
    unwant(lookup);
    if (lookup->has_thread)
        return;
    LL_DELETE(lookup->lookups->waiting, lookup);
    lookup_free(lookup);
}

struct osm_lookups *osm_lookups_new(uv_loop_t *loop)
{
    struct osm_lookups *lookups = osm_alloc(sizeof(*lookups));
    int r = uv_async_init(loop, &lookups->async, on_found);

    osm_assert(r == 0);
    uv_unref((uv_handle_t *)&lookups->async);
    r = uv_mutex_init(&lookups->lock);
    osm_assert(r == 0);
    lookups->holders = 1;
    return lookups;
}

static void on_closed(uv_handle_t *handle)
{
    struct osm_lookups *lookups = osm_container_of((uv_async_t *)handle, struct osm_lookups, async);
    void (*gone)(void *context) = lookups->gone;
    void *context = lookups->context;

    let_go(lookups);
    gone(context);
}

void osm_lookups_free(struct osm_lookups *lookups, void (*gone)(void *context), void *context)
{
    struct osm_lookup *found, *next;

    lookups->gone = gone;
    lookups->context = context;
    uv_mutex_lock(&lookups->lock);
    lookups->closed = true;
    found = osm_steal(lookups->found);
    uv_mutex_unlock(&lookups->lock);
    LL_CONCAT(found, lookups->waiting);
    lookups->waiting = NULL;
    LL_FOREACH_SAFE (found, found, next)
        lookup_free(found);
    uv_close((uv_handle_t *)&lookups->async, on_closed);
}
