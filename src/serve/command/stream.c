/* SPDX-License-Identifier: MIT */
/*
 * stream, credit, unstream (extensions.md §2): events as lines on a persistent connection. A
 * stream is a reader of the bus (core/event/event_bus.h) at one end and a user of the connection's
 * channel (serve/request/push.h) at the other; between them nothing is kept. It pulls as long as
 * the caller has given credits and the channel has room, so a slow caller falls behind in the ring,
 * where that costs nothing, and is told of the gap.
 *
 * A stream ends with `unstream` or with its connection. Several on one connection share its room.
 */
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "core/event/event_bus.h"
#include "core/subscription/publisher.h"
#include "serve/command/command_internal.h"
#include "serve/command/stream_items.h"
#include "serve/request/push.h"
#include "util/alloc.h"
#include "wire/text/cast.h"

#define STREAMS_PER_CONNECTION 32

struct stream {
    struct osm_push_user user;
    struct osm_bus_reader reader;
    char *head; /* `{"id":…,`, which every line begins with */
    size_t head_length;
    struct osm_stream_items items;
    struct osm_grant *grant; /* what its caller may know of; counted */
    bool for_own;            /* counted in grant->streams */
    bool limited;
    uint64_t credits; /* lines that may be sent, when limited */
};

/* --- lines --------------------------------------------------------------------------------- */

/* Streams of items say which of them it is. */
static void push(struct stream *stream, const struct osm_rope *body, uint32_t item)
{
    char end[40] = "}\n";
    size_t length =
        item ? (size_t)snprintf(end, sizeof(end), ",\"monitoredItemId\":%u}\n", item) : 2;
    struct osm_rope_part parts[OSM_ROPE_PARTS(OSM_EVENT_PIECES) + 2];
    size_t count = 0;

    parts[count++] = (struct osm_rope_part){.data = stream->head, .length = stream->head_length};
    count += osm_rope_parts(body, parts + count);
    parts[count++] = (struct osm_rope_part){.data = end, .length = length};
    stream->user.channel->ops->push(stream->user.channel, parts, count);
    if (stream->limited)
        stream->credits--;
}

static void push_gap(struct stream *stream, const struct osm_bus_gap *gap)
{
    struct osm_buf text;
    struct osm_rope body;

    osm_buf_init(&text);
    osm_buf_printf(&text, "\"event\":\"StreamGap\",\"from\":%llu,\"to\":%llu,\"dropped\":",
                   (unsigned long long)gap->from, (unsigned long long)gap->to);
    if (gap->dropped == OSM_BUS_UNKNOWN)
        osm_buf_add_text(&text, "null");
    else
        osm_buf_printf(&text, "%llu", (unsigned long long)gap->dropped);
    body = osm_rope_of(text.data, text.length);
    push(stream, &body, 0);
    osm_buf_deinit(&text);
}

/* The next line; its length, or 0 when there is none. */
static size_t push_next(struct stream *stream)
{
    const struct osm_event *event;
    struct osm_bus_gap gap;

    if (osm_bus_take_gap(&stream->reader, &gap)) {
        push_gap(stream, &gap);
        return 1;
    }
    event = osm_bus_next(&stream->reader, &gap);
    if (!event)
        return 0;
    if (!osm_grant_reaches(stream->grant, event->endpoint_url) ||
        !osm_stream_items_match(&stream->items, event))
        return 1;
    push(stream, &event->members, stream->items.keys ? event->item : 0);
    return event->length;
}

static bool may_push(const struct stream *stream)
{
    return !stream->limited || stream->credits > 0;
}

/* Its share of the channel per turn, so that no stream keeps the others of the connection out. */
static void on_news(struct osm_bus_reader *reader)
{
    struct stream *stream = osm_container_of(reader, struct stream, reader);
    struct osm_push *channel = stream->user.channel;
    size_t share = channel->ops->bytes / channel->user_count, pushed = 0, length;

    while (may_push(stream)) {
        if (!channel->ops->has_room(channel)) {
            channel->awaited = true;
            return;
        }
        if (pushed > share) {
            osm_bus_ask(reader);
            return;
        }
        length = push_next(stream);
        if (length == 0)
            return;
        pushed += length + stream->head_length;
    }
}

