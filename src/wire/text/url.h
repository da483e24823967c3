/* SPDX-License-Identifier: MIT */
#ifndef OSM_WIRE_TEXT_URL_H
#define OSM_WIRE_TEXT_URL_H
/* Endpoint URLs of OPC UA servers (contract: ipc-protocol.md §5.3). */
#include <stdbool.h>
#include <stdint.h>

#include "util/macros.h"

/* Host, port (4840 if absent) and the form that servers are sent; false when it is no URL, the
 * texts are then untouched. Otherwise they are the caller's, to be freed. */
OSM_MUST_CHECK bool osm_url_parse(const char *url, char **host, uint16_t *port, char **sent_url);

/* Whether its scheme, if it names one, is opc.tcp; connecting does not ask. */
bool osm_url_has_our_scheme(const char *url);
/* Whether a user, or a user and a password, stand before the host. */
bool osm_url_has_userinfo(const char *url);
/* What is said about that; without the URL. */
extern const char *const osm_url_userinfo_refusal;

#endif
