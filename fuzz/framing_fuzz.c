/* SPDX-License-Identifier: MIT */
/*
 * Framing of the OPC UA Connection Protocol: whatever pieces the bytes come in, the chunks are
 * those of the whole stream, one behind the other, and no message needs more than its limits. The
 * first bytes of the input choose piece size and limit.
 */
#include <string.h>

#include "fuzz.h"
#include "rim/ua/framing.h"
#include "util/alloc.h"

static void parse(const uint8_t *chunk, size_t length)
{
    struct osm_stack_error error = {0};
    struct osm_framing_reverse_hello hello;
    struct osm_framing_ack ack;
    struct osm_framing_err err;

    (void)!osm_framing_parse_ack(chunk, length, &ack, &error);
    (void)!osm_framing_parse_reverse_hello(chunk, length, &hello, &error);
    osm_framing_parse_err(chunk + OSM_FRAMING_HEADER, length - OSM_FRAMING_HEADER, &err);
    osm_assert(err.reason.length <= OSM_FRAMING_REASON);
}

static void assemble(struct osm_assembly *assembly, struct osm_stack *stack, const uint8_t *chunk,
                     size_t length)
{
    UA_ByteString message;

    if (osm_framing_add(assembly, stack, (char)chunk[3], chunk + OSM_FRAMING_HEADER,
                        length - OSM_FRAMING_HEADER, &message) != OSM_ASSEMBLY_MORE)
        osm_framing_reset(assembly, stack);
    osm_assert(stack->receiving.used <= stack->receiving.limit);
    osm_assert(assembly->bytes.length <= stack->limits.message_bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct osm_stack stack = {.limits = {.message_bytes = 600, .chunks = 5},
                              .receiving = {.limit = 700}};
    struct osm_assembly assembly = {0};
    struct osm_stack_error error = {0};
    struct osm_framing framing;
    const uint8_t *expected = data + 2;

    if (size < 2 || size > 65536)
        return 0;
    osm_framing_init(&framing, 8 + data[1] * 16u, &error);
    for (size_t at = 2; at < size; at += 1u + data[0]) {
        size_t part = OSM_MIN(1u + data[0], size - at), length;
        _cleanup_(osm_freep) uint8_t *copy = osm_alloc(part);
        uint8_t *chunk;

        memcpy(copy, data + at, part);
        osm_framing_feed(&framing, copy, part);
        while (osm_framing_next(&framing, &chunk, &length) == OSM_FRAMING_CHUNK) {
            osm_assert(memcmp(chunk, expected, length) == 0);
            expected += length;
            parse(chunk, length);
            assemble(&assembly, &stack, chunk, length);
        }
        osm_framing_keep(&framing);
    }
    osm_framing_reset(&assembly, &stack);
    osm_assert(stack.receiving.used == 0);
    osm_framing_deinit(&framing);
    return 0;
}
