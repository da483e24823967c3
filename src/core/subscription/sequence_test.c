/* SPDX-License-Identifier: MIT */
/*
 * Sequence numbers: the whole transition table of a sequence. A row is a story in a small language;
 * what the sequence wants done is written down after each of its words and compared.
 *
 *   m5  a Publish brings message 5          u5  the server cannot publish 5 again
 *   k5  a keep-alive with number 5          r5  Republish brings 5
 *   c   there may have been a loss: catch up g  what is missing is given up
 *   t3-5 transferred, 3 to 5 are available  b   begins anew
 *   a3-5 the server lists 3 to 5            m9a3-5 both at once
 *
 * Steps: d5 delivered, ?5 asked for, x5-6 lost, =5 was here already. A number above a million is
 * counted back from the end of the ring: m+0 is the last number, m+1 the one before.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <open62541/types_generated_handling.h>
#include <string.h>

#include "core/subscription/sequence.h"
#include "util/buf.h"
#include "util/macros.h"

struct row {
    const char *what, *story, *steps;
};

static const struct row rows[] = {
    /* in order */
    {"in order", "m1 m2 m3", "d1 d2 d3"},
    {"a keep-alive does not use its number up", "k1 m1 k2 k2 m2", "d1 d2"},
    {"the end of the ring", "b+1 m+1 m+0 m1 m2", "d+1 d+0 d1 d2"},
    {"a keep-alive at the end of the ring", "b+0 m+0 k1 m1", "d+0 d1"},
    {"any number begins", "b0 m7 m8", "d7 d8"},
    {"a keep-alive says where it begins", "b0 k7 m7", "d7"},
    /* behind */
    {"a second time", "m1 m1 m2 m1", "d1 =1 d2 =1"},
    {"a second time while held", "m2 m2 r1", "?1 =2 ?1 d1 d2"},
    {"an old keep-alive", "m1 m2 k1 m3", "d1 d2 d3"},
    {"behind the end of the ring", "b1 m+0 m1", "=+0 d1"},
    /* a gap */
    {"one missing", "m1 m3 r2 m4", "d1 ?2 d2 d3 d4"},
    {"the missing one comes late by itself", "m2 m1", "?1 d1 d2"},
    {"… and then again", "m2 m1 r1", "?1 d1 d2 =1"},
    {"two missing", "m3 r1 r2", "?1 d1 ?2 d2 d3"},
    {"others come meanwhile", "m2 m3 r1 m4", "?1 ?1 d1 d2 d3 d4"},
    {"out of order among the held", "m4 m3 m2 r1", "?1 ?1 ?1 d1 d2 d3 d4"},
    {"a gap in what is held", "m2 m4 r1 r3", "?1 ?1 d1 d2 ?3 d3 d4"},
    {"a gap over the end of the ring", "b+0 m2 r+0 r1", "?+0 d+0 ?1 d1 d2"},
    {"a keep-alive shows a gap", "m1 k3 r2 m3", "d1 ?2 d2 d3"},
    {"a keep-alive shows a gap of two", "k3 r1 r2 k3", "?1 d1 ?2 d2"},
    {"a keep-alive in the middle of a gap", "m4 k3 r1 r2 r3", "?1 ?1 d1 ?2 d2 ?3 d3 d4"},
    /* lost */
    {"one lost", "m1 m3 u2 m4", "d1 ?2 x2-2 d3 d4"},
    {"all lost are one report", "m4 u1 u2 u3", "?1 ?2 ?3 x1-3 d4"},
    {"the oldest lost", "m4 u1 r2 r3", "?1 ?2 x1-1 d2 ?3 d3 d4"},
    {"the newest lost", "m3 r1 u2", "?1 d1 ?2 x2-2 d3"},
    {"lost over the end of the ring", "b+0 m2 u+0 u1", "?+0 ?1 x+0-1 d2"},
    {"lost before a keep-alive", "k2 u1 m2", "?1 x1-1 d2"},
    {"lost although it came", "m2 m1 u1 m3", "?1 d1 d2 d3"},
    {"given up", "m4 g m5", "?1 x1-3 d4 d5"},
    {"given up twice", "m4 m6 g g", "?1 ?1 x1-3 d4 ?5 x5-5 d6"},
    {"nothing to give up", "m1 g m2", "d1 d2"},
    /* after a loss of the connection */
    {"nothing was missed", "m1 c u2 m2", "d1 ?2 d2"},
    {"two were missed", "m1 c r2 r3 u4 m4", "d1 ?2 d2 ?3 d3 ?4 d4"},
    {"more were missed than are available", "m1 c u2 m4 u2 r3", "d1 ?2 ?2 ?3 x2-2 d3 d4"},
    {"a message comes while catching up", "m1 c m3 r2 u4", "d1 ?2 ?2 d2 d3 ?4"},
    {"the expected one comes while catching up", "m1 c m2 r2 u3", "d1 ?2 d2 ?3 =2 ?3"},
    {"catching up with a gap", "m1 m3 c r2 u4", "d1 ?2 ?2 d2 d3 ?4"},
    {"catching up from nowhere", "b0 c m5", "d5"},
    {"catching up given up", "m1 c g m2", "d1 ?2 d2"},
    /* transfers */
    {"transferred with nothing", "m1 t m2", "d1 d2"},
    {"transferred with what has been here", "m1 m2 t1-2 m3", "d1 d2 d3"},
    {"transferred with new ones", "m1 t2-3 r2 r3 m4", "d1 ?2 d2 ?3 d3 d4"},
    {"transferred, one is lost", "m1 t3-4 u2 r3 r4", "d1 ?2 ?3 x2-2 d3 ?4 d4"},
    {"transferred from somebody else", "b0 t3-4 r3 r4 m5", "?3 d3 ?4 d4 d5"},
    {"transferred over the end of the ring", "b+0 t+0-1 r+0 r1", "?+0 d+0 ?1 d1"},
    /* begins anew */
    {"anew", "m1 m2 b1 m1", "d1 d2 d1"},
    {"anew forgets what is held", "m1 m5 b1 m1 m2", "d1 ?2 d1 d2"},
    /* long gaps */
    {"a long gap without a list", "m30 u1 r2 g", "?1 ?2 x1-1 d2 ?3 x3-29 d30"},
    {"a long gap with a list", "m30a28-30 r28 r29", "?28 x1-27 d28 ?29 d29 d30"},
    {"a long gap with a useless list", "m30a30-30", "x1-29 d30"},
    {"a short gap with a useless list", "m3a3-3 r1 u2", "?1 d1 ?2 x2-2 d3"},
    {"as many as are always asked for", "m17a17-17", "?1"},
    {"one more than that", "m18a18-18", "x1-17 d18"},
    {"a list that begins with what has been here", "b20 m60a18-21 g", "?20 x20-59 d60"},
    {"as many as are asked for without a list", "m1001 g", "?1 x1-1000 d1001"},
    {"too long without a list", "m1002", "x1-1001 d1002"},
    {"too long with a list", "k2000a1999-1999 r1999 m2000", "?1999 x1-1998 d1999 d2000"},
};

