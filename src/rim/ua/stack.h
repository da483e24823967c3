/* SPDX-License-Identifier: MIT */
#ifndef OSM_RIM_UA_STACK_H
#define OSM_RIM_UA_STACK_H
/*
 * What all connections of the client stack share: the loop, the limits announced to servers, the
 * budget for what is being received, the pool for private keys, and scratch memory that is in use
 * only within one call.
 */
#include <stdbool.h>

#include "port/loop_ops.h"
#include "rim/ua/jobs.h"
#include "rim/ua/shared_bytes.h"
#include "rim/ua/stack_error.h"
#include "util/arena.h"
#include "util/buf.h"

/* A sum that many connections take from; never more than limit is taken. */
struct osm_budget {
    size_t limit; /* bytes */
    size_t used;
    size_t most;    /* counter: the high-water mark */
    size_t refused; /* counter: how often it did not suffice */
};

static inline bool osm_budget_take(struct osm_budget *budget, size_t bytes)
{
    if (bytes > budget->limit - budget->used) {
        budget->refused++;
        return false;
    }
    budget->used += bytes;
    budget->most = budget->used > budget->most ? budget->used : budget->most;
    return true;
}

static inline void osm_budget_give(struct osm_budget *budget, size_t bytes)
{
    osm_assert(bytes <= budget->used);
    budget->used -= bytes;
}

/* What we announce in HEL and enforce (OPC 10000-6 §7.1.2.3). */
struct osm_stack_limits {
    uint32_t chunk_bytes;   /* one chunk received or sent */
    uint32_t message_bytes; /* --max-message-bytes */
    uint32_t chunks;        /* of one message */
};

#define OSM_STACK_CHUNK_BYTES ((uint32_t)65536)
#define OSM_STACK_MESSAGE_BYTES ((uint32_t)16 * 1024 * 1024)
#define OSM_STACK_CHUNKS ((uint32_t)4096)
#define OSM_STACK_RECEIVE_BUDGET ((size_t)256 * 1024 * 1024)

struct osm_decoding;

/* Something to be done on the loop, soon, outside of what is running now. */
struct osm_stack_later {
    void (*run)(struct osm_stack_later *later);
    struct osm_stack_later *prev, *next; /* prev NULL = it is not to be done */
};

struct osm_stack {
    const struct osm_loop *loop;
    struct osm_stack_limits limits;
    struct osm_budget receiving;
    struct osm_jobs jobs;
    struct osm_shared_table shared; /* certificates and URLs that connections keep */
    struct osm_buf scratch;         /* a request while it is encoded and cut into chunks */
    struct osm_arena arena;         /* a response while its caller looks at it */
    struct osm_decoding *told;      /* a large one that is being told; NULL = none */
    struct osm_decoding *taken;     /* large ones that stay */
    struct osm_stack_error broken;  /* how a stream is, while its channel is told */
    struct osm_timer *soon;
    struct osm_stack_later *later;
    int key_log; /* descriptor of --key-log, the owner's; -1 = off */
};

void osm_stack_init(struct osm_stack *stack, const struct osm_loop *loop);
/* Every channel is gone and every job over. */
void osm_stack_deinit(struct osm_stack *stack);

/* Runs later->run on the loop, in order, never from inside this call. Twice is once. */
void osm_stack_defer(struct osm_stack *stack, struct osm_stack_later *later);
/* Not any more; harmless when it was not waiting. */
void osm_stack_undefer(struct osm_stack *stack, struct osm_stack_later *later);

#endif
