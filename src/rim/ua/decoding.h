/* SPDX-License-Identifier: MIT */
#ifndef OSM_RIM_UA_DECODING_H
#define OSM_RIM_UA_DECODING_H
/*
 * From the bytes of an answer to the response they are: where its caller waits for it (small ones),
 * or as a job, when decoding them would hold the loop. A job owns the bytes and all it makes of
 * them, and gives that memory back off the loop, too: of a large answer, this takes as long.
 */
#include "rim/ua/framing.h"
#include "rim/ua/stack.h"

/* From this size on decoding takes milliseconds. */
#define OSM_DECODING_LARGE ((size_t)512 * 1024)

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

/* Takes the bytes of the message and their share of the budget out of the assembly. told is called
 * once, on the loop; what it gets is gone after it. */
struct osm_decoding *
osm_decoding_start(struct osm_stack *stack, struct osm_assembly *answer, const UA_DataType *wanted,
                   void (*told)(void *context, const struct osm_decoded *decoded), void *context);
/* Nobody waits for it any more. NULL is fine. */
void osm_decoding_abandon(struct osm_decoding *decoding);

#endif
