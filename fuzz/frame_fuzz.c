/* SPDX-License-Identifier: MIT */
/*
 * Framing against a plain reference: whatever pieces the bytes come in and wherever the reader
 * pauses, the lines are those of the whole text. The first bytes of the input choose limit, mode
 * and size of the pieces.
 */
#include <stdint.h>
#include <string.h>

#include "serve/ipc/frame.h"
#include "util/alloc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What the reference still expects: the bytes from `at` on. */
struct reference {
    const char *text;
    size_t size, at, limit;
};

/* The next complete line, or false at the end of the text. */
static bool next_line(struct reference *reference, const char **line, size_t *length)
{
    const char *start = reference->text + reference->at;
    size_t rest = reference->size - reference->at;
    const char *newline = rest ? memchr(start, '\n', rest) : NULL;

    if (!newline)
        return false;
    *line = start;
    *length = (size_t)(newline - start);
    reference->at += *length + 1;
    return true;
}

/* One verdict of the frame against the reference. Returns false when it wants more. */
static bool check_next(struct osm_frame *frame, struct reference *reference, bool *cut_short)
{
    const char *line, *expected = NULL;
    size_t length, expected_length = 0;
    enum osm_frame_verdict verdict = osm_frame_next(frame, &line, &length);

    if (verdict == OSM_FRAME_MORE)
        return false;
    osm_assert(verdict != OSM_FRAME_OVERFLOW);
    if (*cut_short) /* a line reported before its end was there: it may have come meanwhile */
        (void)next_line(reference, &expected, &expected_length);
    *cut_short = false;
    if (!next_line(reference, &expected, &expected_length)) {
        /* Only a persistent line is found too long before it ends. */
        osm_assert(verdict == OSM_FRAME_TOO_LONG && frame->persistent);
        *cut_short = true;
        return true;
    }
    osm_assert((verdict == OSM_FRAME_TOO_LONG) == (expected_length > reference->limit));
    if (verdict == OSM_FRAME_LINE)
        osm_assert(length == expected_length && memcmp(line, expected, length) == 0);
    return true;
}

static void run(const char *text, size_t size, size_t limit, size_t piece, bool persistent,
                size_t pause)
{
    struct reference reference = {.text = text, .limit = limit};
    struct osm_frame frame = {0};
    bool cut_short = false;

    osm_frame_reset(&frame, limit);
    if (persistent)
        osm_frame_set_persistent(&frame, limit);
    for (size_t at = 0; at < size; at += piece) {
        size_t part = OSM_MIN(piece, size - at);
        _cleanup_(osm_freep) char *copy = osm_strndup(text + at, part);

        osm_frame_feed(&frame, copy, part);
        reference.size = at + part;
        for (size_t i = 0; i < pause && check_next(&frame, &reference, &cut_short); i++)
            continue;
        osm_frame_keep(&frame);
    }
    while (check_next(&frame, &reference, &cut_short))
        continue;
    osm_assert(osm_frame_has_rest(&frame) == (reference.at < size) || cut_short);
    osm_frame_deinit(&frame);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 4 || size > 65536)
        return 0;
    run((const char *)data + 4, size - 4, data[0] % 64, 1 + data[1], data[2] & 1,
        data[3] ? data[3] : SIZE_MAX);
    return 0;
}
