/* SPDX-License-Identifier: MIT */
/*
 * See calls.h. A call is in the list of those sent from the moment it is until its answer is
 * whole; what fails before it was sent is told on the next turn. The parts of an answer are kept
 * with its call, so what nobody waits for is never kept.
 */
#include "rim/ua/calls.h"

#include <utlist.h>

#include "rim/ua/decoding.h"
#include "rim/ua/message.h"
#include "util/alloc.h"
#include "util/log.h"

struct osm_call {
    uint32_t id; /* 0 = never sent */
    struct osm_calls *calls;
    const UA_DataType *response_type;
    osm_call_fn *done;
    void *context;
    uint64_t sent_at; /* of one that was never sent: its size */
    osm_msec due;     /* OSM_MSEC_NEVER = no limit of ours */
    UA_StatusCode failure;
    struct osm_assembly answer;
    struct osm_decoding *decoding; /* of the whole answer, while the channel is on hold */
    struct osm_call *prev, *next;  /* in sent, or failing */
    struct osm_call *timed_prev, *timed_next;
};

static void tell_failing(struct osm_stack_later *later);
static void on_timer(void *context);

void osm_calls_init(struct osm_calls *calls, struct osm_stack *stack)
{
    *calls = (struct osm_calls){.stack = stack};
    calls->later.run = tell_failing;
}

static void leave_timed(struct osm_call *call)
{
    struct osm_calls *calls = call->calls;

    DL_DELETE2(calls->timed, call, timed_prev, timed_next);
    if (!calls->timed)
        calls->stack->loop->ops->timer_free(osm_steal(calls->timer));
}

/* Takes it off every list; the memory stays. */
static void detach(struct osm_call *call)
{
    struct osm_calls *calls = call->calls;

    if (call->id) {
        DL_DELETE(calls->sent, call);
        calls->outstanding--;
        if (call->due != OSM_MSEC_NEVER)
            leave_timed(call);
    } else {
        DL_DELETE(calls->failing, call);
    }
}

static void destroy(struct osm_call *call)
{
    osm_decoding_abandon(call->decoding);
    osm_framing_reset(&call->answer, call->calls->stack);
    free(call);
}

void osm_calls_deinit(struct osm_calls *calls)
{
    while (calls->sent)
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the analyser cannot follow utlist */
        osm_calls_abandon(calls->sent);
    while (calls->failing)
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the analyser cannot follow utlist */
        osm_calls_abandon(calls->failing);
    osm_stack_undefer(calls->stack, &calls->later);
    calls->stack->loop->ops->timer_free(osm_steal(calls->timer));
}

void osm_calls_attach(struct osm_calls *calls, struct osm_secure_channel *channel)
{
    osm_assert(!calls->sent);
    calls->channel = channel;
}

void osm_calls_abandon(struct osm_call *call)
{
    if (!call)
        return;
    detach(call);
    destroy(call);
}

/* --- results ------------------------------------------------------------------------------- */

static void finish(struct osm_call *call, struct osm_call_result *result)
{
    detach(call);
    if (call->done)
        call->done(call->context, result);
    destroy(call);
}

static bool has_left(const struct osm_call *call)
{
    return call->id && call->calls->channel &&
           osm_channel_left(call->calls->channel, call->sent_at);
}

static void finish_failed(struct osm_call *call, const struct osm_stack_error *error)
{
    struct osm_call_result result = {.outcome = OSM_CALL_FAILED,
                                     .status = error->status,
                                     .error = error,
                                     .sent = has_left(call)};

    finish(call, &result);
}

/* --- sending ------------------------------------------------------------------------------- */

static void say_too_large(const struct osm_call *call, struct osm_stack_error *error)
{
    const struct osm_secure_channel *channel = call->calls->channel;
    size_t room = channel ? osm_channel_room(channel) : SIZE_MAX;

    if (room < call->sent_at)
        osm_stack_error_set(error, OSM_ORIGIN_HERE, OSM_FAULT_SERVICE, call->failure,
                            "The request has %llu bytes, and the server takes no more than %zu "
                            "(BadRequestTooLarge)",
                            (unsigned long long)call->sent_at, room);
    else
        osm_stack_error_set(error, OSM_ORIGIN_HERE, OSM_FAULT_SERVICE, call->failure,
                            "The request has %llu bytes, and the daemon sends no more than %zu "
                            "(BadRequestTooLarge)",
                            (unsigned long long)call->sent_at, OSM_CHANNEL_REQUEST_BYTES);
}

