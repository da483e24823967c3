/* SPDX-License-Identifier: MIT */
#ifndef OSM_RIM_UA_BINARY_H
#define OSM_RIM_UA_BINARY_H
/*
 * The binary decoder (OPC 10000-6 §5.2): one walk over open62541's type descriptions that puts a
 * message into an arena. Texts and byte strings are views into the message, so the result lives
 * as long as both; nothing of it may be cleared by the library or moved out, only copied
 * (UA_copy). Variants say UA_VARIANT_DATA_NODELETE.
 *
 * What a server sends is bounded before it is believed: lengths by the bytes that are there,
 * nesting by OSM_BINARY_DEPTH, memory by osm_binary_budget() of the size of the message.
 *
 * One odd value does not cost its neighbours. A Variant or DataValue that cannot be decoded is
 * null, a DataValue then has Bad_DecodingError as its status. When its end is known (dimensions
 * that do not fit) decoding goes on behind it; when it is not, so end all values behind it in
 * the same body of an ExtensionObject, or in the same message, and arrays that had begun keep
 * their length. A body that is not what its type id says stays encoded. Anything else that is
 * odd makes the whole message Bad_DecodingError. A value of a notification that would take too much
 * memory is such an odd one.
 *
 * ExtensionObjects of known types are decoded where they are part of a service; inside Variants
 * they become values of their type. What wire/value/raw_types.h hides stays encoded.
 */
#include <open62541/types_generated.h>

#include "util/arena.h"

/* Variants, DataValues, ExtensionObjects and DiagnosticInfos inside each other. */
#define OSM_BINARY_DEPTH 100
/* A Boolean in a DataValue takes 3 bytes of a message and 88 of memory, so much is allowed for
 * messages of up to half a megabyte; beyond it 8 bytes for each. */
static inline size_t osm_binary_budget(size_t size)
{
    size_t small = size * 32 + ((size_t)1 << 20), large = size * 8 + ((size_t)16 << 20);

    return small < large ? small : large;
}

struct osm_binary_result {
    size_t used;     /* bytes of the message that were read */
    size_t replaced; /* values that could not be decoded */
};

/*
 * Decodes one `type` from the beginning of bytes into *out (type->memSize bytes). Good,
 * Bad_DecodingError or, when it would take too much memory, Bad_ResponseTooLarge; then *out must
 * not be read. More bytes may follow (result->used). result may be NULL.
 */
OSM_MUST_CHECK UA_StatusCode osm_binary_decode(const void *bytes, size_t size,
                                               const UA_DataType *type, void *out,
                                               struct osm_arena *arena,
                                               struct osm_binary_result *result);

#endif
