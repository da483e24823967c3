/* SPDX-License-Identifier: MIT */
#ifndef OSM_SERVE_METHOD_PARAMETERS_H
#define OSM_SERVE_METHOD_PARAMETERS_H
/*
 * What methods take, as tables: one row per parameter, and one per member of the maps in lists. A
 * row says how the value is read and where in the method's state it goes, so that both wire forms
 * are read by the same row:
 *
 *   query   positional, untagged, cast the way PHP casts (ipc-protocol.md §4, methods.md §1)
 *   invoke  positional or by name, tagged, not cast: a wrong kind is a TypeError (methods.md §4)
 *
 * The state is zero before. A row that is not required is read from its default, as it stands in
 * the documentation, when the caller leaves it out or sends null; "null" reads nothing, as NULL.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <yyjson.h>

#include "wire/plain/plain_decode.h"
#include "wire/text/json.h"

/* Most parameters of a method, and most members of a map. */
#define OSM_PARAMETERS_MAX 16

struct osm_parameter;
struct osm_method;
struct osm_session;

/* A NodeId that was given as a browse path: to be resolved before the operation starts. */
struct osm_arg_path {
    UA_String path;
    UA_NodeId *target; /* in the method's state */
    struct osm_arg_path *next;
};

/* The arguments of one call. */
struct osm_args {
    struct osm_decode *decode; /* stands at the argument at hand, so that refusals name the place */
    bool tagged;               /* invoke */
    const struct osm_session *session;
    const struct osm_method *method;
    yyjson_val *values[OSM_PARAMETERS_MAX]; /* by position; NULL = absent */
    struct osm_arg_path *paths;             /* found so far, newest first */
    yyjson_val fallback;                    /* the default read last, which is that of … */
    const struct osm_parameter *fallback_of;
    const struct osm_parameter *members; /* of the map read last, and how many these are */
    size_t members_size;
};

/* Reads one value into out; false with a fault set. NULL = null is the default. */
typedef bool osm_parameter_fn(struct osm_args *args, const struct osm_parameter *row,
                              yyjson_val *value, void *out);

struct osm_parameter {
    char name[OSM_JSON_NAME]; /* on the wire of invoke; lists of rows end with one without */
    const char *fallback;     /* the default; NULL = required */
    osm_parameter_fn *read;   /* NULL = the method reads it itself */
    size_t offset;            /* in the state, or in the item of a list */
    const void *of;           /* what else that function has to know */
};

/* An enumeration of the PHP client: its tag and its name behind PhpOpcua\Client\. */
struct osm_enum {
    const char *tag;
    const char *name;
    uint64_t allowed;     /* bit n = the value n is a member */
    uint32_t largest_bit; /* instead: 0 and powers of two up to this one */
};
extern const struct osm_enum osm_parameter_browse_direction, osm_parameter_node_class;

/* The elements of a list. */
struct osm_items {
    size_t size; /* of one, in memory */
    struct osm_parameter element;
};

/* --- what rows say: how, and where to; the member's type must fit --- */

#define OSM_AT(type, member, kind) _Generic(((type *)0)->member, kind : offsetof(type, member))

/* Any function of that kind. */
#define OSM_READ(function, type, member) .read = function, .offset = offsetof(type, member)
#define OSM_READ_AS(function, type, member, kind)                                                  \
    .read = function, .offset = OSM_AT(type, member, kind)

#define OSM_BOOL(type, member) OSM_READ_AS(osm_parameter_bool, type, member, bool)
#define OSM_INT(type, member) OSM_READ_AS(osm_parameter_int, type, member, int64_t)
#define OSM_UINT32(type, member) OSM_READ_AS(osm_parameter_uint32, type, member, uint32_t)
#define OSM_DOUBLE(type, member) OSM_READ_AS(osm_parameter_double, type, member, double)
/* NUL-terminated, in the arena or the document. */
#define OSM_TEXT(type, member) OSM_READ_AS(osm_parameter_text, type, member, UA_String)
/* Bytes as base64; a text that is none counts as the bytes themselves. */
#define OSM_BYTES(type, member) OSM_READ_AS(osm_parameter_bytes, type, member, UA_ByteString)
#define OSM_NODE_ID(type, member) OSM_READ_AS(osm_parameter_node_id, type, member, UA_NodeId)
/* With invoke a text may be a browse path, too: the member is then filled in later. */
#define OSM_NODE(type, member) OSM_READ_AS(osm_parameter_node, type, member, UA_NodeId)
#define OSM_TIME(type, member) OSM_READ_AS(osm_parameter_time, type, member, UA_DateTime)
#define OSM_ENUM(type, member, kind) OSM_READ(osm_parameter_enum, type, member), .of = kind
/* The OR of a list of members. */
#define OSM_ENUM_MASK(type, member, kind)                                                          \
    OSM_READ_AS(osm_parameter_enum_mask, type, member, uint32_t), .of = kind
