/* SPDX-License-Identifier: MIT */
#ifndef OSM_CORE_EVENT_EVENT_H
#define OSM_CORE_EVENT_EVENT_H
/*
 * What can happen to a session that others may want to hear of: the table of all events (contract:
 * daemon.md §11; the last family is ours, docs/protocol.md). A new event is a row here and an
 * emitter in events.h; streams, sinks, documentation and tests read this table.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/rope.h"

enum osm_event_family {
    OSM_EVENT_OF_CONNECTION,
    OSM_EVENT_OF_RETRY,
    OSM_EVENT_OF_VALUE,
    OSM_EVENT_OF_BROWSE,
    OSM_EVENT_OF_CACHE,
    OSM_EVENT_OF_SUBSCRIPTION,
    OSM_EVENT_OF_PUBLISH, /* born in a Publish response: needs somebody who publishes */
    OSM_EVENT_OF_TRUST,
    OSM_EVENT_OF_HISTORY,
    OSM_EVENT_OF_FILE,
    OSM_EVENT_OF_UPKEEP, /* what became of subscriptions and messages; ours */
};

/* name in code, name on the wire, family */
#define OSM_EVENTS(X)                                                                              \
    X(CLIENT_CONNECTING, "ClientConnecting", CONNECTION)                                           \
    X(SECURE_CHANNEL_OPENED, "SecureChannelOpened", CONNECTION)                                    \
    X(SESSION_CREATED, "SessionCreated", CONNECTION)                                               \
    X(SESSION_ACTIVATED, "SessionActivated", CONNECTION)                                           \
    X(SESSION_REACTIVATED, "SessionReactivated", CONNECTION)                                       \
    X(SECURE_CHANNEL_RENEWED, "SecureChannelRenewed", CONNECTION)                                  \
    X(CLIENT_CONNECTED, "ClientConnected", CONNECTION)                                             \
    X(CONNECTION_FAILED, "ConnectionFailed", CONNECTION)                                           \
    X(CLIENT_RECONNECTING, "ClientReconnecting", CONNECTION)                                       \
    X(CLIENT_DISCONNECTING, "ClientDisconnecting", CONNECTION)                                     \
    X(SESSION_CLOSED, "SessionClosed", CONNECTION)                                                 \
    X(SECURE_CHANNEL_CLOSED, "SecureChannelClosed", CONNECTION)                                    \
    X(CLIENT_DISCONNECTED, "ClientDisconnected", CONNECTION)                                       \
    X(RETRY_ATTEMPT, "RetryAttempt", RETRY)                                                        \
    X(RETRY_EXHAUSTED, "RetryExhausted", RETRY)                                                    \
    X(NODE_VALUE_READ, "NodeValueRead", VALUE)                                                     \
    X(NODE_VALUE_WRITTEN, "NodeValueWritten", VALUE)                                               \
    X(NODE_VALUE_WRITE_FAILED, "NodeValueWriteFailed", VALUE)                                      \
    X(WRITE_TYPE_DETECTING, "WriteTypeDetecting", VALUE)                                           \
    X(WRITE_TYPE_DETECTED, "WriteTypeDetected", VALUE)                                             \
    X(NODE_BROWSED, "NodeBrowsed", BROWSE)                                                         \
    X(CACHE_HIT, "CacheHit", CACHE)                                                                \
    X(CACHE_MISS, "CacheMiss", CACHE)                                                              \
    X(DATA_TYPES_DISCOVERED, "DataTypesDiscovered", BROWSE)                                        \
    X(SUBSCRIPTION_CREATED, "SubscriptionCreated", SUBSCRIPTION)                                   \
    X(SUBSCRIPTION_DELETED, "SubscriptionDeleted", SUBSCRIPTION)                                   \
    X(SUBSCRIPTION_TRANSFERRED, "SubscriptionTransferred", SUBSCRIPTION)                           \
    X(MONITORED_ITEM_CREATED, "MonitoredItemCreated", SUBSCRIPTION)                                \
    X(MONITORED_ITEM_MODIFIED, "MonitoredItemModified", SUBSCRIPTION)                              \
    X(MONITORED_ITEM_DELETED, "MonitoredItemDeleted", SUBSCRIPTION)                                \
    X(TRIGGERING_CONFIGURED, "TriggeringConfigured", SUBSCRIPTION)                                 \
    X(PUBLISH_RESPONSE_RECEIVED, "PublishResponseReceived", PUBLISH)                               \
    X(SUBSCRIPTION_KEEP_ALIVE, "SubscriptionKeepAlive", PUBLISH)                                   \
    X(DATA_CHANGE_RECEIVED, "DataChangeReceived", PUBLISH)                                         \
    X(EVENT_NOTIFICATION_RECEIVED, "EventNotificationReceived", PUBLISH)                           \
    X(ALARM_EVENT_RECEIVED, "AlarmEventReceived", PUBLISH)                                         \
    X(ALARM_SEVERITY_CHANGED, "AlarmSeverityChanged", PUBLISH)                                     \
    X(LIMIT_ALARM_EXCEEDED, "LimitAlarmExceeded", PUBLISH)                                         \
    X(OFF_NORMAL_ALARM_TRIGGERED, "OffNormalAlarmTriggered", PUBLISH)                              \
    X(ALARM_ACTIVATED, "AlarmActivated", PUBLISH)                                                  \
    X(ALARM_DEACTIVATED, "AlarmDeactivated", PUBLISH)                                              \
    X(ALARM_ACKNOWLEDGED, "AlarmAcknowledged", PUBLISH)                                            \
    X(ALARM_CONFIRMED, "AlarmConfirmed", PUBLISH)                                                  \
    X(ALARM_SHELVED, "AlarmShelved", PUBLISH)                                                      \
    X(SERVER_CERTIFICATE_TRUSTED, "ServerCertificateTrusted", TRUST)                               \
    X(SERVER_CERTIFICATE_AUTO_ACCEPTED, "ServerCertificateAutoAccepted", TRUST)                    \
    X(SERVER_CERTIFICATE_MANUALLY_TRUSTED, "ServerCertificateManuallyTrusted", TRUST)              \
    X(SERVER_CERTIFICATE_REJECTED, "ServerCertificateRejected", TRUST)                             \
    X(SERVER_CERTIFICATE_REMOVED, "ServerCertificateRemoved", TRUST)                               \
    X(HISTORY_DATA_UPDATED, "HistoryDataUpdated", HISTORY)                                         \
    X(HISTORY_DATA_DELETED, "HistoryDataDeleted", HISTORY)                                         \
    X(HISTORY_EVENT_UPDATED, "HistoryEventUpdated", HISTORY)                                       \
    X(HISTORY_EVENT_DELETED, "HistoryEventDeleted", HISTORY)                                       \
    X(FILE_OPENED, "FileOpened", FILE)                                                             \
    X(FILE_CLOSED, "FileClosed", FILE)                                                             \
    X(FILE_BYTES_READ, "FileBytesRead", FILE)                                                      \
    X(FILE_BYTES_WRITTEN, "FileBytesWritten", FILE)                                                \
    X(AGGREGATE_COMPUTED, "AggregateComputed", HISTORY)                                            \
    X(NOTIFICATIONS_LOST, "NotificationsLost", UPKEEP)                                             \
    X(QUEUE_OVERFLOW, "QueueOverflow", PUBLISH)                                                    \
    X(SUBSCRIPTION_RECREATED, "SubscriptionRecreated", UPKEEP)                                     \
    X(SUBSCRIPTION_LOST, "SubscriptionLost", UPKEEP)                                               \
    X(SESSION_HEALTH_CHANGED, "SessionHealthChanged", UPKEEP)

