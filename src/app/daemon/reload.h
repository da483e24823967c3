/* SPDX-License-Identifier: MIT */
#ifndef OSM_APP_DAEMON_RELOAD_H
#define OSM_APP_DAEMON_RELOAD_H
/*
 * SIGHUP: reads arguments and files again – of tokens, too –, off the loop, and carries out only
 * what differs.
 * A file with a mistake changes nothing; its faults are logged, each with its line. Options that
 * cannot change while the daemon runs are named in a warning and keep their value.
 */
#include "app/conf/options.h"
#include "app/daemon/callers.h"
#include "auto/auto_connect.h"
#include "core/manager/manager.h"
#include "port/loop_ops.h"
#include "util/digest.h"

struct osm_reload {
    const struct osm_loop *loop;
    struct osm_options *options; /* those in force */
    int argc;
    char *const *argv;
    struct osm_manager *manager;
    struct osm_auto_connect *auto_connect;
    struct osm_ipc_server *server;
    struct osm_digest token; /* of the file, if it stands there */
    bool has_token;
    bool running, again, ended;
    /* of the work under way */
    struct osm_options loaded;
    struct osm_callers_load callers;
    struct osm_buf findings;
    int result;
};

/* Before the token is wiped. Everything is borrowed; argv's secrets may be wiped. */
void osm_reload_init(struct osm_reload *reload, struct osm_options *options, int argc,
                     char *const *argv);
/* Does nothing unless there is a file. The struct must stay until the loop has ended. */
void osm_reload_start(struct osm_reload *reload);
/* The daemon ends: what is read now is thrown away. */
void osm_reload_end(struct osm_reload *reload);

#endif
