/* SPDX-License-Identifier: MIT */
#ifndef OSM_METHOD_METHODS_H
#define OSM_METHOD_METHODS_H
/*
 * The list of methods, one line each: QUERY = in the whitelist of `query` (44, methods.md §1),
 * INVOKE = registered for `invoke` (59, methods.md §5), in the order in which `describe` names
 * them. Each family's file defines its rows, `osm_method_<name>`.
 */
#include "method/method.h"

#define OSM_METHODS(X)                                                                             \
    X(read, BOTH)                                                                                  \
    X(readMulti, BOTH)                                                                             \
    X(write, BOTH)                                                                                 \
    X(writeMulti, BOTH)                                                                            \
    X(call, BOTH)                                                                                  \
    X(browse, BOTH)                                                                                \
    X(browseAll, BOTH)                                                                             \
    X(browseRecursive, BOTH)                                                                       \
    X(browseWithContinuation, BOTH)                                                                \
    X(browseNext, BOTH)                                                                            \
    X(getEndpoints, BOTH)                                                                          \
    X(createSubscription, BOTH)                                                                    \
    X(createMonitoredItems, BOTH)                                                                  \
    X(createEventMonitoredItem, BOTH)                                                              \
    X(deleteMonitoredItems, BOTH)                                                                  \
    X(modifyMonitoredItems, BOTH)                                                                  \
    X(setTriggering, BOTH)                                                                         \
    X(deleteSubscription, BOTH)                                                                    \
    X(publish, BOTH)                                                                               \
    X(republish, BOTH)                                                                             \
    X(transferSubscriptions, BOTH)                                                                 \
    X(historyReadRaw, BOTH)                                                                        \
    X(historyReadProcessed, BOTH)                                                                  \
    X(historyReadAtTime, BOTH)                                                                     \
    X(historyInsertData, INVOKE)                                                                   \
    X(historyReplaceData, INVOKE)                                                                  \
    X(historyUpdateData, INVOKE)                                                                   \
    X(historyDeleteRawModified, INVOKE)                                                            \
    X(historyDeleteAtTime, INVOKE)                                                                 \
    X(historyInsertEvent, INVOKE)                                                                  \
    X(historyReplaceEvent, INVOKE)                                                                 \
    X(historyUpdateEvent, INVOKE)                                                                  \
    X(historyDeleteEvent, INVOKE)                                                                  \
    X(addNodes, INVOKE)                                                                            \
    X(deleteNodes, INVOKE)                                                                         \
    X(addReferences, INVOKE)                                                                       \
    X(deleteReferences, INVOKE)                                                                    \
    X(translateBrowsePaths, BOTH)                                                                  \
    X(resolveNodeId, BOTH)                                                                         \
    X(getServerProductName, INVOKE)                                                                \
    X(getServerManufacturerName, INVOKE)                                                           \
    X(getServerSoftwareVersion, INVOKE)                                                            \
    X(getServerBuildNumber, INVOKE)                                                                \
    X(getServerBuildDate, INVOKE)                                                                  \
    X(getServerBuildInfo, INVOKE)                                                                  \
    X(discoverDataTypes, BOTH)                                                                     \
    X(registerTypeCodec, REFUSED)                                                                  \
    X(aggregate, INVOKE)                                                                           \
    X(historyAggregate, INVOKE)                                                                    \
    X(openFile, INVOKE)                                                                            \
    X(closeFile, INVOKE)                                                                           \
    X(readFile, INVOKE)                                                                            \
    X(writeFile, INVOKE)                                                                           \
    X(getFilePosition, INVOKE)                                                                     \
    X(setFilePosition, INVOKE)                                                                     \
    X(createDirectory, INVOKE)                                                                     \
    X(createFileInDirectory, INVOKE)                                                               \
    X(deleteFileSystemObject, INVOKE)                                                              \
    X(moveOrCopyFileSystemObject, INVOKE)                                                          \
    X(isConnected, QUERY)                                                                          \
    X(getConnectionState, QUERY)                                                                   \
    X(reconnect, QUERY)                                                                            \
    X(getTimeout, QUERY)                                                                           \
    X(getAutoRetry, QUERY)                                                                         \
    X(getBatchSize, QUERY)                                                                         \
    X(getDefaultBrowseMaxDepth, QUERY)                                                             \
    X(getServerMaxNodesPerRead, QUERY)                                                             \
    X(getServerMaxNodesPerWrite, QUERY)                                                            \
    X(invalidateCache, QUERY)                                                                      \
    X(flushCache, QUERY)                                                                           \
    X(trustCertificate, QUERY)                                                                     \
    X(untrustCertificate, QUERY)                                                                   \
    X(getTrustStore, QUERY)                                                                        \
    X(getTrustPolicy, QUERY)                                                                       \
    X(getEventDispatcher, QUERY)                                                                   \
    X(getLogger, QUERY)

#define X(name, access) extern const struct osm_method osm_method_##name;
OSM_METHODS(X)
#undef X

#endif