/* A builtin type 1–25 as number or tagged BuiltinType; 0 when absent or null. */
#define OSM_BUILTIN_TYPE(type, member)                                                             \
    OSM_READ_AS(osm_parameter_builtin_type, type, member, uint32_t)
/* A part of a value (OPC 10000-4 §7.27), checked, in the document; absent, null or "" gives none.
 */
#define OSM_INDEX_RANGE(type, member)                                                              \
    OSM_READ_AS(osm_parameter_index_range, type, member, UA_String)
/* The same where callers have been free to give what they like: another kind is none. */
#define OSM_LAX_INDEX_RANGE(type, member)                                                          \
    OSM_READ_AS(osm_parameter_lax_index_range, type, member, UA_String)
/* The JSON itself; NULL when absent. */
#define OSM_JSON(type, member) OSM_READ_AS(osm_parameter_json, type, member, yyjson_val *)
/* Integers and numbers that are not cast in either form: members of maps. */
#define OSM_STRICT_UINT32(type, member)                                                            \
    OSM_READ_AS(osm_parameter_strict_uint32, type, member, uint32_t)
/* A list of what `items`, a struct osm_items, says; its size and a pointer to its items, right
 * behind, stand in the state. */
#define OSM_LIST(type, size_, list, items)                                                         \
    .read = osm_parameter_list, OSM_LIST_AT(type, size_, list), .of = items
/* The same, required of invoke; with query, null is the empty list. */
#define OSM_LAX_LIST(type, size_, list, items)                                                     \
    .read = osm_parameter_lax_list, OSM_LIST_AT(type, size_, list), .of = items
#define OSM_LIST_AT(type, size_, list)                                                             \
    .offset =                                                                                      \
        OSM_AT(type, size_, size_t) +                                                              \
        0 * sizeof(char[offsetof(type, list) == offsetof(type, size_) + sizeof(size_t) ? 1 : -1])

osm_parameter_fn osm_parameter_bool, osm_parameter_int, osm_parameter_uint32, osm_parameter_double,
    osm_parameter_text, osm_parameter_bytes, osm_parameter_node_id, osm_parameter_node,
    osm_parameter_time, osm_parameter_enum, osm_parameter_enum_mask, osm_parameter_builtin_type,
    osm_parameter_index_range, osm_parameter_lax_index_range, osm_parameter_json,
    osm_parameter_strict_uint32, osm_parameter_strict_double, osm_parameter_list,
    osm_parameter_lax_list,
    /* a map, by the rows in `of` */
    osm_parameter_map,
    /* elements: a time, which query casts to text; a Variant; a tagged DataValue */
    osm_parameter_listed_time, osm_parameter_variant, osm_parameter_data_value;

/* Lists of numbers, of times, of texts. */
extern const struct osm_items osm_parameter_uint32s, osm_parameter_times, osm_parameter_texts;

/* Fetches the arguments: a list or object, or NULL. False with a fault when one is none of the
 * method's. rows may be NULL. */
OSM_MUST_CHECK bool osm_parameters_take(struct osm_args *args, const struct osm_parameter *rows,
                                        yyjson_val *container);
/* Reads all of them, in order of position. */
OSM_MUST_CHECK bool osm_parameters_read(struct osm_args *args, const struct osm_parameter *rows,
                                        void *state);
/* Reads one value, or the row's default, into the structure the row belongs to. */
OSM_MUST_CHECK bool osm_parameter_read(struct osm_args *args, const struct osm_parameter *row,
                                       yyjson_val *value, void *state);
/* `[ns=<n>;]<t>=` or `nsu=<uri>;<t>=`: what methods.md §2.8 (b) takes for a NodeId rather than a
 * path. */
bool osm_parameter_is_node_id(const char *text);

#endif
