/* SPDX-License-Identifier: MIT */
/*
 * What the rooms of discoverDataTypes share (types.c is the method): its state, and who goes on
 * with it. Each round ends by calling the next one's beginning; every one of them runs inside the
 * operation and leaves nothing behind that osm_types_cleanup (types.c) would not free.
 *
 *   types_walk.c        1 the data types below Structure, level by level; 2 their encodings
 *   types_definition.c  3 their definitions
 *   types_climb.c       4 the types of fields, upwards to a builtin type or Enumeration
 */
#ifndef OSM_TYPES_INTERNAL_H
#define OSM_TYPES_INTERNAL_H

#include <uthash.h>

#include "serve/method/batch.h"
#include "serve/method/browse_many.h"
#include "serve/method/cached.h"

/* A data type on the way. */
struct osm_types_found {
    UA_NodeId id;       /* in the request's arena */
    UA_NodeId encoding; /* null = none */
};

/* A type that is found, or on its way up already: by its text. */
struct osm_types_met {
    UT_hash_handle hh;
    char text[];
};

/* A type that is left out, in the request's arena. */
struct osm_types_skipped {
    const char *data_type, *reason;
    struct osm_types_skipped *next;
};

/* A field type on its way up. */
struct osm_types_climb {
    UA_NodeId id;      /* what the field says */
    UA_NodeId current; /* how far up we are */
    bool done;
};

struct osm_types_discovery {
    struct osm_browse_many browse; /* first, as browse_many.h wants it */
    int64_t namespace_index;       /* -1 = any */
    bool use_cache;
    bool explain; /* the reply tells what is left out, and why */
    struct osm_types_found *types;
    size_t size, capacity;
    size_t level_first; /* first type of the level whose children are asked for */
    size_t level_end;
    unsigned level;
    size_t *chosen; /* types of the round at hand */
    size_t chosen_size;
    struct osm_types_climb *climbs;
    size_t climbs_size, climbs_capacity;
    struct osm_types_met *met; /* structures that have a definition, and climbs */
    unsigned climbed;
    UA_StructureDefinition **definitions; /* of each type, owned; NULL = none */
    size_t bytes;                         /* of these */
    struct osm_types_skipped *skipped, **skipped_end;
    size_t skipped_size;
    struct osm_batch batch;
    struct osm_cached cached;
    struct osm_types_reading *reading; /* an answer that is read off the loop, or NULL */
    struct osm_timer *pause;
    osm_op_start_fn *after_pause;
    size_t at;    /* the type at hand, of what takes turns */
    size_t slice; /* fields seen in this turn */
};

/* What the session knows of types; made when it is asked for first. Owned by the link, which
 * forgets it when the server has numbered its namespaces anew. */
struct osm_type_registry *osm_types_registry(struct osm_op *op);

/* Of so many nodes that are to be asked for, those of one request: what its answer brings is taken
 * in one turn of the loop. */
size_t osm_types_part(struct osm_op *op, size_t count);

/* Ids of types and names of fields that are longer are nobody's: they would be compared and copied
 * on the loop, one for each of thousands of types. */
#define OSM_TYPES_TEXT ((size_t)1024)
bool osm_types_is_short(const UA_NodeId *id);
/* *out = a copy in the request's arena; false = there is no room for it. */
OSM_MUST_CHECK bool osm_types_keep(struct osm_op *op, const UA_NodeId *id, UA_NodeId *out);

/* Why a type is left out: for the log and for who asks; the reason lives as long as the request.
 * The first 1000 are kept. */
void osm_types_skip(struct osm_op *op, const UA_NodeId *id, const char *reason);

/* All results of many browses (OPC 10000-4 §5.9.2), each with the name and the class of its
 * nodes: take is called for each, done when all of these have come. */
void osm_types_browse(struct osm_op *op, const UA_NodeId *nodes, size_t size,
                      UA_BrowseDirection direction, UA_UInt32 reference,
                      void (*take)(struct osm_op *op, size_t i, const UA_BrowseResult *result),
                      osm_op_start_fn *done);

/* So many fields more have been seen: true when that is enough for a turn of the loop; `next` is
 * called in a later one. */
OSM_MUST_CHECK bool osm_types_rest(struct osm_op *op, size_t fields, osm_op_start_fn *next);

/* Rounds 1 and 2, from Structure on. */
void osm_types_walk(struct osm_op *op);

/* Round 3, of the chosen types. */
void osm_types_ask_definitions(struct osm_op *op);
/* The operation is over: nobody waits for definitions that are being read. */
void osm_types_forget_reading(struct osm_op *op);

/* Round 4: the types of the fields of all definitions that were told. */
void osm_types_climb(struct osm_op *op);

/* The end: what was learnt is the session's now, and the reply is written. */
void osm_types_finish(struct osm_op *op);

#endif
