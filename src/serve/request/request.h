/* SPDX-License-Identifier: MIT */
#ifndef OSM_SERVE_REQUEST_REQUEST_H
#define OSM_SERVE_REQUEST_REQUEST_H
/*
 * One request: a frame that came in, the memory everything about it lives in, and exactly one
 * reply. The floor above (ipc) makes it, hands it to osm_command_dispatch() and is told through
 * `done` when `out` holds the complete reply line; from that moment the request is ipc's again.
 *
 * Life: reading → queued → running → replying → done. Between dispatch and done the request
 * belongs to the command that runs it. A caller that goes away is reported with
 * osm_request_abandon(): the work goes on if it must, but nobody waits for the reply; `done` is
 * still called exactly once.
 *
 * Invariants: `done` is called exactly once, never from inside osm_request_abandon(), possibly
 * from inside osm_command_dispatch(). `out` then ends with one '\n'. `done` only takes note: it
 * may come from the middle of a walk over sessions or operations, so it dispatches nothing and
 * reuses the request only when the stack has unwound.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <yyjson.h>

#include "core/link/caller.h"
#include "serve/request/grant.h"
#include "util/arena.h"
#include "util/buf.h"
#include "util/fault.h"
#include "wire/text/json.h"

/* Levels of arrays and objects in a request (ipc-protocol.md §2). */
#define OSM_REQUEST_MAX_DEPTH 511

/* The members requests may have (ipc-protocol.md, extensions.md): looked for once, in this order.
 */
#define OSM_REQUEST_MEMBERS(X)                                                                     \
    X(id)                                                                                          \
    X(command)                                                                                     \
    X(sessionId)                                                                                   \
    X(method)                                                                                      \
    X(params)                                                                                      \
    X(args)                                                                                        \
    X(authToken)                                                                                   \
    X(timeout)                                                                                     \
    X(maxAge)                                                                                      \
    X(indexRange)                                                                                  \
    X(strict)                                                                                      \
    X(encoding)                                                                                    \
    X(binary)                                                                                      \
    X(endpointUrl)                                                                                 \
    X(config)                                                                                      \
    X(forceNew)                                                                                    \
    X(stream)                                                                                      \
    X(events)                                                                                      \
    X(cursor)                                                                                      \
    X(credits)                                                                                     \
    X(items)                                                                                       \
    X(passive)                                                                                     \
    X(subscriptionId)                                                                              \
    X(from)                                                                                        \
    X(limit)                                                                                       \
    X(search)                                                                                      \
    X(line)                                                                                        \
    X(filter)

enum osm_request_member {
#define X(name) OSM_REQUEST_##name,
    OSM_REQUEST_MEMBERS(X)
#undef X
        OSM_REQUEST_MEMBER_COUNT_
};

struct osm_push;
struct osm_reply_later;
struct osm_request;
struct osm_style;
struct osm_tally;
typedef void osm_request_done_fn(struct osm_request *request);

struct osm_request {
    struct osm_caller caller; /* as operations know it (core/link/caller.h) */
    struct osm_arena arena;
    yyjson_doc *doc;  /* lives in the arena; of a long line on the heap */
    yyjson_val id;    /* what the reply repeats, when has_id */
    yyjson_val *root; /* object or array */
    yyjson_val *members[OSM_REQUEST_MEMBER_COUNT_]; /* NULL = absent */
    struct osm_buf out;
    struct osm_json json;          /* writes into out */
    struct osm_reply_later *later; /* what stands before out (reply_later.h); NULL = nothing */
    osm_request_done_fn *done;     /* set by the owner before dispatch */
    void *owner;                   /* the owner's own pointer */
    /* Looks whether the caller is still there; set by an owner who does not always tell at once. */
    bool (*is_there)(const struct osm_request *request);
    /* Looks whether there is room for a reply of that size, as there always is for a small one;
     * without it an error is sent instead. NULL = there is. */
    bool (*has_room)(const struct osm_request *request, size_t size);

    struct osm_grant *grant; /* what the caller may do; counted; NULL = everything */

