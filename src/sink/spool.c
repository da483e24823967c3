/* SPDX-License-Identifier: MIT */
/* The spool on the loop's side; see spool.h. */
#include "sink/spool.h"

#include <errno.h>
#include <string.h>

#include "sink/line.h"
#include "sink/sink_internal.h"
#include "sink/spool_db.h"
#include "util/alloc.h"
#include "util/log.h"

/* One round keeps at most so much. */
#define ROUND_EVENTS 8192
#define ROUND_BYTES ((size_t)8 << 20)
/* Confirmations are noted together: what is confirmed within this time is delivered again if the
 * daemon is killed. */
#define NOTE_DELAY ((osm_msec)100)

struct place {
    struct osm_sink *sink;
    bool behind; /* the file has events the window has not */
    bool loading;
    bool all_loaded;
    size_t room, room_bytes;
    struct osm_spool_lines loaded;
};

struct osm_spool {
    struct osm_sink self; /* for its counters and troubles only */
    char *path;
    uint64_t bytes;
    void (*idle)(void *context);
    void *context;
    const struct osm_loop *loop;
    struct osm_bus *bus;
    struct osm_bus_reader reader;
    struct osm_timer *timer;
    bool dirty;   /* positions have moved since they were noted */
    bool delayed; /* … and the timer will have them noted */
    bool pausing; /* after a failure */
    struct osm_buf line;

    /* The round; belongs to the other thread while busy, but for the sinks. */
    bool busy;
    struct osm_spool_db *db;
    struct osm_spool_lines saving;
    struct place places[OSM_SPOOL_SINKS];
    struct osm_spool_place noted[OSM_SPOOL_SINKS];
    size_t count;
    double now;
    int result, load_result;
    bool replaced; /* the file was damaged */
    uint64_t last; /* newest cursor that is safe */
};

/* --- the round, off the loop ----------------------------------------------------------------- */

/* A damaged file is replaced by a new one; what was in it is lost, and sinks are told. */
static void replace_file(struct osm_spool *spool)
{
    struct osm_spool_place places[OSM_SPOOL_SINKS];
    _cleanup_(osm_freep) char *error = NULL;
    struct osm_spool_db *db;
    int r;

    memcpy(places, spool->noted, sizeof(places));
    spool->db = osm_spool_db_free(spool->db);
    r = osm_spool_db_renew(spool->path, spool->bytes, &db, &error);
    if (r == 0)
        r = osm_spool_db_enlist(db, places, spool->count);
    if (r < 0)
        osm_log_error("Event spool %s cannot be replaced: %s", spool->path,
                      error ? error : osm_spool_db_error(db));
    spool->db = db;
    spool->replaced = true;
}

static void load(struct osm_spool *spool, struct place *place, const struct osm_spool_place *noted)
{
    int r = osm_spool_db_load(spool->db, noted->name, noted->pulled, place->room, place->room_bytes,
                              &place->loaded);

    if (r < 0)
        spool->load_result = r;
    place->all_loaded =
        r == 0 && place->loaded.count < place->room && place->loaded.bytes < place->room_bytes;
}

static void run_round(void *context)
{
    struct osm_spool *spool = context;

    spool->load_result = 0;
    spool->replaced = false;
    if (!spool->db) { /* could not be replaced the last time */
        replace_file(spool);
        spool->result = -EIO;
        return;
    }
    spool->result =
        osm_spool_db_save(spool->db, &spool->saving, spool->noted, spool->count, spool->now);
    for (size_t i = 0; i < spool->count; i++) {
        if (spool->places[i].loading)
            load(spool, &spool->places[i], &spool->noted[i]);
    }
    if ((spool->result < 0 || spool->load_result < 0) && osm_spool_db_is_damaged(spool->db)) {
        replace_file(spool);
        spool->result = -EIO;
    }
}

/* --- what a round is about ------------------------------------------------------------------- */

static void take_gap(struct osm_spool *spool, const struct osm_bus_gap *gap)
{
    const struct osm_lost_events lost = {
        .from = gap->from,
        .to = gap->to,
        .dropped = gap->dropped,
        .time = spool->now,
        .reason = "more events came than the spool could take (--event-buffer)",
    };
    struct osm_rope line;

    osm_log_warning("Event spool %s has lost %llu events: more came than it could take",
                    spool->path, (unsigned long long)gap->dropped);
    spool->self.status.dropped += gap->dropped;
    osm_line_of_lost(&spool->line, &lost);
    line = osm_rope_of(spool->line.data, spool->line.length);
    osm_spool_lines_add(&spool->saving, gap->to, gap->dropped, &line);
}

