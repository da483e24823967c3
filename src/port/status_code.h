/* SPDX-License-Identifier: MIT */
#ifndef OSM_PORT_STATUS_CODE_H
#define OSM_PORT_STATUS_CODE_H
/*
 * OPC UA status codes as the contract words them (ipc-protocol.md §8.3): a small table of names,
 * some of them on non-standard numbers because callers match on these texts.
 */
#include <stdbool.h>

#include <open62541/types.h>

#include "util/arena.h"
#include "util/fault.h"

/* The contract's name, else "0x%08X" (in the arena). */
const char *osm_status_code_name(UA_StatusCode status, struct osm_arena *arena);
/* `Server returned ServiceFault: 0x%08X <NAME>`; ServiceUnsupportedException for 0x800B0000. */
void osm_status_code_fault(UA_StatusCode status, struct osm_arena *arena, struct osm_fault *fault);
/* A message of the contract's with the standard's name of the status code in it, unless that is
 * there already: for what people read of us; callers match on the message as it is. To be freed. */
char *osm_status_code_spell(const char *message);
/* Service results that mean that the session or the channel is gone (daemon.md §9, R4). */
bool osm_status_code_is_loss(UA_StatusCode status);

#endif