static void tell_first_failing(struct osm_calls *calls)
{
    struct osm_call *call = calls->failing;
    struct osm_stack_error error = {0};
    /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the analyser cannot follow utlist */
    UA_StatusCode status = call->failure;

    if (status == UA_STATUSCODE_BADREQUESTTOOLARGE)
        say_too_large(call, &error);
    else
        osm_stack_error_set(&error, OSM_ORIGIN_HERE, OSM_FAULT_SERVICE, status,
                            "The request cannot be encoded (%s)", UA_StatusCode_name(status));
    finish_failed(call, &error);
}

static void tell_failing(struct osm_stack_later *later)
{
    struct osm_calls *calls = osm_container_of(later, struct osm_calls, later);

    if (!calls->failing)
        return;
    if (calls->failing->next)
        osm_stack_defer(calls->stack, &calls->later); /* one at a time: the owner may go in it */
    tell_first_failing(calls);
}

static void fail_later(struct osm_call *call, UA_StatusCode status)
{
    call->id = 0;
    call->failure = status;
    DL_APPEND(call->calls->failing, call);
    osm_stack_defer(call->calls->stack, &call->calls->later);
}

static void rearm(struct osm_calls *calls)
{
    osm_msec now = osm_clock_now(calls->stack->loop->clock), due = OSM_MSEC_NEVER;
    struct osm_call *call;

    DL_FOREACH2(calls->timed, call, timed_next)
    due = OSM_MIN(due, call->due);
    if (due != OSM_MSEC_NEVER)
        calls->stack->loop->ops->timer_start(calls->timer, due > now ? due - now : 0);
}

static void set_limit(struct osm_call *call, osm_msec limit)
{
    struct osm_calls *calls = call->calls;

    call->due = OSM_MSEC_NEVER;
    if (!limit)
        return;
    if (!calls->timer)
        calls->timer = osm_loop_timer(calls->stack->loop, on_timer, calls);
    call->due = osm_clock_now(calls->stack->loop->clock) + limit;
    DL_APPEND2(calls->timed, call, timed_prev, timed_next);
    rearm(calls);
}

static UA_StatusCode encode(struct osm_calls *calls, uint32_t id, const UA_DataType *type,
                            void *request, const struct osm_call_time *time)
{
    UA_RequestHeader *header = request;

    header->requestHandle = id;
    header->timestamp = UA_DateTime_now();
    header->timeoutHint = time->hint;
    osm_buf_truncate(&calls->stack->scratch, 0);
    return osm_message_encode(&calls->stack->scratch, type, request);
}

/* Requests keep their memory up to this; larger ones are rare. */
#define OSM_CALLS_SCRATCH ((size_t)64 * 1024)

struct osm_call *osm_calls_start(struct osm_calls *calls, const UA_DataType *request_type,
                                 void *request, const UA_DataType *response_type,
                                 const struct osm_call_time *time, osm_call_fn *done, void *context)
{
    struct osm_buf *scratch = &calls->stack->scratch;
    struct osm_call *call;
    UA_StatusCode status;
    uint64_t sent_at = 0;
    uint32_t id;

    if (!calls->channel || osm_channel_stage(calls->channel) != OSM_CHANNEL_OPEN)
        return NULL;
    id = osm_channel_next_request_id(calls->channel);
    status = encode(calls, id, request_type, request, time);
    if (status == UA_STATUSCODE_GOOD)
        status = osm_channel_send(calls->channel, id, (const uint8_t *)scratch->data,
                                  scratch->length, &sent_at);
    if (status == UA_STATUSCODE_BADREQUESTTOOLARGE)
        sent_at = scratch->length;
    osm_buf_reset(scratch, OSM_CALLS_SCRATCH);
    if (status == UA_STATUSCODE_BADSECURECHANNELCLOSED ||
        status == UA_STATUSCODE_BADTCPNOTENOUGHRESOURCES)
        return NULL;
    call = osm_alloc_raw(sizeof(*call));
    *call = (struct osm_call){.id = id,
                              .calls = calls,
                              .response_type = response_type,
                              .done = done,
                              .context = context,
                              .sent_at = sent_at,
                              .due = OSM_MSEC_NEVER};
    if (status != UA_STATUSCODE_GOOD) {
        fail_later(call, status);
        return call;
    }
    DL_APPEND(calls->sent, call);
    calls->outstanding++;
    set_limit(call, time->limit);
    return call;
}

