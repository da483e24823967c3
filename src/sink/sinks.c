/* SPDX-License-Identifier: MIT */
/*
 * The set of sinks; see sinks.h.
 *
 *   RUNNING ──close──▶ DRAINING ──all delivered, or time over──▶ STOPPING ──▶ freed
 *
 * While it runs, sinks come and go (osm_sinks_change); one that goes stops in the list of those
 * that are leaving, and its place is free at once.
 *
 * A sink that cannot stop in time hangs in another thread (a disk, a name server); it is left
 * behind, whether all end or only this one, and frees itself should it come back.
 */
#include "sink/sinks.h"

#include <errno.h>
#include <string.h>

#include <utlist.h>

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

enum phase { RUNNING, DRAINING, STOPPING };

struct slot {
    struct osm_sinks *sinks;
    struct osm_sink *sink;
    char *value; /* the option's, for comparing */
    struct osm_bus_reader reader;
    bool stopped;
    bool leaving, left_behind;
    osm_msec deadline; /* of one that is leaving */
    struct slot *prev, *next;
};

struct osm_sinks {
    struct osm_sink_feed feed;
    const struct osm_loop *loop;
    uv_loop_t *uv;
    struct osm_bus *bus;
    struct slot *slots;      /* in the order in which they are told of */
    struct slot *leaving;    /* taken out, and not stopped yet; the oldest first */
    struct slot *behind;     /* left behind while this runs */
    struct osm_spool *spool; /* NULL = the slots read the bus */
    struct osm_buf line;

    enum phase phase;
    size_t left_behind; /* and not come back */
    struct osm_sinks_stats stats;
    bool over; /* all else is freed */
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
    struct osm_rope rope;

    osm_log_warning("Event sink %s has lost %llu events: more came than it could deliver",
                    slot->sink->name, (unsigned long long)gap->dropped);
    slot->sink->status.dropped += gap->dropped;
    osm_line_of_lost(line, &lost);
    rope = osm_rope_of(line->data, line->length);
    osm_sink_push(slot->sink, gap->to, &rope);
}

