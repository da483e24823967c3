/* SPDX-License-Identifier: MIT */
#ifndef OSM_SERVE_METHOD_METHODS_H
#define OSM_SERVE_METHOD_METHODS_H
/*
 * The list of methods, one line each: QUERY = in the whitelist of `query` (44, methods.md §1),
 * INVOKE = registered for `invoke` (59, methods.md §5), in the order in which `describe` names
 * them; the last column is the role it takes (serve/request/grant.h). Each family's file defines
 * its rows, `osm_method_<name>`.
 */
#include "serve/method/method.h"

#define OSM_METHODS(X)                                                                             \
    X(read, BOTH, READ)                                                                            \
    X(readMulti, BOTH, READ)                                                                       \
    X(write, BOTH, WRITE)                                                                          \
    X(writeMulti, BOTH, WRITE)                                                                     \
    X(call, BOTH, WRITE)                                                                           \
    X(browse, BOTH, READ)                                                                          \
    X(browseAll, BOTH, READ)                                                                       \
    X(browseRecursive, BOTH, READ)                                                                 \
    X(browseWithContinuation, BOTH, READ)                                                          \
    X(browseNext, BOTH, READ)                                                                      \
    X(getEndpoints, BOTH, READ)                                                                    \
    X(createSubscription, BOTH, READ)                                                              \
    X(createMonitoredItems, BOTH, READ)                                                            \
    X(createEventMonitoredItem, BOTH, READ)                                                        \
    X(deleteMonitoredItems, BOTH, READ)                                                            \
    X(modifyMonitoredItems, BOTH, READ)                                                            \
    X(setTriggering, BOTH, READ)                                                                   \
    X(deleteSubscription, BOTH, READ)                                                              \
    X(publish, BOTH, READ)                                                                         \
    X(republish, BOTH, READ)                                                                       \
    X(transferSubscriptions, BOTH, WRITE)                                                          \
    X(historyReadRaw, BOTH, READ)                                                                  \
    X(historyReadProcessed, BOTH, READ)                                                            \
    X(historyReadAtTime, BOTH, READ)                                                               \
    X(historyInsertData, INVOKE, WRITE)                                                            \
    X(historyReplaceData, INVOKE, WRITE)                                                           \
    X(historyUpdateData, INVOKE, WRITE)                                                            \
    X(historyDeleteRawModified, INVOKE, WRITE)                                                     \
    X(historyDeleteAtTime, INVOKE, WRITE)                                                          \
    X(historyInsertEvent, INVOKE, WRITE)                                                           \
    X(historyReplaceEvent, INVOKE, WRITE)                                                          \
    X(historyUpdateEvent, INVOKE, WRITE)                                                           \
    X(historyDeleteEvent, INVOKE, WRITE)                                                           \
    X(addNodes, INVOKE, ADMIN)                                                                     \
    X(deleteNodes, INVOKE, ADMIN)                                                                  \
    X(addReferences, INVOKE, ADMIN)                                                                \
    X(deleteReferences, INVOKE, ADMIN)                                                             \
    X(translateBrowsePaths, BOTH, READ)                                                            \
    X(resolveNodeId, BOTH, READ)                                                                   \
    X(getServerProductName, INVOKE, READ)                                                          \
    X(getServerManufacturerName, INVOKE, READ)                                                     \
    X(getServerSoftwareVersion, INVOKE, READ)                                                      \
    X(getServerBuildNumber, INVOKE, READ)                                                          \
    X(getServerBuildDate, INVOKE, READ)                                                            \
    X(getServerBuildInfo, INVOKE, READ)                                                            \
    X(discoverDataTypes, BOTH, READ)                                                               \
    X(registerTypeCodec, REFUSED, ADMIN)                                                           \
    X(aggregate, INVOKE, READ)                                                                     \
    X(historyAggregate, INVOKE, READ)                                                              \
    X(openFile, INVOKE, WRITE)                                                                     \
    X(closeFile, INVOKE, WRITE)                                                                    \
    X(readFile, INVOKE, WRITE)                                                                     \
    X(writeFile, INVOKE, WRITE)                                                                    \
    X(getFilePosition, INVOKE, READ)                                                               \
    X(setFilePosition, INVOKE, WRITE)                                                              \
    X(createDirectory, INVOKE, WRITE)                                                              \
    X(createFileInDirectory, INVOKE, WRITE)                                                        \
    X(deleteFileSystemObject, INVOKE, WRITE)                                                       \
    X(moveOrCopyFileSystemObject, INVOKE, WRITE)                                                   \
    X(getSessionTimeout, QUERY, READ)                                                              \
    X(isConnected, QUERY, READ)                                                                    \
    X(getConnectionState, QUERY, READ)                                                             \
    X(reconnect, QUERY, WRITE)                                                                     \
    X(getTimeout, QUERY, READ)                                                                     \
    X(getAutoRetry, QUERY, READ)                                                                   \
    X(getBatchSize, QUERY, READ)                                                                   \
    X(getDefaultBrowseMaxDepth, QUERY, READ)                                                       \
    X(getServerMaxNodesPerRead, QUERY, READ)                                                       \
    X(getServerMaxNodesPerWrite, QUERY, READ)                                                      \
    X(invalidateCache, QUERY, WRITE)                                                               \
    X(flushCache, QUERY, WRITE)                                                                    \
    X(trustCertificate, QUERY, ADMIN)                                                              \
    X(untrustCertificate, QUERY, ADMIN)                                                            \
    X(getTrustStore, QUERY, READ)                                                                  \
    X(getTrustPolicy, QUERY, READ)                                                                 \
    X(getEventDispatcher, QUERY, READ)                                                             \
    X(getLogger, QUERY, READ)

#define X(name, access, role) extern const struct osm_method osm_method_##name;
OSM_METHODS(X)
#undef X

#endif
