/* SPDX-License-Identifier: MIT */
#ifndef OSM_SERVE_IPC_FRAME_H
#define OSM_SERVE_IPC_FRAME_H
/*
 * Cuts a stream of bytes into lines (contract: ipc-protocol.md §2). Knows no socket: bytes are
 * fed in, verdicts come out.
 *
 *     osm_frame_feed(&frame, data, size);
 *     while ((verdict = osm_frame_next(&frame, &line, &length)) != OSM_FRAME_MORE)
 *         …
 *     osm_frame_keep(&frame);      (before `data` is overwritten)
 *
 * A line that lies whole in the fed bytes is returned in place; only what is left over at the
 * end is copied, and each byte is looked at and copied at most once, however many lines there
 * are and however small the pieces they come in.
 *
 * Two modes. A new frame is *classic*: one line, and whoever sends more than
 * OSM_FRAME_BUFFER_BYTES is cut off. After osm_frame_set_persistent() any number of lines
 * follow; a line that is too long is reported once and skipped up to its end.
 */
#include <stdbool.h>
#include <stddef.h>

#include "util/buf.h"

/* What a classic caller may send before its input is refused, the '\n' included. */
#define OSM_FRAME_BUFFER_BYTES ((size_t)1 << 20)

enum osm_frame_verdict {
    OSM_FRAME_MORE,     /* no complete line: read on */
    OSM_FRAME_LINE,     /* a line, without its '\n' */
    OSM_FRAME_TOO_LONG, /* a line above the limit; classic: only known when its '\n' is there */
    OSM_FRAME_OVERFLOW, /* classic: more than OSM_FRAME_BUFFER_BYTES; nothing more will come */
};

struct osm_frame {
    size_t limit; /* longest line, without '\n' */
    bool persistent;
    bool overflowed;
    bool skipping;       /* the rest of a line that was too long is being dropped */
    size_t total;        /* classic: bytes fed so far */
    struct osm_buf held; /* kept bytes: at most one partial line, or unread lines after a pause */
    size_t start;        /* where the unread part of held begins */
    size_t scanned;      /* held[start, start + scanned) has no '\n' */
    const char *fed;     /* borrowed bytes not cut yet */
    size_t fed_length;
};

/* Begins, all zero or used before: of what it held a little memory is kept. */
void osm_frame_reset(struct osm_frame *frame, size_t limit);
void osm_frame_deinit(struct osm_frame *frame);

/* From the next line on: many lines of up to limit bytes. */
void osm_frame_set_persistent(struct osm_frame *frame, size_t limit);

/* Borrows size bytes until osm_frame_keep(). Earlier bytes must have been kept. */
void osm_frame_feed(struct osm_frame *frame, const char *data, size_t size);
/* The next verdict. A line stays valid until the next call for this frame. */
enum osm_frame_verdict osm_frame_next(struct osm_frame *frame, const char **line, size_t *length);
/* Copies what has not been cut yet, so that the fed bytes may go. */
void osm_frame_keep(struct osm_frame *frame);

/* Whether bytes have come in that no verdict has covered: the caller was still sending. */
bool osm_frame_has_rest(const struct osm_frame *frame);

#endif
