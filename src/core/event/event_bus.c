/* SPDX-License-Identifier: MIT */
/* Events on their way from sessions to readers; see event_bus.h. */
#include "core/event/event_bus.h"

#include <utlist.h>

#include "core/event/event_ring.h"
#include "core/session/session.h"
#include "util/alloc.h"
#include "wire/value/styles.h"

/* What an unusually large event may leave behind in the buffer events are written in. */
#define KEEP_BYTES ((size_t)64 * 1024)

struct osm_bus {
    struct osm_loop loop;
    struct osm_event_ring ring;
    uint64_t start;          /* cursor of the first event of this life */
    osm_event_types wanted;  /* by readers of all sessions */
    osm_event_types arrived; /* since the last look at the readers */

    struct osm_bus_reader *readers;
    struct osm_bus_reader *next; /* to be looked at, while the timer walks over them */
    struct osm_bus_watcher *watchers, *next_watcher;
    uint64_t reader_count, gaps;
    uint64_t safe_told;
    struct osm_timer *timer;
    bool woken; /* the timer runs */

    /* The event being written. */
    bool writing;
    struct osm_event head; /* of it: type, time, and whose it is */
    struct osm_buf text;
    struct osm_rope_piece pieces[OSM_EVENT_PIECES];
    struct osm_json json;
    struct osm_wire_context context;

    uint64_t written;
    struct osm_prepared_events *prepared; /* of messages that are still to be told */
};

static void on_turn(void *context);

/* --- life ---------------------------------------------------------------------------------- */

struct osm_bus *osm_bus_new(const struct osm_loop *loop, size_t events)
{
    struct osm_bus *bus = osm_alloc(sizeof(*bus));
    size_t most = events ? events : OSM_BUS_EVENTS;

    bus->loop = *loop;
    bus->start = (uint64_t)(osm_clock_wall(loop->clock) * 1e6);
    osm_event_ring_init(&bus->ring, most, most * OSM_BUS_EVENT_BYTES, bus->start);
    bus->safe_told = osm_bus_last(bus);
    bus->timer = osm_loop_timer(loop, on_turn, bus);
    osm_buf_init(&bus->text);
    return bus;
}

struct osm_bus *osm_bus_free(struct osm_bus *bus)
{
    if (!bus)
        return NULL;
    while (bus->readers)
        osm_bus_detach(bus->readers);
    osm_assert(!bus->prepared);
    osm_event_ring_clear(&bus->ring);
    osm_buf_deinit(&bus->text);
    bus->loop.ops->timer_free(bus->timer);
    free(bus);
    return NULL;
}

void osm_bus_start_behind(struct osm_bus *bus, uint64_t cursor)
{
    osm_assert(!bus->ring.count && !bus->readers);
    if (cursor < bus->ring.first)
        return;
    bus->start = bus->ring.first = cursor + 1;
    bus->safe_told = osm_bus_last(bus);
}

static void wake(struct osm_bus *bus)
{
    if (bus->woken)
        return;
    bus->woken = true;
    bus->loop.ops->timer_start(bus->timer, 0);
}

/* --- emitting ------------------------------------------------------------------------------ */

bool osm_bus_wants_any(const struct osm_session *session, osm_event_types types)
{
    const struct osm_event_origin *origin = osm_session_origin(session);
    osm_event_types wanted = osm_session_bus(session)->wanted;

    if (origin)
        wanted |= origin->wanted;
    return (wanted & types) != 0;
}

bool osm_bus_wants(const struct osm_session *session, enum osm_event_type type)
{
    return osm_bus_wants_any(session, OSM_EVENT_BIT(type));
}

static struct osm_event_origin *origin_of(struct osm_session *session)
{
    struct osm_event_origin *origin = osm_session_origin(session);

    if (!origin) {
        origin = osm_event_origin_new(osm_session_id(session), osm_session_endpoint_url(session));
        osm_session_set_origin(session, origin);
    }
    return origin;
}

struct osm_json *osm_event_begin(struct osm_session *session, enum osm_event_type type)
{
    struct osm_bus *bus = osm_session_bus(session);
    const struct osm_event_origin *origin = origin_of(session);

    osm_assert(!bus->writing);
    bus->writing = true;
    bus->head = (struct osm_event){.type = type, .time = osm_clock_wall(bus->loop.clock)};
    osm_buf_reset(&bus->text, KEEP_BYTES);
    osm_json_init(&bus->json, &bus->text);
    osm_json_key(&bus->json, "event");
    osm_json_cstring(&bus->json, osm_event_name(type));
    osm_json_key(&bus->json, "cursor");
    osm_json_uint(&bus->json, osm_bus_last(bus) + 1);
    osm_json_key(&bus->json, "time");
    osm_json_time(&bus->json, bus->head.time);
    osm_json_raw(&bus->json, origin->members, origin->members_length);
    bus->head.fields = bus->text.length;
    return &bus->json;
}

void osm_event_of_item(struct osm_session *session, uint32_t subscription, uint32_t item)
{
    struct osm_bus *bus = osm_session_bus(session);

    osm_assert(bus->writing);
    bus->head.subscription = subscription;
    bus->head.item = item;
}

