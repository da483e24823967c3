/* SPDX-License-Identifier: MIT */
/* See event_tell.h. */
#include "app/daemon/event_tell.h"

#include "util/alloc.h"
#include "util/buf.h"

/* In one turn; callers of the daemon have their turn, too. */
#define SHARE 256

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

static bool tell_next(struct osm_event_tell *tell)
{
    _cleanup_(osm_buf_deinit) struct osm_buf text = {0};
    const struct osm_event *event;
    struct osm_bus_gap gap;

    if (osm_bus_take_gap(&tell->reader, &gap)) {
        tell_gap(tell, &gap);
        return true;
    }
    event = osm_bus_next(&tell->reader, &gap);
    if (!event)
        return false;
    osm_buf_add_byte(&text, '{');
    osm_rope_add_to(&event->members, &text);
    osm_buf_add_byte(&text, '}');
    tell->tell(tell->context, osm_event_name(event->type), osm_buf_text(&text), text.length);
    return true;
}

static void on_news(struct osm_bus_reader *reader)
{
    struct osm_event_tell *tell = osm_container_of(reader, struct osm_event_tell, reader);

    for (int i = 0; i < SHARE; i++) {
        if (!tell_next(tell))
            return;
    }
    osm_bus_ask(reader);
}

void osm_event_tell_begin(struct osm_event_tell *tell, struct osm_bus *bus, osm_event_tell_fn *fn,
                          void *context)
{
    *tell = (struct osm_event_tell){
        .reader = {.types = OSM_EVENT_ALL, .news = on_news}, .tell = fn, .context = context};
    osm_bus_attach(bus, &tell->reader, OSM_BUS_FROM_NOW);
}

void osm_event_tell_end(struct osm_event_tell *tell)
{
    if (tell->tell)
        osm_bus_detach(&tell->reader);
}