/* Reads the bus. Lines of a round that failed are still there and go first. */
static void take_events(struct osm_spool *spool)
{
    struct osm_rope_piece pieces[OSM_EVENT_PIECES];

    while (spool->reader.bus && spool->saving.count < ROUND_EVENTS &&
           spool->saving.bytes < ROUND_BYTES) {
        const struct osm_event *event;
        struct osm_bus_gap gap;
        struct osm_rope line;

        if (osm_bus_take_gap(&spool->reader, &gap)) {
            take_gap(spool, &gap);
            continue;
        }
        event = osm_bus_next(&spool->reader, &gap);
        if (!event)
            return;
        line = osm_line_of_event(&spool->line, pieces, event);
        osm_spool_lines_add(&spool->saving, event->cursor, 0, &line);
    }
}

/* True when there is something to load. */
static bool plan_load(struct place *place, struct osm_spool_place *noted)
{
    struct osm_sink *sink = place->sink;

    *noted = (struct osm_spool_place){sink->name, sink->position, sink->pulled};
    place->loading = place->behind && osm_sink_has_room(sink);
    if (!place->loading)
        return false;
    place->room = OSM_SINK_WINDOW - sink->count;
    place->room_bytes = OSM_SINK_WINDOW_BYTES - sink->bytes;
    return true;
}

static void round_done(void *context);

static void start_round(struct osm_spool *spool, bool note)
{
    bool needed;

    if (spool->busy || spool->pausing)
        return;
    spool->now = osm_clock_wall(spool->loop->clock);
    take_events(spool);
    needed = spool->saving.count > 0 || (note && spool->dirty) || !spool->db;
    for (size_t i = 0; i < spool->count; i++)
        needed = plan_load(&spool->places[i], &spool->noted[i]) || needed;
    if (!needed)
        return;
    spool->busy = true;
    spool->dirty = false;
    spool->loop->ops->work(spool->loop->context, run_round, round_done, spool);
}

/* --- what came of it ------------------------------------------------------------------------- */

static void push(struct osm_sink *sink, const struct osm_spool_lines *lines, size_t i)
{
    const struct osm_rope line = osm_spool_line_rope(lines, i);

    sink->status.dropped += lines->lines[i].lost;
    osm_sink_push(sink, lines->lines[i].cursor, &line);
}

/* Saved lines go to a sink that had all before them, unless some had no room in the file: then it
 * gets from there what is left, and is told. */
static void pass_on(struct osm_spool *spool, struct place *place)
{
    if (osm_spool_db_stats(spool->db).trimmed > place->sink->pulled)
        place->behind = true;
    for (size_t i = 0; i < spool->saving.count; i++) {
        if (place->behind || !osm_sink_has_room(place->sink)) {
            place->behind = true;
            return;
        }
        push(place->sink, &spool->saving, i);
    }
}

static void take_loaded(struct place *place)
{
    for (size_t i = 0; i < place->loaded.count; i++)
        push(place->sink, &place->loaded, i);
    if (place->all_loaded)
        place->behind = false;
    osm_spool_lines_clear(&place->loaded);
    place->loading = false;
}

/* The file is new: what a sink had not been handed is gone, nobody knows how much. */
static void tell_replaced(struct osm_spool *spool, struct place *place)
{
    const struct osm_lost_events lost = {
        .from = place->sink->pulled + 1,
        .to = spool->last,
        .dropped = UINT64_MAX,
        .time = spool->now,
        .reason = "the spool was damaged",
    };
    struct osm_rope line;

    if (!place->behind || spool->last <= place->sink->pulled)
        return;
    osm_line_of_lost(&spool->line, &lost);
    line = osm_rope_of(spool->line.data, spool->line.length);
    osm_sink_push(place->sink, lost.to, &line);
    place->behind = false;
}

static void saved(struct osm_spool *spool)
{
    osm_sink_works(&spool->self);
    if (!spool->saving.count)
        return;
    for (size_t i = 0; i < spool->count; i++)
        if (!spool->places[i].loading)
            pass_on(spool, &spool->places[i]);
    spool->self.status.delivered += spool->saving.count;
    spool->last = spool->saving.lines[spool->saving.count - 1].cursor;
    if (spool->reader.bus)
        osm_bus_confirm(&spool->reader, spool->last);
}

static void pause_rounds(struct osm_spool *spool)
{
    spool->pausing = true;
    spool->delayed = false;
    spool->dirty = true;
    spool->loop->ops->timer_start(
        spool->timer,
        osm_sink_failed(&spool->self, "%s: %s", spool->path,
                        spool->db ? osm_spool_db_error(spool->db) : "cannot be opened"));
}

/* Another thread may write the counters of the file while a round runs: they are taken over between
 * rounds, before a sink is handed what the round has saved. */
static void count_waiting(struct osm_spool *spool)
{
    struct osm_spool_stats stats;

    if (!spool->db)
        return;
    stats = osm_spool_db_stats(spool->db);
    spool->self.status.waiting = stats.events;
    spool->self.status.bytes = stats.bytes;
    spool->self.status.most_bytes = spool->bytes;
    spool->self.status.oldest_at = (double)stats.oldest;
}

