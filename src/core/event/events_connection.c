/* SPDX-License-Identifier: MIT */
/* Events of a session's life on the wire; see events_connection.h. */
#include "core/event/events_connection.h"

#include "core/event/event_fields.h"
#include "port/policy_name.h"
#include "port/ua_ops.h"

void osm_event_connecting(struct osm_session *session)
{
    osm_tell_only(session, OSM_EVENT_CLIENT_CONNECTING);
}

void osm_events_of_connection(struct osm_session *session, const struct osm_ua_channel *channel,
                              bool new_session)
{
    osm_tell(session, OSM_EVENT_SECURE_CHANNEL_OPENED, osm_field_uint("channelId", channel->id),
             osm_field_text("securityPolicy", channel->policy),
             osm_field_text("securityMode", osm_policy_mode_name(OSM_MAX(
                                                channel->mode, UA_MESSAGESECURITYMODE_NONE))));
    if (new_session)
        osm_tell_only(session, OSM_EVENT_SESSION_CREATED);
    osm_tell_only(session, OSM_EVENT_SESSION_ACTIVATED);
    if (!new_session)
        osm_tell_only(session, OSM_EVENT_SESSION_REACTIVATED);
}

void osm_event_renewed(struct osm_session *session, const struct osm_ua_renewal *renewal)
{
    osm_tell(session, OSM_EVENT_SECURE_CHANNEL_RENEWED,
             osm_field_uint("channelId", renewal->channel),
             osm_field_uint("tokenId", renewal->token),
             osm_field_uint("revisedLifetime", renewal->lifetime));
}

void osm_event_judged(struct osm_session *session, const struct osm_ua_judgement *judgement)
{
    static const enum osm_event_type types[] = {
        [OSM_UA_TRUST_TRUSTED] = OSM_EVENT_SERVER_CERTIFICATE_TRUSTED,
        [OSM_UA_TRUST_ACCEPTED] = OSM_EVENT_SERVER_CERTIFICATE_AUTO_ACCEPTED,
    };

    if (judgement->trust == OSM_UA_TRUST_REJECTED)
        osm_tell(session, OSM_EVENT_SERVER_CERTIFICATE_REJECTED,
                 osm_field_text("fingerprint", judgement->fingerprint),
                 osm_field_text("reason", judgement->reason),
                 osm_field_text("subject", judgement->subject));
    else if (judgement->trust != OSM_UA_TRUST_NOT_ASKED)
        osm_tell(session, types[judgement->trust],
                 osm_field_text("fingerprint", judgement->fingerprint),
                 osm_field_text("subject", judgement->subject));
}

void osm_event_connected(struct osm_session *session)
{
    osm_tell_only(session, OSM_EVENT_CLIENT_CONNECTED);
}

void osm_event_connection_failed(struct osm_session *session, const struct osm_fault *fault)
{
    osm_tell(session, OSM_EVENT_CONNECTION_FAILED, osm_field_fault(fault));
}

void osm_event_reconnecting(struct osm_session *session)
{
    osm_tell_only(session, OSM_EVENT_CLIENT_RECONNECTING);
}

void osm_events_of_goodbye(struct osm_session *session, uint32_t channel)
{
    osm_tell_only(session, OSM_EVENT_CLIENT_DISCONNECTING);
    if (channel == 0)
        return;
    osm_tell_only(session, OSM_EVENT_SESSION_CLOSED);
    osm_tell(session, OSM_EVENT_SECURE_CHANNEL_CLOSED, osm_field_uint("channelId", channel));
}

void osm_event_disconnected(struct osm_session *session)
{
    osm_tell_only(session, OSM_EVENT_CLIENT_DISCONNECTED);
}

void osm_event_retry(struct osm_session *session, int64_t attempt, int64_t most,
                     const struct osm_fault *fault)
{
    osm_tell(session, OSM_EVENT_RETRY_ATTEMPT, osm_field_uint("attempt", (uint64_t)attempt),
             osm_field_uint("maxRetries", (uint64_t)most), osm_field_fault(fault));
}

void osm_event_retries_exhausted(struct osm_session *session, int64_t attempts,
                                 const struct osm_fault *fault)
{
    osm_tell(session, OSM_EVENT_RETRY_EXHAUSTED, osm_field_uint("attempts", (uint64_t)attempts),
             osm_field_fault(fault));
}
