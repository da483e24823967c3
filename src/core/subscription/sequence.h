/* SPDX-License-Identifier: MIT */
#ifndef OSM_CORE_SUBSCRIPTION_SEQUENCE_H
#define OSM_CORE_SUBSCRIPTION_SEQUENCE_H
/*
 * What has come of a subscription's messages and what is missing (OPC 10000-4 §5.14.1, §7.26): a
 * machine without any calls. Answers of the server go in, osm_sequence_next() says what is to be
 * done.
 *
 *   Publish, Republish ──take──▶ held, in order ──next──▶ DELIVER  the next message, in order
 *   keep-alives, transfers ──▶ until, catching_up         ASK      Republish of a missing one
 *                                                         LOST     the server has them no more
 *                                                         REST     nothing to do
 *
 * A message that is ahead of what is expected is held until the missing ones have come or are
 * known to be lost. Numbers run from 1 to 2^32 - 1 and begin again at 1; 0 is no number.
 *
 * Invariants: what is delivered has ever increasing numbers, each at most once; each number that
 * is passed over is reported in exactly one LOST. At most OSM_SEQUENCE_HELD messages are held: with
 * more, what is missing is given up.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <open62541/types_generated.h>

#include "core/subscription/publish_budget.h"
#include "core/subscription/publish_stored.h"

#define OSM_SEQUENCE_HELD 256  /* messages waiting for missing ones */
#define OSM_SEQUENCE_SHORT 16  /* so many missing ones are asked for whatever the server lists */
#define OSM_SEQUENCE_LONG 1000 /* more missing ones are not asked for */

/* A Publish response, or a message that was published again in the shape of one. */
struct osm_sequence_message {
    struct osm_publish_stored stored; /* owned */
    size_t bytes;                     /* it takes in the budget */
    bool republished;                 /* fetched again after a gap */
    struct osm_sequence_message *prev, *next;
};

struct osm_sequence {
    uint32_t expected;           /* the next message's number; 0 = the next one says it */
    uint32_t until;              /* messages before this number exist; 0 = nothing is known */
    bool catching_up;            /* ask for what is expected until the server has no more */
    bool gone;                   /* the server has the subscription no more */
    uint32_t asked;              /* the number a Republish is on its way for, 0 = none */
    uint32_t lost_from, lost_to; /* found to be lost, not reported yet; 0 = none */
    struct osm_sequence_message *held;
    unsigned held_count;
    size_t held_bytes;
    struct osm_publish_budget *budget; /* they are counted in; NULL = none */
    uint32_t *available;               /* what the server said it has, while something is missing */
    size_t available_size;
    int64_t heard; /* when the server last said something of the subscription, monotonic ms */
};

enum osm_sequence_step {
    OSM_SEQUENCE_REST,
    OSM_SEQUENCE_DELIVER,
    OSM_SEQUENCE_ASK,
    OSM_SEQUENCE_LOST
};

struct osm_sequence_move {
    enum osm_sequence_step step;
    struct osm_sequence_message *message; /* DELIVER: the caller's, to be freed */
    uint32_t from, to;                    /* LOST, both included; ASK: from */
};

/* --- numbers ------------------------------------------------------------------------------- */

/* The number after that one. */
uint32_t osm_sequence_next(uint32_t number);
/* How many numbers b is behind a in the ring, 0 when they are equal. */
uint32_t osm_sequence_distance(uint32_t a, uint32_t b);
/* a comes after b, seen over the shorter way. */
bool osm_sequence_is_ahead(uint32_t a, uint32_t b);

/* --- what comes in ------------------------------------------------------------------------- */

/* A new subscription: its first message is number 1. Drops what is held. */
void osm_sequence_begin(struct osm_sequence *sequence);
void osm_sequence_clear(struct osm_sequence *sequence);

/* A response with notifications; stored (osm_publish_store()). False: it has been here already. */
bool osm_sequence_take(struct osm_sequence *sequence, const UA_PublishResponse *response,
                       struct osm_publish_large **large);
/* The same of one the server has published again. */
bool osm_sequence_take_again(struct osm_sequence *sequence, const UA_PublishResponse *response,
                             struct osm_publish_large **large);
/* A keep-alive carries the number of the next message; true when nothing is missing. */
bool osm_sequence_keep_alive(struct osm_sequence *sequence, uint32_t number);
/* Numbers the server can publish again, from a response that shows that something is missing. */
void osm_sequence_note_available(struct osm_sequence *sequence, const uint32_t *numbers,
                                 size_t size);
/* The same after a transfer: those that have not come are asked for. */
void osm_sequence_transferred(struct osm_sequence *sequence, const uint32_t *numbers, size_t size);
/* Messages may have been lost on their way: asks from the expected one on. */
void osm_sequence_catch_up(struct osm_sequence *sequence);
/* The server cannot publish that one again. */
void osm_sequence_unavailable(struct osm_sequence *sequence, uint32_t number);
/* The subscription has come from another session: what that one was told of it goes. */
void osm_sequence_moved(struct osm_sequence *sequence);
/* What is missing is not waited for any longer. */
void osm_sequence_give_up(struct osm_sequence *sequence);
/* A message has gone out without having been taken (callers publish themselves). */
void osm_sequence_pass(struct osm_sequence *sequence, const UA_NotificationMessage *message);

/* --- what comes out ------------------------------------------------------------------------ */

/* Something is missing or may be. */
bool osm_sequence_is_incomplete(const struct osm_sequence *sequence);
/* What to do now. After ASK nothing is to be done until osm_sequence_take() or _unavailable() has
 * told the outcome; the other steps are to be repeated until there is REST or ASK. */
struct osm_sequence_move osm_sequence_move_next(struct osm_sequence *sequence);
/* NULL is fine. */
void osm_sequence_message_free(struct osm_sequence_message *message);

#endif
