/* SPDX-License-Identifier: MIT */
/* See session_state.h. Byte strings with their lengths, ids as OPC UA encodes them (OPC 10000-6
 * §5.2.2.9), behind a mark that names the version. */
#include "rim/ua/session_state.h"

#include <string.h>

#include <open62541/types_generated_handling.h>

#include "rim/ua/binary.h"
#include "rim/ua/framing.h"

#define MARK "OSMSESS1"
#define MARK_LENGTH (sizeof(MARK) - 1)

static void put_u32(struct osm_buf *out, uint32_t value)
{
    osm_framing_put_u32((uint8_t *)osm_buf_reserve(out, 4), value);
    osm_buf_commit(out, 4);
}

static void put_bytes(struct osm_buf *out, const UA_ByteString *bytes)
{
    /* none and an empty one stay what they are: OPC 10000-6 §5.2.2.7 tells them apart */
    put_u32(out, bytes->data ? (uint32_t)bytes->length : UINT32_MAX);
    if (bytes->data)
        osm_buf_add(out, bytes->data, bytes->length);
}

static void put_id(struct osm_buf *out, const UA_NodeId *id)
{
    UA_ByteString bytes = {.length = UA_calcSizeBinary(id, &UA_TYPES[UA_TYPES_NODEID])};

    put_u32(out, (uint32_t)bytes.length);
    bytes.data = (UA_Byte *)osm_buf_reserve(out, bytes.length);
    osm_assert(UA_encodeBinary(id, &UA_TYPES[UA_TYPES_NODEID], &bytes) == UA_STATUSCODE_GOOD);
    osm_buf_commit(out, bytes.length);
}

void osm_session_state_write(const struct osm_session_state *state, struct osm_buf *out)
{
    osm_buf_add(out, MARK, MARK_LENGTH);
    put_bytes(out, &state->policy_uri);
    put_u32(out, state->mode);
    put_id(out, &state->id);
    put_id(out, &state->token);
    put_bytes(out, &state->nonce);
    put_bytes(out, &state->leaf);
    put_bytes(out, &state->ephemeral);
    put_bytes(out, &state->ephemeral_signature);
    put_u32(out, state->timeout);
    put_u32(out, state->unsure);
}

static void read_id(struct osm_framing_reader *reader, struct osm_arena *arena, UA_NodeId *out)
{
    struct osm_binary_result result = {0};
    UA_ByteString bytes;

    osm_framing_read_bytes(reader, &bytes);
    *out = UA_NODEID_NULL;
    reader->ok = reader->ok &&
                 osm_binary_decode(bytes.data, bytes.length, &UA_TYPES[UA_TYPES_NODEID], out, arena,
                                   &result) == UA_STATUSCODE_GOOD &&
                 result.used == bytes.length;
}

bool osm_session_state_read(const void *bytes, size_t length, struct osm_arena *arena,
                            struct osm_session_state *state)
{
    struct osm_framing_reader reader = {bytes, length, true};

    *state = (struct osm_session_state){0};
    if (length < MARK_LENGTH || memcmp(bytes, MARK, MARK_LENGTH) != 0)
        return false;
    reader.at += MARK_LENGTH;
    reader.left -= MARK_LENGTH;
    osm_framing_read_bytes(&reader, &state->policy_uri);
    state->mode = osm_framing_read_u32(&reader);
    read_id(&reader, arena, &state->id);
    read_id(&reader, arena, &state->token);
    osm_framing_read_bytes(&reader, &state->nonce);
    osm_framing_read_bytes(&reader, &state->leaf);
    osm_framing_read_bytes(&reader, &state->ephemeral);
    osm_framing_read_bytes(&reader, &state->ephemeral_signature);
    state->timeout = osm_framing_read_u32(&reader);
    state->unsure = osm_framing_read_u32(&reader) != 0;
    return reader.ok && !reader.left && !UA_NodeId_isNull(&state->token);
}
