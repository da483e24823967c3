/* SPDX-License-Identifier: MIT */
#ifndef OSM_PORT_SERVICE_H
#define OSM_PORT_SERVICE_H
/* The OPC UA services the daemon calls (OPC 10000-4 §5), one table. */
#include "port/ua_ops.h"

/* name in code, name in logs, stem of the open62541 type */
#define OSM_SERVICES(X)                                                                            \
    X(read, "Read", READ)                                                                          \
    X(write, "Write", WRITE)                                                                       \
    X(browse, "Browse", BROWSE)                                                                    \
    X(browse_next, "BrowseNext", BROWSENEXT)                                                       \
    X(call, "Call", CALL)                                                                          \
    X(get_endpoints, "GetEndpoints", GETENDPOINTS)                                                 \
    X(translate_browse_paths, "TranslateBrowsePathsToNodeIds", TRANSLATEBROWSEPATHSTONODEIDS)      \
    X(history_read, "HistoryRead", HISTORYREAD)                                                    \
    X(history_update, "HistoryUpdate", HISTORYUPDATE)                                              \
    X(add_nodes, "AddNodes", ADDNODES)                                                             \
    X(delete_nodes, "DeleteNodes", DELETENODES)                                                    \
    X(add_references, "AddReferences", ADDREFERENCES)                                              \
    X(delete_references, "DeleteReferences", DELETEREFERENCES)                                     \
    X(create_subscription, "CreateSubscription", CREATESUBSCRIPTION)                               \
    X(modify_subscription, "ModifySubscription", MODIFYSUBSCRIPTION)                               \
    X(delete_subscriptions, "DeleteSubscriptions", DELETESUBSCRIPTIONS)                            \
    X(transfer_subscriptions, "TransferSubscriptions", TRANSFERSUBSCRIPTIONS)                      \
    X(create_monitored_items, "CreateMonitoredItems", CREATEMONITOREDITEMS)                        \
    X(modify_monitored_items, "ModifyMonitoredItems", MODIFYMONITOREDITEMS)                        \
    X(delete_monitored_items, "DeleteMonitoredItems", DELETEMONITOREDITEMS)                        \
    X(set_triggering, "SetTriggering", SETTRIGGERING)                                              \
    X(publish, "Publish", PUBLISH)                                                                 \
    X(republish, "Republish", REPUBLISH)

#define X(id, text, type) extern const struct osm_ua_service osm_service_##id;
OSM_SERVICES(X)
#undef X

#endif
