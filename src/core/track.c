/* SPDX-License-Identifier: MIT */
/* Sequence numbers of a subscription; see track.h. */
#include "core/track.h"

#include <string.h>

#include <open62541/types_generated_handling.h>
#include <utlist.h>

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

static uint32_t number_of(const struct osm_track_message *message)
{
    return message->response.notificationMessage.sequenceNumber;
}

/* --- coming and going ---------------------------------------------------------------------- */

void osm_track_message_free(struct osm_track_message *message)
{
    if (!message)
        return;
    UA_PublishResponse_clear(&message->response);
    free(message);
}

static void forget_available(struct osm_track *track)
{
    free(osm_steal(track->available));
    track->available_size = 0;
}

void osm_track_clear(struct osm_track *track)
{
    struct osm_track_message *message, *next;

    DL_FOREACH_SAFE (track->held, message, next)
        osm_track_message_free(message);
    forget_available(track);
    *track = (struct osm_track){.heard = track->heard};
}

void osm_track_begin(struct osm_track *track)
{
    osm_track_clear(track);
    track->expected = 1;
}

void osm_track_begin_anywhere(struct osm_track *track)
{
    osm_track_clear(track);
}

/* --- what comes in ------------------------------------------------------------------------- */

static int by_number(const struct osm_track_message *a, const struct osm_track_message *b)
{
    return osm_sequence_is_ahead(number_of(a), number_of(b)) ? 1 : -1;
}

static bool is_held(const struct osm_track *track, uint32_t number)
{
    const struct osm_track_message *message;

    DL_FOREACH (track->held, message)
        if (number_of(message) == number)
            return true;
    return false;
}

bool osm_track_take(struct osm_track *track, UA_PublishResponse *response)
{
    uint32_t number = response->notificationMessage.sequenceNumber;
    struct osm_track_message *message;

    if (track->expected == 0)
        track->expected = number;
    if (osm_sequence_is_ahead(track->expected, number) || is_held(track, number))
        return false;
    message = osm_alloc(sizeof(*message));
    message->response = *response;
    UA_PublishResponse_init(response);
    DL_INSERT_INORDER(track->held, message, by_number);
    if (++track->held_count > OSM_TRACK_HELD)
        osm_track_give_up(track);
    return true;
}

/* Messages before that number exist. */
static void expect_until(struct osm_track *track, uint32_t number)
{
    if (!track->until || osm_sequence_is_ahead(number, track->until))
        track->until = number;
}

bool osm_track_keep_alive(struct osm_track *track, uint32_t number)
{
    if (number == 0)
        return true;
    if (track->expected == 0)
        track->expected = number;
    if (osm_sequence_is_ahead(number, track->expected))
        expect_until(track, number);
    return !osm_track_is_incomplete(track);
}

void osm_track_note_available(struct osm_track *track, const uint32_t *numbers, size_t size)
{
    forget_available(track);
    if (!size)
        return;
    size = OSM_MIN(size, OSM_TRACK_LONG);
    track->available = osm_alloc(size * sizeof(*numbers));
    memcpy(track->available, numbers, size * sizeof(*numbers));
    track->available_size = size;
}

void osm_track_transferred(struct osm_track *track, const uint32_t *numbers, size_t size)
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
    if (track->expected == 0)
        track->expected = first;
    osm_track_note_available(track, numbers, size);
    if (!osm_sequence_is_ahead(track->expected, last))
        expect_until(track, osm_sequence_next(last));
}

void osm_track_catch_up(struct osm_track *track)
{
    track->catching_up = track->expected != 0;
}

/* Passes over the numbers from the expected one up to, not with, that one. */
static void pass_over(struct osm_track *track, uint32_t number)
{
    if (!track->lost_from)
        track->lost_from = track->expected;
    track->lost_to = number_before(number);
    track->expected = number;
}

/* The number behind what is missing, 0 when nothing is known to be. */
static uint32_t goal(const struct osm_track *track)
{
    if (track->held)
        return number_of(track->held);
    return track->until && osm_sequence_is_ahead(track->until, track->expected) ? track->until : 0;
}

void osm_track_unavailable(struct osm_track *track, uint32_t number)
{
    if (number != track->expected)
        return; /* it has come meanwhile */
    if (goal(track))
        pass_over(track, osm_sequence_next(number));
    else
        track->catching_up = false;
}

void osm_track_give_up(struct osm_track *track)
{
    uint32_t number = goal(track);

    track->catching_up = false;
    if (number && number != track->expected)
        pass_over(track, number);
}

void osm_track_pass(struct osm_track *track, const UA_NotificationMessage *message)
{
    uint32_t number = message->sequenceNumber;

    if (number == 0 || (track->expected && osm_sequence_is_ahead(track->expected, number)))
        return;
    track->expected = message->notificationDataSize ? osm_sequence_next(number) : number;
}

/* --- what comes out ------------------------------------------------------------------------ */

bool osm_track_is_incomplete(const struct osm_track *track)
{
    return track->catching_up || track->lost_from || goal(track);
}

/* The first missing number it makes sense to ask for; `end` when there is none. */
static uint32_t worth_asking(const struct osm_track *track, uint32_t end)
{
    uint32_t missing = osm_sequence_distance(track->expected, end), first = end;

    if (missing <= OSM_TRACK_SHORT || (!track->available_size && missing <= OSM_TRACK_LONG))
        return track->expected;
    for (size_t i = 0; i < track->available_size; i++) {
        uint32_t number = track->available[i];

        if (osm_sequence_is_ahead(first, number) && !osm_sequence_is_ahead(track->expected, number))
            first = number;
    }
    return first;
}

static struct osm_track_move report_loss(struct osm_track *track)
{
    struct osm_track_move move = {
        .step = OSM_TRACK_LOST, .from = track->lost_from, .to = track->lost_to};

    track->lost_from = track->lost_to = 0;
    return move;
}

static struct osm_track_move deliver(struct osm_track *track)
{
    struct osm_track_move move = {.step = OSM_TRACK_DELIVER, .message = track->held};

    osm_assert(track->held);
    DL_DELETE(track->held, move.message);
    track->held_count--;
    track->expected = osm_sequence_next(number_of(move.message));
    return move;
}

static struct osm_track_move rest(struct osm_track *track)
{
    forget_available(track);
    track->until = 0;
    return (struct osm_track_move){.step = OSM_TRACK_REST};
}

struct osm_track_move osm_track_next(struct osm_track *track)
{
    uint32_t end = goal(track);

    if (end && end != track->expected) {
        uint32_t number = worth_asking(track, end);

        if (number != track->expected)
            pass_over(track, number);
    }
    if (end && end != track->expected)
        return (struct osm_track_move){.step = OSM_TRACK_ASK, .from = track->expected};
    if (track->lost_from)
        return report_loss(track);
    if (track->held)
        return deliver(track);
    if (track->catching_up)
        return (struct osm_track_move){.step = OSM_TRACK_ASK, .from = track->expected};
    return rest(track);
}
