/* SPDX-License-Identifier: MIT */
#ifndef OSM_APP_DAEMON_CHECK_H
#define OSM_APP_DAEMON_CHECK_H
/* --check: what a start would refuse, without starting. */
#include "app/conf/options.h"

/*
 * Options that have been parsed well may still not fit together or to this machine: looks at the
 * socket's address, who may call, the sinks, the cache directory and the files that connections
 * name. A line per fault is
 * appended to err; returns 0, or -EINVAL when there was one. Nothing is made or changed.
 */
OSM_MUST_CHECK int osm_check_options(const struct osm_options *options, struct osm_buf *err);

#endif