enum osm_event_type {
#define X(id, name, family) OSM_EVENT_##id,
    OSM_EVENTS(X)
#undef X
        OSM_EVENT_COUNT_
};

/* A set of types. */
typedef uint64_t osm_event_types;

_Static_assert(OSM_EVENT_COUNT_ <= 64, "a set of events is one number");

#define OSM_EVENT_BIT(type) (UINT64_C(1) << (type))
#define OSM_EVENT_ALL (~UINT64_C(0) >> (64 - OSM_EVENT_COUNT_))

/* A static text. */
const char *osm_event_name(enum osm_event_type type);
/* False when no event has this name. */
bool osm_event_find(const char *name, size_t length, enum osm_event_type *type);
/* Those that need automatic publishing: without it nobody asks the server for them. */
osm_event_types osm_event_from_publish(void);

/* An event that has happened. All borrowed from the bus; valid until the next event. */
struct osm_event {
    uint64_t cursor; /* ever increasing, also over restarts of the daemon */
    double time;     /* seconds since the epoch */
    enum osm_event_type type;
    uint32_t subscription,
        item; /* what the server has told it of, by callers' ids; item 0 = none */
    const char *session_id, *endpoint_url;
    /* All of it as members of a JSON object without its braces: `"event":"…","cursor":…,…` */
    struct osm_rope members;
    size_t length; /* of them */
    size_t fields; /* where in its text the part begins that depends on the type: behind
                    * endpointUrl; may be empty */
};

#endif
