/* SPDX-License-Identifier: MIT */
/*
 * What a session must know of its server before it is ACTIVE: the operation limits and the
 * namespace table, in one Read right after every (re)connect (ipc-protocol.md §6) – in several
 * when the server refuses so many nodes at once. Servers that do not offer them are served all
 * the same.
 */
#include <open62541/nodeids.h>

#include "core/link/operation_limit.h"
#include "core/manager/registry.h"
#include "core/session/session.h"
#include "port/service.h"
#include "port/status_code.h"
#include "util/log.h"

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

static void take_namespaces(struct osm_session *session, UA_DataValue *value)
{
    UA_Variant *variant = &value->value;

    if (!value->hasValue || variant->type != &UA_TYPES[UA_TYPES_STRING] ||
        UA_Variant_isScalar(variant))
        return;
    osm_subscriptions_renumber(&session->subscriptions, session->namespaces,
                               session->namespaces_size, variant->data, variant->arrayLength);
    UA_Array_delete(session->namespaces, session->namespaces_size, &UA_TYPES[UA_TYPES_STRING]);
    session->namespaces = variant->data;
    session->namespaces_size = variant->arrayLength;
    variant->data = NULL; /* moved */
    variant->arrayLength = 0;
}

static void take(struct osm_session *session, UA_ReadResponse *response)
{
    for (unsigned i = 0; i < session->setup_size && i < response->resultsSize; i++) {
        unsigned node = session->setup_first + i;

        if (node == SETUP_NAMESPACES)
            take_namespaces(session, &response->results[i]);
        else
            session->named_limits[node - SETUP_LIMITS] = limit_of(&response->results[i]);
    }
}

/* batchSize 0 asks for no limits (ipc-protocol.md §6). */
static unsigned nodes_to_read(const struct osm_session *session)
{
    bool limits = osm_config_int(&session->config, OSM_CONFIG_batchSize, 1) != 0;

    return limits ? SETUP_NODES : SETUP_LIMITS;
}

static void send_read(struct osm_session *session);

/* True when there is more to read, or the same again in smaller pieces. */
static bool read_on(struct osm_session *session, const struct osm_ua_result *result)
{
    if (result->response) {
        take(session, result->response);
        session->setup_first += session->setup_size;
    } else if (osm_operation_limit_is_exceeded(result->service_result) && session->setup_size > 1) {
        session->setup_size /= 2;
    } else {
        osm_log_warning("Server does not support operation limits discovery");
        return false;
    }
    session->setup_size =
        OSM_MIN(session->setup_size, nodes_to_read(session) - session->setup_first);
    return session->setup_size > 0;
}

static void answered(void *context, const struct osm_ua_result *result)
{
    struct osm_session *session = context;

    session->setup_call = NULL;
    if (result->outcome == OSM_UA_LOST)
        return; /* the connection tells of the loss itself */
    osm_session_heard(session);
    if (osm_status_code_is_loss(result->service_result)) {
        osm_session_drop_status(session, result->service_result);
        return;
    }
    if (read_on(session, result)) {
        send_read(session);
        return;
    }
    osm_log_debug("Server limits discovered: MaxNodesPerRead=%u, MaxNodesPerWrite=%u",
                  session->named_limits[OSM_LIMIT_READ], session->named_limits[OSM_LIMIT_WRITE]);
    osm_recovery_begin(session);
}

static void send_read(struct osm_session *session)
{
    static const struct osm_fault unsent = {OSM_FAULT_CONNECTION, "Failed to send data"};
    UA_ReadValueId nodes[SETUP_NODES];
    UA_ReadRequest request;

    UA_ReadRequest_init(&request);
    request.timestampsToReturn = UA_TIMESTAMPSTORETURN_NEITHER;
    request.nodesToRead = nodes;
    request.nodesToReadSize = session->setup_size;
    for (unsigned i = 0; i < session->setup_size; i++) {
        UA_ReadValueId_init(&nodes[i]);
        nodes[i].nodeId = UA_NODEID_NUMERIC(0, setup_nodes[session->setup_first + i]);
        nodes[i].attributeId = UA_ATTRIBUTEID_VALUE;
    }
    osm_session_read_sent(session);
    session->setup_call = session->manager->ua_ops->call(session->conn, &osm_service_read, &request,
                                                         answered, session);
    session->setup_deadline = osm_session_now(session) + osm_session_timeout(session);
    if (session->setup_call)
        osm_session_arm(session, session->setup_deadline);
    else
        osm_session_drop(session, &unsent);
}

void osm_session_start_setup(struct osm_session *session)
{
    memset(session->named_limits, 0, sizeof(session->named_limits));
    session->setup_first = 0;
    session->setup_size = nodes_to_read(session);
    send_read(session);
}
