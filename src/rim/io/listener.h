/* SPDX-License-Identifier: MIT */
#ifndef OSM_RIM_IO_LISTENER_H
#define OSM_RIM_IO_LISTENER_H
/*
 * A listening socket and, for Unix sockets, its file (contract: daemon.md §4). The file is made
 * with no permissions for others and opened up to the wanted mode afterwards; it is removed at
 * the end only if it is still the one made here. Knows no event loop.
 */
#include <stdbool.h>
#include <sys/types.h>

#include "rim/io/address.h"
#include "util/macros.h"

#define OSM_LISTENER_BACKLOG 512
#define OSM_LISTENERS_INHERITED 16 /* more listeners nobody has */

struct osm_listener {
    int fd; /* non-blocking; -1 when closed */
    struct osm_address endpoint;
    dev_t device; /* identity of the socket file */
    ino_t inode;
    bool inherited; /* the file is whoever's who passed the socket on */
};

/* A socket that came with the process and listens already (systemd's socket activation): whoever
 * opens that very address gets it instead of a new one. Takes the descriptor over. */
void osm_listener_inherit(int fd);
/* Those nobody has opened are closed, each with a warning. */
void osm_listener_disinherit(void);

/*
 * Binds and listens. A path that exists is taken over only if it is a socket nobody answers on.
 * Port 0 is replaced by the real port in listener->endpoint.
 * Returns 0, or negative errno and in *error a message for the user, to be freed by the caller;
 * then nothing is left on disk.
 */
OSM_MUST_CHECK int osm_listener_open(struct osm_listener *listener,
                                     const struct osm_address *endpoint, unsigned mode,
                                     char **error);
/* Closes the socket and removes its file if it is still ours. May be called again. */
void osm_listener_close(struct osm_listener *listener);

#endif
