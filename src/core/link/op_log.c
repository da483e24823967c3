/* SPDX-License-Identifier: MIT */
/* Lines about round trips; see op_log.h. Requests are read by the description of their types. */
#include "core/link/op_log.h"

#include <inttypes.h>
#include <string.h>

#include <open62541/types_generated.h>

#include "util/buf.h"
#include "util/log.h"
#include "wire/text/node_id.h"

#define NODES_SHOWN 3
#define NODE_SHOWN 80
#define LEVELS 3 /* of lists of structures in lists, as the operands of browse paths */

struct nodes {
    struct osm_buf text;
    size_t seen;
};

static void add_node(struct nodes *nodes, const UA_NodeId *id)
{
    _cleanup_(osm_buf_deinit) struct osm_buf text = {0};

    if (UA_NodeId_isNull(id) || nodes->seen++ >= NODES_SHOWN)
        return;
    osm_node_id_print(&text, id);
    osm_buf_printf(&nodes->text, "%s%.*s%s", nodes->seen > 1 ? ", " : "",
                   (int)OSM_MIN(text.length, (size_t)NODE_SHOWN), text.data,
                   text.length > NODE_SHOWN ? "…" : "");
}

/* The first node of a structure, or of each in its first list of structures, is what it is about;
 * the rest are types of references and such. */
static void find_nodes(struct nodes *nodes, const UA_DataType *type, const char *at, int levels)
{
    const UA_DataTypeMember *end = type->members + type->membersSize;
    const char *list;
    size_t size;

    for (const UA_DataTypeMember *member = type->members; member != end; member++) {
        const UA_DataType *inner = member->memberType;

        at += member->padding;
        if (!member->isArray && inner == &UA_TYPES[UA_TYPES_NODEID]) {
            add_node(nodes, (const UA_NodeId *)(const void *)at);
            return;
        }
        if (!member->isArray) {
            at += inner->memSize;
            continue;
        }
        memcpy(&size, at, sizeof(size));
        memcpy(&list, at + sizeof(size), sizeof(list));
        at += sizeof(size) + sizeof(list);
        if (!levels || inner->typeKind != UA_DATATYPEKIND_STRUCTURE)
            continue;
        for (size_t n = 0; n < size; n++)
            find_nodes(nodes, inner, list + n * inner->memSize, levels - 1);
        return;
    }
}

const char *osm_op_log_request(struct osm_op *op, const struct osm_ua_service *service,
                               const void *request)
{
    _cleanup_(osm_buf_deinit) struct osm_buf text = {0};
    struct nodes nodes = {0};

    if (!osm_log_enabled(OSM_LOG_DEBUG))
        return NULL;
    find_nodes(&nodes, service->request, request, LEVELS);
    osm_buf_printf(&text, "%s", service->name);
    if (nodes.seen)
        osm_buf_printf(&text, " of %.*s", (int)nodes.text.length, nodes.text.data);
    if (nodes.seen > NODES_SHOWN)
        osm_buf_printf(&text, " and %zu more", nodes.seen - NODES_SHOWN);
    osm_buf_deinit(&nodes.text);
    return osm_arena_text(osm_op_arena(op), text.data, text.length);
}

/* The status of one entry of a response. */
static UA_StatusCode status_of(const UA_DataType *type, const void *entry)
{
    if (type == &UA_TYPES[UA_TYPES_STATUSCODE])
        return *(const UA_StatusCode *)entry;
    if (type == &UA_TYPES[UA_TYPES_DATAVALUE])
        return ((const UA_DataValue *)entry)->hasStatus ? ((const UA_DataValue *)entry)->status
                                                        : UA_STATUSCODE_GOOD;
    if (type->typeKind == UA_DATATYPEKIND_STRUCTURE && type->membersSize &&
        type->members[0].memberType == &UA_TYPES[UA_TYPES_STATUSCODE])
        return *(const UA_StatusCode *)entry;
    return UA_STATUSCODE_GOOD;
}

/* `, 2 of 5 bad (BadNodeIdUnknown)`, of the first list of the response. */
static void add_entries(struct osm_buf *out, const UA_DataType *type, const char *at)
{
    UA_StatusCode first = UA_STATUSCODE_GOOD;
    size_t size, bad = 0;
    const char *list;

    for (size_t i = 0; i < type->membersSize; i++) {
        const UA_DataTypeMember *member = &type->members[i];

        at += member->padding;
        if (!member->isArray) {
            at += member->memberType->memSize;
            continue;
        }
        memcpy(&size, at, sizeof(size));
        memcpy(&list, at + sizeof(size), sizeof(list));
        for (size_t n = 0; n < size; n++) {
            UA_StatusCode status =
                status_of(member->memberType, list + n * member->memberType->memSize);

            bad += UA_StatusCode_isBad(status);
            if (UA_StatusCode_isBad(status) && !first)
                first = status;
        }
        break;
    }
    if (bad)
        osm_buf_printf(out, ", %zu of %zu bad (%s)", bad, size, UA_StatusCode_name(first));
}

void osm_op_log_result(const struct osm_op *op, const char *asked,
                       const struct osm_ua_service *service, const struct osm_ua_result *result,
                       osm_msec took)
{
    _cleanup_(osm_buf_deinit) struct osm_buf text = {0};

    if (!asked)
        return;
    if (result->outcome == OSM_UA_LOST)
        osm_buf_printf(&text, "the connection was lost");
    else
        osm_buf_printf(&text, "%s", UA_StatusCode_name(result->service_result));
    if (result->response)
        add_entries(&text, service->response, result->response);
    osm_log_debug("%s%s%s: %s: %s after %" PRIu64 " ms", op->caller->label ? op->caller->label : "",
                  op->caller->label ? " " : "", op->name, asked, osm_buf_text(&text),
                  (uint64_t)took);
}
