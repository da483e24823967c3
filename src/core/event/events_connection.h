/* SPDX-License-Identifier: MIT */
#ifndef OSM_CORE_EVENT_EVENTS_CONNECTION_H
#define OSM_CORE_EVENT_EVENTS_CONNECTION_H
/*
 * Events of a session's life on the wire (daemon.md §11). The rim reports an attempt when it is
 * over, so channel, session and activation are told together, in order, when they are all there.
 */
#include <stdbool.h>
#include <stdint.h>

#include "util/fault.h"

struct osm_session;
struct osm_ua_channel;
struct osm_ua_judgement;
struct osm_ua_renewal;

void osm_event_connecting(struct osm_session *session);
/* SecureChannelOpened, SessionCreated if it is a new one, SessionActivated. */
void osm_events_of_connection(struct osm_session *session, const struct osm_ua_channel *channel,
                              bool new_session);
/* ServerCertificateTrusted, …AutoAccepted or …Rejected. */
/* SecureChannelRenewed. */
void osm_event_renewed(struct osm_session *session, const struct osm_ua_renewal *renewal);
void osm_event_judged(struct osm_session *session, const struct osm_ua_judgement *judgement);
void osm_event_connected(struct osm_session *session);
void osm_event_connection_failed(struct osm_session *session, const struct osm_fault *fault);
void osm_event_reconnecting(struct osm_session *session);
/* ClientDisconnecting; SessionClosed and SecureChannelClosed unless channel is 0. */
void osm_events_of_goodbye(struct osm_session *session, uint32_t channel);
void osm_event_disconnected(struct osm_session *session);

/* Attempts are counted from 1 to most (autoRetry). */
void osm_event_retry(struct osm_session *session, int64_t attempt, int64_t most,
                     const struct osm_fault *fault);
void osm_event_retries_exhausted(struct osm_session *session, int64_t attempts,
                                 const struct osm_fault *fault);

#endif
