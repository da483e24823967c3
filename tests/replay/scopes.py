# SPDX-License-Identifier: MIT
"""What a recorded line is about, for the report: the first scope of RULES that takes it."""

METHODS = {
    "core": "read readMulti write writeMulti browse browseAll browseWithContinuation browseNext call getEndpoints "
            "isConnected getConnectionState reconnect getTimeout getAutoRetry getBatchSize getDefaultBrowseMaxDepth "
            "getServerMaxNodesPerRead getServerMaxNodesPerWrite getEventDispatcher getLogger getTrustStore getTrustPolicy",
    "browse": "browseRecursive translateBrowsePaths resolveNodeId",
    "subscriptions": "createSubscription createMonitoredItems createEventMonitoredItem deleteMonitoredItems "
                     "deleteSubscription publish transferSubscriptions republish modifyMonitoredItems setTriggering",
    "history": "historyReadRaw historyReadProcessed historyReadAtTime",
    "types": "discoverDataTypes",
    "cache": "invalidateCache flushCache",
    "trust": "trustCertificate untrustCertificate",
}
_SCOPE_OF_METHOD = {method: scope for scope, methods in METHODS.items() for method in methods.split()}

SECURE_PORTS = ("4841", "4842", "4843", "4845")


def _labelled(*starts):
    return lambda e, endpoint: e.label.startswith(starts)


def _secured(e, endpoint):
    return any(f":{port}/" in (endpoint or "") for port in SECURE_PORTS) or e.daemon == "certdirs"


RULES = (
    ("cli", _labelled("cli:")),
    ("security", _secured),
    ("security", _labelled("security:")),
    ("trust", _labelled("trust:note")),
    ("invoke", lambda e, endpoint: e.command in ("describe", "invoke")),
    # plain reads and browses that show what an earlier line of a later scope has done
    ("nodes", _labelled("o6:browse Objects after addNodes", "o6:cache:", "o6:browseWithContinuation")),
    ("types", _labelled("discoverDataTypes:")),
    # subscriptions made anew at a server that was restarted (R8)
    ("recovery", _labelled("restart:publish after", "restart:deleteSubscription after")),
    ("subscriptions", _labelled("timeout:getConnectionState after that", "timeout:read after that")),
)


def scope(exchange, endpoint):
    """The scope of an exchange; endpoint is the recorded URL of its session or open."""
    for name, takes in RULES:
        if takes(exchange, endpoint):
            return name
    if exchange.command == "query" and isinstance(exchange.method, str):
        return _SCOPE_OF_METHOD.get(exchange.method, "core")
    return "core"
