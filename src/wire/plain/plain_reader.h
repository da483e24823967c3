/* SPDX-License-Identifier: MIT */
#ifndef OSM_WIRE_PLAIN_PLAIN_READER_H
#define OSM_WIRE_PLAIN_PLAIN_READER_H
/*
 * Inside of the decoders: one reading function per builtin type, in a table (types.md §4).
 * Nothing above this folder includes this file.
 */
#include <open62541/types_generated.h>

#include "wire/plain/plain_decode.h"
#include "wire/text/json.h"

struct osm_reader;
/* Reads one scalar into out, zeroed memory of the type. */
typedef bool osm_read_fn(const struct osm_reader *reader, yyjson_val *value, void *out);

struct osm_reader {
    const struct osm_decode *decode;
    uint32_t type;            /* builtin type 1–25 that is wanted */
    bool base64;              /* the enclosing object says that ByteStrings are base64 */
    bool element;             /* an element of a list */
    unsigned depth;           /* Variants around, counting those of DataValues */
    osm_read_fn *read_tagged; /* reads values that carry a `__t`; NULL = they are plain maps */
};

struct osm_read_rule {
    osm_read_fn *read;
    bool object; /* an object is a scalar of this type, never a list */
};

/* The rule of a builtin type 1–25. */
const struct osm_read_rule *osm_read_rule(uint32_t builtin_type);

osm_read_fn osm_read_boolean, osm_read_integer, osm_read_float, osm_read_double, osm_read_string,
    osm_read_date_time, osm_read_guid, osm_read_byte_string, osm_read_node_id,
    osm_read_expanded_node_id, osm_read_qualified_name, osm_read_localized_text,
    osm_read_extension_object, osm_read_data_value, osm_read_variant, osm_read_diagnostic_info;

/* A scalar of that type, whatever the reader's own type is. */
OSM_MUST_CHECK bool osm_read_as(const struct osm_reader *reader, uint32_t builtin_type,
                                yyjson_val *value, void *out);
/* The same for the reader's own type; a tagged value goes to the tagged decoder. */
OSM_MUST_CHECK bool osm_read_scalar(const struct osm_reader *reader, yyjson_val *value, void *out);
/* Scalar or list into an empty Variant. */
OSM_MUST_CHECK bool osm_read_content(const struct osm_reader *reader, yyjson_val *value,
                                     UA_Variant *out);
/* Whether the value stands for a list of the reader's type: an array, or for types without a form
 * as object one whose keys are all numbers. */
bool osm_read_is_list(const struct osm_reader *reader, yyjson_val *value);
/* Such a list into an empty Variant: an array, or of lists in it a matrix. */
OSM_MUST_CHECK bool osm_read_list(const struct osm_reader *reader, yyjson_val *value,
                                  UA_Variant *out);
/* The dimensions of a Variant whose content has been read; null is none. */
OSM_MUST_CHECK bool osm_read_dimensions(const struct osm_reader *reader, yyjson_val *value,
                                        UA_Variant *out);
/* {"type","value",…} in either form; the object is known to be one. */
OSM_MUST_CHECK bool osm_read_variant_object(const struct osm_reader *reader, yyjson_val *object,
                                            UA_Variant *out);
/* A map of fields as the structure it is, with memory in the arena. */
OSM_MUST_CHECK bool osm_read_structure(const struct osm_reader *reader, yyjson_val *value,
                                       const UA_DataType *type, void *out);
/* ns, id and type of types.md §3.6. */
OSM_MUST_CHECK bool osm_read_node_id_parts(const struct osm_decode *decode, yyjson_val *ns,
                                           yyjson_val *id, yyjson_val *type, UA_NodeId *out);

/* EncodingException naming place, value and type; reason may be NULL. Returns false. */
bool osm_reader_error(const struct osm_reader *reader, yyjson_val *value, const char *reason);
/* TypeError `<place>.<member> must be <expected>`; false. */
bool osm_decode_member_error(const struct osm_decode *decode, const char *member,
                             const char *expected);
/* A value as a message shows it, shortened. */
const char *osm_decode_describe(struct osm_arena *arena, yyjson_val *value);

#endif
