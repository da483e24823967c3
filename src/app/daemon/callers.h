/* SPDX-License-Identifier: MIT */
#ifndef OSM_APP_DAEMON_CALLERS_H
#define OSM_APP_DAEMON_CALLERS_H
/* Who may call, and which servers: users, groups, tokens and rules of the options. */
#include "app/conf/options.h"
#include "serve/ipc/server.h"

/* Into config->peers and ->tokens, which the caller hands on. 0, or -EINVAL and in *error a
 * message to be freed. Looks names of users up, so it may block. */
OSM_MUST_CHECK int osm_callers_read(const struct osm_options *options,
                                    const struct osm_address *endpoint,
                                    struct osm_ipc_config *config, char **error);

#endif