static void on_timer(void *context)
{
    static const struct osm_stack_error error = {OSM_ORIGIN_HERE, OSM_FAULT_CONNECTION,
                                                 UA_STATUSCODE_BADTIMEOUT, OSM_FAULT_LATE};
    struct osm_calls *calls = context;
    osm_msec now = osm_clock_now(calls->stack->loop->clock);
    struct osm_call *call, *due = NULL;

    DL_FOREACH2(calls->timed, call, timed_next)
    if (call->due <= now && (!due || call->due < due->due))
        due = call;
    if (!due) {
        rearm(calls);
        return;
    }
    calls->stack->loop->ops->timer_start(calls->timer, 0); /* the next one: the owner may go */
    finish_failed(due, &error);
}

/* --- answers ------------------------------------------------------------------------------- */

/* What is not decodable as a message at all: the peer does not speak the protocol. */
static void break_channel(struct osm_calls *calls, UA_StatusCode status, const char *text)
{
    struct osm_stack_error error = {0};

    osm_stack_error_set(&error, OSM_ORIGIN_PEER, OSM_FAULT_PROTOCOL, status, "%s", text);
    osm_channel_fail(calls->channel, &error);
}

static void finish_undecodable(struct osm_call *call, UA_StatusCode status)
{
    struct osm_stack_error error = {0};

    osm_stack_error_set(&error, OSM_ORIGIN_HERE, OSM_FAULT_SERVICE, status,
                        "The server's %s cannot be decoded: 0x%08X %s",
                        call->response_type->typeName, status, UA_StatusCode_name(status));
    finish_failed(call, &error);
}

static void finish_unanswered(struct osm_call *call, UA_StatusCode said)
{
    struct osm_stack_error error = {0};

    osm_stack_error_set(&error, OSM_ORIGIN_PEER, OSM_FAULT_PROTOCOL,
                        UA_STATUSCODE_BADUNKNOWNRESPONSE,
                        "The server answered with a ServiceFault that is none: 0x%08X %s", said,
                        UA_StatusCode_name(said));
    finish_failed(call, &error);
}

/* Every response type begins with its header, a ServiceFault has nothing else (OPC 10000-4 §7.34).
 */
static void take_answer(struct osm_call *call, const struct osm_decoded *decoded)
{
    const UA_ResponseHeader *header = decoded->response;
    struct osm_call_result result = {.outcome = OSM_CALL_ANSWERED, .header = header, .sent = true};

    if (decoded->status != UA_STATUSCODE_GOOD) {
        finish_undecodable(call, decoded->status);
        return;
    }
    if (UA_StatusCode_isBad(header->serviceResult)) {
        result.status = header->serviceResult;
    } else if (decoded->type == call->response_type) {
        result.response = decoded->response;
    } else {
        finish_unanswered(call, header->serviceResult);
        return;
    }
    finish(call, &result);
}

static void take_decoded(struct osm_call *call, const struct osm_decoded *decoded)
{
    if (!decoded->typed)
        break_channel(call->calls, UA_STATUSCODE_BADDECODINGERROR,
                      "The type of the server's answer cannot be decoded");
    else if (!decoded->type)
        break_channel(call->calls, UA_STATUSCODE_BADUNKNOWNRESPONSE,
                      "The server's answer is not of the type that was asked for");
    else
        take_answer(call, decoded);
}

/* What follows on the channel is read later on, and the decoding knows when it has gone: so the
 * owner may end both in its event. */
static void on_decoded(void *context, const struct osm_decoded *decoded)
{
    struct osm_call *call = context;

    call->decoding = NULL;
    take_decoded(call, decoded);
}

/* It has come in time: its limit counts no more. */
static void decode_beside(struct osm_call *call)
{
    struct osm_calls *calls = call->calls;

    if (call->due != OSM_MSEC_NEVER)
        DL_DELETE2(calls->timed, call, timed_prev, timed_next);
    call->due = OSM_MSEC_NEVER;
    call->decoding = osm_decoding_start(calls->stack, calls->channel, &call->answer,
                                        call->response_type, on_decoded, call);
}