static void round_done(void *context)
{
    struct osm_spool *spool = context;

    spool->busy = false;
    count_waiting(spool);
    if (spool->result == 0)
        saved(spool);
    for (size_t i = 0; i < spool->count; i++) {
        if (spool->places[i].loading)
            take_loaded(&spool->places[i]);
        if (spool->replaced)
            tell_replaced(spool, &spool->places[i]);
    }
    if (spool->result == 0)
        osm_spool_lines_clear(&spool->saving);
    if (spool->result < 0 || spool->load_result < 0)
        pause_rounds(spool);
    for (size_t i = 0; i < spool->count; i++)
        osm_sink_wake(spool->places[i].sink);
    start_round(spool, false);
    if (osm_spool_is_idle(spool) && spool->idle)
        spool->idle(spool->context);
}

/* --- what starts it -------------------------------------------------------------------------- */

static void on_timer(void *context)
{
    struct osm_spool *spool = context;

    spool->pausing = spool->delayed = false;
    start_round(spool, true);
}

static void on_news(struct osm_bus_reader *reader)
{
    start_round(osm_container_of(reader, struct osm_spool, reader), false);
}

void osm_spool_feed(struct osm_spool *spool, struct osm_sink *sink)
{
    for (size_t i = 0; i < spool->count; i++)
        if (spool->places[i].sink == sink && spool->places[i].behind)
            start_round(spool, false);
}

void osm_spool_moved(struct osm_spool *spool)
{
    spool->dirty = true;
    if (spool->delayed || spool->pausing)
        return;
    spool->delayed = true;
    spool->loop->ops->timer_start(spool->timer, NOTE_DELAY);
}

void osm_spool_flush(struct osm_spool *spool)
{
    start_round(spool, true);
}

bool osm_spool_is_idle(const struct osm_spool *spool)
{
    if (spool->busy)
        return false;
    return spool->pausing || (!spool->dirty && !spool->saving.count && !spool->reader.behind);
}

/* --- life ------------------------------------------------------------------------------------ */

void osm_spool_add(struct osm_spool *spool, struct osm_sink *sink)
{
    osm_assert(spool->count < OSM_SPOOL_SINKS);
    spool->noted[spool->count].name = sink->name;
    spool->places[spool->count++].sink = sink;
}

int osm_spool_start(struct osm_spool *spool, char **error)
{
    uint64_t waiting = osm_spool_db_stats(spool->db).events;
    int r = osm_spool_db_enlist(spool->db, spool->noted, spool->count);

    if (r < 0) {
        *error =
            osm_printf("Cannot use event spool %s: %s", spool->path, osm_spool_db_error(spool->db));
        return r;
    }
    spool->last = osm_spool_db_stats(spool->db).last;
    count_waiting(spool);
    for (size_t i = 0; i < spool->count; i++) {
        struct osm_sink *sink = spool->places[i].sink;

        sink->position = sink->pulled = spool->noted[i].position;
        spool->places[i].behind = sink->position < spool->last;
    }
    if (waiting)
        osm_log_info("Event spool %s holds %llu events from before", spool->path,
                     (unsigned long long)waiting);
    osm_bus_start_behind(spool->bus, spool->last);
    spool->reader.types = OSM_EVENT_ALL;
    spool->reader.durable = true;
    spool->reader.news = on_news;
    osm_bus_attach(spool->bus, &spool->reader, OSM_BUS_FROM_NOW);
    start_round(spool, false);
    return 0;
}

int osm_spool_new(const struct osm_spool_config *config, const struct osm_loop *loop,
                  struct osm_bus *bus, struct osm_spool **out, char **error)
{
    struct osm_spool_db *db;
    struct osm_spool *spool;
    int r = osm_spool_db_new(config->path, config->bytes, &db, error);

    if (r < 0)
        return r;
    spool = osm_alloc(sizeof(*spool));
    osm_sink_init(&spool->self, NULL, "spool", loop);
    spool->path = osm_strdup(config->path);
    spool->bytes = config->bytes;
    spool->idle = config->idle;
    spool->context = config->context;
    spool->loop = loop;
    spool->bus = bus;
    spool->db = db;
    spool->timer = osm_loop_timer(loop, on_timer, spool);
    *out = spool;
    return 0;
}

void osm_spool_detach(struct osm_spool *spool)
{
    osm_bus_detach(&spool->reader);
    spool->reader.bus = NULL;
    spool->reader.behind = false;
}

const struct osm_sink_status *osm_spool_look(struct osm_spool *spool)
{
    spool->self.status.position = spool->last;
    return &spool->self.status;
}

struct osm_spool *osm_spool_free(struct osm_spool *spool)
{
    if (!spool)
        return NULL;
    osm_assert(!spool->busy);
    osm_spool_detach(spool);
    spool->loop->ops->timer_free(spool->timer);
    spool->db = osm_spool_db_free(spool->db);
    for (size_t i = 0; i < OSM_SPOOL_SINKS; i++)
        osm_spool_lines_deinit(&spool->places[i].loaded);
    osm_spool_lines_deinit(&spool->saving);
    osm_sink_deinit(&spool->self);
    osm_buf_deinit(&spool->line);
    free(spool->path);
    free(spool);
    return NULL;
}