/* --- life ---------------------------------------------------------------------------------- */

static void on_room(struct osm_push_user *user)
{
    osm_bus_ask(&osm_container_of(user, struct stream, user)->reader);
}

static void on_gone(struct osm_push_user *user)
{
    struct stream *stream = osm_container_of(user, struct stream, user);

    osm_bus_detach(&stream->reader);
    if (stream->for_own)
        stream->grant->streams--;
    (void)osm_grant_unref(stream->grant);
    osm_stream_items_deinit(&stream->items);
    free(stream->head);
    free(stream);
}

static void write_head(struct osm_buf *text, yyjson_val *id)
{
    struct osm_json json;

    osm_json_init(&json, text);
    osm_json_object_begin(&json);
    osm_json_key(&json, "id");
    osm_json_value(&json, id);
    osm_buf_add_byte(text, ',');
}

/* Others than streams may use a connection's channel. */
static struct stream *stream_of(struct osm_push_user *user)
{
    return user->gone == on_gone ? osm_container_of(user, struct stream, user) : NULL;
}

static unsigned count_streams(const struct osm_push *channel)
{
    struct osm_push_user *user;
    unsigned count = 0;

    DL_FOREACH (channel->users, user)
        count += stream_of(user) != NULL;
    return count;
}

/* The stream of that id on the request's connection, or NULL. */
static struct stream *find(const struct osm_request *request, yyjson_val *id)
{
    struct osm_push_user *user;
    struct stream *found = NULL;
    struct osm_buf head;

    osm_buf_init(&head);
    write_head(&head, id);
    DL_FOREACH (request->channel->users, user) {
        struct stream *stream = stream_of(user);

        if (stream && stream->head_length == head.length &&
            memcmp(stream->head, head.data, head.length) == 0)
            found = stream;
    }
    osm_buf_deinit(&head);
    return found;
}

static struct stream *stream_new(const struct osm_request *request)
{
    struct stream *stream = osm_alloc(sizeof(*stream));
    struct osm_buf head;

    osm_buf_init(&head);
    write_head(&head, osm_request_get(request, OSM_REQUEST_id));
    stream->head = head.data;
    stream->head_length = head.length;
    stream->grant = osm_grant_ref(request->grant);
    stream->user.grant = stream->grant;
    stream->user.room = on_room;
    stream->user.gone = on_gone;
    stream->reader.news = on_news;
    return stream;
}

/* --- what the caller wants ----------------------------------------------------------------- */

struct wish {
    struct osm_session *session; /* NULL = all */
    osm_event_types types;
    uint64_t cursor;
    bool limited;
    uint64_t credits;
    struct osm_stream_items items;
    bool passive; /* it listens to what is published anyhow */
};

static bool refuse(struct osm_request *request, const char *what)
{
    osm_request_failf(request, OSM_FAULT_INVALID_ARGUMENT, "%s", what);
    return false;
}

static bool check_connection(struct osm_request *request)
{
    if (request->channel)
        return true;
    return refuse(request, "Streams need a persistent connection: give the request an \"id\" "
                           "(string or integer) and keep the connection open");
}

static bool take_session(struct osm_manager *manager, struct osm_request *request,
                         struct wish *wish)
{
    if (osm_is_null(osm_request_get(request, OSM_REQUEST_sessionId)))
        return true;
    wish->session = osm_command_session(manager, request);
    return wish->session != NULL;
}

static bool take_event(struct osm_request *request, yyjson_val *value, struct wish *wish)
{
    enum osm_event_type type;

    if (!yyjson_is_str(value))
        return refuse(request, "events must be a list of event names");
    if (!osm_event_find(yyjson_get_str(value), yyjson_get_len(value), &type)) {
        osm_request_fail_naming(request, OSM_FAULT_INVALID_ARGUMENT,
                                "Unknown event: ", yyjson_get_str(value), yyjson_get_len(value));
        return false;
    }
    wish->types |= OSM_EVENT_BIT(type);
    return true;
}

