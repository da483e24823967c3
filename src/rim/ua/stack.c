/* SPDX-License-Identifier: MIT */
/* See stack.h. */
#include "rim/ua/stack.h"

#include <utlist.h>

/* What many connections have put off at once – they are opened together, or lost with their
 * server – is done so many at a time: a connect takes the kernel tens of microseconds. */
#define OSM_STACK_AT_ONCE 8

static void run_later(void *context)
{
    struct osm_stack *stack = context;
    struct osm_stack_later *last = stack->later ? stack->later->prev : NULL;
    size_t left = OSM_STACK_AT_ONCE;

    /* What is put off from in here waits for the next turn. */
    while (stack->later && last && left-- > 0) {
        struct osm_stack_later *later = stack->later;

        if (later == last)
            last = NULL;
        DL_DELETE(stack->later, later);
        later->prev = NULL;
        later->run(later);
    }
    /* A timer of no time may be due again in this turn. */
    if (stack->later)
        stack->loop->ops->timer_start(stack->soon, last ? 1 : 0);
}

void osm_stack_init(struct osm_stack *stack, const struct osm_loop *loop)
{
    *stack = (struct osm_stack){.loop = loop, .key_log = -1};
    stack->limits = (struct osm_stack_limits){.chunk_bytes = OSM_STACK_CHUNK_BYTES,
                                              .message_bytes = OSM_STACK_MESSAGE_BYTES,
                                              .chunks = OSM_STACK_CHUNKS};
    stack->receiving.limit = OSM_STACK_RECEIVE_BUDGET;
    osm_jobs_init(&stack->jobs, loop, 0);
    osm_arena_init(&stack->arena);
    stack->soon = osm_loop_timer(loop, run_later, stack);
}

void osm_stack_deinit(struct osm_stack *stack)
{
    osm_assert(!stack->later && !stack->receiving.used && !stack->shared.all);
    osm_jobs_deinit(&stack->jobs);
    stack->loop->ops->timer_free(stack->soon);
    osm_buf_deinit_secret(&stack->scratch);
    osm_arena_wipe(&stack->arena);
}

void osm_stack_defer(struct osm_stack *stack, struct osm_stack_later *later)
{
    if (later->prev)
        return;
    DL_APPEND(stack->later, later);
    stack->loop->ops->timer_start(stack->soon, 0);
}

void osm_stack_undefer(struct osm_stack *stack, struct osm_stack_later *later)
{
    if (later->prev)
        DL_DELETE(stack->later, later);
    later->prev = NULL;
}