    /* How the command wants the result written (wire/value/styles.h; NULL = plain). */
    const struct osm_style *style;
    enum { OSM_STRICT_AS_CONFIGURED, OSM_STRICT_NO, OSM_STRICT_YES } strict; /* M27 */
    bool binary_base64; /* every ByteString as base64 (extensions.md §3) */
    bool wrapped;       /* invoke: the result is `{"data":…}` inside data */
    /* Written beside the data (extensions.md §4), in the arena. */
    const char *const *warnings;
    size_t warnings_size;

    bool long_line;          /* doc is to be freed … */
    bool keeps_json;         /* … but not before the end: what was decoded points into it */
    bool has_id;             /* persistent mode: the reply repeats `id` (extensions.md §1) */
    bool finished;           /* done has been called */
    bool succeeded;          /* what its reply says */
    bool holds_tally;        /* the manager may go before it counts */
    struct osm_tally *tally; /* what it counts as; NULL = nothing */
    uint64_t started, ended; /* microseconds of the monotonic clock; started may be told, else it is
                              * looked at when it is known what the request counts as */
    /* The way to push lines beside replies; NULL where there is none (one-request connections). */
    struct osm_push *channel;
    struct osm_buf line; /* the frame's bytes; the parsed document points into them */
};

void osm_request_init(struct osm_request *request, osm_request_done_fn *done, void *owner);
void osm_request_deinit(struct osm_request *request);
/* What its caller may do, and whose things he makes; counted. NULL = everything. */
void osm_request_set_grant(struct osm_request *request, struct osm_grant *grant);
/* Ready for the next frame; keeps small buffers. */
void osm_request_reset(struct osm_request *request);

/*
 * Parses one frame without its '\n'. The bytes are copied into the request. Returns false and
 * sets the invalid_json fault when it is not JSON, nested too deeply, or not an object or array.
 * `has_id` tells whether it is an object with an `id` that is a string or an integer.
 */
OSM_MUST_CHECK bool osm_request_parse(struct osm_request *request, const char *frame, size_t length,
                                      struct osm_fault *fault);

/* Its arguments are decoded: the parsed form of a long line is given back. */
void osm_request_drop_json(struct osm_request *request);
/* Memory it takes at the moment, about, in bytes. */
size_t osm_request_bytes(const struct osm_request *request);

/* A member of the request object, NULL when absent. JSON null is a value. */
static inline yyjson_val *osm_request_get(const struct osm_request *request,
                                          enum osm_request_member member)
{
    return request->members[member];
}
const char *osm_request_member_name(enum osm_request_member member);

/* `{"success":true,"data":` has been written; the value of data is to follow. Forgets what an
 * earlier attempt had written. */
struct osm_json *osm_request_reply_begin(struct osm_request *request);
/* Closes the reply and calls done, perhaps later. A reply nested too deeply becomes a
 * SerializationException. */
void osm_request_reply_end(struct osm_request *request);
/* For reply_later.c: what was written off the loop is there. */
void osm_request_reply_finish(struct osm_request *request);
/* `data: null`. */
void osm_request_reply_null(struct osm_request *request);
/* Writes an error reply (sanitised if its type wants that) and calls done. */
void osm_request_fail(struct osm_request *request, const struct osm_fault *fault);
void osm_request_failf(struct osm_request *request, enum osm_fault_type type, const char *format,
                       ...) OSM_PRINTF(3, 4);
/* The message is what, then name: the caller's own text, which may hold NUL bytes. */
void osm_request_fail_naming(struct osm_request *request, enum osm_fault_type type,
                             const char *what, const char *name, size_t length);

/* The caller has gone. */
void osm_request_abandon(struct osm_request *request);
/* Whose caller that is. */
struct osm_request *osm_request_of(struct osm_caller *caller);

/* What it counts as, from now on or instead of what was said before. NULL = nothing: tallies go
 * with the manager, so that a request that outlives that must not count. */
void osm_request_count_as(struct osm_request *request, struct osm_tally *tally);

/* Writes an error line without a request (accept limits, oversized frames). */
void osm_request_error_line(struct osm_buf *out, enum osm_fault_type type, const char *message);

#endif
