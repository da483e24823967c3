/* SPDX-License-Identifier: MIT */
/* See thrift.h. */
#include "app/daemon/thrift.h"

#include <malloc.h>

#include "rim/io/turn.h"
#include "serve/ipc/server.h"
#include "util/log.h"
#include "util/macros.h"
#include "util/slab.h"

#define LOOK_MS 1000
#define FEW ((size_t)256)     /* cells taken or given back between two looks: it is quiet */
#define WORTH_IT ((size_t)8)  /* since memory was given back */
#define LONG_MS 30000         /* after so long it is done in any case: sessions were closed */
#define SHARE UINT64_C(10000) /* of the time may be spent on it: one part in so many */
#define NANOSECONDS_PER_MS UINT64_C(1000000)

bool osm_thrift_is_due(struct osm_thrift *thrift, uint64_t now, size_t moves)
{
    size_t lately = moves - thrift->seen;

    thrift->seen = moves;
    if (now >= thrift->at_last)
        return true;
    return lately <= FEW && moves - thrift->trimmed >= WORTH_IT && now >= thrift->not_till;
}

void osm_thrift_done(struct osm_thrift *thrift, uint64_t now, uint64_t took)
{
    thrift->trimmed = thrift->seen;
    thrift->not_till = now + took * SHARE / NANOSECONDS_PER_MS;
    thrift->at_last = OSM_MAX(now + LONG_MS, thrift->not_till);
}

static void on_timer(uv_timer_t *timer)
{
    struct osm_thrift *thrift = osm_container_of(timer, struct osm_thrift, timer);
    uint64_t now = uv_now(timer->loop), began, took;
    size_t slabs;

    osm_turn_name("thrift");
    if (!osm_thrift_is_due(thrift, now, osm_slab_moves()))
        return;
    began = uv_hrtime();
    osm_ipc_server_trim(thrift->server);
    slabs = osm_slab_trim();
#ifdef __GLIBC__
    (void)malloc_trim(0);
#endif
    took = uv_hrtime() - began;
    osm_thrift_done(thrift, now, took);
    osm_log_debug("Memory that is free has gone back to the system, %zu KiB of it from requests; "
                  "that took %llu us",
                  slabs / 1024, (unsigned long long)(took / 1000));
}

void osm_thrift_start(struct osm_thrift *thrift, uv_loop_t *loop, struct osm_ipc_server *server)
{
    *thrift = (struct osm_thrift){.server = server};
    osm_thrift_done(thrift, uv_now(loop), 0);
    if (uv_timer_init(loop, &thrift->timer) < 0 ||
        uv_timer_start(&thrift->timer, on_timer, LOOK_MS, LOOK_MS) < 0)
        return;
    uv_unref((uv_handle_t *)&thrift->timer);
    thrift->started = true;
}

void osm_thrift_end(struct osm_thrift *thrift)
{
    if (thrift->started)
        uv_close((uv_handle_t *)&thrift->timer, NULL);
    thrift->started = false;
}
