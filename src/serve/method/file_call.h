/* SPDX-License-Identifier: MIT */
#ifndef OSM_SERVE_METHOD_FILE_CALL_H
#define OSM_SERVE_METHOD_FILE_CALL_H
/*
 * Calling a method of a file or directory object by its name (methods.md §4.3; OPC 10000-20):
 * the method's node is looked up once per connection with TranslateBrowsePathsToNodeIds, then
 * called. Calls are never sent twice: reading moves the position, opening takes a handle.
 */
#include "serve/method/method.h"

#define OSM_FILE_INPUTS 4

/* Takes the outputs of a good call and finishes the operation. */
typedef void osm_file_done_fn(struct osm_op *op, const UA_CallMethodResult *result);

struct osm_file_method {
    const char *name;        /* browse name in namespace 0; errors show this one */
    const char *alternative; /* another name the method may have, or NULL */
    osm_file_done_fn *done;
};

/* The state of such an operation. */
struct osm_file_call {
    const struct osm_file_method *method;
    UA_NodeId object;
    UA_Variant inputs[OSM_FILE_INPUTS];
    size_t inputs_size;
    const void *response; /* of the call, while it is told */
    const char *key;      /* of the method's node in osm_session_link(session)->method_nodes */
};

/* A parameter of such a method beside the object: an input of the type `of` tells, in their order.
 * A Byte is an OpenFileMode. */
osm_parameter_fn osm_file_call_input;
osm_op_start_fn osm_file_call_start;

/* Fails with `<m> returned no output arguments` if there is none; else the first one. */
const UA_Variant *osm_file_first_output(struct osm_op *op, const UA_CallMethodResult *result);
/* `<m> output[0] is not <kind>`. */
void osm_file_fail_output(struct osm_op *op, const char *kind);

#endif