/* Fills the window; true when something came. */
static bool pull(struct slot *slot)
{
    struct osm_rope_piece pieces[OSM_EVENT_PIECES];
    struct osm_sink *sink = slot->sink;
    bool came = false;

    while (slot->reader.bus && osm_sink_has_room(sink)) {
        const struct osm_event *event;
        struct osm_bus_gap gap;
        struct osm_rope line;

        if (osm_bus_take_gap(&slot->reader, &gap)) {
            push_lost(slot, &gap);
            came = true;
            continue;
        }
        event = osm_bus_next(&slot->reader, &gap);
        if (!event)
            break;
        line = osm_line_of_event(&slot->sinks->line, pieces, event);
        osm_sink_push(sink, event->cursor, &line);
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
    const struct slot *slot;

    DL_FOREACH (sinks->slots, slot) {
        if (slot->sink->count || slot->reader.behind)
            return false;
    }
    return !sinks->spool || osm_spool_is_idle(sinks->spool);
}

static bool all_stopped(const struct osm_sinks *sinks)
{
    const struct slot *slot;

    DL_FOREACH (sinks->slots, slot) {
        if (!slot->stopped)
            return false;
    }
    return !sinks->leaving && (!sinks->spool || osm_spool_is_idle(sinks->spool));
}

static void detach(struct osm_sinks *sinks)
{
    struct slot *slot;

    DL_FOREACH (sinks->slots, slot)
        osm_bus_detach(&slot->reader);
    if (sinks->spool)
        osm_spool_detach(sinks->spool);
}

static void arm(struct osm_sinks *sinks, osm_msec delay)
{
    sinks->loop->ops->timer_start(sinks->timer, delay);
}

static void stop(struct slot *slot)
{
    slot->sink->stopping = true;
    slot->sink->ops->stop(slot->sink);
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

static void stop_all(struct osm_sinks *sinks)
{
    struct slot *slot;

    sinks->phase = STOPPING;
    sinks->deadline = osm_clock_now(sinks->loop->clock) + OSM_SINKS_STOP_MS;
    arm(sinks, OSM_SINKS_STOP_MS); /* brought forward when all have stopped */
    detach(sinks);
    DL_FOREACH (sinks->slots, slot) {
        if (slot->sink->count && !sinks->spool)
            osm_log_warning("Event sink %s ends with %zu events not delivered", slot->sink->name,
                            slot->sink->count);
        stop(slot);
    }
    if (sinks->spool)
        osm_spool_flush(sinks->spool); /* what has been confirmed until now */
    look_at_end(sinks);
}

static void free_slot(struct slot *slot)
{
    slot->sink->ops->free(slot->sink);
    free(slot->value);
    free(slot);
}

static void leave_behind(struct slot *slot)
{
    slot->left_behind = true;
    slot->sinks->left_behind++;
    slot->sinks->stats.left_behind++;
    osm_log_warning("Event sink %s does not end; leaving it behind", slot->sink->name);
}

static bool abandon(struct slot *slot)
{
    const struct osm_sink_ops *ops = slot->sink->ops;

    return ops->abandon && ops->abandon(slot->sink);
}

/* What hangs in a thread the loop does not wait for is as good as stopped. */
static void abandon_all(struct osm_sinks *sinks)
{
    struct slot *slot, *next;

    DL_CONCAT(sinks->slots, sinks->leaving);
    sinks->leaving = NULL;
    DL_FOREACH (sinks->slots, slot)
        slot->stopped = slot->stopped || abandon(slot);
    DL_FOREACH_SAFE (sinks->behind, slot, next) {
        if (!abandon(slot))
            continue; /* in no list any more */
        sinks->left_behind--;
        free_slot(slot);
    }
    sinks->behind = NULL;
}

static void free_sinks(struct osm_sinks *sinks)
{
    struct slot *slot, *next;
    bool complete;

    abandon_all(sinks);
    complete = all_stopped(sinks);
    if (complete)
        sinks->spool = osm_spool_free(sinks->spool);
    DL_FOREACH_SAFE (sinks->slots, slot, next) {
        if (slot->stopped)
            free_slot(slot);
        else
            leave_behind(slot);
    }
    if (sinks->done)
        sinks->done(sinks->context);
    sinks->loop->ops->timer_free(sinks->timer);
    osm_buf_deinit(&sinks->line);
    sinks->over = true;
    if (complete && !sinks->left_behind) /* else somebody may still call osm_sink_stopped() */
        free(sinks);
}

/* The next one of those that are leaving whose time is over. */
static void watch_leaving(struct osm_sinks *sinks)
{
    osm_msec now = osm_clock_now(sinks->loop->clock);

    if (sinks->phase == RUNNING && sinks->leaving)
        arm(sinks, OSM_MAX(sinks->leaving->deadline - now, 0));
}

static void look_at_leaving(struct osm_sinks *sinks)
{
    osm_msec now = osm_clock_now(sinks->loop->clock);
    struct slot *slot;

    while ((slot = sinks->leaving) && slot->deadline <= now) {
        DL_DELETE(sinks->leaving, slot);
        leave_behind(slot);
        DL_APPEND(sinks->behind, slot);
    }
    watch_leaving(sinks);
}

static void on_timer(void *context)
{
    struct osm_sinks *sinks = context;

    if (sinks->phase == RUNNING)
        look_at_leaving(sinks);
    else if (sinks->phase == DRAINING)
        stop_all(sinks);
    else if (all_stopped(sinks) || osm_clock_now(sinks->loop->clock) >= sinks->deadline)
        free_sinks(sinks);
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
    if (slot->left_behind) { /* it has ended after all */
        if (sinks->behind)
            DL_DELETE(sinks->behind, slot);
        free_slot(slot);
        if (--sinks->left_behind == 0 && sinks->over && !sinks->spool)
            free(sinks);
        return;
    }
    if (slot->leaving) {
        DL_DELETE(sinks->leaving, slot);
        free_slot(slot);
    }
    look_at_end(sinks);
}

static void on_spool_idle(void *context)
{
    look_at_end(context);
}

void osm_sinks_close(struct osm_sinks *sinks, osm_msec drain, void (*done)(void *context),
                     void *context)
{
    struct slot *slot;

    osm_assert(sinks->phase == RUNNING);
    sinks->done = done;
    sinks->context = context;
    sinks->phase = DRAINING;
    DL_FOREACH (sinks->slots, slot)
        on_news(&slot->reader);
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

/* Takes the sink; from: the cursor behind which it begins. */
static void add_sink(struct osm_sinks *sinks, struct osm_sink *sink, const char *value,
                     uint64_t from)
{
    struct slot *slot = osm_alloc(sizeof(*slot));

    DL_APPEND(sinks->slots, slot);
    slot->sinks = sinks;
    slot->sink = sink;
    slot->value = osm_strdup(value);
    slot->reader.types = OSM_EVENT_ALL;
    slot->reader.durable = true;
    slot->reader.news = on_news;
    sink->feed = &sinks->feed;
    sink->feeding = slot;
    if (sinks->spool) {
        osm_spool_add(sinks->spool, sink);
        return;
    }
    sink->position = sink->pulled = from == OSM_BUS_FROM_NOW ? osm_bus_last(sinks->bus) : from;
    osm_bus_attach(sinks->bus, &slot->reader, from);
}

static int make_log(struct osm_sinks *sinks, const struct osm_sinks_config *config,
                    struct osm_sink **sink, char **error)
{
    const struct osm_file_sink_config file = {.path = config->log,
                                              .durable = config->spool || config->deferred_ack,
                                              .fd = config->log_fd};

    return osm_file_sink_new(&file, sinks->loop, sink, error);
}

static int make_command(struct osm_sinks *sinks, const struct osm_sinks_config *config,
                        struct osm_sink **sink, char **error)
{
    const struct osm_command_sink_config command = {
        .command = config->command, .acks = config->command_acks, .program = config->program};

    return osm_command_sink_new(&command, sinks->loop, sinks->uv, sink, error);
}

static int make_mqtt(struct osm_sinks *sinks, const struct osm_sinks_config *config,
                     struct osm_sink **sink, char **error)
{
    const struct osm_mqtt_sink_config mqtt = {.url = config->mqtt, .client = config->mqtt_client};

    return osm_mqtt_sink_new(&mqtt, sinks->loop, sinks->uv, sink, error);
}

/* What there can be one of each. */
static const struct kind {
    const char *name; /* of the sink */
    int (*make)(struct osm_sinks *sinks, const struct osm_sinks_config *config,
                struct osm_sink **sink, char **error);
} kinds[] = {{"log", make_log}, {"command", make_command}, {"mqtt", make_mqtt}};

/* What the configuration says of that kind, as one text; NULL = there is none. To be freed. */
static char *value_of(const struct kind *kind, const struct osm_sinks_config *config)
{
    const char *texts[] = {config->log, config->command, config->mqtt};
    const char *text = texts[kind - kinds];

    if (!text)
        return NULL;
    return osm_printf("%d%s", kind->make == make_command && config->command_acks, text);
}

static int add_kind(struct osm_sinks *sinks, const struct kind *kind,
                    const struct osm_sinks_config *config, uint64_t from, char **error)
{
    _cleanup_(osm_freep) char *value = value_of(kind, config);
    struct osm_sink *sink = NULL;
    int r = value ? kind->make(sinks, config, &sink, error) : 0;

    if (value && r == 0)
        add_sink(sinks, sink, value, from);
    return r;
}

static int add_sinks(struct osm_sinks *sinks, const struct osm_sinks_config *config, char **error)
{
    for (size_t i = 0; i < OSM_ARRAY_SIZE(kinds); i++) {
        int r = add_kind(sinks, &kinds[i], config, OSM_BUS_FROM_NOW, error);

        if (r < 0)
            return r;
    }
    return 0;
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
                                char **error) = {open_spool, add_sinks, start_spool};
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

/* --- changes ------------------------------------------------------------------------------- */

static struct slot *find(const struct osm_sinks *sinks, const struct kind *kind)
{
    struct slot *slot;

    DL_FOREACH (sinks->slots, slot)
        if (strcmp(slot->sink->name, kind->name) == 0)
            return slot;
    return NULL;
}

static void remove_slot(struct osm_sinks *sinks, struct slot *slot)
{
    osm_log_info("Event sink %s ends, with %zu events not delivered", slot->sink->name,
                 slot->sink->count);
    osm_bus_detach(&slot->reader);
    DL_DELETE(sinks->slots, slot);
    DL_APPEND(sinks->leaving, slot);
    slot->leaving = true;
    slot->deadline = osm_clock_now(sinks->loop->clock) + OSM_SINK_STOP_MS;
    stop(slot); /* which may be the end of it */
    watch_leaving(sinks);
}

static int change_kind(struct osm_sinks *sinks, const struct kind *kind,
                       const struct osm_sinks_config *config, char **error)
{
    _cleanup_(osm_freep) char *value = value_of(kind, config);
    struct slot *slot = find(sinks, kind);
    uint64_t from = OSM_BUS_FROM_NOW;
    int r;

    if (slot && value && strcmp(slot->value, value) == 0)
        return 0;
    if (slot) {
        from = slot->sink->position;
        remove_slot(sinks, slot);
    }
    r = add_kind(sinks, kind, config, from, error);
    if (value && r == 0)
        osm_log_info("Event sink %s begins", kind->name);
    return r;
}

static void count_held(const struct slot *list, size_t *number, size_t *bytes)
{
    const struct slot *slot;

    DL_FOREACH (list, slot) {
        ++*number;
        *bytes += slot->sink->bytes;
    }
}

const struct osm_sinks_stats *osm_sinks_stats(struct osm_sinks *sinks)
{
    size_t number = 0, bytes = 0;

    count_held(sinks->leaving, &number, &bytes);
    count_held(sinks->behind, &number, &bytes);
    sinks->stats.leaving = number;
    sinks->stats.leaving_bytes = bytes;
    return &sinks->stats;
}

int osm_sinks_may_change(struct osm_sinks *sinks, char **error)
{
    const struct osm_sinks_stats *stats = osm_sinks_stats(sinks);
    const struct slot *oldest = sinks->behind ? sinks->behind : sinks->leaving;

    if (stats->leaving < OSM_SINKS_LEAVING && stats->leaving_bytes < OSM_SINKS_LEAVING_BYTES)
        return 0;
    sinks->stats.refused++;
    *error = osm_printf("%zu event sinks of earlier settings have not ended, the oldest is %s, and "
                        "hold %zu bytes: no more is replaced until one has. Look what they hang "
                        "in (a disk, a name server, a program), or restart the daemon",
                        (size_t)stats->leaving, oldest->sink->name, (size_t)stats->leaving_bytes);
    return -EBUSY;
}

int osm_sinks_change(struct osm_sinks **sinks, const struct osm_sinks_config *config,
                     const struct osm_loop *loop, uv_loop_t *uv, struct osm_bus *bus, char **error)
{
    int result = 0;

    osm_assert(!config->spool && (!*sinks || !(*sinks)->spool));
    if (!*sinks && !osm_sinks_wanted(config))
        return 0;
    if (!*sinks)
        return osm_sinks_new(config, loop, uv, bus, sinks, error);
    for (size_t i = 0; i < OSM_ARRAY_SIZE(kinds); i++) {
        _cleanup_(osm_freep) char *mistake = NULL;
        int r = change_kind(*sinks, &kinds[i], config, &mistake);

        if (r < 0 && result == 0)
            *error = osm_steal(mistake);
        result = result < 0 ? result : r;
    }
    return result;
}

/* --- running --------------------------------------------------------------------------------- */

void osm_sinks_reopen(struct osm_sinks *sinks)
{
    struct slot *slot;

    DL_FOREACH (sinks->slots, slot)
        if (slot->sink->ops->reopen && !slot->sink->stopping)
            slot->sink->ops->reopen(slot->sink);
}

const struct osm_sink_status *osm_sinks_look(void *context, size_t n)
{
    struct osm_sinks *sinks = context;
    const struct slot *slot;

    DL_FOREACH (sinks->slots, slot)
        if (n-- == 0)
            return osm_sink_look(slot->sink);
    return n == 0 && sinks->spool ? osm_spool_look(sinks->spool) : NULL;
}
