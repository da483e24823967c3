/* SPDX-License-Identifier: MIT */
#ifndef OSM_SERVE_METHOD_REFERENCES_H
#define OSM_SERVE_METHOD_REFERENCES_H
/*
 * All references of a node: every page of a Browse, or what the cache has of them. A list is
 * whole, or the operation fails and says after how many references it broke off (M28). The cache
 * knows the whole list only (kind `browseAll`), so one that came in pages is as good as another.
 */
#include "core/link/points.h"
#include "serve/method/cached.h"
#include "serve/method/method.h"

#define OSM_RESULT_MASK 0x3F /* all fields of a ReferenceDescription */
/* A server that never ends a list is stopped here. */
#define OSM_REFERENCES_MAX 1000000
#define OSM_REFERENCES_EMPTY_PAGES 1000
/* Bytes of memory that one operation holds in lists … */
#define OSM_REFERENCES_BYTES ((size_t)128 * 1024 * 1024)
/* … and of its reply. */
#define OSM_REFERENCES_REPLY ((size_t)256 * 1024 * 1024)
/* A longer list is not kept in the cache: it would hold the loop each time. */
#define OSM_REFERENCES_CACHED ((size_t)8 * 1024 * 1024)
/* References written before the loop gets its turn, and the milliseconds it gets it for: a timer of
 * 0 would fire within the same turn. */
#define OSM_REFERENCES_SLICE 4000
#define OSM_REFERENCES_PAUSE 1

/* A list with the texts in it: two blocks and a few chunks, so that its end takes no time. */
struct osm_reference_list {
    UA_ReferenceDescription *items; /* owned, what they point to is in texts */
    size_t size;
    size_t capacity;
    struct osm_arena texts;
};

struct osm_references {
    struct osm_reference_list list;
    size_t held;          /* bytes of other lists of the operation, set by it */
    size_t points;        /* bytes of the continuation points that came with its pages */
    unsigned empty_pages; /* in a row */
    bool bad;             /* the server has not said Good: not kept */
    const UA_BrowseDescription *description;
    struct osm_points_place place; /* for the server's continuation point */
    struct osm_fault fault;        /* to be told once the point is released */
    struct osm_cached cached;
    osm_op_start_fn *done;
};

/* Fetches the list into the struct osm_references that op->state begins with, then calls done –
 * perhaps at once – or fails the operation. description must stay until then. The status of the
 * node is not looked at: an unknown one has no references. */
void osm_references_fetch(struct osm_op *op, const UA_BrowseDescription *description,
                          bool use_cache, osm_op_start_fn *done);
/* Leaves the queue for points and frees the list: for cleanup, and before an attempt begins anew.
 */
void osm_references_clear(struct osm_references *references);
/* Frees the list; allowed at any time, also of one that is all zero. */
void osm_reference_list_clear(struct osm_reference_list *list);
/* Its memory, in bytes. */
size_t osm_reference_list_bytes(const struct osm_reference_list *list);

/* Browse with the description, and BrowseNext; by somebody who has a place (points.h). */
void osm_references_send(struct osm_op *op, const UA_BrowseDescription *description,
                         osm_op_step_fn *step);
void osm_references_send_next(struct osm_op *op, UA_ByteString *point, osm_op_step_fn *step);
/* The result of either. */
UA_BrowseResult *osm_references_result(void *response);

/* Whether the status means that the server has, or had, too few points for what we ask together. */
bool osm_references_mean_later(const struct osm_points_place *place, UA_StatusCode status);
/* Releases the point of the place, if there is one, and goes on with step(op, NULL or an answer),
 * whether the server could or not. */
void osm_references_release(struct osm_op *op, struct osm_points_place *place,
                            osm_op_step_fn *step);

/* What the cache is to know a browse by; the suffix is in the arena. */
struct osm_cache_what osm_references_what(struct osm_op *op, const char *kind,
                                          const UA_BrowseDescription *description);

#endif
