/* SPDX-License-Identifier: MIT */
/* See message.h. */
#include "rim/ua/message.h"

#include "rim/ua/framing.h"

uint32_t osm_message_id_of(const UA_DataType *type)
{
    return type->binaryEncodingId.identifier.numeric;
}

UA_StatusCode osm_message_encode(struct osm_buf *out, const UA_DataType *type, const void *value)
{
    size_t size = UA_calcSizeBinary(value, type), before = out->length;
    uint32_t id = osm_message_id_of(type);
    UA_ByteString room;
    UA_StatusCode status;
    uint8_t *head;

    if (!size)
        return UA_STATUSCODE_BADENCODINGERROR;
    osm_assert(id <= UINT16_MAX);
    head = (uint8_t *)osm_buf_reserve(out, 4 + size);
    head[0] = 1; /* four-byte form */
    head[1] = 0;
    head[2] = (uint8_t)id;
    head[3] = (uint8_t)(id >> 8);
    room = (UA_ByteString){size, head + 4};
    status = UA_encodeBinary(value, type, &room);
    if (status != UA_STATUSCODE_GOOD) {
        osm_buf_truncate(out, before);
        return status;
    }
    osm_buf_commit(out, 4 + room.length);
    return UA_STATUSCODE_GOOD;
}

bool osm_message_type(const UA_ByteString *message, uint32_t *id, UA_ByteString *rest)
{
    const uint8_t *at = message->data;
    size_t length = message->length, used = 0;

    if (length >= 2 && at[0] == 0) {
        *id = at[1];
        used = 2;
    } else if (length >= 4 && at[0] == 1 && at[1] == 0) {
        *id = (uint32_t)(at[2] | at[3] << 8);
        used = 4;
    } else if (length >= 7 && at[0] == 2 && at[1] == 0 && at[2] == 0) {
        *id = osm_framing_u32(at + 3);
        used = 7;
    }
    *rest = (UA_ByteString){length - used, message->data + used};
    return used > 0;
}
