/* SPDX-License-Identifier: MIT */
/* When it is looked; see lookout.h. */
#include "app/daemon/lookout.h"

#include <stdlib.h>
#include <string.h>

#include "app/daemon/lookout_internal.h"
#include "core/manager/registry.h"
#include "util/alloc.h"

struct osm_lookout {
    const struct osm_loop *loop;
    struct osm_manager *manager; /* NULL = the daemon ends */
    struct osm_notices *notices;
    const struct osm_options *options;
    struct osm_timer *timer;
    struct osm_registry_cursor cursor;
    bool walking;
    bool looking; /* the pool has `files` and `certificates` */
    struct osm_lookout_files files;
    struct osm_lookout_certificates certificates;
    struct osm_lookout_certificates known; /* what the last look has found; it goes on standing */
};

/* --- files --------------------------------------------------------------------------------- */

static void in_the_pool(void *context)
{
    struct osm_lookout *lookout = context;

    osm_lookout_files_look(&lookout->files);
    osm_lookout_certificates_look(&lookout->certificates);
}

static void tell_known(const struct osm_lookout *lookout)
{
    osm_lookout_certificates_tell(&lookout->known, lookout->notices,
                                  osm_clock_wall(lookout->loop->clock));
}

static void back_from_the_pool(void *context)
{
    struct osm_lookout *lookout = context;

    lookout->looking = false;
    osm_lookout_certificates_clear(&lookout->known);
    lookout->known = lookout->certificates;
    lookout->certificates.size = 0;
    if (lookout->manager) {
        osm_lookout_files_tell(&lookout->files, lookout->notices);
        tell_known(lookout);
    }
    osm_lookout_files_deinit(&lookout->files);
}

static void look_at_files(struct osm_lookout *lookout)
{
    const struct osm_loop *loop = lookout->loop;

    if (lookout->looking)
        return;
    osm_lookout_files_init(&lookout->files, lookout->options);
    if (!lookout->files.size && !lookout->certificates.size) {
        osm_lookout_certificates_clear(&lookout->known);
        return;
    }
    lookout->looking = true;
    loop->ops->work(loop->context, in_the_pool, back_from_the_pool, lookout);
}

/* --- sinks and sessions -------------------------------------------------------------------- */

static void look_at_sinks(const struct osm_lookout *lookout)
{
    const struct osm_sink_source *source = osm_manager_sinks(lookout->manager);
    const unsigned kinds = OSM_NOTICE_BIT(OSM_NOTICE_SPOOL);
    const struct osm_sink_status *sink;

    osm_notices_round_begin(lookout->notices, kinds);
    for (size_t n = 0; (sink = osm_sink_source_look(source, n)); n++)
        if (strcmp(sink->name, "spool") == 0)
            osm_lookout_at_sink(lookout->notices, sink);
    osm_notices_round_end(lookout->notices, kinds);
}

struct attempt {
    struct osm_lookout *lookout;
    size_t failing;
};

/* Beyond as many as can stand there is nothing to look up. */
static void look_at_connection(void *arg, const struct osm_connection_status *connection)
{
    struct attempt *attempt = arg;
    struct osm_lookout *lookout = attempt->lookout;

    if (!connection->failures || attempt->failing++ >= OSM_NOTICES_MOST)
        return;
    osm_lookout_at_connection(lookout->notices, connection);
    if (!lookout->looking)
        osm_lookout_certificates_note(&lookout->certificates, connection);
}

static void look_at_connections(struct osm_lookout *lookout)
{
    const struct osm_connection_source *source = osm_manager_connections(lookout->manager);
    const unsigned kinds = OSM_NOTICE_BIT(OSM_NOTICE_REFUSED);
    struct attempt attempt = {.lookout = lookout};

    osm_notices_round_begin(lookout->notices, kinds);
    osm_connections_each(source, look_at_connection, &attempt);
    osm_notices_round_end(lookout->notices, kinds);
}

/* A new round, all parts of it. */
static void begin(struct osm_lookout *lookout)
{
    look_at_sinks(lookout);
    look_at_connections(lookout);
    look_at_files(lookout);
    osm_notices_round_begin(lookout->notices, OSM_LOOKOUT_OF_SERVERS);
    tell_known(lookout);
    osm_registry_cursor_begin(&lookout->cursor, lookout->manager, OSM_REGISTRY_STORED);
    lookout->walking = true;
}

static void stop_walking(struct osm_lookout *lookout)
{
    if (lookout->walking)
        osm_registry_cursor_end(&lookout->cursor);
    lookout->walking = false;
}

static void on_timer(void *context)
{
    struct osm_lookout *lookout = context;
    const struct osm_session *session = NULL;
    double now = osm_clock_wall(lookout->loop->clock);

    if (!lookout->walking)
        begin(lookout);
    for (size_t i = 0; i < OSM_LOOKOUT_SESSIONS; i++) {
        session = osm_registry_cursor_next(&lookout->cursor);
        if (!session)
            break;
        osm_lookout_at_session(lookout->notices, session, now);
    }
    if (!session) {
        stop_walking(lookout);
        osm_notices_round_end(lookout->notices, OSM_LOOKOUT_OF_SERVERS);
    }
    lookout->loop->ops->timer_start(lookout->timer, session ? 0 : OSM_LOOKOUT_MS);
}

/* --- life ---------------------------------------------------------------------------------- */

struct osm_lookout *osm_lookout_new(const struct osm_loop *loop, struct osm_manager *manager,
                                    const struct osm_options *options)
{
    struct osm_lookout *lookout = osm_alloc(sizeof(*lookout));

    *lookout = (struct osm_lookout){.loop = loop,
                                    .manager = manager,
                                    .notices = osm_manager_notices(manager),
                                    .options = options};
    lookout->timer = osm_loop_timer(loop, on_timer, lookout);
    loop->ops->timer_start(lookout->timer, 0);
    return lookout;
}

void osm_lookout_end(struct osm_lookout *lookout)
{
    if (!lookout || !lookout->manager)
        return;
    stop_walking(lookout);
    lookout->manager = NULL;
    lookout->loop->ops->timer_free(osm_steal(lookout->timer));
}

struct osm_lookout *osm_lookout_free(struct osm_lookout *lookout)
{
    osm_assert(!lookout || (!lookout->manager && !lookout->looking));
    if (lookout)
        osm_lookout_certificates_clear(&lookout->known);
    free(lookout);
    return NULL;
}
