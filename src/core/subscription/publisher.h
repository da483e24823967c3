/* SPDX-License-Identifier: MIT */
#ifndef OSM_CORE_SUBSCRIPTION_PUBLISHER_H
#define OSM_CORE_SUBSCRIPTION_PUBLISHER_H
/*
 * The state of a session's Publish requests; part of the session. Requests and acknowledgements
 * are worked by publish_call.c whoever wants the answers: callers (publish.c) or the session
 * itself (publish_engine.c, publish_repair.c).
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/subscription/publish_acks.h"
#include "util/clock.h"

struct osm_publish_request;
struct osm_publish_answer;
struct osm_publish_ask;
struct osm_publish_parked;
struct osm_publish_waiter;

/* name in code, name in `status` and in tests; picture in publish_engine.h */
#define OSM_PUBLISH_STATES(X)                                                                      \
    X(IDLE, "idle")                                                                                \
    X(RUNNING, "running")                                                                          \
    X(PAUSED, "paused")                                                                            \
    X(OFFLINE, "offline")

enum osm_publish_state {
#define X(id, name) OSM_PUBLISH_##id,
    OSM_PUBLISH_STATES(X)
#undef X
        OSM_PUBLISH_STATE_COUNT_
};

/* Since the session was opened. */
struct osm_publish_counters {
    uint64_t requests;         /* Publish requests sent */
    uint64_t responses;        /* good Publish responses */
    uint64_t keep_alives;      /* of them */
    uint64_t messages;         /* notification messages delivered, republished ones included */
    uint64_t values, events;   /* data changes and events in them */
    uint64_t overflows;        /* values marked by the server: its queue was full */
    uint64_t gaps;             /* times a message was missing */
    uint64_t republished;      /* missing messages that came by Republish */
    uint64_t lost;             /* missing messages that did not */
    uint64_t duplicates;       /* messages that had been here already */
    uint64_t parked, unparked; /* responses for subscriptions not known yet … that were delivered */
    uint64_t discarded;        /* subscriptions deleted because nobody knows them */
    uint64_t errors;           /* Publish requests refused */
    uint64_t kept;             /* answers kept for callers */
};

struct osm_publish_engine {
    enum osm_publish_state state;
    bool announced;    /* the log says that it has started */
    unsigned failures; /* in a row */
    osm_msec retry_at; /* PAUSED */
    unsigned limit;    /* outstanding requests the server allows, learnt; 0 = not known */
    unsigned epoch;    /* counts changes of the set of subscriptions on the server */
    struct osm_publish_ask *asks; /* Republish requests on their way */
    unsigned ask_count;
    struct osm_publish_parked *parked; /* oldest first */
    unsigned parked_count;
    struct osm_ua_call *discard; /* deletes a subscription nobody knows */
    double last_publish;         /* when the last good response came, epoch seconds; 0 = never */
    struct osm_publish_counters counters;
};

struct osm_publisher {
    struct osm_publish_request *outstanding;
    unsigned outstanding_count;
    struct osm_publish_acks acks;

    struct osm_publish_answer *kept; /* for callers, oldest first */
    struct osm_publish_waiter *waiters;
    unsigned kept_count, waiter_count;

    struct osm_publish_engine engine;
};

#endif
