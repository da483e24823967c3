/* SPDX-License-Identifier: MIT */
/* The state of a session as another process has written it: what is read is written again as the
 * same bytes, or at least as some that are read as the same. */
#include "fuzz.h"

#include "rim/ua/session_state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct osm_session_state state, again;
    struct osm_buf out = {0};
    struct osm_arena arena;

    osm_arena_init(&arena);
    if (osm_session_state_read(data, size, &arena, &state)) {
        osm_session_state_write(&state, &out);
        osm_assert(osm_session_state_read(out.data, out.length, &arena, &again));
        osm_assert(UA_NodeId_equal(&state.token, &again.token));
        osm_assert(UA_ByteString_equal(&state.nonce, &again.nonce));
    }
    osm_buf_deinit(&out);
    osm_arena_deinit(&arena);
    return 0;
}
