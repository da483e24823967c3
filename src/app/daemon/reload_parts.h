/* SPDX-License-Identifier: MIT */
#ifndef OSM_APP_DAEMON_RELOAD_PARTS_H
#define OSM_APP_DAEMON_RELOAD_PARTS_H
/*
 * Who takes new values of options while the daemon runs: a function for each part of the option
 * table (enum osm_option_part). What takes time or may fail has been made ready by a thread of the
 * pool (osm_reload_prepare); carrying out only hands it over.
 */
#include <uv.h>

#include "app/conf/options.h"
#include "auto/auto_connect.h"
#include "core/manager/manager.h"
#include "rim/io/address.h"
#include "rim/io/program.h"
#include "serve/ipc/server.h"
#include "sink/sinks.h"
#include "util/log.h"

/* What takes new values; all borrowed. */
struct osm_reload_parts {
    const struct osm_loop *loop;
    uv_loop_t *uv;
    const struct osm_address *endpoint;
    struct osm_manager *manager;
    struct osm_auto_connect *auto_connect;
    struct osm_ipc_server *server;
    struct osm_sinks **sinks; /* where the daemon keeps them; *sinks NULL = none */
    bool owns_process;        /* the log is the daemon's own */
    bool sandboxed;           /* programs cannot be run unless there was one at the start */
};

/* New values made ready. */
struct osm_reload_ready {
    bool reads_token; /* the token that allows everything may be another one */
    bool reopens_log; /* also when it is where it was */
    struct osm_options loaded;
    struct osm_ipc_config callers; /* tokens and peers */
    struct osm_log_file log;
    int event_log;              /* an open file, -1 = not needed */
    struct osm_program program; /* of --event-command, started; {0} = not needed */
};

/* Options that differ between the two, by part. */
struct osm_reload_changes {
    bool parts[OSM_OPTION_PARTS_];
    struct osm_buf taken, fixed; /* names, with commas */
};
void osm_reload_compare(const struct osm_reload_parts *parts, const struct osm_options *now,
                        const struct osm_options *loaded, struct osm_reload_changes *changes);
void osm_reload_changes_deinit(struct osm_reload_changes *changes);

/* On a thread: looks at ready->loaded as a start would, and opens what is to be opened. Mistakes
 * are appended to findings, a line each; -EINVAL when there was one. */
OSM_MUST_CHECK int osm_reload_prepare(struct osm_reload_ready *ready, const struct osm_options *now,
                                      const struct osm_reload_parts *parts,
                                      struct osm_buf *findings);
/* On the loop: moves what has changed into `now` and has each part take it. Lists that others still
 * borrow are appended to *retired. Callers are left as they are. Mistakes that only show here are
 * appended to findings. */
struct osm_reload_retired;
void osm_reload_carry_out(struct osm_reload_ready *ready, struct osm_options *now,
                          const struct osm_reload_parts *parts,
                          const struct osm_reload_changes *changes,
                          struct osm_reload_retired **retired, struct osm_buf *findings);
/* The rest of it, when it has been answered: who may call, from now on. Whoever has asked for it
 * may be among those who may no longer. */
void osm_reload_admit(struct osm_reload_ready *ready, const struct osm_options *now,
                      const struct osm_reload_parts *parts);
void osm_reload_ready_deinit(struct osm_reload_ready *ready, const struct osm_loop *loop);
void osm_reload_retired_free(struct osm_reload_retired *retired);

#endif
