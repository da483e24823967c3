/* SPDX-License-Identifier: MIT */
#ifndef OSM_RIM_UA_TCP_H
#define OSM_RIM_UA_TCP_H
/*
 * TCP connections to servers, on libuv. Names are looked up beside the loop (lookup.h); every
 * address of a name is tried, IPv6 and IPv4 in turn and the next one after 250 ms while the one
 * before is still trying (RFC 8305). Output is corked until the end of the loop turn and never
 * blocks; what the socket does not take is queued, up to OSM_TCP_UNSENT_BYTES.
 *
 * Life: osm_tcp_connect → resolving → connecting (up to two sockets at a time and more) → connected
 * told → bytes → closed told, or closed by the owner.
 */
#include <uv.h>

#include "rim/ua/lookup.h"
#include "rim/ua/transport.h"

/* Unsent output of one connection beyond which send refuses (docs/architecture.md, Bounds). */
#define OSM_TCP_UNSENT_BYTES ((size_t)32 * 1024 * 1024)

struct osm_tcp_hub;

/* One for all connections of a loop: the buffer they read into, and the end of the turn. */
struct osm_tcp_hub *osm_tcp_hub_new(uv_loop_t *loop, const struct osm_lookup_ops *names);
/* Whether the loop must turn once more before it waits: something is to be sent, or read on. */
bool osm_tcp_hub_is_due(const struct osm_tcp_hub *hub);
/* Closes its handles; memory is given back once libuv has closed every connection. NULL is fine. */
void osm_tcp_hub_free(struct osm_tcp_hub *hub);

/* The host is a name or an address without brackets. Never NULL; a failure is told by closed.
 * connect_ms: how long resolving and connecting may take together, 0 = until the kernel gives up.
 * unacked_ms: TCP_USER_TIMEOUT, 0 = the kernel's. The texts are those of ipc-protocol.md §8.3. */
struct osm_transport *osm_tcp_connect(struct osm_tcp_hub *hub, const char *host, uint16_t port,
                                      uint64_t connect_ms, uint32_t unacked_ms,
                                      const struct osm_transport_events *events, void *context);
/* A socket that a server has connected to us (reverse connect, OPC 10000-6 §7.1.3); the descriptor
 * becomes the transport's. connected follows. */
struct osm_transport *osm_tcp_adopt(struct osm_tcp_hub *hub, int fd, uint32_t unacked_ms,
                                    const struct osm_transport_events *events, void *context);

#endif