struct osm_encoder osm_event_encoder(struct osm_session *session)
{
    struct osm_bus *bus = osm_session_bus(session);

    osm_assert(bus->writing);
    bus->context = osm_session_wire_context(session);
    return osm_encoder_make(&bus->json, &bus->context, &osm_plain_style);
}

void osm_event_add_shared(struct osm_session *session, struct osm_shared_text *text)
{
    struct osm_bus *bus = osm_session_bus(session);

    osm_assert(bus->writing);
    if (bus->head.members.count == OSM_EVENT_PIECES) {
        osm_json_raw(&bus->json, text->bytes.data, text->bytes.length);
        return;
    }
    osm_json_raw(&bus->json, "", 0);
    bus->pieces[bus->head.members.count++] = (struct osm_rope_piece){bus->text.length, text};
}

void osm_event_end(struct osm_session *session)
{
    struct osm_bus *bus = osm_session_bus(session);

    osm_assert(bus->writing && bus->json.depth == 0);
    bus->writing = false;
    bus->written += bus->text.length;
    bus->head.fields += bus->text.length > bus->head.fields; /* behind the comma */
    bus->head.members.text = bus->text.data;
    bus->head.members.text_length = bus->text.length;
    bus->head.members.pieces = bus->pieces;
    osm_event_ring_add(&bus->ring, osm_session_origin(session), &bus->head);
    bus->arrived |= OSM_EVENT_BIT(bus->head.type);
    wake(bus);
}

/* --- where readers stand ------------------------------------------------------------------- */

static bool matches(const struct osm_bus_reader *reader, const struct osm_bus_entry *entry)
{
    return (reader->types & OSM_EVENT_BIT(entry->event.type)) &&
           (!reader->origin || reader->origin == entry->origin);
}

static uint64_t sum(osm_event_types types, const uint64_t *counts)
{
    uint64_t total = 0;

    for (size_t i = 0; i < OSM_EVENT_COUNT_; i++)
        if (types & OSM_EVENT_BIT(i))
            total += counts[i];
    return total;
}

/* Matching events that have left the ring. */
static uint64_t evicted(const struct osm_bus_reader *reader)
{
    return sum(reader->types, reader->origin ? reader->origin->evicted : reader->bus->ring.evicted);
}

static uint64_t emitted(const struct osm_bus_reader *reader)
{
    return sum(reader->types, reader->origin ? reader->origin->emitted : reader->bus->ring.emitted);
}

static bool has_fallen_back(const struct osm_bus_reader *reader)
{
    return reader->cursor + 1 < reader->bus->ring.first;
}

static bool has_gap(const struct osm_bus_reader *reader)
{
    return reader->of_earlier_life || (has_fallen_back(reader) && evicted(reader) > reader->passed);
}

/* Stands right before the next event that matches, or at the newest one. */
static void move_on(struct osm_bus_reader *reader)
{
    const struct osm_event_ring *ring = &reader->bus->ring;
    uint64_t last = osm_event_ring_last(ring);

    reader->behind = true;
    if (has_gap(reader))
        return;
    if (has_fallen_back(reader))
        reader->cursor = ring->first - 1;
    while (reader->cursor < last && !matches(reader, osm_event_ring_at(ring, reader->cursor + 1)))
        reader->cursor++;
    reader->behind = reader->cursor < last;
}

/* --- the walk over the readers, once per turn ---------------------------------------------- */

static void tell_safe(struct osm_bus *bus)
{
    uint64_t safe = osm_bus_safe(bus);

    if (safe == bus->safe_told)
        return;
    bus->safe_told = safe;
    bus->next_watcher = bus->watchers;
    while (bus->next_watcher) {
        struct osm_bus_watcher *watcher = bus->next_watcher;

        bus->next_watcher = watcher->next;
        watcher->safe_moved(watcher);
    }
}

static bool has_news(struct osm_bus_reader *reader, osm_event_types arrived)
{
    bool asked = osm_steal(reader->asked), relevant = (reader->types & arrived) != 0;

    if (!reader->behind && !relevant) {
        reader->cursor = osm_bus_last(reader->bus);
        return asked;
    }
    if (!reader->behind)
        move_on(reader);
    return asked || (reader->behind && relevant);
}

static void on_turn(void *context)
{
    struct osm_bus *bus = context;
    osm_event_types arrived = bus->arrived;

    bus->arrived = 0;
    bus->woken = false;
    bus->next = bus->readers;
    while (bus->next) {
        struct osm_bus_reader *reader = bus->next;

        bus->next = reader->next;
        if (has_news(reader, arrived))
            reader->news(reader);
    }
    tell_safe(bus);
}

/* --- reading ------------------------------------------------------------------------------- */

uint64_t osm_bus_last(const struct osm_bus *bus)
{
    return osm_event_ring_last(&bus->ring);
}

/* How many matching ones there were up to the cursor. Of events that have left the ring only
 * their number is known: as many as possible are taken for missed. */
