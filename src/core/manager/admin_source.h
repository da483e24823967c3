/* SPDX-License-Identifier: MIT */
#ifndef OSM_CORE_MANAGER_ADMIN_SOURCE_H
#define OSM_CORE_MANAGER_ADMIN_SOURCE_H
/*
 * The operator's hand on the manager. The console lives above this floor (src/admin); it lends the
 * manager a function for its lines, and one that says which servers are paused.
 */
#include "core/link/op.h"

struct osm_request;

struct osm_admin_source {
    /* Takes a request of the command `console` over. NULL = there is no console. */
    void (*run)(void *context, struct osm_request *request);
    /* Whether a new session at that server is paused; NULL = none is. */
    enum osm_op_pause (*pause)(void *context, const char *endpoint_url);
    void *context;
};

#endif
