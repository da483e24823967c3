/* SPDX-License-Identifier: MIT */
#ifndef OSM_RIM_IO_PEER_H
#define OSM_RIM_IO_PEER_H
/*
 * Who is at the other end of a Unix socket, as the kernel says: process, user and groups at the
 * time of its connect(). For the log, and for --allow-uid and --allow-gid. Over TCP nobody knows.
 */
#include <stdbool.h>
#include <stddef.h>

#include "util/macros.h"

/* Room for osm_peer_text(). */
#define OSM_PEER_TEXT 64

struct osm_peer_rules;

/*
 * Users and groups by name or number (lists are NULL-terminated, NULL = none is named). *out is
 * NULL when neither names anybody, which means that everybody may call. Looks names up, so it may
 * block: for the start. Returns 0, or -EINVAL and in *error a message for the user.
 */
OSM_MUST_CHECK int osm_peer_rules_new(char *const *users, char *const *groups,
                                      struct osm_peer_rules **out, char **error);
struct osm_peer_rules *osm_peer_rules_free(struct osm_peer_rules *rules);

/* Whether the caller's user, or one of its groups, is among those named. */
bool osm_peer_rules_allow(const struct osm_peer_rules *rules, int fd);
/* "pid 12, uid 33, gid 33", or "unknown" where there is no telling. Returns out. */
const char *osm_peer_text(int fd, char out[OSM_PEER_TEXT]);

#endif
