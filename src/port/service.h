/* SPDX-License-Identifier: MIT */
#ifndef OSM_PORT_SERVICE_H
#define OSM_PORT_SERVICE_H
/* The OPC UA services the daemon calls (OPC 10000-4 §5), one table. */
#include <stddef.h>

#include "port/ua_ops.h"

/* `list` of the request, `results` of the response. */
#define OSM_LISTS_EACH(stem, list)                                                                 \
    .lists[0].asked = offsetof(UA_##stem##Request, list##Size),                                    \
    .lists[0].answered = offsetof(UA_##stem##Response, resultsSize)
#define OSM_LISTS_EACH_LINK                                                                        \
    .lists[0].asked = offsetof(UA_SetTriggeringRequest, linksToAddSize),                           \
    .lists[0].answered = offsetof(UA_SetTriggeringResponse, addResultsSize),                       \
    .lists[1].asked = offsetof(UA_SetTriggeringRequest, linksToRemoveSize),                        \
    .lists[1].answered = offsetof(UA_SetTriggeringResponse, removeResultsSize)
#define OSM_LISTS_NONE .lists[0].asked = 0
#define OSM_READS .reads = true

/* name in code, name in logs, stem of the open62541 type, lists answered entry by entry, whether it
 * only reads */
#define OSM_SERVICES(X)                                                                            \
    X(read, "Read", READ, OSM_LISTS_EACH(Read, nodesToRead), OSM_READS)                            \
    X(write, "Write", WRITE, OSM_LISTS_EACH(Write, nodesToWrite))                                  \
    X(browse, "Browse", BROWSE, OSM_LISTS_EACH(Browse, nodesToBrowse), OSM_READS)                  \
    X(browse_next, "BrowseNext", BROWSENEXT, OSM_LISTS_EACH(BrowseNext, continuationPoints),       \
      OSM_READS)                                                                                   \
    X(call, "Call", CALL, OSM_LISTS_EACH(Call, methodsToCall))                                     \
    X(get_endpoints, "GetEndpoints", GETENDPOINTS, OSM_LISTS_NONE, OSM_READS)                      \
    X(translate_browse_paths, "TranslateBrowsePathsToNodeIds", TRANSLATEBROWSEPATHSTONODEIDS,      \
      OSM_LISTS_EACH(TranslateBrowsePathsToNodeIds, browsePaths), OSM_READS)                       \
    X(history_read, "HistoryRead", HISTORYREAD, OSM_LISTS_EACH(HistoryRead, nodesToRead),          \
      OSM_READS)                                                                                   \
    X(history_update, "HistoryUpdate", HISTORYUPDATE,                                              \
      OSM_LISTS_EACH(HistoryUpdate, historyUpdateDetails))                                         \
    X(add_nodes, "AddNodes", ADDNODES, OSM_LISTS_EACH(AddNodes, nodesToAdd))                       \
    X(delete_nodes, "DeleteNodes", DELETENODES, OSM_LISTS_EACH(DeleteNodes, nodesToDelete))        \
    X(add_references, "AddReferences", ADDREFERENCES,                                              \
      OSM_LISTS_EACH(AddReferences, referencesToAdd))                                              \
    X(delete_references, "DeleteReferences", DELETEREFERENCES,                                     \
      OSM_LISTS_EACH(DeleteReferences, referencesToDelete))                                        \
    X(create_subscription, "CreateSubscription", CREATESUBSCRIPTION, OSM_LISTS_NONE)               \
    X(modify_subscription, "ModifySubscription", MODIFYSUBSCRIPTION, OSM_LISTS_NONE)               \
    X(delete_subscriptions, "DeleteSubscriptions", DELETESUBSCRIPTIONS,                            \
      OSM_LISTS_EACH(DeleteSubscriptions, subscriptionIds))                                        \
    X(transfer_subscriptions, "TransferSubscriptions", TRANSFERSUBSCRIPTIONS,                      \
      OSM_LISTS_EACH(TransferSubscriptions, subscriptionIds))                                      \
    X(create_monitored_items, "CreateMonitoredItems", CREATEMONITOREDITEMS,                        \
      OSM_LISTS_EACH(CreateMonitoredItems, itemsToCreate))                                         \
    X(modify_monitored_items, "ModifyMonitoredItems", MODIFYMONITOREDITEMS,                        \
      OSM_LISTS_EACH(ModifyMonitoredItems, itemsToModify))                                         \
    X(delete_monitored_items, "DeleteMonitoredItems", DELETEMONITOREDITEMS,                        \
      OSM_LISTS_EACH(DeleteMonitoredItems, monitoredItemIds))                                      \
    X(set_triggering, "SetTriggering", SETTRIGGERING, OSM_LISTS_EACH_LINK)                         \
    X(publish, "Publish", PUBLISH, OSM_LISTS_NONE)                                                 \
    X(republish, "Republish", REPUBLISH, OSM_LISTS_NONE)

#define X(id, text, type, ...) extern const struct osm_ua_service osm_service_##id;
OSM_SERVICES(X)
#undef X

#endif
