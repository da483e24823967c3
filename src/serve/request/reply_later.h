/* SPDX-License-Identifier: MIT */
#ifndef OSM_SERVE_REQUEST_REPLY_LATER_H
#define OSM_SERVE_REQUEST_REPLY_LATER_H
/*
 * The part of a request's reply that shows a large answer: writing it as JSON takes longer than the
 * loop may be held, so it is written off the loop, while the answer stays (port/ua_ops.h). What
 * stands around it is written at once (wire/value/later.h).
 *
 *   told ── the step writes, values are noted ──▶ begin ── off the loop: text ──▶ done
 *
 * One per request, for all its large answers: `text` has the reply up to the last of them that is
 * done, request->out what follows. A reply whose end has been written meanwhile ends with done.
 * A reply that is begun anew, or fails, drops it: what is at work is thrown away when it is done.
 *
 * What is noted lies in the answer; or, of a step that ends the request, in the request's arena,
 * which stays until done then.
 */
#include "core/link/link.h"
#include "serve/request/request.h"
#include "wire/value/encode.h"

struct osm_reply_later;

/* Where the encoder of the step that is told a response notes values; NULL = it is small, write
 * them. */
struct osm_later *osm_reply_later_note(struct osm_request *request, const struct osm_env *env,
                                       const void *response, const struct osm_encoder *encoder);
/* The reply is complete but for what is written off the loop: true, and it will be ended then. Else
 * request->out is all of it now. */
OSM_MUST_CHECK bool osm_reply_later_waits(struct osm_request *request);
/* The reply becomes that fault, whose message lies in the request's arena, if what is at work makes
 * it longer than `most` bytes: at its end, or when whoever writes on looks at
 * osm_reply_later_written(). Nothing at work: nothing is done. */
void osm_reply_later_bound(struct osm_request *request, size_t most, const struct osm_fault *fault);
/* Bytes of the reply written so far; SIZE_MAX = more than it may have. */
size_t osm_reply_later_written(const struct osm_request *request);
/* Forgets what has been written; allowed at any time. */
void osm_reply_later_drop(struct osm_request *request);

#endif