static void take_message(struct osm_call *call, const UA_ByteString *message)
{
    struct osm_stack *stack = call->calls->stack;
    struct osm_decoded decoded;

    if (message->length >= OSM_DECODING_LARGE) {
        decode_beside(call);
        return;
    }
    osm_decoding_read(message, call->response_type, &stack->arena, &decoded);
    take_decoded(call, &decoded);
    osm_arena_reset(&stack->arena);
}

static void take_abort(struct osm_call *call, const uint8_t *body, size_t length)
{
    struct osm_stack_error error = {0};
    struct osm_framing_err abort;

    osm_framing_parse_err(body, length, &abort);
    osm_stack_error_set(&error, OSM_ORIGIN_SERVER, OSM_FAULT_SERVICE, abort.status,
                        "The server aborted its answer: 0x%08X %s%s%.*s", abort.status,
                        UA_StatusCode_name(abort.status), abort.reason.length ? ": " : "",
                        (int)OSM_MIN(abort.reason.length, (size_t)250),
                        (const char *)abort.reason.data);
    if (!UA_StatusCode_isBad(abort.status)) /* it has failed all the same */
        error.status = UA_STATUSCODE_BADUNKNOWNRESPONSE;
    finish_failed(call, &error);
}

static void take_too_large(struct osm_call *call)
{
    const struct osm_stack_limits *limits = &call->calls->stack->limits;
    struct osm_stack_error error = {0};

    osm_stack_error_set(
        &error, OSM_ORIGIN_HERE, OSM_FAULT_SERVICE, UA_STATUSCODE_BADRESPONSETOOLARGE,
        "The server's answer is larger than %u bytes or has more than %u chunks: 0x%08X "
        "BadResponseTooLarge",
        limits->message_bytes, limits->chunks, UA_STATUSCODE_BADRESPONSETOOLARGE);
    finish_failed(call, &error);
}

static void take_no_budget(struct osm_call *call)
{
    struct osm_stack_error error = {0};

    osm_stack_error_set(&error, OSM_ORIGIN_HERE, OSM_FAULT_CONNECTION,
                        UA_STATUSCODE_BADRESPONSETOOLARGE,
                        "Answers of all servers together exceed %zu bytes: this one is given up",
                        call->calls->stack->receiving.limit);
    osm_channel_fail(call->calls->channel, &error);
}

void osm_calls_chunk(struct osm_calls *calls, uint32_t request_id, char final, const uint8_t *body,
                     size_t length)
{
    struct osm_call *call;
    UA_ByteString message;

    DL_SEARCH_SCALAR(calls->sent, call, id, request_id);
    if (final != 'A' && final != 'F' && (final != 'C' || !length)) {
        break_channel(calls, UA_STATUSCODE_BADTCPMESSAGETYPEINVALID,
                      final == 'C' ? "An intermediate chunk of the server is empty"
                                   : "A chunk of the server is of no known kind");
        return;
    }
    if (!call) {
        calls->late += final != 'C';
        return;
    }
    if (final == 'A') {
        take_abort(call, body, length);
        return;
    }
    switch (osm_framing_add(&call->answer, calls->stack, final, body, length, &message)) {
    case OSM_ASSEMBLY_MORE:
        break;
    case OSM_ASSEMBLY_WHOLE:
        take_message(call, &message);
        break;
    case OSM_ASSEMBLY_TOO_LARGE:
        take_too_large(call);
        break;
    case OSM_ASSEMBLY_BROKEN: /* was looked at above */
        break;
    case OSM_ASSEMBLY_NO_BUDGET:
        take_no_budget(call);
        break;
    }
}

void osm_calls_lose(struct osm_calls *calls, const struct osm_stack_error *error)
{
    struct osm_call *call;

    DL_FOREACH (calls->sent, call)
        call->sent_at = has_left(call) ? 0 : UINT64_MAX;
    calls->channel = NULL;
    while (calls->failing)
        tell_first_failing(calls);
    /* A caller may abandon others, or start new ones that are refused, while it is told. */
    while (calls->sent) {
        struct osm_call_result result = {.outcome = OSM_CALL_LOST,
                                         .status = error->status,
                                         .error = error,
                                         /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): utlist */
                                         .sent = calls->sent->sent_at == 0};

        finish(calls->sent, &result);
    }
}
