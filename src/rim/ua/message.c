/* SPDX-License-Identifier: MIT */
/* See message.h. */
#include "rim/ua/message.h"

#include "rim/ua/framing.h"

uint32_t osm_message_id_of(const UA_DataType *type)
{
    return type->binaryEncodingId.identifier.numeric;
}

/* Most requests are smaller, and measuring one costs as much as encoding it. */
#define ROOM_AT_FIRST ((size_t)8192)

/* The body, in so much room. */
static UA_StatusCode encode_body(struct osm_buf *out, const UA_DataType *type, const void *value,
                                 size_t size)
{
    uint32_t id = osm_message_id_of(type);
    uint8_t *head = (uint8_t *)osm_buf_reserve(out, 4 + size);
    UA_ByteString room = {size, head + 4};
    UA_StatusCode status = UA_encodeBinary(value, type, &room);

    osm_assert(id <= UINT16_MAX);
    if (status != UA_STATUSCODE_GOOD)
        return status;
    head[0] = 1; /* four-byte form */
    head[1] = 0;
    head[2] = (uint8_t)id;
    head[3] = (uint8_t)(id >> 8);
    osm_buf_commit(out, 4 + room.length);
    return UA_STATUSCODE_GOOD;
}

UA_StatusCode osm_message_encode(struct osm_buf *out, const UA_DataType *type, const void *value)
{
    UA_StatusCode status;
    size_t size;

    if (type == &UA_TYPES[UA_TYPES_READREQUEST] && osm_message_put_read(out, value))
        return UA_STATUSCODE_GOOD;
    status = encode_body(out, type, value, ROOM_AT_FIRST);
    if (status == UA_STATUSCODE_GOOD)
        return status;
    size = UA_calcSizeBinary(value, type);
    return size ? encode_body(out, type, value, size) : UA_STATUSCODE_BADENCODINGERROR;
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
