/* SPDX-License-Identifier: MIT */
#ifndef OSM_CORE_LINK_OPERATION_LIMIT_H
#define OSM_CORE_LINK_OPERATION_LIMIT_H
/*
 * How many nodes or items one request to a server may carry: batchSize, else the limit the server
 * names, and never more than it has been found to take (methods.md §3, M17).
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <open62541/nodeids.h>
#include <open62541/types.h>

#include "util/shared.h"

/*
 * What one request may carry, by service (OPC 10000-5 §6.3.11): how many nodes, items or – of a
 * history – values; and how many continuation points browses, or histories, may hold together
 * (§6.3.2). The nodes of ServerCapabilities it is named by; 0 = by none.
 */
#define OSM_LIMIT_KINDS(X)                                                                         \
    X(READ, UA_NS0ID_SERVER_SERVERCAPABILITIES_OPERATIONLIMITS_MAXNODESPERREAD)                    \
    X(WRITE, UA_NS0ID_SERVER_SERVERCAPABILITIES_OPERATIONLIMITS_MAXNODESPERWRITE)                  \
    X(CALL, UA_NS0ID_SERVER_SERVERCAPABILITIES_OPERATIONLIMITS_MAXNODESPERMETHODCALL)              \
    X(BROWSE, UA_NS0ID_SERVER_SERVERCAPABILITIES_OPERATIONLIMITS_MAXNODESPERBROWSE)                \
    X(REGISTER_NODES, UA_NS0ID_SERVER_SERVERCAPABILITIES_OPERATIONLIMITS_MAXNODESPERREGISTERNODES) \
    X(TRANSLATE,                                                                                   \
      UA_NS0ID_SERVER_SERVERCAPABILITIES_OPERATIONLIMITS_MAXNODESPERTRANSLATEBROWSEPATHSTONODEIDS) \
    X(NODE_MANAGEMENT,                                                                             \
      UA_NS0ID_SERVER_SERVERCAPABILITIES_OPERATIONLIMITS_MAXNODESPERNODEMANAGEMENT)                \
    X(MONITORED_ITEMS,                                                                             \
      UA_NS0ID_SERVER_SERVERCAPABILITIES_OPERATIONLIMITS_MAXMONITOREDITEMSPERCALL)                 \
    X(HISTORY_READ_DATA,                                                                           \
      UA_NS0ID_SERVER_SERVERCAPABILITIES_OPERATIONLIMITS_MAXNODESPERHISTORYREADDATA)               \
    X(HISTORY_READ_EVENTS,                                                                         \
      UA_NS0ID_SERVER_SERVERCAPABILITIES_OPERATIONLIMITS_MAXNODESPERHISTORYREADEVENTS)             \
    X(HISTORY_UPDATE_DATA,                                                                         \
      UA_NS0ID_SERVER_SERVERCAPABILITIES_OPERATIONLIMITS_MAXNODESPERHISTORYUPDATEDATA)             \
    X(HISTORY_UPDATE_EVENTS,                                                                       \
      UA_NS0ID_SERVER_SERVERCAPABILITIES_OPERATIONLIMITS_MAXNODESPERHISTORYUPDATEEVENTS)           \
    X(BROWSE_POINTS, UA_NS0ID_SERVER_SERVERCAPABILITIES_MAXBROWSECONTINUATIONPOINTS) /* at once */ \
    X(HISTORY_POINTS, UA_NS0ID_SERVER_SERVERCAPABILITIES_MAXHISTORYCONTINUATIONPOINTS)             \
    X(HISTORY_VALUES, 0)  /* read, of one node */                                                  \
    X(HISTORY_CHANGES, 0) /* values or events of one node */

enum osm_operation_limit_kind {
#define X(id, node) OSM_LIMIT_##id,
    OSM_LIMIT_KINDS(X)
#undef X
        OSM_LIMIT_KIND_COUNT_
};

/* What is known of a server; equal ones are there once (util/shared.h). */
struct osm_server_limits {
    uint32_t named[OSM_LIMIT_KIND_COUNT_];  /* as it names them; 0 = unknown */
    uint32_t learnt[OSM_LIMIT_KIND_COUNT_]; /* found by its refusals; 0 = none */
    /* The most it has ever named; UINT32_MAX: any number; 0 = nothing yet. */
    uint32_t most[OSM_LIMIT_KIND_COUNT_];
};

struct osm_operation_limits {
    struct osm_shared_table *shared;
    const struct osm_server_limits *server; /* shared; NULL = nothing is known */
    bool sized;                             /* the caller has given batchSize … */
    bool undiscovered;   /* … 0: the server is not asked for limits (ipc-protocol.md §6) */
    uint32_t batch_size; /* … this many, 0 = any number */
};

/* What is known of the server now, never NULL … */
const struct osm_server_limits *
osm_operation_limits_server(const struct osm_operation_limits *limits);
/* … and from now on. NULL = nothing. */
void osm_operation_limits_set(struct osm_operation_limits *limits,
                              const struct osm_server_limits *server);
/* The same of one number that was found by a refusal. */
void osm_operation_limits_set_learnt(struct osm_operation_limits *limits,
                                     enum osm_operation_limit_kind kind, uint32_t learnt);

/* Most items of one request of that kind, for `total` items. */
size_t osm_operation_limit(const struct osm_operation_limits *limits,
                           enum osm_operation_limit_kind kind, size_t total);
/* "READ", "HISTORY_UPDATE_DATA". */
const char *osm_operation_limit_name(enum osm_operation_limit_kind kind);
/* A refusal of a whole request that says it was, or its answer would be, too large. */
bool osm_operation_limit_is_exceeded(UA_StatusCode status);
/* The server has refused a request of `asked` items with that status. True when that was because
 * there were too many: fewer may be asked for, and that is remembered. */
bool osm_operation_limit_learn(struct osm_operation_limits *limits,
                               enum osm_operation_limit_kind kind, size_t asked,
                               UA_StatusCode status);

#endif
