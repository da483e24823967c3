/* SPDX-License-Identifier: MIT */
#ifndef OSM_SERVE_COMMAND_COMMAND_H
#define OSM_SERVE_COMMAND_COMMAND_H
/*
 * The commands of the wire (ipc-protocol.md §5), one file each and one table row each.
 */
#include "core/manager/manager.h"
#include "serve/request/request.h"

struct osm_command {
    const char *name;
    enum osm_role role; /* what a caller must be allowed to do */
    /* Takes the request over; replies now or later through request->done. */
    void (*execute)(struct osm_manager *manager, struct osm_request *request);
    const char *summary; /* one line, for --help and docs */
};

/* All commands, ended by a row without name. */
extern const struct osm_command osm_commands[];

/* Runs the command of a parsed, authenticated request. */
void osm_command_dispatch(struct osm_manager *manager, struct osm_request *request);

#endif
