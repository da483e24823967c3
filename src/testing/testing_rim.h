/* SPDX-License-Identifier: MIT */
#ifndef OSM_TESTING_TESTING_RIM_H
#define OSM_TESTING_TESTING_RIM_H
/*
 * For tests of the core alone: a rim of a few lines, one connection to a plant whose every node has
 * the same value. Calls are answered in order, one in each step. It knows the port and nothing
 * else.
 */
#include <utlist.h>

#include "port/service.h"
#include "port/ua_ops.h"
#include "util/buf.h"

struct osm_ua_call {
    struct osm_ua *rim;
    const struct osm_ua_service *service;
    void *request; /* a copy, owned */
    osm_ua_call_fn *done;
    void *context;
    struct osm_ua_call *prev, *next;
};

struct osm_ua_conn {
    struct osm_ua *rim;
    const struct osm_ua_events *events;
    void *context;
    bool connecting, up, lost, closing; /* what is to be told, but for up */
    unsigned messages;
};

struct osm_ua {
    struct osm_ua_conn *conn;
    struct osm_ua_call *calls;
    bool hold_values;                      /* Reads of the plant are not answered */
    bool down;                             /* nobody can connect */
    double value;                          /* of every node of the plant */
    uint32_t last_id;                      /* of subscriptions and items */
    uint32_t subscription, handle, number; /* the latest; of the next message */
    struct osm_buf log;                    /* services called, but for Read and Publish */
};

extern const struct osm_ua_ops test_rim_ops;

/* The next thing that happens; false when nothing does. A Publish is held back. */
bool test_rim_step(struct osm_ua *rim);
/* Answers a call now. */
void test_rim_answer(struct osm_ua *rim, struct osm_ua_call *call);

#endif
