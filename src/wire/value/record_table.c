/* SPDX-License-Identifier: MIT */
/* The records themselves: types.md §2 (plain keys) beside types.md §5 (tagged keys). */
#include "wire/value/record.h"
#include "wire/value/result.h"

#define FIELD(type, member, kind_, plain_, tagged_)                                                \
    {                                                                                              \
        .plain = plain_, .tagged = tagged_, .kind = OSM_FIELD_##kind_,                             \
        .offset = offsetof(type, member),                                                          \
    }
/* A list whose pointer and length are two members. */
#define LIST(type, member, size_member, kind_, plain_, tagged_, record_)                           \
    {                                                                                              \
        .plain = plain_, .tagged = tagged_, .kind = OSM_FIELD_##kind_##_LIST,                      \
        .offset = offsetof(type, member), .size_offset = offsetof(type, size_member),              \
        .record = record_,                                                                         \
    }
#define STRICT_FIELD(type, member, kind_, key)                                                     \
    {                                                                                              \
        .plain = key, .tagged = key, .kind = OSM_FIELD_##kind_, .offset = offsetof(type, member),  \
        .strict = true,                                                                            \
    }
#define CONSTANT(key, text)                                                                        \
    {                                                                                              \
        .plain = key, .tagged = key, .kind = OSM_FIELD_CONSTANT, .constant = text,                 \
    }
#define RECORD(name, type, tag_)                                                                   \
    const struct osm_record osm_record_##name = {                                                  \
        .tag = tag_,                                                                               \
        .fields = name##_fields,                                                                   \
        .field_count = OSM_ARRAY_SIZE(name##_fields),                                              \
        .size = sizeof(type),                                                                      \
    }

/* --- browse -------------------------------------------------------------------------------- */

static const struct osm_field reference_description_fields[] = {
    FIELD(UA_ReferenceDescription, referenceTypeId, NODE_ID, "referenceTypeId", "refType"),
    FIELD(UA_ReferenceDescription, isForward, BOOL, "isForward", "isForward"),
    FIELD(UA_ReferenceDescription, nodeId, EXPANDED_NODE_ID, "nodeId", "nodeId"),
    FIELD(UA_ReferenceDescription, browseName, QUALIFIED_NAME, "browseName", "browseName"),
    FIELD(UA_ReferenceDescription, displayName, LOCALIZED_TEXT, "displayName", "displayName"),
    FIELD(UA_ReferenceDescription, nodeClass, NODE_CLASS, "nodeClass", "nodeClass"),
    FIELD(UA_ReferenceDescription, typeDefinition, EXPANDED_NODE_ID, "typeDefinition", "typeDef"),
};
RECORD(reference_description, UA_ReferenceDescription, "ReferenceDescription");

static const struct osm_field browse_result_set_fields[] = {
    LIST(UA_BrowseResult, references, referencesSize, RECORD, "references", "refs",
         &osm_record_reference_description),
    FIELD(UA_BrowseResult, continuationPoint, BASE64, "continuationPoint", "cpB64"),
};
RECORD(browse_result_set, UA_BrowseResult, "BrowseResultSet");

static const struct osm_field browse_path_target_fields[] = {
    FIELD(UA_BrowsePathTarget, targetId, EXPANDED_NODE_ID, "targetId", "target"),
    FIELD(UA_BrowsePathTarget, remainingPathIndex, UINT32, "remainingPathIndex", "remaining"),
};
RECORD(browse_path_target, UA_BrowsePathTarget, "BrowsePathTarget");

static const struct osm_field browse_path_result_fields[] = {
    FIELD(UA_BrowsePathResult, statusCode, UINT32, "statusCode", "status"),
    LIST(UA_BrowsePathResult, targets, targetsSize, RECORD, "targets", "targets",
         &osm_record_browse_path_target),
};
RECORD(browse_path_result, UA_BrowsePathResult, "BrowsePathResult");

