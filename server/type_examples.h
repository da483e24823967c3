/* SPDX-License-Identifier: MIT */
/* Example values of every builtin type, always the same ones, so that a test can expect
 * them. The scalar is the first, the array the first three, the matrix (2 x 3) all six. */
#ifndef OSM_DEMO_TYPE_EXAMPLES_H
#define OSM_DEMO_TYPE_EXAMPLES_H

#include <open62541/types.h>
#include <open62541/types_generated.h>
#include <stddef.h>

#define OSM_EXAMPLES 6

struct osm_type_example {
    const char *name;
    const UA_DataType *type;        /* of the elements; its id is the announced data type */
    void *values;                   /* OSM_EXAMPLES of them, static, only read */
    const UA_DataType *scalar_type; /* differs for Variant, which cannot hold itself */
};

/* Ended by a row without a name. */
extern const struct osm_type_example osm_type_examples[];

/* The variants point at the static values and own nothing. */
void osm_type_example_scalar(const struct osm_type_example *example, UA_Variant *out);
void osm_type_example_array(const struct osm_type_example *example, size_t length, UA_Variant *out);
/* Fills `dimensions` with 2 x 3 and keeps the pointer to it. */
void osm_type_example_matrix(const struct osm_type_example *example, UA_UInt32 dimensions[2],
                             UA_Variant *out);

#endif
