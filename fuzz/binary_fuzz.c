/* SPDX-License-Identifier: MIT */
/*
 * Whatever a server sends as an answer: the decoder stays within the bytes and its memory, and
 * what comes out can be copied and encoded. The first byte chooses the type.
 */
#include "fuzz.h"
#include "rim/ua/binary.h"
#include "wire/value/raw_types.h"

static const size_t types[] = {
    UA_TYPES_READRESPONSE,
    UA_TYPES_PUBLISHRESPONSE,
    UA_TYPES_BROWSERESPONSE,
    UA_TYPES_HISTORYREADRESPONSE,
    UA_TYPES_CALLRESPONSE,
    UA_TYPES_GETENDPOINTSRESPONSE,
    UA_TYPES_CREATESESSIONRESPONSE,
    UA_TYPES_CREATEMONITOREDITEMSRESPONSE,
    UA_TYPES_DATAVALUE,
    UA_TYPES_VARIANT,
    UA_TYPES_EXTENSIONOBJECT,
    UA_TYPES_DIAGNOSTICINFO,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const UA_DataType *type = &UA_TYPES[types[size ? data[0] % OSM_ARRAY_SIZE(types) : 0]];
    UA_ByteString encoded = UA_BYTESTRING_NULL;
    struct osm_arena arena;
    void *value, *copy;

    osm_raw_types_init();
    if (!size)
        return 0;
    osm_arena_init(&arena);
    value = osm_arena_alloc(&arena, type->memSize);
    copy = osm_arena_alloc(&arena, type->memSize);
    if (osm_binary_decode(data + 1, size - 1, type, value, &arena, NULL) == UA_STATUSCODE_GOOD) {
        osm_assert(UA_copy(value, copy, type) == UA_STATUSCODE_GOOD);
        osm_assert(UA_order(value, copy, type) == UA_ORDER_EQ);
        (void)UA_encodeBinary(copy, type, &encoded);
        UA_ByteString_clear(&encoded);
        UA_clear(copy, type);
    }
    osm_assert(arena.used <= osm_binary_budget(size) + 16384);
    osm_arena_deinit(&arena);
    return 0;
}