/* --- endpoints ----------------------------------------------------------------------------- */

static const struct osm_field user_token_policy_fields[] = {
    FIELD(UA_UserTokenPolicy, policyId, STRING, "policyId", "policyId"),
    FIELD(UA_UserTokenPolicy, tokenType, ENUM, "tokenType", "tokenType"),
    FIELD(UA_UserTokenPolicy, issuedTokenType, STRING, "issuedTokenType", "issuedType"),
    FIELD(UA_UserTokenPolicy, issuerEndpointUrl, STRING, "issuerEndpointUrl", "issuer"),
    FIELD(UA_UserTokenPolicy, securityPolicyUri, STRING, "securityPolicyUri", "policy"),
};
RECORD(user_token_policy, UA_UserTokenPolicy, "UserTokenPolicy");

static const struct osm_field endpoint_description_fields[] = {
    FIELD(UA_EndpointDescription, endpointUrl, TEXT, "endpointUrl", "url"),
    FIELD(UA_EndpointDescription, serverCertificate, BASE64, "serverCertificate", "cert"),
    FIELD(UA_EndpointDescription, securityMode, ENUM, "securityMode", "mode"),
    FIELD(UA_EndpointDescription, securityPolicyUri, TEXT, "securityPolicyUri", "policy"),
    FIELD(UA_EndpointDescription, securityLevel, BYTE, "securityLevel", "level"),
    FIELD(UA_EndpointDescription, transportProfileUri, TEXT, "transportProfileUri", "profile"),
    LIST(UA_EndpointDescription, userIdentityTokens, userIdentityTokensSize, RECORD,
         "userIdentityTokens", "tokens", &osm_record_user_token_policy),
    STRICT_FIELD(UA_EndpointDescription, server.applicationUri, STRING, "applicationUri"),
};
RECORD(endpoint_description, UA_EndpointDescription, "EndpointDescription");

/* --- call, subscriptions ------------------------------------------------------------------- */

static const struct osm_field call_result_fields[] = {
    FIELD(UA_CallMethodResult, statusCode, UINT32, "statusCode", "status"),
    LIST(UA_CallMethodResult, inputArgumentResults, inputArgumentResultsSize, UINT32,
         "inputArgumentResults", "inputResults", NULL),
    LIST(UA_CallMethodResult, outputArguments, outputArgumentsSize, VARIANT, "outputArguments",
         "output", NULL),
};
RECORD(call_result, UA_CallMethodResult, "CallResult");

static const struct osm_field subscription_result_fields[] = {
    FIELD(UA_CreateSubscriptionResponse, subscriptionId, UINT32, "subscriptionId", "subId"),
    FIELD(UA_CreateSubscriptionResponse, revisedPublishingInterval, DOUBLE,
          "revisedPublishingInterval", "interval"),
    FIELD(UA_CreateSubscriptionResponse, revisedLifetimeCount, UINT32, "revisedLifetimeCount",
          "lifetime"),
    FIELD(UA_CreateSubscriptionResponse, revisedMaxKeepAliveCount, UINT32,
          "revisedMaxKeepAliveCount", "keepAlive"),
};
RECORD(subscription_result, UA_CreateSubscriptionResponse, "SubscriptionResult");

static const struct osm_field monitored_item_result_fields[] = {
    FIELD(UA_MonitoredItemCreateResult, statusCode, UINT32, "statusCode", "status"),
    FIELD(UA_MonitoredItemCreateResult, monitoredItemId, UINT32, "monitoredItemId", "id"),
    FIELD(UA_MonitoredItemCreateResult, revisedSamplingInterval, DOUBLE, "revisedSamplingInterval",
          "interval"),
    FIELD(UA_MonitoredItemCreateResult, revisedQueueSize, UINT32, "revisedQueueSize", "queue"),
};
RECORD(monitored_item_result, UA_MonitoredItemCreateResult, "MonitoredItemResult");