static uint64_t passed_before(const struct osm_bus_reader *reader)
{
    const struct osm_bus *bus = reader->bus;
    uint64_t after = 0;

    if (has_fallen_back(reader))
        return evicted(reader) - OSM_MIN(evicted(reader), bus->ring.first - 1 - reader->cursor);
    for (uint64_t at = reader->cursor + 1; at <= osm_bus_last(bus); at++)
        after += matches(reader, osm_event_ring_at(&bus->ring, at));
    return emitted(reader) - after;
}

static uint64_t starting_point(const struct osm_bus *bus, uint64_t cursor)
{
    return cursor == OSM_BUS_FROM_START ? bus->start - 1 : OSM_MIN(cursor, osm_bus_last(bus));
}

void osm_bus_attach(struct osm_bus *bus, struct osm_bus_reader *reader, uint64_t cursor)
{
    osm_assert(!reader->bus && reader->news);
    reader->bus = bus;
    reader->origin = reader->session ? osm_event_origin_hold(origin_of(reader->session)) : NULL;
    if (reader->origin)
        reader->origin->wanted |= reader->types;
    else
        bus->wanted |= reader->types;
    reader->cursor = starting_point(bus, cursor);
    reader->of_earlier_life = reader->cursor + 1 < bus->start;
    reader->read = reader->confirmed = reader->cursor;
    reader->passed = reader->of_earlier_life ? 0 : passed_before(reader);
    reader->asked = false;
    move_on(reader);
    if (reader->behind)
        osm_bus_ask(reader);
    DL_APPEND(bus->readers, reader);
    bus->reader_count++;
}

void osm_bus_detach(struct osm_bus_reader *reader)
{
    struct osm_bus *bus = reader->bus;

    if (!bus)
        return;
    if (bus->next == reader)
        bus->next = reader->next;
    DL_DELETE(bus->readers, reader);
    bus->reader_count--;
    osm_event_origin_leave(osm_steal(reader->origin));
    reader->bus = NULL;
    if (reader->durable)
        wake(bus); /* what waited for it is safe now */
}

bool osm_bus_take_gap(struct osm_bus_reader *reader, struct osm_bus_gap *gap)
{
    const struct osm_event_ring *ring = &reader->bus->ring;

    *gap = (struct osm_bus_gap){0};
    if (!has_gap(reader))
        return false;
    gap->from = reader->cursor + 1;
    gap->to = ring->first - 1;
    gap->dropped = reader->of_earlier_life ? OSM_BUS_UNKNOWN : evicted(reader) - reader->passed;
    reader->of_earlier_life = false;
    reader->cursor = gap->to;
    reader->passed = evicted(reader);
    reader->bus->gaps++;
    move_on(reader);
    return true;
}

const struct osm_event *osm_bus_next(struct osm_bus_reader *reader, struct osm_bus_gap *gap)
{
    const struct osm_event *event;

    (void)osm_bus_take_gap(reader, gap);
    move_on(reader);
    if (!reader->behind)
        return NULL;
    event = &osm_event_ring_at(&reader->bus->ring, ++reader->cursor)->event;
    reader->read = reader->cursor;
    reader->passed++;
    move_on(reader);
    return event;
}

void osm_bus_ask(struct osm_bus_reader *reader)
{
    reader->asked = true;
    wake(reader->bus);
}

/* --- safety -------------------------------------------------------------------------------- */

void osm_bus_confirm(struct osm_bus_reader *reader, uint64_t cursor)
{
    osm_assert(reader->durable && cursor <= reader->cursor);
    if (cursor <= reader->confirmed)
        return;
    reader->confirmed = cursor;
    wake(reader->bus);
}

/* Whoever has confirmed all it was given has no interest in what it stands before. */
static uint64_t safe_with(const struct osm_bus_reader *reader)
{
    return reader->confirmed >= reader->read ? reader->cursor : reader->confirmed;
}

uint64_t osm_bus_safe(const struct osm_bus *bus)
{
    const struct osm_bus_reader *reader;
    uint64_t safe = osm_bus_last(bus);

    DL_FOREACH (bus->readers, reader)
        if (reader->durable)
            safe = OSM_MIN(safe, safe_with(reader));
    return safe;
}

void osm_bus_watch(struct osm_bus *bus, struct osm_bus_watcher *watcher)
{
    DL_APPEND(bus->watchers, watcher);
}

void osm_bus_unwatch(struct osm_bus *bus, struct osm_bus_watcher *watcher)
{
    if (bus->next_watcher == watcher)
        bus->next_watcher = watcher->next;
    DL_DELETE(bus->watchers, watcher);
}

uint64_t osm_bus_written(const struct osm_bus *bus)
{
    return bus->written;
}

struct osm_prepared_events **osm_bus_prepared(struct osm_bus *bus)
{
    return &bus->prepared;
}

struct osm_bus_stats osm_bus_stats(const struct osm_bus *bus)
{
    return (struct osm_bus_stats){.emitted = osm_bus_last(bus) + 1 - bus->start,
                                  .dropped = bus->ring.evicted_ever,
                                  .bytes = bus->ring.bytes,
                                  .readers = bus->reader_count,
                                  .gaps = bus->gaps};
}
