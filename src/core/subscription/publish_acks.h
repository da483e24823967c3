/* SPDX-License-Identifier: MIT */
#ifndef OSM_CORE_SUBSCRIPTION_PUBLISH_ACKS_H
#define OSM_CORE_SUBSCRIPTION_PUBLISH_ACKS_H
/*
 * Acknowledgements that have not been sent yet (OPC 10000-4 §5.14.5). They go with the next
 * Publish request and come back when that fails. With --deferred-ack those of messages whose
 * events are not safe yet are withheld until they are.
 *
 * Beyond the bounds acknowledgements are dropped and counted. That loses nothing: the server
 * keeps what nobody acknowledges until its own retransmission queue is full, which is also the
 * limit of what withholding can protect.
 */
#include <stddef.h>
#include <stdint.h>

#include <open62541/types_generated.h>

#define OSM_PUBLISH_ACKS 1000          /* that may be sent */
#define OSM_PUBLISH_ACKS_WITHHELD 4096 /* whose events are not safe yet */

struct osm_withheld_ack {
    UA_SubscriptionAcknowledgement ack;
    uint64_t cursor; /* of the message's last event */
};

/* All with callers' subscription ids. */
struct osm_publish_acks {
    UA_SubscriptionAcknowledgement *ready;
    size_t ready_size;
    struct osm_withheld_ack *withheld; /* a ring, oldest first */
    size_t withheld_first, withheld_size;
    uint64_t dropped, withheld_dropped;
};

void osm_acks_clear(struct osm_publish_acks *acks);
/* To be sent; each at most once. */
void osm_acks_add(struct osm_publish_acks *acks, const UA_SubscriptionAcknowledgement *list,
                  size_t size);
/* To be sent when everything up to the cursor is safe. Cursors never decrease. */
void osm_acks_withhold(struct osm_publish_acks *acks, UA_SubscriptionAcknowledgement ack,
                       uint64_t cursor);
/* Everything up to that cursor is safe. */
void osm_acks_release(struct osm_publish_acks *acks, uint64_t cursor);
/* The server knows the subscription no more, or by another id. */
void osm_acks_forget(struct osm_publish_acks *acks, uint32_t subscription);

#endif
