/* SPDX-License-Identifier: MIT */
/* Sequence numbers of a subscription; see sequence.h. */
#include "core/subscription/sequence.h"

#include <string.h>

#include <open62541/types_generated_handling.h>
#include <utlist.h>

#include "core/subscription/notification_message.h"
#include "util/alloc.h"
#include "util/macros.h"

#define HALF_OF_THE_RING UINT32_C(0x80000000)

/* --- numbers ------------------------------------------------------------------------------- */

uint32_t osm_sequence_next(uint32_t number)
{
    return number == UINT32_MAX ? 1 : number + 1;
}

uint32_t osm_sequence_distance(uint32_t a, uint32_t b)
{
    return b >= a ? b - a : UINT32_MAX - a + b; /* 0 is left out on the way round */
}

bool osm_sequence_is_ahead(uint32_t a, uint32_t b)
{
    return a != b && osm_sequence_distance(b, a) < HALF_OF_THE_RING;
}

static uint32_t number_before(uint32_t number)
{
    return number == 1 ? UINT32_MAX : number - 1;
}

static uint32_t number_of(const struct osm_sequence_message *message)
{
    return message->stored.response->notificationMessage.sequenceNumber;
}

/* --- coming and going ---------------------------------------------------------------------- */

void osm_sequence_message_free(struct osm_sequence_message *message)
{
    if (!message)
        return;
    osm_publish_stored_clear(&message->stored);
    free(message);
}

static void forget_available(struct osm_sequence *sequence)
{
    free(osm_steal(sequence->available));
    sequence->available_size = 0;
}

void osm_sequence_clear(struct osm_sequence *sequence)
{
    struct osm_sequence_message *message, *next;

    DL_FOREACH_SAFE (sequence->held, message, next)
        osm_sequence_message_free(message);
    forget_available(sequence);
    osm_publish_budget_return(sequence->budget, sequence->held_bytes);
    *sequence = (struct osm_sequence){.heard = sequence->heard, .budget = sequence->budget};
}

void osm_sequence_begin(struct osm_sequence *sequence)
{
    osm_sequence_clear(sequence);
    sequence->expected = 1;
}

/* --- what comes in ------------------------------------------------------------------------- */

static int by_number(const struct osm_sequence_message *a, const struct osm_sequence_message *b)
{
    return osm_sequence_is_ahead(number_of(a), number_of(b)) ? 1 : -1;
}

static bool is_held(const struct osm_sequence *sequence, uint32_t number)
{
    const struct osm_sequence_message *message;

    DL_FOREACH (sequence->held, message)
        if (number_of(message) == number)
            return true;
    return false;
}

/* One that goes out at once is not worth counting. */
static void count_in(struct osm_sequence *sequence, struct osm_sequence_message *message)
{
    if (!sequence->held && number_of(message) == sequence->expected)
        return;
    message->bytes = osm_publish_stored_bytes(&message->stored);
    sequence->held_bytes += message->bytes;
    osm_publish_budget_take(sequence->budget, message->bytes);
}

static bool take(struct osm_sequence *sequence, const UA_PublishResponse *response,
                 struct osm_publish_large **large, bool republished)
{
    uint32_t number = response->notificationMessage.sequenceNumber;
    struct osm_sequence_message *message;

    if (sequence->expected == 0)
        sequence->expected = number;
    if (osm_sequence_is_ahead(sequence->expected, number) || is_held(sequence, number))
        return false;
    message = osm_alloc(sizeof(*message));
    message->republished = republished;
    osm_publish_store(&message->stored, response, large);
    count_in(sequence, message);
    DL_INSERT_INORDER(sequence->held, message, by_number);
    if (++sequence->held_count > OSM_SEQUENCE_HELD)
        osm_sequence_give_up(sequence);
    return true;
}

bool osm_sequence_take(struct osm_sequence *sequence, const UA_PublishResponse *response,
                       struct osm_publish_large **large)
{
    return take(sequence, response, large, false);
}

bool osm_sequence_take_again(struct osm_sequence *sequence, const UA_PublishResponse *response,
                             struct osm_publish_large **large)
{
    return take(sequence, response, large, true);
}

static void take_out(struct osm_sequence *sequence, struct osm_sequence_message *message)
{
    osm_assert(sequence->held);
    DL_DELETE(sequence->held, message);
    sequence->held_count--;
    sequence->held_bytes -= message->bytes;
    osm_publish_budget_return(sequence->budget, message->bytes);
}

void osm_sequence_moved(struct osm_sequence *sequence)
{
    struct osm_sequence_message *message, *next;
    UA_StatusCode status;

    DL_FOREACH_SAFE (sequence->held, message, next) {
        if (!osm_notification_message_status(&message->stored.response->notificationMessage,
                                             &status) ||
            status != UA_STATUSCODE_GOODSUBSCRIPTIONTRANSFERRED)
            continue;
        take_out(sequence, message);
        osm_sequence_message_free(message);
    }
}

/* Messages before that number exist. */
static void expect_until(struct osm_sequence *sequence, uint32_t number)
{
    if (!sequence->until || osm_sequence_is_ahead(number, sequence->until))
        sequence->until = number;
}

bool osm_sequence_keep_alive(struct osm_sequence *sequence, uint32_t number)
{
    if (number == 0)
        return true;
    if (sequence->expected == 0)
        sequence->expected = number;
    if (osm_sequence_is_ahead(number, sequence->expected))
        expect_until(sequence, number);
    return !osm_sequence_is_incomplete(sequence);
}

