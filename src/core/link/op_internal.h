/* SPDX-License-Identifier: MIT */
#ifndef OSM_CORE_LINK_OP_INTERNAL_H
#define OSM_CORE_LINK_OP_INTERNAL_H
/* The queue from the inside: op.c, op_queue.c and their test. */
#include "core/link/op.h"

struct osm_op_queue {
    struct osm_link *link;
    const struct osm_op_owner *owner;
    void *context;
    const struct osm_observer *observer;
    int64_t retries; /* autoRetry, within bounds */

    struct osm_op *running;  /* sent or computing */
    struct osm_op *waiting;  /* in order of arrival */
    struct osm_op *stranded; /* lost their connection: wait for the recovery; in order of arrival */
    struct osm_op_counts counts;
    uint64_t next_sequence;
    uint64_t joined_from; /* operations from this number on did not cause the attempt */
    unsigned left;        /* requests left behind at the server … */
    osm_msec left_since;  /* … since then */
    enum osm_op_pause pause;
    bool pumping; /* osm_ops_pump is at work further up the stack */

    char *loss; /* a loss no caller has been told of yet, owned */
    enum osm_fault_type loss_type;
};

/* Puts it where it belongs by its arrival; returns how many it had to be compared with. What
 * arrives last is compared with one. */
size_t osm_op_list_insert(struct osm_op **list, struct osm_op *op);
/* The one function that moves an operation, so that the counts are always right. */
void osm_op_move_to(struct osm_op *op, enum osm_op_place place);
/* What the operation reports if no recovery helps. */
void osm_op_set_loss(struct osm_op *op, enum osm_fault_type type, const char *message);
/* An operation that needs a connection there is none of. */
void osm_op_strand_new(struct osm_op *op);
/* Stranded now; called off after the time its caller has named, if he has. */
void osm_op_wait_for_recovery(struct osm_op *op);
/* What is due of a running operation. */
void osm_op_overdue(struct osm_op *op);

#endif