/* --- the language -------------------------------------------------------------------------- */

static uint32_t number(const char **at)
{
    bool back = **at == '+';
    uint32_t value = 0;

    *at += back;
    while (**at >= '0' && **at <= '9')
        value = value * 10 + (uint32_t)(*(*at)++ - '0');
    return back ? UINT32_MAX - value : value;
}

static void print_number(struct osm_buf *out, uint32_t value)
{
    if (value > 0xFFFF0000)
        osm_buf_printf(out, "+%u", UINT32_MAX - value);
    else
        osm_buf_printf(out, "%u", value);
}

static void print(struct osm_buf *out, char step, uint32_t value)
{
    osm_buf_printf(out, out->length ? " %c" : "%c", step);
    print_number(out, value);
}

static void work(struct osm_sequence *sequence, struct osm_buf *out)
{
    for (;;) {
        struct osm_sequence_move move = osm_sequence_move_next(sequence);

        switch (move.step) {
        case OSM_SEQUENCE_REST:
            assert_false(osm_sequence_is_incomplete(sequence));
            return;
        case OSM_SEQUENCE_ASK:
            assert_true(osm_sequence_is_incomplete(sequence));
            print(out, '?', move.from);
            return;
        case OSM_SEQUENCE_LOST:
            print(out, 'x', move.from);
            osm_buf_printf(out, "-");
            print_number(out, move.to);
            break;
        case OSM_SEQUENCE_DELIVER:
            print(out, 'd', move.message->stored.response->notificationMessage.sequenceNumber);
            osm_sequence_message_free(move.message);
            break;
        }
    }
}