static bool take_events(struct osm_request *request, struct wish *wish)
{
    yyjson_val *list = osm_request_get(request, OSM_REQUEST_events), *value;
    yyjson_arr_iter iter;

    if (osm_is_null(list)) {
        wish->types = OSM_EVENT_ALL;
        return true;
    }
    if (!yyjson_is_arr(list) || yyjson_arr_size(list) == 0)
        return refuse(request, "events must be a list of event names; without it all are sent");
    iter = yyjson_arr_iter_with(list);
    while ((value = yyjson_arr_iter_next(&iter)))
        if (!take_event(request, value, wish))
            return false;
    return true;
}

/* A whole number that is not negative. */
static bool take_number(struct osm_request *request, enum osm_request_member member,
                        uint64_t *number)
{
    yyjson_val *value = osm_request_get(request, member);

    if (yyjson_is_uint(value)) {
        *number = yyjson_get_uint(value);
        return true;
    }
    osm_request_failf(request, OSM_FAULT_INVALID_ARGUMENT,
                      "%s must be a whole number of at least 0", osm_request_member_name(member));
    return false;
}

static bool take_cursor(struct osm_request *request, struct wish *wish)
{
    wish->cursor = OSM_BUS_FROM_NOW;
    return osm_is_null(osm_request_get(request, OSM_REQUEST_cursor)) ||
           take_number(request, OSM_REQUEST_cursor, &wish->cursor);
}

static bool take_credits(struct osm_request *request, struct wish *wish)
{
    wish->limited = !osm_is_null(osm_request_get(request, OSM_REQUEST_credits));
    return !wish->limited || take_number(request, OSM_REQUEST_credits, &wish->credits);
}

/* Subscriptions are a session's: without one their ids mean nothing. */
static bool take_items(struct osm_request *request, struct wish *wish)
{
    yyjson_val *list = osm_request_get(request, OSM_REQUEST_items);
    const char *wrong;

    if (osm_is_null(list))
        return true;
    if (!wish->session)
        return refuse(request, "items belong to a session: name it by sessionId");
    wrong = osm_stream_items_read(&wish->items, list);
    return !wrong || refuse(request, wrong);
}

static bool check_room(struct osm_request *request)
{
    if (find(request, osm_request_get(request, OSM_REQUEST_id)))
        return refuse(request, "A stream with this id is open on this connection already");
    if (count_streams(request->channel) < STREAMS_PER_CONNECTION)
        return true;
    osm_request_failf(request, OSM_FAULT_INVALID_ARGUMENT,
                      "This connection has %d streams already: end one, or use another connection",
                      STREAMS_PER_CONNECTION);
    return false;
}

/* --- the commands -------------------------------------------------------------------------- */

static void reply_cursor(struct osm_request *request, uint64_t cursor)
{
    struct osm_json *json = osm_request_reply_begin(request);

    osm_json_object_begin(json);
    osm_json_key(json, "cursor");
    osm_json_uint(json, cursor);
    osm_json_object_end(json);
    osm_request_reply_end(request);
}

/* Automatic publishing takes callers their `publish`: it can be switched on by whoever has made the
 * session and all that is in it, or may change it. */
static bool may_switch_on(const struct osm_session *session, const struct osm_grant *grant)
{
    const struct osm_subscription *subscription, *next;

    if (osm_session_is_publishing(session))
        return true;
    if (!osm_grant_may_change(grant, osm_session_maker(session)))
        return false;
    HASH_ITER (hh, osm_session_subscriptions(session)->by_id, subscription, next)
        if (!osm_grant_may_change(grant, subscription->maker))
            return false;
    return true;
}

static bool check_session(struct osm_request *request, const struct wish *wish)
{
    struct osm_fault fault = {0};

    if (!wish->session || wish->passive || !(wish->types & osm_event_from_publish()) ||
        may_switch_on(wish->session, request->grant))
        return true;
    (void)osm_grant_check_maker(request->grant, 0, "stream of published events", &request->arena,
                                &fault);
    osm_request_fail(request, &fault);
    return false;
}

