/* SPDX-License-Identifier: MIT */
#ifndef OSM_RIM_UA_UA_H
#define OSM_RIM_UA_UA_H
/*
 * The OPC UA client at the rim: all that the daemon's connections share (the sockets' hub, limits,
 * the client's own certificate), and the operations the core uses them through (port/ua_ops.h).
 */
#include "port/ua_ops.h"
#include "rim/io/loop.h"
#include "rim/ua/lookup.h"
#include "rim/ua/reverse.h"
#include "util/macros.h"

/* One per loop, which must outlive it. names: how addresses are found. state_dir: where the
 * generated client certificate is kept; NULL = nowhere. */
struct osm_ua *osm_ua_new(const struct osm_io_loop *io, const struct osm_lookup_ops *names,
                          const char *state_dir);
/* Appends the keys of all secure channels to a file (0600), in the form Wireshark reads: who has it
 * reads and forges what they carry. Before the first connection; 0 or negative errno. */
OSM_MUST_CHECK int osm_ua_log_keys(struct osm_ua *ua, const char *path);
/* Lets servers connect to us, for connections that are to be had this way (OPC 10000-6 §7.1.3;
 * daemon.md §4). address: "tcp://<address>:<port>". allowed: server URIs and endpoint URLs,
 * NULL-terminated, borrowed; NULL = any. Once, before the first connection; 0, or negative errno
 * and a message to be freed. */
OSM_MUST_CHECK int osm_ua_listen(struct osm_ua *ua, const char *address, char *const *allowed,
                                 char **error);
/* Whether such an address can be meant; a message to be freed if not. */
OSM_MUST_CHECK bool osm_ua_listen_check(const char *address, char **error);
const struct osm_ua_ops *osm_ua_ops(void);
/* Bytes of answers being received, of all connections, and how many may be. */
void osm_ua_receiving(const struct osm_ua *ua, uint64_t *used, uint64_t *limit);
/* What the listener of osm_ua_listen() counts; zeros when there is none. */
const struct osm_reverse_stats *osm_ua_reverse_stats(const struct osm_ua *ua);
/* For whoever waits for the loop's descriptor himself: whether it must turn once more before. */
bool osm_ua_is_due(const struct osm_ua *ua);
/*
 * Starts closing every handle on the loop; the caller runs the loop until `done` is called, then
 * the memory is gone. Connections must have been freed before. NULL is fine.
 */
void osm_ua_free(struct osm_ua *ua, void (*done)(void *context), void *context);

#endif
