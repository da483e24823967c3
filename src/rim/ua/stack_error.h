/* SPDX-License-Identifier: MIT */
#ifndef OSM_RIM_UA_STACK_ERROR_H
#define OSM_RIM_UA_STACK_ERROR_H
/*
 * Why a channel could not be had, was lost, or a call failed before the server answered it: the
 * words for the caller and, beside them, who decided it. Words and origin are set together, so
 * that nothing we found out ourselves can read as the server's.
 *
 * Invariant: a zeroed struct means "no error"; the first error set wins, what follows from it does
 * not hide it.
 */
#include <open62541/types.h>

#include "util/fault.h"

enum osm_stack_origin {
    OSM_ORIGIN_NONE,
    OSM_ORIGIN_SERVER,  /* a service fault, ERR message, abort chunk or bad status */
    OSM_ORIGIN_PEER,    /* it broke the protocol, or is no OPC UA server */
    OSM_ORIGIN_HERE,    /* our rule: certificate, policy, decoder, limit, time */
    OSM_ORIGIN_NETWORK, /* resolver, connect, reset, end of stream */
};

struct osm_stack_error {
    enum osm_stack_origin origin;
    enum osm_fault_type type; /* under which name a caller hears of it */
    UA_StatusCode status;     /* of OPC UA; Good when there is none */
    char text[640];           /* UTF-8 as far as the server's words were */
};

static inline bool osm_stack_error_is_set(const struct osm_stack_error *error)
{
    return error->origin != OSM_ORIGIN_NONE;
}

/* Sets origin, type, status and text; too long a text is cut. A set error is left alone. Returns
 * false, so that parsers can end with `return osm_stack_error_set(…)`. */
bool osm_stack_error_set(struct osm_stack_error *error, enum osm_stack_origin origin,
                         enum osm_fault_type type, UA_StatusCode status, const char *format, ...)
    OSM_PRINTF(5, 6);

/* The error as a fault whose message is borrowed from it. */
static inline struct osm_fault osm_stack_error_fault(const struct osm_stack_error *error)
{
    return (struct osm_fault){error->type, error->text};
}

#endif
