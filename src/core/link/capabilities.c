/* SPDX-License-Identifier: MIT */
/* The Read and what is taken from it; see capabilities.h. */
#include "core/link/capabilities.h"

#include <string.h>

#include <open62541/nodeids.h>

#include "port/service.h"
#include "port/status_code.h"
#include "util/log.h"
#include "util/macros.h"

#define SETUP_NAMESPACES 0
#define SETUP_LIMITS 1 /* by batch kind */
#define SETUP_COUNT (SETUP_LIMITS + OSM_LIMIT_KIND_COUNT_)

static const UA_UInt32 setup_nodes[SETUP_COUNT] = {[SETUP_NAMESPACES] =
                                                       UA_NS0ID_SERVER_NAMESPACEARRAY,
#define X(id, node) [SETUP_LIMITS + OSM_LIMIT_##id] = (node),
                                                   OSM_LIMIT_KINDS(X)
#undef X
};

/* Those without a node stand at the end. */
#define X(id, node) +((node) != 0)
enum { SETUP_NODES = SETUP_LIMITS OSM_LIMIT_KINDS(X) };
#undef X
_Static_assert(SETUP_NODES == SETUP_LIMITS + OSM_LIMIT_HISTORY_VALUES, "limits without a node");

/* A positive integer of whatever width, else 0. */
static uint32_t limit_of(const UA_DataValue *value)
{
    uint64_t bits = 0;
    const UA_DataType *type = value->value.type;

    if (!value->hasValue || (value->hasStatus && value->status != UA_STATUSCODE_GOOD) ||
        !UA_Variant_isScalar(&value->value) || !type || type->typeKind < UA_DATATYPEKIND_SBYTE ||
        type->typeKind > UA_DATATYPEKIND_UINT64)
        return 0;
    memcpy(&bits, value->value.data, type->memSize); /* little-endian hosts only, as UA binary */
    if (type->typeKind % 2 == UA_DATATYPEKIND_SBYTE % 2 && (bits >> (8 * type->memSize - 1)) & 1)
        return 0;
    return bits > UINT32_MAX ? UINT32_MAX : (uint32_t)bits;
}

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "limit_of() reads integers bytewise");
/* Signed and unsigned kinds alternate; limit_of() tells them apart by that. */
_Static_assert(UA_DATATYPEKIND_INT64 % 2 == UA_DATATYPEKIND_SBYTE % 2 &&
                   UA_DATATYPEKIND_UINT64 % 2 == UA_DATATYPEKIND_BYTE % 2,
               "order of open62541's integer kinds");

/* How many of them are known here. */
static size_t within_limits(const UA_String *uris, size_t size)
{
    size_t count = 0, bytes = 0;

    while (count < OSM_MIN(size, OSM_NAMESPACES) &&
           (bytes += uris[count].length) <= OSM_NAMESPACES_BYTES)
        count++;
    if (count < size)
        osm_log_warning("The server has %zu namespaces: those from %zu on are left out (limits: "
                        "%zu namespaces, %zu bytes of URIs)",
                        size, count, OSM_NAMESPACES, OSM_NAMESPACES_BYTES);
    return count;
}

static void take_namespaces(struct osm_capabilities *capabilities, const UA_DataValue *value)
{
    struct osm_link *link = capabilities->link;
    const UA_Variant *variant = &value->value;
    size_t size;

    if (!value->hasValue || variant->type != &UA_TYPES[UA_TYPES_STRING] ||
        UA_Variant_isScalar(variant))
        return;
    size = within_limits(variant->data, variant->arrayLength);
    capabilities->owner->renamed(capabilities->context, variant->data, size);
    osm_link_set_namespaces(link, variant->data, size);
}

/* 0 as a server's good answer: any number (OPC 10000-5 §6.3.11). */
static void compare(struct osm_link *link, uint32_t *most, enum osm_operation_limit_kind kind,
                    const UA_DataValue *value, uint32_t limit)
{
    uint32_t is = limit ? limit : UINT32_MAX;

    if (!value->hasValue || (value->hasStatus && value->status != UA_STATUSCODE_GOOD))
        return;
    if (is < *most && !link->cut.was)
        link->cut = (struct osm_limit_cut){.was = *most, .is = is, .kind = kind};
    *most = OSM_MAX(*most, is);
}

static void take_limit(struct osm_link *link, struct osm_server_limits *server,
                       enum osm_operation_limit_kind kind, const UA_DataValue *value)
{
    server->named[kind] = limit_of(value);
    compare(link, &server->most[kind], kind, value, server->named[kind]);
}

