/* SPDX-License-Identifier: MIT */
/* Watching trust stores; see trust_watch.h. */
#include "rim/ua/trust_watch.h"

#include <string.h>

#include <utlist.h>

#include "rim/io/turn.h"
#include "util/alloc.h"
#include "util/log.h"

/* Whoever puts files into a folder touches it several times; one look after that will do. */
#define OSM_TRUST_SETTLE_MS 50

/* The folders of a store whose files count. */
static const char *const folders[] = {"trusted", "crl"};

struct member {
    void (*changed)(void *context);
    void *context;
    struct member *prev, *next;
};

/* uv handles live on after the watch, until they are closed. */
struct handles {
    uv_fs_event_t events[OSM_ARRAY_SIZE(folders)];
    uv_timer_t timer;
    struct osm_trust_watches *watches;
    struct osm_trust_watch *watch; /* NULL = gone */
    unsigned open;
};

struct osm_trust_watch {
    struct osm_trust_watches *watches;
    char *path;
    struct member *members;
    struct handles *handles;
    struct osm_trust_watch *prev, *next; /* of the loop */
};

static void look(uv_timer_t *timer)
{
    const struct handles *handles = timer->data;
    struct member *member, *next;

    osm_turn_name("trust stores");
    if (!handles->watch)
        return;
    DL_FOREACH_SAFE (handles->watch->members, member, next)
        member->changed(member->context);
    uv_timer_start(timer, look, OSM_TRUST_LOOK_MS, 0);
}

static void store_changed(uv_fs_event_t *event, const char *name, int kinds, int status)
{
    struct handles *handles = event->data;

    (void)name;
    (void)kinds;
    (void)status;
    if (handles->watch)
        uv_timer_start(&handles->timer, look, OSM_TRUST_SETTLE_MS, 0);
}

static void closed(uv_handle_t *handle)
{
    struct handles *handles = handle->data;

    handles->watches->handles--;
    if (--handles->open == 0)
        free(handles);
}

static struct handles *open_handles(struct osm_trust_watch *watch)
{
    struct handles *handles = osm_alloc(sizeof(*handles));
    uv_loop_t *loop = watch->watches->loop;

    handles->watches = watch->watches;
    handles->watch = watch;
    handles->open = OSM_ARRAY_SIZE(folders) + 1;
    watch->watches->handles += handles->open; /* given back in closed() */
    uv_timer_init(loop, &handles->timer);
    handles->timer.data = handles;
    uv_timer_start(&handles->timer, look, OSM_TRUST_LOOK_MS, 0);
    for (size_t i = 0; i < OSM_ARRAY_SIZE(folders); i++) {
        _cleanup_(osm_freep) char *path = osm_printf("%s/%s", watch->path, folders[i]);
        int r;

        uv_fs_event_init(loop, &handles->events[i]);
        handles->events[i].data = handles;
        r = uv_fs_event_start(&handles->events[i], store_changed, path, 0);
        if (r < 0 && r != UV_ENOENT)
            osm_log_warning("Cannot watch %s: %s; changes count within %d s", path, uv_strerror(r),
                            OSM_TRUST_LOOK_MS / 1000);
    }
    return handles;
}

struct osm_trust_watch *osm_trust_watch_join(struct osm_trust_watches *watches, const char *path,
                                             void (*changed)(void *context), void *context)
{
    struct osm_trust_watch *watch;
    struct member *member = osm_alloc(sizeof(*member));

    member->changed = changed;
    member->context = context;
    DL_FOREACH (watches->list, watch)
        if (strcmp(watch->path, path) == 0)
            break;
    if (!watch) {
        watch = osm_alloc(sizeof(*watch));
        watch->watches = watches;
        watch->path = osm_strdup(path);
        watch->handles = open_handles(watch);
        DL_APPEND(watches->list, watch);
    }
    DL_APPEND(watch->members, member);
    return watch;
}

static void end(struct osm_trust_watch *watch)
{
    struct handles *handles = watch->handles;

    handles->watch = NULL;
    uv_close((uv_handle_t *)&handles->timer, closed);
    for (size_t i = 0; i < OSM_ARRAY_SIZE(folders); i++)
        uv_close((uv_handle_t *)&handles->events[i], closed);
    DL_DELETE(watch->watches->list, watch);
    free(watch->path);
    free(watch);
}

void osm_trust_watch_leave(struct osm_trust_watch *watch, void *context)
{
    struct member *member, *next;

    if (!watch)
        return;
    DL_FOREACH_SAFE (watch->members, member, next) {
        if (member->context != context)
            continue;
        DL_DELETE(watch->members, member);
        free(member);
    }
    if (!watch->members)
        end(watch);
}
