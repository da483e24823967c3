/* SPDX-License-Identifier: MIT */
/* One request, its memory and its one reply; see request.h. */
#include "serve/request/request.h"

#include <stdarg.h>
#include <string.h>

#include "core/manager/tally.h"
#include "serve/request/reply_later.h"
#include "serve/request/sanitise.h"
#include "util/alloc.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/utf8.h"
#include "util/wipe.h"

/* Buffers up to this size are kept for the next request on the same connection. */
#define OSM_REQUEST_KEEP ((size_t)16 * 1024)
/* What is parsed of a line takes up to ten times its length: of longer ones than this it is given
 * back as soon as the arguments are decoded. */
#define OSM_REQUEST_LONG 4096
/* PHP clients since 4.2 read no further (ipc-protocol.md §2, T15). */
#define OSM_REPLY_CLIENT_LIMIT ((size_t)1024 * 1024)
/* Never dropped. */
#define OSM_REPLY_SMALL 4096

/* --- as a caller of operations ------------------------------------------------------------- */

struct osm_request *osm_request_of(struct osm_caller *caller)
{
    return osm_container_of(caller, struct osm_request, caller);
}

static bool caller_is_awaited(struct osm_caller *caller)
{
    const struct osm_request *request = osm_request_of(caller);

    return !request->is_there || request->is_there(request);
}

static void caller_fail(struct osm_caller *caller, const struct osm_fault *fault)
{
    osm_request_fail(osm_request_of(caller), fault);
}

static void caller_end(struct osm_caller *caller)
{
    osm_request_reply_end(osm_request_of(caller));
}

static const struct osm_caller_ops caller_ops = {
    .is_awaited = caller_is_awaited, .fail = caller_fail, .end = caller_end};

/* --- life ---------------------------------------------------------------------------------- */

void osm_request_init(struct osm_request *request, osm_request_done_fn *done, void *owner)
{
    *request = (struct osm_request){.done = done, .owner = owner};
    osm_arena_init(&request->arena);
    request->caller.ops = &caller_ops;
    request->caller.arena = &request->arena;
    osm_buf_init(&request->out);
    osm_buf_init(&request->line);
}

/* Lines carry passwords and the shared secret; what is not needed any more must not stay. */
static void wipe_line(struct osm_request *request)
{
    osm_wipe(request->line.data, request->line.length);
}

/* The parsed form goes; texts of it stay, they are in the line. */
static void free_json(struct osm_request *request)
{
    if (request->long_line)
        yyjson_doc_free(request->doc);
    request->long_line = false;
    request->doc = NULL;
    request->root = NULL;
    memset(request->members, 0, sizeof(request->members));
}

void osm_request_drop_json(struct osm_request *request)
{
    if (request->long_line && !request->keeps_json)
        free_json(request);
}

size_t osm_request_bytes(const struct osm_request *request)
{
    size_t parsed =
        request->long_line ? yyjson_doc_get_val_count(request->doc) * sizeof(yyjson_val) : 0;

    return sizeof(*request) + request->line.capacity + request->arena.used + parsed;
}

static void count(struct osm_request *request)
{
    struct osm_tally *tally = osm_steal(request->tally);

    if (!tally)
        return;
    tally->errors += !request->succeeded;
    request->ended = osm_clock_microseconds();
    osm_histogram_add(&tally->seconds, request->ended - request->started);
    if (request->holds_tally)
        osm_tallies_release(tally->all);
    request->holds_tally = false;
}

void osm_request_deinit(struct osm_request *request)
{
    if (!request)
        return;
    free_json(request);
    wipe_line(request);
    if (request->holds_tally)
        count(request);
    osm_reply_later_drop(request);
    osm_arena_deinit(&request->arena);
    osm_buf_deinit(&request->out);
    osm_buf_deinit(&request->line);
    request->grant = osm_grant_unref(request->grant);
}

void osm_request_set_grant(struct osm_request *request, struct osm_grant *grant)
{
    (void)osm_grant_unref(request->grant);
    request->grant = osm_grant_ref(grant);
    request->caller.maker = osm_grant_maker(grant);
    request->caller.confined = !osm_grant_has(grant, OSM_ROLE_WRITE);
}

void osm_request_reset(struct osm_request *request)
{
    free_json(request);
    wipe_line(request);
    osm_arena_reset(&request->arena);
    osm_buf_reset(&request->out, OSM_REQUEST_KEEP);
    osm_buf_reset(&request->line, OSM_REQUEST_KEEP);
    osm_request_set_grant(request, NULL);
    request->style = NULL;
    request->strict = OSM_STRICT_AS_CONFIGURED;
    request->binary_base64 = false;
    request->caller.timeout = 0;
    request->caller.max_age = 0;
    request->wrapped = false;
    request->warnings_size = 0;
    request->has_id = false;
    request->keeps_json = false;
    request->finished = false;
    request->tally = NULL;
    request->started = request->ended = 0;
    request->caller.abandoned = false;
    request->channel = NULL;
}