void osm_sequence_note_available(struct osm_sequence *sequence, const uint32_t *numbers,
                                 size_t size)
{
    forget_available(sequence);
    if (!size)
        return;
    size = OSM_MIN(size, OSM_SEQUENCE_LONG);
    sequence->available = osm_alloc(size * sizeof(*numbers));
    memcpy(sequence->available, numbers, size * sizeof(*numbers));
    sequence->available_size = size;
}

void osm_sequence_transferred(struct osm_sequence *sequence, const uint32_t *numbers, size_t size)
{
    uint32_t first = 0, last = 0;

    for (size_t i = 0; i < size; i++) {
        if (!first || osm_sequence_is_ahead(first, numbers[i]))
            first = numbers[i];
        if (!last || osm_sequence_is_ahead(numbers[i], last))
            last = numbers[i];
    }
    if (!last)
        return;
    if (sequence->expected == 0)
        sequence->expected = first;
    osm_sequence_note_available(sequence, numbers, size);
    if (!osm_sequence_is_ahead(sequence->expected, last))
        expect_until(sequence, osm_sequence_next(last));
}

void osm_sequence_catch_up(struct osm_sequence *sequence)
{
    sequence->catching_up = sequence->expected != 0;
}

/* Passes over the numbers from the expected one up to, not with, that one. */
static void pass_over(struct osm_sequence *sequence, uint32_t number)
{
    if (!sequence->lost_from)
        sequence->lost_from = sequence->expected;
    sequence->lost_to = number_before(number);
    sequence->expected = number;
}

/* The number behind what is missing, 0 when nothing is known to be. */
static uint32_t goal(const struct osm_sequence *sequence)
{
    if (sequence->held)
        return number_of(sequence->held);
    return sequence->until && osm_sequence_is_ahead(sequence->until, sequence->expected)
               ? sequence->until
               : 0;
}

void osm_sequence_unavailable(struct osm_sequence *sequence, uint32_t number)
{
    if (number != sequence->expected)
        return; /* it has come meanwhile */
    if (goal(sequence))
        pass_over(sequence, osm_sequence_next(number));
    else
        sequence->catching_up = false;
}

void osm_sequence_give_up(struct osm_sequence *sequence)
{
    uint32_t number = goal(sequence);

    sequence->catching_up = false;
    if (number && number != sequence->expected)
        pass_over(sequence, number);
}

void osm_sequence_pass(struct osm_sequence *sequence, const UA_NotificationMessage *message)
{
    uint32_t number = message->sequenceNumber;

    if (number == 0 || (sequence->expected && osm_sequence_is_ahead(sequence->expected, number)))
        return;
    sequence->expected = message->notificationDataSize ? osm_sequence_next(number) : number;
}

/* --- what comes out ------------------------------------------------------------------------ */

bool osm_sequence_is_incomplete(const struct osm_sequence *sequence)
{
    return sequence->catching_up || sequence->lost_from || goal(sequence);
}

/* The first missing number it makes sense to ask for; `end` when there is none. */
static uint32_t worth_asking(const struct osm_sequence *sequence, uint32_t end)
{
    uint32_t missing = osm_sequence_distance(sequence->expected, end), first = end;

    if (missing <= OSM_SEQUENCE_SHORT ||
        (!sequence->available_size && missing <= OSM_SEQUENCE_LONG))
        return sequence->expected;
    for (size_t i = 0; i < sequence->available_size; i++) {
        uint32_t number = sequence->available[i];

        if (osm_sequence_is_ahead(first, number) &&
            !osm_sequence_is_ahead(sequence->expected, number))
            first = number;
    }
    return first;
}

static struct osm_sequence_move report_loss(struct osm_sequence *sequence)
{
    struct osm_sequence_move move = {
        .step = OSM_SEQUENCE_LOST, .from = sequence->lost_from, .to = sequence->lost_to};

    sequence->lost_from = sequence->lost_to = 0;
    return move;
}

static struct osm_sequence_move deliver(struct osm_sequence *sequence)
{
    struct osm_sequence_move move = {.step = OSM_SEQUENCE_DELIVER, .message = sequence->held};

    take_out(sequence, move.message);
    sequence->expected = osm_sequence_next(number_of(move.message));
    return move;
}

static struct osm_sequence_move rest(struct osm_sequence *sequence)
{
    forget_available(sequence);
    sequence->until = 0;
    return (struct osm_sequence_move){.step = OSM_SEQUENCE_REST};
}

struct osm_sequence_move osm_sequence_move_next(struct osm_sequence *sequence)
{
    uint32_t end = goal(sequence);

    if (end && end != sequence->expected) {
        uint32_t number = worth_asking(sequence, end);

        if (number != sequence->expected)
            pass_over(sequence, number);
    }
    if (end && end != sequence->expected)
        return (struct osm_sequence_move){.step = OSM_SEQUENCE_ASK, .from = sequence->expected};
    if (sequence->lost_from)
        return report_loss(sequence);
    if (sequence->held)
        return deliver(sequence);
    if (sequence->catching_up)
        return (struct osm_sequence_move){.step = OSM_SEQUENCE_ASK, .from = sequence->expected};
    return rest(sequence);
}
