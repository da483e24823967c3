/* SPDX-License-Identifier: MIT */
/* Encrypted endpoints: every policy the library has, signed and encrypted. */
#ifndef OSM_DEMO_SECURITY_H
#define OSM_DEMO_SECURITY_H

#include <open62541/server.h>

#include "options.h"

/* Adds policies and endpoints to a configuration that has those of None, and takes every client
 * certificate. The server's own certificate comes from the files the options name, or is
 * generated. Returns NULL, or what cannot be done. */
const char *osm_security_apply(UA_ServerConfig *config, const struct osm_options *options);

#endif
