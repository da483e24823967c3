/* SPDX-License-Identifier: MIT */
#ifndef OSM_CORE_PUBLISHER_H
#define OSM_CORE_PUBLISHER_H
/* The state of a session's Publish requests; part of the session, worked by publish.c. */
#include <stddef.h>
#include <stdint.h>

#include <open62541/types_generated.h>

struct osm_publish_call;
struct osm_publish_answer;
struct osm_publish_waiter;

struct osm_publisher {
    struct osm_publish_call *outstanding;
    struct osm_publish_answer *kept; /* oldest first */
    struct osm_publish_waiter *waiters;
    unsigned outstanding_count, kept_count, waiter_count;
    UA_SubscriptionAcknowledgement *acks; /* not sent yet, with callers' ids */
    size_t acks_size;
    uint64_t kept_ever, acks_dropped;
};

#endif
