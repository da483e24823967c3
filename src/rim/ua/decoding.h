/* SPDX-License-Identifier: MIT */
#ifndef OSM_RIM_UA_DECODING_H
#define OSM_RIM_UA_DECODING_H
/*
 * From the bytes of an answer to the response they are: where its caller waits for it (small ones),
 * or as a job, when decoding them would hold the loop. A job owns the bytes and all it makes of
 * them, and gives that memory back off the loop, too: of a large answer, this takes as long.
 *
 * Who is told a large answer may need as long to read it, and do that off the loop as well
 * (osm_decoding_keep). The channel waits until all of it is over, so that answers stay in order
 * and a server that is faster than we are piles up nothing. Who takes it (osm_decoding_take) has it
 * for as long as he likes; the channel then goes on when no work is left, and counts it no more.
 */
#include "port/ua_ops.h"
#include "rim/ua/framing.h"
#include "rim/ua/secure_channel.h"

/* From this size on decoding takes milliseconds. */
#define OSM_DECODING_LARGE ((size_t)128 * 1024)

struct osm_decoded {
    bool typed;              /* the message has a type at all … */
    const UA_DataType *type; /* … and this: the one asked for, a ServiceFault, or NULL */
    void *response;          /* in the arena; it must not be read unless status is Good */
    UA_StatusCode status;
};

/* Any thread. The response and its texts live as long as message and arena. */
void osm_decoding_read(const UA_ByteString *message, const UA_DataType *wanted,
                       struct osm_arena *arena, struct osm_decoded *out);

struct osm_decoding;

/* Takes the bytes of the message and their share of the budget out of the assembly, and has the
 * channel wait. told is called once, on the loop; what it gets is gone after it. */
struct osm_decoding *
osm_decoding_start(struct osm_stack *stack, struct osm_secure_channel *channel,
                   struct osm_assembly *answer, const UA_DataType *wanted,
                   void (*told)(void *context, const struct osm_decoded *decoded), void *context);
/* As answer_is_large and answer_keep of struct osm_ua_ops. */
bool osm_decoding_is_large(const struct osm_stack *stack, const void *response);
void osm_decoding_keep(struct osm_stack *stack, const void *response, struct osm_ua_work *work);
/* As answer_take and answer_free there. */
struct osm_decoding *osm_decoding_take(struct osm_stack *stack, const void *as);
void osm_decoding_give_back(struct osm_decoding *decoding);
/* Nobody waits for it any more: the channel goes on. NULL is fine. */
void osm_decoding_abandon(struct osm_decoding *decoding);

#endif
