/* SPDX-License-Identifier: MIT */
/*
 * The set of sinks; see sinks.h.
 *
 *   RUNNING ──close──▶ DRAINING ──all delivered, or time over──▶ STOPPING ──▶ freed
 *
 * A sink that cannot stop in time hangs in another thread (a disk, a name server); it is left
 * behind, and the process ends without it.
 */
#include "sink/sinks.h"

#include "sink/command.h"
#include "sink/file.h"
#include "sink/line.h"
#include "sink/mqtt.h"
#include "sink/sink_internal.h"
#include "sink/spool.h"
#include "util/alloc.h"
#include "util/log.h"

/* NOLINTNEXTLINE(misc-redundant-expression): two constants that happen to be the same now */
_Static_assert(OSM_SINK_STOP_MS <= OSM_SINKS_STOP_MS, "each stops in the time all have");

#define SINKS 3

enum phase { RUNNING, DRAINING, STOPPING };

struct slot {
    struct osm_sinks *sinks;
    struct osm_sink *sink;
    struct osm_bus_reader reader;
    bool stopped;
};

struct osm_sinks {
    struct osm_sink_feed feed;
    const struct osm_loop *loop;
    uv_loop_t *uv;
    struct osm_bus *bus;
    struct slot slots[SINKS];
    size_t count;
    struct osm_spool *spool; /* NULL = the slots read the bus */
    struct osm_buf line;

    enum phase phase;
    struct osm_timer *timer;
    osm_msec deadline;
    void (*done)(void *context);
    void *context;
};

/* --- from the bus to the windows ------------------------------------------------------------- */

static void push_lost(struct slot *slot, const struct osm_bus_gap *gap)
{
    struct osm_buf *line = &slot->sinks->line;
    const struct osm_lost_events lost = {
        .from = gap->from,
        .to = gap->to,
        .dropped = gap->dropped,
        .time = osm_clock_wall(slot->sinks->loop->clock),
        .reason = "more events came than could be delivered (--event-buffer)",
    };

    osm_log_warning("Event sink %s has lost %llu events: more came than it could deliver",
                    slot->sink->name, (unsigned long long)gap->dropped);
    slot->sink->status.dropped += gap->dropped;
    osm_line_of_lost(line, &lost);
    osm_sink_push(slot->sink, gap->to, line->data, line->length);
}

/* Fills the window; true when something came. */
static bool pull(struct slot *slot)
{
    struct osm_buf *line = &slot->sinks->line;
    struct osm_sink *sink = slot->sink;
    bool came = false;

    while (slot->reader.bus && osm_sink_has_room(sink)) {
        const struct osm_event *event;
        struct osm_bus_gap gap;

        if (osm_bus_take_gap(&slot->reader, &gap)) {
            push_lost(slot, &gap);
            came = true;
            continue;
        }
        event = osm_bus_next(&slot->reader, &gap);
        if (!event)
            break;
        osm_line_of_event(line, event);
        osm_sink_push(sink, event->cursor, line->data, line->length);
        came = true;
    }
    return came;
}

static void on_news(struct osm_bus_reader *reader)
{
    struct slot *slot = osm_container_of(reader, struct slot, reader);

    if (pull(slot))
        osm_sink_wake(slot->sink);
}

static void bus_feed(struct osm_sink_feed *feed, struct osm_sink *sink)
{
    struct slot *slot = sink->feeding;

    if (slot->sinks->spool)
        osm_spool_feed(slot->sinks->spool, sink);
    else
        (void)pull(slot);
}

/* --- the end --------------------------------------------------------------------------------- */

static bool all_delivered(const struct osm_sinks *sinks)
{
    for (size_t i = 0; i < sinks->count; i++) {
        if (sinks->slots[i].sink->count || sinks->slots[i].reader.behind)
            return false;
    }
    return !sinks->spool || osm_spool_is_idle(sinks->spool);
}

static bool all_stopped(const struct osm_sinks *sinks)
{
    for (size_t i = 0; i < sinks->count; i++) {
        if (!sinks->slots[i].stopped)
            return false;
    }
    return !sinks->spool || osm_spool_is_idle(sinks->spool);
}

