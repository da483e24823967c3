/* SPDX-License-Identifier: MIT */
#ifndef OSM_ADMIN_WEB_WEB_TEXT_H
#define OSM_ADMIN_WEB_WEB_TEXT_H
/*
 * The two translations between a page and the daemon's own protocol, as pure functions of text.
 *
 *   a posted body, a request a line ──▶ request lines, each with the caller's token in front
 *   reply and stream lines ──▶ server-sent events (WHATWG HTML §9.2), one per line
 *
 * Neither understands JSON: what a request means, and whether it means anything, is found out where
 * every other caller's requests are read (serve/ipc/intake.c).
 */
#include <stdbool.h>
#include <stddef.h>

#include "util/buf.h"

/*
 * Appends the lines of body to out with `"authToken"` as their first member. False, and nothing is
 * appended, when there is no line, one does not begin with '{', or with the token in each they
 * might take more than `most` bytes: many short lines are a multiple of the body. Empty lines and a
 * '\r' before the end of a line are dropped. The token, printable ASCII, is written as a JSON text.
 */
bool osm_web_text_requests(const char *body, size_t length, const char *token, size_t most,
                           struct osm_buf *out);

/* Where the translation of lines to events stands. Zeroed = before the first line. */
struct osm_web_events {
    bool inside; /* a line has begun and not ended */
};

/* What a line grows by at most. */
#define OSM_WEB_EVENT_EXTRA ((size_t)8)

/*
 * Translates a piece of what comes from the daemon, cut anywhere, and appends it to out. Takes as
 * much as lets out grow by about `room` bytes; returns how many bytes of the piece that were.
 */
size_t osm_web_text_events(struct osm_web_events *events, const char *piece, size_t length,
                           size_t room, struct osm_buf *out);

#endif