static const struct osm_field event_item_result_fields[] = {
    FIELD(struct osm_event_item_result, created.statusCode, UINT32, "statusCode", "status"),
    FIELD(struct osm_event_item_result, created.monitoredItemId, UINT32, "monitoredItemId", "id"),
    FIELD(struct osm_event_item_result, created.revisedSamplingInterval, DOUBLE,
          "revisedSamplingInterval", "interval"),
    FIELD(struct osm_event_item_result, created.revisedQueueSize, UINT32, "revisedQueueSize",
          "queue"),
    LIST(struct osm_event_item_result, select_results, select_results_size, UINT32,
         "selectClauseResults", "selectClauseResults", NULL),
    LIST(struct osm_event_item_result, warnings, warnings_size, TEXT, "warnings", "warnings", NULL),
};
RECORD(event_item_result, struct osm_event_item_result, "MonitoredItemResult");

static const struct osm_field monitored_item_modify_result_fields[] = {
    FIELD(UA_MonitoredItemModifyResult, statusCode, UINT32, "statusCode", "status"),
    FIELD(UA_MonitoredItemModifyResult, revisedSamplingInterval, DOUBLE, "revisedSamplingInterval",
          "interval"),
    FIELD(UA_MonitoredItemModifyResult, revisedQueueSize, UINT32, "revisedQueueSize", "queue"),
};
RECORD(monitored_item_modify_result, UA_MonitoredItemModifyResult, "MonitoredItemModifyResult");

static const struct osm_field set_triggering_result_fields[] = {
    LIST(UA_SetTriggeringResponse, addResults, addResultsSize, UINT32, "addResults", "add", NULL),
    LIST(UA_SetTriggeringResponse, removeResults, removeResultsSize, UINT32, "removeResults",
         "remove", NULL),
};
RECORD(set_triggering_result, UA_SetTriggeringResponse, "SetTriggeringResult");

static const struct osm_field transfer_result_fields[] = {
    FIELD(UA_TransferResult, statusCode, UINT32, "statusCode", "status"),
    LIST(UA_TransferResult, availableSequenceNumbers, availableSequenceNumbersSize, UINT32,
         "availableSequenceNumbers", "avail", NULL),
};
RECORD(transfer_result, UA_TransferResult, "TransferResult");

/* --- notifications: untagged maps, whose two forms have their own fields ------------------- */

static const struct osm_field data_change_fields[] = {
    CONSTANT("type", "DataChange"),
    FIELD(struct osm_notification, client_handle, UINT32, "clientHandle", "clientHandle"),
    FIELD(struct osm_notification, data_value, DATA_VALUE, "dataValue", "dataValue"),
};

static const struct osm_field event_fields[] = {
    CONSTANT("type", "Event"),
    FIELD(struct osm_notification, client_handle, UINT32, "clientHandle", "clientHandle"),
    LIST(struct osm_notification, event_fields, event_fields_size, VARIANT, "eventFields",
         "eventFields", NULL),
};

static const struct osm_record *choose_notification(const void *value)
{
    static const struct osm_record data_change = {.fields = data_change_fields,
                                                  .field_count =
                                                      OSM_ARRAY_SIZE(data_change_fields)},
                                   event = {.fields = event_fields,
                                            .field_count = OSM_ARRAY_SIZE(event_fields)};
    const struct osm_notification *notification = value;

    return notification->kind == OSM_NOTIFICATION_EVENT ? &event : &data_change;
}

const struct osm_record osm_record_notification = {
    .size = sizeof(struct osm_notification),
    .choose = choose_notification,
};

