/* SPDX-License-Identifier: MIT */
/*
 * Read requests, which are most of what is sent, written straight from their nodes (OPC 10000-4
 * §5.11.2): the library's walk over type descriptions costs several times as much for each. The
 * bytes are the same.
 */
#include "rim/ua/message.h"

#include <string.h>

#include "rim/ua/framing.h"

/* Of a header and the message's id, besides texts. */
#define HEADER_ROOM ((size_t)(4 + 19 + 8 + 4 + 4 + 4 + 4 + 3))
/* Of a node, besides its texts: id (a GUID: 19), attribute, length of the range, namespace and
 * length of the encoding. */
#define NODE_ROOM ((size_t)(19 + 4 + 4 + 2 + 4))

static uint8_t *put_u16(uint8_t *at, uint16_t value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
    return at + 2;
}

static uint8_t *put_u32(uint8_t *at, uint32_t value)
{
    osm_framing_put_u32(at, value);
    return at + 4;
}

static inline uint8_t *put_text(uint8_t *at, const UA_String *text)
{
    if (!text->data)
        return put_u32(at, UINT32_MAX);
    at = put_u32(at, (uint32_t)text->length);
    if (text->length)
        memcpy(at, text->data, text->length);
    return at + text->length;
}

/* OPC 10000-6 §5.2.2.9: the shortest of the numeric forms. */
static uint8_t *put_numeric(uint8_t *at, uint16_t index, uint32_t number)
{
    if (number > UINT16_MAX || index > UINT8_MAX) {
        *at++ = 2;
        return put_u32(put_u16(at, index), number);
    }
    if (number > UINT8_MAX || index) {
        *at++ = 1;
        *at++ = (uint8_t)index;
        return put_u16(at, (uint16_t)number);
    }
    *at++ = 0;
    *at++ = (uint8_t)number;
    return at;
}

static inline uint8_t *put_node_id(uint8_t *at, const UA_NodeId *id)
{
    switch (id->identifierType) {
    case UA_NODEIDTYPE_NUMERIC:
        return put_numeric(at, id->namespaceIndex, id->identifier.numeric);
    case UA_NODEIDTYPE_GUID: /* in memory as on the wire: little endian, as all machines we run on
                              */
        *at = 4;
        at = put_u16(at + 1, id->namespaceIndex);
        memcpy(at, &id->identifier.guid, sizeof(UA_Guid));
        return at + sizeof(UA_Guid);
    case UA_NODEIDTYPE_STRING:
    case UA_NODEIDTYPE_BYTESTRING:
        break;
    }
    *at = id->identifierType == UA_NODEIDTYPE_STRING ? 3 : 5;
    return put_text(put_u16(at + 1, id->namespaceIndex), &id->identifier.string);
}

static size_t text_of(const UA_NodeId *id)
{
    return id->identifierType == UA_NODEIDTYPE_STRING ||
                   id->identifierType == UA_NODEIDTYPE_BYTESTRING
               ? id->identifier.string.length
               : 0;
}

static size_t room_of(const UA_ReadValueId *node)
{
    return NODE_ROOM + text_of(&node->nodeId) + node->indexRange.length +
           node->dataEncoding.name.length;
}

/* OPC 10000-4 §7.33, without an additional header. */
static uint8_t *put_header(uint8_t *at, const UA_RequestHeader *header)
{
    at = put_node_id(at, &header->authenticationToken);
    memcpy(at, &header->timestamp, sizeof(header->timestamp));
    at = put_u32(at + sizeof(header->timestamp), header->requestHandle);
    at = put_u32(at, header->returnDiagnostics);
    at = put_text(at, &header->auditEntryId);
    at = put_u32(at, header->timeoutHint);
    memset(at, 0, 3);
    return at + 3;
}

static uint8_t *put_node(uint8_t *at, const UA_ReadValueId *node)
{
    at = put_u32(put_node_id(at, &node->nodeId), node->attributeId);
    at = put_u16(put_text(at, &node->indexRange), node->dataEncoding.namespaceIndex);
    return put_text(at, &node->dataEncoding.name);
}

bool osm_message_put_read(struct osm_buf *out, const UA_ReadRequest *request)
{
    const UA_RequestHeader *header = &request->requestHeader;
    size_t room =
        HEADER_ROOM + text_of(&header->authenticationToken) + header->auditEntryId.length + 16;
    uint8_t *start, *at;

    if (header->additionalHeader.encoding != UA_EXTENSIONOBJECT_ENCODED_NOBODY ||
        !UA_NodeId_isNull(&header->additionalHeader.content.encoded.typeId))
        return false;
    for (size_t i = 0; i < request->nodesToReadSize; i++)
        room += room_of(&request->nodesToRead[i]);
    start = (uint8_t *)osm_buf_reserve(out, room);
    at = put_numeric(start, 0, osm_message_id_of(&UA_TYPES[UA_TYPES_READREQUEST]));
    at = put_header(at, header);
    memcpy(at, &request->maxAge, sizeof(request->maxAge));
    at = put_u32(at + sizeof(request->maxAge), (uint32_t)request->timestampsToReturn);
    at = put_u32(at, (uint32_t)request->nodesToReadSize);
    for (size_t i = 0; i < request->nodesToReadSize; i++)
        at = put_node(at, &request->nodesToRead[i]);
    osm_buf_commit(out, (size_t)(at - start));
    return true;
}
