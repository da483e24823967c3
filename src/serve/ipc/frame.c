/* SPDX-License-Identifier: MIT */
/* Lines out of bytes; see frame.h for the modes and the cost. */
#include "serve/ipc/frame.h"

#include <string.h>

#include "util/alloc.h"
#include "util/wipe.h"

/* Kept from one line to the next; what larger lines needed is given back. */
#define OSM_FRAME_KEEP ((size_t)65536)
/* Kept from one connection to the next. */
#define OSM_FRAME_KEEP_IDLE ((size_t)4096)

/* Lines carry secrets: what has been read of them must not stay. */
static void wipe_held(struct osm_buf *held)
{
    osm_wipe(held->data, held->length);
}

void osm_frame_deinit(struct osm_frame *frame)
{
    if (!frame)
        return;
    wipe_held(&frame->held);
    osm_buf_deinit(&frame->held);
}

void osm_frame_reset(struct osm_frame *frame, size_t limit)
{
    struct osm_buf held = frame->held;

    wipe_held(&held);
    osm_buf_reset(&held, OSM_FRAME_KEEP_IDLE);
    *frame = (struct osm_frame){.limit = limit, .held = held};
}

void osm_frame_set_persistent(struct osm_frame *frame, size_t limit)
{
    frame->persistent = true;
    frame->limit = limit;
}

void osm_frame_feed(struct osm_frame *frame, const char *data, size_t size)
{
    osm_assert(frame->fed_length == 0);
    frame->fed = data;
    frame->fed_length = size;
    if (frame->persistent)
        return;
    frame->total += size;
    frame->overflowed = frame->total > OSM_FRAME_BUFFER_BYTES;
}

static size_t unread(const struct osm_frame *frame)
{
    return frame->held.length - frame->start;
}

static void take_fed(struct osm_frame *frame, size_t size)
{
    osm_assert(size <= frame->fed_length);
    if (size == 0)
        return; /* fed may be NULL */
    frame->fed += size;
    frame->fed_length -= size;
}

static void hold_fed(struct osm_frame *frame, size_t size)
{
    /* Not quadratic: something was read from held, so what is left came with one feeding. */
    if (frame->start > 0) {
        osm_buf_consume(&frame->held, frame->start);
        frame->start = 0;
    }
    osm_buf_add(&frame->held, frame->fed, size);
    take_fed(frame, size);
}

static void drop_held(struct osm_frame *frame)
{
    wipe_held(&frame->held);
    osm_buf_reset(&frame->held, OSM_FRAME_KEEP);
    frame->start = 0;
    frame->scanned = 0;
}

static enum osm_frame_verdict judge(const struct osm_frame *frame, const char *text, size_t size,
                                    const char **line, size_t *length)
{
    *line = text;
    *length = size;
    return size > frame->limit ? OSM_FRAME_TOO_LONG : OSM_FRAME_LINE;
}

/* A line that lies whole in the held bytes. */
static bool next_held(struct osm_frame *frame, enum osm_frame_verdict *verdict, const char **line,
                      size_t *length)
{
    size_t size = unread(frame) - frame->scanned;
    const char *from, *newline;

    if (size == 0)
        return false;
    from = frame->held.data + frame->start + frame->scanned;
    newline = memchr(from, '\n', size);
    if (!newline) {
        frame->scanned += size;
        return false;
    }
    from = frame->held.data + frame->start;
    size = (size_t)(newline - from);
    frame->start += size + 1;
    frame->scanned = 0;
    *verdict = judge(frame, from, size, line, length);
    return true;
}

/* Drops input up to the end of a line that is too long. */
static enum osm_frame_verdict skip(struct osm_frame *frame)
{
    const char *newline = frame->fed_length ? memchr(frame->fed, '\n', frame->fed_length) : NULL;

    if (!newline) {
        take_fed(frame, frame->fed_length);
        return OSM_FRAME_MORE;
    }
    take_fed(frame, (size_t)(newline - frame->fed) + 1);
    frame->skipping = false;
    return OSM_FRAME_TOO_LONG;
}

/* A line without end that is too long already: its bytes need not be kept. */
static enum osm_frame_verdict begin_skip(struct osm_frame *frame)
{
    drop_held(frame);
    take_fed(frame, frame->fed_length);
    frame->skipping = true;
    return frame->persistent ? OSM_FRAME_TOO_LONG : OSM_FRAME_MORE;
}

/* No line lies whole in the held bytes: looks for its end in the fed ones. */
static enum osm_frame_verdict next_fed(struct osm_frame *frame, const char **line, size_t *length)
{
    const char *text = frame->fed;
    size_t held = unread(frame), size = frame->fed_length;
    const char *newline = size ? memchr(text, '\n', size) : NULL;

    if (!newline) {
        if (held + size > frame->limit)
            return begin_skip(frame);
        if (size) {
            hold_fed(frame, size);
            frame->scanned = unread(frame);
        }
        return OSM_FRAME_MORE;
    }
    size = (size_t)(newline - text);
    if (held == 0) {
        take_fed(frame, size + 1);
        return judge(frame, text, size, line, length);
    }
    if (held + size > frame->limit) {
        drop_held(frame);
        take_fed(frame, size + 1);
        return OSM_FRAME_TOO_LONG;
    }
    hold_fed(frame, size + 1);
    frame->start = frame->held.length;
    frame->scanned = 0;
    return judge(frame, frame->held.data, held + size, line, length);
}

enum osm_frame_verdict osm_frame_next(struct osm_frame *frame, const char **line, size_t *length)
{
    enum osm_frame_verdict verdict;

    *line = NULL;
    *length = 0;
    if (frame->overflowed)
        return OSM_FRAME_OVERFLOW;
    if (frame->start > 0 && unread(frame) == 0)
        drop_held(frame);
    if (frame->skipping) {
        verdict = skip(frame);
        /* Persistent: this line was reported when it became too long. */
        if (verdict == OSM_FRAME_MORE || !frame->persistent)
            return verdict;
    }
    if (next_held(frame, &verdict, line, length))
        return verdict;
    return next_fed(frame, line, length);
}

void osm_frame_keep(struct osm_frame *frame)
{
    if (frame->fed_length)
        hold_fed(frame, frame->fed_length);
    frame->fed = NULL;
}

bool osm_frame_has_rest(const struct osm_frame *frame)
{
    return unread(frame) > 0 || frame->fed_length > 0 || frame->skipping;
}