static const struct osm_field publish_result_fields[] = {
    FIELD(struct osm_publish_result, subscription_id, UINT32, "subscriptionId", "subId"),
    FIELD(struct osm_publish_result, sequence_number, UINT32, "sequenceNumber", "seq"),
    FIELD(struct osm_publish_result, more_notifications, BOOL, "moreNotifications", "more"),
    LIST(struct osm_publish_result, notifications, notifications_size, RECORD, "notifications",
         "notif", &osm_record_notification),
    LIST(struct osm_publish_result, available_sequence_numbers, available_sequence_numbers_size,
         UINT32, "availableSequenceNumbers", "avail", NULL),
    STRICT_FIELD(struct osm_publish_result, publish_time, DATE_TIME, "publishTime"),
    {.plain = "acknowledgementResults",
     .tagged = "acknowledgementResults",
     .kind = OSM_FIELD_UINT32_LIST,
     .offset = offsetof(struct osm_publish_result, acknowledgement_results),
     .size_offset = offsetof(struct osm_publish_result, acknowledgement_results_size),
     .strict = true},
};
RECORD(publish_result, struct osm_publish_result, "PublishResult");

static const struct osm_field republish_result_fields[] = {
    FIELD(struct osm_republish_result, sequence_number, UINT32, "sequenceNumber", "sequenceNumber"),
    FIELD(struct osm_republish_result, publish_time, DATE_TIME, "publishTime", "publishTime"),
    LIST(struct osm_republish_result, notifications, notifications_size, RECORD, "notifications",
         "notifications", &osm_record_notification),
};
RECORD(republish_result, struct osm_republish_result, NULL);

/* --- invoke only; the plain keys are the names the callers' classes use -------------------- */

static const struct osm_field add_nodes_result_fields[] = {
    FIELD(UA_AddNodesResult, statusCode, UINT32, "statusCode", "status"),
    FIELD(UA_AddNodesResult, addedNodeId, NODE_ID, "addedNodeId", "added"),
};
RECORD(add_nodes_result, UA_AddNodesResult, "AddNodesResult");

static const struct osm_field history_update_result_fields[] = {
    FIELD(UA_HistoryUpdateResult, statusCode, UINT32, "statusCode", "status"),
    LIST(UA_HistoryUpdateResult, operationResults, operationResultsSize, UINT32, "operationResults",
         "ops", NULL),
};
RECORD(history_update_result, UA_HistoryUpdateResult, "HistoryUpdateResult");

static const struct osm_field build_info_fields[] = {
    FIELD(struct osm_build_info, product, STRING, "productName", "product"),
    FIELD(struct osm_build_info, manufacturer, STRING, "manufacturerName", "manufacturer"),
    FIELD(struct osm_build_info, version, STRING, "softwareVersion", "version"),
    FIELD(struct osm_build_info, build, STRING, "buildNumber", "build"),
    FIELD(struct osm_build_info, date, DATE_TIME, "buildDate", "date"),
};
RECORD(build_info, struct osm_build_info, "BuildInfo");

static const struct osm_field create_file_result_fields[] = {
    FIELD(struct osm_create_file_result, file_node_id, NODE_ID_TEXT, "fileNodeId", "fileNodeId"),
    FIELD(struct osm_create_file_result, file_handle, UINT32, "fileHandle", "fileHandle"),
};
RECORD(create_file_result, struct osm_create_file_result, "CreateFileResult");

/* --- all of them --------------------------------------------------------------------------- */

const struct osm_record *const osm_records[] = {
    &osm_record_reference_description,
    &osm_record_browse_result_set,
    &osm_record_endpoint_description,
    &osm_record_user_token_policy,
    &osm_record_call_result,
    &osm_record_browse_path_result,
    &osm_record_browse_path_target,
    &osm_record_subscription_result,
    &osm_record_monitored_item_result,
    &osm_record_monitored_item_modify_result,
    &osm_record_set_triggering_result,
    &osm_record_transfer_result,
    &osm_record_add_nodes_result,
    &osm_record_history_update_result,
    &osm_record_build_info,
    &osm_record_create_file_result,
    &osm_record_publish_result,
    NULL,
};
