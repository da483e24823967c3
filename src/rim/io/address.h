/* SPDX-License-Identifier: MIT */
#ifndef OSM_RIM_IO_ADDRESS_H
#define OSM_RIM_IO_ADDRESS_H
/*
 * Where the daemon listens, as text and as an address (contract: ipc-protocol.md §1). Only Unix
 * stream sockets and TCP on loopback exist; everything else is refused here, before anything is
 * created on disk.
 */
#include <stdbool.h>
#include <sys/socket.h>

#include "util/macros.h"

#define OSM_ADDRESS_DEFAULT "unix:///tmp/opcua-session-manager.sock"
/* "unix://" or "tcp://[…]:65535" around the longest socket path, and its NUL. */
#define OSM_ADDRESS_URI_SIZE 128

struct osm_address {
    bool is_unix;
    char uri[OSM_ADDRESS_URI_SIZE]; /* "unix://<path>" or "tcp://…" as it was given */
    socklen_t address_length;
    struct sockaddr_storage address;
};

/*
 * Parses an endpoint string: "unix://<path>", a bare path, "tcp://<host>:<port>" or
 * "tcp://[<ipv6>]:<port>". Port 0 lets the kernel choose.
 * Returns 0, or -EINVAL and in *error a message for the user, to be freed by the caller.
 */
OSM_MUST_CHECK int osm_address_parse(const char *text, struct osm_address *endpoint, char **error);
/* A TCP address of any interface, for what is no caller's: "tcp://<address>:<port>", the address as
 * numbers or "localhost". */
OSM_MUST_CHECK int osm_address_parse_tcp(const char *text, struct osm_address *endpoint,
                                         char **error);

/* The socket's path; only for is_unix. Borrowed from the endpoint. */
const char *osm_address_path(const struct osm_address *endpoint);
/* The TCP port in host order; 0 for Unix sockets. */
unsigned osm_address_port(const struct osm_address *endpoint);
/* After binding to port 0: takes the port the kernel has chosen into address and uri. */
void osm_address_set_port(struct osm_address *endpoint, unsigned port);

#endif
