/* SPDX-License-Identifier: MIT */
/* The small limits as a table. 0 means unlimited, in OPC UA as in the library. The library
 * reads the nodes of ServerCapabilities/OperationLimits from its configuration, so what a
 * client reads there is what is enforced. */
#include "limits.h"

#include <stddef.h>

struct limit_row {
    size_t offset; /* of an UA_UInt32 in UA_ServerConfig */
    UA_UInt32 small;
};

#define LIMIT(field, small)                                                                        \
    {                                                                                              \
        offsetof(UA_ServerConfig, field), small                                                    \
    }

static const struct limit_row rows[] = {
    LIMIT(maxNodesPerRead, 10),
    LIMIT(maxNodesPerWrite, 5),
    LIMIT(maxNodesPerMethodCall, 2),
    LIMIT(maxNodesPerBrowse, 3),
    LIMIT(maxNodesPerRegisterNodes, 5),
    LIMIT(maxNodesPerTranslateBrowsePathsToNodeIds, 3),
    LIMIT(maxNodesPerNodeManagement, 2),
    LIMIT(maxMonitoredItemsPerCall, 4),
    /* Not smaller: the library browses its own types through this limit, and the widest it
     * needs (the diagnostics of a session) has more than 40 components. */
    LIMIT(maxReferencesPerNode, 50),
    LIMIT(maxNotificationsPerPublish, 10),
    LIMIT(maxPublishReqPerSession, 3),
    LIMIT(maxSubscriptionsPerSession, 5),
    LIMIT(maxMonitoredItemsPerSubscription, 50),
};
#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

void osm_limits_apply(UA_ServerConfig *config, const struct osm_options *options)
{
    config->maxSessions = (UA_UInt16)options->max_sessions;
    config->maxSessionTimeout = options->session_timeout;
    /* Channels without a session (discovery, reconnecting clients) must not eat the sessions. */
    config->maxSecureChannels = UINT16_MAX;
    /* The library's defaults, 50 and 100 ms, are slower than the plant moves. */
    config->samplingIntervalLimits.min = 10;
    config->publishingIntervalLimits.min = 10;
    /* Counters are for those who want every value: on each change, and kept while they are away. */
    if (options->generate.items > 0) {
        config->samplingIntervalLimits.min = 0;
        config->queueSizeLimits.max = 100000;
    }
    for (size_t i = 0; options->limits && i < N_ROWS; i++)
        *(UA_UInt32 *)(void *)((char *)config + rows[i].offset) = rows[i].small;
}

UA_UInt32 osm_limits_history_page(const struct osm_options *options)
{
    return options->limits ? 10 : 1000;
}