static const char member_names[OSM_REQUEST_MEMBER_COUNT_][OSM_JSON_NAME] = {
#define X(name) #name,
    OSM_REQUEST_MEMBERS(X)
#undef X
};

/* --- parsing ------------------------------------------------------------------------------- */

static void *arena_malloc(void *context, size_t size)
{
    return osm_arena_grow(context, NULL, 0, size);
}

static void *arena_realloc(void *context, void *old, size_t old_size, size_t size)
{
    return osm_arena_grow(context, old, old_size, size);
}

static void arena_free(void *context, void *memory)
{
    (void)context;
    (void)memory;
}

/* Nesting of arrays and objects, looked at before anybody recurses (the parser does not). Values
 * lie one behind the other, a container before its content, so what is left of it bounds the
 * depth it can reach: only the few that are large have to be entered. */
static bool is_too_deep(yyjson_doc *doc)
{
    yyjson_val *ends[OSM_REQUEST_MAX_DEPTH], *value = yyjson_doc_get_root(doc);
    yyjson_val *end = value + yyjson_doc_get_val_count(doc);
    size_t depth = 0;

    while (value < end) {
        yyjson_val *next = unsafe_yyjson_get_next(value);

        while (depth > 0 && value >= ends[depth - 1])
            depth--;
        if (!yyjson_is_ctn(value) || depth + (size_t)(next - value) <= OSM_REQUEST_MAX_DEPTH) {
            value = next;
            continue;
        }
        if (depth == OSM_REQUEST_MAX_DEPTH)
            return true;
        ends[depth++] = next;
        value++;
    }
    return false;
}

static yyjson_doc *parse(struct osm_request *request)
{
    const yyjson_alc alc = {.malloc = arena_malloc,
                            .realloc = arena_realloc,
                            .free = arena_free,
                            .ctx = &request->arena};
    size_t length = request->line.length;

    request->long_line = length > OSM_REQUEST_LONG;
    memset(osm_buf_reserve(&request->line, YYJSON_PADDING_SIZE), 0, YYJSON_PADDING_SIZE);
    return yyjson_read_opts(request->line.data, length,
                            YYJSON_READ_INSITU | YYJSON_READ_BIGNUM_AS_RAW,
                            request->long_line ? NULL : &alc, NULL);
}

bool osm_request_parse(struct osm_request *request, const char *frame, size_t length,
                       struct osm_fault *fault)
{
    yyjson_val *id;

    wipe_line(request);
    osm_buf_reset(&request->line, OSM_REQUEST_KEEP);
    osm_buf_fit(&request->line, length + YYJSON_PADDING_SIZE); /* moved never after */
    osm_buf_add(&request->line, frame, length);
    request->doc = length ? parse(request) : NULL;
    request->root = yyjson_doc_get_root(request->doc);
    if (!yyjson_is_ctn(request->root) || is_too_deep(request->doc)) {
        free_json(request);
        return osm_fault_set(fault, &request->arena, OSM_FAULT_INVALID_JSON, "Invalid JSON");
    }
    memset(request->members, 0, sizeof(request->members));
    (void)osm_json_find_all(request->root, member_names, sizeof(*member_names),
                            OSM_REQUEST_MEMBER_COUNT_, request->members);
    id = osm_request_get(request, OSM_REQUEST_id);
    request->has_id = yyjson_is_str(id) || yyjson_is_int(id);
    if (request->has_id)
        request->id = *id;
    return true;
}

const char *osm_request_member_name(enum osm_request_member member)
{
    return member_names[member];
}

/* --- replying ------------------------------------------------------------------------------ */

/* `{"id":…,` and what follows in either envelope. */
static void envelope_begin(struct osm_request *request, bool success)
{
    osm_assert(!request->finished);
    request->succeeded = success;
    if (request->later)
        osm_reply_later_drop(request);
    osm_buf_truncate(&request->out, 0);
    osm_json_init(&request->json, &request->out);
    osm_json_object_begin(&request->json);
    if (request->has_id) {
        osm_json_key(&request->json, "id");
        osm_json_value(&request->json, &request->id);
    }
    if (success)
        osm_json_literal(&request->json, "\"success\":true");
    else
        osm_json_literal(&request->json, "\"success\":false");
}

void osm_request_count_as(struct osm_request *request, struct osm_tally *tally)
{
    if (!request->tally && !request->started)
        request->started = osm_clock_microseconds();
    request->tally = tally;
}