static bool bring(struct osm_sequence *sequence, uint32_t sequence_number)
{
    UA_PublishResponse response;
    bool taken;

    UA_PublishResponse_init(&response);
    response.notificationMessage.sequenceNumber = sequence_number;
    taken = osm_sequence_take(sequence, &response, NULL);
    UA_PublishResponse_clear(&response);
    return taken;
}

static size_t list(const char **at, uint32_t *numbers)
{
    uint32_t first, last;
    size_t size = 0;

    if (**at == ' ' || !**at)
        return 0;
    first = number(at);
    (*at)++;
    last = number(at);
    for (numbers[size++] = first; numbers[size - 1] != last; size++)
        numbers[size] = osm_sequence_next(numbers[size - 1]);
    return size;
}

static void begin(struct osm_sequence *sequence, uint32_t sequence_number)
{
    osm_sequence_begin(sequence);
    if (sequence_number == 0)
        osm_sequence_clear(sequence);
    else
        sequence->expected = sequence_number;
}

static void word(struct osm_sequence *sequence, const char **at, struct osm_buf *out)
{
    char verb = *(*at)++;
    uint32_t numbers[16], value = 0;
    size_t size = 0;

    if (verb == 't' || verb == 'a')
        size = list(at, numbers);
    else
        value = number(at);
    if (verb == 'm' || verb == 'r') {
        if (!bring(sequence, value))
            print(out, '=', value);
    } else if (verb == 'k') {
        (void)osm_sequence_keep_alive(sequence, value);
    } else if (verb == 'u') {
        osm_sequence_unavailable(sequence, value);
    } else if (verb == 'c') {
        osm_sequence_catch_up(sequence);
    } else if (verb == 'g') {
        osm_sequence_give_up(sequence);
    } else if (verb == 't') {
        osm_sequence_transferred(sequence, numbers, size);
    } else if (verb == 'a') {
        osm_sequence_note_available(sequence, numbers, size);
    } else {
        assert_int_equal(verb, 'b');
        begin(sequence, value);
    }
}

static void tell(const struct row *row, struct osm_buf *out)
{
    struct osm_sequence sequence = {0};
    const char *at = row->story;

    osm_sequence_begin(&sequence);
    while (*at) {
        while (*at && *at != ' ')
            word(&sequence, &at, out);
        work(&sequence, out);
        at += *at == ' ';
    }
    osm_sequence_clear(&sequence);
}

static void test_stories(void **state)
{
    unsigned failed = 0;

    for (size_t i = 0; i < OSM_ARRAY_SIZE(rows); i++) {
        struct osm_buf out = {0};

        tell(&rows[i], &out);
        osm_buf_printf(&out, "%c", '\0');
        if (strcmp(out.data, rows[i].steps) != 0) {
            print_error("%s: %s\n  is    %s\n  not   %s\n", rows[i].what, rows[i].story, out.data,
                        rows[i].steps);
            failed++;
        }
        osm_buf_deinit(&out);
    }
    assert_int_equal(failed, 0);
}

/* --- numbers ------------------------------------------------------------------------------- */

static void test_numbers(void **state)
{
    static const struct {
        uint32_t from, to, distance;
        bool ahead; /* `to` of `from` */
    } pairs[] = {
        {1, 1, 0, false},
        {1, 2, 1, true},
        {2, 1, UINT32_MAX - 1, false},
        {UINT32_MAX, 1, 1, true},
        {UINT32_MAX - 1, 3, 4, true},
        {1, UINT32_MAX, UINT32_MAX - 1, false},
        {1, UINT32_C(0x80000000), UINT32_C(0x7FFFFFFF), true},
        {1, UINT32_C(0x80000001), UINT32_C(0x80000000), false},
    };

    assert_int_equal(osm_sequence_next(UINT32_MAX), 1);
    for (size_t i = 0; i < OSM_ARRAY_SIZE(pairs); i++) {
        assert_int_equal(osm_sequence_distance(pairs[i].from, pairs[i].to), pairs[i].distance);
        assert_int_equal(osm_sequence_is_ahead(pairs[i].to, pairs[i].from), pairs[i].ahead);
    }
}

/* --- bounds -------------------------------------------------------------------------------- */

