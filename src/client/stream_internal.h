/* SPDX-License-Identifier: MIT */
#ifndef OSM_CLIENT_STREAM_INTERNAL_H
#define OSM_CLIENT_STREAM_INTERNAL_H
/*
 * Subscriptions and their items, as stream.c (who is told what) and monitor.c (items made, changed,
 * deleted) share them. An ended subscription is found by nobody any more; it is freed when no
 * function called back is under way.
 */
#include "client/results_internal.h"

struct osm_stream_item {
    struct osm_stream_item *prev, *next;
    uint32_t handle, id;
    opcua_change_fn *change;
    opcua_notify_fn *notify;
    void *context;
};

struct opcua_subscription {
    struct opcua_client *client;
    struct opcua_subscription *prev, *next;
    uint32_t id; /* 0 = not made yet */
    struct osm_stream_item *items;
    bool ended;
    opcua_subscribed_fn *done;
    void *context;
};

/* By the server's number; NULL when there is none, or it has been ended. */
struct opcua_subscription *osm_stream_subscription(struct opcua_client *client, uint64_t id);
/* By the caller's handle. */
struct osm_stream_item *osm_stream_item(struct opcua_subscription *subscription, uint64_t handle);
void osm_stream_item_free(struct opcua_subscription *subscription, struct osm_stream_item *item);
/* NULL without subscription. */
struct opcua_client *osm_stream_client(const struct opcua_subscription *subscription);

#endif
