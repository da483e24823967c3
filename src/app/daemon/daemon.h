/* SPDX-License-Identifier: MIT */
#ifndef OSM_APP_DAEMON_DAEMON_H
#define OSM_APP_DAEMON_DAEMON_H
/*
 * The daemon from the first step of its start to the last of its end (contract: daemon.md §2,
 * §5). Everything else in the house is made here, in the order it needs each other, and ended
 * here in the reverse order.
 */
#include "app/conf/options.h"
#include "app/daemon/event_tell.h"

/* Whose daemon it is, and what it may do with the process it runs in. */
struct osm_daemon_host {
    bool owns_process; /* signals, sandbox, core dumps and the last seconds of an end are its own */
    int stop_fd;       /* readable = it is to end; borrowed; -1 = none */
    osm_event_tell_fn *event;                         /* NULL = nobody is told of events */
    void (*ready)(void *context, const char *socket); /* NULL = nobody is told */
    void *context;
};

/* Runs until a signal or the host ends it. The options must outlive the call; the token in them is
 * wiped as soon as the server has its copy. The arguments are looked at again on SIGHUP, their
 * secrets may be wiped. 0, or negative errno and in *error, to be freed, why it did not start. */
OSM_MUST_CHECK int osm_daemon_serve(struct osm_options *options, int argc, char *const *argv,
                                    const struct osm_daemon_host *host, char **error);

#endif
