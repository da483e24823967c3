/* SPDX-License-Identifier: MIT */
/* See duties.h. */
#include "app/daemon/duties.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "app/process/service_manager.h"
#include "core/manager/counters.h"
#include "rim/io/turn.h"
#include "util/alloc.h"
#include "util/log.h"

#define STATUS_MS 1000 /* between two looks, where no watchdog wants one more often */

/* What the line says, from the counters' groups. */
static const struct {
    const char *group, *row;
} told[] = {{"sessions", "active"}, {"sessions", "connecting"}, {"sessions", "recovering"},
            {"sessions", "failed"}, {"ipc", "persistent_open"}, {"ipc", "in_flight"}};

struct look {
    uint64_t values[OSM_ARRAY_SIZE(told)];
};

static void visit(void *context, const struct osm_counter_group *group,
                  const struct osm_counter *row, uint64_t value)
{
    struct look *look = context;

    for (size_t i = 0; i < OSM_ARRAY_SIZE(told); i++)
        if (!strcmp(group->name, told[i].group) && !strcmp(row->name, told[i].row))
            look->values[i] = value;
}

static void tell_status(struct osm_duties *duties)
{
    struct look look = {0};
    char status[sizeof(duties->status)];
    const uint64_t *value = look.values;

    osm_counters_each(osm_manager_counters(duties->manager), visit, &look);
    (void)snprintf(status, sizeof(status),
                   "%" PRIu64 " sessions are connected, %" PRIu64 " connecting, %" PRIu64
                   " lost; %" PRIu64 " callers stay connected, %" PRIu64 " requests run%s",
                   value[0], value[1], value[2] + value[3], value[4], value[5],
                   duties->late ? "; THE THREADS OF THE POOL DO NOT ANSWER" : "");
    if (strcmp(status, duties->status) != 0 && osm_service_manager_tell("STATUS=%s", status))
        (void)snprintf(duties->status, sizeof(duties->status), "%s", status);
}

/* Without it the manager gives a daemon up that starts or reloads. */
static void tell_ready(struct osm_duties *duties)
{
    duties->owes_ready = duties->owes_ready && !osm_service_manager_tell("READY=1");
}

static void in_the_pool(uv_work_t *work)
{
    (void)work; /* that a thread came by is all */
}

static void back_from_the_pool(uv_work_t *work, int status)
{
    struct osm_duties *duties = osm_container_of(work, struct osm_duties, pool);

    duties->asked_at = 0;
    (void)status;
}

static void ask_pool(struct osm_duties *duties)
{
    if (!duties->asked_at &&
        uv_queue_work(duties->timer.loop, &duties->pool, in_the_pool, back_from_the_pool) == 0)
        duties->asked_at = uv_now(duties->timer.loop);
}

static void on_timer(uv_timer_t *timer)
{
    struct osm_duties *duties = osm_container_of(timer, struct osm_duties, timer);
    uint64_t now = uv_now(timer->loop);
    bool late = duties->asked_at && now - duties->asked_at > duties->patience;

    osm_turn_name("duties");
    if (late && !duties->late)
        osm_log_error("The threads that look up names, use private keys and write files have not "
                      "answered for %" PRIu64
                      " ms: the service manager hears of us no more, and will start "
                      "the daemon anew. Look for a network file system or resolver that hangs",
                      now - duties->asked_at);
    duties->late = late;
    tell_ready(duties);
    if (!late && osm_service_manager_watchdog())
        osm_service_manager_tell("WATCHDOG=1");
    tell_status(duties);
    ask_pool(duties);
}

void osm_duties_start(struct osm_duties *duties, uv_loop_t *loop, struct osm_manager *manager)
{
    osm_msec watchdog = osm_service_manager_watchdog();
    uint64_t period = watchdog ? (uint64_t)OSM_MIN(watchdog / 4, STATUS_MS) : STATUS_MS;

    *duties = (struct osm_duties){.manager = manager};
    if (!osm_service_manager_listens())
        return;
    duties->owes_ready = true;
    tell_ready(duties);
    duties->patience = watchdog ? (uint64_t)watchdog / 2 : UINT64_MAX;
    if (uv_timer_init(loop, &duties->timer) < 0 ||
        uv_timer_start(&duties->timer, on_timer, 0, OSM_MAX(period, 1)) < 0)
        return;
    uv_unref((uv_handle_t *)&duties->timer);
    duties->started = true;
}

void osm_duties_reloaded(struct osm_duties *duties)
{
    if (!duties->started)
        return;
    duties->status[0] = '\0';
    duties->owes_ready = true;
    tell_ready(duties);
    tell_status(duties);
}

void osm_duties_end(struct osm_duties *duties)
{
    if (!duties->started)
        return;
    duties->started = false;
    uv_close((uv_handle_t *)&duties->timer, NULL);
    if (duties->asked_at)
        (void)uv_cancel((uv_req_t *)&duties->pool);
}
