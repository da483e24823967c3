/* SPDX-License-Identifier: MIT */
#ifndef OSM_SERVE_METHOD_WRITE_TYPE_H
#define OSM_SERVE_METHOD_WRITE_TYPE_H
/*
 * What builtin type a value must have to be written (methods.md §2.11, M10). For the Value
 * attribute the server is asked: the type of the present value, else the node's DataType,
 * followed up to a builtin type. Other attributes have a type of their own (OPC 10000-3 §5).
 */
#include "core/link/points.h"
#include "serve/method/batch.h"
#include "serve/method/cached.h"

struct osm_write_type {
    UA_NodeId node;
    uint32_t builtin; /* 1–25; 0 = to be found out */
};

/* The builtin type of an attribute other than Value, 0 when it has none. */
uint32_t osm_write_type_of_attribute(uint32_t attribute);

/* A detection under way; embedded in the method's state. */
struct osm_type_detection {
    struct osm_write_type *items;
    size_t size;
    size_t *unknown; /* items whose Value is asked for */
    size_t unknown_size;
    struct osm_batch batch;
    size_t next; /* cache, climbing: the item at hand */
    struct osm_cached cached;
    uint64_t generation; /* of the cache when the detection began */
    bool looking;        /* the look is still on the stack … */
    bool looked;         /* … and the cache has answered */
    UA_NodeId
        type; /* climbing: the DataType looked at; borrowed from the answer at hand, or kept */
    unsigned climbed;
    struct osm_points_place place;   /* climbing */
    void (*done)(struct osm_op *op); /* every builtin is known */
};

/* Fills in what is 0 and calls done, or fails the operation (WriteTypeDetectionException). May
 * call done at once. `detection` must live in the request's arena. */
void osm_write_types_detect(struct osm_op *op, struct osm_type_detection *detection,
                            struct osm_write_type *items, size_t size,
                            void (*done)(struct osm_op *op));

#endif
