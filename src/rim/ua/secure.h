/* SPDX-License-Identifier: MIT */
#ifndef OSM_RIM_UA_SECURE_H
#define OSM_RIM_UA_SECURE_H
/*
 * Connecting with security, or with a user: two stages (conn.c calls them an attempt).
 *
 *   stage 1   an unsecured channel, on which the library asks for the list of endpoints. It is
 *             told to accept none of them, so it ends the channel; peek.c has kept the list
 *   between   endpoint and token policy are chosen as the contract says (endpoint_select.h);
 *             files are read, the server's certificate is judged, policies are built, all off
 *             the loop
 *   stage 2   the channel and session that were chosen
 *
 * Every attempt goes through all of it: a changed key file, trust store or server certificate
 * counts from the next attempt on.
 */
#include <stdbool.h>

#include "port/ua_ops.h"

struct osm_trust_watch;
struct osm_ua;
struct osm_ua_conn;
struct osm_secure;

/* What the connection needs of this; NULL = nothing, it is neither secured nor has it a user. */
struct osm_secure *osm_secure_new(struct osm_ua_conn *conn, const struct osm_ua_params *params);
/* Lets go; work that is under way ends by itself. NULL is fine. */
void osm_secure_free(struct osm_secure *secure);

/* Stage 1 is about to begin: sets the client up for it. */
void osm_secure_begin(struct osm_secure *secure);
/* Whether the attempt that seems to have failed was stage 1 and has brought the list. */
bool osm_secure_take_over(struct osm_secure *secure);
/* Starts the work between the stages; osm_conn_prepared() will be called, maybe at once. */
void osm_secure_decide(struct osm_secure *secure);
/* The attempt was given up. */
void osm_secure_cancel(struct osm_secure *secure);
/* Sets the client up for stage 2. Its channel must be closed. */
void osm_secure_apply(struct osm_secure *secure);
/* The request for a channel is out (show false), or the session is active. */
void osm_secure_show_chain(struct osm_secure *secure, bool show);
/* The session is up: from now on a change of the trust store counts at once. */
void osm_secure_connected(struct osm_secure *secure);
/* The trust store may have changed. */
void osm_secure_look_again(struct osm_secure *secure);
const char *osm_secure_store(const struct osm_secure *secure);
/* Whether the channel of stage 2 is a secured one. */
bool osm_secure_is_secured(const struct osm_secure *secure);

#endif
