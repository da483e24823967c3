/* SPDX-License-Identifier: MIT */
/*
 * describe (ipc-protocol.md §5.6, methods.md §5): what `invoke` can do on this session. The names
 * are classes of the PHP client, which registers those it can load.
 */
#include <string.h>

#include "serve/command/command_internal.h"
#include "serve/method/methods.h"

#define CLIENT "PhpOpcua\\Client\\"
#define MODULE CLIENT "Module\\"
#define TYPE CLIENT "Types\\"

static const char *const modules[] = {
    MODULE "ReadWrite\\ReadWriteModule",
    MODULE "Browse\\BrowseModule",
    MODULE "Subscription\\SubscriptionModule",
    MODULE "History\\HistoryModule",
    MODULE "NodeManagement\\NodeManagementModule",
    MODULE "TranslateBrowsePath\\TranslateBrowsePathModule",
    MODULE "ServerInfo\\ServerInfoModule",
    MODULE "TypeDiscovery\\TypeDiscoveryModule",
    MODULE "Aggregate\\AggregateModule",
    MODULE "FileTransfer\\FileTransferModule",
};

static const char *const wire_classes[] = {
    TYPE "NodeId",
    TYPE "QualifiedName",
    TYPE "DataValue",
    TYPE "Variant",
    TYPE "BrowseNode",
    TYPE "ReferenceDescription",
    TYPE "EndpointDescription",
    TYPE "LocalizedText",
    TYPE "ExtensionObject",
    TYPE "UserTokenPolicy",
    MODULE "ReadWrite\\CallResult",
    MODULE "Browse\\BrowseResultSet",
    MODULE "Subscription\\SubscriptionResult",
    MODULE "Subscription\\TransferResult",
    MODULE "Subscription\\MonitoredItemResult",
    MODULE "Subscription\\MonitoredItemModifyResult",
    MODULE "Subscription\\PublishResult",
    MODULE "Subscription\\SetTriggeringResult",
    MODULE "History\\HistoryUpdateResult",
    MODULE "NodeManagement\\AddNodesResult",
    MODULE "TranslateBrowsePath\\BrowsePathResult",
    MODULE "TranslateBrowsePath\\BrowsePathTarget",
    MODULE "ServerInfo\\BuildInfo",
    MODULE "FileTransfer\\CreateFileResult",
};

/* The last two are ours: only then can the unmodified client send these enums (T17). */
static const char *const enum_classes[] = {
    TYPE "BuiltinType",
    TYPE "NodeClass",
    TYPE "BrowseDirection",
    TYPE "ConnectionState",
    MODULE "History\\PerformUpdateType",
    MODULE "Aggregate\\AggregateFunction",
    MODULE "FileTransfer\\OpenFileMode",
};

static void write_name(void *context, const char *name)
{
    osm_json_cstring(context, name);
}

static void write_names(struct osm_json *json, const char *key, const char *const *names,
                        size_t size)
{
    osm_json_key(json, key);
    osm_json_array_begin(json);
    for (size_t i = 0; i < size; i++)
        osm_json_cstring(json, names[i]);
    osm_json_array_end(json);
}

static void write_short_names(struct osm_json *json, const char *const *names, size_t size)
{
    for (size_t i = 0; i < size; i++)
        osm_json_cstring(json, strrchr(names[i], '\\') + 1);
}

void osm_command_describe(struct osm_manager *manager, struct osm_request *request)
{
    struct osm_session *session = osm_command_session(manager, request);
    struct osm_json *json;

    if (!session)
        return;
    osm_session_touch(session);
    json = osm_request_reply_begin(request);
    osm_json_object_begin(json);
    osm_json_key(json, "methods");
    osm_json_array_begin(json);
    osm_method_each_registered(write_name, json);
    osm_json_array_end(json);
    write_names(json, "modules", modules, OSM_ARRAY_SIZE(modules));
    write_names(json, "wireClasses", wire_classes, OSM_ARRAY_SIZE(wire_classes));
    write_names(json, "enumClasses", enum_classes, OSM_ARRAY_SIZE(enum_classes));
    osm_json_key(json, "wireTypeIds");
    osm_json_array_begin(json);
    write_short_names(json, wire_classes, OSM_ARRAY_SIZE(wire_classes));
    write_short_names(json, enum_classes, OSM_ARRAY_SIZE(enum_classes));
    osm_json_array_end(json);
    osm_json_object_end(json);
    osm_request_reply_end(request);
}
