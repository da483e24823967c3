/* SPDX-License-Identifier: MIT */
#ifndef OSM_APP_DAEMON_DAEMON_H
#define OSM_APP_DAEMON_DAEMON_H
/*
 * The daemon from the first step of its start to the last of its end (contract: daemon.md §2,
 * §5). Everything else in the house is made here, in the order it needs each other, and ended
 * here in the reverse order.
 */
#include "app/conf/options.h"

/* Runs until a signal ends it. The options must outlive the call; the token in them is wiped as
 * soon as the server has its copy. The arguments are looked at again on SIGHUP, their secrets may
 * be wiped. Returns the exit status. */
OSM_MUST_CHECK int osm_daemon_run(struct osm_options *options, int argc, char *const *argv);

#endif
