/* SPDX-License-Identifier: MIT */
/* See event_tell.h. */
#include "app/daemon/event_tell.h"

#include <stdlib.h>
#include <string.h>

#include "util/alloc.h"
#include "util/buf.h"

/* In one turn; callers of the daemon have their turn, too. */
#define SHARE 256
#define SHARE_BYTES ((size_t)256 * 1024)

/* A large event on its way to one text. */
struct osm_event_text {
    struct osm_event_tell *tell; /* NULL = it is not wanted any more */
    const char *name;
    struct osm_rope members; /* kept: its small text, and … */
    char *small;
    struct osm_rope_piece pieces[OSM_EVENT_PIECES]; /* … held */
    struct osm_buf text;
};

static void add_text(const struct osm_rope *members, struct osm_buf *text)
{
    (void)osm_buf_reserve(text, osm_rope_length(members) + 3);
    osm_buf_add_byte(text, '{');
    osm_rope_add_to(members, text);
    osm_buf_add_byte(text, '}');
}

/* --- large ones ---------------------------------------------------------------------------- */

/* On another thread. */
static void put_together(void *context)
{
    struct osm_event_text *large = context;

    add_text(&large->members, &large->text);
    (void)osm_buf_text(&large->text);
}

static void is_together(void *context)
{
    struct osm_event_text *large = context;
    struct osm_event_tell *tell = large->tell;

    if (tell) {
        tell->at_work = NULL;
        tell->tell(tell->context, large->name, osm_buf_text(&large->text), large->text.length);
        osm_bus_ask(&tell->reader);
    }
    osm_rope_leave(large->pieces, large->members.count);
    osm_buf_deinit(&large->text);
    free(large->small);
    free(large);
}

static void begin_large(struct osm_event_tell *tell, const struct osm_event *event)
{
    struct osm_event_text *large = osm_alloc(sizeof(*large));
    const struct osm_rope *members = &event->members;

    *large = (struct osm_event_text){.tell = tell,
                                     .name = osm_event_name(event->type),
                                     .members = *members,
                                     .small = osm_alloc(members->text_length)};
    memcpy(large->small, members->text, members->text_length);
    osm_rope_hold(members, large->pieces);
    large->members.text = large->small;
    large->members.pieces = large->pieces;
    tell->at_work = large;
    tell->loop->ops->work(tell->loop->context, put_together, is_together, large);
}

/* --- in turn ------------------------------------------------------------------------------- */

static void tell_gap(struct osm_event_tell *tell, const struct osm_bus_gap *gap)
{
    _cleanup_(osm_buf_deinit) struct osm_buf text = {0};

    osm_buf_printf(&text, "{\"event\":\"StreamGap\",\"from\":%llu,\"to\":%llu,\"dropped\":",
                   (unsigned long long)gap->from, (unsigned long long)gap->to);
    if (gap->dropped == OSM_BUS_UNKNOWN)
        osm_buf_add_text(&text, "null}");
    else
        osm_buf_printf(&text, "%llu}", (unsigned long long)gap->dropped);
    tell->tell(tell->context, "StreamGap", osm_buf_text(&text), text.length);
}

/* How long it was; 0 = there is nothing to be told now. */
static size_t tell_next(struct osm_event_tell *tell)
{
    _cleanup_(osm_buf_deinit) struct osm_buf text = {0};
    const struct osm_event *event;
    struct osm_bus_gap gap;

    if (osm_bus_take_gap(&tell->reader, &gap)) {
        tell_gap(tell, &gap);
        return 1;
    }
    event = osm_bus_next(&tell->reader, &gap);
    if (!event)
        return 0;
    if (event->members.count) {
        begin_large(tell, event);
        return 0;
    }
    add_text(&event->members, &text);
    tell->tell(tell->context, osm_event_name(event->type), osm_buf_text(&text), text.length);
    return text.length;
}

static void on_news(struct osm_bus_reader *reader)
{
    struct osm_event_tell *tell = osm_container_of(reader, struct osm_event_tell, reader);
    size_t told = 0, length;

    if (tell->at_work)
        return; /* it asks when it is told */
    for (int i = 0; i < SHARE && told < SHARE_BYTES; i++) {
        length = tell_next(tell);
        if (!length)
            return;
        told += length;
    }
    osm_bus_ask(reader);
}

void osm_event_tell_begin(struct osm_event_tell *tell, const struct osm_loop *loop,
                          struct osm_bus *bus, osm_event_tell_fn *fn, void *context)
{
    *tell = (struct osm_event_tell){.reader = {.types = OSM_EVENT_ALL, .news = on_news},
                                    .loop = loop,
                                    .tell = fn,
                                    .context = context};
    osm_bus_attach(bus, &tell->reader, OSM_BUS_FROM_NOW);
}

void osm_event_tell_end(struct osm_event_tell *tell)
{
    if (!tell->tell)
        return;
    if (tell->at_work)
        osm_steal(tell->at_work)->tell = NULL;
    osm_bus_detach(&tell->reader);
}
