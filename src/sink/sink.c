/* SPDX-License-Identifier: MIT */
/* The window and the counters of a sink; see sink_internal.h. */
#include "sink/sink_internal.h"

#include <stdarg.h>
#include <string.h>

#include "util/alloc.h"
#include "util/backoff.h"
#include "util/log.h"

/* Room is announced from when this part of the window is free. */
#define OSM_SINK_REFILL 2

void osm_sink_init(struct osm_sink *sink, const struct osm_sink_ops *ops, const char *name,
                   const struct osm_loop *loop)
{
    *sink = (struct osm_sink){.ops = ops, .name = name, .loop = loop};
    sink->status.name = name;
    sink->status.working = true;
}

static void free_record(struct osm_sink_record *record)
{
    osm_rope_leave(record->pieces, record->line.count);
    free(record);
}

void osm_sink_deinit(struct osm_sink *sink)
{
    struct osm_sink_record *record = sink->head;

    while (record) {
        struct osm_sink_record *next = record->next;

        free_record(record);
        record = next;
    }
    sink->head = sink->tail = sink->unsent = NULL;
    sink->count = 0;
    sink->bytes = 0;
}

/* --- the window ---------------------------------------------------------------------------- */

bool osm_sink_has_room(const struct osm_sink *sink)
{
    return !sink->stopping && sink->count < OSM_SINK_WINDOW && sink->bytes < OSM_SINK_WINDOW_BYTES;
}

void osm_sink_push(struct osm_sink *sink, uint64_t cursor, const struct osm_rope *line)
{
    size_t pieces = line->count * sizeof(*line->pieces);
    struct osm_sink_record *record = osm_alloc(sizeof(*record) + pieces + line->text_length + 1);
    char *text = (char *)record->pieces + pieces;

    osm_assert(cursor > sink->pulled && line->text_length > 0);
    *record = (struct osm_sink_record){.cursor = cursor,
                                       .since = osm_clock_wall(sink->loop->clock),
                                       .length = osm_rope_length(line) + 1};
    memcpy(text, line->text, line->text_length);
    text[line->text_length] = '\n';
    osm_rope_hold(line, record->pieces);
    record->line = (struct osm_rope){text, line->text_length + 1, record->pieces, line->count};
    if (sink->tail)
        sink->tail->next = record;
    else
        sink->head = record;
    sink->tail = record;
    if (!sink->unsent)
        sink->unsent = record;
    sink->count++;
    sink->bytes += record->length;
    sink->pulled = cursor;
}

void osm_sink_wake(struct osm_sink *sink)
{
    if (!sink->stopping)
        sink->ops->wake(sink);
}

struct osm_sink_record *osm_sink_next(struct osm_sink *sink)
{
    struct osm_sink_record *record = sink->unsent;

    /* After a rewind late confirmations may have come for some. */
    while (record && record->confirmed)
        record = record->next;
    sink->unsent = record ? record->next : NULL;
    return record;
}

void osm_sink_unsend(struct osm_sink *sink, struct osm_sink_record *record)
{
    osm_assert(!record->confirmed);
    sink->unsent = record;
}

static bool is_low(const struct osm_sink *sink)
{
    return sink->count <= OSM_SINK_WINDOW / OSM_SINK_REFILL &&
           sink->bytes <= OSM_SINK_WINDOW_BYTES / OSM_SINK_REFILL;
}

/* Forgets what is confirmed at the head. */
static void settle(struct osm_sink *sink)
{
    bool moved = false;

    while (sink->head && sink->head->confirmed) {
        struct osm_sink_record *record = sink->head;

        sink->head = record->next;
        if (!sink->head)
            sink->tail = NULL;
        if (sink->unsent == record)
            sink->unsent = record->next;
        sink->position = record->cursor;
        sink->count--;
        sink->bytes -= record->length;
        free_record(record);
        moved = true;
    }
    if (!moved || !sink->feed)
        return;
    sink->feed->moved(sink->feed, sink);
    if (!sink->stopping && is_low(sink))
        sink->feed->feed(sink->feed, sink);
}

static void mark(struct osm_sink *sink, struct osm_sink_record *record, uint64_t *counter)
{
    if (record->confirmed)
        return;
    record->confirmed = true;
    (*counter)++;
}

void osm_sink_confirm(struct osm_sink *sink, struct osm_sink_record *record)
{
    mark(sink, record, &sink->status.delivered);
    settle(sink);
}

void osm_sink_confirm_up_to(struct osm_sink *sink, uint64_t cursor)
{
    struct osm_sink_record *record;

    for (record = sink->head; record && record->cursor <= cursor; record = record->next) {
        if (record == sink->unsent)
            break; /* nobody can have seen what was not sent */
        mark(sink, record, &sink->status.delivered);
    }
    settle(sink);
}

void osm_sink_refuse(struct osm_sink *sink, struct osm_sink_record *record)
{
    mark(sink, record, &sink->status.dropped);
    settle(sink);
}

void osm_sink_rewind(struct osm_sink *sink)
{
    for (struct osm_sink_record *record = sink->head; record; record = record->next)
        record->tag = 0;
    sink->unsent = sink->head;
}

/* --- troubles ------------------------------------------------------------------------------ */

static const struct osm_backoff pauses = {OSM_SINK_PAUSE, OSM_SINK_PAUSE_MAX};

osm_msec osm_sink_failed(struct osm_sink *sink, const char *format, ...)
{
    char text[sizeof(sink->status.last_error)];
    bool is_news;
    va_list args;
    osm_msec pause;

    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    is_news = sink->status.working || strcmp(text, sink->status.last_error) != 0;
    sink->status.working = false;
    sink->status.retries++;
    sink->status.last_error_at = osm_clock_wall(sink->loop->clock);
    memcpy(sink->status.last_error, text, sizeof(text));
    pause = osm_backoff_longest(&pauses, ++sink->attempts);
    if (is_news)
        osm_log_warning("Event sink %s: %s; trying again, events wait", sink->name, text);
    return pause;
}

void osm_sink_works(struct osm_sink *sink)
{
    if (!sink->status.working)
        osm_log_info("Event sink %s works again after %u attempts", sink->name, sink->attempts);
    sink->status.working = true;
    sink->attempts = 0;
}

void osm_sink_stopped(struct osm_sink *sink)
{
    osm_assert(sink->stopping);
    sink->feed->stopped(sink->feed, sink);
}

const struct osm_sink_status *osm_sink_look(struct osm_sink *sink)
{
    sink->status.waiting = sink->count;
    sink->status.most_waiting = OSM_SINK_WINDOW;
    sink->status.bytes = sink->bytes;
    sink->status.most_bytes = OSM_SINK_WINDOW_BYTES;
    sink->status.oldest_at = sink->head ? sink->head->since : 0;
    sink->status.position = sink->position;
    return &sink->status;
}