static void detach(struct osm_sinks *sinks)
{
    for (size_t i = 0; i < sinks->count; i++)
        osm_bus_detach(&sinks->slots[i].reader);
    if (sinks->spool)
        osm_spool_detach(sinks->spool);
}

static void arm(struct osm_sinks *sinks, osm_msec delay)
{
    sinks->loop->ops->timer_start(sinks->timer, delay);
}

static void stop_all(struct osm_sinks *sinks)
{
    sinks->phase = STOPPING;
    sinks->deadline = osm_clock_now(sinks->loop->clock) + OSM_SINKS_STOP_MS;
    arm(sinks, OSM_SINKS_STOP_MS); /* brought forward when all have stopped */
    detach(sinks);
    for (size_t i = 0; i < sinks->count; i++) {
        struct osm_sink *sink = sinks->slots[i].sink;

        if (sink->count && !sinks->spool)
            osm_log_warning("Event sink %s ends with %zu events not delivered", sink->name,
                            sink->count);
        sink->stopping = true;
        sink->ops->stop(sink);
    }
    if (sinks->spool)
        osm_spool_flush(sinks->spool); /* what has been confirmed until now */
}

static void free_sinks(struct osm_sinks *sinks)
{
    bool complete = all_stopped(sinks);

    if (complete)
        sinks->spool = osm_spool_free(sinks->spool);
    for (size_t i = 0; i < sinks->count; i++) {
        struct osm_sink *sink = sinks->slots[i].sink;

        if (sinks->slots[i].stopped)
            sink->ops->free(sink);
        else
            osm_log_warning("Event sink %s does not end; leaving it behind", sink->name);
    }
    if (sinks->done)
        sinks->done(sinks->context);
    sinks->loop->ops->timer_free(sinks->timer);
    osm_buf_deinit(&sinks->line);
    if (complete) /* else somebody may still call osm_sink_stopped() */
        free(sinks);
}

static void on_timer(void *context)
{
    struct osm_sinks *sinks = context;

    if (sinks->phase == DRAINING)
        stop_all(sinks);
    else if (all_stopped(sinks) || osm_clock_now(sinks->loop->clock) >= sinks->deadline)
        free_sinks(sinks);
}

/* Something has come to its end: brings the next step forward. Never acts from inside a sink. */
static void look_at_end(struct osm_sinks *sinks)
{
    if (sinks->phase == DRAINING && all_delivered(sinks))
        arm(sinks, 0);
    if (sinks->phase == STOPPING && osm_clock_now(sinks->loop->clock) < sinks->deadline &&
        all_stopped(sinks))
        arm(sinks, 0);
}

static void sink_moved(struct osm_sink_feed *feed, struct osm_sink *sink)
{
    struct osm_sinks *sinks = osm_container_of(feed, struct osm_sinks, feed);
    struct slot *slot = sink->feeding;

    if (sinks->spool)
        osm_spool_moved(sinks->spool);
    else if (slot->reader.bus)
        osm_bus_confirm(&slot->reader, sink->position);
    look_at_end(sinks);
}

static void sink_stopped(struct osm_sink_feed *feed, struct osm_sink *sink)
{
    struct osm_sinks *sinks = osm_container_of(feed, struct osm_sinks, feed);
    struct slot *slot = sink->feeding;

    slot->stopped = true;
    look_at_end(sinks);
}

static void on_spool_idle(void *context)
{
    look_at_end(context);
}

void osm_sinks_close(struct osm_sinks *sinks, osm_msec drain, void (*done)(void *context),
                     void *context)
{
    osm_assert(sinks->phase == RUNNING);
    sinks->done = done;
    sinks->context = context;
    sinks->phase = DRAINING;
    for (size_t i = 0; i < sinks->count; i++)
        on_news(&sinks->slots[i].reader);
    if (sinks->spool)
        osm_spool_flush(sinks->spool);
    if (drain && !all_delivered(sinks))
        arm(sinks, drain);
    else
        stop_all(sinks);
}

/* --- the start ------------------------------------------------------------------------------- */

bool osm_sinks_wanted(const struct osm_sinks_config *config)
{
    return config->log || config->command || config->mqtt;
}

