/* SPDX-License-Identifier: MIT */
#ifndef OSM_RIM_UA_CALLS_H
#define OSM_RIM_UA_CALLS_H
/*
 * Service calls over a secure channel (OPC 10000-4 §5.3, §7.32–7.35): requests get an id, answers
 * find their request by it. Beside a call nothing waits: an answer to an id that nobody waits for
 * is dropped chunk by chunk, never stored. A large answer is decoded off the loop, and the channel
 * reads nothing more until then, nor while the caller works on it off the loop (decoding.h), so
 * that answers stay in order.
 *
 * Every call is answered exactly once unless it is abandoned, never from inside a function of this
 * file but osm_calls_chunk and osm_calls_lose, which run inside events of the channel.
 */
#include "rim/ua/secure_channel.h"

struct osm_call; /* one outstanding request */

enum osm_call_outcome {
    OSM_CALL_ANSWERED, /* by the server: response, or a bad service_result */
    OSM_CALL_FAILED,   /* this call alone; error says by whom and why, status is its code */
    OSM_CALL_LOST,     /* the channel has gone; error is the channel's */
};

struct osm_call_result {
    enum osm_call_outcome outcome;
    UA_StatusCode status; /* ANSWERED: serviceResult of the header; FAILED: abort's, ours */
    /* ANSWERED and Good: the decoded response in the arena of the stack, its strings views into the
     * message. All of it is gone after the event, unless osm_decoding_keep() makes it stay. */
    void *response;
    /* ANSWERED: always there, also of a ServiceFault (a UA_ResponseHeader). */
    const UA_ResponseHeader *header;
    const struct osm_stack_error *error; /* FAILED, LOST */
    bool sent;                           /* the request had left completely, or may have */
};

typedef void osm_call_fn(void *context, const struct osm_call_result *result);

struct osm_calls {
    struct osm_stack *stack;
    struct osm_secure_channel *channel; /* borrowed; NULL = there is none */
    struct osm_call *sent;              /* in order: most are answered in that order, too */
    struct osm_call *failing;           /* answered on the next turn */
    struct osm_call *timed;             /* those with a limit of ours */
    struct osm_timer *timer;            /* NULL unless a call has a limit */
    struct osm_stack_later later;
    size_t outstanding;
    size_t late; /* counter: answers nobody waited for */
};

void osm_calls_init(struct osm_calls *calls, struct osm_stack *stack);
/* Forgets every call without an answer; never from inside one. */
void osm_calls_deinit(struct osm_calls *calls);

/* The channel that carries calls from now on; it is open. */
void osm_calls_attach(struct osm_calls *calls, struct osm_secure_channel *channel);

/* Time of one call, milliseconds. */
struct osm_call_time {
    osm_msec limit; /* FAILED with BadTimeout after it; 0 = the caller has a clock of his own */
    uint32_t hint;  /* timeoutHint of the header: the caller's limit and a grace; 0 = none */
};

/*
 * Encodes and sends; the request stays the caller's. Its header's requestHandle, timeoutHint and
 * timestamp are set here, the authenticationToken by the caller.
 * Too large for the server or its queue (BadRequestTooLarge) or not encodable: FAILED is told on
 * the next turn. NULL: the channel cannot send any more; nothing was sent, done is not called.
 */
struct osm_call *osm_calls_start(struct osm_calls *calls, const UA_DataType *request_type,
                                 void *request, const UA_DataType *response_type,
                                 const struct osm_call_time *time, osm_call_fn *done,
                                 void *context);
/* The answer is not wanted any more. NULL is fine. */
void osm_calls_abandon(struct osm_call *call);

/* From the channel's events. */
void osm_calls_chunk(struct osm_calls *calls, uint32_t request_id, char final, const uint8_t *body,
                     size_t length);
/* The channel has gone: every call is LOST. */
void osm_calls_lose(struct osm_calls *calls, const struct osm_stack_error *error);

#endif
