/* SPDX-License-Identifier: MIT */
/*
 * The whitelist (methods.md §1): 44 names, in the contract's order. A row without start belongs
 * to the contract but not to this version: callers are told so, instead of being told that the
 * method is forbidden.
 */
#include <string.h>

#include "method/method.h"
#include "util/macros.h"

#define LATER(method) (&(const struct osm_method){.name = #method})

const struct osm_method *const osm_methods[] = {
    &osm_method_getEndpoints,
    &osm_method_browse,
    &osm_method_browseWithContinuation,
    &osm_method_browseNext,
    &osm_method_browseAll,
    LATER(browseRecursive),
    LATER(translateBrowsePaths),
    LATER(resolveNodeId),
    &osm_method_read,
    &osm_method_readMulti,
    &osm_method_write,
    &osm_method_writeMulti,
    &osm_method_call,
    LATER(createSubscription),
    LATER(createMonitoredItems),
    LATER(createEventMonitoredItem),
    LATER(deleteMonitoredItems),
    LATER(deleteSubscription),
    LATER(publish),
    LATER(transferSubscriptions),
    LATER(republish),
    LATER(historyReadRaw),
    LATER(historyReadProcessed),
    LATER(historyReadAtTime),
    &osm_method_isConnected,
    &osm_method_getConnectionState,
    &osm_method_reconnect,
    &osm_method_getTimeout,
    &osm_method_getAutoRetry,
    &osm_method_getBatchSize,
    &osm_method_getDefaultBrowseMaxDepth,
    &osm_method_getServerMaxNodesPerRead,
    &osm_method_getServerMaxNodesPerWrite,
    LATER(discoverDataTypes),
    LATER(invalidateCache),
    LATER(flushCache),
    LATER(modifyMonitoredItems),
    LATER(setTriggering),
    LATER(trustCertificate),
    LATER(untrustCertificate),
    &osm_method_getTrustStore,
    &osm_method_getTrustPolicy,
    &osm_method_getEventDispatcher,
    &osm_method_getLogger,
    NULL,
};

_Static_assert(OSM_ARRAY_SIZE(osm_methods) == 44 + 1, "the whitelist has 44 names");

const struct osm_method *osm_method_find(const char *name, size_t length)
{
    for (size_t i = 0; osm_methods[i]; i++)
        if (strlen(osm_methods[i]->name) == length &&
            memcmp(osm_methods[i]->name, name, length) == 0)
            return osm_methods[i];
    return NULL;
}