static void test_what_is_held_is_bounded(void **state)
{
    struct osm_sequence sequence = {0};
    struct osm_buf out = {0};

    osm_sequence_begin(&sequence);
    for (uint32_t i = 0; i < OSM_SEQUENCE_HELD; i++)
        assert_true(bring(&sequence, 3 + i));
    work(&sequence, &out);
    assert_string_equal(osm_buf_text(&out), "?1");
    assert_true(bring(&sequence, 3 + OSM_SEQUENCE_HELD));
    osm_buf_truncate(&out, 0);
    work(&sequence, &out);
    assert_memory_equal(osm_buf_text(&out), "x1-2 d3 d4 d5", 13);
    assert_int_equal(sequence.held_count, 0);
    osm_sequence_clear(&sequence);
    osm_buf_deinit(&out);
}

/* --- anything may happen ------------------------------------------------------------------- */

#define MESSAGES 400u

/* A server that sends MESSAGES messages over a bad network and has the last few of them. */
struct chaos {
    struct osm_sequence sequence;
    uint64_t seed;
    uint32_t first, sent;  /* number of the first; how many were sent */
    uint32_t delivered_to; /* what was delivered or lost last */
    uint32_t delivered, lost, repeated;
};

static uint32_t chance(struct chaos *chaos, uint32_t of)
{
    chaos->seed = chaos->seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (uint32_t)(chaos->seed >> 33) % of;
}

static uint32_t number_at(const struct chaos *chaos, uint32_t i)
{
    uint32_t value = chaos->first;

    for (; i; i--)
        value = osm_sequence_next(value);
    return value;
}

/* Nothing is skipped in silence, nothing comes twice. */
static void passed(struct chaos *chaos, uint32_t from, uint32_t to)
{
    assert_int_equal(from, osm_sequence_next(chaos->delivered_to));
    chaos->delivered_to = to;
}

/* One step; false when there is nothing to do. Republish is answered at once. */
static bool chaos_step(struct chaos *chaos)
{
    struct osm_sequence_move move = osm_sequence_move_next(&chaos->sequence);
    uint32_t at;

    switch (move.step) {
    case OSM_SEQUENCE_REST:
        return false;
    case OSM_SEQUENCE_DELIVER:
        at = move.message->stored.response->notificationMessage.sequenceNumber;
        passed(chaos, at, at);
        chaos->delivered++;
        osm_sequence_message_free(move.message);
        return true;
    case OSM_SEQUENCE_LOST:
        passed(chaos, move.from, move.to);
        chaos->lost += osm_sequence_distance(move.from, move.to) + 1;
        return true;
    case OSM_SEQUENCE_ASK:
        at = osm_sequence_distance(chaos->first, move.from);
        if (at < chaos->sent && chaos->sent - at <= 10 && chance(chaos, 4))
            chaos->repeated += bring(&chaos->sequence, move.from);
        else
            osm_sequence_unavailable(&chaos->sequence, move.from);
        return true;
    }
    return false;
}

static void chaos_event(struct chaos *chaos)
{
    uint32_t next = number_at(chaos, chaos->sent);

    switch (chance(chaos, 8)) {
    case 0: /* never arrives */
        chaos->sent++;
        break;
    case 1:
        (void)osm_sequence_keep_alive(&chaos->sequence, next);
        break;
    case 2: /* an old one again */
        if (chaos->sent)
            (void)bring(&chaos->sequence, number_at(chaos, chance(chaos, chaos->sent)));
        break;
    case 3:
        osm_sequence_catch_up(&chaos->sequence);
        break;
    default:
        (void)bring(&chaos->sequence, next);
        chaos->sent++;
    }
    while (chance(chaos, 4) && chaos_step(chaos))
        ;
}

static void test_chaos(void **state)
{
    uint32_t repeated = 0, lost = 0;

    for (uint64_t seed = 0; seed < 200; seed++) {
        struct chaos chaos = {.seed = seed, .first = seed % 2 ? 1 : UINT32_MAX - 100};

        osm_sequence_begin(&chaos.sequence);
        chaos.sequence.expected = chaos.first;
        chaos.delivered_to = chaos.first == 1 ? UINT32_MAX : chaos.first - 1;
        while (chaos.sent < MESSAGES)
            chaos_event(&chaos);
        (void)osm_sequence_keep_alive(&chaos.sequence, number_at(&chaos, chaos.sent));
        while (chaos_step(&chaos))
            ;
        assert_int_equal(chaos.delivered + chaos.lost, chaos.sent);
        repeated += chaos.repeated;
        lost += chaos.lost;
        osm_sequence_clear(&chaos.sequence);
    }
    assert_true(repeated > 1000 && lost > 1000); /* both have been tried */
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stories),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_what_is_held_is_bounded),
        cmocka_unit_test(test_chaos),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
