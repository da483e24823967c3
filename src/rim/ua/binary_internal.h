/* SPDX-License-Identifier: MIT */
#ifndef OSM_RIM_UA_BINARY_INTERNAL_H
#define OSM_RIM_UA_BINARY_INTERNAL_H
/*
 * What the files of the decoder share.
 *
 *   binary.c          the reader's memory, arrays, structures
 *   binary_builtin.c  ids, texts, diagnostics
 *   binary_value.c    Variant, DataValue, ExtensionObject: what may be replaced
 *
 * Nothing returns errors. A reader that has run dry (`lost`) stands at its end and gives zeros,
 * so that every function can go on to its own end; who opened a value looks afterwards.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "rim/ua/binary.h"

struct osm_binary {
    const uint8_t *at, *end;
    char *free, *free_end; /* of the present slab */
    struct osm_arena *arena;
    size_t budget; /* arena bytes that may still be taken */
    unsigned depth;
    unsigned values;      /* that are open around what is being read */
    bool spares;          /* memory that runs out in a value costs that one, not the message */
    bool lost;            /* what follows in this message or body cannot be read */
    UA_StatusCode status; /* of the whole; not Good = stop */
    size_t replaced;
};

/* What is being read is odd and its end unknown: the reader gives zeros from now on. */
void osm_binary_lose(struct osm_binary *in);
/* Memory aligned to 8, not zeroed; NULL when the budget is spent (status says so). */
void *osm_binary_take_slow(struct osm_binary *in, size_t size);

static inline void *osm_binary_take_raw(struct osm_binary *in, size_t size)
{
    char *memory = in->free;

    size = (size + 7) & ~(size_t)7;
    if (__builtin_expect((size_t)(in->free_end - memory) < size, 0))
        return osm_binary_take_slow(in, size);
    in->free += size;
    return memory;
}

/* The same, zeroed. */
static inline void *osm_binary_take(struct osm_binary *in, size_t size)
{
    void *memory = osm_binary_take_raw(in, size);

    return memory ? memset(memory, 0, size) : NULL;
}

static inline size_t osm_binary_left(const struct osm_binary *in)
{
    return (size_t)(in->end - in->at);
}

/* The next `size` (at most 16) bytes, or zeros. */
static inline const uint8_t *osm_binary_bytes(struct osm_binary *in, size_t size)
{
    static const uint8_t zeros[16];
    const uint8_t *bytes = in->at;

    if (__builtin_expect(osm_binary_left(in) < size, 0)) {
        osm_binary_lose(in);
        return zeros;
    }
    in->at += size;
    return bytes;
}

/* A number as it lies in the message: little endian, as all machines we run on. */
static inline void osm_binary_number(struct osm_binary *in, void *out, size_t size)
{
    memcpy(out, osm_binary_bytes(in, size), size);
}

static inline uint8_t osm_binary_u8(struct osm_binary *in)
{
    return *osm_binary_bytes(in, 1);
}

static inline uint16_t osm_binary_u16(struct osm_binary *in)
{
    uint16_t number;

    osm_binary_number(in, &number, sizeof(number));
    return number;
}

static inline uint32_t osm_binary_u32(struct osm_binary *in)
{
    uint32_t number;

    osm_binary_number(in, &number, sizeof(number));
    return number;
}

/* binary.c */
/* One value of any type; *out is zeroed. */
void osm_binary_any(struct osm_binary *in, const UA_DataType *type, void *out);
/* Length and elements; *data is NULL for a null array, the library's sentinel for an empty one. */
void osm_binary_array(struct osm_binary *in, const UA_DataType *type, size_t *size, void **data);
/* The same without the elements: where to put them (not zeroed), NULL when there are none. */
void *osm_binary_array_begin(struct osm_binary *in, const UA_DataType *type, size_t *size,
                             void **data);
/* One more level; false (and lost) when they are too many. */
bool osm_binary_enter(struct osm_binary *in);
static inline void osm_binary_leave(struct osm_binary *in)
{
    in->depth--;
}

/* binary_builtin.c */
void osm_binary_string(struct osm_binary *in, UA_String *out);
void osm_binary_node_id(struct osm_binary *in, UA_NodeId *out);
void osm_binary_expanded_node_id(struct osm_binary *in, UA_ExpandedNodeId *out);
void osm_binary_qualified_name(struct osm_binary *in, UA_QualifiedName *out);
void osm_binary_localized_text(struct osm_binary *in, UA_LocalizedText *out);
void osm_binary_diagnostic_info(struct osm_binary *in, UA_DiagnosticInfo *out);

/* binary_value.c */
void osm_binary_data_value(struct osm_binary *in, UA_DataValue *out);
/* False: it is null because it could not be decoded. */
bool osm_binary_variant(struct osm_binary *in, UA_Variant *out);
/* As part of a service: decoded when its type is known. */
void osm_binary_object(struct osm_binary *in, UA_ExtensionObject *out);

#endif
