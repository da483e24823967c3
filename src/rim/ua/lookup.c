/* SPDX-License-Identifier: MIT */
/* Names asked of the system's resolver; see lookup.h. Only who is told (told, context, errand) is
 * the loop's while a thread asks. */
#include "rim/ua/lookup.h"

#include <stdio.h>

#include "rim/io/errand.h"
#include "util/alloc.h"
#include "util/macros.h"

struct osm_lookup {
    char *host;
    char port[8];
    int status;
    struct addrinfo *addresses;
    struct osm_errand *errand;
    osm_lookup_fn *told;
    void *context;
};

/* libuv's way of asking, which knows names that are not ASCII; it wants a loop to belong to. */
static void ask(void *work)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct osm_lookup *lookup = work;
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

static void tell(void *work, int status)
{
    struct osm_lookup *lookup = work;

    lookup->told(lookup->context, status < 0 ? status : lookup->status, lookup->addresses);
}

static void lookup_free(void *work)
{
    struct osm_lookup *lookup = work;

    if (lookup->addresses)
        uv_freeaddrinfo(lookup->addresses);
    free(lookup->host);
    free(lookup);
}

static void *threads_start(uv_loop_t *loop)
{
    static const struct osm_errand_ops ops = {ask, tell, lookup_free, "names that were looked up"};

    return osm_errands_new(loop, &ops, OSM_LOOKUPS_AT_ONCE);
}

static struct osm_lookup *threads_ask(void *lookups, const char *host, uint16_t port,
                                      osm_lookup_fn *told, void *context)
{
    struct osm_lookup *lookup = osm_alloc(sizeof(*lookup));

    lookup->host = osm_strdup(host);
    (void)snprintf(lookup->port, sizeof(lookup->port), "%u", (unsigned)port);
    lookup->told = told;
    lookup->context = context;
    lookup->errand = osm_errand_new(lookups, lookup);
    return lookup;
}

static void threads_drop(struct osm_lookup *lookup)
{
    if (lookup)
        osm_errand_drop(lookup->errand);
}

static void threads_end(void *lookups, void (*gone)(void *context), void *context)
{
    osm_errands_free(lookups, gone, context);
}

const struct osm_lookup_ops osm_lookup_threads = {
    .start = threads_start, .end = threads_end, .ask = threads_ask, .drop = threads_drop};