static void take(struct osm_capabilities *capabilities, UA_ReadResponse *response)
{
    struct osm_link *link = capabilities->link;
    struct osm_server_limits server = *osm_operation_limits_server(&link->limits);

    for (unsigned i = 0; i < capabilities->size && i < response->resultsSize; i++) {
        unsigned node = capabilities->first + i;

        if (node == SETUP_NAMESPACES)
            take_namespaces(capabilities, &response->results[i]);
        else
            take_limit(link, &server, (enum osm_operation_limit_kind)(node - SETUP_LIMITS),
                       &response->results[i]);
    }
    osm_operation_limits_set(&link->limits, &server);
}

static unsigned nodes_to_read(const struct osm_capabilities *capabilities)
{
    return capabilities->link->limits.undiscovered ? SETUP_LIMITS : SETUP_NODES;
}

static void send_read(struct osm_capabilities *capabilities);

/* True when there is more to read, or the same again in smaller pieces. */
static bool read_on(struct osm_capabilities *capabilities, const struct osm_ua_result *result)
{
    if (result->response) {
        take(capabilities, result->response);
        capabilities->first += capabilities->size;
    } else if (osm_operation_limit_is_exceeded(result->service_result) && capabilities->size > 1) {
        capabilities->size /= 2;
    } else {
        osm_log_warning("Server does not support operation limits discovery");
        return false;
    }
    capabilities->size =
        OSM_MIN(capabilities->size, nodes_to_read(capabilities) - capabilities->first);
    return capabilities->size > 0;
}

static void answered(void *context, const struct osm_ua_result *result)
{
    struct osm_capabilities *capabilities = context;
    struct osm_link *link = capabilities->link;
    const struct osm_server_limits *server;

    osm_link_speaks(link);
    capabilities->call = NULL;
    if (result->outcome == OSM_UA_LOST)
        return; /* the connection tells of the loss itself */
    osm_link_heard(link, result);
    if (osm_status_code_is_loss(result->service_result)) {
        osm_link_drop_status(link, result->service_result);
        return;
    }
    if (read_on(capabilities, result)) {
        send_read(capabilities);
        return;
    }
    server = osm_operation_limits_server(&link->limits);
    osm_log_debug("Server limits discovered: MaxNodesPerRead=%u, MaxNodesPerWrite=%u",
                  server->named[OSM_LIMIT_READ], server->named[OSM_LIMIT_WRITE]);
    capabilities->owner->known(capabilities->context);
}

static void send_read(struct osm_capabilities *capabilities)
{
    static const struct osm_fault unsent = {OSM_FAULT_CONNECTION, "Failed to send data"};
    struct osm_link *link = capabilities->link;
    UA_ReadValueId nodes[SETUP_NODES];
    UA_ReadRequest request = {.timestampsToReturn = UA_TIMESTAMPSTORETURN_NEITHER,
                              .nodesToRead = nodes,
                              .nodesToReadSize = capabilities->size};

    for (unsigned i = 0; i < capabilities->size; i++) {
        UA_ReadValueId_init(&nodes[i]);
        nodes[i].nodeId = UA_NODEID_NUMERIC(0, setup_nodes[capabilities->first + i]);
        nodes[i].attributeId = UA_ATTRIBUTEID_VALUE;
    }
    osm_link_read_sent(link);
    capabilities->call =
        osm_link_call(link, &osm_service_read, &request, link->timeout, answered, capabilities);
    capabilities->deadline = osm_link_now(link) + link->timeout;
    if (capabilities->call)
        osm_link_arm(link, capabilities->deadline);
    else
        osm_link_drop(link, &unsent);
}

void osm_capabilities_init(struct osm_capabilities *capabilities, struct osm_link *link,
                           const struct osm_capabilities_owner *owner, void *context)
{
    *capabilities = (struct osm_capabilities){.link = link, .owner = owner, .context = context};
}

void osm_capabilities_start(struct osm_capabilities *capabilities)
{
    struct osm_operation_limits *limits = &capabilities->link->limits;
    struct osm_server_limits server = *osm_operation_limits_server(limits);

    memset(server.named, 0, sizeof(server.named));
    if (limits->server)
        osm_operation_limits_set(limits, &server);
    capabilities->link->cut.was = 0;
    capabilities->link->namespaces_known = false;
    capabilities->first = 0;
    capabilities->size = nodes_to_read(capabilities);
    send_read(capabilities);
}

void osm_capabilities_stop(struct osm_capabilities *capabilities)
{
    osm_link_abandon(capabilities->link, osm_steal(capabilities->call));
}

osm_msec osm_capabilities_tick(struct osm_capabilities *capabilities, osm_msec now)
{
    if (!capabilities->call)
        return OSM_MSEC_NEVER;
    if (now < capabilities->deadline)
        return capabilities->deadline;
    osm_link_drop(capabilities->link, &osm_fault_late);
    return OSM_MSEC_NEVER;
}
