/* SPDX-License-Identifier: MIT */
/* NodeId text: what is read prints, and what was printed reads as the same. */
#include "fuzz.h"
#include "wire/text/node_id.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct osm_buf first = {0}, second = {0};
    struct osm_fault fault = {0};
    struct osm_arena arena;
    UA_NodeId id, again;

    osm_arena_init(&arena);
    if (osm_node_id_parse((const char *)data, size, NULL, &id, &arena, &fault)) {
        osm_node_id_print(&first, &id);
        osm_assert(osm_node_id_parse(first.data, first.length, NULL, &again, &arena, &fault));
        osm_assert(UA_NodeId_equal(&id, &again));
        osm_node_id_print(&second, &again);
        osm_assert(first.length == second.length && !memcmp(first.data, second.data, first.length));
    } else {
        osm_assert(osm_fault_is_set(&fault) && fault.message);
    }
    osm_buf_deinit(&first);
    osm_buf_deinit(&second);
    osm_arena_deinit(&arena);
    return 0;
}