static void add_sink(struct osm_sinks *sinks, struct osm_sink *sink)
{
    struct slot *slot = &sinks->slots[sinks->count++];

    slot->sinks = sinks;
    slot->sink = sink;
    slot->reader.types = OSM_EVENT_ALL;
    slot->reader.durable = true;
    slot->reader.news = on_news;
    sink->feed = &sinks->feed;
    sink->feeding = slot;
    if (sinks->spool) {
        osm_spool_add(sinks->spool, sink);
        return;
    }
    osm_bus_attach(sinks->bus, &slot->reader, OSM_BUS_FROM_NOW);
    sink->position = sink->pulled = osm_bus_last(sinks->bus);
}

static int add_log(struct osm_sinks *sinks, const struct osm_sinks_config *config, char **error)
{
    const struct osm_file_sink_config file = {.path = config->log,
                                              .durable = config->spool || config->deferred_ack};
    struct osm_sink *sink;
    int r = config->log ? osm_file_sink_new(&file, sinks->loop, &sink, error) : 0;

    if (config->log && r == 0)
        add_sink(sinks, sink);
    return r;
}

static int add_command(struct osm_sinks *sinks, const struct osm_sinks_config *config, char **error)
{
    const struct osm_command_sink_config command = {.command = config->command,
                                                    .acks = config->command_acks};
    struct osm_sink *sink;
    int r =
        config->command ? osm_command_sink_new(&command, sinks->loop, sinks->uv, &sink, error) : 0;

    if (config->command && r == 0)
        add_sink(sinks, sink);
    return r;
}

static int add_mqtt(struct osm_sinks *sinks, const struct osm_sinks_config *config, char **error)
{
    const struct osm_mqtt_sink_config mqtt = {.url = config->mqtt, .client = config->mqtt_client};
    struct osm_sink *sink;
    int r = config->mqtt ? osm_mqtt_sink_new(&mqtt, sinks->loop, sinks->uv, &sink, error) : 0;

    if (config->mqtt && r == 0)
        add_sink(sinks, sink);
    return r;
}

static int open_spool(struct osm_sinks *sinks, const struct osm_sinks_config *config, char **error)
{
    const struct osm_spool_config spool = {.path = config->spool,
                                           .bytes = config->spool_bytes,
                                           .idle = on_spool_idle,
                                           .context = sinks};

    return config->spool ? osm_spool_new(&spool, sinks->loop, sinks->bus, &sinks->spool, error) : 0;
}

static int start_spool(struct osm_sinks *sinks, const struct osm_sinks_config *config, char **error)
{
    return sinks->spool ? osm_spool_start(sinks->spool, error) : 0;
}

int osm_sinks_new(const struct osm_sinks_config *config, const struct osm_loop *loop, uv_loop_t *uv,
                  struct osm_bus *bus, struct osm_sinks **out, char **error)
{
    static int (*const steps[])(struct osm_sinks * sinks, const struct osm_sinks_config *config,
                                char **error) = {open_spool, add_log, add_command, add_mqtt,
                                                 start_spool};
    struct osm_sinks *sinks = osm_alloc(sizeof(*sinks));

    sinks->feed = (struct osm_sink_feed){bus_feed, sink_moved, sink_stopped};
    sinks->loop = loop;
    sinks->uv = uv;
    sinks->bus = bus;
    sinks->timer = osm_loop_timer(loop, on_timer, sinks);
    for (size_t i = 0; i < OSM_ARRAY_SIZE(steps); i++) {
        int r = steps[i](sinks, config, error);

        if (r < 0) {
            osm_sinks_close(sinks, 0, NULL, NULL);
            return r;
        }
    }
    *out = sinks;
    return 0;
}

/* --- running --------------------------------------------------------------------------------- */

void osm_sinks_reopen(struct osm_sinks *sinks)
{
    for (size_t i = 0; i < sinks->count; i++) {
        struct osm_sink *sink = sinks->slots[i].sink;

        if (sink->ops->reopen && !sink->stopping)
            sink->ops->reopen(sink);
    }
}

const struct osm_sink_status *osm_sinks_look(void *context, size_t n)
{
    struct osm_sinks *sinks = context;

    if (n == sinks->count && sinks->spool)
        return osm_spool_look(sinks->spool);
    return n < sinks->count ? osm_sink_look(sinks->slots[n].sink) : NULL;
}
