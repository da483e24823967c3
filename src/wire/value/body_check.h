/* SPDX-License-Identifier: MIT */
#ifndef OSM_WIRE_VALUE_BODY_CHECK_H
#define OSM_WIRE_VALUE_BODY_CHECK_H
/*
 * Looks whether a body a server sent can be given to the library's decoder as the structure its
 * server has defined. open62541 1.4 does not survive a union that says it holds a member it has
 * not got: it is found out, and then cleared by that very number. So a body is walked before, with
 * the library's own understanding of each type, and what breaks off or chooses such a member
 * does not get there.
 */
#include <stdbool.h>

#include <open62541/types.h>

#include "util/buf.h"
#include "util/macros.h"

/* A body as it is on the wire as one the library can decode, and the other way round: matrices get
 * or lose the length of their elements. True when a value of the type stands at the beginning of
 * the body, whole; *out is then the other form, or empty when that is the same: without matrices.
 * In either case it is to be freed (osm_buf_deinit()). */
OSM_MUST_CHECK bool osm_body_expand(const UA_ByteString *body, const UA_DataType *type,
                                    struct osm_buf *out);
OSM_MUST_CHECK bool osm_body_contract(const UA_ByteString *body, const UA_DataType *type,
                                      struct osm_buf *out);
/* True when a value of the type stands at the beginning of the body, whole. */
OSM_MUST_CHECK bool osm_body_check(const UA_ByteString *body, const UA_DataType *type);

#endif
