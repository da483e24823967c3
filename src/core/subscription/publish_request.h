/* SPDX-License-Identifier: MIT */
#ifndef OSM_CORE_SUBSCRIPTION_PUBLISH_REQUEST_H
#define OSM_CORE_SUBSCRIPTION_PUBLISH_REQUEST_H
/*
 * Publish requests on their way, and the acknowledgements that go with them. Whoever wants the
 * answer is found when it comes: the session itself (publish_engine.h) or a caller (publish.h).
 * Acknowledgements of a request that failed come back into the queue.
 */
#include <stdbool.h>

#include "core/session/session.h"

/* An outstanding request. */
struct osm_publish_request {
    struct osm_session *session;
    struct osm_ua_call *call;
    struct osm_sent_ack *acks;
    size_t acks_size;
    unsigned epoch; /* of the engine, when it was sent */
    osm_msec sent_at;
    struct osm_publish_request *prev, *next;
};

/* Sends one with all acknowledgements there are; false when the connection cannot send. */
bool osm_publish_send(struct osm_session *session);
/* No answer is wanted any more. */
void osm_publish_requests_stop(struct osm_session *session);

#endif
