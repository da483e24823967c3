/* SPDX-License-Identifier: MIT */
/*
 * What a session must know of its server before it is ACTIVE: the operation limits and the
 * namespace table, in one Read right after every (re)connect (ipc-protocol.md §6). Servers that
 * do not offer them are served all the same.
 */
#include <open62541/nodeids.h>

#include "core/service.h"
#include "core/session.h"
#include "core/status.h"
#include "core/store.h"
#include "util/log.h"

enum { SETUP_NAMESPACES, SETUP_MAX_READ, SETUP_MAX_WRITE, SETUP_COUNT };

static const UA_UInt32 setup_nodes[SETUP_COUNT] = {
    [SETUP_NAMESPACES] = UA_NS0ID_SERVER_NAMESPACEARRAY,
    [SETUP_MAX_READ] = UA_NS0ID_SERVER_SERVERCAPABILITIES_OPERATIONLIMITS_MAXNODESPERREAD,
    [SETUP_MAX_WRITE] = UA_NS0ID_SERVER_SERVERCAPABILITIES_OPERATIONLIMITS_MAXNODESPERWRITE,
};

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

static void take_namespaces(struct osm_session *session, UA_DataValue *value)
{
    UA_Variant *variant = &value->value;

    if (!value->hasValue || variant->type != &UA_TYPES[UA_TYPES_STRING] ||
        UA_Variant_isScalar(variant))
        return;
    UA_Array_delete(session->namespaces, session->namespaces_size, &UA_TYPES[UA_TYPES_STRING]);
    session->namespaces = variant->data;
    session->namespaces_size = variant->arrayLength;
    UA_Variant_init(variant); /* moved */
}

static void take(struct osm_session *session, UA_ReadResponse *response)
{
    UA_DataValue *results = response->results;

    if (response->resultsSize > SETUP_NAMESPACES)
        take_namespaces(session, &results[SETUP_NAMESPACES]);
    if (response->resultsSize > SETUP_MAX_WRITE) {
        session->limits.max_nodes_per_read = limit_of(&results[SETUP_MAX_READ]);
        session->limits.max_nodes_per_write = limit_of(&results[SETUP_MAX_WRITE]);
        osm_log_debug("Server limits discovered: MaxNodesPerRead=%u, MaxNodesPerWrite=%u",
                      session->limits.max_nodes_per_read, session->limits.max_nodes_per_write);
    }
}

static void answered(void *context, const struct osm_ua_result *result)
{
    struct osm_session *session = context;

    session->setup_call = NULL;
    if (result->outcome == OSM_UA_LOST)
        return; /* the connection tells of the loss itself */
    if (osm_status_is_loss(result->service_result)) {
        osm_session_drop_status(session, result->service_result);
        return;
    }
    if (result->response)
        take(session, result->response);
    else
        osm_log_warning("Server does not support operation limits discovery");
    osm_session_set_up(session);
}

void osm_session_start_setup(struct osm_session *session)
{
    static const struct osm_fault unsent = {OSM_FAULT_CONNECTION, "Failed to send data"};
    UA_ReadValueId nodes[SETUP_COUNT];
    UA_ReadRequest request;
    bool limits = osm_config_int(&session->config, OSM_CONFIG_batchSize, 1) != 0;

    session->limits = (struct osm_server_limits){0};
    UA_ReadRequest_init(&request);
    request.timestampsToReturn = UA_TIMESTAMPSTORETURN_NEITHER;
    request.nodesToRead = nodes;
    request.nodesToReadSize = limits ? SETUP_COUNT : 1;
    for (size_t i = 0; i < SETUP_COUNT; i++) {
        UA_ReadValueId_init(&nodes[i]);
        nodes[i].nodeId = UA_NODEID_NUMERIC(0, setup_nodes[i]);
        nodes[i].attributeId = UA_ATTRIBUTEID_VALUE;
    }
    session->setup_call = session->manager->ua_ops->call(session->conn, &osm_service_read, &request,
                                                         answered, session);
    session->setup_deadline = osm_session_now(session) + osm_session_timeout(session);
    if (session->setup_call)
        osm_session_arm(session, session->setup_deadline);
    else
        osm_session_drop(session, &unsent);
}
