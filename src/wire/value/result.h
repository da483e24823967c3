/* SPDX-License-Identifier: MIT */
#ifndef OSM_WIRE_VALUE_RESULT_H
#define OSM_WIRE_VALUE_RESULT_H
/*
 * Results that are put together from several answers or whose struct in the library does not
 * have the caller's form. Everything in them is borrowed; they are written with the records of
 * record.h.
 */
#include <open62541/types.h>
#include <open62541/types_generated.h>

/* getServerBuildInfo; null strings and time 0 are null. */
struct osm_build_info {
    UA_String product, manufacturer, version, build;
    UA_DateTime date;
};

/* createFileInDirectory. */
struct osm_create_file_result {
    UA_NodeId file_node_id;
    uint32_t file_handle;
};

enum osm_notification_kind { OSM_NOTIFICATION_DATA_CHANGE, OSM_NOTIFICATION_EVENT };

/* One entry of `notifications`, in order of arrival. */
struct osm_notification {
    enum osm_notification_kind kind;
    uint32_t client_handle;  /* as the caller knows it (M3) */
    uint32_t server_handle;  /* as it came; not printed */
    UA_DataValue data_value; /* of a data change */
    UA_Variant *event_fields;
    size_t event_fields_size; /* those the caller has asked for */
    size_t all_fields_size;   /* and ours behind them; not printed */
};

/* createEventMonitoredItem, for callers that want to know more. */
struct osm_event_item_result {
    UA_MonitoredItemCreateResult created;
    UA_StatusCode *select_results; /* of the caller's fields; none = all are good */
    size_t select_results_size;
    const char **warnings;
    size_t warnings_size;
};

struct osm_publish_result {
    uint32_t subscription_id;
    uint32_t sequence_number;
    bool more_notifications;
    struct osm_notification *notifications;
    size_t notifications_size;
    uint32_t *available_sequence_numbers;
    size_t available_sequence_numbers_size;
    UA_DateTime publish_time; /* 0 is null */
    UA_StatusCode *acknowledgement_results;
    size_t acknowledgement_results_size;
};

struct osm_republish_result {
    uint32_t sequence_number;
    UA_DateTime publish_time; /* 0 is null */
    struct osm_notification *notifications;
    size_t notifications_size;
};

#endif