/* Nobody asks a server for what is published unless somebody publishes. */
static void publish_for(struct osm_manager *manager, const struct osm_grant *grant,
                        const struct wish *wish)
{
    struct osm_session *session;

    if (wish->passive || !(wish->types & osm_event_from_publish()))
        return;
    if (wish->session) {
        osm_publisher_switch_on(osm_session_publisher(wish->session));
    } else if (!grant || (!grant->terms.endpoints && osm_grant_has(grant, OSM_ROLE_WRITE))) {
        osm_manager_auto_publish_on(manager);
    } else { /* not those of others */
        OSM_REGISTRY_EACH(manager, OSM_REGISTRY_STORED, session)
        if (osm_grant_reaches(grant, osm_session_endpoint_url(session)) &&
            may_switch_on(session, grant))
            osm_publisher_switch_on(osm_session_publisher(session));
    }
}

/* Sessions its token makes later publish for it, too (open.c). */
static void count_stream(struct stream *stream)
{
    stream->for_own = true;
    stream->grant->streams++;
}

void osm_command_stream(struct osm_manager *manager, struct osm_request *request)
{
    struct wish wish = {.passive = osm_cast_bool(osm_request_get(request, OSM_REQUEST_passive))};
    struct stream *stream;

    if (!check_connection(request) || !take_session(manager, request, &wish) ||
        !take_events(request, &wish) || !take_cursor(request, &wish) ||
        !take_credits(request, &wish) || !check_room(request) || !check_session(request, &wish) ||
        !take_items(request, &wish))
        return;
    stream = stream_new(request);
    stream->items = wish.items;
    stream->limited = wish.limited;
    stream->credits = wish.credits;
    stream->reader.types = wish.types;
    stream->reader.session = wish.session;
    osm_bus_attach(osm_manager_bus(manager), &stream->reader, wish.cursor);
    osm_push_join(request->channel, &stream->user);
    if (wish.session)
        osm_session_touch(wish.session);
    else if (request->grant && !wish.passive && (wish.types & osm_event_from_publish()))
        count_stream(stream);
    reply_cursor(request, stream->reader.cursor + 1);
    publish_for(manager, request->grant, &wish);
}

/* The stream the request means, by `stream` or by its own id. */
static struct stream *named(struct osm_request *request, yyjson_val *id)
{
    struct stream *stream = find(request, id);
    struct osm_buf text;
    struct osm_json json;

    if (stream)
        return stream;
    osm_buf_init(&text);
    osm_json_init(&json, &text);
    osm_json_value(&json, id);
    osm_request_fail_naming(request, OSM_FAULT_INVALID_ARGUMENT,
                            "No stream of this connection has the id ", text.data, text.length);
    osm_buf_deinit(&text);
    return NULL;
}

static struct stream *take_stream(struct osm_request *request, yyjson_val *fallback)
{
    yyjson_val *id = osm_request_get(request, OSM_REQUEST_stream);

    if (!check_connection(request))
        return NULL;
    if (osm_is_null(id))
        id = fallback;
    if (!yyjson_is_str(id) && !yyjson_is_int(id)) {
        refuse(request, "stream must be the id of a stream of this connection");
        return NULL;
    }
    return named(request, id);
}

void osm_command_credit(struct osm_manager *manager, struct osm_request *request)
{
    struct stream *stream = take_stream(request, osm_request_get(request, OSM_REQUEST_id));
    uint64_t credits;
    struct osm_json *json;

    (void)manager;
    if (!stream || !take_number(request, OSM_REQUEST_credits, &credits))
        return;
    stream->credits += OSM_MIN(credits, UINT64_MAX - stream->credits);
    osm_bus_ask(&stream->reader);
    json = osm_request_reply_begin(request);
    osm_json_object_begin(json);
    osm_json_key(json, "credits");
    if (stream->limited)
        osm_json_uint(json, stream->credits);
    else
        osm_json_null(json);
    osm_json_object_end(json);
    osm_request_reply_end(request);
}

void osm_command_unstream(struct osm_manager *manager, struct osm_request *request)
{
    struct stream *stream = take_stream(request, NULL);
    uint64_t cursor;

    (void)manager;
    if (!stream)
        return;
    cursor = stream->reader.cursor;
    osm_push_leave(&stream->user);
    on_gone(&stream->user);
    reply_cursor(request, cursor + 1);
}
