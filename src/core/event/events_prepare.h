/* SPDX-License-Identifier: MIT */
#ifndef OSM_CORE_EVENT_EVENTS_PREPARE_H
#define OSM_CORE_EVENT_EVENTS_PREPARE_H
/*
 * The events of a large message, made ready off the loop: each value in it that is large is written
 * as JSON there, once. When the message is told (events.h) its events take these texts as they are,
 * as pieces all of them share (util/rope.h); what is small they write themselves.
 *
 * A session's messages find theirs by their data, which must stay until these are freed.
 */
#include "core/event/event_bus.h"

struct osm_session;

/* How a value is written. */
enum osm_prepared_form {
    OSM_PREPARED_VALUE, /* a Variant, or the DataValue around it; goes by the address of its data */
    OSM_PREPARED_TEXT,  /* by the address of its characters, as the next one */
    OSM_PREPARED_BASE64,
    OSM_PREPARED_NODE_ID
};

struct osm_prepared_events;

/* On the loop. NULL = nobody wants to hear of messages. */
struct osm_prepared_events *osm_events_prepare(struct osm_session *session,
                                               const UA_NotificationMessage *message);
/* Any thread, once. Returns how many bytes of memory that took. */
size_t osm_prepared_events_write(struct osm_prepared_events *prepared);
/* On the loop: whether it is all that is wanted by now; NULL = nothing was made ready. */
bool osm_prepared_events_suffice(const struct osm_session *session,
                                 const struct osm_prepared_events *prepared);
/* On the loop. NULL is fine. */
void osm_prepared_events_free(struct osm_prepared_events *prepared);

/* What was made ready of a message; NULL = nothing. */
struct osm_prepared_events *osm_prepared_events_of(const struct osm_session *session,
                                                   const UA_NotificationMessage *message);
/* A value of it, borrowed; NULL when it is small, or nothing was made ready. */
struct osm_shared_text *osm_prepared_events_find(const struct osm_prepared_events *prepared,
                                                 enum osm_prepared_form form, const void *of);

#endif
