/* SPDX-License-Identifier: MIT */
#ifndef OSM_TESTING_TESTING_PLANT_H
#define OSM_TESTING_TESTING_PLANT_H
/*
 * For tests: a scripted server (testing_server.h) that knows about subscriptions. It counts what
 * it has, so tests see that nothing is made twice; what it is to refuse is said beforehand. Set
 * server->serve = test_plant_serve and server->serve_context to a struct test_plant.
 */
#include "port/service.h"
#include "testing/testing.h"

#define TEST_PLANT_CALLS 4096

struct test_plant {
    uint32_t last_subscription, last_item; /* ids given */
    unsigned subscriptions, items;         /* alive */
    bool hold;                             /* the next request of `hold_service` is not answered */
    const struct osm_ua_service *hold_service;
    UA_StatusCode transfer_fault, transfer_status; /* of the service, of each result */
    UA_StatusCode create_fault, modify_fault, items_fault, call_status;
    UA_StatusCode modify_item_status; /* of each item that is modified */
    UA_StatusCode path_status;        /* of each browse path … */
    UA_UInt32 path_target;            /* … which leads to this node */
    UA_UInt32 path_server;            /* of this server in its ServerArray; 0 = itself */
    unsigned items_short;             /* so many answers about items have a result too few */
    size_t items_most;                /* more at once are BadTooManyOperations; 0 = any */
    UA_UInt32 unknown;                /* numeric identifier of a node that is not there; 0 = none */
    const char *log[TEST_PLANT_CALLS]; /* names of services, in order */
    size_t log_size;
    UA_CreateMonitoredItemsRequest *last_items; /* the request, borrowed */
    UA_SetTriggeringRequest *last_links;
};

void *test_transferred(size_t size, UA_StatusCode status);
void test_plant_create(struct test_plant *plant, struct osm_ua_call *call);
void test_plant_items(struct test_plant *plant, struct osm_ua_call *call);
void test_plant_serve(struct osm_ua *server, struct osm_ua_call *call);

/* The services called since the last look, with spaces between them. */
void test_plant_log_is(struct test_plant *plant, const char *expected);

#endif
