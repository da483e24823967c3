/* SPDX-License-Identifier: MIT */
#ifndef OSM_WIRE_PLAIN_PLAIN_DECODE_H
#define OSM_WIRE_PLAIN_PLAIN_DECODE_H
/*
 * The untagged JSON of `query` as OPC UA values (contract: types.md §3.6, §4). A decoder knows
 * where it is, so that refusals name the place: `readMulti: params[0][3].nodeId must be a NodeId
 * object`.
 *
 * Results live in the arena, texts may point into the JSON document, which has to live as long:
 * never UA_clear them. Variants carry UA_VARIANT_DATA_NODELETE. The first fault wins; after a
 * function has returned false its result is undefined.
 */
#include <stdbool.h>
#include <stdint.h>

#include <open62541/types.h>
#include <yyjson.h>

#include "util/arena.h"
#include "util/fault.h"
#include "util/macros.h"
#include "wire/text/cast.h"
#include "wire/text/names.h"
#include "wire/value/builtin_type.h"
#include "wire/value/context.h"

struct osm_decode {
    struct osm_arena *arena;                /* borrowed */
    struct osm_fault *fault;                /* borrowed */
    const char *method;                     /* for messages: "read" */
    int position;                           /* index in params, or -1 */
    int item;                               /* index in the list params[position], or -1 */
    const char *key;                        /* member of the item (or of the param), or NULL */
    double now;                             /* wall clock, for relative times */
    const struct osm_wire_context *context; /* codecs of the session; may be NULL */
    const char *list;                       /* what positions count in: NULL = "params" */
    int element;                            /* index in the list that is the value itself, or -1 */
    const UA_DataType *structure; /* what a map of fields without a typeId is; NULL = not known */
    struct osm_names *names;      /* the server's namespaces; NULL = no URIs */
};

/* A decoder of a method's params. Positions come from osm_decode_at(). */
static inline struct osm_decode osm_decode_make(struct osm_arena *arena, struct osm_fault *fault,
                                                const char *method, double now,
                                                const struct osm_wire_context *context)
{
    return (struct osm_decode){.arena = arena,
                               .fault = fault,
                               .method = method,
                               .item = -1,
                               .now = now,
                               .context = context,
                               .element = -1};
}

/* A decoder standing at params[position]. */
static inline struct osm_decode osm_decode_at(const struct osm_decode *base, int position)
{
    struct osm_decode at = *base;

    at.position = position;
    at.item = -1;
    at.key = NULL;
    at.element = -1;
    return at;
}

/* The same at item `item` of the list at that position, and at one of its members (or NULL). */
static inline struct osm_decode osm_decode_item(const struct osm_decode *base, int item,
                                                const char *key)
{
    struct osm_decode at = *base;

    at.item = item;
    at.key = key;
    at.element = -1;
    return at;
}

/* Sets a TypeError `<place> must be <expected>`; false. */
bool osm_decode_type_error(const struct osm_decode *decode, const char *expected);
/* `<method>: params[<position>][<item>].<key>[<element>]` in the arena. */
const char *osm_decode_place(const struct osm_decode *decode);
/* ValueError `<value> is not a valid backing value for enum PhpOpcua\Client\<name>`; name e.g.
 * "Types\\BuiltinType". Texts are quoted. */
bool osm_decode_enum_error(const struct osm_decode *decode, yyjson_val *value, const char *name);
bool osm_decode_enum_error_int(const struct osm_decode *decode, int64_t value, const char *name);

/* Object {"ns","id","type"} or text. Absent or null is a TypeError. */
OSM_MUST_CHECK bool osm_plain_read_node_id(const struct osm_decode *decode, yyjson_val *value,
                                           UA_NodeId *out);
/* {"ns","name"} of a relative path (methods.md §2.7): members are cast, null is 0 and "". */
OSM_MUST_CHECK bool osm_plain_read_qualified_name(const struct osm_decode *decode,
                                                  yyjson_val *value, UA_QualifiedName *out);
/* A list where it is required: array or object; anything else is a TypeError. */
OSM_MUST_CHECK bool osm_plain_read_list(const struct osm_decode *decode, yyjson_val *value,
                                        struct osm_list *list);
/* The same, null being the empty list. */
OSM_MUST_CHECK bool osm_plain_read_list_or_null(const struct osm_decode *decode, yyjson_val *value,
                                                struct osm_list *list);
/* A time text as history parameters take it. */
OSM_MUST_CHECK bool osm_plain_read_time(const struct osm_decode *decode, yyjson_val *value,
                                        UA_DateTime *out);
/* An element of a list of times (historyReadAtTime): cast to text first. */
OSM_MUST_CHECK bool osm_plain_read_listed_time(const struct osm_decode *decode, yyjson_val *value,
                                               UA_DateTime *out);

/* 1–25 from a number or a text cast to one, else the ValueError of the enum BuiltinType. */
OSM_MUST_CHECK bool osm_plain_read_builtin_type(const struct osm_decode *decode, yyjson_val *value,
                                                uint32_t *out);
/* An untyped value as the given builtin type (1–25): scalar or, from a list, array. */
OSM_MUST_CHECK bool osm_plain_read_value(const struct osm_decode *decode, yyjson_val *value,
                                         uint32_t builtin_type, UA_Variant *out);
/* {"type","value","dimensions"}: an argument of call. */
OSM_MUST_CHECK bool osm_plain_read_variant(const struct osm_decode *decode, yyjson_val *value,
                                           UA_Variant *out);

#endif