/* What is written off the loop counts when it is there, or when nobody wants it any more. */
static void count_later(struct osm_request *request)
{
    request->holds_tally = request->tally != NULL;
    if (request->tally)
        osm_tallies_hold(request->tally->all);
}

static void finish(struct osm_request *request)
{
    count(request);
    osm_buf_add_byte(&request->out, '\n');
    request->finished = true;
    request->done(request);
}

struct osm_json *osm_request_reply_begin(struct osm_request *request)
{
    envelope_begin(request, true);
    osm_json_key(&request->json, "data");
    if (request->wrapped) {
        osm_json_object_begin(&request->json);
        osm_json_key(&request->json, "data");
    }
    return &request->json;
}

static void write_warnings(struct osm_request *request)
{
    if (!request->warnings_size)
        return;
    osm_json_key(&request->json, "warnings");
    osm_json_array_begin(&request->json);
    for (size_t i = 0; i < request->warnings_size; i++)
        osm_json_cstring(&request->json, request->warnings[i]);
    osm_json_array_end(&request->json);
}

void osm_request_reply_end(struct osm_request *request)
{
    if (request->wrapped)
        osm_json_object_end(&request->json);
    write_warnings(request);
    osm_json_object_end(&request->json);
    osm_request_reply_finish(request);
}

void osm_request_reply_finish(struct osm_request *request)
{
    if (request->later && osm_reply_later_waits(request)) {
        count_later(request);
        return;
    }
    if (request->json.too_deep) {
        osm_request_failf(request, OSM_FAULT_SERIALIZATION,
                          "The result is nested more than %d levels deep", OSM_JSON_MAX_DEPTH);
        return;
    }
    if (request->out.length > OSM_REPLY_SMALL && request->has_room &&
        !request->has_room(request, request->out.length)) {
        osm_request_failf(request, OSM_FAULT_CONNECTION,
                          "This reply of %zu bytes is dropped: too many others have not been "
                          "taken yet. Take them, and ask for less at a time",
                          request->out.length);
        return;
    }
    if (request->out.length >= OSM_REPLY_CLIENT_LIMIT)
        osm_log_warning("A reply of %zu bytes is more than PHP clients read (1 MiB): ask for less "
                        "at a time",
                        request->out.length);
    finish(request);
}

void osm_request_reply_null(struct osm_request *request)
{
    osm_json_null(osm_request_reply_begin(request));
    osm_request_reply_end(request);
}

static void write_error(struct osm_json *json, enum osm_fault_type type, const char *message,
                        size_t length)
{
    struct osm_buf text;

    osm_buf_init(&text);
    osm_json_object_begin(json);
    osm_json_key(json, "type");
    osm_json_cstring(json, osm_fault_name(type));
    osm_json_key(json, "message");
    if (osm_fault_is_sanitised(type)) {
        osm_sanitise(&text, message, length);
        osm_json_text(json, text.data ? text.data : "", text.length);
    } else {
        osm_json_text(json, message, length);
    }
    osm_json_object_end(json);
    osm_buf_deinit(&text);
}

static void fail(struct osm_request *request, enum osm_fault_type type, const char *message,
                 size_t length)
{
    envelope_begin(request, false);
    osm_json_key(&request->json, "error");
    write_error(&request->json, type, message, length);
    osm_json_object_end(&request->json);
    finish(request);
}

void osm_request_fail(struct osm_request *request, const struct osm_fault *fault)
{
    osm_assert(osm_fault_is_set(fault));
    fail(request, fault->type, fault->message, strlen(fault->message));
}

void osm_request_fail_naming(struct osm_request *request, enum osm_fault_type type,
                             const char *what, const char *name, size_t length)
{
    struct osm_buf message;

    osm_buf_init(&message);
    osm_buf_add(&message, what, strlen(what));
    osm_buf_add(&message, name, length);
    fail(request, type, message.data, message.length);
    osm_buf_deinit(&message);
}

void osm_request_failf(struct osm_request *request, enum osm_fault_type type, const char *format,
                       ...)
{
    struct osm_fault fault = {.type = type};
    va_list args;
    char *message = NULL;
    int length;

    va_start(args, format);
    length = vasprintf(&message, format, args);
    va_end(args);
    osm_assert(length >= 0);
    fault.message = message;
    osm_request_fail(request, &fault);
    free(message);
}

void osm_request_abandon(struct osm_request *request)
{
    request->caller.abandoned = true;
}

void osm_request_error_line(struct osm_buf *out, enum osm_fault_type type, const char *message)
{
    struct osm_json json;

    osm_json_init(&json, out);
    osm_json_object_begin(&json);
    osm_json_key(&json, "success");
    osm_json_bool(&json, false);
    osm_json_key(&json, "error");
    write_error(&json, type, message, strlen(message));
    osm_json_object_end(&json);
    osm_buf_add_byte(out, '\n');
}
