/* SPDX-License-Identifier: MIT */
#ifndef OSM_SERVE_METHOD_ARGS_H
#define OSM_SERVE_METHOD_ARGS_H
/*
 * The parameters of a call, in either wire form, so that a method decodes them once:
 *
 *   query   positional, untagged, cast the way PHP casts (ipc-protocol.md §4, methods.md §1)
 *   invoke  positional or by name, tagged, not cast: a wrong kind is a TypeError (methods.md §4)
 *
 * Every function moves `decode` to the position it reads, so that refusals name the place. All
 * return false with a fault set, or true with *out filled in.
 */
#include <stdbool.h>
#include <stdint.h>

#include <yyjson.h>

#include "wire/plain/plain_decode.h"

/* One parameter of a method: its name on the wire of invoke, and its default as documentation
 * shows it (NULL = required). Lists of them end with a row without name. */
struct osm_parameter {
    const char *name;
    const char *fallback;
};

/* A NodeId that was given as a browse path: to be resolved before the operation starts. */
struct osm_arg_path {
    UA_String path;
    UA_NodeId *target; /* in the method's state */
    struct osm_arg_path *next;
};

struct osm_args {
    yyjson_val *container; /* list or object; NULL = none */
    bool tagged;           /* invoke */
    const struct osm_parameter *parameters;
    struct osm_arg_path *paths; /* found so far, newest first */
};

/* An enumeration of the PHP client: its tag and its name behind PhpOpcua\Client\. */
struct osm_enum {
    const char *tag;
    const char *name;
    uint64_t allowed;     /* bit n = the value n is a member */
    uint32_t largest_bit; /* instead: 0 and powers of two up to this one */
};
extern const struct osm_enum osm_arg_browse_direction, osm_arg_node_class;

/* `[ns=<n>;]<t>=`: what methods.md §2.8 (b) takes for a NodeId rather than a path. */
bool osm_arg_looks_like_node_id(const char *text);

/* The value at a position, NULL when absent. */
yyjson_val *osm_arg(const struct osm_args *args, int position);

OSM_MUST_CHECK bool osm_arg_bool(struct osm_decode *decode, const struct osm_args *args,
                                 int position, bool fallback, bool *out);
OSM_MUST_CHECK bool osm_arg_int(struct osm_decode *decode, const struct osm_args *args,
                                int position, int64_t fallback, int64_t *out);
OSM_MUST_CHECK bool osm_arg_uint32(struct osm_decode *decode, const struct osm_args *args,
                                   int position, uint32_t fallback, uint32_t *out);
OSM_MUST_CHECK bool osm_arg_double(struct osm_decode *decode, const struct osm_args *args,
                                   int position, double fallback, double *out);
/* A text in the arena or the document, NUL-terminated; absent or null gives "" unless tagged and
 * required. */
OSM_MUST_CHECK bool osm_arg_text(struct osm_decode *decode, const struct osm_args *args,
                                 int position, UA_String *out);
/* Required. With invoke a text may also be a browse path: out is then filled in later. */
OSM_MUST_CHECK bool osm_arg_node_id(struct osm_decode *decode, struct osm_args *args, int position,
                                    UA_NodeId *out);
OSM_MUST_CHECK bool osm_arg_node_id_or(struct osm_decode *decode, struct osm_args *args,
                                       int position, UA_NodeId fallback, UA_NodeId *out);
OSM_MUST_CHECK bool osm_arg_enum(struct osm_decode *decode, const struct osm_args *args,
                                 int position, const struct osm_enum *kind, int64_t fallback,
                                 int64_t *out);
/* The OR of a list of members; absent or null gives 0. */
OSM_MUST_CHECK bool osm_arg_enum_mask(struct osm_decode *decode, struct osm_args *args,
                                      int position, const struct osm_enum *kind, uint32_t *out);
/* A time; 0 when absent or null and nullable. */
OSM_MUST_CHECK bool osm_arg_time(struct osm_decode *decode, const struct osm_args *args,
                                 int position, bool nullable, UA_DateTime *out);
/* A list of times; required. */
OSM_MUST_CHECK bool osm_arg_times(struct osm_decode *decode, const struct osm_args *args,
                                  int position, UA_DateTime **out, size_t *size);
/* A list where one is due; null is the empty list if nullable. */
OSM_MUST_CHECK bool osm_arg_list(struct osm_decode *decode, const struct osm_args *args,
                                 int position, bool nullable, struct osm_list *list);
/* The same with an array of `item_size` for its elements, zeroed, in the arena. */
OSM_MUST_CHECK bool osm_arg_array(struct osm_decode *decode, const struct osm_args *args,
                                  int position, bool nullable, size_t item_size,
                                  struct osm_list *list, void *array);
/* A list of numbers (ids, sequence numbers). */
OSM_MUST_CHECK bool osm_arg_uint32s(struct osm_decode *decode, const struct osm_args *args,
                                    int position, bool nullable, uint32_t **out, size_t *size);

/* --- members of list items; decode stands at the item (osm_decode_item) --- */

/* A list item that must be a map. */
OSM_MUST_CHECK bool osm_arg_item_check(struct osm_decode *decode, yyjson_val *item, int index);
OSM_MUST_CHECK bool osm_arg_item_node_id(struct osm_decode *decode, const struct osm_args *args,
                                         yyjson_val *item, const char *key, UA_NodeId *out);
OSM_MUST_CHECK bool osm_arg_item_node_id_or(struct osm_decode *decode, const struct osm_args *args,
                                            yyjson_val *item, const char *key, UA_NodeId fallback,
                                            UA_NodeId *out);
/* An integer, not cast: anything else is a TypeError in either form. */
OSM_MUST_CHECK bool osm_arg_item_uint32(struct osm_decode *decode, yyjson_val *item,
                                        const char *key, uint32_t fallback, uint32_t *out);
OSM_MUST_CHECK bool osm_arg_item_double(struct osm_decode *decode, yyjson_val *item,
                                        const char *key, double fallback, double *out);
OSM_MUST_CHECK bool osm_arg_item_bool(struct osm_decode *decode, const struct osm_args *args,
                                      yyjson_val *item, const char *key, bool fallback, bool *out);
/* A builtin type 1–25 as number or tagged BuiltinType; 0 when absent or null. */
OSM_MUST_CHECK bool osm_arg_item_builtin_type(struct osm_decode *decode,
                                              const struct osm_args *args, yyjson_val *value,
                                              uint32_t *out);

#endif
